//! Emits the wire: per function a `Request` and a `Reply` as they are planned, and the descriptors of handles, structs,
//! keys and lists that both sides translate by. The protocol crate includes the result.

use super::mirror;
use super::names::{self, ident, int};
use super::sandbox;
use super::structs;
use crate::layout;
use crate::model::{Api, Function, Payload, Scalar, TypeKind};
use crate::plan::{CallPlan, FieldType, Plan, Record};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub fn emit(plan: &Plan<'_>) -> TokenStream {
    let api = plan.api;
    let opcodes = opcodes(plan);
    let kinds = kinds(plan);
    let constants = constants(api);
    let specs = specs(api);
    let structs = structs::structs(api);
    let functions = plan.calls.iter().filter(|call| call.crosses).map(function);
    let description = description(plan);
    quote! {
        #[allow(unused_imports)]
        use crate::wire::*;

        #description
        #opcodes
        #kinds
        #constants
        #specs
        #structs
        #(#functions)*
    }
}

/// The list of all APIs.
pub fn all(apis: &[Api]) -> TokenStream {
    let names = apis.iter().map(|api| ident(&api.name));
    quote! {
        /// All of them, in the order of the tables.
        pub const APIS: &[&crate::api::Api] = &[#(&#names::API),*];
    }
}

/// Facts about the API as a whole.
pub fn description(plan: &Plan<'_>) -> TokenStream {
    let api = plan.api;
    let Api { name, number, library, versions, drivers, places, install, environment, .. } = api;
    let sonames = std::iter::once(library).chain(&api.also);
    let (function_list, forks) = (api.function_list.is_some(), api.forks);
    // Where memory objects have a status of their own, that is what programs expect of a device without memory.
    let exhausted = plan.memory.as_ref().map_or(api.exhausted, |memory| memory.said.exhausted);
    let [lost, absent, exhausted] = [api.lost, api.absent, exhausted].map(|status| int(i128::from(status)));
    let [forked, inside] = [api.forked, api.inside].map(|status| match status.map(|status| int(i128::from(status))) {
        Some(status) => quote!(Some(#status)),
        None => quote!(None),
    });
    let functions = api.functions.iter().map(|f| &f.name);
    let oneway = plan.calls.iter().map(CallPlan::is_oneway);
    let unsupported = api.functions.iter().filter_map(|f| {
        let (name, why) = (&f.name, &f.facts.unsupported.as_ref()?.why);
        Some(quote!((#name, #why)))
    });
    let extensions = api.extensions.iter().map(|extension| {
        let name = &extension.name;
        let known = match extension.known {
            Some((from, below)) => {
                let (from, below) = (names::version(from), names::version(below));
                quote!(Some((#from, #below)))
            }
            None => quote!(None),
        };
        quote!(Extension { name: #name, known: #known })
    });
    let masked = api.masked.iter().flat_map(|masked| {
        let why = &masked.why;
        masked.names.iter().map(move |name| quote!((#name, #why)))
    });
    let newest = match names::newest(api) {
        Some(newest) => {
            let newest = names::version(newest);
            quote!(Some(#newest))
        }
        None => quote!(None),
    };
    let extension_functions = api.functions.iter().filter_map(|f| {
        let (name, extension) = (&f.name, f.facts.extension.as_ref()?);
        Some(quote!((#name, #extension)))
    });
    let sandbox = sandbox::needs(&api.sandbox);
    let configurations = api.configurations.iter().map(sandbox::configuration);
    let kinds = plan.kinds.iter().map(|kind| {
        let (name, invalid) = (kind.name, int(i128::from(kind.invalid)));
        let (ordered, event, queue, alike, plain) = (kind.ordered, kind.event, kind.queue, kind.alike, kind.plain);
        let [also, within] = [kind.also, kind.within].map(|types| types.iter().map(|other| plan.kind(other)));
        quote! {
            KindSpec {
                name: #name,
                invalid: #invalid,
                ordered: #ordered,
                event: #event,
                queue: #queue,
                alike: #alike,
                plain: #plain,
                also: &[#(#also),*],
                within: &[#(#within),*],
            }
        }
    });
    let ahead = plan.calls.iter().filter_map(|call| {
        let ahead = call.ahead()?;
        let (function, kind, values) = (call.opcode, plan.kind(ahead.kind), ident(ahead.key.values));
        let of_end = call.query.as_ref()?.cached.as_ref()?.after.is_some();
        Some(quote!(Ahead { function: #function, kind: #kind, of_end: #of_end, values: &spec::#values }))
    });
    let work = api.functions.iter().map(|function| {
        let settled = function.facts.settled;
        let submits = match function.facts.submits {
            None => quote!(Submits::Nothing),
            Some(crate::model::Submits::Quietly) => quote!(Submits::Quietly),
            Some(crate::model::Submits::Noticed) => quote!(Submits::Noticed),
        };
        let occupies = match function.facts.occupies {
            None => quote!(Occupies::Nothing),
            Some(crate::model::Occupies::Call) => quote!(Occupies::Call),
            Some(crate::model::Occupies::Queue(_)) => quote!(Occupies::Queue),
        };
        let is_twin = function.twin_of.is_some();
        quote!(Work { submits: #submits, occupies: #occupies, is_twin: #is_twin, settled: #settled })
    });
    let says = |function: &Function| {
        let facts = &function.facts;
        facts.settled || facts.submits.is_some() || facts.occupies.is_some()
    };
    let work = work.filter(|_| api.functions.iter().any(says));
    let lasting = api.lasting.iter().map(|status| int(i128::from(*status)));
    quote! {
        #[allow(unused_imports)]
        use crate::{api::{Ahead, Extension, Occupies, Submits, Work}, spec::KindSpec};

        /// The API.
        pub static API: crate::api::Api = crate::api::Api {
            name: #name,
            number: #number,
            library: #library,
            sonames: &[#(#sonames),*],
            versions: &[#(#versions),*],
            drivers: &[#(#drivers),*],
            function_list: #function_list,
            forked: #forked,
            inside: #inside,
            forks: #forks,
            places: &[#(#places),*],
            install: #install,
            lost: #lost,
            absent: #absent,
            exhausted: #exhausted,
            lasting: &[#(#lasting),*],
            environment: &[#(#environment),*],
            sandbox: #sandbox,
            configurations: &[#(#configurations),*],
            newest: #newest,
            extensions: &[#(#extensions),*],
            masked: &[#(#masked),*],
            functions: &[#(#functions),*],
            oneway: &[#(#oneway),*],
            work: &[#(#work),*],
            unsupported: &[#(#unsupported),*],
            extension_functions: &[#(#extension_functions),*],
            kinds: &[#(#kinds),*],
            ahead: &[#(#ahead),*],
        };
    }
}

fn opcodes(plan: &Plan<'_>) -> TokenStream {
    let consts = plan.calls.iter().map(|call| {
        let (name, value) = (ident(&call.function.name), call.opcode);
        quote!(pub const #name: u32 = #value;)
    });
    quote! {
        #[allow(non_upper_case_globals)]
        pub mod opcode { #(#consts)* }
    }
}

fn kinds(plan: &Plan<'_>) -> TokenStream {
    let consts = plan.kinds.iter().map(|kind| {
        let (name, value) = (ident(kind.name), plan.kind(kind.name));
        quote!(pub const #name: u16 = #value;)
    });
    quote! {
        #[allow(non_upper_case_globals)]
        pub mod kind { #(#consts)* }
    }
}

fn constants(api: &Api) -> TokenStream {
    let consts = api.constants.values().map(|c| {
        let name = ident(&c.name);
        let scalar = match api.types.get(&c.ty).map(|t| &t.kind) {
            Some(TypeKind::Scalar(s) | TypeKind::Status { scalar: s, .. } | TypeKind::List { scalar: s, .. }) => *s,
            _ => Scalar::I64,
        };
        let (ty, value) = (names::wire_scalar(scalar), int(c.value));
        quote!(pub const #name: #ty = #value;)
    });
    quote! {
        /// Constants of the vendor's headers that the table names.
        #[allow(non_upper_case_globals)]
        pub mod constant { #(#consts)* }
    }
}

fn specs(api: &Api) -> TokenStream {
    let specs = api.types.values().filter_map(|t| {
        let name = ident(&t.name);
        Some(match &t.kind {
            TypeKind::Struct { fields, says, .. } => structs::spec(api, &t.name, fields, says.as_ref()),
            // Behind a field of a struct: see `keyed`.
            TypeKind::Tagged { otherwise: None, .. } => return None,
            TypeKind::Tagged { variants, otherwise: Some(otherwise), .. } => {
                let rows = variants.iter().filter_map(|v| {
                    let key = int(api.constants[&v.key].value);
                    let answer = answer(api, &v.payload)?;
                    Some(quote!((#key, #answer)))
                });
                let otherwise = int(i128::from(*otherwise));
                quote!(pub static #name: TaggedSpec = TaggedSpec { otherwise: #otherwise, answers: &[#(#rows),*] };)
            }
            TypeKind::List { scalar, end, otherwise, variants, .. } => {
                let (size, end) = (scalar.size(), int(i128::from(*end)));
                let otherwise = int(i128::from(*otherwise));
                let rows = variants.iter().filter_map(|v| {
                    let key = int(api.constants[&v.key].value);
                    let value = match &v.payload {
                        Payload::Handle(h) => {
                            let kind = names::kind(api, h);
                            quote!(ListValue::Handle(#kind))
                        }
                        Payload::Run { end } => {
                            let end = int(i128::from(*end));
                            quote!(ListValue::Run { end: #end })
                        }
                        Payload::Refused(status) => {
                            let status = int(i128::from(*status));
                            quote!(ListValue::Refused(#status))
                        }
                        Payload::Plain(_) => quote!(ListValue::Plain),
                        _ => return None,
                    };
                    Some(quote!((#key, #value)))
                });
                quote! {
                    pub static #name: ListSpec =
                        ListSpec { size: #size, end: #end, otherwise: #otherwise, values: &[#(#rows),*] };
                }
            }
            TypeKind::Scalar(_) | TypeKind::Status { .. } | TypeKind::Handle { .. } | TypeKind::Opaque => return None,
        })
    });
    let mirrors = mirror::specs(api);
    quote! {
        #[allow(non_upper_case_globals, unused_imports)]
        pub mod spec {
            use crate::{image::*, spec::*};
            #(#specs)*
            #mirrors
        }
    }
}

fn answer(api: &Api, payload: &Payload) -> Option<TokenStream> {
    Some(match payload {
        Payload::Handle(h) => {
            let kind = names::kind(api, h);
            quote!(Answer::Handles(#kind))
        }
        Payload::Handles(h) => {
            let kind = names::kind(api, h);
            quote!(Answer::Handles(#kind))
        }
        Payload::Hidden { scalar, bits } => {
            let (size, bits) = (scalar.size(), int(*bits & i128::from(u64::MAX)));
            quote!(Answer::Hidden { size: #size, bits: #bits })
        }
        Payload::Names => quote!(Answer::Names),
        Payload::NameVersions(name) => {
            let size = layout::size(api, name);
            let TypeKind::Struct { fields, .. } = &api.types[name].kind else {
                return None;
            };
            let at = *layout::offsets(api, fields).last()?;
            quote!(Answer::NameVersions { size: #size, name: #at })
        }
        Payload::List(name) => {
            let name = ident(name);
            quote!(Answer::List(&#name))
        }
        Payload::HostPtr => quote!(Answer::HostPtr),
        Payload::HostFlags => quote!(Answer::HostFlags),
        Payload::DeviceMemory => quote!(Answer::DeviceMemory),
        Payload::References => quote!(Answer::References),
        Payload::Texts => quote!(Answer::Texts),
        Payload::VersionText => quote!(Answer::VersionText),
        Payload::Paths => quote!(Answer::Paths),
        Payload::VersionNumber => quote!(Answer::VersionNumber),
        Payload::VersionNumbers(name) => {
            let size = layout::size(api, name);
            quote!(Answer::VersionNumbers { size: #size })
        }
        Payload::Plain(_) => quote!(Answer::Plain),
        Payload::Refused(status) => {
            let status = int(i128::from(*status));
            quote!(Answer::Refused(#status))
        }
        Payload::Run { .. } => return None,
    })
}

/// The request and reply types of one function.
pub fn function(call: &CallPlan<'_>) -> TokenStream {
    let name = ident(&call.function.name);
    if let Some(function) = &call.function.twin_of {
        let function = ident(function);
        return quote! {
            #[allow(non_snake_case)]
            pub mod #name {
                pub use super::#function::*;
            }
        };
    }
    let (request, reply) = (structure("Request", &call.request), structure("Reply", &call.reply));
    let layout = [places("ArchivedRequest", &call.request), places("ArchivedReply", &call.reply)];
    quote! {
        #[allow(non_snake_case)]
        pub mod #name {
            #[allow(unused_imports)]
            use crate::wire::*;
            #request
            #reply
            /// The archives lie as they are planned.
            const _: () = { #(#layout)* };
        }
    }
}

/// Assertions that an archive is byte for byte the record that was planned.
fn places(archive: &str, record: &Record<'_>) -> TokenStream {
    let archive = format_ident!("{archive}");
    let [size, align] = [record.size, record.align].map(|bytes| int(bytes as i128));
    let fields = record.fields.iter().map(|field| {
        let (name, offset) = (ident(&field.name), int(field.offset as i128));
        quote!(assert!(std::mem::offset_of!(#archive, #name) == #offset);)
    });
    quote! {
        assert!(size_of::<#archive>() == #size);
        assert!(align_of::<#archive>() == #align);
        #(#fields)*
    }
}

fn structure(name: &str, record: &Record<'_>) -> TokenStream {
    let name = format_ident!("{name}");
    let lifetime = record.fields.iter().any(|field| field.ty.borrows()).then(|| quote!(<'a>));
    let fields = record.fields.iter().map(|field| {
        let (name, ty) = (ident(&field.name), field_type(field.ty));
        quote!(pub #name: #ty)
    });
    quote! {
        #[derive(rkyv::Archive, rkyv::Serialize, Debug)]
        pub struct #name #lifetime { #(#fields,)* }
    }
}

fn field_type(ty: FieldType) -> TokenStream {
    match ty {
        FieldType::Scalar(scalar) => {
            let scalar = names::wire_scalar(scalar);
            quote!(#scalar)
        }
        FieldType::Flag => quote!(bool),
        FieldType::Stored => quote!(Stored),
        FieldType::Brought => quote!(Brought),
        FieldType::Id | FieldType::Address => quote!(u64),
        FieldType::Data => quote!(Data<'a>),
        FieldType::Texts => quote!(Texts<'a>),
        FieldType::Place => quote!(Place),
        FieldType::Returned => quote!(Returned<'a>),
        FieldType::Bytes => quote!(Vec<u8>),
        FieldType::Mapped => quote!(crate::engine::mapping::Mapped),
    }
}
