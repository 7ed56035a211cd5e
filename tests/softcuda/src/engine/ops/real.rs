//! Floating-point numbers as one kind of value.

use super::rounding::{Mode, Rounding, directed, narrow};
use crate::engine::lanes::Lane;
use half::{bf16, f16};

/// A floating-point number: what conversions and comparisons need of it.
pub trait Real: Lane {
    /// Its value, which an f64 always holds.
    fn widen(self) -> f64;
    /// The nearest in a direction; NaN becomes the canonical one.
    fn narrow(value: f64, rounding: Rounding) -> Self;
}

/// An f16 (IEEE 754 binary16).
#[derive(Clone, Copy, Default)]
pub struct Half(pub u16);
impl Lane for Half {}

/// A bf16: the upper half of an f32.
#[derive(Clone, Copy, Default)]
pub struct Brain(pub u16);
impl Lane for Brain {}

impl Real for Half {
    #[inline(always)]
    fn widen(self) -> f64 {
        f16::from_bits(self.0).to_f64()
    }
    #[inline(always)]
    fn narrow(value: f64, rounding: Rounding) -> Self {
        Self(narrow(value, 5, 10, rounding) as u16)
    }
}

impl Real for Brain {
    #[inline(always)]
    fn widen(self) -> f64 {
        bf16::from_bits(self.0).to_f64()
    }
    #[inline(always)]
    fn narrow(value: f64, rounding: Rounding) -> Self {
        Self(narrow(value, 8, 7, rounding) as u16)
    }
}

impl Real for f32 {
    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn narrow(value: f64, rounding: Rounding) -> Self {
        match rounding {
            Rounding::Nearest => (value as f32).canonical(),
            _ => f32::from_bits(narrow(value, 8, 23, rounding)),
        }
    }
}

impl Real for f64 {
    #[inline(always)]
    fn widen(self) -> f64 {
        self
    }
    #[inline(always)]
    fn narrow(value: f64, _: Rounding) -> Self {
        value
    }
}

/// Arithmetic of f32 and f64.
pub trait Float: Real + PartialOrd {
    /// NaN as the device's results have it.
    fn canonical(self) -> Self;
    /// 0 with its sign in place of a subnormal number (`.ftz`).
    fn flush(self) -> Self;
    /// Between 0 and 1; 0 for NaN (`.sat`).
    fn saturate(self) -> Self;
    fn negate(self) -> Self;
    fn is_nan(self) -> bool;
    fn is_negative(self) -> bool;
    fn one() -> Self;
    fn add<M: Mode>(self, b: Self) -> Self;
    fn mul<M: Mode>(self, b: Self) -> Self;
    fn div<M: Mode>(self, b: Self) -> Self;
    fn sqrt<M: Mode>(self) -> Self;
    fn fma<M: Mode>(self, b: Self, c: Self) -> Self;
}

macro_rules! float {
    ($lane:ident, $bits:ident, $canonical:expr, $add:ident, $mul:ident, $div:ident, $sqrt:ident, $fma:ident) => {
        impl Float for $lane {
            #[inline(always)]
            fn canonical(self) -> Self {
                // By its bits: compilers take one NaN to be as good as another.
                let bits = self.to_bits();
                let canonical: fn($bits) -> $bits = $canonical;
                $lane::from_bits(if bits << 1 > $lane::INFINITY.to_bits() << 1 { canonical(bits) } else { bits })
            }
            #[inline(always)]
            fn flush(self) -> Self {
                let sign = self.to_bits() & 1 << ($bits::BITS - 1);
                if self.abs() < $lane::MIN_POSITIVE { $lane::from_bits(sign) } else { self }
            }
            #[inline(always)]
            fn saturate(self) -> Self {
                if self > 0.0 { if self < 1.0 { self } else { 1.0 } } else { 0.0 }
            }
            #[inline(always)]
            fn negate(self) -> Self {
                -self
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                $lane::is_nan(self)
            }
            #[inline(always)]
            fn is_negative(self) -> bool {
                self.is_sign_negative()
            }
            #[inline(always)]
            fn one() -> Self {
                1.0
            }
            #[inline(always)]
            fn add<M: Mode>(self, b: Self) -> Self {
                if M::ROUNDING == Rounding::Nearest { self + b } else { directed::$add(M::ROUNDING, self, b) }
            }
            #[inline(always)]
            fn mul<M: Mode>(self, b: Self) -> Self {
                if M::ROUNDING == Rounding::Nearest { self * b } else { directed::$mul(M::ROUNDING, self, b) }
            }
            #[inline(always)]
            fn div<M: Mode>(self, b: Self) -> Self {
                if M::ROUNDING == Rounding::Nearest { self / b } else { directed::$div(M::ROUNDING, self, b) }
            }
            #[inline(always)]
            fn sqrt<M: Mode>(self) -> Self {
                if M::ROUNDING == Rounding::Nearest { $lane::sqrt(self) } else { directed::$sqrt(M::ROUNDING, self) }
            }
            #[inline(always)]
            fn fma<M: Mode>(self, b: Self, c: Self) -> Self {
                if M::ROUNDING == Rounding::Nearest {
                    self.mul_add(b, c)
                } else {
                    directed::$fma(M::ROUNDING, self, b, c)
                }
            }
        }
    };
}
// NaN of f32 results is always this one (PTX ISA, "Floating Point Instructions"); that of f64 keeps what it has.
float!(f32, u32, |_| 0x7fff_ffff, add32, mul32, div32, sqrt32, fma32);
float!(f64, u64, |bits| bits, add64, mul64, div64, sqrt64, fma64);

/// The smaller; of a number and NaN the number, of zeros the negative one.
#[inline(always)]
pub fn minimum<T: Float>(a: T, b: T) -> T {
    if a.is_nan() {
        b
    } else if b.is_nan() || a < b || (a == b && a.is_negative()) {
        a
    } else {
        b
    }
}

/// The larger; of a number and NaN the number, of zeros the positive one.
#[inline(always)]
pub fn maximum<T: Float>(a: T, b: T) -> T {
    minimum(a.negate(), b.negate()).negate()
}
