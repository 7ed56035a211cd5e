//! What a text names for inclusion, found as a C preprocessor would find it, but without evaluating anything: rather too much
//! than too little.

use std::borrow::Cow;
use std::collections::BTreeSet;

/// What a text names.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Files, as they are written between quotes or angles.
    pub files: BTreeSet<Vec<u8>>,
    /// What may be names of files, in the definitions of macros.
    pub defined: BTreeSet<Vec<u8>>,
    /// Whether a macro names a file.
    pub computed: bool,
}

/// Directives that a name follows, and what asks whether there is a file.
const DIRECTIVES: [&[u8]; 4] = [b"include_next", b"include", b"import", b"embed"];
const QUESTIONS: [&[u8]; 3] = [b"__has_include_next", b"__has_include", b"__has_embed"];

/// What `text` names.
pub fn names(text: &[u8]) -> Names {
    let mut names = Names::default();
    let text = spliced(text);
    if ![&b"include"[..], b"import", b"embed"].iter().any(|word| contains(&text, word)) {
        return names;
    }
    // What looks like a comment may be part of a name between angles, so that lines are looked at as they are, too.
    for text in [&*text, &without_comments(&text)] {
        text.split(|byte| *byte == b'\n').for_each(|line| names.of_line(line));
    }
    names
}

impl Names {
    fn of_line(&mut self, line: &[u8]) {
        let line = line.trim_ascii_start();
        if let Some(directive) = line.strip_prefix(b"#").or_else(|| line.strip_prefix(b"%:")) {
            let directive = directive.trim_ascii_start();
            if let Some(rest) = DIRECTIVES.iter().find_map(|name| directive.strip_prefix(*name)) {
                self.of_argument(rest);
            } else if let Some(definition) = directive.strip_prefix(b"define") {
                self.of_definition(definition);
            }
        }
        for question in QUESTIONS {
            let mut rest = line;
            while let Some(at) = position(rest, question) {
                rest = rest[at + question.len()..].trim_ascii_start();
                if let Some(argument) = rest.strip_prefix(b"(") {
                    self.of_argument(argument);
                }
            }
        }
    }

    fn of_argument(&mut self, argument: &[u8]) {
        let argument = argument.trim_ascii_start();
        match bracketed(argument) {
            Some(name) => drop(self.files.insert(name.to_vec())),
            None => self.computed |= argument.first().is_some_and(|first| !b"\"<".contains(first)),
        }
    }

    /// What a macro is defined to be.
    pub fn of_definition(&mut self, definition: &[u8]) {
        for at in 0..definition.len() {
            self.defined.extend(bracketed(&definition[at..]).filter(|name| !name.is_empty()).map(<[u8]>::to_vec));
        }
    }
}

/// What stands between the quotes or angles that a text begins with.
fn bracketed(text: &[u8]) -> Option<&[u8]> {
    let end = match text.first()? {
        b'"' => b'"',
        b'<' => b'>',
        _ => return None,
    };
    let len = text[1..].iter().position(|byte| *byte == end)?;
    Some(&text[1..=len])
}

/// The text with lines that end in a backslash joined to the next, and with the trigraphs of backslash and sharp replaced.
fn spliced(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.contains(&b'\\') && !contains(text, b"??") {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let (byte, after) = match rest {
            [b'?', b'?', b'/', after @ ..] => (b'\\', after),
            [b'?', b'?', b'=', after @ ..] => (b'#', after),
            _ => (*first, after),
        };
        let blanks = after.iter().take_while(|byte| b" \t\r".contains(byte)).count();
        if byte == b'\\' && after.get(blanks) == Some(&b'\n') {
            rest = &after[blanks + 1..];
        } else {
            out.push(byte);
            rest = after;
        }
    }
    Cow::Owned(out)
}

/// The text with a space for each comment. A quote ends with its line at the latest.
fn without_comments(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut quote = None;
    while let [first, after @ ..] = rest {
        match (quote, rest) {
            (None, [b'/', b'/', ..]) => {
                rest = &rest[rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())..];
                continue;
            }
            (None, [b'/', b'*', inside @ ..]) => {
                out.push(b' ');
                rest = position(inside, b"*/").map_or(&[], |end| &inside[end + 2..]);
                continue;
            }
            (Some(_), [b'\\', escaped, after @ ..]) if *escaped != b'\n' => {
                out.extend([b'\\', *escaped]);
                rest = after;
                continue;
            }
            (None, [b'"' | b'\'', ..]) => quote = Some(*first),
            (Some(open), _) if *first == open || *first == b'\n' => quote = None,
            _ => (),
        }
        out.push(*first);
        rest = after;
    }
    out
}

/// The text with absolute names of files that `is_there` made relative ones, each line as long as before; `None` if there are
/// none.
pub fn with_relative_names(text: &[u8], is_there: impl Fn(&[u8]) -> bool) -> Option<Vec<u8>> {
    let absolute: Vec<_> =
        names(text).files.into_iter().filter(|name| name.starts_with(b"/") && is_there(name)).collect();
    let mut changed = text.to_vec();
    for name in &absolute {
        let mut from = 0;
        while let Some(at) = position(&changed[from..], name).map(|at| from + at) {
            from = at + name.len();
            if at > 0 && b"\"<".contains(&changed[at - 1]) && matches!(changed.get(from), Some(b'"' | b'>')) {
                let slashes = name.iter().take_while(|byte| **byte == b'/').count();
                // The bracket moves to the name, and blanks to before it.
                let bracket = changed[at - 1];
                changed[at - 1..at - 1 + slashes].fill(b' ');
                changed[at - 1 + slashes] = bracket;
            }
        }
    }
    (changed != text).then_some(changed)
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    position(text, part).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> Vec<String> {
        names(text.as_bytes()).files.into_iter().map(|name| String::from_utf8(name).unwrap()).collect()
    }

    #[test]
    fn names_are_found_however_they_are_written() {
        for text in [
            "#include \"a.h\"",
            "  #  include <a.h> // why",
            "#include/**/\"a.h\"",
            "/* b.h */ # /**/ include /* long\n */ <a.h>",
            "#inc\\\nlude \"a.h\"",
            "#include \\ \r\n  \"a\\\n.h\"",
            "%:include <a.h>",
            "??=include <a.h>",
            "#inc??/\nlude <a.h>",
            "#include_next <a.h>",
            "#import <a.h>",
            "#embed \"a.h\" limit(4)",
            "#if defined(X) && __has_include(\"a.h\")",
            "#elif __has_include_next ( <a.h> )",
            "#if __has_embed(\"a.h\")",
            "#error don't /* here \n#include \"a.h\" // */",
            "char *s = \"/*\";\n#include <a.h>",
        ] {
            assert_eq!(files(text), ["a.h"], "{text}");
        }
        assert_eq!(files("#include <a//b.h>\n#if 0\n#include \"c.h\"\n#endif"), ["a//b.h", "c.h"]);
        assert_eq!(names(b"kernel void k() {} // \\ ??"), Names::default());
    }

    #[test]
    fn names_that_are_computed_are_told_of_with_what_they_may_be() {
        let found = names(b"#define A \"a.h\"\n#define B <b.h>\n#include A\n");
        assert!(found.computed && found.files.is_empty());
        assert_eq!(found.defined.into_iter().collect::<Vec<_>>(), [b"a.h", b"b.h"]);
        assert!(names(b"#if __has_include(A)").computed && !names(b"#include \"unclosed").computed);
    }

    #[test]
    fn absolute_names_become_relative_and_lines_keep_their_length() {
        let text = b"#include \"/a/b.h\"\n# include <//c.h>\n#include \"/gone.h\"\nx = \"/a/b.h2\";";
        let changed = with_relative_names(text, |name| name != b"/gone.h").unwrap();
        let wanted = "#include  \"a/b.h\"\n# include   <c.h>\n#include \"/gone.h\"\nx = \"/a/b.h2\";";
        assert_eq!(String::from_utf8(changed).unwrap(), wanted);
        assert_eq!(with_relative_names(b"#include \"a/b.h\"", |_| true), None);
    }
}
