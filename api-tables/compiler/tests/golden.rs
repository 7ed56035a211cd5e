//! What is emitted for one function per shape and one type per fact: `golden/table.rs` and `golden/NAME.rs`, and `clCreateBuffer` of the
//! OpenCL table; and what is emitted of the whole table, `golden/description.rs` and `golden/procs.rs`.
//!
//! `AVA_BLESS=1 cargo test -p ava-tables --test golden` writes what is emitted today; look at the difference before you
//! keep it.

use ava_tables::emit::{expand::expand, format, procs, wire};
use ava_tables::model::Api;
use ava_tables::plan::Plan;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[test]
fn emits_what_is_expected() {
    let bless = std::env::var_os("AVA_BLESS").is_some();
    let mut wrong = Vec::new();
    for (name, emitted) in emitted() {
        let at = folder().join(format!("{name}.rs"));
        let expected = std::fs::read_to_string(&at).unwrap_or_default();
        if emitted == expected {
            continue;
        }
        if bless {
            std::fs::write(&at, &emitted).expect("the golden file is written");
        } else {
            wrong.push(difference(&name, &expected, &emitted));
        }
    }
    assert!(wrong.is_empty(), "{}\n(AVA_BLESS=1 accepts what is emitted)", wrong.join("\n"));
}

#[test]
fn every_golden_file_is_of_the_table() {
    let emitted = emitted();
    for entry in std::fs::read_dir(folder()).expect("tests/golden exists") {
        let path = entry.expect("tests/golden can be listed").path();
        let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
        assert!(
            name == "table" || emitted.contains_key(&name),
            "{} belongs to nothing that is emitted",
            path.display()
        );
    }
}

fn emitted() -> BTreeMap<String, String> {
    let small = read(&folder().join("table.rs"));
    let opencl = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../opencl.rs"));
    let mut all: BTreeMap<String, String> =
        small.functions.iter().map(|f| (f.name.clone(), expand(&small, &f.name))).collect();
    let real = opencl.function("clCreateBuffer").expect("the table has it");
    all.insert(real.name.clone(), expand(&opencl, &real.name));
    for name in ["gold_event", "gold_chest"] {
        all.insert(name.into(), expand(&small, name));
    }
    all.insert("procs".into(), format(procs::emit(&small).expect("it has look-ups")));
    all.insert("description".into(), format(wire::description(&Plan::of(&small))));
    all
}

fn read(path: &Path) -> Api {
    ava_tables::read(path).unwrap_or_else(|report| panic!("{report:?}"))
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// The first lines that differ, with their number.
fn difference(name: &str, expected: &str, emitted: &str) -> String {
    let lines = expected.lines().zip(emitted.lines()).enumerate().filter(|(_, (a, b))| a != b);
    let first: Vec<_> = lines.take(6).map(|(i, (a, b))| format!("{}: - {a}\n{}: + {b}", i + 1, i + 1)).collect();
    let lengths = format!("{} and {} lines", expected.lines().count(), emitted.lines().count());
    format!("{name}.rs ({lengths}):\n{}", first.join("\n"))
}
