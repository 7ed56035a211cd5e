//! The vendor libraries that the tests compare AvA with; `tools/setup` installs all.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::built;

/// A vendor library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Vendor {
    /// PoCL of the distribution: OpenCL 3.0 on the CPU.
    Pocl,
    /// Intel's runtime for CPUs: stricter than PoCL, and newer.
    Intel,
    /// Both of these, each a platform of its own.
    Both,
    /// `SoftHSM`: PKCS#11 with a store in files.
    SoftHsm,
    /// The same with its default settings: a forked child continues with its parent's state.
    SoftHsmForking,
    /// The software device of `tests/softcuda`, as a CUDA driver, and `tests/softnvml` with it.
    SoftCuda,
}

/// The environment variable that configures a vendor library, and its values.
#[derive(Debug)]
pub(crate) struct Needed {
    pub(crate) variable: &'static str,
    /// For programs that run natively.
    pub(crate) natively: PathBuf,
    /// For programs that run through AvA, whose workers get it from them, and for the broker. For a driver it names nothing
    /// that exists natively: all results come from AvA.
    pub(crate) in_worker: PathBuf,
    /// A library folder for workers that native programs do not search.
    pub(crate) libraries: Option<OsString>,
}

impl Vendor {
    /// The vendor's variables; `place` gets two copies of the files that the library writes.
    ///
    /// # Panics
    /// If it is not installed.
    #[must_use]
    pub(crate) fn needed(self, place: &Path) -> Needed {
        let opencl = |natively: PathBuf, in_worker: PathBuf, drivers: &[&Path]| {
            let folders = drivers.iter().map(|driver| driver.with_file_name(""));
            let libraries = std::env::join_paths(folders).expect("folders without colons");
            Needed { variable: "OCL_ICD_VENDORS", natively, in_worker, libraries: Some(libraries) }
        };
        let named = |driver: &Path| PathBuf::from(driver.file_name().expect("a file has a name"));
        match self {
            Self::Pocl => {
                let driver = driver(place);
                opencl(pocl(), named(&driver), &[&driver])
            }
            Self::Intel => opencl(intel(), named(&intel()), &[&intel()]),
            Self::Both => {
                let driver = driver(place);
                let natively = both(
                    &place.join("vendors"),
                    Path::new(fs::read_to_string(pocl()).expect("PoCL's registration").trim()),
                    &intel(),
                );
                opencl(natively, both(&place.join("drivers"), &named(&driver), &named(&intel())), &[&driver, &intel()])
            }
            Self::SoftHsm | Self::SoftHsmForking => {
                let [natively, in_worker] = stores(place, self == Self::SoftHsmForking);
                Needed { variable: "SOFTHSM2_CONF", natively, in_worker, libraries: None }
            }
            Self::SoftCuda => {
                let natively = softcuda(place);
                let libraries = Some(natively.clone().into_os_string());
                Needed { variable: "LD_LIBRARY_PATH", natively, in_worker: place.join("no-libraries"), libraries }
            }
        }
    }
}

/// `PoCL`'s registration.
///
/// # Panics
/// If it is not installed.
#[must_use]
pub fn pocl() -> PathBuf {
    present("/etc/OpenCL/vendors/pocl.icd".into())
}

/// That library, where other users' workers find it, too.
fn driver(place: &Path) -> PathBuf {
    let driver = place.join("driver/libava-tests-pocl.so");
    let copied = fs::create_dir_all(driver.with_file_name("")).and_then(|()| fs::copy(by_another_name(), &driver));
    copied.expect("the driver is copied");
    driver
}

/// A library that is `PoCL` under a name that the system's loader does not know.
fn by_another_name() -> PathBuf {
    let library = built::must(Command::new("cc").arg("-print-file-name=libpocl.so.2"));
    let flags = ["-shared", "-Wl,--no-as-needed", library.trim()];
    built::compiled("vendor/libava-tests-pocl.so", "src/driver.c", &flags)
}

/// Intel's library, which is not registered.
fn intel() -> PathBuf {
    present(cache().join("intel/lib/libintelocl.so"))
}

/// A directory with registrations of both.
fn both(directory: &Path, of_pocl: &Path, of_intel: &Path) -> PathBuf {
    fs::create_dir_all(directory).expect("a directory for registrations");
    for (name, driver) in [("pocl.icd", of_pocl), ("intel.icd", of_intel)] {
        fs::write(directory.join(name), driver.display().to_string()).expect("a registration");
    }
    // The slash tells the loader that it is a directory.
    directory.join("")
}

/// The configurations of a store with one token and of a copy of it, with the same slot and token numbers.
fn stores(place: &Path, forking: bool) -> [PathBuf; 2] {
    let [store, copy] = ["store", "copy"].map(|name| place.join(name));
    built::must(Command::new("sh").arg(built::tests().join("pkcs11/token.sh")).arg(&store));
    built::must(Command::new("cp").arg("-a").arg(&store).arg(&copy));
    let [of_store, of_copy] = [&store, &copy].map(|store| store.join("softhsm2.conf"));
    let text = fs::read_to_string(&of_store).expect("token.sh writes a configuration");
    let text = if forking { text.replace("library.reset_on_fork = true", "") } else { text };
    fs::write(&of_store, &text).expect("the configuration is written");
    let text = text.replace(&store.display().to_string(), &copy.display().to_string());
    fs::write(&of_copy, text).expect("the configuration of the copy is written");
    [of_store, of_copy]
}

/// A folder with the software device under the names by which programs load a CUDA driver, and the library that tells of it.
///
/// # Panics
/// If there is one already.
#[must_use]
pub fn softcuda(place: &Path) -> PathBuf {
    let folder = place.join("cuda");
    fs::create_dir_all(&folder).expect("a folder for the driver");
    for (library, name) in [("libsoftcuda.so", "libcuda.so.1"), ("libsoftnvml.so", "libnvidia-ml.so.1")] {
        // Workers may be other users.
        let file = built::shared(&built::file(library), &place.join("public"));
        symlink(file, folder.join(name)).expect("a name of the driver");
    }
    folder
}

/// `SoftHSM`'s module.
///
/// # Panics
/// If it is not installed.
#[must_use]
pub fn softhsm() -> PathBuf {
    present("/usr/lib/softhsm/libsofthsm2.so".into())
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

/// The files of `tools/setup` for the tests of TensorFlow Lite: `2.9` and `2.17` with a library each, `models`, and more.
///
/// # Panics
/// If they are not installed.
#[must_use]
pub fn tflite(part: &str) -> PathBuf {
    present(cache().join("tflite").join(part))
}

/// The folders of CUDA: `13.0` with a compiler, `12.8` and `11.8` with a shared runtime each.
///
/// # Panics
/// If they are not installed.
#[must_use]
pub fn cuda() -> PathBuf {
    let folder = cache().join("cuda");
    ["13.0", "12.8", "11.8"].iter().for_each(|version| drop(present(folder.join(version))));
    folder
}

/// The Python that has numba, `CuPy` and Triton.
///
/// # Panics
/// If it is not installed: only `tools/check --all` needs it.
#[must_use]
pub fn cuda_python() -> PathBuf {
    let python = cache().join("cuda/python/bin/python");
    assert!(python.exists(), "{} is missing: tools/setup long", python.display());
    python
}

/// NVML: `include` with its header, and `bin/python` with programs that ask it.
///
/// # Panics
/// If they are not installed.
#[must_use]
pub fn nvml() -> PathBuf {
    present(cache().join("nvml"))
}

/// The client of `tests/nvml`.
///
/// # Panics
/// With the compiler's messages, or if NVML's header is not installed.
#[must_use]
pub fn nvml_client() -> PathBuf {
    let include = nvml().join("include").display().to_string();
    built::compiled("nvml-client", "nvml/client.c", &["-isystem", &include, "-Wextra", "-Werror", "-ldl"])
}

/// Node, and the folder of its program's packages.
///
/// # Panics
/// If they are not installed.
#[must_use]
pub fn node() -> [PathBuf; 2] {
    ["bin/node", "packages/node_modules"].map(|part| present(cache().join("node").join(part)))
}

/// The folder for everything that is not from the distribution: the output of `tools/setup --cache`.
///
/// # Panics
/// If the environment says nothing of it, not even the home.
#[must_use]
pub fn cache() -> PathBuf {
    let named = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    named("AVA_TESTS_CACHE").unwrap_or_else(|| {
        let home = || named("HOME").expect("AVA_TESTS_CACHE or HOME is set").join(".cache");
        named("XDG_CACHE_HOME").unwrap_or_else(home).join("ava-tests")
    })
}

fn present(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is missing: tools/setup test", path.display());
    path
}
