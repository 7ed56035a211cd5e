//! The process and user at the other end of a connection, as the kernel reports them.
//!
//! - **Invariant:** nothing here comes from the peer's messages. A process number is used only while a process descriptor
//!   guarantees that it still names the same process.

use std::fs;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::{Arc, LazyLock};

use ava_cgroups::{Labels, group_of};
use ava_policy::Who;
use interprocess::local_socket::traits::StreamCommon as _;
use interprocess::os::unix::uds_local_socket::Stream;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open};

use crate::foreign::{Closer, Foreign, Origin};
use crate::tenant::TenantId;

/// A peer's identity, taken when its connection is accepted.
#[derive(Debug)]
pub struct Peer {
    /// Its effective user at the time of the connection.
    pub uid: u32,
    /// Its groups at that time.
    pub groups: Vec<u32>,
    /// The process, as numbered in the broker's process namespace; 0 if it has no number there.
    pub pid: i32,
    /// Its process descriptor; `None` if the kernel gives none (then only the end of the connection shows its death).
    pub process: Option<OwnedFd>,
    /// The process's control group, `/` for the root group; empty if unknown.
    pub cgroup: String,
    /// The label that root gave this group, or the nearest around it.
    pub label: Option<String>,
    /// Whether it has the broker's mounts and root directory, so that paths mean the same, as far as the kernel tells.
    pub sees_our_files: bool,
    /// The tenant that it belongs to.
    pub tenant: TenantId,
    /// The tenant whose limits apply. Containers that a user makes in its own slice count as the user's: it could make any
    /// number.
    pub account: TenantId,
}

/// Why a peer has no identity.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The kernel does not report the credentials.
    #[error("the peer's credentials are unknown: {0}")]
    Credentials(#[from] io::Error),
    /// The credentials have no user.
    #[error("the peer's credentials name no user")]
    NoUser,
    /// The kernel names no group that is so deep, so that neither rules nor a container's limits could hold for it.
    #[error("the peer's control group has a path that is too long to be read")]
    TooDeep,
}

impl Peer {
    /// The peer of `stream`, and the stream as the rest of the broker uses it.
    pub fn of(stream: Stream, closer: &Closer) -> (Result<Self, Error>, Foreign<Stream>) {
        let peer = Self::identify(&stream);
        // From here on the closing threads close it, because descriptors that it brought may block.
        let account = peer.as_ref().map_or(TenantId::user(u32::MAX), |peer| peer.account.clone());
        let stream = Origin::new(account, closer).own(stream);
        (peer, stream)
    }

    /// As rules see it.
    pub fn who(&self) -> Who {
        Who { uid: self.uid, groups: self.groups.clone(), cgroup: self.cgroup.clone(), label: self.label.clone() }
    }

    fn identify(stream: &Stream) -> Result<Self, Error> {
        let credentials = stream.peer_creds()?;
        let pid = credentials.pid().map_or(0, |pid| pid.max(0));
        let uid = credentials.euid().ok_or(Error::NoUser)?;
        let mut groups = ava_transport::peer::groups(stream)?;
        groups.extend(credentials.egid());
        let process = ava_transport::peer::pidfd(stream).ok().or_else(|| process(pid));
        let (cgroup, inner) = surroundings(pid, process.as_ref())?;
        let sees_our_files = sees_our_files(pid, process.as_ref());
        // A peer in the broker's own container counts as outside of containers.
        let container = container(&cgroup, inner).filter(|found| Some(found) != OWN_CONTAINER.as_ref());
        let of_user = container.is_some() && is_users_own(&cgroup, uid);
        let tenant = TenantId { uid, container };
        let account = if of_user { TenantId::user(uid) } else { tenant.clone() };
        let label = LABELS.as_ref().and_then(|labels| labels.nearest(Path::new(&cgroup))?.label);
        Ok(Self { uid, groups, pid, process, cgroup, label, sees_our_files, tenant, account })
    }
}

/// The labels of control groups, if there are any.
static LABELS: LazyLock<Option<Labels>> = LazyLock::new(|| Labels::here().ok());

/// The control group of a process, and whether it has a process or user namespace of its own. Empty for an ended process.
fn surroundings(pid: i32, process: Option<&OwnedFd>) -> Result<(String, bool), Error> {
    let Some(process) = process.filter(|_| pid > 0) else { return Ok((String::new(), false)) };
    let read = |what: &str| fs::read(format!("/proc/{pid}/{what}"));
    let (cgroup, status, users) = (read("cgroup"), read("status"), read("uid_map"));
    if is_over(process) {
        return Ok((String::new(), false));
    }
    // Users give their groups any names: what is too long to be read (newer kernels cut it), or is no text, must not lead out of
    // the groups around it.
    if cgroup.as_ref().is_err_and(|error| Errno::from_io_error(error) == Some(Errno::NAMETOOLONG)) {
        return Err(Error::TooDeep);
    }
    let [cgroup, status, users] =
        [cgroup, status, users].map(|read| String::from_utf8_lossy(&read.unwrap_or_default()).into_owned());
    Ok((group_of(&cgroup).to_owned(), has_own_numbers(&status) || has_own_users(&users)))
}

/// Whether a process has this process's mounts and root. If the kernel forbids the question, the answer is yes.
fn sees_our_files(pid: i32, process: Option<&OwnedFd>) -> bool {
    let mounts = |of: &str| fs::read_link(format!("/proc/{of}/ns/mnt")).ok();
    let root = |of: &str| fs::metadata(format!("/proc/{of}/root/")).ok().map(|root| (root.dev(), root.ino()));
    let of = pid.to_string();
    let same = mounts(&of).is_none_or(|theirs| Some(theirs) == mounts("self"))
        && root(&of).is_none_or(|theirs| Some(theirs) == root("self"));
    same && pid > 0 && process.is_some_and(|process| !is_over(process))
}

/// `NSpid:` lists the process's number in each namespace from the reader's on inwards.
fn has_own_numbers(status: &str) -> bool {
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"));
    numbers.is_some_and(|numbers| numbers.split_whitespace().count() > 1)
}

/// Whether its user namespace maps users in another way than the broker's.
fn has_own_users(map: &str) -> bool {
    static OWN: LazyLock<String> = LazyLock::new(|| fs::read_to_string("/proc/self/uid_map").unwrap_or_default());
    !map.is_empty() && map != *OWN
}

/// The control group of this process, and the container that it is in.
static OWN_GROUP: LazyLock<String> =
    LazyLock::new(|| group_of(&fs::read_to_string("/proc/self/cgroup").unwrap_or_default()).to_owned());
static OWN_CONTAINER: LazyLock<Option<Arc<str>>> = LazyLock::new(|| container(&OWN_GROUP, false));

/// Whether a control group is this service's, or inside it.
pub fn is_of_this_service(cgroup: &str) -> bool {
    // The broker's own group may be a child of the service's.
    let own = OWN_GROUP.strip_suffix("/broker").unwrap_or(&OWN_GROUP);
    own.ends_with(".service") && Path::new(cgroup).starts_with(own)
}

/// The names that container runtimes give a container's control group.
const RUNTIMES: &[&str] = &[
    "docker-",
    "libpod-",
    "libpod_",
    "crio-",
    "cri-containerd-",
    "containerd-",
    "lxc.payload.",
    "lxc.payload/",
    "machine-",
    "buildah-",
];
/// The longest name of a container that is kept, in bytes: it is a part of a file name.
const LONGEST: usize = 160;

/// The container of a control group, by its runtime's name for it. With `inner` (only namespaces show that the process is
/// in a container), it is the group's own path.
fn container(cgroup: &str, inner: bool) -> Option<Arc<str>> {
    let named = cgroup.split('/').find(|part| RUNTIMES.iter().any(|runtime| part.starts_with(runtime)) || is_id(part));
    let name = named.or_else(|| inner.then_some(cgroup))?.trim_matches('/');
    let name = name.strip_suffix(".scope").unwrap_or(name);
    let tidy: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { ':' }).collect();
    // The end of a path identifies it best.
    let tidy = &tidy[tidy.len().saturating_sub(LONGEST)..];
    Some(if tidy.is_empty() { "namespace".into() } else { tidy.into() })
}

/// The 64 hexadecimal digits that name a container where systemd does not make its group.
fn is_id(part: &str) -> bool {
    part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether a control group is in the user's slice.
fn is_users_own(cgroup: &str, uid: u32) -> bool {
    cgroup.split('/').any(|part| part == format!("user-{uid}.slice") || part == format!("user@{uid}.service"))
}

/// Before Linux 6.5: a process descriptor by number, if the number names the same process before and after.
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
    // The name is in parentheses and may itself contain parentheses.
    let (_, fields) = stat.rsplit_once(')')?;
    fields.split_whitespace().nth(19)?.parse().ok()
}

pub fn is_over(process: &OwnedFd) -> bool {
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
    fn a_child_is_known_to_be_gone() {
        let mut child = std::process::Command::new("/bin/true").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let process = pidfd_open(Pid::from_raw(pid).unwrap(), PidfdFlags::empty()).ok();
        let alive = surroundings(i32::try_from(std::process::id()).unwrap(), process.as_ref()).unwrap();
        child.wait().unwrap();
        assert!(process.as_ref().is_some_and(is_over));
        assert_eq!(surroundings(pid, process.as_ref()).unwrap(), (String::new(), false));
        assert!(!alive.1, "this process is in no container of the broker's");
    }

    #[test]
    fn containers_are_known_by_their_groups_and_by_their_namespaces() {
        let id = "0123456789abcdef".repeat(4);
        let name = |cgroup: &str, inner| container(cgroup, inner).map(|name| name.to_string());
        assert_eq!(name("/user.slice/user-7.slice/session-1.scope", false), None);
        assert_eq!(name(&format!("/system.slice/docker-{id}.scope"), false), Some(format!("docker-{id}")));
        assert_eq!(name(&format!("/docker/{id}"), false), Some(id.clone()));
        assert_eq!(name(&format!("/kubepods/burstable/pod1/{id}"), true), Some(id.clone()));
        assert_eq!(name("/machine.slice/libpod-ab.scope/container", false), Some("libpod-ab".to_owned()));
        assert_eq!(name("/a b/c", true), Some("a:b:c".to_owned()));
        assert_eq!(name("/", true), Some("namespace".to_owned()));
        assert!(name(&"x/".repeat(999), true).unwrap().len() <= LONGEST);
        assert!(is_users_own("/user.slice/user-7.slice/user@7.service/user.slice/libpod-ab.scope", 7));
        assert!(!is_users_own("/user.slice/user-7.slice", 8) && !is_users_own("/system.slice/docker-x.scope", 0));
    }

    #[test]
    fn namespaces_are_seen() {
        assert!(has_own_numbers("Name:\tx\nNSpid:\t12\t1\n"));
        assert!(!has_own_numbers("Name:\tx\nNSpid:\t12\n") && !has_own_numbers(""));
        assert!(has_own_users("         0     100000      65536\n") && !has_own_users(""));
    }
}
