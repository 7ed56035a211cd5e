//! Emits the shim's entries for memory objects that may live in memory which program and worker share: they are made, read and
//! written there, or else as everything is.

use super::names::{self, ident, int};
use super::pixels;
use crate::model::{Function, Param};
use crate::plan::{CallPlan, Creation, CreationPart, Memory, Plan, Resident, Transfer, TransferPart};
use proc_macro2::TokenStream;
use quote::quote;

/// What an entry does before the generated marshalling, or in its place. The body of a function with its parameters.
pub fn body(plan: &Plan<'_>, call: &CallPlan<'_>, way: Resident<'_>) -> TokenStream {
    let Some(memory) = &plan.memory else { unreachable!("only memory objects are resident") };
    let slot = names::slot(plan.api);
    match way {
        Resident::Created => create(memory, &slot),
        Resident::Read => transfer(plan, memory, &memory.read, false, &slot),
        Resident::Written => transfer(plan, memory, &memory.write, true, &slot),
        Resident::Shared(whole) => shared(call.function, whole, &slot),
    }
}

/// The generated marshalling of the same arguments.
fn usual(function: &Function) -> TokenStream {
    let call = names::marshal(function, function.params.iter().map(|p| ident(&p.name)));
    // SAFETY of the emitted call: the entry's arguments, for which the program vouches.
    quote!(unsafe { #call })
}

fn create(memory: &Memory<'_>, slot: &TokenStream) -> TokenStream {
    let Creation { function, of: of_kind, .. } = &memory.create;
    let named = |part: CreationPart| ident(&memory.create.param(part).name);
    let [of, flags, size] = [CreationPart::Of, CreationPart::Flags, CreationPart::Size].map(named);
    let [bytes, status] = [CreationPart::Memory, CreationPart::Status].map(named);
    let (name, kind, of_kind) = (ident(&function.name), ident(memory.kind), ident(of_kind));
    let [use_host, copy_host] = [memory.said.use_host, memory.said.copy_host].map(int);
    let usual = usual(function);
    // SAFETY of the emitted calls: the program vouches for its pointers.
    quote! {
        let asked = runtime::resident::Asked {
            opcode: opcode::#name,
            kinds: (kind::#kind, kind::#of_kind),
            of: #of,
            flags: #flags,
            size: #size,
            source: if #flags & #copy_host != 0 { Some(#bytes.cast()) } else { None },
            is_plain: #flags & #use_host == 0 && (#flags & #copy_host != 0) != #bytes.is_null(),
        };
        let make = || #usual;
        let (made, known) = unsafe { runtime::resident::create(#slot.current()?, &asked, make)? };
        if let Some(known) = known
            && !#status.is_null()
        {
            unsafe { #status.write(known as _) };
        }
        Ok(made)
    }
}

fn transfer(
    plan: &Plan<'_>,
    memory: &Memory<'_>,
    transfer: &Transfer<'_>,
    writes: bool,
    slot: &TokenStream,
) -> TokenStream {
    let Transfer { function, queue, event, ok, parts } = transfer;
    let Some(events) = &plan.events else { unreachable!("commands have events") };
    let kinds = [queue, memory.kind, event].map(ident);
    let [queue_kind, object_kind, event_kind] = kinds;
    let named = |part: TransferPart| ident(&transfer.param(part).name);
    use TransferPart::{Count, Event, List, Memory, Object, Offset, Queue, Size, Waits};
    let [queue, object, waits, offset, size] = [Queue, Object, Waits, Offset, Size].map(named);
    let [bytes, count, list, event] = [Memory, Count, List, Event].map(named);
    let part = parts.iter().map(|part| match part {
        Queue => quote!(t.queue),
        Object => quote!(t.object),
        Waits => quote!(waits.into()),
        Offset => quote!(t.offset),
        Size => quote!(t.size),
        Memory => quote!(t.address as _),
        Count => quote!(t.wait.0),
        List => quote!(t.wait.1),
        Event => quote!(t.event),
    });
    let flush = names::marshal(memory.flush, [quote!(queue)]);
    let release = names::marshal(events.release, [quote!(event)]);
    let enqueue = names::marshal(function, part);
    let (ok, failed) = (int(i128::from(*ok)), int(i128::from(memory.said.failed)));
    let in_order = match &events.unordered {
        Some((asked, bits)) => {
            let (asked, bits) = (pixels::asked(asked, &queue), int(*bits));
            quote!(Ok(#asked.is_some_and(|properties| properties & #bits == 0)))
        }
        None => quote!(Ok(true)),
    };
    let usual = usual(function);
    // SAFETY of the emitted calls: the program vouches for its pointers, and a part of the transfer is within them.
    quote! {
        if #waits == 0 || #bytes.is_null() {
            return #usual;
        }
        let at = #slot.current()?;
        let whole = runtime::resident::Transfer {
            queue: #queue,
            object: #object,
            offset: #offset,
            size: #size,
            address: #bytes as usize,
            wait: (#count, #list),
            event: #event,
            kinds: (kind::#queue_kind, kind::#object_kind, kind::#event_kind),
        };
        let in_order = || #in_order;
        let Some(crossing) = (unsafe { runtime::quiet::transfer(at, &whole, #writes, in_order)? }) else {
            return Ok(#ok);
        };
        let mut done = None;
        if #size >= runtime::resident::WORTHWHILE {
            let commands = runtime::chunks::Commands {
                enqueue: |t: &runtime::resident::Transfer, waits: bool| unsafe { #enqueue },
                flush: |queue| unsafe { #flush },
                release: |event| unsafe { #release },
                ok: #ok,
                failed: #failed,
            };
            done = unsafe { runtime::chunks::transfer(at, &whole, #writes, &commands)? };
        }
        let status = done.map_or_else(|| #usual, Ok)?;
        if status == #ok {
            crossing.made(at, &whole);
        }
        Ok(status)
    }
}

/// What shares memory with another object overlaps with it.
fn shared(function: &Function, whole: &Param, slot: &TokenStream) -> TokenStream {
    let (whole, usual) = (ident(&whole.name), usual(function));
    quote! {
        let made = #usual?;
        if !made.is_null() {
            runtime::resident::overlaps(#slot.current()?, #whole);
        }
        Ok(made)
    }
}
