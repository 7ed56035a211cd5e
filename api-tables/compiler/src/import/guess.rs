//! Shapes and facts, guessed from C types and the names of parameters.

use super::c::{CParam, CParamType, CType, Prototype};
use crate::check::names;
use crate::model::{Api, TypeKind};

/// A drafted entry.
pub struct Guess {
    pub params: Vec<(String, String)>,
    pub ret: Option<String>,
    pub facts: Vec<String>,
    /// What a person has to look at.
    pub notes: Vec<String>,
}

/// Drafts one function.
pub fn function(prototype: &Prototype, api: &Api) -> Guess {
    let mut notes = Vec::new();
    let params = prototype
        .params
        .iter()
        .map(|param| (rust_name(&param.name), shape(param, &prototype.params, api, &mut notes)))
        .collect();
    let ret = match (&prototype.ret, handle(&prototype.ret.base, api)) {
        (CType { base, pointers: 0, .. }, _) if base == "void" => None,
        (CType { base, pointers: 0, .. }, true) => Some(format!("New<{base}>")),
        (CType { pointers: 0, .. }, false) => Some(rust_type(&prototype.ret.base)),
        (ty, _) => {
            notes.push("Draft: it returns an address, which cannot cross.".to_owned());
            Some(pointer(ty))
        }
    };
    Guess { params, ret, facts: facts(prototype, api), notes }
}

/// The C types of a prototype that neither the table nor the language knows.
pub fn unknown_types<'a>(prototype: &'a Prototype, api: &Api) -> Vec<&'a str> {
    fn bases<'a>(params: &'a [CParam], all: &mut Vec<&'a str>) {
        for param in params {
            match &param.ty {
                CParamType::Plain(ty) => all.push(&ty.base),
                CParamType::Callback(ret, params) => {
                    all.push(&ret.base);
                    bases(params, all);
                }
            }
        }
    }
    let mut all = vec![prototype.ret.base.as_str()];
    bases(&prototype.params, &mut all);
    all.retain(|base| !api.types.contains_key(*base) && names::from_c(base).is_none());
    all
}

fn facts(prototype: &Prototype, api: &Api) -> Vec<String> {
    let mut facts = Vec::new();
    if let [CParam { ty: CParamType::Plain(CType { base, pointers: 0, .. }), .. }] = prototype.params.as_slice()
        && handle(base, api)
    {
        let name = prototype.name.to_lowercase();
        for (part, fact) in [("retain", "retain"), ("release", "release"), ("destroy", "release")] {
            if name.contains(part) {
                facts.push(format!("{fact}({base})"));
            }
        }
    }
    let has = |name: &str| prototype.params.iter().any(|p| p.name == name);
    for param in &prototype.params {
        let written = format!("{}_size_ret", param.name);
        if has(&written) {
            facts.push(format!("written({} = {written})", param.name));
        }
    }
    facts
}

/// `const T *` goes in, `T *` comes out, a known handle is one, and a count next to a pointer is its length.
fn shape(param: &CParam, all: &[CParam], api: &Api, notes: &mut Vec<String>) -> String {
    let ty = match &param.ty {
        CParamType::Callback(ret, params) => return callback(ret, params, api, notes),
        CParamType::Plain(ty) => ty,
    };
    let (base, element) = (ty.base.as_str(), rust_type(&ty.base));
    if ty.pointers == 0 {
        return element;
    }
    if base == "void" && !ty.constant && ty.pointers == 1 && is_user_data(&param.name, all) {
        return "UserData".into();
    }
    if base == "char" && ty.constant && ty.pointers == 1 {
        return "&CStr".into();
    }
    let length = length(param, all);
    if base == "char" && ty.constant && ty.pointers == 2 && length.is_some() {
        return format!("In<[&CStr; {}]>", length.unwrap_or_default());
    }
    if ty.pointers > 1 || (base == "void" && length.is_none()) {
        notes.push(format!("Draft: `{}` is an address, and nothing says what it leads to.", param.name));
        return pointer(ty);
    }
    let element = if handle(base, api) && !ty.constant { format!("New<{element}>") } else { element };
    match (ty.constant, length) {
        (true, Some(n)) => format!("&[{element}; {n}]"),
        (true, None) => format!("&{element}"),
        (false, Some(n)) => format!("Out<[{element}; {n}]>"),
        (false, None) => format!("Out<{element}>"),
    }
}

fn callback(ret: &CType, params: &[CParam], api: &Api, notes: &mut Vec<String>) -> String {
    let last = params.len().saturating_sub(1);
    let params: Vec<String> = params
        .iter()
        .enumerate()
        .map(|(i, param)| match &param.ty {
            CParamType::Plain(CType { base, constant: false, pointers: 1 }) if base == "void" && i == last => {
                format!("{}: UserData", rust_name(&param.name))
            }
            _ => format!("{}: {}", rust_name(&param.name), shape(param, params, api, notes)),
        })
        .collect();
    let ret = match ret {
        CType { base, pointers: 0, .. } if base == "void" => String::new(),
        CType { base, pointers: 0, .. } => format!(" -> {}", rust_type(base)),
        ty => format!(" -> {}", pointer(ty)),
    };
    format!("fn({}){ret}", params.join(", "))
}

/// `num_devices, devices`; `size, data` where the data is bytes and there is one size.
fn length(param: &CParam, all: &[CParam]) -> Option<String> {
    let integer = |p: &CParam| matches!(&p.ty, CParamType::Plain(CType { pointers: 0, .. }));
    let name = param.name.as_str();
    let pairs = [
        format!("num_{name}"),
        format!("n_{name}"),
        format!("{name}_count"),
        format!("{name}_size"),
        format!("{name}_length"),
        format!("num_{}s", name.trim_end_matches("_list")),
        format!("num_events_in_{}", name.trim_start_matches("event_")),
    ];
    if let Some(found) = all.iter().find(|p| integer(p) && pairs.contains(&p.name)) {
        return Some(found.name.clone());
    }
    let CParamType::Plain(CType { base, pointers: 1, .. }) = &param.ty else {
        return None;
    };
    let sizes: Vec<&CParam> =
        all.iter().filter(|p| integer(p) && matches!(p.name.as_str(), "size" | "cb" | "length" | "count")).collect();
    match sizes.as_slice() {
        [size] if base == "void" => Some(size.name.clone()),
        _ => None,
    }
}

/// The pointer that a callback of the same function gets back.
fn is_user_data(name: &str, all: &[CParam]) -> bool {
    let callback = all.iter().any(|p| matches!(p.ty, CParamType::Callback(..)));
    callback && matches!(name, "user_data" | "userData" | "userdata" | "data" | "arg" | "context" | "opaque")
}

fn pointer(ty: &CType) -> String {
    let innermost = if ty.constant { "*const " } else { "*mut " };
    format!("{}{innermost}{}", "*mut ".repeat(ty.pointers.saturating_sub(1)), rust_type(&ty.base))
}

fn rust_type(base: &str) -> String {
    names::from_c(base).unwrap_or(base).to_owned()
}

/// Parameters may be called what Rust does not allow.
fn rust_name(name: &str) -> String {
    if syn::parse_str::<syn::Ident>(name).is_ok() { name.to_owned() } else { format!("{name}_") }
}

fn handle(base: &str, api: &Api) -> bool {
    matches!(api.types.get(base).map(|t| &t.kind), Some(TypeKind::Handle { .. }))
}
