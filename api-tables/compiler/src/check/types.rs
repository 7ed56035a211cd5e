//! The types of a table: scalars, statuses, handles, structs, values by key and property lists.

use super::names::{Kind, Names};
use super::{events, in_place, keys, kinds, pixels, says, shapes};
use crate::attr::Attr;
use crate::expr;
use crate::model::{Element, Field, FieldShape, Memory, Mirror, Pointee, Scalar, TypeDef, TypeKind};
use crate::parse::{Noted, Table};
use crate::problem::Problems;
use indexmap::IndexMap;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Expr, ItemStruct, ItemType, Type};

pub(super) const TYPE_WORDS: &[&str] = &["event", "handle", "memory", "pixels", "status"];
pub(super) const STRUCT_WORDS: &[&str] = &["mirror", "params", "says"];

/// Declares every type name, so that types can use each other in any order.
pub fn declare(table: &Table, names: &mut Names, problems: &mut Problems) {
    for noted in &table.types {
        let item = &noted.item;
        let is = |word: &str| noted.attrs.iter().any(|a| a.word == word);
        let mirror = shapes::name(&item.ty).filter(|name| mirrors(table).any(|mirror| mirror == *name));
        let kind = match &*item.ty {
            _ if mirror.is_some() => mirror.map(|of| Kind::Mirror { of: of.to_string() }),
            Type::Ptr(_) => Some(Kind::Address),
            ty if shapes::name(ty).is_some_and(|n| n == "Handle") => Some(Kind::Handle),
            ty if shapes::name(ty).is_some_and(|n| n == "Opaque") => {
                Some(if is("handle") { Kind::Pointee } else { Kind::Opaque })
            }
            ty => alias(ty, names, problems).map(|s| if is("status") { Kind::Status(s) } else { Kind::Scalar(s) }),
        };
        if let Some(kind) = kind {
            names.declare(&item.ident, kind, problems);
        }
    }
    for noted in &table.structs {
        let name = &noted.item.ident;
        let is_mirror = mirrors(table).any(|mirror| mirror == name);
        let kind = if is_mirror { Kind::Mirror { of: name.to_string() } } else { Kind::Struct };
        names.declare(name, kind, problems);
    }
    for noted in &table.enums {
        let kind = keys::kind(noted, problems);
        names.declare(&noted.item.ident, kind, problems);
    }
}

/// The structs with `mirror`.
fn mirrors(table: &Table) -> impl Iterator<Item = &syn::Ident> {
    let is_mirror = |noted: &&Noted<ItemStruct>| noted.attrs.iter().any(|a| a.word == "mirror");
    table.structs.iter().filter(is_mirror).map(|noted| &noted.item.ident)
}

/// Defines the constants of the table, those that stand alone first, then the keys of its enums.
pub fn constants(table: &Table, names: &mut Names, problems: &mut Problems) {
    for item in &table.constants {
        let Some(ty) = shapes::name(&item.ty) else {
            problems.add(item.ty.span(), "a constant has a scalar type", "not a scalar");
            continue;
        };
        let scalar = names.scalar(&ty.to_string(), ty.span(), problems);
        let value = expr::constant(&item.expr, names, problems);
        if let (Some(scalar), Some(value)) = (scalar, value) {
            names.define(&item.ident, &ty.to_string(), scalar, value, problems);
        }
    }
    for noted in &table.enums {
        keys::define(noted, names, problems);
    }
}

/// Reads the definition of each type.
pub fn resolve(table: &Table, names: &Names, problems: &mut Problems) -> IndexMap<String, TypeDef> {
    let mut types = IndexMap::new();
    let mut add = |name: &syn::Ident, doc: &str, kind: Option<TypeKind>| {
        if let Some(kind) = kind {
            let name_text = name.to_string();
            let def = TypeDef { name: name_text.clone(), doc: doc.to_owned(), span: name.span(), kind };
            types.insert(name_text, def);
        }
    };
    for noted in &table.types {
        add(&noted.item.ident, &noted.doc, plain(noted, names, problems));
    }
    for noted in &table.structs {
        add(&noted.item.ident, &noted.doc, structure(noted, names, problems));
    }
    for noted in &table.enums {
        add(&noted.item.ident, &noted.doc, keys::resolve(noted, names, problems));
    }
    types
}

/// The scalar that `type x = …;` names, directly or through another alias above it.
fn alias(ty: &Type, names: &Names, problems: &mut Problems) -> Option<Scalar> {
    match shapes::name(ty) {
        Some(name) => names.scalar(&name.to_string(), name.span(), problems),
        None => {
            problems
                .add(ty.span(), "a type is a scalar, `Handle`, `Opaque` or a raw pointer", "none of these")
                .help("write a `struct` for fields, and an `enum` for values by key");
            None
        }
    }
}

/// `type x = …;` An address has no entry in the model: to the emitters it is `Shape::Pointer`.
fn plain(noted: &Noted<ItemType>, names: &Names, problems: &mut Problems) -> Option<TypeKind> {
    let name = noted.item.ident.to_string();
    let kind = names.types.get(&name)?;
    crate::attr::once(&noted.attrs, problems);
    for attr in &noted.attrs {
        match (attr.word.as_str(), kind) {
            ("handle", Kind::Handle | Kind::Pointee)
            | ("event" | "memory" | "pixels", Kind::Handle)
            | ("status", Kind::Status(_)) => {}
            ("handle" | "event" | "memory" | "pixels", _) => {
                problems
                    .add(attr.span, format!("`{name}` is not a handle"), "not here")
                    .help("write `type x = Handle;`");
            }
            ("status", _) => {
                problems.add(attr.span, format!("`{name}` is not a scalar"), "not here");
            }
            (word, _) => {
                let message = format!("there is no attribute of a type `{word}`");
                problems.add(attr.span, message, "unknown attribute").near(word, TYPE_WORDS.iter().copied());
            }
        }
    }
    let attr = |word: &str| noted.attrs.iter().find(|a| a.word == word);
    match kind {
        Kind::Scalar(scalar) => Some(TypeKind::Scalar(*scalar)),
        Kind::Status(scalar) => {
            let [ok] = attr("status")?.fields(["ok"], problems)?;
            Some(TypeKind::Status { scalar: *scalar, ok: expr::constant_i64(ok, names, problems)? })
        }
        Kind::Opaque => Some(TypeKind::Opaque),
        Kind::Handle | Kind::Pointee if attr("handle").is_some() => {
            handle(&noted.attrs, matches!(kind, Kind::Pointee), names, problems)
        }
        Kind::Handle | Kind::Pointee => {
            problems
                .add(noted.item.ident.span(), format!("the status for an invalid `{name}` is missing"), "a handle")
                .help("write `#[handle(invalid = STATUS)]` above it");
            None
        }
        _ => None,
    }
}

/// `#[handle(retain = f, release = f, invalid = STATUS)]`, and what its objects may be besides.
fn handle(attrs: &[Attr], opaque: bool, names: &Names, problems: &mut Problems) -> Option<TypeKind> {
    let find = |word: &str| attrs.iter().find(|a| a.word == word);
    let event = find("event").and_then(|attr| events::read(attr, names, problems));
    let memory = find("memory").and_then(|attr| in_place::read(attr, names, problems));
    let pixels = find("pixels").and_then(|attr| pixels::read(attr, names, problems));
    let attr = find("handle")?;
    let found = attr.known(&["retain", "release", "invalid", "plain", "also", "within"], problems)?;
    let mut function = |expr: Option<&Expr>| Some(events::named(expr?, names, problems)?.function);
    let (retain, release) = (function(found[0]), function(found[1]));
    let Some(invalid) = found[2] else {
        problems
            .add(attr.span, "the status for an invalid handle of this type is missing", "without `invalid`")
            .help("add `invalid = STATUS`");
        return None;
    };
    let invalid = expr::constant_i64(invalid, names, problems)?;
    let whole = attrs.len() == 1 && !opaque;
    let plain = found[3].map_or(Some(0), |plain| greatest_plain(plain, whole, names, problems))?;
    let [also, within] = [found[4], found[5]].map(|value| kinds::named(value, names, problems));
    Some(TypeKind::Handle { retain, release, invalid, opaque, plain, also, within, event, memory, pixels })
}

/// `plain = 2`: the greatest value of a handle that is no object. None is an address, so they are below the first page.
fn greatest_plain(value: &Expr, whole: bool, names: &Names, problems: &mut Problems) -> Option<u64> {
    let number = expr::constant(value, names, problems)?;
    if !whole {
        problems.add(
            value.span(),
            "only a `Handle` without other attributes has values that are no objects",
            "not here",
        );
        return None;
    }
    match u64::try_from(number) {
        Ok(number @ 1..4096) => Some(number),
        _ => {
            problems.add(
                value.span(),
                "handles that are no objects are the values from 1 up to at most 4095",
                format!("is {number}"),
            );
            None
        }
    }
}

/// `struct x { field: T, … }`
fn structure(noted: &Noted<ItemStruct>, names: &Names, problems: &mut Problems) -> Option<TypeKind> {
    crate::attr::once(&noted.attrs, problems);
    for attr in noted.attrs.iter().filter(|a| !STRUCT_WORDS.contains(&a.word.as_str())) {
        let message = format!("there is no attribute of a struct `{}`", attr.word);
        problems.add(attr.span, message, "unknown attribute").near(&attr.word, STRUCT_WORDS.iter().copied());
    }
    let syn::Fields::Named(fields) = &noted.item.fields else {
        problems.add(noted.item.span(), "a C struct has named fields", "without names");
        return None;
    };
    let fields: Vec<_> = fields.named.iter().filter_map(|f| field(f, names, problems)).collect();
    let mirror = match noted.attrs.iter().find(|a| a.word == "mirror") {
        Some(attr) => Some(mirror(attr, names, problems)?),
        None => None,
    };
    let says = match noted.attrs.iter().find(|a| a.word == "says") {
        Some(attr) => Some(says::read(attr, &fields, names, problems)?),
        None => None,
    };
    Some(TypeKind::Struct { fields, mirror, says })
}

/// `#[mirror(owner = H, invalid = STATUS, input = field)]`
fn mirror(attr: &Attr, names: &Names, problems: &mut Problems) -> Option<Mirror> {
    let found = attr.known(&["owner", "invalid", "input"], problems)?;
    let (Some(owner), Some(invalid)) = (found[0], found[1]) else {
        problems
            .add(attr.span, "a mirror needs the object that owns it and the status for an invalid one", "incomplete")
            .help("write `#[mirror(owner = H, invalid = STATUS)]`");
        return None;
    };
    let mut name = |expr: &Expr| match crate::attr::ident(expr) {
        Some(name) => Some(name.clone()),
        None => {
            problems.add(expr.span(), "this is not a name", "needs a name");
            None
        }
    };
    let (owner, input) = (name(owner)?, found[2].map(&mut name));
    let owner = names.handle(&owner, problems)?;
    let invalid = expr::constant_i64(invalid, names, problems)?;
    Some(Mirror { owner, invalid, input: input.flatten().map(|name| name.unraw().to_string()) })
}

fn field(field: &syn::Field, names: &Names, problems: &mut Problems) -> Option<Field> {
    for attr in crate::attr::read(&field.attrs, problems).1 {
        problems.add(attr.span, "a field takes no attributes", "unexpected");
    }
    let (shape, ty) = field_shape(&field.ty, names, problems)?;
    Some(Field { name: field.ident.as_ref()?.unraw().to_string(), shape, ty })
}

fn field_shape(ty: &Type, names: &Names, problems: &mut Problems) -> Option<(FieldShape, String)> {
    if let Some(name) = shapes::name(ty) {
        let text = name.to_string();
        return match names.kind(&text, name.span(), problems)? {
            Kind::Scalar(scalar) | Kind::Status(scalar) => Some((FieldShape::Scalar(scalar), text)),
            Kind::Struct | Kind::Mirror { .. } => Some((FieldShape::Struct(text.clone()), text)),
            Kind::Handle => {
                problems
                    .add(name.span(), "a handle in a struct may always be null", "not `Option`")
                    .help(format!("write `Option<{text}>`"));
                None
            }
            _ => unknown_field(ty, problems),
        };
    }
    if let Type::Array(array) = ty
        && let Some(name) = shapes::name(&array.elem)
    {
        let text = name.to_string();
        if let Some(Kind::Tagged) = names.types.get(&text) {
            return union(text, array, names, problems);
        }
        let scalar = names.scalar(&text, name.span(), problems)?;
        if let Some(len) = crate::attr::ident(&array.len).filter(|len| !names.constants.contains_key(&len.to_string()))
        {
            return Some((FieldShape::Tail { scalar, len: len.unraw().to_string() }, text));
        }
        let len = expr::constant(&array.len, names, problems)?;
        let Ok(len @ 1..) = usize::try_from(len) else {
            problems.add(array.len.span(), "an array has at least one element", format!("is {len}"));
            return None;
        };
        return Some((FieldShape::Array(scalar, len), text));
    }
    if let Type::Ptr(_) = ty {
        return Some((FieldShape::Address, String::new()));
    }
    match shapes::generic(ty) {
        Some((word, inner)) if word == "Option" && shapes::name(inner).is_some() => {
            let handle = names.handle(shapes::name(inner)?, problems)?;
            Some((FieldShape::Handle(handle.clone()), handle))
        }
        Some((word, Type::Reference(inner))) if word == "Option" && shapes::name(&inner.elem).is_some() => {
            pointee(shapes::name(&inner.elem)?, names, problems)
        }
        Some((word, Type::Reference(inner))) if word == "Option" && inner.mutability.is_some() => {
            match memory(&inner.elem, names, problems)? {
                (FieldShape::Memory(Memory { element: Element::Bytes, len }), text) => {
                    Some((FieldShape::Pointer(Pointee::Data { len }), text))
                }
                _ => unknown_field(ty, problems),
            }
        }
        Some((word, Type::Reference(inner))) if word == "Option" => memory(&inner.elem, names, problems),
        _ => unknown_field(ty, problems),
    }
}

/// `[E; n]` of an enum with `tag`: a union of n bytes, laid out as words.
fn union(keys: String, array: &syn::TypeArray, names: &Names, problems: &mut Problems) -> Option<(FieldShape, String)> {
    let len = expr::constant(&array.len, names, problems)?;
    match usize::try_from(len) {
        Ok(size) if size > 0 && size.is_multiple_of(WORD) => {
            Some((FieldShape::Union { keys: keys.clone(), size }, keys))
        }
        _ => {
            problems.add(array.len.span(), "a union has a multiple of 8 bytes", format!("is {len}"));
            None
        }
    }
}

/// Bytes of a handle, and of what a union consists of.
const WORD: usize = 8;

/// `Option<&CStr>`, `Option<&S>`, `Option<&E>`: pointers that a mirror of the struct copies too.
fn pointee(name: &syn::Ident, names: &Names, problems: &mut Problems) -> Option<(FieldShape, String)> {
    let text = name.to_string();
    let pointee = match text.as_str() {
        "CStr" => Pointee::Text,
        _ => match names.kind(&text, name.span(), problems)? {
            Kind::Struct => Pointee::Struct(text.clone()),
            Kind::Tagged => Pointee::Keyed(text.clone()),
            _ => {
                problems
                    .add(name.span(), "a pointer in a struct points to a text or a struct", "neither")
                    .help("write `*mut T` for an address that neither side dereferences");
                return None;
            }
        },
    };
    Some((FieldShape::Pointer(pointee), text))
}

/// `Option<&[T; n]>`: memory that the struct points to; n is another of its fields.
fn memory(ty: &Type, names: &Names, problems: &mut Problems) -> Option<(FieldShape, String)> {
    let Type::Array(array) = ty else { return unknown_field(ty, problems) };
    let (Some(word), Some(len)) = (shapes::name(&array.elem), crate::attr::ident(&array.len)) else {
        return unknown_field(ty, problems);
    };
    let text = word.to_string();
    let element = if text == "c_void" {
        Element::Bytes
    } else {
        match names.kind(&text, word.span(), problems)? {
            Kind::Scalar(scalar) | Kind::Status(scalar) => Element::Scalar { ty: text.clone(), scalar },
            Kind::Struct => Element::Struct(text.clone()),
            Kind::Tagged => Element::Tagged(text.clone()),
            _ => return unknown_field(ty, problems),
        }
    };
    Some((FieldShape::Memory(Memory { element, len: len.unraw().to_string() }), text))
}

fn unknown_field<T>(ty: &Type, problems: &mut Problems) -> Option<T> {
    problems.add(ty.span(), "this is not a field of a struct", "not a field").help(
        "a field is a scalar, `[T; n]` of scalars with a constant n, `Option<H>` of a handle, or `Option<&[T; n]>` \
               with another field for n",
    );
    None
}
