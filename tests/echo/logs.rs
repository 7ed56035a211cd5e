//! The vendor's log against the driver's.

use std::collections::HashMap;

/// Each side counts handles for itself: which of one stands for which of the other is found on the way, and has to stay so.
pub struct Logs<'a> {
    /// What the vendor may see more often than the driver has written down.
    asked: &'a [&'a str],
    there: HashMap<String, String>,
    back: HashMap<String, String>,
}

impl<'a> Logs<'a> {
    pub fn new(asked: &'a [&'a str]) -> Self {
        Self { asked, there: HashMap::new(), back: HashMap::new() }
    }

    /// The driver's lines that the vendor's do not have in their places, and the vendor's that are too many.
    pub fn differences(&mut self, vendor: &[&str], driver: &[&str]) -> Vec<String> {
        let mut differences = Vec::new();
        let mut rest = vendor.iter().copied();
        for line in driver {
            loop {
                match rest.next() {
                    Some(seen) if self.is_same(seen, line) => break,
                    Some(seen) if self.may_be_more(seen) => {}
                    seen => {
                        differences.push(format!("passed {line}\n  seen {}", seen.unwrap_or("nothing")));
                        break;
                    }
                }
            }
        }
        let more: Vec<_> = rest.filter(|seen| !self.may_be_more(seen)).collect();
        differences.extend(more.iter().map(|seen| format!("seen, and not passed:\n  {seen}")));
        differences
    }

    fn may_be_more(&self, line: &str) -> bool {
        self.asked.contains(&function(line))
    }

    /// Whether two lines say the same; if so, their handles stand for each other from now on.
    fn is_same(&mut self, vendor: &str, driver: &str) -> bool {
        if function(vendor) != function(driver) {
            return false;
        }
        let (fields, other) = (vendor.split(' '), driver.split(' '));
        if fields.clone().count() != other.clone().count() {
            return false;
        }
        let mut met = Vec::new();
        let same = fields.zip(other).all(|(a, b)| self.is_same_field(a, b, &mut met));
        if same {
            for (a, b) in met {
                self.there.insert(a.to_owned(), b.to_owned());
                self.back.insert(b.to_owned(), a.to_owned());
            }
        }
        same
    }

    fn is_same_field<'b>(&self, a: &'b str, b: &'b str, met: &mut Vec<(&'b str, &'b str)>) -> bool {
        if a == b && !a.contains('#') {
            return true;
        }
        let (Some((name, a)), Some((other, b))) = (a.split_once('='), b.split_once('=')) else { return false };
        if name != other {
            return false;
        }
        let words = |text: &'b str| text.split(['[', ']', ',', ';', ':', '{', '}', '+']);
        let same_length = || words(a).count() == words(b).count();
        a == "*" || b == "*" || same_length() && words(a).zip(words(b)).all(|(a, b)| self.is_same_word(a, b, met))
    }

    fn is_same_word<'b>(&self, a: &'b str, b: &'b str, met: &mut Vec<(&'b str, &'b str)>) -> bool {
        let (Some((kind, _)), Some((other, _))) = (a.split_once('#'), b.split_once('#')) else { return a == b };
        let known = (self.there.get(a).map(String::as_str), self.back.get(b).map(String::as_str));
        kind == other
            && match known {
                (Some(known), Some(back)) => known == b && back == a,
                (None, None) => {
                    let fits = met.iter().all(|(x, y)| (*x == a) == (*y == b));
                    if fits && !met.contains(&(a, b)) {
                        met.push((a, b));
                    }
                    fits
                }
                _ => false,
            }
    }
}

/// The function of a line.
pub fn function(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

/// The first of many, cut to a readable length.
pub fn shown<S: AsRef<str>>(lines: &[S]) -> String {
    let cut = |line: &S| {
        line.as_ref().split('\n').map(|l| l.chars().take(500).collect::<String>()).collect::<Vec<_>>().join("\n")
    };
    let first: Vec<_> = lines.iter().take(20).map(cut).collect();
    format!("{} differences, the first of them:\n{}", lines.len(), first.join("\n"))
}
