//! The APIs that this library stands in for: one place each for its table's code, its hand-written code and its session.

use ava_protocol::opencl;

use crate::generated;
use crate::session::Slot;

/// OpenCL.
pub static OPENCL: Slot = {
    use generated::opencl::{DISPATCH, deliver};
    Slot::new(0, &opencl::API, deliver, &DISPATCH, || Box::<crate::opencl::State>::default())
};

/// All of them; each stands where its index says.
pub static ALL: [&Slot; COUNT] = [&OPENCL];

/// How many there are.
pub const COUNT: usize = 1;
