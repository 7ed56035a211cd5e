//! Calls a function of each API, through the entry points of AvA's library and its stubs, to check that it answers.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_char, c_uint, c_ulong, c_void};
use std::path::Path;

use ava_protocol::api::Api;
use libloading::os::unix::{Library as Loaded, Symbol};
use serde::{Deserialize, Serialize};

use crate::devices::{cuda, opencl, reason};
use crate::{devices, locate};

/// What a vendor's library reports about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Library {
    /// Its name and version; empty if it reports none.
    pub version: String,
    /// The devices that it has.
    pub devices: Vec<String>,
}

/// Calls an API of AvA's library.
///
/// # Errors
/// The wrong answer.
pub fn ask(api: &str, shim: &Path) -> Result<Library, String> {
    match api {
        "opencl" => opencl(shim),
        "pkcs11" => pkcs11(shim),
        "tflite" => tflite(shim),
        "cuda" => cuda(shim),
        "nvml" => nvml(shim),
        other => Err(format!("there is no check for {other}")),
    }
}

fn opencl(shim: &Path) -> Result<Library, String> {
    let devices = opencl::devices(shim).map_err(|failure| failure.message)?;
    let mut platforms: Vec<_> = devices.iter().map(|device| device.platform.clone()).collect();
    platforms.dedup();
    Ok(Library { version: platforms.join(", "), devices: devices.into_iter().map(|device| device.name).collect() })
}

fn tflite(shim: &Path) -> Result<Library, String> {
    type Version = unsafe extern "C" fn() -> *const c_char;
    let library = load(shim)?;
    let version: Symbol<Version> = function(&library, "TfLiteVersion")?;
    // SAFETY: the function takes nothing and returns a text or null (`c_api.h`).
    let text = unsafe { version() };
    if text.is_null() {
        return Err("TfLiteVersion returns nothing".to_owned());
    }
    // SAFETY: as above.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy().into_owned();
    match text.as_str() {
        "" => Err("TfLiteVersion returns nothing".to_owned()),
        text => Ok(Library { version: format!("TensorFlow Lite {text}"), devices: Vec::new() }),
    }
}

/// `CK_INFO`, PKCS#11 2.40, section 3.1, as Unix lays it out.
#[repr(C)]
#[derive(Default)]
struct Info {
    cryptoki: [u8; 2],
    manufacturer: [u8; 32],
    flags: c_ulong,
    description: [u8; 32],
    version: [u8; 2],
}

/// The used part of `CK_FUNCTION_LIST`.
#[repr(C)]
struct Functions {
    version: [u8; 2],
    initialize: unsafe extern "C" fn(*mut c_void) -> c_ulong,
    finalize: unsafe extern "C" fn(*mut c_void) -> c_ulong,
    info: unsafe extern "C" fn(*mut Info) -> c_ulong,
    function_list: unsafe extern "C" fn(*mut *const Functions) -> c_ulong,
    slots: unsafe extern "C" fn(u8, *mut c_ulong, *mut c_ulong) -> c_ulong,
}

fn pkcs11(shim: &Path) -> Result<Library, String> {
    const WITH_TOKEN: u8 = 1;
    // Other modules export functions of the same names: a program finds these in the stub.
    let stubs = locate::stubs(shim).ok_or_else(|| format!("there is no folder `stubs` beside {}", shim.display()))?;
    let module = Api::find("pkcs11").ok_or("there is no such API")?.library;
    let library = load(&stubs.join(module))?;
    let list: Symbol<unsafe extern "C" fn(*mut *const Functions) -> c_ulong> = function(&library, "C_GetFunctionList")?;
    let ok = |name: &str, value: c_ulong| if value == 0 { Ok(()) } else { Err(format!("{name} answers {value:#x}")) };
    let mut functions = std::ptr::null();
    let (mut info, mut count) = (Info::default(), 0);
    // SAFETY: the functions have these types (PKCS#11 2.40, section 5), the library never frees the list, and each pointer
    // leads to what the function fills, or is null where that is allowed.
    unsafe {
        ok("C_GetFunctionList", list(&raw mut functions))?;
        let functions = functions.as_ref().ok_or("C_GetFunctionList returns nothing")?;
        ok("C_Initialize", (functions.initialize)(std::ptr::null_mut()))?;
        ok("C_GetInfo", (functions.info)(&raw mut info))?;
        ok("C_GetSlotList", (functions.slots)(WITH_TOKEN, std::ptr::null_mut(), &raw mut count))?;
    }
    let name = String::from_utf8_lossy(&info.manufacturer).trim().to_owned();
    let ([major, minor], [newer, older]) = (info.version, info.cryptoki);
    let tokens = match count {
        1 => "1 token".to_owned(),
        count => format!("{count} tokens"),
    };
    Ok(Library { version: format!("{name} {major}.{minor}, PKCS#11 {newer}.{older}, {tokens}"), devices: Vec::new() })
}

fn cuda(shim: &Path) -> Result<Library, String> {
    let devices = cuda::devices(shim).map_err(|failure| failure.message)?;
    let version = devices.first().map(|device| device.driver.clone()).unwrap_or_default();
    Ok(Library { version, devices: devices.into_iter().map(|device| device.name).collect() })
}

/// The library's version and its devices (`nvml.h`).
fn nvml(shim: &Path) -> Result<Library, String> {
    type Device = *mut c_void;
    let library = load(shim)?;
    let plain = |name: &'static str| -> Result<(), String> {
        let call: Symbol<unsafe extern "C" fn() -> c_uint> = function(&library, name)?;
        // SAFETY: it takes nothing.
        answered(name, unsafe { call() })
    };
    let version: Symbol<unsafe extern "C" fn(*mut c_char, c_uint) -> c_uint> =
        function(&library, "nvmlSystemGetNVMLVersion")?;
    let count: Symbol<unsafe extern "C" fn(*mut c_uint) -> c_uint> = function(&library, "nvmlDeviceGetCount_v2")?;
    let find: Symbol<unsafe extern "C" fn(c_uint, *mut Device) -> c_uint> =
        function(&library, "nvmlDeviceGetHandleByIndex_v2")?;
    let name: Symbol<unsafe extern "C" fn(Device, *mut c_char, c_uint) -> c_uint> =
        function(&library, "nvmlDeviceGetName")?;
    plain("nvmlInit_v2")?;
    let mut number = 0;
    // SAFETY: the functions have these types, and each pointer leads to what the function fills.
    let told = text(|at, room| answered("nvmlSystemGetNVMLVersion", unsafe { version(at, room) }))?;
    // SAFETY: as above.
    answered("nvmlDeviceGetCount_v2", unsafe { count(&raw mut number) })?;
    let named = |index| {
        let mut device = std::ptr::null_mut();
        // SAFETY: as above.
        answered("nvmlDeviceGetHandleByIndex_v2", unsafe { find(index, &raw mut device) })?;
        // SAFETY: as above.
        text(|at, room| answered("nvmlDeviceGetName", unsafe { name(device, at, room) }))
    };
    let devices = (0..number).map(named).collect::<Result<_, String>>()?;
    plain("nvmlShutdown")?;
    Ok(Library { version: format!("NVML {told}"), devices })
}

/// A function's status.
fn answered(name: &str, status: c_uint) -> Result<(), String> {
    if status == 0 { Ok(()) } else { Err(format!("{name} answers {status}")) }
}

/// A text that a function stores.
fn text(store: impl FnOnce(*mut c_char, c_uint) -> Result<(), String>) -> Result<String, String> {
    let mut text = [0_u8; 256];
    // The last byte stays a NUL.
    store(text.as_mut_ptr().cast(), text.len() as c_uint - 1)?;
    let end = text.iter().position(|byte| *byte == 0).unwrap_or(0);
    Ok(String::from_utf8_lossy(&text[..end]).into_owned())
}

fn load(shim: &Path) -> Result<Loaded, String> {
    devices::load(shim).map_err(|failure| failure.message)
}

fn function<T>(library: &Loaded, name: &str) -> Result<Symbol<T>, String> {
    // SAFETY: each caller gives it the type of the API's header.
    unsafe { library.get::<T>(name.as_bytes()) }.map_err(|error| reason(&error))
}
