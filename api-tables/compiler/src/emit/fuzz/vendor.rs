//! The functions of a vendor that reads every byte of its inputs and writes every byte of its outputs.

use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::names::{self, ident, int};
use crate::model::{Api, Buffer, Direction, Element, Expr, Function, Len, Op, Param, Ret, Scalar, Shape, TypeKind};
use crate::plan::{CallPlan, Plan, Success};

/// The functions, and the statements that install them. Answers by key and functions of extensions are written by hand,
/// because the table does not describe them.
pub fn emit(plan: &Plan<'_>) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let served = |call: &&CallPlan<'_>| {
        let f = call.function;
        call.crosses && f.facts.beside.is_none() && f.facts.extension.is_none() && !answers_by_key(f)
    };
    let functions = plan.calls.iter().filter(served).map(|call| {
        let name = ident(&call.function.name);
        (function(plan.api, call), quote!(vendor.#name = Some(#name);))
    });
    functions.unzip()
}

fn answers_by_key(function: &Function) -> bool {
    let keyed = |p: &Param| matches!(&p.shape, Shape::Buffer(Buffer { element: Element::Tagged(_), direction, .. }) if *direction != Direction::In);
    function.params.iter().any(keyed)
}

fn function(api: &Api, call: &CallPlan<'_>) -> TokenStream {
    let function = call.function;
    let name = ident(&function.name);
    let params = function.params.iter().map(|p| {
        let (name, ty) = (ident(&p.name), names::c_param(p));
        quote!(#name: #ty)
    });
    let ret = names::c_ret(&function.ret, api);
    let inputs = function.params.iter().filter_map(|p| input(api, function, p));
    let outputs = function.params.iter().filter_map(|p| output(api, function, p));
    let counts = function.facts.written.iter().filter_map(|(p, e)| {
        let Expr::Param(count) = e else { return None };
        let Shape::Buffer(Buffer { len: Len::Count(n), .. }) = &function.param(p)?.shape else { return None };
        let (p, count, n) = (ident(p), ident(count), expr(function, n)?);
        // With room for it as much as fits; else what there would be.
        Some(quote!(put(#count, if #p.is_null() { 1 } else { (#n) as _ });))
    });
    let result = match &function.ret {
        Ret::Void => quote!(),
        Ret::Status { .. } => match call.success {
            Success::Status { ok, .. } => {
                let ok = int(i128::from(ok));
                quote!(#ok)
            }
            _ => quote!(0),
        },
        Ret::Value { .. } => quote!(1 as _),
        Ret::New { .. } => match call.errcode.map(|p| ident(&p.name)) {
            Some(errcode) => quote!(made(true, #errcode)),
            None => quote!(object()),
        },
        Ret::Text { .. } => quote!(c"a text of the vendor's".as_ptr()),
        Ret::Mapped { .. } | Ret::Pointer { .. } | Ret::Mirror { .. } => quote!(std::ptr::null_mut()),
        // SAFETY of the emitted code: a struct of numbers and addresses may be all zeroes.
        Ret::Struct { .. } => quote!(unsafe { std::mem::zeroed() }),
    };
    quote! {
        #[allow(non_snake_case, unused_variables, clippy::all)]
        unsafe extern "C" fn #name(#(#params),*) -> #ret {
            #(#inputs)*
            // Lengths that go in and come out are changed last.
            #(#outputs)*
            #(#counts)*
            #result
        }
    }
}

fn input(api: &Api, function: &Function, param: &Param) -> Option<TokenStream> {
    let name = ident(&param.name);
    match &param.shape {
        Shape::Text { .. } => Some(quote!(text(#name);)),
        Shape::Texts { count, lengths, .. } => {
            let count = expr(function, count)?;
            let lengths = lengths.as_ref().map_or(quote!(std::ptr::null()), |p| {
                let p = ident(p);
                quote!(#p.cast())
            });
            Some(quote!(texts((#count) as usize, #name.cast(), #lengths);))
        }
        Shape::Buffer(Buffer { len: Len::Found { function: look, .. }, .. }) => {
            let look = ident(look);
            Some(on_condition(function, param, quote!(#look(#name);)))
        }
        Shape::Buffer(b) if b.direction != Direction::Out => {
            let n = count(function, &b.len)?;
            let take = match &b.element {
                Element::Property(_) => quote!(list(#name.cast());),
                Element::Struct(ty) if leads(api, ty) => {
                    let spec = ident(ty);
                    quote!(structs(&table::spec::#spec, #name.cast(), (#n) as usize);)
                }
                element => {
                    let size = names::element_size(api, element) as u64;
                    quote!(take(#name, (#n).saturating_mul(#size) as usize);)
                }
            };
            Some(on_condition(function, param, take))
        }
        _ => None,
    }
}

fn output(api: &Api, function: &Function, param: &Param) -> Option<TokenStream> {
    let Shape::Buffer(b) = &param.shape else { return None };
    if b.direction != Direction::Out {
        return None;
    }
    let (name, n) = (ident(&param.name), count(function, &b.len)?);
    let give = match &b.element {
        Element::New(_) | Element::Handle(_) => quote!(several(#name, (#n) as usize);),
        Element::Scalar { .. } if matches!(b.len, Len::One) => quote!(put(#name, 1 as _);),
        Element::Text => quote!(put(#name, c"a text of the vendor's".as_ptr());),
        element => {
            let size = names::element_size(api, element) as u64;
            quote!(give(#name, (#n).saturating_mul(#size) as usize);)
        }
    };
    Some(on_condition(function, param, give))
}

/// Memory that is not in use is not read.
fn on_condition(function: &Function, param: &Param, body: TokenStream) -> TokenStream {
    match function.facts.when.iter().find(|(p, _)| *p == param.name) {
        Some((_, e)) => match expr(function, e) {
            Some(e) => quote!(if #e != 0 { #body }),
            None => quote!(),
        },
        None => body,
    }
}

fn leads(api: &Api, ty: &str) -> bool {
    match api.types.get(ty).map(|t| &t.kind) {
        Some(TypeKind::Struct { fields, .. }) => {
            fields.iter().any(|f| matches!(f.shape, crate::model::FieldShape::Memory(_)))
        }
        _ => false,
    }
}

/// Elements of memory that is one run; rows are looked at by hand.
fn count(function: &Function, len: &Len) -> Option<TokenStream> {
    match len {
        Len::One | Len::Ended => Some(quote!(1_u64)),
        Len::Count(e) => expr(function, e),
        Len::Layout { .. } | Len::Found { .. } => None,
    }
}

/// An expression over the arguments, as a `u64`: the worker has checked it.
fn expr(function: &Function, e: &Expr) -> Option<TokenStream> {
    Some(match e {
        Expr::Int(value) | Expr::Const(_, value) => {
            let value = int(value & i128::from(u64::MAX));
            quote!((#value as u64))
        }
        Expr::Param(name) => {
            let param = ident(name);
            match &function.param(name)?.shape {
                Shape::Buffer(_) => quote!((number(#param) as u64)),
                // For a negative length the vendor reads nothing.
                Shape::Value { scalar: Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64, .. } => {
                    quote!((#param.max(0) as u64))
                }
                _ => quote!((#param as u64)),
            }
        }
        Expr::Binary(op, a, b) => {
            let (a, b) = (expr(function, a)?, expr(function, b)?);
            match op {
                Op::Add => quote!(#a.saturating_add(#b)),
                Op::Sub => quote!(#a.saturating_sub(#b)),
                Op::Mul => quote!(#a.saturating_mul(#b)),
                Op::Div => quote!(#a.checked_div(#b).unwrap_or(0)),
                Op::Shl => quote!(#a.checked_shl(#b as u32).unwrap_or(0)),
                Op::BitAnd => quote!((#a & #b)),
                Op::BitOr => quote!((#a | #b)),
                Op::Eq => quote!(u64::from(#a == #b)),
                Op::Ne => quote!(u64::from(#a != #b)),
                Op::Lt => quote!(u64::from(#a < #b)),
                Op::Le => quote!(u64::from(#a <= #b)),
                Op::Gt => quote!(u64::from(#a > #b)),
                Op::Ge => quote!(u64::from(#a >= #b)),
                Op::And => quote!(u64::from(#a != 0 && #b != 0)),
                Op::Or => quote!(u64::from(#a != 0 || #b != 0)),
            }
        }
        Expr::Call(name, args) => {
            let args = args.iter().map(|a| expr(function, a)).collect::<Option<Vec<_>>>()?;
            let name = ident(name);
            let (first, rest) = args.split_first()?;
            quote!(#first #(.#name(#rest))*)
        }
        Expr::Ask(..) => return None,
    })
}
