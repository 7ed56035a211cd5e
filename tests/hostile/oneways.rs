//! One-way calls: where their failures are reported, and which calls cannot be one-way.

use std::os::fd::AsFd;

use ava_protocol::engine::opcode as own;
use ava_protocol::frame::{Notice, Tag};
use ava_protocol::opencl::{self, opcode};
use ava_protocol::wire::{Data, Place, Slice};
use ava_transport::region::Region;
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;

use super::client::{Body, call, noticed, plain};
use super::scene::{BUFFER, CONTEXT, FREE, QUEUE, SIZE, Scene, read};
use super::stage::Stage;

const CL_INVALID_VALUE: i32 = -30;
const CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST: i32 = -14;

/// A frame without a reply.
fn oneway(opcode: u32, request: &impl Body) -> AlignedVec {
    let mut frame = AlignedVec::new();
    ava_protocol::frame::begin(&mut frame, Tag::Oneway, opcode, std::iter::empty());
    rkyv::api::high::to_bytes_in::<_, Failure>(request, frame).unwrap()
}

/// A copy beyond the end of the buffer.
fn copy(event: u64) -> opencl::clEnqueueCopyBuffer::Request<'static> {
    opencl::clEnqueueCopyBuffer::Request {
        command_queue: QUEUE,
        src_buffer: BUFFER,
        dst_buffer: BUFFER,
        src_offset: 0,
        dst_offset: 0,
        size: SIZE + 1,
        num_events_in_wait_list: 0,
        event_wait_list: Data::Null,
        event,
    }
}

fn finish() -> opencl::clFinish::Request {
    opencl::clFinish::Request { command_queue: QUEUE }
}

#[test]
fn failures_are_told_by_the_next_call_and_by_events() {
    let stage = Stage::new();
    let mut scene = Scene::new(&stage);
    assert!(scene.lane.send(&oneway(opcode::clEnqueueCopyBuffer, &copy(FREE)), None));
    // The first failure counts, and is reported once.
    assert!(scene.lane.send(&oneway(opcode::clFlush, &opencl::clFlush::Request { command_queue: QUEUE }), None));
    assert_eq!(scene.lane.refused(opcode::clFinish, &finish()), CL_INVALID_VALUE);
    scene.goes_on();
    let event = FREE.to_le_bytes();
    let wait = opencl::clWaitForEvents::Request { num_events: 1, event_list: Data::Inline(&event) };
    let ret = |r: &opencl::clWaitForEvents::ArchivedReply| r.ret.to_native();
    let status = scene.lane.call(opcode::clWaitForEvents, &wait, ret);
    assert_eq!(status, CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST);
    scene.leaves();
    stage.stays_unharmed();
}

#[test]
fn a_transfer_that_was_not_made_has_failed() {
    let stage = Stage::new();
    let mut scene = Scene::new(&stage);
    let (_region, fd) = Region::create(2 * SIZE).unwrap();
    scene.lane.region(1, 2 * SIZE, Some(fd.as_fd()));
    let ptr = Place::Region(Slice { region: 1, offset: 0, len: 2 * SIZE, pending: 9 });
    let beyond = opencl::clEnqueueReadBuffer::Request { blocking_read: 0, size: 2 * SIZE, ..read(ptr) };
    assert!(scene.lane.send(&oneway(opcode::clEnqueueReadBuffer, &beyond), None));
    assert!(scene.lane.send(&plain(Tag::Drain, 0, &[]), None));
    let frame = scene.lane.hear().unwrap();
    assert_eq!(frame.notices().collect::<Vec<_>>(), [Notice::Completed { pending: 9, failed: true }]);
    assert_eq!(scene.lane.refused(opcode::clFinish, &finish()), CL_INVALID_VALUE);
    scene.leaves();
    stage.stays_unharmed();
}

#[test]
fn what_is_answered_is_no_oneway() {
    let stage = Stage::new();
    let frames = [
        oneway(opcode::clFinish, &finish()),
        noticed(Tag::Oneway, own::READ_RESIDENT, &[], &[]),
        noticed(Tag::Oneway, own::WRITE_RESIDENT, &[], &[]),
        noticed(Tag::Oneway, own::SHARE_BOARD, &[], &[]),
        noticed(Tag::Oneway, own::POLL, &[], &[]),
    ];
    for frame in frames {
        let scene = Scene::new(&stage);
        assert!(scene.lane.send(&frame, None));
        scene.ends("has a reply and cannot be called one-way");
    }
    for opcode in [u32::MAX, own::CREATE_RESIDENT + 77] {
        let scene = Scene::new(&stage);
        assert!(scene.lane.send(&noticed(Tag::Oneway, opcode, &[], &[]), None));
        scene.ends(&format!("no function has opcode {opcode}"));
    }
    stage.stays_unharmed();
}

#[test]
fn who_comes_after_somebody_who_never_comes_waits_alone() {
    let stage = Stage::new();
    let mut scene = Scene::new(&stage);
    let waiting = scene.client.lane();
    let after = [Notice::After { lane: 77, count: 5 }, Notice::After { lane: 0, count: u64::MAX >> 25 }];
    assert!(waiting.send(&noticed(Tag::Call, opcode::clFinish, &after, &QUEUE.to_le_bytes()), None));
    scene.goes_on();
    let session = scene.client.session;
    drop((waiting, scene));
    assert!(stage.end_of(session).contains("the program has ended"), "{}", stage.log());
    // The worker remembers unknown lanes up to a limit.
    let scene = Scene::new(&stage);
    let frame = |first: u32| {
        let after: Vec<_> = (first..first + 6000).map(|lane| Notice::After { lane, count: 0 }).collect();
        noticed(Tag::Call, opcode::clFinish, &after, &QUEUE.to_le_bytes())
    };
    for first in 0..11 {
        assert!(scene.lane.send(&frame(first * 6000), None));
    }
    scene.ends("lanes that are counted beyond the limit of 65536");
    stage.stays_unharmed();
}

#[test]
fn buffers_live_in_places_of_their_own() {
    use ava_protocol::engine::resident::{ArchivedCreated, Create};
    let stage = Stage::new();
    let mut scene = Scene::new(&stage);
    let len = 64 << 10;
    let (region, fd) = Region::create(len).unwrap();
    scene.lane.region(1, len, Some(fd.as_fd()));
    let slice = Slice { region: 1, offset: 0, len, pending: 0 };
    let create = |id| Create { of: CONTEXT, flags: 0, region: slice, place: 1, new_object: id };
    let made = |r: &ArchivedCreated| (r.suits, r.made);
    assert_eq!(scene.lane.call(own::CREATE_RESIDENT, &create(FREE), made), (true, true));
    // The region may be dropped: the vendor continues to use it.
    assert!(scene.lane.send(&plain(Tag::DropRegion, 1, &[]), None));
    let fill = opencl::clEnqueueFillBuffer::Request {
        command_queue: QUEUE,
        buffer: FREE,
        pattern: Data::Inline(&[7]),
        pattern_size: 1,
        offset: 0,
        size: len,
        num_events_in_wait_list: 0,
        event_wait_list: Data::Null,
        event: 0,
    };
    assert!(scene.lane.send(&oneway(opcode::clEnqueueFillBuffer, &fill), None));
    scene.goes_on();
    let mut byte = [0];
    region.read(len - 1, &mut byte);
    assert_eq!(byte, [7]);
    scene.lane.region(1, len, Some(fd.as_fd()));
    // Where no vector may lie, and memory of the program's by its address, are refused.
    for (id, slice, flags, reason) in [
        (FREE + 1, Slice { offset: 64, len: 128, ..slice }, 0, "the body does not hold the arguments"),
        (FREE + 2, slice, 1 << 3, "the body does not hold the arguments"),
        (FREE + 3, Slice { len: len + 1, ..slice }, 0, "a region: 65536 bytes where 65537 are needed"),
        (FREE + 4, Slice { region: 8, ..slice }, 0, "no region 8"),
    ] {
        let scene = Scene::new(&stage);
        scene.lane.region(1, len, Some(fd.as_fd()));
        let request = Create { of: CONTEXT, flags, region: slice, place: 1, new_object: id };
        assert!(scene.lane.send(&call(own::CREATE_RESIDENT, &request), None));
        scene.ends(reason);
    }
    // Several lie in one region, and none where another does, also if they have no bytes.
    let mut shared = Scene::new(&stage);
    shared.lane.region(1, len, Some(fd.as_fd()));
    let part = |id: u64, offset, len| {
        let region = Slice { offset, len, ..slice };
        Create { of: CONTEXT, flags: 0, region, place: u32::MAX, new_object: id }
    };
    for (id, offset) in [(FREE, 0), (FREE + 1, 256), (FREE + 2, 512)] {
        assert_eq!(shared.lane.call(own::CREATE_RESIDENT, &part(id, offset, 256), made), (true, true));
    }
    for (offset, len) in [(256, 256), (128, 256), (384, 1), (0, 1024), (512, 0)] {
        let twice = Scene::new(&stage);
        twice.lane.region(1, 64 << 10, Some(fd.as_fd()));
        for id in 0..3 {
            let request = part(FREE + id, 256 * id, 256);
            assert!(twice.lane.send(&call(own::CREATE_RESIDENT, &request), None));
        }
        assert!(twice.lane.send(&call(own::CREATE_RESIDENT, &part(FREE + 3, offset, len)), None));
        twice.ends("in use by another object");
    }
    shared.leaves();
    scene.leaves();
    stage.stays_unharmed();
}
