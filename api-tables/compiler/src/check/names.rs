//! The names a table declares, and the C types that every table knows.

use crate::model::{Constant, Scalar};
use crate::problem::Problems;
use indexmap::IndexMap;
use proc_macro2::Span;

/// What a type name stands for.
#[derive(Debug, Clone)]
pub enum Kind {
    Scalar(Scalar),
    Status(Scalar),
    Handle,
    /// `type X = Opaque;` with `handle`: a handle that is a pointer to X.
    Pointee,
    /// `type X = Opaque;` A struct that is used only by address.
    Opaque,
    /// `type cl_GLsync = *mut c_void;` An address under a name of its own.
    Address,
    Struct,
    /// A struct with `mirror`, under its own name or another.
    Mirror {
        of: String,
    },
    Tagged,
    /// A property list, with the C name of its elements.
    List {
        element: String,
    },
}

/// All names of a table. Functions are known by name before any of them is read.
#[derive(Debug, Default)]
pub struct Names {
    pub types: IndexMap<String, Kind>,
    pub constants: IndexMap<String, Constant>,
    pub functions: Vec<String>,
}

/// C scalars by the name a table uses, with their name in C.
const BUILTIN: &[(&str, Scalar, &str)] = &[
    ("i8", Scalar::I8, "int8_t"),
    ("u8", Scalar::U8, "uint8_t"),
    ("i16", Scalar::I16, "int16_t"),
    ("u16", Scalar::U16, "uint16_t"),
    ("i32", Scalar::I32, "int32_t"),
    ("u32", Scalar::U32, "uint32_t"),
    ("i64", Scalar::I64, "int64_t"),
    ("u64", Scalar::U64, "uint64_t"),
    ("isize", Scalar::Isize, "intptr_t"),
    ("usize", Scalar::Usize, "size_t"),
    ("f32", Scalar::F32, "float"),
    ("f64", Scalar::F64, "double"),
    ("c_char", Scalar::I8, "char"),
    ("c_schar", Scalar::I8, "signed char"),
    ("c_uchar", Scalar::U8, "unsigned char"),
    ("c_short", Scalar::I16, "short"),
    ("c_ushort", Scalar::U16, "unsigned short"),
    ("c_int", Scalar::I32, "int"),
    ("c_uint", Scalar::U32, "unsigned int"),
    ("c_long", Scalar::I64, "long"),
    ("c_ulong", Scalar::U64, "unsigned long"),
    ("c_longlong", Scalar::I64, "long long"),
    ("c_ulonglong", Scalar::U64, "unsigned long long"),
    ("bool", Scalar::U8, "_Bool"),
];

/// Shapes: words that look like types but are not.
pub const SHAPES: &[&str] = &[
    "CStr",
    "DeviceMemory",
    "Fd",
    "HostFlags",
    "HostPtr",
    "In",
    "Mapped",
    "New",
    "Option",
    "Out",
    "References",
    "UserData",
    "VaList",
];

/// The C name of a type that a table may write as `name`.
pub fn c_name(name: &str) -> &str {
    match BUILTIN.iter().find(|(known, ..)| *known == name) {
        Some((_, _, c)) => c,
        None if name == "c_void" => "void",
        None => name,
    }
}

/// What a table calls a C type that every table knows.
pub fn from_c(c: &str) -> Option<&'static str> {
    let same = match c {
        "void" => return Some("c_void"),
        "unsigned" => "unsigned int",
        "long int" => "long",
        "long unsigned int" | "unsigned long int" => "unsigned long",
        "uintptr_t" => "size_t",
        other => other,
    };
    BUILTIN.iter().find(|(_, _, known)| *known == same).map(|(name, ..)| *name)
}

/// The scalar that every table knows by this name.
pub fn builtin(name: &str) -> Option<Scalar> {
    BUILTIN.iter().find(|(known, ..)| *known == name).map(|(_, scalar, _)| *scalar)
}

/// The scalar that a C type is which every table knows.
pub fn scalar_of_c(c: &str) -> Option<Scalar> {
    BUILTIN.iter().find(|(_, _, known)| *known == c).map(|(_, scalar, _)| *scalar)
}

/// Whether every table knows this name, so that none may declare it.
pub fn reserved(name: &str) -> bool {
    name == "c_void"
        || name == "Handle"
        || name == "Opaque"
        || SHAPES.contains(&name)
        || BUILTIN.iter().any(|(known, ..)| *known == name)
}

impl Names {
    /// What a type name stands for; an unknown one is a problem.
    pub fn kind(&self, name: &str, at: Span, problems: &mut Problems) -> Option<Kind> {
        let found = self.find(name);
        if found.is_none() {
            let problem = problems.add(at, format!("there is no type `{name}`"), "unknown type");
            match BUILTIN.iter().find(|(_, _, c)| *c == name) {
                Some((known, ..)) => problem.help(format!("a table calls it `{known}`")),
                None => {
                    let builtin = BUILTIN.iter().map(|(known, ..)| *known).chain(["c_void"]);
                    problem.near(name, self.types.keys().map(String::as_str).chain(builtin));
                }
            }
        }
        found
    }

    /// What a type name stands for.
    pub fn find(&self, name: &str) -> Option<Kind> {
        self.types.get(name).cloned().or_else(|| builtin(name).map(Kind::Scalar))
    }

    /// The scalar behind a type name; anything else is a problem.
    pub fn scalar(&self, name: &str, at: Span, problems: &mut Problems) -> Option<Scalar> {
        match self.kind(name, at, problems)? {
            Kind::Scalar(scalar) | Kind::Status(scalar) => Some(scalar),
            _ => {
                problems.add(at, format!("`{name}` is not a scalar"), "needs a scalar type");
                None
            }
        }
    }

    /// Reports a name that should have been a constant.
    pub fn unknown_constant(&self, name: &str, at: Span, problems: &mut Problems) {
        problems
            .add(at, format!("there is no constant `{name}`"), "unknown constant")
            .near(name, self.constants.keys().map(String::as_str));
    }

    /// Whether the table has this handle type; anything else is a problem.
    pub fn handle(&self, name: &syn::Ident, problems: &mut Problems) -> Option<String> {
        let text = name.to_string();
        match self.kind(&text, name.span(), problems)? {
            Kind::Handle | Kind::Pointee => Some(text),
            _ => {
                problems.add(name.span(), format!("`{text}` is not a handle"), "needs a handle type");
                None
            }
        }
    }

    /// Whether the table has this function; anything else is a problem.
    pub fn function(&self, name: &syn::Ident, problems: &mut Problems) -> Option<String> {
        let text = name.to_string();
        if self.functions.contains(&text) {
            return Some(text);
        }
        problems
            .add(name.span(), format!("there is no function `{text}`"), "unknown function")
            .near(&text, self.functions.iter().map(String::as_str));
        None
    }

    /// Declares a type; a second one of that name is a problem.
    pub fn declare(&mut self, name: &syn::Ident, kind: Kind, problems: &mut Problems) {
        let text = name.to_string();
        if reserved(&text) {
            problems.add(name.span(), format!("`{text}` is a reserved word"), "taken");
        } else if self.types.insert(text.clone(), kind).is_some() {
            problems.add(name.span(), format!("a second type called `{text}`"), "again");
        }
    }

    /// Declares a constant; a second one of that name is a problem, and so is a value that its type cannot hold.
    pub fn define(&mut self, name: &syn::Ident, ty: &str, scalar: Scalar, value: i128, problems: &mut Problems) {
        let text = name.to_string();
        let (low, high) = range(scalar);
        if value < low || value > high {
            problems.add(name.span(), format!("{value} does not fit `{ty}`"), format!("holds {low} to {high}"));
        }
        let constant = Constant { name: text.clone(), ty: ty.to_owned(), value, span: name.span() };
        if self.constants.insert(text.clone(), constant).is_some() {
            problems.add(name.span(), format!("a second constant called `{text}`"), "again");
        }
    }
}

/// The least and the greatest value of a scalar; a constant is never a fraction.
pub fn range(scalar: Scalar) -> (i128, i128) {
    let bits = scalar.size() as u32 * 8;
    match scalar {
        Scalar::U8 | Scalar::U16 | Scalar::U32 | Scalar::U64 | Scalar::Usize => (0, (1 << bits) - 1),
        Scalar::I8 | Scalar::I16 | Scalar::I32 | Scalar::I64 | Scalar::Isize => {
            (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        }
        Scalar::F32 | Scalar::F64 => (0, 0),
    }
}
