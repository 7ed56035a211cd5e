//! What `cuda.h` declares is exported, and found by name and version. The header is fetched by `tools/setup`.

use std::path::PathBuf;
use std::process::Command;

use crate::library::{call, cu, driver, driver_test, ok};

/// The header's folder, if it is there.
fn headers() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("AVA_TESTS_CACHE")?).join("cuda/13.0/include");
    if folder.join("cuda.h").is_file() {
        return Some(folder);
    }
    println!("not checked: there is no {}/cuda.h (tools/setup test)", folder.display());
    None
}

/// Names that follow a text.
fn names<'a>(text: &'a str, before: &str) -> Vec<&'a str> {
    let name = |rest: &'a str| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
    text.split(before).skip(1).map(name).filter(|name| name.starts_with("cu")).collect()
}

#[test]
fn all_of_the_header_is_exported() {
    let Some(folder) = headers() else { return };
    let mut compiler = Command::new("cc");
    compiler.args(["-E", "-P", "-D__CUDA_API_VERSION_INTERNAL"]).arg(folder.join("cuda.h"));
    let output = compiler.output().expect("a C compiler");
    let text = String::from_utf8_lossy(&output.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    let names = names(&text, "CUresult ");
    // CUDA 13.0 has 537 functions and 97 twins of them.
    assert_eq!(names.len(), 634);
    for name in names {
        // SAFETY: the symbol is not used.
        let found = unsafe { driver().get::<*const ()>(name) };
        assert!(found.is_ok(), "{name} is not exported");
    }
}

#[test]
fn all_typedefs_are_found_by_version() {
    let Some(folder) = headers() else { return };
    let text = std::fs::read_to_string(folder.join("cudaTypedefs.h")).expect("the header of function types");
    let mut count = 0;
    for name in names(&text, "(CUDAAPI *PFN_") {
        let Some((base, version)) = name.rsplit_once("_v") else { continue };
        let digits: String = version.chars().take_while(char::is_ascii_digit).collect();
        let flags = if version.ends_with("sz") || version.ends_with("ds") { 2 } else { 0 };
        let (mut place, mut status) = (0_u64, 9_u32);
        ok!(cuGetProcAddress_v2, base, &mut place, digits.parse::<u32>().expect("a version"), flags, &mut status);
        assert!(place != 0 && status == 0, "{name}: {status}");
        count += 1;
    }
    assert_eq!(count, 634);
}

driver_test!(refused_functions_say_so; {
    assert_eq!(cu!(cuTexRefCreate, 0), 801);
    assert_eq!(cu!(cuGreenCtxCreate, 0, 0, 0, 0), 801);
});

#[test]
fn nothing_works_before_init() {
    let mut place = 0_u64;
    assert_eq!(cu!(cuDeviceGetCount, &mut place), 3);
    assert_eq!(cu!(cuMemAlloc_v2, &mut place, 64), 3);
    ok!(cuDriverGetVersion, &mut place);
    assert_eq!(place, 13000);
    ok!(cuGetErrorName, 700, &mut place);
    assert_eq!(cu!(cuGetErrorName, 12345, &mut place), 1);
    assert_eq!(call("cuInit", &[1]), 1);
}
