//! State of the whole process: the registered APIs, forks, exit, output, and the vendor library files that it names.

pub mod exit;
pub mod fork;
pub mod library;
pub mod registry;
pub mod stdio;
