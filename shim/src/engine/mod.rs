//! Mechanisms of several calls that know no API by name.

pub mod arrays;
pub mod board;
pub mod chunks;
pub mod ends;
pub mod files;
pub mod include;
pub mod list;
pub mod mapping;
pub mod mirror;
pub mod resident;
