//! Enums: values by key (`#[tag(param)]`) and lists of key and value (`#[list(end = 0)]`).

use super::names::{Kind, Names};
use super::{names, shapes};
use crate::attr::{self, Attr};
use crate::expr;
use crate::model::{Payload, TypeKind, Variant};
use crate::parse::Noted;
use crate::problem::Problems;
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, Fields, Ident, ItemEnum, Type};

pub(super) const ENUM_WORDS: &[&str] = &["list", "otherwise", "refused", "repr", "tag"];
pub(super) const KEY_WORDS: &[&str] = &["hide", "list", "names", "paths", "refused", "version"];

/// What kind of type an enum is, by its attributes.
pub fn kind(noted: &Noted<ItemEnum>, problems: &mut Problems) -> Kind {
    let has = |word: &str| noted.attrs.iter().any(|a| a.word == word);
    attr::once(&noted.attrs, problems);
    if let Some(attr) = noted.attrs.iter().find(|a| a.word == "repr") {
        attr.name(problems);
    }
    for attr in noted.attrs.iter().filter(|a| !ENUM_WORDS.contains(&a.word.as_str())) {
        problems
            .add(attr.span, format!("there is no attribute of an enum `{}`", attr.word), "unknown attribute")
            .near(&attr.word, ENUM_WORDS.iter().copied());
    }
    if has("tag") == has("list") {
        problems.add(noted.item.ident.span(), "an enum needs `tag` or `list`, and not both", "unclear").help(
            "`#[tag(param)]` is a value whose type depends on `param`, `#[list(end = 0)]` a list of key and value",
        );
    }
    match repr(noted) {
        Some(element) if has("list") => Kind::List { element: names::c_name(&element.to_string()).to_owned() },
        _ if has("list") => {
            problems
                .add(noted.item.ident.span(), "the element type of this list is missing", "without `repr`")
                .help("write `#[repr(T)]` above it, where T is the C type of one element");
            Kind::List { element: String::new() }
        }
        _ => Kind::Tagged,
    }
}

/// Defines the keys whose value is given in place: `KEY(…) = 0x1084`.
pub fn define(noted: &Noted<ItemEnum>, names: &mut Names, problems: &mut Problems) {
    let repr = repr(noted);
    for (key, value) in refused(noted).into_iter().flat_map(|(_, keys)| keys) {
        let scalar = repr.and_then(|ty| names.scalar(&ty.to_string(), ty.span(), problems));
        let value = expr::constant(value, names, problems);
        if let (Some(ty), Some(scalar), Some(value)) = (repr, scalar, value) {
            names.define(key, &ty.to_string(), scalar, value, problems);
        }
    }
    for variant in &noted.item.variants {
        let Some((_, value)) = &variant.discriminant else {
            let key = variant.ident.to_string();
            if !names.constants.contains_key(&key) {
                problems
                    .add(variant.ident.span(), format!("there is no constant `{key}`"), "unknown constant")
                    .help(format!("write `{key}(…) = VALUE`, or a `const` if several enums have this key"));
            }
            continue;
        };
        let Some(ty) = repr else {
            problems
                .add(variant.ident.span(), "the type of this key is missing", "without `repr`")
                .help("write `#[repr(T)]` above the enum, where T is the C type of its keys");
            return;
        };
        let scalar = names.scalar(&ty.to_string(), ty.span(), problems);
        let value = expr::constant(value, names, problems);
        if let (Some(scalar), Some(value)) = (scalar, value) {
            names.define(&variant.ident, &ty.to_string(), scalar, value, problems);
        }
    }
}

/// Reads the value type of each key.
pub fn resolve(noted: &Noted<ItemEnum>, names: &Names, problems: &mut Problems) -> Option<TypeKind> {
    let attr = |word: &str| noted.attrs.iter().find(|a| a.word == word);
    let in_list = attr("list").is_some();
    let mut variants: Vec<Variant> = Vec::new();
    for variant in &noted.item.variants {
        let Some(variant) = key(variant, in_list, names, problems) else {
            continue;
        };
        if variants.iter().any(|v| v.key == variant.key) {
            problems.add(variant.span, format!("a second `{}`", variant.key), "again");
        }
        variants.push(variant);
    }
    if let Some((status, keys)) = refused(noted) {
        let status = expr::constant_i64(status, names, problems)?;
        let refused = |(key, _): (&Ident, _)| Variant {
            key: key.to_string(),
            payload: Payload::Refused(status),
            span: key.span(),
        };
        variants.extend(keys.into_iter().map(refused));
    } else if let Some(attr) = attr("refused") {
        problems
            .add(attr.span, "`refused` takes a status, and the keys that are answered with it", "not these")
            .help("write `#[refused(STATUS, KEY = VALUE, …)]`");
    }
    let otherwise = match attr("otherwise") {
        Some(attr) => Some(expr::constant_i64(attr.only(problems)?, names, problems)?),
        None => None,
    };
    if let Some(list) = attr("list") {
        let [end] = list.fields(["end"], problems)?;
        let end = expr::constant_i64(end, names, problems)?;
        let Some(otherwise) = otherwise else {
            problems
                .add(list.span, "nothing says what becomes of other keys", "without `otherwise`")
                .help("write `#[otherwise(STATUS)]`: with what a call fails that uses a key which is not listed");
            return None;
        };
        let element = repr(noted)?;
        let scalar = names.scalar(&element.to_string(), element.span(), problems)?;
        let element = names::c_name(&element.to_string()).to_owned();
        return Some(TypeKind::List { scalar, element, end, otherwise, variants });
    }
    let tag = attr("tag")?.name(problems)?.unraw().to_string();
    Some(TypeKind::Tagged { tag, otherwise, variants })
}

/// `#[refused(STATUS, KEY = VALUE, …)]`: many keys that are refused with a status.
fn refused(noted: &Noted<ItemEnum>) -> Option<(&Expr, Vec<(&Ident, &Expr)>)> {
    let attr = noted.attrs.iter().find(|a| a.word == "refused")?;
    let (status, keys) = attr.args.split_first()?;
    fn pair(arg: &Expr) -> Option<(&Ident, &Expr)> {
        match arg {
            Expr::Assign(assign) => Some((attr::ident(&assign.left)?, &assign.right)),
            _ => None,
        }
    }
    keys.iter().map(pair).collect::<Option<Vec<_>>>().map(|keys| (status, keys))
}

fn repr(noted: &Noted<ItemEnum>) -> Option<&Ident> {
    let repr = noted.attrs.iter().find(|a| a.word == "repr")?;
    repr.args.first().and_then(attr::ident)
}

fn key(variant: &syn::Variant, in_list: bool, names: &Names, problems: &mut Problems) -> Option<Variant> {
    let (name, span) = (variant.ident.to_string(), variant.ident.span());
    let attrs = attr::read(&variant.attrs, problems).1;
    let Fields::Unnamed(fields) = &variant.fields else {
        problems.add(span, format!("`{name}` says nothing about its value"), "without a value").help("write `KEY(T)`");
        return None;
    };
    let Some(ty) = fields.unnamed.first().map(|f| &f.ty).filter(|_| fields.unnamed.len() == 1) else {
        problems.add(fields.span(), "a key has one value", format!("has {}", fields.unnamed.len()));
        return None;
    };
    let payload = match attrs.as_slice() {
        [] => payload(ty, in_list, names, problems)?,
        [attr] => marked(attr, ty, in_list, names, problems)?,
        [_, second, ..] => {
            problems.add(second.span, "a key has at most one attribute", "one too many");
            return None;
        }
    };
    Some(Variant { key: name, payload, span })
}

/// A value without an attribute: its type says how it is handled.
fn payload(ty: &Type, in_list: bool, names: &Names, problems: &mut Problems) -> Option<Payload> {
    if let Type::Slice(slice) = ty
        && let Type::Reference(text) = &*slice.elem
        && shapes::name(&text.elem).is_some_and(|name| name == "CStr")
    {
        return outside(in_list, ty.span(), "an array of texts", problems).map(|()| Payload::Texts);
    }
    if let Type::Slice(slice) = ty
        && let Some(element) = shapes::name(&slice.elem)
    {
        let text = element.to_string();
        if in_list {
            problems
                .add(ty.span(), "a value in a list is one element", "several")
                .help("a run of elements with its own end is `#[list(end = 0)] KEY([T])`");
            return None;
        }
        return Some(match names.kind(&text, element.span(), problems)? {
            Kind::Handle => Payload::Handles(text),
            _ => Payload::Plain(format!("[{text}]")),
        });
    }
    let Some(name) = shapes::name(ty) else {
        problems
            .add(ty.span(), "this is not a value of a key", "not a value")
            .help("a value is `T` or `[T]` of a scalar, struct or handle, `[&CStr]`, a property list, `HostPtr`, `HostFlags`, or `References`");
        return None;
    };
    let text = name.to_string();
    if text == "HostPtr" {
        return outside(in_list, name.span(), "an address", problems).map(|()| Payload::HostPtr);
    }
    if text == "HostFlags" {
        return outside(in_list, name.span(), "a set of flags", problems).map(|()| Payload::HostFlags);
    }
    if text == "References" {
        return outside(in_list, name.span(), "a count", problems).map(|()| Payload::References);
    }
    match names.kind(&text, name.span(), problems)? {
        Kind::Handle => Some(Payload::Handle(text)),
        Kind::List { .. } => outside(in_list, name.span(), "a list", problems).map(|()| Payload::List(text)),
        Kind::Scalar(_) | Kind::Status(_) | Kind::Struct => Some(Payload::Plain(text)),
        Kind::Tagged | Kind::Address | Kind::Opaque | Kind::Pointee | Kind::Mirror { .. } => {
            problems
                .add(name.span(), format!("`{text}` cannot be the value of a key"), "not a value")
                .help("mark a key that must not cross `#[refused(STATUS)]`");
            None
        }
    }
}

/// A value with an attribute, which says how it is handled.
fn marked(attr: &Attr, ty: &Type, in_list: bool, names: &Names, problems: &mut Problems) -> Option<Payload> {
    let element = match ty {
        Type::Slice(slice) => shapes::name(&slice.elem),
        other => shapes::name(other),
    };
    let Some(element) = element else {
        problems.add(ty.span(), "this is not a value of a key", "not a value").help("write `T` or `[T]`");
        return None;
    };
    let text = element.to_string();
    let slice = matches!(ty, Type::Slice(_));
    match attr.word.as_str() {
        "hide" => {
            outside(in_list, attr.span, "`hide`", problems)?;
            let bits = expr::constant(attr.only(problems)?, names, problems)?;
            Some(Payload::Hidden { scalar: names.scalar(&text, element.span(), problems)?, bits })
        }
        "paths" => {
            attr.flag(problems);
            outside(in_list, attr.span, "a text", problems)?;
            if text != "c_char" || !slice {
                problems.add(ty.span(), "`paths` is about a text", "not `[c_char]`");
                return None;
            }
            Some(Payload::Paths)
        }
        "names" => {
            attr.flag(problems);
            outside(in_list, attr.span, "`names`", problems)?;
            if text == "c_char" {
                return Some(Payload::Names);
            }
            match names.kind(&text, element.span(), problems)? {
                Kind::Struct => Some(Payload::NameVersions(text)),
                _ => {
                    problems.add(ty.span(), "names are `[c_char]`, or structs that end with a name", "neither");
                    None
                }
            }
        }
        "version" => {
            attr.flag(problems);
            outside(in_list, attr.span, "`version`", problems)?;
            match names.kind(&text, element.span(), problems)? {
                Kind::Scalar(_) if slice => Some(Payload::VersionText),
                Kind::Scalar(_) => Some(Payload::VersionNumber),
                Kind::Struct if slice => Some(Payload::VersionNumbers(text)),
                _ => {
                    let message = "a version is `[c_char]`, a number, or structs that begin with one";
                    problems.add(ty.span(), message, "not a version");
                    None
                }
            }
        }
        "list" => {
            let [end] = attr.fields(["end"], problems)?;
            names.scalar(&text, element.span(), problems)?;
            if !in_list || !slice {
                problems.add(attr.span, "a run is `KEY([T])` in a list", "not here");
                return None;
            }
            Some(Payload::Run { end: expr::constant_i64(end, names, problems)? })
        }
        "refused" => {
            if text != "c_void" {
                names.kind(&text, element.span(), problems)?;
            }
            Some(Payload::Refused(expr::constant_i64(attr.only(problems)?, names, problems)?))
        }
        word => {
            let message = format!("there is no attribute of a key `{word}`");
            problems.add(attr.span, message, "unknown attribute").near(word, KEY_WORDS.iter().copied());
            None
        }
    }
}

/// Some values are only answers to queries, and not allowed in a list.
fn outside(in_list: bool, at: Span, what: &str, problems: &mut Problems) -> Option<()> {
    if in_list {
        problems.add(at, format!("{what} is not allowed in a list"), "not here");
        return None;
    }
    Some(())
}
