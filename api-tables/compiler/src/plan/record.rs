//! The layout of requests and replies: their fields, and the offset of each in bytes.
//!
//! A record is laid out as C lays out a struct of the same fields on a 64-bit little-endian machine: in order, each at the
//! next multiple of its alignment. That is byte for byte what rkyv archives (`#[repr(C)]`), which the protocol crate proves
//! when it is built. The record is the last thing in a body; bytes and texts lie before it, and their field says where: a
//! signed 32-bit distance from the place of that number, and a 32-bit length in bytes.

use super::arguments::Argument;
use super::objects::{Birth, BirthPlace, is_new_one};
use super::success::Success;
use crate::model::{Direction, Function, Param, Ret, Scalar, Shape};

/// A request or a reply.
#[derive(Debug, Default)]
pub struct Record<'a> {
    pub fields: Vec<Field<'a>>,
    /// In bytes, with padding at the end.
    pub size: usize,
    /// In bytes; 1 if there are no fields.
    pub align: usize,
}

/// A field of a record.
#[derive(Debug)]
pub struct Field<'a> {
    pub name: String,
    pub carries: Carries<'a>,
    pub ty: FieldType,
    /// From the start of the record, in bytes.
    pub offset: usize,
}

/// What a field carries.
#[derive(Debug, Clone, Copy)]
pub enum Carries<'a> {
    /// An argument, or an output.
    Argument(&'a Param),
    /// The address in the program at which the argument's memory lies.
    AddressOf(&'a Param),
    /// The id of the object that the function is to return.
    NewObject,
    /// The return value.
    Returned,
    /// Whether the function has returned an object.
    Made,
    /// The changes of mirrors.
    Mirrors,
    /// The shim's number for a mapping.
    Mapping,
    /// The transfer of a mapping whose call does not wait.
    PendingMapping,
    /// That the program has not seen what it unmaps.
    Unseen,
    /// What the call has mapped.
    Mapped,
    /// The program's files that sources include.
    Files,
    /// Whether the vendor has called the callback: it is kept then, whatever the call returns.
    Called,
}

/// The type of a field on the wire.
///
/// *Elsewhere* stands for 8 bytes that refer to bytes before the record: a distance (`i32`) from its own place, and a
/// length (`u32`). A *slice* is 32 bytes: a region's number (`u32`, and 4 bytes of padding), then offset, length and number
/// of the pending transfer (`u64` each). A type with variants begins with the variant's number (`u8`); the variant's fields
/// follow at their own alignment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldType {
    /// A number; machine words have 64 bits.
    Scalar(Scalar),
    /// One byte, 0 or 1.
    Flag,
    /// `wire::Stored`, what became of the place of a new object, one byte: 0 nothing, 1 null, 2 the object.
    Stored,
    /// `wire::Brought`, the descriptor that comes with the reply, one byte: 0 none, 1 closed on execve, 2 not.
    Brought,
    /// The id of an object or a registration, 64 bits; 0 for none.
    Id,
    /// An address of the program, 64 bits, which the worker never dereferences.
    Address,
    /// `wire::Data`, bytes that go in, or text: 0 null, 1 not read, 2 not readable; 3 and 4 elsewhere (as they are, and
    /// translated by the shim); 5 in a slice.
    Data,
    /// `wire::Texts`, an array of texts: whether it is null (`u8`); elsewhere, as a count of items of 12 bytes, each 0 or
    /// 1 and then elsewhere; `Data` that holds the items instead.
    Texts,
    /// `wire::Place`, room for what comes out: 0 null, 1 in the reply, 2 one scalar of this value (`u64`), 3 a slice, 4
    /// memory that ends early: 0 nothing, or 1 and a slice.
    Place,
    /// `wire::Returned`, what came out: 0 nothing, 1 elsewhere, 2 as many bytes (`u64`) of the slice that the request
    /// named.
    Returned,
    /// Bytes that the worker has made, elsewhere.
    Bytes,
    /// `engine::mapping::Mapped`: whether there is a mapping (`u8`); its rows in six numbers (`u64`): the first byte, bytes in
    /// a row, rows, their pitch, slices, their pitch; an address of the program (`u64`); a region (`u32`) and a place in it
    /// (`u64`).
    Mapped,
}

impl FieldType {
    /// Size in bytes.
    pub fn size(self) -> usize {
        match self {
            Self::Scalar(scalar) => scalar.size(),
            Self::Flag | Self::Stored | Self::Brought => 1,
            Self::Id | Self::Address | Self::Bytes => 8,
            Self::Returned => 16,
            Self::Data => 40,
            Self::Place => 48,
            Self::Texts => 56,
            Self::Mapped => 80,
        }
    }

    /// Alignment in bytes.
    pub fn align(self) -> usize {
        match self {
            Self::Scalar(scalar) => scalar.size(),
            Self::Flag | Self::Stored | Self::Brought => 1,
            // Two numbers of 32 bits.
            Self::Bytes => 4,
            _ => 8,
        }
    }

    /// Whether the field points to bytes outside of the record, as long as the call is made.
    pub fn borrows(self) -> bool {
        matches!(self, Self::Data | Self::Texts | Self::Returned)
    }
}

impl<'a> Record<'a> {
    fn of(fields: impl IntoIterator<Item = (String, Carries<'a>, FieldType)>) -> Self {
        let mut record = Record { fields: Vec::new(), size: 0, align: 1 };
        for (name, carries, ty) in fields {
            let offset = record.size.next_multiple_of(ty.align());
            record.size = offset + ty.size();
            record.align = record.align.max(ty.align());
            record.fields.push(Field { name, carries, ty, offset });
        }
        record.size = record.size.next_multiple_of(record.align);
        record
    }
}

pub(super) fn request<'a>(function: &Function, arguments: &[Argument<'a>], births: &[Birth<'a>]) -> Record<'a> {
    let mut fields = Vec::new();
    for argument in arguments.iter().filter(|argument| !argument.withheld && !argument.unmapped) {
        let param = argument.param;
        fields.push((param.name.clone(), Carries::Argument(param), request_type(param)));
        if argument.tells_address() {
            fields.push((address_of(&param.name), Carries::AddressOf(param), FieldType::Address));
        }
    }
    if births.iter().any(|birth| matches!(birth.place, BirthPlace::Returned)) {
        fields.push(("new_object".into(), Carries::NewObject, FieldType::Id));
    }
    if function.facts.files.is_some() {
        fields.push(("files".into(), Carries::Files, FieldType::Data));
    }
    if function.facts.maps.is_some() {
        fields.push(("mapping".into(), Carries::Mapping, FieldType::Id));
        fields.push(("pending".into(), Carries::PendingMapping, FieldType::Id));
    }
    if function.facts.unmaps.is_some() {
        fields.push(("mapping".into(), Carries::Mapping, FieldType::Id));
        fields.push(("unseen".into(), Carries::Unseen, FieldType::Flag));
    }
    Record::of(fields)
}

fn request_type(param: &Param) -> FieldType {
    match &param.shape {
        Shape::Value { scalar, .. } => FieldType::Scalar(*scalar),
        Shape::Handle { .. } | Shape::Mirror { .. } | Shape::Callback { .. } => FieldType::Id,
        // A hand-written call only has the word; its meaning is up to that code.
        Shape::Pointer | Shape::VaList => FieldType::Address,
        Shape::UserData | Shape::Fd(_) => FieldType::Flag,
        Shape::Text { .. } | Shape::Struct { .. } => FieldType::Data,
        Shape::Texts { .. } => FieldType::Texts,
        Shape::Buffer(buffer) if is_new_one(buffer) => FieldType::Id,
        Shape::Buffer(buffer) => match buffer.direction {
            Direction::In | Direction::InOut => FieldType::Data,
            Direction::Out => FieldType::Place,
        },
    }
}

pub(super) fn reply<'a>(function: &'a Function, arguments: &[Argument<'a>], success: Success) -> Record<'a> {
    let returned = match (&function.ret, success) {
        (_, Success::Status { scalar, .. }) => Some((Carries::Returned, FieldType::Scalar(scalar))),
        (Ret::Value { scalar, .. }, _) => Some((Carries::Returned, FieldType::Scalar(*scalar))),
        (Ret::Text { .. }, _) => Some((Carries::Returned, FieldType::Data)),
        (Ret::New { .. }, _) => Some((Carries::Made, FieldType::Flag)),
        (Ret::Mirror { .. }, _) => Some((Carries::Returned, FieldType::Id)),
        (Ret::Mapped { .. }, _) => Some((Carries::Mapped, FieldType::Mapped)),
        (Ret::Void | Ret::Status { .. } | Ret::Pointer { .. } | Ret::Struct { .. }, _) => None,
    };
    let returned = returned.map(|(carries, ty)| {
        let name = match carries {
            Carries::Made => "made",
            Carries::Mapped => "mapped",
            _ => "ret",
        };
        (name.to_owned(), carries, ty)
    });
    let results = arguments.iter().filter(|argument| argument.returns).map(|argument| {
        let ty = match argument.param.shape {
            Shape::Fd(_) => FieldType::Brought,
            _ if argument.result().is_some() => FieldType::Returned,
            _ => FieldType::Stored,
        };
        (argument.param.name.clone(), Carries::Argument(argument.param), ty)
    });
    let shows = function.facts.pull.is_some() || names_mirror(function);
    let mirrors = shows.then(|| ("mirrors".to_owned(), Carries::Mirrors, FieldType::Bytes));
    let callback = function.params.iter().any(|p| matches!(p.shape, Shape::Callback { .. }));
    let called = callback.then(|| ("called".to_owned(), Carries::Called, FieldType::Flag));
    Record::of(returned.into_iter().chain(results).chain(mirrors).chain(called))
}

/// Whether the function returns a mirrored struct.
fn names_mirror(function: &Function) -> bool {
    matches!(function.ret, Ret::Mirror { .. })
}

/// The field that says at which address of the program an input lay.
pub fn address_of(param: &str) -> String {
    format!("{param}_address")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_lie_where_c_puts_them() {
        let fields =
            [FieldType::Flag, FieldType::Scalar(Scalar::U16), FieldType::Bytes, FieldType::Id, FieldType::Flag];
        let record = Record::of(fields.map(|ty| ("x".to_owned(), Carries::Made, ty)));
        let offsets: Vec<_> = record.fields.iter().map(|field| field.offset).collect();
        assert_eq!((offsets.as_slice(), record.size, record.align), (&[0, 2, 4, 16, 24][..], 32, 8));
    }

    #[test]
    fn a_record_of_nothing_takes_nothing() {
        let record = Record::of([]);
        assert_eq!((record.size, record.align), (0, 1));
    }
}
