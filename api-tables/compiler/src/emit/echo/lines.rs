//! The lines of the log: C code that is the same on both sides, over variables with the names of the parameters.

use crate::model::{Api, Buffer, Direction, Element, Fd, Function, Len, Param, Ret, Shape};
use crate::plan;

use super::common::{
    buffer, condition, count, is_errcode, kind, may_be_unasked, rows, tagged, until_event, widened, written, written_by,
};

/// Statements that log a function's inputs.
pub fn arguments(api: &Api, function: &Function) -> String {
    function.params.iter().map(|p| argument(api, function, p)).collect()
}

fn argument(api: &Api, function: &Function, param: &Param) -> String {
    let name = &param.name;
    let text = match &param.shape {
        Shape::Value { scalar, .. } => {
            let plain = format!("log_int(&line, \"{name}\", {});", widened(*scalar, name));
            match is_answer_size(api, function, name) {
                // The worker asks for names in its own way.
                Some((ty, key)) => {
                    format!("if (is_filtered(&tagged_{ty}, (int64_t){key})) log_any(&line, \"{name}\"); else {plain}")
                }
                None => plain,
            }
        }
        Shape::Handle { ty, .. } => format!("log_handle(&line, \"{name}\", {}, {name});", kind(ty)),
        Shape::Text { .. } => format!("log_text(&line, \"{name}\", {name});"),
        Shape::Texts { count: n, lengths, bytes, .. } => format!(
            "log_texts(&line, \"{name}\", {name}, {}, {}, {bytes});",
            super::common::c_expr(function, n),
            lengths.as_deref().unwrap_or("NULL"),
        ),
        Shape::Struct { ty } => format!("log_records(&line, \"{name}\", &{name}, 1, &record_{ty});"),
        Shape::VaList | Shape::Mirror { .. } | Shape::Fd(Fd { out: true, .. }) => return String::new(),
        Shape::Fd(_) => when(function, name, &format!("log_file(&line, \"{name}\", (int)(intptr_t){name});")),
        Shape::Callback { .. } => format!("log_set(&line, \"{name}\", {name} != NULL);"),
        // With a callback it is the worker's own.
        Shape::UserData => match callback(function) {
            Some(callback) => {
                format!("if (!{callback}) log_set(&line, \"{name}\", {name} != NULL);")
            }
            None => format!("log_set(&line, \"{name}\", {name} != NULL);"),
        },
        // It is withheld: the vendor is given null.
        Shape::Pointer => format!("log_set(&line, \"{name}\", IS_VENDOR && !is_native() && {name});"),
        Shape::Buffer(b) if b.direction == Direction::Out => return String::new(),
        Shape::Buffer(b) => {
            let plain = content(function, name, b, &count(function, &b.len));
            match condition(function, name) {
                Some(c) => format!("if ({c}) {plain} else log_set(&line, \"{name}\", {name} != NULL);"),
                None => plain,
            }
        }
    };
    format!("  {text}\n")
}

/// A statement about a descriptor, for the calls that are about it.
fn when(function: &Function, name: &str, statement: &str) -> String {
    condition(function, name).map_or(statement.to_owned(), |condition| format!("if ({condition}) {statement}"))
}

/// The descriptors that a call makes, each with the condition that it does, as C.
pub fn files(function: &Function) -> impl Iterator<Item = (&str, String)> {
    let made = function.params.iter().filter(|p| matches!(p.shape, Shape::Fd(Fd { out: true, .. })));
    made.map(|p| {
        let is_about = condition(function, &p.name).map_or(String::new(), |condition| format!(" && ({condition})"));
        (p.name.as_str(), format!("if ({}{is_about})", p.name))
    })
}

/// The size of a tagged output: its type and key.
fn is_answer_size<'a>(api: &'a Api, function: &'a Function, name: &str) -> Option<(&'a str, &'a str)> {
    let (param, ty, key) = tagged(api, function)?;
    match &buffer(param)?.len {
        Len::Count(e) if super::common::named(e).contains(&name) => Some((ty, key)),
        _ => None,
    }
}

pub fn callback(function: &Function) -> Option<&str> {
    function.params.iter().find(|p| matches!(p.shape, Shape::Callback { .. })).map(|p| p.name.as_str())
}

/// A statement that writes down `n` elements of an array.
fn content(function: &Function, name: &str, b: &Buffer, n: &str) -> String {
    match &b.element {
        Element::Bytes if matches!(b.len, Len::Found { .. }) => format!("log_text(&line, \"{name}\", {name});"),
        Element::Bytes if matches!(b.len, Len::Layout { .. }) || until_event(function, name).is_some() => {
            format!("log_rows(&line, \"{name}\", {name}, {});", rows(function, &b.len))
        }
        Element::Bytes | Element::Tagged(_) => format!("log_bytes(&line, \"{name}\", {name}, {n});"),
        Element::Scalar { scalar, .. } => {
            format!("log_bytes(&line, \"{name}\", {name}, {} * ({n}));", scalar.size())
        }
        Element::Struct(ty) => format!("log_records(&line, \"{name}\", {name}, {n}, &record_{ty});"),
        Element::Handle(ty) | Element::New(ty) => {
            format!("log_handles(&line, \"{name}\", {}, {name}, {n});", kind(ty))
        }
        Element::Property(ty) => format!("log_list(&line, \"{name}\", {name}, &list_{ty});"),
        Element::Text => format!("log_text(&line, \"{name}\", {name} ? *{name} : NULL);"),
    }
}

/// The statement that logs a function's return value, `ret`.
pub fn returned(function: &Function) -> String {
    match &function.ret {
        Ret::Void | Ret::Mapped { .. } | Ret::Mirror { .. } | Ret::Pointer { .. } | Ret::Struct { .. } => String::new(),
        Ret::Text { .. } => "  log_text(&line, \"ret\", ret);\n".into(),
        Ret::Status { .. } => "  log_int(&line, \"ret\", (uint64_t)(int64_t)ret);\n".into(),
        Ret::Value { scalar, .. } => format!("  log_int(&line, \"ret\", {});\n", widened(*scalar, "ret")),
        Ret::New { ty } => format!("  log_handle(&line, \"ret\", {}, ret);\n", kind(ty)),
    }
}

/// The status that is stored instead of returned.
pub fn errcodes(api: &Api, function: &Function) -> String {
    let errcodes = function.params.iter().filter(|p| is_errcode(api, function, p));
    errcodes.map(|p| format!("  {}\n", one(&p.name, &format!("(uint64_t)(int64_t)*{}", p.name), false))).collect()
}

/// Statements that log inputs that are outputs too, whether the call succeeded or not.
pub fn changed(api: &Api, function: &Function) -> String {
    let outputs = function.params.iter().filter_map(|p| Some((p, buffer(p)?)));
    let changed = outputs.filter(|(_, b)| b.direction == Direction::InOut);
    changed.map(|(p, b)| format!("  {}\n", result(api, function, p, b))).collect()
}

/// Statements that log the outputs of a call that succeeded. For memory that the vendor fills later, it logs what it will
/// write: `rows_line` makes that statement.
pub fn results(api: &Api, function: &Function, rows_line: &dyn Fn(&Param, &Buffer) -> Option<String>) -> String {
    let outputs = function.params.iter().filter_map(|p| Some((p, buffer(p)?)));
    let files =
        files(function).map(|(name, made)| format!("  {made} log_new_file(&line, \"{name}\", *(int *){name});\n"));
    let outputs =
        outputs.filter(|(p, b)| b.direction == Direction::Out && !is_errcode(api, function, p)).map(|(p, b)| {
            let line = match until_event(function, &p.name) {
                Some(_) => rows_line(p, b),
                None => None,
            };
            format!("  {}\n", line.unwrap_or_else(|| result(api, function, p, b)))
        });
    outputs.chain(files).collect()
}

fn result(api: &Api, function: &Function, param: &Param, b: &Buffer) -> String {
    let name = &param.name;
    if let Some((of, ty, key)) = tagged(api, function) {
        let about = super::common::first_handle(function).map_or("NULL", |h| &h.name);
        if of.name == *name {
            let unknown = written_by(function, name).iter().map(|w| format!("{w} || ")).collect::<String>();
            return format!(
                "if (!{name} || {unknown}IS_VENDOR) log_answer(&line, \"{name}\", &tagged_{ty}, (int64_t){key}, seen, seen_len, {about}); \
                else log_any(&line, \"{name}\");"
            );
        }
        if written_by(function, &of.name).contains(&name.as_str()) {
            return one(name, "seen_len", true);
        }
    }
    let unasked = may_be_unasked(function, name);
    match (&b.element, &b.len) {
        (Element::New(ty), Len::One) if plan::is_new_one(b) => {
            format!("if ({name}) log_handle(&line, \"{name}\", {}, *{name}); else {}", kind(ty), absent(name, unasked))
        }
        (Element::Scalar { scalar, .. }, Len::One) => one(name, &widened(*scalar, &format!("*{name}")), unasked),
        _ => {
            let n =
                written(function, name).map_or_else(|| count(function, &b.len), |e| super::common::c_expr(function, e));
            let known: Vec<_> = written_by(function, name).iter().map(|w| format!("{w} != NULL")).collect();
            let content = content(function, name, b, &n);
            if known.is_empty() {
                return content;
            }
            format!("if (!{name} || ({})) {content} else log_any(&line, \"{name}\");", known.join(" && "))
        }
    }
}

fn one(name: &str, value: &str, unasked: bool) -> String {
    format!("if ({name}) log_int(&line, \"{name}\", {value}); else {}", absent(name, unasked))
}

fn absent(name: &str, unasked: bool) -> String {
    if unasked { format!("log_any(&line, \"{name}\");") } else { format!("log_set(&line, \"{name}\", false);") }
}

/// Statements that log the arguments of a callback.
pub fn upcall(params: &[Param]) -> String {
    let lines = params.iter().map(|p| {
        let name = &p.name;
        match &p.shape {
            Shape::Value { scalar, .. } => format!("  log_int(&line, \"{name}\", {});\n", widened(*scalar, name)),
            Shape::Handle { ty, .. } => format!("  log_handle(&line, \"{name}\", {}, {name});\n", kind(ty)),
            // Of a format and its arguments the vendor's text arrives.
            Shape::Text { .. } if plan::reports(params) => {
                let list = params.iter().find(|p| matches!(p.shape, Shape::VaList)).map_or("NULL", |p| &p.name);
                format!("  log_formatted(&line, \"{name}\", {name}, {list});\n")
            }
            Shape::Text { .. } => format!("  log_text(&line, \"{name}\", {name});\n"),
            Shape::Buffer(Buffer { len: Len::Count(crate::model::Expr::Param(n)), .. }) => {
                format!("  log_bytes(&line, \"{name}\", {name}, (uint64_t){n});\n")
            }
            _ => String::new(),
        }
    });
    lines.collect()
}
