//! Cleans text from tenants and workers for logs and terminals.

use ava_protocol::session::clip;

/// `text` on one line without control characters, at most `limit` bytes.
///
/// A tenant's text may be shown on an administrator's terminal, which interprets escape sequences.
pub fn clean(text: &str, limit: usize) -> String {
    let visible: String =
        clip(text, limit).chars().map(|character| if hides(character) { '?' } else { character }).collect();
    visible
}

/// Control characters, and characters that reorder or hide others.
fn hides(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::clean;

    #[test]
    fn nothing_that_a_terminal_obeys_is_left() {
        assert_eq!(clean("a\u{1b}[31mb\nc\u{202e}d", 99), "a?[31mb?c?d");
        assert_eq!(clean("größer", 4), "grö");
    }
}
