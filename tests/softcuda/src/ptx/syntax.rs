//! PTX as a tree, with lines.

/// A fundamental or packed type (PTX ISA, "Types").
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Type {
    Pred,
    B8,
    B16,
    B32,
    B64,
    B128,
    U8,
    U16,
    U32,
    U64,
    S8,
    S16,
    S32,
    S64,
    F16,
    F16x2,
    Bf16,
    Bf16x2,
    F32,
    F64,
}

impl Type {
    /// The type of a name without its dot: `u32`.
    pub fn of(name: &str) -> Option<Self> {
        use Type::*;
        Some(match name {
            "pred" => Pred,
            "b8" => B8,
            "b16" => B16,
            "b32" => B32,
            "b64" => B64,
            "b128" => B128,
            "u8" => U8,
            "u16" => U16,
            "u32" => U32,
            "u64" => U64,
            "s8" => S8,
            "s16" => S16,
            "s32" => S32,
            "s64" => S64,
            "f16" => F16,
            "f16x2" => F16x2,
            "bf16" => Bf16,
            "bf16x2" => Bf16x2,
            "f32" => F32,
            "f64" => F64,
            _ => return None,
        })
    }

    /// Bytes of a value, of a predicate as well.
    pub fn bytes(self) -> usize {
        use Type::*;
        match self {
            Pred | B8 | U8 | S8 => 1,
            B16 | U16 | S16 | F16 | Bf16 => 2,
            B32 | U32 | S32 | F32 | F16x2 | Bf16x2 => 4,
            B64 | U64 | S64 | F64 => 8,
            B128 => 16,
        }
    }

    pub fn is_signed(self) -> bool {
        matches!(self, Type::S8 | Type::S16 | Type::S32 | Type::S64)
    }

    pub fn is_float(self) -> bool {
        use Type::*;
        matches!(self, F16 | F16x2 | Bf16 | Bf16x2 | F32 | F64)
    }
}

/// What a text holds.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// Version of the language, ten times: 84 for 8.4.
    pub version: u32,
    /// Number of the target architecture: 75 for `sm_75`.
    pub target: u32,
    pub variables: Vec<Variable>,
    pub functions: Vec<Function>,
    /// Other names of functions.
    pub aliases: Vec<(String, String)>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Space {
    Global,
    Const,
    Shared,
    Local,
    Param,
    /// A parameter that is a register.
    Reg,
}

#[derive(Clone, Debug)]
pub struct Variable {
    pub name: String,
    pub space: Space,
    /// Type of an element.
    pub kind: Type,
    /// Bytes; 0 of an array without a size.
    pub size: u64,
    /// Bytes, a power of two.
    pub align: u64,
    /// Elements, by number, in ascending order; the others are 0.
    pub initial: Vec<(u64, Initial)>,
    pub external: bool,
    pub managed: bool,
    pub line: u32,
}

/// Initial contents of an element.
#[derive(Clone, Debug, PartialEq)]
pub enum Initial {
    Bits(u64),
    /// Where a variable or function is.
    Address {
        name: String,
        offset: i64,
    },
}

#[derive(Clone, Debug)]
pub struct Function {
    pub name: String,
    /// A kernel.
    pub entry: bool,
    pub results: Vec<Variable>,
    pub parameters: Vec<Variable>,
    /// None where the function is only declared.
    pub body: Option<Vec<Statement>>,
    /// Most threads of a block (`.maxntid`).
    pub max_threads: Option<[u32; 3]>,
    /// Threads of a block (`.reqntid`).
    pub required_threads: Option<[u32; 3]>,
    pub line: u32,
}

#[derive(Clone, Debug)]
pub enum Statement {
    /// `{`
    Open,
    /// `}`
    Close,
    Label(String),
    Variable(Variable),
    Registers(Registers),
    /// Labels that `brx.idx` goes to.
    Targets {
        name: String,
        labels: Vec<String>,
    },
    Instruction(Instruction),
}

/// `.reg .b32 %r<10>` or `.reg .b32 a`.
#[derive(Clone, Debug)]
pub struct Registers {
    pub name: String,
    /// How many, named with numbers behind; None for one, named as is.
    pub count: Option<u32>,
    pub kind: Type,
}

#[derive(Clone, Debug)]
pub struct Instruction {
    pub line: u32,
    pub guard: Option<Guard>,
    /// With modifiers: `ld.global.f32`.
    pub name: String,
    pub operands: Vec<Operand>,
}

/// A predicate that lets lanes through.
#[derive(Clone, Debug)]
pub struct Guard {
    pub predicate: String,
    pub negated: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A register, special register, variable, label or function.
    Name(String),
    Integer(u64),
    /// Bits of an f32.
    Single(u32),
    /// Bits of an f64.
    Double(u64),
    /// `name+4`
    Sum(String, i64),
    /// `[name+4]`
    Address {
        base: String,
        offset: i64,
    },
    /// `[object, {x, y}]`
    Texel {
        object: String,
        at: Vec<Operand>,
    },
    /// `[64]`
    Absolute(u64),
    /// `{a, b}`
    Vector(Vec<Operand>),
    /// `(a, b)`
    List(Vec<Operand>),
    /// `!p`
    Not(String),
    /// `p|q`
    Pair(String, String),
    /// `_`
    Sink,
}
