//! AvA with optimizations, and the C programs of `tests/bench`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use crate::repository::{root, run};

/// What is built.
pub struct Built {
    binaries: PathBuf,
    programs: PathBuf,
    compiled: RefCell<BTreeMap<String, PathBuf>>,
}

impl Built {
    /// Builds AvA, unless somebody names a directory that has it; programs go to `programs`.
    pub fn new(binaries: Option<PathBuf>, programs: &Path) -> Result<Self> {
        let binaries = if let Some(directory) = binaries {
            let directory = std::path::absolute(directory)?;
            for name in ["libava.so", "ava-broker", "ava-worker"] {
                let file = directory.join(name);
                ensure!(file.exists(), "{} is missing: leave --binaries out, and AvA is built", file.display());
            }
            directory
        } else {
            build()?
        };
        std::fs::create_dir_all(programs)?;
        Ok(Self { binaries, programs: programs.to_owned(), compiled: RefCell::default() })
    }

    /// A file that the build made.
    pub fn file(&self, name: &str) -> PathBuf {
        self.binaries.join(name)
    }

    /// A program of `tests/bench`, compiled once.
    pub fn program(&self, name: &str) -> Result<PathBuf> {
        self.compiled(name, &format!("tests/bench/{name}.c"), &["-lOpenCL", "-lm"])
    }

    /// A program from a file of the repository, compiled once.
    pub fn compiled(&self, name: &str, source: &str, flags: &[impl AsRef<OsStr>]) -> Result<PathBuf> {
        if let Some(known) = self.compiled.borrow().get(name) {
            return Ok(known.clone());
        }
        let program = self.programs.join(name);
        let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
        let mut cc = Command::new(compiler);
        cc.arg("-O2").arg("-pthread").arg("-o").arg(&program);
        cc.arg(root().join(source)).args(flags);
        run(&mut cc).with_context(|| format!("{source} does not compile; tools/setup test installs what it needs"))?;
        self.compiled.borrow_mut().insert(name.to_owned(), program.clone());
        Ok(program)
    }
}

fn build() -> Result<PathBuf> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".into());
    let mut build = Command::new(cargo);
    build.current_dir(root()).args(["build", "--release", "--quiet"]);
    build.args(["--package", "ava-shim", "--package", "ava-broker", "--package", "ava-worker"]);
    build.args(["--package", "ava-softcuda"]);
    ensure!(build.status().context("cargo")?.success(), "AvA does not build");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(std::path::absolute(target)?.join("release"))
}
