//! The directory of each tenant, and its removal.

use std::fs;
use std::os::unix::fs::MetadataExt;

use ava_tests::administration::detail;
use ava_tests::{Running, Somebody, SystemWorld};

use super::people::{ALICE, BOB, begin, end_of, ends_well, goes_on, is_gone, steady, wait_to_see, wait_until};

/// A container with Docker's kind of name.
fn docker(digit: char) -> String {
    format!("docker-{}.scope", digit.to_string().repeat(64))
}

/// The name of its tenant, for a user.
fn tenant(uid: u32, digit: char) -> String {
    format!("{uid}@docker-{}", digit.to_string().repeat(64))
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn directories_are_their_users_alone() {
    let Some(world) = SystemWorld::new() else { return };
    let programs = [(&ALICE, 1), (&BOB, 2)].map(|(who, seed)| begin(&world, who, seed).0);
    let shared = world.home("");
    // A process with a tenant's user may create one entry there, and not list the others.
    assert_eq!(fs::metadata(&shared).unwrap().mode() & 0o7777, 0o731);
    let mut owners = Vec::new();
    for name in ["31234", "31235"] {
        let home = world.home(name);
        let owner = fs::metadata(&home).unwrap().uid();
        for folder in ["", "cache", "tmp"] {
            let found = fs::metadata(home.join(folder)).unwrap();
            assert_eq!((found.mode() & 0o7777, found.uid()), (0o700, owner), "{name}/{folder}");
        }
        owners.push(owner);
    }
    assert_ne!(owners[0], owners[1]);
    programs.into_iter().for_each(goes_on);
    let left = |name: &str| fs::read_dir(world.home(name).join("tmp")).unwrap().count();
    wait_to_see("scratch is gone", || [left("31234"), left("31235")], |left| *left == [0, 0]);
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn the_root_of_a_container_is_a_tenant_of_its_own() {
    let Some(world) = SystemWorld::with(["--warm", "1"]) else { return };
    let roots = [Somebody::user(0), Somebody::in_container(0, &docker('a')), Somebody::in_container(0, &docker('b'))];
    let names = ["0".to_owned(), tenant(0, 'a'), tenant(0, 'b')];
    let programs = roots.each_ref().map(|root| begin(&world, root, 1));
    let owners = names.each_ref().map(|name| fs::metadata(world.home(name)).unwrap().uid());
    assert!(owners[0] != owners[1] && owners[1] != owners[2] && owners[0] != owners[2], "{owners:?}");
    let containers = programs.each_ref().map(|(_, session)| detail(&world.admin(), session.session).container);
    assert_eq!(containers[0], "");
    assert_eq!([&containers[1], &containers[2]].map(|name| format!("0@{name}")), names[1..]);
    // Each has a spare worker, with its own user.
    wait_to_see("three spares", || world.status().spares, |spares| *spares == 3);
    let tasks = fs::read_to_string(format!("/proc/{0}/task/{0}/children", world.broker_id())).unwrap();
    let users = tasks.split_whitespace().map(|worker| fs::metadata(format!("/proc/{worker}")).unwrap().uid());
    let users: Vec<_> = users.collect();
    owners.iter().for_each(|owner| assert_eq!(users.iter().filter(|uid| *uid == owner).count(), 2, "{users:?}"));
    programs.into_iter().for_each(|(program, _)| goes_on(program));
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn the_root_of_ones_own_namespaces_is_a_tenant_of_its_own() {
    let Some(world) = SystemWorld::new() else { return };
    let (program, _) = begin(&world, &ALICE, 1);
    let answer = world.run(&Somebody::in_namespaces(31_234), &steady(2));
    if answer.stderr.contains("unshare failed: Operation not permitted") {
        // For example in a chroot. The other tests show that everything else works.
        eprintln!(
            "the_root_of_ones_own_namespaces_is_a_tenant_of_its_own is skipped: users may make no namespaces here"
        );
        return;
    }
    ends_well(&answer);
    let sessions = world.sessions();
    let containers: Vec<_> = sessions.iter().map(|session| detail(&world.admin(), session.session).container).collect();
    assert!(containers[0].is_empty() && containers[1].ends_with("programs"), "{containers:?}");
    goes_on(program);
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn what_containers_leave_is_removed_and_their_users_are_free_again() {
    let Some(world) = SystemWorld::new() else { return };
    for (who, seed) in [(Somebody::in_container(0, &docker('a')), 1), (ALICE, 2)] {
        is_over(&world, begin(&world, &who, seed).0);
    }
    let (living, session) = begin(&world, &Somebody::in_container(0, &docker('b')), 3);
    let freed = fs::metadata(world.home(&tenant(0, 'a'))).unwrap().uid();
    // A broker checks at its start, and then from time to time.
    world.kill_broker();
    world.start_broker();
    wait_until("the directory is gone", || !world.home(&tenant(0, 'a')).exists());
    assert!(world.home("31234/cache").exists(), "a user's stays");
    // A directory that a worker of an earlier broker uses stays: the worker continues, with its files.
    assert!(world.home(&tenant(0, 'b')).join(format!("tmp/{}", session.worker_pid)).exists());
    goes_on(living);
    is_gone(session.worker_pid);
    // The broker learns of its sweeper's end a moment after the directory is gone.
    let mut next = 'c'..='f';
    wait_until("the user is free again", || {
        let digit = next.next().expect("the user is free again soon");
        is_over(&world, begin(&world, &Somebody::in_container(0, &docker(digit)), 4).0);
        fs::metadata(world.home(&tenant(0, digit))).unwrap().uid() == freed
    });
    // Its process number must become free, so its new parent has to reap it.
    let process = format!("/proc/{}", session.worker_pid);
    wait_until("the worker's parent has seen its end", || !std::path::Path::new(&process).exists());
    world.kill_broker();
    world.start_broker();
    let homes = || fs::read_dir(world.home("")).unwrap().flatten().map(|entry| entry.file_name()).collect::<Vec<_>>();
    let is_user = |home: &std::ffi::OsString| !home.to_string_lossy().contains('@');
    wait_to_see("all of them are gone", homes, |homes| homes.iter().all(is_user));
}

/// Programs can connect while the broker removes the remains of containers.
#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn a_session_that_begins_while_its_directory_is_emptied_has_one() {
    let Some(world) = SystemWorld::new() else { return };
    let root = Somebody::in_container(0, &docker('a'));
    let home = world.home(&tenant(0, 'a'));
    is_over(&world, begin(&world, &root, 1).0);
    for round in 0..10 {
        // Enough files to take a while.
        let owner = fs::metadata(&home).unwrap();
        let much = home.join("cache/much");
        fs::create_dir_all(&much).unwrap();
        for number in 0..100 * round {
            fs::write(much.join(number.to_string()), "").unwrap();
        }
        std::os::unix::fs::chown(&much, Some(owner.uid()), Some(owner.gid())).unwrap();
        world.kill_broker();
        let mut program = world.start(&root, &steady(round));
        world.start_broker();
        program.wait_for("steady\n");
        let session = world.session_of(program.id());
        let scratch = home.join(format!("tmp/{}", session.worker_pid));
        assert!(scratch.exists(), "round {round}: the worker has no scratch");
        let user = fs::metadata(format!("/proc/{}", session.worker_pid)).unwrap().uid();
        assert_eq!(fs::metadata(&home).unwrap().uid(), user);
        // No other tenant gets its user.
        let (other, others) = begin(&world, &ALICE, 2);
        assert_ne!(fs::metadata(format!("/proc/{}", others.worker_pid)).unwrap().uid(), user, "round {round}");
        is_over(&world, other);
        is_over(&world, program);
    }
}

/// The program exits normally, and the broker has noticed its worker's end.
#[track_caller]
fn is_over(world: &SystemWorld, program: Running) {
    let id = program.id();
    goes_on(program);
    end_of(world, id);
}
