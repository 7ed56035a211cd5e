//! What is measured: names of programs and of groups of them.

use anyhow::{Result, bail};

use super::catalogue::ENTRIES;
use super::vendor::Vendor;

/// What is not a whole program.
pub const MICRO: &[&str] = &["calls", "clbench", "preload", "memory", "pkcs11", "tflite", "cuda"];

/// The names that were given; all, if there are none.
pub struct Selection(Vec<String>);

impl Selection {
    pub fn new(names: Vec<String>) -> Result<Self> {
        let groups = ["micro", "programs"].into_iter();
        let known: Vec<_> = groups.chain(MICRO.iter().copied()).chain(ENTRIES.iter().map(|entry| entry.name)).collect();
        for name in &names {
            if known.contains(&&**name) {
                continue;
            }
            let close = known.iter().copied().map(|known| (strsim::jaro_winkler(known, name), known));
            let close = close.filter(|(likeness, _)| *likeness > 0.8).max_by(|a, b| a.0.total_cmp(&b.0));
            match close {
                Some((_, meant)) => bail!("there is no {name} to measure; {meant}?"),
                None => bail!("there is no {name} to measure, but: {}", known.join(" ")),
            }
        }
        Ok(Self(names))
    }

    /// One of `MICRO`.
    pub fn micro(&self, name: &str) -> bool {
        self.has(name, "micro")
    }

    /// A whole program.
    pub fn program(&self, name: &str) -> bool {
        self.has(name, "programs")
    }

    /// Any of the whole programs.
    pub fn programs(&self) -> bool {
        ENTRIES.iter().any(|entry| self.program(entry.name))
    }

    /// Whether there is anything to do with this vendor's library.
    pub fn needs(&self, vendor: Vendor) -> bool {
        match vendor {
            Vendor::SoftHsm => self.micro("pkcs11"),
            Vendor::TfLite => self.micro("tflite"),
            Vendor::SoftCuda => self.micro("cuda"),
            Vendor::Pocl | Vendor::Intel => {
                let micro = ["calls", "clbench", "memory"].iter().any(|name| self.micro(name));
                micro || self.programs()
            }
        }
    }

    /// Whether there is anything to do with a vendor's library.
    pub fn needs_vendor(&self) -> bool {
        Vendor::ALL.into_iter().any(|vendor| self.needs(vendor))
    }

    fn has(&self, name: &str, group: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|wanted| wanted == name || wanted == group)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(names: &[&str]) -> Result<Selection> {
        Selection::new(names.iter().map(|name| (*name).to_owned()).collect())
    }

    #[test]
    fn names_and_groups_select() {
        let all = selection(&[]).unwrap();
        assert!(all.micro("calls") && all.program("stencil") && all.needs_vendor());
        let some = selection(&["stencil", "micro"]).unwrap();
        assert!(some.micro("memory") && some.program("stencil") && !some.program("copy"));
        let preload = selection(&["preload"]).unwrap();
        assert!(preload.micro("preload") && !preload.needs_vendor());
        let pkcs11 = selection(&["pkcs11"]).unwrap();
        assert!(pkcs11.needs(Vendor::SoftHsm) && !pkcs11.needs(Vendor::Pocl) && !some.program("pkcs11"));
    }

    #[test]
    fn unknown_names_are_refused() {
        let error = |name| selection(&[name]).err().unwrap().to_string();
        assert_eq!(error("stensil"), "there is no stensil to measure; stencil?");
        assert!(error("x").starts_with("there is no x to measure, but: micro programs calls"), "{}", error("x"));
    }
}
