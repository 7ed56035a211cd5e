//! PKCS#11 in the worker: the vendor's functions come in a struct.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::api::Api as Table;
use ava_protocol::frame::Malformed;
use ava_protocol::pkcs11::constant::CKF_OS_LOCKING_OK;
use ava_protocol::pkcs11::{self as table, API};

use crate::api::Api;
use crate::call::{Call, Outcome, Stop};
use crate::generated::pkcs11 as generated;
pub use crate::generated::pkcs11::Vendor;
use crate::session::Session;
use crate::vendor::{Listed, Loaded};

/// A session with PKCS#11, of which nothing but the functions is kept: handles are the vendor's own numbers.
pub struct State {
    vendor: Vendor,
    version: String,
}

impl State {
    /// A session on these functions.
    pub fn of(vendor: Vendor) -> Self {
        Self { vendor, version: String::new() }
    }
}

impl Api for State {
    fn table(&self) -> &'static Table {
        &API
    }

    fn serve(&self, opcode: u32, call: &mut Call, body: &[u8]) -> Outcome {
        generated::dispatch(opcode, call, body)
    }

    fn version(&self) -> Option<String> {
        Some(self.version.clone())
    }
}

/// The vendor's functions.
pub fn vendor(session: &Session) -> &generated::Vendor {
    &session.api::<State>().vendor
}

/// `CK_C_INITIALIZE_ARGS` without functions for mutexes.
#[repr(C)]
struct InitializeArgs {
    mutexes: [usize; 4],
    flags: u64,
    reserved: usize,
}

/// Whatever the program has for locks, threads of this process call the vendor.
pub fn C_Initialize(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "C_Initialize";
    call.read::<table::C_Initialize::ArchivedRequest>(body, NAME)?;
    let initialize = vendor(call.session).C_Initialize.ok_or(Stop::Missing(NAME))?;
    let mut args = InitializeArgs { mutexes: [0; 4], flags: CKF_OS_LOCKING_OK, reserved: 0 };
    // SAFETY: a struct of the type that the function takes.
    let ret = unsafe { initialize((&raw mut args).cast()) };
    call.reply(&table::C_Initialize::Reply { ret })
}

/// There are no calls beside the functions.
pub fn own(opcode: u32, _: &mut Call, _: &[u8]) -> Outcome {
    Err(Malformed::Opcode(opcode).into())
}

/// Has the library hand out its functions.
///
/// # Errors
/// The library is no PKCS#11 module, or one of another version.
pub fn load(loaded: &mut Loaded) -> Result<Box<dyn Api>, String> {
    type GetFunctionList = unsafe extern "C" fn(*mut *const *mut c_void) -> u64;
    let get = loaded.require("C_GetFunctionList")?;
    let mut list = std::ptr::null();
    // SAFETY: the function has this type in every PKCS#11 module, and is given a place for the address.
    let status = unsafe { std::mem::transmute::<*mut c_void, GetFunctionList>(get)(&raw mut list) };
    if status != 0 || list.is_null() {
        return Err(format!("{} hands out no functions: C_GetFunctionList returns {status:#x}", API.library));
    }
    // SAFETY: the struct begins with two bytes of version; one of version 2 has a place for each function of the table.
    let [major, minor] = unsafe { list.cast::<[u8; 2]>().read() };
    if major != 2 {
        return Err(format!("{} is a module of PKCS#11 {major}.{minor:02}, and the table is of 2.40", API.library));
    }
    let vendor = generated::Vendor::load(&mut Listed { table: &API, list });
    Ok(Box::new(State { vendor, version: format!("PKCS#11 {major}.{minor:02}") }))
}
