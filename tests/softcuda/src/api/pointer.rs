//! What an address is: attributes of pointers.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::c_void;
use std::sync::atomic::Ordering;

use super::entry::entries;
use super::values::{In, Out};
use crate::cuda::{CUdeviceptr, Result, Status, memory_type};
use crate::device::memory::{self, Allocation, Kind};
use crate::device::{context, vmm};

/// `CUpointer_attribute`.
mod attribute {
    pub const CONTEXT: u32 = 1;
    pub const MEMORY_TYPE: u32 = 2;
    pub const DEVICE_POINTER: u32 = 3;
    pub const HOST_POINTER: u32 = 4;
    pub const SYNC_OPERATIONS: u32 = 6;
    pub const BUFFER_ID: u32 = 7;
    pub const IS_MANAGED: u32 = 8;
    pub const DEVICE_ORDINAL: u32 = 9;
    pub const IS_IPC_CAPABLE: u32 = 10;
    pub const RANGE_START: u32 = 11;
    pub const RANGE_SIZE: u32 = 12;
    pub const MAPPED: u32 = 13;
    pub const ALLOWED_HANDLE_TYPES: u32 = 14;
    pub const IS_RDMA_CAPABLE: u32 = 15;
    pub const ACCESS_FLAGS: u32 = 16;
    pub const POOL: u32 = 17;
    pub const MAPPING_SIZE: u32 = 18;
    pub const MAPPING_BASE: u32 = 19;
    pub const BLOCK_ID: u32 = 20;
}

/// An attribute's value, of the size that it has in C. A flag is stored as a number, as which NVIDIA's runtime reads it.
enum Value {
    Word(u64),
    Number(u32),
    Flag(bool),
}

entries! { checked;
    fn cuPointerGetAttribute(place: Out<c_void>, attribute: u32, address: CUdeviceptr) {
        place.check()?;
        context::usable()?;
        let found = find(address).ok_or(Status::INVALID_VALUE)?;
        value(attribute, address, &found)?.write(place)
    }

    /// Of an address that is unknown, and of what it does not have, attributes are 0; the device is none (-2).
    fn cuPointerGetAttributes(count: u32, attributes: In<u32>, places: In<Out<c_void>>, address: CUdeviceptr) {
        context::usable()?;
        let found = find(address);
        for (attribute, place) in attributes.all(count as usize)?.into_iter().zip(places.all(count as usize)?) {
            let value = found.as_ref().map(|found| value(attribute, address, found));
            value.and_then(Result::ok).map_or_else(|| default(attribute), Ok)?.write(place)?;
        }
        Ok(())
    }

    fn cuPointerSetAttribute(value: In<u32>, attribute: u32, address: CUdeviceptr) {
        context::usable()?;
        let found = find(address).filter(|_| attribute == attribute::SYNC_OPERATIONS).ok_or(Status::INVALID_VALUE)?;
        found.sync_operations.store(value.get()? != 0, Ordering::Relaxed);
        Ok(())
    }
}

fn find(address: u64) -> Option<std::sync::Arc<Allocation>> {
    memory::find(address).filter(|found| found.kind != Kind::Array)
}

fn value(attribute: u32, address: u64, found: &Allocation) -> Result<Value> {
    use attribute::*;
    let (is_host, is_managed) = (found.is_host(), matches!(found.kind, Kind::Managed(_)));
    Ok(match attribute {
        CONTEXT => Value::Word(found.context as u64),
        MEMORY_TYPE => Value::Number(if is_host { memory_type::HOST } else { memory_type::DEVICE }),
        DEVICE_POINTER => Value::Word(address),
        HOST_POINTER if is_host || is_managed => Value::Word(address),
        SYNC_OPERATIONS => Value::Flag(found.sync_operations.load(Ordering::Relaxed)),
        BUFFER_ID | BLOCK_ID => Value::Word(found.id),
        IS_MANAGED => Value::Flag(is_managed),
        DEVICE_ORDINAL => Value::Number(found.device as u32),
        IS_IPC_CAPABLE | IS_RDMA_CAPABLE => Value::Flag(false),
        RANGE_START | MAPPING_BASE => Value::Word(found.base),
        RANGE_SIZE | MAPPING_SIZE => Value::Word(found.size as u64),
        MAPPED => Value::Flag(true),
        ALLOWED_HANDLE_TYPES if found.kind == Kind::Mapped => {
            Value::Word(vmm::memory_at(address)?.properties.requestedHandleTypes.into())
        }
        ALLOWED_HANDLE_TYPES => Value::Word(0),
        ACCESS_FLAGS if found.kind == Kind::Mapped => Value::Number(vmm::access(address)? as u32),
        // Reading and writing.
        ACCESS_FLAGS => Value::Number(3),
        POOL if found.pool != 0 => Value::Word(found.pool as u64),
        _ => return Err(Status::INVALID_VALUE),
    })
}

fn default(attribute: u32) -> Result<Value> {
    use attribute::*;
    Ok(match attribute {
        DEVICE_ORDINAL => Value::Number(-2_i32 as u32),
        MEMORY_TYPE | ACCESS_FLAGS => Value::Number(0),
        SYNC_OPERATIONS | IS_MANAGED | IS_IPC_CAPABLE | IS_RDMA_CAPABLE | MAPPED => Value::Flag(false),
        CONTEXT..=BLOCK_ID => Value::Word(0),
        _ => return Err(Status::INVALID_VALUE),
    })
}

impl Value {
    fn write(self, place: Out<c_void>) -> Result {
        match self {
            Self::Word(word) => place.cast().set(word),
            Self::Number(number) => place.cast().set(number),
            Self::Flag(flag) => place.cast().set(u32::from(flag)),
        }
    }
}
