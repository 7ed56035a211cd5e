//! The shared memory that shows the status of commands.

use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::engine::board::{ArchivedPolled, BYTES, OVER, Poll, SLOTS, Share, read, slot};
use ava_protocol::engine::{ArchivedDone, opcode as own};
use ava_protocol::opencl::{self, opcode};
use ava_protocol::wire::Slice;
use ava_transport::region::Region;

use super::client::call;
use super::scene::{FREE, GATE, QUEUE, Scene};
use super::stage::Stage;

const CL_INVALID_EVENT: i32 = -58;
const CL_SUBMITTED: i32 = 2;

/// A scene with a board, whose memory the program maps, too.
fn with_board(stage: &Stage) -> (Scene<'_>, Region) {
    let mut scene = Scene::new(stage);
    let (region, fd) = Region::create(BYTES).unwrap();
    scene.lane.region(1, BYTES, Some(fd.as_fd()));
    scene.lane.call(own::SHARE_BOARD, &share(1, 0, BYTES), |_: &ArchivedDone| ());
    (scene, region)
}

fn share(region: u32, offset: u64, len: u64) -> Share {
    Share { region: Slice { region, offset, len, pending: 0 } }
}

fn word(board: &Region, event: u64) -> &AtomicU64 {
    board.word(slot(event)).unwrap()
}

fn poll(scene: &mut Scene<'_>, event: u64) -> (i32, i32) {
    scene.lane.call(own::POLL, &Poll { event }, |r: &ArchivedPolled| (r.ret.to_native(), r.status.to_native()))
}

fn end(scene: &mut Scene<'_>, event: u64, status: i32) {
    let request = opencl::clSetUserEventStatus::Request { event, execution_status: status };
    let ret = |r: &opencl::clSetUserEventStatus::ArchivedReply| r.ret.to_native();
    assert_eq!(scene.lane.call(opcode::clSetUserEventStatus, &request, ret), 0);
}

#[test]
fn what_is_polled_is_shown_until_it_is_over() {
    let stage = Stage::new();
    let (mut scene, board) = with_board(&stage);
    assert_eq!(word(&board, GATE).load(Ordering::Relaxed), 0);
    assert_eq!(poll(&mut scene, GATE), (0, CL_SUBMITTED));
    assert_eq!(read(word(&board, GATE).load(Ordering::Acquire)), (GATE, CL_SUBMITTED));
    assert_eq!(poll(&mut scene, 0).0, CL_INVALID_EVENT);
    end(&mut scene, GATE, 0);
    // The vendor may report somewhat later than it returns.
    while read(word(&board, GATE).load(Ordering::Acquire)) != (GATE, OVER) {
        std::thread::yield_now();
    }
    assert_eq!(poll(&mut scene, GATE), (0, OVER));
    scene.leaves();
    stage.stays_unharmed();
}

#[test]
fn who_scribbles_over_it_fools_only_itself() {
    let stage = Stage::new();
    let (mut scene, board) = with_board(&stage);
    for scribble in [0, u64::MAX, GATE << 8, (GATE + SLOTS) << 8 | 1, GATE << 8 | 0xff] {
        for event in 0..SLOTS {
            word(&board, event).store(scribble, Ordering::Relaxed);
        }
        assert_eq!(poll(&mut scene, GATE), (0, CL_SUBMITTED));
    }
    end(&mut scene, GATE, -5);
    assert_eq!(poll(&mut scene, GATE), (0, -5));
    scene.goes_on();
    scene.leaves();
    stage.stays_unharmed();
}

#[test]
fn what_is_no_board_is_none() {
    let stage = Stage::new();
    for (request, reason) in [
        (share(1, 0, BYTES - 8), "the body does not hold the arguments of a board"),
        (share(1, BYTES + 8, BYTES), "a region: 8192 bytes where"),
        (share(1, 4096, BYTES), "the body does not hold the arguments of a board"),
        (share(1, 0, BYTES), "the body does not hold the arguments of a board"),
        (share(2, 0, BYTES), "no region 2"),
    ] {
        let mut scene = Scene::new(&stage);
        let (_region, fd) = Region::create(2 * BYTES).unwrap();
        scene.lane.region(1, 2 * BYTES, Some(fd.as_fd()));
        if request.region.offset == 0 && request.region.len == BYTES && request.region.region == 1 {
            // One is enough.
            scene.lane.call(own::SHARE_BOARD, &request, |_: &ArchivedDone| ());
        }
        assert!(scene.lane.send(&call(own::SHARE_BOARD, &request), None));
        scene.ends(reason);
    }
    for event in [QUEUE, FREE] {
        let scene = Scene::new(&stage);
        assert!(scene.lane.send(&call(own::POLL, &Poll { event }), None));
        scene.ends(if event == QUEUE { "is of kind" } else { "does not exist" });
    }
    stage.stays_unharmed();
}
