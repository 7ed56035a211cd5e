//! Facts of what devices are given to do: `submits` and `settled`.

use crate::attr::Attr;
use crate::model::{Function, Submits};
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

/// Only of a call that goes without waiting it says something.
pub fn check(function: &Function, problems: &mut Problems) {
    if function.facts.settled && function.facts.oneway.is_none() {
        let message = format!("`{}` waits for its reply whatever devices were given", function.name);
        problems.add(function.span, message, "`settled` is about a oneway call");
    }
}
