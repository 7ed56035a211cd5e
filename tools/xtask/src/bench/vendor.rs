//! The OpenCL implementations that `tools/setup` installs.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::ValueEnum;

use super::results::Skipped;

/// An implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vendor {
    Pocl,
    Intel,
}

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// PoCL of the distribution
    Pocl,
    /// Intel's runtime for CPUs
    Intel,
    /// Those that are installed
    All,
}

impl Vendor {
    /// Those of the choice that are there, and what to say of the others.
    pub fn present(choice: Choice) -> Result<(Vec<Self>, Vec<Skipped>)> {
        let wanted = match choice {
            Choice::Pocl => vec![Self::Pocl],
            Choice::Intel => vec![Self::Intel],
            Choice::All => vec![Self::Pocl, Self::Intel],
        };
        let (present, missing): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|v| v.registration().exists());
        let why = |vendor: Self| format!("{} is not there; tools/setup installs it", vendor.registration().display());
        let missing: Vec<_> =
            missing.into_iter().map(|vendor| Skipped { name: vendor.name().to_owned(), why: why(vendor) }).collect();
        let reasons = missing.iter().map(|skipped| format!("{}: {}", skipped.name, skipped.why)).collect::<Vec<_>>();
        ensure!(!present.is_empty(), "there is no OpenCL implementation to measure\n{}", reasons.join("\n"));
        Ok((present, missing))
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Pocl => "pocl",
            Self::Intel => "intel",
        }
    }

    /// What `OCL_ICD_VENDORS` names.
    pub fn registration(self) -> PathBuf {
        match self {
            Self::Pocl => PathBuf::from("/etc/OpenCL/vendors/pocl.icd"),
            Self::Intel => cache().join("intel/lib/libintelocl.so"),
        }
    }

    /// The directory of its libraries, if the system does not know it.
    pub fn libraries(self) -> Option<PathBuf> {
        match self {
            Self::Pocl => None,
            Self::Intel => self.registration().parent().map(Path::to_owned),
        }
    }
}

/// Where `tools/setup` puts what is not from the distribution.
pub fn cache() -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("AVA_TESTS_CACHE").unwrap_or_else(|| {
        let home = || named("HOME").unwrap_or_default().join(".cache");
        named("XDG_CACHE_HOME").unwrap_or_else(home).join("ava-tests")
    })
}
