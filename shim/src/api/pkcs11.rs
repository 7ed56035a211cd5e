//! PKCS#11's exceptions: the arguments of the first call, and what a program finalizes that its worker had.
//!
//! # Safety
//! Each function that has the name of one of the library's asks of its caller what that one asks.

#![allow(non_snake_case)]

use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, Ordering};

use ava_protocol::pkcs11::c::CK_C_INITIALIZE_ARGS;
use ava_protocol::pkcs11::constant::{
    CKR_ARGUMENTS_BAD, CKR_CRYPTOKI_ALREADY_INITIALIZED, CKR_CRYPTOKI_NOT_INITIALIZED,
};

use crate::api::generated::pkcs11::marshal;
use crate::api::slot::slot;
use crate::base::fault::Fault;
use crate::session::{self, Hooks};

slot!(pkcs11, State);

/// What the program says of mutexes and threads is checked, and stays here.
pub unsafe fn C_Initialize(args: *const c_void) -> Result<u64, Fault> {
    // As natively, the vendor looks at its surroundings anew.
    if let Some(finalized) = SLOT.existing()
        && !finalized.state.initialized.load(Ordering::Relaxed)
    {
        finalized.leave_if_outdated();
    }
    // A worker's death finalizes nothing: that is the program's to do.
    let before = SLOT.latest()?;
    let is_initialized = before.state.initialized.load(Ordering::Relaxed);
    if is_initialized && before.has_ended() {
        return Ok(CKR_CRYPTOKI_ALREADY_INITIALIZED);
    }
    // To say that it is initialized the vendor looks at nothing.
    if !args.is_null() && !is_initialized {
        // SAFETY: the program passes the struct.
        let args = unsafe { args.cast::<CK_C_INITIALIZE_ARGS>().read() };
        let mutexes = [args.CreateMutex, args.DestroyMutex, args.LockMutex, args.UnlockMutex].map(|f| f.is_null());
        if !args.pReserved.is_null() || mutexes != [mutexes[0]; 4] {
            return Err(Fault::Status(CKR_ARGUMENTS_BAD as i64));
        }
    }
    // SAFETY: the arguments do not cross.
    let status = unsafe { marshal::C_Initialize(args.cast_mut())? };
    if status == 0 {
        initialized(true);
    }
    Ok(status)
}

/// What a lost worker had is finalized here, and then the program may begin again.
pub unsafe fn C_Finalize(reserved: *const c_void) -> Result<u64, Fault> {
    let session = SLOT.latest()?;
    let status = match session.has_ended() && session.state.initialized.load(Ordering::Relaxed) {
        true if !reserved.is_null() => CKR_ARGUMENTS_BAD,
        true => 0,
        // SAFETY: by the caller's promise.
        false => unsafe { marshal::C_Finalize(reserved)? },
    };
    if status == 0 {
        initialized(false);
    }
    Ok(status)
}

/// The program has initialized the library, or finalized it.
fn initialized(is: bool) {
    if let Ok(session) = SLOT.latest() {
        session.state.initialized.store(is, Ordering::Relaxed);
    }
}

/// What is remembered of a session with PKCS#11.
#[derive(Default)]
pub struct State {
    initialized: AtomicBool,
}

impl Hooks for State {
    /// A library that is not initialized says so, whatever became of its worker.
    fn when_lost(&self) -> Option<i64> {
        (!self.initialized.load(Ordering::Relaxed)).then_some(CKR_CRYPTOKI_NOT_INITIALIZED as i64)
    }
}

impl session::State for State {
    fn inherit(&self) -> Option<Self> {
        self.initialized.load(Ordering::Relaxed).then(|| Self { initialized: AtomicBool::new(true) })
    }
}
