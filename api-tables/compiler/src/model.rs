//! The model: a table's content after reading and checking, the input of the plan and of every emitter.
//!
//! The reader resolves names (`cl_uint` is a [`Shape::Value`] with its [`Scalar`], `cl_context` a
//! [`Shape::Handle`]) so that emitters never look at syntax again. Emitters are visitors over these types.

mod callbacks;
mod events;
mod expr;
mod extensions;
mod facts;
mod in_place;
mod lengths;
mod mirrors;
mod pieces;
mod pixels;
mod procs;
mod sandbox;
mod scalars;

pub use callbacks::*;
pub use events::*;
pub use expr::*;
pub use extensions::*;
pub use facts::*;
pub use in_place::*;
pub use lengths::*;
pub use mirrors::*;
pub use pixels::*;
pub use procs::*;
pub use sandbox::*;
pub use scalars::*;

use indexmap::IndexMap;
use proc_macro2::Span;

/// One vendor API: one table file.
#[derive(Debug)]
pub struct Api {
    /// Short name, a Rust identifier: `opencl`. From `#![api(opencl = 2)]`.
    pub name: String,
    /// The API's number on the wire. From `#![api(opencl = 2)]`.
    pub number: u16,
    /// Soname of the vendor library. From `#![library("libOpenCL.so.1")]`.
    pub library: String,
    /// Other names programs ask `dlopen` for: `#![also("libOpenCL.so")]`.
    pub also: Vec<String>,
    /// Folders where the library is looked for, if the loader does not find it: `#![places("/usr/lib/softhsm")]`.
    pub places: Vec<String>,
    /// How a user gets the library: `#![install("on Debian and Ubuntu: sudo apt install softhsm2")]`.
    pub install: String,
    /// Folders whose files name libraries that programs open instead of the vendor library:
    /// `#![drivers("/etc/OpenCL/vendors")]`.
    pub drivers: Vec<String>,
    /// Version nodes of the vendor library, oldest first: `#![versions("OPENCL_1.0", …)]`. Versions in answers are limited
    /// to the last one.
    pub versions: Vec<String>,
    /// C headers that declare the API, in order of inclusion: `#![header("CL/cl.h")]`, repeatable.
    pub headers: Vec<String>,
    /// `#define` lines to come before them: `#![define("CL_TARGET_OPENCL_VERSION=300")]`.
    pub defines: Vec<String>,
    /// Status of any call after its worker ended: `#![lost(CL_DEVICE_NOT_AVAILABLE)]`.
    pub lost: i64,
    /// Status of a call if there is no memory for its data, if not [`Api::lost`]: `#![exhausted(CL_OUT_OF_HOST_MEMORY)]`.
    pub exhausted: i64,
    /// Status of a call of a function that the loaded library lacks, if not [`Api::lost`]: `#![absent(TOY_NO_FUNCTION)]`.
    pub absent: i64,
    /// Statuses of errors that last: `#![lasting(CL_GONE, …)]`.
    pub lasting: Vec<i64>,
    /// Environment variables of the *broker* that a worker inherits; a trailing `*` matches any rest:
    /// `#![environment("OCL_ICD_VENDORS", "POCL_*")]`. Nothing of the tenant's environment crosses.
    pub environment: Vec<String>,
    /// What vendors need of the machine beyond what every worker gets: `#![sandbox(read("/etc/OpenCL/vendors"), …)]`.
    pub sandbox: Needs,
    /// Files that each tenant has of its own: `#![configuration(…)]`, repeatable.
    pub configurations: Vec<Configuration>,
    /// Extensions that cross; the rest is masked in every `#[names]` answer: `#![extensions(["cl_khr_fp64", …])]`.
    pub extensions: Vec<Extension>,
    /// Extensions that are known not to cross, and why: `#![masked(why = "…", ["cl_khr_gl_sharing", …])]`, repeatable.
    pub masked: Vec<Masked>,
    /// The function that returns all others as a struct of pointers, in the order of the table:
    /// `#![functions(C_GetFunctionList)]`.
    pub function_list: Option<String>,
    /// What that struct begins with, and what is answered that has no place for it: `#![listed(version = "2.40", …)]`.
    pub listed: Option<Listed>,
    /// What each call returns in a forked child of a process that has called: `#![forked(CUDA_ERROR_NOT_INITIALIZED)]`.
    pub forked: Option<i64>,
    /// What each call returns in a callback of the API's: `#![inside(CUDA_ERROR_NOT_PERMITTED)]`.
    pub inside: Option<i64>,
    /// A forked child continues with a copy of its parent's session: `#![forks]`.
    pub forks: bool,
    /// Functions in the order of the installable client driver's dispatch table; `None` is an empty place.
    /// From `#![dispatch([clGetPlatformIDs, clGetPlatformInfo, …, _, …])]`.
    pub dispatch: Vec<Option<String>>,
    /// The function that returns addresses of extension functions, if the API has one:
    /// `#![lookup(clGetExtensionFunctionAddressForPlatform)]`.
    pub lookup: Option<String>,
    pub constants: IndexMap<String, Constant>,
    pub types: IndexMap<String, TypeDef>,
    /// In table order; the opcode of a function is its index.
    pub functions: Vec<Function>,
}

/// `const CL_MEM_USE_HOST_PTR: cl_mem_flags = 1 << 3;` The header check proves the value.
#[derive(Debug, Clone)]
pub struct Constant {
    pub name: String,
    pub ty: String,
    pub value: i128,
    pub span: Span,
}

#[derive(Debug)]
pub struct TypeDef {
    pub name: String,
    pub doc: String,
    pub span: Span,
    pub kind: TypeKind,
}

#[derive(Debug)]
pub enum TypeKind {
    /// `type cl_uint = u32;`
    Scalar(Scalar),
    /// `#[status(ok = 0)] type cl_int = i32;` A scalar that reports success or failure where a function returns
    /// it or stores it through a parameter called `errcode_ret`; elsewhere an ordinary scalar.
    Status { scalar: Scalar, ok: i64 },
    /// `#[handle(retain = clRetainContext, release = clReleaseContext, invalid = CL_INVALID_CONTEXT)] type cl_context =
    /// Handle;`
    Handle {
        retain: Option<String>,
        release: Option<String>,
        /// Status of a call that gets anything else than a live handle of this type.
        invalid: i64,
        /// The C type is a struct, and the handle a pointer to it: `type TfLiteModel = Opaque;`
        opaque: bool,
        /// `plain = 2`: the values 1 and 2 are no objects, and cross as they are; 0 if all others are.
        plain: u64,
        /// `also = [CUkernel]`: objects of these types are accepted, too, where one of this type is asked for.
        also: Vec<String>,
        /// `within = [CUmodule]`: objects of this type end with the one of these types that they were made from or found
        /// through.
        within: Vec<String>,
        /// `#[event(…)]`: objects of this type tell how far commands have got.
        event: Option<Box<Event>>,
        /// `#[memory(…)]`: objects of this type are memory, which devices may use in place.
        memory: Option<Box<InPlace>>,
        /// `#[pixels(…)]`: objects of this type are images.
        pixels: Option<Box<Pixels>>,
    },
    /// `type TfLiteOperator = Opaque;` A struct that is used only by address.
    Opaque,
    /// `struct cl_image_desc { image_type: cl_uint, …, buffer: Option<cl_mem> }`, laid out as C does.
    Struct {
        fields: Vec<Field>,
        /// `#[mirror(owner = H, invalid = STATUS)]`: programs read the vendor's own structs.
        mirror: Option<Mirror>,
        /// `#[says(version = NUMBER, otherwise = STATUS)]`: what goes in says which struct it is.
        says: Option<Says>,
    },
    /// `#[tag(param_name)] enum DeviceInfo: cl_device_info { … }`: bytes whose meaning depends on another parameter. Keys
    /// that are not listed return the status `otherwise`; without one they are plain bytes.
    Tagged { tag: String, otherwise: Option<i64>, variants: Vec<Variant> },
    /// `#[list(end = 0, otherwise = CL_INVALID_PROPERTY)] enum ContextProperty: cl_context_properties { … }`: key and value,
    /// ended by `end`. A call with a key that is not listed fails with the status `otherwise`.
    List {
        scalar: Scalar,
        /// C name of the element type, `cl_context_properties`.
        element: String,
        end: i64,
        otherwise: i64,
        variants: Vec<Variant>,
    },
}

/// A field of what programs pass has this value, or the call is refused with a status: only then it is this struct.
#[derive(Debug)]
pub struct Says {
    pub field: String,
    pub value: i128,
    pub otherwise: i64,
}

#[derive(Debug)]
pub struct Field {
    pub name: String,
    pub shape: FieldShape,
    /// The C name of the field's type, as written in the table.
    pub ty: String,
}

#[derive(Debug, Clone)]
pub enum FieldShape {
    Scalar(Scalar),
    /// `[T; n]` with a literal n, e.g. `name: [c_char; 64]`.
    Array(Scalar, usize),
    Handle(String),
    /// `[E; n]` of an enum with `tag`: a union of n bytes, whose part another field says. A handle stands at its beginning.
    Union {
        keys: String,
        size: usize,
    },
    /// `Option<&[T; n]>`: memory that the struct points to.
    Memory(Memory),
    /// `[T; n]` with another field for n: the struct ends with as many scalars.
    Tail {
        scalar: Scalar,
        len: String,
    },
    /// A pointer that an image of the struct follows.
    Pointer(Pointee),
    /// `*mut T`: an address that neither side dereferences, and that does not cross.
    Address,
    /// Another struct, in place.
    Struct(String),
}

impl FieldShape {
    /// Whether the field is a handle, or may be one.
    pub fn is_handle(&self) -> bool {
        matches!(self, Self::Handle(_) | Self::Union { .. })
    }
}

/// Memory that a field of a struct points to.
#[derive(Debug, Clone)]
pub struct Memory {
    pub element: Element,
    /// The field of the same struct that says how many elements there are.
    pub len: String,
}

/// One key of a [`TypeKind::Tagged`] or [`TypeKind::List`].
#[derive(Debug)]
pub struct Variant {
    /// The constant's name; its value is in [`Api::constants`].
    pub key: String,
    pub payload: Payload,
    pub span: Span,
}

/// What lies behind a key.
#[derive(Debug, Clone)]
pub enum Payload {
    /// `cl_uint: KEY`, `[c_char]: KEY`: bytes, carried as they are. The C type is for documentation.
    Plain(String),
    /// `cl_device_id: KEY`
    Handle(String),
    /// `[cl_device_id]: KEY`: as many handles as fit the size.
    Handles(String),
    /// `[&CStr]: KEY`: addresses of texts that stay valid.
    Texts,
    /// `#[version] [c_char]: KEY`: a text with the version of the API, as in `OpenCL 3.0 PoCL`.
    VersionText,
    /// `#[paths] [c_char]: KEY`: a text with paths of files that the worker laid out for the program.
    Paths,
    /// `#[version] cl_version: KEY`: the version as a number.
    VersionNumber,
    /// `#[version] [cl_name_version]: KEY`: an array of structs that begin with a version as a number.
    VersionNumbers(String),
    /// `#[hide(CL_EXEC_NATIVE_KERNEL)] cl_bitfield: KEY`: these bits are cleared in the answer.
    Hidden { scalar: Scalar, bits: i128 },
    /// `#[names] [c_char]: KEY`: a space-separated list of extension names, filtered by [`Api::extensions`].
    Names,
    /// `#[names] [cl_name_version]: KEY`: an array of structs whose last field is a name, filtered likewise.
    NameVersions(String),
    /// `ContextProperty: KEY` in a tagged enum: a property list, translated like one.
    List(String),
    /// `#[list(end = 0)] [cl_uint]: KEY` in a list enum: the value is not one element but a run of them with its own end.
    Run { end: i64 },
    /// `HostPtr: KEY`: the program's address that the object was made with.
    HostPtr,
    /// `HostFlags: KEY`: flags that say how the object was made of the program's memory.
    HostFlags,
    /// `DeviceMemory: KEY`: how much memory a device has, in 8 bytes, of which a program is told what it may have.
    DeviceMemory,
    /// `References: KEY`: the object's reference count, part of which the shim keeps.
    References,
    /// `#[refused(CL_INVALID_PROPERTY)] …: KEY` in a list enum, or one that a field of a struct points to: a call that uses
    /// this key fails with the status.
    Refused(i64),
}

#[derive(Debug)]
pub struct Function {
    pub name: String,
    pub doc: String,
    pub span: Span,
    pub params: Vec<Param>,
    pub ret: Ret,
    pub facts: Facts,
    /// The function whose `twin` this one is: it has its parameters and facts, and stands behind it.
    pub twin_of: Option<String>,
}

#[derive(Debug)]
pub struct Param {
    pub name: String,
    pub span: Span,
    pub shape: Shape,
    /// The C type, e.g. `const cl_event *`, `void *`, `cl_uint`; empty for a callback. The header check uses it.
    pub c_type: String,
    /// `since(properties = "0.9.5")`: the version of the function's extension from which on there is this parameter.
    pub since: Option<Version>,
}

#[derive(Debug)]
pub enum Ret {
    Void,
    /// A scalar that is no status.
    Value {
        ty: String,
        scalar: Scalar,
    },
    Status {
        ty: String,
    },
    /// `-> New<cl_context>`
    New {
        ty: String,
    },
    /// `-> Option<&S>`, `-> Option<&mut S>`: a struct of the vendor, of which the program has a mirror.
    Mirror {
        ty: String,
        c_type: String,
    },
    /// `-> &CStr`: text of the vendor, of which the program gets a copy that stays valid.
    Text {
        null: bool,
    },
    /// `-> Mapped<[c_void; n]>`: memory of the vendor's that the program reads and writes in place; see [`Maps`].
    Mapped {
        len: Len,
    },
    /// `-> S`: a struct by value; only in functions that are custom, local or unsupported.
    Struct {
        ty: String,
    },
    /// `-> *mut c_void`: an address; only in functions that are custom, local or unsupported.
    Pointer {
        c_type: String,
    },
}

/// How one argument is passed.
#[derive(Debug)]
pub enum Shape {
    /// Carried as it is.
    Value {
        ty: String,
        scalar: Scalar,
    },
    Handle {
        ty: String,
        null: bool,
    },
    /// `&S`, `&mut S`: a struct of the vendor, of which the program has a mirror.
    Mirror {
        ty: String,
    },
    /// `&CStr`
    Text {
        null: bool,
    },
    /// `&[&CStr; n]`, or `&[&[c_char; lengths]; n]` where element i has `lengths[i]` bytes. With `lengths` null, or
    /// its element 0, a text element ends at its NUL. `lengths` is the name of the parameter.
    Texts {
        count: Expr,
        lengths: Option<String>,
        bytes: bool,
        null: bool,
    },
    Buffer(Buffer),
    /// `Fd`, `Out<Fd>`: a descriptor, of which the other process gets a copy.
    Fd(Fd),
    /// `fn(errinfo: &CStr, …, user_data: UserData)`, null allowed where `Option`.
    Callback {
        params: Vec<Param>,
        ret: Returned,
        null: bool,
    },
    /// `VaList`: the arguments of the format before it. The worker formats; the program gets the text as one argument.
    VaList,
    /// A struct by value: of numbers only, except in functions that are custom, local or unsupported.
    Struct {
        ty: String,
    },
    /// The pointer handed to the callback of the same call.
    UserData,
    /// `*mut c_void`, `*const T`, …: an address that neither side dereferences.
    Pointer,
}

/// Memory that a pointer argument points to.
#[derive(Debug)]
pub struct Buffer {
    pub direction: Direction,
    pub element: Element,
    pub len: Len,
    pub null: bool,
}

/// A descriptor that crosses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fd {
    /// `Out<…>`: the vendor makes it.
    pub out: bool,
    /// `Fd<c_void>`: in C the number is in the place of an address, or behind a `void *`.
    pub wide: bool,
    pub null: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// `&T`, `&[T; n]`, `In<…>`
    In,
    /// `&mut T`
    InOut,
    /// `Out<T>`, `Out<[T; n]>`
    Out,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Element {
    /// `c_void`: plain bytes.
    Bytes,
    Scalar {
        ty: String,
        scalar: Scalar,
    },
    Struct(String),
    Handle(String),
    /// `Out<New<H>>`, `Out<[New<H>; n]>`
    New(String),
    /// `Out<&CStr>`: the address of a text of the vendor's, of which the program gets a copy that stays valid.
    Text,
    /// Bytes with meaning by key: the name of a [`TypeKind::Tagged`].
    Tagged(String),
    /// The name of a [`TypeKind::List`].
    Property(String),
}

impl Api {
    pub fn function(&self, name: &str) -> Option<&Function> {
        self.functions.iter().find(|f| f.name == name)
    }

    /// The mirrored struct, if the API has one.
    /// Whether a struct holds a handle, or may hold one.
    pub fn holds_handle(&self, ty: &str) -> bool {
        match self.types.get(ty).map(|t| &t.kind) {
            Some(TypeKind::Struct { fields, .. }) => fields.iter().any(|field| field.shape.is_handle()),
            _ => false,
        }
    }

    pub fn mirror(&self) -> Option<(&str, &[Field], &Mirror)> {
        self.types.values().find_map(|t| match &t.kind {
            TypeKind::Struct { fields, mirror: Some(mirror), .. } => Some((t.name.as_str(), fields.as_slice(), mirror)),
            _ => None,
        })
    }

    pub fn opcode(&self, name: &str) -> Option<usize> {
        self.functions.iter().position(|f| f.name == name)
    }
}

impl Function {
    pub fn param(&self, name: &str) -> Option<&Param> {
        self.params.iter().find(|p| p.name == name)
    }

    /// The parameter for the answer's bytes, and those for its capacity and its length.
    pub fn answer(&self) -> Option<(&Param, &str, &str)> {
        self.params.iter().find_map(|p| {
            let Shape::Buffer(Buffer { direction: Direction::Out, element, len, .. }) = &p.shape else {
                return None;
            };
            let (Element::Bytes | Element::Tagged(_), Len::Count(Expr::Param(size))) = (element, len) else {
                return None;
            };
            match self.facts.written.iter().find(|(name, _)| *name == p.name) {
                Some((_, Expr::Param(size_ret))) => Some((p, size.as_str(), size_ret.as_str())),
                _ => None,
            }
        })
    }
}
