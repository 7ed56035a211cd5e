//! TensorFlow Lite's exceptions: the data of tensors; arrays that the program makes; models that lie in files; delegates;
//! and what is refused, which is told as the library tells of errors.

mod arrays;
mod data;
mod delegates;
mod models;
mod reporters;
mod strings;

use crate::api;
use crate::base::fault::Fault;
use crate::book::regions::Lease;
use crate::session::{Own, Session};

pub use arrays::*;
pub use data::*;
pub use delegates::*;
pub use models::*;
pub use reporters::{TfLiteInterpreterOptionsSetErrorReporter, refuse};
pub use strings::*;

/// `kTfLiteOk`, `kTfLiteError`
const OK: u32 = 0;
const ERROR: u32 = 1;

/// What TensorFlow Lite's exceptions remember of a session.
#[derive(Default)]
pub struct State {
    reporters: reporters::Reporters,
    indices: arrays::Indices,
    options: delegates::Options,
}

impl Own for State {
    fn forget(&self, id: u64) -> Vec<Lease> {
        self.reporters.forget(id);
        self.indices.forget(id);
        self.options.forget(id);
        Vec::new()
    }
}

/// What is remembered of a session with TensorFlow Lite.
fn state(session: &Session) -> &State {
    session.own()
}

/// The same for what starts afresh.
fn afresh() -> Result<&'static Session, Fault> {
    Session::afresh(&api::TFLITE)
}

/// The process's session with TensorFlow Lite.
fn session() -> Result<&'static Session, Fault> {
    Session::current(&api::TFLITE)
}
