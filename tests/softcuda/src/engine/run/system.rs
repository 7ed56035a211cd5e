//! Functions of the device's system that kernels call.

use super::access::Accesses;
use super::call::pointer;
use super::heap;
use super::print::{self, Reader};
use super::state::{Group, Warp};
use crate::engine::fault::Fault;
use crate::engine::lanes::each_lane;
use crate::engine::program::{Builtin, Place, System};
use std::sync::atomic::AtomicU8;
use std::sync::atomic::Ordering::Relaxed;

/// Most characters of a text that a kernel points to.
const LONGEST: usize = 4096;

/// Calls a function for the lanes of a group.
pub fn call(warp: &mut Warp, accesses: &Accesses, builtin: &Builtin, group: Group) -> Result<(), Fault> {
    match builtin.function {
        System::Print => print(warp, accesses, builtin, group),
        System::Assert => Err(assertion(warp, accesses, builtin, group)),
        System::Allocate => {
            each_lane(group.mask, |lane| {
                let bytes = argument(warp, group, builtin.arguments[0], lane);
                give(warp, group, builtin.results[0], lane, heap::allocate(bytes));
            });
            Ok(())
        }
        System::Free => {
            let mut known = true;
            each_lane(group.mask, |lane| known &= heap::free(argument(warp, group, builtin.arguments[0], lane)));
            // What is not there may be in the window of the last access.
            (warp.low, warp.high) = (0, 0);
            if known { Ok(()) } else { Err(Fault::Trap) }
        }
    }
}

fn print(warp: &mut Warp, accesses: &Accesses, builtin: &Builtin, group: Group) -> Result<(), Fault> {
    let mut fault = Ok(());
    each_lane(group.mask, |lane| {
        let format = argument(warp, group, builtin.arguments[0], lane);
        let arguments = argument(warp, group, builtin.arguments[1], lane);
        let mut texts = Texts { warp, accesses };
        match texts.text(format).and_then(|format| print::format(&format, arguments, &mut texts)) {
            // A text at a time: what threads print is not mixed.
            Some(text) => (accesses.setting.launch.print)(&text),
            None => fault = Err(Fault::Address),
        }
        give(warp, group, builtin.results[0], lane, 1);
    });
    fault
}

fn assertion(warp: &mut Warp, accesses: &Accesses, builtin: &Builtin, group: Group) -> Fault {
    let lane = group.mask.trailing_zeros() as usize;
    let [message, file, line, function] = std::array::from_fn(|at| argument(warp, group, builtin.arguments[at], lane));
    let (thread, block) = warp.coordinates(lane);
    let mut texts = Texts { warp, accesses };
    let mut text = |address| texts.text(address).map(|text| String::from_utf8_lossy(&text).into_owned());
    let (Some(message), Some(file), Some(function)) = (text(message), text(file), text(function)) else {
        return Fault::Address;
    };
    let line = line as u32;
    let coordinates = |[x, y, z]: [u32; 3]| format!("[{x},{y},{z}]");
    let (block, thread) = (coordinates(block), coordinates(thread));
    Fault::Assert(format!("{file}:{line}: {function}: block: {block}, thread: {thread} Assertion `{message}` failed."))
}

fn argument(warp: &mut Warp, group: Group, place: Place, lane: usize) -> u64 {
    let mut value = [0u8; 8];
    let from = pointer(warp, (group.activation, place), lane);
    // SAFETY: the place has as many bytes, at most 8: the compiler checked the sizes of arguments.
    unsafe { from.copy_to_nonoverlapping(value.as_mut_ptr(), place.bytes() as usize) };
    u64::from_le_bytes(value)
}

fn give(warp: &mut Warp, group: Group, place: Place, lane: usize, value: u64) {
    let to = pointer(warp, (group.activation, place), lane);
    // SAFETY: the place has as many bytes, at most 8: the compiler checked the sizes of results.
    unsafe { to.copy_from_nonoverlapping(value.to_le_bytes().as_ptr(), place.bytes() as usize) };
}

/// Memory as a warp may read it.
struct Texts<'a, 'b> {
    warp: &'a mut Warp,
    accesses: &'a Accesses<'b>,
}

impl Texts<'_, '_> {
    fn byte(&mut self, address: u64) -> Option<u8> {
        self.accesses.check(self.warp, address, 1)?;
        // SAFETY: the address was checked; all accesses of kernels are atomic.
        Some(unsafe { AtomicU8::from_ptr(address as *mut u8) }.load(Relaxed))
    }
}

impl Reader for Texts<'_, '_> {
    fn read(&mut self, address: u64, bytes: usize) -> Option<u64> {
        let mut value = [0; 8];
        for (at, byte) in value.iter_mut().enumerate().take(bytes) {
            *byte = self.byte(address.checked_add(at as u64)?)?;
        }
        Some(u64::from_le_bytes(value))
    }

    fn text(&mut self, address: u64) -> Option<Vec<u8>> {
        let mut text = Vec::new();
        while text.len() < LONGEST {
            match self.byte(address.checked_add(text.len() as u64)?)? {
                0 => break,
                byte => text.push(byte),
            }
        }
        Some(text)
    }
}
