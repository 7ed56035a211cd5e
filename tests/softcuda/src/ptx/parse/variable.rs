//! Declarations of variables and registers.

use crate::ptx::cursor::{Cursor, Number, Parsed};
use crate::ptx::lex::Lexeme;
use crate::ptx::syntax::{Initial, Registers, Space, Type, Variable};

/// Most bytes that a declaration may ask for.
const LARGEST: u64 = 1 << 40;
const LARGEST_ALIGN: u64 = 4096;

/// `.align 4 .b8 a[16] = {…}, b;` behind its space.
pub fn declaration(cursor: &mut Cursor, space: Space) -> Parsed<Vec<Variable>> {
    let shape = shape(cursor)?;
    let mut variables = Vec::new();
    loop {
        variables.push(variable(cursor, space, &shape)?);
        if !cursor.eat(',') {
            break;
        }
    }
    cursor.expect(';')?;
    Ok(variables)
}

/// `.align 8 .b8 a[16]` behind its space.
pub fn parameter(cursor: &mut Cursor, space: Space) -> Parsed<Variable> {
    let shape = shape(cursor)?;
    variable(cursor, space, &shape)
}

/// `.b32 %r<10>, a;` behind `.reg`.
pub fn registers(cursor: &mut Cursor) -> Parsed<Vec<Registers>> {
    let shape = shape(cursor)?;
    if shape.vector != 1 {
        return Err(cursor.error("registers of vectors are not known".into()));
    }
    let mut registers = Vec::new();
    loop {
        let name = cursor.word()?.to_owned();
        let count = if cursor.eat('<') { Some(cursor.count()?) } else { None };
        if count.is_some() {
            cursor.expect('>')?;
        }
        registers.push(Registers { name, count, kind: shape.kind });
        if !cursor.eat(',') {
            break;
        }
    }
    cursor.expect(';')?;
    Ok(registers)
}

/// What stands before a name.
struct Shape {
    kind: Type,
    vector: u64,
    align: Option<u64>,
    managed: bool,
}

fn shape(cursor: &mut Cursor) -> Parsed<Shape> {
    let mut shape = Shape { kind: Type::Pred, vector: 1, align: None, managed: false };
    let mut kind = None;
    // Behind `.ptr`, space and alignment are those of what the pointer points to.
    let mut pointee = false;
    while let Lexeme::Word(word) = cursor.peek() {
        let Some(word) = word.strip_prefix('.') else { break };
        cursor.next();
        match word {
            "align" => {
                let align = u64::from(cursor.count()?);
                if !align.is_power_of_two() || align > LARGEST_ALIGN {
                    return Err(cursor.error(format!("{align} is no alignment")));
                }
                shape.align = if pointee { shape.align } else { Some(align) };
            }
            "ptr" => pointee = true,
            "global" | "const" | "shared" | "local" if pointee => {}
            "attribute" => shape.managed |= attribute(cursor)?,
            "v2" => shape.vector = 2,
            "v4" => shape.vector = 4,
            _ => kind = Some(Type::of(word).ok_or_else(|| cursor.error(format!(".{word} is no known type")))?),
        }
    }
    shape.kind = kind.ok_or_else(|| cursor.unexpected("a type"))?;
    Ok(shape)
}

/// `(.managed)`: whether it is that one.
fn attribute(cursor: &mut Cursor) -> Parsed<bool> {
    cursor.expect('(')?;
    let managed = cursor.peek() == Lexeme::Word(".managed");
    cursor.skip_past(')')?;
    Ok(managed)
}

fn variable(cursor: &mut Cursor, space: Space, shape: &Shape) -> Parsed<Variable> {
    let line = cursor.line();
    let name = cursor.word()?.to_owned();
    let element = shape.kind.bytes() as u64;
    let mut dimensions = Vec::new();
    while cursor.eat('[') {
        // An array without a size gets that of its initial contents, or is given one at a launch.
        dimensions.push(if cursor.at(']') { 0 } else { u64::from(cursor.count()?) });
        cursor.expect(']')?;
    }
    if shape.vector > 1 {
        dimensions.push(shape.vector);
    }
    let (initial, elements) = if cursor.eat('=') { initial(cursor, &dimensions)? } else { Default::default() };
    let size = |dimensions: &[u64]| dimensions.iter().try_fold(element, |size, count| size.checked_mul(*count));
    if dimensions.first() == Some(&0) {
        let row = size(&dimensions[1..]).unwrap_or_default() / element;
        dimensions[0] = elements.checked_div(row).unwrap_or_default();
    }
    let size = size(&dimensions).filter(|size| *size <= LARGEST);
    let size = size.ok_or_else(|| cursor.error(format!("{name} is too large")))?;
    if elements > size / element {
        return Err(cursor.error(format!("{name} has more initial values than elements")));
    }
    let align = shape.align.unwrap_or(element * shape.vector);
    let managed = shape.managed;
    Ok(Variable { name, space, kind: shape.kind, size, align, initial, external: false, managed, line })
}

/// A value, or values in braces, with the elements that they are of, and how many elements there are up to the last. Inner
/// braces are a row: what they leave out is 0.
fn initial(cursor: &mut Cursor, dimensions: &[u64]) -> Parsed<(Vec<(u64, Initial)>, u64)> {
    let mut values = Vec::new();
    let (mut depth, mut element) = (0, 0u64);
    loop {
        if cursor.eat('{') {
            depth += 1;
            if depth > dimensions.len() {
                return Err(cursor.error("the braces are deeper than the array".into()));
            }
            if !cursor.at('}') {
                continue;
            }
        } else {
            values.push((element, value(cursor)?));
            element += 1;
        }
        while depth > 0 && cursor.eat('}') {
            depth -= 1;
            if depth > 0 {
                let end = row_end(element, &dimensions[depth..]);
                element = end.ok_or_else(|| cursor.error("the array has rows of no possible size".into()))?;
            }
        }
        if depth == 0 {
            return Ok((values, element));
        }
        cursor.expect(',')?;
    }
}

/// The first element at or behind one that begins a row.
fn row_end(element: u64, row: &[u64]) -> Option<u64> {
    let row = row.iter().try_fold(1u64, |size, count| size.checked_mul(*count))?;
    if row == 0 { None } else { element.checked_next_multiple_of(row).filter(|end| *end <= LARGEST) }
}

fn value(cursor: &mut Cursor) -> Parsed<Initial> {
    if let Lexeme::Word(word) = cursor.peek() {
        cursor.next();
        let mut name = word;
        if word == "generic" && cursor.eat('(') {
            name = cursor.word()?;
            cursor.expect(')')?;
        }
        return Ok(Initial::Address { name: name.to_owned(), offset: cursor.offset()? });
    }
    let negative = cursor.eat('-');
    Ok(Initial::Bits(match (cursor.number()?, negative) {
        (Number::Integer(bits), false) | (Number::Double(bits), false) => bits,
        (Number::Integer(bits), true) => bits.wrapping_neg(),
        (Number::Double(bits), true) => bits ^ 1 << 63,
        (Number::Single(bits), false) => u64::from(bits),
        (Number::Single(bits), true) => u64::from(bits ^ 1 << 31),
    }))
}
