//! Emits the wire types of the table.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    let table = Path::new("../../api-tables/opencl.rs");
    println!("cargo::rerun-if-changed={}", table.display());
    match ava_tables::read(table) {
        Ok(api) => {
            let text = ava_tables::emit::format(ava_tables::emit::wire::emit(&api));
            if let Err(error) = std::fs::write(Path::new(&out).join("opencl.rs"), text) {
                println!("cargo::error=cannot write the wire: {error}");
            }
        }
        Err(report) => println!("cargo::error={}", format!("{report:?}").replace('\n', "\ncargo::error=")),
    }
}
