//! `avactl label`

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use ava_cgroups::{Error, Labels, group_of};
use ava_cli::{Example, example};
use clap_complete::ArgValueCandidates;
use serde::Serialize;

use super::completion;
use super::shown::user_name;
use crate::error::{Failure, Kind};
use crate::output::{Format, show};

pub const EXAMPLES: &[Example] = &[
    example("The label that counts for what is started from here", "avactl label"),
    example("That of a process", "avactl label 4711"),
    example("Label a control group, with all that is in it", "avactl label /batch.slice gold"),
    example("Take its label away", "avactl label --remove /batch.slice"),
    example("A unit of systemd that is labelled whenever it starts", "ExecStartPre=+avactl label self gold"),
];

/// Show and give labels of control groups, which rules match
///
/// A rule of ava.toml(5) may be for a label: match = { label = "gold" }. A program has the label of its control group, or of the
/// nearest group around that has one. A program's label is looked up when it connects; sessions keep their tenant.
///
/// Only root of the machine gives labels, takes them away or changes them. Programs cannot give themselves one, and lose none
/// by making groups of their own. A label ends with its group.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A control group, as in /proc/PID/cgroup or by its folder; or a process, for the group that it is in, or `self`
    /// [default: self]
    #[arg(value_name = "PROCESS|CGROUP", value_parser = target, add = ArgValueCandidates::new(completion::pids))]
    of: Option<Target>,

    /// The label to give the group: letters, digits, `-`, `.`, `_`, `@` and `:`
    name: Option<String>,

    /// Take the group's own label away
    #[arg(long, requires = "of", conflicts_with = "name")]
    remove: bool,
}

/// Whose label.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    /// A process's group, with its name in `/proc`.
    Process(String),
    /// A control group.
    Group(PathBuf),
}

fn target(word: &str) -> Result<Target, String> {
    if word == "self" || word.parse::<u32>().is_ok() {
        return Ok(Target::Process(word.to_owned()));
    }
    let is_path = word.starts_with('/');
    is_path.then(|| Target::Group(word.into())).ok_or_else(|| {
        "first comes a process's number, `self`, or a control group, which begins with `/`, and then the label"
            .to_owned()
    })
}

#[derive(Debug, Serialize)]
struct Labelled {
    cgroup: String,
    /// The label that counts for programs in it.
    label: Option<String>,
    /// The group that has it, or has what is no label.
    from: Option<String>,
}

/// Shows which label counts, after it was given or taken away.
pub fn run(args: Args, format: Format) -> Result<(), Failure> {
    let labels = Labels::here().map_err(failure)?;
    let group = match args.of.unwrap_or_else(|| Target::Process("self".to_owned())) {
        Target::Process(process) => group_of_process(&process)?,
        Target::Group(path) => labels.meant(&path),
    };
    match &args.name {
        Some(name) => {
            labels.set(&group, name).map_err(failure)?;
            tell_of_owner(&labels, &group);
        }
        None if args.remove => labels.remove(&group).map_err(failure)?,
        None => labels.find(&group).map_err(failure)?,
    }
    let nearest = labels.nearest(&group);
    let from = nearest.as_ref().map(|nearest| nearest.group.display().to_string());
    let label = nearest.and_then(|nearest| nearest.label);
    show(format, &Labelled { cgroup: group.display().to_string(), label, from }, text)
}

fn text(labelled: &Labelled) -> String {
    let Labelled { cgroup, label, from } = labelled;
    match (label, from) {
        (Some(label), Some(from)) if from != cgroup => format!("{cgroup}: {label}, the label of {from}\n"),
        (Some(label), _) => format!("{cgroup}: {label}\n"),
        (None, Some(from)) => format!("{cgroup}: no label; what {from} has instead is none\n"),
        (None, None) => format!("{cgroup}: no label\n"),
    }
}

fn group_of_process(process: &str) -> Result<PathBuf, Failure> {
    let text = fs::read(format!("/proc/{process}/cgroup")).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Failure::new(Kind::General, format!("there is no process {process}")),
        _ => Failure::new(Kind::General, format!("the control group of process {process} is unknown: {error}")),
    })?;
    match group_of(&String::from_utf8_lossy(&text)) {
        "" => Err(failure(Error::NotMounted)),
        group => Ok(group.into()),
    }
}

/// A label is worth little where a user may move programs from or to its group.
fn tell_of_owner(labels: &Labels, group: &Path) {
    if let Some(uid) = labels.owner_around(group) {
        let user = user_name(uid);
        anstream::eprintln!(
            "avactl: user {user} owns the group around it, and can move programs out of {}",
            group.display()
        );
    }
}

fn failure(error: Error) -> Failure {
    let kind = match &error {
        Error::NotAllowed => Kind::Denied,
        Error::NoPath(_) | Error::BadLabel(_) => Kind::Usage,
        _ => Kind::General,
    };
    let hint = match &error {
        Error::NotAllowed => Some("as root, outside of containers: sudo avactl label …"),
        Error::NoGroup(_) | Error::Outside(_) => Some("`avactl label PROCESS` names the group of a process"),
        Error::NotMounted => Some("labels need /sys/fs/cgroup, or with version 1 /sys/fs/cgroup/unified"),
        Error::NotSupported => Some("rules can match `user`, `group` and `cgroup` instead"),
        Error::NoLabel(_) => Some("`avactl label CGROUP` shows which group around it has one"),
        _ => None,
    };
    let failure = Failure::new(kind, error.to_string());
    hint.into_iter().fold(failure, Failure::hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_a_path_and_a_process_a_number() {
        assert_eq!(target("4711"), Ok(Target::Process("4711".to_owned())));
        assert_eq!(target("self"), Ok(Target::Process("self".to_owned())));
        assert_eq!(target("/a/b"), Ok(Target::Group("/a/b".into())));
        for odd in ["gold", "", "-1", "../x", "4711/../1"] {
            assert!(target(odd).is_err(), "{odd}");
        }
    }

    #[test]
    fn who_has_which_label_is_said_in_a_line() {
        let said = |label: Option<&str>, from: Option<&str>| {
            text(&Labelled { cgroup: "/a/b".into(), label: label.map(Into::into), from: from.map(Into::into) })
        };
        assert_eq!(said(Some("gold"), Some("/a/b")), "/a/b: gold\n");
        assert_eq!(said(Some("gold"), Some("/a")), "/a/b: gold, the label of /a\n");
        assert_eq!(said(None, Some("/a")), "/a/b: no label; what /a has instead is none\n");
        assert_eq!(said(None, None), "/a/b: no label\n");
    }

    #[test]
    fn what_is_not_possible_has_a_hint() {
        let denied = failure(Error::NotAllowed);
        assert_eq!((denied.kind, denied.hints.len()), (Kind::Denied, 1));
        assert_eq!(failure(Error::BadLabel("a b".into())).kind, Kind::Usage);
        assert_eq!(group_of_process("0").unwrap_err().message, "there is no process 0");
    }
}
