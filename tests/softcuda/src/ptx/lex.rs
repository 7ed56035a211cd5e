//! Characters to lexemes.

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lexeme<'a> {
    /// A name, directive, instruction with its modifiers, or special register: `%tid.x`, `.reg`, `ld.global.f32`.
    Word(&'a str),
    /// A number as it is written: `12`, `0x1F`, `0f3F800000`, `1.5e-3`.
    Number(&'a str),
    /// Text between quotes, which are left out.
    Quoted(&'a str),
    Mark(char),
    End,
}

/// Reads lexemes one by one; comments and space are left out.
pub struct Lexer<'a> {
    text: &'a str,
    position: usize,
    line: u32,
}

impl<'a> Lexer<'a> {
    pub fn new(text: &'a str) -> Self {
        // A terminating zero belongs to how the text is handed over.
        let text = text.split('\0').next().unwrap_or_default();
        Self { text, position: 0, line: 1 }
    }

    /// The next lexeme and its line.
    pub fn next(&mut self) -> (Lexeme<'a>, u32) {
        self.skip_space();
        let (rest, line) = (&self.text[self.position..], self.line);
        let Some(first) = rest.chars().next() else { return (Lexeme::End, line) };
        let lexeme = match first {
            '"' => return (self.quoted(), line),
            '0'..='9' => Lexeme::Number(self.take(number_length(rest))),
            _ if is_of_word(first) => Lexeme::Word(self.take(word_length(rest))),
            _ => {
                self.take(first.len_utf8());
                Lexeme::Mark(first)
            }
        };
        (lexeme, line)
    }

    fn skip_space(&mut self) {
        loop {
            let rest = &self.text[self.position..];
            let length = match rest.as_bytes() {
                [b'/', b'/', ..] => rest.find('\n').unwrap_or(rest.len()),
                [b'/', b'*', ..] => rest.find("*/").map_or(rest.len(), |end| end + 2),
                [first, ..] if first.is_ascii_whitespace() => 1,
                _ => return,
            };
            self.take(length);
        }
    }

    fn quoted(&mut self) -> Lexeme<'a> {
        self.take(1);
        let rest = &self.text[self.position..];
        let length = rest.find('"').unwrap_or(rest.len());
        let text = self.take(length);
        self.take(1.min(rest.len() - length));
        Lexeme::Quoted(text)
    }

    fn take(&mut self, length: usize) -> &'a str {
        let taken = &self.text[self.position..self.position + length];
        self.line += taken.bytes().filter(|byte| *byte == b'\n').count() as u32;
        self.position += length;
        taken
    }
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '$' | '%' | '.')
}

fn word_length(text: &str) -> usize {
    // Directives may stand side by side: `.reg.b32`.
    let is_directive = text.starts_with('.');
    let mut length = usize::from(is_directive);
    loop {
        let rest = &text[length..];
        if is_directive && rest.starts_with('.') {
            return length;
        }
        match rest.strip_prefix("::").map_or(rest.starts_with(is_of_word), |_| false) {
            true => length += 1,
            // `.shared::cta` is one word; `label:` is not.
            false if rest.starts_with("::") && rest[2..].starts_with(is_of_word) => length += 2,
            false => return length,
        }
    }
}

fn number_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let is_decimal = !matches!(bytes, [b'0', b'x' | b'X' | b'f' | b'F' | b'd' | b'D' | b'b' | b'B', ..]);
    let belongs = |at: usize| {
        let is_sign = matches!(bytes[at], b'+' | b'-') && is_decimal && matches!(bytes[at - 1], b'e' | b'E');
        bytes[at].is_ascii_alphanumeric() || bytes[at] == b'.' || is_sign
    };
    (1..bytes.len()).find(|at| !belongs(*at)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexemes(text: &str) -> Vec<Lexeme<'_>> {
        let mut lexer = Lexer::new(text);
        std::iter::from_fn(|| Some(lexer.next().0).filter(|lexeme| *lexeme != Lexeme::End)).collect()
    }

    #[test]
    fn words_numbers_and_marks() {
        use Lexeme::*;
        let text = "$L: ld.shared::cta.f32 %f1, [%rd1+-4]; // x\n/* y */ 0f3F800000 1.5e-3 \"a b\"";
        let right = [
            Word("$L"),
            Mark(':'),
            Word("ld.shared::cta.f32"),
            Word("%f1"),
            Mark(','),
            Mark('['),
            Word("%rd1"),
            Mark('+'),
            Mark('-'),
            Number("4"),
            Mark(']'),
            Mark(';'),
            Number("0f3F800000"),
            Number("1.5e-3"),
            Quoted("a b"),
        ];
        assert_eq!(lexemes(text), right);
    }

    #[test]
    fn directives_stand_side_by_side() {
        use Lexeme::Word;
        assert_eq!(lexemes(".reg.b32 %r.x"), [Word(".reg"), Word(".b32"), Word("%r.x")]);
    }

    #[test]
    fn text_that_ends_in_the_middle() {
        assert_eq!(lexemes("\"a"), [Lexeme::Quoted("a")]);
        assert_eq!(lexemes("/* a"), []);
        assert_eq!(lexemes("a\0b"), [Lexeme::Word("a")]);
        assert_eq!(lexemes("a::"), [Lexeme::Word("a"), Lexeme::Mark(':'), Lexeme::Mark(':')]);
    }

    #[test]
    fn lines_are_counted_over_comments() {
        let mut lexer = Lexer::new("a /*\n\n*/ b\n// c\nd");
        assert_eq!([lexer.next().1, lexer.next().1, lexer.next().1], [1, 3, 5]);
    }
}
