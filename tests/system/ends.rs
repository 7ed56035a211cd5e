//! Brokers without the rights to isolate tenants, and ends of brokers and programs.

use std::os::fd::AsFd;
use std::process::{Command, Stdio};
use std::time::Instant;

use ava_tests::running::ready;
use ava_tests::{SystemWorld, built};
use rustix::process::{PidfdFlags, pidfd_open};

use super::people::{ALICE, BOB, PATIENCE, begin, ends_well, goes_on, is_gone, kill, steady, wait_to_see};

/// A broker for a group that does not run as root, and so cannot change users and has no control group.
fn without_rights(world: &SystemWorld, mode: &str) -> Command {
    let place = world.path("work/unprivileged");
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid", "31240", "--regid", "100", "--clear-groups"])
        .arg(world.shared(&built::file("ava-broker")));
    command.args(["--worker".as_ref(), world.shared(&built::file("ava-worker")).as_os_str()]);
    command.arg("--socket").arg(place.join("broker.sock")).arg("--admin-socket").arg(place.join("admin/broker.sock"));
    command.args(["--group", "users", "--sandbox", mode, "--warm", "0"]);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("XDG_CACHE_HOME", place.join("cache"));
    std::fs::create_dir_all(place.join("admin")).unwrap();
    for (folder, mode) in [(place.clone(), 0o755), (place.join("admin"), 0o700)] {
        std::os::unix::fs::chown(&folder, Some(31_240), Some(100)).unwrap();
        std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    }
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn a_broker_that_is_to_keep_tenants_apart_and_cannot_does_not_start() {
    let Some(world) = SystemWorld::without_broker() else { return };
    let output = without_rights(&world, "require").output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("--sandbox require: "), "{said}");
    assert!(said.contains("control groups") || said.contains("AmbientCapabilities"), "{said}");
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn what_is_missing_is_said_at_the_start_and_when_asked() {
    let Some(world) = SystemWorld::without_broker() else { return };
    let mut broker = ava_tests::Running::start(&mut without_rights(&world, "best"), PATIENCE, String::new());
    let wanted = ["Delegate=yes", "AmbientCapabilities=CAP_SETUID CAP_SETGID"];
    wanted.iter().for_each(|text| broker.wait_for_complaint(text));
    let status = ava_tests::administration::status(&world.path("work/unprivileged/admin/broker.sock"));
    let missing = status.isolation.missing;
    assert_eq!(missing.len(), 2, "{missing:?}");
    assert!(wanted.iter().all(|text| missing.iter().any(|line| line.contains(text))), "{missing:?}");
    assert_eq!((status.isolation.users, status.isolation.groups), (None, None));
    assert!(broker.complaints().contains(" WARN "));
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn nothing_is_missing_for_root() {
    let Some(world) = SystemWorld::with(["--warm", "0", "--sandbox", "require"]) else { return };
    let isolation = world.status().isolation;
    assert!(isolation.missing.is_empty(), "{:?}", isolation.missing);
    assert!(isolation.users.is_some() && isolation.groups.is_some());
    ends_well(&world.run(&ALICE, &steady(1)));
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn a_worker_whose_program_and_broker_are_killed_ends() {
    let Some(world) = SystemWorld::with(["--warm", "1"]) else { return };
    let (mut program, session) = begin(&world, &ALICE, 1);
    let (other, others) = begin(&world, &BOB, 2);
    wait_to_see("two spares", || world.status().spares, |spares| *spares == 2);
    let broker = world.broker_id();
    let children = std::fs::read_to_string(format!("/proc/{broker}/task/{broker}/children")).unwrap();
    let spares = children.split_whitespace().map(|pid| pid.parse::<u32>().unwrap());
    let spares: Vec<_> = spares.filter(|pid| ![session.worker_pid, others.worker_pid].contains(pid)).collect();
    let gone: Vec<_> = [session.worker_pid].iter().chain(&spares).map(|pid| handle(*pid)).collect();
    kill(broker);
    program.kill();
    for process in gone {
        assert!(ready(&[process.as_fd()], Instant::now() + PATIENCE), "a worker is still there");
    }
    world.kill_broker();
    world.start_broker();
    // The reason does not matter to the other.
    goes_on(other);
    is_gone(others.worker_pid);
    ends_well(&world.run(&ALICE, &steady(3)));
}

fn handle(process: u32) -> std::os::fd::OwnedFd {
    let pid = rustix::process::Pid::from_raw(i32::try_from(process).unwrap()).unwrap();
    pidfd_open(pid, PidfdFlags::empty()).unwrap()
}
