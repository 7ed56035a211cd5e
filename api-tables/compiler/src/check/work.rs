//! Facts of what devices are given to do: `submits`, `occupies`, `settled` and `launches`.

use crate::attr::Attr;
use crate::expr::Scope;
use crate::model::{Function, Occupies, Resource, Shape, Submits};
use crate::problem::Problems;

/// `submits`, `submits(quietly)`
pub fn submits(attr: &Attr, problems: &mut Problems) -> Option<Submits> {
    if attr.args.is_empty() {
        return Some(Submits::Noticed);
    }
    let name = attr.name(problems)?;
    if name != "quietly" {
        problems
            .add(name.span(), format!("nothing is submitted `{name}`"), "unknown way")
            .help("write `submits` or `submits(quietly)`");
    }
    Some(Submits::Quietly)
}

/// `occupies`, `occupies(h)`
pub fn occupies(attr: &Attr, scope: &Scope<'_>, problems: &mut Problems) -> Option<Occupies> {
    if attr.args.is_empty() {
        return Some(Occupies::Call);
    }
    let name = attr.name(problems)?;
    Some(Occupies::Queue(scope.param(&name.to_string(), name.span(), problems)?.name.clone()))
}

/// What devices are given is charged, and its queue is known. `settled` says something only of a call that goes without waiting.
/// Launches are counted by the call that the vendor has answered.
pub fn check(function: &Function, problems: &mut Problems) {
    charged(function, problems);
    queued(function, problems);
    launched(function, problems);
    if function.facts.settled && function.facts.oneway.is_none() {
        let message = format!("`{}` waits for its reply whatever devices were given", function.name);
        problems.add(function.span, message, "`settled` is about a oneway call");
    }
}

fn charged(function: &Function, problems: &mut Problems) {
    let facts = &function.facts;
    let gives = [
        ("submits", facts.submits.is_some()),
        ("occupies", facts.occupies.is_some()),
        ("extent", !facts.extents.is_empty()),
    ];
    let is_charged = facts.charge.iter().any(|(resource, _)| *resource == Resource::Commands);
    if let Some((word, _)) = gives.into_iter().find(|(_, gives)| *gives && !is_charged) {
        let message = format!("`{}` gives devices something to do, and charges no command", function.name);
        problems
            .add(function.span, message, format!("`{word}` without a charge"))
            .help("write `#[charge(commands = 1)]`, or of how many commands it is");
    }
}

/// A function by hand says itself which queue it is, and may be given it in a struct.
fn queued(function: &Function, problems: &mut Problems) {
    let Some(Occupies::Queue(queue)) = &function.facts.occupies else { return };
    let Some(param) = function.param(queue).filter(|_| !function.facts.custom.worker) else { return };
    if !matches!(param.shape, Shape::Handle { .. }) {
        let message = "a command is in a queue that the call gets as a handle";
        problems.add(param.span, message, "not a handle").help("write `occupies` if it is over when the call returns");
    }
}

fn launched(function: &Function, problems: &mut Problems) {
    let by_hand = function.facts.custom.worker || function.facts.beside.is_some();
    if by_hand && function.facts.launches.is_some() {
        let message = "a function that the worker serves by hand must count launches itself";
        problems.add(function.span, message, "by hand").help("call `launched` in its code");
    }
}
