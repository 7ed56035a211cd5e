//! Programs of several tenants on one device: each gets what its weight, priority and cap say.
//!
//! What a session has used is its worker's processor time, so that shares hold on a busy machine, too.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use ava_protocol::admin::Session;
use ava_tests::administration::sessions;
use ava_tests::running::Running;
use ava_tests::{Ended, Program, Vendor, World, built, vendor};
use rustix::process::{Pid, Signal, kill_process};
use rustix::thread::CapabilitySet;

/// Long enough that no test waits for its end.
const LONG: &str = "120";
/// Until all compute, and for a share to be one.
const SOON: Duration = Duration::from_mins(1);

fn tenant(kind: &str, seconds: &str) -> Program {
    let program = match kind {
        "cuda" => {
            let headers = format!("-I{}", vendor::cache().join("cuda/13.0/include").display());
            built::compiled("tenant_cuda", "bench/tenant_cuda.c", &[&headers, "-ldl"])
        }
        "few" | "many" => {
            let flags = ["-DCRYPTOKI_COMPAT", "-I/usr/include/p11-kit-1", "-ldl"];
            built::compiled("tenant_pkcs11", "bench/tenant_pkcs11.c", &flags)
        }
        _ => built::compiled("tenant", "bench/tenant.c", &["-lOpenCL"]),
    };
    // What the last number means is the program's, and says how long its commands are: of CUDA some 30 ms, so that it does not matter how
    // long the program waits for a processor between two of them.
    let rate = if kind == "cuda" { "20" } else { "3.5" };
    Program::new(program).args([kind, seconds, rate]).within(Duration::from_mins(4))
}

fn user(number: usize) -> u32 {
    31_300 + u32::try_from(number).unwrap()
}

/// A broker for whose tenants, a user each and named by letters, these lines hold.
fn world(rules: &[&str]) -> World {
    world_of(Vendor::Pocl, rules)
}

fn world_of(vendor: Vendor, rules: &[&str]) -> World {
    let mut world = World::without_broker(vendor).for_all();
    if vendor == Vendor::SoftHsm {
        // The token is everybody's.
        built::must(Command::new("chmod").args(["-R", "a+rwX"]).arg(world.directory().join("copy")));
    }
    let file = world.directory().join("ava.toml");
    let rule = |(number, rule): (usize, &&str)| {
        format!("[[rule]]\nmatch = {{ user = {} }}\ntenant = \"{}\"\n{rule}\n", user(number), name(number))
    };
    fs::write(&file, rules.iter().enumerate().map(rule).collect::<String>()).unwrap();
    world = world.with_arguments(["--config".as_ref(), file.as_os_str()]);
    world.start_broker();
    world
}

fn name(number: usize) -> char {
    char::from(b'a' + u8::try_from(number).unwrap())
}

/// Starts a program of each tenant, one after the other: each computes before the next begins, since one of a low class would take
/// long to begin beside the others.
fn begin(world: &World, kinds: &[&str]) -> Vec<Running> {
    let start = |(number, kind): (usize, &&str)| {
        let program = world.start_remote(&tenant(kind, LONG).by(user(number)));
        let tenant = String::from(name(number));
        wait_for(world, |used| used.get(&tenant).is_some_and(|one| one.calls > 20 && one.device_ns > 50_000_000));
        program
    };
    kinds.iter().enumerate().map(start).collect()
}

fn living(world: &World) -> BTreeMap<String, Session> {
    let all = sessions(&world.administrators()).into_iter().filter(|session| session.ended.is_none());
    all.map(|session| (session.tenant.clone(), session)).collect()
}

fn wait_for(world: &World, is_so: impl Fn(&BTreeMap<String, Session>) -> bool) -> BTreeMap<String, Session> {
    let deadline = Instant::now() + SOON;
    loop {
        let found = living(world);
        if is_so(&found) {
            return found;
        }
        assert!(Instant::now() < deadline, "{found:?}\n{}", world.log());
        // The broker is asked again and again, and is not to do much else.
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What each tenant uses, in nanoseconds, until all together have used so much more.
fn used(world: &World, together: Duration) -> Vec<f64> {
    let before = living(world);
    let since = |now: &BTreeMap<String, Session>| {
        let one = |(name, session): (&String, &Session)| (session.device_ns - before[name].device_ns) as f64;
        now.iter().map(one).collect::<Vec<_>>()
    };
    since(&wait_for(world, |now| since(now).iter().sum::<f64>() >= together.as_nanos() as f64))
}

#[track_caller]
fn are_shares(used: &[f64], shares: &[f64]) {
    let (all, weights): (f64, f64) = (used.iter().sum(), shares.iter().sum());
    for (used, share) in used.iter().zip(shares) {
        let (is, should) = (used / all, share / weights);
        assert!((is - should).abs() < 0.03, "{is:.3} in place of {should:.3}");
    }
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn weights_are_shares_whatever_the_kernels_are() {
    let world = world(&["weight = 1", "weight = 2", "weight = 3"]);
    let _programs = begin(&world, &["long", "middle", "long"]);
    are_shares(&used(&world, Duration::from_secs(6)), &[1.0, 2.0, 3.0]);
    // From now on, without a word to the programs.
    let set = Program::new(built::file("avactl")).args(["policy", "set", "a", "weight=3"]);
    let set = world.native(&set.env("AVA_SOCKET", world.administrators()));
    assert_eq!(set.ended, Ended::With(0), "{set}");
    are_shares(&used(&world, Duration::from_secs(6)), &[3.0, 2.0, 3.0]);
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn weights_are_shares_for_programs_of_cuda() {
    let world = world_of(Vendor::SoftCuda, &["weight = 1", "weight = 2"]);
    let _programs = begin(&world, &["cuda", "cuda"]);
    // A program that waits long for a processor between two kernels cannot use all of two thirds.
    let used = used(&world, Duration::from_secs(6));
    assert!(used[1] > 1.3 * used[0], "{used:?}");
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn who_signs_with_many_threads_leaves_others_their_share_of_a_token() {
    let world = world_of(Vendor::SoftHsm, &["", ""]);
    let _programs = begin(&world, &["few", "many"]);
    are_shares(&used(&world, Duration::from_secs(6)), &[1.0, 1.0]);
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn sessions_of_a_tenant_share_what_it_gets() {
    let world = world(&["", ""]);
    let one = tenant("long", LONG);
    let _programs = [world.start_remote(&one.clone().by(user(0))), world.start_remote(&one.clone().by(user(0)))];
    let _other = world.start_remote(&one.by(user(1)));
    let of = |tenant: &str| {
        let all = sessions(&world.administrators());
        all.iter()
            .filter(|session| session.tenant == tenant)
            .map(|session| session.device_ns as f64)
            .collect::<Vec<_>>()
    };
    wait_for(&world, |_| {
        of("a").len() == 2 && of("b").len() == 1 && of("a").iter().chain(&of("b")).all(|used| *used > 5e8)
    });
    let before = [of("a"), of("b")].concat();
    let since =
        || [of("a"), of("b")].concat().iter().zip(&before).map(|(now, before)| now - before).collect::<Vec<_>>();
    wait_for(&world, |_| since().iter().sum::<f64>() > 6e9);
    are_shares(&since(), &[1.0, 1.0, 2.0]);
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn a_cap_holds_on_an_idle_device() {
    let world = world(&["device_time = \"25%\""]);
    let _programs = begin(&world, &["long"]);
    let processors = std::thread::available_parallelism().unwrap().get() as f64;
    let (begun, used) = (Instant::now(), used(&world, Duration::from_secs(2)));
    let part = used[0] / begun.elapsed().as_nanos() as f64 / processors;
    // A busy machine gives less; a tick of the kernel's clock is what more there may be.
    assert!(part < 0.26, "{part}");
    assert!(living(&world)["a"].held_ns > 0);
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn who_is_urgent_does_not_wait_for_others() {
    let world = world(&["priority = \"high\"", "priority = \"background\"", ""]);
    let _programs = begin(&world, &["interactive", "long", "middle"]);
    let before = living(&world);
    let after = wait_for(&world, |now| now["a"].commands >= before["a"].commands + 100);
    let held = |name: &str| after[name].held_ns - before[name].held_ns;
    assert_eq!(held("a"), 0);
    assert!(held("b") > held("c") && held("c") > 0, "{after:?}");
    // Nobody starves.
    wait_for(&world, |now| now["b"].device_ns > after["b"].device_ns && now["c"].device_ns > after["c"].device_ns);
}

/// Whether a process is stopped.
fn is_stopped(process: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| rest.trim_start().starts_with('T'))
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn who_was_stopped_goes_on_when_the_broker_is_killed() {
    let mut world = world(&["", ""]);
    let programs: Vec<_> = (0..2).map(|number| world.start_remote(&tenant("long", "15").by(user(number)))).collect();
    let workers: Vec<u32> = wait_for(&world, |now| now.len() == 2 && now.values().all(|one| one.held_ns > 0))
        .values()
        .map(|one| one.worker_pid)
        .collect();
    // The broker itself is stopped first, so that it cannot have the worker go on before it is killed.
    let broker = Pid::from_raw(world.broker().cast_signed()).unwrap();
    let deadline = Instant::now() + SOON;
    loop {
        kill_process(broker, Signal::STOP).unwrap();
        if is_stopped(world.broker()) && workers.iter().any(|worker| is_stopped(*worker)) {
            break;
        }
        kill_process(broker, Signal::CONT).unwrap();
        assert!(Instant::now() < deadline, "nobody is ever stopped");
        // In which the broker stops somebody else.
        std::thread::sleep(Duration::from_millis(1));
    }
    world.kill_broker();
    for program in programs {
        let answer = program.answer();
        assert_eq!(answer.ended, Ended::With(0), "{answer}");
    }
}

/// From now on brokers that this thread starts may not signal other users, as under systemd.
fn may_not_signal_others() {
    rustix::thread::remove_capability_from_bounding_set(CapabilitySet::KILL).unwrap();
}

/// Whether a process's control group is frozen; `None` if it is in none of a broker's.
fn is_frozen(process: u32) -> Option<bool> {
    let own = fs::read_to_string(format!("/proc/{process}/cgroup")).ok()?;
    let group = own.lines().find_map(|line| line.strip_prefix("0::")).filter(|group| group.contains("/ava/"))?;
    let events = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"].map(|mount| format!("{mount}{group}/cgroup.events"));
    let events = events.iter().find_map(|file| fs::read_to_string(file).ok())?;
    Some(events.contains("frozen 1"))
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn a_broker_that_may_not_signal_its_workers_freezes_them() {
    may_not_signal_others();
    let mut world = world(&["weight = 1", "weight = 3"]);
    let programs: Vec<_> = (0..2).map(|number| world.start_remote(&tenant("long", "15").by(user(number)))).collect();
    let begun = wait_for(&world, |now| now.len() == 2 && now.values().all(|session| session.commands > 3));
    let workers: Vec<u32> = begun.values().map(|session| session.worker_pid).collect();
    if is_frozen(workers[0]).is_none() {
        return;
    }
    // Who is frozen when the broker is killed goes on with the next one.
    let broker = Pid::from_raw(world.broker().cast_signed()).unwrap();
    let deadline = Instant::now() + SOON;
    loop {
        kill_process(broker, Signal::STOP).unwrap();
        if is_stopped(world.broker()) && workers.iter().any(|worker| is_frozen(*worker) == Some(true)) {
            break;
        }
        kill_process(broker, Signal::CONT).unwrap();
        assert!(Instant::now() < deadline, "nobody is ever frozen");
        // In which the broker freezes somebody else.
        std::thread::sleep(Duration::from_millis(1));
    }
    world.kill_broker();
    world.start_broker();
    for program in programs {
        let answer = program.answer();
        assert_eq!(answer.ended, Ended::With(0), "{answer}");
    }
}
