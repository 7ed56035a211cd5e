//! The driver's arguments: declarations of locals with the names of the parameters.

use crate::model::{Api, Buffer, Direction, Element, Expr, Fd, Function, Len, Op, Param, Payload, Shape, TypeKind};

use super::common::{buffer, c_expr, condition, count, kind, memory_flags, named, rows, tagged, until_released};
use crate::emit::names;

/// Declarations in an order in which each finds those that it depends on.
pub fn declare(api: &Api, function: &Function) -> String {
    let params = || function.params.iter().enumerate();
    let mut c = String::new();
    params().for_each(|(i, p)| c += &handle(i, p));
    params().for_each(|(i, p)| c += &value(api, function, i, p));
    params().for_each(|(i, p)| c += &plain(api, function, i, p));
    params().for_each(|(i, p)| c += &texts(function, i, p));
    params().for_each(|(_, p)| c += &arrange(function, p));
    params().for_each(|(i, p)| c += &bytes(api, function, i, p));
    c
}

fn value(api: &Api, function: &Function, i: usize, param: &Param) -> String {
    let Shape::Value { .. } = param.shape else { return String::new() };
    let (ty, name) = (&param.c_type, &param.name);
    let value = match (tagged(api, function), size(api, function, name)) {
        (Some((_, _, key)), _) if key == name => "plan->key".to_owned(),
        _ if let Some(key) = key_in(api, function, name) => key.to_string(),
        (_, Some(size)) => size,
        _ if let Some(Expr::Binary(Op::Lt, index, count)) = &function.facts.refuse_unless
            && matches!(&**index, Expr::Param(p) if p == name) =>
        {
            // What the vendor counts is asked of it, so that the index is one.
            format!("index_for(plan, {i}, (int64_t){})", c_expr(function, count))
        }
        _ => match wanted(function, name) {
            Some(wanted) => format!("value_or(plan, {i}, \"{name}\", {wanted}ULL)"),
            None => format!("value_for(plan, {i}, \"{name}\")"),
        },
    };
    format!("  {ty} {name} = ({ty}){value};\n")
}

/// A key by which something may go in.
fn key_in(api: &Api, function: &Function, name: &str) -> Option<i128> {
    function.params.iter().find_map(|p| match buffer(p)? {
        Buffer { element: Element::Tagged(ty), direction: Direction::In, .. } => {
            let TypeKind::Tagged { tag, variants, .. } = &api.types.get(ty)?.kind else { return None };
            let plain = variants.iter().find(|v| matches!(v.payload, Payload::Plain(_)))?;
            (tag == name).then(|| api.constants[&plain.key].value)
        }
        _ => None,
    })
}

/// The value of a parameter that says how long others are.
pub fn size(api: &Api, function: &Function, name: &str) -> Option<String> {
    let mut unit = None;
    for param in &function.params {
        match &param.shape {
            Shape::Texts { count, .. } if named(count).contains(&name) => return Some("size_for_texts(plan)".into()),
            Shape::Buffer(b) => match &b.len {
                Len::Count(e) if named(e).contains(&name) => {
                    if let (Element::Tagged(ty), Direction::Out) = (&b.element, b.direction) {
                        return Some(format!("size_for_answer(plan, &tagged_{ty})"));
                    }
                    unit = unit.max(Some(names::element_size(api, &b.element)));
                }
                _ => {}
            },
            _ => {}
        }
    }
    Some(format!("size_for(plan, {})", unit?))
}

/// The value that a condition compares a parameter with.
fn wanted(function: &Function, name: &str) -> Option<i128> {
    function.facts.when.iter().find_map(|(_, e)| match e {
        Expr::Binary(Op::Eq, a, b) => match (&**a, &**b) {
            (Expr::Param(p), Expr::Const(_, value) | Expr::Int(value)) if p == name => Some(*value),
            _ => None,
        },
        _ => None,
    })
}

fn handle(i: usize, param: &Param) -> String {
    let (ty, name) = (&param.c_type, &param.name);
    match &param.shape {
        Shape::Handle { ty: of, .. } => format!("  {ty} {name} = handle_for(plan, {i}, {});\n", kind(of)),
        _ => String::new(),
    }
}

/// Inputs but bytes, which may go by layouts, and texts, which go by lengths.
fn plain(api: &Api, function: &Function, i: usize, param: &Param) -> String {
    let (ty, name) = (&param.c_type, &param.name);
    let value = match &param.shape {
        Shape::Text { .. } => format!("text_for(plan, {i})"),
        Shape::UserData => format!("cookie_for(plan, {i})"),
        Shape::Struct { ty: of } => format!("*({of} *)records_for(plan, {i}, 1, &record_{of})"),
        // Its value does not matter: it is withheld.
        Shape::Pointer => format!("plan->null == {i} ? NULL : ({ty})(uintptr_t)({} + {i})", 0x7E57_0000),
        Shape::Fd(Fd { out: true, .. }) => format!("room_for(plan, {i}, sizeof(int))"),
        Shape::Fd(_) => format!("({ty})(intptr_t)file_for(plan, {i})"),
        Shape::Callback { .. } => {
            let on = &function.name;
            return format!("  {} = plan->null == {i} ? NULL : on_{on};\n", super::common::declaration(param));
        }
        Shape::Buffer(b) if b.direction != Direction::Out => {
            let n = count(function, &b.len);
            match &b.element {
                Element::Bytes | Element::Tagged(_) | Element::Text => return String::new(),
                Element::Scalar { .. } if let Some(size) = own_size(api, function, param) => {
                    format!("number_for(plan, {i}, sizeof *{name}, {size})")
                }
                Element::Scalar { scalar, .. } => format!("bytes_for(plan, {i}, {} * ({n}))", scalar.size()),
                Element::Struct(of) => format!("records_for(plan, {i}, {n}, &record_{of})"),
                Element::Handle(of) | Element::New(of) => format!("handles_for(plan, {i}, {n}, {})", kind(of)),
                Element::Property(of) => format!("list_for(plan, {i}, &list_{of})"),
            }
        }
        _ => return String::new(),
    };
    format!("  {ty} {name} = {value};\n")
}

fn texts(function: &Function, i: usize, param: &Param) -> String {
    let Shape::Texts { count, lengths, bytes, .. } = &param.shape else { return String::new() };
    let (ty, name, n) = (&param.c_type, &param.name, c_expr(function, count));
    let lengths = lengths.as_deref().unwrap_or("NULL");
    format!("  {ty} {name} = texts_for(plan, {i}, {n}, {lengths}, {bytes});\n")
}

/// Gives the parameters of a layout consistent values.
fn arrange(function: &Function, param: &Param) -> String {
    let Some(Buffer { len: Len::Layout { function: layout, args }, .. }) = buffer(param) else { return String::new() };
    let args: Vec<_> = args
        .iter()
        .map(|a| match a {
            Expr::Param(name) if matches!(function.param(name).map(|p| &p.shape), Some(Shape::Value { .. })) => {
                format!("&{name}")
            }
            Expr::Param(name) => name.clone(),
            other => c_expr(function, other),
        })
        .collect();
    format!("  arrange_{layout}(plan, {});\n", args.join(", "))
}

/// The value of a number that goes in and says how long others are.
pub fn own_size(api: &Api, function: &Function, param: &Param) -> Option<String> {
    let one = matches!(buffer(param)?, Buffer { direction: Direction::InOut, len: Len::One, .. });
    size(api, function, &param.name).filter(|_| one)
}

/// Input bytes, and room for all outputs.
fn bytes(api: &Api, function: &Function, i: usize, param: &Param) -> String {
    let (ty, name) = (&param.c_type, &param.name);
    let Some(b) = buffer(param) else { return String::new() };
    let len = capacity(api, function, b);
    match (b.direction, &b.element) {
        // A text says how long it is.
        _ if matches!(b.len, Len::Found { .. }) => format!("  {ty} {name} = text_for(plan, {i});\n"),
        (Direction::Out, _) => format!("  {ty} {name} = room_for(plan, {i}, {len});\n"),
        (_, Element::Bytes | Element::Tagged(_)) => format!("  {ty} {name} = bytes_for(plan, {i}, {len});\n"),
        _ => String::new(),
    }
}

/// Bytes that memory takes, from its pointer on.
pub fn capacity(api: &Api, function: &Function, b: &Buffer) -> String {
    match &b.len {
        Len::Layout { .. } => format!("rows_room({})", rows(function, &b.len)),
        len => format!("{} * ({})", names::element_size(api, &b.element), count(function, len)),
    }
}

/// Memory of the program that the new object uses for as long as it lives, as C; null if the call does not say so.
pub fn kept(api: &Api, function: &Function) -> Option<String> {
    let param = function.params.iter().find(|p| buffer(p).is_some() && until_released(function, &p.name))?;
    let name = &param.name;
    let rows = rows(function, &buffer(param)?.len);
    let counts = condition(function, name).unwrap_or_else(|| "true".into());
    let keeps = match memory_flags(api, function) {
        Some(flags) => format!("keeps_host_memory({flags})"),
        None => "true".into(),
    };
    Some(format!("({counts}) && {keeps} && rows_span({rows}) ? {name} : NULL"))
}
