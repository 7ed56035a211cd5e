//! Integer arithmetic (PTX ISA, "Integer Arithmetic Instructions").

use super::name::{Known, Name};
use super::pace::{Fast, Pace, Small};
use super::pure::Pure;
use super::whole::{Whole, of_whole};
use crate::engine::lanes::Op;
use crate::ptx::syntax::Type;

pub fn integer(name: &mut Name, kind: Type) -> Known<Pure> {
    if !matches!(kind, Type::U16 | Type::U32 | Type::U64 | Type::S16 | Type::S32 | Type::S64) {
        return name.refuse(kind);
    }
    let saturates = matches!(name.opcode, "add" | "sub") && name.take("sat");
    let rectifies = kind == Type::S32 && matches!(name.opcode, "min" | "max") && name.take("relu");
    let (op, sources) = match name.opcode {
        "mul" | "mad" => return product(name, kind),
        "mul24" | "mad24" => return product24(name, kind),
        "add" if saturates => (saturating(name, kind, false)?, 2),
        "sub" if saturates => (saturating(name, kind, true)?, 2),
        "add" => (of_whole!(kind, T, P => P::binary(|a: T, b: T| Whole::wrapping_add(a, b))), 2),
        "sub" => (of_whole!(kind, T, P => P::binary(|a: T, b: T| Whole::wrapping_sub(a, b))), 2),
        "div" => (of_whole!(kind, T => Small::binary(|a: T, b: T| a.divide(b))), 2),
        "rem" => (of_whole!(kind, T => Small::binary(|a: T, b: T| a.remainder(b))), 2),
        "min" if rectifies => (Some(Small::binary(|a: i32, b: i32| a.min(b).max(0))), 2),
        "max" if rectifies => (Some(Small::binary(|a: i32, b: i32| a.max(b).max(0))), 2),
        "min" => (of_whole!(kind, T, P => P::binary(|a: T, b: T| a.min(b))), 2),
        "max" => (of_whole!(kind, T, P => P::binary(|a: T, b: T| a.max(b))), 2),
        "sad" => {
            let difference = of_whole!(kind, T => Small::ternary(|a: T, b: T, c: T| {
                Whole::wrapping_add(c, T::wrap((a.widen() - b.widen()).abs()))
            }));
            (difference, 3)
        }
        "abs" if kind.is_signed() => (of_whole!(kind, T => Small::unary(|a: T| T::wrap(a.widen().abs()))), 1),
        "neg" if kind.is_signed() => (of_whole!(kind, T => Small::unary(|a: T| T::wrap(-a.widen()))), 1),
        _ => return name.refuse(kind),
    };
    match op {
        Some(op) => Ok(Pure::uniform(op, kind, sources)),
        None => name.refuse(kind),
    }
}

fn saturating(name: &Name, kind: Type, subtract: bool) -> Known<Option<Op>> {
    match kind {
        Type::S32 if subtract => Ok(Some(Small::binary(i32::saturating_sub))),
        Type::S32 => Ok(Some(Small::binary(i32::saturating_add))),
        _ => name.refuse(kind),
    }
}

/// `mul` and `mad`, with the half of the product that is meant.
fn product(name: &mut Name, kind: Type) -> Known<Pure> {
    let adds = name.opcode == "mad";
    if name.take("wide") {
        return wide_product(name, kind, adds);
    }
    let high = name.take("hi");
    let saturates = high && adds && kind == Type::S32 && name.take("sat");
    name.take("lo");
    let op = match (high, adds) {
        _ if saturates => Some(Small::ternary(|a: i32, b: i32, c: i32| a.mul_high(b).saturating_add(c))),
        (false, false) => of_whole!(kind, T, P => P::binary(|a: T, b: T| Whole::wrapping_mul(a, b))),
        (true, false) => of_whole!(kind, T, P => P::binary(|a: T, b: T| a.mul_high(b))),
        (false, true) => {
            of_whole!(kind, T, P => P::ternary(|a: T, b: T, c: T| Whole::wrapping_add(Whole::wrapping_mul(a, b), c)))
        }
        (true, true) => of_whole!(kind, T => Small::ternary(|a: T, b: T, c: T| Whole::wrapping_add(a.mul_high(b), c))),
    };
    match op {
        Some(op) => Ok(Pure::uniform(op, kind, if adds { 3 } else { 2 })),
        None => name.refuse(kind),
    }
}

fn wide_product(name: &Name, kind: Type, adds: bool) -> Known<Pure> {
    macro_rules! wide {
        ($narrow:ty, $wide:ty, $result:expr) => {
            match adds {
                true => (
                    Fast::ternary(|a: $narrow, b: $narrow, c: $wide| {
                        <$wide>::wrapping_add((<$wide>::from(a)).wrapping_mul(<$wide>::from(b)), c)
                    }),
                    $result,
                ),
                false => {
                    (Fast::binary(|a: $narrow, b: $narrow| <$wide>::from(a).wrapping_mul(<$wide>::from(b))), $result)
                }
            }
        };
    }
    let (op, result) = match kind {
        Type::U16 => wide!(u16, u32, Type::U32),
        Type::S16 => wide!(i16, i32, Type::S32),
        Type::U32 => wide!(u32, u64, Type::U64),
        Type::S32 => wide!(i32, i64, Type::S64),
        _ => return name.refuse(kind),
    };
    let mut sources = vec![kind, kind];
    sources.extend(adds.then_some(result));
    Ok(Pure { op, result, sources })
}

/// Products of the low 24 bits, and of these the low 32 bits or the high ones of 48.
fn product24(name: &mut Name, kind: Type) -> Known<Pure> {
    let adds = name.opcode == "mad24";
    let high = name.take("hi");
    name.take("lo");
    fn unsigned(a: u32, b: u32) -> u64 {
        u64::from(a & 0xff_ffff) * u64::from(b & 0xff_ffff)
    }
    fn signed(a: i32, b: i32) -> i64 {
        i64::from(a << 8 >> 8) * i64::from(b << 8 >> 8)
    }
    let op = match (kind, high, adds) {
        (Type::U32, false, false) => Small::binary(|a, b| unsigned(a, b) as u32),
        (Type::U32, true, false) => Small::binary(|a, b| (unsigned(a, b) >> 16) as u32),
        (Type::U32, false, true) => Small::ternary(|a, b, c: u32| (unsigned(a, b) as u32).wrapping_add(c)),
        (Type::U32, true, true) => Small::ternary(|a, b, c: u32| ((unsigned(a, b) >> 16) as u32).wrapping_add(c)),
        (Type::S32, false, false) => Small::binary(|a, b| signed(a, b) as i32),
        (Type::S32, true, false) => Small::binary(|a, b| (signed(a, b) >> 16) as i32),
        (Type::S32, false, true) => Small::ternary(|a, b, c: i32| (signed(a, b) as i32).wrapping_add(c)),
        (Type::S32, true, true) => Small::ternary(|a, b, c: i32| ((signed(a, b) >> 16) as i32).wrapping_add(c)),
        _ => return name.refuse(kind),
    };
    Ok(Pure::uniform(op, kind, if adds { 3 } else { 2 }))
}
