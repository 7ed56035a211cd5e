//! The declarations of C headers, as far as a table can say them.

use std::fmt;

use indexmap::IndexMap;

/// All that was read of some headers.
#[derive(Debug, Default)]
pub struct Header {
    /// In their order. A function that is declared twice stands here once.
    pub functions: Vec<Prototype>,
    /// By name: of a `typedef` its name, of the others `struct x`, `union x`, `enum x`. What has no name has a number.
    pub types: IndexMap<String, Definition>,
    /// How many of the types, which stand first, are of headers that are not the draft's own.
    pub others: usize,
    /// Enumerators, and the macros that are numbers.
    pub numbers: IndexMap<String, Number>,
}

/// A function that a header declares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prototype {
    pub name: String,
    pub signature: Signature,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub ret: CType,
    pub params: Vec<CParam>,
    /// Whether it ends in `...`.
    pub is_variadic: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CParam {
    pub name: String,
    pub ty: CType,
}

/// What a type name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Definition {
    /// `typedef T x;`
    Alias(CType),
    Record(Record),
    Enum(Enum),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub is_union: bool,
    pub fields: Vec<CField>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CField {
    /// `None` for a struct or union whose fields are fields of the one around it.
    pub name: Option<String>,
    pub ty: CType,
    /// It has a number of bits, or an alignment of its own.
    pub is_odd: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enum {
    /// The names of its values, which are among the header's numbers.
    pub names: Vec<String>,
    /// The C compiler's choice: signed only if a value is negative.
    pub is_signed: bool,
}

/// A number with its C type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Number {
    pub value: i128,
    /// As a table writes it, such as `c_int`; of a cast the type's name in C.
    pub ty: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CType {
    pub constant: bool,
    pub kind: CKind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CKind {
    /// `unsigned int`, `cl_uint`, `struct x`
    Named(String),
    Pointer(Box<CType>),
    /// With the number of elements, if it is known.
    Array(Box<CType>, Option<u64>),
    Function(Box<Signature>),
}

impl CType {
    pub fn named(name: &str) -> Self {
        Self { constant: false, kind: CKind::Named(name.into()) }
    }

    pub fn pointer(to: Self) -> Self {
        Self { constant: false, kind: CKind::Pointer(Box::new(to)) }
    }

    pub fn is_void(&self) -> bool {
        matches!(&self.kind, CKind::Named(name) if name == "void")
    }
}

/// As Rust writes it.
impl fmt::Display for CType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            CKind::Named(name) => f.write_str(name),
            CKind::Pointer(to) => write!(f, "*{} {to}", if to.constant { "const" } else { "mut" }),
            CKind::Array(of, Some(n)) => write!(f, "[{of}; {n}]"),
            CKind::Array(of, None) => write!(f, "[{of}]"),
            CKind::Function(signature) => write!(f, "{signature}"),
        }
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut params: Vec<String> = self.params.iter().map(|p| format!("{}: {}", p.name, p.ty)).collect();
        params.extend(self.is_variadic.then(|| "...".to_owned()));
        write!(f, "fn({})", params.join(", "))?;
        if self.ret.is_void() { Ok(()) } else { write!(f, " -> {}", self.ret) }
    }
}

/// Text that is not C.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{file}, line {line}: this does not parse as C: {text}")]
pub struct SyntaxError {
    pub file: String,
    /// The line of the file, from 1.
    pub line: usize,
    /// What stands on it.
    pub text: String,
}
