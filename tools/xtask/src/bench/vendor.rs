//! The vendor libraries that `tools/setup` installs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use clap::ValueEnum;

use super::results::Skipped;
use crate::repository::{root, run};

/// A vendor library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vendor {
    Pocl,
    Intel,
    SoftHsm,
    TfLite,
}

/// Which of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Choice {
    /// PoCL of the distribution
    Pocl,
    /// Intel's runtime for CPUs
    Intel,
    /// SoftHSM, for PKCS#11
    Softhsm,
    /// TensorFlow Lite 2.17
    Tflite,
    /// Those that are installed
    All,
}

impl Vendor {
    pub const ALL: [Self; 4] = [Self::Pocl, Self::Intel, Self::SoftHsm, Self::TfLite];

    /// Those of the choice that are there and `needed`, and what to say of the others.
    pub fn present(choice: Choice, needed: impl Fn(Self) -> bool) -> Result<(Vec<Self>, Vec<Skipped>)> {
        let mut wanted = match choice {
            Choice::Pocl => vec![Self::Pocl],
            Choice::Intel => vec![Self::Intel],
            Choice::Softhsm => vec![Self::SoftHsm],
            Choice::Tflite => vec![Self::TfLite],
            Choice::All => Self::ALL.to_vec(),
        };
        wanted.retain(|vendor| needed(*vendor));
        ensure!(!wanted.is_empty(), "nothing that is to be measured runs on this vendor's library");
        let (present, missing): (Vec<_>, Vec<_>) = wanted.into_iter().partition(|v| v.file().exists());
        let why = |vendor: Self| format!("{} is not there; tools/setup installs it", vendor.file().display());
        let missing: Vec<_> =
            missing.into_iter().map(|vendor| Skipped { name: vendor.name().to_owned(), why: why(vendor) }).collect();
        let reasons = missing.iter().map(|skipped| format!("{}: {}", skipped.name, skipped.why)).collect::<Vec<_>>();
        ensure!(!present.is_empty(), "there is no vendor library to measure\n{}", reasons.join("\n"));
        Ok((present, missing))
    }

    pub fn is_opencl(self) -> bool {
        matches!(self, Self::Pocl | Self::Intel)
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Pocl => "pocl",
            Self::Intel => "intel",
            Self::SoftHsm => "softhsm",
            Self::TfLite => "tflite",
        }
    }

    /// Its library, or of PoCL its registration.
    pub fn file(self) -> PathBuf {
        match self {
            Self::Pocl => PathBuf::from("/etc/OpenCL/vendors/pocl.icd"),
            Self::Intel => cache().join("intel/lib/libintelocl.so"),
            Self::SoftHsm => PathBuf::from("/usr/lib/softhsm/libsofthsm2.so"),
            Self::TfLite => cache().join("tflite/2.17/libtensorflowlite_c.so"),
        }
    }

    /// The variable of the environment without which it finds nothing, and what it is to name. A token is made in `place`.
    pub fn needs(self, place: &Path) -> Result<(&'static str, PathBuf)> {
        match self {
            Self::Pocl | Self::Intel => return Ok(("OCL_ICD_VENDORS", self.file())),
            // It needs nothing: these are the program's, and no side goes without.
            Self::TfLite => return Ok(("AVA_BENCH_VENDOR", self.file())),
            Self::SoftHsm => {}
        }
        let store = place.join("store");
        run(Command::new("sh").arg(root().join("tests/pkcs11/token.sh")).arg(&store))?;
        Ok(("SOFTHSM2_CONF", store.join("softhsm2.conf")))
    }

    /// The directory of its libraries, if neither the system nor the table knows it.
    pub fn libraries(self) -> Option<PathBuf> {
        match self {
            Self::Pocl | Self::SoftHsm => None,
            Self::Intel | Self::TfLite => self.file().parent().map(Path::to_owned),
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
