//! Numbers that a C compiler would compute: of enumerators, of arrays' lengths, of macros.

use tree_sitter::Node;

use super::model::Number;
use crate::check::names;

/// The integer types of C from `int` on, in the order in which one gives way to another, as a table writes them.
const RANKS: &[&str] = &["c_int", "c_uint", "c_long", "c_ulong", "c_longlong", "c_ulonglong"];

/// The number that an expression is, if it is one. `known` says what names stand for.
pub fn value(node: Node<'_>, text: &str, known: &dyn Fn(&str) -> Option<Number>) -> Option<Number> {
    let field = |name| node.child_by_field_name(name);
    let inner = |name| value(field(name)?, text, known);
    let word = &text[node.byte_range()];
    match node.kind() {
        "number_literal" => literal(word),
        "identifier" => known(word),
        "parenthesized_expression" => value(node.named_child(0)?, text, known),
        "unary_expression" => unary(&text[field("operator")?.byte_range()], inner("argument")?),
        "binary_expression" => binary(&text[field("operator")?.byte_range()], inner("left")?, inner("right")?),
        "cast_expression" => cast(&text[field("type")?.byte_range()], inner("value")?.value),
        _ => None,
    }
}

/// `0x10u`: hexadecimal and octal numbers may be unsigned without a suffix.
fn literal(word: &str) -> Option<Number> {
    let lower = word.to_lowercase();
    let digits = lower.trim_end_matches(['u', 'l']);
    let suffix = &lower[digits.len()..];
    let (base, digits) = match digits.strip_prefix("0x") {
        Some(hex) => (16, hex),
        None if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        None => (10, digits),
    };
    let value = i128::from_str_radix(digits, base).ok()?;
    let is_unsigned = suffix.contains('u');
    let least = suffix.matches('l').count() * 2;
    let may = |(at, ty): &(usize, &&str)| {
        let signed = at % 2 == 0;
        *at >= least && (if is_unsigned { !signed } else { signed || base != 10 }) && fits(value, ty)
    };
    let (_, ty) = RANKS.iter().enumerate().find(may)?;
    Some(Number { value, ty: (*ty).to_owned() })
}

fn unary(operator: &str, of: Number) -> Option<Number> {
    let value = match operator {
        "-" => -of.value,
        "+" => of.value,
        "~" => !of.value,
        _ => return None,
    };
    wrapped(value, &of.ty)
}

fn binary(operator: &str, a: Number, b: Number) -> Option<Number> {
    let shift = |b: &Number| u32::try_from(b.value).ok().filter(|bits| *bits < 64);
    let value = match operator {
        "+" => a.value + b.value,
        "-" => a.value - b.value,
        "*" => a.value.checked_mul(b.value)?,
        "/" => a.value.checked_div(b.value)?,
        "|" => a.value | b.value,
        "&" => a.value & b.value,
        "^" => a.value ^ b.value,
        "<<" => return wrapped(a.value << shift(&b)?, &a.ty),
        ">>" => return wrapped(a.value >> shift(&b)?, &a.ty),
        _ => return None,
    };
    let rank = |number: &Number| RANKS.iter().position(|ty| *ty == number.ty).unwrap_or_default();
    wrapped(value, RANKS[rank(&a).max(rank(&b))])
}

/// `(T)1`, whatever T is.
fn cast(ty: &str, value: i128) -> Option<Number> {
    match names::from_c(ty) {
        Some(known) => wrapped(value, known),
        None => Some(Number { value, ty: ty.to_owned() }),
    }
}

/// What is left of a value in a type of a known width.
fn wrapped(value: i128, ty: &str) -> Option<Number> {
    let known = names::builtin(ty).unwrap_or(crate::model::Scalar::I32);
    let low = value & ((1 << (8 * known.size())) - 1);
    let value = if fits(low, ty) || !is_signed(ty) { low } else { low - (1 << (8 * known.size())) };
    Some(Number { value, ty: ty.to_owned() })
}

fn fits(value: i128, ty: &str) -> bool {
    let bits = 8 * names::builtin(ty).map_or(4, |scalar| scalar.size());
    if is_signed(ty) { value < 1 << (bits - 1) } else { value < 1 << bits }
}

fn is_signed(ty: &str) -> bool {
    !(ty.starts_with('u') || ty.starts_with("c_u") || ty == "bool")
}
