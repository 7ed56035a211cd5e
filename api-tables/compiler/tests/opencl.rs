//! The OpenCL table against what is installed: the vendor's headers and the loader's library.

use ava_tables::emit::header;
use ava_tables::model::Api;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// Functions that no header of the table declares.
const UNDECLARED: &[&str] = &["clSetContentSizeBufferPoCL", "clGetICDLoaderInfoOCLICD"];

fn api() -> Api {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../opencl.rs");
    ava_tables::read(&path).unwrap_or_else(|report| panic!("{report:?}"))
}

#[test]
fn says_what_the_headers_say() {
    let file = write("header-check.c", &header::emit(&api()));
    let flags = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-Wno-deprecated-declarations", "-fsyntax-only"];
    let output = cc(&flags, &file);
    assert!(output.status.success(), "the table differs from the headers:\n{}", text(&output.stderr));
}

#[test]
fn every_function_is_declared() {
    let api = api();
    let output = cc(&["-E", "-P"], &write("headers.c", &header::preamble(&api)));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let headers = text(&output.stdout);
    let words: BTreeSet<&str> = headers.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let undeclared: Vec<&str> =
        api.functions.iter().map(|f| f.name.as_str()).filter(|name| !words.contains(name)).collect();
    assert_eq!(undeclared, UNDECLARED);
}

#[test]
fn lacks_nothing_of_the_core_header() {
    let mut api = api();
    let output = cc(&["-E"], &write("core.c", &header::preamble(&api)));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let core = header::lines_of(&text(&output.stdout), "CL/cl.h");
    let draft = ava_tables::import(&core, &api);
    assert!(draft.is_empty(), "CL/cl.h has more than the table:\n{draft}");
    api.functions.retain(|f| f.name != "clFinish");
    let draft = ava_tables::import(&core, &api);
    assert!(draft.contains("fn clFinish(command_queue: cl_command_queue) -> cl_int;"), "{draft}");
}

#[test]
fn covers_the_whole_library() {
    let api = api();
    let nm = run(Command::new("nm").args(["-D", "--defined-only"]).arg(library(&api.library)), "binutils");
    let (mut functions, mut versions) = (BTreeSet::new(), BTreeSet::new());
    for line in text(&nm.stdout).lines() {
        let mut words = line.split_whitespace().skip(1);
        let (Some(kind), Some(symbol)) = (words.next(), words.next()) else {
            continue;
        };
        let (name, version) = symbol.split_once('@').unwrap_or((symbol, ""));
        match kind {
            "A" => versions.insert(name.trim_start_matches('@').to_owned()),
            "T" | "W" | "i" => functions.insert((name.to_owned(), version.trim_start_matches('@').to_owned())),
            _ => continue,
        };
    }
    versions.extend(functions.iter().map(|(_, version)| version.clone()));
    let exported: BTreeSet<&str> = functions.iter().map(|(name, _)| name.as_str()).collect();
    let described: BTreeSet<&str> =
        api.functions.iter().filter(|f| f.facts.extension.is_none()).map(|f| f.name.as_str()).collect();
    let missing: Vec<_> = exported.difference(&described).collect();
    let surplus: Vec<_> = described.difference(&exported).collect();
    assert!(missing.is_empty(), "the library exports what the table lacks: {missing:?}");
    assert!(surplus.is_empty(), "the table describes what the library does not export: {surplus:?}");
    let nodes: BTreeSet<&str> = versions.iter().map(String::as_str).filter(|v| !v.is_empty()).collect();
    assert_eq!(nodes, api.versions.iter().map(String::as_str).collect(), "version nodes");
}

#[test]
fn dispatch_covers_what_is_exported() {
    let api = api();
    let places: BTreeSet<&str> = api.dispatch.iter().flatten().map(String::as_str).collect();
    let without: Vec<&str> = api
        .functions
        .iter()
        .filter(|f| f.facts.extension.is_none() && !places.contains(f.name.as_str()))
        .map(|f| f.name.as_str())
        .collect();
    assert!(without.is_empty(), "no place in the dispatch table: {without:?}");
}

/// The library by its soname, as the linker would find it.
fn library(soname: &str) -> PathBuf {
    let output = run(Command::new(compiler()).arg(format!("-print-file-name={soname}")), "gcc");
    let path = PathBuf::from(text(&output.stdout).trim());
    assert!(path.is_absolute(), "{soname} is not installed: Debian has it in ocl-icd-libopencl1");
    path
}

fn cc(flags: &[&str], file: &Path) -> Output {
    run(Command::new(compiler()).args(flags).arg(file), "gcc and opencl-c-headers")
}

fn compiler() -> String {
    std::env::var("CC").unwrap_or_else(|_| "cc".into())
}

fn run(command: &mut Command, package: &str) -> Output {
    command.output().unwrap_or_else(|error| panic!("cannot run {command:?} ({error}): Debian has it in {package}"))
}

fn write(name: &str, contents: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, contents).unwrap_or_else(|error| panic!("cannot write {}: {error}", path.display()));
    path
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
