//! Labels of control groups: root gives them, and whatever is in the group has them.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use ava_tests::{Answer, Ended, Program, Running, Somebody, SystemWorld, administration, built};

use super::people::{ALICE, PATIENCE, begin, goes_on};
use super::tenants::{avactl, succeeds, world};

const ALICES: u32 = 31_234;

const RULES: &str = r#"[[rule]]
match = { label = ["gold", "silver"] }
tenant = "labelled"
"#;

/// Enters a group that is made within one: with the name that follows, so many times within itself, closed to others.
const ENTER: &str = r#"cd "$1" || exit 90
name=$(printf "$2"); times=$3; shift 3
while [ "$times" -gt 0 ]; do mkdir "$name" && cd -P "$name" || exit 91; times=$((times - 1)); done
echo 0 > cgroup.procs || exit 92
chmod 0 . || exit 93
cd / && exec "$@""#;

/// A group of Alice's within one of root's, below the test's; `None`, and a line that says why, without version 2.
fn groups(world: &SystemWorld) -> Option<(PathBuf, PathBuf)> {
    let Some(jobs) = world.groups.within_unified("jobs") else {
        eprintln!("a test of labels is skipped: no control groups of version 2 are mounted");
        return None;
    };
    let mine = world.groups.within_unified("jobs/mine")?;
    for owned in [mine.clone(), mine.join("cgroup.procs")] {
        chown(owned, Some(ALICES), None).unwrap();
    }
    Some((jobs, mine))
}

fn label(world: &SystemWorld, who: &Somebody, arguments: &[&str]) -> Answer {
    world.run(who, &avactl(&[&["label"], arguments].concat()))
}

fn name(folder: &Path) -> &str {
    folder.to_str().unwrap()
}

/// A computing program of Alice's in a group within her own, made as [`ENTER`] says.
fn begin_within(world: &SystemWorld, mine: &Path, called: &str, times: usize) -> Running {
    let steady = world.shared(&built::compiled("steady", "isolation/steady.c", &["-lOpenCL"]));
    let (steady, times) = (name(&steady), times.to_string());
    let words = ["-c", ENTER, "sh", name(mine), called, &times, steady, "4", "10"];
    world.start(&Somebody::in_group(ALICES, "jobs/mine"), &Program::new("sh").args(words).within(2 * PATIENCE))
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn who_is_in_a_labelled_group_has_its_label_until_it_is_taken_away() {
    let Some(world) = world(RULES) else { return };
    let Some((jobs, _)) = groups(&world) else { return };
    let (root, alice) = (Somebody::user(0), Somebody::in_group(ALICES, "jobs/mine"));
    let (first, session) = begin(&world, &alice, 1);
    assert_eq!(session.tenant, "31234", "no label yet");
    let given = succeeds(&label(&world, &root, &[name(&jobs), "gold", "--json"]));
    assert_eq!((&given["label"], &given["from"]), (&"gold".into(), &given["cgroup"]));
    let (second, session) = begin(&world, &alice, 2);
    assert_eq!(session.tenant, "labelled");
    assert_eq!(administration::detail(&world.admin(), session.session).label, "gold");
    let process = second.id().to_string();
    let shown = succeeds(&label(&world, &root, &[&process, "--json"]));
    assert_eq!((&shown["label"], &shown["from"]), (&"gold".into(), &given["cgroup"]));
    assert!(shown["cgroup"].as_str().unwrap().ends_with("jobs/mine"), "{shown}");
    // The nearest counts, and whoever it is reads it.
    succeeds(&label(&world, &root, &[&process, "silver", "--json"]));
    assert_eq!(succeeds(&label(&world, &alice, &["--json"]))["label"], "silver");
    let (third, session) = begin(&world, &alice, 3);
    assert_eq!(administration::detail(&world.admin(), session.session).label, "silver");
    for group in [process.as_str(), name(&jobs)] {
        let removed = label(&world, &root, &["--remove", group]);
        assert_eq!(removed.ended, Ended::With(0), "{removed}");
    }
    let again = label(&world, &root, &["--remove", name(&jobs)]);
    assert_eq!(again.ended, Ended::With(1), "{again}");
    assert!(again.stderr.contains("has no label of its own"), "{again}");
    let (last, session) = begin(&world, &alice, 4);
    assert_eq!(session.tenant, "31234");
    [first, second, third, last].into_iter().for_each(goes_on);
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn no_user_gives_itself_a_label_or_gets_rid_of_one() {
    let Some(world) = world(RULES) else { return };
    let Some((jobs, mine)) = groups(&world) else { return };
    // Not of her own group, not as root of a container that she makes, and not with a text that root would not write either.
    for who in [ALICE, Somebody::in_group(ALICES, "jobs/mine"), Somebody::in_namespaces(ALICES)] {
        for arguments in [&[name(&mine), "gold"][..], &["--remove", name(&mine)], &[name(&jobs), "gold"]] {
            let denied = label(&world, &who, arguments);
            if denied.stderr.contains("unshare failed: Operation not permitted") {
                // For example in a chroot.
                eprintln!(
                    "no_user_gives_itself_a_label_or_gets_rid_of_one: users may make no namespaces here, so none tries"
                );
                continue;
            }
            assert_eq!(denied.ended, Ended::With(3), "{who:?}: {denied}");
            assert!(denied.stderr.contains("CAP_SYS_ADMIN"), "{denied}");
        }
    }
    let given = label(&world, &Somebody::user(0), &[name(&jobs), "gold"]);
    assert_eq!(given.ended, Ended::With(0), "{given}");
    // Groups whose names are no text, that nobody else can look into, and that are deeper than labels are looked for.
    let mut inner = begin_within(&world, &mine, r"odd\377", 1);
    inner.wait_for("steady\n");
    let mut deep = begin_within(&world, &mine, "d", 90);
    deep.wait_for("steady\n");
    for program in [&inner, &deep] {
        assert_eq!(world.session_of(program.id()).tenant, "labelled");
    }
    [inner, deep].into_iter().for_each(goes_on);
    // So deep that the kernel cannot write the path: newer ones cut it, with others nobody is served.
    let mut endless = begin_within(&world, &mine, &"x".repeat(200), 22);
    if endless.says("steady\n") {
        assert_eq!(world.session_of(endless.id()).tenant, "labelled");
        goes_on(endless);
    } else {
        assert!(world.log().contains("too long to be read"), "{}", world.log());
    }
    // Paths as long as these cannot be removed by name.
    let removed = Command::new("find").arg(&mine).args(["-depth", "-mindepth", "1", "-type", "d", "-delete"]).status();
    assert!(removed.is_ok_and(|status| status.success()));
    assert!(fs::read_dir(&mine).unwrap().all(|entry| !entry.unwrap().file_type().unwrap().is_dir()));
}

#[test]
#[cfg_attr(not(root), ignore = "needs root")]
fn who_could_move_programs_out_is_named_and_mistakes_are_explained() {
    let Some(world) = world(RULES) else { return };
    let Some((jobs, mine)) = groups(&world) else { return };
    let root = Somebody::user(0);
    let inner = world.groups.within_unified("jobs/mine/inner").unwrap();
    let given = label(&world, &root, &[name(&inner), "gold"]);
    assert_eq!(given.ended, Ended::With(0), "{given}");
    assert!(given.stderr.contains("user 31234 owns the group around it"), "{given}");
    let missing = format!("{}/nobodys", name(&mine));
    for (arguments, status, reason) in [
        (&[name(&jobs), "two words"][..], 2, "is no label"),
        (&[missing.as_str(), "gold"][..], 1, "there is no control group"),
        (&["4194305"][..], 1, "there is no process"),
        (&["gold"][..], 2, "begins with `/`"),
        (&["--remove"][..], 2, "PROCESS|CGROUP"),
        (&["--remove", name(&jobs), "gold"][..], 2, "cannot be used with"),
    ] {
        let refused = label(&world, &root, arguments);
        assert_eq!(refused.ended, Ended::With(status), "{arguments:?}: {refused}");
        assert!(refused.stderr.contains(reason), "{arguments:?}: {refused}");
    }
}
