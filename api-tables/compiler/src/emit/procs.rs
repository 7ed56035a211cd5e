//! Emits the shim's look-up of functions by name and version.

use super::names::ident;
use crate::model::{Api, Function};
use proc_macro2::TokenStream;
use quote::quote;
use std::collections::BTreeMap;

/// The names that programs look up, and the function that finds them. Nothing for an API without `proc`.
pub fn emit(api: &Api) -> Option<TokenStream> {
    let mut names: BTreeMap<&str, Vec<(i32, &Function)>> = BTreeMap::new();
    for function in &api.functions {
        for proc in &function.facts.procs {
            names.entry(proc.name(&function.name)).or_default().push((proc.since, function));
        }
    }
    if names.is_empty() {
        return None;
    }
    let rows = names.into_iter().map(|(name, mut forms)| {
        forms.sort_by_key(|(since, _)| *since);
        let twins = forms.iter().filter_map(|(since, function)| {
            let twin = function.facts.twin.as_ref()?;
            Some(form(twin.since.map_or(*since, |later| later.max(*since)), &twin.name))
        });
        let forms = forms.iter().map(|(since, function)| form(*since, &function.name));
        quote!(runtime::procs::Proc { name: #name, forms: &[#(#forms),*], twins: &[#(#twins),*] })
    });
    Some(quote! {
        /// The names that programs look up, in the order of their bytes.
        static PROCS: &[runtime::procs::Proc] = &[#(#rows),*];

        /// The function that stands for a name in a version of the API; with `twin` its twin.
        #[allow(dead_code)]
        pub fn proc(name: &str, version: i32, twin: bool) -> runtime::procs::Lookup {
            runtime::procs::find(PROCS, name, version, twin)
        }
    })
}

fn form(since: i32, name: &str) -> TokenStream {
    let name = ident(name);
    quote!(runtime::procs::Form { since: #since, function: runtime::Entry(#name as *const c_void) })
}
