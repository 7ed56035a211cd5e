//! `cargo xtask dist`: what an installation has, in a folder.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use clap::Args;

use crate::repository::{root, run};

/// Programs and libraries: where cargo puts them, where an installation has them.
const BUILT: &[(&str, &str)] = &[
    ("ava-broker", "usr/libexec/ava"),
    ("ava-worker", "usr/libexec/ava"),
    ("avactl", "usr/bin"),
    ("libava.so", "usr/lib/ava"),
];
/// Files of the repository, likewise; the last part is the name there.
const KEPT: &[(&str, &str)] = &[
    ("broker/systemd/ava.service", "usr/lib/systemd/system/ava.service"),
    ("broker/systemd/ava.socket", "usr/lib/systemd/system/ava.socket"),
    ("broker/systemd/ava-admin.socket", "usr/lib/systemd/system/ava-admin.socket"),
    ("broker/systemd/ava.sysusers.conf", "usr/lib/sysusers.d/ava.conf"),
    ("broker/systemd/ava.tmpfiles.conf", "usr/lib/tmpfiles.d/ava.conf"),
    ("broker/systemd/ava.service.d", "usr/share/doc/ava/ava.service.d"),
    ("broker/policy/ava.toml", "usr/share/doc/ava/ava.toml"),
    ("broker/cdi.json", "usr/share/doc/ava/cdi.json"),
    ("README.md", "usr/share/doc/ava/README.md"),
    ("CHANGELOG.md", "usr/share/doc/ava/CHANGELOG.md"),
    ("LICENSE-APACHE", "usr/share/doc/ava/LICENSE-APACHE"),
    ("LICENSE-MIT", "usr/share/doc/ava/LICENSE-MIT"),
];
/// Shells and where they look for completions.
const SHELLS: &[(&str, &str)] = &[
    ("bash", "usr/share/bash-completion/completions/avactl"),
    ("zsh", "usr/share/zsh/site-functions/_avactl"),
    ("fish", "usr/share/fish/vendor_completions.d/avactl.fish"),
];

/// Lay out what an installation has: `cp -a target/dist/. /` installs it
///
/// Programs, library, units, manual pages and completions, below `usr`. Programs and the library are stripped; what debuggers
/// want is in usr/lib/debug/.build-id, where they look for it.
#[derive(Args)]
pub struct Dist {
    /// Where to; what was there is removed
    #[arg(long, value_name = "DIR", default_value = "target/dist")]
    out: PathBuf,
    /// Take what cargo built into this folder, instead of building a release
    #[arg(long, value_name = "DIR")]
    built: Option<PathBuf>,
}

impl Dist {
    pub fn run(self) -> Result<()> {
        let built = match self.built {
            Some(built) => built,
            None => build()?,
        };
        if self.out.exists() {
            // Not whatever a slip of the finger names.
            let ours = self.out.join("usr/libexec/ava");
            ensure!(ours.exists(), "{} is there, and is no earlier layout", self.out.display());
            fs::remove_dir_all(&self.out)?;
        }
        lay_out(&built, &self.out)?;
        println!("{}", self.out.display());
        Ok(())
    }
}

/// Builds a release; the folder that it is in.
fn build() -> Result<PathBuf> {
    let packages = ["ava-broker", "ava-worker", "ava-shim", "avactl"];
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root()).args(["build", "--release", "--locked"]);
    cargo.args(packages.iter().flat_map(|package| ["--package", package]));
    ensure!(cargo.status()?.success(), "the release does not build");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    Ok(target.join("release"))
}

fn lay_out(built: &Path, out: &Path) -> Result<()> {
    for (name, folder) in BUILT {
        let file = out.join(folder).join(name);
        copy(&built.join(name), &file)?;
        strip(&file, out)?;
    }
    let stubs = out.join("usr/lib/ava/stubs");
    copy(&built.join("stubs"), &stubs)?;
    for (from, to) in KEPT {
        copy(&root().join(from), &out.join(to))?;
    }
    let avactl = out.join("usr/bin/avactl");
    for (shell, to) in SHELLS {
        write(&out.join(to), &run(Command::new(&avactl).args(["completion", shell]))?)?;
    }
    run(Command::new(&avactl).arg("man").arg(out.join("usr/share/man")))?;
    Ok(())
}

/// Takes what only debuggers want out of a program, and puts it where they look: by the number of the build.
fn strip(file: &Path, out: &Path) -> Result<()> {
    let notes = run(Command::new("readelf").arg("-n").arg(file))?;
    let id = notes.lines().find_map(|line| line.trim().strip_prefix("Build ID: ")).context("no build id")?;
    let (folder, rest) = id.split_at(2);
    let symbols = out.join(format!("usr/lib/debug/.build-id/{folder}/{rest}.debug"));
    fs::create_dir_all(symbols.parent().unwrap_or(out))?;
    run(Command::new("objcopy").arg("--only-keep-debug").arg("--compress-debug-sections").args([file, &symbols]))?;
    fs::set_permissions(&symbols, fs::Permissions::from_mode(0o644))?;
    run(Command::new("strip").arg("--strip-unneeded").arg(file)).map(drop)
}

/// A file, or a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        for entry in fs::read_dir(from)? {
            let entry = entry?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    fs::copy(from, to).with_context(|| format!("{} to {}", from.display(), to.display())).map(drop)
}

fn write(to: &Path, text: &str) -> Result<()> {
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    fs::write(to, text).with_context(|| to.display().to_string())
}
