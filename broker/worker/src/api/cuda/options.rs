//! Options of compilations, as the driver takes them: parallel arrays, with logs of the worker's.

use std::ffi::c_void;
use std::ptr::null_mut;

use ava_protocol::cuda::constant::CUDA_ERROR_NOT_SUPPORTED;
use ava_protocol::cuda::custom::{Jit, LONGEST_LOG, MOST_OPTIONS, Told};
use ava_protocol::frame::Malformed;
use ava_protocol::layout::Rows;
use ava_protocol::wire::ArchivedData;

use crate::call::{Call, Stop};

/// What a log is filled with before the driver writes: no text has such a byte.
const UNWRITTEN: u8 = 0xFF;

/// Options, with the memory that they lead to, which stays where it is.
#[derive(Debug, Default)]
pub struct Options {
    keys: Vec<u32>,
    values: Vec<u64>,
    logs: [Vec<u8>; 2],
}

impl Options {
    pub fn read(call: &Call, pairs: &ArchivedData<'_>, what: &'static str) -> Result<Self, Stop> {
        let all = call.input(pairs, Rows::flat(pairs.size()), false, what)?;
        let (words, _) = all.bytes().unwrap_or_default().as_chunks();
        let words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        if words.len() > 2 * MOST_OPTIONS {
            return Err(Malformed::TooMany { what: "options", limit: MOST_OPTIONS as u64 }.into());
        }
        let mut options = Self::default();
        for [key, value] in words.as_chunks().0 {
            options.push(*key, *value).ok_or(Stop::Refused(CUDA_ERROR_NOT_SUPPORTED.into()))?;
        }
        Ok(options)
    }

    fn push(&mut self, key: u64, value: u64) -> Option<()> {
        let value = match Jit::of(key) {
            Jit::Number => value,
            Jit::Log(_) if value == 0 => 0,
            Jit::Log(which) => {
                let log = &mut self.logs[which];
                log.resize(LONGEST_LOG, UNWRITTEN);
                log.as_mut_ptr() as u64
            }
            Jit::LogSize(_) => u64::from(value as u32).min(LONGEST_LOG as u64),
            Jit::Refused => return None,
        };
        self.keys.push(key as u32);
        self.values.push(value);
        Some(())
    }

    pub fn count(&self) -> u32 {
        self.keys.len() as u32
    }

    /// The keys, null if there are none.
    pub fn keys(&mut self) -> *mut c_void {
        if self.keys.is_empty() { null_mut() } else { self.keys.as_mut_ptr().cast() }
    }

    /// The values likewise.
    pub fn values(&mut self) -> *mut c_void {
        if self.values.is_empty() { null_mut() } else { self.values.as_mut_ptr().cast() }
    }

    /// What the driver has written.
    pub fn told(&self) -> Told {
        let value = |(key, value): (&u32, &u64)| match Jit::of((*key).into()) {
            Jit::Number | Jit::LogSize(_) => *value,
            Jit::Log(_) | Jit::Refused => 0,
        };
        let written = |log: &Vec<u8>| {
            let len = log.iter().rposition(|byte| *byte != UNWRITTEN).map_or(0, |last| last + 1);
            log[..len].to_vec()
        };
        Told {
            values: self.keys.iter().zip(&self.values).map(value).collect(),
            logs: [written(&self.logs[0]), written(&self.logs[1])],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_the_workers_and_no_longer_than_it() {
        let mut options = Options::default();
        for (key, value) in [(0, 32), (5, 0x1234), (6, 1 << 20), (3, 0)] {
            options.push(key, value).unwrap();
        }
        assert_eq!((options.push(17, 0), options.push(1 << 32, 0), options.count()), (None, None, 4));
        // SAFETY: there are as many values, and the log has as many bytes as the third says.
        let values = unsafe { std::slice::from_raw_parts_mut(options.values().cast::<u64>(), 4) };
        assert_eq!((values[0], values[2], values[3]), (32, LONGEST_LOG as u64, 0));
        values[2] = 3;
        // SAFETY: as above.
        unsafe { std::ptr::copy_nonoverlapping(c"no".as_ptr().cast(), values[1] as *mut u8, 3) };
        let told = options.told();
        assert_eq!(told.values, [32, 0, 3, 0]);
        assert_eq!(told.logs, [Vec::new(), b"no\0".to_vec()]);
    }
}
