//! CUDA's exceptions: the functions that the table marks `custom` or `local`, one file per subject.

mod batches;
mod code;
mod contexts;
mod copies;
mod graphs;
mod held;
mod host;
mod launch;
mod lines;
mod links;
mod lookup;
mod managed;
mod memory;
mod nodes;
mod occupancy;
mod options;
mod places;
mod pointers;
mod recorded;
mod runtime;
mod state;
mod status;
mod streams;
mod variables;
mod version;

pub use crate::base::fault::unsupported as refuse;

pub use batches::*;
pub use code::*;
pub use contexts::*;
pub use copies::*;
pub use graphs::*;
pub use held::held;
pub use host::*;
pub use launch::*;
pub use lines::{cuMemcpyDtoH_v2, cuMemcpyHtoD_v2};
pub use lookup::{cuGetExportTable, cuGetProcAddress, cuGetProcAddress_v2};
pub use managed::*;
pub use memory::*;
pub use nodes::*;
pub use occupancy::*;
pub use pointers::*;
pub use recorded::{cuMemcpyAtoHAsync_v2, cuMemcpyDtoHAsync_v2, cuMemcpyHtoAAsync_v2, cuMemcpyHtoDAsync_v2};
pub use state::SLOT;
pub use streams::*;
pub use variables::{
    cuLibraryGetGlobal, cuLibraryGetKernel, cuLibraryGetManaged, cuLibraryGetModule, cuModuleGetFunction,
    cuModuleGetGlobal_v2,
};
