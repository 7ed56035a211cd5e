//! Emits what the worker asks the vendor about commands: `impl Events`.

use super::names::{self, ident, int};
use crate::model::{Function, Shape};
use crate::plan::{Events, Plan, Question};
use proc_macro2::TokenStream;
use quote::quote;

/// What the table says of commands; empty for an API whose calls return when theirs have completed.
pub fn of(plan: &Plan<'_>) -> TokenStream {
    let Some(events) = &plan.events else { return quote!() };
    let (kind, polled) = (ident(events.kind), ident(&events.status.function.name));
    let status = question(&events.status, &quote!(self), &quote!(event as *mut c_void));
    let [retain, release] = [events.retain, events.release].map(counted);
    let (wait, notify) = (wait(events), events.notify.map(notify));
    let is_ordered = match &events.unordered {
        Some((asked, bits)) => {
            let (asked, bits) = (question(asked, &quote!(self), &quote!(queue as *mut c_void)), int(*bits));
            quote!(#asked.is_ok_and(|answer| answer & #bits == 0))
        }
        None => quote!(true),
    };
    quote! {
        impl crate::state::events::Events for State {
            fn polled(&self) -> Option<(u16, u32)> {
                Some((kind::#kind, opcode::#polled))
            }

            fn status(&self, event: usize) -> Result<i32, i32> {
                #status
            }

            fn wait(&self, event: usize) -> bool {
                let event = event as *mut c_void;
                #wait
            }

            fn retain(&self, event: usize) {
                #retain
            }

            fn release(&self, event: usize) {
                #release
            }

            #[allow(unused_variables)]
            fn notify(&self, event: usize, status: i32, tell: crate::state::events::Reached, word: *mut c_void) {
                #notify
            }

            #[allow(unused_variables)]
            fn is_ordered(&self, queue: usize) -> bool {
                #is_ordered
            }
        }
    }
}

/// The number that the vendor answers of an object, a `Result` with the vendor's status where it does not.
pub fn question(asked: &Question<'_>, state: &TokenStream, object: &TokenStream) -> TokenStream {
    let (function, key) = (ident(&asked.function.name), ident(asked.key));
    let answer = names::scalar(asked.answer);
    quote!(crate::engine::query::number::<#answer>(#state.vendor.#function, #object, constant::#key))
}

/// A statement that counts a reference.
fn counted(function: &Function) -> TokenStream {
    let function = ident(&function.name);
    // SAFETY of the emitted call: the event is alive, and a reference that is given back is the worker's own.
    quote! {
        if let Some(count) = self.vendor.#function {
            unsafe { count(event as *mut c_void) };
        }
    }
}

/// Whether the command failed, once it is over.
fn wait(events: &Events<'_>) -> TokenStream {
    let (function, ok) = (ident(&events.wait.name), int(i128::from(events.ok)));
    let args = events.wait.params.iter().map(|p| match &p.shape {
        Shape::Handle { .. } => quote!(event),
        Shape::Buffer(_) => quote!(&raw const event),
        _ => quote!(1),
    });
    // SAFETY of the emitted call: the event is alive, or an array of one that is.
    quote!(self.vendor.#function.is_some_and(|wait| unsafe { wait(#(#args),*) } != #ok))
}

/// A statement that has the vendor call back.
fn notify(function: &Function) -> TokenStream {
    let name = ident(&function.name);
    let args = function.params.iter().map(|p| match &p.shape {
        Shape::Handle { .. } => quote!(event as *mut c_void),
        Shape::Callback { .. } => quote!(Some(tell)),
        Shape::UserData => quote!(word),
        _ => quote!(status),
    });
    // SAFETY of the emitted call: the event is alive, and the callback takes the word as user data.
    quote! {
        if let Some(notify) = self.vendor.#name {
            unsafe { notify(#(#args),*) };
        }
    }
}
