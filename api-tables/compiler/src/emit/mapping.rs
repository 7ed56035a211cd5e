//! Emits the calls that map an object's memory and unmap it again: what they say to the engines of both sides.

use super::names::{self, ident, int, local};
use super::sizes::{Side, Sizes};
use crate::model::{Maps, Ret};
use crate::plan::{About, CallPlan, Plan, Success};
use proc_macro2::TokenStream;
use quote::quote;

/// Shim: statements before the request.
pub fn ask(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    if let Some(maps) = &call.function.facts.maps {
        let waits = sizes(plan, call, Side::Shim).value(&maps.unless);
        return quote!(let mapping = runtime::mapping::ask(call.session, expr::holds(#waits)););
    }
    if let Some((address, object)) = &call.function.facts.unmaps {
        let (address, object) = (ident(address), local(object));
        return quote!(let mapping = runtime::mapping::take(call.session, #object, #address););
    }
    quote!()
}

/// Shim: statements of a call that unmaps, before anything else: memory of a lost session is unmapped here alone.
pub fn lost(plan: &Plan<'_>, call: &CallPlan<'_>) -> Option<TokenStream> {
    let (address, object) = call.function.facts.unmaps.as_ref()?;
    let (slot, address, object) = (names::slot(plan.api), ident(address), ident(object));
    Some(quote! {
        if runtime::mapping::unmap_lost(&#slot, #object, #address) {
            return Err(Fault::Lost);
        }
    })
}

/// Shim: what is made of the outcome of the crossing.
pub fn outcome(plan: &Plan<'_>, call: &CallPlan<'_>, transact: TokenStream) -> TokenStream {
    if let Some(maps) = &call.function.facts.maps {
        let object = local(&maps.object);
        let writes = sizes(plan, call, Side::Shim).value(&maps.writes);
        return quote! {
            let mapped = #transact?;
            runtime::mapping::show(&mut call, mapping, #object, expr::holds(#writes), mapped)
        };
    }
    if call.function.facts.unmaps.is_some() {
        let ok = match call.success {
            Success::Status { ok, .. } => {
                let ok = int(i128::from(ok));
                quote!(Ok(#ok))
            }
            _ => quote!(Ok(_)),
        };
        return quote! {
            let result = #transact;
            runtime::mapping::end(call.session, mapping, matches!(result, #ok));
            result
        };
    }
    transact
}

/// Worker: statements after the arguments are there.
pub fn begin(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    if let Some(Maps { object, event, unless, shows, writes, .. }) = &call.function.facts.maps {
        let (event, object) = (ident(event), ident(object));
        let value = |e| sizes(plan, call, Side::Worker).value(e);
        let (waits, shows, writes) = (value(unless), value(shows), value(writes));
        let queue = match call.about {
            Some(About::Handle(queue)) => {
                let queue = ident(&queue.name);
                quote!(r.#queue.to_native())
            }
            _ => quote!(0),
        };
        return quote! {
            let mapping = crate::engine::mapping::Asked {
                id: r.mapping.to_native(),
                pending: r.pending.to_native(),
                object: r.#object.to_native(),
                queue: #queue,
                waits: expr::holds(#waits),
                shows: expr::holds(#shows),
                writes: expr::holds(#writes),
            };
            mapping.check(call)?;
            if !mapping.waits {
                #event.want();
            }
        };
    }
    if let Some((address, object)) = &call.function.facts.unmaps {
        let (address, object) = (ident(address), ident(object));
        return quote! {
            let mapping =
                crate::engine::mapping::Unmapping::begin(call, r.#object.to_native(), r.mapping.to_native(), r.unseen)?;
            let #address = mapping.pointer();
        };
    }
    quote!()
}

/// Worker: statements after the vendor's answer, when new objects are known.
pub fn after(plan: &Plan<'_>, call: &CallPlan<'_>) -> TokenStream {
    if let (Some(maps), Ret::Mapped { len }) = (&call.function.facts.maps, &call.function.ret) {
        let event = ident(&maps.event);
        let sizes = sizes(plan, call, Side::Worker);
        let (rows, reads) = (sizes.rows(len), sizes.value(&maps.reads));
        return quote! {
            let mapped = crate::engine::mapping::mapped(call, &mapping, ret, if ok { #rows } else { None }, &#event);
            if ok && expr::holds(#reads) {
                call.charge_bytes_out(mapped.rows.bytes());
            }
        };
    }
    if call.function.facts.unmaps.is_some() {
        return quote!(if ok {
            mapping.end(call);
        });
    }
    quote!()
}

fn sizes<'a>(plan: &Plan<'a>, call: &CallPlan<'a>, side: Side) -> Sizes<'a> {
    Sizes { api: plan.api, function: call.function, side }
}
