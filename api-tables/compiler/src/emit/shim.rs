//! Emits the shim's side: every C entry point of the API, the marshalling behind it, the delivery of callbacks, and the
//! dispatch table of an installable client driver.

use super::entries;
use super::names::{self, ident, int};
use super::shortcut;
use super::sizes::{Side, Sizes, element_bytes, tag};
use super::wire::address_of;
use crate::model::{Api, Buffer, Direction, Element, Function, Len, Param, Ret, Shape, Until};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub fn emit(api: &Api) -> TokenStream {
    let module = ident(&api.name);
    let entries = api.functions.iter().map(|f| entries::entry(api, f));
    let marshals = api.functions.iter().filter(|f| has_marshal(f)).map(|f| marshal(api, f));
    let deliver = deliver(api);
    let dispatch = entries::dispatch(api);
    let lookup = entries::lookup(api);
    let list = entries::function_list(api);
    quote! {
        #[allow(unused_imports)]
        use crate::api::runtime::{self, Call, Fault, Room, Session, Statuses, Wake, guard};
        #[allow(unused_imports)]
        use ava_protocol::{expr, layout, layout::Rows, #module as table, #module::{constant, kind, opcode, spec}, wire::*};
        #[allow(unused_imports)]
        use std::ffi::{c_char, c_void};

        #(#entries)*

        /// The calls behind the entry points: arguments into a request, the reply back into the program's memory.
        #[allow(dead_code, non_snake_case, unused_variables, unused_mut, unused_unsafe)]
        pub mod marshal {
            use super::*;
            #(#marshals)*
        }
        #deliver
        #dispatch
        #list
        #lookup
    }
}

/// Whether the marshalling of a function can be generated. A custom function keeps it where it can, to fall back on.
fn has_marshal(function: &Function) -> bool {
    names::is_marshalled(function)
}

/// The generated marshalling of one function.
pub fn marshal(api: &Api, function: &Function) -> TokenStream {
    let name = ident(&function.name);
    let params: Vec<_> = function.params.iter().map(|p| ident(&p.name)).collect();
    let types: Vec<_> = function.params.iter().map(names::c_param).collect();
    let ret = names::c_ret(&function.ret, api);
    let encode = function.params.iter().map(|p| encode(api, function, p));
    let mut fields: Vec<TokenStream> = function
        .params
        .iter()
        .filter(|p| !function.facts.withheld.contains(&p.name))
        .flat_map(|p| {
            let (field, value) = (ident(&p.name), wire_value(p));
            let address =
                matches!((names::until(function, &p.name), &p.shape), (Some(Until::Released), Shape::Buffer(_))).then(
                    || {
                        let field = address_of(&p.name);
                        let pointer = ident(&p.name);
                        quote!(#field: #pointer as u64)
                    },
                );
            std::iter::once(quote!(#field: #value)).chain(address)
        })
        .collect();
    let mint = if let Ret::New { ty } = &function.ret {
        let kind = ident(ty);
        fields.push(quote!(new_object: w_new));
        Some(quote!(let w_new = call.mint(kind::#kind)?;))
    } else {
        None
    };
    let kept = kept(function);
    let ok = match &function.ret {
        Ret::Status { ty } => {
            let ok = int(i128::from(names::ok_status(api, ty)));
            quote!(reply.ret.to_native() == #ok)
        }
        Ret::New { .. } => quote!(reply.made),
        _ => quote!(true),
    };
    let decode: Vec<_> = function.params.iter().filter_map(|p| decode(api, function, p)).collect();
    let result = match &function.ret {
        Ret::Void | Ret::Pointer { .. } | Ret::Struct { .. } => quote!(()),
        Ret::Text { .. } => quote!(call.kept_text(&reply.ret)),
        Ret::Status { .. } | Ret::Value { .. } => quote!(reply.ret.to_native() as _),
        Ret::New { .. } => quote!(if ok { call.object(w_new) } else { std::ptr::null_mut() }),
    };
    let request = if fields.is_empty() {
        quote!(table::#name::Request {})
    } else {
        quote!(table::#name::Request { #(#fields),* })
    };
    let slot = ident(&api.name.to_uppercase());
    let (decode, after) = (quote!(#(#decode)*), shortcut::after(api, function));
    let transact = if function.facts.pull.is_some() {
        let hand = ident(&api.name);
        quote! {
            let (result, mirrors) = call.transact(&request, |reply: &table::#name::ArchivedReply, call| {
                let ok = #ok;
                #decode
                #after
                (ok, (#result, reply.mirrors.to_vec()))
            })?;
            crate::api::#hand::pulled(call.session, &mirrors)?;
            Ok(result)
        }
    } else {
        quote! {
            call.transact(&request, |reply: &table::#name::ArchivedReply, call| {
                let ok = #ok;
                #decode
                #after
                (ok, #result)
            })
        }
    };
    let session = match function.facts.afresh {
        true => quote!(Session::afresh(&crate::api::#slot)?),
        false => shortcut::counting(api, function).unwrap_or(quote!(Session::current(&crate::api::#slot)?)),
    };
    let (before, then) = (shortcut::before(api, function), shortcut::then(api, function));
    let instead = shortcut::instead(api, function);
    quote! {
        pub unsafe fn #name(#(#params: #types),*) -> Result<#ret, Fault> {
            let mut call = Call::begin(#session, opcode::#name);
            // SAFETY: the program vouches for its pointers, as it would to the vendor.
            unsafe {
                #before
                #(#encode)*
                #mint
                #kept
                #then
                let request = #request;
                #instead
                #transact
            }
        }
    }
}

/// Keeps a callback that reports errors with the object that the call makes, or else with the one that it is about.
fn kept(function: &Function) -> Option<TokenStream> {
    let reports = |p: &&Param| matches!(&p.shape, Shape::Callback { params, .. } if names::reports(params));
    let callback = local(&function.params.iter().find(reports)?.name);
    let object = match &function.ret {
        Ret::New { .. } => quote!(w_new),
        _ => quote!(call.first),
    };
    Some(quote!(call.session.callbacks.keep_with(call.session, #callback, #object);))
}

/// Statements that bring one argument into its wire form, called `w_NAME`.
fn encode(api: &Api, function: &Function, param: &Param) -> TokenStream {
    let name = ident(&param.name);
    let w = local(&param.name);
    match &param.shape {
        Shape::Value { .. } | Shape::Pointer | Shape::UserData | Shape::VaList | Shape::Struct { .. } => quote!(),
        Shape::Handle { ty, null } => {
            let kind = ident(ty);
            if *null {
                quote!(let #w = call.handle_or_null(#name, kind::#kind)?;)
            } else if names::is_opaque(api, ty) {
                quote!(let #w = call.live_handle(#name, kind::#kind)?;)
            } else {
                quote!(let #w = call.handle(#name, kind::#kind);)
            }
        }
        Shape::Text { .. } => quote!(let #w = call.text(#name)?;),
        Shape::Texts { count, lengths, bytes, .. } => {
            let count = sizes(api, function).value(count);
            let lengths = match lengths {
                Some(lengths) => {
                    let lengths = ident(lengths);
                    quote!(#lengths)
                }
                None => quote!(std::ptr::null()),
            };
            quote!(let #w = call.texts(#name, #count, #lengths, #bytes)?;)
        }
        Shape::Callback { .. } => {
            let signature = signature(api, function, param);
            let user_data = user_data(function);
            let life = names::life(function, param);
            let about: Vec<_> = function
                .params
                .iter()
                .filter(|p| matches!(p.shape, Shape::Handle { .. }))
                .map(|p| {
                    let (object, id) = (ident(&p.name), local(&p.name));
                    quote!((#id, #object))
                })
                .collect();
            quote! {
                let #w = call.callback(#name.map(|f| f as usize), #user_data as usize, #signature, #life, &[#(#about),*])?;
            }
        }
        Shape::Buffer(buffer) => {
            let value = buffer_value(api, function, param, buffer);
            let rows = matches!(buffer.element, Element::Bytes).then(|| {
                let (r, rows) = (rows_local(&param.name), sizes(api, function).rows(&buffer.len));
                quote!(let #r = #rows;)
            });
            let value = match function.facts.when.iter().find(|(p, _)| *p == param.name) {
                Some((_, condition)) => {
                    let condition = sizes(api, function).value(condition);
                    quote!(let #w = if expr::holds(#condition) { #value } else { call.unread(#name.cast()) };)
                }
                None => quote!(let #w = #value;),
            };
            quote!(#rows #value)
        }
    }
}

fn buffer_value(api: &Api, function: &Function, param: &Param, buffer: &Buffer) -> TokenStream {
    let name = ident(&param.name);
    if names::is_new_one(buffer) {
        let Element::New(ty) = &buffer.element else { unreachable!("is_new_one") };
        let kind = ident(ty);
        return quote!(if #name.is_null() { 0 } else { call.mint_from_first(kind::#kind)? });
    }
    let pending = matches!(names::until(function, &param.name), Some(Until::Event(_)))
        .then(|| sizes(api, function).outlives_call(function.facts.oneway.as_ref()));
    let elements = sizes(api, function).elements(&buffer.len);
    if buffer.direction == Direction::Out {
        return match (&buffer.element, &buffer.len) {
            (Element::Scalar { .. }, Len::One) => quote!(call.scalar_place(#name)),
            (Element::Bytes, _) => {
                let r = rows_local(&param.name);
                let pending = pending.unwrap_or(quote!(false));
                quote!(call.place(#name.cast(), #r, #pending)?)
            }
            (element, _) => {
                let size = element_bytes(element);
                quote!(call.place(#name.cast(), Rows::flat(expr::bytes_of(#elements, #size)), false)?)
            }
        };
    }
    if let (true, Element::Struct(ty)) = (is_exchanged(buffer), &buffer.element) {
        let ty = ident(ty);
        return quote!(call.exchange_structs(#name.cast(), #elements, &spec::#ty)?);
    }
    match &buffer.element {
        Element::Bytes => {
            let r = rows_local(&param.name);
            let pending = pending.unwrap_or(quote!(false));
            quote!(call.bytes(#name.cast(), #r, #pending)?)
        }
        Element::Tagged(ty) => {
            let (key, ty) = (tag(api, function, ty), ident(ty));
            quote!({
                Call::keyed(&spec::#ty, #key as i64)?;
                call.bytes(#name.cast(), Rows::flat(#elements), false)?
            })
        }
        Element::Scalar { scalar, .. } => {
            let size = scalar.size() as u64;
            quote!(call.bytes(#name.cast(), Rows::flat(expr::mul(#elements, Some(#size))), false)?)
        }
        Element::Handle(ty) | Element::New(ty) => {
            let kind = ident(ty);
            quote!(call.handles(#name.cast(), #elements, kind::#kind)?)
        }
        Element::Struct(ty) => {
            let ty = ident(ty);
            quote!(call.structs(#name.cast(), #elements, &spec::#ty)?)
        }
        Element::Property(ty) => {
            let ty = ident(ty);
            quote!(call.list(#name.cast(), &spec::#ty)?)
        }
    }
}

/// The request's field for an argument.
fn wire_value(param: &Param) -> TokenStream {
    let name = ident(&param.name);
    match &param.shape {
        Shape::Value { scalar, .. } => {
            let ty = names::wire_scalar(*scalar);
            quote!(#name as #ty)
        }
        Shape::VaList | Shape::Struct { .. } => quote!(0),
        Shape::Pointer => quote!(#name as u64),
        Shape::Buffer(buffer) if is_exchanged(buffer) => {
            let w = local(&param.name);
            quote!(#w.data)
        }
        Shape::UserData => quote!(!#name.is_null()),
        Shape::Buffer(buffer) if buffer.direction == Direction::Out && !names::is_new_one(buffer) => {
            let w = local(&param.name);
            quote!(#w.place)
        }
        _ => {
            let w = local(&param.name);
            quote!(#w)
        }
    }
}

/// Structs that go in and come out, with what they lead to.
fn is_exchanged(buffer: &Buffer) -> bool {
    buffer.direction == Direction::InOut && matches!(buffer.element, Element::Struct(_))
}

/// Statements that bring one result from the reply into the program's memory.
fn decode(api: &Api, function: &Function, param: &Param) -> Option<TokenStream> {
    let Shape::Buffer(buffer) = &param.shape else {
        return None;
    };
    if buffer.direction == Direction::In {
        return None;
    }
    let (name, w) = (ident(&param.name), local(&param.name));
    if names::is_new_one(buffer) {
        return Some(quote!(call.put_new(#name, #w, reply.#name);));
    }
    Some(match &buffer.element {
        Element::Bytes => {
            let r = rows_local(&param.name);
            quote!(call.put(#name.cast(), &#w, &reply.#name, #r);)
        }
        Element::Scalar { .. } if buffer.direction == Direction::InOut => {
            let (elements, size) = (sizes(api, function).elements(&buffer.len), element_bytes(&buffer.element));
            quote!(call.put(#name.cast(), &Room::exchanged(expr::mul(#elements, Some(#size))), &reply.#name, None);)
        }
        Element::Struct(ty) if is_exchanged(buffer) => {
            let (elements, ty) = (sizes(api, function).elements(&buffer.len), ident(ty));
            quote!(call.put_structs(#name.cast(), #elements, &spec::#ty, &#w.room, &reply.#name);)
        }
        Element::Scalar { .. } | Element::Struct(_) => {
            quote!(call.put(#name.cast(), &#w, &reply.#name, None);)
        }
        Element::Handle(ty) | Element::New(ty) => {
            let (kind, made) = (ident(ty), matches!(buffer.element, Element::New(_)));
            quote!(call.put_handles(#name.cast(), &#w, &reply.#name, kind::#kind, #made);)
        }
        Element::Tagged(ty) => {
            let key = tag(api, function, ty);
            let ty = ident(ty);
            quote!(call.put_answer(#name.cast(), &#w, &reply.#name, &spec::#ty, #key as i64);)
        }
        Element::Property(ty) => {
            let ty = ident(ty);
            quote!(call.put_list(#name.cast(), &#w, &reply.#name, &spec::#ty);)
        }
    })
}

fn user_data(function: &Function) -> TokenStream {
    function.params.iter().find(|p| matches!(p.shape, Shape::UserData)).map_or(quote!(0), |p| {
        let name = ident(&p.name);
        quote!(#name)
    })
}

fn signature(api: &Api, function: &Function, param: &Param) -> u32 {
    names::callbacks(api)
        .iter()
        .position(|(f, p, _)| f.name == function.name && p.name == param.name)
        .unwrap_or(usize::MAX) as u32
}

/// Where the bytes of a parameter lie, an `Option<Rows>`, computed before the call.
fn rows_local(name: &str) -> proc_macro2::Ident {
    format_ident!("r_{name}")
}

pub(super) fn local(name: &str) -> proc_macro2::Ident {
    format_ident!("w_{name}")
}

/// The function that calls a program's callback by the number of its signature.
fn deliver(api: &Api) -> TokenStream {
    let mut constants = Vec::new();
    let arms: Vec<_> = names::callbacks(api)
        .into_iter()
        .enumerate()
        .map(|(i, (f, _, params))| {
            let constant = ident(&f.name);
            let number = i as u32;
            constants.push(quote!(pub const #constant: u32 = #number;));
            let types: Vec<_> = params.iter().map(names::c_param).collect();
            let mut at = 0_usize;
            let formatted = params.iter().any(|p| matches!(p.shape, Shape::VaList));
            let args = params.iter().map(|p| {
                let place = at;
                if !matches!(p.shape, Shape::UserData | Shape::VaList) {
                    at += 1;
                }
                match &p.shape {
                    // The worker has formatted: the format is that of one text, which is the argument.
                    Shape::Text { .. } if formatted => quote!(c"%s".as_ptr()),
                    Shape::VaList => {
                        let text = place - 1;
                        quote!(runtime::Arguments::of(args.bytes(#text)).as_mut_ptr())
                    }
                    Shape::Value { scalar: s, .. } => {
                        let s = names::scalar(*s);
                        quote!(args.int(#place) as #s)
                    }
                    Shape::Handle { .. } => quote!(args.handle(#place)),
                    Shape::UserData => quote!(user_data as *mut c_void),
                    _ => quote!(args.bytes(#place).cast()),
                }
            });
            quote! {
                #number => {
                    let f: unsafe extern "C-unwind" fn(#(#types),*) = std::mem::transmute(f);
                    f(#(#args),*);
                }
            }
        })
        .collect();
    quote! {
        /// Numbers of the callback signatures, by the function that registers them.
        #[allow(non_upper_case_globals, dead_code)]
        pub mod signature { #(#constants)* }

        /// Calls the program's callback `f`.
        ///
        /// # Safety
        /// `f` is a function of the signature that `signature` numbers.
        #[allow(unused_variables, unused_unsafe)]
        pub unsafe fn deliver(signature: u32, f: usize, user_data: usize, args: &runtime::Args) {
            // SAFETY: by the caller's promise.
            unsafe {
                match signature {
                    #(#arms)*
                    _ => (),
                }
            }
        }
    }
}

fn sizes<'a>(api: &'a Api, function: &'a Function) -> Sizes<'a> {
    Sizes { api, function, side: Side::Shim }
}
