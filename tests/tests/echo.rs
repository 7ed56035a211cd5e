//! The echo vendor: a library with every function of a table that writes down what it is passed, and a program that calls
//! every function with made-up arguments and writes down what it passes and gets. Both logs are equal.
//!
//! The C is emitted from the table (`emit/echo.rs`) against the runtime in `tests/echo`.

#[path = "../echo/apis.rs"]
mod apis;
#[path = "../echo/logs.rs"]
mod logs;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ava_tables::build::TABLES;
use ava_tables::emit::echo::{self, ByHand, Served};
use ava_tests::{Ended, Vendor, World, built};

use apis::{CUDA, Echo, NVML, OPENCL, PKCS11, TFLITE, Table, api};
use logs::{Logs, function, shown};

/// What both sides wrote down.
struct Written {
    vendor: String,
    driver: String,
}

impl Written {
    fn read(directory: &Path, vendor: &Path) -> Self {
        let [vendor, driver] = [vendor.to_owned(), directory.join("driver.log")]
            .map(|log| fs::read_to_string(&log).unwrap_or_else(|error| panic!("{}: {error}", log.display())));
        Self { vendor, driver }
    }

    /// Calls, or callbacks, which come when they come.
    fn differences(&self, asked: &[&str]) -> Vec<String> {
        let mut logs = Logs::new(asked);
        let is_callback = |line: &&str| line.starts_with("callback-");
        let (came, seen): (Vec<_>, Vec<_>) = self.vendor.lines().partition(is_callback);
        let (had, passed): (Vec<_>, Vec<_>) =
            self.driver.lines().filter(|line| listed(line).is_none()).partition(is_callback);
        [logs.differences(&seen, &passed), logs.differences(&came, &had)].concat()
    }

    /// Asserts that both say the same, and of every function that crosses.
    fn compare(&self, echo: &Echo, asked: &[&str]) {
        let lines = || self.vendor.lines().chain(self.driver.lines());
        let problems: Vec<_> = lines().filter(|line| line.starts_with("PROBLEM")).collect();
        assert!(problems.is_empty(), "{}", shown(&problems));
        let differences = self.differences(asked);
        assert!(differences.is_empty(), "{}", shown(&differences));
        let served = echo::served(&echo.api, &echo.table.by_hand).expect("served");
        let written: BTreeSet<_> =
            self.driver.lines().map(function).chain(echo.table.unwritten.iter().copied()).collect();
        let lists: BTreeSet<_> = self.driver.lines().filter_map(listed).collect();
        for (f, served) in served {
            let name = f.name.as_str();
            match served {
                Served::Compared => assert!(written.contains(name), "{name} was not called"),
                Served::Refused => assert!(lists.contains(&(name, served)), "{name} was not refused"),
                Served::Local => assert!(lists.contains(&(name, served)), "{name} is not there"),
            }
        }
    }
}

/// A function that the driver lists, since the vendor sees nothing of it.
fn listed(line: &str) -> Option<(&str, Served)> {
    match line.split_once(' ')? {
        ("refused", name) => Some((name, Served::Refused)),
        ("local", name) => Some((name, Served::Local)),
        _ => None,
    }
}

/// What differs is found: a value, a handle that stands for two, a line too many or too few.
#[test]
fn differences_are_found() {
    let found = |vendor: &[&str], driver: &[&str]| Logs::new(&["ask"]).differences(vendor, driver).len();
    let calls = ["make -> ret=cl_mem#7", "use a=cl_mem#7 b=0x1"];
    assert_eq!(found(&calls, &["make -> ret=cl_mem#1", "use a=cl_mem#1 b=0x1"]), 0);
    assert_eq!(found(&calls, &["make -> ret=*", "use a=[cl_mem#1] b=0x1"]), 1);
    assert_eq!(found(&calls, &["make -> ret=cl_mem#1", "use a=cl_mem#2 b=0x1"]), 1);
    assert_eq!(found(&calls, &["make -> ret=cl_mem#1", "use a=cl_mem#1 b=0x2"]), 1);
    assert_eq!(found(&calls, &["make -> ret=cl_event#1", "use a=cl_mem#1 b=0x1"]), 1);
    assert_eq!(found(&calls, &["make -> ret=cl_mem#1"]), 1);
    assert_eq!(found(&calls, &["make -> ret=cl_mem#1", "use a=cl_mem#1 b=0x1", "use a=null b=0"]), 1);
    let asked = ["ask queue=cl_command_queue#1 -> ret=0", "one -> ret=0"];
    assert_eq!((found(&asked, &["one -> ret=0"]), found(&["one -> ret=0"], &asked)), (0, 2));
}

/// What the echo can serve in no way is refused, by its name.
#[test]
fn what_cannot_be_served_does_not_build() {
    let tables = [&CUDA, &NVML, &OPENCL, &PKCS11, &TFLITE];
    let names: BTreeSet<_> = tables.iter().map(|table| table.name).collect();
    assert_eq!(names, TABLES.iter().copied().collect(), "each table has its echo");
    for table in tables {
        let api = api(table.name);
        match echo::emit(&api, &ByHand::default()) {
            // Their tables say all that an echo needs.
            Ok(_) => assert!(["nvml", "pkcs11"].contains(&table.name), "{}", table.name),
            Err(problems) => {
                let named = |name: &str| problems.iter().any(|problem| problem.starts_with(&format!("{name}: ")));
                let missed = table.by_hand.vendor.iter().filter(|name| named(name)).count();
                assert!(missed > 0, "{}: {problems:#?}", table.name);
            }
        }
        let strange = ByHand { vendor: &["noSuchFunction"], ..table.by_hand };
        let problems = echo::emit(&api, &strange).expect_err("there is no such function");
        assert!(problems.iter().any(|problem| problem.starts_with("noSuchFunction: ")), "{problems:#?}");
    }
}

/// The echo vendor and its driver agree where nothing is between them, and a difference of any function would be seen.
fn is_true(table: &'static Table) {
    let (echo, world) = (Echo::new(table, true), World::without_broker(Vendor::Pocl));
    let directory = tempfile::tempdir().expect("a directory for the logs");
    let (program, log) = echo.program(directory.path());
    let program = program.env("ECHO_NATIVE", "1").env("LD_LIBRARY_PATH", &echo.library);
    let answer = world.native(&program);
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    let mut written = Written::read(directory.path(), &log);
    written.compare(&echo, table.asked);

    // The last value of each function's last line.
    // A callback without arguments says nothing but its name.
    let says_more = |(_, line): &(usize, &str)| line.contains(' ');
    let lines = written.vendor.lines().enumerate().filter(says_more);
    let last: BTreeMap<_, _> = lines.map(|(i, line)| (function(line), i)).collect();
    let is_certain = |name: &&str| !table.asked.contains(name) && !table.by_hand.vendor.contains(name);
    let changed: BTreeSet<_> = last.iter().filter(|(name, _)| is_certain(name)).map(|(_, i)| *i).collect();
    let lie = |(i, line): (usize, &str)| match line.rsplit_once(' ') {
        // Which number a side gives to a handle does not matter, but that it is one.
        Some((before, last)) if changed.contains(&i) => format!("{before} {}1\n", last.replace('#', "")),
        _ => format!("{line}\n"),
    };
    written.vendor = written.vendor.lines().enumerate().map(lie).collect();
    let differences = written.differences(table.asked);
    assert_eq!(differences.len(), changed.len(), "{}", shown(&differences));
}

#[test]
fn the_echo_of_cuda_is_true() {
    is_true(&CUDA);
}

#[test]
fn the_echo_of_nvml_is_true() {
    is_true(&NVML);
}

#[test]
fn the_echo_of_opencl_is_true() {
    is_true(&OPENCL);
}

#[test]
fn the_echo_of_pkcs11_is_true() {
    is_true(&PKCS11);
}

#[test]
fn the_echo_of_tflite_is_true() {
    is_true(&TFLITE);
}

/// What the vendor sees is what the program passes, and back.
#[test]
fn every_function_of_cuda_crosses() {
    crosses(&Echo::new(&CUDA, true), "ring");
}

#[test]
fn every_function_of_cuda_crosses_sockets() {
    crosses(&Echo::new(&CUDA, true), "socket");
}

#[test]
fn every_function_of_nvml_crosses() {
    crosses(&Echo::new(&NVML, true), "ring");
}

#[test]
fn every_function_of_nvml_crosses_sockets() {
    crosses(&Echo::new(&NVML, true), "socket");
}

#[test]
fn every_function_of_opencl_crosses() {
    crosses(&Echo::new(&OPENCL, true), "ring");
}

#[test]
fn every_function_of_opencl_crosses_sockets() {
    crosses(&Echo::new(&OPENCL, true), "socket");
}

/// Likewise of a vendor whose extensions are older, and their functions with them.
#[test]
fn every_function_of_opencl_crosses_as_it_was_first() {
    crosses(&Echo::new(&OPENCL, false), "ring");
}

#[test]
fn every_function_of_pkcs11_crosses() {
    crosses(&Echo::new(&PKCS11, true), "ring");
}

#[test]
fn every_function_of_pkcs11_crosses_sockets() {
    crosses(&Echo::new(&PKCS11, true), "socket");
}

#[test]
fn every_function_of_tflite_crosses() {
    crosses(&Echo::new(&TFLITE, true), "ring");
}

#[test]
fn every_function_of_tflite_crosses_sockets() {
    crosses(&Echo::new(&TFLITE, true), "socket");
}

fn crosses(echo: &Echo, transport: &str) {
    let world = World::without_broker(Vendor::Pocl);
    let directory = tempfile::tempdir().expect("a directory for the logs");
    let (program, vendor) = echo.program(directory.path());
    let mut broker = Broker::start(&world, echo, directory.path());
    // What the shim answers itself and what it sends without waiting is not to be seen here: everything crosses.
    let answer = world.remote(&program.env("AVA_STRICT", "1").env("AVA_TRANSPORT", transport));
    let log = broker.session();
    assert_eq!(answer.ended, Ended::With(0), "{answer}\nthe broker's log:\n{log}");
    // Nor does the worker ask more than the program, to answer ahead.
    Written::read(directory.path(), &vendor).compare(echo, echo.table.asked);
    assert!(!log.contains("signal"), "the broker's log:\n{log}");
}

/// A broker that serves the echo vendor.
struct Broker {
    child: Child,
    log: BufReader<UnixStream>,
}

impl Broker {
    fn start(world: &World, echo: &Echo, directory: &Path) -> Self {
        let limit = Some(Duration::from_secs(30));
        let notices = UnixDatagram::bind(directory.join("notify")).expect("a socket for the broker's notice");
        let (log, stderr) = UnixStream::pair().expect("a pair of sockets");
        notices.set_read_timeout(limit).and_then(|()| log.set_read_timeout(limit)).expect("limits");
        let mut command = Command::new(built::file("ava-broker"));
        command.arg("--socket").arg(world.socket()).arg("--vendor-library-path").arg(&echo.library);
        if echo.table.is_told {
            command.arg("--sandbox-write").arg(directory);
        }
        command.args(echo.arguments());
        command.env_clear().env("HOME", directory);
        command.env("NOTIFY_SOCKET", directory.join("notify")).env("AVA_LOG", "info");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(OwnedFd::from(stderr));
        let broker = Self { child: command.spawn().expect("the broker starts"), log: BufReader::new(log) };
        let mut notice = [0; 512];
        loop {
            let len = notices.recv(&mut notice).expect("a notice of the broker, in time");
            if notice[..len].split(|byte| *byte == b'\n').any(|line| line == b"READY=1") {
                return broker;
            }
        }
    }

    /// What it logged up to the end of the session.
    fn session(&mut self) -> String {
        let mut log = String::new();
        while !log.contains("session ended") {
            match self.log.read_line(&mut log) {
                Ok(1..) => {}
                end => panic!("the session does not end: {end:?}\n{log}"),
            }
        }
        log
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
