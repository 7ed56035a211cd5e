//! Integration tests: real programs, real vendor libraries, a real broker.
//!
//! `tools/check` runs the tests that take seconds, `tools/check --all` also those that are ignored as long.

mod accounts;
mod again;
mod apps;
mod bench;
mod conformance;
mod cuda;
mod devices;
mod doctor;
mod echo;
mod hostile;
mod installed;
mod isolation;
mod limits;
mod nvml;
mod output;
mod pkcs11;
mod preload;
mod process;
mod quotas;
mod run;
mod sharing;
mod startup;
mod surroundings;
mod system;
mod tflite;

use std::fs;

use ava_tests::built;

/// Each file here is a module of this program, and each test program is used.
#[test]
fn no_file_is_forgotten() {
    let text = |file: &str| fs::read_to_string(built::tests().join("tests").join(file)).unwrap();
    let names = |directory: &str| {
        let files = fs::read_dir(built::tests().join(directory)).unwrap();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>()
    };
    let main = text("main.rs");
    for file in names("tests") {
        let module = file.strip_suffix(".rs").unwrap();
        assert!(module == "main" || main.contains(&format!("\nmod {module};\n")), "tests/tests/{file} is in no module");
    }
    for directory in [
        "accounts",
        "again",
        "apps",
        "devices",
        "isolation",
        "limits",
        "output",
        "preload",
        "process",
        "quotas",
        "run",
        "surroundings",
    ] {
        let module = format!("{directory}.rs");
        for file in names(directory) {
            let name = file.trim_end_matches(".c");
            assert!(
                text(&module).contains(&file) || text(&module).contains(&format!("\"{name}\"")),
                "tests/{directory}/{file} is used by no test in tests/tests/{module}"
            );
        }
    }
}
