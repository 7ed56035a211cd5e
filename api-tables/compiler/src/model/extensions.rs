//! Extensions of an API, and their versions.

use std::fmt;

/// A version such as `"0.9.5"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    pub major: u32,
    pub minor: u32,
    pub patch: u32,
}

impl Version {
    /// One of up to three numbers with points between.
    pub fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('.').map(|number| number.parse().ok());
        let version = Self {
            major: numbers.next()??,
            minor: numbers.next().unwrap_or(Some(0))?,
            patch: numbers.next().unwrap_or(Some(0))?,
        };
        numbers.next().is_none().then_some(version)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// An extension that crosses.
#[derive(Debug)]
pub struct Extension {
    pub name: String,
    /// `"cl_khr_command_buffer" = "0.9.0".."2.0.0"`: the versions that the table describes, from the first to below the
    /// last, where it is not all of them.
    pub known: Option<(Version, Version)>,
}

/// Extensions that do not cross.
#[derive(Debug)]
pub struct Masked {
    pub why: String,
    pub names: Vec<String>,
}
