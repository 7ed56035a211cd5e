//! Who may see and end which sessions.

use ava_tests::{Answer, Ended, Program, Somebody, SystemWorld, built};

use super::people::{ALICE, BOB, begin, ends_well, goes_on, steady, wait_to_see};

fn avactl(arguments: &[&str]) -> Program {
    Program::new(built::file("avactl")).args(arguments)
}

/// The numbers of the sessions that a user sees.
fn seen(world: &SystemWorld, who: &Somebody) -> Vec<u64> {
    numbers(&world.run(who, &avactl(&["ps", "--all", "--format", "json"])))
}

#[track_caller]
fn numbers(answer: &Answer) -> Vec<u64> {
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    let shown: serde_json::Value = serde_json::from_str(&answer.stdout).unwrap();
    let sessions = shown["sessions"].as_array().unwrap_or_else(|| panic!("{answer}"));
    sessions.iter().map(|session| session["session"].as_u64().unwrap()).collect()
}

fn docker(uid: u32) -> Somebody {
    Somebody::in_container(uid, &format!("docker-{}.scope", "c".repeat(64)))
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn only_the_administrators_socket_makes_an_administrator() {
    let Some(world) = SystemWorld::new() else { return };
    let everybody = [ALICE, BOB, Somebody::user(0), docker(0), docker(31_234)];
    let programs: Vec<_> = everybody.iter().map(|who| begin(&world, who, 1)).collect();
    for (who, (_, session)) in everybody.iter().zip(&programs) {
        assert_eq!(seen(&world, who), [session.session], "{who:?}");
    }
    assert_eq!(world.sessions().len(), everybody.len());
    assert!(world.status().admin && !ava_tests::administration::status(&world.socket()).admin);
    // Others cannot use the administrator's socket.
    let outside = world.run(&ALICE, &avactl(&["ps"]).env("AVA_SOCKET", world.admin()));
    assert_ne!(outside.ended, Ended::With(0), "{outside}");
    programs.into_iter().for_each(|(program, _)| goes_on(program));
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn users_end_their_own_sessions_and_no_others() {
    let Some(world) = SystemWorld::new() else { return };
    let (mut victim, session) = begin(&world, &ALICE, 1);
    let number = session.session.to_string();
    for who in [BOB, Somebody::user(0), docker(0), docker(31_234)] {
        for verb in ["kill", "inspect"] {
            let answer = world.run(&who, &avactl(&[verb, &number]));
            assert_ne!(answer.ended, Ended::With(0), "{who:?}: {answer}");
            assert!(answer.stderr.contains("is another user's"), "{who:?}: {answer}");
        }
    }
    victim.tell("another\n");
    victim.wait_for("round another\n");
    let answer = world.run(&ALICE, &avactl(&["kill", &number]));
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    assert_eq!(super::people::end_of(&world, victim.id()), "ended by user 31234");
    // And so does the administrator.
    let (other, session) = begin(&world, &BOB, 2);
    let kill = avactl(&["kill", &session.session.to_string()]).env("AVA_SOCKET", world.admin());
    let answer = world.run(&Somebody::user(0), &kill);
    assert_eq!(answer.ended, Ended::With(0), "{answer}");
    assert_eq!(super::people::end_of(&world, other.id()), "ended by user root");
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn workers_are_nobody() {
    let Some(world) = SystemWorld::new() else { return };
    let (first, last) = world.users().into_inner();
    for uid in [first, last] {
        let answer = world.run(&Somebody::user(uid), &avactl(&["ps"]));
        assert_ne!(answer.ended, Ended::With(0), "{answer}");
        assert!(answer.stderr.contains("workers may not use the broker"), "{answer}");
        let program = world.run(&Somebody::user(uid), &steady(1));
        assert_eq!(program.stdout, "clGetPlatformIDs: -1001\n", "{program}");
        assert!(program.stderr.contains("workers may not use the broker"), "{program}");
    }
    assert_eq!(seen(&world, &Somebody::user(first - 1)), [0; 0]);
    assert_eq!(seen(&world, &Somebody::user(last + 1)), [0; 0]);
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn containers_that_users_make_count_for_them_and_those_of_the_machine_do_not() {
    let Some(world) = SystemWorld::with(["--warm", "0", "--sessions-per-user", "1"]) else { return };
    let own = |user: u32| format!("user-{user}.slice/user@{user}.service/libpod-{}.scope", "d".repeat(64));
    let (program, session) = begin(&world, &Somebody::in_container(31_234, &own(31_234)), 1);
    for who in [ALICE, Somebody::in_container(31_234, &own(31_234).replace('d', "e"))] {
        let refused = world.run(&who, &steady(2));
        assert_eq!(refused.stdout, "clGetPlatformIDs: -1001\n", "{refused}");
        assert!(refused.stderr.contains("sessions"), "{refused}");
    }
    // Its contents still do not belong to the user.
    assert!(seen(&world, &ALICE).is_empty());
    // One of another user, and one that the machine's administrator made.
    ends_well(&world.run(&BOB, &steady(3)));
    ends_well(&world.run(&docker(31_234), &steady(4)));
    goes_on(program);
    wait_to_see(
        "the session's end",
        || world.sessions(),
        |sessions| sessions.iter().any(|other| other.session == session.session && other.ended.is_some()),
    );
    ends_well(&world.run(&ALICE, &steady(5)));
}
