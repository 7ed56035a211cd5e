//! C layout of the structs that a table declares: sizes, offsets, alignments of the x86-64 and AArch64 Linux ABIs.

use std::ops::Range;

use crate::model::{Api, Field, FieldShape, TypeKind};

/// Offset of each field, in bytes.
pub fn offsets(api: &Api, fields: &[Field]) -> Vec<usize> {
    let mut at = 0usize;
    fields
        .iter()
        .map(|field| {
            let (size, align) = size_align(api, &field.shape);
            let offset = at.next_multiple_of(align);
            at = offset + size;
            offset
        })
        .collect()
}

/// Offset and size in bytes of a number among the fields.
pub fn number(api: &Api, fields: &[Field], name: &str) -> Option<(usize, usize)> {
    let (field, at) = fields.iter().zip(offsets(api, fields)).find(|(field, _)| field.name == name)?;
    match field.shape {
        FieldShape::Scalar(scalar) => Some((at, scalar.size())),
        _ => None,
    }
}

/// Size of a declared struct, in bytes; 0 for a name that is no struct.
pub fn size(api: &Api, name: &str) -> usize {
    let Some(TypeKind::Struct { fields, .. }) = api.types.get(name).map(|t| &t.kind) else {
        return 0;
    };
    let align = align(api, name);
    let end = offsets(api, fields).last().zip(fields.last()).map_or(0, |(at, f)| at + size_align(api, &f.shape).0);
    end.next_multiple_of(align)
}

/// The bytes of a declared struct that its fields fill, in order: between them is nothing.
pub fn filled(api: &Api, name: &str) -> Vec<Range<usize>> {
    let Some(TypeKind::Struct { fields, .. }) = api.types.get(name).map(|t| &t.kind) else {
        return Vec::new();
    };
    let mut filled: Vec<Range<usize>> = Vec::new();
    for (at, field) in offsets(api, fields).into_iter().zip(fields) {
        let inside = match &field.shape {
            FieldShape::Struct(name) => self::filled(api, name),
            shape => std::iter::once(0..size_align(api, shape).0).collect(),
        };
        for part in inside {
            match filled.last_mut() {
                Some(last) if last.end == at + part.start => last.end = at + part.end,
                _ => filled.push(at + part.start..at + part.end),
            }
        }
    }
    filled
}

fn align(api: &Api, name: &str) -> usize {
    match api.types.get(name).map(|t| &t.kind) {
        Some(TypeKind::Struct { fields, .. }) => fields.iter().map(|f| size_align(api, &f.shape).1).max().unwrap_or(1),
        _ => 1,
    }
}

fn size_align(api: &Api, shape: &FieldShape) -> (usize, usize) {
    match shape {
        FieldShape::Scalar(s) => (s.size(), s.size()),
        FieldShape::Array(s, n) => (s.size() * n, s.size()),
        FieldShape::Tail { scalar, .. } => (0, scalar.size()),
        FieldShape::Union { size, .. } => (*size, 8),
        FieldShape::Handle(_) | FieldShape::Memory(_) | FieldShape::Pointer(_) | FieldShape::Address => (8, 8),
        FieldShape::Struct(name) => (size(api, name), align(api, name)),
    }
}
