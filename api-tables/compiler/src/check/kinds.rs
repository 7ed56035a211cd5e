//! How the types of handles go together: which are accepted in the place of which, and which end with which.

use super::names::Names;
use crate::attr;
use crate::model::{Api, TypeDef, TypeKind};
use crate::problem::Problems;
use syn::Expr;
use syn::spanned::Spanned;

/// `also = H`, `within = [H, I]`
pub fn named(value: Option<&Expr>, names: &Names, problems: &mut Problems) -> Vec<String> {
    value.map_or_else(Vec::new, |value| handles(value, names, problems))
}

/// One handle type, or several in brackets.
fn handles(value: &Expr, names: &Names, problems: &mut Problems) -> Vec<String> {
    let items = match value {
        Expr::Array(list) => list.elems.iter().collect(),
        one => vec![one],
    };
    let mut found = Vec::new();
    for item in items {
        let Some(name) = attr::ident(item) else {
            problems.add(item.span(), "this is not a name", "needs the name of a handle type");
            continue;
        };
        match names.handle(name, problems) {
            Some(known) if found.contains(&known) => {
                problems.add(name.span(), format!("`{known}` is given twice"), "again");
            }
            found_one => found.extend(found_one),
        }
    }
    found
}

pub fn check(api: &Api, problems: &mut Problems) {
    for ty in api.types.values() {
        accepting(ty, problems);
        ending(api, ty, problems);
    }
}

/// Who counts references counts those of one type: an object of another is not the function's to release.
fn accepting(ty: &TypeDef, problems: &mut Problems) {
    let TypeKind::Handle { retain, release, also, event, memory, .. } = &ty.kind else { return };
    if also.contains(&ty.name) {
        problems.add(ty.span, format!("`{}` is itself in `also`", ty.name), "accepts its own objects anyway");
    }
    let counted = retain.is_some() || release.is_some() || event.is_some() || memory.is_some();
    if counted && !also.is_empty() {
        let message = format!("`{}` has `also`, and objects that are retained, released, events or memory", ty.name);
        problems
            .add(ty.span, message, "whose objects?")
            .help("declare a type without these for the parameters that accept several types");
    }
}

/// What others end with has an end: its release, or what it ends with itself.
fn ending(api: &Api, ty: &TypeDef, problems: &mut Problems) {
    let TypeKind::Handle { within, event, memory, .. } = &ty.kind else { return };
    if !within.is_empty() && (event.is_some() || memory.is_some()) {
        let message = format!("`{}` is `within` another, and its objects are events or memory", ty.name);
        problems
            .add(ty.span, message, "ends when?")
            .help("the worker keeps such objects until their commands have completed");
    }
    for name in within {
        let owner = api.types.get(name).map(|owner| &owner.kind);
        if !matches!(owner, Some(TypeKind::Handle { release: None, within, .. }) if within.iter().all(|w| w == name)) {
            continue;
        }
        let message = format!("`{}` is `within` `{name}`, which is never released", ty.name);
        problems
            .add(ty.span, message, "never ends")
            .help(format!("write `release = f` or `within = H` in the attribute of `{name}`"));
    }
}
