//! Vendors that read what they are to read and write what they are to write, every byte of it, and know nothing else: objects
//! are numbers, commands complete, fail or go on as their event's number says, and callbacks are refused.
//!
//! Most functions are emitted from the tables. By hand are those of which a table does not say enough: what OpenCL answers by
//! key, memory laid out in rows, TensorFlow Lite's tensors. Functions that are in neither are missing, which a worker
//! answers itself once it has decoded the call.

mod commands;
pub mod common;
mod launches;
mod objects;
mod queries;
mod tensors;

use std::sync::Arc;

use ava_worker::{Api, Symbols};

use crate::generated;
use common::Handle;

/// Nothing is exported: all functions are put in their places.
struct Nothing;

impl Symbols for Nothing {
    fn find(&mut self, _: &str) -> Handle {
        std::ptr::null_mut()
    }
}

/// A session of an API on its vendor; none for an API that is no table's.
pub fn state(api: &str) -> Option<Arc<dyn Api>> {
    Some(match api {
        "cuda" => {
            let mut vendor = ava_worker::cuda::Vendor::load(&mut Nothing);
            generated::cuda::install(&mut vendor);
            launches::install(&mut vendor);
            launches::withdraw(&mut vendor);
            Arc::new(ava_worker::cuda::State::of(vendor))
        }
        "nvml" => {
            let mut vendor = ava_worker::nvml::Vendor::load(&mut Nothing);
            generated::nvml::install(&mut vendor);
            Arc::new(ava_worker::nvml::State::of(vendor))
        }
        "opencl" => {
            let mut vendor = ava_worker::opencl::Vendor::load(&mut Nothing);
            generated::opencl::install(&mut vendor);
            objects::install(&mut vendor);
            queries::install(&mut vendor);
            commands::install(&mut vendor);
            Arc::new(ava_worker::opencl::State::of(vendor))
        }
        "pkcs11" => {
            let mut vendor = ava_worker::pkcs11::Vendor::load(&mut Nothing);
            generated::pkcs11::install(&mut vendor);
            Arc::new(ava_worker::pkcs11::State::of(vendor))
        }
        "tflite" => {
            let mut vendor = ava_worker::tflite::Vendor::load(&mut Nothing);
            generated::tflite::install(&mut vendor);
            tensors::install(&mut vendor);
            Arc::new(ava_worker::tflite::State::of(vendor))
        }
        _ => return None,
    })
}
