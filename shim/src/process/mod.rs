//! What concerns the whole process: which APIs there are, forks, its end, its output, and which files of vendors' libraries it
//! names.

pub mod exit;
pub mod fork;
pub mod library;
pub mod registry;
pub mod stdio;
