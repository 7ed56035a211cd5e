//! The vendor libraries that the tests compare AvA with; `tools/setup` installs both.

use std::path::{Path, PathBuf};

/// A vendor library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vendor {
    /// PoCL of the distribution: OpenCL 3.0 on the CPU.
    Pocl,
    /// Intel's runtime for CPUs: stricter than PoCL, and newer.
    Intel,
}

impl Vendor {
    /// What `OCL_ICD_VENDORS` names: PoCL's registration, or Intel's library itself.
    ///
    /// # Panics
    /// If it is not installed.
    #[must_use]
    pub fn registration(self) -> PathBuf {
        present(match self {
            Self::Pocl => PathBuf::from("/etc/OpenCL/vendors/pocl.icd"),
            Self::Intel => cache().join("intel/lib/libintelocl.so"),
        })
    }

    /// The directory its libraries are in, if the system does not know it.
    #[must_use]
    pub fn library_directory(self) -> Option<PathBuf> {
        match self {
            Self::Pocl => None,
            Self::Intel => self.registration().parent().map(Path::to_owned),
        }
    }
}

/// The Python that has `pyopencl` and the rest.
///
/// # Panics
/// If it is not installed.
#[must_use]
pub fn python() -> PathBuf {
    present(cache().join("python/bin/python"))
}

/// The tests in pyopencl's source distribution.
///
/// # Panics
/// If it is not installed.
#[must_use]
pub fn pyopencl_tests() -> PathBuf {
    present(cache().join("python/pyopencl/test"))
}

/// Where `tools/setup` puts what is not from the distribution.
fn cache() -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("AVA_TESTS_CACHE").unwrap_or_else(|| {
        let home = || named("HOME").expect("HOME is set").join(".cache");
        named("XDG_CACHE_HOME").unwrap_or_else(home).join("ava-tests")
    })
}

fn present(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is missing: tools/setup test", path.display());
    path
}
