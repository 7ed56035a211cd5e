//! Patterns in which `*` stands for any text.

/// A pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    /// The texts between the stars: at least one.
    parts: Vec<String>,
}

/// Characters that other pattern languages use, and this one does not.
const RESERVED: &[char] = &['?', '[', ']', '{', '}', '\\'];

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn new(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("an empty pattern matches nothing".to_owned());
        }
        if let Some(reserved) = text.chars().find(|one| RESERVED.contains(one) || one.is_control()) {
            return Err(format!("{reserved:?} in a pattern: only `*` has a meaning, any text"));
        }
        Ok(Self { parts: text.split('*').map(str::to_owned).collect() })
    }

    /// Whether it matches the whole text.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        let (first, rest) = self.parts.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
        let Some((last, middle)) = rest.split_last() else { return text == first };
        // The first place for each part is the best one: it leaves most of the text to the others. So nothing is tried twice.
        let rest = text.strip_prefix(first);
        let rest = middle.iter().try_fold(rest, |rest, part| {
            let rest = rest?;
            Some(rest.find(part.as_str()).map(|at| &rest[at + part.len()..]))
        });
        rest.flatten().is_some_and(|rest| rest.ends_with(last.as_str()))
    }
}

impl std::fmt::Display for Glob {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.parts.join("*"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Glob::new(pattern).unwrap().matches(text)
    }

    #[test]
    fn a_star_is_any_text_and_the_rest_is_itself() {
        assert!(matches("/a/b", "/a/b") && !matches("/a/b", "/a/bc") && !matches("/a/b", "x/a/b"));
        assert!(matches("/docker/*", "/docker/ab/c") && !matches("/docker/*", "/docker"));
        assert!(matches("*job_7*", "/slurm/job_7") && matches("*job_7*", "job_7") && !matches("*job_7*", "job_8"));
        assert!(matches("a*b", "ab") && matches("a*b", "a-b-b") && !matches("ab*ba", "aba"));
        assert!(matches("*", "") && matches("**", "x") && matches("*größe*", "die größe ist"));
        assert_eq!(Glob::new("a*b**").unwrap().to_string(), "a*b**");
    }

    #[test]
    fn what_other_patterns_mean_is_refused() {
        for pattern in ["", "a?", "[ab]", "{a,b}", "a\\*", "a\nb"] {
            assert!(Glob::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn agrees_with_trying_everything() {
        fn slow(pattern: &[u8], text: &[u8]) -> bool {
            match (pattern.split_first(), text.split_first()) {
                (None, rest) => rest.is_none(),
                (Some((b'*', after)), rest) => slow(after, text) || rest.is_some_and(|(_, text)| slow(pattern, text)),
                (Some((one, after)), Some((other, rest))) => one == other && slow(after, rest),
                (Some(_), None) => false,
            }
        }
        let words = |letters: &[u8], length: usize| {
            let mut all: Vec<Vec<u8>> = vec![Vec::new()];
            for from in 0.. {
                let Some(word) = all.get(from).filter(|word| word.len() < length).cloned() else { break };
                all.extend(letters.iter().map(|letter| [word.as_slice(), &[*letter]].concat()));
            }
            all.into_iter().map(|word| String::from_utf8(word).unwrap()).collect::<Vec<_>>()
        };
        let texts = words(b"ab", 5);
        for pattern in words(b"ab*", 5).into_iter().filter(|pattern| !pattern.is_empty()) {
            let glob = Glob::new(&pattern).unwrap();
            for text in &texts {
                assert_eq!(glob.matches(text), slow(pattern.as_bytes(), text.as_bytes()), "{pattern} {text}");
            }
        }
    }

    #[test]
    fn no_pattern_takes_long() {
        // To try everything would take longer than the universe lasts, and so would this test.
        let (pattern, text) = ("a*".repeat(2000) + "b", "a".repeat(4000));
        assert!(!matches(&pattern, &text));
    }
}
