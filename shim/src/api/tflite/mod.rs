//! TensorFlow Lite's exceptions: the data of tensors; arrays that the program makes; models that lie in files; delegates;
//! and what is refused, which is told as the library tells of errors.

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
