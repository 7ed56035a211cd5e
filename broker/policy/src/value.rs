//! Values, and the words that they are written in.

use ava_protocol::api::APIS;
use ava_protocol::glob::Glob;

use crate::problem::nearest;

/// The kind of a key's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A number between these.
    Count(u64, u64),
    /// A part of a whole: `25%`.
    Percent,
    /// A number of bytes, at least this many: `4G`.
    Size(u64),
    /// A duration: `10s`.
    Time,
    /// One of these words.
    Word(&'static [&'static str]),
    /// APIs, by their tables' names.
    Apis,
    /// Patterns of what devices are known by.
    Patterns,
    /// Absolute paths, possibly none.
    Paths,
}

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Count(u64),
    Percent(u64),
    Bytes(u64),
    Milliseconds(u64),
    Word(&'static str),
    List(Vec<String>),
}

/// What a file or a command line says, before its meaning is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Raw<'a> {
    Number(u64),
    Text(&'a str),
    List(Vec<&'a str>),
}

/// The units of sizes, and of times in milliseconds.
const SIZES: [(&str, u64); 5] = [("T", 1 << 40), ("G", 1 << 30), ("M", 1 << 20), ("K", 1 << 10), ("", 1)];
const TIMES: [(&str, u64); 4] = [("ms", 1), ("h", 3_600_000), ("m", 60_000), ("s", 1000)];
/// The longest text in a value, in bytes.
const LONGEST: usize = 4096;
/// The most entries of a list.
const MOST: usize = 64;

impl Kind {
    /// Reads a value of this kind.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(self, raw: &Raw<'_>) -> Result<Value, String> {
        let wrong = || Err(format!("this must be {}", self.means()));
        match (self, raw) {
            (Self::Count(least, most), Raw::Number(number)) if (least..=most).contains(number) => {
                Ok(Value::Count(*number))
            }
            (Self::Size(least), Raw::Number(bytes)) if *bytes >= least => Ok(Value::Bytes(*bytes)),
            (Self::Size(least), Raw::Text(text)) => match with_unit(text, &SIZES) {
                Some(bytes) if bytes >= least => Ok(Value::Bytes(bytes)),
                _ => wrong(),
            },
            (Self::Percent, Raw::Text(text)) => match text.strip_suffix('%').and_then(digits) {
                Some(percent @ 1..=100) => Ok(Value::Percent(percent)),
                _ => wrong(),
            },
            (Self::Time, Raw::Text(text)) => match with_unit(text, &TIMES) {
                Some(time) if time > 0 => Ok(Value::Milliseconds(time)),
                _ => wrong(),
            },
            (Self::Word(words), Raw::Text(text)) => match words.iter().find(|word| *word == text) {
                Some(word) => Ok(Value::Word(word)),
                None => Err(format!("{text:?} is not {}{}", self.means(), nearest(text, words.iter().copied()))),
            },
            (Self::Apis | Self::Patterns | Self::Paths, Raw::Text(one)) => self.list(&[one]),
            (Self::Apis | Self::Patterns | Self::Paths, Raw::List(all)) => self.list(all),
            _ => wrong(),
        }
    }

    /// Reads a value as it stands on a command line: lists have commas.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read_word(self, word: &str) -> Result<Value, String> {
        match self {
            Self::Count(..) => self.read(&digits(word).map_or(Raw::Text(word), Raw::Number)),
            Self::Apis | Self::Patterns | Self::Paths => {
                self.list(&word.split(',').filter(|one| !one.is_empty()).collect::<Vec<_>>())
            }
            _ => self.read(&Raw::Text(word)),
        }
    }

    fn list(self, all: &[&str]) -> Result<Value, String> {
        if all.is_empty() && self != Self::Paths {
            return Err("an empty list allows nothing; to refuse sessions, say `sessions = 0`".to_owned());
        }
        if all.len() > MOST {
            return Err(format!("{} entries, and {MOST} is the limit", all.len()));
        }
        let known = || APIS.iter().map(|api| api.name);
        for one in all {
            if one.is_empty() || one.len() > LONGEST || one.contains(|one: char| one.is_control() || one == ',') {
                return Err("an entry is empty or too long, or has a comma or a control character".to_owned());
            }
            if self == Self::Paths && (!one.starts_with('/') || one.contains(':')) {
                return Err(format!("{one:?} is not an absolute path without colons"));
            }
            if self == Self::Patterns {
                Glob::new(one)?;
            }
            if self == Self::Apis && !known().any(|api| api == *one) {
                let names: Vec<_> = known().collect();
                return Err(format!("{one:?} is no API: there are {}{}", names.join(", "), nearest(one, known())));
            }
        }
        Ok(Value::List(all.iter().map(|one| (*one).to_owned()).collect()))
    }

    /// Its values, in words.
    pub fn means(self) -> String {
        match self {
            Self::Count(least, u64::MAX) => format!("a number from {least}"),
            Self::Count(least, most) => format!("a number from {least} to {most}"),
            Self::Percent => "a percentage from \"1%\" to \"100%\"".to_owned(),
            Self::Size(least) => {
                format!(
                    "a number of bytes, or a text with K, M, G or T, such as \"4G\", at least {}",
                    Value::Bytes(least)
                )
            }
            Self::Time => "a time such as \"10s\", \"500ms\", \"5m\" or \"1h\"".to_owned(),
            Self::Word(words) => format!("one of {}", words.join(", ")),
            Self::Apis => "a list of APIs".to_owned(),
            Self::Patterns => "a list of patterns, in which `*` is any text".to_owned(),
            Self::Paths => "a list of absolute paths".to_owned(),
        }
    }
}

/// A number with one of these units.
fn with_unit(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, unit) = units.iter().find_map(|(unit, of)| Some((digits(text.strip_suffix(unit)?)?, *of)))?;
    number.checked_mul(unit)
}

/// A number of digits only: no sign, no space.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

impl std::fmt::Display for Value {
    /// In words that [`Kind::read_word`] reads.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let in_units = |f: &mut std::fmt::Formatter<'_>, amount: u64, units: &[(&str, u64)]| {
            let fits = |(_, of): &&(&str, u64)| amount >= *of && amount.is_multiple_of(*of);
            let (unit, of) = units.iter().filter(fits).max_by_key(|(_, of)| *of).unwrap_or(&("", 1));
            write!(f, "{}{unit}", amount / of)
        };
        match self {
            Self::Count(number) => write!(f, "{number}"),
            Self::Percent(percent) => write!(f, "{percent}%"),
            Self::Bytes(bytes) => in_units(f, *bytes, &SIZES),
            Self::Milliseconds(time) => in_units(f, *time, &TIMES),
            Self::Word(word) => f.write_str(word),
            Self::List(all) => f.write_str(&all.join(",")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_and_written_in_the_same_words() {
        let cases = [
            (Kind::Count(1, 10), "7", Value::Count(7)),
            (Kind::Percent, "25%", Value::Percent(25)),
            (Kind::Size(1), "4G", Value::Bytes(4 << 30)),
            (Kind::Size(1), "1000", Value::Bytes(1000)),
            (Kind::Size(1), "1536K", Value::Bytes(1536 << 10)),
            (Kind::Time, "10s", Value::Milliseconds(10_000)),
            (Kind::Time, "1500ms", Value::Milliseconds(1500)),
            (Kind::Time, "2h", Value::Milliseconds(7_200_000)),
            (Kind::Word(&["high", "low"]), "low", Value::Word("low")),
            (Kind::Apis, "opencl", Value::List(vec!["opencl".into()])),
            (Kind::Patterns, "a b,c", Value::List(vec!["a b".into(), "c".into()])),
            (Kind::Paths, "", Value::List(vec![])),
        ];
        for (kind, word, value) in cases {
            assert_eq!(kind.read_word(word).as_ref(), Ok(&value), "{word}");
            assert_eq!(value.to_string(), word);
        }
    }

    #[test]
    fn impossible_values_are_refused() {
        let cases: [(Kind, &[&str]); 8] = [
            (Kind::Count(1, 10), &["0", "11", "", "+1", "-1", "1.5", "x", "99999999999999999999999"]),
            (Kind::Percent, &["0%", "101%", "25", "%", "2.5%", " 5%"]),
            (Kind::Size(1 << 20), &["0", "1K", "4g", "4GB", "-4G", "99999999999T", "G"]),
            (Kind::Time, &["0s", "10", "10sec", "-1s", "s", "9999999999999999999h"]),
            (Kind::Word(&["high"]), &["", "High", "low"]),
            (Kind::Apis, &["", "opengl"]),
            (Kind::Paths, &["a.so", "/a:/b"]),
            (Kind::Patterns, &["", "opencl:?"]),
        ];
        for (kind, words) in cases {
            for word in words {
                assert!(kind.read_word(word).is_err(), "{kind:?} {word}");
            }
        }
        assert!(Kind::Patterns.read(&Raw::List(vec!["x"; MOST + 1])).is_err());
        assert!(Kind::Patterns.read(&Raw::List(vec!["a\u{1b}[2J"])).is_err());
        let said = Kind::Apis.read_word("opencI").unwrap_err();
        assert!(said.ends_with("did you mean \"opencl\"?"), "{said}");
    }
}
