//! Rules that make tenants of users, groups and containers.

use std::fs;

use ava_protocol::admin::Session;
use ava_tests::{Answer, Ended, Program, Somebody, SystemWorld, built};

use super::groups::{memory, said};
use super::people::{ALICE, BOB, PATIENCE, begin, end_of, ends_well, goes_on, steady, wait_to_see};

const CAROL: Somebody = Somebody::user(31_236);

pub fn avactl(arguments: &[&str]) -> Program {
    Program::new(built::file("avactl")).args(arguments)
}

/// A broker with these rules, if there are control groups.
pub fn world(rules: &str) -> Option<SystemWorld> {
    let world = SystemWorld::without_broker()?;
    let file = world.path("ava.toml");
    fs::write(&file, rules).unwrap();
    let world = world.with_arguments(["--warm", "0", "--config"]).with_arguments([file]);
    world.start_broker();
    Some(world)
}

/// An administrator's avactl.
pub fn administer(world: &SystemWorld, arguments: &[&str]) -> Answer {
    world.run(&Somebody::user(0), &avactl(arguments).env("AVA_SOCKET", world.admin()))
}

#[track_caller]
fn is_refused(world: &SystemWorld, who: &Somebody, reason: &str) {
    let refused = world.run(who, &steady(9));
    assert_eq!(refused.stdout, "clGetPlatformIDs: -1001\n", "{refused}");
    assert!(refused.stderr.contains(reason), "{reason}: {refused}");
}

#[track_caller]
pub fn succeeds(answer: &Answer) -> serde_json::Value {
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    serde_json::from_str(&answer.stdout).unwrap_or_else(|error| panic!("{error}: {answer}"))
}

const RULES: &str = r#"[[rule]]
match = { user = 31234, cgroup = "*/docker-*" }
tenant = "contained"
apis = ["pkcs11"]
[[rule]]
match = { user = [31234, 31235] }
tenant = "vision"
sessions = 1
[[rule]]
match = { group = "users" }
sessions = 2
"#;

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn rules_make_tenants_of_users_groups_and_containers() {
    let Some(world) = world(RULES) else { return };
    let (alice, first) = begin(&world, &ALICE, 1);
    assert_eq!(first.tenant, "vision");
    is_refused(&world, &BOB, "tenant vision may have 1 sessions at most, says ");
    is_refused(&world, &BOB, "ava.toml:8: session ");
    let docker = Somebody::in_container(31_234, &format!("docker-{}.scope", "c".repeat(64)));
    is_refused(&world, &docker, "tenant contained may not use opencl, says ");
    let carols = [begin(&world, &CAROL, 2), begin(&world, &CAROL, 3)];
    assert_eq!(carols[0].1.tenant, "31236", "without a name its number");
    is_refused(&world, &CAROL, "tenant 31236 may have 2 sessions at most");
    // One tenant, and still two users, who see nothing of each other.
    let seen = succeeds(&world.run(&BOB, &avactl(&["ps", "--json"])));
    assert_eq!(seen["sessions"].as_array().unwrap().len(), 0);
    let own = succeeds(&world.run(&BOB, &avactl(&["tenants", "--json"])));
    let names: Vec<_> = own["tenants"].as_array().unwrap().iter().map(|tenant| &tenant["name"]).collect();
    assert_eq!(names, ["vision"]);
    let all = succeeds(&administer(&world, &["policy", "show", "--json"]));
    let names: Vec<_> = all["tenants"].as_array().unwrap().iter().map(|tenant| &tenant["name"]).collect();
    assert_eq!(names, ["31236", "contained", "root", "vision"], "and the one that asks");
    goes_on(alice);
    carols.into_iter().for_each(|(program, _)| goes_on(program));
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn only_administrators_change_what_holds() {
    let Some(world) = world(RULES) else { return };
    let (alice, _) = begin(&world, &ALICE, 1);
    for arguments in [&["set", "vision", "sessions=9"][..], &["unset", "vision"], &["reload"], &["diff"]] {
        let denied = world.run(&ALICE, &avactl(&[&["policy"], arguments].concat()));
        assert_eq!(denied.ended, Ended::With(3), "{denied}");
    }
    is_refused(&world, &BOB, "1 sessions at most");
    let set = administer(&world, &["policy", "set", "vision", "sessions=2"]);
    assert_eq!(set.ended, Ended::With(0), "{set}");
    ends_well(&world.run(&BOB, &steady(2)));
    let is_over = |sessions: &Vec<Session>| sessions.iter().filter(|session| session.ended.is_none()).count() == 1;
    wait_to_see("the end of the second session", || world.sessions(), is_over);
    // Files with a mistake change nothing.
    fs::write(world.path("ava.toml"), "[default]\nsesions = 0\n").unwrap();
    let reloaded = administer(&world, &["policy", "reload"]);
    assert_eq!(reloaded.ended, Ended::With(1), "{reloaded}");
    assert!(reloaded.stdout.contains("ava.toml:2:1:"), "{reloaded}");
    ends_well(&world.run(&BOB, &steady(3)));
    fs::write(world.path("ava.toml"), RULES.replace("sessions = 1", "sessions = 0")).unwrap();
    assert_eq!(administer(&world, &["policy", "reload"]).ended, Ended::With(0));
    assert_eq!(administer(&world, &["policy", "unset", "vision"]).ended, Ended::With(0));
    is_refused(&world, &BOB, "0 sessions at most");
    goes_on(alice);
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn a_workers_limits_are_the_tenants() {
    let rule = "[[rule]]\nmatch = { user = 31234 }\nregion_bytes = \"400M\"\nlanes = 8\n";
    let Some(world) = world(rule) else { return };
    // A program that shares too much is out of memory, and goes on.
    let mut sharer = world.start(&ALICE, &memory("shared", 2048));
    let shared = said(&mut sharer, " MiB\n");
    assert!((200..400).contains(&shared), "{shared} MiB");
    assert_eq!(sharer.answer().ended, Ended::With(0));
    // One of too many threads loses its session.
    let threads = |count: &str| {
        let crowd = built::compiled("crowd", "process/crowd.c", &["-lOpenCL", "-pthread"]);
        Program::new(crowd).args(["at-once", count]).within(PATIENCE)
    };
    let many = world.start(&ALICE, &threads("40"));
    let program = many.id();
    let answer = many.answer();
    let reason = end_of(&world, program);
    assert!(reason.contains("lanes") && reason.contains('8'), "{reason}: {answer}");
    assert_eq!(world.run(&BOB, &threads("40")).ended, Ended::With(0), "another tenant's");
}
