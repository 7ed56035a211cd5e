//! On which devices the program has made contexts.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The device of each context that the program has made itself, by the context's handle.
#[derive(Debug, Default)]
pub struct Devices(Mutex<BTreeMap<usize, i32>>);

impl Devices {
    pub fn made(&self, context: usize, device: i32) {
        self.all().insert(context, device);
    }

    pub fn ended(&self, context: usize) {
        self.all().remove(&context);
    }

    /// Whether there is a context on a device.
    pub fn has(&self, device: i32) -> bool {
        self.all().values().any(|of| *of == device)
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<usize, i32>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_contexts_until_all_have_ended() {
        let devices = Devices::default();
        devices.made(10, 1);
        devices.made(20, 1);
        devices.ended(10);
        assert!(devices.has(1) && !devices.has(0));
        devices.ended(20);
        assert!(!devices.has(1));
    }
}
