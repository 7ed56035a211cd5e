//! What pointers are asked for.

#![allow(non_snake_case)]

use ava_protocol::cuda::constant::CUDA_ERROR_NOT_SUPPORTED;
use ava_protocol::cuda::custom::{ArchivedAttributes, Value, Values};

use super::state::State;
use crate::call::{Call, Outcome, Stop};
use crate::memory::Output;

/// Room for each value: the longest that the driver may store.
const ROOM: usize = 8;

pub fn cuPointerGetAttribute(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "cuPointerGetAttribute";
    let function = api.vendor.cuPointerGetAttribute.ok_or(Stop::Missing(NAME))?;
    serve(call, body, NAME, |keys, values, pointer| match (keys, values) {
        // SAFETY: a place for the longest value.
        ([key], [value]) => unsafe { function((&raw mut *value).cast(), *key, pointer) },
        _ => CUDA_ERROR_NOT_SUPPORTED,
    })
}

pub fn cuPointerGetAttributes(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "cuPointerGetAttributes";
    let function = api.vendor.cuPointerGetAttributes.ok_or(Stop::Missing(NAME))?;
    serve(call, body, NAME, |keys, values, pointer| {
        let mut places: Vec<*mut u64> = values.iter_mut().map(|value| &raw mut *value).collect();
        // SAFETY: as many keys, and as many places, each for the longest value.
        unsafe {
            let attributes = keys.as_ptr().cast_mut().cast();
            function(keys.len() as u32, attributes, places.as_mut_ptr().cast(), pointer)
        }
    })
}

/// Asks a function that gets keys, as many places, and a pointer.
fn serve(
    call: &mut Call,
    body: &[u8],
    name: &'static str,
    ask: impl FnOnce(&[u32], &mut [u64], u64) -> u32,
) -> Outcome {
    let r = call.read::<ArchivedAttributes>(body, name)?;
    let keys: Vec<u32> = r.keys.iter().map(|key| key.to_native()).collect();
    let Some(kinds) = keys.iter().map(|key| Value::of(*key)).collect::<Option<Vec<_>>>() else {
        return Err(Stop::Refused(CUDA_ERROR_NOT_SUPPORTED.into()));
    };
    let mut values = vec![0; keys.len()];
    let ret = ask(&keys, &mut values, r.pointer.to_native());
    if ret != 0 {
        values.clear();
    }
    for (kind, value) in kinds.iter().zip(&mut values) {
        if let Value::Handle(kind) = kind {
            let mut handle = Output::seeded(*value, ROOM);
            call.intern(&mut handle, *kind);
            *value = handle.scalar().unwrap_or(0);
        }
    }
    call.reply(&Values { ret, values })
}
