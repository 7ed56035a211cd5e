//! The echo vendor: a library with every function of the table that writes down what it is passed, and a program that
//! calls every function with made-up arguments and writes down what it passes and gets. Both logs are equal.
//!
//! The C is emitted from the table (`emit/echo.rs`) against the runtime in `tests/echo`.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{BufRead, BufReader};
use std::os::fd::OwnedFd;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ava_tests::{Ended, Program, Vendor, World, built};

/// What `tests/echo/vendor_by_hand.c` and `driver_by_hand.c` have, besides the functions that return addresses.
const BY_HAND: &[&str] = &["clSetKernelArg"];
/// Looked up, rather than written down: the driver finds its functions by them.
const LOOK_UPS: &[&str] = &["clGetExtensionFunctionAddress", "clGetExtensionFunctionAddressForPlatform"];
/// What shim and worker ask the vendor themselves, and what the driver calls to wait: the vendor may see more of these
/// than the driver has written down.
const ASKED: &[&str] = &[
    "clFinish",
    "clGetCommandQueueInfo",
    "clGetDeviceIDs",
    "clGetDeviceInfo",
    "clGetEventInfo",
    "clGetImageInfo",
    "clGetMemObjectInfo",
    "clGetPlatformIDs",
    "clGetPlatformInfo",
    "clGetProgramInfo",
    "clReleaseEvent",
    "clRetainEvent",
    "clSetMemObjectDestructorCallback",
    "callback-clSetMemObjectDestructorCallback",
    "clWaitForEvents",
];

/// The library's directory and the program.
struct Echo {
    library: PathBuf,
    driver: PathBuf,
    api: ava_tables::model::Api,
}

impl Echo {
    /// With the extensions in their newest versions, or in their first.
    fn new(newest: bool) -> Self {
        let mut api = ava_tables::read(&built::root().join("api-tables/opencl.rs")).expect("the table is right");
        let version = if newest { "newest" } else { "first" };
        if !newest {
            api.functions.iter_mut().for_each(|f| f.params.retain(|p| p.since.is_none()));
        }
        let files = ava_tables::emit::echo::emit(&api, BY_HAND);
        let out = built::directory().join("ava-tests/echo").join(version);
        fs::create_dir_all(&out).expect("a directory for what is emitted");
        for (name, text) in
            [("echo_table.h", files.table), ("echo_vendor.c", files.vendor), ("echo_driver.c", files.driver)]
        {
            fs::write(out.join(name), text).expect("what is emitted is written");
        }
        let compiled = |name: &str, emitted: &str, own: &[&str], more: &[&str]| {
            let sources = own.iter().map(|file| built::tests().join("echo").join(file));
            let mut flags: Vec<_> = sources.chain([out.join(emitted)]).map(|path| path.display().to_string()).collect();
            let directories = [built::tests().join("echo"), out.clone()];
            flags.extend(directories.map(|directory| format!("-I{}", directory.display())));
            flags.extend(more.iter().chain(&["-std=gnu11", "-Wno-deprecated-declarations"]).map(ToString::to_string));
            built::compiled(name, "echo/log.c", &flags.iter().map(String::as_str).collect::<Vec<_>>())
        };
        let vendor = ["rows.c", "vendor.c", "vendor_by_hand.c"];
        let library = format!("-Wl,-soname,{}", api.library);
        let library = compiled(
            &format!("echo/{version}/lib/{}", api.library),
            "echo_vendor.c",
            &vendor,
            &["-shared", "-fPIC", &library, "-lpthread"],
        );
        let driver = ["arguments.c", "driver.c", "driver_by_hand.c", "handles.c", "rows.c"];
        let driver = compiled(&format!("echo/{version}/driver"), "echo_driver.c", &driver, &["-ldl", "-lpthread"]);
        Self { library: library.parent().expect("its directory").to_owned(), driver, api }
    }

    /// The driver, with its log in `directory`.
    fn program(&self, directory: &Path) -> Program {
        Program::new(&self.driver)
            .env("ECHO_LOG", directory.join("driver.log"))
            .env("POCL_ECHO_LOG", directory.join("vendor.log"))
    }

    /// Asserts that both logs in `directory` say the same, and of every function of the table.
    fn compare(&self, directory: &Path) {
        let [vendor, driver] = ["vendor.log", "driver.log"]
            .map(|log| fs::read_to_string(directory.join(log)).unwrap_or_else(|error| panic!("{log}: {error}")));
        let problems: Vec<_> =
            vendor.lines().chain(driver.lines()).filter(|line| line.starts_with("PROBLEM")).collect();
        assert!(problems.is_empty(), "{}", shown(&problems));
        let mut logs = Logs::default();
        let is_callback = |line: &&str| line.starts_with("callback-");
        let (came, seen): (Vec<_>, Vec<_>) = vendor.lines().partition(is_callback);
        let (had, passed): (Vec<_>, Vec<_>) = driver.lines().partition(is_callback);
        let differences = [logs.differences(&seen, &passed), logs.differences(&came, &had)].concat();
        assert!(differences.is_empty(), "{}", shown(&differences));
        let written: HashSet<_> = passed.iter().map(|line| function(line)).collect();
        for f in self.api.functions.iter().filter(|f| f.facts.unsupported.is_none() && !f.facts.local) {
            let name = f.name.as_str();
            assert!(written.contains(name) || LOOK_UPS.contains(&name), "{name} was not called");
        }
    }
}

/// What differs is found: a value, a handle that stands for two, a line too many or too few.
#[test]
fn differences_are_found() {
    let found = |vendor: &[&str], driver: &[&str]| Logs::default().differences(vendor, driver).len();
    let calls = ["make -> ret=cl_mem#7", "use a=cl_mem#7 b=0x1"];
    assert_eq!(found(&calls, &["make -> ret=cl_mem#1", "use a=cl_mem#1 b=0x1"]), 0);
    assert_eq!(found(&calls, &["make -> ret=*", "use a=[cl_mem#1] b=0x1"]), 1);
    assert_eq!(found(&calls, &["make -> ret=cl_mem#1", "use a=cl_mem#2 b=0x1"]), 1);
    assert_eq!(found(&calls, &["make -> ret=cl_mem#1", "use a=cl_mem#1 b=0x2"]), 1);
    assert_eq!(found(&calls, &["make -> ret=cl_event#1", "use a=cl_mem#1 b=0x1"]), 1);
    assert_eq!(found(&calls, &["make -> ret=cl_mem#1"]), 1);
    assert_eq!(found(&calls, &["make -> ret=cl_mem#1", "use a=cl_mem#1 b=0x1", "use a=null b=0"]), 1);
    let asked = ["clFinish queue=cl_command_queue#1 -> ret=0", "one -> ret=0"];
    assert_eq!((found(&asked, &["one -> ret=0"]), found(&["one -> ret=0"], &asked)), (0, 2));
}

/// The echo vendor and its driver agree where nothing is between them.
#[test]
fn the_echo_is_true() {
    let (echo, world) = (Echo::new(true), World::without_broker(Vendor::Pocl));
    let directory = tempfile::tempdir().expect("a directory for the logs");
    let program = echo.program(directory.path()).env("ECHO_NATIVE", "1").env("LD_LIBRARY_PATH", &echo.library);
    let answer = world.native(&program);
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    echo.compare(directory.path());
}

/// What the vendor sees is what the program passes, and back.
#[test]
fn every_function_crosses() {
    crosses(&Echo::new(true));
}

/// Likewise of a vendor whose extensions are older, and their functions with them.
#[test]
fn every_function_crosses_as_it_was_first() {
    crosses(&Echo::new(false));
}

fn crosses(echo: &Echo) {
    let world = World::without_broker(Vendor::Pocl);
    let directory = tempfile::tempdir().expect("a directory for the logs");
    let mut broker = Broker::start(&world, &echo.library, directory.path());
    // What the shim answers itself and what it sends without waiting is not to be seen here: everything crosses.
    let answer = world.remote(&echo.program(directory.path()).env("AVA_STRICT", "1"));
    let log = broker.session();
    assert_eq!(answer.ended, Ended::With(0), "{answer}\nthe broker's log:\n{log}");
    echo.compare(directory.path());
    assert!(!log.contains("signal"), "the broker's log:\n{log}");
}

/// A broker that serves the echo vendor.
struct Broker {
    child: Child,
    log: BufReader<UnixStream>,
}

impl Broker {
    fn start(world: &World, library: &Path, directory: &Path) -> Self {
        let limit = Some(Duration::from_secs(30));
        let notices = UnixDatagram::bind(directory.join("notify")).expect("a socket for the broker's notice");
        let (log, stderr) = UnixStream::pair().expect("a pair of sockets");
        notices.set_read_timeout(limit).and_then(|()| log.set_read_timeout(limit)).expect("limits");
        let mut command = Command::new(built::file("ava-broker"));
        command.arg("--socket").arg(world.socket()).arg("--vendor-library-path").arg(library);
        command.arg("--sandbox-write").arg(directory);
        command.env_clear().env("POCL_ECHO_LOG", directory.join("vendor.log")).env("HOME", directory);
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

/// The vendor's log against the driver's. Each side counts handles for itself: which of one stands for which of the
/// other is found on the way, and has to stay so.
#[derive(Default)]
struct Logs {
    there: HashMap<String, String>,
    back: HashMap<String, String>,
}

impl Logs {
    /// The driver's lines that the vendor's do not have in their places, and the vendor's that are too many.
    fn differences(&mut self, vendor: &[&str], driver: &[&str]) -> Vec<String> {
        let mut differences = Vec::new();
        let mut rest = vendor.iter().copied();
        for line in driver {
            loop {
                match rest.next() {
                    Some(seen) if self.is_same(seen, line) => break,
                    Some(seen) if may_be_more(seen) => {}
                    seen => {
                        differences.push(format!("passed {line}\n  seen {}", seen.unwrap_or("nothing")));
                        break;
                    }
                }
            }
        }
        let more = rest.filter(|seen| !may_be_more(seen));
        differences.extend(more.map(|seen| format!("seen, and not passed:\n  {seen}")));
        differences
    }

    /// Whether two lines say the same; if so, their handles stand for each other from now on.
    fn is_same(&mut self, vendor: &str, driver: &str) -> bool {
        if function(vendor) != function(driver) {
            return false;
        }
        let (fields, other) = (vendor.split(' '), driver.split(' '));
        if fields.clone().count() != other.clone().count() {
            return false;
        }
        let mut met = Vec::new();
        let same = fields.zip(other).all(|(a, b)| self.is_same_field(a, b, &mut met));
        if same {
            for (a, b) in met {
                self.there.insert(a.to_owned(), b.to_owned());
                self.back.insert(b.to_owned(), a.to_owned());
            }
        }
        same
    }

    fn is_same_field<'b>(&self, a: &'b str, b: &'b str, met: &mut Vec<(&'b str, &'b str)>) -> bool {
        if a == b && !a.contains('#') {
            return true;
        }
        let (Some((name, a)), Some((other, b))) = (a.split_once('='), b.split_once('=')) else { return false };
        if name != other {
            return false;
        }
        let words = |text: &'b str| text.split(['[', ']', ',', ';', ':', '{', '}', '+']);
        let same_length = || words(a).count() == words(b).count();
        a == "*" || b == "*" || same_length() && words(a).zip(words(b)).all(|(a, b)| self.is_same_word(a, b, met))
    }

    fn is_same_word<'b>(&self, a: &'b str, b: &'b str, met: &mut Vec<(&'b str, &'b str)>) -> bool {
        let (Some((kind, _)), Some((other, _))) = (a.split_once('#'), b.split_once('#')) else { return a == b };
        let known = (self.there.get(a).map(String::as_str), self.back.get(b).map(String::as_str));
        kind == other
            && match known {
                (Some(known), Some(back)) => known == b && back == a,
                (None, None) => {
                    let fits = met.iter().all(|(x, y)| (*x == a) == (*y == b));
                    if fits && !met.contains(&(a, b)) {
                        met.push((a, b));
                    }
                    fits
                }
                _ => false,
            }
    }
}

fn may_be_more(line: &str) -> bool {
    ASKED.contains(&function(line))
}

fn function(line: &str) -> &str {
    line.split(' ').next().unwrap_or_default()
}

/// The first of many, cut to a readable length.
fn shown<S: AsRef<str>>(lines: &[S]) -> String {
    let cut = |line: &S| {
        line.as_ref().split('\n').map(|l| l.chars().take(500).collect::<String>()).collect::<Vec<_>>().join("\n")
    };
    let first: Vec<_> = lines.iter().take(20).map(cut).collect();
    format!("{} differences, the first of them:\n{}", lines.len(), first.join("\n"))
}
