//! Comparisons (PTX ISA, "Comparison and Selection Instructions").

use super::name::{Known, Name};
use super::pace::{Fast, Pace, Small};
use super::piece::masks;
use super::real::{Brain, Float, Half, Real};
use super::whole::of_whole;
use crate::engine::lanes::{Lane, Op};
use crate::ptx::syntax::Type;

/// `setp` or `set`, without its operands.
pub struct Comparison {
    /// The predicate of two values; of packed types, of two halves.
    pub op: Op,
    /// How it is joined with a third operand, a predicate.
    pub join: Option<Op>,
    /// Type of the values.
    pub kind: Type,
    /// Type of the result of `set`.
    pub result: Option<Type>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// Neither is NaN, or one is.
    Number,
    Nan,
}

use Relation::{Equal, Greater, GreaterEqual, Less, LessEqual, Nan, Number, Unequal};

/// The relation, and whether it holds if a value is NaN.
const RELATIONS: [(&str, (Relation, bool)); 18] = [
    ("eq", (Equal, false)),
    ("ne", (Unequal, false)),
    ("lt", (Less, false)),
    ("le", (LessEqual, false)),
    ("gt", (Greater, false)),
    ("ge", (GreaterEqual, false)),
    ("equ", (Equal, true)),
    ("neu", (Unequal, true)),
    ("ltu", (Less, true)),
    ("leu", (LessEqual, true)),
    ("gtu", (Greater, true)),
    ("geu", (GreaterEqual, true)),
    ("num", (Number, false)),
    ("nan", (Nan, true)),
    // Of unsigned values.
    ("lo", (Less, false)),
    ("ls", (LessEqual, false)),
    ("hi", (Greater, false)),
    ("hs", (GreaterEqual, false)),
];

/// The comparison of `setp` or `set`; None for other instructions.
pub fn comparison(name: &mut Name) -> Known<Option<Comparison>> {
    if !matches!(name.opcode, "setp" | "set") {
        return Ok(None);
    }
    let kind = name.kind()?;
    let result = if name.opcode == "set" { Some(name.kind()?) } else { None };
    let is_unsigned = ["lo", "ls", "hi", "hs"].iter().any(|relation| name.has(relation));
    let Some(relation) = name.one_of(&RELATIONS) else { return name.refuse(kind) };
    let join = name.one_of(&[("and", masks(|a, b| a & b)), ("or", masks(|a, b| a | b)), ("xor", masks(|a, b| a ^ b))]);
    let flushes = kind == Type::F32 && name.take("ftz");
    name.end()?;
    let is_half = matches!(kind, Type::F16 | Type::Bf16);
    let is_pair = matches!(kind, Type::F16x2 | Type::Bf16x2);
    let fits = match result {
        None => true,
        Some(Type::U32 | Type::S32 | Type::B32) => true,
        Some(Type::F32) => !is_pair,
        Some(Type::U16 | Type::S16) => is_half,
        // Of pairs and halves, numbers of their own type.
        Some(result) => (is_pair || is_half) && result == kind,
    };
    let op = match kind {
        Type::F32 if flushes => {
            of_real(relation, [real_test::<Small, f32, true, false>, real_test::<Small, f32, true, true>])
        }
        Type::F32 => of_real(relation, [real_test::<Fast, f32, false, false>, real_test::<Fast, f32, false, true>]),
        Type::F64 => of_real(relation, [real_test::<Fast, f64, false, false>, real_test::<Fast, f64, false, true>]),
        Type::F16 | Type::F16x2 => {
            of_real(relation, [real_test::<Small, Half, false, false>, real_test::<Small, Half, false, true>])
        }
        Type::Bf16 | Type::Bf16x2 => {
            of_real(relation, [real_test::<Small, Brain, false, false>, real_test::<Small, Brain, false, true>])
        }
        _ if kind.is_signed() && is_unsigned => None,
        _ if relation.1 => None,
        _ => of_whole!(kind, T, P => whole_test::<P, T>(relation.0)).flatten(),
    };
    match op {
        Some(op) if fits => Ok(Some(Comparison { op, join, kind, result })),
        _ => name.refuse(kind),
    }
}

fn whole_test<P: Pace, T: Lane + Ord>(relation: Relation) -> Option<Op> {
    Some(match relation {
        Equal => P::test(|a: T, b: T| a == b),
        Unequal => P::test(|a: T, b: T| a != b),
        Less => P::test(|a: T, b: T| a < b),
        LessEqual => P::test(|a: T, b: T| a <= b),
        Greater => P::test(|a: T, b: T| a > b),
        GreaterEqual => P::test(|a: T, b: T| a >= b),
        Number | Nan => return None,
    })
}

fn of_real((relation, holds_of_nan): (Relation, bool), makers: [fn(Relation) -> Op; 2]) -> Option<Op> {
    Some(makers[usize::from(holds_of_nan)](relation))
}

/// `FLUSH`: subnormal numbers count as 0. `NAN`: the relation holds if a value is NaN.
fn real_test<P: Pace, T: Real, const FLUSH: bool, const NAN: bool>(relation: Relation) -> Op {
    #[inline(always)]
    fn value<T: Real, const FLUSH: bool>(value: T) -> f64 {
        let wide = value.widen();
        // Of what is compared, only f32 is flushed.
        if FLUSH && wide.abs() < f64::from(f32::MIN_POSITIVE) { 0.0 } else { wide }
    }
    macro_rules! of {
        (|$a:ident, $b:ident| $value:expr) => {
            P::test(|a: T, b: T| {
                let ($a, $b) = (value::<T, FLUSH>(a), value::<T, FLUSH>(b));
                $value || NAN && (Float::is_nan($a) || Float::is_nan($b))
            })
        };
    }
    match relation {
        Equal => of!(|a, b| a == b),
        Unequal => of!(|a, b| a != b && !Float::is_nan(a) && !Float::is_nan(b)),
        Less => of!(|a, b| a < b),
        LessEqual => of!(|a, b| a <= b),
        Greater => of!(|a, b| a > b),
        GreaterEqual => of!(|a, b| a >= b),
        Number => of!(|a, b| !Float::is_nan(a) && !Float::is_nan(b)),
        Nan => of!(|_a, _b| false),
    }
}
