//! Descriptors cross with the frames of a call, each of which carries one at most.

use crate::model::{Function, Param, Shape};
use crate::problem::Problems;

pub fn check(function: &Function, problems: &mut Problems) {
    if function.facts.local || function.facts.unsupported.is_some() {
        return;
    }
    for out in [false, true] {
        let goes_so = |p: &&Param| matches!(&p.shape, Shape::Fd(fd) if fd.out == out);
        for param in function.params.iter().filter(goes_so).skip(1) {
            let way = if out { "out" } else { "in" };
            problems.add(param.span, format!("a call has one descriptor that goes {way}"), "one too many");
        }
    }
    for param in &function.params {
        match &param.shape {
            Shape::Fd(_) if function.facts.oneway.is_some() => {
                problems.add(param.span, "a call with a descriptor waits for its reply", "in a oneway call");
            }
            Shape::Callback { params, .. } => {
                for param in params.iter().filter(|p| matches!(p.shape, Shape::Fd(_))) {
                    problems.add(param.span, "a callback is given no descriptor", "not allowed");
                }
            }
            _ => {}
        }
    }
}
