//! Structs of the vendor's of which programs have images.

/// How programs come to structs of the vendor's: they have images of them, which are kept as the vendor's are.
#[derive(Debug)]
pub struct Mirror {
    /// The handle type of the objects that the structs belong to.
    pub owner: String,
    /// Status of a call that is given something else than such a struct.
    pub invalid: i64,
    /// A field that says that what the program writes to the struct's data is meant for the vendor.
    pub input: Option<String>,
}

/// What a pointer in a struct points to, where programs have an image of the struct.
#[derive(Debug, Clone)]
pub enum Pointee {
    /// `Option<&CStr>`
    Text,
    /// `Option<&S>`
    Struct(String),
    /// `Option<&E>`: a struct by key, of an enum with `tag`.
    Keyed(String),
    /// `Option<&mut [c_void; n]>`: memory that the program and the vendor both have; n is another field.
    Data { len: String },
}

/// A field of a struct that answers a question, `tensor.dims.data[index]`.
#[derive(Debug)]
pub struct Answers {
    /// The parameter that the answer is stored through, if it is not what the function returns.
    pub out: Option<String>,
    /// The parameter that is the struct.
    pub param: String,
    pub steps: Vec<Step>,
    /// The answer where the field is not there: a pointer on the way is null, or the index is too large.
    pub otherwise: i128,
}

/// One step to a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    Field(String),
    /// The element with the number that this parameter says.
    Index(String),
}
