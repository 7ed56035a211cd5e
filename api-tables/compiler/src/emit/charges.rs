//! Emits what the worker counts of a call: commands, and the bytes of data that it moved.

use super::names::{self, ident};
use super::sizes::{Side, Sizes};
use crate::model::{Amount, Api, Buffer, Function, Param, Resource, Shape};
use proc_macro2::TokenStream;
use quote::quote;

/// Statements that charge what a call costs, when the vendor has answered.
pub fn emit(api: &Api, function: &Function) -> Vec<TokenStream> {
    let memory = |resource| {
        function.facts.charge.iter().find_map(|(r, amount)| match amount {
            Amount::Memory(param) if *r == resource => function.param(param),
            _ => None,
        })
    };
    let mut statements = Vec::new();
    if let Some(amount) = number(api, function, Resource::Commands) {
        statements.push(quote!(if ok { call.charge_commands(#amount); }));
    }
    let answer = memory(Resource::BytesOut);
    if let Some(param) = memory(Resource::BytesIn) {
        let name = ident(&param.name);
        // Without a place for its answer a call asks how long that would be, and the data comes once more.
        let asks = answer.map(|answer| ident(&answer.name)).map(|answer| quote!(&& !#answer.is_null()));
        statements.push(quote!(if ok #asks { call.charge_bytes_in(#name.amount()); }));
    }
    if let Some(param) = answer
        && let Shape::Buffer(buffer) = &param.shape
    {
        let (name, written) = (ident(&param.name), written(api, function, param, buffer));
        statements.push(quote!(if ok { call.charge_bytes_out(#name.amount(#written)); }));
    }
    statements
}

/// How much of a resource that is counted in numbers.
pub fn number(api: &Api, function: &Function, resource: Resource) -> Option<TokenStream> {
    function.facts.charge.iter().find_map(|(r, amount)| match amount {
        Amount::Number(e) if *r == resource => Some(sizes(api, function).value(e)),
        _ => None,
    })
}

/// How many bytes of a result are valid, an `Option<u64>`; `None` stands for all of them.
pub fn written(api: &Api, function: &Function, param: &Param, buffer: &Buffer) -> TokenStream {
    match function.facts.written.iter().find(|(p, _)| *p == param.name) {
        Some((_, e)) => {
            let count = sizes(api, function).value(e);
            let size = names::element_size(api, &buffer.element) as u64;
            quote!(expr::mul(#count, Some(#size)))
        }
        None => quote!(None),
    }
}

fn sizes<'a>(api: &'a Api, function: &'a Function) -> Sizes<'a> {
    Sizes { api, function, side: Side::Worker }
}
