//! The APIs that this library stands in for: one place each for its table's code, its hand-written code and its session.

use ava_protocol::{opencl, pkcs11};

use crate::generated;
use crate::session::{Own, Slot};

/// OpenCL.
pub static OPENCL: Slot = {
    use generated::opencl::{DISPATCH, deliver};
    Slot::new(0, &opencl::API, deliver, &DISPATCH, || Box::<crate::opencl::State>::default())
};

/// PKCS#11.
pub static PKCS11: Slot = {
    use generated::pkcs11::{DISPATCH, deliver};
    Slot::new(1, &pkcs11::API, deliver, &DISPATCH, || Box::new(Nothing))
};

/// All of them; each stands where its index says.
pub static ALL: [&Slot; COUNT] = [&OPENCL, &PKCS11];

/// What is kept of a session with an API whose table says everything.
struct Nothing;

impl Own for Nothing {}

/// How many there are.
pub const COUNT: usize = 2;
