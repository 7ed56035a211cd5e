//! Options of compilations: parallel arrays of keys and of values, of which some are addresses of logs and some come out.

use std::ffi::c_void;

use ava_protocol::cuda::constant::{CUDA_ERROR_INVALID_VALUE, CUDA_ERROR_NOT_SUPPORTED};
use ava_protocol::cuda::custom::{ArchivedTold, Jit, MOST_OPTIONS};

use crate::base::fault::Fault;
use crate::base::readable::is_readable;

/// `CU_LIBRARY_BINARY_IS_PRESERVED`: the driver may go on to use the program's code. The worker's copy goes with the call.
const BINARY_IS_PRESERVED: u32 = 1;

/// Options as the program passed them.
#[derive(Debug, Default)]
pub struct Options {
    /// The program's array of values.
    values: usize,
    pairs: Vec<(u64, u64)>,
}

impl Options {
    /// # Errors
    /// The driver's status for arrays that are missing or too long, and one for options whose values lead to what cannot cross.
    ///
    /// # Safety
    /// The arrays are null or have as many elements, which nobody changes.
    pub unsafe fn read(count: u32, keys: *const u32, values: *mut *mut c_void) -> Result<Self, Fault> {
        let count = count as usize;
        if count == 0 {
            return Ok(Self::default());
        }
        if count > MOST_OPTIONS || !is_readable(keys.cast(), 4 * count) || !is_readable(values.cast(), 8 * count) {
            return Err(Fault::Status(CUDA_ERROR_INVALID_VALUE.into()));
        }
        // SAFETY: they can be read, and by the caller's promise.
        let pair = |i| unsafe { (u64::from(keys.add(i).read_unaligned()), values.add(i).read_unaligned() as u64) };
        let pairs: Vec<_> = (0..count).map(pair).collect();
        if pairs.iter().any(|(key, _)| Jit::of(*key) == Jit::Refused) {
            return Err(Fault::Status(CUDA_ERROR_NOT_SUPPORTED.into()));
        }
        Ok(Self { values: values as usize, pairs })
    }

    /// What crosses.
    pub fn bytes(&self) -> Vec<u8> {
        self.pairs.iter().flat_map(|(key, value)| [key.to_le_bytes(), value.to_le_bytes()].concat()).collect()
    }

    /// Passes on what has come out.
    ///
    /// # Safety
    /// The program's values and logs are still there.
    pub unsafe fn tell(&self, told: &ArchivedTold) {
        for (i, ((key, value), now)) in self.pairs.iter().zip(told.values.iter()).enumerate() {
            match Jit::of(*key) {
                // SAFETY: by the caller's promise. What has not changed may be a constant.
                Jit::Number | Jit::LogSize(_) if now.to_native() != *value => unsafe {
                    (self.values as *mut u64).add(i).write_unaligned(now.to_native());
                },
                Jit::Log(which) => {
                    let log = &told.logs[which];
                    let room = self.pairs.iter().find(|(key, _)| Jit::of(*key) == Jit::LogSize(which));
                    let len = log.len().min(room.map_or(0, |(_, size)| *size as u32 as usize));
                    if *value != 0 {
                        // SAFETY: by the caller's promise the log has as many bytes as the program said.
                        unsafe { std::ptr::copy_nonoverlapping(log.as_ptr(), *value as *mut u8, len) };
                    }
                }
                _ => (),
            }
        }
    }
}

/// Whether a library's options may be left out: they say that code stays, or nothing.
///
/// # Errors
/// A status for others, and for arrays that are missing.
///
/// # Safety
/// The keys are null or as many, which nobody changes.
pub unsafe fn of_library(count: u32, keys: *const u32) -> Result<(), Fault> {
    if !is_readable(keys.cast(), 4 * count as usize) {
        return Err(Fault::Status(CUDA_ERROR_INVALID_VALUE.into()));
    }
    // SAFETY: they can be read, and by the caller's promise.
    let all = (0..count as usize).all(|i| unsafe { keys.add(i).read_unaligned() } == BINARY_IS_PRESERVED);
    if all { Ok(()) } else { Err(Fault::Status(CUDA_ERROR_NOT_SUPPORTED.into())) }
}
