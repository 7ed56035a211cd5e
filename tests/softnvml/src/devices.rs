//! The devices, and whether the library may be asked about them.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::status::{Result, Status};

/// A device. Its address is its handle.
#[derive(Debug)]
pub struct Device {
    pub ordinal: u32,
    /// What may be set: the limit of its power in mW, and whether the driver stays loaded.
    pub power_limit: AtomicU32,
    pub is_persistent: AtomicU32,
}

/// `nvmlDevice_t`.
pub type Handle = *const Device;

/// Limits of power in mW: the least, the usual, the greatest.
pub const POWER: [u32; 3] = [60_000, 70_000, 75_000];

impl Device {
    pub fn uuid(&self) -> String {
        ava_softgpu::uuid_text(self.ordinal)
    }

    pub fn serial(&self) -> String {
        format!("{:013}", 1_000_000 + self.ordinal)
    }
}

/// All devices.
pub fn devices() -> &'static [Device] {
    static DEVICES: OnceLock<Vec<Device>> = OnceLock::new();
    DEVICES.get_or_init(|| {
        let device = |ordinal| Device { ordinal, power_limit: POWER[1].into(), is_persistent: AtomicU32::new(0) };
        (0..ava_softgpu::count()).map(device).collect()
    })
}

/// The device of a handle.
///
/// # Errors
/// There is none.
pub fn device(handle: Handle) -> Result<&'static Device> {
    devices().iter().find(|device| std::ptr::eq(*device, handle)).ok_or(Status::INVALID_ARGUMENT)
}

/// How often the library was initialized, and not shut down.
static INITIALIZED: Mutex<u32> = Mutex::new(0);

pub fn initialize() {
    *INITIALIZED.lock().unwrap_or_else(PoisonError::into_inner) += 1;
}

/// # Errors
/// It is not initialized.
pub fn shut_down() -> Result {
    let mut count = INITIALIZED.lock().unwrap_or_else(PoisonError::into_inner);
    *count = count.checked_sub(1).ok_or(Status::UNINITIALIZED)?;
    Ok(())
}

/// # Errors
/// It is not initialized.
pub fn check() -> Result {
    match *INITIALIZED.lock().unwrap_or_else(PoisonError::into_inner) {
        0 => Err(Status::UNINITIALIZED),
        _ => Ok(()),
    }
}

/// What a word of the program's is told to be.
pub fn loaded(word: &AtomicU32) -> u32 {
    word.load(Ordering::Relaxed)
}
