//! Expressions of a table: parameters, constants, integers and checked arithmetic on them.

use crate::attr;
use crate::check::names::Names;
use crate::model::{Expr, Op};
use crate::problem::Problems;
use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{BinOp, ExprLit, Lit, UnOp};

/// The functions an expression may call, with their number of arguments.
const CALLS: &[(&str, usize)] = &[("min", 2), ("max", 2)];

/// The parameters an expression may name: those of one function or callback.
#[derive(Debug)]
pub struct Scope<'a> {
    pub names: &'a Names,
    /// The owner of the parameters, for messages.
    pub owner: String,
    pub params: Vec<Known>,
}

/// A parameter, as much as an expression needs to know.
#[derive(Debug)]
pub struct Known {
    pub name: String,
    /// A scalar, or a pointer to one: something to calculate with.
    pub number: bool,
}

impl Scope<'_> {
    /// Finds a parameter by name, or reports that there is none.
    pub fn param(&self, name: &str, at: Span, problems: &mut Problems) -> Option<&Known> {
        let found = self.params.iter().find(|p| p.name == name);
        if found.is_none() {
            problems
                .add(at, format!("{} has no parameter `{name}`", self.owner), "not a parameter")
                .near(name, self.params.iter().map(|p| p.name.as_str()));
        }
        found
    }
}

/// Reads an expression over numbers.
pub fn number(expr: &syn::Expr, scope: &Scope<'_>, problems: &mut Problems) -> Option<Expr> {
    Reader { scope, any_param: false, asks: false }.read(expr, problems)
}

/// Reads an expression that the worker computes, which may also call functions of the table that return numbers.
pub fn asking(expr: &syn::Expr, scope: &Scope<'_>, problems: &mut Problems) -> Option<Expr> {
    Reader { scope, any_param: false, asks: true }.read(expr, problems)
}

/// Reads an argument of a layout function, which may also be a parameter that is no number.
pub fn argument(expr: &syn::Expr, scope: &Scope<'_>, problems: &mut Problems) -> Option<Expr> {
    Reader { scope, any_param: true, asks: false }.read(expr, problems)
}

/// Computes an expression without parameters.
pub fn constant(expr: &syn::Expr, names: &Names, problems: &mut Problems) -> Option<i128> {
    let scope = Scope { names, owner: "a constant".into(), params: Vec::new() };
    let value = eval(&number(expr, &scope, problems)?);
    if value.is_none() {
        problems.add(expr.span(), "this constant overflows", "not a number");
    }
    value
}

/// Computes an expression that must fit 64 bits: a status, a key.
pub fn constant_i64(expr: &syn::Expr, names: &Names, problems: &mut Problems) -> Option<i64> {
    let value = constant(expr, names, problems)?;
    let fits = i64::try_from(value).ok();
    if fits.is_none() {
        problems.add(expr.span(), "this constant does not fit 64 bits", format!("is {value}"));
    }
    fits
}

struct Reader<'a> {
    scope: &'a Scope<'a>,
    any_param: bool,
    /// Functions of the table may be called.
    asks: bool,
}

impl Reader<'_> {
    fn read(&self, expr: &syn::Expr, problems: &mut Problems) -> Option<Expr> {
        match expr {
            syn::Expr::Paren(inner) => self.read(&inner.expr, problems),
            syn::Expr::Group(inner) => self.read(&inner.expr, problems),
            syn::Expr::Lit(ExprLit { lit: Lit::Int(int), .. }) => match int.base10_parse() {
                Ok(value) => Some(Expr::Int(value)),
                Err(error) => {
                    problems.syntax(error);
                    None
                }
            },
            syn::Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => {
                let value = self.read(&unary.expr, problems)?;
                Some(Expr::Binary(Op::Sub, Box::new(Expr::Int(0)), Box::new(value)))
            }
            syn::Expr::Binary(binary) => {
                let op = self.op(&binary.op, problems);
                let left = self.read(&binary.left, problems);
                let right = self.read(&binary.right, problems);
                Some(Expr::Binary(op?, Box::new(left?), Box::new(right?)))
            }
            syn::Expr::Call(call) => self.call(call, problems),
            _ => match attr::ident(expr) {
                Some(name) => self.name(name, problems),
                None => {
                    problems.add(expr.span(), "this is not an expression of a table", "not allowed here").help(
                        "expressions have names, integers, `+ - * / << & |`, comparisons, `&& ||`, `min` and `max`",
                    );
                    None
                }
            },
        }
    }

    fn op(&self, op: &BinOp, problems: &mut Problems) -> Option<Op> {
        Some(match op {
            BinOp::Add(_) => Op::Add,
            BinOp::Sub(_) => Op::Sub,
            BinOp::Mul(_) => Op::Mul,
            BinOp::Div(_) => Op::Div,
            BinOp::Shl(_) => Op::Shl,
            BinOp::BitAnd(_) => Op::BitAnd,
            BinOp::BitOr(_) => Op::BitOr,
            BinOp::Eq(_) => Op::Eq,
            BinOp::Ne(_) => Op::Ne,
            BinOp::Lt(_) => Op::Lt,
            BinOp::Le(_) => Op::Le,
            BinOp::Gt(_) => Op::Gt,
            BinOp::Ge(_) => Op::Ge,
            BinOp::And(_) => Op::And,
            BinOp::Or(_) => Op::Or,
            other => {
                problems
                    .add(other.span(), "expressions do not have this operator", "no such operator")
                    .help("there are `+ - * / << & |`, comparisons, `&&` and `||`");
                return None;
            }
        })
    }

    fn call(&self, call: &syn::ExprCall, problems: &mut Problems) -> Option<Expr> {
        let name = attr::ident(&call.func).map_or_else(String::new, ToString::to_string);
        if self.asks && self.scope.names.functions.contains(&name) {
            return self.ask(name, call, problems);
        }
        let Some((_, arity)) = CALLS.iter().find(|(known, _)| *known == name) else {
            problems
                .add(call.func.span(), "expressions do not have this function", "no such function")
                .near(&name, CALLS.iter().map(|(known, _)| *known).chain(self.functions()));
            return None;
        };
        if call.args.len() != *arity {
            let message = format!("`{name}` takes {arity} arguments");
            problems.add(call.span(), message, format!("has {}", call.args.len()));
            return None;
        }
        let args: Vec<_> = call.args.iter().map(|arg| self.read(arg, problems)).collect();
        Some(Expr::Call(name, args.into_iter().collect::<Option<_>>()?))
    }

    /// The functions of the table that may be called.
    fn functions(&self) -> impl Iterator<Item = &str> {
        self.scope.names.functions.iter().map(String::as_str).filter(|_| self.asks)
    }

    /// A call of a function of the table, whose arguments are parameters.
    fn ask(&self, name: String, call: &syn::ExprCall, problems: &mut Problems) -> Option<Expr> {
        let mut param = |arg: &syn::Expr| match attr::ident(arg) {
            Some(param) => Some(self.scope.param(&param.to_string(), param.span(), problems)?.name.clone()),
            None => {
                problems.add(arg.span(), format!("`{name}` takes a parameter"), "not a parameter");
                None
            }
        };
        let args: Vec<_> = call.args.iter().map(&mut param).collect();
        Some(Expr::Ask(name, args.into_iter().collect::<Option<_>>()?))
    }

    fn name(&self, name: &syn::Ident, problems: &mut Problems) -> Option<Expr> {
        let (text, at) = (name.to_string(), name.span());
        if let Some(constant) = self.scope.names.constants.get(&text) {
            return Some(Expr::Const(text, constant.value));
        }
        let is_param = self.scope.params.iter().any(|p| p.name == text);
        if !is_param && text.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_') {
            self.scope.names.unknown_constant(&text, at, problems);
            return None;
        }
        let param = self.scope.param(&text, at, problems)?;
        if !param.number && !self.any_param {
            problems
                .add(at, format!("`{text}` is not a number"), "not a number")
                .help("an expression calculates with scalars, and with a scalar behind a pointer");
            return None;
        }
        Some(Expr::Param(text))
    }
}

impl std::fmt::Display for Expr {
    /// As a table says it, with more parentheses.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(value) => write!(f, "{value}"),
            Self::Const(name, _) | Self::Param(name) => f.write_str(name),
            Self::Binary(op, a, b) => {
                let side = |e: &Self| match e {
                    Self::Binary(..) => format!("({e})"),
                    _ => e.to_string(),
                };
                write!(f, "{} {} {}", side(a), sign(*op), side(b))
            }
            Self::Call(function, args) => {
                let args: Vec<_> = args.iter().map(Self::to_string).collect();
                write!(f, "{function}({})", args.join(", "))
            }
            Self::Ask(function, args) => write!(f, "{function}({})", args.join(", ")),
        }
    }
}

fn sign(op: Op) -> &'static str {
    match op {
        Op::Add => "+",
        Op::Sub => "-",
        Op::Mul => "*",
        Op::Div => "/",
        Op::Shl => "<<",
        Op::BitAnd => "&",
        Op::BitOr => "|",
        Op::Eq => "==",
        Op::Ne => "!=",
        Op::Lt => "<",
        Op::Le => "<=",
        Op::Gt => ">",
        Op::Ge => ">=",
        Op::And => "&&",
        Op::Or => "||",
    }
}

/// The value of an expression without parameters; `None` if it has one or overflows.
pub fn eval(expr: &Expr) -> Option<i128> {
    match expr {
        Expr::Int(value) | Expr::Const(_, value) => Some(*value),
        Expr::Param(_) | Expr::Ask(..) => None,
        Expr::Call(name, args) => {
            let args: Vec<i128> = args.iter().map(eval).collect::<Option<_>>()?;
            if name == "min" { args.into_iter().min() } else { args.into_iter().max() }
        }
        Expr::Binary(op, left, right) => {
            let (l, r) = (eval(left)?, eval(right)?);
            match op {
                Op::Add => l.checked_add(r),
                Op::Sub => l.checked_sub(r),
                Op::Mul => l.checked_mul(r),
                Op::Div => l.checked_div(r),
                Op::Shl => u32::try_from(r).ok().filter(|r| *r < 64).and_then(|r| l.checked_shl(r)),
                Op::BitAnd => Some(l & r),
                Op::BitOr => Some(l | r),
                Op::Eq => Some((l == r).into()),
                Op::Ne => Some((l != r).into()),
                Op::Lt => Some((l < r).into()),
                Op::Le => Some((l <= r).into()),
                Op::Gt => Some((l > r).into()),
                Op::Ge => Some((l >= r).into()),
                Op::And => Some((l != 0 && r != 0).into()),
                Op::Or => Some((l != 0 || r != 0).into()),
            }
        }
    }
}
