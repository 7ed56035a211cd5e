//! Emitters: they print the plan, one file per output.

mod alike;
mod charges;
mod combination;
pub mod coverage;
mod deliver;
mod dispatch;
pub mod echo;
pub mod entries;
mod events;
pub mod expand;
mod expr;
pub mod fuzz;
pub mod header;
mod in_place;
mod mapping;
mod mirror;
pub mod module;
pub mod names;
mod objects;
mod pieces;
mod pixels;
mod plan;
pub mod procs;
mod queries;
mod recalls;
mod request;
mod resident;
mod sandbox;
mod says;
pub mod shim;
mod shortcut;
mod sizes;
mod structs;
mod vendor;
pub mod wire;
pub mod worker;

use proc_macro2::TokenStream;

/// Emitted Rust, formatted.
///
/// # Panics
/// If an emitter made something that is not Rust: a bug of the compiler, not of a table.
pub fn format(tokens: TokenStream) -> String {
    match syn::parse2(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        Err(error) => {
            panic!("the table compiler emitted something that is not Rust: {error}\n{tokens}")
        }
    }
}
