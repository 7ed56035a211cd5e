//! Names the library as programs look for it, and keeps it to itself.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-cdylib-link-arg=-Wl,-soname,libnvidia-ml.so.1");
    // Calls within the library stay within it, whatever else the process has of the same name.
    println!("cargo::rustc-cdylib-link-arg=-Wl,-Bsymbolic");
}
