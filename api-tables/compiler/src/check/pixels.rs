//! Images: the attribute of their handle type, and the functions that copy them.

use super::events::{NUMBERS, asked, question};
use super::names::Names;
use crate::attr::Attr;
use crate::expr;
use crate::model::{Api, Expr, Function, Len, Pixels, Ret, Shape, TypeKind};
use crate::plan;
use crate::problem::Problems;
use syn::BinOp;
use syn::spanned::Spanned;

/// `#[pixels(size = f(KEY), rows = f(KEY) == e)]`
pub fn read(attr: &Attr, names: &Names, problems: &mut Problems) -> Option<Box<Pixels>> {
    let [size, rows] = attr.fields(["size", "rows"], problems)?;
    let size = asked(size, names, problems);
    let rows = match rows {
        syn::Expr::Binary(binary) if matches!(binary.op, BinOp::Eq(_)) => {
            asked(&binary.left, names, problems).zip(expr::constant(&binary.right, names, problems))
        }
        other => {
            problems
                .add(other.span(), "this does not compare an answer", "no comparison")
                .help("write `f(KEY) == e`, which holds for images that are arrays of rows");
            None
        }
    };
    Some(Box::new(Pixels { size: size?, rows: rows?, span: attr.span }))
}

/// Checks a model. `whole` says of each function whether all of it could be read.
pub fn check(api: &Api, whole: &[bool], problems: &mut Problems) {
    let is_whole = |name: &str| api.opcode(name).is_some_and(|place| whole[place]);
    for ty in api.types.values() {
        let TypeKind::Handle { pixels: Some(pixels), .. } = &ty.kind else { continue };
        question(api, &pixels.size, Some(&ty.name), NUMBERS, &is_whole, problems);
        question(api, &pixels.rows.0, Some(&ty.name), NUMBERS, &is_whole, problems);
    }
    for (function, _) in api.functions.iter().zip(whole).filter(|(_, whole)| **whole) {
        for image in images(function) {
            let Some(Shape::Handle { ty, .. }) = function.param(image).map(|p| &p.shape) else { continue };
            if plan::pixels(api, ty).is_none() {
                let message = format!("a `{ty}` does not tell how large its pixels are");
                let help = format!("write `#[pixels(size = f(KEY), rows = f(KEY) == e)]` above `{ty}`");
                problems.add(function.span, message, "no image").help(help);
            }
        }
    }
}

/// The handles whose pixels a function copies.
fn images(function: &Function) -> impl Iterator<Item = &str> {
    let params = function.params.iter().filter_map(|p| match &p.shape {
        Shape::Buffer(buffer) => Some(&buffer.len),
        _ => None,
    });
    let returned = match &function.ret {
        Ret::Mapped { len } => Some(len),
        _ => None,
    };
    params.chain(returned).filter_map(|len| match len {
        Len::Layout { function, args } if function == "pixels" => match args.first() {
            Some(Expr::Param(image)) => Some(image.as_str()),
            _ => None,
        },
        _ => None,
    })
}
