//! Conversions (PTX ISA, "cvt").

use super::float::ROUNDINGS;
use super::name::{Known, Name};
use super::pace::{Fast, Pace, Small};
use super::pure::Pure;
use super::real::{Brain, Float, Half, Real};
use super::rounding::{Mode, Rounding, in_mode, narrow, odd, whole_to_double};
use super::whole::{Whole, of_whole};
use crate::engine::lanes::Op;
use crate::ptx::syntax::Type;

/// Roundings to whole numbers.
const WHOLE_ROUNDINGS: [(&str, Rounding); 4] =
    [("rni", Rounding::Nearest), ("rzi", Rounding::Zero), ("rmi", Rounding::Down), ("rpi", Rounding::Up)];

/// A whole number extended or cut to another width.
pub fn cast(from: Type, to: Type) -> Option<Op> {
    fn of<P: Pace, A: Whole>(to: Type) -> Option<Op> {
        Some(match to {
            Type::U8 | Type::S8 | Type::B8 => Small::unary(|a: A| a.widen() as u8),
            Type::U16 | Type::S16 | Type::B16 => Small::unary(|a: A| a.widen() as u16),
            Type::U32 | Type::S32 | Type::B32 => P::unary(|a: A| a.widen() as u32),
            Type::U64 | Type::S64 | Type::B64 => P::unary(|a: A| a.widen() as u64),
            _ => return None,
        })
    }
    of_whole!(from, A, P => of::<P, A>(to)).flatten()
}

/// `cvt`
pub fn convert(name: &mut Name) -> Known<Pure> {
    if name.has("tf32") {
        return to_tf32(name);
    }
    let (from, to) = (name.kind()?, name.kind()?);
    if matches!(to, Type::F16x2 | Type::Bf16x2) {
        return pair(name, from, to);
    }
    let rounding = name.one_of(&ROUNDINGS);
    let whole = name.one_of(&WHOLE_ROUNDINGS);
    // Only f32 is flushed, as a source or as a result.
    let flushes = (from == Type::F32 || to == Type::F32) && name.take("ftz");
    let saturates = name.take("sat");
    let rectifies = from == Type::F32 && matches!(to, Type::F16 | Type::Bf16) && name.take("relu");
    let op = match (from.is_float(), to.is_float()) {
        (false, false) if !saturates => cast(from, to),
        (false, false) => {
            of_whole!(from, A => of_whole!(to, D => Small::unary(|a: A| D::saturate(a.widen())))).flatten()
        }
        (true, false) => match whole {
            Some(whole) => to_whole(from, to, whole, flushes),
            None => return name.refuse(to),
        },
        (false, true) => from_whole(from, to, rounding.unwrap_or(Rounding::Nearest), saturates),
        (true, true) => between(from, to, rounding, whole, End { flushes, saturates, rectifies }),
    };
    match op {
        Some(op) => Ok(Pure { op, result: to, sources: vec![from] }),
        None => name.refuse(from),
    }
}

/// Evaluates an expression with `$lane` as the Rust type of a floating-point type; None for others.
macro_rules! of_real {
    ($kind:expr, $lane:ident => $value:expr) => {{
        macro_rules! arm {
            ($rust:ty) => {{
                type $lane = $rust;
                Some($value)
            }};
        }
        match $kind {
            Type::F16 => arm!(Half),
            Type::Bf16 => arm!(Brain),
            Type::F32 => arm!(f32),
            Type::F64 => arm!(f64),
            _ => None,
        }
    }};
}

#[inline(always)]
fn round<M: Mode>(value: f64) -> f64 {
    match M::ROUNDING {
        Rounding::Nearest => value.round_ties_even(),
        Rounding::Zero => value.trunc(),
        Rounding::Down => value.floor(),
        Rounding::Up => value.ceil(),
    }
}

fn to_whole(from: Type, to: Type, rounding: Rounding, flushes: bool) -> Option<Op> {
    /// What is beyond the range becomes its end; what NaN becomes depends on the types.
    trait Cut: Whole {
        fn cut(value: f64) -> Self;
    }
    macro_rules! cut { ($($lane:ident)*) => { $(impl Cut for $lane {
        #[inline(always)]
        fn cut(value: f64) -> Self {
            value as $lane
        }
    })* } }
    cut!(u8 i8 u16 i16 u32 i32 u64 i64);
    fn of<A: Real, D: Cut, M: Mode>(nan_is_top_bit: bool, flushes: bool) -> Op {
        match (nan_is_top_bit, flushes) {
            (true, _) => Small::unary(|a: A| {
                let value = a.widen();
                if value.is_nan() { D::wrap(1 << (D::BITS - 1)) } else { D::cut(round::<M>(value)) }
            }),
            (false, false) => Small::unary(|a: A| D::cut(round::<M>(a.widen()))),
            (false, true) => Small::unary(|a: A| D::cut(round::<M>(f64::from((a.widen() as f32).flush())))),
        }
    }
    match (from, to, rounding, flushes) {
        (Type::F32, Type::S32, Rounding::Zero, false) => return Some(Fast::unary(|a: f32| a as i32)),
        (Type::F32, Type::U32, Rounding::Zero, false) => return Some(Fast::unary(|a: f32| a as u32)),
        _ => {}
    }
    // "Zero if source is not .f64 and destination is not .s64, .u64; otherwise 1 << (BitWidth(dst) - 1)".
    let nan_is_top_bit = from == Type::F64 || to.bytes() == 8;
    if flushes && nan_is_top_bit {
        // Of a 64-bit result of f32: a subnormal number is as good as 0 unless it is rounded away from it.
        if matches!(rounding, Rounding::Down | Rounding::Up) {
            return None;
        }
    }
    of_real!(from, A => of_whole!(to, D => in_mode!(rounding, M => of::<A, D, M>(nan_is_top_bit, flushes)))).flatten()
}

fn from_whole(from: Type, to: Type, rounding: Rounding, saturates: bool) -> Option<Op> {
    if saturates {
        return None;
    }
    fn double<A: Whole, M: Mode>() -> Op {
        Small::unary(|a: A| whole_to_double(a.widen(), M::ROUNDING))
    }
    fn shorter<A: Whole, D: Real, M: Mode>() -> Op {
        Small::unary(|a: A| D::narrow(odd(a.widen()), M::ROUNDING))
    }
    match (from, to, rounding) {
        (Type::S32, Type::F32, Rounding::Nearest) => Some(Fast::unary(|a: i32| a as f32)),
        (Type::U32, Type::F32, Rounding::Nearest) => Some(Fast::unary(|a: u32| a as f32)),
        (Type::S32, Type::F64, _) => Some(Fast::unary(|a: i32| f64::from(a))),
        (Type::U32, Type::F64, _) => Some(Fast::unary(|a: u32| f64::from(a))),
        (_, Type::F64, _) => of_whole!(from, A => in_mode!(rounding, M => double::<A, M>())),
        _ => of_whole!(from, A => of_real!(to, D => in_mode!(rounding, M => shorter::<A, D, M>()))).flatten(),
    }
}

/// What becomes of a result.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct End {
    flushes: bool,
    saturates: bool,
    rectifies: bool,
}

fn between(from: Type, to: Type, rounding: Option<Rounding>, whole: Option<Rounding>, end: End) -> Option<Op> {
    fn of<A: Real, D: Real, M: Mode>(end: End) -> Option<Op> {
        Some(match (end.flushes, end.saturates, end.rectifies) {
            (false, false, false) => Small::unary(|a: A| D::narrow(a.widen(), M::ROUNDING)),
            (false, true, false) => Small::unary(|a: A| D::narrow(a.widen().saturate(), M::ROUNDING)),
            (true, false, false) => Small::unary(|a: A| D::narrow(flush::<A>(flush_to::<D>(a.widen())), M::ROUNDING)),
            (true, true, false) => Small::unary(|a: A| D::narrow(flush::<A>(a.widen()).saturate(), M::ROUNDING)),
            (false, false, true) => {
                Small::unary(|a: A| D::narrow(if a.widen() < 0.0 { 0.0 } else { a.widen() }, M::ROUNDING))
            }
            _ => return None,
        })
    }
    /// Flushes what came from an f32.
    #[inline(always)]
    fn flush<A: Real>(value: f64) -> f64 {
        if size_of::<A>() == 4 { flush_single(value) } else { value }
    }
    /// Flushes what becomes an f32; the nearest one to a number just below the smallest normal one is subnormal or that one.
    #[inline(always)]
    fn flush_to<D: Real>(value: f64) -> f64 {
        if size_of::<D>() == 4 { flush_single(value) } else { value }
    }
    #[inline(always)]
    fn flush_single(value: f64) -> f64 {
        if value.abs() < f64::from(f32::MIN_POSITIVE) { 0f64.copysign(value) } else { value }
    }
    fn to_integral<A: Real, D: Real, M: Mode>(end: End) -> Option<Op> {
        Some(match (end.flushes, end.saturates) {
            (false, false) => Small::unary(|a: A| D::narrow(round::<M>(a.widen()), Rounding::Nearest)),
            (true, false) => Small::unary(|a: A| D::narrow(round::<M>(flush_single(a.widen())), Rounding::Nearest)),
            (false, true) => Small::unary(|a: A| D::narrow(round::<M>(a.widen()).saturate(), Rounding::Nearest)),
            (true, true) => {
                Small::unary(|a: A| D::narrow(round::<M>(flush_single(a.widen())).saturate(), Rounding::Nearest))
            }
        })
    }
    let is_plain = end == End::default() && whole.is_none() && matches!(rounding, None | Some(Rounding::Nearest));
    match (from, to) {
        (Type::F32, Type::F64) if is_plain => return Some(Fast::unary(|a: f32| f64::from(a))),
        (Type::F64, Type::F32) if is_plain => return Some(Fast::unary(|a: f64| (a as f32).canonical())),
        _ => {}
    }
    match whole {
        // Whole values stay in their type.
        Some(whole) if from == to && !end.rectifies => {
            of_real!(from, A => in_mode!(whole, M => to_integral::<A, A, M>(end))).flatten()
        }
        Some(_) => None,
        None => {
            let rounding = rounding.unwrap_or(Rounding::Nearest);
            of_real!(from, A => of_real!(to, D => in_mode!(rounding, M => of::<A, D, M>(end)))).flatten().flatten()
        }
    }
}

/// `cvt.rn.f16x2.f32 d, a, b`: a becomes the upper half.
fn pair(name: &mut Name, from: Type, to: Type) -> Known<Pure> {
    let Some(rounding) = name.one_of(&ROUNDINGS) else { return name.refuse(from) };
    let rectifies = name.take("relu");
    if from != Type::F32 {
        return name.refuse(from);
    }
    #[inline(always)]
    fn join<const BRAIN: bool, const RECTIFY: bool, M: Mode>(a: f32, b: f32) -> u32 {
        let one = |value: f32| {
            let value = f64::from(if RECTIFY && value < 0.0 { 0.0 } else { value });
            if BRAIN { narrow(value, 8, 7, M::ROUNDING) } else { narrow(value, 5, 10, M::ROUNDING) }
        };
        one(a) << 16 | one(b)
    }
    let op = in_mode!(rounding, M => match (to == Type::Bf16x2, rectifies) {
        (true, true) => Small::binary(join::<true, true, M>),
        (true, false) => Small::binary(join::<true, false, M>),
        (false, true) => Small::binary(join::<false, true, M>),
        (false, false) => Small::binary(join::<false, false, M>),
    });
    Ok(Pure { op, result: to, sources: vec![from, from] })
}

/// `cvt.rna.tf32.f32` and `cvt.rn.tf32.f32`: an f32 whose mantissa has 10 bits, in a register of 32 bits.
fn to_tf32(name: &mut Name) -> Known<Pure> {
    let from = name.kind()?;
    name.take("tf32");
    let op = match (from, name.take("rna"), name.take("rn"), name.take("rz")) {
        // Ties away from zero: half of the last bit is added.
        (Type::F32, true, false, false) => Small::unary(|a: f32| match a.is_finite() {
            true => (a.to_bits() + 0x1000) & !0x1fff,
            false => a.canonical().to_bits(),
        }),
        (Type::F32, false, true, false) => Small::unary(|a: f32| narrow(a.into(), 8, 10, Rounding::Nearest) << 13),
        (Type::F32, false, false, true) => Small::unary(|a: f32| narrow(a.into(), 8, 10, Rounding::Zero) << 13),
        _ => return name.refuse(from),
    };
    Ok(Pure { op, result: Type::B32, sources: vec![from] })
}
