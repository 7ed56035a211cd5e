//! How often the program has initialized the library: what the shim answers itself it answers only then.

#![allow(non_snake_case)]

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, Ordering};

use ava_protocol::nvml::constant::NVML_ERROR_UNINITIALIZED;

use crate::api::generated::nvml::marshal;
use crate::api::slot::slot;
use crate::base::fault::{self, Fault};
use crate::session::{self, ApiSession, Hooks};

slot!(nvml, State);

/// What is remembered of a session with NVML.
#[derive(Default)]
pub struct State {
    /// As the vendor's library counts, too.
    initialized: AtomicU32,
}

impl Hooks for State {}

impl session::State for State {}

pub const UNINITIALIZED: Fault = Fault::Status(NVML_ERROR_UNINITIALIZED as i64);

/// The session, if the program has initialized the library in it. None is begun.
pub fn initialized() -> Result<&'static ApiSession<State>, Fault> {
    let is_initialized = |at: &&ApiSession<State>| at.state.initialized.load(Ordering::Relaxed) > 0;
    SLOT.existing().filter(is_initialized).ok_or(UNINITIALIZED)
}

/// A function that the table refuses.
pub fn refuse(function: &str, why: &str, status: i64, about: *const c_void) -> Fault {
    initialized().map_or_else(|fault| fault, |_| fault::unsupported(function, why, status, about))
}

pub unsafe fn nvmlInit() -> Result<u32, Fault> {
    // SAFETY: nothing is passed.
    counted(unsafe { marshal::nvmlInit()? })
}

pub unsafe fn nvmlInit_v2() -> Result<u32, Fault> {
    // SAFETY: nothing is passed.
    counted(unsafe { marshal::nvmlInit_v2()? })
}

pub unsafe fn nvmlInitWithFlags(flags: u32) -> Result<u32, Fault> {
    // SAFETY: a number.
    counted(unsafe { marshal::nvmlInitWithFlags(flags)? })
}

fn counted(status: u32) -> Result<u32, Fault> {
    if status == 0 {
        SLOT.latest()?.state.initialized.fetch_add(1, Ordering::Relaxed);
    }
    Ok(status)
}

/// What a lost worker had initialized is shut down here, as often as it was.
pub unsafe fn nvmlShutdown() -> Result<u32, Fault> {
    let at = SLOT.latest()?;
    let status = match at.has_ended() {
        true => 0,
        // SAFETY: nothing is passed.
        false => unsafe { marshal::nvmlShutdown()? },
    };
    let count = &at.state.initialized;
    let less = count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| match status {
        0 => count.checked_sub(1),
        _ => Some(count),
    });
    less.map(|_| status).map_err(|_| UNINITIALIZED)
}
