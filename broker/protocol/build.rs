//! Emits the wire types of every table.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    for name in ["opencl"] {
        let table = Path::new("../../api-tables").join(format!("{name}.rs"));
        println!("cargo::rerun-if-changed={}", table.display());
        match ava_tables::read(&table) {
            Ok(api) => {
                let text = ava_tables::emit::format(ava_tables::emit::wire::emit(&api));
                if let Err(error) = std::fs::write(Path::new(&out).join(format!("{name}.rs")), text) {
                    println!("cargo::error=cannot write the wire of {name}: {error}");
                }
            }
            Err(report) => println!("cargo::error={}", format!("{report:?}").replace('\n', "\ncargo::error=")),
        }
    }
}
