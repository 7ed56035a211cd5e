//! A program's surroundings, as far as they affect the vendor's library, which a private broker's worker loads in the
//! program's place.
//!
//! - **Invariant:** a broker uses only those of programs of its own user, who could start such a worker themselves.

use rkyv::{Archive, Deserialize, Serialize};

use crate::api::Api;

/// The program's variables that are sent in addition to those of the API's table.
pub const OF_WORKERS: [&str; 6] = [
    VENDOR_LIBRARY_PATH_VARIABLE,
    PLUGINS_VARIABLE,
    SANDBOX_VARIABLE,
    SANDBOX_READ_VARIABLE,
    SANDBOX_WRITE_VARIABLE,
    LIBRARY_PATH_VARIABLE,
];

/// Directories in which workers search for the vendor's libraries, before the system's.
pub const VENDOR_LIBRARY_PATH_VARIABLE: &str = "AVA_VENDOR_LIBRARY_PATH";
/// Libraries that a program may have its worker load; also how a broker passes them to its workers.
pub const PLUGINS_VARIABLE: &str = "AVA_PLUGINS";
/// The sandbox mode.
pub const SANDBOX_VARIABLE: &str = "AVA_SANDBOX";
/// Additional paths that workers may read.
pub const SANDBOX_READ_VARIABLE: &str = "AVA_SANDBOX_READ";
/// Additional paths that workers may write.
pub const SANDBOX_WRITE_VARIABLE: &str = "AVA_SANDBOX_WRITE";
/// The dynamic linker's search path in the program, without AvA's own stubs.
pub const LIBRARY_PATH_VARIABLE: &str = "LD_LIBRARY_PATH";

/// The most bytes of a program's surroundings.
pub const MOST_BYTES: usize = 24 << 10;
/// The most variables.
pub const MOST_VARIABLES: usize = 128;

/// A program's surroundings, for one API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Archive, Serialize, Deserialize)]
pub struct Surroundings {
    /// Name and value of each variable that is set, sorted by name.
    pub variables: Vec<(String, Vec<u8>)>,
    /// Variables that name AvA's own library, by which the program loaded it: the broker's values are used.
    pub inherited: Vec<String>,
    /// The working directory, if one of these variables names a place by a relative path.
    pub directory: Vec<u8>,
    /// The file of the vendor's library, if the program opens it by its path or finds it by its own search path.
    pub library: Vec<u8>,
    /// A hash of the identities of these places. A worker that was started before they changed may have seen others.
    pub mark: u64,
}

impl Surroundings {
    /// The value of a variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&[u8]> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    /// Its size in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        let variables = self.variables.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        variables + self.inherited.iter().map(String::len).sum::<usize>() + self.directory.len() + self.library.len()
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a worker of this API may get it: it has only variables of the API, and no value that the kernel would read
    /// differently.
    #[must_use]
    pub fn is_sane(&self, api: &Api) -> bool {
        let is_text = |bytes: &[u8]| !bytes.contains(&0);
        let counts = |name: &str| api.passes(name) || OF_WORKERS.contains(&name);
        let is_path = |bytes: &[u8]| bytes.is_empty() || bytes.starts_with(b"/") && is_text(bytes);
        self.variables.len() + self.inherited.len() <= MOST_VARIABLES
            && self.inherited.iter().all(|name| api.passes(name))
            && self.len() <= MOST_BYTES
            && self.variables.iter().all(|(name, value)| counts(name) && !name.contains(['=', '\0']) && is_text(value))
            && self.variables.is_sorted_by(|(one, _), (next, _)| one < next)
            && is_path(&self.directory)
            && is_path(&self.library)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Surroundings {
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect();
        Surroundings { variables, ..Surroundings::default() }
    }

    #[test]
    fn what_no_library_of_ours_says_is_not_sane() {
        let api = Api { environment: &["TOY_*"], ..Api::empty() };
        assert!(with(&[]).is_sane(&api));
        assert!(with(&[("AVA_PLUGINS", "/x"), ("LD_LIBRARY_PATH", "/y"), ("TOY_A", "")]).is_sane(&api));
        let long = "x".repeat(MOST_BYTES);
        for bad in [
            &[("LD_PRELOAD", "/evil.so")][..],
            &[("PATH", "/evil")],
            &[("TOY_A", "a\0b")],
            &[("TOY_A=b", "")],
            &[("TOY_B", ""), ("TOY_A", "")],
            &[("TOY_A", ""), ("TOY_A", "")],
            &[("TOY_A", &long)],
        ] {
            assert!(!with(bad).is_sane(&api), "{bad:?}");
        }
        for bad in [&b"relative"[..], b"/a\0b"] {
            let inherited = vec!["PATH".to_owned()];
            assert!(!Surroundings { inherited, ..with(&[]) }.is_sane(&api));
            assert!(!Surroundings { library: bad.to_vec(), ..with(&[]) }.is_sane(&api));
            assert!(!Surroundings { directory: bad.to_vec(), ..with(&[]) }.is_sane(&api));
        }
    }
}
