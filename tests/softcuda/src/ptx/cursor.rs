//! A position in PTX, with what parsers ask of it.

use super::lex::{Lexeme, Lexer};

/// What is wrong with PTX, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct ParseError {
    /// Counted from 1.
    pub line: u32,
    pub message: String,
}

pub type Parsed<T> = Result<T, ParseError>;

pub struct Cursor<'a> {
    lexer: Lexer<'a>,
    ahead: (Lexeme<'a>, u32),
}

/// A number as PTX has it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Number {
    /// Of 64 bits, signed ones in two's complement.
    Integer(u64),
    /// Bits of an f32.
    Single(u32),
    /// Bits of an f64.
    Double(u64),
}

impl<'a> Cursor<'a> {
    pub fn new(text: &'a str) -> Self {
        let mut lexer = Lexer::new(text);
        let ahead = lexer.next();
        Self { lexer, ahead }
    }

    pub fn peek(&self) -> Lexeme<'a> {
        self.ahead.0
    }

    pub fn line(&self) -> u32 {
        self.ahead.1
    }

    pub fn next(&mut self) -> Lexeme<'a> {
        std::mem::replace(&mut self.ahead, self.lexer.next()).0
    }

    pub fn at(&self, mark: char) -> bool {
        self.peek() == Lexeme::Mark(mark)
    }

    /// Goes over a mark if it is next.
    pub fn eat(&mut self, mark: char) -> bool {
        let is_next = self.at(mark);
        if is_next {
            self.next();
        }
        is_next
    }

    pub fn expect(&mut self, mark: char) -> Parsed<()> {
        if self.eat(mark) { Ok(()) } else { Err(self.unexpected(&format!("'{mark}'"))) }
    }

    pub fn word(&mut self) -> Parsed<&'a str> {
        let Lexeme::Word(word) = self.peek() else { return Err(self.unexpected("a name")) };
        self.next();
        Ok(word)
    }

    pub fn number(&mut self) -> Parsed<Number> {
        let Lexeme::Number(text) = self.peek() else { return Err(self.unexpected("a number")) };
        let number = parse_number(text).ok_or_else(|| self.error(format!("{text} is no number")))?;
        self.next();
        Ok(number)
    }

    /// A number of at most 32 bits, such as a size or an alignment.
    pub fn count(&mut self) -> Parsed<u32> {
        let error = self.error("the number is no whole one of 32 bits".into());
        match self.number()? {
            Number::Integer(value) => u32::try_from(value).map_err(|_| error),
            _ => Err(error),
        }
    }

    /// A signed number behind `+` or `-`, as in `name+4`; 0 where there is none.
    pub fn offset(&mut self) -> Parsed<i64> {
        let is_negative = match self.peek() {
            Lexeme::Mark('+') => {
                self.next();
                self.eat('-')
            }
            Lexeme::Mark('-') => self.eat('-'),
            _ => return Ok(0),
        };
        match self.number()? {
            Number::Integer(value) if is_negative => Ok((value as i64).wrapping_neg()),
            Number::Integer(value) => Ok(value as i64),
            _ => Err(self.error("an offset is a whole number".into())),
        }
    }

    /// Goes to a mark, and over it.
    pub fn skip_past(&mut self, mark: char) -> Parsed<()> {
        while !self.eat(mark) {
            if self.next() == Lexeme::End {
                return Err(self.unexpected(&format!("'{mark}'")));
            }
        }
        Ok(())
    }

    pub fn error(&self, message: String) -> ParseError {
        ParseError { line: self.line(), message }
    }

    pub fn unexpected(&self, wanted: &str) -> ParseError {
        let found = match self.peek() {
            Lexeme::End => "the end".into(),
            Lexeme::Word(text) | Lexeme::Number(text) => text.chars().take(80).collect::<String>(),
            Lexeme::Quoted(_) => "text".into(),
            Lexeme::Mark(mark) => format!("'{mark}'"),
        };
        self.error(format!("{wanted} is expected, and {found} is there"))
    }
}

fn parse_number(text: &str) -> Option<Number> {
    let after = |prefixes: [&str; 2]| prefixes.iter().find_map(|prefix| text.strip_prefix(prefix));
    if let Some(digits) = after(["0f", "0F"]) {
        return u32::from_str_radix(digits, 16).ok().map(Number::Single);
    }
    if let Some(digits) = after(["0d", "0D"]) {
        return u64::from_str_radix(digits, 16).ok().map(Number::Double);
    }
    let integer =
        |digits: &str, radix| u64::from_str_radix(digits.trim_end_matches(['u', 'U']), radix).ok().map(Number::Integer);
    if let Some(digits) = after(["0x", "0X"]) {
        return integer(digits, 16);
    }
    if let Some(digits) = after(["0b", "0B"]) {
        return integer(digits, 2);
    }
    if text.contains(['.', 'e', 'E']) {
        return text.parse::<f64>().ok().map(|value| Number::Double(value.to_bits()));
    }
    let is_octal = text.len() > 1 && text.starts_with('0') && text.as_bytes()[1].is_ascii_digit();
    integer(text, if is_octal { 8 } else { 10 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_all_forms() {
        assert_eq!(parse_number("0f3F800000"), Some(Number::Single(0x3f80_0000)));
        assert_eq!(parse_number("0d3FF0000000000000"), Some(Number::Double(1f64.to_bits())));
        assert_eq!(parse_number("0x1FU"), Some(Number::Integer(31)));
        assert_eq!(parse_number("017"), Some(Number::Integer(15)));
        assert_eq!(parse_number("0b101"), Some(Number::Integer(5)));
        assert_eq!(parse_number("9223372036854775808"), Some(Number::Integer(1 << 63)));
        assert_eq!(parse_number("1.5e1"), Some(Number::Double(15f64.to_bits())));
        assert_eq!(parse_number("99999999999999999999"), None);
        assert_eq!(parse_number("0fXYZ"), None);
    }

    #[test]
    fn offsets_have_signs() {
        let offset = |text| Cursor::new(text).offset().expect("an offset");
        assert_eq!([offset("+4"), offset("-4"), offset("+-4"), offset("]")], [4, -4, -4, 0]);
    }
}
