//! Sums over packed bytes and half-words.

use super::name::{Known, Name};
use super::pace::{Pace, Small};
use super::pure::Pure;
use crate::engine::lanes::Op;
use crate::ptx::syntax::Type;

/// `dp4a` and `dp2a` (PTX ISA): c and the products of a's and b's parts.
pub fn dot(name: &mut Name) -> Known<Pure> {
    let (b, a) = (name.kind()?, name.kind()?);
    if !matches!((a, b), (Type::U32 | Type::S32, Type::U32 | Type::S32)) {
        return name.refuse(a);
    }
    let high = name.take("hi");
    name.take("lo");
    let op = match name.opcode {
        "dp4a" => match (a, b) {
            (Type::U32, Type::U32) => Small::ternary(dot4::<false, false>),
            (Type::U32, _) => Small::ternary(dot4::<false, true>),
            (_, Type::U32) => Small::ternary(dot4::<true, false>),
            _ => Small::ternary(dot4::<true, true>),
        },
        _ => match (a, b) {
            (Type::U32, Type::U32) => dot2_op::<false, false>(high),
            (Type::U32, _) => dot2_op::<false, true>(high),
            (_, Type::U32) => dot2_op::<true, false>(high),
            _ => dot2_op::<true, true>(high),
        },
    };
    let result = if a == Type::U32 && b == Type::U32 { Type::U32 } else { Type::S32 };
    Ok(Pure { op, result, sources: vec![a, b, result] })
}

fn byte<const SIGNED: bool>(value: u32, at: u32) -> i32 {
    let byte = (value >> (8 * at)) as u8;
    if SIGNED { i32::from(byte as i8) } else { i32::from(byte) }
}

fn dot4<const A: bool, const B: bool>(a: u32, b: u32, c: u32) -> u32 {
    (0..4).fold(c, |sum, at| sum.wrapping_add((byte::<A>(a, at) * byte::<B>(b, at)) as u32))
}

fn dot2_op<const A: bool, const B: bool>(high: bool) -> Op {
    if high { Small::ternary(dot2::<A, B, 2>) } else { Small::ternary(dot2::<A, B, 0>) }
}

fn dot2<const A: bool, const B: bool, const FROM: u32>(a: u32, b: u32, c: u32) -> u32 {
    (0..2).fold(c, |sum, at| {
        let half = (a >> (16 * at)) as u16;
        let half = if A { i32::from(half as i16) } else { i32::from(half) };
        sum.wrapping_add(half.wrapping_mul(byte::<B>(b, at + FROM)) as u32)
    })
}

/// `vabsdiff4` of unsigned bytes: the differences, or with `.add` their sum and c.
pub fn differences(name: &mut Name) -> Known<Pure> {
    let adds = name.take("add");
    let kind = name.kind()?;
    if kind != Type::U32 || name.kind()? != Type::U32 || name.kind()? != Type::U32 {
        return name.refuse(kind);
    }
    fn difference(a: u32, b: u32, at: u32) -> u32 {
        byte::<false>(a, at).abs_diff(byte::<false>(b, at))
    }
    let op = match adds {
        true => {
            Small::ternary(|a: u32, b: u32, c: u32| (0..4).fold(c, |sum, at| sum.wrapping_add(difference(a, b, at))))
        }
        false => {
            Small::ternary(|a: u32, b: u32, _: u32| (0..4).fold(0, |all, at| all | difference(a, b, at) << (8 * at)))
        }
    };
    Ok(Pure::uniform(op, kind, 3))
}
