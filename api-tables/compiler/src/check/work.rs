//! Facts of what devices are given to do: `submits`, `settled` and `launches`.

use crate::attr::Attr;
use crate::model::{Function, Resource, Submits};
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

/// What devices are given is charged. `settled` says something only of a call that goes without waiting. Launches are counted by the
/// call that the vendor has answered.
pub fn check(function: &Function, problems: &mut Problems) {
    charged(function, problems);
    launched(function, problems);
    if function.facts.settled && function.facts.oneway.is_none() {
        let message = format!("`{}` waits for its reply whatever devices were given", function.name);
        problems.add(function.span, message, "`settled` is about a oneway call");
    }
}

fn charged(function: &Function, problems: &mut Problems) {
    let facts = &function.facts;
    let is_charged = facts.charge.iter().any(|(resource, _)| *resource == Resource::Commands);
    let word = if facts.submits.is_some() { "submits" } else { "extent" };
    if (facts.submits.is_some() || !facts.extents.is_empty()) && !is_charged {
        let message = format!("`{}` gives devices something to do, and charges no command", function.name);
        problems
            .add(function.span, message, format!("`{word}` without a charge"))
            .help("write `#[charge(commands = 1)]`, or of how many commands it is");
    }
}

fn launched(function: &Function, problems: &mut Problems) {
    let by_hand = function.facts.custom.worker || function.facts.beside.is_some();
    if by_hand && function.facts.launches.is_some() {
        let message = "a function that the worker serves by hand must count launches itself";
        problems.add(function.span, message, "by hand").help("call `launched` in its code");
    }
}
