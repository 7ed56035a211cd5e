//! The broker's accounting is correct: bytes over every path, including the last call, however the session ends.

use std::os::fd::AsFd;
use std::process::Command;
use std::time::{Duration, Instant};

use ava_protocol::admin::{Session, State};
use ava_tests::administration::{detail, sessions};
use ava_tests::running::{Running, ready};
use ava_tests::vendor::{softhsm, tflite};
use ava_tests::{Ended, Program, Vendor, World, built};
use ava_transport::processor;
use rustix::process::{Pid, PidfdFlags, Signal, kill_process, pidfd_open};

/// The deadline of any step, on a loaded machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// The number of one-way calls at the end of `accounts/opencl.c`.
const AHEAD: u64 = 300;

fn opencl(end: &str) -> Program {
    Program::new(built::compiled("accounts-opencl", "accounts/opencl.c", &["-lOpenCL"])).args([end]).within(PATIENCE)
}

fn session_of(world: &World, program: u32) -> Session {
    let mut all = sessions(&world.socket());
    all.retain(|session| u32::try_from(session.pid) == Ok(program));
    assert_eq!(all.len(), 1, "{all:?}");
    all.remove(0)
}

/// The data of the program's session after its end.
fn ended(world: &World, program: u32) -> Session {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let session = session_of(world, program);
        if session.state == State::Ended {
            return session;
        }
        assert!(Instant::now() < deadline, "{session:?}");
        std::thread::yield_now();
    }
}

/// Compares what a program reports that it has moved with the broker's counts, step by step up to the one called `last`,
/// whose report is returned.
#[track_caller]
fn account(world: &World, program: &mut Running, last: &str) -> (u64, u64) {
    let mut wrong = Vec::new();
    for number in 1.. {
        let ends = format!(" step {number}");
        let said = program.wait_for(&format!("{ends}\n"));
        let line = said.lines().find_map(|line| line.strip_suffix(&ends)).unwrap();
        let [name, given, got] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{said}") };
        let moved = (given.parse().unwrap(), got.parse().unwrap());
        if name == last {
            assert!(wrong.is_empty(), "{wrong:#?}");
            return moved;
        }
        let session = session_of(world, program.id());
        let shown = (session.bytes_in, session.bytes_out);
        if shown != moved {
            wrong.push(format!("{name}: {moved:?} moved, {shown:?} shown"));
        }
        program.tell("go on\n");
    }
    unreachable!("steps end")
}

/// Each path of data, followed by one-way calls, in a program that exits at once.
#[track_caller]
fn opencl_is_accounted(world: &World, program: &Program, over_sockets: bool, end: Ended) {
    let mut program = world.start_remote(program);
    let moved = account(world, &mut program, "ahead");
    // Its worker is late: it has served none of them when the program exits.
    let id = program.id();
    let process = |number: u32| Pid::from_raw(i32::try_from(number).unwrap()).unwrap();
    let before = session_of(world, id);
    // A socket takes only some calls while the worker does not read.
    let worker = (!over_sockets).then(|| process(before.worker_pid));
    let over = pidfd_open(process(id), PidfdFlags::empty()).unwrap();
    worker.into_iter().for_each(|worker| kill_process(worker, Signal::STOP).unwrap());
    program.tell("go on\n");
    assert!(ready(&[over.as_fd()], Instant::now() + PATIENCE), "it waits for its worker");
    worker.into_iter().for_each(|worker| kill_process(worker, Signal::CONT).unwrap());
    assert_eq!(program.answer().ended, end);
    let session = ended(world, id);
    assert_eq!((session.bytes_in, session.bytes_out), moved, "{session:?}");
    assert_eq!((session.calls, session.commands), (before.calls + AHEAD, before.commands + AHEAD), "{session:?}");
}

#[test]
fn data_is_counted_by_every_way_that_it_takes() {
    let world = World::new(Vendor::Pocl);
    opencl_is_accounted(&world, &opencl("exit"), false, Ended::With(0));
    opencl_is_accounted(&world, &opencl("kill"), false, Ended::By(9));
    opencl_is_accounted(&world, &opencl("exit").env("AVA_TRANSPORT", "socket"), true, Ended::With(0));
    opencl_is_accounted(&world, &opencl("kill").env("AVA_TRANSPORT", "socket"), true, Ended::By(9));
}

#[test]
fn data_is_counted_on_another_vendor() {
    opencl_is_accounted(&World::new(Vendor::Intel), &opencl("exit"), false, Ended::With(0));
}

/// All steps of a program.
#[track_caller]
fn is_accounted(world: &World, program: &Program) {
    let mut program = world.start_remote(program);
    let moved = account(world, &mut program, "last");
    program.tell("end\n");
    let session = ended(world, program.id());
    assert_eq!((session.bytes_in, session.bytes_out), moved, "{session:?}");
    assert_eq!(program.answer().ended, Ended::With(0));
}

#[test]
fn messages_and_objects_of_tokens_are_counted() {
    let program = built::compiled("accounts-pkcs11", "accounts/pkcs11.c", &["-I/usr/include/p11-kit-1", "-ldl"]);
    let program = Program::new(program).env("PKCS11_MODULE", softhsm()).within(PATIENCE);
    let world = World::new(Vendor::SoftHsm);
    is_accounted(&world, &program);
    is_accounted(&world, &program.env("AVA_TRANSPORT", "socket"));
}

#[test]
fn models_and_tensors_are_counted() {
    let library = tflite("2.17");
    let flags = [format!("-I{}/include", library.display()), format!("-L{}", library.display())];
    let flags = [&flags[0], &flags[1], "-ltensorflowlite_c"];
    let program = Program::new(built::compiled("accounts-tflite", "accounts/tflite.c", &flags));
    let program = program.env("TFLITE_MODELS", tflite("models")).env("LD_LIBRARY_PATH", &library).within(PATIENCE);
    let mut world = World::without_broker(Vendor::Pocl)
        .with_arguments([std::path::Path::new("--vendor-library-path"), library.as_path()]);
    world.start_broker();
    is_accounted(&world, &program);
}

/// Device memory that addresses and handles stand for counts from the call that takes it to the one that gives it back, or ends
/// what it is of.
#[test]
fn device_memory_is_counted_by_what_stands_for_it() {
    let world = World::new(Vendor::SoftCuda);
    let program = Program::new("python3").args([built::tests().join("accounts/cuda.py")]).within(PATIENCE);
    for transport in ["ring", "socket"] {
        let mut program = world.start_remote(&program.clone().env("AVA_TRANSPORT", transport));
        let mut wrong = Vec::new();
        for number in 1.. {
            let ends = format!(" step {number}");
            let said = program.wait_for(&format!("{ends}\n"));
            let line = said.lines().find_map(|line| line.strip_suffix(&ends)).unwrap();
            let (what, held) = line.rsplit_once(' ').unwrap();
            let shown = session_of(&world, program.id()).memory_bytes;
            if shown.to_string() != held {
                wrong.push(format!("{what}: {held} held, {shown} shown"));
            }
            program.tell("go on\n");
            if what == "last" {
                break;
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
        assert_eq!(program.answer().ended, Ended::With(0));
    }
}

/// The worker counts where the broker reads, so that not even its sudden death loses a count.
#[test]
fn a_killed_worker_loses_no_counts() {
    let world = World::new(Vendor::Pocl);
    let mut program = world.start_remote(&opencl("exit"));
    let (mut moved, mut worker) = (None, None);
    for number in 1.. {
        let ends = format!(" step {number}");
        let said = program.wait_for(&format!("{ends}\n"));
        let line = said.lines().find_map(|line| line.strip_suffix(&ends)).unwrap();
        let [name, given, got] = line.split(' ').collect::<Vec<_>>()[..] else { panic!("{said}") };
        moved = Some((given.parse().unwrap(), got.parse().unwrap()));
        // The broker is not asked again before the worker is gone.
        worker = worker.or_else(|| Pid::from_raw(session_of(&world, program.id()).worker_pid.cast_signed()));
        if name == "ahead" {
            break;
        }
        program.tell("go on\n");
    }
    kill_process(worker.unwrap(), Signal::KILL).unwrap();
    let session = ended(&world, program.id());
    assert_eq!(Some((session.bytes_in, session.bytes_out)), moved, "{session:?}");
    assert!(session.calls > 0 && session.commands > 0 && !session.devices.is_empty(), "{session:?}");
}

/// How often a program waits for an answer between its two steps.
#[track_caller]
fn waits_between(world: &World, program: Program, variables: &[(&str, &str)]) -> u64 {
    let program = variables.iter().fold(program, |program, (name, value)| program.env(name, value));
    let mut program = world.start_remote(&program.within(PATIENCE));
    let mut count = |step: &str| {
        program.wait_for(step);
        let waits = session_of(world, program.id()).waits;
        program.tell("go on\n");
        waits
    };
    let (before, after) = (count(" step 1\n"), count(" step 2\n"));
    assert_eq!(program.answer().ended, Ended::With(0));
    after - before
}

/// The same for a hundred rounds of what an OpenCL program does.
#[track_caller]
fn waits(world: &World, round: &str, variables: &[(&str, &str)]) -> u64 {
    let program = Program::new(built::compiled("accounts-crossings", "accounts/crossings.c", &["-lOpenCL"]));
    waits_between(world, program.args([round]), variables)
}

/// What a program knows, or is told with the reply that it waits for, it does not ask: the most waits in a hundred rounds, over
/// which each program makes many more calls that have an answer. A few are left for commands that complete a moment after the
/// vendor has said so, and for new buffers when all places that are known to be free are taken.
#[track_caller]
fn only_waits(vendor: Vendor, variables: &[(&str, &str)]) {
    let world = World::new(vendor);
    let few = 5;
    let most = [("finish", 100), ("wait", 100), ("many", 100), ("transfer", 100), ("empty", 0)];
    let most =
        most.into_iter().chain([("turn", 100), ("turn-finish", 100), ("image", 100), ("object", 0), ("alike", 0)]);
    let wrong: Vec<_> = most
        .filter_map(|(round, most)| {
            let waits = waits(&world, round, variables);
            (waits > most + if round == "empty" { 0 } else { few })
                .then(|| format!("{round}: {waits} waits, not {most}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{vendor:?}, {variables:?}: {wrong:?}");
}

#[test]
fn what_is_known_is_not_asked() {
    only_waits(Vendor::Pocl, &[]);
    only_waits(Vendor::Intel, &[]);
    only_waits(Vendor::Pocl, &[("AVA_TRANSPORT", "socket")]);
}

/// How often `accounts/cuda-crossings.py` polls an event and a stream.
const POLLS: u64 = 20_000;

/// What a CUDA program gives a device again and again it does not wait for; of what it makes it waits for the making.
#[test]
fn what_devices_are_given_is_not_waited_for() {
    let world = World::new(Vendor::SoftCuda);
    let round = |name: &str, variables: &[(&str, &str)]| {
        let program = Program::new("python3").args([built::tests().join("accounts/cuda-crossings.py")]).args([name]);
        waits_between(&world, program, variables)
    };
    for variables in [&[][..], &[("AVA_TRANSPORT", "socket")]] {
        let waits = ["step", "asked", "played", "reserved", "settled", "synchronized", "made"]
            .map(|name| round(name, variables));
        assert_eq!(waits, [0, 0, 0, 100, 100, 100, 200], "{variables:?}");
        // A long copy goes in parts of 1 MiB.
        assert_eq!(round("long", variables), 1600, "{variables:?}");
        // The worker is asked again every few milliseconds, or after thousands of answers.
        let waits = round("polled", variables);
        assert!(waits < POLLS / 100, "{waits} waits, {variables:?}");
    }
    let strict = ["step", "long", "polled"].map(|name| round(name, &[("AVA_STRICT", "1")]));
    assert_eq!(strict, [1000, 200, POLLS]);
}

/// With the variable, every call crosses and waits.
#[test]
fn a_strict_program_is_told_nothing_ahead() {
    let world = World::new(Vendor::Pocl);
    let strict = [("AVA_STRICT", "1")];
    // A launch, a wait for it, two times, the event's status, its release.
    assert_eq!(waits(&world, "finish", &strict), 600);
    assert_eq!(waits(&world, "empty", &strict), 200);
    // A creation, three questions, a release.
    assert_eq!(waits(&world, "object", &strict), 500);
}

/// A search for a thousand objects, however few are asked for at a time: its begin and end, two pieces, and the last, which is
/// empty.
#[test]
fn what_is_found_is_brought_in_large_pieces() {
    let flags = ["-I/usr/include/p11-kit-1", "-ldl"];
    let find = |most: &str| {
        let program = Program::new(built::compiled("accounts-find", "accounts/find.c", &flags));
        program.args([most]).env("PKCS11_MODULE", softhsm())
    };
    let world = World::new(Vendor::SoftHsm);
    for transport in ["ring", "socket"] {
        let by = [("AVA_TRANSPORT", transport)];
        let waits = ["1", "10", "100"].map(|most| waits_between(&world, find(most), &by));
        assert_eq!(waits, [5, 5, 5], "{transport}");
        assert_eq!(waits_between(&world, find("1000"), &by), 4, "{transport}");
    }
    let strict = [("AVA_STRICT", "1")];
    assert_eq!(waits_between(&world, find("1"), &strict), 1003);
    assert_eq!(waits_between(&world, find("100"), &strict), 13);
}

/// How often a program has launched each kernel until it says so, as its session shows.
#[track_caller]
fn launches(world: &World, program: &Program) -> Vec<(String, u64)> {
    let mut program = world.start_remote(&program.clone().within(PATIENCE));
    program.wait_for("launched\n");
    let stats = detail(&world.socket(), session_of(world, program.id()).session).stats;
    program.tell("end\n");
    assert_eq!(program.answer().ended, Ended::With(0));
    stats.kernels.into_iter().map(|kernel| (kernel.name, kernel.launches)).collect()
}

/// A launch counts for the kernel of this name, whichever object it is of, as long as there is room for names; and what is counted
/// is kept.
#[test]
fn launches_are_counted_by_the_names_of_kernels() {
    let mut world = World::new(Vendor::Pocl);
    let program = Program::new(built::compiled("accounts-kernels", "accounts/kernels.c", &["-lOpenCL"]));
    let kernel = |number: u64| (format!("kernel_{number}"), number);
    let expected = |named: u64| {
        let long = (format!("{}…", "n".repeat(61)), 2);
        std::iter::once(long).chain((1..=named).map(kernel)).collect::<Vec<_>>()
    };
    for transport in ["ring", "socket"] {
        let few = program.clone().args(["3"]).env("AVA_TRANSPORT", transport);
        assert_eq!(launches(&world, &few), expected(3), "{transport}");
    }
    let mut many = expected(31);
    many.push(("(others)".to_owned(), (32..=40).sum()));
    assert_eq!(launches(&world, &program.args(["40"])), many);

    let before = accounted(&world, "kernel", "csv");
    let times = |csv: &str, name: &str| -> Option<u64> {
        csv.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(",1,")?.parse().ok())
    };
    let names = ["(others)", "kernel_31", "kernel_3", "kernel_1", &many[0].0];
    assert_eq!(names.map(|name| times(&before, name)), [324, 31, 9, 3, 6].map(Some), "{before}");
    // Those that the vendor has refused are calls, and no launches.
    let functions = accounted(&world, "function", "csv");
    assert_eq!(times(&functions, "clEnqueueNDRangeKernel"), Some(838 + 3), "{functions}");
    world.kill_broker();
    world.start_broker();
    assert_eq!(accounted(&world, "kernel", "csv"), before);
    assert!(accounted(&world, "kernel", "table").starts_with("KERNEL"));
}

#[test]
fn launches_of_cuda_are_counted_by_the_names_of_kernels() {
    let world = World::new(Vendor::SoftCuda);
    let program = Program::new("python3").args([built::tests().join("accounts/cuda-kernels.py")]);
    let expected = [("nothing".to_owned(), 345), ("_Z5otherv".to_owned(), 2)];
    for transport in ["ring", "socket"] {
        assert_eq!(launches(&world, &program.clone().env("AVA_TRANSPORT", transport)), expected, "{transport}");
    }
}

/// What `avactl account` writes of all that there is.
fn accounted(world: &World, by: &str, format: &str) -> String {
    let mut avactl = Command::new(built::file("avactl"));
    avactl.args(["account", "--since", "2000-01-01", "--by", by, "--format", format]);
    let output = avactl.env("AVA_SOCKET", world.socket()).output().expect("avactl starts");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// Device seconds as text, and whose they are.
fn device_seconds(world: &World, by: &str) -> (String, f64) {
    let account: serde_json::Value = serde_json::from_str(&accounted(world, by, "json")).expect("JSON");
    let rows = account["rows"].as_array().expect("rows");
    assert!(account["schema"] == 1 && rows.len() == 1, "{account}");
    (rows[0]["name"].as_str().expect("a name").to_owned(), rows[0]["device_seconds"].as_f64().expect("seconds"))
}

#[test]
fn device_time_is_the_workers_and_is_kept_when_the_broker_is_killed() {
    let program = Program::new(built::compiled("accounts-busy", "accounts/busy.c", &["-lOpenCL"])).within(PATIENCE);
    let mut world = World::new(Vendor::Pocl);
    let mut program = world.start_remote(&program);
    program.wait_for("ready\n");
    let id = program.id();
    let clock = || {
        let session = session_of(&world, id);
        let worker = Pid::from_raw(session.worker_pid.cast_signed()).expect("a worker");
        (Duration::from_nanos(session.device_ns), processor::time(worker).expect("its clock"))
    };
    let before = clock();
    program.tell("go on\n");
    program.wait_for("computed\n");
    let after = clock();
    let (shown, used) = (after.0 - before.0, after.1 - before.1);
    // The kernel counts what runs by ticks of at most 10 ms: so much each of a few threads may be late.
    let late = Duration::from_millis(80);
    assert!(used > 2 * late, "it has computed: {used:?}");
    assert!(shown.abs_diff(used) <= late, "{shown:?} shown, {used:?} of the worker");
    program.tell("end\n");
    let last = Duration::from_nanos(ended(&world, id).device_ns).as_secs_f64();
    assert_eq!(program.answer().ended, Ended::With(0));

    // What was asked for is written.
    assert_eq!(device_seconds(&world, "session"), ("1".to_owned(), last));
    world.kill_broker();
    world.start_broker();
    for by in ["tenant", "user", "cgroup", "program", "device", "api", "session"] {
        let (name, seconds) = device_seconds(&world, by);
        assert!(!name.is_empty() && (seconds - last).abs() < 1e-9, "by {by}: {seconds} of {last} s for {name:?}");
        let table = accounted(&world, by, "table");
        assert!(table.starts_with(&by.to_uppercase()) && table.lines().count() == 2, "{table}");
        let csv = accounted(&world, by, "csv");
        let [head, row] = csv.lines().collect::<Vec<_>>()[..] else { panic!("{csv}") };
        let at = head.split(',').position(|title| title == "device_seconds").expect("a column");
        // Names of devices have commas, and then quotes.
        let from_behind = head.split(',').count() - at;
        let cell = row.rsplit(',').nth(from_behind - 1).expect("a cell");
        assert!((cell.parse::<f64>().expect("seconds") - last).abs() < 1e-9, "{csv}");
    }
}
