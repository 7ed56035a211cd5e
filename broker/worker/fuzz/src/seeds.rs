//! Well-formed inputs of every API: a request of each function, emitted from the tables byte for byte as they lie in a frame.

use ava_protocol::api::Api;
use ava_protocol::frame::{self, Tag};

use crate::generated;
use crate::records::{self, Attached, Record, Seed};

/// The requests of an API, in an order in which what one needs another has made before.
pub fn of(api: &Api) -> &'static [Seed] {
    match api.name {
        "cuda" => generated::cuda::SEEDS,
        "nvml" => generated::nvml::SEEDS,
        "opencl" => generated::opencl::SEEDS,
        "pkcs11" => generated::pkcs11::SEEDS,
        "tflite" => generated::tflite::SEEDS,
        _ => &[],
    }
}

/// All of them as one input.
pub fn input(api: &Api) -> Vec<u8> {
    let mut input = records::begin(api);
    of(api).iter().for_each(|seed| call(&mut input, seed.opcode, seed.body));
    input
}

/// Appends a call to an input.
pub fn call(input: &mut Vec<u8>, opcode: u32, body: &[u8]) {
    let mut out = rkyv::util::AlignedVec::new();
    frame::begin(&mut out, Tag::Call, opcode, std::iter::empty());
    out.extend_from_slice(body);
    records::write(input, Record { attached: Attached::Nothing, frame: &out });
}
