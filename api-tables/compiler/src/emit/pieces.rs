//! Emits what the shim does around the calls of lists that are read in pieces.

use super::names::{self, ident};
use super::shortcut;
use crate::plan::{CallPlan, Plan};
use proc_macro2::TokenStream;
use quote::quote;

/// The crossing of a call, with what is done before and after it where the call is about such a list.
pub fn around(plan: &Plan<'_>, call: &CallPlan<'_>, crossing: TokenStream) -> TokenStream {
    let facts = &call.function.facts;
    let ret = names::c_ret(&call.function.ret, plan.api);
    let ok = shortcut::success(call);
    if let (Some(owner), Some((list, most, count))) = (&facts.pieces, call.function.piece()) {
        let owner = ident(owner);
        let [of_list, of_most, of_count] = [list, most, count].map(names::c_param);
        let [list, most, count] = [list, most, count].map(|p| ident(&p.name));
        return quote! {
            let asked = runtime::pieces::Asked { list: #list.cast(), most: #most as u64, count: #count.cast() };
            let ask = |asked: runtime::pieces::Asked| -> Result<#ret, Fault> {
                let (#list, #most, #count): (#of_list, #of_most, #of_count) =
                    (asked.list.cast(), asked.most as _, asked.count.cast());
                #crossing
            };
            // SAFETY: the program vouches for its pointers, as it would to the vendor.
            unsafe { runtime::pieces::next(&at.book.pieces, #owner as u64, #ok, asked, ask) }
        };
    }
    if let Some(owner) = &facts.drops {
        let owner = ident(owner);
        return quote! {
            let cross = || -> Result<#ret, Fault> { #crossing };
            runtime::pieces::ends(&at.book.pieces, #owner as u64, #ok, cross)
        };
    }
    if facts.doubts {
        return quote! {
            let cross = || -> Result<#ret, Fault> { #crossing };
            runtime::pieces::doubts(&at.book.pieces, cross)
        };
    }
    crossing
}
