//! Requests that no shim sends to a worker that serves TensorFlow Lite: tensors, their memory, signature runners and
//! delegates.

use std::fs;
use std::os::fd::AsFd;

use ava_protocol::frame::Tag;
use ava_protocol::mirror::{ArchivedTold, AskPiece, Memory, opcode as own};
use ava_protocol::session::Hello;
use ava_protocol::tflite::custom::{ArchivedCreated, CreateExternal, CreateXnnpack};
use ava_protocol::tflite::{self, opcode};
use ava_protocol::wire::{Data, Slice, Texts};
use ava_tests::{Program, built, vendor};
use ava_transport::region::Region;
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;

use super::client::{Body, Client, Thread, call, plain};
use super::frames::nonsense;
use super::stage::Stage;

const MODEL: u64 = 1;
const INTERPRETER: u64 = 2;
const RUNNER: u64 = 3;
/// The first free id.
const FREE: u64 = 4;
/// Bytes of the region for the tensors' data.
const SIZE: u64 = 4096;
/// Bytes of the model's first input.
const INPUT: u64 = 16;

/// Which tensor is asked for: of an interpreter by an index, of a signature runner by a name.
enum Role<'a> {
    Input(i32),
    Output(i32),
    Tensor(i32),
    Variable(i32),
    InputOfName(Data<'a>),
    OutputOfName(Data<'a>),
}

/// The call that asks an object for a tensor.
fn get(object: u64, role: Role) -> AlignedVec {
    use tflite::*;
    let (interpreter, signature_runner) = (object, object);
    match role {
        Role::Input(input_index) => {
            let request = TfLiteInterpreterGetInputTensor::Request { interpreter, input_index };
            call(opcode::TfLiteInterpreterGetInputTensor, &request)
        }
        Role::Output(output_index) => {
            let request = TfLiteInterpreterGetOutputTensor::Request { interpreter, output_index };
            call(opcode::TfLiteInterpreterGetOutputTensor, &request)
        }
        Role::Tensor(index) => {
            let request = TfLiteInterpreterGetTensor::Request { interpreter, index };
            call(opcode::TfLiteInterpreterGetTensor, &request)
        }
        Role::Variable(variable_index) => {
            let request = TfLiteInterpreterGetVariableTensor::Request { interpreter, variable_index };
            call(opcode::TfLiteInterpreterGetVariableTensor, &request)
        }
        Role::InputOfName(input_name) => {
            let request = TfLiteSignatureRunnerGetInputTensor::Request { signature_runner, input_name };
            call(opcode::TfLiteSignatureRunnerGetInputTensor, &request)
        }
        Role::OutputOfName(output_name) => {
            let request = TfLiteSignatureRunnerGetOutputTensor::Request { signature_runner, output_name };
            call(opcode::TfLiteSignatureRunnerGetOutputTensor, &request)
        }
    }
}

fn stage() -> Stage {
    let libraries = vendor::tflite("2.17");
    let steady = Program::new(built::tflite().join("2.17/steady")).env("TFLITE_MODELS", vendor::tflite("models"));
    let steady = steady.env("LD_LIBRARY_PATH", &libraries);
    Stage::beside(steady, &libraries)
}

/// A session with an interpreter, a runner of its signature, a region, and the first input's number.
struct Scene<'a> {
    stage: &'a Stage,
    client: Client,
    lane: Thread,
    region: Region,
    input: u64,
}

impl<'a> Scene<'a> {
    fn new(stage: &'a Stage) -> Self {
        let hello = Hello::new("tflite", "hostile", 1, "hostile", "/");
        let client = Client::with(&stage.socket(), hello).unwrap();
        let mut lane = client.lane();
        let model = fs::read(vendor::tflite("models/signature.tflite")).unwrap();
        let request = tflite::TfLiteModelCreate::Request {
            model_data: Data::Inline(&model),
            model_data_address: 0,
            model_size: model.len() as u64,
            new_object: MODEL,
        };
        let made = |r: &tflite::TfLiteModelCreate::ArchivedReply| r.made;
        assert!(lane.call(opcode::TfLiteModelCreate, &request, made));
        let request =
            tflite::TfLiteInterpreterCreate::Request { model: MODEL, optional_options: 0, new_object: INTERPRETER };
        let made = |r: &tflite::TfLiteInterpreterCreate::ArchivedReply| r.made;
        assert!(lane.call(opcode::TfLiteInterpreterCreate, &request, made));
        let request = tflite::TfLiteInterpreterGetSignatureRunner::Request {
            interpreter: INTERPRETER,
            signature_key: Data::Inline(b"serving_default\0"),
            new_object: RUNNER,
        };
        let made = |r: &tflite::TfLiteInterpreterGetSignatureRunner::ArchivedReply| r.made;
        assert!(lane.call(opcode::TfLiteInterpreterGetSignatureRunner, &request, made));
        let (region, fd) = Region::create(SIZE).unwrap();
        lane.region(1, SIZE, Some(fd.as_fd()));
        let mut scene = Self { stage, client, lane, region, input: 0 };
        assert_eq!(scene.allocate(), 0);
        scene.input = scene.tensor(INTERPRETER, Role::Input(0));
        assert!(scene.input > 0);
        scene
    }

    fn allocate(&mut self) -> u32 {
        let ret = |r: &tflite::TfLiteInterpreterAllocateTensors::ArchivedReply| r.ret.to_native();
        let request = tflite::TfLiteInterpreterAllocateTensors::Request { interpreter: INTERPRETER };
        self.lane.call(opcode::TfLiteInterpreterAllocateTensors, &request, ret)
    }

    fn invoke(&mut self) -> u32 {
        let ret = |r: &tflite::TfLiteInterpreterInvoke::ArchivedReply| r.ret.to_native();
        self.lane.call(opcode::TfLiteInterpreterInvoke, &invoke(INTERPRETER), ret)
    }

    /// A tensor's number; 0 for none, and where the index is refused.
    fn tensor(&mut self, object: u64, role: Role) -> u64 {
        // All of these functions answer alike.
        type Reply = tflite::TfLiteInterpreterGetTensor::ArchivedReply;
        assert!(self.lane.send(&get(object, role), None));
        let frame = self.lane.hear().expect("an answer");
        match frame.tag {
            Tag::Refused => 0,
            _ => rkyv::access::<Reply, Failure>(frame.body).unwrap().ret.to_native(),
        }
    }

    fn memory(&mut self, number: u64, slice: Slice) {
        self.lane.call(own::MEMORY, &Memory { number, slice }, |_: &ArchivedTold| ());
    }

    fn realloc(&mut self, number: u64, bytes: u64) -> u32 {
        let ret = |r: &tflite::TfLiteTensorRealloc::ArchivedReply| r.ret.to_native();
        self.lane.call(opcode::TfLiteTensorRealloc, &realloc(number, bytes), ret)
    }

    /// The session continues unaffected, and ends with the program.
    #[track_caller]
    fn leaves(mut self) {
        assert_eq!(self.invoke(), 0);
        let Self { stage, client, lane, .. } = self;
        let session = client.session;
        drop((client, lane));
        let line = stage.end_of(session);
        assert!(line.contains("the program"), "{line}");
    }

    /// The session has ended, and the log gives the reason.
    #[track_caller]
    fn ends(self, reason: &str) {
        assert!(self.client.is_over(), "the session goes on; wanted {reason:?}\n{}", self.stage.log());
        let line = self.stage.end_of(self.client.session);
        assert!(line.contains(reason), "wanted {reason:?}: {line}");
    }
}

/// One call that ends a session.
#[track_caller]
fn fatal(stage: &Stage, opcode: u32, request: &impl Body, reason: &str) {
    fatal_frame(stage, &call(opcode, request), reason);
}

#[track_caller]
fn fatal_frame(stage: &Stage, frame: &[u8], reason: &str) {
    let scene = Scene::new(stage);
    assert!(scene.lane.send(frame, None));
    scene.ends(reason);
}

fn realloc(tensor: u64, num_bytes: u64) -> tflite::TfLiteTensorRealloc::Request {
    tflite::TfLiteTensorRealloc::Request { num_bytes, tensor }
}

fn invoke(interpreter: u64) -> tflite::TfLiteInterpreterInvoke::Request {
    tflite::TfLiteInterpreterInvoke::Request { interpreter }
}

const fn slice(region: u32, offset: u64, len: u64) -> Slice {
    Slice { region, offset, len, pending: 0 }
}

#[test]
fn memory_of_tensors() {
    let stage = stage();
    let scene = Scene::new(&stage);
    // Every session gives its first tensor the same number.
    let number = scene.input;
    scene.leaves();
    let cases = [
        (slice(7, 0, SIZE), "no region 7"),
        (slice(1, 0, SIZE + 1), "a region: 4096 bytes where 4097 are needed"),
        (slice(1, SIZE, 1), "a region: 4096 bytes where 4097 are needed"),
        (slice(1, u64::MAX, SIZE), "the sizes of a slice overflow"),
        (slice(1, 1, u64::MAX), "the sizes of a slice overflow"),
    ];
    for (slice, reason) in cases {
        fatal(&stage, own::MEMORY, &Memory { number, slice }, reason);
    }
    for unknown in [0, number + 1, 1 << 40, u64::MAX] {
        let reason = format!("handle {unknown:#x} does not exist");
        fatal(&stage, own::MEMORY, &Memory { number: unknown, slice: slice(1, 0, SIZE) }, &reason);
        fatal(&stage, opcode::TfLiteTensorRealloc, &realloc(unknown, 1), &reason);
        let ask = tflite::TfLiteTensorGetDataKnownStep::Request { t: unknown };
        fatal(&stage, opcode::TfLiteTensorGetDataKnownStep, &ask, &reason);
    }
    stage.stays_unharmed();
}

/// Too little space, the same for two, or none any more: data without space is left out.
#[test]
fn room_that_does_not_fit() {
    let stage = stage();
    let mut scene = Scene::new(&stage);
    let (input, output) = (scene.input, scene.tensor(INTERPRETER, Role::Output(0)));
    for len in [0, 1, INPUT - 1, INPUT, SIZE] {
        for number in [input, output] {
            scene.memory(number, slice(1, SIZE - len, len));
        }
        assert_eq!(scene.invoke(), 0);
    }
    assert!(scene.lane.send(&plain(Tag::DropRegion, 1, &[]), None));
    scene.region.write(&[1; 16]);
    assert_eq!(scene.invoke(), 0);
    scene.leaves();
    stage.stays_unharmed();
}

#[test]
fn reallocations() {
    let stage = stage();
    let mut scene = Scene::new(&stage);
    let input = scene.input;
    // The interpreter's own memory stays unchanged, whatever is requested.
    for bytes in [1 << 60, u64::MAX, 0, INPUT] {
        assert!(scene.realloc(input, bytes) <= 1);
        assert_eq!(scene.invoke(), 0);
    }
    scene.leaves();
    stage.stays_unharmed();
}

#[test]
fn tensors_by_roles_of_others() {
    let stage = stage();
    let left = || Data::Inline(b"left");
    let no_text = Data::Region(slice(7, 0, SIZE));
    let cases = [
        (RUNNER, Role::Input(0), "handle 0x3 is of kind"),
        (MODEL, Role::Output(0), "handle 0x1 is of kind"),
        (RUNNER, Role::Tensor(0), "handle 0x3 is of kind"),
        (RUNNER, Role::Variable(0), "handle 0x3 is of kind"),
        (INTERPRETER, Role::InputOfName(left()), "handle 0x2 is of kind"),
        (INTERPRETER, Role::OutputOfName(left()), "handle 0x2 is of kind"),
        (RUNNER, Role::InputOfName(no_text), "no region 7"),
        (0, Role::Input(0), "handle 0x0 does not exist"),
        (0, Role::InputOfName(left()), "handle 0x0 does not exist"),
        (77, Role::Input(0), "handle 0x4d does not exist"),
    ];
    for (object, role, reason) in cases {
        fatal_frame(&stage, &get(object, role), reason);
    }

    let mut scene = Scene::new(&stage);
    for index in [i32::MIN, -1, 2, i32::MAX] {
        for role in [Role::Input(index), Role::Output(index), Role::Variable(index)] {
            assert_eq!(scene.tensor(INTERPRETER, role), 0);
        }
    }
    for index in [i32::MIN, -1, 4, i32::MAX] {
        assert_eq!(scene.tensor(INTERPRETER, Role::Tensor(index)), 0);
    }
    let inline = [&b""[..], b"le\0ft", &[0xff; 60_000]].map(Data::Inline);
    for name in inline.into_iter().chain([Data::Null, Data::Unread, Data::Unreadable]) {
        assert_eq!(scene.tensor(RUNNER, Role::InputOfName(name)), 0);
    }
    for name in [Data::Inline(b"no such output"), Data::Null, Data::Unread, Data::Unreadable] {
        assert_eq!(scene.tensor(RUNNER, Role::OutputOfName(name)), 0);
    }
    // By a name in a region that is gone when the tensor is asked for again.
    scene.region.write(b"left");
    let role = Role::InputOfName(Data::Region(slice(1, 0, 4)));
    assert_eq!(scene.tensor(RUNNER, role), scene.input);
    scene.leaves();
    stage.stays_unharmed();
}

#[test]
fn objects_of_others() {
    let stage = stage();
    let other = Scene::new(&stage);
    for id in [77, u64::MAX, 1 << 60] {
        fatal(&stage, opcode::TfLiteInterpreterInvoke, &invoke(id), &format!("handle {id:#x} does not exist"));
    }
    for id in [MODEL, RUNNER] {
        fatal(&stage, opcode::TfLiteInterpreterInvoke, &invoke(id), &format!("handle {id:#x} is of kind"));
    }
    let runner = tflite::TfLiteSignatureRunnerInvoke::Request { signature_runner: INTERPRETER };
    fatal(&stage, opcode::TfLiteSignatureRunnerInvoke, &runner, "handle 0x2 is of kind");
    other.leaves();
    stage.stays_unharmed();
}

#[test]
fn delegates() {
    let stage = stage();
    let delete = |delegate| tflite::TfLiteXNNPackDelegateDelete::Request { delegate };
    fatal(&stage, opcode::TfLiteXNNPackDelegateDelete, &delete(INTERPRETER), "handle 0x2 is of kind");
    fatal(&stage, opcode::TfLiteXNNPackDelegateDelete, &delete(77), "handle 0x4d does not exist");
    let xnnpack = |new_object, num_threads| CreateXnnpack {
        new_object,
        given: true,
        num_threads,
        flags: u32::MAX,
        handle_variable_ops: true,
    };
    fatal(&stage, opcode::TfLiteXNNPackDelegateCreate, &xnnpack(MODEL, 1), "object id 0x1 is in use");
    let texts = |items, more| Texts { null: false, items, more };
    let endless = u64::MAX.to_le_bytes();
    let external = |keys, values| CreateExternal { new_object: FREE, library: Data::Inline(b"x\0"), keys, values };
    let one = || texts(vec![Some(&b"key"[..])], Data::Null);
    let wrong = [
        external(one(), texts(Vec::new(), Data::Null)),
        external(one(), texts(vec![Some(&b"value"[..]); 2], Data::Null)),
        external(texts(vec![Some(&b""[..])], Data::Inline(&endless)), one()),
        external(texts(vec![Some(&b""[..])], Data::Inline(&[1])), one()),
    ];
    for request in &wrong {
        fatal(&stage, opcode::TfLiteExternalDelegateCreate, request, "TfLiteExternalDelegateCreate");
    }
    // Only files of the broker's configuration, and no text without a terminator.
    let mut scene = Scene::new(&stage);
    for library in [Data::Inline(b"/etc/passwd\0"), Data::Inline(b"/etc/passwd"), Data::Inline(b"\0"), Data::Null] {
        let request = CreateExternal { library, ..external(one(), one()) };
        let made = |r: &ArchivedCreated| r.made;
        assert!(!scene.lane.call(opcode::TfLiteExternalDelegateCreate, &request, made));
    }
    scene.leaves();
    stage.stays_unharmed();
}

#[test]
fn parcels() {
    let stage = stage();
    // All data here fits into a frame.
    for offset in [0, 1, u64::MAX] {
        fatal(&stage, own::PIECE, &AskPiece { parcel: 1, offset }, "handle 0x1 does not exist");
    }
    stage.stays_unharmed();
}

#[test]
fn functions() {
    let stage = stage();
    let last = tflite::API.functions.len() as u32;
    for opcode in [last, own::PIECE + 1, u32::MAX] {
        let scene = Scene::new(&stage);
        assert!(scene.lane.send(&plain(Tag::Call, opcode, &[]), None));
        scene.ends(&format!("no function has opcode {opcode}"));
    }
    for opcode in (0..last).step_by(29).chain([own::MEMORY, own::PIECE]) {
        let nonsense: Vec<u8> = nonsense(opcode.into()).take(256).collect();
        let mut scene = Scene::new(&stage);
        assert!(scene.lane.send(&plain(Tag::Call, opcode, &nonsense), None));
        // A call that takes nothing, or a number, accepts this too.
        match scene.lane.hear().is_some() {
            true => scene.leaves(),
            false => scene.ends("the program sent nonsense"),
        }
    }
    let log = stage.log();
    assert!(!log.contains("signal"), "a worker crashed:\n{log}");
    stage.stays_unharmed();
}
