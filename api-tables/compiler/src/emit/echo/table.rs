//! `echo_table.h`: the types of the table, as data for the runtime.

use std::ops::Range;

use crate::layout;
use crate::model::{Api, Element, Extension, Field, FieldShape, Memory, Payload, TypeDef, TypeKind, Version};

use super::common::kind;
use crate::emit::names;

/// Names that no table lets pass stand between those that it does.
const HIDDEN: &str = "echo_hidden";

pub fn emit(api: &Api) -> String {
    let handles = || api.types.values().filter(|t| matches!(t.kind, TypeKind::Handle { .. }));
    let none = "KIND_none = 0".to_owned();
    let kinds = handles().map(|t| format!("{} = {}", kind(&t.name), names::kind(api, &t.name)));
    let kinds: Vec<_> = [none].into_iter().chain(kinds).collect();
    let mut c = String::from(
        "/* Emitted from a table. */\n#ifndef ECHO_TABLE_H\n#define ECHO_TABLE_H\n\n#include \"echo.h\"\n\n",
    );
    c += &format!("enum {{ {} }};\n\n", kinds.join(", "));
    c += "#ifdef ECHO_DEFINE_TABLE\n";
    let titles: String = handles().map(|t| format!(", \"{}\"", t.name)).collect();
    c += &format!("const char *const echo_kinds[] = {{\"handle\"{titles}}};\n");
    let plain: String = handles()
        .map(|t| match t.kind {
            TypeKind::Handle { plain, .. } => format!(", {plain}"),
            _ => String::new(),
        })
        .collect();
    c += &format!("const uint64_t echo_plain[] = {{0{plain}}};\n");
    let within: String = handles()
        .map(|t| {
            let TypeKind::Handle { within, .. } = &t.kind else { return String::new() };
            let set: Vec<_> = within.iter().map(|parent| format!("1ul << {}", kind(parent))).collect();
            format!(", {}", if set.is_empty() { "0".to_owned() } else { set.join(" | ") })
        })
        .collect();
    c += &format!("const unsigned long echo_within[] = {{0{within}}};\nconst int echo_kind_count = {};\n", kinds.len());
    c += &format!("const char *const echo_library = \"{}\";\n", api.library);
    let handed_out = api.function_list.as_ref().map_or("NULL".into(), |f| format!("\"{f}\""));
    c += &format!("const char *const echo_list = {handed_out};\n");
    c += &format!("const int64_t echo_failure = {};\n", super::common::failure(api));
    let seen =
        || api.extensions.iter().enumerate().filter(|(i, one)| i % 9 == 0 || one.known.is_some()).map(|(_, one)| one);
    let versions: Vec<_> = seen().map(|one| format!("{:#x}, 0", packed(version(api, one)))).collect();
    // An array of C has an element at least.
    c += &format!("const uint32_t echo_versions[] = {{{}}};\n", or(versions.join(", "), "0"));
    let newest = names::newest(api).map_or(0, packed);
    c += &format!("const uint32_t echo_newest = {newest:#x};\n");
    let seen: Vec<_> = seen().map(|one| format!("\"{}\", \"{HIDDEN}\"", one.name)).collect();
    c += &format!("const char *const echo_names[] = {{{}}};\n", or(seen.join(", "), "NULL"));
    c += &format!("const int echo_name_count = {};\n", seen.len() * 2);
    c += "#endif\n\n";
    let structs = || api.types.values().filter(|t| matches!(t.kind, TypeKind::Struct { .. }));
    structs().for_each(|t| c += &format!("__attribute__((unused)) static const struct record record_{};\n", t.name));
    // A list or struct stands before what refers to it.
    for of in [list, record, answers] {
        api.types.values().filter_map(|t| of(api, t)).for_each(|text| c += &text);
    }
    c + "#endif\n"
}

fn or(list: String, empty: &str) -> String {
    if list.is_empty() { empty.into() } else { list }
}

/// The version in which the echo vendor has an extension: the one in which its functions are as the table has them.
fn version(api: &Api, extension: &Extension) -> Version {
    let of = api.functions.iter().filter(|f| f.facts.extension.as_ref() == Some(&extension.name));
    let changes = of.flat_map(|f| &f.params).filter_map(|p| p.since);
    let first = extension.known.map_or(Version { major: 1, minor: 0, patch: 0 }, |(from, _)| from);
    changes.max().unwrap_or(first)
}

/// As Khronos packs it.
fn packed(version: Version) -> u32 {
    version.major << 22 | version.minor << 12 | version.patch
}

fn list(api: &Api, ty: &TypeDef) -> Option<String> {
    let TypeKind::List { scalar, end, otherwise, variants, .. } = &ty.kind else { return None };
    let name = &ty.name;
    let keys: Vec<_> = variants
        .iter()
        .map(|v| {
            let (what, kind, detail) = match &v.payload {
                Payload::Handle(h) => ("LIST_HANDLE", kind(h), 0),
                Payload::Run { end } => ("LIST_RUN", "0".into(), *end),
                Payload::Refused(status) => ("LIST_REFUSED", "0".into(), *status),
                _ => ("LIST_PLAIN", "0".into(), 0),
            };
            format!("  {{{:#x}, {what}, {kind}, {detail}}},\n", api.constants[&v.key].value)
        })
        .collect();
    Some(format!(
        "static const struct list_key keys_{name}[] = {{\n{}  {{0}},\n}};\n\
        __attribute__((unused)) static const struct list list_{name} = {{{}, {end}, {otherwise}, {}, keys_{name}}};\n\n",
        keys.concat(),
        scalar.size(),
        keys.len(),
    ))
}

fn record(api: &Api, ty: &TypeDef) -> Option<String> {
    let TypeKind::Struct { fields, says, .. } = &ty.kind else { return None };
    let offsets = layout::offsets(api, fields);
    let (mut at, mut kinds, mut choices, mut leads) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut c = String::new();
    for (field, offset) in fields.iter().zip(&offsets) {
        match &field.shape {
            FieldShape::Handle(h) => {
                at.push(offset.to_string());
                kinds.push(kind(h));
            }
            FieldShape::Union { keys, size } => {
                choices.extend(choice(api, &ty.name, fields, keys, *offset..*offset + size, &mut c));
            }
            FieldShape::Memory(memory) => leads.push(lead(api, &ty.name, fields, *offset, memory, &mut c)),
            _ => {}
        }
    }
    let count = at.len();
    at.push("0".into());
    kinds.push("0".into());
    let says = says.as_ref().and_then(|says| {
        let (at, size) = layout::number(api, fields, &says.field)?;
        Some(format!("{at}, {size}, {:#x}ULL", says.value))
    });
    let says = says.unwrap_or("0, 0, 0".into());
    let (name, size) = (&ty.name, layout::size(api, &ty.name));
    let mut rows = |word: &str, rows: &[String]| {
        if rows.is_empty() {
            return "0, NULL".to_owned();
        }
        c += &format!("static const struct {word} {word}s_{name}[] = {{\n{}}};\n", rows.concat());
        format!("{}, {word}s_{name}", rows.len())
    };
    let (choices, leads) = (rows("choice", &choices), rows("lead", &leads));
    Some(format!(
        "{c}__attribute__((unused)) static const struct record record_{name} = \
        {{{size}, {count}, {{{}}}, {{{}}}, {choices}, {leads}, {says}}};\n\n",
        at.join(", "),
        kinds.join(", "),
    ))
}

/// A row about a union; its parts are added to `c`.
fn choice(api: &Api, name: &str, fields: &[Field], keys: &str, at: Range<usize>, c: &mut String) -> Option<String> {
    let TypeKind::Tagged { tag, variants, .. } = &api.types.get(keys)?.kind else { return None };
    let (tag_at, tag_size) = layout::number(api, fields, tag)?;
    let parts = variants.iter().map(|v| {
        let kind = match &v.payload {
            Payload::Handle(h) => kind(h),
            _ => "-1".into(),
        };
        format!("  {{{:#x}, {kind}}},\n", api.constants[&v.key].value)
    });
    let rows = format!("parts_{name}_{}", at.start);
    *c += &format!("static const struct part {rows}[] = {{\n{}}};\n", parts.collect::<String>());
    Some(format!("  {{{}, {}, {tag_at}, {tag_size}, {}, {rows}}},\n", at.start, at.len(), variants.len()))
}

/// A row about memory that a field points to; what it may be by key is added to `c`.
fn lead(api: &Api, name: &str, fields: &[Field], at: usize, memory: &Memory, c: &mut String) -> String {
    let place = |name: &str| layout::number(api, fields, name).map(|(at, size)| format!("{at}, {size}"));
    let nowhere = || "0, 0".to_owned();
    let len = place(&memory.len).unwrap_or_else(nowhere);
    let unit = names::element_size(api, &memory.element);
    match &memory.element {
        Element::Struct(of) => format!("  {{{at}, {len}, {unit}, &record_{of}, 0, 0, 0, NULL}},\n"),
        Element::Tagged(of) => {
            let Some(TypeKind::Tagged { tag, variants, .. }) = api.types.get(of).map(|t| &t.kind) else {
                return String::new();
            };
            let rows = variants.iter().map(|v| {
                let structs = |ty: &str| matches!(api.types.get(ty).map(|t| &t.kind), Some(TypeKind::Struct { .. }));
                let (record, refused) = match &v.payload {
                    Payload::Refused(status) => ("NULL".into(), *status),
                    Payload::Plain(ty) if structs(bare(ty)) => (format!("&record_{}", bare(ty)), 0),
                    _ => ("NULL".into(), 0),
                };
                format!("  {{{:#x}, {record}, {refused}}},\n", api.constants[&v.key].value)
            });
            let keys = format!("keys_{name}_{at}");
            let (rows, count) = (rows.collect::<String>(), variants.len());
            *c += &format!("static const struct lead_key {keys}[] = {{\n{rows}  {{0}},\n}};\n");
            let tag = place(tag).unwrap_or_else(nowhere);
            format!("  {{{at}, {len}, {unit}, NULL, {tag}, {count}, {keys}}},\n")
        }
        _ => format!("  {{{at}, {len}, {unit}, NULL, 0, 0, 0, NULL}},\n"),
    }
}

/// The type that a key has, or has several of.
fn bare(ty: &str) -> &str {
    ty.trim_matches(['[', ']'])
}

fn answers(api: &Api, ty: &TypeDef) -> Option<String> {
    let TypeKind::Tagged { variants, otherwise: Some(otherwise), .. } = &ty.kind else { return None };
    let rows: Vec<_> = variants
        .iter()
        .map(|v| {
            let rest = match &v.payload {
                Payload::Handle(h) => format!("ANSWER_HANDLES, .kind = {}", kind(h)),
                Payload::Handles(h) => format!("ANSWER_HANDLES, .many = true, .kind = {}", kind(h)),
                Payload::Hidden { scalar, bits } => {
                    let bits = bits & i128::from(u64::MAX);
                    format!("ANSWER_HIDDEN, .size = {}, .bits = {bits:#x}", scalar.size())
                }
                Payload::Names => "ANSWER_NAMES".into(),
                Payload::NameVersions(ty) => {
                    let TypeKind::Struct { fields, .. } = &api.types[ty].kind else { return String::new() };
                    let name = layout::offsets(api, fields).last().copied().unwrap_or(0);
                    format!("ANSWER_NAME_VERSIONS, .size = {}, .name = {name}", layout::size(api, ty))
                }
                Payload::List(list) => format!("ANSWER_LIST, .list = &list_{list}"),
                Payload::HostPtr => "ANSWER_HOST_PTR".into(),
                // The echo vendor has flags of its own, which the worker asks for.
                Payload::HostFlags => return String::new(),
                // Bits of which nothing is hidden.
                Payload::DeviceMemory => "ANSWER_HIDDEN, .size = 8, .bits = 0".into(),
                Payload::References => "ANSWER_HIDDEN, .size = 4, .bits = 0".into(),
                Payload::Texts => "ANSWER_TEXTS".into(),
                Payload::VersionText => "ANSWER_VERSION_TEXT".into(),
                Payload::VersionNumber => "ANSWER_VERSION_NUMBER".into(),
                Payload::VersionNumbers(ty) => {
                    format!("ANSWER_VERSION_NUMBERS, .size = {}", layout::size(api, ty))
                }
                Payload::Refused(_) => return String::new(),
                Payload::Plain(_) | Payload::Paths | Payload::Run { .. } => "ANSWER_PLAIN".into(),
            };
            format!("  {{.key = {:#x}, .what = {rest}}},\n", api.constants[&v.key].value)
        })
        .collect();
    let name = &ty.name;
    Some(format!(
        "static const struct answer answers_{name}[] = {{\n{}  {{0}},\n}};\n\
        __attribute__((unused)) static const struct tagged tagged_{name} = {{{otherwise}, {}, answers_{name}}};\n\n",
        rows.concat(),
        rows.iter().filter(|row| !row.is_empty()).count(),
    ))
}
