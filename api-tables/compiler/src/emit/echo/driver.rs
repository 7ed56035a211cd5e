//! The driver's calls: one function each, which makes arguments, calls, logs and checks.

use crate::check::names::c_name;
use crate::model::{Api, Buffer, Direction, Element, Fd, Function, Len, Param, Ret, Shape, TypeKind};
use crate::plan::{self, Success};

use super::arguments::{declare, kept, own_size, size};
use super::common::{
    buffer, c_expr, count, declarations, first_handle, is_errcode, kind, later, leading, list, ret_type, rows, tagged,
    until_event, until_released, written, written_by,
};
use super::served::{ByHand, Served};
use super::{lines, refused};
use crate::emit::names;

pub fn emit(api: &Api, functions: &[(&Function, Served)], by_hand: &ByHand) -> String {
    let mut c =
        String::from("/* Emitted from a table: the calls of the echo vendor's driver. */\n#define ECHO_DEFINE_TABLE\n");
    c += "#define IS_VENDOR 0\n";
    c += &super::common::preamble(api, "driver.h");
    for (f, served) in functions {
        let declarations = declarations(&f.params);
        if *served == Served::Compared {
            c += &format!("{} (*p_{})({declarations});\n", ret_type(api, f), f.name);
        }
    }
    let (mut bodies, mut table) = (String::new(), String::new());
    for (f, served) in functions {
        let is_by_hand = by_hand.driver.contains(&f.name.as_str());
        bodies += &match served {
            Served::Compared if is_by_hand => String::new(),
            Served::Compared => function(api, f),
            Served::Refused => refused::driver(api, f),
            // Whatever its type: it is found, and by hand it may be called.
            Served::Local => format!("void *p_{};\n", f.name),
        };
        table += &row(api, f, *served, *served != Served::Local && !is_by_hand);
    }
    c += &format!("{bodies}const struct function echo_functions[] = {{\n{table}");
    c + &format!("  {{0}},\n}};\nconst int echo_function_count = {};\n", functions.len())
}

fn function(api: &Api, function: &Function) -> String {
    let (name, ret) = (&function.name, ret_type(api, function));
    let mut c = String::new();
    function.params.iter().for_each(|p| c += &on(function, p));
    c += &format!("static void call_{name}(struct plan *plan) {{\n{}", declare(api, function));
    c += &format!("  struct line line;\n  line_begin(&line, \"{name}\");\n{}", lines::arguments(api, function));
    let refusal = super::common::refusal(api, function);
    if let Some(refusal) = &refusal {
        // What the structs say may be changed by the call.
        c += &format!("  int64_t refusal = {refusal};\n");
    }
    let args: Vec<_> = function.params.iter().map(|p| p.name.as_str()).collect();
    let result = if matches!(function.ret, Ret::Void) { String::new() } else { format!("{ret} ret = ") };
    c += &format!("  arm(plan);\n  {result}p_{name}({});\n  disarm(plan);\n", args.join(", "));
    c += &null_call(api, function);
    c += &outcome(api, function);
    c += &refusal.map(|_| refused_call(function)).unwrap_or_default();
    c += &unlisted(api, function);
    c += &format!("  check_status(plan, status);\n  if (ok) {{\n{}  }}\n", learn(api, function));
    c += &seen(api, function);
    c += &format!("  log_arrow(&line);\n{}{}", lines::returned(function), lines::errcodes(api, function));
    c += &lines::changed(api, function);
    c += &format!("  if (ok) {{\n{}  }}\n  line_end(&line);\n", lines::results(api, function, &|_, _| None));
    c += &checks(api, function);
    c += &format!("  if (ok) {{\n{}  }}\n", aftermath(api, function));
    c + &format!("  call_end({});\n}}\n\n", kept(api, function).is_some())
}

/// The program's callback.
fn on(function: &Function, param: &Param) -> String {
    let Shape::Callback { params, .. } = &param.shape else { return String::new() };
    let name = &function.name;
    let user_data = params.iter().find(|p| matches!(p.shape, Shape::UserData)).map_or("NULL", |p| &p.name);
    // It may come before the call has returned what it is about.
    let early = params.iter().filter_map(|p| match (&p.shape, &function.ret) {
        (Shape::Handle { ty, .. }, Ret::New { ty: made }) if ty == made => {
            Some(format!("  made_soon({}, {});\n", kind(ty), p.name))
        }
        _ => None,
    });
    format!(
        "static void on_{name}({}) {{\n  callback_lock();\n{}  struct line line;\n  line_begin(&line, \"callback-{name}\");\n\
        {}  line_end(&line);\n  cookie_came(\"{name}\", {user_data});\n  callback_unlock();\n}}\n",
        declarations(params),
        early.collect::<String>(),
        lines::upcall(params),
    )
}

/// `status` and `ok`.
fn outcome(api: &Api, function: &Function) -> String {
    match &function.ret {
        Ret::Status { .. } => {
            let Success::Status { ok, .. } = plan::success(api, function) else { unreachable!("it returns one") };
            format!("  int64_t status = (int64_t)ret;\n  bool ok = status == {ok};\n")
        }
        Ret::New { .. } => {
            let errcode = function.params.iter().find(|p| is_errcode(api, function, p));
            let stored = errcode.map_or("plan->fail".into(), |p| format!("{0} ? *{0} : plan->fail", p.name));
            format!("  int64_t status = {stored};\n  bool ok = ret != NULL;\n")
        }
        _ => "  int64_t status = plan->fail;\n  bool ok = !plan->fail;\n".into(),
    }
}

/// A property or a struct that the table refuses.
fn refused_call(function: &Function) -> String {
    let made = if matches!(function.ret, Ret::New { .. }) { "ret" } else { "NULL" };
    format!(
        "  if (plan->refuse) {{\n    line_drop(&line);\n    check_refused(plan, refusal, status, {made});\n    \
        call_end(false);\n    return;\n  }}\n"
    )
}

/// A key that the table does not list is refused, whatever the vendor would answer, and nothing is written down.
fn unlisted(api: &Api, function: &Function) -> String {
    let Some((param, ty, _)) = tagged(api, function) else { return String::new() };
    format!(
        "  if (plan->unlisted) {{\n    line_drop(&line);\n    \
        check_unlisted(plan, &tagged_{ty}, status, {});\n    call_end(false);\n    return;\n  }}\n",
        param.name
    )
}

/// Statements that take note of handles, and wait for the command.
fn learn(api: &Api, function: &Function) -> String {
    let mut c = String::new();
    if let Ret::New { ty } = &function.ret {
        c += &format!("    made({}, ret);\n", kind(ty));
    }
    for (p, b) in function.params.iter().filter_map(|p| Some((p, buffer(p)?))) {
        let name = &p.name;
        let n = elements(api, function, p, b);
        c += &match (&b.element, b.direction) {
            (_, Direction::In) => continue,
            (Element::New(ty), _) if plan::is_new_one(b) => format!("    if ({name}) made({}, *{name});\n", kind(ty)),
            (Element::New(ty), _) => {
                format!("    for (uint64_t i = 0; {name} && i < {n}; i++) made({}, {name}[i]);\n", kind(ty))
            }
            (Element::Handle(ty), _) => {
                format!("    for (uint64_t i = 0; {name} && i < {n}; i++) found({}, {name}[i]);\n", kind(ty))
            }
            _ => continue,
        };
    }
    if let Some(event) = function.params.iter().find_map(|p| until_event(function, &p.name)) {
        let queue = first_handle(function).map_or("NULL", |h| &h.name);
        c += &format!("    if ({}) settle({event} ? *{event} : NULL, {queue});\n", later(function));
    }
    c
}

/// How many elements of an output came, as far as the call tells.
fn elements(api: &Api, function: &Function, param: &Param, b: &Buffer) -> String {
    let name = &param.name;
    let all = count(function, &b.len);
    let Some(written) = written(function, name) else { return all };
    let known: Vec<_> = written_by(function, name).iter().map(|w| format!("{w} != NULL")).collect();
    let otherwise = match b.element {
        Element::New(_) | Element::Handle(_) => {
            format!("touched({name}, {all}, {})", names::element_size(api, &b.element))
        }
        _ => all,
    };
    format!("({} ? {} : {otherwise})", known.join(" && "), c_expr(function, written))
}

/// What the lines of an answer by key go by.
fn seen(api: &Api, function: &Function) -> String {
    let Some((param, ..)) = tagged(api, function) else { return String::new() };
    let len = match written_by(function, &param.name).first() {
        Some(size_ret) => format!("ok && {size_ret} ? *{size_ret} : 0"),
        None => "0".into(),
    };
    format!("  const void *seen = {};\n  size_t seen_len = {len};\n", param.name)
}

/// Statements that check that nothing else was written.
fn checks(api: &Api, function: &Function) -> String {
    let outputs = function.params.iter().filter_map(|p| Some((p, buffer(p)?)));
    outputs
        .filter(|(_, b)| b.direction == Direction::Out)
        .map(|(p, b)| {
            let name = &p.name;
            if is_errcode(api, function, p) {
                return format!("  check_room(plan, {name}, sizeof *{name});\n");
            }
            if matches!(b.len, Len::Layout { .. }) {
                let rows = rows(function, &b.len);
                return format!("  if (ok) check_rows(plan, {name}, {rows}); else check_room(plan, {name}, 0);\n");
            }
            let size = names::element_size(api, &b.element);
            let n = elements(api, function, p, b);
            // An answer whose length the program did not ask for may have filled the room.
            format!("  check_room(plan, {name}, ok && {name} ? {size} * ({n}) : 0);\n")
        })
        .collect()
}

fn aftermath(api: &Api, function: &Function) -> String {
    let mut c = String::new();
    if let Some(host) = kept(api, function) {
        c += &format!("    made_with(ret, {host});\n");
    }
    if let Some(callback) = lines::callback(function) {
        let user_data = function.params.iter().find(|p| matches!(p.shape, Shape::UserData)).map_or("NULL", |p| &p.name);
        let kept = until_released(function, callback);
        let reports = matches!(&function.param(callback).map(|p| &p.shape),
            Some(Shape::Callback { params, .. }) if plan::reports(params));
        let times = match (&function.ret, first_handle(function)) {
            _ if reports => "2, false".to_owned(),
            (Ret::New { .. }, _) if kept => "2, false".to_owned(),
            (_, Some(handle)) if kept => format!("{} != NULL, true", handle.name),
            _ => "1, false".to_owned(),
        };
        c += &format!("    if ({callback}) cookie_expects(plan, {user_data}, {times});\n");
    }
    lines::files(function).for_each(|(name, made)| c += &format!("    {made} file_close(*(int *){name});\n"));
    if let Some(handle) = first_handle(function) {
        let verb = match &function.facts {
            f if f.retain.is_some() => "retained",
            f if f.release.is_some() => "released",
            _ => return c,
        };
        c += &format!("    {verb}({});\n", handle.name);
    }
    c
}

/// A function's row in the driver's table; the driver calls what is `called`.
fn row(api: &Api, function: &Function, served: Served, called: bool) -> String {
    let name = &function.name;
    let pointers: String = function.params.iter().map(|p| pointer(api, function, p)).collect();
    let tagged = tagged(api, function).map_or("NULL".into(), |(_, ty, _)| format!("&tagged_{ty}"));
    let list = list(function).map_or("NULL".into(), |(_, ty)| format!("&list_{ty}"));
    let record = leading(api, function).map_or("NULL".into(), |(_, _, ty)| format!("&record_{ty}"));
    let (mut needs, mut makes, mut finds) = (Vec::new(), Vec::new(), Vec::new());
    if let Ret::New { ty } = &function.ret {
        makes.push(ty);
    }
    for param in &function.params {
        match &param.shape {
            Shape::Handle { ty, null: false } => needs.push(ty),
            Shape::Buffer(b) => match (&b.element, b.direction) {
                (Element::New(ty), _) => makes.push(ty),
                (Element::Handle(ty), Direction::In) => needs.push(ty),
                (Element::Handle(ty), _) => finds.push(ty),
                _ => {}
            },
            _ => {}
        }
    }
    // What it makes it cannot need: a wait list of events may be short.
    needs.retain(|ty| !makes.contains(ty) && !finds.contains(ty));
    let set = |types: Vec<&String>| {
        types.iter().map(|ty| format!("1ul << {}", kind(ty))).chain(["0".into()]).collect::<Vec<_>>().join(" | ")
    };
    let of = |ty: &Option<String>| ty.as_deref().map_or("0".into(), kind);
    let served = match served {
        Served::Compared => "COMPARED",
        Served::Refused => "REFUSED",
        Served::Local => "LOCAL",
    };
    let call = if called { format!("call_{name}") } else { "NULL".into() };
    let beside = function.facts.beside.is_some();
    format!(
        "  {{\"{name}\", {served}, {call}, (void **)&p_{name}, {}, {beside}, {}, {}, \"{pointers}\", {tagged}, {list}, \
        {record}, {}, {}, {}, {}, {}}},\n",
        function.facts.extension.is_some(),
        !matches!(function.ret, Ret::Void | Ret::Text { null: false }),
        function.params.len(),
        set(needs),
        set(makes),
        set(finds),
        of(&function.facts.retain),
        of(&function.facts.release),
    )
}

/// A handle that is refused where it is null, with that status.
fn needed(api: &Api, param: &Param) -> Option<i64> {
    let Shape::Handle { ty, null: false } = &param.shape else { return None };
    match &api.types.get(ty)?.kind {
        TypeKind::Handle { opaque: true, invalid, .. } => Some(*invalid),
        _ => None,
    }
}

/// A null handle that is not allowed never reaches the vendor.
fn null_call(api: &Api, function: &Function) -> String {
    let needed = function.params.iter().enumerate().filter_map(|(i, p)| Some((i, needed(api, p)?)));
    let right = |invalid: i64| match &function.ret {
        Ret::Status { ty } => format!("ret == ({}){invalid}", c_name(ty)),
        Ret::Void => "true".into(),
        Ret::Text { null: false } => "ret && !*ret".into(),
        _ => "ret == 0".into(),
    };
    needed
        .map(|(i, invalid)| {
            format!(
                "  if (plan->null == {i}) {{\n    line_drop(&line);\n    check_null(plan, {});\n    call_end(false);\n    \
                return;\n  }}\n",
                right(invalid)
            )
        })
        .collect()
}

/// Whether a parameter may be null, and whether it says how long others are.
fn pointer(api: &Api, function: &Function, param: &Param) -> char {
    match &param.shape {
        Shape::Value { .. } if size(api, function, &param.name).is_some() => 's',
        Shape::Value { .. } | Shape::Struct { .. } | Shape::Fd(Fd { out: false, .. }) => '.',
        _ if needed(api, param).is_some() => 'r',
        _ if own_size(api, function, param).is_some() => 'b',
        Shape::Text { .. } | Shape::Buffer(Buffer { len: Len::Layout { .. } | Len::Found { .. }, .. }) => 'l',
        _ => 'p',
    }
}
