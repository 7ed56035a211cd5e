//! Emits what is known of objects by others that were made alike: that the vendor makes them, so that nobody waits for it, and what
//! they answer.

use super::combination;
use super::names::{self, ident, int, rows_local};
use super::sizes::{Side, Sizes};
use crate::model::{Buffer, Element, Param, Shape, TypeKind};
use crate::plan::{Ahead, CallPlan, Plan, Posting, Query};
use proc_macro2::TokenStream;
use quote::quote;

/// Statements that give an object that the call returns its id, and its class if others are as good. The combination is complete
/// then.
pub fn minted(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    let Some(birth) = call.returned() else { return quote!() };
    let kind = ident(birth.kind);
    let Posting::Made { combination, alike } = &call.posting else {
        return quote!(let w_new = call.mint(kind::#kind)?;);
    };
    let mix = combination::statements(plan, call, combination);
    let mint = ident(if *alike { "mint_alike" } else { "mint" });
    quote!(#(#mix)* let w_new = call.#mint(kind::#kind)?;)
}

/// A statement that says whether the call that returns an object goes without waiting.
pub fn leaves(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    let has_room = takes(plan, call).map(|size| quote!(&& call.has_room(#size)));
    quote!(let leaves = call.is_accepted() #has_room;)
}

/// Statements between the request and the crossing with a reply.
pub fn instead(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    let made = takes(plan, call).map(|size| quote!(call.made(w_new, #size, false);));
    let status = call.errcode.map(|param| {
        let (name, ok) = (ident(&param.name), int(i128::from(ok_of(plan, param))));
        quote!(if !#name.is_null() { #name.write(#ok); })
    });
    quote! {
        if leaves {
            call.post(&request, Wake::Later)?;
            #made
            #status
            return Ok(call.object(w_new));
        }
    }
}

/// A statement in the reply's reading: what is to be known of an object that was made.
pub fn made(plan: &Plan<'_>, call: &CallPlan<'_>) -> Option<TokenStream> {
    let size = takes(plan, call)?;
    Some(quote!(if ok { call.made(w_new, #size, true); }))
}

/// How many bytes of memory the object takes that the call returns, an `Option<u64>`, if it is a memory object. What only the
/// vendor knows is told by how much of the program's memory would fill it.
fn takes(plan: &Plan<'_>, call: &CallPlan<'_>) -> Option<TokenStream> {
    let is_memory = |kind: &str| plan.memory.as_ref().is_some_and(|memory| memory.kind == kind);
    let birth = call.returned().filter(|birth| is_memory(birth.kind) && call.makes_alike(birth.kind))?;
    Some(match (birth.device_memory, birth.holds) {
        (Some(size), _) => Sizes { api: plan.api, function: call.function, side: Side::Shim }.value(size),
        (None, Some(held)) => {
            let rows = rows_local(&held.name);
            quote!(#rows.and_then(|rows: Rows| rows.span()))
        }
        (None, None) => quote!(None),
    })
}

/// The status of success that is stored through a parameter.
fn ok_of(plan: &Plan<'_>, param: &Param) -> i64 {
    let Shape::Buffer(Buffer { element: Element::Scalar { ty, .. }, .. }) = &param.shape else { return 0 };
    match plan.api.types.get(ty).map(|t| &t.kind) {
        Some(TypeKind::Status { ok, .. }) => *ok,
        _ => 0,
    }
}

/// What a cached query is about, if objects of that type answer alike.
pub fn asked<'a>(plan: &Plan<'a>, call: &CallPlan<'a>) -> Option<Ahead<'a>> {
    call.ahead().filter(|ahead| plan.kinds.iter().any(|kind| kind.name == ahead.kind && kind.alike))
}

/// Statements before a query is begun: an answer that is known, of the object or of one that was made alike.
pub fn known(call: &CallPlan<'_>, asked: &Ahead<'_>, unless: &TokenStream, ok: &TokenStream) -> TokenStream {
    let Some(query) = &call.query else { unreachable!("a query") };
    let opcode = names::opcode(call.function);
    let [object, kind, key] = [&asked.object.name, asked.kind, &asked.key.param.name].map(ident);
    let [value, size, size_ret] = [query.value, query.size, query.size_ret].map(|p| ident(&p.name));
    let values = ident(asked.key.values);
    quote! {
        let asked = runtime::alike::Asked::new(&at.book, #object, kind::#kind, #opcode, #key as i64, &spec::#values);
        let is_final = !expr::holds(#unless);
        // SAFETY: the program vouches for its pointers, as it would to the vendor.
        if unsafe { asked.recall(is_final, #value.cast(), #size as u64, #size_ret) } {
            return Ok(#ok as _);
        }
    }
}

/// Statements in the reply's reading: what the vendor has answered.
pub fn learnt(query: &Query<'_>) -> TokenStream {
    let value = ident(&query.value.name);
    quote! {
        if ok {
            asked.remember(is_final, #value.cast(), &reply.#value);
        }
    }
}
