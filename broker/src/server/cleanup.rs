//! Cleanup after tenants: control groups that memory is charged to, and directories of ended containers.
//!
//! A user's directory stays, because it holds compiled programs. A container has usually ended for good after its last
//! session: a process that runs as its workers' user empties its directory, because the broker itself lacks the rights.

use std::ffi::OsString;
use std::time::{Duration, Instant};

use ava_transport::spawn::Program;
use tracing::{debug, warn};

use super::{Due, Server};
use crate::cgroup::Group;
use crate::events::{Interest, Source};

/// The interval between two attempts to remove control groups.
const GROUPS_TIME: Duration = Duration::from_secs(5);
/// The interval between two checks of containers' directories.
const SWEEP_TIME: Duration = Duration::from_secs(10 * 60);
/// The most directories that are emptied at the same time.
const AT_ONCE: usize = 4;

impl Server {
    /// Releases a worker's control group.
    pub(super) fn give_back_group(&mut self, group: Option<Group>) {
        self.isolation.give_back(group);
        self.tidy_groups(Instant::now());
    }

    pub(super) fn tidy_groups(&mut self, now: Instant) {
        if self.isolation.tidy() {
            self.deadlines.set(Due::Groups, now + GROUPS_TIME);
        }
    }

    /// Starts processes that empty the directories of containers without sessions, a few at a time.
    pub(super) fn sweep(&mut self, now: Instant) {
        self.deadlines.set(Due::Sweep, now + SWEEP_TIME);
        let swept = |name: &str| self.cleanup.processes.values().any(|(other, _)| other == name);
        let free = AT_ONCE.saturating_sub(self.cleanup.processes.len());
        let Some(users) = &self.isolation.users else { return };
        let left = users.names().filter(|(name, _)| name.contains('@') && !self.is_used(name) && !swept(name));
        let left: Vec<(String, u32)> = left.take(free).map(|(name, uid)| (name.to_owned(), uid)).collect();
        for (name, uid) in left {
            self.start_sweeper(name, uid);
        }
    }

    /// Whether a tenant has a worker of this broker.
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
                self.cleanup.last += 1;
                let number = self.cleanup.last;
                let _ = self.events.add(&child.process, Source::Sweeper(number), Interest::Read);
                self.cleanup.processes.insert(number, (name, child));
            }
            Err(error) => warn!(tenant = name, %error, "its directory stays"),
        }
    }

    /// A process that empties a directory ended.
    pub(super) fn swept(&mut self, number: u64) {
        let Some((name, mut child)) = self.cleanup.processes.remove(&number) else {
            return;
        };
        self.events.remove(&child.process);
        // If it found a worker of an earlier broker, it left the directory as it was. A worker of this broker that has
        // started meanwhile has waited for it.
        let done = child.try_reap().is_some_and(|status| status.success());
        if done && !self.is_used(&name) && std::fs::remove_dir(self.isolation.home(&name)).is_ok() {
            debug!(tenant = name, "its directory is removed");
            if let Some(users) = &mut self.isolation.users {
                users.forget(&name);
            }
        }
    }
}
