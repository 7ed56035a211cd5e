//! Generates the wire types of every table, and the list of their APIs; and a hash by which different builds are told apart.

use std::hash::{DefaultHasher, Hasher};
use std::path::Path;

fn main() {
    ava_tables::build::emit_all("../../api-tables", ava_tables::emit::wire::emit, ava_tables::emit::wire::all);
    println!("cargo::rerun-if-changed=src");
    let out = std::env::var("OUT_DIR").unwrap_or_default();
    let mut hasher = DefaultHasher::new();
    hash(&Path::new(&out).join("tables.rs"), &mut hasher);
    hash(Path::new("src"), &mut hasher);
    println!("cargo::rustc-env=AVA_WIRE={:016x}", hasher.finish());
}

/// Hashes a file, or all files in a folder.
fn hash(path: &Path, hasher: &mut impl Hasher) {
    if let Ok(entries) = std::fs::read_dir(path) {
        let mut all: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        all.sort();
        return all.iter().for_each(|path| hash(path, hasher));
    }
    hasher.write(path.file_name().unwrap_or_default().as_encoded_bytes());
    match std::fs::read(path) {
        Ok(bytes) => hasher.write(&bytes),
        Err(error) => println!("cargo::error={}: {error}", path.display()),
    }
}
