//! Who uses the devices.
#![allow(non_snake_case, reason = "the header's names")]

use std::ffi::{c_uint, c_ulonglong};

use super::entry::{entries, put, put_list};
use crate::devices::{Handle, device};
use crate::processes::of;
use crate::status::Status;

/// `nvmlProcessInfo_v1_t`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ProcessV1 {
    pid: c_uint,
    memory: c_ulonglong,
}

/// `nvmlProcessInfo_v2_t`, and `nvmlProcessInfo_t`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Process {
    pid: c_uint,
    memory: c_ulonglong,
    /// Of no part of a device: all ones.
    gpu_instance: c_uint,
    compute_instance: c_uint,
}

/// `nvmlProcessUtilizationSample_t`
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Sample {
    pid: c_uint,
    time: c_ulonglong,
    utilization: [c_uint; 4],
}

fn first(handle: Handle) -> crate::status::Result<Vec<ProcessV1>> {
    Ok(of(device(handle)?).iter().map(|process| ProcessV1 { pid: process.pid, memory: process.memory }).collect())
}

fn second(handle: Handle) -> crate::status::Result<Vec<Process>> {
    let process = |one: ProcessV1| Process {
        pid: one.pid,
        memory: one.memory,
        gpu_instance: c_uint::MAX,
        compute_instance: c_uint::MAX,
    };
    Ok(first(handle)?.into_iter().map(process).collect())
}

entries! { checked;
    fn nvmlDeviceGetComputeRunningProcesses(handle: Handle, count: *mut c_uint, place: *mut ProcessV1) {
        put_list(count, place, &first(handle)?)
    }

    fn nvmlDeviceGetComputeRunningProcesses_v2(handle: Handle, count: *mut c_uint, place: *mut Process) {
        put_list(count, place, &second(handle)?)
    }

    fn nvmlDeviceGetComputeRunningProcesses_v3(handle: Handle, count: *mut c_uint, place: *mut Process) {
        put_list(count, place, &second(handle)?)
    }

    fn nvmlDeviceGetGraphicsRunningProcesses(handle: Handle, count: *mut c_uint, place: *mut ProcessV1) {
        device(handle)?;
        put_list(count, place, &[])
    }

    fn nvmlDeviceGetGraphicsRunningProcesses_v2(handle: Handle, count: *mut c_uint, place: *mut Process) {
        device(handle)?;
        put_list(count, place, &[])
    }

    fn nvmlDeviceGetGraphicsRunningProcesses_v3(handle: Handle, count: *mut c_uint, place: *mut Process) {
        device(handle)?;
        put_list(count, place, &[])
    }

    fn nvmlDeviceGetMPSComputeRunningProcesses_v3(handle: Handle, count: *mut c_uint, place: *mut Process) {
        device(handle)?;
        put_list(count, place, &[])
    }

    /// A sample of each process.
    fn nvmlDeviceGetProcessUtilization(handle: Handle, place: *mut Sample, count: *mut c_uint, since: c_ulonglong) {
        let sample = |one: &ProcessV1| Sample { pid: one.pid, time: since + 1, utilization: [17, 5, 0, 0] };
        let all: Vec<_> = first(handle)?.iter().map(sample).collect();
        if all.is_empty() { Err(Status::NOT_FOUND) } else { put_list(count, place, &all) }
    }

    fn nvmlDeviceGetAccountingMode(handle: Handle, mode: *mut c_uint) {
        device(handle)?;
        put(mode, 1)
    }

    fn nvmlDeviceGetAccountingPids(handle: Handle, count: *mut c_uint, pids: *mut c_uint) {
        let all: Vec<_> = first(handle)?.iter().map(|one| one.pid).collect();
        put_list(count, pids, &all)
    }
}
