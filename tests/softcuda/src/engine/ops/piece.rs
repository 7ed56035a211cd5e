//! Operations that move bits as they are, and those on predicates.

use crate::engine::lanes::{LANES, Lane, Mask, Op, conjure, each_lane, read, read_mask, write, write_mask};

/// The predicate d = f(a, b) of predicates, bit by bit
pub fn masks<F: Fn(Mask, Mask) -> Mask + Copy>(_: F) -> Op {
    |registers, operands, mask| {
        // SAFETY: the caller's.
        unsafe {
            let (a, b) = (read_mask(registers, operands.a), read_mask(registers, operands.b));
            write_mask(registers, operands.d, mask, conjure::<F>()(a, b));
        }
    }
}

/// d = a where the predicate c is set, else b
pub fn choice<A: Lane>() -> Op {
    |registers, operands, mask| {
        // SAFETY: the caller's.
        unsafe {
            let (mut d, b) = (read::<A>(registers, operands.a), read::<A>(registers, operands.b));
            let choice = read_mask(registers, operands.c);
            for lane in 0..LANES {
                d[lane] = if choice >> lane & 1 != 0 { d[lane] } else { b[lane] };
            }
            write(registers, operands.d, mask, &d);
        }
    }
}

/// d = a
pub fn copy<A: Lane>() -> Op {
    |registers, operands, mask| {
        // SAFETY: the caller's.
        unsafe { write(registers, operands.d, mask, &read::<A>(registers, operands.a)) }
    }
}

/// The piece `e` of d, which has N, = a
pub fn insert<S: Lane, const N: usize>() -> Op {
    |registers, operands, mask| {
        // SAFETY: the caller's: a lane of d is N values, of which `e` is one.
        unsafe {
            let pieces = read::<S>(registers, operands.a);
            let whole = &mut *registers.add(operands.d as usize).cast::<[[S; N]; LANES]>();
            each_lane(mask, |lane| whole[lane][operands.e as usize] = pieces[lane]);
        }
    }
}

/// d = the piece `e` of a, which has N
pub fn extract<S: Lane, const N: usize>() -> Op {
    |registers, operands, mask| {
        // SAFETY: the caller's: a lane of a is N values, of which `e` is one.
        unsafe {
            let whole = &*registers.add(operands.a as usize).cast::<[[S; N]; LANES]>();
            let mut pieces = [S::default(); LANES];
            for lane in 0..LANES {
                pieces[lane] = whole[lane][operands.e as usize];
            }
            write(registers, operands.d, mask, &pieces);
        }
    }
}
