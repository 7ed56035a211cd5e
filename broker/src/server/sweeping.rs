//! What is left of tenants: control groups that memory is charged to, and directories of containers that are gone.
//!
//! A user's directory stays, for it holds what is compiled. A container is usually gone for good when its last session is: a
//! process with the rights of its user, which the broker does not have, empties its directory.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use ava_transport::spawn::Program;
use tracing::{debug, warn};

use super::{Due, Server};
use crate::cgroup::Group;
use crate::events::{Interest, Source};

/// Between two looks at what is charged to control groups.
const GROUPS_TIME: Duration = Duration::from_secs(5);
/// Between two looks at the directories of containers.
const SWEEP_TIME: Duration = Duration::from_secs(10 * 60);
/// Directories that are emptied at the same time.
const AT_ONCE: usize = 4;

impl Server {
    /// A worker's control group is not needed any more.
    pub(super) fn give_back_group(&mut self, group: Option<Group>) {
        self.isolation.give_back(group);
        self.tidy_groups(Instant::now());
    }

    pub(super) fn tidy_groups(&mut self, now: Instant) {
        if self.isolation.tidy() {
            self.deadlines.set(Due::Groups, now + GROUPS_TIME);
        }
    }

    /// Has the directories of containers without sessions emptied, a few at a time.
    pub(super) fn sweep(&mut self, now: Instant) {
        self.deadlines.set(Due::Sweep, now + SWEEP_TIME);
        let swept = |name: &str| self.sweeping.processes.values().any(|(other, _)| other == name);
        let free = AT_ONCE.saturating_sub(self.sweeping.processes.len());
        let Some(users) = &self.isolation.users else { return };
        let left = users.names().filter(|(name, _)| name.contains('@') && !self.is_used(name) && !swept(name));
        let left: Vec<(String, u32)> = left.take(free).map(|(name, uid)| (name.to_owned(), uid)).collect();
        for (name, uid) in left {
            self.start_sweeper(name, uid);
        }
    }

    /// Whether a tenant has a worker of this broker's.
    fn is_used(&self, name: &str) -> bool {
        let of_sessions = self.sessions.values().map(|session| &session.peer.tenant);
        let of_spares = self.spares.values().map(|spare| &spare.whose.tenant);
        of_sessions.chain(of_spares).any(|tenant| tenant.name() == name)
    }

    fn start_sweeper(&mut self, name: String, uid: u32) {
        let home = self.isolation.home(&name);
        let program = Program {
            path: Some(&self.settings.worker),
            arguments: ["--sweep".into(), "--user".into(), OsString::from(uid.to_string())].to_vec(),
            environment: vec![("HOME".into(), home.into())],
            files: self.settings.files,
            ..Program::default()
        };
        match self.spawner.spawn(&program) {
            Ok(child) => {
                self.sweeping.last += 1;
                let number = self.sweeping.last;
                let _ = self.events.add(&child.process, Source::Sweeper(number), Interest::Read);
                self.sweeping.processes.insert(number, (name, child));
            }
            Err(error) => warn!(tenant = name, %error, "its directory stays"),
        }
    }

    /// A process that empties a directory is over.
    pub(super) fn swept(&mut self, number: u64) {
        let Some((name, mut child)) = self.sweeping.processes.remove(&number) else {
            return;
        };
        self.events.remove(&child.process);
        // One that found a worker of an earlier broker's has left it as it was. A worker of this one's that has come
        // meanwhile has waited for it.
        let done = child.try_reap().is_some_and(|status| status.success());
        if done && !self.is_used(&name) && std::fs::remove_dir(self.isolation.home(&name)).is_ok() {
            debug!(tenant = name, "its directory is removed");
            if let Some(users) = &mut self.isolation.users {
                users.forget(&name);
            }
        }
    }
}
