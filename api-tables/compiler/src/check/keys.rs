//! `keys!`: values by key (`#[tag(param)]`) and lists of key and value (`#[list(end = 0, otherwise = STATUS)]`).

use super::names::{Kind, Names};
use super::{names, shapes};
use crate::attr::{self, Attr};
use crate::expr;
use crate::model::{Payload, TypeKind, Variant};
use crate::parse::Noted;
use crate::parse::groups::{Group, Keys, Name};
use crate::problem::Problems;
use proc_macro2::Span;
use syn::Type;
use syn::ext::IdentExt;
use syn::spanned::Spanned;

pub(super) const ENUM_WORDS: &[&str] = &["list", "tag"];
pub(super) const KEY_WORDS: &[&str] = &["hide", "list", "names", "paths", "refused", "version"];

/// What kind of type an enum is, by its attributes.
pub fn kind(noted: &Noted<Keys>, problems: &mut Problems) -> Kind {
    let has = |word: &str| noted.attrs.iter().any(|a| a.word == word);
    attr::once(&noted.attrs, problems);
    for attr in noted.attrs.iter().filter(|a| !ENUM_WORDS.contains(&a.word.as_str())) {
        problems
            .add(attr.span, format!("there is no attribute of an enum `{}`", attr.word), "unknown attribute")
            .near(&attr.word, ENUM_WORDS.iter().copied());
    }
    if has("tag") == has("list") {
        problems.add(noted.item.ident.span(), "an enum needs `tag` or `list`, and not both", "unclear").help(
            "`#[tag(param)]` is a value whose type depends on `param`, `#[list(end = 0, otherwise = STATUS)]` a list of key \
             and value",
        );
    }
    match has("list") {
        true => Kind::List { element: names::c_name(&noted.item.repr.to_string()).to_owned() },
        false => Kind::Tagged,
    }
}

/// Defines the keys whose value is given in place: `T: KEY = 0x1084`.
pub fn define(noted: &Noted<Keys>, names: &mut Names, problems: &mut Problems) {
    let repr = &noted.item.repr;
    for Name { ident, value } in noted.item.groups.iter().flat_map(|group| &group.names) {
        let Some(value) = value else {
            if !names.constants.contains_key(&ident.to_string()) {
                problems
                    .add(ident.span(), format!("there is no constant `{ident}`"), "unknown constant")
                    .help(format!("write `{ident} = VALUE`, or a constant if several enums have this key"));
            }
            continue;
        };
        let scalar = names.scalar(&repr.to_string(), repr.span(), problems);
        let value = expr::constant(value, names, problems);
        if let (Some(scalar), Some(value)) = (scalar, value) {
            names.define(ident, &repr.to_string(), scalar, value, problems);
        }
    }
}

/// Reads the value type of each key.
pub fn resolve(noted: &Noted<Keys>, names: &Names, problems: &mut Problems) -> Option<TypeKind> {
    let attr = |word: &str| noted.attrs.iter().find(|a| a.word == word);
    let mut variants: Vec<Variant> = Vec::new();
    for group in &noted.item.groups {
        let Some(payload) = value(group, attr("list").is_some(), names, problems) else { continue };
        for Name { ident, .. } in &group.names {
            let key = ident.to_string();
            if variants.iter().any(|v| v.key == key) {
                problems.add(ident.span(), format!("a second `{key}`"), "again");
            }
            variants.push(Variant { key, payload: payload.clone(), span: ident.span() });
        }
    }
    if let Some(list) = attr("list") {
        let [end, otherwise] = list.fields(["end", "otherwise"], problems)?;
        let (end, otherwise) =
            (expr::constant_i64(end, names, problems)?, expr::constant_i64(otherwise, names, problems)?);
        let element = noted.item.repr.to_string();
        let scalar = names.scalar(&element, noted.item.repr.span(), problems)?;
        return Some(TypeKind::List { scalar, element: names::c_name(&element).to_owned(), end, otherwise, variants });
    }
    let (tag, more) = attr("tag")?.named(problems)?;
    let otherwise = match more.known(&["otherwise"], problems)?.pop().flatten() {
        Some(status) => Some(expr::constant_i64(status, names, problems)?),
        None => None,
    };
    Some(TypeKind::Tagged { tag: tag.unraw().to_string(), otherwise, variants })
}

/// The value of all keys of a group.
fn value(group: &Group, in_list: bool, names: &Names, problems: &mut Problems) -> Option<Payload> {
    match attr::read(&group.attrs, problems).1.as_slice() {
        [] => payload(&group.ty, in_list, names, problems),
        [attr] => marked(attr, &group.ty, in_list, names, problems),
        [_, second, ..] => {
            problems.add(second.span, "a group of keys has at most one attribute", "one too many");
            None
        }
    }
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
                .help("a run of elements with its own end is `#[list(end = 0)] [T]: KEY`");
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
            .help("a value is `T` or `[T]` of a scalar, struct or handle, `[&CStr]`, a property list, `HostPtr`, `HostFlags`, `DeviceMemory`, or `References`");
        return None;
    };
    let text = name.to_string();
    if text == "HostPtr" {
        return outside(in_list, name.span(), "an address", problems).map(|()| Payload::HostPtr);
    }
    if text == "HostFlags" {
        return outside(in_list, name.span(), "a set of flags", problems).map(|()| Payload::HostFlags);
    }
    if text == "DeviceMemory" {
        return outside(in_list, name.span(), "an amount", problems).map(|()| Payload::DeviceMemory);
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
                problems.add(attr.span, "a run is `[T]: KEY` in a list", "not here");
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
