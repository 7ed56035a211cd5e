//! Emits the entry points of every table, links the library for life in other programs' processes, and makes the SONAME
//! stubs.

use std::path::{Path, PathBuf};
use std::process::Command;

use ava_tables::model::Api;

fn main() {
    if let Err(error) = build() {
        println!("cargo::error={}", error.to_string().replace('\n', "\ncargo::error="));
    }
}

type Error = Box<dyn std::error::Error>;

fn build() -> Result<(), Error> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let apis = ava_tables::build::emit_all("../api-tables", ava_tables::emit::shim::emit, |_| Default::default());
    // Calls within the library stay within it, whatever else the process has of the same name.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-Bsymbolic");
    // Thread-local state and the exit handler outlive any `dlclose`.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libava.so");
    link_unwinder()?;
    apis.iter().try_for_each(|api| stub(api, &out))
}

/// Takes the unwinder in: loading libgcc_s would be two thirds of what the library costs a program that never calls.
fn link_unwinder() -> Result<(), Error> {
    let archive = Command::new("cc").arg("-print-file-name=libgcc_eh.a").output()?;
    let archive = PathBuf::from(String::from_utf8(archive.stdout)?.trim());
    if let Some(dir) = archive.parent().filter(|dir| dir.is_absolute()) {
        println!("cargo::rustc-link-search=native={}", dir.display());
        println!("cargo::rustc-link-lib=static:+whole-archive=gcc_eh");
    }
    Ok(())
}

/// Makes `stubs/SONAME` beside the library: empty but for the vendor library's name and version nodes, and in need of
/// `libava.so`. It satisfies programs that are linked against a vendor library which is not installed. Of an API that hands
/// out its functions as a struct it has these, and is opened in the vendor library's place.
fn stub(api: &Api, out: &Path) -> Result<(), Error> {
    // The folder of the profile, three above: target/PROFILE/build/ava-shim-HASH/out.
    let built = out.ancestors().nth(3).ok_or("an output directory without a target directory")?;
    let dir = built.join("stubs");
    std::fs::create_dir_all(&dir)?;
    let (empty, source, versions) = (out.join("empty.c"), out.join("module.c"), out.join("versions.map"));
    std::fs::write(&empty, "")?;
    std::fs::write(&source, ava_tables::emit::module::emit(api))?;
    let mut script = String::new();
    let mut parent = String::new();
    for version in &api.versions {
        script += &format!("{version} {{ }}{parent};\n");
        parent = format!(" {version}");
    }
    std::fs::write(&versions, script)?;
    // What the stub needs is not built yet; a library of its name is all that the linker wants to see.
    let stand_in = out.join("libava.so");
    link(&[&empty], "libava.so", &stand_in, &[])?;
    let script = format!("-Wl,--version-script={}", versions.display());
    // The last two are what `src/base/glibc.rs` counts on.
    let mut arguments = vec!["-Wl,--no-as-needed", "-Wl,-rpath,$ORIGIN/..", "-l:libpthread.so.0", "-l:libdl.so.2"];
    arguments.extend(["-Wl,-Bsymbolic", "-O2", "-fPIC"]);
    if !api.versions.is_empty() {
        arguments.push(&script);
    }
    std::iter::once(&api.library)
        .chain(&api.also)
        .try_for_each(|soname| link(&[&source, &stand_in], soname, &dir.join(soname), &arguments))
}

fn link(inputs: &[&Path], soname: &str, output: &Path, arguments: &[&str]) -> Result<(), Error> {
    let status = Command::new("cc")
        .args(["-shared", "-nostdlib"])
        .arg(format!("-Wl,-soname,{soname}"))
        .args(arguments)
        .args(inputs)
        .arg("-o")
        .arg(output)
        .status()?;
    if status.success() { Ok(()) } else { Err(format!("cc could not link {}: {status}", output.display()).into()) }
}
