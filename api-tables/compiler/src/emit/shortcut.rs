//! Emits the shim's shortcuts that avoid round trips: reference counts of its own, cached answers, and one-way calls, whose
//! success is known in advance.

use super::alike;
use super::combination;
use super::names::{self, ident, int, local};
use super::recalls;
use super::sizes::{Side, Sizes};
use crate::model::{Element, Param, Ret, Shape};
use crate::plan::{Asks, Begins, BirthPlace, CallPlan, Plan, Polls, Posting, Query, Success, TransferPart, owns};
use proc_macro2::TokenStream;
use quote::quote;

/// The session of a call that counts references, where those to the objects of a lost session are counted in the shim.
pub fn counting(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    let (name, kind) = counted(call);
    let (slot, ok) = (names::slot(plan.api), nothing_more(call));
    let counts = match call.begins {
        Begins::Retaining => quote!(retaining),
        _ => quote!(releasing),
    };
    quote! {
        match #slot.#counts(#name, kind::#kind)? {
            Some(at) => at,
            None => return Ok(#ok),
        }
    }
}

/// Statements before a call that polls is begun: an answer that is at hand.
pub fn poll(plan: &Plan<'_>, call: &CallPlan<'_>) -> Option<TokenStream> {
    let Polls { event, kind, key, by } = call.polls.as_ref()?;
    let query = call.query.as_ref()?;
    let [value, size, size_ret] = [query.value, query.size, query.size_ret].map(|p| ident(&p.name));
    let (slot, ok) = (names::slot(plan.api), success(call));
    let (event, kind, key, by) = (ident(&event.name), ident(kind), ident(&key.name), ident(by));
    Some(quote! {
        // What is asked otherwise, by a place that is too small or for the answer's size, the vendor answers.
        if #key == constant::#by && #size >= size_of::<i32>() && !#value.is_null() && #size_ret.is_null() {
            match runtime::board::poll(#slot.current()?, #event, kind::#kind)? {
                Some(Ok(status)) => {
                    // SAFETY: the program passed the address of so many bytes, at least.
                    unsafe { #value.cast::<i32>().write_unaligned(status) };
                    return Ok(#ok as _);
                }
                Some(Err(ret)) => return Ok(ret as _),
                None => (),
            }
        }
    })
}

/// The crossing of a call, which one that asks whether something goes on makes only if that is not known.
pub fn asked(plan: &Plan<'_>, call: &CallPlan<'_>, crossing: TokenStream) -> TokenStream {
    let Some(Asks { object, kind, goes_on }) = &call.asks else { return crossing };
    let (object, kind, goes_on) = (ident(&object.name), ident(kind), int(i128::from(*goes_on)));
    let ret = names::c_ret(&call.function.ret, plan.api);
    quote! {
        let cross = || -> Result<#ret, Fault> { #crossing };
        runtime::board::asked(at, #object, kind::#kind, #goes_on, cross)
    }
}

/// Statements before the arguments are read.
pub fn before(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    let (slot, ok) = (names::slot(plan.api), nothing_more(call));
    match call.begins {
        Begins::Retaining => {
            let (name, kind) = counted(call);
            quote! {
                if call.session.book.handles.retain(#name, kind::#kind) {
                    return Ok(#ok);
                }
            }
        }
        Begins::Releasing => {
            let (name, kind) = counted(call);
            quote! {
                let Some(last) = #slot.release(call.session, #name, kind::#kind) else {
                    return Ok(#ok);
                };
            }
        }
        Begins::Current | Begins::Afresh => alike::asked(plan, call).map_or(quote!(), |_| quote!(call.only_asks();)),
    }
}

/// The one argument of a function that counts references, and its kind.
fn counted(call: &CallPlan<'_>) -> (proc_macro2::Ident, proc_macro2::Ident) {
    match call.handles().next() {
        Some(Param { name, shape: Shape::Handle { ty, .. }, .. }) => (ident(name), ident(ty)),
        _ => unreachable!("a function that counts references has one handle"),
    }
}

/// The return value when the shim alone has served the call.
fn nothing_more(call: &CallPlan<'_>) -> TokenStream {
    match &call.function.ret {
        Ret::Void => quote!(()),
        _ => {
            let ok = success(call);
            quote!(#ok as _)
        }
    }
}

/// Statements before a call is begun: an answer that is known.
pub fn known(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    let ok = success(call);
    let recalled = recalls::known(plan, call, &ok);
    let answered = question(plan, call).map(|question| {
        let Question { words, unless, query } = question;
        if let Some(asked) = alike::asked(plan, call) {
            return alike::known(call, &asked, &unless, &ok);
        }
        let [value, size, size_ret] = [query.value, query.size, query.size_ret].map(|p| ident(&p.name));
        quote! {
            let question = [#(#words),*];
            let is_final = !expr::holds(#unless);
            // SAFETY: the program vouches for its pointers, as it would to the vendor.
            if is_final && unsafe { at.book.answers.recall(&question, #value.cast(), #size as u64, #size_ret) } {
                return Ok(#ok as _);
            }
        }
    });
    let over = events(plan, call).map(|events| {
        quote! {
            // SAFETY: as above.
            if unsafe { runtime::ends::are_known(at, #events) } {
                return Ok(#ok as _);
            }
        }
    });
    let empty = call.function.facts.empties.as_ref().map(|queue| {
        let kind = call.function.param(queue).and_then(crate::plan::named).map(|kind| ident(kind));
        let queue = ident(queue);
        quote! {
            let Some(seen) = runtime::ends::unless_empty(at, #queue, kind::#kind) else { return Ok(#ok as _) };
        }
    });
    quote!(#recalled #answered #over #empty)
}

/// The events that a call waits for: an array's address, how many, and their kind.
fn events(plan: &Plan<'_>, call: &CallPlan<'_>) -> Option<TokenStream> {
    let argument = call.argument(call.function.facts.waits.as_ref()?)?;
    let name = ident(&argument.param.name);
    Some(match &argument.param.shape {
        Shape::Handle { ty, .. } => {
            let kind = ident(ty);
            quote!(&raw const #name, Some(1), kind::#kind)
        }
        _ => {
            let buffer = argument.buffer()?;
            let Element::Handle(ty) = &buffer.element else { return None };
            let (kind, count) = (ident(ty), sizes(plan, call).elements(&buffer.len));
            quote!(#name.cast(), #count, kind::#kind)
        }
    })
}

/// Statements around the crossing of a call that waits for commands: it has heard that they are over.
pub fn heard(plan: &Plan<'_>, call: &CallPlan<'_>, transact: TokenStream) -> TokenStream {
    let ok = success(call);
    let over = events(plan, call).map(|events| quote!(runtime::ends::heard(at, #events);));
    let empty = call.function.facts.empties.as_ref().map(|queue| {
        let queue = ident(queue);
        quote!(runtime::ends::emptied(at, #queue, seen);)
    });
    if over.is_none() && empty.is_none() {
        return transact;
    }
    quote! {
        let result = #transact;
        if matches!(result, Ok(#ok)) {
            #over
            #empty
        }
        result
    }
}

/// Statements between the arguments and the request.
pub fn then(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    let leaves = match &call.posting {
        // What ends with the object is used by calls that do not name it.
        Posting::Never(_) if call.function.facts.release.as_ref().is_some_and(|kind| owns(plan.api, kind)) => {
            quote!(call.comes_after_all();)
        }
        Posting::Never(_) => quote!(),
        Posting::Made { .. } => alike::leaves(plan, call),
        Posting::Release { after_all } => {
            let all = after_all.then(|| quote!(call.comes_after_all();));
            quote!(#all let leaves = last && call.may_leave();)
        }
        Posting::Known { unless, combination } => {
            let mix = combination::statements(plan, call, combination);
            // What names no object may be about anything that any call names.
            let all = call.about.is_none().then(|| quote!(call.concerns_all();));
            let goes_on = sizes(plan, call).outlives_call(*unless);
            quote! {
                #(#mix)*
                #all
                let leaves = #goes_on && call.is_accepted();
            }
        }
    };
    let fills = call.arguments.iter().filter_map(|argument| {
        let Element::Handle(ty) = &argument.buffer()?.element else { return None };
        plan.kinds.iter().any(|kind| kind.name == ty && kind.queue).then(|| quote!(call.fills_all();))
    });
    // A read that waits is over when the call returns.
    let read =
        plan.memory.as_ref().map(|memory| &memory.read).filter(|read| std::ptr::eq(read.function, call.function));
    let read = read.map(|read| {
        let waits = ident(&read.param(TransferPart::Waits).name);
        quote! {
            if #waits != 0 {
                call.fills_nothing();
            }
        }
    });
    let empties = call.function.facts.empties.as_ref().map(|_| quote!(call.fills_nothing();));
    let changes = recalls::changes(call);
    quote!(#leaves #(#fills)* #empties #read #changes)
}

/// Statements between the request and the crossing with a reply.
pub fn instead(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    if matches!(call.posting, Posting::Made { .. }) {
        return alike::instead(plan, call);
    }
    if !call.posting.is_posted() {
        return quote!();
    }
    let made = call.births.iter().filter_map(|birth| match birth.place {
        BirthPlace::Stored(param) => {
            let (name, w) = (ident(&param.name), local(&param.name));
            Some(quote!(call.put_new(#name, #w, &ArchivedStored::Made);))
        }
        BirthPlace::Returned | BirthPlace::Listed(_) => None,
    });
    let result = nothing_more(call);
    quote! {
        if leaves {
            call.post(&request, Wake::Soon)?;
            #(#made)*
            return Ok(#result);
        }
    }
}

/// Statements in the reply's reading, after the results are in place.
pub fn after(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    let Some(Question { query, .. }) = question(plan, call) else { return recalls::after(call).unwrap_or_default() };
    // Whether the command had completed when it was asked only the worker knows, who sends the answer once more then.
    if query.cached.as_ref().is_some_and(|cached| cached.after.is_some()) {
        return quote!();
    }
    let value = ident(&query.value.name);
    if alike::asked(plan, call).is_some() {
        return alike::learnt(query);
    }
    // A reference count changes.
    let unless_count = query.key.map(|key| {
        let (key, values) = (ident(&key.param.name), ident(key.values));
        quote!(&& spec::#values.stays(#key as i64))
    });
    quote! {
        if ok && is_final #unless_count {
            call.session.book.answers.remember(&call.session.book.handles, &question, #value.cast(), &reply.#value);
        }
    }
}

/// A query whose answer is cached.
struct Question<'a, 'b> {
    /// The function, the object, and the key.
    words: Vec<TokenStream>,
    /// The condition under which the answer may change.
    unless: TokenStream,
    query: &'b Query<'a>,
}

fn question<'a, 'b>(plan: &Plan<'a>, call: &'b CallPlan<'a>) -> Option<Question<'a, 'b>> {
    let query = call.query.as_ref()?;
    let cached = query.cached.as_ref()?;
    let opcode = names::opcode(call.function);
    let asked = cached.question.iter().map(|param| match param.shape {
        Shape::Handle { ref ty, .. } => {
            let (handle, kind) = (ident(&param.name), ident(ty));
            quote!(at.book.handles.find(#handle, kind::#kind).map_or(0, |found| found.id))
        }
        _ => {
            let word = ident(&param.name);
            quote!(#word as u64)
        }
    });
    let words = std::iter::once(quote!(u64::from(#opcode))).chain(asked).collect();
    let unless = match cached.unless {
        Some(condition) => sizes(plan, call).value(condition),
        None => quote!(None),
    };
    Some(Question { words, unless, query })
}

/// The status that stands for success.
pub fn success(call: &CallPlan<'_>) -> TokenStream {
    match call.success {
        Success::Status { ok, .. } => {
            let ok = int(i128::from(ok));
            quote!(#ok)
        }
        Success::NotNull | Success::Always => quote!(0),
    }
}

fn sizes<'a>(plan: &Plan<'a>, call: &CallPlan<'a>) -> Sizes<'a> {
    Sizes { api: plan.api, function: call.function, side: Side::Shim }
}
