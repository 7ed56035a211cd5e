//! Emits how the worker makes, reads and writes memory objects that devices use in place: `impl InPlace`.

use super::events::question;
use super::names::{self, ident, int};
use crate::model::{Function, Shape};
use crate::plan::{CreationPart, Memory, Plan, Transfer, TransferPart};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

/// What the table says of memory objects; empty for an API without.
pub fn of(plan: &Plan<'_>) -> TokenStream {
    let Some(memory) = &plan.memory else { return quote!() };
    let hand = ident(&plan.api.name);
    let description = description(memory);
    let (state, object) = (quote!(self), quote!(object));
    let (size, flags) = (question(&memory.size, &state, &object), question(&memory.flags, &state, &object));
    let (create, destroyed) = (create(memory), destroyed(memory.destroyed));
    let (write, read) = (transfer(&memory.write), transfer(&memory.read));
    let release = ident(&memory.release.name);
    // SAFETY of the emitted release: the reference is the worker's own.
    quote! {
        #description

        impl crate::hooks::InPlace for State {
            fn description(&self) -> &'static crate::hooks::Description {
                &DESCRIPTION
            }

            fn suits(&self, of: *mut c_void) -> bool {
                crate::api::#hand::suits(self, of)
            }

            fn size(&self, object: *mut c_void) -> u64 {
                #size.map_or(0, |size| size as u64)
            }

            fn flags(&self, object: *mut c_void) -> u64 {
                #flags.unwrap_or_default()
            }

            unsafe fn create(
                &self,
                of: *mut c_void,
                flags: u64,
                memory: *mut c_void,
                len: usize,
            ) -> Result<*mut c_void, i64> {
                #create
            }

            fn release(&self, object: *mut c_void) {
                if let Some(release) = self.vendor.#release {
                    unsafe { release(object) };
                }
            }

            fn when_destroyed(&self, object: *mut c_void, tell: crate::hooks::Destroyed, word: *mut c_void) {
                #destroyed
            }

            unsafe fn move_byte(&self, command: &crate::hooks::Command, byte: *mut u8, writes: bool) -> Option<i64> {
                let crate::hooks::Command { queue, object, offset, wait_count, wait_list, event } = *command;
                if writes { #write } else { #read }
            }
        }
    }
}

fn description(memory: &Memory<'_>) -> TokenStream {
    let kinds = [memory.kind, memory.create.of, memory.read.queue, memory.read.event];
    let [object, of, queue, event] = kinds.map(ident);
    let [creates, reads, writes]: [Ident; 3] =
        [memory.create.function, memory.read.function, memory.write.function].map(|f| ident(&f.name));
    let said = memory.said;
    let [use_host, alloc_host, copy_host] = [said.use_host, said.alloc_host, said.copy_host].map(int);
    let [exhausted, ok] = [said.exhausted, memory.read.ok].map(|status| int(i128::from(status)));
    quote! {
        static DESCRIPTION: crate::hooks::Description = crate::hooks::Description {
            object: kind::#object,
            of: kind::#of,
            queue: kind::#queue,
            event: kind::#event,
            creates: opcode::#creates,
            reads: opcode::#reads,
            writes: opcode::#writes,
            use_host: #use_host,
            alloc_host: #alloc_host,
            copy_host: #copy_host,
            exhausted: #exhausted,
            ok: #ok,
        };
    }
}

fn create(memory: &Memory<'_>) -> TokenStream {
    let (function, exhausted) = (ident(&memory.create.function.name), int(i128::from(memory.said.exhausted)));
    let args = memory.create.parts.iter().map(|part| match part {
        CreationPart::Of => quote!(of),
        CreationPart::Flags => quote!(flags),
        CreationPart::Size => quote!(len),
        CreationPart::Memory => quote!(memory),
        CreationPart::Status => quote!(&raw mut status),
    });
    // SAFETY of the emitted call: by the promise of who calls it.
    quote! {
        let mut status = #exhausted;
        let made = self.vendor.#function.map(|create| unsafe { create(#(#args),*) });
        made.filter(|made| !made.is_null()).ok_or(i64::from(status))
    }
}

fn destroyed(function: &Function) -> TokenStream {
    let name = ident(&function.name);
    let args = function.params.iter().map(|p| match &p.shape {
        Shape::Callback { .. } => quote!(Some(tell)),
        Shape::UserData => quote!(word),
        _ => quote!(object),
    });
    // SAFETY of the emitted call: the object is alive, and the callback takes the word as user data.
    quote! {
        if let Some(set) = self.vendor.#name {
            unsafe { set(#(#args),*) };
        }
    }
}

/// A transfer of one byte that waits: the vendor's status.
fn transfer(transfer: &Transfer<'_>) -> TokenStream {
    let name = ident(&transfer.function.name);
    let args = transfer.parts.iter().zip(&transfer.function.params).map(|(part, param)| match part {
        TransferPart::Queue => quote!(queue),
        TransferPart::Object => quote!(object),
        TransferPart::Waits => quote!(1),
        TransferPart::Offset => quote!(offset),
        TransferPart::Size => quote!(1),
        TransferPart::Memory => {
            let ty = names::c_param(param);
            quote!(byte as #ty)
        }
        TransferPart::Count => quote!(wait_count),
        TransferPart::List => quote!(wait_list),
        TransferPart::Event => quote!(event),
    });
    // SAFETY of the emitted call: by the promise of who calls it.
    quote!(self.vendor.#name.map(|transfer| i64::from(unsafe { transfer(#(#args),*) })))
}
