//! Emits a table's inputs for the worker's fuzzer: a vendor whose functions read and write all memory that they are passed
//! ([`vendor`]), and a well-formed request of each function ([`seeds`]).

mod seeds;
mod vendor;

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::emit::names::ident;
use crate::plan::Plan;

/// The module of one API: `install`, which fills the vendor's functions, and `SEEDS`.
pub fn emit(plan: &Plan<'_>) -> TokenStream {
    let api = ident(&plan.api.name);
    let (functions, install) = vendor::emit(plan);
    let seeds = seeds::all(plan).into_iter().map(|seed| {
        let (name, opcode, by_hand) = (seed.function, seed.opcode, seed.by_hand);
        let body = Literal::byte_string(&seed.body);
        quote!(crate::records::Seed { function: #name, opcode: #opcode, by_hand: #by_hand, body: #body })
    });
    quote! {
        #[allow(unused_imports)]
        use std::ffi::{c_char, c_void};
        #[allow(unused_imports)]
        use crate::vendor::common::{binary, give, list, made, number, object, put, several, structs, take, text, texts};
        #[allow(unused_imports)]
        use ava_protocol::#api as table;

        #(#functions)*

        /// Puts the functions in their places.
        pub fn install(vendor: &mut ava_worker::#api::Vendor) { #(#install)* }

        /// A request of each function, in an order in which what one needs another has made before.
        pub static SEEDS: &[crate::records::Seed] = &[#(#seeds),*];
    }
}
