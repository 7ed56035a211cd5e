//! Requests that no shim sends to a worker that serves CUDA: addresses that are none of the session's.

use std::os::fd::AsFd;
use std::time::Instant;

use ava_protocol::cuda::custom::{ArchivedHostMade, HostAddress, HostMemory};
use ava_protocol::cuda::{self, constant, opcode};
use ava_protocol::engine::fixed::{Offer, USUAL};
use ava_protocol::frame::Tag;
use ava_protocol::session::Hello;
use ava_protocol::wire::{Data, Extent, Place, Slice};
use ava_tests::running::ready;
use ava_tests::{Program, built, vendor};
use ava_transport::region::Region;

use super::client::{Body, Client, Thread, call};
use super::stage::{PATIENCE, Stage};

const SIZE: u64 = 8192;
/// The driver's answer before `cuInit`: the request was decoded, and the driver called.
const CUDA_ERROR_NOT_INITIALIZED: u32 = 3;

/// A stage whose workers find the software device.
pub fn stage(folder: &tempfile::TempDir) -> Stage {
    let steady = built::compiled("steady", "isolation/steady.c", &["-lOpenCL"]);
    Stage::beside(Program::new(steady), &vendor::softcuda(folder.path()))
}

/// A session that has told of region 1.
fn open(stage: &Stage) -> (Client, Thread) {
    let client = Client::with(&stage.socket(), Hello::new("cuda", "hostile", 1, "hostile", "/")).unwrap();
    let lane = client.lane();
    let (_, fd) = Region::create(SIZE).unwrap();
    lane.region(1, SIZE, Some(fd.as_fd()));
    (client, lane)
}

/// A call that ends its session for a reason.
#[track_caller]
fn fatal(stage: &Stage, opcode: u32, request: &impl Body, reason: &str) {
    let (client, lane) = open(stage);
    assert!(lane.send(&call(opcode, request), None));
    assert!(client.is_over(), "the session goes on\n{}", stage.log());
    let line = stage.end_of(client.session);
    assert!(line.contains(reason), "{line}");
}

fn to_device(address: u64, len: u64) -> cuda::cuMemcpyHtoD_v2::Request<'static> {
    let from = Data::Fixed(Extent { address, len });
    cuda::cuMemcpyHtoD_v2::Request { dstDevice: 4096, srcHost: from, ByteCount: len }
}

fn offer(address: u64, region: u32, len: u64, size: u64) -> HostMemory {
    let region = Slice { region, offset: 0, len, pending: 0 };
    HostMemory { offer: Offer { region, address }, size, flags: 0 }
}

#[test]
fn addresses_of_the_worker_are_no_memory_of_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder);
    let usual = USUAL.start as u64;
    for (address, len) in [(usual, 8), (0, 8), (u64::MAX, 8), (64, u64::MAX), (0x5555_5555_5000, 64)] {
        let reason = format!("{len} bytes at {address:#x} are no memory of the session");
        fatal(&stage, opcode::cuMemcpyHtoD_v2, &to_device(address, len), &reason);
        let place = Place::Fixed(Extent { address, len });
        let request = cuda::cuMemcpyDtoH_v2::Request { dstHost: place, srcDevice: 4096, ByteCount: len };
        fatal(&stage, opcode::cuMemcpyDtoH_v2, &request, &reason);
    }
    let unknown = HostAddress { address: usual, flags: 0 };
    fatal(&stage, opcode::cuMemFreeHost, &unknown, "1 bytes at 0x300000000000 are no memory of the session");
    // As many bytes as the call is about.
    let mut longer = to_device(usual, 8);
    longer.ByteCount = 16;
    fatal(&stage, opcode::cuMemcpyHtoD_v2, &longer, "8 bytes where 16 are needed");
    // What the worker looks at is never in memory that the program writes.
    let request =
        cuda::cuMemGetInfo_v2::Request { free: Place::Fixed(Extent { address: usual, len: 8 }), total: Place::Null };
    fatal(&stage, opcode::cuMemGetInfo_v2, &request, "the body does not hold the arguments");
    stage.stays_unharmed();
}

#[test]
fn memory_is_offered_whole_and_where_nothing_is() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder);
    let usual = USUAL.start as u64;
    fatal(&stage, opcode::cuMemHostAlloc, &offer(usual, 2, SIZE, SIZE), "no region 2");
    fatal(&stage, opcode::cuMemHostAlloc, &offer(usual, 1, 4096, 4096), "4096 bytes where 8192 are needed");
    fatal(&stage, opcode::cuMemHostAlloc, &offer(usual, 1, SIZE, SIZE + 1), "8192 bytes where 8193 are needed");
    let (client, mut lane) = open(&stage);
    let made = |r: &ArchivedHostMade| (r.placed, r.ret.to_native());
    // Where a process cannot have memory, at no page, in the kernel: each takes the region.
    for (region, address) in [(1, 0), (2, usual + 1), (3, u64::MAX - 4095), (4, 1 << 47)] {
        if region > 1 {
            let (_, fd) = Region::create(SIZE).unwrap();
            lane.region(region, SIZE, Some(fd.as_fd()));
        }
        let answer = lane.call(opcode::cuMemHostAlloc, &offer(address, region, SIZE, SIZE), made);
        assert_eq!(answer, (false, 0), "at {address:#x}");
    }
    let (_, fd) = Region::create(SIZE).unwrap();
    lane.region(5, SIZE, Some(fd.as_fd()));
    let answer = lane.call(opcode::cuMemHostAlloc, &offer(usual, 5, SIZE, SIZE), made);
    assert_eq!(answer, (true, CUDA_ERROR_NOT_INITIALIZED));
    // What the driver refuses is not there any more.
    assert!(lane.send(&call(opcode::cuMemcpyHtoD_v2, &to_device(usual, 8)), None));
    assert!(client.is_over());
    assert!(stage.end_of(client.session).contains("are no memory of the session"));
    stage.stays_unharmed();
}

#[test]
fn descriptors_come_with_the_calls_that_speak_of_them() {
    let folder = tempfile::tempdir().unwrap();
    let stage = stage(&folder);
    let import = |is_said| cuda::cuMemImportFromShareableHandle::Request {
        handle: Place::Inline,
        osHandle: is_said,
        shHandleType: constant::CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR,
    };
    let (opcode, null) = (opcode::cuMemImportFromShareableHandle, std::fs::File::open("/dev/null").unwrap());
    for (is_said, fd) in [(true, None), (false, Some(null.as_fd()))] {
        let (client, lane) = open(&stage);
        assert!(lane.send(&call(opcode, &import(is_said)), fd));
        assert!(client.is_over(), "the session goes on\n{}", stage.log());
        let line = stage.end_of(client.session);
        assert!(line.contains("a call with a descriptor more or less than it says"), "{line}");
    }
    // What is no memory the driver refuses, and nobody else.
    let (client, mut lane) = open(&stage);
    let (reader, writer) = std::io::pipe().unwrap();
    assert!(lane.send(&call(opcode, &import(true)), Some(writer.as_fd())));
    assert_eq!(lane.hear().expect("an answer").tag, Tag::Reply);
    // A call that speaks of none has none; and so the worker keeps none.
    let version = cuda::cuDriverGetVersion::Request { driverVersion: Place::Null };
    assert!(lane.send(&call(opcode::cuDriverGetVersion, &version), Some(writer.as_fd())));
    assert_eq!(lane.hear().expect("an answer").tag, Tag::Reply);
    drop(writer);
    assert!(ready(&[reader.as_fd()], Instant::now() + PATIENCE), "the worker holds a descriptor");
    drop((client, lane));
    stage.stays_unharmed();
}
