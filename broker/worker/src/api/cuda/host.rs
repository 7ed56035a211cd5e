//! Memory of the host that devices use. The program has made it, and the driver takes it for memory that its program registers.

#![allow(non_snake_case)]

use std::ffi::c_void;
use std::ptr::without_provenance_mut;

use ava_protocol::cuda::constant::{CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED, CUDA_ERROR_INVALID_VALUE};
use ava_protocol::cuda::custom::{ArchivedHostAddress, ArchivedHostMemory, HostAnswer, HostMade, Status};
use ava_protocol::frame::Malformed;
use ava_protocol::quota::{RESOURCES, Resource};

use super::state::{ADDRESS, HANDLE, PINNED, State};
use crate::call::{Call, Outcome, Stop};
use crate::engine::fixed;
use crate::gate::Cost;

pub fn cuMemAllocHost_v2(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    allocate(api, call, body, "cuMemAllocHost_v2", false)
}

pub fn cuMemHostAlloc(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    allocate(api, call, body, "cuMemHostAlloc", false)
}

pub fn cuMemAllocManaged(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    allocate(api, call, body, "cuMemAllocManaged", true)
}

pub fn cuMemHostRegister_v2(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    allocate(api, call, body, "cuMemHostRegister_v2", false)
}

/// Managed memory counts as a device's, wherever it is.
fn allocate(api: &State, call: &mut Call, body: &[u8], name: &'static str, managed: bool) -> Outcome {
    let r = call.read::<ArchivedHostMemory>(body, name)?;
    let (address, size) = (r.offer.address.to_native(), r.size.to_native());
    let room = r.offer.region.len.to_native();
    if size > room {
        return Err(Malformed::Size { what: name, got: room, wanted: size }.into());
    }
    let register = api.vendor.cuMemHostRegister_v2.ok_or(Stop::Missing(name))?;
    let (of, number) = if managed { (Resource::DeviceMemory, ADDRESS) } else { (Resource::HostMemory, PINNED) };
    let [device_memory, host_memory] = RESOURCES.map(|each| if each == of { size } else { 0 });
    call.admit(|| Cost { device_memory, host_memory, ..Cost::default() })?;
    if !fixed::place(call, &r.offer)? {
        return call.reply(&HostMade { placed: false, ret: 0 });
    }
    let pointer: *mut c_void = without_provenance_mut(address as usize);
    // SAFETY: as many bytes are mapped there, and stay so until the driver has given them up.
    let ret = unsafe { register(pointer.cast(), size as usize, r.flags.to_native()) };
    if ret != 0 {
        fixed::remove(call, address);
    } else {
        call.allotted_of(of, (number, address), size)?;
    }
    call.reply(&HostMade { placed: true, ret })
}

pub fn cuMemFreeHost(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    free(api, call, body, "cuMemFreeHost")
}

pub fn cuMemHostUnregister(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    free(api, call, body, "cuMemHostUnregister")
}

fn free(api: &State, call: &mut Call, body: &[u8], name: &'static str) -> Outcome {
    let r = call.read::<ArchivedHostAddress>(body, name)?;
    let address = r.address.to_native();
    call.session.fixed.find(address, 1)?;
    let unregister = api.vendor.cuMemHostUnregister.ok_or(Stop::Missing(name))?;
    let number = [ADDRESS, PINNED].into_iter().find_map(|of| Some((of, call.give_back(of, address)?)));
    // SAFETY: the driver looks the address up, and waits for what uses the memory.
    let ret = unsafe { unregister(without_provenance_mut(address as usize)) };
    // What the driver does not know has ended with its context.
    if ret == 0 || ret == CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED {
        fixed::remove(call, address);
        number.into_iter().for_each(|(_, given_back)| call.gave_back(Some(given_back)));
    } else {
        number.into_iter().for_each(|(of, given_back)| call.keep(of, address, Some(given_back)));
    }
    call.reply(&Status { ret })
}

/// The number of the memory that is mapped at an address of device memory.
pub fn cuMemRetainAllocationHandle(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    let name = "cuMemRetainAllocationHandle";
    let r = call.read::<ArchivedHostAddress>(body, name)?;
    let retain = api.vendor.cuMemRetainAllocationHandle.ok_or(Stop::Missing(name))?;
    let mut value = 0_u64;
    // SAFETY: a place for a number; the driver looks the address up.
    let ret = unsafe { retain((&raw mut value).cast(), without_provenance_mut(r.address.to_native() as usize)) };
    if ret == 0 {
        call.allotted_again(HANDLE, value);
    }
    call.reply(&HostAnswer { ret, value })
}

pub fn cuMemHostGetDevicePointer_v2(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    let name = "cuMemHostGetDevicePointer_v2";
    let r = call.read::<ArchivedHostAddress>(body, name)?;
    let address = r.address.to_native();
    if call.session.fixed.find(address, 1).is_err() {
        return call.reply(&HostAnswer { ret: CUDA_ERROR_INVALID_VALUE, value: 0 });
    }
    let function = api.vendor.cuMemHostGetDevicePointer_v2.ok_or(Stop::Missing(name))?;
    let mut value = 0_u64;
    // SAFETY: a place for an address; the driver looks the other up.
    let ret =
        unsafe { function((&raw mut value).cast(), without_provenance_mut(address as usize), r.flags.to_native()) };
    call.reply(&HostAnswer { ret, value })
}
