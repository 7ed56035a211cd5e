//! What became of a context: a fault of a kernel stays, and nothing runs afterwards.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

use crate::cuda::{Result, Status};

/// Shared by a context and all that runs in it.
#[derive(Default)]
pub struct Health {
    error: AtomicU32,
    /// Ends kernels and waits that are under way: the context is destroyed.
    pub stop: AtomicBool,
    /// What kernels printed since the last synchronisation.
    printed: Mutex<Vec<u8>>,
}

/// Output that no synchronisation has asked for is written once it is this long, in bytes: the default of
/// `CU_LIMIT_PRINTF_FIFO_SIZE`. A device would lose it.
const PRINTED: usize = 1 << 20;

impl Health {
    /// The error that stays, if there is one.
    pub fn check(&self) -> Result {
        Status::failed(self.error.load(Ordering::Acquire))
    }

    /// Keeps an error; the first one counts.
    pub fn fail(&self, status: Status) {
        let _ = self.error.compare_exchange(0, status.0, Ordering::AcqRel, Ordering::Acquire);
    }

    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Takes what a kernel prints.
    pub fn print(&self, text: &[u8]) {
        let mut printed = self.printed.lock().unwrap_or_else(PoisonError::into_inner);
        printed.extend_from_slice(text);
        if printed.len() > PRINTED {
            write(&printed);
            printed.clear();
        }
    }

    /// Writes what kernels printed.
    pub fn flush(&self) {
        let printed = std::mem::take(&mut *self.printed.lock().unwrap_or_else(PoisonError::into_inner));
        if !printed.is_empty() {
            write(&printed);
        }
    }
}

unsafe extern "C" {
    /// The C library's standard output: the program's own `printf` goes there, too, and keeps its place.
    static stdout: *mut libc::FILE;
}

fn write(text: &[u8]) {
    // SAFETY: the C library sets `stdout` before any library is loaded, and the bytes are a slice.
    unsafe { libc::fwrite(text.as_ptr().cast(), 1, text.len(), stdout) };
}
