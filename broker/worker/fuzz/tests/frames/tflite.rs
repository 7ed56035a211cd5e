//! A program that uses TensorFlow Lite's tensors and delegates, whose requests are by hand.

use ava_protocol::frame::Tag;
use ava_protocol::mirror::{self, AskPiece, Memory};
use ava_protocol::tflite::custom::{CreateExternal, CreateXnnpack};
use ava_protocol::tflite::{self, opcode};
use ava_protocol::wire::{Data, Slice, Texts};
use ava_worker_fuzz::records;
use ava_worker_fuzz::{run, run_scribbled};

use super::Program;

/// Ids of the program's.
const MODEL: u64 = 1;
const OPTIONS: u64 = 2;
const INTERPRETER: u64 = 3;
const RUNNER: u64 = 4;
const DELEGATE: u64 = 5;
const SIZE: u64 = 4096;

pub fn program() -> Vec<u8> {
    let mut p = Program(records::begin(&tflite::API));
    let model = Data::Inline(&[7; 32]);
    let create = tflite::TfLiteModelCreate::Request {
        model_data: model,
        model_data_address: 0x1000,
        model_size: 32,
        new_object: MODEL,
    };
    p.call(opcode::TfLiteModelCreate, &create);
    p.call(
        opcode::TfLiteInterpreterOptionsCreate,
        &tflite::TfLiteInterpreterOptionsCreate::Request { new_object: OPTIONS },
    );
    let xnnpack =
        CreateXnnpack { new_object: DELEGATE, given: true, num_threads: 2, flags: 3, handle_variable_ops: true };
    p.call(opcode::TfLiteXNNPackDelegateCreate, &xnnpack);
    let interpreter =
        tflite::TfLiteInterpreterCreate::Request { model: MODEL, optional_options: OPTIONS, new_object: INTERPRETER };
    p.call(opcode::TfLiteInterpreterCreate, &interpreter);
    let text = |text| Texts { null: false, items: vec![Some(text)], more: Data::Null };
    let external = CreateExternal {
        new_object: DELEGATE + 1,
        library: Data::Inline(b"libnone.so"),
        keys: text(b"key"),
        values: text(b"value"),
    };
    p.call(opcode::TfLiteExternalDelegateCreate, &external);
    let runner = tflite::TfLiteInterpreterGetSignatureRunner::Request {
        interpreter: INTERPRETER,
        signature_key: Data::Null,
        new_object: RUNNER,
    };
    p.call(opcode::TfLiteInterpreterGetSignatureRunner, &runner);
    tensors(&mut p);
    for delegate in [DELEGATE, DELEGATE] {
        p.call(opcode::TfLiteXNNPackDelegateDelete, &tflite::TfLiteXNNPackDelegateDelete::Request { delegate });
    }
    p.call(opcode::TfLiteInterpreterDelete, &tflite::TfLiteInterpreterDelete::Request { interpreter: INTERPRETER });
    p.0
}

fn tensors(p: &mut Program) {
    let (interpreter, signature_runner) = (INTERPRETER, RUNNER);
    p.call(
        opcode::TfLiteInterpreterGetInputTensor,
        &tflite::TfLiteInterpreterGetInputTensor::Request { interpreter, input_index: 0 },
    );
    p.call(
        opcode::TfLiteInterpreterGetOutputTensor,
        &tflite::TfLiteInterpreterGetOutputTensor::Request { interpreter, output_index: 0 },
    );
    p.call(
        opcode::TfLiteInterpreterGetVariableTensor,
        &tflite::TfLiteInterpreterGetVariableTensor::Request { interpreter, variable_index: 0 },
    );
    for index in [1, -1] {
        p.call(opcode::TfLiteInterpreterGetTensor, &tflite::TfLiteInterpreterGetTensor::Request { interpreter, index });
    }
    let named =
        tflite::TfLiteSignatureRunnerGetInputTensor::Request { signature_runner, input_name: Data::Inline(b"even") };
    p.call(opcode::TfLiteSignatureRunnerGetInputTensor, &named);
    p.plain(Tag::AddRegion, 1, &SIZE.to_le_bytes());
    for number in 1..=4 {
        let slice = Slice { region: 1, offset: 0, len: SIZE, pending: 0 };
        p.call(mirror::opcode::MEMORY, &Memory { number, slice });
    }
    for _ in 0..2 {
        p.call(opcode::TfLiteInterpreterInvoke, &tflite::TfLiteInterpreterInvoke::Request { interpreter: INTERPRETER });
    }
    for (tensor, num_bytes) in [(1, 64), (2, 8192), (3, 0), (4, 1 << 40)] {
        p.call(opcode::TfLiteTensorRealloc, &tflite::TfLiteTensorRealloc::Request { num_bytes, tensor });
    }
    for t in [1, 2, 3, 4] {
        p.call(opcode::TfLiteTensorGetDataStability, &tflite::TfLiteTensorGetDataStability::Request { t });
    }
    p.call(
        opcode::TfLiteSignatureRunnerInvoke,
        &tflite::TfLiteSignatureRunnerInvoke::Request { signature_runner: RUNNER },
    );
    p.call(mirror::opcode::PIECE, &AskPiece { parcel: 1, offset: 0 });
    p.plain(Tag::DropRegion, 1, &[]);
}

#[test]
fn tensors_are_served() {
    let tally = run(&program());
    // Nothing waits to be fetched in pieces; the delegate is gone when it is released again.
    assert_eq!((tally.malformed, tally.refusals), (1, 1), "{tally:?}");
    assert!(tally.replies > 20, "{tally:?}");
    assert_eq!(run_scribbled(&program()), tally);
}
