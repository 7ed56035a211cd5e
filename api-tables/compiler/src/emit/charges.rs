//! Emits a call's accounting in the worker: commands, launches of kernels, and bytes of data.

use super::names::{self, ident, int};
use super::objects::parents;
use super::sizes::{Side, Sizes};
use crate::expr;
use crate::model::{Buffer, Expr, Function, Len, Occupies, Shape};
use crate::plan::{Argument, CallPlan, Number, Plan};
use proc_macro2::TokenStream;
use quote::quote;

/// The statement that asks whether a call may be made now, with what is known of its cost before the vendor is called: of
/// data that comes out the room for it.
pub fn admit(plan: &Plan<'_>, call: &CallPlan<'_>) -> Option<TokenStream> {
    let number = |e| {
        let amount = sizes(plan, call).value(e);
        quote!((#amount).unwrap_or(0))
    };
    // What the vendor's answer says is not known yet.
    let allotted = call.charges.allots.map(|(_, amount)| amount).filter(|amount| !is_answered(call, amount));
    let memory = call.births.iter().find_map(|birth| birth.device_memory).or(allotted).map(number);
    let memory = memory.or_else(|| laid_out(plan, call));
    let data = |param: &str| ident(param);
    let mut fields = Vec::new();
    fields.extend(call.charges.commands.map(number).map(|amount| quote!(commands: #amount)));
    fields.extend(memory.map(|amount| quote!(device_memory: #amount)));
    fields.extend(call.charges.bytes_in.map(|moved| data(&moved.param.name)).map(|p| quote!(bytes_in: #p.amount())));
    fields.extend(
        call.charges.bytes_out.map(|moved| data(&moved.param.name)).map(|p| quote!(bytes_out: #p.amount(None))),
    );
    (!fields.is_empty()).then(|| quote!(call.admit(|| Cost { #(#fields,)* ..Cost::default() })?;))
}

/// How much an object takes that may be made of the program's memory, in the layout that this has: about as much, and the
/// vendor knows better when it has made it. What is made from another memory object takes none of its own.
fn laid_out(plan: &Plan<'_>, call: &CallPlan<'_>) -> Option<TokenStream> {
    let birth = call.births.iter().find(|birth| birth.holds.is_some())?;
    let Shape::Buffer(Buffer { len: len @ Len::Layout { .. }, .. }) = &birth.holds?.shape else { return None };
    let (parents, rows) = (parents(&birth.parents), sizes(plan, call).rows(len));
    Some(quote!(if call.is_of_memory(#parents) { 0 } else { #rows.map_or(0, |rows| rows.bytes()) }))
}

/// Whether an expression is about what comes out.
fn is_answered(call: &CallPlan<'_>, e: &Expr) -> bool {
    match e {
        Expr::Param(name) => call.argument(name).is_some_and(|argument| argument.result().is_some()),
        Expr::Binary(_, a, b) => is_answered(call, a) || is_answered(call, b),
        Expr::Call(_, args) => args.iter().any(|e| is_answered(call, e)),
        Expr::Int(_) | Expr::Const(..) | Expr::Ask(..) => false,
    }
}

/// Statements right before the vendor is called: one takes back what a number stands for; one says that something may end with which
/// memory and marks do; one says that a command is about to begin.
pub fn before(call: &CallPlan<'_>) -> Vec<TokenStream> {
    let mut statements = Vec::new();
    if let Some(Number { param, of }) = call.charges.frees {
        let value = ident(&param.name);
        statements.push(quote!(let given_back = call.give_back(#of, #value as u64);));
    }
    if call.function.facts.sweeps {
        statements.push(quote!(call.begin_sweep();));
    }
    statements.extend(call.function.facts.occupies.as_ref().map(|occupies| match occupies {
        Occupies::Queue(queue) if call.handles().any(|param| param.name == *queue) => {
            let queue = ident(queue);
            quote!(call.occupy(r.#queue.to_native(), #queue);)
        }
        // Of a queue that a struct names the code by hand says which it is.
        Occupies::Queue(_) => quote!(),
        Occupies::Call => quote!(call.occupy(0, std::ptr::null_mut());),
    }));
    statements
}

/// Statements about device memory that numbers stand for, when the vendor has answered.
fn numbers(plan: &Plan<'_>, call: &CallPlan<'_>) -> Vec<TokenStream> {
    let mut statements = Vec::new();
    if let Some((Number { param, of }, amount)) = call.charges.allots {
        let (value, amount) = (ident(&param.name), sizes(plan, call).value(amount));
        statements.push(quote!(if ok { call.allotted(#of, #value.scalar(), #amount)?; }));
    }
    if let Some(Number { param, of }) = call.charges.frees {
        let value = ident(&param.name);
        statements
            .push(quote!(if ok { call.gave_back(given_back); } else { call.keep(#of, #value as u64, given_back); }));
    }
    if call.function.facts.sweeps {
        statements.push(quote!(call.end_sweep(ok);));
    }
    statements
}

/// Statements that charge what a call costs, when the vendor has answered.
pub fn emit(plan: &Plan<'_>, call: &CallPlan<'_>) -> Vec<TokenStream> {
    let mut statements = Vec::new();
    if let Some(amount) = call.charges.commands {
        let amount = sizes(plan, call).value(amount);
        statements.push(quote!(if ok { call.charge_commands(#amount); }));
    }
    if let Some(kernel) = call.charges.launches.map(|kernel| ident(&kernel.name)) {
        statements.push(quote!(if ok { call.launched(r.#kernel.to_native()); }));
    }
    if let Some(moved) = call.charges.bytes_in {
        let name = ident(&moved.param.name);
        let asks = moved.unless_null.map(|answer| ident(&answer.name)).map(|answer| quote!(&& !#answer.is_null()));
        statements.push(quote!(if ok #asks { call.charge_bytes_in(#name.amount()); }));
    }
    if let Some(argument) = call.charges.bytes_out.and_then(|moved| call.argument(&moved.param.name))
        && let Some(buffer) = argument.buffer()
    {
        let (name, written) = (ident(&argument.param.name), written(plan, call, argument, buffer));
        statements.push(quote!(if ok { call.charge_bytes_out(#name.amount(#written)); }));
    }
    statements.extend(numbers(plan, call));
    statements
}

/// The commands that a function served by hand costs: a constant, because the rules allow nothing else. A twin costs the same.
pub fn cost(call: &CallPlan<'_>) -> Option<TokenStream> {
    if call.function.twin_of.is_some() {
        return None;
    }
    let (name, commands) = (ident(&call.function.name), int(expr::eval(call.charges.commands?)?));
    Some(quote!(pub const #name: u64 = #commands;))
}

/// How many bytes of a result are valid, an `Option<u64>`; `None` stands for all of them.
pub fn written(plan: &Plan<'_>, call: &CallPlan<'_>, argument: &Argument<'_>, buffer: &Buffer) -> TokenStream {
    match argument.written {
        Some(e) => {
            let count = sizes(plan, call).value(e);
            let size = names::element_size(plan.api, &buffer.element) as u64;
            quote!(expr::mul(#count, Some(#size)))
        }
        None => quote!(None),
    }
}

/// Whether a parameter that says how many stands before the result: it has been made an answer of by then.
pub fn is_counted_before(function: &Function, argument: &Argument<'_>) -> bool {
    let before = function.params.iter().take_while(|p| p.name != argument.param.name);
    let mut returned = before.filter(|p| matches!(p.shape, Shape::Buffer(_)));
    argument.written.is_some_and(|e| returned.any(|p| names_param(e, &p.name)))
}

fn names_param(e: &Expr, name: &str) -> bool {
    match e {
        Expr::Param(param) => param == name,
        Expr::Binary(_, a, b) => names_param(a, name) || names_param(b, name),
        Expr::Call(_, args) => args.iter().any(|e| names_param(e, name)),
        Expr::Int(_) | Expr::Const(..) | Expr::Ask(..) => false,
    }
}

fn sizes<'a>(plan: &Plan<'a>, call: &CallPlan<'a>) -> Sizes<'a> {
    Sizes { api: plan.api, function: call.function, side: Side::Worker }
}
