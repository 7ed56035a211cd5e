//! For build scripts: every table, turned into a module of one file in their output folder.

use std::path::Path;

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::names::ident;
use crate::model::Api;
use crate::plan::Plan;

/// The tables, by name: `api-tables/NAME.rs`. The broker prepares for the first where it does not know what a program will use.
pub const TABLES: &[&str] = &["opencl", "pkcs11", "tflite", "cuda", "nvml"];

/// Reads every table in `tables`, a folder relative to the crate that is built, and writes `tables.rs` into the output
/// folder: a module with what `emit` makes of the plan of each, and behind them what `all` makes of all. Mistakes become
/// the build's errors.
pub fn emit_all(
    tables: &str,
    emit: impl Fn(&Plan<'_>) -> TokenStream,
    all: impl FnOnce(&[Api]) -> TokenStream,
) -> Vec<Api> {
    println!("cargo::rerun-if-changed=build.rs");
    let mut apis = Vec::new();
    for name in TABLES {
        let table = Path::new(tables).join(format!("{name}.rs"));
        println!("cargo::rerun-if-changed={}", table.display());
        match crate::read::read(&table) {
            Ok(api) => apis.push(api),
            Err(report) => println!("cargo::error={}", format!("{report:?}").replace('\n', "\ncargo::error=")),
        }
    }
    let text = modules(&apis, emit, all);
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    if let Err(error) = std::fs::write(Path::new(&out).join("tables.rs"), text) {
        println!("cargo::error=cannot write the generated tables: {error}");
    }
    apis
}

/// The text of a module for each API with what `emit` makes of it, and behind them what `all` makes of all.
pub fn modules(
    apis: &[Api],
    emit: impl Fn(&Plan<'_>) -> TokenStream,
    all: impl FnOnce(&[Api]) -> TokenStream,
) -> String {
    let modules = apis.iter().map(|api| {
        let (name, content) = (ident(&api.name), emit(&Plan::of(api)));
        quote!(pub mod #name { #content })
    });
    let all = all(apis);
    crate::emit::format(quote!(#(#modules)* #all))
}
