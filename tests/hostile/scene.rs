//! A session with the objects that most calls need.

use ava_protocol::opencl::{self, opcode};
use ava_protocol::wire::{ArchivedReturned, Data, Place};

use super::client::{Client, Thread};
use super::stage::Stage;

/// Ids that the shim would assign.
pub const CONTEXT: u64 = 1;
pub const QUEUE: u64 = 2;
/// Of [`SIZE`] bytes.
pub const BUFFER: u64 = 3;
/// A user event.
pub const GATE: u64 = 4;
/// The first one that is free.
pub const FREE: u64 = 5;
pub const SIZE: u64 = 4096;

pub struct Scene<'a> {
    pub stage: &'a Stage,
    pub client: Client,
    pub lane: Thread,
    /// The worker's ids.
    pub platform: u64,
    pub device: u64,
}

pub const fn status() -> Place {
    Place::Scalar(0)
}

pub fn first(returned: &ArchivedReturned<'_>) -> u64 {
    match returned {
        ArchivedReturned::Inline(bytes) => u64::from_le_bytes(bytes[..8].try_into().unwrap()),
        _ => panic!("not in the reply"),
    }
}

impl<'a> Scene<'a> {
    pub fn new(stage: &'a Stage) -> Self {
        let client = Client::open(&stage.socket());
        let mut lane = client.lane();
        let request =
            opencl::clGetPlatformIDs::Request { num_entries: 1, platforms: Place::Inline, num_platforms: Place::Null };
        let platform =
            lane.call(opcode::clGetPlatformIDs, &request, |r: &opencl::clGetPlatformIDs::ArchivedReply<'_>| {
                first(&r.platforms)
            });
        let request = opencl::clGetDeviceIDs::Request {
            platform,
            device_type: 0xFFFF_FFFF,
            num_entries: 1,
            devices: Place::Inline,
            num_devices: Place::Null,
        };
        let device = lane
            .call(opcode::clGetDeviceIDs, &request, |r: &opencl::clGetDeviceIDs::ArchivedReply<'_>| first(&r.devices));
        let mut scene = Self { stage, client, lane, platform, device };
        assert!(scene.context(CONTEXT));
        let request = opencl::clCreateCommandQueue::Request {
            context: CONTEXT,
            device,
            properties: 0,
            errcode_ret: status(),
            new_object: QUEUE,
        };
        let made = |r: &opencl::clCreateCommandQueue::ArchivedReply<'_>| r.made;
        assert!(scene.lane.call(opcode::clCreateCommandQueue, &request, made));
        assert!(scene.buffer(BUFFER));
        assert!(scene.user_event(GATE));
        scene
    }

    pub fn context(&mut self, id: u64) -> bool {
        let devices = self.device.to_le_bytes();
        let request = context(&devices, id);
        self.lane.call(opcode::clCreateContext, &request, |r: &opencl::clCreateContext::ArchivedReply<'_>| r.made)
    }

    pub fn buffer(&mut self, id: u64) -> bool {
        self.lane.call(opcode::clCreateBuffer, &buffer(id), |r: &opencl::clCreateBuffer::ArchivedReply<'_>| r.made)
    }

    pub fn user_event(&mut self, id: u64) -> bool {
        let request = opencl::clCreateUserEvent::Request { context: CONTEXT, errcode_ret: status(), new_object: id };
        self.lane.call(opcode::clCreateUserEvent, &request, |r: &opencl::clCreateUserEvent::ArchivedReply<'_>| r.made)
    }

    pub fn release_buffer(&mut self, id: u64) -> i32 {
        let request = opencl::clReleaseMemObject::Request { memobj: id };
        let ret = |r: &opencl::clReleaseMemObject::ArchivedReply| r.ret.to_native();
        self.lane.call(opcode::clReleaseMemObject, &request, ret)
    }

    pub fn read(&mut self, request: &opencl::clEnqueueReadBuffer::Request<'_>) -> i32 {
        let ret = |r: &opencl::clEnqueueReadBuffer::ArchivedReply<'_>| r.ret.to_native();
        self.lane.call(opcode::clEnqueueReadBuffer, request, ret)
    }

    pub fn finish(&mut self, queue: u64) -> i32 {
        let ret = |r: &opencl::clFinish::ArchivedReply| r.ret.to_native();
        self.lane.call(opcode::clFinish, &opencl::clFinish::Request { command_queue: queue }, ret)
    }

    /// The gate opens: commands that wait for it run.
    pub fn open_gate(&mut self) {
        let request = opencl::clSetUserEventStatus::Request { event: GATE, execution_status: 0 };
        let ret = |r: &opencl::clSetUserEventStatus::ArchivedReply| r.ret.to_native();
        assert_eq!(self.lane.call(opcode::clSetUserEventStatus, &request, ret), 0);
    }

    /// The session continues unaffected.
    #[track_caller]
    pub fn goes_on(&mut self) {
        assert_eq!(self.finish(QUEUE), 0);
    }

    /// The session continues, and ends with the program.
    #[track_caller]
    pub fn leaves(mut self) {
        self.goes_on();
        let Self { stage, client, lane, .. } = self;
        let session = client.session;
        drop((client, lane));
        let line = stage.end_of(session);
        let left = ["the program ended", "the program left: the program has ended"];
        assert!(left.iter().any(|reason| line.contains(&format!("reason=\"{reason}\""))), "{line}");
    }

    /// The session has ended, and the log gives the reason.
    #[track_caller]
    pub fn ends(self, reason: &str) {
        assert!(self.client.is_over(), "the session goes on; wanted {reason:?}\n{}", self.stage.log());
        let line = self.stage.end_of(self.client.session);
        assert!(line.contains(reason), "wanted {reason:?}: {line}");
    }
}

pub fn context(devices: &[u8], id: u64) -> opencl::clCreateContext::Request<'_> {
    opencl::clCreateContext::Request {
        properties: Data::Null,
        num_devices: 1,
        devices: Data::Inline(devices),
        pfn_notify: 0,
        user_data: false,
        errcode_ret: status(),
        new_object: id,
    }
}

pub fn buffer(id: u64) -> opencl::clCreateBuffer::Request<'static> {
    opencl::clCreateBuffer::Request {
        context: CONTEXT,
        flags: 0,
        size: SIZE,
        host_ptr: Data::Null,
        host_ptr_address: 0,
        errcode_ret: status(),
        new_object: id,
    }
}

/// A blocking read of the whole buffer.
pub fn read(ptr: Place) -> opencl::clEnqueueReadBuffer::Request<'static> {
    opencl::clEnqueueReadBuffer::Request {
        command_queue: QUEUE,
        buffer: BUFFER,
        blocking_read: 1,
        offset: 0,
        size: SIZE,
        ptr,
        num_events_in_wait_list: 0,
        event_wait_list: Data::Null,
        event: 0,
    }
}

/// A read that waits for the gate.
pub fn waiting_read(ptr: Place, gate: &[u8; 8]) -> opencl::clEnqueueReadBuffer::Request<'_> {
    opencl::clEnqueueReadBuffer::Request {
        blocking_read: 0,
        num_events_in_wait_list: 1,
        event_wait_list: Data::Inline(gate),
        ..read(ptr)
    }
}

/// A blocking write of `size` bytes.
pub fn write(ptr: Data<'_>, size: u64) -> opencl::clEnqueueWriteBuffer::Request<'_> {
    opencl::clEnqueueWriteBuffer::Request {
        command_queue: QUEUE,
        buffer: BUFFER,
        blocking_write: 1,
        offset: 0,
        size,
        ptr,
        num_events_in_wait_list: 0,
        event_wait_list: Data::Null,
        event: 0,
    }
}
