//! Emits the entry points of every table and links the library for life in other programs' processes.

use std::path::Path;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    let table = Path::new("../api-tables/opencl.rs");
    println!("cargo::rerun-if-changed={}", table.display());
    match ava_tables::read(table) {
        Ok(api) => {
            let text = ava_tables::emit::format(ava_tables::emit::shim::emit(&api));
            if let Err(error) = std::fs::write(Path::new(&out).join("opencl.rs"), text) {
                println!("cargo::error=cannot write the entry points: {error}");
            }
        }
        Err(report) => println!("cargo::error={}", format!("{report:?}").replace('\n', "\ncargo::error=")),
    }
    // Calls within the library stay within it, whatever else the process has of the same name.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-Bsymbolic");
    // Thread-local state and the exit handler outlive any `dlclose`.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-z,nodelete");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libava.so");
}
