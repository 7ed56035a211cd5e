//! Atomic operations (PTX ISA, "atom" and "red").

use super::lanes::{LANES, Lane, Mask, Operands, conjure, each_lane};
use super::ops::{Brain, Float, Half, sum};
use super::program::AtomicOp;
use crate::ptx::syntax::Type;
use std::marker::PhantomData;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicU16, AtomicU32, AtomicU64};

/// The operation of a name such as `add`; None if there is none of the type. `flushes`: f32 sums have no subnormal numbers,
/// as those in global memory.
pub fn atomic(operation: &str, kind: Type, flushes: bool) -> Option<AtomicOp> {
    use Type::{B16, B32, B64, Bf16, Bf16x2, F16, F16x2, F32, F64, S32, S64, U32, U64};
    Some(match (operation, kind) {
        ("add", U32 | S32) => of(|old: u32, b, _| old.wrapping_add(b)),
        ("add", U64 | S64) => of(|old: u64, b, _| old.wrapping_add(b)),
        ("add", F32) if flushes => of(|old, b, _| single_sum(old, b, f32::flush)),
        ("add", F32) => of(|old, b, _| single_sum(old, b, |value| value)),
        ("add", F64) => of(|old: u64, b, _| (f64::from_bits(old) + f64::from_bits(b)).to_bits()),
        ("add", F16) => of(|old: u16, b, _| sum::<Half>(old, b)),
        ("add", Bf16) => of(|old: u16, b, _| sum::<Brain>(old, b)),
        ("add", F16x2) => of(|old: u32, b, _| in_halves(old, b, sum::<Half>)),
        ("add", Bf16x2) => of(|old: u32, b, _| in_halves(old, b, sum::<Brain>)),
        ("min", U32) => of(|old: u32, b, _| old.min(b)),
        ("min", S32) => of(|old: u32, b, _| (old as i32).min(b as i32) as u32),
        ("min", U64) => of(|old: u64, b, _| old.min(b)),
        ("min", S64) => of(|old: u64, b, _| (old as i64).min(b as i64) as u64),
        ("max", U32) => of(|old: u32, b, _| old.max(b)),
        ("max", S32) => of(|old: u32, b, _| (old as i32).max(b as i32) as u32),
        ("max", U64) => of(|old: u64, b, _| old.max(b)),
        ("max", S64) => of(|old: u64, b, _| (old as i64).max(b as i64) as u64),
        ("and", B32 | U32 | S32) => of(|old: u32, b, _| old & b),
        ("and", B64 | U64 | S64) => of(|old: u64, b, _| old & b),
        ("or", B32 | U32 | S32) => of(|old: u32, b, _| old | b),
        ("or", B64 | U64 | S64) => of(|old: u64, b, _| old | b),
        ("xor", B32 | U32 | S32) => of(|old: u32, b, _| old ^ b),
        ("xor", B64 | U64 | S64) => of(|old: u64, b, _| old ^ b),
        ("exch", B32 | U32 | S32 | F32) => of(|_: u32, b, _| b),
        ("exch", B64 | U64 | S64 | F64) => of(|_: u64, b, _| b),
        ("cas", B16) => of(|old: u16, b, c| if old == b { c } else { old }),
        ("cas", B32 | U32 | S32) => of(|old: u32, b, c| if old == b { c } else { old }),
        ("cas", B64 | U64 | S64) => of(|old: u64, b, c| if old == b { c } else { old }),
        ("inc", U32) => of(|old: u32, b, _| if old >= b { 0 } else { old + 1 }),
        ("dec", U32) => of(|old: u32, b, _| if old == 0 || old > b { b } else { old - 1 }),
        _ => return None,
    })
}

fn single_sum(old: u32, b: u32, end: fn(f32) -> f32) -> u32 {
    end(end(f32::from_bits(old)) + end(f32::from_bits(b))).canonical().to_bits()
}

fn in_halves(a: u32, b: u32, f: fn(u16, u16) -> u16) -> u32 {
    u32::from(f((a >> 16) as u16, (b >> 16) as u16)) << 16 | u32::from(f(a as u16, b as u16))
}

/// A value that the processor exchanges as one.
trait Exchange: Lane + PartialEq {
    /// Changes the value to f of it; the one before.
    ///
    /// # Safety
    ///
    /// The address may be read and written, and is a multiple of the size.
    unsafe fn update(address: u64, f: impl Fn(Self) -> Self) -> Self;
}

macro_rules! exchange {
    ($($lane:ident $atomic:ident;)*) => { $(
        impl Exchange for $lane {
            #[inline(always)]
            unsafe fn update(address: u64, f: impl Fn(Self) -> Self) -> Self {
                // SAFETY: the caller's; all accesses of kernels are atomic.
                let place = unsafe { $atomic::from_ptr(address as *mut $lane) };
                let (Ok(old) | Err(old)) = place.fetch_update(SeqCst, SeqCst, |old| Some(f(old)));
                old
            }
        }
    )* };
}
exchange! { u16 AtomicU16; u32 AtomicU32; u64 AtomicU64; }

struct Atomic<T, F>(PhantomData<(T, F)>);

impl<T: Exchange, F: Fn(T, T, T) -> T + Copy> Atomic<T, F> {
    unsafe fn run(registers: *mut u8, operands: &Operands, addresses: &[u64; LANES], mask: Mask) {
        let f = conjure::<F>();
        // SAFETY: the caller's: the slots are of such values.
        let (b, c) = unsafe {
            let slot = |slot| registers.add(slot as usize).cast::<[T; LANES]>();
            (slot(operands.b).read(), slot(operands.c).read())
        };
        // SAFETY: the caller's.
        let d = unsafe { &mut *registers.add(operands.d as usize).cast::<[T; LANES]>() };
        // SAFETY: the caller's: the lane's address may be read and written.
        each_lane(mask, |lane| d[lane] = unsafe { T::update(addresses[lane], |old| f(old, b[lane], c[lane])) });
    }
}

fn of<T: Exchange, F: Fn(T, T, T) -> T + Copy>(_: F) -> AtomicOp {
    Atomic::<T, F>::run
}
