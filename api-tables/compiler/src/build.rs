//! For build scripts: every table, turned into a file of their output folder.

use std::path::Path;

use proc_macro2::TokenStream;

use crate::model::Api;

/// The tables, by name: `api-tables/NAME.rs`.
pub const TABLES: &[&str] = &["opencl", "pkcs11", "tflite"];

/// Reads every table in `tables`, a folder relative to the crate that is built, and writes `NAME.rs` for each into the
/// output folder. Mistakes become the build's errors.
pub fn emit_all(tables: &str, emit: impl Fn(&Api) -> TokenStream) -> Vec<Api> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    let mut apis = Vec::new();
    for name in TABLES {
        let table = Path::new(tables).join(format!("{name}.rs"));
        println!("cargo::rerun-if-changed={}", table.display());
        match crate::read(&table) {
            Ok(api) => {
                let text = crate::emit::format(emit(&api));
                if let Err(error) = std::fs::write(Path::new(&out).join(format!("{name}.rs")), text) {
                    println!("cargo::error=cannot write what is made of {}: {error}", table.display());
                }
                apis.push(api);
            }
            Err(report) => println!("cargo::error={}", format!("{report:?}").replace('\n', "\ncargo::error=")),
        }
    }
    apis
}
