//! Emits what the shim does with cached answers that are numbers and structs.

use super::names::{self, ident};
use super::sizes::{Side, Sizes, element_bytes};
use crate::plan::{CallPlan, Plan};
use proc_macro2::TokenStream;
use quote::quote;

/// Statements before a call is begun, whose success is `ok`: an answer that is known.
pub fn known(plan: &Plan<'_>, call: &CallPlan<'_>, ok: &TokenStream) -> Option<TokenStream> {
    let recalls = call.recalls.as_ref()?;
    let (opcode, changes) = (names::opcode(call.function), recalls.changes);
    let objects = recalls.objects.iter().map(|(param, kind)| {
        let (param, kind) = (ident(&param.name), ident(kind));
        quote!((#param, kind::#kind))
    });
    let numbers = recalls.numbers.iter().map(|param| {
        let param = ident(&param.name);
        quote!(#param as u64)
    });
    let places = recalls.places.iter().map(|(param, element)| {
        let (param, size) = (ident(&param.name), element_bytes(element));
        quote!((#param.cast(), #size as usize))
    });
    let unless = recalls.unless.map(|condition| {
        let sizes = Sizes { api: plan.api, function: call.function, side: Side::Shim };
        let condition = sizes.value(condition);
        quote!(.filter(|_| !expr::holds(#condition)))
    });
    Some(quote! {
        let question = runtime::recall::Question::new(at, #opcode, &[#(#objects),*], &[#(#numbers),*], #changes)#unless;
        let places = [#(#places),*];
        // SAFETY: the program vouches for its pointers, as it would to the vendor.
        if question.as_ref().is_some_and(|question| unsafe { question.recall(&places) }) {
            return Ok(#ok as _);
        }
    })
}

/// Statements in the reply's reading, after the results are in place.
pub fn after(call: &CallPlan<'_>) -> Option<TokenStream> {
    call.recalls.as_ref()?;
    Some(quote! {
        if let Some(question) = question.filter(|_| ok) {
            question.remember(&places);
        }
    })
}

/// A statement before a call is sent: cached answers may change with it.
pub fn changes(call: &CallPlan<'_>) -> Option<TokenStream> {
    call.changes_answers.then(|| quote!(call.changes_answers();))
}
