//! Frames that no shim sends.

use std::os::fd::AsFd;

use ava_protocol::frame::{LONGEST, MOST_NOTICES, Notice, Tag};
use ava_protocol::opencl::{self, opcode};
use ava_protocol::wire::{Data, Place, Slice, Texts};
use ava_transport::region::Region;

use super::client::{call, noticed, plain};
use super::scene::{
    BUFFER, CONTEXT, FREE, GATE, QUEUE, SIZE, Scene, buffer, context, read, status, waiting_read, write,
};
use super::stage::Stage;

/// `CL_MEM_COPY_HOST_PTR`
const COPY_HOST_PTR: u64 = 1 << 5;

/// One frame that ends a session.
#[track_caller]
fn fatal(stage: &Stage, frame: &[u8], reason: &str) {
    let scene = Scene::new(stage);
    assert!(scene.lane.send(frame, None));
    scene.ends(reason);
}

/// A deterministic generator of random bytes.
pub fn nonsense(seed: u64) -> impl Iterator<Item = u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    std::iter::from_fn(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        Some(state as u8)
    })
}

#[test]
fn headers() {
    let stage = Stage::new();
    let good = call(opcode::clFinish, &opencl::clFinish::Request { command_queue: QUEUE });
    for len in [1, 15] {
        fatal(&stage, &good[..len], "shorter than its header");
    }
    for len in [16, good.len() - 1] {
        fatal(&stage, &good[..len], "the body does not hold the arguments of clFinish");
    }
    fatal(&stage, &nonsense(7).take(4000).collect::<Vec<_>>(), "no frame has tag");
    fatal(&stage, &vec![1; LONGEST + 1], "a lane: a frame longer than allowed");
    for tag in [0_u32, 10, Tag::Reply as u32, Tag::Refused as u32, Tag::Answers as u32, u32::MAX] {
        let mut frame = good.to_vec();
        frame[..4].copy_from_slice(&tag.to_le_bytes());
        fatal(&stage, &frame, &format!("no frame has tag {tag}"));
    }
    for count in [u32::MAX, 1 << 29, MOST_NOTICES as u32 + 1, 2] {
        let mut frame = good.to_vec();
        frame[8..12].copy_from_slice(&count.to_le_bytes());
        fatal(&stage, &frame, &format!("{count} notices in a frame of {} bytes", good.len()));
    }
    for notice in [Notice::Gone { object: BUFFER }, Notice::Completed { pending: 1, failed: false }] {
        fatal(&stage, &noticed(Tag::Call, opcode::clFinish, &[notice], &[0; 8]), "is not a message of the shim");
    }
    for tag in [Tag::Await, Tag::AddRegion] {
        fatal(&stage, &plain(tag, 0, &[1, 2, 3]), "the body does not hold the arguments of");
    }
    stage.stays_unharmed();
}

#[test]
fn functions() {
    let stage = Stage::new();
    for opcode in [opencl::API.functions.len() as u32, u32::MAX] {
        fatal(&stage, &plain(Tag::Call, opcode, &[]), &format!("no function has opcode {opcode}"));
    }
    // The fuzz test calls all of them in a worker in its own process.
    for opcode in (0..opencl::API.functions.len() as u32).step_by(17) {
        let nonsense: Vec<u8> = nonsense(opcode.into()).take(256).collect();
        for body in [&[][..], &nonsense] {
            let scene = Scene::new(&stage);
            assert!(scene.lane.send(&plain(Tag::Call, opcode, body), None));
            scene.ends("reason=\"");
        }
    }
    let log = stage.log();
    assert!(!log.contains("signal"), "a worker crashed:\n{log}");
    stage.stays_unharmed();
}

#[test]
fn sizes() {
    let stage = Stage::new();
    for len in [99, 101] {
        let bytes = vec![0; len];
        let frame = call(opcode::clEnqueueWriteBuffer, &write(Data::Inline(&bytes), 100));
        fatal(&stage, &frame, &format!("clEnqueueWriteBuffer: ptr: {len} bytes where 100 are needed"));
    }
    // No data, where the vendor reads some.
    let frame = call(opcode::clEnqueueWriteBuffer, &write(Data::Unread, 100));
    fatal(&stage, &frame, "clEnqueueWriteBuffer: ptr: 0 bytes where 100 are needed");
    let copied = opencl::clCreateBuffer::Request { flags: COPY_HOST_PTR, host_ptr: Data::Unread, ..buffer(FREE) };
    fatal(&stage, &call(opcode::clCreateBuffer, &copied), "clCreateBuffer: host_ptr: 0 bytes where 4096 are needed");
    let launch = opencl::clEnqueueNDRangeKernel::Request {
        command_queue: QUEUE,
        kernel: 0,
        work_dim: 3,
        global_work_offset: Data::Null,
        global_work_size: Data::Unread,
        local_work_size: Data::Null,
        num_events_in_wait_list: 0,
        event_wait_list: Data::Null,
        event: 0,
    };
    let frame = call(opcode::clEnqueueNDRangeKernel, &launch);
    fatal(&stage, &frame, "clEnqueueNDRangeKernel: global_work_size: 0 bytes where 24 are needed");
    let count = 2_u32.pow(31);
    let wait = |num_events, event_list| opencl::clWaitForEvents::Request { num_events, event_list };
    let gate = GATE.to_le_bytes();
    for (count, list) in [(u32::MAX, Data::Inline(&gate)), (count, Data::Unread), (0, Data::Inline(&gate))] {
        fatal(&stage, &call(opcode::clWaitForEvents, &wait(count, list)), "clWaitForEvents: event_list: ");
    }
    for size in [u64::MAX, u64::MAX / 2, LONGEST as u64 + 1] {
        let request = opencl::clEnqueueReadBuffer::Request { size, ..read(Place::Inline) };
        fatal(&stage, &call(opcode::clEnqueueReadBuffer, &request), "clEnqueueReadBuffer: ptr: ");
    }
    let frame = call(opcode::clEnqueueReadBuffer, &read(Place::Scalar(0)));
    fatal(&stage, &frame, "the body does not hold the arguments of clEnqueueReadBuffer: ptr");
    let source = |strings, count, lengths| opencl::clCreateProgramWithSource::Request {
        context: CONTEXT,
        count,
        strings,
        lengths,
        errcode_ret: status(),
        new_object: FREE,
    };
    let texts = |items, more| Texts { null: false, items, more };
    let endless = u64::MAX.to_le_bytes();
    let long = 9_u64.to_le_bytes();
    let wrong = [
        source(texts(vec![Some(&b"x"[..])], Data::Null), u32::MAX, Data::Null),
        source(texts(vec![Some(&b"x"[..])], Data::Null), 1, Data::Inline(&long)),
        source(texts(vec![Some(&b""[..])], Data::Inline(&endless)), 1, Data::Null),
        source(texts(vec![Some(&b""[..])], Data::Inline(&[1])), 1, Data::Null),
        source(texts(vec![Some(&b"x"[..]); 2], Data::Null), 2, Data::Inline(&long)),
    ];
    for request in &wrong {
        fatal(&stage, &call(opcode::clCreateProgramWithSource, request), "clCreateProgramWithSource: ");
    }
    let no_end = [7; 64];
    for properties in [Data::Inline(&no_end), Data::Inline(&[]), Data::Unread] {
        let device = 0_u64.to_le_bytes();
        let request = opencl::clCreateContext::Request { properties, ..context(&device, FREE) };
        fatal(&stage, &call(opcode::clCreateContext, &request), "clCreateContext: properties");
    }
    stage.stays_unharmed();
}

#[test]
fn slices() {
    let stage = Stage::new();
    let slice = |region, offset, len| Slice { region, offset, len, pending: 0 };
    let cases = [
        (slice(7, 0, SIZE), "no region 7"),
        (slice(1, 0, SIZE + 1), "a region: 4096 bytes where 4097 are needed"),
        (slice(1, 1, SIZE), "a region: 4096 bytes where 4097 are needed"),
        (slice(1, u64::MAX, SIZE), "the sizes of a slice overflow"),
        (slice(1, 0, SIZE - 1), "4095 bytes where 4096 are needed"),
    ];
    for (slice, reason) in cases {
        for output in [true, false] {
            let scene = Scene::new(&stage);
            let (_region, fd) = Region::create(SIZE).unwrap();
            scene.lane.region(1, SIZE, Some(fd.as_fd()));
            let frame = if output {
                call(opcode::clEnqueueReadBuffer, &read(Place::Region(slice)))
            } else {
                call(opcode::clEnqueueWriteBuffer, &write(Data::Region(slice), slice.len.max(SIZE)))
            };
            assert!(scene.lane.send(&frame, None));
            scene.ends(reason);
        }
    }
    // A dropped region no longer exists.
    let scene = Scene::new(&stage);
    let (_region, fd) = Region::create(SIZE).unwrap();
    scene.lane.region(1, SIZE, Some(fd.as_fd()));
    assert!(scene.lane.send(&plain(Tag::DropRegion, 1, &[]), None));
    assert!(scene.lane.send(&call(opcode::clEnqueueReadBuffer, &read(Place::Region(slice(1, 0, SIZE)))), None));
    scene.ends("no region 1");
    fatal(&stage, &plain(Tag::DropRegion, 9, &[]), "no region 9");
    stage.stays_unharmed();
}

#[test]
fn handles() {
    let stage = Stage::new();
    let finish = |command_queue| call(opcode::clFinish, &opencl::clFinish::Request { command_queue });
    // Another session's object numbers mean nothing here.
    let mut other = Scene::new(&stage);
    assert!(other.buffer(500));
    for id in [500, u64::MAX, 1 << 59, (1 << 60) + 99, 1 << 60, (1 << 63) | BUFFER] {
        fatal(&stage, &finish(id), &format!("handle {id:#x} does not exist"));
    }
    fatal(&stage, &finish(BUFFER), "handle 0x3 is of kind");
    let missing = 77_u64.to_le_bytes();
    let request = opencl::clWaitForEvents::Request { num_events: 1, event_list: Data::Inline(&missing) };
    fatal(&stage, &call(opcode::clWaitForEvents, &request), "handle 0x4d does not exist");
    for id in [CONTEXT, BUFFER, 0, 1 << 60, u64::MAX] {
        let frame = call(opcode::clCreateBuffer, &buffer(id));
        fatal(&stage, &frame, &format!("object id {id:#x} is in use or reserved"));
    }
    for event in [GATE, (1 << 60) + 5] {
        let request = opencl::clEnqueueReadBuffer::Request { event, ..read(Place::Null) };
        fatal(&stage, &call(opcode::clEnqueueReadBuffer, &request), "is in use or reserved");
    }
    other.leaves();
    stage.stays_unharmed();
}

#[test]
fn transfers() {
    let stage = Stage::new();
    let gate = GATE.to_le_bytes();
    let mut scene = Scene::new(&stage);
    let (_region, fd) = Region::create(SIZE).unwrap();
    scene.lane.region(1, SIZE, Some(fd.as_fd()));
    let place = Place::Region(Slice { region: 1, offset: 0, len: SIZE, pending: 9 });
    assert_eq!(scene.read(&waiting_read(place, &gate)), 0);
    // A notice about a transfer that was never pending, or not yet complete, changes nothing.
    let early = [Notice::Taken { pending: 9 }, Notice::Taken { pending: 10 }];
    assert!(scene.lane.send(&noticed(Tag::Drain, 0, &early, &[]), None));
    assert!(scene.lane.hear().is_some_and(|frame| frame.notices().next().is_none()));
    assert_eq!(scene.lane.ask(Tag::Await, &10_u64.to_le_bytes()), Vec::<u8>::new());
    assert!(scene.lane.send(&call(opcode::clEnqueueReadBuffer, &waiting_read(place, &gate)), None));
    scene.ends("9 is not a valid number for a new pending transfer");

    // Memory of a command that continues after the call needs a transfer number.
    let bytes = [0; 8];
    let written = opencl::clEnqueueWriteBuffer::Request { blocking_write: 0, ..write(Data::Inline(&bytes), 8) };
    fatal(&stage, &call(opcode::clEnqueueWriteBuffer, &written), "0 is not a valid number for a new pending transfer");
    let frame = call(opcode::clEnqueueReadBuffer, &waiting_read(Place::Inline, &gate));
    fatal(&stage, &frame, "0 is not a valid number for a new pending transfer");

    // The region of a transfer may be dropped while the transfer continues.
    let mut scene = Scene::new(&stage);
    let (region, fd) = Region::create(SIZE).unwrap();
    scene.lane.region(1, SIZE, Some(fd.as_fd()));
    assert_eq!(scene.read(&waiting_read(place, &gate)), 0);
    assert!(scene.lane.send(&plain(Tag::DropRegion, 1, &[]), None));
    scene.open_gate();
    assert_eq!(scene.lane.ask(Tag::Await, &9_u64.to_le_bytes()), Vec::<u8>::new());
    scene.leaves();
    drop((region, fd));
    stage.stays_unharmed();
}
