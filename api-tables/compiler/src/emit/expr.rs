//! Lowers table expressions to calls of `ava_protocol::expr`, which compute in checked 64-bit arithmetic: the result
//! is an `Option<u64>`, `None` on overflow.

use super::names::int;
use crate::model::{Expr, Op};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// `param` gives the tokens (an `Option<u64>`) of a parameter, and `ask` those of what a function of the table returns.
pub fn lower(
    expr: &Expr,
    param: &dyn Fn(&str) -> TokenStream,
    ask: &dyn Fn(&str, &[String]) -> TokenStream,
) -> TokenStream {
    match expr {
        Expr::Ask(function, args) => ask(function, args),
        Expr::Int(value) | Expr::Const(_, value) => {
            let value = int(*value & i128::from(u64::MAX));
            quote!(Some(#value))
        }
        Expr::Param(name) => param(name),
        Expr::Binary(op, a, b) => {
            let (op, a, b) = (operation(*op), lower(a, param, ask), lower(b, param, ask));
            quote!(expr::#op(#a, #b))
        }
        Expr::Call(function, args) => {
            let function = format_ident!("{function}");
            let args = args.iter().map(|a| lower(a, param, ask));
            quote!(expr::#function(#(#args),*))
        }
    }
}

/// The function that computes an operator.
pub fn operation(op: Op) -> Ident {
    let name = match op {
        Op::Add => "add",
        Op::Sub => "sub",
        Op::Mul => "mul",
        Op::Div => "div",
        Op::Shl => "shl",
        Op::BitAnd => "bit_and",
        Op::BitOr => "bit_or",
        Op::Eq => "eq",
        Op::Ne => "ne",
        Op::Lt => "lt",
        Op::Le => "le",
        Op::Gt => "gt",
        Op::Ge => "ge",
        Op::And => "and",
        Op::Or => "or",
    };
    format_ident!("{name}")
}
