//! AvA's own environment variables and their allowed values. An invalid value is an error, so that nobody has to find out
//! why it is ignored.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The allowed values of a variable.
#[derive(Debug, Clone, Copy)]
enum Allowed {
    /// One of these words.
    Words(&'static [&'static str]),
    /// A whole number up to this one.
    Number(u32),
    /// A whole number of seconds, or `forever`.
    Wait,
    /// Existing folders, separated by colons.
    Folders,
    /// Existing files or folders, separated by colons.
    Files,
    /// A path, which its user checks further.
    Path,
}

use Allowed::{Files, Folders, Number, Path as Any, Wait, Words};

/// Every variable that a part of AvA reads.
const ALL: &[(&str, Allowed)] = &[
    ("AVA_BROKER", Any),
    ("AVA_LEDGER_DAYS", Number(65535)),
    ("AVA_LEDGER_SIZE", Any),
    ("AVA_LOG", Words(&["off", "error", "warn", "info", "debug", "trace"])),
    ("AVA_PLUGINS", Files),
    ("AVA_SANDBOX", Words(&["require", "best", "off"])),
    ("AVA_SANDBOX_READ", Files),
    ("AVA_SANDBOX_WRITE", Files),
    ("AVA_SHIM", Any),
    ("AVA_SOCKET", Any),
    ("AVA_STRICT", Words(&["0", "1"])),
    ("AVA_TRANSPORT", Words(&["ring", "socket"])),
    ("AVA_VENDOR_LIBRARY_PATH", Folders),
    ("AVA_WAIT", Wait),
    ("AVA_WARM", Number(16)),
    ("AVA_WORKER", Any),
];

/// Checks this process's variables.
///
/// # Errors
/// The first invalid one: the variable, its value, and what is allowed.
pub fn check() -> Result<(), String> {
    check_by(|name| std::env::var_os(name))
}

fn check_by(variable: impl Fn(&str) -> Option<OsString>) -> Result<(), String> {
    for (name, allowed) in ALL {
        if let Some(value) = variable(name).filter(|value| !value.is_empty()) {
            allowed.check(&value).map_err(|why| format!("{name}={}: {why}", value.display()))?;
        }
    }
    Ok(())
}

/// Variables that resemble one of AvA's but are none: each with the one that may be meant.
#[must_use]
pub fn misspelt() -> Vec<(String, &'static str)> {
    misspelt_of(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()))
}

fn misspelt_of(names: impl Iterator<Item = String>) -> Vec<(String, &'static str)> {
    /// Other programs also use this prefix: only close matches are reported.
    const NEAR: usize = 2;
    let mut found: Vec<_> = names
        .filter(|name| name.starts_with("AVA_") && !ALL.iter().any(|(known, _)| known == name))
        .filter_map(|name| {
            let near = ALL.iter().map(|(known, _)| (strsim::damerau_levenshtein(known, &name), *known)).min()?;
            (near.0 <= NEAR).then_some((name, near.1))
        })
        .collect();
    found.sort();
    found
}

impl Allowed {
    fn check(self, value: &OsStr) -> Result<(), String> {
        let missing = |what: &str, is_there: fn(&Path) -> bool| {
            let missing = std::env::split_paths(value).find(|path| !path.as_os_str().is_empty() && !is_there(path));
            missing.map_or(Ok(()), |path| Err(format!("{} is not an existing {what}", path.display())))
        };
        match self {
            Words(words) if words.iter().any(|word| *word == value) => Ok(()),
            Words(words) => Err(format!("must be one of {}", words.join(", "))),
            Number(most) => match value.to_str().and_then(|text| text.parse::<u32>().ok()) {
                Some(number) if number <= most => Ok(()),
                _ => Err(format!("must be a number from 0 to {most}")),
            },
            Wait if value == "forever" || value.to_str().is_some_and(|text| text.parse::<u32>().is_ok()) => Ok(()),
            Wait => Err("must be a number of seconds, or forever".to_owned()),
            Folders => missing("folder", Path::is_dir),
            Files => missing("file", Path::exists),
            Any => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complaint(name: &str, value: &str) -> Option<String> {
        check_by(|asked| (asked == name).then(|| value.into())).err()
    }

    #[test]
    fn a_senseless_value_is_named_with_its_variable_and_what_is_allowed() {
        let said = |name, value| complaint(name, value).unwrap();
        assert_eq!(said("AVA_TRANSPORT", "nonsense"), "AVA_TRANSPORT=nonsense: must be one of ring, socket");
        assert_eq!(said("AVA_LOG", "loud"), "AVA_LOG=loud: must be one of off, error, warn, info, debug, trace");
        assert_eq!(said("AVA_WAIT", "1m"), "AVA_WAIT=1m: must be a number of seconds, or forever");
        assert_eq!(said("AVA_WARM", "17"), "AVA_WARM=17: must be a number from 0 to 16");
        assert_eq!(said("AVA_PLUGINS", "/:/no/x.so"), "AVA_PLUGINS=/:/no/x.so: /no/x.so is not an existing file");
        let folder = said("AVA_VENDOR_LIBRARY_PATH", "/dev/null");
        assert_eq!(folder, "AVA_VENDOR_LIBRARY_PATH=/dev/null: /dev/null is not an existing folder");
        for name in ["AVA_STRICT", "AVA_SANDBOX", "AVA_SANDBOX_READ", "AVA_SANDBOX_WRITE"] {
            assert!(complaint(name, "nonsense").is_some(), "{name}");
        }
    }

    #[test]
    fn sense_is_no_mistake() {
        let sense = [
            ("AVA_TRANSPORT", "socket"),
            ("AVA_STRICT", "1"),
            ("AVA_LOG", "trace"),
            ("AVA_WAIT", "forever"),
            ("AVA_WARM", "0"),
            ("AVA_VENDOR_LIBRARY_PATH", "/usr/lib:/:"),
            ("AVA_PLUGINS", "/dev/null"),
            ("AVA_SOCKET", "anywhere"),
            ("AVA_SANDBOX", ""),
            ("AVA_OTHER", "?"),
        ];
        for (name, value) in sense {
            assert_eq!(complaint(name, value), None);
        }
    }

    #[test]
    fn what_is_nearly_ours_is_told() {
        let names = ["AVA_TRANSPROT", "AVA_SOKET", "AVA_FORCE_CI", "PATH", "AVA_LOG"];
        let found = misspelt_of(names.into_iter().map(ToOwned::to_owned));
        assert_eq!(found, [("AVA_SOKET".into(), "AVA_SOCKET"), ("AVA_TRANSPROT".into(), "AVA_TRANSPORT")]);
    }
}
