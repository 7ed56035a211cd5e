//! Emits how the worker takes arguments out of a request.

use super::names::{self, ident};
use super::sizes::{Side, Sizes, tag};
use crate::model::{Api, Buffer, Direction, Element, Function, Len, Param, Ret, Scalar, Shape, Until};
use proc_macro2::TokenStream;
use quote::quote;

/// Statements that bring one argument from the request into a local of its name.
pub fn decode(api: &Api, function: &Function, param: &Param) -> TokenStream {
    let name = ident(&param.name);
    let text = format!("{}: {}", function.name, param.name);
    if function.facts.withheld.contains(&param.name) {
        return quote!(let #name = std::ptr::null_mut(););
    }
    match &param.shape {
        Shape::Value { scalar, .. } => {
            let ty = names::scalar(*scalar);
            match scalar {
                Scalar::I8 | Scalar::U8 => quote!(let #name: #ty = r.#name as #ty;),
                _ => quote!(let #name: #ty = r.#name.to_native() as #ty;),
            }
        }
        Shape::VaList | Shape::Struct { .. } => quote!(),
        Shape::Pointer => quote!(let #name = r.#name.to_native() as *mut c_void;),
        Shape::UserData => quote!(let #name = r.#name;),
        Shape::Handle { ty, null } => {
            let kind = ident(ty);
            let counted = function.facts.retain.is_some() || function.facts.release.is_some();
            let find = match (counted, names::is_opaque(api, ty) && !null) {
                (true, _) => quote!(counted_handle),
                (false, true) => quote!(live_handle),
                (false, false) => quote!(handle),
            };
            quote!(let #name = call.#find(r.#name.to_native(), kind::#kind)?;)
        }
        Shape::Text { .. } => quote!(let #name = call.text(&r.#name)?;),
        Shape::Texts { count, lengths, .. } => {
            let count = sizes(api, function).value(count);
            let lengths = match lengths {
                Some(lengths) => {
                    let lengths = ident(lengths);
                    quote!(Some(&r.#lengths))
                }
                None => quote!(None),
            };
            quote!(let #name = call.texts(&r.#name, #count, #lengths, #text)?;)
        }
        Shape::Callback { .. } => {
            let handles = function.params.iter().filter(|p| matches!(p.shape, Shape::Handle { .. })).map(|p| {
                let h = ident(&p.name);
                quote!(r.#h.to_native())
            });
            let made = match function.ret {
                Ret::New { .. } => quote!(r.new_object.to_native()),
                _ => quote!(0),
            };
            let life = names::life(function, param);
            quote!(let #name = call.registration(r.#name.to_native(), &[#(#handles),*], #made, #life);)
        }
        Shape::Buffer(buffer) => decode_buffer(api, function, param, buffer, &text),
    }
}

fn decode_buffer(api: &Api, function: &Function, param: &Param, buffer: &Buffer, text: &str) -> TokenStream {
    let name = ident(&param.name);
    if let (true, Element::New(ty)) = (names::is_new_one(buffer), &buffer.element) {
        let kind = ident(ty);
        return quote!(let mut #name = call.birth(r.#name.to_native(), kind::#kind)?;);
    }
    let elements = sizes(api, function).elements(&buffer.len);
    if buffer.direction == Direction::Out {
        return match (&buffer.element, &buffer.len) {
            (Element::Bytes, Len::Layout { .. }) => {
                let rows = sizes(api, function).rows(&buffer.len);
                quote!(let mut #name = call.output_rows(&r.#name, #rows, #text)?;)
            }
            (element, _) => {
                let size = names::element_size(api, element);
                quote!(let mut #name = call.output(&r.#name, #elements, #size, #text)?;)
            }
        };
    }
    if buffer.direction == Direction::InOut {
        if let Element::Struct(ty) = &buffer.element {
            let ty = ident(ty);
            return quote!(let mut #name = call.exchange_structs(&r.#name, #elements, &spec::#ty, #text)?;);
        }
        let size = names::element_size(api, &buffer.element);
        return quote!(let mut #name = call.exchange(&r.#name, #elements, #size, #text)?;);
    }
    let in_place = matches!(names::until(function, &param.name), Some(Until::Event(_)));
    let condition = function.facts.when.iter().find(|(p, _)| *p == param.name);
    match &buffer.element {
        Element::Bytes | Element::Tagged(_) => {
            let rows = sizes(api, function).rows(&buffer.len);
            let rows = match condition {
                Some((_, condition)) => {
                    let condition = sizes(api, function).value(condition);
                    quote!(if expr::holds(#condition) { #rows } else { None })
                }
                None => rows,
            };
            let keyed = match &buffer.element {
                Element::Tagged(ty) => {
                    let (key, ty) = (tag(api, function, ty), ident(ty));
                    Some(quote!(Call::keyed(&spec::#ty, r.#key.to_native() as i64)?;))
                }
                _ => None,
            };
            quote!(#keyed let #name = call.input(&r.#name, #rows, #in_place, #text)?;)
        }
        Element::Scalar { scalar, .. } => {
            let size = scalar.size() as u64;
            quote!(let #name = call.input(&r.#name, Rows::flat(expr::mul(#elements, Some(#size))), false, #text)?;)
        }
        Element::Handle(ty) | Element::New(ty) => {
            let kind = ident(ty);
            quote!(let #name = call.handles(&r.#name, #elements, kind::#kind, #text)?;)
        }
        Element::Struct(ty) => {
            let ty = ident(ty);
            quote!(let #name = call.structs(&r.#name, #elements, &spec::#ty, #text)?;)
        }
        Element::Property(ty) => {
            let ty = ident(ty);
            quote!(let #name = call.list(&r.#name, &spec::#ty, #text)?;)
        }
    }
}

fn sizes<'a>(api: &'a Api, function: &'a Function) -> Sizes<'a> {
    Sizes { api, function, side: Side::Worker }
}
