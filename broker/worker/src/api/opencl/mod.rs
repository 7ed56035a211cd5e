//! OpenCL's exceptions in the worker: the functions that the table marks `custom`, and what the generated servers ask
//! of the API.

mod board;
mod build;
mod events;
mod extensions;
mod kernel_arg;
mod lookup;
mod map;
mod program_info;
mod resident;

use std::collections::BTreeMap;
use std::ffi::c_void;
use std::sync::{Mutex, OnceLock};

use ava_protocol::api::Api as Table;
use ava_protocol::frame::{Malformed, Notice};
use ava_protocol::layout::Pixel;
use ava_protocol::opencl::constant::{
    CL_IMAGE_ELEMENT_SIZE, CL_MEM_OBJECT_IMAGE1D_ARRAY, CL_MEM_SIZE, CL_MEM_TYPE, CL_MEM_USE_HOST_PTR,
};
use ava_protocol::opencl::custom::own;
use ava_protocol::opencl::{API, kind, opcode};

use crate::api::{Api, Events};
use crate::call::{Call, Outcome};
use crate::generated::opencl as generated;
use crate::generated::opencl::Extensions;
pub use crate::generated::opencl::Vendor;
use crate::memory::Input;
use crate::session::Session;
use crate::state::objects::Found;
use crate::upcall::stdio;
use crate::vendor::Loaded;

pub use build::{clBuildProgram, clCompileProgram, clGetProgramBuildInfo};
use extensions::Platforms;
pub use kernel_arg::clSetKernelArg;
pub use lookup::{clGetExtensionFunctionAddress, clGetExtensionFunctionAddressForPlatform};
pub use map::{clEnqueueMapBuffer, clEnqueueMapImage, clEnqueueUnmapMemObject};
pub use program_info::clGetProgramInfo;

/// What OpenCL's exceptions remember of a session.
pub struct State {
    pub vendor: Vendor,
    /// Memory that stands in for the program's in objects made with `CL_MEM_USE_HOST_PTR`, by its address here.
    held: Mutex<BTreeMap<usize, Held>>,
    mappings: map::Mappings,
    headers: build::HeaderFiles,
    arguments: kernel_arg::Arguments,
    pub residents: resident::Residents,
    board: board::Board,
    /// Asked for when they are first needed.
    platforms: OnceLock<Platforms>,
}

impl State {
    /// A session on these functions, of which nothing is known yet.
    pub fn of(vendor: Vendor) -> Self {
        Self {
            vendor,
            held: Mutex::default(),
            mappings: map::Mappings::default(),
            headers: build::HeaderFiles::default(),
            arguments: kernel_arg::Arguments::default(),
            residents: resident::Residents::default(),
            board: board::Board::default(),
            platforms: OnceLock::new(),
        }
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
        if let opcode::clCreateProgramWithBinary | opcode::clCreateProgramWithIL | opcode::clCreateProgramWithILKHR =
            opcode
        {
            stdio::may_print();
        }
        generated::dispatch(opcode, call, body)
    }

    fn oneway(&self, opcode: u32) -> Option<bool> {
        match opcode {
            own::CREATE_RESIDENT => Some(true),
            own::READ_RESIDENT | own::WRITE_RESIDENT | own::SHARE_BOARD | own::POLL => Some(false),
            function => API.oneway.get(function as usize).copied(),
        }
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

    fn hold(&self, session: &'static Session, id: u64, input: Input, address: u64) {
        hold(session, id, input, address);
    }

    fn forget(&self, id: u64) {
        self.arguments.remove(&id);
        self.residents.forget(id);
    }

    fn notices(&self, room: usize, out: &mut Vec<Notice>) {
        self.residents.notices(room, out);
    }

    fn program_address(&self, pointer: usize) -> u64 {
        program_address(self, pointer)
    }

    fn program_flags(&self, session: &Session, about: u64, flags: u64) -> u64 {
        resident::program_flags(session, about, flags)
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

struct Held {
    _memory: Input,
    len: usize,
    /// Where the program has it.
    address: u64,
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

/// Serves a call beside the API's functions.
pub fn own(opcode: u32, call: &mut Call, body: &[u8]) -> Outcome {
    match opcode {
        own::CREATE_RESIDENT => resident::create(call, body),
        own::READ_RESIDENT => resident::read(call, body),
        own::WRITE_RESIDENT => resident::write(call, body),
        own::SHARE_BOARD => board::share(call, body),
        own::POLL => board::poll(call, body),
        other => Err(Malformed::Opcode(other).into()),
    }
}

/// Keeps the memory of an object that uses the program's, until the vendor has destroyed it.
fn hold(session: &'static Session, id: u64, input: Input, address: u64) {
    let Some(object) = session.objects.pointer(id) else {
        return;
    };
    let base = input.as_ptr() as usize;
    let Some(len) = input.bytes().map(<[u8]>::len).filter(|len| *len > 0) else {
        return;
    };
    if mem_flags(session, object as *mut c_void) & CL_MEM_USE_HOST_PTR == 0 {
        return;
    }
    if let Ok(mut held) = state(session).held.lock() {
        held.insert(base, Held { _memory: input, len, address });
    }
    when_destroyed(session, object as *mut c_void, base, destroyed);
}

/// For callbacks of the vendor whose user data is taken.
static SESSION: OnceLock<&'static Session> = OnceLock::new();

/// Has the vendor tell that it has destroyed a memory object.
fn when_destroyed(
    session: &'static Session,
    object: *mut c_void,
    base: usize,
    tell: unsafe extern "C" fn(*mut c_void, *mut c_void),
) {
    if let Some(set_callback) = state(session).vendor.clSetMemObjectDestructorCallback {
        SESSION.get_or_init(|| session);
        // SAFETY: the object is alive; the callback takes the address that it is given as user data.
        unsafe { set_callback(object, Some(tell), base as *mut c_void) };
    }
}

/// The vendor has destroyed an object whose memory is held.
unsafe extern "C" fn destroyed(_object: *mut c_void, base: *mut c_void) {
    if let Some(session) = SESSION.get()
        && let Ok(mut held) = state(session).held.lock()
    {
        held.remove(&(base as usize));
    }
}

/// Where the program has the memory that lies here at `pointer`; 0 for memory that is not the program's.
fn program_address(state: &State, pointer: usize) -> u64 {
    let Ok(held) = state.held.lock() else {
        return 0;
    };
    match held.range(..=pointer).next_back() {
        Some((base, one)) if pointer - base < one.len => one.address + (pointer - base) as u64,
        _ => 0,
    }
}

fn mem_flags(session: &Session, object: *mut c_void) -> u64 {
    const CL_MEM_FLAGS: u32 = 0x1101;
    let mut flags = 0_u64;
    if let Some(info) = state(session).vendor.clGetMemObjectInfo {
        // SAFETY: the object is alive, and the memory has the size that is named.
        unsafe { info(object, CL_MEM_FLAGS, 8, (&raw mut flags).cast(), std::ptr::null_mut()) };
    }
    flags
}

/// How much device memory a new object takes, where the table cannot tell: an image's layout is the vendor's choice. What is
/// made from another memory object takes none of its own.
fn memory(call: &Call<'_>, is: u16, object: *mut c_void, parents: &[u64]) -> u64 {
    let (true, Some(info)) = (is == kind::cl_mem, vendor(call.session).clGetMemObjectInfo) else { return 0 };
    if parents.iter().any(|parent| call.session.objects.find(*parent, kind::cl_mem).is_ok()) {
        return 0;
    }
    let mut size = 0_u64;
    // SAFETY: the vendor has just made the object, and the memory has the size that is named.
    unsafe { info(object, CL_MEM_SIZE, 8, (&raw mut size).cast(), std::ptr::null_mut()) };
    size
}

/// Whether an object is a buffer, rather than an image, a pipe, or no memory object at all.
pub fn is_buffer(session: &Session, id: u64) -> bool {
    const CL_MEM_OBJECT_BUFFER: u32 = 0x10F0;
    let Ok(Found::Pointer(object)) = session.objects.find(id, kind::cl_mem) else {
        return false;
    };
    let mut is = 0_u32;
    if let Some(info) = state(session).vendor.clGetMemObjectInfo {
        // SAFETY: the object is alive, and the memory has the size that is named.
        unsafe { info(object as *mut c_void, CL_MEM_TYPE, 4, (&raw mut is).cast(), std::ptr::null_mut()) };
    }
    is == CL_MEM_OBJECT_BUFFER
}

/// The pixels of an image; none for what is no image.
pub(crate) fn pixel(call: &Call<'_>, image: *mut c_void) -> Pixel {
    let vendor = vendor(call.session);
    let (Some(image_info), Some(mem_info)) = (vendor.clGetImageInfo, vendor.clGetMemObjectInfo) else {
        return Pixel::default();
    };
    if image.is_null() {
        return Pixel::default();
    }
    let (mut size, mut kind) = (0_usize, 0_u32);
    // SAFETY: a live object, and memory of the sizes that are named.
    unsafe {
        image_info(image, CL_IMAGE_ELEMENT_SIZE, size_of::<usize>(), (&raw mut size).cast(), std::ptr::null_mut());
        mem_info(image, CL_MEM_TYPE, 4, (&raw mut kind).cast(), std::ptr::null_mut());
    }
    Pixel { size: size as u64, array_of_rows: kind == CL_MEM_OBJECT_IMAGE1D_ARRAY }
}

/// The names of the devices that the program has seen.
fn device_names(session: &Session) -> Vec<String> {
    const CL_DEVICE_NAME: u32 = 0x102B;
    let Some(info) = state(session).vendor.clGetDeviceInfo else {
        return Vec::new();
    };
    let name = |device: usize| {
        let mut text = vec![0_u8; 256];
        // SAFETY: a live device, and memory of the size that is named.
        unsafe {
            info(device as *mut c_void, CL_DEVICE_NAME, text.len(), text.as_mut_ptr().cast(), std::ptr::null_mut());
        }
        let name = text.split(|b| *b == 0).next().unwrap_or_default();
        String::from_utf8_lossy(name).trim().to_owned()
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
