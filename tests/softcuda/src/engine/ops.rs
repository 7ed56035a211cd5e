//! Operations on registers alone: which function an instruction's name stands for.

mod bits;
mod carry;
mod compare;
mod convert;
mod float;
mod half;
mod integer;
mod logic;
mod name;
mod pace;
mod packed;
mod piece;
mod pure;
mod real;
mod rounding;
mod whole;

pub use carry::carries;
pub use compare::{Comparison, comparison};
pub use convert::cast;
pub use half::sum;
pub use name::{Name, Unknown};
pub use piece::{choice, copy, extract, insert, masks};
pub use pure::Pure;
pub use real::{Brain, Float, Half};

use crate::ptx::syntax::Type;
use name::Known;

/// The operation of a name; None if the opcode is none of an operation on registers alone.
///
/// # Errors
///
/// What of the name is not known.
pub fn pure(name: &mut Name) -> Known<Option<Pure>> {
    let pure = match name.opcode {
        "cvt" => Some(convert::convert(name)?),
        "dp4a" | "dp2a" => Some(packed::dot(name)?),
        "slct" => Some(logic::select_by_sign(name)?),
        "and" | "or" | "xor" | "not" | "cnot" | "shl" | "shr" | "shf" | "selp" | "prmt" | "lop3" => {
            Some(logic::logic(name)?)
        }
        "popc" | "clz" | "brev" | "bfind" | "bfe" | "bfi" | "fns" | "szext" | "bmsk" => Some(bits::bits(name)?),
        "vabsdiff4" => Some(packed::differences(name)?),
        "add" | "sub" | "mul" | "mad" | "fma" | "mul24" | "mad24" | "sad" | "div" | "rem" | "abs" | "neg" | "min"
        | "max" | "rcp" | "sqrt" | "rsqrt" | "sin" | "cos" | "lg2" | "ex2" | "tanh" | "copysign" | "testp" => {
            let kind = name.kind()?;
            Some(match kind {
                Type::F32 | Type::F64 => float::float(name, kind)?,
                Type::F16 | Type::F16x2 | Type::Bf16 | Type::Bf16x2 => half::half(name, kind)?,
                _ => integer::integer(name, kind)?,
            })
        }
        _ => None,
    };
    if pure.is_some() {
        name.end()?;
    }
    Ok(pure)
}
