//! The users that workers run as, and the privileges that they have dropped.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ava_protocol::admin::Session;
use ava_tests::SystemWorld;

use super::people::{ALICE, BOB, begin, goes_on, kill, status_of};

/// The user of a worker, the same for all kinds of user id, and the group of the same number.
#[track_caller]
fn user_of(session: &Session) -> u32 {
    let status = status_of(session.worker_pid);
    let uid: u32 = status["Uid"].split(' ').next().unwrap().parse().unwrap();
    let same = [uid; 4].map(|uid| uid.to_string()).join(" ");
    assert_eq!((&status["Uid"], &status["Gid"]), (&same, &same));
    uid
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn each_user_has_workers_of_another_user_also_after_a_restart() {
    let Some(world) = SystemWorld::new() else { return };
    let programs = [(&ALICE, 1), (&ALICE, 2), (&BOB, 3)].map(|(who, seed)| begin(&world, who, seed));
    let [one, two, other] = [0, 1, 2].map(|at: usize| user_of(&programs[at].1));
    assert_eq!(one, two);
    assert_ne!(one, other);
    let users = world.users();
    assert!(users.contains(&one) && users.contains(&other), "{one}, {other}");
    assert_eq!(world.status().isolation.users, Some(format!("{}-{}", users.start(), users.end())));
    world.kill_broker();
    world.start_broker();
    // In the other order.
    for (who, uid) in [(&BOB, other), (&ALICE, one)] {
        let (program, session) = begin(&world, who, 4);
        assert_eq!(user_of(&session), uid);
        goes_on(program);
    }
    programs.into_iter().for_each(|(program, _)| goes_on(program));
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn the_administrator_names_the_users() {
    let Some(world) = SystemWorld::without_broker() else { return };
    let world = world.with_arguments(["--warm", "0"]).with_users(71_000..=71_000);
    world.start_broker();
    let (program, session) = begin(&world, &ALICE, 1);
    assert_eq!(user_of(&session), 71_000);
    let refused = world.run(&BOB, &super::people::steady(2));
    assert!(refused.stderr.contains("all 1 users for workers are taken"), "{refused}");
    goes_on(program);
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn a_worker_has_given_up_what_it_can() {
    let Some(world) = SystemWorld::new() else { return };
    let (program, session) = begin(&world, &ALICE, 1);
    let worker = session.worker_pid;
    let status = status_of(worker);
    for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
        assert_eq!(u64::from_str_radix(&status[set], 16), Ok(0), "{set}");
    }
    assert_eq!((status["NoNewPrivs"].as_str(), status["Seccomp"].as_str()), ("1", "2"));
    let devices = groups_of_devices(Path::new("/dev"));
    let groups = status["Groups"].split_whitespace().map(|gid| gid.parse::<u32>().unwrap());
    groups.for_each(|gid| assert!(gid != 0 && devices.contains(&gid), "group {gid} of the worker is no device's"));
    // A process that is not dumpable has files of root's in /proc.
    assert_eq!(fs::metadata(format!("/proc/{worker}/environ")).unwrap().uid(), 0);
    let score =
        |process: u32| fs::read_to_string(format!("/proc/{process}/oom_score_adj")).unwrap().trim().parse::<i32>();
    assert!(score(worker).unwrap() > score(world.broker_id()).unwrap());
    goes_on(program);
}

/// Checks that the tests above can fail.
#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn without_the_sandbox_a_worker_is_the_brokers_user() {
    let Some(world) = SystemWorld::with(["--warm", "0", "--sandbox", "off"]) else { return };
    let (program, session) = begin(&world, &ALICE, 1);
    let status = status_of(session.worker_pid);
    assert_eq!(user_of(&session), 0);
    assert_ne!(u64::from_str_radix(&status["CapEff"], 16), Ok(0));
    assert_eq!(status["Seccomp"], "0");
    let home = world.home("31234").parent().and_then(Path::parent).unwrap().join("of-one-user/31234");
    assert_eq!(fs::metadata(home).unwrap().uid(), 0);
    assert!(world.groups.of_workers().is_empty());
    let missing = world.status().isolation.missing;
    assert!(missing.iter().any(|line| line.contains("the sandbox is off")), "{missing:?}");
    goes_on(program);
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn a_worker_has_its_own_descriptors_and_none_of_the_brokers() {
    let Some(world) = SystemWorld::with(["--warm", "2"]) else { return };
    let (one, mine) = begin(&world, &ALICE, 1);
    let (other, others) = begin(&world, &BOB, 2);
    let open = descriptors(mine.worker_pid);
    let home = world.home("31234");
    for file in &open {
        let text = file.display().to_string();
        let kinds = ["socket:[", "pipe:[", "anon_inode:", "/memfd:", "/dev/null", "/dev/shm/", "/usr/", "/lib"];
        let usual = kinds.iter().any(|kind| text.starts_with(kind)) || file.starts_with(&home);
        assert!(usual, "{text} is open in a worker: {open:?}");
    }
    let shared = |file: &PathBuf| {
        ["socket:", "pipe:", "anon_inode:[memfd"].iter().any(|kind| file.to_string_lossy().starts_with(kind))
    };
    let own: HashSet<_> = open.into_iter().filter(shared).collect();
    assert!(!own.is_empty());
    for process in [world.broker_id(), others.worker_pid] {
        let theirs = descriptors(process);
        let both: Vec<_> = theirs.iter().filter(|file| own.contains(*file)).collect();
        assert!(both.is_empty(), "process {process} has {both:?} too");
    }
    // It does not depend on the other one's either.
    kill(mine.worker_pid);
    goes_on(other);
    drop(one);
}

/// The open descriptors of a process.
fn descriptors(process: u32) -> Vec<PathBuf> {
    let entries = fs::read_dir(format!("/proc/{process}/fd")).expect("it lives").flatten();
    entries.filter_map(|entry| fs::read_link(entry.path()).ok()).collect()
}

/// The groups that may use a device.
fn groups_of_devices(folder: &Path) -> HashSet<u32> {
    let mut groups = HashSet::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(found) = entry.metadata() else { continue };
        if found.is_dir() {
            groups.extend(groups_of_devices(&entry.path()));
        } else if found.file_type().is_char_device() && found.permissions().mode() & 0o060 != 0 {
            groups.insert(found.gid());
        }
    }
    groups
}
