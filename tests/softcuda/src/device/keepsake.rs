//! Objects of the program's that live as long as graphs refer to them.

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::handles::{Handles, fresh};
use super::process;
use crate::cuda::{CUhostFn, Result, Status};

pub static OBJECTS: Handles<Keepsake> = Handles::new();

/// An object, with the number of its references. The last release ends it, by the program's function.
pub struct Keepsake {
    handle: usize,
    data: *mut c_void,
    end: CUhostFn,
    references: AtomicU32,
}

// SAFETY: the program hands its pointer over for another thread to call the function with.
unsafe impl Send for Keepsake {}
// SAFETY: as above.
unsafe impl Sync for Keepsake {}

impl Keepsake {
    /// A new object; its handle.
    pub fn create(data: *mut c_void, end: CUhostFn, references: u32) -> usize {
        let handle = fresh();
        OBJECTS.insert(handle, Arc::new(Self { handle, data, end, references: AtomicU32::new(references) }));
        handle
    }

    pub fn retain(&self, count: u32) {
        self.references.fetch_add(count, Ordering::AcqRel);
    }

    /// Gives references back; `INVALID_VALUE` if there are not so many.
    pub fn release(&self, count: u32) -> Result {
        let less = |references: u32| references.checked_sub(count);
        let before = self.references.fetch_update(Ordering::AcqRel, Ordering::Acquire, less);
        if before.map_err(|_| Status::INVALID_VALUE)? == count {
            let _ = OBJECTS.remove(self.handle);
            // SAFETY: the program handed both over to be called so, once.
            process::in_callback(|| unsafe { (self.end)(self.data) });
        }
        Ok(())
    }
}

/// References that a graph or a plan has; they are given back when it goes.
#[derive(Default)]
pub struct Kept {
    all: Mutex<Vec<(Arc<Keepsake>, u32)>>,
}

impl Kept {
    /// Takes references over.
    pub fn keep(&self, object: &Arc<Keepsake>, count: u32) {
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push((object.clone(), count));
    }

    /// Gives references back; `INVALID_VALUE` if there are not so many.
    pub fn forget(&self, object: &Arc<Keepsake>, count: u32) -> Result {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.iter_mut().find(|(kept, own)| Arc::ptr_eq(kept, object) && *own >= count);
        kept.ok_or(Status::INVALID_VALUE)?.1 -= count;
        drop(all);
        object.release(count)
    }

    /// Gives all references back.
    pub fn clear(&self) {
        let all = std::mem::take(&mut *self.all.lock().unwrap_or_else(PoisonError::into_inner));
        // What is counted here was retained before.
        for (object, count) in all.iter().filter(|(_, count)| *count > 0) {
            let _ = object.release(*count);
        }
    }
}

impl Clone for Kept {
    /// As many references more.
    fn clone(&self) -> Self {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner).clone();
        all.iter().for_each(|(object, count)| object.retain(*count));
        Self { all: Mutex::new(all) }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.clear();
    }
}
