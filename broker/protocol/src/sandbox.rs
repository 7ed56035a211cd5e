//! What an API's vendors need of the machine beyond what every worker gets, as its table says it.
//!
//! - **Invariant:** this is data. Which files a place stands for, whoever shuts a worker in finds out.

/// What workers of an API may do beyond what every worker may: `#![sandbox(…)]`.
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
    /// Of an API whose vendors need nothing more.
    pub const NONE: Self = Self { read: &[], write: &[], execute: &[], devices: &[], sockets: &[] };
}

/// Where files are. What does not exist, a place does not stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// An absolute path in which `*` stands for any part of one name.
    Path(&'static str),
    /// The paths in this environment variable of the worker, with colons between.
    Variable(&'static str),
    /// The absolute paths that stand in the files of this place, one on a line. Of a folder, in the files right in it.
    Lines(&'static Place),
    /// The value of `key = value` in the files of this place. Of a folder, in the files right in it.
    Setting(&'static Place, &'static str),
}

/// A file that each tenant of a broker for several users has of its own, unless the broker's environment sets the
/// variable: `#![configuration(…)]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Configuration {
    /// The variable of the worker's environment that names the file.
    pub variable: &'static str,
    /// The file's name in the tenant's private directory.
    pub file: &'static str,
    /// Where the vendor finds it below its user's home, where the variable is not set.
    pub home: Option<&'static str>,
    /// What stands in it; `{home}` stands for the tenant's private directory.
    pub text: &'static str,
}
