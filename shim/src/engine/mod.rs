//! What is more than a call, and knows no API by name.

pub mod arrays;
pub mod list;
pub mod mirror;
