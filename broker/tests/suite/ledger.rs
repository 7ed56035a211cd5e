//! What sessions used is kept over restarts of the broker.

use std::path::Path;

use ava_protocol::admin::{Answer, By, Failure, Request, Session, Used};
use rustix::process::{Pid, Signal, kill_process};

use super::world::World;

fn world(ledger: &Path) -> World {
    World::with("", &["--ledger", ledger.to_str().unwrap()])
}

fn account(world: &World, by: By) -> Vec<Used> {
    match world.ask(Request::Account { since_unix_ms: 0, until_unix_ms: u64::MAX, by }) {
        Answer::Account { used, more: false } => used,
        other => panic!("{other:?}"),
    }
}

/// Ends a broker as a service manager does.
fn end(mut world: World) {
    kill_process(Pid::from_child(&world.broker), Signal::TERM).unwrap();
    assert!(world.broker.wait().unwrap().success());
}

#[test]
fn what_sessions_used_is_there_at_once_and_after_restarts() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("state/ledger");
    let mut first = world(&file);
    let (tenant, other) = (first.tenant(), first.tenant());
    assert_eq!((tenant.ask("compute"), other.ask("counted")), ("computed".to_owned(), "counted".to_owned()));
    let before = first.sessions(false);
    let living = account(&first, By::Session);
    let after = first.sessions(false);
    let used = |session: u64| living.iter().find(|used| used.name == session.to_string()).unwrap();
    // A worker that has answered still runs a little until it waits.
    let fits = |at: usize, used: &Used| before[at].device_ns <= used.device_ns && used.device_ns <= after[at].device_ns;
    assert!(living.len() == 2 && fits(0, used(1)) && fits(1, used(2)), "{before:?} {living:?} {after:?}");
    assert_eq!((used(2).calls, used(2).bytes_in, used(2).memory_peak_bytes, used(2).sessions), (1, 10, 4096, 1));
    drop(tenant);
    first.logged("session ended");
    let sum = |all: Vec<Session>| all.iter().map(|session| session.device_ns).sum::<u64>();
    let mut last = sum(first.sessions(true));
    // Until the other one waits.
    while let now = sum(first.sessions(true))
        && now != last
    {
        last = now;
    }
    end(first);

    let second = world(&file);
    for by in [By::Tenant, By::User, By::Cgroup, By::Program, By::Device, By::Api] {
        let all = account(&second, by);
        assert_eq!(all.iter().map(|used| (used.device_ns, used.sessions)).collect::<Vec<_>>(), [(last, 2)], "{by:?}");
    }
    assert_eq!(account(&second, By::Program)[0].name, "test program");
    let tenant = second.tenant();
    tenant.ask("counted");
    assert_eq!(account(&second, By::Api)[0].sessions, 3);
    assert_eq!(account(&second, By::Session).len(), 3, "each broker has a session 1");
    let nothing = second.ask(Request::Account { since_unix_ms: 0, until_unix_ms: 1, by: By::Api });
    assert_eq!(nothing, Answer::Account { used: Vec::new(), more: false });
}

#[test]
fn a_broker_that_cannot_keep_a_ledger_goes_on_and_says_so() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("file"), "").unwrap();
    let mut world = world(&directory.path().join("file/ledger"));
    let tenant = world.tenant();
    assert_eq!(tenant.ask("counted"), "counted");
    let Answer::Failed { code, reason } =
        world.ask(Request::Account { since_unix_ms: 0, until_unix_ms: u64::MAX, by: By::Api })
    else {
        panic!("a ledger in no folder")
    };
    assert_eq!(code, Failure::NoLedger);
    assert!(reason.contains("file/ledger: "), "{reason}");
    assert!(world.logged("the ledger is not kept").contains("WARN"));
    assert!(world.status_answer().ledger.unwrap().trouble.contains("file/ledger: "));
    assert_eq!(tenant.ask("still here"), "still here");

    let none = World::with("", &["--ledger-days", "0"]);
    assert!(none.status_answer().ledger.is_none());
    let asked = none.ask(Request::Account { since_unix_ms: 0, until_unix_ms: 1, by: By::Api });
    assert!(matches!(asked, Answer::Failed { code: Failure::NoLedger, .. }));
}

#[test]
fn a_second_broker_waits_for_the_ledger_of_the_first() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ledger");
    let (first, second) = (world(&file), world(&file));
    let (_one, _two) = (first.tenant(), second.tenant());
    assert_eq!(account(&first, By::Api)[0].sessions, 1);
    let Answer::Failed { reason, .. } =
        second.ask(Request::Account { since_unix_ms: 0, until_unix_ms: 1, by: By::Api })
    else {
        panic!("two write one file")
    };
    assert!(reason.contains("another broker writes it"), "{reason}");
}
