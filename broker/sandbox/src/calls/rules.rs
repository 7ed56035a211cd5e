//! What the rules of the filter are made of.

use std::collections::BTreeMap;

use seccompiler::{BackendError, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompRule};

/// What an API's vendors need beyond computing.
#[derive(Debug, Clone, Copy)]
pub struct Rights {
    /// Starting programs, such as compilers (`execve`).
    pub processes: bool,
    /// Forking copies of itself.
    pub copies: bool,
    /// Connecting to services through sockets of the file system.
    pub sockets: bool,
}

/// Rules by call number: one of a call's rules has to match; a call without conditions always matches.
pub type Rules = BTreeMap<i64, Vec<SeccompRule>>;

/// A condition on the lower half of an argument, which is what the kernel uses of an `int` or `unsigned int`.
pub fn on(argument: u8, op: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Dword, op, value)
}

/// A condition on a whole argument, such as an address.
pub fn on_all(argument: u8, op: SeccompCmpOp, value: u64) -> Result<SeccompCondition, BackendError> {
    SeccompCondition::new(argument, SeccompCmpArgLen::Qword, op, value)
}
