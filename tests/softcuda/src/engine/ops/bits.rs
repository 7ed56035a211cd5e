//! Counting, finding and moving bits (PTX ISA, "Integer Arithmetic Instructions").

use super::name::{Known, Name};
use super::pace::{Pace, Small};
use super::pure::Pure;
use crate::engine::lanes::Op;
use crate::ptx::syntax::Type;

pub fn bits(name: &mut Name) -> Known<Pure> {
    use Type::{B32, B64, S32, S64, U32, U64};
    let kind = name.kind()?;
    let shift = name.take("shiftamt");
    let clamps = name.take("clamp");
    let wraps = name.take("wrap");
    let (op, result, sources): (Op, Type, Vec<Type>) = match (name.opcode, kind) {
        ("popc", B32) => (Small::unary(u32::count_ones), U32, vec![kind]),
        ("popc", B64) => (Small::unary(u64::count_ones), U32, vec![kind]),
        ("clz", B32) => (Small::unary(u32::leading_zeros), U32, vec![kind]),
        ("clz", B64) => (Small::unary(u64::leading_zeros), U32, vec![kind]),
        ("brev", B32) => (Small::unary(u32::reverse_bits), kind, vec![kind]),
        ("brev", B64) => (Small::unary(u64::reverse_bits), kind, vec![kind]),
        ("bfind", U32 | S32 | U64 | S64) => (find(kind, shift), U32, vec![kind]),
        ("bfe", U32) => {
            (Small::ternary(|a: u32, at, n| field(u64::from(a), 32, at, n, false) as u32), kind, vec![kind, U32, U32])
        }
        ("bfe", S32) => {
            (Small::ternary(|a: i32, at, n| field(a as u64, 32, at, n, true) as u32), kind, vec![kind, U32, U32])
        }
        ("bfe", U64) => (Small::ternary(|a: u64, at, n| field(a, 64, at, n, false)), kind, vec![kind, U32, U32]),
        ("bfe", S64) => (Small::ternary(|a: u64, at, n| field(a, 64, at, n, true)), kind, vec![kind, U32, U32]),
        ("bfi", B32) => {
            let op = Small::quaternary(|a: u32, b: u32, at, n| insert(a.into(), b.into(), at, n, 32) as u32);
            (op, kind, vec![kind, kind, U32, U32])
        }
        ("bfi", B64) => (Small::quaternary(|a, b, at, n| insert(a, b, at, n, 64)), kind, vec![kind, kind, U32, U32]),
        ("fns", B32) => (Small::ternary(nth_set), kind, vec![kind, B32, S32]),
        ("szext", U32 | S32) if clamps || wraps => (extension(kind == S32, wraps), kind, vec![kind, U32]),
        ("bmsk", B32) if clamps => (Small::binary(|at: u32, n: u32| mask(at, n)), kind, vec![U32, U32]),
        ("bmsk", B32) if wraps => (Small::binary(|at: u32, n: u32| mask(at & 31, n & 31)), kind, vec![U32, U32]),
        _ => return name.refuse(kind),
    };
    Ok(Pure { op, result, sources })
}

/// `bfi`: b with the low bits of a from a position on.
fn insert(a: u64, b: u64, at: u32, length: u32, width: u32) -> u64 {
    let (at, length) = (at & 0xff, length & 0xff);
    if at >= width || length == 0 {
        return b;
    }
    let mask = (u64::MAX >> (64 - length.min(64))) << at;
    b & !mask | a << at & mask
}

/// `bfe`: bits from a position on; those beyond the value are its sign, or 0.
fn field(a: u64, width: u32, at: u32, length: u32, signed: bool) -> u64 {
    let (at, length) = (at & 0xff, length & 0xff);
    if length == 0 {
        return 0;
    }
    let sign = signed && a >> (at + length - 1).min(width - 1) & 1 != 0;
    let fill = if sign { u64::MAX } else { 0 };
    let shifted = if at < width { a >> at } else { fill };
    let kept = length.min(width.saturating_sub(at));
    if kept == 0 {
        return fill;
    }
    let mask = u64::MAX >> (64 - kept);
    shifted & mask | fill & !mask
}

/// `bfind`: the highest bit that is no sign, or how far to shift to bring it to the top.
fn find(kind: Type, shift: bool) -> Op {
    fn place(zeros: u32, width: u32, shift: bool) -> u32 {
        match zeros == width {
            true => u32::MAX,
            false if shift => zeros,
            false => width - 1 - zeros,
        }
    }
    fn magnitude(value: i64) -> u64 {
        (value ^ value >> 63) as u64
    }
    match (kind, shift) {
        (Type::U32, false) => Small::unary(|a: u32| place(a.leading_zeros(), 32, false)),
        (Type::U32, true) => Small::unary(|a: u32| place(a.leading_zeros(), 32, true)),
        (Type::S32, false) => Small::unary(|a: i32| place(magnitude(a.into()).leading_zeros() - 32, 32, false)),
        (Type::S32, true) => Small::unary(|a: i32| place(magnitude(a.into()).leading_zeros() - 32, 32, true)),
        (Type::U64, false) => Small::unary(|a: u64| place(a.leading_zeros(), 64, false)),
        (Type::U64, true) => Small::unary(|a: u64| place(a.leading_zeros(), 64, true)),
        (_, false) => Small::unary(|a: i64| place(magnitude(a).leading_zeros(), 64, false)),
        (_, true) => Small::unary(|a: i64| place(magnitude(a).leading_zeros(), 64, true)),
    }
}

/// `fns`: the position of the n-th set bit from `base` on, downwards for a negative n; all ones if there is none.
fn nth_set(mask: u32, base: u32, n: i32) -> u32 {
    let base = (base & 31) as i32;
    if n == 0 {
        return if mask >> base & 1 != 0 { base as u32 } else { u32::MAX };
    }
    let (mut at, mut left) = (base, n.unsigned_abs());
    while (0..32).contains(&at) {
        left -= mask >> at & 1;
        if left == 0 {
            return at as u32;
        }
        at += n.signum();
    }
    u32::MAX
}

/// `szext`: the low n bits, extended.
fn extension(signed: bool, wraps: bool) -> Op {
    fn extend(a: u32, n: u32, signed: bool) -> u32 {
        match n {
            0 => 0,
            32.. => a,
            _ if signed => ((a << (32 - n)) as i32 >> (32 - n)) as u32,
            _ => a & ((1 << n) - 1),
        }
    }
    match (signed, wraps) {
        (true, true) => Small::binary(|a: u32, n: u32| extend(a, n & 31, true)),
        (true, false) => Small::binary(|a: u32, n: u32| extend(a, n, true)),
        (false, true) => Small::binary(|a: u32, n: u32| extend(a, n & 31, false)),
        (false, false) => Small::binary(|a: u32, n: u32| extend(a, n, false)),
    }
}

/// `bmsk`: n ones from a position on.
fn mask(at: u32, n: u32) -> u32 {
    if at >= 32 || n == 0 { 0 } else { (u32::MAX >> (32 - n.min(32))) << at }
}
