//! What the parts of the echo share: pieces of C, and what they ask of a function.

use std::collections::BTreeSet;

use crate::check::names::c_name;
use crate::emit::{header, names};
use crate::model::{
    Api, Buffer, Direction, Element, Expr, FieldShape, Function, Len, Oneway, Op, Param, Ret, Scalar, Shape, TypeKind,
    Until,
};
use crate::plan::{self, About, Lifetime};

/// The head of both files.
pub fn preamble(api: &Api, header: &str) -> String {
    // The headers that are installed may have another version of an extension.
    let extensions = api.functions.iter().filter(|f| f.facts.extension.is_some());
    let own: String = extensions.map(|f| format!("#define {0} echo_{0}\n", f.name)).collect();
    let structs: String = undeclared(api).iter().map(|ty| format!("typedef struct {ty} {ty};\n")).collect();
    format!(
        "{}#include \"echo_table.h\"\n#include \"{header}\"\n#include <stdlib.h>\n{structs}{own}\n",
        header::preamble(api)
    )
}

/// Structs that no header of the table declares: those that only functions without a public prototype mention.
pub fn undeclared(api: &Api) -> Vec<&str> {
    let mentions = |undocumented: bool| -> BTreeSet<&str> {
        let functions = api.functions.iter().filter(|f| f.facts.undocumented == undocumented);
        let types = functions.flat_map(|f| f.params.iter().map(|p| p.c_type.as_str()).chain([pointed(&f.ret)]));
        types.flat_map(|ty| ty.split([' ', '*'])).collect()
    };
    let (told, untold) = (mentions(false), mentions(true));
    let opaque = api.types.values().filter(|t| matches!(t.kind, TypeKind::Opaque)).map(|t| t.name.as_str());
    opaque.filter(|ty| untold.contains(ty) && !told.contains(ty)).collect()
}

pub fn pointed(ret: &Ret) -> &str {
    match ret {
        Ret::Pointer { c_type } => c_type,
        _ => "",
    }
}

/// A parameter's declaration: `const cl_event *events`.
pub fn declaration(param: &Param) -> String {
    match &param.shape {
        Shape::Callback { params, ret, .. } => {
            let types: Vec<_> = params.iter().map(|p| p.c_type.clone()).collect();
            format!("{} (*{})({})", ret.c_type(), param.name, types.join(", "))
        }
        _ => format!("{} {}", param.c_type, param.name),
    }
}

pub fn declarations(params: &[Param]) -> String {
    if params.is_empty() {
        return "void".into();
    }
    params.iter().map(declaration).collect::<Vec<_>>().join(", ")
}

pub fn ret_type(api: &Api, function: &Function) -> String {
    match &function.ret {
        Ret::Void => "void".into(),
        Ret::New { ty } if names::is_opaque(api, ty) => format!("{ty} *"),
        Ret::Value { ty, .. } | Ret::Status { ty } | Ret::New { ty } | Ret::Struct { ty } => c_name(ty).into(),
        Ret::Text { .. } => "const char *".into(),
        Ret::Mapped { .. } => "void *".into(),
        Ret::Mirror { c_type, .. } | Ret::Pointer { c_type } => c_type.clone(),
    }
}

/// The status with which the driver lets calls fail. Not the status of a lost worker, which could not be distinguished.
pub fn failure(api: &Api) -> i64 {
    let signed = api.types.values().any(|t| matches!(t.kind, TypeKind::Status { scalar, .. } if is_signed(scalar)));
    if signed { -5 } else { 5 }
}

/// An expression of the table in C, of 64 bits. The driver keeps away from overflow.
pub fn c_expr(function: &Function, expr: &Expr) -> String {
    match expr {
        Expr::Int(value) | Expr::Const(_, value) => format!("{}ULL", value & i128::from(u64::MAX)),
        Expr::Param(name) => match function.param(name).map(|p| &p.shape) {
            Some(Shape::Buffer(_)) => format!("({name} ? (uint64_t)*{name} : 0)"),
            _ => format!("(uint64_t){name}"),
        },
        Expr::Binary(op, a, b) => format!("({} {} {})", c_expr(function, a), operator(*op), c_expr(function, b)),
        Expr::Ask(name, args) => format!("(uint64_t)(int64_t)p_{name}({})", args.join(", ")),
        Expr::Call(name, args) => {
            let args: Vec<_> = args.iter().map(|a| c_expr(function, a)).collect();
            format!("echo_{name}({})", args.join(", "))
        }
    }
}

pub fn operator(op: Op) -> &'static str {
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
pub fn params_of<'a>(expr: &'a Expr, found: &mut Vec<&'a str>) {
    match expr {
        Expr::Param(name) => found.push(name),
        Expr::Binary(_, a, b) => [a, b].into_iter().for_each(|e| params_of(e, found)),
        Expr::Call(_, args) => args.iter().for_each(|e| params_of(e, found)),
        Expr::Ask(_, args) => found.extend(args.iter().map(String::as_str)),
        Expr::Int(_) | Expr::Const(..) => {}
    }
}

pub fn named(expr: &Expr) -> Vec<&str> {
    let mut found = Vec::new();
    params_of(expr, &mut found);
    found
}

pub fn buffer(param: &Param) -> Option<&Buffer> {
    match &param.shape {
        Shape::Buffer(buffer) => Some(buffer),
        _ => None,
    }
}

/// Whether a struct points to memory.
pub fn leads(api: &Api, ty: &str) -> bool {
    let Some(TypeKind::Struct { fields, .. }) = api.types.get(ty).map(|t| &t.kind) else { return false };
    fields.iter().any(|f| matches!(f.shape, FieldShape::Memory(_)))
}

/// The first parameter whose structs point to other memory, with their type.
pub fn leading<'a>(api: &Api, function: &'a Function) -> Option<(&'a Param, &'a Buffer, &'a str)> {
    function.params.iter().find_map(|p| match buffer(p)? {
        b @ Buffer { element: Element::Struct(ty), .. } if leads(api, ty) => Some((p, b, ty.as_str())),
        _ => None,
    })
}

/// The parameter that decides whether an object goes on using the memory that it is made from, found by its type: that of
/// what conditions about such memory name.
pub fn memory_flags<'a>(api: &Api, function: &'a Function) -> Option<&'a str> {
    let deciding: BTreeSet<&str> = api
        .functions
        .iter()
        .flat_map(|f| f.facts.when.iter().map(move |(p, e)| (f, p, e)))
        .filter(|(f, p, _)| until_released(f, p))
        .flat_map(|(f, _, e)| named(e).into_iter().filter_map(|name| Some(f.param(name)?.c_type.as_str())))
        .collect();
    let decides = |p: &&Param| matches!(p.shape, Shape::Value { .. }) && deciding.contains(p.c_type.as_str());
    function.params.iter().find(decides).map(|p| p.name.as_str())
}

/// The function's property list: its parameter and type.
pub fn list(function: &Function) -> Option<(&str, &str)> {
    function.params.iter().find_map(|p| match buffer(p)? {
        Buffer { element: Element::Property(ty), .. } => Some((p.name.as_str(), ty.as_str())),
        _ => None,
    })
}

/// The status with which the table refuses what is in a list or in structs, as C; none if it refuses nothing.
pub fn refusal(api: &Api, function: &Function) -> Option<String> {
    if let Some((param, ty)) = list(function) {
        return Some(format!("list_refusal(&list_{ty}, {param})"));
    }
    let (param, b, ty) = leading(api, function)?;
    Some(format!("records_refusal(&record_{ty}, {}, {})", param.name, count(function, &b.len)))
}

pub fn first_handle(function: &Function) -> Option<&Param> {
    match plan::about(function) {
        Some(About::Handle(param)) => Some(param),
        _ => None,
    }
}

/// The expression for the valid length of an output.
pub fn written<'a>(function: &'a Function, param: &str) -> Option<&'a Expr> {
    function.facts.written.iter().find(|(p, _)| p == param).map(|(_, e)| e)
}

/// The outputs that hold the valid length of `param`: the worker has them even if the program passed null.
pub fn written_by<'a>(function: &'a Function, param: &str) -> Vec<&'a str> {
    let is_output = |name: &&str| function.param(name).is_some_and(|p| buffer(p).is_some());
    written(function, param).map(named).unwrap_or_default().into_iter().filter(is_output).collect()
}

/// Whether the vendor may be passed an output that the program did not ask for.
pub fn may_be_unasked(function: &Function, param: &str) -> bool {
    let counts = function.facts.written.iter().any(|(p, _)| written_by(function, p).contains(&param));
    let event = function.facts.until.iter().any(|(_, until)| *until == Until::Event(param.to_owned()));
    counts || event
}

/// The status that a function with another result stores.
pub fn is_errcode(api: &Api, function: &Function, param: &Param) -> bool {
    plan::errcode(api, function).is_some_and(|errcode| errcode.name == param.name)
}

/// The tagged output of a function, with its type's name and the parameter that is the key.
pub fn tagged<'a>(api: &'a Api, function: &'a Function) -> Option<(&'a Param, &'a str, &'a str)> {
    let output = |p: &&Param| buffer(p).is_some_and(|b| b.direction == Direction::Out);
    function.params.iter().filter(output).find_map(|p| {
        let key = plan::key(api, function, p)?;
        Some((p, key.values, key.param.name.as_str()))
    })
}

/// The length of an array, in elements.
pub fn count(function: &Function, len: &Len) -> String {
    match len {
        Len::One => "1".into(),
        Len::Count(e) => c_expr(function, e),
        Len::Layout { .. } | Len::Found { .. } | Len::Ended => "0".into(),
    }
}

/// The rows of a run of bytes.
pub fn rows(function: &Function, len: &Len) -> String {
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

/// The condition under which a parameter's memory is read.
pub fn condition(function: &Function, param: &str) -> Option<String> {
    let (_, e) = function.facts.when.iter().find(|(p, _)| p == param)?;
    Some(c_expr(function, e))
}

/// Whether the command goes on after the call.
pub fn later(function: &Function) -> String {
    match &function.facts.oneway {
        Some(Oneway { unless: Some(e) }) => format!("!({})", c_expr(function, e)),
        _ => "true".into(),
    }
}

/// Memory in use until an event has completed: the event's name.
pub fn until_event<'a>(function: &'a Function, param: &str) -> Option<&'a str> {
    match plan::lifetime(function, param) {
        Lifetime::Event { event, .. } => Some(&event.name),
        Lifetime::Call | Lifetime::Released => None,
    }
}

/// Whether memory or a callback is in use until an object is released.
pub fn until_released(function: &Function, param: &str) -> bool {
    matches!(plan::lifetime(function, param), Lifetime::Released)
}

/// A handle type by its number in C.
pub fn kind(ty: &str) -> String {
    format!("KIND_{ty}")
}

pub fn is_signed(scalar: Scalar) -> bool {
    matches!(scalar, Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64 | Scalar::Isize)
}

/// A scalar as 64 bits.
pub fn widened(scalar: Scalar, value: &str) -> String {
    if is_signed(scalar) { format!("(uint64_t)(int64_t){value}") } else { format!("(uint64_t){value}") }
}
