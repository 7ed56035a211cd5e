//! What handles and numbers mean for the calling thread: its context, its streams.

use std::sync::Arc;

use crate::cuda::{CUstream, Result, STREAM_LEGACY, STREAM_PER_THREAD, Status};
use crate::device::operation::Operation;
use crate::device::stream::{STREAMS, Stream};
use crate::device::{capture, context, process};

/// A stream by its handle, of a context that has not failed. 0 is the default stream of the current context.
pub fn stream(handle: CUstream) -> Result<Arc<Stream>> {
    match handle {
        0 if process::is_per_thread() => Ok(context::usable()?.per_thread()),
        STREAM_PER_THREAD => Ok(context::usable()?.per_thread()),
        0 | STREAM_LEGACY => Ok(context::usable()?.legacy.clone()),
        _ => {
            let stream = STREAMS.find(handle)?;
            stream.health.check()?;
            Ok(stream)
        }
    }
}

/// The default stream, for a call that waits or could wait: nothing may be captured that this would disturb.
pub fn default_stream() -> Result<Arc<Stream>> {
    let stream = stream(0)?;
    if let Some(capture) = stream.capturing()? {
        capture.invalidate();
        return Err(Status::STREAM_CAPTURE_UNSUPPORTED);
    }
    capture::check()?;
    Ok(stream)
}

/// Appends an operation to a stream.
pub fn submit(handle: CUstream, operation: Operation) -> Result {
    stream(handle)?.submit(operation).map(drop)
}
