//! What is generated for one function, to be read: `cargo xtask expand` and the golden files.

use super::{entries, format, names, shim, vendor, wire, worker};
use crate::model::{Api, Function, Ret};

/// The wire types, the shim's entry and marshalling, the worker's server and trampoline, formatted, each under a title.
pub fn expand(api: &Api, function: &Function) -> String {
    let facts = &function.facts;
    let crosses = names::has_wire(function);
    let marshalled = crosses && !matches!(function.ret, Ret::Pointer { .. });
    let mut sections = Vec::new();
    if crosses {
        sections.push(("wire", wire::function(api, function)));
    }
    sections.push(("shim: entry", entries::entry(api, function)));
    if marshalled {
        let title = if facts.custom.shim { "shim: marshalling, called by hand" } else { "shim: marshalling" };
        sections.push((title, shim::marshal(api, function)));
        let title = if facts.custom.worker { "worker: server, called by hand" } else { "worker: server" };
        sections.push((title, worker::server(api, function)));
    }
    for (_, _, params) in names::callbacks(api).iter().filter(|(f, ..)| f.name == function.name) {
        sections.push(("worker: trampoline", vendor::trampoline(function, params)));
    }
    let texts: Vec<_> =
        sections.into_iter().map(|(title, tokens)| format!("// {title}\n\n{}", format(tokens))).collect();
    texts.join("\n")
}
