//! Control groups: where their hierarchies are mounted, and the labels that root gives them.
//!
//! - **Invariant:** a label is read from the unified hierarchy as this process sees it mounted, by the path that the kernel
//!   names, and from nowhere else.
//! - **Invariant:** whoever may not administer the machine can give no group a label: the kernel lets only those with
//!   CAP_SYS_ADMIN outside of all user namespaces write attributes of this kind.
//!
//! # Layers
//!
//! - what is mounted: `hierarchy`
//! - what a group is called: `label`
#![forbid(unsafe_code)]

pub mod hierarchy;
mod label;

pub use label::{Error, Labels, Nearest, group_of};
