//! Emits how the worker takes arguments out of a request.

use super::names::{self, ident, int};
use super::sizes::{Side, Sizes};
use crate::model::{Buffer, Direction, Element, Len, Scalar, Shape};
use crate::plan::{Argument, Begins, CallPlan, Lifetime, Miss, Plan};
use proc_macro2::TokenStream;
use quote::quote;

/// Statements that bring one argument from the request into a local of its name.
pub fn decode(plan: &Plan<'_>, call: &CallPlan<'_>, argument: &Argument<'_>) -> TokenStream {
    let param = argument.param;
    let name = ident(&param.name);
    let text = format!("{}: {}", call.function.name, param.name);
    if let Some(given) = argument.given {
        let of = ident(&given.of);
        let fields = given.fields.iter().map(|(field, value)| {
            let (field, value) = (ident(field), int(*value));
            quote!(given.#field = #value;)
        });
        return quote! {
            // SAFETY: a struct of numbers and addresses may be all zeroes.
            let mut given: table::c::#of = unsafe { std::mem::zeroed() };
            #(#fields)*
            let #name = (&raw mut given).cast::<c_void>();
        };
    }
    if argument.withheld {
        return quote!(let #name = std::ptr::null_mut(););
    }
    if argument.unmapped {
        // It is what `mapping::begin` makes of the mapping that the request names.
        return quote!();
    }
    match &param.shape {
        Shape::Value { scalar, .. } => {
            let ty = names::scalar(*scalar);
            match scalar {
                Scalar::I8 | Scalar::U8 => quote!(let #name: #ty = r.#name as #ty;),
                _ => quote!(let #name: #ty = r.#name.to_native() as #ty;),
            }
        }
        Shape::VaList => quote!(),
        // SAFETY of the emitted code: a struct of numbers may be any bytes.
        Shape::Struct { ty } => {
            let ty = ident(ty);
            quote!(let #name: table::c::#ty = unsafe { call.value(&r.#name, #text) }?;)
        }
        Shape::Pointer => quote!(let #name = r.#name.to_native() as *mut c_void;),
        Shape::UserData => quote!(let #name = r.#name;),
        Shape::Handle { ty, .. } => {
            let kind = ident(ty);
            let find = match (call.begins, argument.miss) {
                (Begins::Retaining | Begins::Releasing, _) => quote!(counted_handle),
                (_, Some(Miss::Refused)) => quote!(live_handle),
                _ => quote!(handle),
            };
            quote!(let #name = call.#find(r.#name.to_native(), kind::#kind)?;)
        }
        Shape::Mirror { .. } => quote! {
            let #name = crate::engine::mirror::pointer(call, &spec::MIRROR, r.#name.to_native())?;
        },
        Shape::Text { .. } => quote!(let #name = call.text(&r.#name)?;),
        Shape::Texts { count, lengths, .. } => {
            let count = sizes(plan, call).value(count);
            let lengths = match lengths {
                Some(lengths) => {
                    let lengths = ident(lengths);
                    quote!(Some(&r.#lengths))
                }
                None => quote!(None),
            };
            quote!(let #name = call.texts(&r.#name, #count, #lengths, #text)?;)
        }
        Shape::Callback { .. } => {
            let handles = call.handles().map(|p| {
                let h = ident(&p.name);
                quote!(r.#h.to_native())
            });
            let made = match call.returned() {
                Some(_) => quote!(r.new_object.to_native()),
                None => quote!(0),
            };
            let life = call.callbacks().find(|callback| callback.param.name == param.name).map(|c| names::life(c.life));
            quote!(let #name = call.registration(r.#name.to_native(), &[#(#handles),*], #made, #life);)
        }
        Shape::Buffer(buffer) => decode_buffer(plan, call, argument, buffer, &text),
        Shape::Fd(fd) => {
            let is_read = argument.when.map(|condition| {
                let condition = sizes(plan, call).value(condition);
                quote!(expr::holds(#condition))
            });
            match (fd.out, is_read) {
                (true, Some(is_read)) => quote!(let mut #name = call.descriptor_place(r.#name && #is_read);),
                (true, None) => quote!(let mut #name = call.descriptor_place(r.#name);),
                (false, is_read) => {
                    let is_read = is_read.unwrap_or(quote!(true));
                    quote!(let #name = call.descriptor(r.#name, #is_read)?;)
                }
            }
        }
    }
}

fn decode_buffer(
    plan: &Plan<'_>,
    call: &CallPlan<'_>,
    argument: &Argument<'_>,
    buffer: &Buffer,
    text: &str,
) -> TokenStream {
    let (api, name) = (plan.api, ident(&argument.param.name));
    if let Some(birth) = call.births.iter().find(|birth| birth.is_stored_in(argument.param)) {
        let kind = ident(birth.kind);
        return quote!(let mut #name = call.birth(r.#name.to_native(), kind::#kind)?;);
    }
    let elements = sizes(plan, call).elements(&buffer.len);
    if buffer.direction == Direction::Out {
        return match (&buffer.element, &buffer.len) {
            (Element::Bytes, Len::Layout { .. }) => {
                let rows = sizes(plan, call).rows(&buffer.len);
                quote!(let mut #name = call.output_rows(&r.#name, #rows, #text)?;)
            }
            (Element::Bytes, _) if may_be_fixed(argument, buffer) => {
                quote!(let mut #name = call.room(&r.#name, #elements, #text)?;)
            }
            (Element::Text, _) => quote!(let mut #name = Call::text_place(&r.#name, #text)?;),
            (element, _) => {
                let size = names::element_size(api, element);
                quote!(let mut #name = call.output(&r.#name, #elements, #size, #text)?;)
            }
        };
    }
    if buffer.direction == Direction::InOut {
        if let Element::Struct(ty) = &buffer.element {
            let ty = ident(ty);
            return quote!(let mut #name = call.exchange_structs(&r.#name, #elements, &spec::#ty, #text)?;);
        }
        let size = names::element_size(api, &buffer.element);
        return quote!(let mut #name = call.exchange(&r.#name, #elements, #size, #text)?;);
    }
    if let Len::Found { function, .. } = &buffer.len {
        let function = ident(function);
        return quote!(let #name = call.#function(&r.#name, #text)?;);
    }
    let in_place = matches!(argument.lifetime, Lifetime::Event { .. });
    match &buffer.element {
        Element::Bytes if may_be_fixed(argument, buffer) => {
            let rows = sizes(plan, call).rows(&buffer.len);
            quote!(let #name = call.data(&r.#name, #rows, #text)?;)
        }
        Element::Bytes | Element::Tagged(_) => {
            let rows = sizes(plan, call).rows(&buffer.len);
            let rows = match argument.when {
                Some(condition) => {
                    let condition = sizes(plan, call).value(condition);
                    quote!(if expr::holds(#condition) { #rows } else { None })
                }
                None => rows,
            };
            let keyed = argument.key.map(|key| {
                let (key, values) = (ident(&key.param.name), ident(key.values));
                quote!(Call::keyed(&spec::#values, r.#key.to_native() as i64)?;)
            });
            quote!(#keyed let #name = call.input(&r.#name, #rows, #in_place, #text)?;)
        }
        Element::Scalar { scalar, .. } => {
            let size = scalar.size() as u64;
            quote!(let #name = call.input(&r.#name, Rows::flat(expr::mul(#elements, Some(#size))), false, #text)?;)
        }
        Element::Handle(ty) | Element::New(ty) => {
            let kind = ident(ty);
            quote!(let #name = call.handles(&r.#name, #elements, kind::#kind, #text)?;)
        }
        Element::Struct(ty) => {
            let ty = ident(ty);
            quote!(let #name = call.structs(&r.#name, #elements, &spec::#ty, #text)?;)
        }
        Element::Property(ty) => {
            let ty = ident(ty);
            quote!(let #name = call.list(&r.#name, &spec::#ty, #text)?;)
        }
        Element::Text => unreachable!("the shapes let addresses of texts come out only"),
    }
}

/// Whether a buffer holds bytes that the vendor does no more than copy, all in a row, and may use where they lie if that is in
/// memory which both sides have at the same address.
pub fn may_be_fixed(argument: &Argument<'_>, buffer: &Buffer) -> bool {
    matches!(buffer.element, Element::Bytes)
        && buffer.direction != Direction::InOut
        && !matches!(buffer.len, Len::Layout { .. } | Len::Found { .. })
        && !matches!(argument.lifetime, Lifetime::Event { .. })
        && argument.when.is_none()
}

fn sizes<'a>(plan: &Plan<'a>, call: &CallPlan<'a>) -> Sizes<'a> {
    Sizes { api: plan.api, function: call.function, side: Side::Worker }
}
