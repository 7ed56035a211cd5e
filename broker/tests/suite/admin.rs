//! Administration requests.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ava_protocol::admin::{Answer, Failure, Request, State};
use ava_transport::processor;
use rustix::process::Pid;

use super::world::{Admin, World};

#[test]
fn status_tells_about_the_broker() {
    let world = World::with("", &["--sessions", "5"]);
    let _tenant = world.tenant();
    let Answer::Status(status) = world.ask(Request::Status) else { panic!("no status") };
    assert_eq!((status.pid, status.sessions, status.sessions_limit), (world.broker.id(), 1, 5));
    assert!(status.worker.ends_with("fake-worker"));
}

#[test]
fn sessions_are_shown_with_fresh_numbers() {
    let world = World::new();
    let (one, _two) = (world.tenant(), world.tenant());
    // A worker that answers has counted.
    assert_eq!(one.ask("counted"), "counted");
    let sessions = world.sessions(false);
    assert_eq!(sessions.len(), 2);
    let first = &sessions[0];
    assert_eq!((first.session, first.state), (1, State::Running));
    assert_eq!(first.pid, i32::try_from(std::process::id()).unwrap(), "the kernel's answer, not the hello's");
    assert_eq!((first.memory_bytes, first.calls, first.bytes_in, first.bytes_out), (4096, 1, 10, 20));
    assert_eq!(first.devices, ["fake device"]);
}

#[test]
fn a_deaf_worker_delays_no_answer() {
    let world = World::with("deaf", &[]);
    let _tenant = world.tenant();
    let started = Instant::now();
    // What it has counted is to be seen though it hears nothing.
    while world.sessions(false)[0].calls != 1 {
        assert!(started.elapsed() < Duration::from_secs(60));
        std::thread::yield_now();
    }
    let started = Instant::now();
    assert_eq!(world.sessions(false)[0].bytes_in, 10);
    assert!(started.elapsed() < Duration::from_millis(450));
    let admin = Admin::connect(&world.socket());
    assert!(matches!(admin.ask(Request::Status), Answer::Status(_)));
    assert!(matches!(admin.ask(Request::Session { session: 1 }), Answer::Session(_)));
}

#[test]
fn device_time_is_the_processor_time_of_the_worker_and_begins_with_the_session() {
    for spares in [0, 1] {
        let mut world = World::warm("busy", spares, &[]);
        if spares > 0 {
            world.wait_for_spares(spares as u64);
        }
        let tenant = world.tenant();
        assert_eq!(tenant.ask("compute"), "computed");
        let session = world.sessions(false).remove(0);
        let worker = Pid::from_raw(session.worker_pid.cast_signed()).unwrap();
        let whole = processor::time(worker).unwrap().as_nanos();
        // It has computed 50 ms before its session, and 20 ms in it. The kernel counts by ticks of 10 ms at most.
        let in_session = u128::from(session.device_ns);
        assert!(in_session >= 10_000_000 && in_session + 40_000_000 <= whole, "{in_session} of {whole} ns");
        drop(tenant);
        world.logged("session ended");
        let last = world.sessions(true).remove(0).device_ns;
        assert!(last >= session.device_ns);
        let Answer::Tenants { tenants, .. } = world.ask(Request::Tenants) else { panic!("no tenants") };
        assert_eq!((tenants[0].device_ns, tenants[0].held_ns), (last, 0), "also when its session has ended");
    }
}

#[test]
fn a_worker_that_dies_leaves_its_last_counts() {
    let mut world = World::new();
    let tenant = world.tenant();
    tenant.tell("count and abort");
    world.logged("session ended");
    let session = world.sessions(true).remove(0);
    assert_eq!((session.calls, session.bytes_in, session.bytes_out), (7, 10, 20), "{session:?}");
}

#[test]
fn one_session_is_shown_whole_also_when_it_has_ended() {
    let mut world = World::new();
    let tenant = world.tenant();
    assert_eq!(tenant.ask("counted"), "counted");
    let Answer::Session(detail) = world.ask(Request::Session { session: 1 }) else { panic!("no session") };
    assert_eq!((detail.command_line.as_str(), detail.cwd.as_str()), ("test program --flag", "/somewhere"));
    assert_eq!((detail.library.as_str(), detail.stats.functions.len()), ("/usr/lib/fake.so", 1));
    drop(tenant);
    world.logged("session ended");
    let Answer::Session(detail) = world.ask(Request::Session { session: 1 }) else { panic!("no session") };
    assert_eq!(detail.session.ended.as_deref(), Some("the program left: end of file"));
    let (began, ended) = (detail.session.since_unix_ms, detail.session.ended_unix_ms.expect("an end"));
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    assert!(began <= ended && u128::from(ended) <= now, "{began} to {ended}");
    assert_eq!(world.sessions(true)[0].ended_unix_ms, Some(ended), "it stays");
    assert_eq!(world.sessions(true).len(), 1);
    assert!(world.sessions(false).is_empty());
    let Answer::Failed { code, .. } = world.ask(Request::Session { session: 9 }) else { panic!("found") };
    assert_eq!(code, Failure::NoSession);
}

#[test]
fn kill_ends_a_session_and_says_when_it_is_over() {
    for fake in ["", "deaf"] {
        let mut world = World::with(fake, &[]);
        let tenant = world.tenant();
        let Answer::Killed { session: 1, reason } = world.ask(Request::Kill { session: 1 }) else {
            panic!("not killed")
        };
        assert!(reason.starts_with("ended by user "), "{reason}");
        tenant.wait_for_end();
        world.logged("session ended");
        let Answer::Failed { code, .. } = world.ask(Request::Kill { session: 1 }) else { panic!("killed twice") };
        assert_eq!(code, Failure::NoSession);
    }
}

#[test]
fn many_sessions_come_in_several_answers() {
    let world = World::new();
    let tenants: Vec<_> = (0..60).map(|_| world.tenant()).collect();
    let admin = Admin::connect(&world.socket());
    let Answer::Sessions { sessions, more: true } = admin.ask(Request::Sessions { ended: false }) else {
        panic!("all at once")
    };
    assert!(sessions.len() < tenants.len());
}

#[test]
fn an_expected_program_keeps_an_idle_broker_alive() {
    let mut world = World::with("", &["--idle-exit", "1"]);
    // This process asks, so this process is expected: it keeps running.
    assert_eq!(world.ask(Request::Expect), Answer::Expected);
    // Longer than an idle broker lasts.
    std::thread::sleep(Duration::from_millis(1500));
    assert!(world.broker.try_wait().unwrap().is_none());
    let _tenant = world.tenant();
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn other_users_see_and_end_nothing() {
    let world = World::with("", &["--group", "root"]);
    let _tenant = world.tenant();
    let open_to_all = |path: &std::path::Path, mode: &str| {
        Command::new("chmod").arg(mode).arg(path).status().unwrap();
    };
    open_to_all(world.directory.path(), "755");
    open_to_all(&world.socket(), "666");
    let ask = |request: Request| {
        let body = ava_protocol::session::seal(&ava_protocol::session::Opening::Admin(request));
        let hex: String =
            u32::try_from(body.len()).unwrap().to_le_bytes().iter().chain(&body).map(|b| format!("{b:02x}")).collect();
        let script = "import os,socket,struct,sys\nos.setgroups([]);os.setgid(65534);os.setuid(65534)\ns=socket.socket(socket.AF_UNIX)\ns.connect(sys.argv[1])\ns.sendall(bytes.fromhex(sys.argv[2]))\nn=struct.unpack('<I',s.recv(4))[0]\nsys.stdout.buffer.write(s.recv(n))";
        let output = Command::new("python3").args(["-c", script]).arg(world.socket()).arg(hex).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        match ava_protocol::session::open(&output.stdout).unwrap() {
            ava_protocol::session::Answer::Admin(answer) => answer,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(ask(Request::Sessions { ended: true }), Answer::Sessions { sessions: vec![], more: false });
    for request in [Request::Kill { session: 1 }, Request::Session { session: 1 }] {
        assert!(matches!(ask(request), Answer::Failed { code: Failure::Denied, .. }));
    }
    assert_eq!(world.sessions(false).len(), 1);
}
