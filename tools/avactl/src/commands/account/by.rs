//! What is added up, and how it is called.

use ava_protocol::admin;
use clap::ValueEnum;
use serde::Serialize;

/// What sessions are grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// Tenants
    Tenant,
    /// Users
    User,
    /// Control groups of programs: containers, jobs, services
    Cgroup,
    /// Names of programs
    Program,
    /// Devices
    Device,
    /// APIs
    Api,
    /// Each session alone
    Session,
    /// Functions of the APIs: how often they were called
    Function,
    /// Kernels: how often they were launched
    Kernel,
}

impl By {
    /// The title of a column of their names.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Tenant => "TENANT",
            Self::User => "USER",
            Self::Cgroup => "CGROUP",
            Self::Program => "PROGRAM",
            Self::Device => "DEVICE",
            Self::Api => "API",
            Self::Session => "SESSION",
            Self::Function => "FUNCTION",
            Self::Kernel => "KERNEL",
        }
    }

    /// Whether it is how often something was done, and nothing else.
    pub const fn is_of_counts(self) -> bool {
        matches!(self, Self::Function | Self::Kernel)
    }
}

impl From<By> for admin::By {
    fn from(by: By) -> Self {
        match by {
            By::Tenant => Self::Tenant,
            By::User => Self::User,
            By::Cgroup => Self::Cgroup,
            By::Program => Self::Program,
            By::Device => Self::Device,
            By::Api => Self::Api,
            By::Session => Self::Session,
            By::Function => Self::Function,
            By::Kernel => Self::Kernel,
        }
    }
}

/// The name of so many groups.
pub fn shown_name(name: &str, groups: u64) -> String {
    match name {
        "" if groups > 1 => format!("({groups} others)"),
        "" => "-".to_owned(),
        name => name.to_owned(),
    }
}

/// A text among comma-separated values.
pub fn quoted(text: &str) -> String {
    let is_plain = !text.contains([',', '"', '\n', '\r']);
    if is_plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_a_line_of_values() {
        assert_eq!([quoted("a"), quoted("a,\"b\"\n"), quoted("")], ["a", "\"a,\"\"b\"\"\n\"", ""]);
    }
}
