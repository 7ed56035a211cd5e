//! Emits the structs of a table: how each side translates them, and their layout for code written by hand.

use super::names::{self, ident, int};
use super::says;
use crate::layout;
use crate::model::{Api, Element, Field, FieldShape, Payload, Says, TypeKind};
use proc_macro2::TokenStream;
use quote::quote;

/// Where the handles of a struct are, its unions, and what it points to.
pub fn spec(api: &Api, name: &str, fields: &[Field], says: Option<&Says>) -> TokenStream {
    let (size, says) = (layout::size(api, name), says::emit(api, fields, says));
    let handles = layout::offsets(api, fields).into_iter().zip(fields).filter_map(|(at, f)| {
        let FieldShape::Handle(h) = &f.shape else { return None };
        let kind = names::kind(api, h);
        Some(quote!((#at, #kind)))
    });
    let (unions, memory) = (unions(api, fields), memory(api, fields));
    let name = ident(name);
    quote! {
        pub static #name: StructSpec = StructSpec {
            size: #size,
            handles: &[#(#handles),*],
            unions: &[#(#unions),*],
            memory: &[#(#memory),*],
            says: #says,
        };
    }
}

/// The unions among the fields of a struct.
fn unions(api: &Api, fields: &[Field]) -> Vec<TokenStream> {
    let offsets = layout::offsets(api, fields);
    let union = |(field, at): (&Field, usize)| {
        let FieldShape::Union { keys, size } = &field.shape else { return None };
        let Some(TypeKind::Tagged { tag, variants, .. }) = api.types.get(keys).map(|t| &t.kind) else { return None };
        let (tag_at, tag_size) = layout::number(api, fields, tag)?;
        let parts = variants.iter().map(|variant| {
            let key = int(api.constants[&variant.key].value);
            match &variant.payload {
                Payload::Handle(handle) => {
                    let kind = names::kind(api, handle);
                    quote!((#key, Some(#kind)))
                }
                _ => quote!((#key, None)),
            }
        });
        Some(quote! {
            UnionSpec { at: #at, size: #size, tag_at: #tag_at, tag_size: #tag_size, parts: &[#(#parts),*] }
        })
    };
    fields.iter().zip(offsets).filter_map(union).collect()
}

/// What the fields of a struct point to.
fn memory<'a>(api: &'a Api, fields: &'a [Field]) -> Vec<TokenStream> {
    let offsets = layout::offsets(api, fields);
    let number = |name: &str| {
        let found = fields.iter().zip(&offsets).find(|(f, _)| f.name == name);
        found.map_or((0, 0), |(f, at)| match f.shape {
            FieldShape::Scalar(scalar) => (*at, scalar.size()),
            _ => (*at, 0),
        })
    };
    fields
        .iter()
        .zip(&offsets)
        .filter_map(|(field, at)| {
            let FieldShape::Memory(memory) = &field.shape else { return None };
            let (len_at, len_size) = number(&memory.len);
            let element = names::element_size(api, &memory.element);
            let content = match &memory.element {
                Element::Struct(ty) => {
                    let ty = ident(ty);
                    quote!(Content::Structs(&#ty))
                }
                Element::Tagged(ty) => keyed(api, ty, &number),
                _ => quote!(Content::Bytes),
            };
            Some(quote! {
                MemorySpec { at: #at, len_at: #len_at, len_size: #len_size, element: #element, content: #content }
            })
        })
        .collect()
}

/// Memory whose content goes by another field.
fn keyed(api: &Api, ty: &str, number: &dyn Fn(&str) -> (usize, usize)) -> TokenStream {
    let Some(TypeKind::Tagged { tag, variants, .. }) = api.types.get(ty).map(|t| &t.kind) else {
        return quote!(Content::Bytes);
    };
    let (at, size) = number(tag);
    let keys = variants.iter().filter_map(|v| {
        let key = int(api.constants[&v.key].value);
        let behind = match &v.payload {
            Payload::Plain(ty) => {
                let ty = ty.trim_matches(['[', ']']);
                let TypeKind::Struct { .. } = api.types.get(ty)?.kind else { return None };
                let ty = ident(ty);
                quote!(Behind::Structs(&#ty))
            }
            Payload::Refused(status) => {
                let status = int(i128::from(*status));
                quote!(Behind::Refused(#status))
            }
            _ => return None,
        };
        Some(quote!((#key, #behind)))
    });
    quote!(Content::Keyed { at: #at, size: #size, keys: &[#(#keys),*] })
}

/// The structs as Rust has them, for hand-written code and for those that go by value.
pub fn structs(api: &Api) -> TokenStream {
    let structs = api.types.values().filter_map(|t| {
        let TypeKind::Struct { fields, .. } = &t.kind else { return None };
        let (name, doc) = (ident(&t.name), format!(" `{}` of the vendor's headers.", t.name));
        let fields = fields.iter().map(|f| {
            let field = ident(&f.name);
            let ty = match &f.shape {
                FieldShape::Scalar(s) => {
                    let s = names::scalar(*s);
                    quote!(#s)
                }
                FieldShape::Array(s, n) => {
                    let s = names::scalar(*s);
                    quote!([#s; #n])
                }
                FieldShape::Union { size, .. } => {
                    let words = size / 8;
                    quote!([u64; #words])
                }
                FieldShape::Struct(ty) => {
                    let ty = ident(ty);
                    quote!(#ty)
                }
                FieldShape::Tail { scalar: s, .. } => {
                    let s = names::scalar(*s);
                    quote!([#s; 0])
                }
                FieldShape::Handle(_) | FieldShape::Memory(_) | FieldShape::Pointer(_) | FieldShape::Address => {
                    quote!(*mut std::ffi::c_void)
                }
            };
            quote!(pub #field: #ty)
        });
        Some(quote! {
            #[doc = #doc]
            #[repr(C)]
            #[derive(Debug, Clone, Copy)]
            pub struct #name { #(#fields),* }
        })
    });
    quote! {
        #[allow(non_camel_case_types, non_snake_case)]
        pub mod c { #(#structs)* }
    }
}
