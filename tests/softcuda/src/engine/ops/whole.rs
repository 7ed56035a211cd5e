//! Whole numbers as one kind of value, whatever their width.

use crate::engine::lanes::Lane;

pub trait Whole: Lane + Ord {
    const BITS: u32;
    const MIN: Self;
    const MAX: Self;
    fn widen(self) -> i128;
    /// The low bits.
    fn wrap(value: i128) -> Self;
    fn wrapping_add(self, other: Self) -> Self;
    fn wrapping_sub(self, other: Self) -> Self;
    fn wrapping_mul(self, other: Self) -> Self;
    /// The upper half of the product.
    fn mul_high(self, other: Self) -> Self;
    /// All bits set for a divisor of 0.
    fn divide(self, divisor: Self) -> Self;
    /// The dividend for a divisor of 0.
    fn remainder(self, divisor: Self) -> Self;
    fn saturate(value: i128) -> Self {
        Self::wrap(value.clamp(Self::MIN.widen(), Self::MAX.widen()))
    }
}

macro_rules! whole {
    ($($lane:ident, $wide:ident;)*) => { $(
        impl Whole for $lane {
            const BITS: u32 = $lane::BITS;
            const MIN: Self = $lane::MIN;
            const MAX: Self = $lane::MAX;
            #[inline(always)]
            fn widen(self) -> i128 {
                i128::from(self)
            }
            #[inline(always)]
            fn wrap(value: i128) -> Self {
                value as $lane
            }
            #[inline(always)]
            fn wrapping_add(self, other: Self) -> Self {
                $lane::wrapping_add(self, other)
            }
            #[inline(always)]
            fn wrapping_sub(self, other: Self) -> Self {
                $lane::wrapping_sub(self, other)
            }
            #[inline(always)]
            fn wrapping_mul(self, other: Self) -> Self {
                $lane::wrapping_mul(self, other)
            }
            #[inline(always)]
            fn mul_high(self, other: Self) -> Self {
                ((self as $wide).wrapping_mul(other as $wide) >> $lane::BITS) as $lane
            }
            #[inline(always)]
            fn divide(self, divisor: Self) -> Self {
                if divisor == 0 { !0 } else { self.wrapping_div(divisor) }
            }
            #[inline(always)]
            fn remainder(self, divisor: Self) -> Self {
                if divisor == 0 { self } else { self.wrapping_rem(divisor) }
            }
        }
    )* };
}
whole! { u8, u16; i8, i16; u16, u32; i16, i32; u32, u64; i32, i64; u64, u128; i64, i128; }

/// Evaluates an expression with `$lane` as the Rust type of a whole type, and `$pace` as what suits it; None for others.
macro_rules! of_whole {
    ($kind:expr, $lane:ident => $value:expr) => {
        $crate::engine::ops::whole::of_whole!($kind, $lane, AnyPace => $value)
    };
    ($kind:expr, $lane:ident, $pace:ident => $value:expr) => {{
        #[allow(unused_imports)]
        use $crate::engine::ops::pace::{Fast, Small};
        use $crate::ptx::syntax::Type;
        macro_rules! arm {
            ($rust:ty, $speed:ty) => {{
                type $lane = $rust;
                #[allow(dead_code)]
                type $pace = $speed;
                Some($value)
            }};
        }
        match $kind {
            Type::U8 | Type::B8 => arm!(u8, Small),
            Type::S8 => arm!(i8, Small),
            Type::U16 | Type::B16 => arm!(u16, Small),
            Type::S16 => arm!(i16, Small),
            Type::U32 | Type::B32 => arm!(u32, Fast),
            Type::S32 => arm!(i32, Fast),
            Type::U64 | Type::B64 => arm!(u64, Fast),
            Type::S64 => arm!(i64, Fast),
            _ => None,
        }
    }};
}
pub(super) use of_whole;
