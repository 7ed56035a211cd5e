//! PKCS#11's exceptions: the struct that hands out the functions, and the arguments of the first call.

#![allow(non_snake_case)]

use std::ffi::c_void;

use ava_protocol::pkcs11::constant::CKR_ARGUMENTS_BAD;

use crate::fault::Fault;
use crate::generated::pkcs11::{FUNCTION_LIST, marshal};
use crate::handles::Entry;

/// `CK_FUNCTION_LIST`.
#[repr(C)]
struct FunctionList {
    /// `CK_VERSION`: a byte for the major number, one for the minor.
    version: [u8; 2],
    functions: [Entry; FUNCTION_LIST.len()],
}

static LIST: FunctionList = FunctionList { version: [2, 40], functions: FUNCTION_LIST };

/// # Safety
/// As `C_GetFunctionList`.
pub unsafe fn C_GetFunctionList(list: *mut c_void) -> Result<u64, Fault> {
    if list.is_null() {
        return Err(Fault::Status(CKR_ARGUMENTS_BAD as i64));
    }
    // SAFETY: the program passes a place for the address.
    unsafe { list.cast::<*const FunctionList>().write(&raw const LIST) };
    Ok(0)
}

/// `CK_C_INITIALIZE_ARGS`, with its functions as addresses.
#[repr(C)]
#[derive(Clone, Copy)]
struct InitializeArgs {
    /// To create, destroy, lock and unlock a mutex.
    mutexes: [usize; 4],
    _flags: u64,
    reserved: usize,
}

/// What the program says of mutexes and threads is checked, and stays here.
///
/// # Safety
/// As `C_Initialize`.
pub unsafe fn C_Initialize(args: *const c_void) -> Result<u64, Fault> {
    if !args.is_null() {
        // SAFETY: the program passes the struct.
        let args = unsafe { args.cast::<InitializeArgs>().read() };
        let given = args.mutexes.iter().filter(|function| **function != 0).count();
        if args.reserved != 0 || (given != 0 && given != args.mutexes.len()) {
            return Err(Fault::Status(CKR_ARGUMENTS_BAD as i64));
        }
    }
    // SAFETY: the arguments do not cross.
    unsafe { marshal::C_Initialize(args.cast_mut()) }
}
