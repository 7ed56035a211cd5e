//! Emits the echo vendor, a library with every function of the API, and its driver, a program that calls them all.
//!
//! The vendor writes down what it is passed and answers what it makes up; the driver writes down what it passes and
//! what it gets. Run natively or through AvA, the two logs are equal: what the vendor saw is what the program passed,
//! and back. Both write their lines by the same emitted code ([`lines`]), in C, against the runtime in `tests/echo`.
//!
//! What a table does not say (what an address leads to, what the shim's hand-written code asks) is by hand there:
//! functions with addresses, and those that the caller names.

mod arguments;
mod driver;
mod lines;
mod table;
mod vendor;

use super::header;
use super::names;
use crate::check::names::c_name;
use crate::model::{
    Api, Buffer, Direction, Element, Expr, Function, Len, Oneway, Op, Param, Ret, Scalar, Shape, TypeKind, Until,
};

/// The emitted C files.
#[derive(Debug)]
pub struct Files {
    /// `echo_table.h`: types, lists, answers.
    pub table: String,
    /// The functions of the vendor.
    pub vendor: String,
    /// The calls of the driver.
    pub driver: String,
}

/// Emits all but the functions `by_hand`.
pub fn emit(api: &Api, by_hand: &[&str]) -> Files {
    let functions: Vec<&Function> =
        api.functions.iter().filter(|f| is_emitted(f) && !by_hand.contains(&f.name.as_str())).collect();
    Files { table: table::emit(api), vendor: vendor::emit(api, &functions), driver: driver::emit(api, &functions) }
}

fn is_emitted(function: &Function) -> bool {
    let address = |p: &Param| matches!(p.shape, Shape::Pointer);
    names::has_wire(function) && !matches!(function.ret, Ret::Pointer { .. }) && !function.params.iter().any(address)
}

/// What both files begin with.
fn preamble(api: &Api, header: &str) -> String {
    // The headers that are installed may have another version of an extension.
    let extensions = api.functions.iter().filter(|f| f.facts.extension.is_some());
    let own: String = extensions.map(|f| format!("#define {0} echo_{0}\n", f.name)).collect();
    format!("{}#include \"echo_table.h\"\n#include \"{header}\"\n#include <stdlib.h>\n{own}\n", header::preamble(api))
}

/// A parameter's declaration: `const cl_event *events`.
fn declaration(param: &Param) -> String {
    match &param.shape {
        Shape::Callback { params, .. } => {
            let types: Vec<_> = params.iter().map(|p| p.c_type.clone()).collect();
            format!("void (*{})({})", param.name, types.join(", "))
        }
        _ => format!("{} {}", param.c_type, param.name),
    }
}

fn declarations(params: &[Param]) -> String {
    if params.is_empty() {
        return "void".into();
    }
    params.iter().map(declaration).collect::<Vec<_>>().join(", ")
}

fn ret_type(function: &Function) -> &str {
    match &function.ret {
        Ret::Void => "void",
        Ret::Value { ty, .. } | Ret::Status { ty } | Ret::New { ty } | Ret::Struct { ty } => c_name(ty),
        Ret::Text { .. } => "const char *",
        Ret::Pointer { c_type } => c_type,
    }
}

/// An expression of the table in C, of 64 bits. The driver keeps away from overflow.
fn c_expr(function: &Function, expr: &Expr) -> String {
    match expr {
        Expr::Int(value) | Expr::Const(_, value) => format!("{}ULL", value & i128::from(u64::MAX)),
        Expr::Param(name) => match function.param(name).map(|p| &p.shape) {
            Some(Shape::Buffer(_)) => format!("({name} ? (uint64_t)*{name} : 0)"),
            _ => format!("(uint64_t){name}"),
        },
        Expr::Binary(op, a, b) => format!("({} {} {})", c_expr(function, a), operator(*op), c_expr(function, b)),
        Expr::Call(name, args) => {
            let args: Vec<_> = args.iter().map(|a| c_expr(function, a)).collect();
            format!("echo_{name}({})", args.join(", "))
        }
    }
}

fn operator(op: Op) -> &'static str {
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

/// The parameters that an expression names.
fn params_of<'a>(expr: &'a Expr, found: &mut Vec<&'a str>) {
    match expr {
        Expr::Param(name) => found.push(name),
        Expr::Binary(_, a, b) => [a, b].into_iter().for_each(|e| params_of(e, found)),
        Expr::Call(_, args) => args.iter().for_each(|e| params_of(e, found)),
        Expr::Int(_) | Expr::Const(..) => {}
    }
}

fn named(expr: &Expr) -> Vec<&str> {
    let mut found = Vec::new();
    params_of(expr, &mut found);
    found
}

fn buffer(param: &Param) -> Option<&Buffer> {
    match &param.shape {
        Shape::Buffer(buffer) => Some(buffer),
        _ => None,
    }
}

fn first_handle(function: &Function) -> Option<&Param> {
    function.params.iter().find(|p| matches!(p.shape, Shape::Handle { .. }))
}

/// What says how much of an output counts.
fn written<'a>(function: &'a Function, param: &str) -> Option<&'a Expr> {
    function.facts.written.iter().find(|(p, _)| p == param).map(|(_, e)| e)
}

/// The outputs that say how much of `param` counts: the worker has them even where the program passed null.
fn written_by<'a>(function: &'a Function, param: &str) -> Vec<&'a str> {
    let is_output = |name: &&str| function.param(name).is_some_and(|p| buffer(p).is_some());
    written(function, param).map(named).unwrap_or_default().into_iter().filter(is_output).collect()
}

/// Whether the vendor may be passed an output that the program did not ask for.
fn may_be_unasked(function: &Function, param: &str) -> bool {
    let counts = function.facts.written.iter().any(|(p, _)| written_by(function, p).contains(&param));
    let event = function.facts.until.iter().any(|(_, until)| *until == Until::Event(param.to_owned()));
    counts || event
}

/// The status that a function with another result stores.
fn is_errcode(api: &Api, function: &Function, param: &Param) -> bool {
    let Some(Buffer { direction: Direction::Out, element: Element::Scalar { ty, .. }, len: Len::One, .. }) =
        buffer(param)
    else {
        return false;
    };
    let status = matches!(api.types.get(ty).map(|t| &t.kind), Some(TypeKind::Status { .. }));
    status && !matches!(function.ret, Ret::Status { .. })
}

/// The tagged output of a function, with its type's name and the parameter that is the key.
fn tagged<'a>(api: &'a Api, function: &'a Function) -> Option<(&'a Param, &'a str, &'a str)> {
    function.params.iter().find_map(|p| match buffer(p)? {
        Buffer { element: Element::Tagged(name), direction: Direction::Out, .. } => {
            let TypeKind::Tagged { tag, .. } = &api.types.get(name)?.kind else { return None };
            Some((p, name.as_str(), tag.as_str()))
        }
        _ => None,
    })
}

/// How much of an array there is, in elements.
fn count(function: &Function, len: &Len) -> String {
    match len {
        Len::One => "1".into(),
        Len::Count(e) => c_expr(function, e),
        Len::Layout { .. } | Len::Ended => "0".into(),
    }
}

/// The rows of a run of bytes.
fn rows(function: &Function, len: &Len) -> String {
    match len {
        Len::Layout { function: layout, args } => {
            let args: Vec<_> = args
                .iter()
                .map(|a| match a {
                    Expr::Param(name) => name.clone(),
                    other => c_expr(function, other),
                })
                .collect();
            format!("rows_{layout}({})", args.join(", "))
        }
        other => format!("rows_flat({})", count(function, other)),
    }
}

/// The condition under which a parameter's memory counts.
fn condition(function: &Function, param: &str) -> Option<String> {
    let (_, e) = function.facts.when.iter().find(|(p, _)| p == param)?;
    Some(c_expr(function, e))
}

/// Whether the command goes on after the call.
fn later(function: &Function) -> String {
    match &function.facts.oneway {
        Some(Oneway { unless: Some(e) }) => format!("!({})", c_expr(function, e)),
        _ => "true".into(),
    }
}

/// Memory in use until an event has completed: the event's name.
fn until_event<'a>(function: &'a Function, param: &str) -> Option<&'a str> {
    match names::until(function, param)? {
        Until::Event(event) => Some(event),
        Until::Released => None,
    }
}

/// A handle type by its number in C.
fn kind(ty: &str) -> String {
    format!("KIND_{ty}")
}

fn is_signed(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64 | Scalar::Isize)
}

/// A scalar as 64 bits.
fn widened(scalar: Scalar, value: &str) -> String {
    if is_signed(scalar) { format!("(uint64_t)(int64_t){value}") } else { format!("(uint64_t){value}") }
}
