//! Emits the worker's view of the vendor: its functions as a struct of pointers, their arguments, and the trampolines for its
//! callbacks.

use super::names::{self, ident};
use crate::model::{Buffer, Direction, Expr, Fd, Function, Len, Param, Shape};
use crate::plan::{CallPlan, Loaded, Plan, Server};
use proc_macro2::TokenStream;
use quote::quote;

/// `struct Vendor`: a pointer per function, filled from the library.
pub fn functions(plan: &Plan<'_>) -> TokenStream {
    let loaded = plan.calls.iter().filter(|call| call.loaded == Loaded::FromLibrary);
    let (api, functions): (_, Vec<_>) = (plan.api, loaded.map(|call| call.function).collect());
    let fields = functions.iter().map(|f| {
        let name = ident(&f.name);
        let types = f.params.iter().map(names::c_param);
        let ret = names::c_ret(&f.ret, api);
        quote!(pub #name: Option<unsafe extern "C" fn(#(#types),*) -> #ret>)
    });
    let loads = functions.iter().map(|f| {
        let (field, name) = (ident(&f.name), &f.name);
        // SAFETY of the emitted transmute: the header check holds the table to the vendor's own prototypes.
        quote!(#field: unsafe { std::mem::transmute::<*mut c_void, Option<_>>(symbols.find(#name)) })
    });
    let doubles = plan.calls.iter().filter_map(|call| double(plan, call));
    let listed = api.function_list.as_ref().zip(api.listed).map(|(name, listed)| {
        let [major, minor] = listed.version;
        quote! {
            /// The function that hands out all others, and the version that the table describes.
            pub const LISTED: (&str, [u8; 2]) = (#name, [#major, #minor]);
        }
    });
    quote! {
        #listed
        /// The vendor library's functions; `None` where it lacks one.
        #[allow(non_snake_case)]
        pub struct Vendor { #(#fields),* }

        impl Vendor {
            pub fn load(symbols: &mut dyn Symbols) -> Self {
                Self { #(#loads),* }
            }

            #(#doubles)*
        }
    }
}

/// The method that returns a function or its twin, for the code by hand that serves both.
pub fn double(plan: &Plan<'_>, call: &CallPlan<'_>) -> Option<TokenStream> {
    let (function, twin) = (call.function, call.function.facts.twin.as_ref()?);
    let is_by_hand = matches!(call.server, Server::ByHand { .. }) && call.loaded == Loaded::FromLibrary;
    is_by_hand.then(|| {
        let (name, twin, ret) = (ident(&function.name), ident(&twin.name), names::c_ret(&function.ret, plan.api));
        let types = function.params.iter().map(names::c_param);
        let doc = format!(" `{}` or its twin, by the opcode of the call.", function.name);
        quote! {
            #[doc = #doc]
            #[allow(dead_code, non_snake_case)]
            pub fn #name(&self, opcode: u32) -> Option<unsafe extern "C" fn(#(#types),*) -> #ret> {
                if opcode == opcode::#twin { self.#twin } else { self.#name }
            }
        }
    })
}

/// `struct Extensions`: likewise, with a pointer per form that a function has had, of which one is filled at most.
pub fn extensions(plan: &Plan<'_>) -> Option<TokenStream> {
    let api = plan.api;
    api.lookup.as_ref()?;
    let functions = plan.calls.iter().filter_map(|call| match call.loaded {
        Loaded::FromPlatform(extension) => Some((call.function, extension)),
        Loaded::FromLibrary | Loaded::No => None,
    });
    let (mut fields, mut loads) = (Vec::new(), Vec::new());
    for (function, extension) in functions {
        let (text, forms) = (&function.name, names::forms(function));
        for (i, form) in forms.iter().enumerate() {
            let name = form.name(function);
            let types = form.params(function).map(names::c_param);
            let ret = names::c_ret(&function.ret, api);
            fields.push(quote!(pub #name: Option<unsafe extern "C" fn(#(#types),*) -> #ret>));
            let from = i.checked_sub(1).and_then(|i| forms[i].before).map(names::version);
            let from = from.map(|from| quote!(#from <= version));
            let before = form.before.map(names::version).map(|before| quote!(version < #before));
            let found = match (from, before) {
                (None, None) => quote!(symbols.find(#text, #extension)),
                (from, before) => {
                    let condition = from.into_iter().chain(before);
                    quote! {{
                        let version = symbols.version(#extension);
                        if #(#condition)&&* { symbols.find(#text, #extension) } else { std::ptr::null_mut() }
                    }}
                }
            };
            // SAFETY of the emitted transmute: as above, of the version that the vendor says it has.
            loads.push(quote!(#name: unsafe { std::mem::transmute::<*mut c_void, Option<_>>(#found) }));
        }
    }
    Some(quote! {
        /// The functions of a platform's extensions; `None` where it lacks one.
        #[allow(non_snake_case)]
        pub struct Extensions { #(#fields),* }

        impl Extensions {
            pub fn load(symbols: &dyn crate::vendor::ExtensionSymbols) -> Self {
                Self { #(#loads),* }
            }
        }
    })
}

/// What the vendor calls instead of the program's callback.
pub fn trampoline(function: &Function, params: &[Param]) -> TokenStream {
    let name = ident(&function.name);
    let names: Vec<_> = params.iter().map(|p| ident(&p.name)).collect();
    let types = params.iter().map(names::c_param);
    let user_data =
        params.iter().find(|p| matches!(p.shape, Shape::UserData)).map_or(quote!(std::ptr::null_mut()), |p| {
            let p = ident(&p.name);
            quote!(#p)
        });
    let list = params.iter().find(|p| matches!(p.shape, Shape::VaList)).map(|p| ident(&p.name));
    // An error reporter is called during the call that it concerns.
    let upcall = match &function.facts.awaited {
        _ if list.is_some() => quote!(upcall_now),
        Some(_) => quote!(upcall_and_wait),
        None => quote!(upcall),
    };
    let args = params.iter().filter_map(|p| {
        let name = ident(&p.name);
        Some(match &p.shape {
            Shape::Text { .. } if list.is_some() => quote!(unsafe { upcall.formatted(#name, #list) };),
            Shape::VaList => return None,
            Shape::Value { .. } => quote!(upcall.int(#name as i64 as u64);),
            Shape::Handle { ty, .. } => {
                let kind = ident(ty);
                quote!(upcall.handle(#name, kind::#kind);)
            }
            Shape::Text { .. } => quote!(unsafe { upcall.text(#name) };),
            Shape::Buffer(Buffer { len: Len::Count(Expr::Param(len)), .. }) => {
                let len = ident(len);
                quote!(unsafe { upcall.bytes(#name.cast(), #len as usize) };)
            }
            Shape::UserData => return None,
            _ => quote!(upcall.int(0);),
        })
    });
    quote! {
        #[allow(unused_unsafe, unused_variables)]
        pub unsafe extern "C" fn #name(#(#names: #types),*) {
            // SAFETY: the vendor passes back the registration that it was given, and arguments as its API says.
            unsafe {
                crate::upcall::callbacks::#upcall(#user_data, |upcall| { #(#args)* });
            }
        }
    }
}

/// The vendor function's argument.
pub fn argument(call: &CallPlan<'_>, param: &Param) -> TokenStream {
    let name = ident(&param.name);
    match &param.shape {
        Shape::Value { .. } | Shape::Handle { .. } | Shape::Mirror { .. } | Shape::Pointer | Shape::Struct { .. } => {
            quote!(#name)
        }
        Shape::VaList => quote!(compile_error!("goes by hand")),
        Shape::Fd(Fd { out: true, .. }) => quote!(#name.as_mut_ptr().cast()),
        Shape::Fd(Fd { wide: true, .. }) => quote!(#name.address()),
        Shape::Fd(_) => quote!(#name.number()),
        Shape::Text { .. } => quote!(#name.as_ptr().cast()),
        Shape::Texts { .. } => quote!(#name.as_ptr()),
        Shape::Callback { .. } => {
            let trampoline = ident(&call.function.name);
            quote!(#name.wanted().then_some(trampoline::#trampoline as _))
        }
        Shape::UserData => match call.callback() {
            Some(callback) => {
                let callback = ident(&callback.param.name);
                quote!(#callback.user_data(#name))
            }
            None => quote!(std::ptr::null_mut()),
        },
        Shape::Buffer(buffer) => match buffer.direction {
            Direction::In => quote!(#name.as_ptr().cast()),
            Direction::InOut | Direction::Out => quote!(#name.as_mut_ptr().cast()),
        },
    }
}
