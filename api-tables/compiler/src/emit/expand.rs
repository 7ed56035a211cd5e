//! The output for one function, for people: `cargo xtask expand` and the golden files.

use super::{entries, events, format, in_place, plan, shim, vendor, wire, worker};
use crate::model::Api;
use crate::plan::{Entry, Plan, Server};

/// What is shown of a function, or of a type of events or memory objects. Empty if the table has none of that name.
pub fn expand(api: &Api, name: &str) -> String {
    let plan = Plan::of(api);
    let of_type =
        |said: String, title: &str, emitted| format!("// plan\n//\n{said}\n// worker: {title}\n\n{}", format(emitted));
    match (&plan.events, &plan.memory) {
        (Some(found), _) if found.kind == name => of_type(plan::show_events(found), "events", events::of(&plan)),
        (_, Some(found)) if found.kind == name => of_type(plan::show_memory(found), "memory", in_place::of(&plan)),
        _ => function(&plan, name),
    }
}

/// The plan, the wire types, the shim's entry and marshalling, the worker's server and trampoline, formatted, each under a
/// title.
fn function(plan: &Plan<'_>, function: &str) -> String {
    let Some(call) = plan.call(function) else { return String::new() };
    let mut sections = Vec::new();
    if call.crosses {
        sections.push(("wire", wire::function(call)));
    }
    sections.push(("shim: entry", entries::entry(plan, call)));
    if call.marshalled && call.function.twin_of.is_none() {
        let by_hand = matches!(call.entry, Entry::ByHand);
        let title = if by_hand { "shim: marshalling, called by hand" } else { "shim: marshalling" };
        sections.push((title, shim::marshal(plan, call)));
    }
    match call.server {
        Server::Generated => sections.push(("worker: server", worker::server(plan, call))),
        Server::ByHand { generated: true } => {
            sections.push(("worker: server, called by hand", worker::server(plan, call)));
        }
        Server::ByHand { generated: false } | Server::None => {}
    }
    if let Some(double) = vendor::double(plan, call) {
        sections.push(("worker: the vendor's function or its twin, called by hand", double));
    }
    for callback in plan.callbacks.iter().filter(|callback| callback.function.name == function) {
        sections.push(("worker: trampoline", vendor::trampoline(callback.function, callback.params)));
    }
    let texts: Vec<_> =
        sections.into_iter().map(|(title, tokens)| format!("// {title}\n\n{}", format(tokens))).collect();
    format!("// plan\n//\n{}\n{}", plan::show(call), texts.join("\n"))
}
