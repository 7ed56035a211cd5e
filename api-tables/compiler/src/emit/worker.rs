//! Emits the worker's side: the vendor's functions as a struct of pointers, one server function per entry that decodes,
//! calls the vendor and encodes, the dispatch by opcode, and the trampolines that vendors call back.

use super::charges::{self, written};
use super::names::{self, ident, int};
use super::request::decode;
use super::sizes::{Side, Sizes, tag};
use super::vendor;
use super::wire::address_of;
use crate::model::{Api, Buffer, Direction, Element, Expr, Function, Len, Param, Resource, Ret, Shape, Until};
use proc_macro2::TokenStream;
use quote::quote;

pub fn emit(api: &Api) -> TokenStream {
    let module = ident(&api.name);
    let (vendor, extensions) = (vendor::functions(api), vendor::extensions(api));
    let dispatch = dispatch(api);
    let servers = api.functions.iter().filter(|f| has_server(f)).map(|f| server(api, f));
    let trampolines = names::callbacks(api).into_iter().map(|(f, _, params)| vendor::trampoline(f, params));
    quote! {
        #[allow(unused_imports)]
        use crate::{call::{Call, Outcome, Stop}, vendor::Symbols};
        #[allow(unused_imports)]
        use ava_protocol::{expr, frame::Malformed, layout, layout::Rows, #module as table, #module::{constant, kind, opcode, spec}, wire::*};
        #[allow(unused_imports)]
        use std::ffi::{c_char, c_void};

        #vendor
        #extensions
        #dispatch
        #[allow(dead_code, non_snake_case, unused_variables, unused_mut)]
        pub mod serve {
            use super::*;
            #(#servers)*
        }
        #[allow(non_snake_case, unused_imports)]
        pub mod trampoline {
            use super::*;
            #(#trampolines)*
        }
    }
}

fn has_server(function: &Function) -> bool {
    names::is_marshalled(function) && function.facts.beside.is_none()
}

fn dispatch(api: &Api) -> TokenStream {
    let hand = ident(&api.name);
    let arms = api.functions.iter().enumerate().filter_map(|(opcode, f)| {
        let (opcode, name) = (opcode as u32, ident(&f.name));
        if f.facts.local || f.facts.unsupported.is_some() {
            return None;
        }
        Some(if f.facts.custom.worker {
            quote!(#opcode => crate::api::#hand::#name(call, body))
        } else {
            quote!(#opcode => serve::#name(call, body))
        })
    });
    quote! {
        /// Serves one call.
        pub fn dispatch(opcode: u32, call: &mut Call, body: &[u8]) -> Outcome {
            match opcode {
                #(#arms,)*
                other => crate::api::#hand::own(other, call, body),
            }
        }
    }
}

/// The function that serves one entry.
pub fn server(api: &Api, function: &Function) -> TokenStream {
    let (name, hand) = (ident(&function.name), ident(&api.name));
    let text = &function.name;
    // Scalars first, and those that go in and come out: sizes of other arguments are computed from them.
    let mut params: Vec<_> = function.params.iter().collect();
    params.sort_by_key(|p| match &p.shape {
        Shape::Value { .. } => 0,
        Shape::Buffer(Buffer { direction: Direction::InOut, len: Len::One, .. }) => 1,
        _ => 2,
    });
    let decode = params.into_iter().map(|p| decode(api, function, p));
    let args = function.params.iter().map(|p| argument(function, p));
    let before = before(api, function);
    let ret_ok = match &function.ret {
        Ret::Status { ty } => {
            let ok = int(i128::from(names::ok_status(api, ty)));
            quote!(ret == #ok)
        }
        Ret::New { .. } => quote!(!ret.is_null()),
        _ => quote!(true),
    };
    let call_vendor = match tagged(function) {
        Some((param, buffer)) => tagged_call(api, function, param, buffer),
        None if names::forms(function).len() > 1 => call_by_form(function),
        None => quote! {
            // SAFETY: pointers lead to memory of the size that the API demands, handles are live objects of the vendor.
            let ret = unsafe { vendor_function(#(#args),*) };
        },
    };
    let find = find(api, function);
    let after = after(api, function);
    let mut fields = Vec::new();
    match &function.ret {
        Ret::Void | Ret::Pointer { .. } | Ret::Struct { .. } => {}
        // SAFETY of the emitted call: the vendor returns null or a text.
        Ret::Text { .. } => fields.push(quote!(ret: unsafe { call.text_answer(ret) })),
        Ret::Value { scalar, .. } => {
            let ty = names::wire_scalar(*scalar);
            fields.push(quote!(ret: ret as #ty));
        }
        Ret::Status { ty } => {
            let ty = names::wire_scalar(names::status_scalar(api, ty));
            fields.push(quote!(ret: ret as #ty));
        }
        Ret::New { .. } => fields.push(quote!(made: ok)),
    }
    let mut translate = Vec::new();
    for param in &function.params {
        let Shape::Buffer(buffer) = &param.shape else {
            continue;
        };
        if buffer.direction == Direction::In {
            continue;
        }
        let p = ident(&param.name);
        if names::is_new_one(buffer) {
            fields.push(quote!(#p: #p.is_made()));
            continue;
        }
        translate.extend(translation(function, param, buffer));
        let written = written(api, function, param, buffer);
        fields.push(quote!(#p: #p.returned(#written, ok)));
    }
    if let Some(object) = function.facts.pull.as_ref().map(|h| ident(h)) {
        translate.push(quote!(let mirrors = crate::api::#hand::pull(call, r.#object.to_native())?;));
        fields.push(quote!(mirrors));
    }
    if let Some(object) = function.facts.push.as_ref().map(|h| ident(h)) {
        translate.push(quote!(if ok { crate::api::#hand::carried(call, r.#object.to_native())?; }));
    }
    let reply =
        if fields.is_empty() { quote!(table::#name::Reply {}) } else { quote!(table::#name::Reply { #(#fields),* }) };
    let expect = match &function.ret {
        Ret::New { ty } if function.facts.oneway.is_some() => {
            let kind = ident(ty);
            quote!(call.expect(r.new_object.to_native(), kind::#kind);)
        }
        _ => quote!(),
    };
    let oneway = function.facts.oneway.as_ref().map(|_| {
        let status = match (&function.ret, names::errcode(api, function)) {
            (Ret::Status { .. }, _) => quote!(ret as i64),
            (_, Some(errcode)) => {
                let errcode = ident(&errcode.name);
                quote!(#errcode.scalar().map_or(0, |status| i64::from(status as i32)))
            }
            _ => quote!(0),
        };
        quote!(if call.is_oneway() { return call.settle(ok, #status); })
    });
    quote! {
        pub fn #name(call: &mut Call, body: &[u8]) -> Outcome {
            let r = call.read::<table::#name::ArchivedRequest>(body, #text)?;
            #(#decode)*
            #expect
            #find
            #before
            #call_vendor
            let ok = #ret_ok;
            #after
            #oneway
            #(#translate)*
            call.reply(&#reply)
        }
    }
}

/// Statements that find the vendor's function.
fn find(api: &Api, function: &Function) -> TokenStream {
    let (name, hand, text) = (ident(&function.name), ident(&api.name), &function.name);
    let own = quote!(crate::api::#hand::vendor(call.session).#name);
    if function.facts.extension.is_none() && function.facts.formerly.is_none() {
        return quote!(let vendor_function = #own.ok_or(Stop::Missing(#text))?;);
    }
    // Extension functions are a platform's own: which it is says the first object that the call names.
    // An array of them may be null.
    let array = |p: &&Param| matches!(&p.shape, Shape::Buffer(b) if b.direction == Direction::In && matches!(b.element, Element::Handle(_)));
    let object = match (first_handle(function), function.params.iter().find(array)) {
        (Some(handle), _) => {
            let name = ident(&handle.name);
            quote!(Some(r.#name.to_native()))
        }
        (None, Some(array)) => {
            let name = ident(&array.name);
            quote!(Some(#name.objects().first().copied().unwrap_or(0)))
        }
        (None, None) => quote!(None),
    };
    let functions = quote!(crate::api::#hand::extensions(call.session, #object));
    if let Some(formerly) = function.facts.formerly.as_ref().map(|f| ident(f)) {
        return quote!(let vendor_function = #own.or_else(|| #functions.#formerly).ok_or(Stop::Missing(#text))?;);
    }
    if names::forms(function).len() > 1 {
        return quote!(let vendor_functions = #functions;);
    }
    quote!(let vendor_function = #functions.#name.ok_or(Stop::Missing(#text))?;)
}

/// The call in the form that the vendor has, newest first. What it lacks a parameter for is not said to it.
fn call_by_form(function: &Function) -> TokenStream {
    let text = &function.name;
    let forms = names::forms(function).into_iter().rev().map(|form| {
        let (name, args) = (form.name(function), form.params(function).map(|p| argument(function, p)));
        quote!(if let Some(vendor_function) = vendor_functions.#name { vendor_function(#(#args),*) })
    });
    quote! {
        // SAFETY: pointers lead to memory of the size that the API demands, handles are live objects of the vendor.
        let ret = unsafe { #(#forms else)* { return Err(Stop::Missing(#text)); } };
    }
}

/// The vendor function's argument.
fn argument(function: &Function, param: &Param) -> TokenStream {
    let name = ident(&param.name);
    match &param.shape {
        Shape::Value { .. } | Shape::Handle { .. } | Shape::Pointer => quote!(#name),
        Shape::VaList | Shape::Struct { .. } => quote!(compile_error!("goes by hand")),
        Shape::Text { .. } => quote!(#name.as_ptr().cast()),
        Shape::Texts { .. } => quote!(#name.as_ptr()),
        Shape::Callback { .. } => {
            let trampoline = ident(&function.name);
            quote!(#name.wanted().then_some(trampoline::#trampoline as _))
        }
        Shape::UserData => match function.params.iter().find(|p| matches!(p.shape, Shape::Callback { .. })) {
            Some(callback) => {
                let callback = ident(&callback.name);
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

/// Statements between decoding and the call.
fn before(api: &Api, function: &Function) -> TokenStream {
    let mut statements = Vec::new();
    for (index, count) in &function.facts.within {
        let Some(Shape::Handle { ty, .. }) = first_handle(function).map(|p| &p.shape) else { continue };
        let (object, hand) = (first_handle(function).map(|p| ident(&p.name)), ident(&api.name));
        let (index, count_name, count, ty) = (ident(index), count, ident(count), ident(ty));
        let text = format!("{}: {index}", function.name);
        statements.push(quote! {
            let count = crate::api::#hand::vendor(call.session).#count.ok_or(Stop::Missing(#count_name))?;
            // SAFETY: a live object of the vendor's.
            call.within(#index as i64, unsafe { count(#object) } as i64, kind::#ty, #text)?;
        });
    }
    if let Some(object) = function.facts.push.as_ref().map(|h| ident(h)) {
        let hand = ident(&api.name);
        statements.push(quote!(crate::api::#hand::push(call, r.#object.to_native())?;));
    }
    if let (Some(_), Some(param)) = (&function.facts.release, first_handle(function)) {
        let id = ident(&param.name);
        statements.push(quote!(call.before_release(r.#id.to_native());));
    }
    for (param, until) in &function.facts.until {
        if let (Until::Event(event), Some(_)) = (until, function.param(param)) {
            let (param, event) = (ident(param), ident(event));
            let condition = sizes(api, function).outlives_call(function.facts.oneway.as_ref());
            statements.push(quote! {
                let pending = #param.pending();
                if #condition {
                    if pending != 0 {
                        #event.want();
                    } else if !#param.is_empty() {
                        return Err(Malformed::Pending(0).into());
                    }
                }
            });
        }
    }
    for (param, _) in &function.facts.written {
        // What the vendor reports as written is needed even where the program did not ask for it, if it need not.
        if let Some(count) = written_param(function, param).and_then(|count| function.param(&count))
            && matches!(count.shape, Shape::Buffer(Buffer { null: true, .. }))
        {
            let (param, count) = (ident(param), ident(&count.name));
            statements.push(quote!(if !#param.is_null() { #count.ensure(); }));
        }
    }
    quote!(#(#statements)*)
}

/// The out parameter that tells how much of `param` was written.
fn written_param(function: &Function, param: &str) -> Option<String> {
    fn find(function: &Function, e: &Expr) -> Option<String> {
        match e {
            Expr::Param(name) => match function.param(name).map(|p| &p.shape) {
                Some(Shape::Buffer(b)) if b.direction == Direction::Out => Some(name.clone()),
                _ => None,
            },
            Expr::Binary(_, a, b) => find(function, a).or_else(|| find(function, b)),
            Expr::Call(_, args) => args.iter().find_map(|a| find(function, a)),
            Expr::Int(_) | Expr::Const(..) => None,
        }
    }
    let (_, e) = function.facts.written.iter().find(|(p, _)| p == param)?;
    find(function, e)
}

/// Statements between the call and the reply.
fn after(api: &Api, function: &Function) -> TokenStream {
    let mut statements = Vec::new();
    let parent = parents(function);
    statements.extend(charges::emit(api, function));
    let memory = charges::number(api, function, Resource::DeviceMemory).unwrap_or(quote!(Some(0)));
    if let Ret::New { ty } = &function.ret {
        let kind = ident(ty);
        let held = function.facts.until.iter().find_map(|(p, u)| {
            let buffer = matches!(function.param(p)?.shape, Shape::Buffer(_));
            let (value, address) = (ident(p), address_of(p));
            (buffer && *u == Until::Released)
                .then(|| quote!(call.hold(r.new_object.to_native(), #value, r.#address.to_native());))
        });
        statements.push(quote! {
            if ok {
                call.born(r.new_object.to_native(), kind::#kind, ret, #parent, #memory)?;
                #held
            }
        });
    }
    for param in &function.params {
        if let Shape::Buffer(buffer) = &param.shape
            && names::is_new_one(buffer)
        {
            let name = ident(&param.name);
            statements.push(quote!(if ok { call.delivered(&mut #name, #parent)?; }));
        }
    }
    for (param, until) in &function.facts.until {
        if let (Until::Event(event), Some(p)) = (until, function.param(param)) {
            let (param, event) = (ident(param), ident(event));
            let queue = first_handle(function).map_or(quote!(0), |q| {
                let q = ident(&q.name);
                quote!(r.#q.to_native())
            });
            let _ = p;
            statements
                .push(quote!(if ok && pending != 0 { call.pend(pending, #queue, &mut #event, #param.region())?; }));
        }
    }
    if let Some(callback) = function.params.iter().find(|p| matches!(p.shape, Shape::Callback { .. })) {
        let callback = ident(&callback.name);
        statements.push(quote!(#callback.settle(ok);));
    }
    if let Some(param) = first_handle(function) {
        let id = ident(&param.name);
        if function.facts.retain.is_some() {
            statements.push(quote!(if ok { call.retained(r.#id.to_native()); }));
        }
        if function.facts.release.is_some() {
            statements.push(quote!(if ok { call.released(r.#id.to_native()); }));
        }
    }
    quote!(#(#statements)*)
}

fn first_handle(function: &Function) -> Option<&Param> {
    function.params.iter().find(|p| matches!(p.shape, Shape::Handle { .. }))
}

/// The objects that a new one keeps alive: the call's first handle and handles in structs, and of what a function returns
/// (rather than stores, as it does events) all handles, also those in arrays.
fn parents(function: &Function) -> TokenStream {
    let handles = function.params.iter().filter(|p| matches!(p.shape, Shape::Handle { .. }));
    let most = if matches!(function.ret, Ret::New { .. }) { usize::MAX } else { 1 };
    let first = handles.take(most).map(|p| {
        let id = ident(&p.name);
        quote!(r.#id.to_native())
    });
    let first = quote!(#(#first),*);
    let returned = matches!(function.ret, Ret::New { .. });
    let others = function.params.iter().filter_map(|p| match &p.shape {
        Shape::Buffer(Buffer { direction: Direction::In, element, .. }) => match element {
            Element::Handle(_) if !returned => None,
            Element::Struct(_) | Element::Handle(_) => {
                let name = ident(&p.name);
                Some(quote!(#name.objects()))
            }
            _ => None,
        },
        _ => None,
    });
    let others: Vec<_> = others.collect();
    if others.is_empty() {
        return quote!(&[#first]);
    }
    quote!(&[&[#first][..], #(#others),*].concat())
}

/// The parameter whose meaning goes by a key, if the function has one that comes out.
fn tagged(function: &Function) -> Option<(&Param, &Buffer)> {
    function.params.iter().find_map(|p| match &p.shape {
        Shape::Buffer(b) if b.direction == Direction::Out && matches!(b.element, Element::Tagged(_)) => Some((p, b)),
        _ => None,
    })
}

/// A query by key: the answer may need translation or filtering, which `Call::answer` sees to.
fn tagged_call(api: &Api, function: &Function, param: &Param, buffer: &Buffer) -> TokenStream {
    let Element::Tagged(ty) = &buffer.element else { unreachable!("tagged") };
    let key = tag(api, function, ty);
    let ty = ident(ty);
    let value = ident(&param.name);
    let Len::Count(Expr::Param(size)) = &buffer.len else {
        let message = format!("{}: an answer by key needs a size parameter", function.name);
        return quote!(compile_error!(#message););
    };
    let size_ret = written_param(function, &param.name).unwrap_or_else(|| "param_value_size_ret".into());
    let (size, size_ret) = (ident(size), ident(&size_ret));
    let about = first_handle(function).map_or(quote!(0), |p| {
        let id = ident(&p.name);
        quote!(r.#id.to_native())
    });
    let args = function.params.iter().map(|p| {
        let name = ident(&p.name);
        if name == value {
            quote!(value.cast())
        } else if name == size {
            quote!(size)
        } else if name == size_ret {
            quote!(size_ret)
        } else {
            argument(function, p)
        }
    });
    quote! {
        let ret = call.answer(
            &spec::#ty, #key as i64, #about, #size, &mut #value, &mut #size_ret,
            // SAFETY: `answer` passes memory of the size it names; handles are live objects of the vendor.
            |size: usize, value: *mut c_void, size_ret: *mut usize| unsafe { vendor_function(#(#args),*) },
        );
    }
}

/// Statements that turn the vendor's pointers in a result into ids.
fn translation(function: &Function, param: &Param, buffer: &Buffer) -> Option<TokenStream> {
    let name = ident(&param.name);
    match &buffer.element {
        Element::Handle(ty) => {
            let kind = ident(ty);
            Some(quote!(if ok { call.intern(&mut #name, kind::#kind); }))
        }
        Element::New(ty) => {
            let kind = ident(ty);
            let parent = parents(function);
            Some(quote!(if ok { call.intern_new(&mut #name, kind::#kind, #parent)?; }))
        }
        _ => None,
    }
}

fn sizes<'a>(api: &'a Api, function: &'a Function) -> Sizes<'a> {
    Sizes { api, function, side: Side::Worker }
}
