//! Callbacks that the vendor waits for: `awaited`.

use crate::attr::{self, Attr};
use crate::expr::Scope;
use crate::model::{Api, Awaited, Buffer, Direction, Element, Function, Len, Param, Ret, Shape};
use crate::plan::{self, About};
use crate::problem::Problems;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

/// `awaited(p)`, `awaited(p, again = f)`
pub fn read(attr: &Attr, params: &[Param], scope: &Scope<'_>, problems: &mut Problems) -> Option<Awaited> {
    let (name, rest) = attr.named(problems)?;
    let callback = scope.param(&name.unraw().to_string(), name.span(), problems)?.name.clone();
    let is_awaited = |shape: &Shape| matches!(shape, Shape::Callback { params, .. } if !plan::reports(params));
    if !params.iter().any(|p| p.name == callback && is_awaited(&p.shape)) {
        problems.add(name.span(), "`awaited` takes a callback that reports no errors", "no such callback");
    }
    let again = match rest.known(&["again"], problems)?.pop().flatten() {
        None => None,
        Some(asked) => match attr::ident(asked) {
            Some(asked) => Some(scope.names.function(asked, problems)?),
            None => {
                problems.add(asked.span(), "`again` names the function that tells of recordings", "not a name");
                None
            }
        },
    };
    Some(Awaited { callback, again })
}

/// Nobody waits for a callback before the call that registers it has returned, and who tells of recordings can be asked.
pub fn check(api: &Api, problems: &mut Problems) {
    for function in &api.functions {
        let Some(awaited) = &function.facts.awaited else { continue };
        if matches!(function.ret, Ret::New { .. }) {
            let message = format!("`{}` makes an object, which its callback would wait for", function.name);
            problems.add(function.span, message, "and waits for its callback");
        }
        let Some(asked) = &awaited.again else { continue };
        let asked = api.functions.iter().find(|f| f.name == *asked);
        if !asked.is_some_and(|asked| tells(function, asked)) {
            problems
                .add(function.span, "what `again` names cannot be asked about this call", "here")
                .help("it takes a handle of the type that the call is about, stores one number, and returns a status");
        }
    }
}

fn tells(function: &Function, asked: &Function) -> bool {
    let Some(About::Handle(Param { shape: Shape::Handle { ty: about, .. }, .. })) = plan::about(function) else {
        return false;
    };
    let [object, answer] = asked.params.as_slice() else { return false };
    let is_exported = asked.facts.extension.is_none() && asked.facts.beside.is_none();
    matches!(&object.shape, Shape::Handle { ty, .. } if ty == about)
        && matches!(
            &answer.shape,
            Shape::Buffer(Buffer { direction: Direction::Out, len: Len::One, element: Element::Scalar { .. }, .. })
        )
        && matches!(asked.ret, Ret::Status { .. })
        && is_exported
}
