//! The OpenCL implementations that `tools/setup` installs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use clap::ValueEnum;

/// An implementation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Vendor {
    /// PoCL of the distribution
    Pocl,
    /// Intel's runtime for CPUs
    Intel,
}

impl Vendor {
    /// Those that are there, or `only` one; says how to get the others.
    pub fn present(only: Option<Self>) -> Result<Vec<Self>> {
        let wanted = only.map_or_else(|| vec![Self::Pocl, Self::Intel], |one| vec![one]);
        let (present, missing): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|v| v.registration().exists());
        for vendor in missing {
            eprintln!(
                "xtask: {} is not there ({}); tools/setup installs it",
                vendor.name(),
                vendor.registration().display()
            );
        }
        ensure!(!present.is_empty(), "there is no OpenCL implementation to measure");
        Ok(present)
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

    /// The program on the implementation itself.
    pub fn natively(self, mut program: Command, place: &Path) -> Command {
        program.env("OCL_ICD_VENDORS", self.registration()).env("POCL_CACHE_DIR", place.join("native"));
        if let Some(libraries) = self.libraries() {
            program.env("LD_LIBRARY_PATH", libraries);
        }
        program
    }
}

/// Where `tools/setup` puts what is not from the distribution.
fn cache() -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("AVA_TESTS_CACHE").unwrap_or_else(|| {
        let home = || named("HOME").unwrap_or_default().join(".cache");
        named("XDG_CACHE_HOME").unwrap_or_else(home).join("ava-tests")
    })
}
