//! The driver that stands behind the tables.

use std::ffi::c_void;

/// A status of CUDA's (`CUresult`) other than success.
pub type Status = u32;

pub type Result<T> = std::result::Result<T, Status>;

/// `CUDA_ERROR_INVALID_VALUE`.
pub const INVALID_VALUE: Status = 1;
/// `CUDA_ERROR_INVALID_HANDLE`.
pub const INVALID_HANDLE: Status = 400;
/// `CUDA_ERROR_NOT_SUPPORTED`.
pub const NOT_SUPPORTED: Status = 801;

/// Called with the context, the key and the value when a context ends.
pub type Destructor = unsafe extern "C" fn(usize, *mut c_void, *mut c_void);

/// What the runtime is told of a device, as the driver's own functions tell it.
#[derive(Debug, Clone, Copy)]
pub struct Device {
    pub uuid: [u8; 16],
    /// Domain, bus and device of its PCI address.
    pub pci: [i32; 3],
}

/// A driver that the runtime works with. Contexts are named by their handles; 0 stands for the thread's current one.
pub trait Driver: Sized + 'static {
    /// The version, as `cuDriverGetVersion` tells it.
    fn version() -> Result<u32>;

    /// All devices, in their order.
    fn devices() -> Result<Vec<Device>>;

    /// The primary context of a device, retained.
    fn retain_primary(device: i32) -> Result<usize>;

    /// The current context of the thread; 0 for none.
    fn current() -> Result<usize>;

    /// Keeps a value with a context, which is handed to the function when the context ends.
    fn store(context: usize, key: usize, value: usize, destructor: Option<Destructor>) -> Result<()>;

    /// Keeps a value no longer; `INVALID_HANDLE` where there is none.
    fn unstore(context: usize, key: usize) -> Result<()>;

    /// The value; `INVALID_HANDLE` where there is none.
    fn stored(context: usize, key: usize) -> Result<usize>;

    /// A number that no other context of the process has.
    fn identity(context: usize) -> Result<u64>;

    /// Runs what a function of a table does, and returns its status to C. No panic may leave it.
    fn run(function: &'static str, body: impl FnOnce() -> Result<()>) -> Status;
}
