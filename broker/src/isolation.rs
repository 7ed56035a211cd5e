//! How far this broker can isolate its tenants, determined once at its start.
//!
//! Every worker enters its sandbox by itself, which needs no privilege. A broker for several users also gives each tenant a
//! user for its workers and each worker a control group, if it has the rights. The log says what is missing, and the
//! consequence.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use ava_protocol::admin;
use ava_sandbox::{Mode, OLDEST_ABI};
use rustix::fs::Access;
use rustix::process::geteuid;
use tracing::warn;

use crate::cgroup::{Group, Groups};
use crate::memory::{Budget, available};
use crate::tenant::TenantId;
use crate::users::{self, Range, Users};

/// The isolation that the options ask for.
#[derive(Debug)]
pub struct Wish {
    pub mode: Mode,
    /// Whether there are several tenants, rather than one user.
    pub several: bool,
    /// Candidates for the private directories; the first that can be made is used.
    pub bases: Vec<PathBuf>,
    /// The range of users for workers.
    pub users: Range,
    /// The memory limit of one session, in bytes.
    pub session_memory: Option<u64>,
}

/// The isolation that is available.
#[derive(Debug)]
pub struct Isolation {
    pub mode: Mode,
    pub several: bool,
    pub budget: Budget,
    pub users: Option<Users>,
    groups: Option<Groups>,
    /// Where tenants' directories are.
    homes: PathBuf,
    landlock: i32,
    missing: Vec<String>,
}

/// Why the broker cannot start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{0}: {1}")]
    Directory(String, #[source] io::Error),
    #[error("--sandbox require: {0}")]
    Missing(String),
}

/// The user, directory and control group of a new worker.
#[derive(Debug)]
pub struct Room {
    pub home: PathBuf,
    pub uid: Option<u32>,
    pub group: Option<(Group, Vec<OwnedFd>)>,
}

impl Isolation {
    /// Sets up the isolation, as far as this system allows it.
    ///
    /// # Errors
    /// A required part is not available, or a directory cannot be made.
    pub fn establish(wish: Wish) -> Result<Self, Error> {
        let budget = Budget::of(available()).with_worker(wish.session_memory);
        let mut made = Self {
            mode: wish.mode,
            several: wish.several,
            budget,
            users: None,
            groups: None,
            landlock: ava_sandbox::landlock_abi(),
            homes: PathBuf::new(),
            missing: Vec::new(),
        };
        made.find_missing_in_kernel();
        let keeps_apart = wish.several && wish.mode != Mode::Off;
        if keeps_apart {
            made.groups = made.find_groups();
        }
        let changes = keeps_apart && made.may_change_users();
        // A worker can use only directories of its own user, so brokers with and without workers' users keep separate ones.
        made.homes = find_homes(&wish.bases, changes)?;
        if changes {
            let failed = |error| Error::Directory(made.homes.display().to_string(), error);
            made.users = Some(Users::find(wish.users, &made.homes).map_err(failed)?);
        }
        match made.missing.first() {
            Some(missing) if wish.mode == Mode::Require => Err(Error::Missing(missing.clone())),
            _ => Ok(made),
        }
    }

    fn find_missing_in_kernel(&mut self) {
        if self.mode == Mode::Off {
            self.missing.push(
                "the sandbox is off: a program that takes over its worker can do what the worker's user can".to_owned(),
            );
        } else if self.landlock < OLDEST_ABI {
            self.missing.push(format!(
                "this kernel has Landlock {} and {OLDEST_ABI} is needed (Linux 5.19): a worker can open what its user can",
                self.landlock
            ));
        }
    }

    fn find_groups(&mut self) -> Option<Groups> {
        Groups::take(self.budget)
            .map_err(|why| {
                self.missing.push(format!(
                    "no control groups ({why}): one session can use up the memory and processes of others \
                     (as a service: Delegate=yes)"
                ));
            })
            .ok()
    }

    fn may_change_users(&mut self) -> bool {
        let kills = geteuid().is_root() || self.groups.as_ref().is_some_and(Groups::can_kill);
        let may = ava_sandbox::may_change_user() && kills;
        if !may {
            self.missing.push(format!(
                "all tenants' workers run as user {}, whose files and signals only the sandbox keeps them from \
                 (as a service: AmbientCapabilities=CAP_SETUID CAP_SETGID)",
                geteuid().as_raw()
            ));
        }
        may
    }

    /// Prepares the user, directory and control group of another worker of this tenant.
    ///
    /// # Errors
    /// Errors of cgroupfs; no user is left for the tenant.
    pub fn room(&mut self, tenant: &TenantId) -> Result<Room, users::Error> {
        let name = tenant.name();
        let home = self.home(&name);
        let uid = self.users.as_mut().map(|users| users.of(&name)).transpose()?;
        if let Some(uid) = uid {
            // The directory is made before the worker starts: even if the worker or this broker dies, no other tenant gets
            // its user.
            let failed = |error| users::Error::Directory("its directory".to_owned(), io::Error::other(error));
            ava_sandbox::make_home(uid, &home).map_err(failed)?;
        }
        let group = self.groups.as_mut().map(|groups| groups.make(&name)).transpose();
        let group = group.map_err(|error| users::Error::Directory("its control group".to_owned(), error))?;
        Ok(Room { home, uid, group })
    }

    /// The directory of a tenant.
    pub fn home(&self, name: &str) -> PathBuf {
        self.homes.join(name)
    }

    /// A worker ended.
    pub fn give_back(&mut self, group: Option<Group>) {
        if let (Some(groups), Some(group)) = (&mut self.groups, group) {
            groups.give_back(group);
        }
    }

    /// Removes unused control groups. Returns whether some are left.
    pub fn tidy(&mut self) -> bool {
        self.groups.as_mut().is_some_and(Groups::tidy)
    }

    /// The broker ends.
    pub fn close(&self) {
        self.groups.iter().for_each(Groups::close);
    }

    /// Whether workers have control groups, which account for their memory.
    pub fn has_groups(&self) -> bool {
        self.groups.is_some()
    }

    /// Whether a user is in the range of workers' users.
    pub fn is_worker(&self, uid: u32) -> bool {
        self.users.as_ref().is_some_and(|users| users.range().contains(uid))
    }

    /// A description for people.
    pub fn describe(&self) -> admin::Isolation {
        admin::Isolation {
            sandbox: self.mode.name().to_owned(),
            landlock: self.landlock.unsigned_abs(),
            users: self.users.as_ref().map(|users| users.range().to_string()),
            groups: self.groups.as_ref().map(Groups::describe),
            memory: [self.budget.worker, self.budget.tenant, self.budget.all],
            missing: self.missing.clone(),
        }
    }
}

/// Makes the directory of private directories below the first of these where that works.
fn find_homes(bases: &[PathBuf], shared: bool) -> Result<PathBuf, Error> {
    let mut failure = None;
    for base in bases {
        let homes = base.join(if shared { "tenants" } else { "of-one-user" });
        let usable = || rustix::fs::access(&homes, Access::WRITE_OK | Access::EXEC_OK).map_err(io::Error::from);
        let made = make_folders(base, &homes, shared);
        match made.and_then(|()| usable().map_err(|error| Error::Directory(homes.display().to_string(), error))) {
            Ok(()) => return Ok(homes),
            Err(error) => {
                warn!("{error}: workers cannot have their directories there");
                failure = Some(error);
            }
        }
    }
    Err(failure.unwrap_or_else(|| Error::Directory("no place".to_owned(), io::ErrorKind::NotFound.into())))
}

/// Makes the directory of private directories. Workers with users of their own make theirs in it: through the broker's
/// group, which may create entries but not list them, and which a worker then leaves.
fn make_folders(base: &Path, homes: &Path, shared: bool) -> Result<(), Error> {
    for (folder, mode) in [(base, if shared { 0o711 } else { 0o700 }), (homes, if shared { 0o731 } else { 0o700 })] {
        let failed = |error| Error::Directory(folder.display().to_string(), error);
        match std::fs::DirBuilder::new().recursive(true).mode(mode).create(folder) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failed(error)),
            _ => {}
        }
        if shared {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(mode)).map_err(failed)?;
        }
    }
    Ok(())
}
