//! What is kept of copies between the program's memory and graphs (`nodes::staged`), by number, and the functions that graphs call
//! with these numbers.

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ava_protocol::layout::Rows;

use crate::base::readable::is_readable;

/// A copy with memory of the program's.
#[derive(Debug)]
pub struct Stage {
    /// What the program has asked for, a `CUDA_MEMCPY3D`.
    pub params: Vec<u8>,
    pub sides: [Option<Part>; 2],
}

/// One side of it.
#[derive(Debug)]
pub struct Part {
    /// The first byte in the program's memory, and the rows from there.
    pub at: u64,
    pub rows: Rows,
    /// Memory that both have, in which the rows lie without gaps.
    pub buffer: usize,
}

/// All stages, by number.
static STAGES: Mutex<Stages> = Mutex::new(Stages { all: BTreeMap::new(), last: 0, spent: Vec::new() });

struct Stages {
    all: BTreeMap<usize, Arc<Stage>>,
    last: usize,
    /// Memory that is not needed any more. A callback, which tells of that, may not give it back itself.
    spent: Vec<usize>,
}

fn stages() -> MutexGuard<'static, Stages> {
    STAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Keeps a stage; its number.
pub fn insert(stage: Stage) -> usize {
    let mut stages = stages();
    stages.last += 1;
    let number = stages.last;
    stages.all.insert(number, Arc::new(stage));
    number
}

pub fn of(number: usize) -> Option<Arc<Stage>> {
    stages().all.get(&number).cloned()
}

pub fn is_empty() -> bool {
    stages().all.is_empty()
}

/// Memory that is not needed any more.
pub fn take_spent() -> Vec<usize> {
    std::mem::take(&mut stages().spent)
}

pub fn remove(number: usize) {
    let stage = stages().all.remove(&number);
    // Its memory is in use as long as a function is that was called for it.
    drop(stage);
}

impl Drop for Stage {
    fn drop(&mut self) {
        stages().spent.extend(self.sides.iter().flatten().map(|part| part.buffer));
    }
}

impl Part {
    /// Copies between the program's memory and the buffer.
    fn copy(&self, is_to_buffer: bool) {
        let first = self.at as *mut u8;
        if !is_readable(first, self.rows.span().map_or(usize::MAX, |span| span as usize)) {
            return;
        }
        let row = self.rows.row as usize;
        for (i, offset) in self.rows.offsets().enumerate() {
            let (theirs, ours) = (first.wrapping_add(offset as usize), (self.buffer + i * row) as *mut u8);
            // SAFETY: the program has said that so much is there as long as its graph may be played, and the buffer was made
            // for all rows; it is given back when no graph holds the copy.
            unsafe {
                if is_to_buffer {
                    std::ptr::copy_nonoverlapping(theirs, ours, row);
                } else {
                    std::ptr::copy_nonoverlapping(ours, theirs, row);
                }
            }
        }
    }
}

/// What is called with the number of a stage.
pub type Function = unsafe extern "C" fn(*mut c_void);

pub fn address(function: Function) -> usize {
    function as usize
}

pub unsafe extern "C" fn fill(number: *mut c_void) {
    if let Some(Stage { sides: [Some(source), _], .. }) = of(number as usize).as_deref() {
        source.copy(true);
    }
}

pub unsafe extern "C" fn empty(number: *mut c_void) {
    if let Some(Stage { sides: [_, Some(target)], .. }) = of(number as usize).as_deref() {
        target.copy(false);
    }
}

pub unsafe extern "C" fn end(number: *mut c_void) {
    remove(number as usize);
}

/// The session is lost, and with it all that was made of it.
pub fn clear() {
    let all = std::mem::take(&mut stages().all);
    drop(all);
    stages().spent.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_lie_without_gaps_in_between() {
        let rows = Rows { start: 0, row: 2, rows: 2, row_pitch: 4, slices: 2, slice_pitch: 10 };
        let mut programs: Vec<u8> = (0..16).collect();
        let mut buffer = [0_u8; 8];
        let part = Part { at: programs.as_mut_ptr() as u64, rows, buffer: buffer.as_mut_ptr() as usize };
        part.copy(true);
        assert_eq!(buffer, [0, 1, 4, 5, 10, 11, 14, 15]);
        buffer.fill(9);
        part.copy(false);
        assert_eq!(programs, [9, 9, 2, 3, 9, 9, 6, 7, 8, 9, 9, 9, 12, 13, 9, 9]);
        // What is no memory is left alone.
        Part { at: 16, ..part }.copy(true);
    }

    #[test]
    fn a_call_for_one_that_is_gone_does_nothing() {
        let mut programs = [1_u8; 4];
        let mut buffer = [0_u8; 4];
        let part = Part {
            at: programs.as_mut_ptr() as u64,
            rows: Rows::flat(Some(4)).unwrap(),
            buffer: buffer.as_mut_ptr() as usize,
        };
        let number = usize::MAX;
        stages().all.insert(number, Arc::new(Stage { params: Vec::new(), sides: [Some(part), None] }));
        // SAFETY: the number of a stage, and of none.
        unsafe {
            fill(number as *mut c_void);
            assert_eq!(buffer, [1; 4]);
            buffer.fill(0);
            // It has no other side.
            empty(number as *mut c_void);
            end(number as *mut c_void);
            fill(number as *mut c_void);
        }
        assert_eq!((buffer, programs), ([0; 4], [1; 4]));
        assert_eq!(std::mem::take(&mut stages().spent), [buffer.as_ptr() as usize]);
    }
}
