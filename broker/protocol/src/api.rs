//! An API without its functions' arguments. The table compiler generates one for each table.

use crate::sandbox::{Configuration, Needs};
use crate::spec::{KindSpec, TaggedSpec};

/// An API there is a table for.
#[derive(Debug)]
pub struct Api {
    /// The table's name, as in [`Hello::api`](crate::session::Hello::api).
    pub name: &'static str,
    /// The API's number on the wire.
    pub number: u16,
    /// The vendor library's name.
    pub library: &'static str,
    /// All names by which programs open it.
    pub sonames: &'static [&'static str],
    /// Version nodes of its functions.
    pub versions: &'static [&'static str],
    /// Folders whose files list, one per line, libraries that programs open in its place.
    pub drivers: &'static [&'static str],
    /// Whether the functions are returned as a struct: a module in the library's place then exports their names, since other
    /// libraries of the process may export the same.
    pub function_list: bool,
    /// What each call returns in a forked child of a process that has called, where the library does not work there.
    pub forked: Option<i64>,
    /// What each call returns in a function of the program's that the vendor calls, where the library does not work there.
    pub inside: Option<i64>,
    /// Whether a forked child continues with a copy of its parent's state.
    pub forks: bool,
    /// Folders to search for it, if the loader does not find it by its soname.
    pub places: &'static [&'static str],
    /// How a user installs it.
    pub install: &'static str,
    /// Status of a call whose worker has died.
    pub lost: i64,
    /// Status of a call of a function that the loaded library lacks.
    pub absent: i64,
    /// Status of a call whose device has no memory left.
    pub exhausted: i64,
    /// Statuses of errors after which nothing that was accepted before is known to be accepted again.
    pub lasting: &'static [i64],
    /// The environment variables that workers get; a `*` at the end matches any suffix.
    pub environment: &'static [&'static str],
    /// What its vendors need beyond every worker's sandbox.
    pub sandbox: Needs,
    /// Private files of each tenant of a broker for several users.
    pub configurations: &'static [Configuration],
    /// The newest version that the table describes: version queries return no newer one.
    pub newest: Option<Version>,
    /// Extensions that tenants may see.
    pub extensions: &'static [Extension],
    /// Known extensions that are hidden from programs, and why.
    pub masked: &'static [(&'static str, &'static str)],
    /// Function names by opcode.
    pub functions: &'static [&'static str],
    /// Whether a function may be called one-way, by opcode.
    pub oneway: &'static [bool],
    /// What functions give devices to do, by opcode; empty if the table does not say.
    pub work: &'static [Work],
    /// Functions that are refused, and why.
    pub unsupported: &'static [(&'static str, &'static str)],
    /// Functions that the vendor returns by name, and the extension they belong to.
    pub extension_functions: &'static [(&'static str, &'static str)],
    /// Handle types by kind number, from 1.
    pub kinds: &'static [KindSpec],
    /// Queries whose answers the worker also sends unasked.
    pub ahead: &'static [Ahead],
}

/// What a call gives devices to do, and waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Work {
    pub submits: Submits,
    pub occupies: Occupies,
    /// It is the twin of a function: a queue that it does not name may be another one.
    pub is_twin: bool,
    /// The vendor's function waits for what devices were given before.
    pub settled: bool,
}

/// Whether a call gives devices something to do that the host may notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submits {
    Nothing,
    /// Not if nobody waits for the call, and all that it needs went along.
    Quietly,
    Noticed,
}

/// For how long the command of a call occupies its device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occupies {
    Nothing,
    /// At most until the call returns, in the queue that no argument names.
    Call,
    /// Until its queue has got behind it.
    Queue,
}

impl Work {
    /// Of a function of which nothing is said.
    pub const NONE: Self =
        Self { submits: Submits::Nothing, occupies: Occupies::Nothing, is_twin: false, settled: false };
}

/// A query by the keys of one object.
#[derive(Debug, Clone, Copy)]
pub struct Ahead {
    pub function: u32,
    /// The object's handle type.
    pub kind: u16,
    /// Whether the answers stay only once the object's command has completed.
    pub of_end: bool,
    /// What they are, by key.
    pub values: &'static TaggedSpec,
}

/// Version of an API or an extension: major, minor, patch.
pub type Version = (u32, u32, u32);

/// A supported extension.
#[derive(Debug)]
pub struct Extension {
    pub name: &'static str,
    /// The versions that the table describes, from the first to below the last, if not all.
    pub known: Option<(Version, Version)>,
}

impl Extension {
    /// Whether the table describes it in this version; `None` where the vendor does not report its version.
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

    /// A supported extension.
    #[must_use]
    pub fn extension(&self, name: &str) -> Option<&'static Extension> {
        self.extensions.iter().find(|extension| extension.name == name)
    }

    /// A handle type.
    ///
    /// # Panics
    /// If there is no such number.
    #[must_use]
    pub fn kind(&self, kind: u16) -> &'static KindSpec {
        &self.kinds[usize::from(kind) - 1]
    }

    /// What a function gives devices to do.
    #[must_use]
    #[inline]
    pub fn work(&self, opcode: u32) -> Work {
        self.work.get(opcode as usize).copied().unwrap_or(Work::NONE)
    }

    /// Whether workers of this API get the environment variable `name`. The dynamic linker's variables are never among them,
    /// whatever the table says.
    #[must_use]
    pub fn passes(&self, name: &str) -> bool {
        !name.starts_with("LD_")
            && self.environment.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(start) => name.starts_with(start),
                None => name == *pattern,
            })
    }

    /// An empty API, for tests to fill.
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
            forked: None,
            inside: None,
            forks: false,
            places: &[],
            install: "",
            lost: 0,
            absent: 0,
            exhausted: 0,
            lasting: &[],
            environment: &[],
            sandbox: Needs::NONE,
            configurations: &[],
            newest: None,
            extensions: &[],
            masked: &[],
            functions: &[],
            oneway: &[],
            work: &[],
            unsupported: &[],
            extension_functions: &[],
            kinds: &[],
            ahead: &[],
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
