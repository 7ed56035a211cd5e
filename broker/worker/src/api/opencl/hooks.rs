//! What OpenCL adds to what its table says.

use std::ffi::c_void;

use ava_protocol::api::Api as Table;
use ava_protocol::opencl::constant::CL_MEM_SIZE;
use ava_protocol::opencl::{API, kind};

use super::events;
use super::roots::{devices, platforms};
use super::state::State;
use crate::call::{Api, Call, Outcome};
use crate::engine::{self, query};
use crate::generated::opencl as generated;
use crate::hooks::{Hooks, InPlace};
use crate::session::Session;
use crate::state::events::Events;

impl Api for State {
    fn serve(&'static self, opcode: u32, call: &mut Call<'_>, body: &[u8]) -> Outcome {
        generated::dispatch(self, opcode, call, body)
    }

    fn ahead(&'static self, function: u32, call: &Call<'_>, id: u64, object: *mut c_void) {
        generated::ahead(self, function, call, id, object);
    }
}

impl Hooks for State {
    fn table(&self) -> &'static Table {
        &API
    }

    fn oneway(&self, opcode: u32) -> Option<bool> {
        engine::oneway(opcode).or_else(|| API.oneway.get(opcode as usize).copied())
    }

    /// Asks for the devices.
    fn warm_up(&self) {
        for platform in platforms(&self.vendor) {
            devices(&self.vendor, platform);
        }
    }

    fn crosses(&self, about: Option<usize>, extension: &str) -> bool {
        // Most are described as they are in every version.
        match API.extension(extension) {
            Some(known) if known.known.is_none() => true,
            Some(_) => self
                .platforms()
                .of(about.map_or(std::ptr::null_mut(), |object| object as *mut c_void))
                .crosses(extension),
            None => false,
        }
    }

    fn device_names(&self, session: &Session) -> Vec<String> {
        const CL_DEVICE_NAME: u32 = 0x102B;
        let name = |device: usize| {
            let name = query::text(self.vendor.clGetDeviceInfo, device as *mut c_void, CL_DEVICE_NAME);
            name.trim().to_owned()
        };
        let devices = session.objects.pointers(kind::cl_device_id);
        devices.into_iter().map(name).filter(|name| !name.is_empty()).collect()
    }

    /// An event is one that has ended in error.
    fn creation_failed(&self, session: &Session, id: u64, made: u16, from: u64, status: i64) {
        let from = session.objects.pointer(from).filter(|_| made == kind::cl_event);
        let event = from.and_then(|queue| events::failed(&self.vendor, queue as *mut c_void, status as i32));
        let bound = event.is_some_and(|event| session.objects.bind(id, made, event as usize, &[], 0).is_ok());
        if !bound {
            session.objects.mark_gone(id);
        }
    }

    /// How much device memory a new object takes, where the table cannot tell: an image's layout is the vendor's choice. What is
    /// made from another memory object takes none of its own.
    fn memory(&self, session: &Session, is: u16, object: *mut c_void, parents: &[u64]) -> u64 {
        let is_memory = |id: &u64| session.objects.find(*id, kind::cl_mem).is_ok();
        if is != kind::cl_mem || parents.iter().any(is_memory) {
            return 0;
        }
        query::number(self.vendor.clGetMemObjectInfo, object, CL_MEM_SIZE).unwrap_or_default()
    }

    fn forget(&self, id: u64) {
        self.arguments.remove(&id);
    }

    fn in_place(&self) -> Option<&dyn InPlace> {
        Some(self)
    }

    fn events(&self) -> &dyn Events {
        self
    }
}
