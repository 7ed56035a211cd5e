//! The bytes of requests and replies are where the compiler's plan says, so that what knows the plan alone can write and
//! read them: one record for each kind of field, serialized as both sides do, and read by the plan's offsets.

use std::path::Path;

use ava_protocol::wire::{Data, Place, Returned, Slice, Texts};
use ava_protocol::{opencl, pkcs11, tflite};
use ava_tables::model::Api;
use ava_tables::plan::{Plan, Record};
use rkyv::Serialize;
use rkyv::api::high::{HighSerializer, to_bytes};
use rkyv::rancor::Failure;
use rkyv::ser::allocator::ArenaHandle;
use rkyv::util::AlignedVec;

const SLICE: Slice = Slice { region: 7, offset: 4096, len: 65536, pending: 3 };

/// A body, and where the plan says that its fields lie.
struct Body<'a> {
    bytes: AlignedVec,
    record: &'a Record<'a>,
}

impl<'a> Body<'a> {
    fn of<T>(value: &T, record: &'a Record<'a>) -> Self
    where
        T: for<'b> Serialize<HighSerializer<AlignedVec, ArenaHandle<'b>, Failure>>,
    {
        Self { bytes: to_bytes::<Failure>(value).expect("it is serialized"), record }
    }

    /// Where a field lies in the body: the record is the last thing in it.
    fn at(&self, field: &str) -> usize {
        let found = self.record.fields.iter().find(|f| f.name == field);
        self.bytes.len() - self.record.size + found.unwrap_or_else(|| panic!("no field {field}")).offset
    }

    /// A little-endian number.
    fn number(&self, at: usize, size: usize) -> u64 {
        self.bytes[at..at + size].iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte))
    }

    /// What a distance and a length at `at` lead to, the length in units of `size` bytes.
    fn elsewhere(&self, at: usize, size: usize) -> usize {
        let distance = self.number(at, 4) as u32 as i32;
        let start = at.checked_add_signed(distance as isize).expect("within the body");
        assert!(start + self.number(at + 4, 4) as usize * size <= self.bytes.len());
        start
    }

    fn bytes_elsewhere(&self, at: usize) -> &[u8] {
        let start = self.elsewhere(at, 1);
        &self.bytes[start..start + self.number(at + 4, 4) as usize]
    }

    fn slice(&self, at: usize) -> Slice {
        let [offset, len, pending] = [8, 16, 24].map(|behind| self.number(at + behind, 8));
        Slice { region: self.number(at, 4) as u32, offset, len, pending }
    }
}

fn table(name: &str) -> Api {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../api-tables/{name}.rs"));
    ava_tables::read(&path).unwrap_or_else(|report| panic!("{report:?}"))
}

#[test]
fn numbers_ids_bytes_and_places() {
    let api = table("opencl");
    let plan = Plan::of(&api);
    let record = &plan.call("clCreateBuffer").expect("in the table").request;
    let request = opencl::clCreateBuffer::Request {
        context: 0x0102_0304_0506_0708,
        flags: 1 << 5,
        size: 3,
        host_ptr: Data::Inline(b"abc"),
        host_ptr_address: 0xdead_0000,
        errcode_ret: Place::Scalar(0xffff_fffe),
        new_object: 12,
    };
    let body = Body::of(&request, record);
    assert_eq!(body.number(body.at("context"), 8), 0x0102_0304_0506_0708);
    assert_eq!(body.number(body.at("flags"), 8), 1 << 5);
    assert_eq!(body.number(body.at("size"), 8), 3);
    assert_eq!(body.bytes[body.at("host_ptr")], 3);
    assert_eq!(body.bytes_elsewhere(body.at("host_ptr") + 4), b"abc");
    assert_eq!(body.number(body.at("host_ptr_address"), 8), 0xdead_0000);
    assert_eq!(body.bytes[body.at("errcode_ret")], 2);
    assert_eq!(body.number(body.at("errcode_ret") + 8, 8), 0xffff_fffe);
    assert_eq!(body.number(body.at("new_object"), 8), 12);
}

#[test]
fn slices_of_regions() {
    let api = table("opencl");
    let plan = Plan::of(&api);
    let record = &plan.call("clEnqueueReadBuffer").expect("in the table").request;
    let request = |ptr| opencl::clEnqueueReadBuffer::Request {
        command_queue: 1,
        buffer: 2,
        blocking_read: 0x8000_0001,
        offset: 5,
        size: 65536,
        ptr,
        num_events_in_wait_list: 2,
        event_wait_list: Data::Translated([9_u64, 10].iter().flat_map(|id| id.to_le_bytes()).collect()),
        event: 11,
    };
    let body = Body::of(&request(Place::Region(SLICE)), record);
    assert_eq!(body.number(body.at("blocking_read"), 4), 0x8000_0001);
    assert_eq!(body.bytes[body.at("ptr")], 3);
    assert_eq!(body.slice(body.at("ptr") + 8), SLICE);
    assert_eq!(body.bytes[body.at("event_wait_list")], 4);
    let ids = body.bytes_elsewhere(body.at("event_wait_list") + 4);
    assert_eq!((ids.len(), ids[0], ids[8]), (16, 9, 10));
    assert_eq!(body.number(body.at("event"), 8), 11);

    let body = Body::of(&request(Place::Cut(Some(SLICE))), record);
    assert_eq!((body.bytes[body.at("ptr")], body.bytes[body.at("ptr") + 8]), (4, 1));
    assert_eq!(body.slice(body.at("ptr") + 16), SLICE);
    let body = Body::of(&request(Place::Cut(None)), record);
    assert_eq!((body.bytes[body.at("ptr")], body.bytes[body.at("ptr") + 8]), (4, 0));
    for (place, variant) in [(Place::Null, 0), (Place::Inline, 1)] {
        let body = Body::of(&request(place), record);
        assert_eq!(body.bytes[body.at("ptr")], variant);
    }
}

#[test]
fn texts() {
    let api = table("opencl");
    let plan = Plan::of(&api);
    let record = &plan.call("clCreateProgramWithSource").expect("in the table").request;
    let request = opencl::clCreateProgramWithSource::Request {
        context: 1,
        count: 3,
        strings: Texts { null: false, items: vec![Some(b"one"), None, Some(b"three")], more: Data::Region(SLICE) },
        lengths: Data::Null,
        errcode_ret: Place::Null,
        new_object: 2,
    };
    let body = Body::of(&request, record);
    let strings = body.at("strings");
    assert_eq!(body.bytes[strings], 0);
    let items = body.elsewhere(strings + 4, 12);
    let read: Vec<_> = (0..body.number(strings + 8, 4) as usize)
        .map(|i| items + 12 * i)
        .map(|at| (body.bytes[at] == 1).then(|| body.bytes_elsewhere(at + 4)))
        .collect();
    assert_eq!(read, [Some(&b"one"[..]), None, Some(b"three")]);
    assert_eq!(body.bytes[strings + 16], 5);
    assert_eq!(body.slice(strings + 24), SLICE);
    assert_eq!(body.bytes[body.at("lengths")], 0);
}

#[test]
fn callbacks_and_flags() {
    let api = table("opencl");
    let plan = Plan::of(&api);
    let record = &plan.call("clSetEventCallback").expect("in the table").request;
    let request = opencl::clSetEventCallback::Request {
        event: 1,
        command_exec_callback_type: -2,
        pfn_notify: 4,
        user_data: true,
    };
    let body = Body::of(&request, record);
    assert_eq!(body.number(body.at("command_exec_callback_type"), 4) as u32 as i32, -2);
    assert_eq!(body.number(body.at("pfn_notify"), 8), 4);
    assert_eq!(body.bytes[body.at("user_data")], 1);
}

#[test]
fn what_goes_in_and_comes_out() {
    let api = table("pkcs11");
    let plan = Plan::of(&api);
    let call = plan.call("C_Sign").expect("in the table");
    let request = pkcs11::C_Sign::Request {
        hSession: 1,
        pData: Data::Unreadable,
        ulDataLen: 2,
        pSignature: Place::Null,
        pulSignatureLen: Data::Inline(&[64, 0, 0, 0, 0, 0, 0, 0]),
    };
    let body = Body::of(&request, &call.request);
    assert_eq!(body.bytes[body.at("pData")], 2);
    assert_eq!(body.bytes_elsewhere(body.at("pulSignatureLen") + 4)[0], 64);
    let reply = pkcs11::C_Sign::Reply {
        ret: 0x150,
        pSignature: Returned::Region(512),
        pulSignatureLen: Returned::Inline(&[1, 2, 3, 4, 5, 6, 7, 8]),
    };
    let body = Body::of(&reply, &call.reply);
    assert_eq!(body.number(body.at("ret"), 8), 0x150);
    assert_eq!(body.bytes[body.at("pSignature")], 2);
    assert_eq!(body.number(body.at("pSignature") + 8, 8), 512);
    assert_eq!(body.bytes[body.at("pulSignatureLen")], 1);
    assert_eq!(body.bytes_elsewhere(body.at("pulSignatureLen") + 4), [1, 2, 3, 4, 5, 6, 7, 8]);
}

#[test]
fn replies_of_objects_texts_and_mirrors() {
    let api = table("tflite");
    let plan = Plan::of(&api);
    let reply = tflite::TfLiteModelCreate::Reply { made: true };
    let body = Body::of(&reply, &plan.call("TfLiteModelCreate").expect("in the table").reply);
    assert_eq!((body.bytes.len(), body.bytes[body.at("made")]), (1, 1));

    let reply = tflite::TfLiteVersion::Reply { ret: Data::Inline(b"2.17.0") };
    let body = Body::of(&reply, &plan.call("TfLiteVersion").expect("in the table").reply);
    assert_eq!(body.bytes_elsewhere(body.at("ret") + 4), b"2.17.0");

    let reply = tflite::TfLiteInterpreterInvoke::Reply { ret: 1, mirrors: vec![1, 2, 3] };
    let body = Body::of(&reply, &plan.call("TfLiteInterpreterInvoke").expect("in the table").reply);
    assert_eq!(body.number(body.at("ret"), 4), 1);
    assert_eq!(body.bytes_elsewhere(body.at("mirrors")), [1, 2, 3]);
}
