//! The vendor libraries that `tools/setup` installs.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use clap::ValueEnum;

use super::build::Built;
use super::results::Skipped;
use crate::repository::{root, run};

/// A vendor library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vendor {
    Pocl,
    Intel,
    SoftHsm,
    TfLite,
    SoftCuda,
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
    /// The software device, for CUDA
    Softcuda,
    /// Those that are installed
    All,
}

impl Vendor {
    pub const ALL: [Self; 5] = [Self::Pocl, Self::Intel, Self::SoftHsm, Self::TfLite, Self::SoftCuda];

    /// Those of the choice that are there and `needed`, and what to say of the others.
    pub fn present(choice: Choice, needed: impl Fn(Self) -> bool) -> Result<(Vec<Self>, Vec<Skipped>)> {
        let mut wanted = match choice {
            Choice::Pocl => vec![Self::Pocl],
            Choice::Intel => vec![Self::Intel],
            Choice::Softhsm => vec![Self::SoftHsm],
            Choice::Tflite => vec![Self::TfLite],
            Choice::Softcuda => vec![Self::SoftCuda],
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
            Self::SoftCuda => "softcuda",
        }
    }

    /// Its library, or of PoCL its registration; of the software device, which is built here, CUDA's header.
    pub fn file(self) -> PathBuf {
        match self {
            Self::Pocl => PathBuf::from("/etc/OpenCL/vendors/pocl.icd"),
            Self::Intel => cache().join("intel/lib/libintelocl.so"),
            Self::SoftHsm => PathBuf::from("/usr/lib/softhsm/libsofthsm2.so"),
            Self::TfLite => cache().join("tflite/2.17/libtensorflowlite_c.so"),
            Self::SoftCuda => cache().join("cuda/13.0/include/cuda.h"),
        }
    }

    /// The variable of the environment without which it finds nothing, and what it is to name. A token is made in `place`.
    pub fn needs(self, place: &Path) -> Result<(&'static str, PathBuf)> {
        match self {
            Self::Pocl | Self::Intel => return Ok(("OCL_ICD_VENDORS", self.file())),
            // It needs nothing: these are the program's, and no side goes without.
            Self::TfLite | Self::SoftCuda => return Ok(("AVA_BENCH_VENDOR", self.file())),
            Self::SoftHsm => {}
        }
        let store = place.join("store");
        run(Command::new("sh").arg(root().join("tests/pkcs11/token.sh")).arg(&store))?;
        Ok(("SOFTHSM2_CONF", store.join("softhsm2.conf")))
    }

    /// The directory of its libraries, if neither the system nor the table knows it. One that is built here is put into `place`.
    pub fn libraries(self, built: &Built, place: &Path) -> Result<Option<PathBuf>> {
        match self {
            Self::Pocl | Self::SoftHsm => Ok(None),
            Self::Intel | Self::TfLite => Ok(self.file().parent().map(Path::to_owned)),
            Self::SoftCuda => {
                let folder = place.join("driver");
                std::fs::create_dir_all(&folder)?;
                std::os::unix::fs::symlink(built.file("libsoftcuda.so"), folder.join("libcuda.so.1"))?;
                Ok(Some(folder))
            }
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
