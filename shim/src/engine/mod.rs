//! Mechanisms of several calls that know no API by name.

pub mod arrays;
pub mod board;
pub mod chunks;
pub mod ends;
pub mod files;
pub mod fixed;
pub mod include;
pub mod list;
pub mod mapping;
pub mod mirror;
pub mod pieces;
pub mod pixels;
#[allow(dead_code, reason = "only for APIs whose functions are looked up by name and version")]
pub mod procs;
pub mod quiet;
pub mod recall;
pub mod resident;
pub mod staging;
