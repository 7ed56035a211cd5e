//! The APIs that this library stands in for: one place each for its table's code, its hand-written code and its session.

mod opencl;
mod pkcs11;
mod runtime;
mod tflite;

use ava_protocol::{opencl as opencl_table, pkcs11 as pkcs11_table, tflite as tflite_table};

use crate::session::Slot;

/// What the table compiler emits.
// Why its unsafe blocks are sound is said in the emitter, where it can be read and kept true.
#[allow(clippy::all, clippy::undocumented_unsafe_blocks)]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/tables.rs"));
}

/// OpenCL.
pub static OPENCL: Slot = {
    use generated::opencl::{DISPATCH, deliver};
    Slot::new(0, &opencl_table::API, deliver, &DISPATCH, || Box::<opencl::State>::default())
};

/// PKCS#11.
pub static PKCS11: Slot = {
    use generated::pkcs11::{DISPATCH, deliver};
    Slot::new(1, &pkcs11_table::API, deliver, &DISPATCH, || Box::<pkcs11::State>::default())
};

/// TensorFlow Lite.
pub static TFLITE: Slot = {
    use generated::tflite::{DISPATCH, deliver};
    Slot::new(2, &tflite_table::API, deliver, &DISPATCH, || Box::<tflite::State>::default())
};

/// All of them; each stands where its index says.
pub static ALL: [&Slot; COUNT] = [&OPENCL, &PKCS11, &TFLITE];

/// How many there are.
pub const COUNT: usize = 3;
