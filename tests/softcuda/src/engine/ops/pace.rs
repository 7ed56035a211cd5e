//! Operations made of closures over single values.

use crate::engine::lanes::{
    LANES, Lane, Mask, Op, Operands, conjure, each_lane, is_wide, read, read_mask, write, write_mask,
};
use std::marker::PhantomData;

/// How an operation goes over the lanes.
pub trait Pace {
    /// d = f(a)
    fn unary<A: Lane, D: Lane, F: Fn(A) -> D + Copy>(f: F) -> Op;
    /// d = f(a, b)
    fn binary<A: Lane, B: Lane, D: Lane, F: Fn(A, B) -> D + Copy>(f: F) -> Op;
    /// d = f(a, b, c)
    fn ternary<A: Lane, B: Lane, C: Lane, D: Lane, F: Fn(A, B, C) -> D + Copy>(f: F) -> Op;
    /// d = f(a, b, c, e)
    fn quaternary<A: Lane, B: Lane, C: Lane, E: Lane, D: Lane, F: Fn(A, B, C, E) -> D + Copy>(f: F) -> Op;
    /// The predicate d = f(a, b)
    fn test<A: Lane, F: Fn(A, A) -> bool + Copy>(f: F) -> Op;
}

/// A loop for each closure, which the compiler turns into vector instructions: for what kernels do most. It takes the
/// compiler some ten times as long as a [`Small`] one.
pub struct Fast;

/// One loop for all closures of the same types, which calls the closure for each lane. There are many hundreds of these
/// operations, most of which few kernels have.
pub struct Small;

/// A loop of its own over the lanes.
trait Shape {
    /// What does the same without vector instructions.
    const SMALL: Op;
    /// # Safety
    ///
    /// As of [`Op`].
    unsafe fn run(registers: *mut u8, operands: &Operands, mask: Mask);
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
unsafe fn wide<S: Shape>(registers: *mut u8, operands: &Operands, mask: Mask) {
    // SAFETY: the caller's.
    unsafe { S::run(registers, operands, mask) }
}

#[cfg(target_arch = "x86_64")]
fn fast<S: Shape>() -> Op {
    if is_wide() { wide::<S> } else { S::SMALL }
}

#[cfg(not(target_arch = "x86_64"))]
fn fast<S: Shape>() -> Op {
    S::run
}

impl Pace for Fast {
    fn unary<A: Lane, D: Lane, F: Fn(A) -> D + Copy>(_: F) -> Op {
        fast::<Unary<A, D, F>>()
    }
    fn binary<A: Lane, B: Lane, D: Lane, F: Fn(A, B) -> D + Copy>(_: F) -> Op {
        fast::<Binary<A, B, D, F>>()
    }
    fn ternary<A: Lane, B: Lane, C: Lane, D: Lane, F: Fn(A, B, C) -> D + Copy>(_: F) -> Op {
        fast::<Ternary<A, B, C, D, F>>()
    }
    fn quaternary<A: Lane, B: Lane, C: Lane, E: Lane, D: Lane, F: Fn(A, B, C, E) -> D + Copy>(_: F) -> Op {
        fast::<Quaternary<A, B, C, E, D, F>>()
    }
    fn test<A: Lane, F: Fn(A, A) -> bool + Copy>(_: F) -> Op {
        fast::<Test<A, F>>()
    }
}

impl Pace for Small {
    fn unary<A: Lane, D: Lane, F: Fn(A) -> D + Copy>(_: F) -> Op {
        Unary::<A, D, F>::SMALL
    }
    fn binary<A: Lane, B: Lane, D: Lane, F: Fn(A, B) -> D + Copy>(_: F) -> Op {
        Binary::<A, B, D, F>::SMALL
    }
    fn ternary<A: Lane, B: Lane, C: Lane, D: Lane, F: Fn(A, B, C) -> D + Copy>(_: F) -> Op {
        Ternary::<A, B, C, D, F>::SMALL
    }
    fn quaternary<A: Lane, B: Lane, C: Lane, E: Lane, D: Lane, F: Fn(A, B, C, E) -> D + Copy>(_: F) -> Op {
        Quaternary::<A, B, C, E, D, F>::SMALL
    }
    fn test<A: Lane, F: Fn(A, A) -> bool + Copy>(_: F) -> Op {
        Test::<A, F>::SMALL
    }
}

/// Defines the shape `$name` of closures with these sources, and the loop `$each` of all [`Small`] ones.
macro_rules! shape {
    ($name:ident, $each:ident: $($source:ident $kind:ident),*) => {
        struct $name<$($kind,)* D, F>(PhantomData<($($kind,)* D, F)>);

        impl<$($kind: Lane,)* D: Lane, F: Fn($($kind),*) -> D + Copy> Shape for $name<$($kind,)* D, F> {
            const SMALL: Op = |registers, operands, mask| {
                // SAFETY: the caller's.
                unsafe { $each(registers, operands, mask, |$($source: $kind),*| -> D { conjure::<F>()($($source),*) }) }
            };
            #[inline(always)]
            unsafe fn run(registers: *mut u8, operands: &Operands, mask: Mask) {
                let f = conjure::<F>();
                // SAFETY: the caller's.
                let ($($source,)*) = unsafe { ($(read::<$kind>(registers, operands.$source),)*) };
                let mut d = [D::default(); LANES];
                for lane in 0..LANES {
                    d[lane] = f($($source[lane]),*);
                }
                // SAFETY: the caller's.
                unsafe { write(registers, operands.d, mask, &d) }
            }
        }

        #[inline(never)]
        unsafe fn $each<$($kind: Lane,)* D: Lane>(
            registers: *mut u8,
            operands: &Operands,
            mask: Mask,
            f: fn($($kind),*) -> D,
        ) {
            // SAFETY: the caller's.
            let ($($source,)*) = unsafe { ($(read::<$kind>(registers, operands.$source),)*) };
            // SAFETY: the caller's.
            let d = unsafe { &mut *registers.add(operands.d as usize).cast::<[D; LANES]>() };
            each_lane(mask, |lane| d[lane] = f($($source[lane]),*));
        }
    };
}
shape!(Unary, each_of_one: a A);
shape!(Binary, each_of_two: a A, b B);
shape!(Ternary, each_of_three: a A, b B, c C);
shape!(Quaternary, each_of_four: a A, b B, c C, e E);

struct Test<A, F>(PhantomData<(A, F)>);

impl<A: Lane, F: Fn(A, A) -> bool + Copy> Shape for Test<A, F> {
    const SMALL: Op = |registers, operands, mask| {
        // SAFETY: the caller's.
        unsafe { test_each(registers, operands, mask, |a: A, b: A| conjure::<F>()(a, b)) }
    };
    #[inline(always)]
    unsafe fn run(registers: *mut u8, operands: &Operands, mask: Mask) {
        let f = conjure::<F>();
        // SAFETY: the caller's.
        let (a, b) = unsafe { (read::<A>(registers, operands.a), read::<A>(registers, operands.b)) };
        let mut bits = 0;
        for lane in 0..LANES {
            bits |= Mask::from(f(a[lane], b[lane])) << lane;
        }
        // SAFETY: the caller's.
        unsafe { write_mask(registers, operands.d, mask, bits) }
    }
}

#[inline(never)]
unsafe fn test_each<A: Lane>(registers: *mut u8, operands: &Operands, mask: Mask, f: fn(A, A) -> bool) {
    // SAFETY: the caller's.
    let (a, b) = unsafe { (read::<A>(registers, operands.a), read::<A>(registers, operands.b)) };
    let mut bits = 0;
    each_lane(mask, |lane| bits |= Mask::from(f(a[lane], b[lane])) << lane);
    // SAFETY: the caller's.
    unsafe { write_mask(registers, operands.d, mask, bits) }
}

/// A sum and the carry out of it, of a, b, c and the carry before.
type Sum<A> = fn(A, A, A, bool) -> (A, bool);

/// (d, e) = f(a, b, c, e), where e is a predicate: the carry
pub fn carry<A: Lane, F: Fn(A, A, A, bool) -> (A, bool) + Copy>(_: F) -> Op {
    |registers, operands, mask| {
        // SAFETY: the caller's.
        unsafe { carry_each::<A>(registers, operands, mask, |a, b, c, e| conjure::<F>()(a, b, c, e)) }
    }
}

#[inline(never)]
unsafe fn carry_each<A: Lane>(registers: *mut u8, operands: &Operands, mask: Mask, f: Sum<A>) {
    // SAFETY: the caller's.
    unsafe {
        let (a, b) = (read::<A>(registers, operands.a), read::<A>(registers, operands.b));
        let (c, carries) = (read::<A>(registers, operands.c), read_mask(registers, operands.e));
        let (mut d, mut out) = ([A::default(); LANES], 0);
        each_lane(mask, |lane| {
            let (value, carry) = f(a[lane], b[lane], c[lane], carries >> lane & 1 != 0);
            d[lane] = value;
            out |= Mask::from(carry) << lane;
        });
        write(registers, operands.d, mask, &d);
        write_mask(registers, operands.e, mask, out);
    }
}
