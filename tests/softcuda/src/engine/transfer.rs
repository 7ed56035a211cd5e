//! Moves between memory and registers, lane by lane.

use super::lanes::{LANES, Lane, Mask, Slot, each_lane};
use super::program::Transfer;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::atomic::{AtomicU8, AtomicU16, AtomicU32, AtomicU64};

/// Values in memory that other threads may change at the same time.
trait Cell: Lane {
    /// # Safety
    ///
    /// The address may be read, and is a multiple of the size.
    unsafe fn load(address: u64) -> Self;
    /// # Safety
    ///
    /// The address may be written, and is a multiple of the size.
    unsafe fn store(address: u64, value: Self);
}

macro_rules! cell {
    ($($lane:ident $bits:ident $atomic:ident;)*) => { $(
        impl Cell for $lane {
            #[inline(always)]
            unsafe fn load(address: u64) -> Self {
                // SAFETY: the caller's; all accesses of kernels are atomic.
                unsafe { $atomic::from_ptr(address as *mut $bits) }.load(Relaxed) as $lane
            }
            #[inline(always)]
            unsafe fn store(address: u64, value: Self) {
                // SAFETY: the caller's; all accesses of kernels are atomic.
                unsafe { $atomic::from_ptr(address as *mut $bits) }.store(value as $bits, Relaxed)
            }
        }
    )* };
}
cell! { u8 u8 AtomicU8; i8 u8 AtomicU8; u16 u16 AtomicU16; i16 u16 AtomicU16; u32 u32 AtomicU32; i32 u32 AtomicU32; u64 u64 AtomicU64; }

impl Cell for u128 {
    #[inline(always)]
    unsafe fn load(address: u64) -> Self {
        // SAFETY: the caller's; the halves lie in the 16 bytes.
        unsafe { u128::from(u64::load(address)) | u128::from(u64::load(address + 8)) << 64 }
    }
    #[inline(always)]
    unsafe fn store(address: u64, value: Self) {
        // SAFETY: the caller's; the halves lie in the 16 bytes.
        unsafe {
            u64::store(address, value as u64);
            u64::store(address + 8, (value >> 64) as u64);
        }
    }
}

/// Loads a value of `bytes`, sign-extended if `signed`, into a slot of `width` bytes; None if the slot is too narrow.
pub fn load(bytes: usize, signed: bool, width: usize) -> Option<Transfer> {
    macro_rules! of {
        ($memory:ident, $register:ident) => {{
            unsafe fn run(registers: *mut u8, slot: Slot, addresses: &[u64; LANES], mask: Mask) {
                // SAFETY: the caller's: the slot is of such values.
                let place = unsafe { &mut *registers.add(slot as usize).cast::<[$register; LANES]>() };
                // SAFETY: the caller's: the lane's address may be read.
                each_lane(mask, |lane| place[lane] = unsafe { $memory::load(addresses[lane]) } as $register);
            }
            Some(run as Transfer)
        }};
    }
    match (bytes, signed, width) {
        (1, _, 1) => of!(u8, u8),
        (1, false, 2) => of!(u8, u16),
        (1, false, 4) => of!(u8, u32),
        (1, false, 8) => of!(u8, u64),
        (1, true, 2) => of!(i8, u16),
        (1, true, 4) => of!(i8, u32),
        (1, true, 8) => of!(i8, u64),
        (2, _, 2) => of!(u16, u16),
        (2, false, 4) => of!(u16, u32),
        (2, false, 8) => of!(u16, u64),
        (2, true, 4) => of!(i16, u32),
        (2, true, 8) => of!(i16, u64),
        (4, _, 4) => of!(u32, u32),
        (4, false, 8) => of!(u32, u64),
        (4, true, 8) => of!(i32, u64),
        (8, _, 8) => of!(u64, u64),
        (16, _, 16) => of!(u128, u128),
        _ => None,
    }
}

/// Stores the low `bytes` of a slot of `width` bytes; None if the slot is too narrow.
pub fn store(bytes: usize, width: usize) -> Option<Transfer> {
    macro_rules! of {
        ($memory:ident, $register:ident) => {{
            unsafe fn run(registers: *mut u8, slot: Slot, addresses: &[u64; LANES], mask: Mask) {
                // SAFETY: the caller's: the slot is of such values.
                let place = unsafe { &*registers.add(slot as usize).cast::<[$register; LANES]>() };
                // SAFETY: the caller's: the lane's address may be written.
                each_lane(mask, |lane| unsafe { $memory::store(addresses[lane], place[lane] as $memory) });
            }
            Some(run as Transfer)
        }};
    }
    match (bytes, width) {
        (1, 1) => of!(u8, u8),
        (1, 2) => of!(u8, u16),
        (1, 4) => of!(u8, u32),
        (1, 8) => of!(u8, u64),
        (2, 2) => of!(u16, u16),
        (2, 4) => of!(u16, u32),
        (2, 8) => of!(u16, u64),
        (4, 4) => of!(u32, u32),
        (4, 8) => of!(u32, u64),
        (8, 8) => of!(u64, u64),
        (16, 16) => of!(u128, u128),
        _ => None,
    }
}
