//! What concerns the whole process: forks, its output, and which files of vendors' libraries it names.

pub mod fork;
pub mod library;
pub mod stdio;
