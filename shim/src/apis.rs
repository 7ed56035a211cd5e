//! The APIs that this library stands in for: one place each for its table's code, its hand-written code and its session.

use ava_protocol::{opencl, pkcs11, tflite};

use crate::generated;
use crate::session::Slot;

/// OpenCL.
pub static OPENCL: Slot = {
    use generated::opencl::{DISPATCH, deliver};
    Slot::new(0, &opencl::API, deliver, &DISPATCH, || Box::<crate::opencl::State>::default())
};

/// PKCS#11.
pub static PKCS11: Slot = {
    use generated::pkcs11::{DISPATCH, deliver};
    Slot::new(1, &pkcs11::API, deliver, &DISPATCH, || Box::<crate::pkcs11::State>::default())
};

/// TensorFlow Lite.
pub static TFLITE: Slot = {
    use generated::tflite::{DISPATCH, deliver};
    Slot::new(2, &tflite::API, deliver, &DISPATCH, || Box::<crate::tflite::State>::default())
};

/// All of them; each stands where its index says.
pub static ALL: [&Slot; COUNT] = [&OPENCL, &PKCS11, &TFLITE];

/// How many there are.
pub const COUNT: usize = 3;
