//! CUDA's exceptions in the worker: the functions that the table marks `custom`.

mod code;
mod contexts;
mod copies;
mod graphs;
mod hidden;
mod host;
mod launch;
mod links;
mod marks;
mod memory;
mod nodes;
mod options;
mod pointers;
mod state;
mod watch;

use std::sync::Arc;

use ava_protocol::api::Api as Table;
use ava_protocol::cuda::API;

use crate::call::{Api, Load};
pub use crate::generated::cuda::Vendor;
use crate::vendor::Loaded;
use crate::vendor::visible::Visible;

pub use code::*;
pub use copies::*;
pub use graphs::*;
pub use host::*;
pub use launch::*;
pub use memory::*;
pub use nodes::*;
pub use pointers::*;
pub use state::State;

/// How the API is served.
pub const SERVED: (&Table, Load) = (&API, load);

/// Finds the vendor's functions.
///
/// # Errors
/// The library is none of CUDA's, or nobody tells which devices there are to hide.
fn load(loaded: &mut Loaded, visible: Visible) -> Result<Arc<dyn Api>, String> {
    let vendor = Vendor::load(loaded);
    if vendor.cuInit.is_none() {
        return Err(format!("{} has no cuInit", API.library));
    }
    if !visible.is_all() {
        hidden::hide(loaded, &visible)?;
    }
    Ok(Arc::new(State::of(vendor)))
}
