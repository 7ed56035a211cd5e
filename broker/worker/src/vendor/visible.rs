//! Which of the vendor's devices the program sees: those that a pattern of its tenant's fits.
//!
//! Who may see some only has functions in the place of the vendor's that list devices. So nothing else of the worker ever learns of
//! another device, and a program can name none: what it says in place of one is refused as anything that is no device.

use ava_protocol::glob::Glob;

/// The patterns.
#[derive(Debug, Clone)]
pub struct Visible(Vec<Glob>);

impl Visible {
    /// Devices that one of these fits; all, if there is none.
    #[must_use]
    pub fn new(patterns: &[Glob]) -> Self {
        Self(patterns.to_vec())
    }

    /// Whether all devices are shown.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a device is shown that is known by these names.
    #[must_use]
    pub fn shows(&self, names: &[String]) -> bool {
        self.is_all() || names.iter().any(|name| self.0.iter().any(|pattern| pattern.matches(name)))
    }
}

/// A UUID as it is written.
pub fn uuid(bytes: [u8; 16]) -> String {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    [&bytes[..4], &bytes[4..6], &bytes[6..8], &bytes[8..10], &bytes[10..]].map(hex).join("-")
}

/// A PCI address as it is written: domain, bus, device, function.
pub fn pci([domain, bus, device, function]: [u32; 4]) -> String {
    format!("{domain:04x}:{bus:02x}:{device:02x}.{function:x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_that_fits_is_enough() {
        let of = |patterns: &[&str]| {
            Visible::new(&patterns.iter().map(|pattern| Glob::new(pattern).unwrap()).collect::<Vec<_>>())
        };
        let names = [uuid(*b"0123456789abcdef"), pci([0, 0x41, 0, 1]), "opencl:1".to_owned()];
        assert_eq!(names[..2], ["30313233-3435-3637-3839-616263646566", "0000:41:00.1"]);
        assert!(of(&[]).shows(&names) && of(&[]).shows(&[]));
        assert!(of(&["opencl:0", "*:41:*"]).shows(&names) && of(&["30313233-*"]).shows(&names));
        assert!(!of(&["opencl:0", "opencl:10"]).shows(&names) && !of(&["*"]).shows(&[]));
    }
}
