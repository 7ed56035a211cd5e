//! What of a call depends on all the others: how it is ordered among them, and whether it changes what they answer.

use super::call::CallPlan;
use super::objects::{BirthPlace, owns};
use super::posting::Posting;
use crate::model::{Api, Element, Param, Shape};

/// The release of an object that posted calls store is ordered only after calls that name it, unless others end with it.
pub(super) fn releases(api: &Api, calls: &mut [CallPlan<'_>]) {
    let made: Vec<String> = calls
        .iter()
        .filter(|call| call.posting.is_posted())
        .flat_map(|call| &call.births)
        .filter(|birth| matches!(birth.place, BirthPlace::Stored(_)))
        .map(|birth| birth.kind.to_owned())
        .collect();
    for call in calls {
        if let (Posting::Release { after_all }, Some(kind)) = (&mut call.posting, &call.function.facts.release) {
            *after_all = !made.contains(kind) || owns(api, kind);
        }
    }
}

/// Marks the calls of functions that change cached answers.
pub(super) fn changes(calls: &mut [CallPlan<'_>]) {
    let named: Vec<String> =
        calls.iter().filter_map(|call| call.function.facts.cached.as_ref()).flat_map(|c| c.until.clone()).collect();
    for call in calls {
        let function = call.function;
        let name = function.twin_of.as_ref().unwrap_or(&function.name);
        call.changes_answers = named.contains(name);
    }
}

/// Whether the calls of several threads that name the same object of this type are put in order on account of a call that is
/// posted: one that names such objects, other than to release one or to make others of them, or that makes them.
pub(super) fn orders(call: &CallPlan<'_>, kind: &str) -> bool {
    match call.posting {
        Posting::Never(_) => false,
        Posting::Made { .. } => call.returned().is_some_and(|birth| birth.kind == kind),
        Posting::Known { .. } | Posting::Release { .. } => mentions(call, kind),
    }
}

fn mentions(call: &CallPlan<'_>, kind: &str) -> bool {
    let names = |p: &Param| match &p.shape {
        Shape::Handle { ty, .. } => ty == kind,
        Shape::Buffer(buffer) => matches!(&buffer.element, Element::Handle(ty) | Element::New(ty) if ty == kind),
        _ => false,
    };
    call.function.facts.release.is_none() && call.function.params.iter().any(names)
}
