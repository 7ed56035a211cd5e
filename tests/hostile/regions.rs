//! Shared memory that differs from its announcement.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use ava_protocol::frame::Tag;
use ava_protocol::opencl::{self, opcode};
use ava_protocol::wire::{ArchivedReturned, Place, Slice};
use ava_transport::region::Region;
use rustix::fs::{MemfdFlags, SealFlags};

use super::client::plain;
use super::scene::{CONTEXT, SIZE, Scene};
use super::stage::Stage;

/// A file of `len` bytes with these seals.
fn file(len: u64, seals: SealFlags) -> OwnedFd {
    let fd = rustix::fs::memfd_create(c"hostile", MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING).unwrap();
    rustix::fs::ftruncate(&fd, len).unwrap();
    rustix::fs::fcntl_add_seals(&fd, seals).unwrap();
    fd
}

const ALL: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::SEAL);

#[track_caller]
fn fatal(stage: &Stage, len: u64, fd: Option<BorrowedFd<'_>>, reason: &str) {
    let scene = Scene::new(stage);
    scene.lane.region(1, len, fd);
    scene.ends(reason);
}

#[test]
fn what_is_no_region_is_none() {
    let stage = Stage::new();
    fatal(&stage, SIZE, None, "a region without its descriptor");
    let (pipe, _write) = rustix::pipe::pipe().unwrap();
    let null = std::fs::File::open("/dev/zero").unwrap();
    for fd in [pipe.as_fd(), null.as_fd()] {
        fatal(&stage, SIZE, Some(fd), "region 1: ");
    }
    for seals in [SealFlags::empty(), SealFlags::GROW | SealFlags::SEAL, SealFlags::SHRINK | SealFlags::GROW] {
        fatal(&stage, SIZE, Some(file(SIZE, seals).as_fd()), "region 1: sealed by");
    }
    fatal(&stage, SIZE, Some(file(SIZE, ALL | SealFlags::WRITE).as_fd()), "region 1: ");
    for (size, announced) in [(4095, 4096), (4096, 4095), (4096, 8192), (0, 0), (4096, 0)] {
        let reason = format!("region 1: {size} bytes, announced as {announced}");
        fatal(&stage, announced, Some(file(size, ALL).as_fd()), &reason);
    }
    for huge in [1 << 40, i64::MAX as u64 & !4095] {
        fatal(&stage, huge, Some(file(huge, ALL).as_fd()), "bytes of regions beyond the limit of");
    }
    fatal(&stage, u64::MAX, Some(file(SIZE, ALL).as_fd()), "bytes of regions beyond the limit of");
    stage.stays_unharmed();
}

#[test]
fn there_may_be_so_many() {
    let stage = Stage::new();
    let (region, fd) = Region::create(SIZE).unwrap();
    assert!(rustix::fs::ftruncate(&fd, 0).is_err(), "what is a region does not shrink");
    let scene = Scene::new(&stage);
    scene.lane.region(1, SIZE, Some(fd.as_fd()));
    scene.lane.region(1, SIZE, Some(fd.as_fd()));
    scene.ends("region 1: announced twice");

    let scene = Scene::new(&stage);
    let worker = stage.worker_of(scene.client.session);
    for id in 1..=16_385 {
        // The worker may have closed the lane before the last ones.
        if !scene.lane.send(&plain(Tag::AddRegion, id, &SIZE.to_le_bytes()), Some(fd.as_fd())) {
            break;
        }
        if id == 10_000 {
            assert!(super::stage::open_files(worker) < 100, "descriptors are closed");
        }
    }
    scene.ends("regions beyond the limit of 16384");

    // Unexpected descriptors are closed.
    let mut scene = Scene::new(&stage);
    let worker = stage.worker_of(scene.client.session);
    let before = super::stage::open_files(worker);
    for _ in 0..500 {
        assert!(scene.lane.send(&plain(Tag::Drain, 0, &[]), Some(fd.as_fd())));
        assert!(scene.lane.hear().is_some());
    }
    // The last one may still be about to be closed.
    assert!(super::stage::open_files(worker) <= before + 1);
    scene.leaves();
    drop(region);
    stage.stays_unharmed();
}

/// The program cannot write to memory that the vendor writes and the worker then reads.
#[test]
fn handles_cannot_be_forged_in_shared_memory() {
    let stage = Stage::new();
    let mut scene = Scene::new(&stage);
    let (region, fd) = Region::create(SIZE).unwrap();
    scene.lane.region(1, SIZE, Some(fd.as_fd()));
    let done = AtomicBool::new(false);
    std::thread::scope(|threads| {
        threads.spawn(|| {
            let mut word = 0x4141_4141_0000_0000_u64;
            while !done.load(Ordering::Relaxed) {
                word += 64;
                region.write(&word.to_le_bytes());
            }
        });
        let place = Place::Region(Slice { region: 1, offset: 0, len: SIZE, pending: 0 });
        for _ in 0..3000 {
            let request = opencl::clGetContextInfo::Request {
                context: CONTEXT,
                param_name: 0x1081, // CL_CONTEXT_DEVICES
                param_value_size: 8,
                param_value: place,
                param_value_size_ret: Place::Null,
            };
            let ok = |r: &opencl::clGetContextInfo::ArchivedReply<'_>| {
                assert!(matches!(&r.param_value, ArchivedReturned::Region(len) if *len == 8));
                r.ret.to_native()
            };
            assert_eq!(scene.lane.call(opcode::clGetContextInfo, &request, ok), 0);
            let request = opencl::clGetDeviceIDs::Request {
                platform: scene.platform,
                device_type: 0xFFFF_FFFF,
                num_entries: 1,
                devices: place,
                num_devices: Place::Null,
            };
            let ret = |r: &opencl::clGetDeviceIDs::ArchivedReply<'_>| r.ret.to_native();
            assert_eq!(scene.lane.call(opcode::clGetDeviceIDs, &request, ret), 0);
        }
        done.store(true, Ordering::Relaxed);
    });
    // Only the platform and the device have handles.
    let last = scene.platform.max(scene.device) + 1;
    let request = opencl::clReleaseDevice::Request { device: last };
    assert!(scene.lane.send(&super::client::call(opcode::clReleaseDevice, &request), None));
    scene.ends(&format!("handle {last:#x} does not exist"));
    stage.stays_unharmed();
}
