//! Answers to queries by key.

use std::ffi::{c_char, c_void};

use super::common::{Handle, INVALID_VALUE, at, functions, give, put, take, text};

/// What the vendor answers to any key of any object: two words that may pass for handles, and a 0.
const ANSWER: [u64; 3] = [0x1_0000, 0x1_0040, 0];

fn answer(bytes: &[u8], size: usize, value: *mut c_void, size_ret: *mut usize) -> i32 {
    put(size_ret, bytes.len());
    if !value.is_null() {
        if size < bytes.len() {
            return INVALID_VALUE;
        }
        // All of the memory is the vendor's to write to.
        give(value, size);
        let value = value.cast::<u8>();
        bytes.iter().enumerate().for_each(|(i, byte)| put(value.wrapping_add(i), *byte));
    }
    0
}

fn words(words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| word.to_le_bytes()).collect()
}

fn any(object: Handle, key: u32, size: usize, value: *mut c_void, size_ret: *mut usize) -> i32 {
    match key {
        _ if object.is_null() => INVALID_VALUE,
        // The extensions of a platform, of a device.
        0x0904 | 0x1030 => answer(b"cl_khr_icd cl_khr_gl_sharing cl_khr_fp64\0", size, value, size_ret),
        // And so with versions.
        0x0907 | 0x1060 => answer(&[0x63; 68 * 3], size, value, size_ret),
        // What the device takes of SPIR-V: addresses of texts.
        0x12B9 | 0x12BA => {
            let texts = [c"one".as_ptr() as u64, c"".as_ptr() as u64];
            answer(&words(&texts), size, value, size_ret)
        }
        // An image's pixel; the sort of a memory object: a buffer, or an image in two dimensions.
        0x1111 => answer(&4_usize.to_le_bytes(), size, value, size_ret),
        0x1100 => answer(&(0x10F0 + (object as u32 >> 6) % 2).to_le_bytes(), size, value, size_ret),
        // A memory object's flags: half of them use the program's memory.
        0x1101 => answer(&u64::from((object as u32 >> 6) % 2 * 8).to_le_bytes(), size, value, size_ret),
        _ => answer(&words(&ANSWER), size, value, size_ret),
    }
}

functions! {
    ava_worker::opencl::Vendor;
    clGetPlatformInfo(o: Handle, key: u32, size: usize, value: *mut c_void, ret: *mut usize) -> i32 {
        any(o, key, size, value, ret)
    }
    clGetDeviceInfo(o: Handle, key: u32, size: usize, value: *mut c_void, ret: *mut usize) -> i32 {
        any(o, key, size, value, ret)
    }
    clGetContextInfo(o: Handle, key: u32, size: usize, value: *mut c_void, ret: *mut usize) -> i32 {
        any(o, key, size, value, ret)
    }
    clGetCommandQueueInfo(o: Handle, key: u32, size: usize, value: *mut c_void, ret: *mut usize) -> i32 {
        match key {
            // Its properties: half of the queues are ordered.
            0x1093 => answer(&((o as u64 >> 6) % 2).to_le_bytes(), size, value, ret),
            _ => any(o, key, size, value, ret),
        }
    }
    clGetMemObjectInfo(o: Handle, key: u32, size: usize, value: *mut c_void, ret: *mut usize) -> i32 {
        any(o, key, size, value, ret)
    }
    clGetImageInfo(o: Handle, key: u32, size: usize, value: *mut c_void, ret: *mut usize) -> i32 {
        any(o, key, size, value, ret)
    }
    clGetSamplerInfo(o: Handle, key: u32, size: usize, value: *mut c_void, ret: *mut usize) -> i32 {
        any(o, key, size, value, ret)
    }
    clGetKernelInfo(o: Handle, key: u32, size: usize, value: *mut c_void, ret: *mut usize) -> i32 {
        any(o, key, size, value, ret)
    }
    clGetEventProfilingInfo(o: Handle, key: u32, size: usize, value: *mut c_void, ret: *mut usize) -> i32 {
        any(o, key, size, value, ret)
    }
    clGetEventInfo(o: Handle, key: u32, size: usize, value: *mut c_void, ret: *mut usize) -> i32 {
        match key {
            // The status: complete, running, or an error.
            0x11D3 => answer(&[0_i32, 1, 0, -5][o as usize >> 6 & 3].to_le_bytes(), size, value, ret),
            _ => any(o, key, size, value, ret),
        }
    }
    clGetProgramInfo(o: Handle, key: u32, size: usize, value: *mut c_void, ret: *mut usize) -> i32 {
        match key {
            // The sizes of two binaries; the binaries, to addresses that lie in `value`.
            0x1165 => answer(&words(&[5, 0]), size, value, ret),
            0x1166 if !value.is_null() && size >= 16 => {
                give(at(value.cast::<*mut u8>(), 0), 5);
                put(ret, 16);
                0
            }
            _ => any(o, key, size, value, ret),
        }
    }
    clGetProgramBuildInfo(
        o: Handle, _device: Handle, key: u32, size: usize, value: *mut c_void, ret: *mut usize,
    ) -> i32 {
        any(o, key, size, value, ret)
    }
    clGetKernelArgInfo(o: Handle, index: u32, key: u32, size: usize, value: *mut c_void, ret: *mut usize) -> i32 {
        match (index % 3, key) {
            (2, _) => INVALID_VALUE,
            // Where it lies: with the kernel, or in global memory.
            (one, 0x1196) => answer(&(0x119B + 3 * one).to_le_bytes(), size, value, ret),
            (_, 0x1198) => answer(b"sampler_t\0", size, value, ret),
            _ => any(o, key, size, value, ret),
        }
    }
    clGetKernelWorkGroupInfo(
        o: Handle, _device: Handle, key: u32, size: usize, value: *mut c_void, ret: *mut usize,
    ) -> i32 {
        any(o, key, size, value, ret)
    }
    clGetKernelSubGroupInfo(
        o: Handle, _device: Handle, key: u32, given: usize, input: *const c_void, size: usize, value: *mut c_void,
        ret: *mut usize,
    ) -> i32 {
        take(input, given);
        any(o, key, size, value, ret)
    }
    clGetSupportedImageFormats(
        _context: Handle, _flags: u64, _kind: u32, n: u32, formats: *mut c_void, count: *mut u32,
    ) -> i32 {
        give(formats, n as usize * 8);
        put(count, 3);
        0
    }
    clGetDeviceAndHostTimer(_device: Handle, one: *mut u64, other: *mut u64) -> i32 {
        put(one, 1);
        put(other, 2);
        0
    }
    clGetExtensionFunctionAddress(name: *const c_char) -> *mut c_void {
        text(name);
        // It has no extensions.
        std::ptr::null_mut()
    }
    clGetExtensionFunctionAddressForPlatform(_platform: Handle, name: *const c_char) -> *mut c_void {
        text(name);
        // It has no extensions.
        std::ptr::null_mut()
    }
}
