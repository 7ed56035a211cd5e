//! Emits a C file that only compiles if the table says the same as the vendor's headers: every prototype again, every
//! constant's value, every struct's layout, every scalar's size and sign.

use super::names::{self, Form};
use crate::layout;
use crate::model::{Api, Function, Param, Ret, Scalar, Shape, TypeDef, TypeKind};
use std::fmt::Write;

/// The C file. Compile it with `-fsyntax-only`; it defines nothing.
pub fn emit(api: &Api) -> String {
    let mut c = preamble(api);
    for ty in api.types.values() {
        type_def(api, ty, &mut c);
    }
    for constant in api.constants.values() {
        let (name, value) = (&constant.name, literal(constant.value));
        line(&mut c, format_args!("_Static_assert({name} == {value}, \"{name}\");"));
    }
    for function in api.functions.iter().filter(|f| !f.facts.undocumented) {
        line(&mut c, format_args!("{}", declaration(api, function)));
    }
    function_list(api, &mut c);
    c
}

/// The struct that hands out the functions has them in the order of the table, behind a word with a version.
fn function_list(api: &Api, c: &mut String) {
    let Some(list) = api.function_list.as_ref().and_then(|name| api.function(name)?.params.first()) else { return };
    for (i, function) in api.functions.iter().enumerate() {
        let (at, name) = (8 * (i + 1), &function.name);
        let offset = format!("offsetof(__typeof__(**({})0), {name})", list.c_type);
        line(c, format_args!("_Static_assert({offset} == {at}, \"{name}\");"));
    }
}

/// Only the vendor's headers, with the definitions they take: what the preprocessor makes of it is what they declare.
pub fn preamble(api: &Api) -> String {
    let mut c = String::new();
    for define in &api.defines {
        line(&mut c, format_args!("#define {}", define.replacen('=', " ", 1)));
    }
    for header in ["stdarg.h", "stddef.h", "stdint.h"].into_iter().chain(api.headers.iter().map(String::as_str)) {
        line(&mut c, format_args!("#include <{header}>"));
    }
    c
}

/// That a C header declares the function so, or in one of the forms that it has had.
fn declaration(api: &Api, function: &Function) -> String {
    let forms = names::forms(function);
    if forms.len() == 1 {
        return prototype(api, function);
    }
    let name = &function.name;
    let is = |form: &Form| {
        let types: Vec<_> = form.params(function).map(c_type).collect();
        let form = format!("{} ({})", ret(api, function), types.join(", "));
        format!("__builtin_types_compatible_p(__typeof__({name}), {form})")
    };
    let forms: Vec<_> = forms.iter().map(is).collect();
    format!("_Static_assert({}, \"{name}\");", forms.join(" || "))
}

/// The declaration that a C header has of this function.
pub fn prototype(api: &Api, function: &Function) -> String {
    format!("{} {}({});", ret(api, function), function.name, parameters(&function.params))
}

fn ret(api: &Api, function: &Function) -> String {
    match &function.ret {
        Ret::Void => "void".into(),
        Ret::New { ty } if names::is_opaque(api, ty) => format!("{ty} *"),
        Ret::Value { ty, .. } | Ret::Status { ty } | Ret::New { ty } | Ret::Struct { ty } => {
            crate::check::names::c_name(ty).into()
        }
        Ret::Text { .. } => "const char *".into(),
        Ret::Mapped { .. } => "void *".into(),
        Ret::Mirror { c_type, .. } | Ret::Pointer { c_type } => c_type.clone(),
    }
}

fn parameters(params: &[Param]) -> String {
    if params.is_empty() {
        return "void".into();
    }
    let types: Vec<String> = params.iter().map(c_type).collect();
    types.join(", ")
}

fn c_type(param: &Param) -> String {
    match &param.shape {
        Shape::Callback { params, ret, .. } => format!("{} (*)({})", ret.c_type(), parameters(params)),
        _ => param.c_type.clone(),
    }
}

fn type_def(api: &Api, ty: &TypeDef, c: &mut String) {
    let name = &ty.name;
    match &ty.kind {
        TypeKind::Scalar(scalar) | TypeKind::Status { scalar, .. } => {
            let size = scalar.size();
            let sign = if signed(*scalar) { "<" } else { ">" };
            line(c, format_args!("_Static_assert(sizeof({name}) == {size} && ({name})-1 {sign} 0, \"{name}\");"));
        }
        TypeKind::Opaque | TypeKind::Handle { opaque: true, .. } => {}
        TypeKind::Handle { .. } => {
            line(c, format_args!("_Static_assert(sizeof({name}) == sizeof(void *), \"{name}\");"));
        }
        TypeKind::Struct { fields, .. } => {
            let size = layout::size(api, name);
            line(c, format_args!("_Static_assert(sizeof({name}) == {size}, \"{name}\");"));
            for (field, offset) in fields.iter().zip(layout::offsets(api, fields)) {
                let field = &field.name;
                line(c, format_args!("_Static_assert(offsetof({name}, {field}) == {offset}, \"{name}.{field}\");"));
            }
        }
        TypeKind::Tagged { .. } => {}
        TypeKind::List { scalar, element, .. } => {
            line(c, format_args!("_Static_assert(sizeof({element}) == {}, \"{element}\");", scalar.size()));
        }
    }
}

fn signed(scalar: Scalar) -> bool {
    use Scalar::*;
    matches!(scalar, I8 | I16 | I32 | I64 | Isize | F32 | F64)
}

/// A C literal of the value; one that takes the 64th bit is unsigned.
fn literal(value: i128) -> String {
    if value > i128::from(i64::MAX) { format!("{value}ULL") } else { format!("({value})") }
}

fn line(c: &mut String, text: std::fmt::Arguments<'_>) {
    c.write_fmt(text).and_then(|()| c.write_char('\n')).expect("a string takes what is written");
}
