//! Arithmetic of f16 and bf16, alone and in pairs (PTX ISA, "Half Precision Floating Point Instructions").

use super::name::{Known, Name};
use super::pace::{Pace, Small};
use super::pure::Pure;
use super::real::{Brain, Float, Half, Real, maximum, minimum};
use super::rounding::{Rounding, fma_odd};
use crate::engine::lanes::Op;
use crate::ptx::syntax::Type;

/// A number of 16 bits.
pub trait Short: Real {
    fn of_bits(bits: u16) -> Self;
    fn bits(self) -> u16;
    /// The smallest normal number.
    const NORMAL: f64;
}
macro_rules! short {
    ($lane:ident, $normal:expr) => {
        impl Short for $lane {
            #[inline(always)]
            fn of_bits(bits: u16) -> Self {
                Self(bits)
            }
            #[inline(always)]
            fn bits(self) -> u16 {
                self.0
            }
            const NORMAL: f64 = $normal;
        }
    };
}
short!(Half, 6.103515625e-5);
short!(Brain, f32::MIN_POSITIVE as f64);

pub fn half(name: &mut Name, kind: Type) -> Known<Pure> {
    if name.has("rz") || name.has("rm") || name.has("rp") {
        return name.refuse(kind);
    }
    name.take("rn");
    let is_function = matches!(name.opcode, "ex2" | "tanh");
    if is_function && !name.take("approx") {
        return name.refuse(kind);
    }
    let arithmetic = matches!(name.opcode, "add" | "sub" | "mul" | "fma");
    let flushes = name.take("ftz");
    let saturates = arithmetic && name.take("sat");
    let rectifies = name.opcode == "fma" && !saturates && name.take("relu");
    let keeps_nan = matches!(name.opcode, "min" | "max") && name.take("NaN");
    let ends = match (flushes, saturates, rectifies) {
        (false, false, false) => End::Plain,
        (true, false, false) => End::Flush,
        (false, true, false) => End::Saturate,
        (true, true, false) => End::FlushSaturate,
        (false, false, true) => End::Rectify,
        _ => return name.refuse(kind),
    };
    let op = match kind {
        Type::F16 | Type::F16x2 => of::<Half>(name.opcode, ends, keeps_nan, kind == Type::F16x2),
        _ => of::<Brain>(name.opcode, ends, keeps_nan, kind == Type::Bf16x2),
    };
    let sources = match name.opcode {
        "fma" => 3,
        "add" | "sub" | "mul" | "min" | "max" => 2,
        _ => 1,
    };
    match op {
        Some(op) => Ok(Pure::uniform(op, kind, sources)),
        None => name.refuse(kind),
    }
}

/// What becomes of a result.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    Plain,
    Flush,
    Saturate,
    FlushSaturate,
    Rectify,
}

fn of<T: Short>(opcode: &str, end: End, keeps_nan: bool, pair: bool) -> Option<Op> {
    match end {
        End::Plain => with_end::<T, 0>(opcode, keeps_nan, pair),
        End::Flush => with_end::<T, 1>(opcode, keeps_nan, pair),
        End::Saturate => with_end::<T, 2>(opcode, keeps_nan, pair),
        End::FlushSaturate => with_end::<T, 3>(opcode, keeps_nan, pair),
        End::Rectify => with_end::<T, 4>(opcode, keeps_nan, pair),
    }
}

/// `END`: bit 0 flushes, bit 1 saturates, bit 2 makes negative results 0.
fn with_end<T: Short, const END: u32>(opcode: &str, keeps_nan: bool, pair: bool) -> Option<Op> {
    #[inline(always)]
    fn flush<T: Short>(value: f64) -> f64 {
        if value.abs() < T::NORMAL { 0f64.copysign(value) } else { value }
    }
    #[inline(always)]
    fn source<T: Short, const END: u32>(bits: u16) -> f64 {
        let value = T::of_bits(bits).widen();
        if END & 1 != 0 { flush::<T>(value) } else { value }
    }
    #[inline(always)]
    fn result<T: Short, const END: u32>(value: f64) -> u16 {
        let value = if END & 2 != 0 { value.saturate() } else { value };
        let value = if END & 4 != 0 && value < 0.0 { 0.0 } else { value };
        let rounded = T::narrow(value, Rounding::Nearest);
        if END & 1 != 0 { T::narrow(flush::<T>(rounded.widen()), Rounding::Nearest).bits() } else { rounded.bits() }
    }
    macro_rules! of {
        ($maker:ident, |$($source:ident),*| $value:expr) => {
            Some(match pair {
                false => Small::$maker(|$($source: u16),*| {
                    $(let $source = source::<T, END>($source);)*
                    result::<T, END>($value)
                }),
                true => Small::$maker(|$($source: u32),*| {
                    let half = |shift: u32| {
                        $(let $source = source::<T, END>(($source >> shift) as u16);)*
                        u32::from(result::<T, END>($value)) << shift
                    };
                    half(0) | half(16)
                }),
            })
        };
    }
    match opcode {
        "add" => of!(binary, |a, b| a + b),
        "sub" => of!(binary, |a, b| a - b),
        "mul" => of!(binary, |a, b| a * b),
        "fma" => of!(ternary, |a, b, c| fma_odd(a, b, c)),
        "neg" | "abs" if END != 0 => None,
        "neg" if pair => Some(Small::unary(|a: u32| a ^ 0x8000_8000)),
        "neg" => Some(Small::unary(|a: u16| a ^ 0x8000)),
        "abs" if pair => Some(Small::unary(|a: u32| a & 0x7fff_7fff)),
        "abs" => Some(Small::unary(|a: u16| a & 0x7fff)),
        "min" if keeps_nan => of!(binary, |a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { minimum(a, b) }),
        "max" if keeps_nan => of!(binary, |a, b| if a.is_nan() || b.is_nan() { f64::NAN } else { maximum(a, b) }),
        "min" => of!(binary, |a, b| minimum(a, b)),
        "max" => of!(binary, |a, b| maximum(a, b)),
        "ex2" => of!(unary, |a| a.exp2()),
        "tanh" => of!(unary, |a| a.tanh()),
        _ => None,
    }
}

/// The sum of two numbers of 16 bits.
pub fn sum<T: Short>(a: u16, b: u16) -> u16 {
    T::narrow(T::of_bits(a).widen() + T::of_bits(b).widen(), Rounding::Nearest).bits()
}
