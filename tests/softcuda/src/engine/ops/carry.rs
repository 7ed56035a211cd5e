//! Arithmetic with a carry from one instruction to the next (PTX ISA, "Extended-Precision Integer Arithmetic
//! Instructions"). The carry is a predicate of the activation: operand `e`.

use super::name::{Known, Name};
use super::pace::carry;
use super::pure::Pure;
use super::whole::Whole;
use crate::engine::lanes::Op;
use crate::ptx::syntax::Type;

/// `add.cc`, `addc`, `sub.cc`, `subc`, `mad.cc` and `madc`; None for what carries nothing.
pub fn carries(name: &mut Name) -> Known<Option<Pure>> {
    let takes = matches!(name.opcode, "addc" | "subc" | "madc");
    let begins = name.has("cc") && matches!(name.opcode, "add" | "sub" | "mad");
    if !takes && !begins {
        return Ok(None);
    }
    let kind = name.kind()?;
    let gives = name.take("cc");
    let high = name.take("hi");
    let product = name.opcode.starts_with("mad");
    if product {
        name.take("lo");
    }
    name.end()?;
    macro_rules! of {
        ($lane:ty) => {
            match name.opcode {
                "sub" | "subc" => subtraction::<$lane>(takes, gives),
                "add" | "addc" => sum::<$lane>(takes, gives),
                _ if high => high_product::<$lane>(takes, gives),
                _ => low_product::<$lane>(takes, gives),
            }
        };
    }
    let op = match kind {
        Type::U32 | Type::B32 => of!(u32),
        Type::S32 if !high => of!(u32),
        Type::S32 => of!(i32),
        Type::U64 | Type::B64 => of!(u64),
        Type::S64 if !high => of!(u64),
        Type::S64 => of!(i64),
        _ => return name.refuse(kind),
    };
    Ok(Some(Pure::uniform(op, kind, if product { 3 } else { 2 })))
}

/// a + b with the carry: (sum, carry out)
#[inline(always)]
fn add<T: Whole>(a: T, b: T, carry: bool) -> (T, bool) {
    let bits = |value: T| value.widen() as u128 & (u128::MAX >> (128 - T::BITS));
    let sum = bits(a) + bits(b) + u128::from(carry);
    (T::wrap(sum as i128), sum >> T::BITS != 0)
}

macro_rules! chain {
    ($takes:expr, $gives:expr, |$a:ident, $b:ident, $c:ident, $carry:ident| $value:expr) => {
        match ($takes, $gives) {
            (false, _) => carry(|$a: T, $b: T, $c: T, _| {
                let $carry = false;
                $value
            }),
            (true, true) => carry(|$a: T, $b: T, $c: T, $carry| $value),
            // What gives no carry leaves it as it is.
            (true, false) => carry(|$a: T, $b: T, $c: T, $carry| ($value.0, $carry)),
        }
    };
}

fn sum<T: Whole>(takes: bool, gives: bool) -> Op {
    chain!(takes, gives, |a, b, _c, carry| add(a, b, carry))
}

/// The carry is a borrow.
fn subtraction<T: Whole>(takes: bool, gives: bool) -> Op {
    chain!(takes, gives, |a, b, _c, borrow| {
        let (value, carry) = add(a, T::wrap(!b.widen()), !borrow);
        (value, !carry)
    })
}

fn low_product<T: Whole>(takes: bool, gives: bool) -> Op {
    chain!(takes, gives, |a, b, c, carry| add(a.wrapping_mul(b), c, carry))
}

fn high_product<T: Whole>(takes: bool, gives: bool) -> Op {
    chain!(takes, gives, |a, b, c, carry| add(a.mul_high(b), c, carry))
}
