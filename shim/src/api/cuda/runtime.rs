//! The driver as NVIDIA's runtime knows it by tables of functions without names: what the driver behind the worker says.

use std::ffi::c_void;

use ava_cuda_runtime::{self as runtime, Destructor, Device};

use super::contexts;
use super::state::{SLOT, State};
use super::version;
use crate::api::generated::cuda::marshal;
use crate::base::fault::{Fault, Statuses, guard};

/// `CU_DEVICE_ATTRIBUTE_PCI_DOMAIN_ID`, `…_BUS_ID` and `…_DEVICE_ID`.
const PCI: [u32; 3] = [50, 33, 34];
/// `CUDA_ERROR_DEVICE_UNAVAILABLE`, `CUDA_ERROR_NO_DEVICE`, `CUDA_ERROR_OUT_OF_MEMORY`.
const STATUSES: Statuses = Statuses { lost: 46, no_broker: 100, exhausted: 2 };

/// More devices than a machine has: each is asked about, and the worker says how many there are.
const MOST_DEVICES: i32 = 256;

/// The driver behind the worker.
pub struct Driver;

impl runtime::Driver for Driver {
    fn version() -> runtime::Result<u32> {
        version::own().map(|version| version as u32).map_err(status)
    }

    fn devices() -> runtime::Result<Vec<Device>> {
        let mut count = 0;
        // SAFETY: a place for a number.
        answered(unsafe { marshal::cuDeviceGetCount(&raw mut count) })?;
        (0..count.min(MOST_DEVICES)).map(device).collect()
    }

    fn retain_primary(device: i32) -> runtime::Result<usize> {
        let mut context = std::ptr::null_mut();
        // SAFETY: a place for a handle.
        answered(unsafe { contexts::cuDevicePrimaryCtxRetain(&raw mut context, device) })?;
        Ok(context as usize)
    }

    fn current() -> runtime::Result<usize> {
        let context = contexts::current().map_err(status)?;
        Ok(context as usize)
    }

    fn store(context: usize, key: usize, value: usize, destructor: Option<Destructor>) -> runtime::Result<()> {
        state()?.kept.store(named(context)?, key, value, destructor)
    }

    fn unstore(context: usize, key: usize) -> runtime::Result<()> {
        state()?.kept.unstore(named(context)?, key)
    }

    fn stored(context: usize, key: usize) -> runtime::Result<usize> {
        state()?.kept.stored(named(context)?, key)
    }

    fn identity(context: usize) -> runtime::Result<u64> {
        let mut id = 0;
        // SAFETY: a place for a number.
        answered(unsafe { marshal::cuCtxGetId(context as *mut c_void, &raw mut id) })?;
        Ok(id)
    }

    fn run(_function: &'static str, body: impl FnOnce() -> runtime::Result<()>) -> runtime::Status {
        guard(|| Ok(body().err().unwrap_or(0)), status)
    }
}

fn device(ordinal: i32) -> runtime::Result<Device> {
    let (mut uuid, mut pci) = ([0_u8; 16], [0; 3]);
    // SAFETY: a place for as many bytes.
    answered(unsafe { marshal::cuDeviceGetUuid_v2((&raw mut uuid).cast(), ordinal) })?;
    for (place, attribute) in pci.iter_mut().zip(PCI) {
        // SAFETY: a place for a number.
        answered(unsafe { marshal::cuDeviceGetAttribute(&raw mut *place, attribute, ordinal) })?;
    }
    Ok(Device { uuid, pci })
}

/// A context by its handle; 0 is the thread's current one.
fn named(context: usize) -> runtime::Result<usize> {
    match context {
        0 => contexts::current().map(|context| context as usize).map_err(status),
        context => Ok(context),
    }
}

fn state() -> runtime::Result<&'static State> {
    SLOT.current().map(|at| at.state).map_err(status)
}

fn answered(answer: Result<u32, Fault>) -> runtime::Result<()> {
    match answer.map_err(status)? {
        0 => Ok(()),
        status => Err(status),
    }
}

fn status(fault: Fault) -> runtime::Status {
    fault.status(STATUSES) as u32
}
