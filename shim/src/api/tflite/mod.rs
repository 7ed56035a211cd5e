//! TensorFlow Lite's exceptions: the data of tensors; arrays that the program makes; models that lie in files; delegates;
//! and what is refused, which is told as the library tells of errors.
//!
//! # Safety
//! Each function that has the name of one of the library's asks of its caller what that one asks.

mod arrays;
mod data;
mod delegates;
mod models;
mod reporters;
mod state;
mod strings;

pub use arrays::*;
pub use data::*;
pub use delegates::*;
pub use models::*;
pub use reporters::{TfLiteInterpreterOptionsSetErrorReporter, refuse};
pub use state::SLOT;
pub use strings::*;
