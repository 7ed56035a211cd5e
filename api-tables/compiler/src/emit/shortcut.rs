//! Emits what spares the shim a wait: references that it counts itself, answers that it remembers, and calls whose
//! success is known beforehand, so that nobody waits for the reply.

use super::names::{self, ident, int};
use super::shim::local;
use super::sizes::{Side, Sizes, tag};
use crate::model::{Api, Buffer, Direction, Element, Function, Param, Ret, Shape};
use proc_macro2::TokenStream;
use quote::quote;

/// The session of a call that counts references, where those to the objects of a lost session are counted in the shim.
pub fn counting(api: &Api, function: &Function) -> Option<TokenStream> {
    let (name, kind) = counted(function)?;
    let (slot, ok) = (ident(&api.name.to_uppercase()), nothing_more(api, function));
    let counts = match function.facts.retain {
        Some(_) => quote!(Session::retaining),
        None => quote!(Session::releasing),
    };
    Some(quote! {
        match #counts(&crate::api::#slot, #name, kind::#kind)? {
            Some(session) => session,
            None => return Ok(#ok),
        }
    })
}

/// Statements before the arguments are looked at.
pub fn before(api: &Api, function: &Function) -> TokenStream {
    let Some((name, kind)) = counted(function) else { return quote!() };
    let ok = nothing_more(api, function);
    match function.facts.retain {
        Some(_) => quote! {
            if call.session.handles.retain(#name, kind::#kind) {
                return Ok(#ok);
            }
        },
        None => quote! {
            let Some(last) = call.session.release_handle(#name, kind::#kind) else {
                return Ok(#ok);
            };
        },
    }
}

/// The one argument of a function that counts references, and its kind.
fn counted(function: &Function) -> Option<(proc_macro2::Ident, proc_macro2::Ident)> {
    function.facts.retain.as_ref().or(function.facts.release.as_ref())?;
    function.params.iter().find_map(|p| match &p.shape {
        Shape::Handle { ty, .. } => Some((ident(&p.name), ident(ty))),
        _ => None,
    })
}

/// What a function returns that has nothing more to do.
fn nothing_more(api: &Api, function: &Function) -> TokenStream {
    match &function.ret {
        Ret::Void => quote!(()),
        _ => {
            let ok = success(api, function);
            quote!(#ok as _)
        }
    }
}

/// Statements between the arguments and the request.
pub fn then(api: &Api, function: &Function) -> TokenStream {
    let recalled = question(api, function).map(|question| {
        let Question { words, unless, value, size, size_ret, .. } = question;
        let ok = success(api, function);
        quote! {
            let question = [#(#words),*];
            let settled = !expr::holds(#unless);
            if settled && call.session.answers.recall(&question, #value.cast(), #size as u64, #size_ret) {
                return Ok(#ok as _);
            }
        }
    });
    let leaves = function.facts.oneway.as_ref().filter(|_| names::posts(function)).map(|oneway| {
        if function.facts.release.is_some() {
            // The last reference that the program holds: giving it back does not fail. What still uses the object may
            // not name it, as a kernel does not its arguments; what makes objects by the way is told of each.
            let all = if names::is_fleeting(api, function) { quote!() } else { quote!(call.comes_after_all();) };
            return quote!(#all let leaves = last && call.leaves(););
        }
        let mix = function.params.iter().filter_map(combined);
        let goes_on = Sizes { api, function, side: Side::Shim }.outlives_call(Some(oneway));
        quote! {
            #(#mix)*
            let leaves = #goes_on && call.is_known();
        }
    });
    quote!(#recalled #leaves)
}

/// Statements between the request and the crossing with a reply.
pub fn instead(api: &Api, function: &Function) -> TokenStream {
    if !names::posts(function) {
        return quote!();
    }
    let made = function.params.iter().filter_map(|p| match &p.shape {
        Shape::Buffer(buffer) if names::is_new_one(buffer) => {
            let (name, w) = (ident(&p.name), local(&p.name));
            Some(quote!(call.put_new(#name, #w, true);))
        }
        _ => None,
    });
    let result = match &function.ret {
        Ret::Void => quote!(()),
        _ => {
            let ok = success(api, function);
            quote!(#ok as _)
        }
    };
    quote! {
        if leaves {
            call.post(&request, Wake::Now)?;
            #(#made)*
            return Ok(#result);
        }
    }
}

/// Statements in the reply's reading, after the results are in place.
pub fn after(api: &Api, function: &Function) -> TokenStream {
    match question(api, function) {
        Some(Question { value, unless_count, .. }) => quote! {
            if ok && settled #unless_count {
                call.session.answers.remember(&call.session.handles, &question, #value.cast(), &reply.#value);
            }
        },
        None => quote!(),
    }
}

/// What a parameter adds to the combination that the vendor accepts or does not. Handles add themselves.
fn combined(param: &Param) -> Option<TokenStream> {
    let (name, w) = (ident(&param.name), local(&param.name));
    match &param.shape {
        Shape::Value { .. } => Some(quote!(call.combine(#name as u64);)),
        Shape::Buffer(buffer) if names::is_new_one(buffer) => Some(quote!(call.combine(u64::from(#w != 0));)),
        Shape::Buffer(Buffer { direction: Direction::In, element: Element::Scalar { .. }, .. }) => {
            Some(quote!(call.combine_bytes(&#w);))
        }
        Shape::Buffer(Buffer { direction: Direction::In, element: Element::Handle(_), .. }) => None,
        Shape::Buffer(_) | Shape::Pointer => Some(quote!(call.combine(u64::from(#name.is_null()));)),
        // Handles are added as they are looked up; of what is left, see `leaves`.
        _ => None,
    }
}

/// A query whose answer is remembered.
struct Question {
    /// The function, what it asks about, and what it asks.
    words: Vec<TokenStream>,
    /// The condition under which the answer may change.
    unless: TokenStream,
    /// Another: that it is a reference count.
    unless_count: TokenStream,
    value: proc_macro2::Ident,
    size: proc_macro2::Ident,
    size_ret: proc_macro2::Ident,
}

fn question(api: &Api, function: &Function) -> Option<Question> {
    let cached = function.facts.cached.as_ref()?;
    let (param, size, size_ret) = function.answer()?;
    let unless_count = match &param.shape {
        Shape::Buffer(Buffer { element: Element::Tagged(ty), .. }) => {
            let (key, ty) = (tag(api, function, ty), ident(ty));
            quote!(&& spec::#ty.stays(#key as i64))
        }
        _ => quote!(),
    };
    let name = ident(&function.name);
    let about = function.params.iter().filter_map(|p| match &p.shape {
        Shape::Handle { .. } => Some(local(&p.name)),
        _ => None,
    });
    let asked = function.params.iter().filter_map(|p| match &p.shape {
        Shape::Value { .. } if p.name != size => Some(ident(&p.name)),
        _ => None,
    });
    let words = std::iter::once(quote!(u64::from(opcode::#name)))
        .chain(about.map(|id| quote!(#id)))
        .chain(asked.map(|word| quote!(#word as u64)));
    let unless = match &cached.unless {
        Some(condition) => Sizes { api, function, side: Side::Shim }.value(condition),
        None => quote!(None),
    };
    Some(Question {
        words: words.collect(),
        unless,
        unless_count,
        value: ident(&param.name),
        size: ident(size),
        size_ret: ident(size_ret),
    })
}

/// The status that stands for success.
fn success(api: &Api, function: &Function) -> TokenStream {
    match &function.ret {
        Ret::Status { ty } => {
            let ok = int(i128::from(names::ok_status(api, ty)));
            quote!(#ok)
        }
        _ => quote!(0),
    }
}
