//! Names of instructions: an opcode and modifiers, each of which has to be understood.

use crate::ptx::syntax::Type;

/// What an instruction's name has that is not known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unknown(pub String);

pub type Known<T> = Result<T, Unknown>;

/// `add.rn.ftz.f32`: what is understood is taken off.
pub struct Name<'a> {
    pub opcode: &'a str,
    rest: Vec<&'a str>,
}

impl<'a> Name<'a> {
    pub fn new(name: &'a str) -> Self {
        let mut parts = name.split('.');
        Self { opcode: parts.next().unwrap_or_default(), rest: parts.collect() }
    }

    pub fn has(&self, modifier: &str) -> bool {
        self.rest.contains(&modifier)
    }

    /// Takes a modifier off; whether it was there.
    pub fn take(&mut self, modifier: &str) -> bool {
        let at = self.rest.iter().position(|part| *part == modifier);
        at.map(|at| self.rest.remove(at)).is_some()
    }

    /// Takes off the first modifier that is one of some.
    pub fn one_of<T: Copy>(&mut self, choices: &[(&str, T)]) -> Option<T> {
        let (at, value) = self
            .rest
            .iter()
            .enumerate()
            .find_map(|(at, part)| choices.iter().find(|(name, _)| name == part).map(|(_, value)| (at, *value)))?;
        self.rest.remove(at);
        Some(value)
    }

    /// Takes off all modifiers that begin so.
    pub fn ignore(&mut self, prefixes: &[&str]) {
        self.rest.retain(|part| !prefixes.iter().any(|prefix| part.starts_with(prefix)));
    }

    /// Takes off the type that is last.
    pub fn kind(&mut self) -> Known<Type> {
        let last = self.rest.pop().ok_or_else(|| Unknown("a type is missing".into()))?;
        Type::of(last).ok_or_else(|| Unknown(format!(".{last} is no known type")))
    }

    /// Whether nothing is left that was not understood.
    pub fn end(&self) -> Known<()> {
        match self.rest.first() {
            None => Ok(()),
            Some(part) => Err(Unknown(format!(".{part} is not known of {}", self.opcode))),
        }
    }

    /// The instruction is not of this type.
    pub fn refuse<T>(&self, kind: Type) -> Known<T> {
        Err(Unknown(format!("{} of .{} is not known", self.opcode, format!("{kind:?}").to_lowercase())))
    }
}
