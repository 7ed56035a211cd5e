//! A bounded run of what the fuzzer runs without end, of every API. `tests/hostile` does the same with recorded traffic.

mod tflite;

use std::collections::BTreeSet;

use ava_protocol::api::APIS;
use ava_protocol::engine;
use ava_protocol::frame::{self, Notice, Tag};
use ava_protocol::opencl::{self, opcode};
use ava_protocol::wire::{Data, Place, Slice, Texts};
use ava_worker_fuzz::mutate::{Random, mutated};
use ava_worker_fuzz::records::{self, Attached, Record};
use ava_worker_fuzz::{Tally, run, run_scribbled, seeds};
use rkyv::api::high::{HighSerializer, to_bytes_in};
use rkyv::rancor::Failure;
use rkyv::ser::allocator::ArenaHandle;
use rkyv::util::AlignedVec;

/// Ids of the worker's, and of the program's.
const PLATFORM: u64 = (1 << 60) + 1;
const DEVICE: u64 = (1 << 60) + 2;
const CONTEXT: u64 = 1;
const QUEUE: u64 = 2;
const BUFFER: u64 = 3;
const PROGRAM: u64 = 4;
const KERNEL: u64 = 5;
const EVENT: u64 = 6;
const STATUS: Place = Place::Scalar(0);
const SIZE: u64 = 4096;

struct Program(Vec<u8>);

impl Program {
    fn plain(&mut self, tag: Tag, word: u32, body: &[u8]) {
        let attached = if tag == Tag::AddRegion { Attached::Region } else { Attached::Nothing };
        let mut out = AlignedVec::new();
        frame::begin(&mut out, tag, word, [Notice::Taken { pending: 1 }].into_iter());
        out.extend_from_slice(body);
        records::write(&mut self.0, Record { attached, frame: &out });
    }

    fn call(
        &mut self,
        opcode: u32,
        request: &impl for<'b> rkyv::Serialize<HighSerializer<AlignedVec, ArenaHandle<'b>, Failure>>,
    ) {
        let mut out = AlignedVec::new();
        frame::begin(&mut out, Tag::Call, opcode, std::iter::empty());
        let out = to_bytes_in::<_, Failure>(request, out).unwrap();
        records::write(&mut self.0, Record { attached: Attached::Nothing, frame: &out });
    }
}

/// A program that does a little of everything.
fn program() -> Vec<u8> {
    let mut p = Program(records::begin(&opencl::API));
    p.call(
        opcode::clGetPlatformIDs,
        &opencl::clGetPlatformIDs::Request { num_entries: 1, platforms: Place::Inline, num_platforms: STATUS },
    );
    let device = DEVICE.to_le_bytes();
    p.call(
        opcode::clGetDeviceIDs,
        &opencl::clGetDeviceIDs::Request {
            platform: PLATFORM,
            device_type: 1,
            num_entries: 1,
            devices: Place::Inline,
            num_devices: STATUS,
        },
    );
    let properties = [0x1084_u64, PLATFORM, 0].map(u64::to_le_bytes).concat();
    p.call(
        opcode::clCreateContext,
        &opencl::clCreateContext::Request {
            properties: Data::Inline(&properties),
            num_devices: 1,
            devices: Data::Inline(&device),
            pfn_notify: 0,
            user_data: false,
            errcode_ret: STATUS,
            new_object: CONTEXT,
        },
    );
    p.call(
        opcode::clCreateCommandQueue,
        &opencl::clCreateCommandQueue::Request {
            context: CONTEXT,
            device: DEVICE,
            properties: 0,
            errcode_ret: STATUS,
            new_object: QUEUE,
        },
    );
    let bytes = [7; 64];
    p.call(
        opcode::clCreateBuffer,
        &opencl::clCreateBuffer::Request {
            context: CONTEXT,
            flags: 32,
            size: 64,
            host_ptr: Data::Inline(&bytes),
            host_ptr_address: 0x1000,
            errcode_ret: STATUS,
            new_object: BUFFER,
        },
    );
    transfers(&mut p);
    kernels(&mut p);
    for object in [BUFFER, BUFFER, 99] {
        p.call(opcode::clReleaseMemObject, &opencl::clReleaseMemObject::Request { memobj: object });
    }
    p.call(opcode::clFinish, &opencl::clFinish::Request { command_queue: QUEUE });
    p.0
}

fn transfers(p: &mut Program) {
    p.plain(Tag::AddRegion, 1, &SIZE.to_le_bytes());
    let slice = |pending| Slice { region: 1, offset: 0, len: SIZE, pending };
    let read = |blocking_read, ptr, event| opencl::clEnqueueReadBuffer::Request {
        command_queue: QUEUE,
        buffer: BUFFER,
        blocking_read,
        offset: 0,
        size: SIZE,
        ptr,
        num_events_in_wait_list: 0,
        event_wait_list: Data::Null,
        event,
    };
    p.call(opcode::clEnqueueReadBuffer, &read(1, Place::Inline, 0));
    p.call(opcode::clEnqueueReadBuffer, &read(1, Place::Region(slice(0)), 0));
    for pending in 1..=4 {
        p.call(opcode::clEnqueueReadBuffer, &read(0, Place::Region(slice(pending)), EVENT + pending));
    }
    p.plain(Tag::Await, 0, &2_u64.to_le_bytes());
    p.plain(Tag::Drain, 0, &[]);
    let origin = [1_u64, 1, 0].map(u64::to_le_bytes).concat();
    let region = [8_u64, 4, 1].map(u64::to_le_bytes).concat();
    let rect = |ptr| opencl::clEnqueueReadBufferRect::Request {
        command_queue: QUEUE,
        buffer: BUFFER,
        blocking_read: 1,
        buffer_origin: Data::Inline(&origin),
        host_origin: Data::Inline(&origin),
        region: Data::Inline(&region),
        buffer_row_pitch: 16,
        buffer_slice_pitch: 0,
        host_row_pitch: 16,
        host_slice_pitch: 0,
        ptr,
        num_events_in_wait_list: 0,
        event_wait_list: Data::Null,
        event: 0,
    };
    p.call(opcode::clEnqueueReadBufferRect, &rect(Place::Inline));
    p.call(opcode::clEnqueueReadBufferRect, &rect(Place::Region(slice(0))));
    let map = opencl::clEnqueueMapBuffer::Request {
        command_queue: QUEUE,
        buffer: BUFFER,
        blocking_map: 1,
        map_flags: 3,
        offset: 0,
        size: SIZE,
        num_events_in_wait_list: 0,
        event_wait_list: Data::Null,
        event: 0,
        errcode_ret: STATUS,
        mapping: 1,
        pending: 0,
    };
    p.call(opcode::clEnqueueMapBuffer, &map);
    p.call(engine::opcode::FETCH_MAPPING, &engine::mapping::Fetch { mapping: 1, region: slice(0) });
    let unmap = opencl::clEnqueueUnmapMemObject::Request {
        command_queue: QUEUE,
        memobj: BUFFER,
        num_events_in_wait_list: 0,
        event_wait_list: Data::Null,
        event: 0,
        mapping: 1,
        unseen: false,
    };
    p.call(opcode::clEnqueueUnmapMemObject, &unmap);
    // Handles that the vendor writes where the program can write too.
    let query = opencl::clGetContextInfo::Request {
        context: CONTEXT,
        param_name: 0x1081,
        param_value_size: 64,
        param_value: Place::Region(slice(0)),
        param_value_size_ret: STATUS,
    };
    p.call(opcode::clGetContextInfo, &query);
    p.plain(Tag::DropRegion, 1, &[]);
}

fn kernels(p: &mut Program) {
    let source = Texts { null: false, items: vec![Some(&b"kernel"[..]), None], more: Data::Null };
    let lengths = [3_u64, 0].map(u64::to_le_bytes).concat();
    p.call(
        opcode::clCreateProgramWithSource,
        &opencl::clCreateProgramWithSource::Request {
            context: CONTEXT,
            count: 2,
            strings: source,
            lengths: Data::Inline(&lengths),
            errcode_ret: STATUS,
            new_object: PROGRAM,
        },
    );
    let source = Texts { null: false, items: vec![Some(&b"kernel"[..])], more: Data::Null };
    p.call(
        opcode::clCreateProgramWithSource,
        &opencl::clCreateProgramWithSource::Request {
            context: CONTEXT,
            count: 1,
            strings: source,
            lengths: Data::Null,
            errcode_ret: STATUS,
            new_object: PROGRAM,
        },
    );
    p.call(
        opcode::clCreateKernel,
        &opencl::clCreateKernel::Request {
            program: PROGRAM,
            kernel_name: Data::Inline(b"name"),
            errcode_ret: STATUS,
            new_object: KERNEL,
        },
    );
    let value = 7_u64.to_le_bytes();
    for (arg_index, object) in [(0, BUFFER), (1, 0), (2, BUFFER), (3, 0)] {
        let kind = u16::from(object != 0) * opencl::kind::cl_mem;
        let arg_value = if arg_index == 3 { Data::Null } else { Data::Inline(&value) };
        p.call(
            opcode::clSetKernelArg,
            &opencl::custom::clSetKernelArg::Request {
                kernel: KERNEL,
                arg_index,
                arg_size: 8,
                arg_value,
                object,
                kind,
            },
        );
    }
    p.call(
        opcode::clEnqueueNDRangeKernel,
        &opencl::clEnqueueNDRangeKernel::Request {
            command_queue: QUEUE,
            kernel: KERNEL,
            work_dim: 1,
            global_work_offset: Data::Null,
            global_work_size: Data::Inline(&value),
            local_work_size: Data::Null,
            num_events_in_wait_list: 0,
            event_wait_list: Data::Null,
            event: 0,
        },
    );
}

#[test]
fn a_program_is_served() {
    let tally = run(&program());
    // The last object was never made; one was released before, and one is no object where the kernel wants one.
    assert_eq!(tally, Tally { malformed: 1, refusals: 2, ..tally });
    assert!(tally.replies > 25, "{tally:?}");
    assert_eq!(run_scribbled(&program()), tally);
}

/// Inputs of all APIs: the programs by hand, and a request of each function.
fn inputs() -> Vec<Vec<u8>> {
    let seeds = APIS.iter().map(|api| seeds::input(api));
    [program(), tflite::program()].into_iter().chain(seeds).collect()
}

/// What is made of the tables is well-formed: the worker serves it, or refuses it with a status.
#[test]
fn a_request_of_every_function_is_served() {
    for api in APIS {
        let mut input = records::begin(api);
        let mut expected = Tally::default();
        let called: BTreeSet<_> = seeds::of(api).iter().map(|seed| seed.function).collect();
        for seed in seeds::of(api).iter().filter(|seed| !seed.by_hand) {
            seeds::call(&mut input, seed.opcode, seed.body);
            let tally = run(&input);
            let answered = tally.replies + tally.refusals;
            assert_eq!((answered, tally.malformed), (expected.replies + expected.refusals + 1, 0), "{}", seed.function);
            expected = tally;
        }
        assert_eq!(called.len(), seeds::of(api).len(), "{}: a request for each function", api.name);
        // Most of them reach the vendor.
        assert!(expected.replies > expected.refusals * 4, "{}: {expected:?}", api.name);
    }
}

#[test]
fn every_truncation_of_every_frame_is_survived() {
    truncations(&program(), usize::MAX);
    truncations(&tflite::program(), usize::MAX);
}

/// Each on a session of its own, in which little was made before: with all of it that would take long.
#[test]
fn every_truncation_of_every_request_is_survived() {
    APIS.iter().for_each(|api| truncations(&seeds::input(api), 8));
}

/// Every truncation of every frame of an input, behind those before it, at most so many.
fn truncations(program: &[u8], most: usize) {
    let (api, rest) = records::api(program).unwrap();
    let all: Vec<_> = records::read(rest).collect();
    for (i, record) in all.iter().enumerate() {
        let mut input = records::begin(api);
        all[..i.min(most)].iter().for_each(|before| records::write(&mut input, *before));
        for len in (0..record.frame.len()).rev() {
            records::write(&mut input, Record { frame: &record.frame[..len], ..*record });
        }
        let tally = run(&input);
        assert!(tally.malformed >= 16, "{i}: {tally:?}");
    }
}

#[test]
fn every_function_refuses_a_body_that_is_none() {
    for api in APIS {
        let mut random = Random::new(3);
        for opcode in 0..api.functions.len() as u32 + 2 {
            let mut input = Program(records::begin(api));
            for len in [0, 1, 8, 64, 1024] {
                let body: Vec<u8> = (0..len).map(|_| random.next() as u8).collect();
                input.plain(Tag::Call, opcode, &body);
            }
            // Of bodies that long, none is well-formed by accident, but of functions without arguments.
            let tally = run(&input.0);
            assert!(tally.malformed >= 1 || tally.refusals + tally.replies == 5, "{opcode}: {tally:?}");
        }
    }
}

#[test]
fn changed_programs_are_survived() {
    let inputs = inputs();
    for (i, program) in inputs.iter().enumerate() {
        let mut all = Tally::default();
        let rounds = if i == 0 { 4000 } else { 1500 };
        for round in 0..rounds {
            let input = mutated(program, &mut Random::new(round));
            let tally = if round % 8 == 0 { run_scribbled(&input) } else { run(&input) };
            all.replies += tally.replies;
            all.refusals += tally.refusals;
            all.malformed += tally.malformed;
        }
        // Most frames are still good, and enough are not.
        assert!(all.replies + all.refusals > all.malformed, "{i}: {all:?}");
        assert!(all.malformed as u64 > rounds, "{i}: {all:?}");
    }
}
