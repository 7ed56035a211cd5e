//! NVML in the worker: how much memory a program is told of, and what older libraries say by another name.

#![allow(non_snake_case)]

pub mod devices;
mod hidden;

use std::ffi::{c_char, c_void};
use std::mem::offset_of;
use std::sync::Arc;

use ava_protocol::api::Api as Table;
use ava_protocol::nvml::c::{nvmlMemory_t as First, nvmlMemory_v2_t as Second, nvmlTemperature_v1_t as Temperature};
use ava_protocol::nvml::{self as table, API, kind, spec};
use ava_protocol::spec::number;

use crate::call::{Api, Call, Load, Outcome, Stop};
use crate::gate::{self, Memory};
pub use crate::generated::nvml::Vendor;
use crate::hooks::Hooks;
use crate::session::Session;
use crate::vendor::Loaded;
use crate::vendor::visible::Visible;

/// A session with NVML.
pub struct State {
    pub vendor: Vendor,
}

impl State {
    /// A session on these functions.
    pub fn of(vendor: Vendor) -> Self {
        Self { vendor }
    }
}

impl Hooks for State {
    fn device_names(&self, session: &Session) -> Vec<String> {
        let Some(ask) = self.vendor.nvmlDeviceGetName else { return Vec::new() };
        let name = |device: usize| {
            text(|place, room| {
                // SAFETY: a device of the vendor's, and so much room.
                unsafe { ask(device as *mut c_void, place, room) }
            })
        };
        session.objects.pointers(kind::nvmlDevice_t).into_iter().filter_map(name).collect()
    }
}

/// How the API is served.
pub const SERVED: (&Table, Load) = (&API, load);

/// Finds the vendor's functions.
///
/// # Errors
/// The library is none of NVML's.
fn load(loaded: &mut Loaded, visible: Visible) -> Result<Arc<dyn Api>, String> {
    let mut vendor = Vendor::load(loaded);
    if vendor.nvmlInit_v2.is_none() {
        return Err(format!("{} has no nvmlInit_v2", API.library));
    }
    if !visible.is_all() {
        hidden::hide(&mut vendor, visible);
    }
    Ok(Arc::new(State::of(vendor)))
}

pub fn nvmlDeviceGetMemoryInfo(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "nvmlDeviceGetMemoryInfo";
    let r = call.read::<table::nvmlDeviceGetMemoryInfo::ArchivedRequest>(body, NAME)?;
    let device = call.handle(r.device.to_native(), kind::nvmlDevice_t)?;
    let mut memory = call.output(&r.memory, Some(1), size_of::<First>(), NAME)?;
    let function = api.vendor.nvmlDeviceGetMemoryInfo.ok_or(Stop::Missing(NAME))?;
    // SAFETY: a device or null, and a place for the struct or null.
    let ret = unsafe { function(device, memory.as_mut_ptr().cast()) };
    if ret == 0 {
        let [total, free, used] = [offset_of!(First, total), offset_of!(First, free), offset_of!(First, used)];
        memory.edit(size_of::<First>() as u64, |bytes| tell(call.session, bytes, [total, free, used], None));
    }
    let memory = memory.returned(None, ret == 0);
    call.reply(&table::nvmlDeviceGetMemoryInfo::Reply { ret, memory })
}

pub fn nvmlDeviceGetMemoryInfo_v2(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "nvmlDeviceGetMemoryInfo_v2";
    let r = call.read::<table::nvmlDeviceGetMemoryInfo_v2::ArchivedRequest>(body, NAME)?;
    let device = call.handle(r.device.to_native(), kind::nvmlDevice_t)?;
    let mut memory = call.exchange_structs(&r.memory, Some(1), &spec::nvmlMemory_v2_t, NAME)?;
    let function = api.vendor.nvmlDeviceGetMemoryInfo_v2.ok_or(Stop::Missing(NAME))?;
    // SAFETY: a device or null, and null or a struct that says that it is this one.
    let ret = unsafe { function(device, memory.as_mut_ptr().cast()) };
    if ret == 0 {
        let [total, free, used] = [offset_of!(Second, total), offset_of!(Second, free), offset_of!(Second, used)];
        let reserved = Some(offset_of!(Second, reserved));
        memory.edit(size_of::<Second>() as u64, |bytes| tell(call.session, bytes, [total, free, used], reserved));
    }
    let memory = memory.returned(None, ret == 0);
    call.reply(&table::nvmlDeviceGetMemoryInfo_v2::Reply { ret, memory })
}

/// Older libraries have the temperature by another function only, and programs ask for that only where this one is not found.
pub fn nvmlDeviceGetTemperatureV(api: &State, call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "nvmlDeviceGetTemperatureV";
    let r = call.read::<table::nvmlDeviceGetTemperatureV::ArchivedRequest>(body, NAME)?;
    let device = call.handle(r.device.to_native(), kind::nvmlDevice_t)?;
    let mut temperature = call.exchange_structs(&r.temperature, Some(1), &spec::nvmlTemperature_v1_t, NAME)?;
    let ret = match (api.vendor.nvmlDeviceGetTemperatureV, api.vendor.nvmlDeviceGetTemperature) {
        // SAFETY: a device or null, and null or a struct that says that it is this one.
        (Some(function), _) => unsafe { function(device, temperature.as_mut_ptr().cast()) },
        (None, Some(older)) => {
            let (mut sensor, mut degrees) = (0, 0_u32);
            let place = if temperature.is_null() { std::ptr::null_mut() } else { &raw mut degrees };
            temperature.edit(size_of::<Temperature>() as u64, |bytes| {
                sensor = number(bytes, offset_of!(Temperature, sensorType), 4) as u32;
            });
            // SAFETY: a device or null, and null or a place for a number.
            let ret = unsafe { older(device, sensor, place) };
            temperature.edit(size_of::<Temperature>() as u64, |bytes| {
                put(bytes, offset_of!(Temperature, temperature), &degrees.to_le_bytes());
            });
            ret
        }
        (None, None) => return Err(Stop::Missing(NAME)),
    };
    let temperature = temperature.returned(None, ret == 0);
    call.reply(&table::nvmlDeviceGetTemperatureV::Reply { ret, temperature })
}

/// Puts what a program may be told of memory in the place of what the vendor says, where that is less. What is neither free nor
/// reserved is in use. The numbers are at these offsets.
fn tell(session: &Session, bytes: &mut [u8], [total, free, used]: [usize; 3], reserved: Option<usize>) {
    let there = Memory { free: number(bytes, free, 8), total: number(bytes, total, 8) };
    let told = gate::told_memory(session, there);
    if told != there {
        let reserved = reserved.map_or(0, |at| number(bytes, at, 8));
        let in_use = told.total.saturating_sub(told.free).saturating_sub(reserved);
        for (at, value) in [(total, told.total), (free, told.free), (used, in_use)] {
            put(bytes, at, &value.to_le_bytes());
        }
    }
}

/// Stores a number, if there is room for it.
fn put(bytes: &mut [u8], at: usize, number: &[u8]) {
    if let Some(place) = bytes.get_mut(at..at + number.len()) {
        place.copy_from_slice(number);
    }
}

/// A text that the vendor stores.
fn text(ask: impl Fn(*mut c_char, u32) -> u32) -> Option<String> {
    let mut bytes = [0_u8; 128];
    // The last byte stays a NUL.
    let status = ask(bytes.as_mut_ptr().cast(), bytes.len() as u32 - 1);
    let end = bytes.iter().position(|byte| *byte == 0)?;
    (status == 0 && end > 0).then(|| String::from_utf8_lossy(&bytes[..end]).into_owned())
}
