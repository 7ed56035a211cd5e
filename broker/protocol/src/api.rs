//! An API, as far as its table tells of it without its functions' arguments. The table compiler fills one for each table.

use crate::sandbox::{Configuration, Needs};
use crate::spec::KindSpec;

/// An API there is a table for.
#[derive(Debug)]
pub struct Api {
    /// The table's name, as in [`Hello::api`](crate::session::Hello::api).
    pub name: &'static str,
    /// The API's number on the wire.
    pub number: u16,
    /// The vendor library's name.
    pub library: &'static str,
    /// Every name that programs open it by.
    pub sonames: &'static [&'static str],
    /// Version nodes of its functions.
    pub versions: &'static [&'static str],
    /// Folders whose files name, one on a line, libraries that are opened in its place.
    pub drivers: &'static [&'static str],
    /// Whether the functions are handed out as a struct: their names are then a module's that takes the library's place, and
    /// other libraries of the process may have the same.
    pub function_list: bool,
    /// Whether a forked child goes on with a copy of what its parent has.
    pub forks: bool,
    /// Folders where it is looked for, if the loader does not find it by its name.
    pub places: &'static [&'static str],
    /// How a user gets it.
    pub install: &'static str,
    /// Status of a call whose worker is gone.
    pub lost: i64,
    /// The broker's environment variables that workers get; a name that ends in `*` stands for all that begin so.
    pub environment: &'static [&'static str],
    /// What its vendors need of the machine beyond what every worker gets.
    pub sandbox: Needs,
    /// Files that each tenant of a broker for several users has of its own.
    pub configurations: &'static [Configuration],
    /// The newest version that the table describes: what says its version says no newer one.
    pub newest: Option<Version>,
    /// Extensions that tenants may see.
    pub extensions: &'static [Extension],
    /// Extensions that are known and do not cross, and why.
    pub masked: &'static [(&'static str, &'static str)],
    /// Function names by opcode.
    pub functions: &'static [&'static str],
    /// Whether a function may be called without waiting for its reply, by opcode.
    pub oneway: &'static [bool],
    /// Functions that do not cross, and why.
    pub unsupported: &'static [(&'static str, &'static str)],
    /// Functions that the vendor hands out by name, and the extension they belong to.
    pub extension_functions: &'static [(&'static str, &'static str)],
    /// Handle types by kind, which counts from 1.
    pub kinds: &'static [KindSpec],
}

/// Of an API or an extension: major, minor, patch.
pub type Version = (u32, u32, u32);

/// An extension that crosses.
#[derive(Debug)]
pub struct Extension {
    pub name: &'static str,
    /// The versions that the table describes, from the first to below the last, where it is not all of them.
    pub known: Option<(Version, Version)>,
}

impl Extension {
    /// Whether the table describes it as it is in this version; `None` where the vendor does not say which it has.
    #[must_use]
    pub fn crosses(&self, version: Option<Version>) -> bool {
        self.known.is_none_or(|(from, below)| version.is_some_and(|version| from <= version && version < below))
    }
}

pub use crate::tables::APIS;

impl Api {
    /// The one with this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        APIS.iter().find(|api| api.name == name).copied()
    }

    /// An extension that crosses.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<&'static Extension> {
        self.extensions.iter().find(|extension| extension.name == name)
    }

    /// A handle type.
    ///
    /// # Panics
    /// If there is none of this number.
    #[must_use]
    pub fn kind(&self, kind: u16) -> &'static KindSpec {
        &self.kinds[usize::from(kind) - 1]
    }

    /// Whether workers of this API get the broker's environment variable `name`. Nothing that the dynamic linker reads
    /// is ever among them, whatever the table says.
    #[must_use]
    pub fn passes(&self, name: &str) -> bool {
        !name.starts_with("LD_")
            && self.environment.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == *pattern,
            })
    }

    /// One that has nothing, for tests to fill.
    #[must_use]
    pub const fn empty() -> Self {
        Self {
            name: "",
            number: 0,
            library: "",
            sonames: &[],
            versions: &[],
            drivers: &[],
            function_list: false,
            forks: false,
            places: &[],
            install: "",
            lost: 0,
            environment: &[],
            sandbox: Needs::NONE,
            configurations: &[],
            newest: None,
            extensions: &[],
            masked: &[],
            functions: &[],
            oneway: &[],
            unsupported: &[],
            extension_functions: &[],
            kinds: &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn workers_get_what_is_listed_and_nothing_else() {
        let api = Api { environment: &["OCL_ICD_VENDORS", "POCL_*", "LD_*"], ..Api::empty() };
        let passed = |name: &&str| api.passes(name);
        let names = ["POCL_DEVICES", "OCL_ICD_VENDORS", "OCL_ICD_VENDORS2", "LD_PRELOAD", "HOME", "POC"];
        assert_eq!(names.iter().copied().filter(passed).collect::<Vec<_>>(), ["POCL_DEVICES", "OCL_ICD_VENDORS"]);
    }

    #[test]
    fn versions_that_no_table_describes_do_not_cross() {
        let crosses = |known, version| Extension { name: "", known }.crosses(version);
        let range = Some(((0, 9, 0), (2, 0, 0)));
        assert_eq!(
            [(0, 8, 9), (0, 9, 0), (1, 7, 3), (2, 0, 0)].map(|v| crosses(range, Some(v))),
            [false, true, true, false]
        );
        assert_eq!((crosses(range, None), crosses(None, None), crosses(None, Some((7, 0, 0)))), (false, true, true));
    }

    #[test]
    fn apis_differ_in_name_number_and_library() {
        for (i, one) in APIS.iter().enumerate() {
            for other in &APIS[..i] {
                assert!(one.name != other.name && one.number != other.number && one.library != other.library);
            }
        }
    }
}
