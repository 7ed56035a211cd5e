//! The output for one function, for people: `cargo xtask expand` and the golden files.

use super::{entries, format, plan, shim, vendor, wire, worker};
use crate::model::Api;
use crate::plan::{Entry, Plan, Server};

/// The plan, the wire types, the shim's entry and marshalling, the worker's server and trampoline, formatted, each under a
/// title. Empty if the table has no such function.
pub fn expand(api: &Api, function: &str) -> String {
    let plan = Plan::of(api);
    let Some(call) = plan.call(function) else { return String::new() };
    let mut sections = Vec::new();
    if call.crosses {
        sections.push(("wire", wire::function(call)));
    }
    sections.push(("shim: entry", entries::entry(&plan, call)));
    if call.marshalled {
        let by_hand = matches!(call.entry, Entry::ByHand);
        let title = if by_hand { "shim: marshalling, called by hand" } else { "shim: marshalling" };
        sections.push((title, shim::marshal(&plan, call)));
    }
    match call.server {
        Server::Generated => sections.push(("worker: server", worker::server(&plan, call))),
        Server::ByHand { generated: true } => {
            sections.push(("worker: server, called by hand", worker::server(&plan, call)));
        }
        Server::ByHand { generated: false } | Server::None => {}
    }
    for callback in plan.callbacks.iter().filter(|callback| callback.function.name == function) {
        sections.push(("worker: trampoline", vendor::trampoline(callback.function, callback.params)));
    }
    let texts: Vec<_> =
        sections.into_iter().map(|(title, tokens)| format!("// {title}\n\n{}", format(tokens))).collect();
    format!("// plan\n//\n{}\n{}", plan::show(call), texts.join("\n"))
}
