//! The vendor's functions: they log their inputs and make up their outputs.

use std::collections::BTreeSet;

use crate::model::{Api, Buffer, Direction, Element, Expr, Function, Len, Param, Ret, Shape};
use crate::plan;

use super::arguments::kept;
use super::common::{
    buffer, c_expr, count, declarations, first_handle, is_errcode, kind, later, leads, memory_flags, ret_type, rows,
    tagged, until_event, until_released, written, written_by,
};
use super::served::{ByHand, Served};
use super::{lines, refused};
use crate::emit::names;

/// Most objects that an array of new ones gets.
const MOST_NEW: u32 = 1200;
/// Bytes that a callback is shown.
const SHOWN: u32 = 48;

pub fn emit(api: &Api, functions: &[(&Function, Served)], by_hand: &ByHand) -> String {
    let mut c =
        String::from("/* Emitted from a table: the functions of the echo vendor. */\n#define ECHO_DEFINE_TABLE\n");
    c += "#define IS_VENDOR 1\n";
    c += &super::common::preamble(api, "vendor.h");
    let is_by_hand = |f: &Function| by_hand.vendor.contains(&f.name.as_str());
    for (f, served) in functions {
        c += &match served {
            Served::Compared if !is_by_hand(f) => function(api, f),
            Served::Refused => refused::vendor(api, f),
            _ => String::new(),
        };
    }
    c += "const struct export echo_extensions[] = {\n";
    let extensions: Vec<_> =
        functions.iter().filter(|(f, s)| f.facts.extension.is_some() && *s == Served::Compared).collect();
    extensions.iter().for_each(|(f, _)| c += &format!("  {{\"{0}\", (void *){0}}},\n", f.name));
    c += &format!("  {{0}},\n}};\nconst int echo_extension_count = {};\n", extensions.len());
    if api.function_list.is_some() {
        let all: String = functions.iter().map(|(f, _)| format!("  (void *){},\n", f.name)).collect();
        c += &format!(
            "void *const echo_in_order[] = {{\n{all}}};\nconst int echo_in_order_count = {};\n",
            functions.len()
        );
    }
    c
}

fn function(api: &Api, function: &Function) -> String {
    let (name, ret) = (&function.name, ret_type(api, function));
    let mut c = callback(function).map(|(_, params)| run(function, params)).unwrap_or_default();
    c += &format!("EXPORT {ret} {name}({});\n", declarations(&function.params));
    c += &format!("EXPORT {ret} {name}({}) {{\n  entering(\"{name}\");\n", declarations(&function.params));
    c += &refusals(api, function);
    c += &special(api, function);
    c += &format!("  struct line line;\n  line_begin(&line, \"{name}\");\n");
    c += &lines::arguments(api, function);
    c += &shadows(function);
    c += &format!("  int64_t status = 0;\n  bool ok = !failing(\"{name}\", &status);\n");
    c += &answer(api, function);
    c += &match &function.ret {
        Ret::Void | Ret::Mapped { .. } | Ret::Mirror { .. } | Ret::Pointer { .. } | Ret::Struct { .. } => String::new(),
        Ret::Text { .. } => format!("  {ret} ret = ok ? job_text(echo_seed(\"{name}\", \"ret\"), 0) : NULL;\n"),
        Ret::Status { .. } => format!("  {ret} ret = ({ret})status;\n"),
        Ret::Value { .. } => format!("  {ret} ret = ok ? ({ret})echo_seed(\"{name}\", \"ret\") : 0;\n"),
        Ret::New { ty } => format!("  {ret} ret = ok ? object_new({}) : NULL;\n", kind(ty)),
    };
    let errcodes = function.params.iter().filter(|p| is_errcode(api, function, p));
    errcodes.for_each(|p| c += &format!("  if ({0}) *{0} = status;\n", p.name));
    c += &changes(api, function);
    c += &format!("  if (ok) {{\n{}  }}\n", outputs(api, function));
    c += &format!("  log_arrow(&line);\n{}{}", lines::returned(function), lines::errcodes(api, function));
    c += &lines::changed(api, function);
    let promised = |p: &Param, b: &Buffer| promise(function, p, b);
    c += &format!("  if (ok) {{\n{}  }}\n  line_end(&line);\n", lines::results(api, function, &promised));
    c += &format!("  if (ok) {{\n{}  }}\n", aftermath(api, function));
    if !matches!(function.ret, Ret::Void) {
        c += "  return ret;\n";
    }
    c + "}\n\n"
}

/// A call that the table refuses is refused natively too, and not logged.
fn refusals(api: &Api, function: &Function) -> String {
    let Some(refusal) = super::common::refusal(api, function) else { return String::new() };
    let answer = match function.ret {
        Ret::Status { .. } => "return refusal;".to_owned(),
        _ => {
            let errcodes = function.params.iter().filter(|p| is_errcode(api, function, p));
            errcodes.map(|p| format!("if ({0}) *{0} = refusal; ", p.name)).collect::<String>() + "return NULL;"
        }
    };
    format!("  int64_t refusal = {refusal};\n  if (refusal) {{ {answer} }}\n")
}

/// Statements for inputs that are outputs too, also if the call fails.
fn changes(api: &Api, function: &Function) -> String {
    let both = function.params.iter().filter_map(|p| Some((p, buffer(p)?)));
    both.filter(|(_, b)| b.direction == Direction::InOut)
        .map(|(p, b)| {
            let (name, f) = (&p.name, &function.name);
            let n = count(function, &b.len);
            let seed = format!("echo_seed(\"{f}\", \"{name}\")");
            let change = match (&b.element, counted(function, name)) {
                (Element::Struct(ty), _) if leads(api, ty) => {
                    format!("records_change({name}, {n}, &record_{ty}, {seed});")
                }
                // Without an answer, as many as it would have taken.
                (_, Some(value)) => format!("*{name} = ok ? {value} : *{name} * 2 + 7;"),
                (element, _) => {
                    format!("echo_fill({name}, {} * ({n}), {seed});", names::element_size(api, element))
                }
            };
            format!("  if ({name}) {change}\n")
        })
        .collect()
}

/// Queries that AvA makes for itself.
fn special(api: &Api, function: &Function) -> String {
    let Some((_, ty, key)) = tagged(api, function) else { return String::new() };
    let value = function.params.iter().find(|p| !written_by(function, &p.name).is_empty());
    let (Some(at), Some(value)) = (function.params.iter().position(|p| p.name == key), value) else {
        return String::new();
    };
    let Some(Buffer { len: Len::Count(Expr::Param(size)), .. }) = buffer(value) else { return String::new() };
    let detail = match at.checked_sub(1).map(|before| &function.params[before]) {
        Some(Param { shape: Shape::Value { .. }, name, .. }) => name,
        _ => "0",
    };
    let about = first_handle(function).map_or("NULL", |h| &h.name);
    let size_ret = written_by(function, &value.name)[0];
    format!(
        "  if (special(\"{0}\", (int64_t){key}, {detail}, {about}, {size}, {1}, {size_ret})) return 0;\n  \
        if (!answer_of(&tagged_{ty}, (int64_t){key})) return give_addresses({size}, {1}, {size_ret});\n",
        function.name, value.name,
    )
}

/// Outputs that hold the valid length of others exist, whether the program asked for them or not.
fn shadows(function: &Function) -> String {
    let mut c = String::new();
    let mut known = BTreeSet::new();
    for (param, _) in &function.facts.written {
        // Several outputs may have one length.
        for name in written_by(function, param).into_iter().filter(|name| known.insert(*name)) {
            let Some(p) = function.param(name) else { continue };
            let ty = p.c_type.trim_end_matches('*');
            c += &format!("  {ty}shadow_{name} = 0;\n  if (!{name}) {name} = &shadow_{name};\n");
        }
    }
    c
}

fn answer(api: &Api, function: &Function) -> String {
    let Some((param, ty, key)) = tagged(api, function) else { return String::new() };
    let about = first_handle(function).map_or("NULL", |h| &h.name);
    let size = buffer(param).map_or(String::new(), |b| count(function, &b.len));
    let size_ret = written_by(function, &param.name).first().copied().unwrap_or("NULL");
    format!(
        "  void *seen = NULL;\n  size_t seen_len = 0;\n  \
        if (ok && !answer(\"{}\", &tagged_{ty}, (int64_t){key}, {about}, {size}, {}, {size_ret}, &seen, &seen_len)) {{\n    \
        ok = false;\n    status = tagged_{ty}.otherwise;\n  }}\n",
        function.name, param.name,
    )
}

/// Statements that make up outputs: numbers first, because the lengths of arrays depend on them.
fn outputs(api: &Api, function: &Function) -> String {
    let of_tagged = tagged(api, function).map(|(p, ..)| p.name.as_str());
    let size_of_tagged = of_tagged.map(|p| written_by(function, p)).unwrap_or_default();
    let outputs = function.params.iter().filter_map(|p| Some((p, buffer(p)?))).filter(|(p, b)| {
        b.direction == Direction::Out
            && !is_errcode(api, function, p)
            && until_event(function, &p.name).is_none()
            && of_tagged != Some(&p.name)
            && !size_of_tagged.contains(&p.name.as_str())
    });
    let (ones, arrays): (Vec<_>, Vec<_>) = outputs.partition(|(_, b)| matches!(b.len, Len::One));
    let files = lines::files(function).map(|(name, made)| {
        format!("    {made} *(int *){name} = file_new(echo_seed(\"{}\", \"{name}\"));\n", function.name)
    });
    ones.into_iter()
        .chain(arrays)
        .map(|(p, b)| format!("    if ({}) {}\n", p.name, output(api, function, p, b)))
        .chain(files)
        .collect()
}

fn output(api: &Api, function: &Function, param: &Param, b: &Buffer) -> String {
    let (name, f) = (&param.name, &function.name);
    let n = written(function, name).map_or_else(|| count(function, &b.len), |e| c_expr(function, e));
    match (&b.element, &b.len) {
        (Element::New(ty), Len::One) => format!("*{name} = object_new({});", kind(ty)),
        (Element::Scalar { .. }, Len::One) => match counted(function, name) {
            Some(value) => format!("*{name} = {value};"),
            None => format!("echo_fill({name}, sizeof *{name}, echo_seed(\"{f}\", \"{name}\"));"),
        },
        (Element::New(ty), _) => {
            format!("for (uint64_t i = 0; i < {n}; i++) {name}[i] = object_new({});", kind(ty))
        }
        (Element::Text, _) => format!("*{name} = job_text(echo_seed(\"{f}\", \"{name}\"), 0);"),
        (Element::Handle(ty), _) => {
            format!("for (uint64_t i = 0; i < {n}; i++) {name}[i] = object_found({}, i);", kind(ty))
        }
        (Element::Struct(ty), _) => {
            format!("records_make({name}, {n}, &record_{ty}, echo_seed(\"{f}\", \"{name}\"));")
        }
        (element, _) => {
            let size = names::element_size(api, element);
            format!("echo_fill({name}, {size} * ({n}), echo_seed(\"{f}\", \"{name}\"));")
        }
    }
}

/// The value of an output that says how much of another counts.
fn counted(function: &Function, name: &str) -> Option<String> {
    let of_this = || function.facts.written.iter().filter(|(p, _)| written_by(function, p).contains(&name));
    let (of, e) = of_this().next()?;
    let of = function.param(of)?;
    let any: Vec<_> = of_this().map(|(p, _)| format!("{p} != NULL")).collect();
    let b = buffer(of)?;
    let n = count(function, &b.len);
    Some(match (e, &b.element) {
        (Expr::Param(_), _) => format!("answered({n}, {})", any.join(" || ")),
        (_, Element::New(_)) => format!("available(echo_min({n}, {MOST_NEW}))"),
        _ => format!("available({n})"),
    })
}

/// Memory that is filled once the command has completed.
fn promise(function: &Function, param: &Param, b: &Buffer) -> Option<String> {
    let (name, f) = (&param.name, &function.name);
    let event = until_event(function, name)?;
    Some(format!(
        "give_rows(&line, \"{name}\", {name}, {}, echo_seed(\"{f}\", \"{name}\"), {}, {event} ? *{event} : NULL);",
        rows(function, &b.len),
        later(function),
    ))
}

/// Statements after the line: callbacks, counts of references, memory that stays in use.
fn aftermath(api: &Api, function: &Function) -> String {
    let mut c = String::new();
    for param in &function.params {
        let (Some(b), Some(event)) = (buffer(param), until_event(function, &param.name)) else { continue };
        if b.direction == Direction::In {
            let (name, rows) = (&param.name, rows(function, &b.len));
            let later = later(function);
            c += &format!("    watch_rows(\"{name}\", {name}, {rows}, {later}, {event} ? *{event} : NULL);\n");
        }
    }
    let flags = memory_flags(api, function).unwrap_or("0");
    match kept(api, function) {
        Some(host) => c += &format!("    object_made_with(ret, {flags}, {host});\n"),
        None if matches!(function.ret, Ret::New { .. }) && flags != "0" => {
            c += &format!("    object_made_with(ret, {flags}, NULL);\n");
        }
        None => {}
    }
    c += &call_back(function);
    if let Some(handle) = first_handle(function) {
        let of = |verb: &str| format!("    object_{verb}({});\n", handle.name);
        c += &function.facts.retain.as_ref().map(|_| of("retain")).unwrap_or_default();
        c += &function.facts.release.as_ref().map(|_| of("release")).unwrap_or_default();
    }
    c
}

fn callback(function: &Function) -> Option<(&Param, &[Param])> {
    function.params.iter().find_map(|p| match &p.shape {
        Shape::Callback { params, .. } => Some((p, params.as_slice())),
        _ => None,
    })
}

/// Statements that have the program called back.
fn call_back(function: &Function) -> String {
    let Some((param, params)) = callback(function) else { return String::new() };
    let (f, name) = (&function.name, &param.name);
    let user_data = function.params.iter().find(|p| matches!(p.shape, Shape::UserData)).map_or("NULL", |p| &p.name);
    let handles = params.iter().enumerate().filter_map(|(i, p)| {
        let Shape::Handle { ty, .. } = &p.shape else { return None };
        let of_type = |p: &&Param| matches!(&p.shape, Shape::Handle { ty: other, .. } if other == ty);
        let handle = match &function.ret {
            Ret::New { ty: made } if made == ty => "ret",
            _ => function.params.iter().find(of_type).map_or("NULL", |p| &p.name),
        };
        Some(format!("      job.pointer[{i}] = {handle};\n"))
    });
    let kept = until_released(function, name);
    let reports = callback(function).is_some_and(|(_, params)| plan::reports(params));
    let queue = match (&function.ret, first_handle(function)) {
        // Errors are reported on the thread that calls, before its call returns.
        _ if reports => "job_now(job, 2);".to_owned(),
        (Ret::New { .. }, _) if kept => "job_queue(job, 2);".to_owned(),
        (_, Some(handle)) if kept => format!("job_at_end({}, job);", handle.name),
        _ => "job_queue(job, 1);".to_owned(),
    };
    format!(
        "    if ({name}) {{\n      \
        struct job job = {{.run = run_{f}, .function = (void *){name}, .user_data = {user_data}, .seed = echo_seed(\"{f}\", \"{name}\")}};\n\
        {}      {queue}\n    }}\n",
        handles.collect::<String>(),
    )
}

/// The function that makes up a callback's arguments and calls it.
fn run(function: &Function, params: &[Param]) -> String {
    let is_length = |name: &str| {
        params.iter().any(|p| matches!(buffer(p), Some(Buffer { len: Len::Count(Expr::Param(n)), .. }) if n == name))
    };
    let values = params.iter().enumerate().map(|(i, p)| {
        let (ty, name) = (&p.c_type, &p.name);
        match &p.shape {
            Shape::Value { .. } if is_length(name) => format!("  {ty} {name} = job->round ? 0 : {SHOWN};\n"),
            Shape::Value { .. } => format!("  {ty} {name} = ({ty})echo_mix(job->seed + {i});\n"),
            Shape::Handle { .. } => format!("  {ty} {name} = ({ty})job->pointer[{i}];\n"),
            Shape::Text { .. } => format!("  {ty} {name} = job_text(job->seed, job->round);\n"),
            Shape::UserData => format!("  {ty} {name} = job->user_data;\n"),
            Shape::VaList => String::new(),
            _ => format!(
                "  char data_{name}[{SHOWN}];\n  echo_fill(data_{name}, {SHOWN}, job->seed);\n  \
                {ty} {name} = job->round ? NULL : data_{name};\n"
            ),
        }
    });
    let (f, values) = (&function.name, values.collect::<String>());
    let args: Vec<_> = params.iter().map(|p| p.name.as_str()).collect();
    let types: Vec<_> = params.iter().map(|p| p.c_type.as_str()).collect();
    if plan::reports(params) {
        return reporting(f, params, &values, &types.join(", "), &args.join(", "));
    }
    format!(
        "static void run_{f}(const struct job *job) {{\n{values}  struct line line;\n  line_begin(&line, \"callback-{f}\");\n\
        {}  line_end(&line);\n  ((void (*)({}))job->function)({});\n}}\n\n",
        lines::upcall(params),
        types.join(", "),
        args.join(", "),
    )
}

/// The function that reports an error by a format and its arguments.
fn reporting(f: &str, params: &[Param], values: &str, types: &str, args: &str) -> String {
    let list = params.iter().find(|p| matches!(p.shape, Shape::VaList)).map_or("list", |p| &p.name);
    let format = params.iter().find(|p| matches!(p.shape, Shape::Text { .. })).map_or("format", |p| &p.name);
    format!(
        "static void report_{f}(const struct job *job, ...) {{\n{values}  {format} = job_format(job->round);\n  \
        va_list {list};\n  va_start({list}, job);\n  struct line line;\n  line_begin(&line, \"callback-{f}\");\n\
        {}  line_end(&line);\n  ((void (*)({types}))job->function)({args});\n  va_end({list});\n}}\n\
        static void run_{f}(const struct job *job) {{ report_{f}(job, JOB_ARGUMENTS); }}\n\n",
        lines::upcall(params),
    )
}
