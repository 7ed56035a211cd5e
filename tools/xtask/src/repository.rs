//! Where things are.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use ava_tables::build::TABLES;
use ava_tables::model::Api;

/// The repository.
pub fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
}

/// The table of an API, read and checked.
fn table(api: &str) -> Result<Api> {
    let path = root().join("api-tables").join(format!("{api}.rs"));
    ensure!(path.exists(), "there is no table {api}, but: {}", TABLES.join(" "));
    ava_tables::read(&path).map_err(|report| anyhow::anyhow!("{report:?}"))
}

/// The table that is named; all of them, if none is.
pub fn tables(api: Option<&str>) -> Result<Vec<Api>> {
    match api {
        Some(api) => Ok(vec![table(api)?]),
        None => TABLES.iter().map(|api| table(api)).collect(),
    }
}

/// Every file that git knows or would know of a checkout, from its root.
pub fn files(base: &Path) -> Result<Vec<PathBuf>> {
    let listed =
        run(Command::new("git").arg("-C").arg(base).args(["ls-files", "--cached", "--others", "--exclude-standard"]))?;
    let mut files: Vec<_> = listed.lines().map(PathBuf::from).filter(|file| base.join(file).is_file()).collect();
    files.sort();
    files.dedup();
    Ok(files)
}

/// Runs a tool that has to succeed; what it said on standard output.
pub fn run(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} {}:\n{}", command.get_program().display(), output.status, said.trim_end());
    }
    String::from_utf8(output.stdout).context("its output is no text")
}
