//! Emits how new objects get their ids in the shim; what the worker is told that they are made from, and how the vendor's
//! pointers become ids.

use super::names::ident;
use crate::model::{Buffer, Direction, Element, Param};
use crate::plan::{Birth, BirthPlace, CallPlan, Parents, Plan, owners};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// The id of an object that is stored through a pointer, or 0 if the program does not ask for it. It is as good as another
/// that the same object brings forth, unless it is a part of that.
pub fn minted(birth: &Birth<'_>, name: &Ident) -> TokenStream {
    let (kind, is_part) = (ident(birth.kind), !birth.parents.owners.is_empty());
    let mint = ident(if is_part { "mint" } else { "mint_from_first" });
    quote!(if #name.is_null() { 0 } else { call.#mint(kind::#kind)? })
}

/// The ids of the objects that a new one is made from, a `&[u64]`.
pub fn parents(parents: &Parents<'_>) -> TokenStream {
    let handles = parents.owners.iter().chain(&parents.handles).map(|p| {
        let id = ident(&p.name);
        quote!(r.#id.to_native())
    });
    let handles = quote!(#(#handles),*);
    if parents.inside.is_empty() {
        return quote!(&[#handles]);
    }
    let inside = parents.inside.iter().map(|p| {
        let name = ident(&p.name);
        quote!(#name.objects())
    });
    quote!(&[&[#handles][..], #(#inside),*].concat())
}

/// Statements that turn the vendor's pointers in a result into ids, or into texts.
pub fn translation(plan: &Plan<'_>, call: &CallPlan<'_>, param: &Param, buffer: &Buffer) -> Option<TokenStream> {
    let name = ident(&param.name);
    if let Element::Text = &buffer.element {
        // SAFETY of the emitted call: a vendor that succeeds stores null or the address of a text.
        return Some(quote!(unsafe { #name.follow_text(ok) };));
    }
    if let Element::Handle(ty) = &buffer.element {
        let kind = ident(ty);
        let owners = owners(plan.api, call.function, ty);
        if owners.is_empty() {
            return Some(quote!(if ok { call.intern(&mut #name, kind::#kind); }));
        }
        let owners = owners.iter().map(|owner| ident(&owner.name));
        return Some(quote!(if ok { call.intern_from(&mut #name, kind::#kind, &[#(r.#owners.to_native()),*]); }));
    }
    if let Element::Struct(ty) = &buffer.element
        && buffer.direction == Direction::Out
        && plan.api.holds_handle(ty)
    {
        let ty = ident(ty);
        return Some(quote!(if ok { call.intern_structs(&mut #name, &spec::#ty); }));
    }
    let listed = |birth: &&Birth<'_>| matches!(birth.place, BirthPlace::Listed(p) if p.name == param.name);
    let birth = call.births.iter().find(listed)?;
    let (kind, parents) = (ident(birth.kind), parents(&birth.parents));
    Some(quote!(if ok { call.intern_new(&mut #name, kind::#kind, #parents)?; }))
}
