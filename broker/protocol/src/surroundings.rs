//! What a program's environment says to the vendor's library, which a private broker's worker loads in the program's place.
//!
//! - **Invariant:** it is believed of programs of the broker's own user only, who could start such a worker themselves.

use rkyv::{Archive, Deserialize, Serialize};

use crate::api::Api;

/// What is listed here of a program's variables counts beside what the API's table lists.
pub const OF_WORKERS: [&str; 6] = [
    VENDOR_LIBRARY_PATH_VARIABLE,
    PLUGINS_VARIABLE,
    SANDBOX_VARIABLE,
    SANDBOX_READ_VARIABLE,
    SANDBOX_WRITE_VARIABLE,
    LIBRARY_PATH_VARIABLE,
];

/// Directories in which workers find the vendor's libraries, before the system's.
pub const VENDOR_LIBRARY_PATH_VARIABLE: &str = "AVA_VENDOR_LIBRARY_PATH";
/// Libraries that a program may have its worker load; also how a broker tells its workers which these are.
pub const PLUGINS_VARIABLE: &str = "AVA_PLUGINS";
/// What is to be done if a part of the sandbox cannot be had.
pub const SANDBOX_VARIABLE: &str = "AVA_SANDBOX";
/// What workers may read besides.
pub const SANDBOX_READ_VARIABLE: &str = "AVA_SANDBOX_READ";
/// What workers may write besides.
pub const SANDBOX_WRITE_VARIABLE: &str = "AVA_SANDBOX_WRITE";
/// Where the program's dynamic linker looks for libraries first. AvA's own stubs are left out of it.
pub const LIBRARY_PATH_VARIABLE: &str = "LD_LIBRARY_PATH";

/// The most bytes of all that a program says of its surroundings.
pub const MOST_BYTES: usize = 24 << 10;
/// The most variables.
pub const MOST_VARIABLES: usize = 128;

/// What surrounds a program, for one API.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Archive, Serialize, Deserialize)]
pub struct Surroundings {
    /// Name and value of each variable that counts and is set, by name.
    pub variables: Vec<(String, Vec<u8>)>,
    /// Variables by which the program came to AvA, and that say nothing of the vendor's: what the broker's say counts.
    pub inherited: Vec<String>,
    /// The working directory, if one of these variables leads to a place by a relative path.
    pub directory: Vec<u8>,
    /// The file of the vendor's library, if the program opens it by its path or is linked so that it finds it by itself.
    pub library: Vec<u8>,
    /// Of what stands at these places. What a worker that was started earlier has seen there may be gone.
    pub mark: u64,
}

impl Surroundings {
    /// The value of a variable.
    #[must_use]
    pub fn variable(&self, name: &str) -> Option<&[u8]> {
        self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_slice())
    }

    /// How many bytes it takes.
    #[must_use]
    pub fn len(&self) -> usize {
        let variables = self.variables.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
        variables + self.inherited.iter().map(String::len).sum::<usize>() + self.directory.len() + self.library.len()
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether a worker of this API can be made of it: nothing in it is of no API's business, or means something else to the
    /// kernel than to whoever looks at it.
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
