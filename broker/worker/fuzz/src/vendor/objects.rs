//! Making and releasing objects.

use std::ffi::{c_char, c_void};

use super::common::{
    Handle, INVALID_OPERATION, INVALID_VALUE, functions, give, list, made, put, some, take, text, texts,
};

type Notify = Option<unsafe extern "C" fn(Handle, Handle)>;
const READS_HOST_PTR: u64 = 8 | 32;

fn reference(object: Handle) -> i32 {
    if object.is_null() { INVALID_VALUE } else { 0 }
}

functions! {
    ava_worker::opencl::Vendor;
    clGetPlatformIDs(n: u32, platforms: *mut Handle, count: *mut u32) -> i32 {
        if !platforms.is_null() && n > 0 {
            put(platforms, 0x100 as Handle);
        }
        put(count, 1);
        0
    }
    clGetDeviceIDs(_platform: Handle, _kind: u64, n: u32, devices: *mut Handle, count: *mut u32) -> i32 {
        if !devices.is_null() && n > 0 {
            give(devices, n as usize * 8);
            (0..n as usize).for_each(|i| put(devices.wrapping_add(i), std::ptr::null_mut()));
            put(devices, 0x200 as Handle);
        }
        put(count, 1);
        0
    }
    clCreateSubDevices(
        _device: Handle, properties: *const c_void, n: u32, devices: *mut Handle, count: *mut u32,
    ) -> i32 {
        take(properties, 8);
        some(n, devices, count, 2)
    }
    clCreateContext(
        properties: *const c_void, n: u32, devices: *const Handle,
        _notify: Option<unsafe extern "C" fn(*const c_char, *const c_void, usize, *mut c_void)>,
        _data: Handle, error: *mut i32,
    ) -> Handle {
        list(properties);
        take(devices, n as usize * 8);
        made(_notify.is_none() && n > 0, error)
    }
    clCreateCommandQueue(context: Handle, _device: Handle, _properties: u64, error: *mut i32) -> Handle {
        made(!context.is_null(), error)
    }
    clCreateCommandQueueWithProperties(
        context: Handle, _device: Handle, properties: *const c_void, error: *mut i32,
    ) -> Handle {
        list(properties);
        made(!context.is_null(), error)
    }
    clCreateBuffer(context: Handle, flags: u64, size: usize, host: *const c_void, error: *mut i32) -> Handle {
        if flags & READS_HOST_PTR != 0 {
            take(host, size);
        }
        made(!context.is_null() && size > 0, error)
    }
    clCreateBufferWithProperties(
        context: Handle, properties: *const c_void, flags: u64, size: usize, host: *const c_void, error: *mut i32,
    ) -> Handle {
        list(properties);
        if flags & READS_HOST_PTR != 0 {
            take(host, size);
        }
        made(!context.is_null() && size > 0, error)
    }
    clCreateSubBuffer(buffer: Handle, _flags: u64, kind: u32, info: *const c_void, error: *mut i32) -> Handle {
        if kind == 0x1220 {
            take(info, 16);
        }
        made(!buffer.is_null(), error)
    }
    clCreateImage(
        context: Handle, _flags: u64, format: *const c_void, desc: *const c_void, _host: *const c_void, error: *mut i32,
    ) -> Handle {
        take(format, 8);
        take(desc, 72);
        made(!context.is_null() && !format.is_null() && !desc.is_null(), error)
    }
    clCreateSampler(context: Handle, _normalized: u32, _addressing: u32, _filter: u32, error: *mut i32) -> Handle {
        made(!context.is_null(), error)
    }
    clCreateSamplerWithProperties(context: Handle, properties: *const c_void, error: *mut i32) -> Handle {
        list(properties);
        made(!context.is_null(), error)
    }
    clSetMemObjectDestructorCallback(_object: Handle, _notify: Notify, _data: Handle) -> i32 { INVALID_OPERATION }
    clSetContextDestructorCallback(_object: Handle, _notify: Notify, _data: Handle) -> i32 { INVALID_OPERATION }
    clSetEventCallback(
        _event: Handle, _status: i32, _notify: Option<unsafe extern "C" fn(Handle, i32, Handle)>, _data: Handle,
    ) -> i32 {
        INVALID_OPERATION
    }
    clCreateProgramWithSource(
        context: Handle, count: u32, strings: *const *const c_char, lengths: *const usize, error: *mut i32,
    ) -> Handle {
        made(texts(count as usize, strings, lengths) && !context.is_null(), error)
    }
    clCreateProgramWithBinary(
        context: Handle, n: u32, devices: *const Handle, lengths: *const usize, binaries: *const *const c_char,
        status: *mut i32, error: *mut i32,
    ) -> Handle {
        take(devices, n as usize * 8);
        let ok = !lengths.is_null() && texts(n as usize, binaries, lengths);
        give(status, n as usize * 4);
        made(ok && !context.is_null(), error)
    }
    clCreateProgramWithBuiltInKernels(
        context: Handle, n: u32, devices: *const Handle, names: *const c_char, error: *mut i32,
    ) -> Handle {
        take(devices, n as usize * 8);
        made(text(names) > 0 && !context.is_null(), error)
    }
    clCreateProgramWithIL(context: Handle, il: *const c_void, length: usize, error: *mut i32) -> Handle {
        take(il, length);
        made(!context.is_null() && !il.is_null(), error)
    }
    clBuildProgram(
        program: Handle, n: u32, devices: *const Handle, options: *const c_char, notify: Notify, _data: Handle,
    ) -> i32 {
        take(devices, n as usize * 8);
        text(options);
        if notify.is_some() { INVALID_OPERATION } else { reference(program) }
    }
    clCompileProgram(
        program: Handle, n: u32, devices: *const Handle, options: *const c_char, headers: u32,
        programs: *const Handle, names: *const *const c_char, notify: Notify, _data: Handle,
    ) -> i32 {
        take(devices, n as usize * 8);
        text(options);
        take(programs, headers as usize * 8);
        texts(headers as usize, names, std::ptr::null());
        if notify.is_some() { INVALID_OPERATION } else { reference(program) }
    }
    clLinkProgram(
        context: Handle, n: u32, devices: *const Handle, options: *const c_char, inputs: u32,
        programs: *const Handle, notify: Notify, _data: Handle, error: *mut i32,
    ) -> Handle {
        take(devices, n as usize * 8);
        text(options);
        take(programs, inputs as usize * 8);
        made(notify.is_none() && !context.is_null(), error)
    }
    clSetProgramSpecializationConstant(program: Handle, _id: u32, size: usize, value: *const c_void) -> i32 {
        take(value, size);
        reference(program)
    }
    clCreateKernel(program: Handle, name: *const c_char, error: *mut i32) -> Handle {
        text(name);
        made(!program.is_null() && !name.is_null(), error)
    }
    clCreateKernelsInProgram(_program: Handle, n: u32, kernels: *mut Handle, count: *mut u32) -> i32 {
        some(n, kernels, count, 3)
    }
    clCloneKernel(kernel: Handle, error: *mut i32) -> Handle { made(!kernel.is_null(), error) }
    clSetKernelArg(kernel: Handle, _index: u32, size: usize, value: *const c_void) -> i32 {
        // No argument is larger than what a shim sends.
        if size > 1 << 20 {
            return INVALID_VALUE;
        }
        take(value, size);
        reference(kernel)
    }
    clCreateUserEvent(context: Handle, error: *mut i32) -> Handle { made(!context.is_null(), error) }
    clSetUserEventStatus(event: Handle, _status: i32) -> i32 { reference(event) }
    clRetainDevice(object: Handle) -> i32 { reference(object) }
    clReleaseDevice(object: Handle) -> i32 { reference(object) }
    clRetainContext(object: Handle) -> i32 { reference(object) }
    clReleaseContext(object: Handle) -> i32 { reference(object) }
    clRetainCommandQueue(object: Handle) -> i32 { reference(object) }
    clReleaseCommandQueue(object: Handle) -> i32 { reference(object) }
    clRetainMemObject(object: Handle) -> i32 { reference(object) }
    clReleaseMemObject(object: Handle) -> i32 { reference(object) }
    clRetainSampler(object: Handle) -> i32 { reference(object) }
    clReleaseSampler(object: Handle) -> i32 { reference(object) }
    clRetainProgram(object: Handle) -> i32 { reference(object) }
    clReleaseProgram(object: Handle) -> i32 { reference(object) }
    clRetainKernel(object: Handle) -> i32 { reference(object) }
    clReleaseKernel(object: Handle) -> i32 { reference(object) }
    clRetainEvent(object: Handle) -> i32 { reference(object) }
    clReleaseEvent(object: Handle) -> i32 { reference(object) }
}
