//! The vendor refuses what the specification forbids: the program gets an error, and nothing ends.

use ava_protocol::opencl::{self, opcode};
use ava_protocol::wire::{Data, Place};

use super::scene::{BUFFER, CONTEXT, FREE, QUEUE, SIZE, Scene, buffer, context, read, write};
use super::stage::Stage;

const CL_INVALID_VALUE: i32 = -30;
const CL_INVALID_CONTEXT: i32 = -34;
const CL_INVALID_COMMAND_QUEUE: i32 = -36;
const CL_INVALID_MEM_OBJECT: i32 = -38;
const CL_INVALID_EVENT_WAIT_LIST: i32 = -57;
const CL_INVALID_BUFFER_SIZE: i32 = -61;

#[test]
fn invalid_arguments_are_data() {
    let stage = Stage::new();
    let mut scene = Scene::new(&stage);
    assert_eq!(scene.finish(0), CL_INVALID_COMMAND_QUEUE);
    assert_eq!(scene.release_buffer(0), CL_INVALID_MEM_OBJECT);
    let nothing = 0_u64.to_le_bytes();
    type Read<'a> = opencl::clEnqueueReadBuffer::Request<'a>;
    let reads = [
        (read(Place::Null), CL_INVALID_VALUE),
        (Read { offset: u64::MAX, ..read(Place::Inline) }, CL_INVALID_VALUE),
        (Read { offset: 1, ..read(Place::Inline) }, CL_INVALID_VALUE),
        (Read { command_queue: 0, ..read(Place::Inline) }, CL_INVALID_COMMAND_QUEUE),
        (Read { buffer: 0, ..read(Place::Inline) }, CL_INVALID_MEM_OBJECT),
        (Read { num_events_in_wait_list: u32::MAX, ..read(Place::Inline) }, CL_INVALID_EVENT_WAIT_LIST),
        (Read { event_wait_list: Data::Unread, ..read(Place::Inline) }, CL_INVALID_EVENT_WAIT_LIST),
        (
            Read { num_events_in_wait_list: 1, event_wait_list: Data::Inline(&nothing), ..read(Place::Inline) },
            CL_INVALID_EVENT_WAIT_LIST,
        ),
    ];
    for (request, status) in &reads {
        assert_eq!(scene.read(request), *status, "{request:?}");
    }
    let ret = |r: &opencl::clEnqueueWriteBuffer::ArchivedReply| r.ret.to_native();
    for request in [write(Data::Null, SIZE), write(Data::Null, u64::MAX)] {
        assert_eq!(scene.lane.call(opcode::clEnqueueWriteBuffer, &request, ret), CL_INVALID_VALUE);
    }
    type Buffer<'a> = opencl::clCreateBuffer::Request<'a>;
    let buffers = [
        (Buffer { size: 0, ..buffer(FREE) }, CL_INVALID_BUFFER_SIZE),
        (Buffer { size: u64::MAX, ..buffer(FREE) }, CL_INVALID_BUFFER_SIZE),
        (Buffer { context: 0, ..buffer(FREE) }, CL_INVALID_CONTEXT),
        (Buffer { flags: u64::MAX, ..buffer(FREE) }, CL_INVALID_VALUE),
        (Buffer { size: 8, host_ptr: Data::Unread, ..buffer(FREE) }, -37),
        (Buffer { flags: 1 << 5, ..buffer(FREE) }, -37),
    ];
    for (request, status) in &buffers {
        let made = |r: &opencl::clCreateBuffer::ArchivedReply<'_>| (r.made, scalar(&r.errcode_ret));
        assert_eq!(scene.lane.call(opcode::clCreateBuffer, request, made), (false, *status), "{request:?}");
    }
    let wait = opencl::clWaitForEvents::Request { num_events: 0, event_list: Data::Inline(&[]) };
    let ret = |r: &opencl::clWaitForEvents::ArchivedReply| r.ret.to_native();
    assert_eq!(scene.lane.call(opcode::clWaitForEvents, &wait, ret), CL_INVALID_VALUE);
    for size in [0, 1] {
        let request = opencl::clGetDeviceInfo::Request {
            device: scene.device,
            param_name: if size == 0 { 0x102B } else { 0xFFFF_0000 },
            param_value_size: size,
            param_value: Place::Inline,
            param_value_size_ret: Place::Null,
        };
        let ret = |r: &opencl::clGetDeviceInfo::ArchivedReply<'_>| r.ret.to_native();
        assert_eq!(scene.lane.call(opcode::clGetDeviceInfo, &request, ret), CL_INVALID_VALUE);
    }
    let nobody = 0_u64.to_le_bytes();
    let request = context(&nobody, FREE);
    assert!(
        !scene.lane.call(opcode::clCreateContext, &request, |r: &opencl::clCreateContext::ArchivedReply<'_>| r.made)
    );
    scene.leaves();
    stage.stays_unharmed();
}

#[test]
fn what_was_released_is_invalid_and_not_malformed() {
    let stage = Stage::new();
    let mut scene = Scene::new(&stage);
    assert_eq!(scene.release_buffer(BUFFER), 0);
    let request = opencl::clReleaseMemObject::Request { memobj: BUFFER };
    assert_eq!(scene.lane.refused(opcode::clReleaseMemObject, &request), CL_INVALID_MEM_OBJECT);
    assert_eq!(scene.lane.refused(opcode::clEnqueueReadBuffer, &read(Place::Inline)), CL_INVALID_MEM_OBJECT);
    assert!(scene.buffer(FREE));
    // It stays alive in the objects made from it.
    let ret = |r: &opencl::clReleaseContext::ArchivedReply| r.ret.to_native();
    let request = opencl::clReleaseContext::Request { context: CONTEXT };
    assert_eq!(scene.lane.call(opcode::clReleaseContext, &request, ret), 0);
    let request = opencl::clEnqueueReadBuffer::Request { buffer: FREE, ..read(Place::Inline) };
    assert_eq!(scene.read(&request), 0);
    assert_eq!(scene.finish(QUEUE), 0);
    scene.leaves();
    stage.stays_unharmed();
}

fn scalar(returned: &ava_protocol::wire::ArchivedReturned<'_>) -> i32 {
    match returned {
        ava_protocol::wire::ArchivedReturned::Inline(bytes) => i32::from_le_bytes(bytes[..4].try_into().unwrap()),
        _ => 0,
    }
}
