//! Who is at the other end of a connection, by the kernel's word.
//!
//! - **Invariant:** nothing the peer says enters here. Process numbers are only looked at while a process descriptor
//!   makes sure that they still mean the same process.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use interprocess::local_socket::{Stream, traits::StreamCommon as _};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};

/// A peer's identity, taken when its connection is accepted.
#[derive(Debug)]
pub struct Tenant {
    /// The effective user when it connected.
    pub uid: u32,
    /// The process, as numbered in the broker's process namespace; 0 if it has no number there.
    pub pid: i32,
    /// A handle on the process; `None` if the kernel gives none (then only the connection's end tells of its death).
    pub process: Option<OwnedFd>,
}

/// Why a peer has no identity.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel does not tell.
    #[error("the peer's credentials are unknown: {0}")]
    Credentials(#[from] std::io::Error),
    /// It tells, but not the user.
    #[error("the peer's credentials name no user")]
    NoUser,
}

impl Tenant {
    /// The peer of `stream`, and the stream as the rest of the broker uses it.
    pub fn of(stream: Stream) -> Result<(Self, UnixStream), Error> {
        let credentials = stream.peer_creds()?;
        let uid = credentials.euid().ok_or(Error::NoUser)?;
        let pid = credentials.pid().map_or(0, |pid| pid.max(0));
        let Stream::UdSocket(stream) = stream;
        let stream = UnixStream::from(OwnedFd::from(stream));
        let process = ava_transport::peer::pidfd(&stream).ok().or_else(|| process(pid));
        Ok((Self { uid, pid, process }, stream))
    }

    /// The process is gone. (Without a handle nobody can tell.)
    fn is_gone(&self) -> bool {
        self.process.as_ref().is_some_and(is_over)
    }

    /// The process's control group, `/` for the root group; empty if unknown.
    pub fn cgroup(&self) -> String {
        if self.pid == 0 || self.process.is_none() {
            return String::new();
        }
        let text = fs::read_to_string(format!("/proc/{}/cgroup", self.pid)).unwrap_or_default();
        if self.is_gone() {
            return String::new();
        }
        cgroup_of(&text).to_owned()
    }
}

/// Before Linux 6.5: a handle by number, if the number did not change its meaning while it was made.
fn process(pid: i32) -> Option<OwnedFd> {
    let before = start_time(pid)?;
    let handle = pidfd_open(Pid::from_raw(pid)?, PidfdFlags::empty()).ok()?;
    (start_time(pid)? == before).then_some(handle)
}

/// When a process started, in clock ticks since boot: field 22 of its `stat`.
fn start_time(pid: i32) -> Option<u64> {
    start_time_of(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

fn start_time_of(stat: &str) -> Option<u64> {
    // The name, in parentheses, may hold anything, parentheses too.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

/// The unified hierarchy's line of `/proc/PID/cgroup`.
fn cgroup_of(text: &str) -> &str {
    text.lines().find_map(|line| line.strip_prefix("0::")).unwrap_or_default()
}

fn is_over(process: &OwnedFd) -> bool {
    let now = Timespec { tv_sec: 0, tv_nsec: 0 };
    let mut fds = [PollFd::new(process, PollFlags::IN)];
    poll(&mut fds, Some(&now)).is_ok_and(|ready| ready > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_time_is_found_behind_any_name() {
        let stat = "7 (a) b (c)) S 1 7 7 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 4242 9 9";
        assert_eq!(start_time_of(stat), Some(4242));
        assert_eq!(start_time_of("nonsense"), None);
        assert_eq!(start_time_of("7 (x"), None);
        let me = i32::try_from(std::process::id()).unwrap();
        assert!(start_time(me).is_some() && process(me).is_some());
        assert!(process(0).is_none() && process(i32::MAX).is_none());
    }

    #[test]
    fn the_unified_control_group_is_taken() {
        assert_eq!(cgroup_of("12:cpu:/x\n0::/user.slice/a\n"), "/user.slice/a");
        assert_eq!(cgroup_of(""), "");
    }

    #[test]
    fn a_child_is_known_to_be_gone() {
        let mut child = std::process::Command::new("/bin/true").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let process = pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()).ok();
        let tenant = Tenant { uid: 0, pid, process };
        child.wait().unwrap();
        assert!(tenant.is_gone());
        assert_eq!(tenant.cgroup(), "");
    }
}
