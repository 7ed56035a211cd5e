//! Emits the worker's questions to the vendor by key: those that the program asks, and those whose answers the program is sent
//! before it asks.

use super::names::{self, ident, int};
use super::sizes::{Side, Sizes};
use super::vendor::argument;
use crate::model::Shape;
use crate::plan::{Ahead, Begins, BirthPlace, CallPlan, Plan, Query, Success};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The program's question: the answer may need translation or filtering, which `Call::answer` sees to.
pub fn ask(call: &CallPlan<'_>, query: &Query<'_>, about: &TokenStream) -> TokenStream {
    let Some(key) = query.key else { unreachable!("asked by key") };
    let (key, values) = (ident(&key.param.name), ident(key.values));
    let [value, size, size_ret] = [query.value, query.size, query.size_ret].map(|p| ident(&p.name));
    let args = arguments(call, query);
    quote! {
        let ret = call.answer(
            &spec::#values, #key as i64, #about, #size, &mut #value, &mut #size_ret,
            // SAFETY: `answer` passes memory of the size it names; handles are live objects of the vendor.
            |size: usize, value: *mut c_void, size_ret: *mut usize| unsafe { vendor_function(#(#args),*) },
        );
    }
}

/// The vendor function's arguments, of which three are called `size`, `value` and `size_ret`.
fn arguments<'a>(call: &'a CallPlan<'_>, query: &Query<'_>) -> impl Iterator<Item = TokenStream> + use<'a> {
    let [value, size, size_ret] = [query.value, query.size, query.size_ret].map(|p| ident(&p.name));
    call.function.params.iter().map(move |p| match ident(&p.name) {
        name if name == value => quote!(value.cast()),
        name if name == size => quote!(size),
        name if name == size_ret => quote!(size_ret),
        _ => argument(call, p),
    })
}

/// Statements before a query's reply, or that of a call that has made an object.
pub fn followed(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    if let Some(ahead) = call.ahead() {
        let (object, opcode) = (ident(&ahead.object.name), ident(&call.function.name));
        let is_final = is_final(plan, call).map(|is_final| quote!(&& #is_final));
        return match after(call) {
            true => quote!(if ok { call.asked_of_end(opcode::#opcode, r.#object.to_native(), #object); }),
            false => quote!(if ok #is_final { call.asked(opcode::#opcode, r.#object.to_native(), #object); }),
        };
    }
    let asks = |kind: &str| plan.calls.iter().filter_map(CallPlan::ahead).any(|ahead| ahead.kind == kind);
    let made = call.births.iter().find(|birth| matches!(birth.place, BirthPlace::Returned) && asks(birth.kind));
    let made = made.filter(|_| call.begins != Begins::Afresh).map(|birth| ident(birth.kind));
    made.map_or(quote!(), |kind| quote!(if ok { call.made(r.new_object.to_native(), kind::#kind, ret); }))
}

/// The functions that ask the vendor for all that a query can answer of an object.
pub fn ahead(plan: &Plan<'_>) -> TokenStream {
    let functions: Vec<_> = asked(plan).map(|(call, ahead)| ask_all(plan, call, &ahead)).collect();
    if functions.is_empty() {
        return quote!();
    }
    quote! {
        #[allow(non_snake_case)]
        pub mod ahead {
            use super::*;
            #(#functions)*
        }
    }
}

/// The method that asks the vendor for all answers of a function about an object; none if there is nothing to ask.
pub fn dispatch(plan: &Plan<'_>) -> TokenStream {
    let arms: Vec<_> = asked(plan)
        .map(|(call, _)| {
            let name = ident(&call.function.name);
            quote!(opcode::#name => ahead::#name(self, call, id, object),)
        })
        .collect();
    if arms.is_empty() {
        return quote!();
    }
    quote! {
        fn ahead(&'static self, function: u32, call: &Call<'_>, id: u64, object: *mut c_void) {
            match function {
                #(#arms)*
                _ => (),
            }
        }
    }
}

/// The queries whose answers are sent unasked.
fn asked<'p, 'a>(plan: &'p Plan<'a>) -> impl Iterator<Item = (&'p CallPlan<'a>, Ahead<'a>)> {
    plan.calls.iter().filter_map(|call| Some((call, call.ahead()?)))
}

fn ask_all(plan: &Plan<'_>, call: &CallPlan<'_>, ahead: &Ahead<'_>) -> TokenStream {
    let Some(query) = &call.query else { unreachable!("a query") };
    let (name, object, values) = (ident(&call.function.name), ident(&ahead.object.name), ident(ahead.key.values));
    let (key, args) = (key(ahead), arguments(call, query));
    let is_final = match is_final(plan, call) {
        Some(is_final) => quote!(|key: i64| { #key #is_final }),
        None => quote!(|_| true),
    };
    let ok = match call.success {
        Success::Status { ok, .. } => int(i128::from(ok)),
        Success::NotNull | Success::Always => int(0),
    };
    quote! {
        pub fn #name(api: &'static State, call: &Call, id: u64, #object: *mut c_void) {
            let Some(vendor_function) = api.vendor.#name else { return };
            call.ask_ahead(
                opcode::#name, id, &spec::#values, #is_final,
                |key: i64, size: usize, value: *mut c_void, size_ret: *mut usize| {
                    #key
                    // SAFETY: `ask_ahead` passes memory of the size it names, and a live object of the vendor.
                    unsafe { vendor_function(#(#args),*) == #ok }
                },
            );
        }
    }
}

/// A statement that gives the key its type.
fn key(ahead: &Ahead<'_>) -> TokenStream {
    let name: Ident = ident(&ahead.key.param.name);
    let ty = match &ahead.key.param.shape {
        Shape::Value { scalar, .. } => names::scalar(*scalar),
        _ => unreachable!("a key is a number"),
    };
    quote!(let #name = key as #ty;)
}

/// Whether the answer stays, by the key; `None` if it always does.
fn is_final(plan: &Plan<'_>, call: &CallPlan<'_>) -> Option<TokenStream> {
    let unless = call.query.as_ref()?.cached.as_ref()?.unless?;
    let unless = Sizes { api: plan.api, function: call.function, side: Side::Worker }.value(unless);
    Some(quote!(!expr::holds(#unless)))
}

/// Whether the answers stay only when a command has completed.
fn after(call: &CallPlan<'_>) -> bool {
    call.query.as_ref().and_then(|query| query.cached.as_ref()?.after).is_some()
}
