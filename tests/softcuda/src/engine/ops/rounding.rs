//! Rounding: modes, and arithmetic in those that the processor is not in.

/// Direction of rounding (PTX ISA, "Rounding Modifiers").
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rounding {
    /// To the nearest, ties to even.
    Nearest,
    Zero,
    Down,
    Up,
}

/// A rounding as a type, for closures.
pub trait Mode: Copy + 'static {
    const ROUNDING: Rounding;
}

macro_rules! modes {
    ($($mode:ident)*) => { $(
        #[derive(Clone, Copy)]
        pub struct $mode;
        impl Mode for $mode {
            const ROUNDING: Rounding = Rounding::$mode;
        }
    )* };
}
modes!(Nearest Zero Down Up);

/// Evaluates an expression with `$mode` as the type of a rounding.
macro_rules! in_mode {
    ($rounding:expr, $mode:ident => $value:expr) => {{
        use $crate::engine::ops::rounding::{Down, Nearest, Rounding, Up, Zero};
        macro_rules! arm {
            ($kind:ty) => {{
                type $mode = $kind;
                $value
            }};
        }
        match $rounding {
            Rounding::Nearest => arm!(Nearest),
            Rounding::Zero => arm!(Zero),
            Rounding::Down => arm!(Down),
            Rounding::Up => arm!(Up),
        }
    }};
}
pub(super) use in_mode;

/// Bits of a binary floating-point number of `exponent` and `mantissa` bits that is nearest to `value` in a direction
/// (IEEE 754, 4.3). NaN is the one with all bits of exponent and mantissa set.
pub fn narrow(value: f64, exponent: u32, mantissa: u32, rounding: Rounding) -> u32 {
    let bits = value.to_bits();
    let is_negative = bits >> 63 != 0;
    let sign = u32::from(is_negative) << (exponent + mantissa);
    let infinity = ((1u32 << exponent) - 1) << mantissa;
    if value.is_nan() {
        return infinity | ((1 << mantissa) - 1);
    }
    if value.is_infinite() {
        return sign | infinity;
    }
    let field = (bits >> 52 & 0x7ff) as i32;
    let (power, significand) = match field {
        0 => (-1022, bits & ((1 << 52) - 1)),
        _ => (field - 1023, bits & ((1 << 52) - 1) | 1 << 52),
    };
    let smallest = 2 - (1 << (exponent - 1));
    let dropped = 52 - mantissa + (smallest - power).max(0) as u32;
    let (kept, rest, tie) = match dropped {
        0..64 => (significand >> dropped, significand & ((1 << dropped) - 1), 1 << (dropped - 1)),
        _ => (0, significand, u64::MAX),
    };
    let is_up = match rounding {
        Rounding::Nearest => rest > tie || rest == tie && kept & 1 != 0,
        Rounding::Zero => false,
        Rounding::Down => is_negative && rest != 0,
        Rounding::Up => !is_negative && rest != 0,
    };
    let steps = (power.max(smallest) - smallest) as u32;
    let magnitude = (steps.min(1 << exponent) << mantissa) + kept as u32 + u32::from(is_up);
    if magnitude < infinity {
        return sign | magnitude;
    }
    let stays_finite = match rounding {
        Rounding::Nearest => false,
        Rounding::Zero => true,
        Rounding::Down => !is_negative,
        Rounding::Up => is_negative,
    };
    sign | if stays_finite { infinity - 1 } else { infinity }
}

/// a · b + c in a direction that keeps what later rounding needs: the last bit is set if anything was lost.
pub fn fma_odd(a: f64, b: f64, c: f64) -> f64 {
    let product = a * b;
    let sum = product + c;
    // The error of the sum (Knuth's two-sum); the product of two short numbers has none.
    let part = sum - product;
    let error = (product - (sum - part)) + (c - part);
    if error == 0.0 || !error.is_finite() || !sum.is_finite() || sum.to_bits() & 1 != 0 {
        return sum;
    }
    let is_outwards = (error > 0.0) == (sum > 0.0);
    f64::from_bits(if is_outwards { sum.to_bits() + 1 } else { sum.to_bits() - 1 })
}

/// The f64 nearest to a whole number, or beside it with the last bit set if that is not the number itself.
pub fn odd(value: i128) -> f64 {
    let nearest = value as f64;
    if nearest as i128 == value || nearest.to_bits() & 1 != 0 {
        return nearest;
    }
    let is_outwards = (value > nearest as i128) == (nearest > 0.0);
    f64::from_bits(if is_outwards { nearest.to_bits() + 1 } else { nearest.to_bits() - 1 })
}

/// A whole number as the f64 in a direction from it.
pub fn whole_to_double(value: i128, rounding: Rounding) -> f64 {
    let nearest = value as f64;
    let back = nearest as i128;
    match rounding {
        Rounding::Down if back > value => nearest.next_down(),
        Rounding::Up if back < value => nearest.next_up(),
        Rounding::Zero if back.unsigned_abs() > value.unsigned_abs() && value > 0 => nearest.next_down(),
        Rounding::Zero if back.unsigned_abs() > value.unsigned_abs() => nearest.next_up(),
        _ => nearest,
    }
}

/// Whether arithmetic can round otherwise than to the nearest on this processor.
pub fn is_directed() -> bool {
    cfg!(target_arch = "x86_64") && crate::engine::lanes::is_wide()
}

/// Arithmetic with the processor in another mode of rounding, which it is in for one instruction alone.
#[cfg(target_arch = "x86_64")]
pub mod directed {
    use super::Rounding;
    use std::arch::asm;

    /// The control register (MXCSR) with exceptions masked, as programs start with it, and a rounding.
    fn control(rounding: Rounding) -> u32 {
        let bits = match rounding {
            Rounding::Nearest => 0,
            Rounding::Down => 1,
            Rounding::Up => 2,
            Rounding::Zero => 3,
        };
        0x1f80 | bits << 13
    }

    macro_rules! instruction {
        ($($name:ident($($source:ident),*) -> $lane:ty = $instruction:literal;)*) => { $(
            pub fn $name(rounding: Rounding, mut a: $lane, $($source: $lane),*) -> $lane {
                let (new, mut old) = (control(rounding), 0u32);
                // SAFETY: the block reads and writes the two words, and leaves the control register as it was. The
                // processor has the instruction: `is_directed` was asked.
                unsafe {
                    asm!(
                        "stmxcsr [{old}]",
                        "ldmxcsr [{new}]",
                        $instruction,
                        "ldmxcsr [{old}]",
                        old = in(reg) &raw mut old,
                        new = in(reg) &raw const new,
                        a = inout(xmm_reg) a,
                        $($source = in(xmm_reg) $source,)*
                        options(nostack),
                    );
                }
                a
            }
        )* };
    }
    instruction! {
        add32(b) -> f32 = "vaddss {a}, {a}, {b}";
        mul32(b) -> f32 = "vmulss {a}, {a}, {b}";
        div32(b) -> f32 = "vdivss {a}, {a}, {b}";
        sqrt32() -> f32 = "vsqrtss {a}, {a}, {a}";
        fma32(b, c) -> f32 = "vfmadd213ss {a}, {b}, {c}";
        add64(b) -> f64 = "vaddsd {a}, {a}, {b}";
        mul64(b) -> f64 = "vmulsd {a}, {a}, {b}";
        div64(b) -> f64 = "vdivsd {a}, {a}, {b}";
        sqrt64() -> f64 = "vsqrtsd {a}, {a}, {a}";
        fma64(b, c) -> f64 = "vfmadd213sd {a}, {b}, {c}";
    }
}

/// Never reached: `is_directed` says so before.
#[cfg(not(target_arch = "x86_64"))]
pub mod directed {
    use super::Rounding;

    macro_rules! nearest {
        ($($name:ident($($source:ident),*) -> $lane:ty = $value:expr;)*) => { $(
            pub fn $name(_: Rounding, $($source: $lane),*) -> $lane {
                $value
            }
        )* };
    }
    nearest! {
        add32(a, b) -> f32 = a + b;
        mul32(a, b) -> f32 = a * b;
        div32(a, b) -> f32 = a / b;
        sqrt32(a) -> f32 = a.sqrt();
        fma32(a, b, c) -> f32 = a.mul_add(b, c);
        add64(a, b) -> f64 = a + b;
        mul64(a, b) -> f64 = a * b;
        div64(a, b) -> f64 = a / b;
        sqrt64(a) -> f64 = a.sqrt();
        fma64(a, b, c) -> f64 = a.mul_add(b, c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Rounding::{Down, Nearest, Up, Zero};

    #[test]
    fn single_precision_is_narrowed_as_the_processor_does() {
        for value in
            [0.0, -0.0, 1.0, 1e-40, -1e-45, 1e-46, 3.4028235e38, 3.5e38, 0.1, -2.5, 1e300, 5e-324, f64::INFINITY]
        {
            assert_eq!(narrow(value, 8, 23, Nearest), (value as f32).to_bits(), "{value}");
        }
    }

    #[test]
    fn directions_of_single_precision() {
        let third = 1.0 / 3.0;
        let in_mode = |value, rounding| f32::from_bits(narrow(value, 8, 23, rounding));
        assert!(f64::from(in_mode(third, Down)) < third && f64::from(in_mode(third, Up)) > third);
        assert_eq!(in_mode(-third, Zero), -in_mode(third, Down));
        assert_eq!([in_mode(1e39, Zero), in_mode(1e39, Up), in_mode(-1e39, Up)], [f32::MAX, f32::INFINITY, f32::MIN]);
        assert_eq!(in_mode(1e-60, Up).to_bits(), 1);
    }

    #[test]
    fn half_precision_rounds_ties_to_even_by_all_bits() {
        // 1 + 2^-11 is half-way between 1 and the next f16; a little more is not.
        let tie = 1.0 + 2f64.powi(-11);
        assert_eq!(narrow(tie, 5, 10, Nearest), 0x3c00);
        assert_eq!(narrow(tie + 2f64.powi(-50), 5, 10, Nearest), 0x3c01);
        assert_eq!(narrow(65520.0, 5, 10, Nearest), 0x7c00);
        assert_eq!(narrow(65519.0, 5, 10, Nearest), 0x7bff);
        assert_eq!(narrow(2f64.powi(-25), 5, 10, Nearest), 0);
        assert_eq!(narrow(2f64.powi(-24), 5, 10, Nearest), 1);
        assert_eq!(narrow(f64::NAN, 5, 10, Nearest), 0x7fff);
    }

    #[test]
    fn whole_numbers_round_in_all_directions() {
        let value = (1i128 << 60) + 1;
        let exact = (1u64 << 60) as f64;
        assert_eq!(whole_to_double(value, Down), exact);
        assert_eq!(whole_to_double(value, Up), exact.next_up());
        assert_eq!(whole_to_double(-value, Zero), -exact);
        assert_eq!(odd(value).to_bits() & 1, 1);
        assert_eq!(odd(1 << 60), exact);
    }

    #[test]
    fn arithmetic_in_directions() {
        if !is_directed() {
            return;
        }
        let (down, up) = (directed::add32(Down, 1.0, 1e-10), directed::add32(Up, 1.0, 1e-10));
        assert_eq!([down, up], [1.0, 1.0f32.next_up()]);
        assert_eq!(directed::div64(Zero, -1.0, 3.0), -0.3333333333333333);
        assert_eq!(directed::div64(Down, -1.0, 3.0), (-0.3333333333333333f64).next_down());
        assert_eq!(directed::fma64(Up, 1.0, 1.0, 1e-30), 1.0f64.next_up());
        assert_eq!(directed::sqrt32(Up, 2.0), std::f32::consts::SQRT_2.next_up());
        assert_eq!(directed::sqrt32(Down, 2.0), std::f32::consts::SQRT_2);
        assert_eq!(1.0f32 + 1e-10, 1.0, "the processor is in its own mode again");
    }
}
