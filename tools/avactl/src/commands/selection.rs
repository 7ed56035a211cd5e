//! The options that select sessions: the same for all subcommands.

use ava_protocol::admin::Session;
use ava_protocol::api::APIS;
use clap::builder::PossibleValuesParser;
use clap_complete::ArgValueCandidates;

use super::completion::{pids, sessions, users};
use super::shown::{Stage, uid};
use crate::error::{Failure, Kind};
use crate::reach::Broker;

/// Which sessions
///
/// Different criteria must all match; of several values for one criterion, one must match.
#[derive(Debug, Default, clap::Args)]
pub struct Selection {
    /// Sessions by number, as `avactl ps` shows them
    #[arg(value_name = "SESSION", add = ArgValueCandidates::new(sessions))]
    pub sessions: Vec<u64>,

    /// Sessions of these processes: a program's or a worker's
    #[arg(short, long = "pid", value_name = "PID", value_delimiter = ',', help_heading = "Selection", add = ArgValueCandidates::new(pids))]
    pids: Vec<u32>,

    /// Sessions of these users, by name or number
    #[arg(short, long = "user", value_name = "USER", value_delimiter = ',', help_heading = "Selection", add = ArgValueCandidates::new(users))]
    users: Vec<String>,

    /// Sessions of programs with these names
    #[arg(long = "program", value_name = "NAME", value_delimiter = ',', help_heading = "Selection")]
    programs: Vec<String>,

    /// Sessions of these APIs
    #[arg(long = "api", value_name = "API", value_delimiter = ',', help_heading = "Selection", value_parser = PossibleValuesParser::new(APIS.iter().map(|api| api.name)))]
    apis: Vec<String>,

    /// Sessions that use devices with this text in their name
    #[arg(long = "device", value_name = "TEXT", help_heading = "Selection")]
    devices: Vec<String>,

    /// Sessions in these states
    #[arg(long = "state", value_enum, value_name = "STATE", value_delimiter = ',', help_heading = "Selection")]
    states: Vec<Stage>,
}

impl Selection {
    /// Whether no criterion is given.
    pub fn is_empty(&self) -> bool {
        self.sessions.is_empty() && self.only_numbers()
    }

    /// Whether numbers are the only criterion.
    pub fn only_numbers(&self) -> bool {
        let texts = [&self.users, &self.programs, &self.apis, &self.devices];
        self.pids.is_empty() && self.states.is_empty() && texts.iter().all(|names| names.is_empty())
    }

    /// Whether the criteria may name ended sessions, even without `--all`.
    pub fn may_be_ended(&self) -> bool {
        !self.sessions.is_empty() || self.states.contains(&Stage::Ended)
    }

    /// The sessions of `all` that match.
    pub fn of(&self, all: Vec<Session>) -> Result<Vec<Session>, Failure> {
        let users: Vec<u32> = self.users.iter().map(|user| uid(user)).collect::<Result<_, _>>()?;
        let fits = |session: &Session| {
            let pid = u32::try_from(session.pid).ok();
            let device =
                |text: &String| session.devices.iter().any(|name| name.to_lowercase().contains(&text.to_lowercase()));
            one_of(&self.sessions, |number| *number == session.session)
                && one_of(&self.pids, |wanted| Some(*wanted) == pid || *wanted == session.worker_pid)
                && one_of(&users, |uid| *uid == session.uid)
                && one_of(&self.programs, |name| *name == session.program)
                && one_of(&self.apis, |api| *api == session.api)
                && one_of(&self.devices, device)
                && one_of(&self.states, |stage| *stage == Stage::of(session.state))
        };
        Ok(all.into_iter().filter(fits).collect())
    }

    /// The numbers of the sessions to show or end: at least one.
    pub fn numbers(&self, broker: &Broker) -> Result<Vec<u64>, Failure> {
        if self.is_empty() {
            return Err(what_there_is(broker, Failure::new(Kind::Usage, "no session given")));
        }
        if self.only_numbers() {
            let mut numbers = Vec::new();
            self.sessions.iter().for_each(|number| {
                if !numbers.contains(number) {
                    numbers.push(*number)
                }
            });
            return Ok(numbers);
        }
        let found = self.of(broker.sessions(self.may_be_ended())?)?;
        match found.as_slice() {
            [] => Err(what_there_is(broker, Failure::new(Kind::General, "there is no such session"))),
            some => Ok(some.iter().map(|session| session.session).collect()),
        }
    }
}

/// Whether `fits` holds for one of `wanted`, or `wanted` is empty.
fn one_of<T>(wanted: &[T], fits: impl Fn(&T) -> bool) -> bool {
    wanted.is_empty() || wanted.iter().any(fits)
}

/// The failure, with a hint that lists the sessions.
pub fn what_there_is(broker: &Broker, failure: Failure) -> Failure {
    const MOST: usize = 12;
    let Ok(sessions) = broker.sessions(false) else {
        return failure.hint("`avactl ps` lists the sessions");
    };
    let named = |session: &Session| format!("{} ({})", session.session, session.program);
    let mut names: Vec<_> = sessions.iter().take(MOST).map(named).collect();
    if sessions.len() > MOST {
        names.push(format!("{} others", sessions.len() - MOST));
    }
    failure.hint(match names.as_slice() {
        [] => {
            "`avactl ps` lists the sessions: there are none now; `avactl ps --all` also lists those that ended lately"
                .to_owned()
        }
        _ => format!("`avactl ps` lists the sessions: {}", names.join(", ")),
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::session;
    use super::*;

    #[test]
    fn what_is_named_in_several_ways_must_fit_all() {
        let other = Session { uid: 0, program: "clinfo".into(), pid: 7, devices: vec![], ..session(12) };
        let all = vec![session(3), session(8), other];
        let numbers = |selection: &Selection| -> Vec<u64> {
            selection.of(all.clone()).unwrap().iter().map(|session| session.session).collect()
        };
        let nothing = Selection::default();
        assert!(nothing.is_empty() && !nothing.may_be_ended());
        assert_eq!(numbers(&nothing), [3, 8, 12]);
        assert_eq!(numbers(&Selection { sessions: vec![8, 12, 99], ..Selection::default() }), [8, 12]);
        assert_eq!(numbers(&Selection { pids: vec![7], ..Selection::default() }), [12]);
        assert_eq!(numbers(&Selection { pids: vec![4300], ..Selection::default() }), [3, 8, 12], "a worker's");
        assert_eq!(numbers(&Selection { users: vec!["root".into()], ..Selection::default() }), [12]);
        assert_eq!(numbers(&Selection { users: vec!["0".into(), "1000".into()], ..Selection::default() }), [3, 8, 12]);
        assert_eq!(numbers(&Selection { devices: vec!["HASWELL".into()], ..Selection::default() }), [3, 8]);
        let both = Selection { sessions: vec![3], programs: vec!["clinfo".into()], ..Selection::default() };
        assert!(numbers(&both).is_empty() && !both.only_numbers());
        let nobody = Selection { users: vec!["no such user".into()], ..Selection::default() };
        assert_eq!(nobody.of(all.clone()).unwrap_err().kind, Kind::Usage);
    }
}
