//! Emits the combination of what a call is made with, as far as its success may depend on it.

use super::names::{ident, local};
use super::sizes::{Side, Sizes};
use crate::layout;
use crate::model::{Buffer, Element, Param, Shape};
use crate::plan::{CallPlan, Combined, Plan};
use proc_macro2::TokenStream;
use quote::quote;
use std::ops::Range;

/// Statements that mix what the arguments add to the fingerprint of a call that the vendor accepts.
pub fn statements(plan: &Plan<'_>, call: &CallPlan<'_>, combination: &[Combined<'_>]) -> Vec<TokenStream> {
    call.function.params.iter().zip(combination).filter_map(|(p, c)| combined(plan, call, p, *c)).collect()
}

/// What a parameter adds to the fingerprint of arguments that the vendor accepts. Handles add themselves when they are
/// looked up.
fn combined(plan: &Plan<'_>, call: &CallPlan<'_>, param: &Param, combined: Combined<'_>) -> Option<TokenStream> {
    let (name, w) = (ident(&param.name), local(&param.name));
    match combined {
        Combined::Extent(len) => {
            let sizes = Sizes { api: plan.api, function: call.function, side: Side::Shim };
            let len = sizes.value(len);
            Some(quote!(call.combine_extent(#name as u64, #len);))
        }
        Combined::Freed => Some(quote!(call.combine_freed(#name as u64);)),
        Combined::Number => Some(quote!(call.combine(#name as u64);)),
        Combined::Wanted => Some(quote!(call.combine(u64::from(#w != 0));)),
        Combined::Content => Some(match &param.shape {
            // Between the fields of a struct may be anything.
            Shape::Buffer(Buffer { element: Element::Struct(ty), .. }) => {
                let (size, filled) = (layout::size(plan.api, ty), layout::filled(plan.api, ty));
                let filled = filled.iter().map(|Range { start, end }| quote!(#start..#end));
                quote!(call.combine_structs(&#w, #size, &[#(#filled),*]);)
            }
            _ => quote!(call.combine_bytes(&#w);),
        }),
        Combined::Null => Some(quote!(call.combine(u64::from(#name.is_null()));)),
        Combined::Absent => Some(quote!(if !#name.is_null() { call.combine_nothing_known(); })),
        Combined::Object | Combined::Nothing => None,
    }
}
