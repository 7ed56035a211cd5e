//! Why a launch ended.

/// Why a launch ended before its time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    #[error("an access outside of memory")]
    Address,
    #[error("a misaligned access")]
    Misaligned,
    #[error("a trap")]
    Trap,
    /// With the text that NVIDIA's driver prints.
    #[error("{0}")]
    Assert(String),
    #[error("an illegal instruction")]
    Illegal,
    #[error("an access to an address space that is not the instruction's")]
    AddressSpace,
    /// By `Launch::stop`.
    #[error("the launch was stopped")]
    Stopped,
    /// All threads wait for each other.
    #[error("the threads wait for each other for ever")]
    Timeout,
}
