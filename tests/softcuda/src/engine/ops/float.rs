//! Arithmetic of f32 and f64 (PTX ISA, "Floating Point Instructions").

use super::name::{Known, Name, Unknown};
use super::pace::{Fast, Pace, Small};
use super::pure::Pure;
use super::real::{Float, maximum, minimum};
use super::rounding::{Down, Mode, Nearest, Rounding, Up, Zero, in_mode, is_directed};
use crate::engine::lanes::Op;
use crate::ptx::syntax::Type;

/// Modifiers of rounding.
pub const ROUNDINGS: [(&str, Rounding); 4] =
    [("rn", Rounding::Nearest), ("rz", Rounding::Zero), ("rm", Rounding::Down), ("rp", Rounding::Up)];

pub fn float(name: &mut Name, kind: Type) -> Known<Pure> {
    let is_single = kind == Type::F32;
    match name.opcode {
        "testp" => return property(name, kind),
        "copysign" | "abs" | "neg" | "min" | "max" => return simple(name, kind),
        _ => {}
    }
    let rounding = name.one_of(&ROUNDINGS);
    let approximates = name.take("approx") | (name.opcode == "div" && name.take("full"));
    let (flushes, saturates) = (name.take("ftz"), is_single && name.take("sat"));
    let is_function = matches!(name.opcode, "rsqrt" | "sin" | "cos" | "lg2" | "ex2" | "tanh");
    if is_function && (!approximates || rounding.is_some()) {
        return name.refuse(kind);
    }
    let rounding = rounding.unwrap_or(Rounding::Nearest);
    if rounding != Rounding::Nearest && !is_directed() {
        return Err(Unknown(format!("{} in a rounding mode that this processor is not given", name.opcode)));
    }
    let op = match (kind, flushes, saturates) {
        _ if is_single && is_function => function(name.opcode, flushes),
        (Type::F64, true, _) if approximates => coarse(name.opcode),
        (Type::F64, true, _) => None,
        (Type::F64, false, _) if approximates => coarse_unflushed(name.opcode),
        (Type::F64, false, _) => plain::<f64>(name.opcode, rounding),
        (_, false, false) => plain::<f32>(name.opcode, rounding),
        (_, false, true) => arithmetic::<f32, false, true>(name.opcode, rounding),
        (_, true, false) => arithmetic::<f32, true, false>(name.opcode, rounding),
        (_, true, true) => arithmetic::<f32, true, true>(name.opcode, rounding),
    };
    let sources = match name.opcode {
        "fma" | "mad" => 3,
        "add" | "sub" | "mul" | "div" => 2,
        _ => 1,
    };
    match op {
        Some(op) => Ok(Pure::uniform(op, kind, sources)),
        None => name.refuse(kind),
    }
}

fn plain<T: Float>(opcode: &str, rounding: Rounding) -> Option<Op> {
    match rounding {
        Rounding::Nearest => in_mode_of::<Fast, T, Nearest, false, false>(opcode),
        Rounding::Zero => in_mode_of::<Small, T, Zero, false, false>(opcode),
        Rounding::Down => in_mode_of::<Small, T, Down, false, false>(opcode),
        Rounding::Up => in_mode_of::<Small, T, Up, false, false>(opcode),
    }
}

fn arithmetic<T: Float, const FLUSH: bool, const SATURATE: bool>(opcode: &str, rounding: Rounding) -> Option<Op> {
    in_mode!(rounding, M => in_mode_of::<Small, T, M, FLUSH, SATURATE>(opcode))
}

fn in_mode_of<P: Pace, T: Float, M: Mode, const FLUSH: bool, const SATURATE: bool>(opcode: &str) -> Option<Op> {
    #[inline(always)]
    fn source<T: Float, const FLUSH: bool>(value: T) -> T {
        if FLUSH { value.flush() } else { value }
    }
    #[inline(always)]
    fn result<T: Float, const FLUSH: bool, const SATURATE: bool>(value: T) -> T {
        let value = if FLUSH { value.flush() } else { value };
        if SATURATE { value.saturate() } else { value.canonical() }
    }
    macro_rules! of {
        ($maker:ident, |$($source:ident),*| $value:expr) => {
            Some(P::$maker(|$($source: T),*| {
                $(let $source = source::<T, FLUSH>($source);)*
                result::<T, FLUSH, SATURATE>($value)
            }))
        };
    }
    match opcode {
        "add" => of!(binary, |a, b| a.add::<M>(b)),
        "sub" => of!(binary, |a, b| a.add::<M>(b.negate())),
        "mul" => of!(binary, |a, b| a.mul::<M>(b)),
        "fma" | "mad" => of!(ternary, |a, b, c| a.fma::<M>(b, c)),
        "div" if !SATURATE => of!(binary, |a, b| a.div::<M>(b)),
        "rcp" if !SATURATE => of!(unary, |a| T::one().div::<M>(a)),
        "sqrt" if !SATURATE => of!(unary, |a| a.sqrt::<M>()),
        _ => None,
    }
}

/// Approximations, as near as f64 makes them.
fn function(opcode: &str, flushes: bool) -> Option<Op> {
    macro_rules! of {
        (|$source:ident| $value:expr) => {
            Some(match flushes {
                true => Small::unary(|$source: f32| {
                    let $source = f64::from($source.flush());
                    ($value as f32).flush().canonical()
                }),
                false => Small::unary(|$source: f32| {
                    let $source = f64::from($source);
                    ($value as f32).canonical()
                }),
            })
        };
    }
    match opcode {
        "rsqrt" => of!(|a| 1.0 / f64::sqrt(a)),
        "sin" => of!(|a| f64::sin(a)),
        "cos" => of!(|a| f64::cos(a)),
        "lg2" => of!(|a| f64::log2(a)),
        "ex2" => of!(|a| f64::exp2(a)),
        "tanh" => of!(|a| f64::tanh(a)),
        _ => None,
    }
}

/// `rcp.approx.ftz.f64` and `rsqrt.approx.ftz.f64`: the lower half of the result is 0.
fn coarse(opcode: &str) -> Option<Op> {
    fn upper(value: f64) -> f64 {
        f64::from_bits(value.flush().to_bits() & 0xffff_ffff_0000_0000)
    }
    match opcode {
        "rcp" => Some(Small::unary(|a: f64| upper(1.0 / a.flush()))),
        "rsqrt" => Some(Small::unary(|a: f64| upper(1.0 / f64::sqrt(a.flush())))),
        _ => None,
    }
}

fn coarse_unflushed(opcode: &str) -> Option<Op> {
    match opcode {
        "rsqrt" => Some(Small::unary(|a: f64| 1.0 / f64::sqrt(a))),
        _ => None,
    }
}

fn simple(name: &mut Name, kind: Type) -> Known<Pure> {
    let flushes = kind == Type::F32 && name.take("ftz");
    let is_two = matches!(name.opcode, "min" | "max");
    let keeps_nan = is_two && name.take("NaN");
    let op = match (kind, flushes) {
        (Type::F32, true) => simple_of::<Small, f32, true>(name.opcode, keeps_nan),
        (Type::F32, false) => simple_of::<Fast, f32, false>(name.opcode, keeps_nan),
        _ => simple_of::<Fast, f64, false>(name.opcode, keeps_nan),
    };
    let op = match (name.opcode, kind) {
        ("copysign", Type::F32) => Some(Small::binary(|a: f32, b: f32| b.copysign(a))),
        ("copysign", _) => Some(Small::binary(|a: f64, b: f64| b.copysign(a))),
        _ => op,
    };
    match op {
        Some(op) => Ok(Pure::uniform(op, kind, if is_two || name.opcode == "copysign" { 2 } else { 1 })),
        None => name.refuse(kind),
    }
}

fn simple_of<P: Pace, T: Float, const FLUSH: bool>(opcode: &str, keeps_nan: bool) -> Option<Op> {
    #[inline(always)]
    fn source<T: Float, const FLUSH: bool>(value: T) -> T {
        if FLUSH { value.flush() } else { value }
    }
    macro_rules! extremum {
        ($choose:ident) => {
            match keeps_nan {
                true => Small::binary(|a: T, b: T| {
                    let (a, b) = (source::<T, FLUSH>(a), source::<T, FLUSH>(b));
                    if a.is_nan() {
                        a.canonical()
                    } else if b.is_nan() {
                        b.canonical()
                    } else {
                        $choose(a, b)
                    }
                }),
                false => P::binary(|a: T, b: T| $choose(source::<T, FLUSH>(a), source::<T, FLUSH>(b)).canonical()),
            }
        };
    }
    match opcode {
        "abs" => Some(P::unary(|a: T| {
            let a = source::<T, FLUSH>(a);
            if a.is_negative() { a.negate() } else { a }
        })),
        "neg" => Some(P::unary(|a: T| source::<T, FLUSH>(a).negate())),
        "min" => Some(extremum!(minimum)),
        "max" => Some(extremum!(maximum)),
        _ => None,
    }
}

fn property(name: &mut Name, kind: Type) -> Known<Pure> {
    macro_rules! of {
        ($lane:ty) => {
            name.one_of(&[
                ("finite", Small::test(|a: $lane, _| a.is_finite())),
                ("infinite", Small::test(|a: $lane, _| a.is_infinite())),
                ("number", Small::test(|a: $lane, _| !a.is_nan())),
                ("notanumber", Small::test(|a: $lane, _| a.is_nan())),
                ("normal", Small::test(|a: $lane, _| a.is_normal())),
                ("subnormal", Small::test(|a: $lane, _| a.is_subnormal())),
            ])
        };
    }
    let op = if kind == Type::F32 { of!(f32) } else { of!(f64) };
    match op {
        Some(op) => Ok(Pure { op, result: Type::Pred, sources: vec![kind] }),
        None => name.refuse(kind),
    }
}
