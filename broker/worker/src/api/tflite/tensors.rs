//! Tensors: what the library does not check.

#![allow(non_snake_case)]

use ava_protocol::control::LogLevel;
use ava_protocol::tflite::TfLiteInterpreterEnsureTensorDataIsReadable::ArchivedRequest;
use ava_protocol::tflite::constant::kTfLiteError;
use ava_protocol::tflite::kind;

use crate::call::{Call, Outcome, Stop};
use crate::generated::tflite::serve;

/// The library goes by the index unchecked.
pub fn TfLiteInterpreterEnsureTensorDataIsReadable(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "TfLiteInterpreterEnsureTensorDataIsReadable";
    let r = call.read::<ArchivedRequest>(body, NAME)?;
    let index = r.tensor_index.to_native();
    let interpreter = call.live_handle(r.interpreter.to_native(), kind::TfLiteInterpreter)?;
    let get = super::vendor(call.session).TfLiteInterpreterGetTensor.ok_or(Stop::Missing(NAME))?;
    // SAFETY: a live interpreter; the index is checked there.
    if unsafe { get(interpreter, index) }.is_null() {
        call.session.log(LogLevel::Warn, &format!("{NAME}: there is no tensor {index}"));
        return Err(Stop::Refused(i64::from(kTfLiteError)));
    }
    serve::TfLiteInterpreterEnsureTensorDataIsReadable(call, body)
}
