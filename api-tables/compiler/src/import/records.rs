//! Structs in the form that the language has, or what it lacks for them.

use super::c::{CField, CKind, CType, Record};
use super::types::{Kind, Types};
use super::words;
use super::write::identifier;
use crate::model::{FieldShape, TypeKind};

/// What is in a struct, from what crosses as bytes to what cannot cross.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Inside {
    Plain,
    Handles,
    /// It points to memory whose length it says.
    Memory,
    /// It holds an address of which nothing is known.
    Address,
}

/// A struct as a table has it.
#[derive(Debug)]
pub struct Struct {
    /// Names and types.
    pub fields: Vec<(String, String)>,
    pub inside: Inside,
}

/// The struct of this name, of the table or of the header.
///
/// # Errors
///
/// What the language lacks, if it cannot say the struct.
pub fn structure(types: &Types<'_>, name: &str) -> Result<Struct, String> {
    Drafter { types, within: Vec::new() }.structure(name)
}

struct Drafter<'a> {
    types: &'a Types<'a>,
    /// The structs that are being drafted: one that leads back to itself ends there.
    within: Vec<String>,
}

impl Drafter<'_> {
    fn structure(&mut self, name: &str) -> Result<Struct, String> {
        if let Some(known) = self.known(name) {
            return Ok(known);
        }
        let record = self.types.record(&CType::named(name)).ok_or("it has no fields")?;
        self.within.push(name.to_owned());
        let drafted = self.record(record);
        self.within.pop();
        drafted
    }

    /// What the table has already.
    fn known(&self, name: &str) -> Option<Struct> {
        let Some(TypeKind::Struct { fields, .. }) = self.types.api.types.get(name).map(|ty| &ty.kind) else {
            return None;
        };
        let inside = |shape: &FieldShape| match shape {
            FieldShape::Scalar(_) | FieldShape::Array(..) => Inside::Plain,
            FieldShape::Handle(_) | FieldShape::Union { .. } => Inside::Handles,
            FieldShape::Memory(_) => Inside::Memory,
            FieldShape::Tail { .. } | FieldShape::Pointer(_) | FieldShape::Address => Inside::Address,
            FieldShape::Struct(inner) => in_place(self.known(inner).map_or(Inside::Address, |inner| inner.inside)),
        };
        let inside = fields.iter().map(|field| inside(&field.shape)).max().unwrap_or(Inside::Plain);
        Some(Struct { fields: Vec::new(), inside })
    }

    fn record(&mut self, record: &Record) -> Result<Struct, String> {
        let mut drafted = Struct { fields: Vec::new(), inside: Inside::Plain };
        for field in &record.fields {
            if field.is_odd {
                let name = field.name.as_deref().unwrap_or_default();
                return Err(format!("`{name}` has a number of bits or an alignment of its own"));
            }
            let (name, ty, inside) = match &field.name {
                Some(name) => {
                    let (ty, inside) = self.field(name, field, record)?;
                    (name.clone(), ty, inside)
                }
                None => self.unnamed(field)?,
            };
            drafted.fields.push((identifier(&name), ty));
            drafted.inside = drafted.inside.max(inside);
        }
        Ok(drafted)
    }

    fn field(&mut self, name: &str, field: &CField, record: &Record) -> Result<(String, Inside), String> {
        let ty = self.types.through(&field.ty);
        if let CKind::Array(of, _) = &ty.kind
            && !self.types.is_plain(of)
        {
            return Err(format!("`{name}` is an array of addresses"));
        }
        match self.types.kind(&field.ty) {
            Kind::Scalar(known) => Ok((known, Inside::Plain)),
            Kind::Handle(known) => Ok((format!("Option<{known}>"), Inside::Handles)),
            Kind::Struct(known) => {
                let inner =
                    self.structure(&known).map_err(|lack| format!("`{name}` is a {known}, and in it {lack}"))?;
                Ok((known, in_place(inner.inside)))
            }
            Kind::Pointer(of) if matches!(ty.kind, CKind::Array(..)) => match self.flat(&of, ty) {
                Some(flat) => Ok((flat, Inside::Plain)),
                None => self.bytes(name, ty),
            },
            Kind::Pointer(to) => Ok(self.memory(name, &to, record).unwrap_or(("*mut c_void".into(), Inside::Address))),
            Kind::Void | Kind::Pointee(_) | Kind::Opaque(_) | Kind::Nameless => self.bytes(name, ty),
        }
    }

    /// `[T; n]` of scalars; those of several dimensions lie in a row.
    fn flat(&self, of: &CType, whole: &CType) -> Option<String> {
        let mut element = of;
        while let CKind::Array(inner, _) = &element.kind {
            element = inner;
        }
        let Kind::Scalar(scalar) = self.types.kind(element) else { return None };
        let (size, _) = self.types.size_align(whole)?;
        let (one, _) = self.types.size_align(element)?;
        Some(format!("[{scalar}; {}]", size / one))
    }

    /// What has no name and is no address, as numbers of its alignment.
    fn bytes(&self, name: &str, ty: &CType) -> Result<(String, Inside), String> {
        if !self.types.is_plain(ty) {
            return Err(format!("`{name}` is a union or a struct without a name, with addresses in it"));
        }
        let known = self.types.size_align(ty).filter(|(size, _)| *size > 0);
        let (size, align) = known.ok_or(format!("the size of `{name}` is not known"))?;
        Ok((format!("[u{}; {}]", 8 * align, size / align), Inside::Plain))
    }

    /// A union whose members are members of the struct: if they are alike, or none is an address, one that is as large as
    /// the union stands for all.
    fn unnamed(&mut self, field: &CField) -> Result<(String, String, Inside), String> {
        let lack = "a member without a name is no union of like members";
        let union = self.types.record(&field.ty).filter(|record| record.is_union).ok_or(lack)?;
        let kinds: Vec<Kind> = union.fields.iter().map(|member| self.types.kind(&member.ty)).collect();
        if !self.types.is_plain(&field.ty) && kinds.iter().any(|kind| *kind != kinds[0]) {
            return Err(lack.into());
        }
        let whole = self.types.size_align(&field.ty);
        let is_whole = |member: &&CField| {
            member.name.is_some() && (self.types.size_align(&member.ty) == whole || kinds.len() == 1)
        };
        let member = union.fields.iter().find(is_whole).ok_or(lack)?;
        let name = member.name.as_deref().ok_or(lack)?;
        let (ty, inside) = self.field(name, member, union)?;
        Ok((name.to_owned(), ty, inside))
    }

    /// `Option<&[T; n]>`: memory whose length another field says.
    fn memory(&mut self, name: &str, to: &CType, record: &Record) -> Option<(String, Inside)> {
        let of = words::counted(name);
        let counts = |field: &&CField| {
            self.types.is_whole(&field.ty)
                && field.name.as_deref().and_then(words::count).is_some_and(|count| count.of == of)
        };
        let length = record.fields.iter().find(counts)?.name.as_deref().map(identifier)?;
        let element = match self.types.kind(to) {
            Kind::Void => "c_void".into(),
            Kind::Scalar(known) => known,
            Kind::Struct(known) if !self.within.contains(&known) => {
                let led = self
                    .structure(&known)
                    .ok()
                    .filter(|led| led.inside <= Inside::Memory && led.inside != Inside::Handles);
                led.map(|_| known)?
            }
            _ => return None,
        };
        Some((format!("Option<&[{element}; {length}]>"), Inside::Memory))
    }
}

/// What a struct in another one makes of that.
fn in_place(inside: Inside) -> Inside {
    if inside == Inside::Plain { Inside::Plain } else { Inside::Address }
}
