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
