//! What is more than a call, and knows no API by name.

pub mod mirror;
