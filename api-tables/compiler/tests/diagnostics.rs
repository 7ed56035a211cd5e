//! Every mistake that the reader knows, with what it says about it: `ui/NAME.rs` and `ui/NAME.stderr`.
//!
//! `AVA_BLESS=1 cargo test -p ava-tables --test diagnostics` writes what is said today; look at the difference before
//! you keep it.

use miette::{GraphicalReportHandler, GraphicalTheme, Report};
use std::path::{Path, PathBuf};

#[test]
fn mistakes_are_shown_as_expected() {
    let bless = std::env::var_os("AVA_BLESS").is_some();
    let mut wrong = Vec::new();
    for path in tables() {
        let expected_at = path.with_extension("stderr");
        let said = said(&path);
        let expected = std::fs::read_to_string(&expected_at).unwrap_or_default();
        if said == expected {
            continue;
        }
        if bless {
            std::fs::write(&expected_at, &said).expect("the snapshot is written");
        } else {
            wrong.push(format!("{}\n--- expected\n{expected}\n--- said\n{said}", path.display()));
        }
    }
    assert!(wrong.is_empty(), "{}\n(AVA_BLESS=1 accepts what is said)", wrong.join("\n"));
}

#[test]
fn every_snapshot_has_a_table() {
    for snapshot in files("stderr") {
        assert!(snapshot.with_extension("rs").exists(), "{} belongs to no table", snapshot.display());
    }
}

/// What the reader says about a table, without colour and 100 columns wide.
fn said(path: &Path) -> String {
    let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
    let text = std::fs::read_to_string(path).expect("the table can be read");
    let report: Report = match ava_tables::read_text(&name, &text) {
        Ok(_) => return "no mistake found\n".into(),
        Err(report) => report,
    };
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(100);
    let mut said = String::new();
    handler.render_report(&mut said, report.as_ref()).expect("a string takes what is written");
    said.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

fn tables() -> Vec<PathBuf> {
    let tables = files("rs");
    assert!(!tables.is_empty(), "tests/ui has no tables");
    tables
}

fn files(extension: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder)
        .expect("tests/ui exists")
        .map(|entry| entry.expect("tests/ui can be listed").path())
        .filter(|path| path.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    files
}
