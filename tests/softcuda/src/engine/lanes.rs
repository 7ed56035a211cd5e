//! Registers of a warp: 32 lanes in lock step, and functions over all of them.
//!
//! A slot is a place in a frame's registers. One of a value of N bytes has 32 of them, lane by lane; one of a predicate is a
//! `u32` with a bit for each lane. An operation is a function pointer made of a closure over single values, with the loop of its
//! pace around it (`ops::pace`).

use std::ptr::NonNull;

/// Lanes of a warp.
pub const LANES: usize = 32;
/// A bit for each lane.
pub type Mask = u32;
pub const ALL: Mask = Mask::MAX;

/// A value of a lane.
pub trait Lane: Copy + Default + 'static {}
macro_rules! lanes { ($($lane:ty)*) => { $(impl Lane for $lane {})* } }
lanes!(u8 u16 u32 u64 u128 i8 i16 i32 i64 f32 f64);

/// Byte offset of a place in a frame's registers.
pub type Slot = u32;

/// Slots of an operation: its result, sources, and what is beside them.
#[derive(Clone, Copy, Default, Debug)]
pub struct Operands {
    pub d: Slot,
    pub a: Slot,
    pub b: Slot,
    pub c: Slot,
    /// A fourth source, carries, or the number of a piece.
    pub e: u32,
}

/// Computes the result in the lanes of a mask.
///
/// # Safety
///
/// The registers hold all slots, which have the widths that the operation was made for.
pub type Op = unsafe fn(registers: *mut u8, operands: &Operands, mask: Mask);

/// Whether AVX2, FMA and their like are there.
pub fn is_wide() -> bool {
    #[cfg(target_arch = "x86_64")]
    return is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt");
    #[cfg(not(target_arch = "x86_64"))]
    false
}

/// The values of a slot.
///
/// # Safety
///
/// The registers hold the slot, which is of values of the size of `T`.
#[inline(always)]
pub unsafe fn read<T: Lane>(registers: *const u8, slot: Slot) -> [T; LANES] {
    // SAFETY: the caller's; frames are aligned to 64 bytes and slots to 32.
    unsafe { registers.add(slot as usize).cast::<[T; LANES]>().read() }
}

/// Sets the values of a slot in the lanes of a mask.
///
/// # Safety
///
/// As of [`read`].
#[inline(always)]
pub unsafe fn write<T: Lane>(registers: *mut u8, slot: Slot, mask: Mask, values: &[T; LANES]) {
    // SAFETY: the caller's.
    let place = unsafe { &mut *registers.add(slot as usize).cast::<[T; LANES]>() };
    if mask == ALL {
        *place = *values;
    } else {
        for lane in 0..LANES {
            place[lane] = if mask >> lane & 1 != 0 { values[lane] } else { place[lane] };
        }
    }
}

/// The bits of a predicate.
///
/// # Safety
///
/// The registers hold the slot.
#[inline(always)]
pub unsafe fn read_mask(registers: *const u8, slot: Slot) -> Mask {
    // SAFETY: the caller's.
    unsafe { registers.add(slot as usize).cast::<Mask>().read() }
}

/// Sets the bits of a predicate in the lanes of a mask.
///
/// # Safety
///
/// The registers hold the slot.
#[inline(always)]
pub unsafe fn write_mask(registers: *mut u8, slot: Slot, mask: Mask, bits: Mask) {
    // SAFETY: the caller's.
    let place = unsafe { &mut *registers.add(slot as usize).cast::<Mask>() };
    *place = *place & !mask | bits & mask;
}

/// Calls `each` with the lanes of a mask, in ascending order.
#[inline(always)]
pub fn each_lane(mask: Mask, mut each: impl FnMut(usize)) {
    if mask == ALL {
        (0..LANES).for_each(each);
    } else {
        let mut rest = mask;
        while rest != 0 {
            each(rest.trailing_zeros() as usize);
            rest &= rest - 1;
        }
    }
}

/// A closure that captures nothing, from its type alone.
#[inline(always)]
pub fn conjure<F: Copy>() -> F {
    const { assert!(size_of::<F>() == 0, "the closure captures something") };
    // SAFETY: a type without bytes has one value, which exists: makers of operations were given it.
    unsafe { NonNull::<F>::dangling().read() }
}
