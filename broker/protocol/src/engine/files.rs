//! Files of the program that sources include, which go along with a call that compiles.

use rkyv::{Archive, Deserialize, Serialize};

/// The files that the program's sources include, with their paths in the program's file system. Paths are absolute,
/// without `.` and `..`.
#[derive(Archive, Serialize, Deserialize, Debug, Default, PartialEq, Eq)]
pub struct Files {
    /// The program's working directory.
    pub cwd: Vec<u8>,
    /// Paths and contents.
    pub files: Vec<(Vec<u8>, Vec<u8>)>,
    /// Directories that a path passes through with `..`, so that they have to exist.
    pub passed: Vec<Vec<u8>>,
    /// Whether an absolute path is included.
    pub from_root: bool,
}
