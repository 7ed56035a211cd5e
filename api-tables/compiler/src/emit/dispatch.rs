//! Emits what the worker does with an API by its table alone: which function serves a call, and what commands and memory are.

use super::names::{self, ident};
use super::{events, in_place, queries};
use crate::plan::{Plan, Server};
use proc_macro2::TokenStream;
use quote::quote;

/// The function that serves a call, by opcode.
pub fn calls(plan: &Plan<'_>) -> TokenStream {
    let ahead = queries::dispatch(plan);
    let hand = ident(&plan.api.name);
    let arms = plan.calls.iter().filter_map(|call| {
        let (opcode, name) = (call.opcode, ident(&call.function.name));
        match call.server {
            Server::None => None,
            Server::ByHand { .. } => {
                let (name, of) = names::shared(call.function);
                Some(quote!(#opcode => crate::api::#hand::#name(#of api, call, body)))
            }
            Server::Generated => Some(quote!(#opcode => serve::#name(api, call, body))),
        }
    });
    let own = plan.api.mirror().map(|_| {
        quote! {
            ava_protocol::mirror::opcode::MEMORY => crate::engine::mirror::memory(call, &spec::MIRROR, body),
            ava_protocol::mirror::opcode::PIECE => crate::engine::mirror::piece(call, body),
        }
    });
    quote! {
        impl crate::call::Api for State {
            fn serve(&'static self, opcode: u32, call: &mut Call<'_>, body: &[u8]) -> Outcome {
                let api = self;
                match opcode {
                    #(#arms,)*
                    #own
                    other => crate::engine::serve(other, call, body),
                }
            }

            #ahead
        }
    }
}

/// What the worker knows of the API by its table alone.
pub fn facts(plan: &Plan<'_>) -> TokenStream {
    let events = plan.events.as_ref().map(|_| {
        quote!(
            fn events(&self) -> &dyn crate::state::events::Events {
                self
            }
        )
    });
    let memory = plan.memory.as_ref().map(|_| {
        quote!(
            fn in_place(&self) -> Option<&dyn crate::hooks::InPlace> {
                Some(self)
            }
        )
    });
    let oneway = plan.events.as_ref().map(|_| {
        quote! {
            fn oneway(&self, opcode: u32) -> Option<bool> {
                crate::engine::oneway(opcode).or_else(|| table::API.oneway.get(opcode as usize).copied())
            }
        }
    });
    let (of_events, of_memory) = (events::of(plan), in_place::of(plan));
    quote! {
        impl crate::hooks::Facts for State {
            fn table(&self) -> &'static ava_protocol::api::Api {
                &table::API
            }

            #events
            #memory
            #oneway
        }
        #of_events
        #of_memory
    }
}
