//! The library itself.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::{c_char, c_int, c_uint};

use super::entry::{entries, put, put_text};
use crate::devices::{initialize, shut_down};
use crate::status::{self, Status};

entries! { unchecked;
    fn nvmlInit() {
        initialize();
        Ok(())
    }

    fn nvmlInit_v2() {
        initialize();
        Ok(())
    }

    fn nvmlInitWithFlags(flags: c_uint) {
        /// `NVML_INIT_FLAG_NO_GPUS`, `NVML_INIT_FLAG_NO_ATTACH`
        const ALL: c_uint = 3;
        if flags & !ALL != 0 {
            return Err(Status::INVALID_ARGUMENT);
        }
        initialize();
        Ok(())
    }

    fn nvmlShutdown() {
        shut_down()
    }
}

/// What a status is called.
#[unsafe(no_mangle)]
pub extern "C" fn nvmlErrorString(status: c_uint) -> *const c_char {
    status::text(status).as_ptr()
}

entries! { checked;
    fn nvmlSystemGetDriverVersion(version: *mut c_char, length: c_uint) {
        put_text(version, length, "535.0.soft")
    }

    fn nvmlSystemGetNVMLVersion(version: *mut c_char, length: c_uint) {
        put_text(version, length, "12.535.0.soft")
    }

    fn nvmlSystemGetCudaDriverVersion(version: *mut c_int) {
        put(version, ava_softgpu::CUDA_VERSION)
    }

    fn nvmlSystemGetCudaDriverVersion_v2(version: *mut c_int) {
        put(version, ava_softgpu::CUDA_VERSION)
    }

    fn nvmlSystemGetProcessName(pid: c_uint, name: *mut c_char, length: c_uint) {
        let command = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).map_err(|_| Status::NOT_FOUND)?;
        let text = command.split('\0').next().unwrap_or_default();
        if length == 0 {
            return Err(Status::INVALID_ARGUMENT);
        }
        put_text(name, length, &text[..text.len().min(length as usize - 1)])
    }
}
