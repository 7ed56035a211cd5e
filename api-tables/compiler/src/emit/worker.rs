//! Emits the worker's side: the vendor's functions as a struct of pointers, one server function per entry that decodes,
//! calls the vendor and encodes, the dispatch by opcode, and the trampolines that vendors call back.

use super::charges::{self, written};
use super::dispatch;
use super::expr::operation;
use super::mapping;
use super::mirror;
use super::names::{self, ident, int};
use super::objects::{parents, translation};
use super::queries;
use super::request::decode;
use super::sizes::{Side, Sizes};
use super::vendor;
use crate::model::{Buffer, Element, Expr, Param, Ret, Shape};
use crate::plan::{
    About, Asks, Birth, BirthPlace, CallPlan, FailureStatus, Finds, Lifetime, Plan, Server, Success, address_of,
};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub fn emit(plan: &Plan<'_>) -> TokenStream {
    let api = plan.api;
    let module = ident(&api.name);
    let (vendor, extensions) = (vendor::functions(plan), vendor::extensions(plan));
    let dispatch = dispatch::calls(plan);
    let generated =
        |call: &&CallPlan<'_>| matches!(call.server, Server::Generated | Server::ByHand { generated: true });
    let costs = plan.calls.iter().filter(|call| matches!(call.server, Server::ByHand { .. })).filter_map(charges::cost);
    let servers = plan.calls.iter().filter(generated).map(|call| server(plan, call));
    let (mirrors, ahead) = (mirror::dispatch(plan), queries::ahead(plan));
    let locators = plan.calls.iter().filter(|call| call.names_mirror() && call.marshalled);
    let locators = locators.map(|call| locator(plan, call));
    let facts = dispatch::facts(plan);
    let trampolines = plan.callbacks.iter().map(|callback| vendor::trampoline(callback.function, callback.params));
    quote! {
        #[allow(unused_imports)]
        use crate::{api::#module::State, call::{Call, Outcome, Stop}, gate::Cost, vendor::Symbols};
        #[allow(unused_imports)]
        use ava_protocol::{expr, frame::Malformed, layout, layout::Rows, #module as table, #module::{constant, kind, opcode, spec}, wire::*};
        #[allow(unused_imports)]
        use std::ffi::{c_char, c_void};

        #vendor
        #extensions
        #dispatch
        #facts
        /// The commands that functions served by hand cost: their hand-written code charges them.
        #[allow(non_upper_case_globals)]
        pub mod cost { #(#costs)* }
        #mirrors
        #[allow(dead_code, non_snake_case, unused_imports, unused_variables)]
        pub mod locate {
            use super::*;
            #(#locators)*
        }
        #[allow(dead_code, non_snake_case, unused_variables, unused_mut)]
        pub mod serve {
            use super::*;
            #(#servers)*
        }
        #ahead
        #[allow(non_snake_case, unused_imports)]
        pub mod trampoline {
            use super::*;
            #(#trampolines)*
        }
    }
}

/// The function that finds the struct which an entry names.
fn locator(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    let decode: Vec<_> = call.decode_order.iter().map(|place| decode(plan, call, &call.arguments[*place])).collect();
    let args: Vec<_> = call.function.params.iter().map(|p| vendor::argument(call, p)).collect();
    mirror::locate(call.function, &decode, &find(call), &before(plan, call), &args)
}

/// The function that serves one entry.
pub fn server(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    if call.names_mirror() {
        return mirror::server(call, &about_id(call));
    }
    let function = call.function;
    let name = ident(&function.name);
    let text = &function.name;
    let decode = call.decode_order.iter().map(|place| decode(plan, call, &call.arguments[*place]));
    let before = before(plan, call);
    let ret_ok = match call.success {
        Success::Status { ok, .. } => {
            let ok = int(i128::from(ok));
            quote!(ret == #ok)
        }
        Success::NotNull => quote!(!ret.is_null()),
        Success::Always => quote!(true),
    };
    let call_vendor = match (&call.query, call.finds) {
        (Some(query), _) if query.key.is_some() => queries::ask(call, query, &about_id(call)),
        (_, Finds::InForms(_)) => call_by_form(call),
        _ => {
            let args = function.params.iter().map(|p| vendor::argument(call, p));
            quote! {
                // SAFETY: pointers point to memory of the size that the API demands, handles are live objects of the
                // vendor.
                let ret = unsafe { vendor_function(#(#args),*) };
            }
        }
    };
    let find = find(call);
    let after = after(plan, call);
    let mut fields = Vec::new();
    match (&function.ret, &call.success) {
        (Ret::Void | Ret::Pointer { .. } | Ret::Struct { .. }, _) => {}
        // SAFETY of the emitted call: the vendor returns null or a text.
        (Ret::Text { .. }, _) => fields.push(quote!(ret: unsafe { call.text_answer(ret) })),
        (Ret::Value { scalar, .. }, _) | (Ret::Status { .. }, Success::Status { scalar, .. }) => {
            let ty = names::wire_scalar(*scalar);
            fields.push(quote!(ret: ret as #ty));
        }
        (Ret::New { .. } | Ret::Mirror { .. } | Ret::Status { .. }, _) => fields.push(quote!(made: ok)),
        (Ret::Mapped { .. }, _) => fields.push(quote!(mapped)),
    }
    let mut translate = Vec::new();
    for argument in call.arguments.iter().filter(|argument| argument.returns) {
        let p = ident(&argument.param.name);
        if let Shape::Fd(_) = argument.param.shape {
            translate.push(quote!(let #p = call.bring(&#p, ok);));
            fields.push(quote!(#p));
            continue;
        }
        let Some(buffer) = argument.result() else {
            fields.push(quote!(#p: #p.stored()));
            continue;
        };
        translate.extend(translation(plan, call, argument.param, buffer));
        let mut written = written(plan, call, argument, buffer);
        if charges::is_counted_before(function, argument) {
            let local = format_ident!("{}_written", argument.param.name);
            translate.push(quote!(let #local = #written;));
            written = quote!(#local);
        }
        fields.push(quote!(#p: #p.returned(#written, ok)));
    }
    if call.callback().is_some() {
        fields.push(quote!(called));
    }
    if let Some(object) = function.facts.pull.as_ref().map(|h| ident(h)) {
        let is_one = function.params.iter().any(|p| object == p.name && matches!(p.shape, Shape::Mirror { .. }));
        translate.push(match is_one {
            true => quote! {
                let mirrors = crate::engine::mirror::pull_one(call, &spec::MIRROR, r.#object.to_native())?;
            },
            false => quote! {
                let locate = |opcode: u32, call: &Call, body: &[u8]| locate(api, opcode, call, body);
                let mirrors = crate::engine::mirror::pull(call, &spec::MIRROR, locate, r.#object.to_native())?;
            },
        });
        fields.push(quote!(mirrors));
    }
    if let Some(object) = function.facts.push.as_ref().map(|h| ident(h)) {
        translate.push(quote!(if ok { crate::engine::mirror::charge(call, &spec::MIRROR, r.#object.to_native())?; }));
    }
    let reply =
        if fields.is_empty() { quote!(table::#name::Reply {}) } else { quote!(table::#name::Reply { #(#fields),* }) };
    let expect = call.returned().filter(|_| call.is_oneway()).map(|birth| {
        let kind = ident(birth.kind);
        quote!(call.expect(r.new_object.to_native(), kind::#kind)?;)
    });
    let oneway = call.is_oneway().then(|| {
        let status = match call.failure_status() {
            FailureStatus::Returned => quote!(ret as i64),
            FailureStatus::Stored(errcode) => {
                let errcode = ident(&errcode.name);
                quote!(#errcode.scalar().map_or(0, |status| i64::from(status as i32)))
            }
            FailureStatus::Unknown => quote!(0),
        };
        quote!(if call.is_oneway() { return call.end_oneway(ok, #status); })
    });
    let ahead = queries::followed(plan, call);
    let asked = call.asks.as_ref().map(|Asks { object, kind, goes_on }| {
        let (object, kind, goes_on) = (ident(&object.name), ident(kind), int(i128::from(*goes_on)));
        quote!(crate::engine::board::asked(call, r.#object.to_native(), kind::#kind, #object, ret == #goes_on);)
    });
    quote! {
        pub fn #name(api: &'static State, call: &mut Call, body: &[u8]) -> Outcome {
            let r = call.read::<table::#name::ArchivedRequest>(body, #text)?;
            #expect
            #(#decode)*
            #find
            #before
            #call_vendor
            let ok = #ret_ok;
            #after
            #oneway
            #(#translate)*
            #ahead
            #asked
            call.reply(&#reply)
        }
    }
}

/// Statements that find the vendor's function.
fn find(call: &CallPlan<'_>) -> TokenStream {
    let (name, text) = (ident(&call.function.name), &call.function.name);
    let own = quote!(api.vendor.#name);
    let functions = |platform: Option<About<'_>>| {
        let object = match platform {
            Some(About::Handle(handle)) => {
                let name = ident(&handle.name);
                quote!(Some(r.#name.to_native()))
            }
            // The array may be null.
            Some(About::FirstOf(array)) => {
                let name = ident(&array.name);
                quote!(Some(#name.objects().first().copied().unwrap_or(0)))
            }
            None => quote!(None),
        };
        quote!(api.extensions(call.session, #object))
    };
    match call.finds {
        Finds::Exported => quote!(let vendor_function = #own.ok_or(Stop::Missing(#text))?;),
        Finds::OfPlatform(platform) => {
            let functions = functions(platform);
            quote!(let vendor_function = #functions.#name.ok_or(Stop::Missing(#text))?;)
        }
        Finds::ExportedOr { formerly, platform } => {
            let (functions, formerly) = (functions(platform), ident(formerly));
            quote!(let vendor_function = #own.or_else(|| #functions.#formerly).ok_or(Stop::Missing(#text))?;)
        }
        Finds::InForms(platform) => {
            let functions = functions(platform);
            quote!(let vendor_functions = #functions;)
        }
    }
}

/// The call in the form that the vendor has, newest first. Arguments that its form lacks are dropped.
fn call_by_form(call: &CallPlan<'_>) -> TokenStream {
    let (function, text) = (call.function, &call.function.name);
    let forms = names::forms(function).into_iter().rev().map(|form| {
        let (name, args) = (form.name(function), form.params(function).map(|p| vendor::argument(call, p)));
        quote!(if let Some(vendor_function) = vendor_functions.#name { vendor_function(#(#args),*) })
    });
    quote! {
        // SAFETY: pointers point to memory of the size that the API demands, handles are live objects of the vendor.
        let ret = unsafe { #(#forms else)* { return Err(Stop::Missing(#text)); } };
    }
}

/// Statements between decoding and the call.
fn before(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    let function = call.function;
    let mut statements = Vec::new();
    if let Some(demand) = &function.facts.refuse_unless {
        statements.push(refuse_unless(plan, call, demand));
    }
    if let Some(object) = function.facts.push.as_ref().map(|h| ident(h)) {
        statements.push(quote!(crate::engine::mirror::push(call, &spec::MIRROR, r.#object.to_native())?;));
    }
    if let (Some(_), Some(param)) = (&function.facts.release, about_handle(call)) {
        let id = ident(&param.name);
        statements.push(quote!(call.before_release(r.#id.to_native());));
    }
    statements.extend(moved(call).map(|object| quote!(crate::engine::mirror::grow(call, &spec::MIRROR, #object)?;)));
    for argument in &call.arguments {
        if let Lifetime::Event { event, unless } = argument.lifetime {
            let (param, event) = (ident(&argument.param.name), ident(&event.name));
            let condition = sizes(plan, call).outlives_call(unless);
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
    for argument in &call.arguments {
        // The valid length is needed even if the program did not ask for it, where that parameter may be null.
        if let Some(Param { name: count, shape: Shape::Buffer(Buffer { null: true, .. }), .. }) = argument.counted_by {
            let (param, count) = (ident(&argument.param.name), ident(count));
            statements.push(quote!(if !#param.is_null() { #count.ensure(); }));
        }
    }
    statements.extend(charges::admit(plan, call));
    statements.extend(recorded(plan, call));
    statements.push(mapping::begin(plan, call));
    statements.extend(compiled(call));
    // Last: whoever gives up before has given nothing back, and occupies nothing.
    statements.extend(charges::before(call));
    quote!(#(#statements)*)
}

/// A statement that asks the vendor whether the call is recorded: then its callback may be called again and again.
fn recorded(plan: &Plan<'_>, call: &CallPlan<'_>) -> Option<TokenStream> {
    let awaited = call.function.facts.awaited.as_ref()?;
    let asked = plan.api.functions.iter().find(|f| Some(&f.name) == awaited.again.as_ref())?;
    // For a twin its objects may be others.
    let twin = asked.facts.twin.as_ref().filter(|_| call.function.twin_of.is_some());
    let [_, answer] = asked.params.as_slice() else { return None };
    let Shape::Buffer(Buffer { element: Element::Scalar { scalar, .. }, .. }) = answer.shape else { return None };
    let (callback, asked) = (ident(&awaited.callback), ident(twin.map_or(&asked.name, |twin| &twin.name)));
    let (object, scalar) = (ident(&about_handle(call)?.name), names::scalar(scalar));
    Some(quote! {
        if #callback.wanted() && let Some(ask) = api.vendor.#asked {
            let mut answer: #scalar = 0;
            // SAFETY: a live object or none, and a place for a number.
            unsafe { ask(#object, &raw mut answer) };
            if answer != 0 {
                #callback.expect_again();
            }
        }
    })
}

/// A statement that refuses the call like one with an invalid handle, unless the condition holds.
fn refuse_unless(plan: &Plan<'_>, call: &CallPlan<'_>, demand: &Expr) -> TokenStream {
    let Some(Param { shape: Shape::Handle { ty, .. }, .. }) = about_handle(call) else {
        unreachable!("the rules let calls be refused that are about a handle")
    };
    let (kind, text) = (ident(ty), format!("{}: {demand}", call.function.name));
    let Expr::Binary(op, left, right) = demand else {
        let value = sizes(plan, call).value(demand);
        return quote!(if !expr::holds(#value) { return Err(call.refused(kind::#kind, #text, &[])); });
    };
    let [left, right] = [left, right].map(|side| sizes(plan, call).value(side));
    let op = operation(*op);
    quote! {
        let (left, right) = (#left, #right);
        if !expr::holds(expr::#op(left, right)) {
            return Err(call.refused(kind::#kind, #text, &[left, right]));
        }
    }
}

/// Statements of a call that compiles: what may print is noted, and what sources include is laid out.
fn compiled(call: &CallPlan<'_>) -> Vec<TokenStream> {
    let facts = &call.function.facts;
    let mut statements = Vec::new();
    match facts.prints.as_deref() {
        None => {}
        Some([]) => statements.push(quote!(crate::upcall::stdio::may_print();)),
        Some(texts) => statements.extend(texts.iter().map(|text| {
            let text = ident(text);
            quote!(#text.texts().for_each(crate::upcall::stdio::expect);)
        })),
    }
    if let Some(files) = &facts.files {
        let options = ident(&files.options);
        statements.push(quote!(let #options = crate::engine::files::options(call, #options, &r.files)?;));
    }
    statements
}

/// The object whose structs may be elsewhere after the call, which does not compute with them: how much memory they take may
/// have changed.
fn moved(call: &CallPlan<'_>) -> Option<TokenStream> {
    let facts = &call.function.facts;
    let object = facts.pull.as_ref().filter(|_| facts.push.is_none())?;
    let is_one = call.function.param(object).is_some_and(|p| matches!(p.shape, Shape::Mirror { .. }));
    let object = ident(object);
    (!is_one).then(|| quote!(r.#object.to_native()))
}

/// Statements between the call and the reply.
fn after(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    let mut statements = charges::emit(plan, call);
    let grow = |object| quote!(if ok { crate::engine::mirror::grow(call, &spec::MIRROR, #object)?; });
    statements.extend(moved(call).map(grow));
    for birth in &call.births {
        let (kind, parents) = (ident(birth.kind), parents(&birth.parents));
        match birth.place {
            BirthPlace::Returned => {
                let memory = memory(plan, call, birth);
                let held = birth.holds.map(|param| {
                    let (value, address) = (ident(&param.name), ident(&address_of(&param.name)));
                    quote!(crate::engine::resident::hold(call, r.new_object.to_native(), #value, r.#address.to_native());)
                });
                statements.push(quote! {
                    if ok {
                        call.born(r.new_object.to_native(), kind::#kind, ret, #parents, #memory)?;
                        #held
                    }
                });
            }
            BirthPlace::Stored(param) => {
                let name = ident(&param.name);
                statements.push(quote!(if ok { call.delivered(&mut #name, #parents)?; }));
            }
            BirthPlace::Listed(_) => {}
        }
    }
    for argument in &call.arguments {
        if let Lifetime::Event { event, .. } = argument.lifetime {
            let (param, event, queue) = (ident(&argument.param.name), ident(&event.name), about_id(call));
            statements
                .push(quote!(if ok && pending != 0 { call.pend(pending, #queue, &mut #event, #param.region())?; }));
        }
    }
    if let Some(callback) = call.callback() {
        let callback = ident(&callback.param.name);
        statements.push(quote!(let called = #callback.confirm(ok);));
    }
    if let Some(param) = about_handle(call) {
        let id = ident(&param.name);
        if call.function.facts.retain.is_some() {
            statements.push(quote!(if ok { call.retained(r.#id.to_native()); }));
        }
        if call.function.facts.release.is_some() {
            statements
                .push(quote!(if ok { call.released(r.#id.to_native()); } else { call.stays(r.#id.to_native()); }));
        }
    }
    statements.push(mapping::after(plan, call));
    quote!(#(#statements)*)
}

/// The device memory of a new object in bytes, an `Option<u64>`; 0 if the worker asks the vendor.
fn memory(plan: &Plan<'_>, call: &CallPlan<'_>, birth: &Birth<'_>) -> TokenStream {
    birth.device_memory.map_or(quote!(Some(0)), |e| sizes(plan, call).value(e))
}

/// The handle that the call is about.
fn about_handle<'a>(call: &CallPlan<'a>) -> Option<&'a Param> {
    match call.about {
        Some(About::Handle(param)) => Some(param),
        _ => None,
    }
}

/// The id of the handle that the call is about; 0 for none.
fn about_id(call: &CallPlan<'_>) -> TokenStream {
    about_handle(call).map_or(quote!(0), |param| {
        let id = ident(&param.name);
        quote!(r.#id.to_native())
    })
}

fn sizes<'a>(plan: &Plan<'a>, call: &CallPlan<'a>) -> Sizes<'a> {
    Sizes { api: plan.api, function: call.function, side: Side::Worker }
}
