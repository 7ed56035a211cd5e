//! Control groups: limits of a session, charging, and removal.

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use ava_protocol::admin::State;
use ava_protocol::session::{Answer, Hello, Opening, open, seal};
use ava_protocol::upcall::OPEN_LANE;
use ava_tests::groups::{charged, number, of_process};
use ava_tests::{Program, Running, SystemWorld, built};
use ava_transport::{client, message};
use rustix::net::{AddressFamily, SocketFlags, SocketType, socketpair};

use super::people::{
    ALICE, BOB, PATIENCE, begin, end_of, ends_well, goes_on, is_gone, steady, wait_to_see, wait_until,
};

const MIB: u64 = 1 << 20;

/// A program that takes so much memory, in one way or another.
pub fn memory(way: &str, mebibytes: u64) -> Program {
    let program = built::compiled("memory", "system/memory.c", &["-lOpenCL"]);
    Program::new(program).args([way, &mebibytes.to_string()]).within(2 * PATIENCE)
}

/// The number in front of a program's last output.
pub fn said(program: &mut Running, behind: &str) -> i64 {
    let text = program.wait_for(behind);
    let before = text.split(behind).next().unwrap().lines().last().unwrap();
    before.rsplit(' ').next().unwrap().parse().unwrap_or_else(|_| panic!("{text}"))
}

/// The folder of a worker's group, in a controller's hierarchy.
fn folder_of(world: &SystemWorld, controller: &str, worker: u32) -> PathBuf {
    let groups = of_process(worker);
    let own =
        |(hierarchy, _): &&(String, String)| hierarchy.split(',').any(|one| one == controller) || hierarchy.is_empty();
    let (_, path) = groups.iter().find(own).expect("a group");
    let within = path.split_once("/ava/").unwrap_or_else(|| panic!("{path} is not the broker's"));
    world.groups.of_controller(controller).join("ava").join(within.1)
}

fn tasks(folder: &Path) -> u64 {
    number(folder, &["pids.current"])
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn a_worker_has_a_group_with_bounds_that_goes_with_it() {
    let Some(world) = SystemWorld::with(["--warm", "0", "--session-memory", "600M"]) else { return };
    let (program, session) = begin(&world, &ALICE, 1);
    let [memory, pids] = ["memory", "pids"].map(|controller| folder_of(&world, controller, session.worker_pid));
    let bound = |folder: &Path| number(folder, &["memory.limit_in_bytes", "memory.max"]);
    assert_eq!((bound(&memory), number(&pids, &["pids.max"])), (600 * MIB, 2048));
    let tenant = pids.parent().unwrap();
    assert!(tenant.ends_with("ava/31234"), "{}", tenant.display());
    assert!(bound(memory.parent().unwrap()) >= 600 * MIB && number(tenant, &["pids.max"]) > 2048);
    assert!((1..100).contains(&tasks(&pids)), "{} tasks", tasks(&pids));
    assert_eq!(world.groups.of_workers().len(), 1);
    assert_eq!(world.status().isolation.memory[0], 600 * MIB);
    goes_on(program);
    wait_until("the worker's group is gone", || !memory.exists() && !pids.exists());
    wait_until("the tenant's group is gone", || !memory.parent().unwrap().exists() && !tenant.exists());
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn what_a_worker_starts_is_in_its_group_and_goes_with_it() {
    let Some(world) = SystemWorld::new() else { return };
    let (other, others) = begin(&world, &BOB, 1);
    let tasks_program = Program::new(built::compiled("tasks", "system/tasks.c", &["-lOpenCL"])).within(2 * PATIENCE);
    let mut program = world.start(&ALICE, &tasks_program);
    // EAGAIN, as at any limit of tasks.
    let made = said(&mut program, " tasks, then -11\n");
    assert!((1500..2048).contains(&made), "{made} tasks");
    let worker = world.session_of(program.id()).worker_pid;
    let pids = folder_of(&world, "pids", worker);
    assert_eq!(tasks(&pids), 2048);
    // Others keep their resources and can start as always, also those of the same user.
    assert!(tasks(&folder_of(&world, "pids", others.worker_pid)) < 100);
    ends_well(&world.run(&BOB, &steady(2)));
    ends_well(&world.run(&ALICE, &steady(3)));
    goes_on(other);
    assert_eq!(program.answer().ended, ava_tests::Ended::With(0));
    wait_until("the group is gone with all of them", || !pids.exists());
    is_gone(worker);
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn who_takes_too_much_memory_loses_the_worker_and_nobody_else_does() {
    let Some(world) = SystemWorld::with(["--warm", "0", "--session-memory", "600M"]) else { return };
    let (other, _) = begin(&world, &BOB, 1);
    let before = world.groups.charges("ava")["."];
    let mut program = world.start(&ALICE, &memory("device", 2048));
    let made = said(&mut program, " MiB\n");
    // Memory that the vendor's library takes for itself counts too.
    assert!((192..600).contains(&made), "{made} MiB");
    let reason = end_of(&world, program.id());
    assert!(reason.contains("SIGKILL") && reason.contains("it reached the memory limit of a session"), "{reason}");
    // The program survives, and nobody is charged for the dead worker's memory: not its tenant, if the group is still there,
    // and no group around that. The other program's worker may have come to need more, but not as much as was taken.
    let taken = u64::try_from(made).unwrap();
    wait_to_see(
        &format!("{taken} MiB are given back ({before} MiB before)"),
        || world.groups.charges("ava"),
        |charges| charges.get("31234").is_none_or(|left| *left < 32) && charges["."] < before + taken / 2,
    );
    ends_well(&world.run(&ALICE, &steady(2)));
    assert_eq!(world.session_of(program.id()).state, State::Ended);
    // Memory shared by program and worker is limited as well, whoever it is charged to: the call runs out of memory.
    let mut sharer = world.start(&ALICE, &memory("shared", 2048));
    assert!((320..600).contains(&said(&mut sharer, " MiB\n")));
    assert_eq!(world.session_of(sharer.id()).state, State::Running);
    assert_eq!(sharer.answer().ended, ava_tests::Ended::With(0));
    goes_on(other);
    assert_eq!(program.answer().ended, ava_tests::Ended::With(0));
}

/// Pages that a program shares with its worker are charged to the program, which touched them first and may keep them.
#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn what_a_program_shares_is_charged_to_the_program() {
    let Some(world) = SystemWorld::with(["--warm", "0", "--session-memory", "600M"]) else { return };
    let _ = world.groups.within("programs");
    let before = world.groups.charged("programs");
    let mut program = world.start(&ALICE, &memory("shared", 320));
    assert_eq!(said(&mut program, " MiB\n"), 320);
    let worker = world.session_of(program.id()).worker_pid;
    let folder = folder_of(&world, "memory", worker);
    let of_worker = charged(&folder);
    let programs = world.groups.charged("programs") - before;
    assert!(of_worker < 160 * MIB, "{} MiB of the worker's", of_worker / MIB);
    assert!(programs > 320 * MIB, "{} MiB of the program's", programs / MIB);
    super::people::kill(worker);
    wait_to_see(
        "nothing is charged to the broker's groups",
        || world.groups.charges("ava"),
        |charges| charges["."] < 32,
    );
    assert!(world.groups.charged("programs") - before > 320 * MIB, "the program has it still");
    drop(program);
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn who_opens_lanes_without_end_is_ended_and_others_begin_meanwhile() {
    let Some(world) = SystemWorld::new() else { return };
    let hello = Hello::new("opencl", "lanes", 1, "lanes", "/");
    let (stream, answer) = client::open(&world.socket(), &seal(&Opening::Session(hello))).unwrap();
    let Answer::Welcome { session, .. } = open(&answer).unwrap() else { panic!("not welcome") };
    let mut lanes = Vec::new();
    let mut open_some = |count: usize| {
        (0..count).all(|_| {
            let (ours, theirs) =
                socketpair(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None).unwrap();
            lanes.push(ours);
            message::send(&stream, OPEN_LANE, &[theirs.as_fd()]).is_ok()
        })
    };
    assert!(open_some(1000), "a thousand threads are no attack");
    let root = |session: u64| world.sessions().into_iter().find(|found| found.session == session).unwrap();
    let worker = root(session).worker_pid;
    let pids = folder_of(&world, "pids", worker);
    wait_to_see("each lane has its thread", || tasks(&pids), |tasks| *tasks > 1000);
    // Of the same user, too.
    ends_well(&world.run(&BOB, &steady(1)));
    ends_well(&world.run(&ava_tests::Somebody::user(0), &steady(2)));
    while open_some(1) {}
    let ended = wait_to_see("the session's end", || root(session), |found| found.state == State::Ended);
    let reason = ended.ended.unwrap();
    assert!(reason.contains("lanes") && reason.contains("1024"), "{reason}");
    ends_well(&world.run(&BOB, &steady(3)));
}
