//! Mirrors: copies of the vendor's structs in programs.

/// A struct of the vendor that programs read: the program has a copy (mirror), which AvA keeps equal to the vendor's.
#[derive(Debug)]
pub struct Mirror {
    /// The handle type of the objects that the structs belong to.
    pub owner: String,
    /// Status of a call that gets anything else than such a struct.
    pub invalid: i64,
    /// A field that is true if the program's writes to the struct's data are copied to the vendor.
    pub input: Option<String>,
}

/// What a pointer in a mirrored struct points to.
#[derive(Debug, Clone)]
pub enum Pointee {
    /// `Option<&CStr>`
    Text,
    /// `Option<&S>`
    Struct(String),
    /// `Option<&E>`: a struct by key, of an enum with `tag`.
    Keyed(String),
    /// `Option<&mut [c_void; n]>`: memory that program and vendor share; n is another field.
    Data { len: String },
}

/// The struct that hands out an API's functions.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    /// The version that it begins with: two bytes.
    pub version: [u8; 2],
    /// The status of a call that has no place for its address.
    pub invalid: i64,
}

/// The field of a struct that a function returns, `tensor.dims.data[index]`.
#[derive(Debug)]
pub struct Answers {
    /// The parameter that the answer is stored through, if it is not what the function returns.
    pub out: Option<String>,
    /// The parameter that is the struct.
    pub param: String,
    pub steps: Vec<Step>,
    /// The result if the field does not exist: a pointer on the path is null, or the index is too large.
    pub otherwise: i128,
}

/// One step to a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Field(String),
    /// The element with the number that this parameter says.
    Index(String),
}

/// What a function does with arrays that C's allocator makes.
#[derive(Debug)]
pub struct Array {
    pub does: ArrayWork,
    /// The struct, which ends with as many elements as a number in it says.
    pub of: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ArrayWork {
    /// Makes one of so many elements.
    Create,
    /// Makes a copy of one; null of null.
    Copy,
    /// Says whether two have the same elements.
    Equal,
    /// Says whether one has so many elements, and these.
    Holds,
    /// Says how many bytes one of so many elements takes.
    Bytes,
    /// Gives one back.
    Free,
}

impl ArrayWork {
    /// By the word of the table.
    pub const ALL: &[(&str, Self)] = &[
        ("bytes", Self::Bytes),
        ("copy", Self::Copy),
        ("create", Self::Create),
        ("equal", Self::Equal),
        ("free", Self::Free),
        ("holds", Self::Holds),
    ];

    /// The word of the table, which is also what the shim's function is called.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, work)| *work == self).map_or("", |(word, _)| word)
    }

    /// How its arguments are passed: `n` a number, `p` an address.
    pub fn takes(self) -> &'static str {
        match self {
            Self::Create | Self::Bytes => "n",
            Self::Copy | Self::Free => "p",
            Self::Equal => "pp",
            Self::Holds => "pnp",
        }
    }
}
