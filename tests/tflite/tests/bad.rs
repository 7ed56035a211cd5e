//! Programs that do what they should not: the API's error, a reason in the broker's log, and a program beside them that
//! notices nothing.

use std::time::{Duration, Instant};

use ava_tests::administration::sessions;
use ava_tests::{Answer, Ended, Program, Running, World};

use super::{New, Old, Version, delegate, served, world, world_of};

/// How long anything may take: much longer than it should, on a machine that does much else.
const PATIENCE: Duration = Duration::from_mins(1);

/// A program that computes beside what the test does, with a session of its own.
struct Beside {
    world: World,
    steady: Running,
}

impl Beside {
    fn new(version: Version) -> Self {
        let world = world(version);
        let steady = begin(&world, version);
        Self { world, steady }
    }

    /// Runs one of the cases of bad use.
    #[track_caller]
    fn run(&self, of: Version, case: &str) -> Answer {
        let before = served(&self.world).len();
        let answer = self.world.through_avactl(&of.program("bad").args(["run", case]));
        // One, and another where it begins again after the first is lost.
        let begun = 1 + usize::from(case == "dies");
        assert_eq!(served(&self.world).len(), before + begun, "{answer}");
        answer
    }

    /// Runs one likewise, which ends well and says this.
    #[track_caller]
    fn says(&self, of: Version, case: &str, lines: &[&str]) -> Answer {
        let answer = self.run(of, case);
        assert_eq!(answer.ended, Ended::With(0), "{answer}\n{}", self.world.log());
        for line in lines {
            let line = format!("{case}: {line}");
            assert!(answer.stdout.lines().any(|said| said == line), "no {line:?}: {answer}");
        }
        answer
    }

    /// Waits until the broker's log holds this.
    #[track_caller]
    fn logs(&self, text: &str) {
        let deadline = Instant::now() + PATIENCE;
        while !self.world.log().contains(text) {
            assert!(Instant::now() < deadline, "no {text:?} in the log:\n{}", self.world.log());
            std::thread::yield_now();
        }
    }

    /// The session of the last program ended in this way.
    #[track_caller]
    fn ends(&self, reason: &str) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let mut all = sessions(&self.world.socket());
            all.sort_by_key(|session| session.session);
            let pid = all.last().expect("a session").pid;
            // The first that the last program had.
            let first = all.into_iter().find(|session| session.pid == pid).expect("a session");
            if let Some(ended) = &first.ended {
                assert!(ended.contains(reason), "{first:?}");
                return;
            }
            assert!(Instant::now() < deadline, "{first:?}");
            std::thread::yield_now();
        }
    }

    /// The program beside it all goes on and ends as it should, and another can begin.
    #[track_caller]
    fn stays_unharmed(mut self, version: Version) {
        let another = begin(&self.world, version);
        self.steady.tell("another\n");
        self.steady.wait_for("round another\n");
        for program in [self.steady, another] {
            let answer = program.answer();
            assert_eq!(answer.ended, Ended::With(0), "{answer}\n{}", self.world.log());
            assert!(answer.stdout.ends_with("right to the end\n"), "{answer}");
        }
    }
}

fn begin(world: &World, version: Version) -> Running {
    let program = version.program("steady").within(4 * PATIENCE);
    let mut steady = world.start_through_avactl(&program);
    steady.wait_for("steady\n");
    steady
}

const RIGHT: &str = "then: y FLOAT32 [1,3] = 30.25 0 4";
const GONE: &str = "; what was made with it fails, what is made from now on gets a new one";

#[test]
fn models_that_are_none() {
    for version in [Old, New] {
        let beside = Beside::new(version);
        for case in ["model_notflat", "model_truncated"] {
            let answer = beside.world.through_avactl(&version.program("client").args(["run", case]));
            assert!(answer.stdout.contains("from file: none, from memory: none"), "{answer}");
            assert_eq!(answer.ended, Ended::With(0), "{answer}");
        }
        beside.stays_unharmed(version);
    }
}

/// 2.9 does not survive being refused memory; 2.17 is given addresses that nobody may use.
#[test]
fn a_model_of_a_terabyte() {
    let beside = Beside::new(Old);
    let answer = beside.says(Old, "huge", &["AllocateTensors: an answer", "input: none, data: none"]);
    assert!(answer.stderr.contains(GONE), "{answer}");
    beside.ends("signal 6 (SIGABRT)");
    beside.stays_unharmed(Old);

    let beside = Beside::new(New);
    beside.says(New, "huge", &["AllocateTensors: an answer", "AllocateTensors of fc is 0"]);
    beside.stays_unharmed(New);
}

#[test]
fn a_library_that_dies_or_throws() {
    for version in [Old, New] {
        let beside = Beside::new(version);
        let failed = [
            "Invoke is 1",
            "and of the other 1",
            "AllocateTensors is 1",
            "a model: some",
            "options: some",
            "input: none",
        ];
        let answer = beside.says(version, "dies", &failed);
        let held = format!("dies: 16 bytes, name x, version {}.", version.name());
        assert!(answer.stdout.contains(&held), "no {held:?}: {answer}");
        assert_eq!(answer.stderr.matches("ava: ").count(), 1, "{answer}");
        assert!(answer.stderr.contains(GONE), "{answer}");
        beside.ends("signal 8 (SIGFPE)");
        let answer = beside.says(version, "throws", &["ResizeInputTensor is 1", "AllocateTensors is 1"]);
        assert_eq!(answer.stderr.matches(GONE).count(), 1, "{answer}");
        // As natively, it says what it has thrown.
        let words = "terminate called after throwing an instance of 'std::length_error'";
        assert!(answer.stderr.starts_with(&format!("{words}\n  what():  ")), "{answer}");
        beside.ends(&format!("signal 6 (SIGABRT): {words}; "));
        beside.stays_unharmed(version);
    }
}

#[test]
fn indexes_that_nobody_has() {
    for version in [Old, New] {
        let beside = Beside::new(version);
        let wrong = [
            "input 7: none, index 0",
            "input -1: none, index 0",
            "output 7: none, index 0",
            "resize 7: 1",
            "resize -2147483648: 1",
            "dimension 2: 0",
            RIGHT,
        ];
        beside.says(version, "indexes", &wrong);
        beside.logs("TfLiteInterpreterGetInputTensor: input_index < TfLiteInterpreterGetInputTensorCount(interpreter) does not hold of -1 and 1");
        beside.logs("TfLiteInterpreterResizeInputTensor: input_index < TfLiteInterpreterGetInputTensorCount(interpreter) does not hold of 7 and 1");
        beside.stays_unharmed(version);
    }
    let beside = Beside::new(New);
    let wrong = [
        "tensor 100000: none",
        "variable -1: none",
        "key 9: none",
        "key -2147483648: none",
        "readable 9: 1",
        "readable 100000: 1",
        "readable -1: 1",
        "runner: none",
        "input name 9: none",
        "output name -1: none",
        "input: none",
        "output: none",
        "resize: 1",
    ];
    beside.says(New, "indexes_of_signatures", &wrong);
    beside.logs("TfLiteInterpreterGetTensor: the vendor has no such struct");
    beside.logs("TfLiteInterpreterEnsureTensorDataIsReadable: TfLiteInterpreterGetTensor(interpreter, tensor_index) != 0 does not hold of 0 and 0");
    beside.stays_unharmed(New);
}

/// The shim answers: to the worker these never come.
#[test]
fn handles_that_nobody_gave() {
    for version in [Old, New] {
        let beside = Beside::new(version);
        let wrong = [
            "allocate 1, invoke 1, resize 1, inputs 0",
            "input none, output none",
            "interpreter of it: none",
            "options invoked: 1",
            "options as a model: none",
            RIGHT,
        ];
        beside.says(version, "unknown_handles", &wrong);
        beside.says(version, "deleted", &["invoke 1, allocate 1, input none", RIGHT]);
        beside.stays_unharmed(version);
    }
}

#[test]
fn tensors_larger_than_anything() {
    for version in [Old, New] {
        let beside = Beside::new(version);
        let sizes = ["data of 1000000000000000 bytes: none", "data of ffffffffffffffff bytes: none", RIGHT];
        beside.says(version, "realloc_huge", &sizes);
        beside.stays_unharmed(version);
    }
}

#[test]
fn tensors_that_change_meanwhile() {
    for version in [Old, New] {
        let beside = Beside::new(version);
        let quiet = ["0 failed", "quiet: y FLOAT32 [1,3] = 30.25 0 4"];
        beside.says(version, "written_meanwhile", &quiet);
        let quiet = ["2000 answered; quiet: Invoke is 0", "threeone"];
        beside.says(version, "indices_written_meanwhile", &quiet);
        beside.stays_unharmed(version);
    }
}

// What is not there.

/// A program of 2.17 finds the library of 2.9.
#[test]
fn what_the_library_lacks_fails_alone() {
    let beside = Beside::new(Old);
    let lacking = [
        "library 2.9.0",
        "model: none",
        "copy of options: none",
        "cancellation: 1",
        "cancel: 1",
        "tensor: none, variable: none",
        "variables 0, signatures 0",
        "key: none, runner: none",
        "readable: 1",
        "inputs of none: 0",
        "invoking none: 1",
        RIGHT,
    ];
    beside.says(New, "lacking", &lacking);
    for function in
        ["ModelCreateWithErrorReporter", "InterpreterOptionsCopy", "InterpreterGetTensor", "TensorGetDataKnownStep"]
    {
        beside.logs(&format!("the vendor's library lacks TfLite{function}"));
    }
    beside.says(New, "lacking_xnnpack", &["flags 0", "ModifyGraph is 0", RIGHT]);
    beside.logs("the vendor's library lacks TfLiteXNNPackDelegateGetFlags");
    beside.stays_unharmed(Old);
}

#[test]
fn without_a_library_nothing_is_made_and_one_line_says_why() {
    let empty = tempfile::tempdir().unwrap();
    for version in [Old, New] {
        let world = world_of(empty.path());
        let answer = world.through_avactl(&version.program("bad").args(["run", "nothing"]));
        assert_eq!(answer.ended, Ended::With(0), "{answer}");
        for line in [
            "model: none",
            "model from file: none",
            "options: none",
            "interpreter: none",
            "delegate: none",
            "invoke: 1",
        ] {
            assert!(answer.stdout.contains(&format!("nothing: {line}\n")), "no {line:?}: {answer}");
        }
        assert_eq!(answer.stderr.lines().count(), 1, "{answer}");
        assert!(answer.stderr.contains("libtensorflowlite_c.so: cannot open shared object file"), "{answer}");
    }
}

// What AvA refuses.

#[test]
fn what_would_run_in_the_worker_is_refused_where_errors_are_reported() {
    let reported = |what: &str, function: &str, why: &str| {
        format!("{what}: reported \"TfLite{function} is not available through AvA: {why}\"")
    };
    let operator = "an operator would run in the program: use an external delegate";
    let of_delegate = "a delegate would run in the program: use XNNPACK or an external one";
    let custom = reported("a custom operator", "InterpreterOptionsAddCustomOp", operator);
    let delegate = reported("a delegate", "InterpreterOptionsAddDelegate", of_delegate);
    let profiler = "a profiler would run in the program: measure with avactl";
    let memory = "program memory cannot be a tensor: let the interpreter allocate it";
    for version in [Old, New] {
        let beside = Beside::new(version);
        let answer = beside.says(version, "refused", &[&custom, &delegate, RIGHT]);
        assert!(!answer.stderr.contains("AvA"), "{answer}");
        if version == New {
            let more = [
                reported("an operator resolver", "InterpreterOptionsSetOpResolver", operator),
                reported("a profiler", "InterpreterOptionsSetTelemetryProfiler", profiler),
                reported("a delegate for an interpreter", "InterpreterModifyGraphWithDelegate", of_delegate),
                reported("memory", "InterpreterSetCustomAllocationForTensor", memory),
            ];
            for line in more {
                assert!(answer.stdout.contains(&line), "no {line:?}: {answer}");
            }
        }
        beside.stays_unharmed(version);
    }
}

/// The interpreter does without the delegate; natively it crashes.
#[test]
fn delegates_that_are_not_allowed_or_fail() {
    let beside = Beside::new(Old);
    let run = |program: Program| beside.world.through_avactl(&program);
    let missing = run(Old.program("client").args(["run", "external_missing"]));
    assert_eq!(missing.ended, Ended::With(0), "{missing}");
    let why = "the broker does not allow it: start it with --plugin FILE";
    assert!(missing.stderr.contains(&format!("external delegate \"libnothing-of-that-name.so\": {why}")), "{missing}");
    beside.logs(&format!("TfLiteExternalDelegateCreate: {why}"));
    let refuses = run(Old.program("client").args(["run", "external_refuses"]));
    assert_eq!(refuses.ended, Ended::With(0), "{refuses}");
    assert!(refuses.stderr.contains("ERROR: the delegate does not want to\n"), "{refuses}");
    // The same file by another path is another file.
    let around = delegate().parent().unwrap().join("../delegate/libedgetpu.so.1");
    let around = run(Old.program("client").args(["run", "external"]).env("TFLITE_DELEGATE", around));
    assert!(around.stderr.contains(why) && around.ended == Ended::With(1), "{around}");
    beside.stays_unharmed(Old);
}
