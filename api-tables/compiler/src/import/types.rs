//! What the C types of a header are to a table.

use std::collections::{BTreeSet, HashMap};

use super::c::{CKind, CType, Definition, Enum, Header, Prototype, Record};
use super::words;
use crate::check::names;
use crate::model::{Api, Scalar, TypeKind};

/// What a type is to a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Void,
    /// With its name in a table.
    Scalar(String),
    Handle(String),
    /// A struct that is used by address only, and what it stands for is an object.
    Pointee(String),
    /// Any other struct that is used by address only.
    Opaque(String),
    Struct(String),
    Pointer(CType),
    /// Nothing that a table has a name for: a union, or a struct without a `typedef`.
    Nameless,
}

/// The types of a header and of the table that it is drafted for.
pub struct Types<'a> {
    pub api: &'a Api,
    pub header: &'a Header,
    /// The `typedef` names of structs, unions and enums.
    typedefs: HashMap<&'a str, &'a str>,
    /// Structs that are used by address only, and some function makes or releases one.
    objects: BTreeSet<String>,
}

impl<'a> Types<'a> {
    pub fn of(header: &'a Header, api: &'a Api) -> Self {
        let mut typedefs = HashMap::new();
        for (name, definition) in &header.types {
            if let Definition::Alias(CType { kind: CKind::Named(tag), .. }) = definition
                && !name.contains(' ')
                && tag.contains(' ')
            {
                // The table's own name for it, or the first.
                let known = api.types.contains_key(name);
                let first = typedefs.entry(tag.as_str()).or_insert(name.as_str());
                if known && !api.types.contains_key(*first) {
                    *first = name;
                }
            }
        }
        let mut types = Self { api, header, typedefs, objects: BTreeSet::new() };
        types.objects = header.functions.iter().flat_map(|function| types.made_or_released(function)).collect();
        types
    }

    /// The struct that a function returns a new one of, or that it releases.
    fn made_or_released(&self, function: &Prototype) -> Option<String> {
        let pointed = |ty: &CType| match self.kind(ty) {
            Kind::Pointer(to) => match self.kind(&to) {
                Kind::Opaque(name) => Some(name),
                _ => None,
            },
            _ => None,
        };
        let signature = &function.signature;
        let made = pointed(&signature.ret).filter(|_| words::makes(&function.name));
        let released = match signature.params.as_slice() {
            [param] if words::releases(&function.name) => pointed(&param.ty),
            _ => None,
        };
        made.or(released)
    }

    /// What a type is to a table. `typedef` names of pointers are taken apart, unless they are handles.
    pub fn kind(&self, ty: &CType) -> Kind {
        match &ty.kind {
            CKind::Named(name) => self.named(name),
            CKind::Pointer(to) => Kind::Pointer((**to).clone()),
            CKind::Array(of, _) => Kind::Pointer((**of).clone()),
            CKind::Function(_) => Kind::Pointer(ty.clone()),
        }
    }

    fn named(&self, name: &str) -> Kind {
        if let Some(ty) = self.api.types.get(name) {
            return match &ty.kind {
                TypeKind::Scalar(_) | TypeKind::Status { .. } => Kind::Scalar(name.into()),
                TypeKind::Handle { opaque: true, .. } => Kind::Pointee(name.into()),
                TypeKind::Handle { .. } => Kind::Handle(name.into()),
                TypeKind::Struct { .. } => Kind::Struct(name.into()),
                TypeKind::Opaque => Kind::Opaque(name.into()),
                TypeKind::Tagged { .. } | TypeKind::List { .. } => Kind::Nameless,
            };
        }
        match names::from_c(name) {
            Some("c_void") => return Kind::Void,
            Some(known) => return Kind::Scalar(known.into()),
            None => {}
        }
        match self.header.types.get(name) {
            Some(Definition::Alias(to)) => match self.kind(to) {
                Kind::Scalar(_) => Kind::Scalar(name.into()),
                Kind::Void => Kind::Void,
                Kind::Pointer(to) if self.is_undefined(&to) => Kind::Handle(name.into()),
                other => other,
            },
            Some(Definition::Record(record)) => match self.typedefs.get(name) {
                Some(typedef) if !record.is_union => Kind::Struct((*typedef).into()),
                _ => Kind::Nameless,
            },
            Some(Definition::Enum(own)) => match self.typedefs.get(name) {
                Some(typedef) => Kind::Scalar((*typedef).into()),
                None => Kind::Scalar(own.scalar().into()),
            },
            None => match self.typedefs.get(name) {
                Some(typedef) if self.objects.contains(*typedef) => Kind::Pointee((*typedef).into()),
                Some(typedef) => Kind::Opaque((*typedef).into()),
                None => Kind::Nameless,
            },
        }
    }

    /// `struct x` without fields, under no name of its own: what points to it is a handle.
    fn is_undefined(&self, ty: &CType) -> bool {
        match &ty.kind {
            CKind::Named(name) => name.starts_with("struct ") && !self.header.types.contains_key(name),
            _ => false,
        }
    }

    /// The signature of a pointer to a function.
    pub fn callback(&self, ty: &CType) -> Option<super::c::Signature> {
        match &self.through(ty).kind {
            CKind::Function(signature) => Some((**signature).clone()),
            CKind::Pointer(to) => match &self.through(to).kind {
                CKind::Function(signature) => Some((**signature).clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// A type without its `typedef` names, but for those that every table knows.
    pub fn through<'b>(&'b self, ty: &'b CType) -> &'b CType {
        let mut ty = ty;
        while let CKind::Named(name) = &ty.kind
            && names::from_c(name).is_none()
            && let Some(Definition::Alias(to)) = self.header.types.get(name)
        {
            ty = to;
        }
        ty
    }

    /// The struct or union that a type is, whatever it is called.
    pub fn record(&self, ty: &CType) -> Option<&Record> {
        match &self.through(ty).kind {
            CKind::Named(name) => match self.header.types.get(name)? {
                Definition::Record(record) => Some(record),
                _ => None,
            },
            _ => None,
        }
    }

    /// The enum that a type is, whatever it is called.
    pub fn enumeration(&self, ty: &CType) -> Option<&Enum> {
        match &self.through(ty).kind {
            CKind::Named(name) => match self.header.types.get(name)? {
                Definition::Enum(own) => Some(own),
                _ => None,
            },
            _ => None,
        }
    }

    /// The number that a type is, as a table writes those that every table knows.
    pub fn scalar(&self, ty: &CType) -> Option<&'static str> {
        if let Some(own) = self.enumeration(ty) {
            return Some(own.scalar());
        }
        match &self.through(ty).kind {
            CKind::Named(name) => names::from_c(name).filter(|known| *known != "c_void"),
            _ => None,
        }
    }

    /// Whether a type is a whole number of at least 32 bits, which may count something.
    pub fn is_whole(&self, ty: &CType) -> bool {
        let whole = |scalar: Scalar| scalar.size() >= 4 && !matches!(scalar, Scalar::F32 | Scalar::F64);
        match self.kind(ty) {
            Kind::Scalar(name) => match self.api.types.get(&name).map(|ty| &ty.kind) {
                Some(TypeKind::Scalar(scalar) | TypeKind::Status { scalar, .. }) => whole(*scalar),
                _ => self.scalar(ty).and_then(names::builtin).is_some_and(whole),
            },
            _ => false,
        }
    }

    /// Size and alignment in bytes of what a header defines, if they are known.
    pub fn size_align(&self, ty: &CType) -> Option<(u64, u64)> {
        if let Some(scalar) = self.scalar(ty).and_then(names::builtin) {
            return Some((scalar.size() as u64, scalar.size() as u64));
        }
        if let Some(record) = self.record(ty) {
            let (mut end, mut align) = (0u64, 1);
            for field in &record.fields {
                let (size, own) = self.size_align(&field.ty).filter(|_| !field.is_odd)?;
                align = align.max(own);
                end = if record.is_union { end.max(size) } else { end.next_multiple_of(own) + size };
            }
            return Some((end.next_multiple_of(align), align));
        }
        match &self.through(ty).kind {
            CKind::Pointer(_) => Some((8, 8)),
            CKind::Array(of, n) => {
                self.size_align(of).and_then(|(size, align)| Some((size.checked_mul((*n)?)?, align)))
            }
            _ => None,
        }
    }

    /// Whether nothing in a type is an address.
    pub fn is_plain(&self, ty: &CType) -> bool {
        if let Some(record) = self.record(ty) {
            return record.fields.iter().all(|field| self.is_plain(&field.ty));
        }
        match &self.through(ty).kind {
            CKind::Array(of, _) => self.is_plain(of),
            _ => self.scalar(ty).is_some(),
        }
    }
}

impl Enum {
    /// The number that the C compiler takes for it.
    pub fn scalar(&self) -> &'static str {
        if self.is_signed { "c_int" } else { "c_uint" }
    }
}
