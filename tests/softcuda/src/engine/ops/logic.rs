//! Logic, shifts, permutation and selection (PTX ISA, "Logic and Shift Instructions", "Data Movement").

use super::name::{Known, Name};
use super::pace::{Fast, Pace, Small};
use super::piece::{choice, masks};
use super::pure::Pure;
use super::whole::of_whole;
use crate::engine::lanes::Op;
use crate::ptx::syntax::Type;

pub fn logic(name: &mut Name) -> Known<Pure> {
    if name.opcode == "prmt" {
        return permutation(name);
    }
    let kind = name.kind()?;
    match name.opcode {
        "shl" | "shr" => shift(name, kind),
        "shf" => funnel(name, kind),
        "selp" => selection(name, kind),
        "lop3" => lookup(name, kind),
        _ => bitwise(name, kind),
    }
}

fn bitwise(name: &Name, kind: Type) -> Known<Pure> {
    if kind != Type::Pred && !matches!(kind, Type::B16 | Type::B32 | Type::B64) {
        return name.refuse(kind);
    }
    let is_predicate = kind == Type::Pred;
    let (op, sources) = match name.opcode {
        "and" if is_predicate => (Some(masks(|a, b| a & b)), 2),
        "or" if is_predicate => (Some(masks(|a, b| a | b)), 2),
        "xor" if is_predicate => (Some(masks(|a, b| a ^ b)), 2),
        "not" if is_predicate => (Some(masks(|a, _| !a)), 1),
        "and" => (of_whole!(kind, T, P => P::binary(|a: T, b: T| a & b)), 2),
        "or" => (of_whole!(kind, T, P => P::binary(|a: T, b: T| a | b)), 2),
        "xor" => (of_whole!(kind, T, P => P::binary(|a: T, b: T| a ^ b)), 2),
        "not" => (of_whole!(kind, T, P => P::unary(|a: T| !a)), 1),
        "cnot" => (of_whole!(kind, T => Small::unary(|a: T| T::from(a == 0))), 1),
        _ => (None, 0),
    };
    match op {
        Some(op) => Ok(Pure::uniform(op, kind, sources)),
        None => name.refuse(kind),
    }
}

/// Amounts beyond the width shift everything out.
fn shift(name: &Name, kind: Type) -> Known<Pure> {
    let is_right = name.opcode == "shr";
    let op = match kind {
        Type::B16 | Type::B32 | Type::B64 if !is_right => {
            of_whole!(kind, T, P => P::binary(|a: T, by: u32| if by < T::BITS { a << by } else { 0 }))
        }
        Type::S16 | Type::S32 | Type::S64 if is_right => {
            of_whole!(kind, T, P => P::binary(|a: T, by: u32| a >> by.min(T::BITS - 1)))
        }
        _ if is_right && !matches!(kind, Type::U8 | Type::S8 | Type::B8) => {
            of_whole!(kind, T, P => P::binary(|a: T, by: u32| if by < T::BITS { a >> by } else { 0 }))
        }
        _ => None,
    };
    match op {
        Some(op) => Ok(Pure { op, result: kind, sources: vec![kind, Type::U32] }),
        None => name.refuse(kind),
    }
}

/// 32 bits of the 64 of b and a, shifted.
fn funnel(name: &mut Name, kind: Type) -> Known<Pure> {
    if kind != Type::B32 {
        return name.refuse(kind);
    }
    fn join(a: u32, b: u32) -> u64 {
        u64::from(b) << 32 | u64::from(a)
    }
    fn left(a: u32, b: u32, by: u32) -> u32 {
        ((u128::from(join(a, b)) << by) >> 32) as u32
    }
    let is_left = name.take("l");
    let is_right = name.take("r");
    let wraps = name.take("wrap");
    let clamps = name.take("clamp");
    let op = match (is_left && !is_right, wraps && !clamps) {
        (true, true) => Fast::ternary(|a, b, by: u32| left(a, b, by & 31)),
        (true, false) => Fast::ternary(|a, b, by: u32| left(a, b, by.min(32))),
        (false, true) => Fast::ternary(|a, b, by: u32| (join(a, b) >> (by & 31)) as u32),
        (false, false) => Fast::ternary(|a, b, by: u32| (join(a, b) >> by.min(32)) as u32),
    };
    Ok(Pure { op, result: kind, sources: vec![kind, kind, Type::U32] })
}

/// `lop3`: the bit of a table that the bits of a, b and c are the number of.
fn lookup(name: &Name, kind: Type) -> Known<Pure> {
    if kind != Type::B32 {
        return name.refuse(kind);
    }
    let op = Fast::quaternary(|a: u32, b: u32, c: u32, table: u32| {
        (0..8).fold(0, |all, row| {
            let is = |value: u32, bit: u32| if row & bit != 0 { value } else { !value };
            let wanted = 0u32.wrapping_sub(table >> row & 1);
            all | is(a, 4) & is(b, 2) & is(c, 1) & wanted
        })
    });
    Ok(Pure { op, result: kind, sources: vec![kind, kind, kind, Type::U32] })
}

fn selection(name: &Name, kind: Type) -> Known<Pure> {
    let op = match kind.bytes() {
        _ if kind == Type::Pred => return name.refuse(kind),
        2 => choice::<u16>(),
        4 => choice::<u32>(),
        8 => choice::<u64>(),
        _ => return name.refuse(kind),
    };
    Ok(Pure { op, result: kind, sources: vec![kind, kind, Type::Pred] })
}

/// `slct`: a where c is not negative, else b.
pub fn select_by_sign(name: &mut Name) -> Known<Pure> {
    let (by, kind) = (name.kind()?, name.kind()?);
    let flushes = name.take("ftz");
    fn pick<T>(first: bool, a: T, b: T) -> T {
        if first { a } else { b }
    }
    let op: Option<Op> = match (by, kind.bytes()) {
        (Type::S32, 2) => Some(Small::ternary(|a: u16, b: u16, c: i32| pick(c >= 0, a, b))),
        (Type::S32, 4) => Some(Small::ternary(|a: u32, b: u32, c: i32| pick(c >= 0, a, b))),
        (Type::S32, 8) => Some(Small::ternary(|a: u64, b: u64, c: i32| pick(c >= 0, a, b))),
        // -0 counts as not negative, and flushing makes a small negative number -0.
        (Type::F32, 4) if flushes => Some(Small::ternary(|a: u32, b: u32, c: f32| pick(c > -f32::MIN_POSITIVE, a, b))),
        (Type::F32, 8) if flushes => Some(Small::ternary(|a: u64, b: u64, c: f32| pick(c > -f32::MIN_POSITIVE, a, b))),
        (Type::F32, 2) => Some(Small::ternary(|a: u16, b: u16, c: f32| pick(c >= 0.0, a, b))),
        (Type::F32, 4) => Some(Small::ternary(|a: u32, b: u32, c: f32| pick(c >= 0.0, a, b))),
        (Type::F32, 8) => Some(Small::ternary(|a: u64, b: u64, c: f32| pick(c >= 0.0, a, b))),
        _ => None,
    };
    match op {
        Some(op) if kind != Type::Pred => Ok(Pure { op, result: kind, sources: vec![kind, kind, by] }),
        _ => name.refuse(kind),
    }
}

/// Bytes of b and a by number, in the modes of `prmt`.
fn permutation(name: &mut Name) -> Known<Pure> {
    /// Byte `n` of the 8; with bit 3 set, its sign in all bits.
    fn byte(a: u32, b: u32, n: u32) -> u32 {
        let byte = (u64::from(b) << 32 | u64::from(a)) >> (8 * (n & 7)) & 0xff;
        if n & 8 != 0 { (byte >> 7) as u32 * 0xff } else { byte as u32 }
    }
    fn bytes(a: u32, b: u32, n: [u32; 4]) -> u32 {
        (0..4).fold(0, |all, at| all | byte(a, b, n[at]) << (8 * at))
    }
    // The mode stands behind the type.
    let modes: [(&str, Op); 6] = [
        ("f4e", Small::ternary(|a, b, c: u32| bytes(a, b, [0, 1, 2, 3].map(|at| (c & 3) + at)))),
        ("b4e", Small::ternary(|a, b, c: u32| bytes(a, b, [0, 1, 2, 3].map(|at| (c & 3).wrapping_sub(at) & 7)))),
        ("rc8", Small::ternary(|a, b, c: u32| bytes(a, b, [c & 3; 4]))),
        ("ecl", Small::ternary(|a, b, c: u32| bytes(a, b, [0, 1, 2, 3].map(|at| at.max(c & 3))))),
        ("ecr", Small::ternary(|a, b, c: u32| bytes(a, b, [0, 1, 2, 3].map(|at| at.min(c & 3))))),
        ("rc16", Small::ternary(|a, b, c: u32| bytes(a, b, [0, 1, 0, 1].map(|at| at + 2 * (c & 1))))),
    ];
    let each: Op = Fast::ternary(|a, b, c: u32| bytes(a, b, [0, 1, 2, 3].map(|at: u32| c >> (4 * at) & 15)));
    let op = name.one_of(&modes).unwrap_or(each);
    match name.kind()? {
        Type::B32 => Ok(Pure::uniform(op, Type::B32, 3)),
        kind => name.refuse(kind),
    }
}
