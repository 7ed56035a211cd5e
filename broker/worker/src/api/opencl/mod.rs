//! OpenCL's exceptions in the worker: the functions that the table marks `custom`, and what the generated servers ask
//! of the API.

mod events;
mod extensions;
mod kernel_arg;
mod lookup;
mod program_info;
mod resident;

use std::ffi::c_void;
use std::sync::OnceLock;

use ava_protocol::api::Api as Table;
use ava_protocol::layout::Pixel;
use ava_protocol::opencl::constant::{CL_IMAGE_ELEMENT_SIZE, CL_MEM_OBJECT_IMAGE1D_ARRAY, CL_MEM_SIZE, CL_MEM_TYPE};
use ava_protocol::opencl::{API, kind};

use crate::api::{Api, Events, InPlace};
use crate::call::{Call, Outcome};
use crate::engine::{self, query};
use crate::generated::opencl as generated;
use crate::generated::opencl::Extensions;
pub use crate::generated::opencl::Vendor;
use crate::session::Session;
use crate::state::objects::Found;
use crate::vendor::Loaded;

use extensions::Platforms;
pub use kernel_arg::clSetKernelArg;
pub use lookup::{clGetExtensionFunctionAddress, clGetExtensionFunctionAddressForPlatform};
pub use program_info::clGetProgramInfo;

/// What OpenCL's exceptions remember of a session.
pub struct State {
    pub vendor: Vendor,
    arguments: kernel_arg::Arguments,
    /// Asked for when they are first needed.
    platforms: OnceLock<Platforms>,
}

impl State {
    /// A session on these functions, of which nothing is known yet.
    pub fn of(vendor: Vendor) -> Self {
        Self { vendor, arguments: kernel_arg::Arguments::default(), platforms: OnceLock::new() }
    }
}

impl State {
    fn platforms(&self) -> &Platforms {
        self.platforms.get_or_init(|| Platforms::load(&self.vendor))
    }
}

impl Api for State {
    fn table(&self) -> &'static Table {
        &API
    }

    fn serve(&self, opcode: u32, call: &mut Call, body: &[u8]) -> Outcome {
        generated::dispatch(opcode, call, body)
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
        device_names(session)
    }

    /// An event is one that has ended in error.
    fn stillborn(&self, session: &Session, id: u64, made: u16, from: u64, status: i64) {
        let from = session.objects.pointer(from).filter(|_| made == kind::cl_event);
        let event = from.and_then(|queue| events::failed(&self.vendor, queue as *mut c_void, status as i32));
        let bound = event.is_some_and(|event| session.objects.bind(id, made, event as usize, &[], 0).is_ok());
        if !bound {
            session.objects.bury(id);
        }
    }

    fn memory(&self, call: &Call<'_>, kind: u16, object: *mut c_void, parents: &[u64]) -> u64 {
        memory(call, kind, object, parents)
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

/// What is remembered of a session with OpenCL.
pub fn state(session: &Session) -> &State {
    session.api()
}

/// The vendor's functions.
pub fn vendor(session: &Session) -> &Vendor {
    &state(session).vendor
}

/// The functions of extensions: of the platform of an object, or of those that are about none.
pub fn extensions(session: &Session, object: Option<u64>) -> &Extensions {
    let platforms = all_platforms(session);
    let Some(mut id) = object else { return &platforms.loader().functions };
    // Objects of extensions need not begin as others do. What they were made from does.
    let of_an_extension = |id| {
        let kinds = [kind::cl_command_buffer_khr, kind::cl_mutable_command_khr];
        kinds
            .into_iter()
            .any(|kind| session.objects.find(id, kind).is_ok_and(|found| matches!(found, Found::Pointer(_))))
    };
    while of_an_extension(id) {
        id = session.objects.parents(id).first().copied().unwrap_or(0);
    }
    let object = session.objects.pointer(id).unwrap_or(0);
    &platforms.of(object as *mut c_void).functions
}

fn all_platforms(session: &Session) -> &Platforms {
    state(session).platforms()
}

/// Finds the vendor's functions.
///
/// # Errors
/// The library is none of OpenCL's.
pub fn load(loaded: &mut Loaded) -> Result<Box<dyn Api>, String> {
    let vendor = Vendor::load(loaded);
    if vendor.clGetPlatformIDs.is_none() {
        return Err(format!("{} has no clGetPlatformIDs", API.library));
    }
    Ok(Box::new(State::of(vendor)))
}

pub use engine::serve as own;

/// How much device memory a new object takes, where the table cannot tell: an image's layout is the vendor's choice. What is
/// made from another memory object takes none of its own.
fn memory(call: &Call<'_>, is: u16, object: *mut c_void, parents: &[u64]) -> u64 {
    let is_memory = |id: &u64| call.session.objects.find(*id, kind::cl_mem).is_ok();
    if is != kind::cl_mem || parents.iter().any(is_memory) {
        return 0;
    }
    query::number(vendor(call.session).clGetMemObjectInfo, object, CL_MEM_SIZE).unwrap_or_default()
}

/// Whether an object is a buffer, rather than an image, a pipe, or no memory object at all.
pub fn is_buffer(session: &Session, id: u64) -> bool {
    const CL_MEM_OBJECT_BUFFER: u32 = 0x10F0;
    let Ok(Found::Pointer(object)) = session.objects.find(id, kind::cl_mem) else { return false };
    let is = query::number(vendor(session).clGetMemObjectInfo, object as *mut c_void, CL_MEM_TYPE);
    is == Ok(CL_MEM_OBJECT_BUFFER)
}

/// The pixels of an image; none for what is no image.
pub(crate) fn pixel(call: &Call<'_>, image: *mut c_void) -> Pixel {
    let vendor = vendor(call.session);
    let size = query::number::<usize>(vendor.clGetImageInfo, image, CL_IMAGE_ELEMENT_SIZE);
    let kind = query::number(vendor.clGetMemObjectInfo, image, CL_MEM_TYPE);
    Pixel { size: size.unwrap_or_default() as u64, array_of_rows: kind == Ok(CL_MEM_OBJECT_IMAGE1D_ARRAY) }
}

/// The names of the devices that the program has seen.
fn device_names(session: &Session) -> Vec<String> {
    const CL_DEVICE_NAME: u32 = 0x102B;
    let name = |device: usize| {
        query::text(vendor(session).clGetDeviceInfo, device as *mut c_void, CL_DEVICE_NAME).trim().to_owned()
    };
    let devices = session.objects.pointers(kind::cl_device_id);
    devices.into_iter().map(name).filter(|name| !name.is_empty()).collect()
}

/// The devices of a platform.
fn devices(vendor: &Vendor, platform: *mut c_void) -> Vec<*mut c_void> {
    const CL_DEVICE_TYPE_ALL: u64 = 0xFFFF_FFFF;
    let Some(ids) = vendor.clGetDeviceIDs else {
        return Vec::new();
    };
    let mut count = 0;
    // SAFETY: a live platform; no array, and then one of the size that is named.
    unsafe {
        ids(platform, CL_DEVICE_TYPE_ALL, 0, std::ptr::null_mut(), &raw mut count);
        let mut devices = vec![std::ptr::null_mut(); count as usize];
        if count > 0 {
            ids(platform, CL_DEVICE_TYPE_ALL, count, devices.as_mut_ptr(), &raw mut count);
        }
        devices
    }
}

/// The library's platforms.
fn platforms(vendor: &Vendor) -> Vec<*mut c_void> {
    let Some(ids) = vendor.clGetPlatformIDs else {
        return Vec::new();
    };
    let mut platforms = [std::ptr::null_mut(); 16];
    let mut count = 0;
    // SAFETY: an array of the size that is named.
    unsafe { ids(platforms.len() as u32, platforms.as_mut_ptr(), &raw mut count) };
    platforms.into_iter().take(count as usize).collect()
}
