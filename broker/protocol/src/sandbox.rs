//! What an API's vendors need beyond every worker's sandbox, from its table.
//!
//! - **Invariant:** this is data. The sandbox resolves which files a place means.

/// The rights of an API's workers beyond every worker's: `#![sandbox(…)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Needs {
    /// Read: files, and everything beneath folders.
    pub read: &'static [Place],
    /// Read, write, make and remove: files, and everything beneath folders.
    pub write: &'static [Place],
    /// Read and execute: files, and everything beneath folders.
    pub execute: &'static [Place],
    /// Device files to open, each an absolute path below `/dev` in which `*` stands for any part of one name.
    pub devices: &'static [&'static str],
    /// Sockets in the file system to connect to, each an absolute path in which `*` stands for any part of one name.
    pub sockets: &'static [&'static str],
}

impl Needs {
    /// The needs of an API whose vendors need nothing more.
    pub const NONE: Self = Self { read: &[], write: &[], execute: &[], devices: &[], sockets: &[] };
}

/// A place: files and folders that may or may not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An absolute path in which `*` stands for any part of one name.
    Path(&'static str),
    /// The paths in this environment variable of the worker, separated by colons.
    Variable(&'static str),
    /// The absolute paths in the files of this place, one per line. For a folder, in the files directly in it.
    Lines(&'static Place),
    /// The value of `key = value` in the files of this place. For a folder, in the files directly in it.
    Setting(&'static Place, &'static str),
}

/// A private file of each tenant of a broker for several users, unless the broker's environment sets the variable:
/// `#![configuration(…)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Configuration {
    /// The variable of the worker's environment that names the file.
    pub variable: &'static str,
    /// The file's name in the tenant's private directory.
    pub file: &'static str,
    /// Where the vendor finds it below its user's home, if the variable is not set.
    pub home: Option<&'static str>,
    /// Its contents; `{home}` stands for the tenant's private directory.
    pub text: &'static str,
}
