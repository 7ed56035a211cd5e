//! Emits the shim's side: every C entry point of the API, the marshalling behind it, the delivery of callbacks, and the
//! dispatch table of an installable client driver.

use super::alike;
use super::deliver::deliver;
use super::entries;
use super::mapping;
use super::names::{self, ident, int, local, rows_local};
use super::objects::minted;
use super::pieces;
use super::procs;
use super::request::may_be_fixed;
use super::shortcut;
use super::sizes::{Side, Sizes, element_bytes};
use crate::model::{Buffer, Direction, Element, Fd, Len, Ret, Shape};
use crate::plan::{Argument, Begins, Birth, CallPlan, CallbackLife, Carries, Lifetime, Miss, Plan, Success};
use proc_macro2::TokenStream;
use quote::quote;

pub fn emit(plan: &Plan<'_>) -> TokenStream {
    let api = plan.api;
    let module = ident(&api.name);
    let entries = plan.calls.iter().map(|call| entries::entry(plan, call));
    let own = |call: &&CallPlan<'_>| call.marshalled && call.function.twin_of.is_none();
    let marshals = plan.calls.iter().filter(own).map(|call| marshal(plan, call));
    let deliver = deliver(plan);
    let dispatch = entries::dispatch(api);
    let lookup = entries::lookup(api);
    let list = entries::function_list(api);
    let procs = procs::emit(api);
    quote! {
        #[allow(unused_imports)]
        use crate::api::runtime::{self, Call, Fault, Room, Statuses, Wake, guard};
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
        #procs
    }
}

/// The generated marshalling of one function, and of its twin.
pub fn marshal(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    let (api, function) = (plan.api, call.function);
    let name = ident(&function.name);
    let params: Vec<_> = function.params.iter().map(|p| ident(&p.name)).collect();
    let types: Vec<_> = function.params.iter().map(names::c_param).collect();
    let ret = names::c_ret(&function.ret, api);
    let opcode = names::opcode(function);
    let told = names::is_double(function).then(|| quote!(opcode: u32,));
    let encode = call.encode_order.iter().map(|place| encode(plan, call, &call.arguments[*place]));
    let fields = call.request.fields.iter().map(|field| {
        let (name, value) = (ident(&field.name), wire_value(call, field.carries));
        quote!(#name: #value)
    });
    let mint = alike::minted(plan, call);
    let kept = kept(call);
    let ok = match call.success {
        Success::Status { ok, .. } => {
            let ok = int(i128::from(ok));
            quote!(reply.ret.to_native() == #ok)
        }
        Success::NotNull if matches!(function.ret, Ret::Mapped { .. }) => quote!(reply.mapped.made),
        Success::NotNull => quote!(reply.made),
        Success::Always => quote!(true),
    };
    let decode: Vec<_> = call.arguments.iter().filter_map(|argument| decode(plan, call, argument)).collect();
    let result = match &function.ret {
        Ret::Void | Ret::Pointer { .. } | Ret::Struct { .. } => quote!(()),
        Ret::Mapped { .. } => quote!(runtime::mapping::answer(&reply.mapped)),
        Ret::Text { .. } => quote!(call.kept_text(&reply.ret)),
        Ret::Status { .. } | Ret::Value { .. } => quote!(reply.ret.to_native() as _),
        Ret::New { .. } => quote!(if ok { call.object(w_new) } else { std::ptr::null_mut() }),
        Ret::Mirror { .. } => quote!(reply.ret.to_native()),
    };
    let request = if call.request.fields.is_empty() {
        quote!(table::#name::Request {})
    } else {
        quote!(table::#name::Request { #(#fields),* })
    };
    let slot = names::slot(api);
    // A callback that was called is kept, for the program hears of it after the call.
    let called = call.callback().map(|_| {
        quote!(if reply.called {
            call.keep_callbacks();
        })
    });
    let (made, after) = (alike::made(plan, call), shortcut::after(plan, call));
    let decode = quote!(#(#decode)* #called #made);
    let transact = if call.shows_mirrors() {
        let result_of = match call.names_mirror() {
            true => quote!(runtime::mirror::pointer(call.session, result)),
            false => quote!(Ok(result)),
        };
        quote! {
            let (result, mirrors) = call.transact(&request, |reply: &table::#name::ArchivedReply, call| {
                let ok = #ok;
                #decode
                #after
                (ok, (#result, reply.mirrors.to_vec()))
            })?;
            runtime::mirror::pulled(call.session, &spec::MIRROR, &mirrors)?;
            #result_of
        }
    } else {
        let transact = quote! {
            call.transact(&request, |reply: &table::#name::ArchivedReply, call| {
                let ok = #ok;
                #decode
                #after
                (ok, #result)
            })
        };
        shortcut::heard(plan, call, mapping::outcome(plan, call, transact))
    };
    let session = match call.begins {
        Begins::Afresh => quote!(#slot.afresh()?),
        Begins::Current => quote!(#slot.current()?),
        Begins::Retaining | Begins::Releasing => shortcut::counting(plan, call),
    };
    let (known, before, then) = (shortcut::known(plan, call), shortcut::before(plan, call), shortcut::then(plan, call));
    let instead = shortcut::instead(plan, call);
    let (lost, poll, mapping) = (mapping::lost(plan, call), shortcut::poll(plan, call), mapping::ask(plan, call));
    let files = files(plan, call);
    let crossing = quote! {
        #known
        let mut call = Call::begin(at, #opcode);
        // SAFETY: the program vouches for its pointers, as it would to the vendor.
        unsafe {
            #before
            #(#encode)*
            #mint
            #kept
            #then
            #mapping
            #files
            let request = #request;
            #instead
            #transact
        }
    };
    let crossing = shortcut::asked(plan, call, pieces::around(plan, call, crossing));
    quote! {
        pub unsafe fn #name(#told #(#params: #types),*) -> Result<#ret, Fault> {
            #lost
            #poll
            let at = #session;
            #crossing
        }
    }
}

/// Statements that collect what the sources include which a call compiles.
fn files(plan: &Plan<'_>, call: &CallPlan<'_>) -> Option<TokenStream> {
    let files = call.function.facts.files.as_ref()?;
    let (hand, options) = (ident(&plan.api.name), ident(&files.options));
    let sources = files.sources.iter().filter_map(|name| {
        let argument = call.argument(name)?;
        let param = ident(name);
        Some(match argument.buffer() {
            Some(buffer) => {
                let count = sizes(plan, call).elements(&buffer.len);
                quote!((#param.cast(), #count))
            }
            None => quote!((&raw const #param, Some(1))),
        })
    });
    Some(quote! {
        let files = runtime::files::files(&mut call, &[#(#sources),*], #options, crate::api::#hand::source)?;
    })
}

/// Keeps a callback that reports errors with the object that the call makes, or else with the one that it is about.
fn kept(call: &CallPlan<'_>) -> Option<TokenStream> {
    let callback = call.callbacks().find(|callback| callback.life == CallbackLife::Object)?;
    let callback = local(&callback.param.name);
    let object = match call.returned() {
        Some(_) => quote!(w_new),
        None => quote!(call.first),
    };
    Some(quote!(call.session.book.callbacks.keep_with(&call.session.book.handles, #callback, #object);))
}

/// Statements that bring one argument into its wire form, called `w_NAME`.
fn encode(plan: &Plan<'_>, call: &CallPlan<'_>, argument: &Argument<'_>) -> TokenStream {
    let param = argument.param;
    let name = ident(&param.name);
    let w = local(&param.name);
    match &param.shape {
        Shape::Value { .. } | Shape::Pointer | Shape::UserData | Shape::VaList => quote!(),
        Shape::Fd(fd) => {
            let value = match fd.out {
                true => quote!(call.descriptor_place(!#name.is_null())),
                false => quote!(call.descriptor(#name as isize as i32)?),
            };
            match argument.when {
                Some(condition) => {
                    let condition = sizes(plan, call).value(condition);
                    quote!(let #w = expr::holds(#condition) && #value;)
                }
                None => quote!(let #w = #value;),
            }
        }
        Shape::Struct { .. } => {
            quote!(let #w = call.bytes((&raw const #name).cast(), Rows::flat(Some(size_of_val(&#name) as u64)), false)?;)
        }
        Shape::Handle { ty, .. } => {
            let kind = ident(ty);
            match argument.miss {
                Some(Miss::RefusedUnlessNull) => quote!(let #w = call.handle_or_null(#name, kind::#kind)?;),
                Some(Miss::Refused) => quote!(let #w = call.live_handle(#name, kind::#kind)?;),
                Some(Miss::Vendor) | None => quote!(let #w = call.handle(#name, kind::#kind);),
            }
        }
        Shape::Mirror { .. } => quote!(let #w = runtime::mirror::number(call.session, &spec::MIRROR, #name)?;),
        Shape::Text { .. } => quote!(let #w = call.text(#name)?;),
        Shape::Texts { count, lengths, bytes, .. } => {
            let count = sizes(plan, call).value(count);
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
            let signature = signature(plan, call, argument);
            let user_data = user_data(call);
            let life = call.callbacks().find(|callback| callback.param.name == param.name).map(|c| names::life(c.life));
            let about: Vec<_> = call
                .handles()
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
            let value = buffer_value(plan, call, argument, buffer);
            let in_rows = matches!(buffer.element, Element::Bytes) && !matches!(buffer.len, Len::Found { .. });
            let rows = in_rows.then(|| {
                let (r, rows) = (rows_local(&param.name), sizes(plan, call).rows(&buffer.len));
                quote!(let #r = #rows;)
            });
            let value = match argument.when {
                Some(condition) => {
                    let condition = sizes(plan, call).value(condition);
                    quote!(let #w = if expr::holds(#condition) { #value } else { call.unread(#name.cast()) };)
                }
                None => quote!(let #w = #value;),
            };
            quote!(#rows #value)
        }
    }
}

fn buffer_value(plan: &Plan<'_>, call: &CallPlan<'_>, argument: &Argument<'_>, buffer: &Buffer) -> TokenStream {
    let param = argument.param;
    let name = ident(&param.name);
    if let Some(birth) = stored(call, argument) {
        return minted(birth, &name);
    }
    let pending = match argument.lifetime {
        Lifetime::Event { unless, .. } => Some(sizes(plan, call).outlives_call(unless)),
        Lifetime::Call | Lifetime::Released => None,
    };
    let elements = sizes(plan, call).elements(&buffer.len);
    if buffer.direction == Direction::Out {
        return match (&buffer.element, &buffer.len) {
            (Element::Scalar { .. }, Len::One) => quote!(call.scalar_place(#name)),
            (Element::Text, _) => quote!(Call::text_place(#name)),
            (Element::Bytes, _) if may_be_fixed(argument, buffer) => {
                let r = rows_local(&param.name);
                quote!(call.room(#name.cast(), #r)?)
            }
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
    if let Len::Found { function, .. } = &buffer.len {
        let function = ident(function);
        return quote!(call.#function(#name.cast())?);
    }
    match &buffer.element {
        Element::Bytes if may_be_fixed(argument, buffer) => {
            let r = rows_local(&param.name);
            quote!(call.data(#name.cast(), #r)?)
        }
        Element::Bytes => {
            let r = rows_local(&param.name);
            let pending = pending.unwrap_or(quote!(false));
            quote!(call.bytes(#name.cast(), #r, #pending)?)
        }
        Element::Tagged(ty) => {
            let (key, ty) = (key(argument), ident(ty));
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
        Element::Text => unreachable!("the shapes let addresses of texts come out only"),
    }
}

/// The value of a field of the request.
fn wire_value(call: &CallPlan<'_>, carries: Carries<'_>) -> TokenStream {
    let param = match carries {
        Carries::Argument(param) => param,
        Carries::AddressOf(param) => {
            let pointer = ident(&param.name);
            return quote!(#pointer as u64);
        }
        Carries::NewObject => return quote!(w_new),
        Carries::Mapping => return quote!(mapping.id),
        Carries::PendingMapping => return quote!(mapping.pending),
        Carries::Unseen => return quote!(mapping.unseen),
        Carries::Files => return quote!(files),
        Carries::Returned | Carries::Made | Carries::Mirrors | Carries::Mapped | Carries::Called => {
            unreachable!("no request has what a reply carries")
        }
    };
    let (name, w) = (ident(&param.name), local(&param.name));
    match &param.shape {
        Shape::Value { scalar, .. } => {
            let ty = names::wire_scalar(*scalar);
            quote!(#name as #ty)
        }
        Shape::VaList => quote!(0),
        Shape::Pointer => quote!(#name as u64),
        Shape::Buffer(buffer) if is_exchanged(buffer) => quote!(#w.data),
        Shape::UserData => quote!(!#name.is_null()),
        Shape::Buffer(buffer) if buffer.direction == Direction::Out => {
            match call.births.iter().any(|birth| birth.is_stored_in(param)) {
                true => quote!(#w),
                false => quote!(#w.place),
            }
        }
        _ => quote!(#w),
    }
}

/// Structs that are inputs and outputs, with the memory that they point to.
fn is_exchanged(buffer: &Buffer) -> bool {
    buffer.direction == Direction::InOut && matches!(buffer.element, Element::Struct(_))
}

/// Statements that bring one result from the reply into the program's memory.
fn decode(plan: &Plan<'_>, call: &CallPlan<'_>, argument: &Argument<'_>) -> Option<TokenStream> {
    if let Shape::Fd(Fd { out: true, .. }) = argument.param.shape {
        let name = ident(&argument.param.name);
        return Some(quote!(call.put_descriptor(#name.cast(), &reply.#name);));
    }
    let buffer = argument.buffer().filter(|_| argument.returns)?;
    let (name, w) = (ident(&argument.param.name), local(&argument.param.name));
    if stored(call, argument).is_some() {
        return Some(quote!(call.put_new(#name, #w, &reply.#name);));
    }
    Some(match &buffer.element {
        Element::Bytes => {
            let r = rows_local(&argument.param.name);
            quote!(call.put(#name.cast(), &#w, &reply.#name, #r);)
        }
        Element::Scalar { .. } if buffer.direction == Direction::InOut => {
            let (elements, size) = (sizes(plan, call).elements(&buffer.len), element_bytes(&buffer.element));
            quote!(call.put(#name.cast(), &Room::exchanged(expr::mul(#elements, Some(#size))), &reply.#name, None);)
        }
        Element::Struct(ty) if is_exchanged(buffer) => {
            let (elements, ty) = (sizes(plan, call).elements(&buffer.len), ident(ty));
            quote!(call.put_structs(#name.cast(), #elements, &spec::#ty, &#w.room, &reply.#name);)
        }
        Element::Struct(ty) if plan.api.holds_handle(ty) => {
            let ty = ident(ty);
            quote!(call.put_found(#name.cast(), &#w, &reply.#name, &spec::#ty);)
        }
        Element::Scalar { .. } | Element::Struct(_) => {
            quote!(call.put(#name.cast(), &#w, &reply.#name, None);)
        }
        Element::Text => quote!(call.put_text(#name, &reply.#name);),
        // The vendor has written it, and null is an answer as well.
        Element::Handle(ty) if matches!(buffer.len, Len::One) => {
            let kind = ident(ty);
            quote!(call.put_handle(#name.cast(), &#w, &reply.#name, kind::#kind);)
        }
        Element::Handle(ty) | Element::New(ty) => {
            let (kind, made) = (ident(ty), matches!(buffer.element, Element::New(_)));
            quote!(call.put_handles(#name.cast(), &#w, &reply.#name, kind::#kind, #made);)
        }
        Element::Tagged(ty) => {
            let (key, ty) = (key(argument), ident(ty));
            quote!(call.put_answer(#name.cast(), &#w, &reply.#name, &spec::#ty, #key as i64);)
        }
        Element::Property(ty) => {
            let ty = ident(ty);
            quote!(call.put_list(#name.cast(), &#w, &reply.#name, &spec::#ty);)
        }
    })
}

/// The new object that is stored through this argument.
fn stored<'a, 'b>(call: &'b CallPlan<'a>, argument: &Argument<'_>) -> Option<&'b Birth<'a>> {
    call.births.iter().find(|birth| birth.is_stored_in(argument.param))
}

/// The parameter that determines the meaning of an argument.
fn key(argument: &Argument<'_>) -> Option<proc_macro2::Ident> {
    argument.key.map(|key| ident(&key.param.name))
}

fn user_data(call: &CallPlan<'_>) -> TokenStream {
    call.function.params.iter().find(|p| matches!(p.shape, Shape::UserData)).map_or(quote!(0), |p| {
        let name = ident(&p.name);
        quote!(#name)
    })
}

/// The number of a callback's signature.
fn signature(plan: &Plan<'_>, call: &CallPlan<'_>, argument: &Argument<'_>) -> u32 {
    let is = |function: &str, param: &str| function == call.function.name && param == argument.param.name;
    plan.callbacks.iter().position(|c| is(&c.function.name, &c.param.name)).unwrap_or(usize::MAX) as u32
}

fn sizes<'a>(plan: &Plan<'a>, call: &CallPlan<'a>) -> Sizes<'a> {
    Sizes { api: plan.api, function: call.function, side: Side::Shim }
}
