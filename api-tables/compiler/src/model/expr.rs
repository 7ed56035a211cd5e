//! Expressions.

/// Expressions of `[T; n]`, `when`, `charge`, …: lowered to checked 64-bit arithmetic.
#[derive(Debug, Clone)]
pub enum Expr {
    Int(i128),
    /// A constant of the table, with its value.
    Const(String, i128),
    /// A scalar parameter; through a pointer parameter to one scalar (`param_value_size_ret`), what it points to.
    Param(String),
    Binary(Op, Box<Expr>, Box<Expr>),
    /// `min(a, b)`, `max(a, b)`
    Call(String, Vec<Expr>),
    /// `f(h, n)`: what a function of the table returns for these parameters, a number. The worker asks the vendor.
    Ask(String, Vec<String>),
}

impl Expr {
    /// Whether it is known where this parameter is, and no other.
    pub fn takes_only(&self, param: &str) -> bool {
        match self {
            Self::Int(_) | Self::Const(..) => true,
            Self::Param(name) => name == param,
            Self::Binary(_, a, b) => a.takes_only(param) && b.takes_only(param),
            Self::Call(_, args) => args.iter().all(|arg| arg.takes_only(param)),
            Self::Ask(..) => false,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Shl,
    BitAnd,
    BitOr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
}
