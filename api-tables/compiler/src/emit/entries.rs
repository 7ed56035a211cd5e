//! Emits the C entry points that programs call, and the tables of them that loaders and programs get.

use super::names::{self, Form, ident, int};
use super::{mirror, resident};
use crate::model::{Api, Listed, Ret, Shape};
use crate::plan::{CallPlan, Entry, Plan};
use proc_macro2::TokenStream;
use quote::quote;

/// The C functions, one for each form: the newest is exported.
pub fn entry(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    let forms = names::forms(call.function).into_iter().map(|form| in_form(plan, call, form));
    quote!(#(#forms)*)
}

fn in_form(plan: &Plan<'_>, call: &CallPlan<'_>, form: Form) -> TokenStream {
    let (api, function) = (plan.api, call.function);
    let name = form.name(function);
    let params: Vec<_> = form.params(function).map(|p| ident(&p.name)).collect();
    let types: Vec<_> = form.params(function).map(names::c_param).collect();
    // The table does not say its return type: return a word, 0.
    let untold = function.facts.undocumented && matches!(function.ret, Ret::Void) && function.params.is_empty();
    let ret = if untold { quote!(usize) } else { names::c_ret(&function.ret, api) };
    let doc = match form.before {
        Some(before) => {
            format!(" `{}` of the vendor's API, as it was before {before} of its extension.", function.name)
        }
        None => format!(" `{}` of the vendor's API.", function.name),
    };
    let fail = if untold {
        quote! { let _ = status; 0 }
    } else {
        fail(call)
    };
    let lost = int(i128::from(api.lost));
    let no_broker = int(i128::from(function.facts.no_broker.unwrap_or(api.lost)));
    let exhausted = int(i128::from(api.exhausted));
    let symbol = names::symbol(api, &function.name);
    let exported = match symbol == function.name {
        _ if form.before.is_some() => None,
        true => Some(quote!(#[unsafe(no_mangle)])),
        false => Some(quote!(#[unsafe(export_name = #symbol)])),
    };
    let body = body(plan, call, form);
    let guarded = quote! {
        guard(
            || #body,
            |fault| {
                let status = fault.status(Statuses { lost: #lost, no_broker: #no_broker, exhausted: #exhausted });
                #fail
            },
        )
    };
    // What lasts, whoever is told of it, ends what was known.
    let told = match &function.ret {
        Ret::Status { .. } if !api.lasting.is_empty() => {
            let slot = names::slot(api);
            Some(quote!(runtime::told(&#slot, ret as i64);))
        }
        _ => None,
    };
    let guarded = match told {
        Some(told) => quote! { let ret = #guarded; #told ret },
        None => guarded,
    };
    quote! {
        #[doc = #doc]
        ///
        /// # Safety
        /// The arguments are as the vendor's API demands.
        #exported
        #[allow(non_snake_case, unused_variables)]
        pub unsafe extern "C-unwind" fn #name(#(#params: #types),*) -> #ret {
            #guarded
        }
    }
}

/// The body of an entry point.
fn body(plan: &Plan<'_>, call: &CallPlan<'_>, form: Form) -> TokenStream {
    let (api, function) = (plan.api, call.function);
    let (hand, (name, opcode)) = (ident(&api.name), names::shared(function));
    // A form without a parameter passes null.
    let arguments = function.params.iter().map(|p| match (ident(&p.name), &p.shape) {
        (_, Shape::Handle { .. }) if !form.has(p) => quote!(std::ptr::null_mut()),
        _ if !form.has(p) => quote!(std::ptr::null()),
        (name, Shape::Pointer) => quote!(#name.cast()),
        (name, _) => quote!(#name),
    });
    match call.entry {
        Entry::Local if api.function_list.as_ref() == Some(&function.name) => {
            let invalid = int(i128::from(handed_out(api).map_or(0, |(_, invalid)| invalid)));
            let place = function.params.first().map(|p| ident(&p.name));
            // SAFETY of the emitted call: as below.
            quote!(unsafe { runtime::list::hand_out(#place.cast(), &FUNCTION_LIST, #invalid) }.map(|()| 0))
        }
        Entry::Refused(unsupported) => {
            let (text, status, why) = (&function.name, int(i128::from(unsupported.status)), &unsupported.why);
            let about = function.params.first().filter(|p| matches!(p.shape, Shape::Handle { .. } | Shape::Pointer));
            let about = match about.map(|p| ident(&p.name)) {
                Some(about) => quote!(#about.cast()),
                None => quote!(std::ptr::null()),
            };
            quote!(Err(crate::api::#hand::refuse(#text, #why, #status, #about)))
        }
        Entry::Same(same) => {
            let same = ident(same);
            let arguments = function.params.iter().map(|p| match (ident(&p.name), &p.shape) {
                (name, Shape::Value { .. } | Shape::Struct { .. } | Shape::Callback { .. }) => quote!(#name),
                (name, _) => quote!(#name.cast()),
            });
            // SAFETY of the emitted call: the program vouches for its arguments, as for the vendor's function.
            quote!(Ok(unsafe { #same(#(#arguments),*) }))
        }
        // SAFETY of the emitted call: as above.
        Entry::Local | Entry::ByHand => quote!(unsafe { crate::api::#hand::#name(#opcode #(#arguments),*) }),
        Entry::Resident(way) => {
            let resident = resident::body(plan, call, way);
            quote!({ #resident })
        }
        Entry::Array(array) => mirror::array(call, array),
        Entry::Answers(answers) => mirror::answer(api, call, answers),
        // SAFETY of the emitted call: as above.
        Entry::Generated => {
            let crosses = names::marshal(function, arguments);
            quote!(unsafe { #crosses })
        }
    }
}

/// The return value of an entry point when the call cannot be made.
fn fail(call: &CallPlan<'_>) -> TokenStream {
    let errcode = call.errcode.map(|p| {
        let name = ident(&p.name);
        // SAFETY of the emitted write: the program passed the address of a status, or null.
        quote!(if !#name.is_null() { unsafe { #name.write(status as _) } })
    });
    match &call.function.ret {
        Ret::Void => quote! { let _ = status; },
        Ret::Status { .. } => quote!(status as _),
        Ret::Value { .. } => quote! { let _ = status; 0 as _ },
        Ret::New { .. } | Ret::Mapped { .. } | Ret::Mirror { .. } | Ret::Pointer { .. } => {
            quote! { let _ = status; #errcode std::ptr::null_mut() }
        }
        Ret::Text { null: true } => quote! { let _ = status; std::ptr::null() },
        Ret::Text { null: false } => quote! { let _ = status; c"".as_ptr() },
        // SAFETY of the emitted code: a struct of numbers and addresses may be all zeroes.
        Ret::Struct { .. } => quote! { let _ = status; unsafe { std::mem::zeroed() } },
    }
}

/// The installable client driver's dispatch table.
pub fn dispatch(api: &Api) -> TokenStream {
    let len = api.dispatch.len();
    let rows = api.dispatch.iter().map(|f| match f {
        Some(f) if api.function(f).is_some() => {
            let f = ident(f);
            quote!(runtime::Entry(#f as *const c_void))
        }
        _ => quote!(runtime::Entry(std::ptr::null())),
    });
    quote! {
        /// The dispatch table that the first word of every handle points to, as for every installable client driver.
        pub static DISPATCH: [runtime::Entry; #len] = [#(#rows),*];
    }
}

/// What the struct of all functions begins with, and the status for a call that has no place for its address.
fn handed_out(api: &Api) -> Option<([u8; 2], i64)> {
    api.function_list.as_ref()?;
    let Listed { version, invalid } = api.listed?;
    Some((version, invalid))
}

/// The functions in the order of the API's function list.
pub fn function_list(api: &Api) -> Option<TokenStream> {
    let ([major, minor], _) = handed_out(api)?;
    let len = api.functions.len();
    let functions = api.functions.iter().map(|f| ident(&f.name));
    Some(quote! {
        /// All functions, in the order of the table.
        pub static FUNCTION_LIST: runtime::list::List<#len> = runtime::list::List {
            version: [#major, #minor],
            functions: [#(runtime::Entry(#functions as *const c_void)),*],
        };
    })
}

/// Address of every function by name.
pub fn lookup(api: &Api) -> TokenStream {
    let arms = api.functions.iter().map(|f| {
        let (text, newest) = (&f.name, ident(&f.name));
        let older = names::forms(f).into_iter().filter_map(|form| {
            let (before, name) = (names::version(form.before?), form.name(f));
            Some(quote!(if version < #before { #name as *mut c_void } else))
        });
        quote!(#text => #(#older)* { #newest as *mut c_void })
    });
    let unsupported = api.functions.iter().filter(|f| f.facts.unsupported.is_some()).map(|f| &f.name);
    quote! {
        /// The address of the function called `name`, as it is in a version of its extension; null if the table has none or
        /// refuses it.
        #[allow(dead_code, unused_variables)]
        pub fn lookup(name: &str, version: ava_protocol::api::Version) -> *mut c_void {
            if [#(#unsupported),*].contains(&name) {
                return std::ptr::null_mut();
            }
            match name {
                #(#arms,)*
                _ => std::ptr::null_mut(),
            }
        }
    }
}
