//! Requests that no shim sends to a worker that serves NVML: structs that say that they are others, and lists of processes.

use ava_protocol::frame::Tag;
use ava_protocol::nvml::constant::NVML_ERROR_ARGUMENT_VERSION_MISMATCH;
use ava_protocol::nvml::{self, opcode};
use ava_protocol::session::Hello;
use ava_protocol::wire::{ArchivedReturned, Data, Place};
use ava_tests::{Program, built, vendor};

use super::client::{Body, Client, Thread, call, plain};
use super::scene::first;
use super::stage::Stage;

fn stage(folder: &tempfile::TempDir) -> Stage {
    let steady = built::compiled("steady", "isolation/steady.c", &["-lOpenCL"]);
    Stage::beside(Program::new(steady), &vendor::softcuda(folder.path()))
}

/// A session that has initialized the library, and a device.
fn open(stage: &Stage) -> (Client, Thread, u64) {
    let client = Client::with(&stage.socket(), Hello::new("nvml", "hostile", 1, "hostile", "/")).unwrap();
    let mut lane = client.lane();
    let status = |r: &nvml::nvmlInit_v2::ArchivedReply| r.ret.to_native();
    assert_eq!(lane.call(opcode::nvmlInit_v2, &nvml::nvmlInit_v2::Request {}, status), 0);
    let request = nvml::nvmlDeviceGetHandleByIndex_v2::Request { index: 0, device: Place::Inline };
    let id = |r: &nvml::nvmlDeviceGetHandleByIndex_v2::ArchivedReply| (r.ret.to_native(), first(&r.device));
    let (status, device) = lane.call(opcode::nvmlDeviceGetHandleByIndex_v2, &request, id);
    assert_eq!(status, 0);
    (client, lane, device)
}

fn memory(device: u64, bytes: &[u8]) -> nvml::nvmlDeviceGetMemoryInfo_v2::Request<'static> {
    nvml::nvmlDeviceGetMemoryInfo_v2::Request { device, memory: Data::Translated(bytes.to_vec()) }
}

/// A call that ends its session for a reason.
#[track_caller]
fn fatal(stage: &Stage, opcode: u32, request: &impl Body, reason: &str) {
    let (client, lane, _) = open(stage);
    assert!(lane.send(&call(opcode, request), None));
    assert!(client.is_over(), "the session goes on\n{}", stage.log());
    let line = stage.end_of(client.session);
    assert!(line.contains(reason), "{line}");
}

#[test]
fn what_says_that_it_is_another_struct_never_reaches_the_library() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder);
    let (client, mut lane, device) = open(&stage);
    let mut bytes = [0; 40];
    for version in [0, 0x0200_0029, 0x0300_1000, 0x0100_0018, u32::MAX] {
        bytes[..4].copy_from_slice(&version.to_le_bytes());
        let status = lane.refused(opcode::nvmlDeviceGetMemoryInfo_v2, &memory(device, &bytes));
        assert_eq!(status as u32, NVML_ERROR_ARGUMENT_VERSION_MISMATCH, "{version:#x}");
    }
    // The session goes on.
    bytes[..4].copy_from_slice(&0x0200_0028_u32.to_le_bytes());
    let total = |r: &nvml::nvmlDeviceGetMemoryInfo_v2::ArchivedReply| match &r.memory {
        ArchivedReturned::Inline(bytes) => u64::from_le_bytes(bytes[8..16].try_into().unwrap()),
        _ => panic!("not in the reply"),
    };
    assert_eq!(lane.call(opcode::nvmlDeviceGetMemoryInfo_v2, &memory(device, &bytes), total), 4 << 30);
    // A handle that is none is the library's to refuse.
    let status = |r: &nvml::nvmlDeviceGetMemoryInfo_v2::ArchivedReply| r.ret.to_native();
    assert_eq!(lane.call(opcode::nvmlDeviceGetMemoryInfo_v2, &memory(0, &bytes), status), 2);
    for len in [0, 3, 39] {
        fatal(&stage, opcode::nvmlDeviceGetMemoryInfo_v2, &memory(device, &bytes[..len]), "where 40 are needed");
    }
    fatal(&stage, opcode::nvmlDeviceGetMemoryInfo_v2, &memory(device, &[0x28, 0, 0, 2, 0]), "where 40 are needed");
    drop((client, lane));
    stage.stays_unharmed();
}

#[test]
fn no_list_of_processes_can_be_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder);
    let nothing = nvml::nvmlInit_v2::Request {};
    for opcode in [
        opcode::nvmlDeviceGetComputeRunningProcesses,
        opcode::nvmlDeviceGetComputeRunningProcesses_v2,
        opcode::nvmlDeviceGetComputeRunningProcesses_v3,
        opcode::nvmlDeviceGetGraphicsRunningProcesses_v3,
        opcode::nvmlDeviceGetProcessUtilization,
        opcode::nvmlDeviceGetAccountingPids,
        opcode::nvmlSystemGetProcessName,
    ] {
        fatal(&stage, opcode, &nothing, &format!("no function has opcode {opcode}"));
    }
    stage.stays_unharmed();
}

#[test]
fn the_memory_that_a_session_has_is_told_whatever_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder);
    let (client, mut lane, _) = open(&stage);
    assert_eq!(lane.ask(Tag::Held, &[]), [0; 8]);
    assert!(lane.send(&plain(Tag::Held, 7, b"more than needed"), None) && lane.hear().is_some());
    drop((client, lane));
    stage.stays_unharmed();
}
