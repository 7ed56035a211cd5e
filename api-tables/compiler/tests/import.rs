//! Drafts from C headers of our own: `import/NAME.h` and `import/NAME.rs`.
//!
//! `AVA_BLESS=1 cargo test -p ava-tables --test import` writes what is drafted today; look at the difference before you
//! keep it.

use ava_tables::emit::header;
use ava_tables::import::{FLAGS, Head, ImportError, Naming, table};
use ava_tables::model::{Api, Direction, Element, Shape};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const NAMES: &[&str] = &["double", "free", "opaque", "toy"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import")
}

fn compile(flags: &[&str], file: &Path) -> Output {
    let compiler = std::env::var("CC").unwrap_or_else(|_| "cc".into());
    let mut command = Command::new(compiler);
    command.args(flags).arg("-I").arg(folder()).args(["-x", "c"]).arg(file);
    command.output().expect("there is a C compiler")
}

fn preprocessed(file: &Path) -> String {
    let output = compile(FLAGS, file);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("C is text")
}

/// The whole table that is drafted of a header.
fn drafted(name: &str) -> String {
    let head = Head {
        api: (name.to_owned(), 9),
        library: format!("lib{name}.so.1"),
        headers: vec![format!("{name}.h")],
        defines: Vec::new(),
    };
    let naming = if name == "double" { naming() } else { Naming::default() };
    table(&preprocessed(&folder().join(format!("{name}.h"))), &head, &naming).unwrap_or_else(|error| panic!("{error}"))
}

/// What `double.h` does not say of its names.
fn naming() -> Naming {
    let procs = "dbl_queue_create 1000 2000\ndbl_run 1000\ndbl_wait 1000 8000\ndbl_map 1000\ndbl_gone 1000\n";
    let twins = ["_now=7000", "_here"].map(|suffix| suffix.parse().expect("a suffix"));
    Naming { twins: twins.into(), procs: procs.parse().expect("names and versions") }
}

fn read(text: &str) -> Api {
    ava_tables::read_text("draft.rs", text).unwrap_or_else(|report| panic!("{report:?}\n{text}"))
}

#[test]
fn drafts_what_is_expected() {
    let bless = std::env::var_os("AVA_BLESS").is_some();
    for name in NAMES {
        let (at, drafted) = (folder().join(format!("{name}.rs")), drafted(name));
        if bless {
            std::fs::write(&at, &drafted).expect("the draft is written");
        }
        let expected = std::fs::read_to_string(&at).unwrap_or_default();
        assert_eq!(drafted, expected, "{name} (AVA_BLESS=1 accepts what is drafted)");
    }
}

#[test]
fn every_header_has_a_draft() {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .expect("tests/import exists")
        .map(|entry| entry.expect("it can be listed").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "h"))
        .filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    assert_eq!(names, NAMES);
}

/// A draft is a table, and says of prototypes, constants and layouts what the header says.
#[test]
fn a_draft_is_a_table_that_agrees_with_its_header() {
    for name in NAMES {
        let api = read(&drafted(name));
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-draft.c"));
        std::fs::write(&file, header::emit(&api)).expect("the folder of the tests takes a file");
        let output =
            compile(&["-std=c11", "-Wall", "-Wextra", "-Werror", "-Wno-array-parameter", "-fsyntax-only"], &file);
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
        let again = preprocessed(&folder().join(format!("{name}.h")));
        let more = ava_tables::import(&again, &[format!("{name}.h")], &Naming::default(), &api).expect("C");
        assert!(!more.contains("fn "), "nothing is missing any more: {more}");
    }
}

/// What makes objects makes new ones, and what tells which there are does not.
#[test]
fn only_what_makes_objects_has_new_ones() {
    let api = read(&drafted("toy"));
    let element = |function: &str, param: &str| {
        let function = api.function(function).unwrap_or_else(|| panic!("{function}"));
        match &function.param(param).unwrap_or_else(|| panic!("{param}")).shape {
            Shape::Buffer(buffer) => (buffer.direction, buffer.element.clone()),
            shape => panic!("{param} is {shape:?}"),
        }
    };
    assert_eq!(element("toy_create", "context"), (Direction::Out, Element::New("toy_context".into())));
    assert_eq!(element("toy_context_get_current", "context"), (Direction::Out, Element::Handle("toy_context".into())));
    assert_eq!(element("toy_create", "nodes"), (Direction::In, Element::Handle("toy_node".into())));
}

/// A table that has a part gets the rest.
#[test]
fn entries_are_drafted_for_what_a_table_lacks() {
    let known = "#![api(toy = 9)]\n#![library(\"libtoy.so.1\")]\n#![lost(7)]\n#[status(ok = 0)]\ntype toy_status = u32;\n\
                 type toy_flags = u64;\nextern \"C\" {\n    fn toy_init(flags: toy_flags) -> toy_status;\n}\n";
    let header = "typedef unsigned toy_status;\ntypedef unsigned long toy_flags;\ntypedef struct x *toy_x;\n\
                  #define TOY_BAD 3\ntoy_status toy_init(toy_flags flags);\ntoy_status toy_x_create(toy_x *x, toy_flags flags);\n";
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("part.h");
    std::fs::write(&file, header).expect("the folder of the tests takes a file");
    let naming = Naming::default();
    let drafted = ava_tables::import(&preprocessed(&file), &["part.h".into()], &naming, &read(known)).expect("C");
    let expected = "// Drafted from a header: every shape and every fact is a guess.\n\n\
                    #[handle(invalid = 7)]\ntype toy_x = Handle;\n\n\
                    extern \"C\" {\n    fn toy_x_create(x: Option<Out<New<toy_x>>>, flags: toy_flags) -> toy_status;\n}\n";
    assert_eq!(drafted, expected);
    assert_eq!(read(&format!("{known}{drafted}")).functions.len(), 2);
}

#[test]
fn what_is_no_c_is_said_with_its_place() {
    let api = read("#![api(toy = 9)]\n#![library(\"libtoy.so.1\")]\n#![lost(7)]\n");
    let import = |text: &str| {
        let output = format!("# 1 \"/usr/include/toy.h\"\n{text}");
        ava_tables::import(&output, &["toy.h".to_owned()], &Naming::default(), &api).expect_err("no draft")
    };
    let error = import("int toy_a(void);\nint toy_b(int;\n");
    assert_eq!(error.to_string(), "/usr/include/toy.h, line 2: this does not parse as C: int toy_b(int;");
    assert_eq!(import("\n"), ImportError::Nothing("toy.h".into()));
}
