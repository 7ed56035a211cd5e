//! Mappings in two halves, of which a hostile client varies the second.

use std::os::fd::AsFd;

use ava_protocol::engine::ArchivedDone;
use ava_protocol::engine::mapping::Fetch;
use ava_protocol::engine::opcode::FETCH_MAPPING;
use ava_protocol::opencl::{clEnqueueMapBuffer as map_buffer, clEnqueueUnmapMemObject as unmap, opcode};
use ava_protocol::wire::{Data, Place, Slice};
use ava_transport::region::Region;

use super::client::call;
use super::scene::{BUFFER, FREE, GATE, QUEUE, SIZE, Scene};
use super::stage::Stage;

const MAPPING: u64 = 40;
const CL_INVALID_VALUE: i32 = -30;

fn map(blocking: bool) -> map_buffer::Request<'static> {
    map_buffer::Request {
        command_queue: QUEUE,
        buffer: BUFFER,
        blocking_map: blocking.into(),
        map_flags: 3,
        offset: 0,
        size: SIZE,
        num_events_in_wait_list: 0,
        event_wait_list: Data::Null,
        event: 0,
        errcode_ret: Place::Scalar(0),
        mapping: MAPPING,
        pending: if blocking { 0 } else { 9 },
    }
}

fn fetch(mapping: u64, region: u32, len: u64) -> Fetch {
    Fetch { mapping, region: Slice { region, offset: 0, len, pending: 0 } }
}

fn unmapped(memobj: u64, mapping: u64) -> unmap::Request<'static> {
    unmap::Request {
        command_queue: QUEUE,
        memobj,
        num_events_in_wait_list: 0,
        event_wait_list: Data::Null,
        event: 0,
        mapping,
        unseen: false,
    }
}

fn is_made(reply: &map_buffer::ArchivedReply) -> bool {
    reply.mapped.made
}

/// With a mapping, and with regions 1 and 2, of which the second is too small for it.
fn mapped(stage: &Stage) -> Scene<'_> {
    let mut scene = Scene::new(stage);
    for (id, len) in [(1, SIZE), (2, SIZE - 1)] {
        let (_region, fd) = Region::create(len).unwrap();
        scene.lane.region(id, len, Some(fd.as_fd()));
    }
    assert!(scene.lane.call(opcode::clEnqueueMapBuffer, &map(true), is_made));
    scene
}

#[test]
fn fetches() {
    let stage = Stage::new();
    for (request, reason) in [
        (fetch(MAPPING, 2, SIZE - 1), "a mapping: 4095 bytes where 4096 are needed"),
        (fetch(MAPPING, 1, SIZE + 1), "a region: 4096 bytes where 4097 are needed"),
        (fetch(MAPPING, 7, SIZE), "no region 7"),
        (fetch(41, 1, SIZE), "object id 0x29"),
    ] {
        let scene = mapped(&stage);
        assert!(scene.lane.send(&call(FETCH_MAPPING, &request), None));
        scene.ends(reason);
    }
    for (request, reason) in [
        (map(true), "object id 0x28 is in use"),
        (map_buffer::Request { mapping: 0, ..map(true) }, "object id 0x0"),
        (map_buffer::Request { mapping: 50, pending: 0, ..map(false) }, "0 is not a valid number for a new"),
    ] {
        let scene = mapped(&stage);
        assert!(scene.lane.send(&call(opcode::clEnqueueMapBuffer, &request), None));
        scene.ends(reason);
    }
    let mut scene = mapped(&stage);
    scene.lane.call(FETCH_MAPPING, &fetch(MAPPING, 1, SIZE), |_: &ArchivedDone| ());
    assert!(scene.lane.send(&call(FETCH_MAPPING, &fetch(MAPPING, 1, SIZE)), None));
    scene.ends("a mapping: 4096 bytes where 4096 are needed");
    stage.stays_unharmed();
}

#[test]
fn unmaps() {
    let stage = Stage::new();
    let scene = mapped(&stage);
    assert!(scene.lane.send(&call(opcode::clEnqueueUnmapMemObject, &unmapped(BUFFER, 41)), None));
    scene.ends("object id 0x29");

    let mut scene = mapped(&stage);
    let ret = |r: &unmap::ArchivedReply| r.ret.to_native();
    assert!(scene.buffer(FREE));
    // Another object's mapping is invalid for this one.
    assert_eq!(scene.lane.call(opcode::clEnqueueUnmapMemObject, &unmapped(FREE, MAPPING), ret), CL_INVALID_VALUE);
    assert_eq!(scene.lane.call(opcode::clEnqueueUnmapMemObject, &unmapped(BUFFER, MAPPING), ret), 0);
    assert!(scene.lane.send(&call(opcode::clEnqueueUnmapMemObject, &unmapped(BUFFER, MAPPING)), None));
    scene.ends("object id 0x28");

    // A mapping that is still pending writes nothing back when it is unmapped.
    let mut scene = mapped(&stage);
    let gate = GATE.to_le_bytes();
    let waiting = map_buffer::Request {
        mapping: 50,
        num_events_in_wait_list: 1,
        event_wait_list: Data::Inline(&gate),
        ..map(false)
    };
    assert!(scene.lane.call(opcode::clEnqueueMapBuffer, &waiting, is_made));
    scene.lane.call(FETCH_MAPPING, &fetch(50, 1, SIZE), |_: &ArchivedDone| ());
    assert_eq!(scene.lane.call(opcode::clEnqueueUnmapMemObject, &unmapped(BUFFER, 50), ret), 0);
    scene.open_gate();
    scene.leaves();
    stage.stays_unharmed();
}
