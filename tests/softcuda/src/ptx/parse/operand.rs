//! Operands of instructions.

use crate::ptx::cursor::{Cursor, Number, Parsed};
use crate::ptx::lex::Lexeme;
use crate::ptx::syntax::Operand;

/// Most elements of a vector or list.
const MOST: usize = 256;

/// An operand, or several in braces or parentheses.
pub fn operand(cursor: &mut Cursor) -> Parsed<Operand> {
    match cursor.peek() {
        Lexeme::Mark('[') => address(cursor),
        Lexeme::Mark('{') => Ok(Operand::Vector(several(cursor, '{', '}')?)),
        Lexeme::Mark('(') => Ok(Operand::List(several(cursor, '(', ')')?)),
        _ => one(cursor),
    }
}

fn several(cursor: &mut Cursor, open: char, close: char) -> Parsed<Vec<Operand>> {
    cursor.expect(open)?;
    let mut operands = Vec::new();
    while !cursor.eat(close) {
        if !operands.is_empty() {
            cursor.expect(',')?;
        }
        if operands.len() == MOST {
            return Err(cursor.error("there are too many operands".into()));
        }
        operands.push(one(cursor)?);
    }
    Ok(operands)
}

/// `[name+4]`, `[64]`, or `[name, {a, b}]`
fn address(cursor: &mut Cursor) -> Parsed<Operand> {
    cursor.expect('[')?;
    let address = match cursor.peek() {
        Lexeme::Word(base) => {
            cursor.next();
            if cursor.eat(',') {
                let at = several(cursor, '{', '}')?;
                cursor.expect(']')?;
                return Ok(Operand::Texel { object: base.to_owned(), at });
            }
            Operand::Address { base: base.to_owned(), offset: cursor.offset()? }
        }
        _ => match cursor.number()? {
            Number::Integer(value) => Operand::Absolute(value),
            _ => return Err(cursor.error("an address is a whole number".into())),
        },
    };
    cursor.expect(']')?;
    Ok(address)
}

fn one(cursor: &mut Cursor) -> Parsed<Operand> {
    let negative = cursor.eat('-');
    if negative || matches!(cursor.peek(), Lexeme::Number(_)) {
        return Ok(match (cursor.number()?, negative) {
            (Number::Integer(value), false) => Operand::Integer(value),
            (Number::Integer(value), true) => Operand::Integer(value.wrapping_neg()),
            (Number::Single(bits), _) => Operand::Single(bits ^ u32::from(negative) << 31),
            (Number::Double(bits), _) => Operand::Double(bits ^ u64::from(negative) << 63),
        });
    }
    if cursor.eat('!') {
        return Ok(Operand::Not(cursor.word()?.to_owned()));
    }
    let name = cursor.word()?.to_owned();
    if cursor.eat('|') {
        return Ok(Operand::Pair(name, cursor.word()?.to_owned()));
    }
    if matches!(cursor.peek(), Lexeme::Mark('+' | '-')) {
        return Ok(Operand::Sum(name, cursor.offset()?));
    }
    Ok(if name == "_" { Operand::Sink } else { Operand::Name(name) })
}
