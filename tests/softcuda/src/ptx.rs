//! PTX as text: from characters to a tree. What it means is the engine's.

mod cursor;
mod lex;
mod parse;
pub mod syntax;

pub use cursor::ParseError;
pub use parse::parse;
