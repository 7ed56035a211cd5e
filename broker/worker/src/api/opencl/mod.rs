//! OpenCL's exceptions in the worker: the functions that the table marks `custom`, and what the generated servers ask
//! of the API.

mod arguments;
mod extensions;
mod hidden;
mod hooks;
mod kernel_arg;
mod lookup;
mod parts;
mod program_info;
mod resident;
mod roots;
mod state;

use std::sync::Arc;

use ava_protocol::api::Api as Table;
use ava_protocol::opencl::API;

use crate::call::{Api, Load};
pub use crate::generated::opencl::Vendor;
use crate::vendor::Loaded;
use crate::vendor::visible::Visible;

pub use kernel_arg::clSetKernelArg;
pub use lookup::{clGetExtensionFunctionAddress, clGetExtensionFunctionAddressForPlatform};
pub use program_info::clGetProgramInfo;
pub use resident::suits;
pub use state::State;

/// How the API is served.
pub const SERVED: (&Table, Load) = (&API, load);

/// Finds the vendor's functions.
///
/// # Errors
/// The library is none of OpenCL's.
fn load(loaded: &mut Loaded, visible: Visible) -> Result<Arc<dyn Api>, String> {
    let mut vendor = Vendor::load(loaded);
    if vendor.clGetPlatformIDs.is_none() {
        return Err(format!("{} has no clGetPlatformIDs", API.library));
    }
    if !visible.is_all() || visible.part().is_some() {
        hidden::hide(&mut vendor, &visible);
    }
    Ok(Arc::new(State::of(vendor)))
}
