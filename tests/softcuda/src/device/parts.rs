//! Parts of a file of which several processes have mappings: the allocations of a pool.

use std::collections::BTreeMap;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::mapping::{Mapping, PAGE};
use super::shared::{Content, File};
use crate::cuda::{CUdevice, Result, Status};

/// A pool's file, and which parts of it are taken.
pub struct Parts {
    pub file: File,
    /// Lengths by offsets.
    taken: Mutex<BTreeMap<u64, usize>>,
}

/// A part, which is free again when this is dropped, if it was taken here.
pub struct Part {
    of: Arc<Parts>,
    pub offset: u64,
    length: usize,
    is_own: bool,
}

impl Parts {
    pub fn create(size: usize, device: CUdevice) -> Result<Arc<Self>> {
        let size = size.checked_next_multiple_of(PAGE).ok_or(Status::OUT_OF_MEMORY)?;
        Ok(Self::of(File::create(Content::Pool, size, device)?))
    }

    pub fn of(file: File) -> Arc<Self> {
        Arc::new(Self { file, taken: Mutex::default() })
    }

    /// The first free part that is long enough; `OUT_OF_MEMORY` if there is none.
    pub fn take(self: &Arc<Self>, size: usize) -> Result<Part> {
        let length = size.checked_next_multiple_of(PAGE).ok_or(Status::OUT_OF_MEMORY)?;
        let mut taken = self.lock();
        let mut offset = 0;
        for (next, taken) in &*taken {
            if next - offset >= length as u64 {
                break;
            }
            offset = next + *taken as u64;
        }
        if (self.file.size as u64).saturating_sub(offset) < length as u64 {
            return Err(Status::OUT_OF_MEMORY);
        }
        taken.insert(offset, length);
        Ok(Part { of: self.clone(), offset, length, is_own: true })
    }

    /// The part that another process has taken; `INVALID_VALUE` if there can be none.
    pub fn taken_elsewhere(self: &Arc<Self>, offset: u64, size: usize) -> Result<Part> {
        let length = size.checked_next_multiple_of(PAGE).ok_or(Status::INVALID_VALUE)?;
        let end = offset.checked_add(length as u64).ok_or(Status::INVALID_VALUE)?;
        if size == 0 || !offset.is_multiple_of(PAGE as u64) || end > self.file.size as u64 {
            return Err(Status::INVALID_VALUE);
        }
        Ok(Part { of: self.clone(), offset, length, is_own: false })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, usize>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Part {
    pub fn map(&self, size: usize) -> Result<Mapping> {
        Mapping::of_file(self.of.file.as_fd(), self.offset, size)
    }

    /// The number of the file that it is a part of.
    pub fn file(&self) -> u64 {
        self.of.file.id
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if self.is_own {
            self.of.file.clear(self.offset, self.length);
            self.of.lock().remove(&self.offset);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_apart_and_taken_again() {
        let parts = Parts::create(4 * PAGE, 0).unwrap();
        let [one, two, three] = [PAGE, PAGE + 1, 1].map(|size| parts.take(size).unwrap());
        assert_eq!([one.offset, two.offset, three.offset], [0, PAGE as u64, 3 * PAGE as u64]);
        assert!(parts.take(1).is_err());
        drop(two);
        assert!(parts.take(3 * PAGE).is_err());
        assert_eq!(parts.take(2 * PAGE).unwrap().offset, PAGE as u64);
    }

    #[test]
    fn what_another_process_says_is_within_the_file() {
        let parts = Parts::create(4 * PAGE, 0).unwrap();
        assert!(parts.taken_elsewhere(0, 4 * PAGE).is_ok());
        for (offset, size) in [(0, 0), (1, 1), (0, 4 * PAGE + 1), (4 * PAGE as u64, 1), (u64::MAX - 4095, PAGE)] {
            assert!(parts.taken_elsewhere(offset, size).is_err(), "{size} at {offset}");
        }
    }
}
