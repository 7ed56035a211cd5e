//! Hostile workers. A kernel on a CPU may make any system call, so a program has all of its worker's rights. These tests try
//! attacks, one after the other, on another user's worker, on the broker and on the machine (`worker/*.c`).
//!
//! The attacks run in a worker as its vendor's library, in an OpenCL kernel, and as a delegate of TensorFlow Lite's. In a
//! sandbox all of them are refused. Without one those succeed that do not depend on the machine: so these tests can fail.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ava_protocol::admin::Request;
use ava_protocol::session::{Opening, seal};
use ava_tests::administration::worker_of;
use ava_tests::vendor::tflite;
use ava_tests::{Ended, Program, Running, Vendor, World, built};
use rustix::process::{Pid, Signal, geteuid, kill_process};

use super::stage::PATIENCE;

/// Broker options that make attacks fail, and those for a run without them.
const OFF: &[&str] = &["--sandbox", "off"];
/// As on Linux 6.1, whose Landlock does not cover sockets, signals and truncation.
const OLD: &[&str] = &["--sandbox", "require", "--landlock-abi", "2"];
const NEW: &[&str] = &["--sandbox", "require"];
/// Attacks that only a separate user prevents: with a broker for root alone, workers are root, but without its capabilities.
const NEEDS_USERS: &[&str] = &["uid 0"];
/// As above, with a user for each tenant's workers.
const USERS: &[&str] = &["--sandbox", "require", "--worker-uids", "2000000000-2000000063"];

/// The tenants, if root can provide several.
const ATTACKER: u32 = 65533;
const VICTIM: u32 = 65534;
/// The name of the victim's program, by which a broker could be found out to reveal it.
const VICTIMS: &str = "victim";

/// Files beside the vendor's library, and their contents.
const READ_ONLY: [&str; 3] = ["read-only", "cut", "removable"];
const LIBRARY: &[u8] = b"a vendor's library";

/// The users that the broker serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum For {
    /// Its own user: attacker and victim are two sessions of one user.
    Itself,
    /// All users, which needs root: attacker and victim are different users.
    All,
}

use For::{All, Itself};

/// How the attacks get into a worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Library,
    Kernel,
    Delegate,
}

use Way::{Delegate, Kernel, Library};

/// The expected result of an attack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Without {
    /// It succeeds without a sandbox.
    Succeeds,
    /// It depends on the machine.
    Depends,
    /// It measures a limit.
    Bound,
}

/// The result of an attack, in words, and whether it was refused.
type Outcomes = BTreeMap<String, (bool, String)>;

struct Scene {
    whom: For,
    world: World,
    /// The directory of the vendor's library.
    public: PathBuf,
    victim: Running,
    neighbour: Running,
    /// The name of a process that tries to outlive its session.
    left: String,
}

fn is_root() -> bool {
    geteuid().is_root()
}

/// The users that a broker of ours can serve.
fn served() -> &'static [For] {
    if is_root() {
        return &[Itself, All];
    }
    println!("skipped: attacker and victim of different users need root");
    &[Itself]
}

fn client(scene: &Path, name: &str, arguments: &[&str], user: Option<u32>) -> Program {
    // Copies, since other users may be unable to read the repository.
    let program = Program::new(scene.join(name)).args(arguments).within(PATIENCE);
    let program = program.env("LD_PRELOAD", scene.join("libava.so"));
    match user {
        Some(user) => program.by(user),
        None => program,
    }
}

impl Scene {
    fn new(way: Way, sandbox: &[&str], whom: For) -> Self {
        static SCENES: AtomicUsize = AtomicUsize::new(0);
        let left = format!("left-{:x}-{:x}", std::process::id(), SCENES.fetch_add(1, Ordering::Relaxed));
        let mut world = World::without_broker(Vendor::Pocl);
        let public = world.directory().join("public");
        publish(&public, way);
        let libraries = ["--vendor-library-path".as_ref(), public.as_os_str()];
        world = world.with_arguments(["--warm", "0"]).with_arguments(libraries);
        world = world.with_arguments(["--plugin".as_ref(), public.join("libattack.so").as_os_str()]);
        if !sandboxes() {
            assert_eq!(sandbox, OFF, "ava-broker has no --sandbox");
        } else {
            world = world.with_arguments(sandbox);
        }
        if whom == All {
            world = world.for_all();
        }
        world.start_broker();
        let mut victim = world.start_remote(&client(&public, VICTIMS, &["wait"], (whom == All).then_some(VICTIM)));
        victim.wait_for("there\n");
        let mut command = Command::new(public.join("attack"));
        let mut neighbour =
            Running::start(command.arg("neighbour").arg(&public), PATIENCE, public.display().to_string());
        neighbour.wait_for("ready\n");
        Self { whom, world, public, victim, neighbour, left }
    }

    /// The targets of the attacks.
    fn targets(&self) -> String {
        let (world, directory) = (&self.world, self.world.directory());
        let worker = worker_of(&world.administrators(), self.victim.id());
        let [cache, own] = homes(worker, self.whom).map(|home| home.join("cache"));
        fs::create_dir_all(&cache).unwrap();
        fs::write(cache.join("kept"), "what the victim computes").unwrap();
        let secret = directory.join("secret");
        fs::write(&secret, "of the broker's user").unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
        let mut all = self.neighbour.said();
        let mut set = |name: &str, value: &dyn std::fmt::Display| writeln!(all, "{name}={value}").unwrap();
        set("broker", &world.broker());
        set("broker_address", &environment_of(world.broker()));
        set("broker_bytes", &fs::read_to_string(format!("/proc/{}/environ", world.broker())).unwrap()[..4].to_owned());
        set("victim", &worker);
        set("victim_address", &environment_of(worker));
        set("victim_program", &VICTIMS);
        set("socket", &world.socket().display());
        set("admin_socket", &world.administrators().display());
        set("secret", &secret.display());
        set("cache", &cache.display());
        set("own", &own.display());
        set("public", &self.public.display());
        set("worker_directory", &built::directory().display());
        set("home", &std::env::var("HOME").unwrap_or_else(|_| "/".to_owned()));
        set("left", &self.left);
        set("processes", &1000);
        set("gibibytes", &(1 << 14));
        set("mebibytes", &256);
        set("descriptors", &20_000);
        all
    }

    /// Makes an attacker's worker try all attacks.
    fn attack(&mut self, way: Way) -> Outcomes {
        let (targets, program) = (self.public.join("targets"), self.public.join("attack"));
        fs::write(&targets, self.targets()).unwrap();
        let [targets, program, plugin] =
            [targets, program, self.public.join("libattack.so")].map(|path| path.display().to_string());
        let arguments = match way {
            Library => vec!["load"],
            Kernel => vec!["kernel", &program, &targets, "/lib64/ld-linux-x86-64.so.2"],
            Delegate => vec!["delegate", &plugin],
        };
        let answer =
            self.world.remote(&client(&self.public, "client", &arguments, (self.whom == All).then_some(ATTACKER)));
        assert_eq!(answer.ended, Ended::With(0), "{answer}\n{}", self.world.log());
        let open = "targets: a worker's own directory is open (a file was made)\n";
        assert!(answer.stderr.contains(open), "{answer}\n{}", self.world.log());
        assert!(answer.stderr.contains("targets: done (all were tried)\n"), "{answer}\n{}", self.world.log());
        let mut outcomes = Outcomes::new();
        for line in answer.stderr.lines() {
            let Some((name, verdict)) = line.split_once(": ") else { continue };
            let refused = verdict.starts_with("refused (") || verdict.starts_with("not there (");
            // An attack that is tried twice counts as refused if both are.
            match outcomes.get(name) {
                Some((false, _)) => {}
                _ => drop(outcomes.insert(name.to_owned(), (refused, verdict.to_owned()))),
            }
        }
        outcomes
    }

    /// Whether the process outlived its session, after the time that a broker may take to end it.
    fn stays_behind(&self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while !named(&self.left).is_empty() {
            if Instant::now() >= deadline {
                return true;
            }
            std::thread::yield_now();
        }
        false
    }

    /// Victim and broker are unaffected; returns how many signals another process has caught.
    fn end(mut self) -> String {
        for process in named(&self.left) {
            let _ = kill_process(process, Signal::KILL);
        }
        let another = worker_of(&self.world.administrators(), self.victim.id());
        assert!(self.world.workers().contains(&another), "the victim's worker is gone\n{}", self.world.log());
        self.victim.tell("");
        let victim = self.victim.answer();
        assert_eq!(victim.ended, Ended::With(0), "{victim}\n{}", self.world.log());
        let neighbour = self.neighbour.answer();
        assert_eq!(neighbour.ended, Ended::With(0), "{neighbour}");
        neighbour.stdout.lines().last().unwrap().to_owned()
    }
}

/// The folder of the workers' vendor libraries, with everything that the attacks need.
fn publish(public: &Path, way: Way) {
    let made = built::hostile_worker();
    fs::create_dir(public).unwrap();
    let mut files = vec!["attack", "client", "libattack.so"];
    if way == Library {
        files.push("libOpenCL.so.1");
    }
    for file in files {
        fs::copy(made.join(file), public.join(file)).unwrap();
    }
    if way == Delegate {
        for file in ["libtensorflowlite_c.so", "libexternal_delegate_obj.so"] {
            fs::copy(tflite("2.9").join(file), public.join(file)).unwrap();
        }
    }
    fs::copy(made.join("client"), public.join(VICTIMS)).unwrap();
    fs::copy(built::file("libava.so"), public.join("libava.so")).unwrap();
    for file in READ_ONLY {
        fs::write(public.join(file), LIBRARY).unwrap();
    }
    let request = seal(&Opening::Admin(Request::Sessions { ended: false }));
    let length = u32::try_from(request.len()).unwrap().to_le_bytes();
    fs::write(public.join("request"), [&length[..], &request].concat()).unwrap();
    if is_root() {
        let other = public.join("set-user-id");
        fs::copy(made.join("attack"), &other).unwrap();
        chown(&other, Some(VICTIM), None).unwrap();
        fs::set_permissions(&other, fs::Permissions::from_mode(0o4755)).unwrap();
    }
}

/// The private directories of the victim's worker and of the attacker's. If one user has both, they are the same; then
/// another user's directory stands in for the victim's.
fn homes(victims: u32, whom: For) -> [PathBuf; 2] {
    let environment = fs::read_to_string(format!("/proc/{victims}/environ")).unwrap();
    let home = environment.split('\0').find_map(|entry| entry.strip_prefix("HOME=")).expect("a worker has a HOME");
    let of = |user: u32| Path::new(home).with_file_name(user.to_string());
    match whom {
        Itself => [of(VICTIM), home.into()],
        All => [home.into(), of(ATTACKER)],
    }
}

/// Whether the broker has a sandbox at all.
fn sandboxes() -> bool {
    built::must(Command::new(built::file("ava-broker")).arg("--help")).contains("--sandbox")
}

/// The address of a process's environment in its memory; 0 where the kernel does not tell.
fn environment_of(process: u32) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let (_, rest) = stat.rsplit_once(')').unwrap();
    // The rest starts with the third field, and `env_start` is the fiftieth.
    rest.split_whitespace().nth(50 - 3).unwrap().parse().unwrap()
}

/// Differences between a worker's threads: an unrestricted thread could act for the others.
fn open_threads(worker: u32) -> Vec<String> {
    const WANTED: [&str; 6] = [
        "NoNewPrivs:\t1",
        "Seccomp:\t2",
        "CapPrm:\t0000000000000000",
        "CapEff:\t0000000000000000",
        "CapInh:\t0000000000000000",
        "CapAmb:\t0000000000000000",
    ];
    let threads: Vec<_> = fs::read_dir(format!("/proc/{worker}/task")).unwrap().flatten().collect();
    assert!(!threads.is_empty());
    let status = threads.iter().map(|thread| fs::read_to_string(thread.path().join("status")).unwrap_or_default());
    let lacks = |status: &String| WANTED.iter().any(|wanted| !status.lines().any(|line| line == *wanted));
    status.filter(lacks).collect()
}

/// The living processes of this name: a zombie keeps its name.
fn named(name: &str) -> Vec<Pid> {
    let numbers = fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let is_it = |number: &i32| {
        let stat = fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        stat.contains(&format!("({name})")) && !stat.contains(") Z ")
    };
    numbers.filter(is_it).filter_map(Pid::from_raw).collect()
}

/// All attacks, by name, with the attack program's descriptions.
fn attacks() -> BTreeMap<String, Without> {
    let list = built::must(Command::new(built::hostile_worker().join("attack")).arg("list"));
    let attacks = list.lines().map(|line| {
        let fields: Vec<_> = line.split('\t').collect();
        let without = match fields[1] {
            "any" => Without::Succeeds,
            "root" if is_root() => Without::Succeeds,
            "bound" => Without::Bound,
            _ => Without::Depends,
        };
        (fields[0].to_owned(), without)
    });
    let all: BTreeMap<_, _> = attacks.collect();
    assert_eq!(all.len(), list.lines().count(), "two attacks have the same name");
    all
}

/// A line for each.
fn told<'a>(outcomes: impl IntoIterator<Item = (&'a String, &'a (bool, String))>) -> String {
    outcomes.into_iter().map(|(name, (_, verdict))| format!("  {name}: {verdict}\n")).collect()
}

/// Without a sandbox the attacks succeed: nothing else refuses them.
#[track_caller]
fn gets_through(way: Way) {
    served().iter().for_each(|whom| gets_through_for(way, *whom));
}

#[track_caller]
fn gets_through_for(way: Way, whom: For) {
    let mut scene = Scene::new(way, OFF, whom);
    let mut outcomes = scene.attack(way);
    let stays = !named(&scene.left).is_empty();
    outcomes.get_mut("daemon").unwrap().0 = !stays;
    let caught = scene.end();
    let attacks = attacks();
    assert_all_tried(&attacks, &outcomes);
    let unexpected =
        outcomes.iter().filter(|(name, (refused, _))| *refused && attacks.get(*name) == Some(&Without::Succeeds));
    let unexpected = told(unexpected);
    let succeeded = outcomes.iter().filter(|(name, (refused, _))| !refused && attacks.contains_key(*name));
    println!("{way:?}, {whom:?}, no sandbox; these succeed:\n{}", told(succeeded));
    assert!(unexpected.is_empty(), "refused without a sandbox:\n{unexpected}");
    assert_ne!(caught, "caught 0");
}

/// In a sandbox none succeeds.
#[track_caller]
fn is_shut_in(way: Way, sandbox: &[&str]) {
    served().iter().for_each(|whom| is_shut_in_for(way, sandbox, *whom));
}

#[track_caller]
fn is_shut_in_for(way: Way, sandbox: &[&str], whom: For) {
    let mut scene = Scene::new(way, sandbox, whom);
    let open = open_threads(worker_of(&scene.world.administrators(), scene.victim.id()));
    let mut outcomes = scene.attack(way);
    outcomes.get_mut("daemon").unwrap().0 = !scene.stays_behind(PATIENCE / 3);
    let kept = |file: &&str| fs::read(scene.public.join(file)).is_ok_and(|bytes| bytes == LIBRARY);
    let changed: Vec<_> = READ_ONLY.iter().filter(|file| !kept(file)).collect();
    let caught = scene.end();
    let attacks = attacks();
    assert_all_tried(&attacks, &outcomes);
    let bounds = outcomes.iter().filter(|(name, _)| attacks.get(*name) == Some(&Without::Bound));
    println!("{way:?}, {whom:?}, {sandbox:?}; how far it goes:\n{}", told(bounds));
    let excused = |name: &str| whom == Itself && NEEDS_USERS.contains(&name);
    let counts = |name: &str| attacks.get(name).is_some_and(|without| *without != Without::Bound) && !excused(name);
    let succeeded = told(outcomes.iter().filter(|(name, (refused, _))| !refused && counts(name)));
    assert!(succeeded.is_empty(), "{way:?}, {whom:?}, {sandbox:?}; these succeed:\n{succeeded}");
    assert!(open.is_empty(), "threads of a worker that are not shut in: {open:#?}");
    assert!(changed.is_empty(), "these were changed: {changed:?}");
    assert_eq!(caught, "caught 0");
}

/// Each attack has finished, and is not refused for lack of its target where others are not.
#[track_caller]
fn assert_all_tried(attacks: &BTreeMap<String, Without>, outcomes: &Outcomes) {
    let missing: BTreeSet<_> = attacks.keys().filter(|name| !outcomes.contains_key(*name)).collect();
    assert!(missing.is_empty(), "not tried: {missing:?}");
    let odd = |(name, (_, verdict)): &(&String, &(bool, String))| {
        let lacks = verdict.starts_with("not there (") && attacks.get(*name) == Some(&Without::Succeeds);
        lacks || verdict.starts_with("hung (") || verdict.starts_with("not tried (")
    };
    let odd = told(outcomes.iter().filter(odd));
    assert!(odd.is_empty(), "not really tried:\n{odd}");
}

#[test]
fn a_library_gets_through_without_a_sandbox() {
    gets_through(Library);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_kernel_gets_through_without_a_sandbox() {
    gets_through(Kernel);
}

#[test]
fn a_delegate_gets_through_without_a_sandbox() {
    gets_through(Delegate);
}

#[test]
fn a_library_is_shut_in() {
    is_shut_in(Library, NEW);
}

#[test]
fn a_library_is_shut_in_by_an_older_kernel() {
    is_shut_in(Library, OLD);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_kernel_is_shut_in() {
    is_shut_in(Kernel, NEW);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_kernel_is_shut_in_by_an_older_kernel() {
    is_shut_in(Kernel, OLD);
}

#[test]
fn a_delegate_is_shut_in() {
    is_shut_in(Delegate, NEW);
}

#[test]
fn a_delegate_is_shut_in_by_an_older_kernel() {
    is_shut_in(Delegate, OLD);
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn a_library_is_shut_in_as_a_user_of_its_own() {
    is_shut_in_for(Library, USERS, All);
}
