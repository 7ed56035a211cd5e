//! Mechanisms of several calls that know no API by name.

pub mod arrays;
pub mod list;
pub mod mirror;
