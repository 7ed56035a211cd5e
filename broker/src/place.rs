//! Where the broker listens: the socket, its directory, and the lock that excludes a second broker.
//!
//! - **Invariant:** only a broker that holds the lock beside a socket file replaces it, so never the socket of a living
//!   broker.
//! - **Invariant:** the directory belongs to the broker's user or root, and nobody else can write to it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use ava_protocol::session::{ADMIN_SOCKET, SYSTEM_SOCKET};
use ava_transport::client;
use interprocess::local_socket::{GenericFilePath, ListenerOptions, prelude::*};
use interprocess::os::unix::local_socket::ListenerOptionsExt as _;
use interprocess::os::unix::uds_local_socket::Listener;
use rustix::fs::{FlockOperation, Gid, Mode, chmod, chown, flock};

use crate::names;

/// Who may use the broker, besides root.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everyone whom the socket's permissions let connect.
    Reach,
    /// One user.
    Only(u32),
}

impl Access {
    /// Whether `uid` may use the broker.
    pub fn allows(self, uid: u32) -> bool {
        match self {
            Self::Reach => true,
            Self::Only(owner) => uid == owner || uid == 0,
        }
    }
}

/// Why the broker cannot listen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The directory cannot be made or inspected.
    #[error("{}: {}", .0.display(), .1)]
    Directory(PathBuf, #[source] io::Error),
    /// Others can change the directory.
    #[error("{} is not safe to listen in: {}", .0.display(), .1)]
    Unsafe(PathBuf, String),
    /// Another broker has the lock.
    #[error("another broker (process {}) listens on {}", .1, .0.display())]
    Taken(PathBuf, String),
    /// The lock file cannot be used.
    #[error("{}: {}", .0.display(), .1)]
    Lock(PathBuf, #[source] io::Error),
    /// The socket cannot be made.
    #[error("cannot listen on {}: {}", .0.display(), .1)]
    Listen(PathBuf, #[source] io::Error),
    /// No such group.
    #[error("there is no group {0}")]
    Group(String),
    /// The service manager passed unusable sockets.
    #[error("the service manager's socket cannot be used: {0}")]
    Activation(#[source] io::Error),
}

/// The sockets to listen on, and their lock.
#[derive(Debug)]
pub struct Place {
    /// Where programs connect.
    pub listener: Listener,
    /// Who may connect.
    pub access: Access,
    /// Where administrators connect.
    pub admin: Option<Listener>,
    /// The socket's path, if known.
    pub path: Option<PathBuf>,
    /// Whether a service manager made the sockets.
    pub activated: bool,
    /// A socket file that the listener does not remove; it is removed before the lock is released.
    _shared: Option<Name>,
    /// Held as long as the broker lives.
    _lock: Option<File>,
}

/// A file that is removed on drop.
#[derive(Debug)]
struct Name(PathBuf);

impl Drop for Name {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// The administrator's socket's `FileDescriptorName=`.
const ADMIN_NAME: &str = "admin";

/// The default path of the socket.
pub fn default_path(uid: u32) -> PathBuf {
    match uid {
        0 => SYSTEM_SOCKET.into(),
        _ => client::private_socket(),
    }
}

/// The default path of the administrator's socket.
pub fn default_admin(path: &Path) -> Option<PathBuf> {
    (path == Path::new(SYSTEM_SOCKET)).then(|| ADMIN_SOCKET.into())
}

/// The default group of a socket: `ava` for the system's, if there is such a group.
pub fn default_group(path: &Path) -> Option<String> {
    let group = "ava";
    (path == Path::new(SYSTEM_SOCKET) && names::group(group).is_some()).then(|| group.to_owned())
}

impl Place {
    /// The sockets that systemd passed, if any: one for programs and, named `admin`, one for administrators.
    pub fn activated() -> Result<Option<Self>, Error> {
        let names = std::env::var("LISTEN_FDNAMES").unwrap_or_default();
        let mut passed = listenfd::ListenFd::from_env();
        let (mut listener, mut admin, mut path) = (None, None, None);
        for at in 0..passed.len() {
            let Some(socket) = passed.take_unix_listener(at).map_err(Error::Activation)? else { continue };
            rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)
                .map_err(|error| Error::Activation(error.into()))?;
            if names.split(':').nth(at) == Some(ADMIN_NAME) {
                admin = Some(socket.into());
            } else if listener.is_none() {
                let address = socket.local_addr().map_err(Error::Activation)?;
                path = address.as_pathname().map(Path::to_path_buf);
                listener = Some(socket.into());
            }
        }
        let Some(listener) = listener else {
            let nothing = passed.len() == 0;
            return if nothing { Ok(None) } else { Err(Error::Activation(io::ErrorKind::NotFound.into())) };
        };
        Ok(Some(Self { listener, access: Access::Reach, admin, path, activated: true, _shared: None, _lock: None }))
    }

    /// Takes the lock and listens at `path`. With a `group` the socket is for its members, otherwise for `uid` alone.
    pub fn take(path: &Path, group: Option<&str>, uid: u32) -> Result<Self, Error> {
        let group = match group {
            Some(name) => Some(names::group(name).ok_or_else(|| Error::Group(name.to_owned()))?),
            None => None,
        };
        prepare_directory(path, group.is_some(), uid)?;
        let lock = take_lock(path)?;
        let refused = |error| Error::Listen(path.to_owned(), error);
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(refused(error)),
            _ => {}
        }
        let (listener, shared) = match group {
            Some(gid) => share(path, gid).map(|(listener, name)| (listener, Some(name))),
            None => listen(path).map(|listener| (listener, None)),
        }
        .map_err(refused)?;
        let access = if group.is_some() { Access::Reach } else { Access::Only(uid) };
        Ok(Self {
            listener,
            access,
            admin: None,
            path: Some(path.to_owned()),
            activated: false,
            _shared: shared,
            _lock: Some(lock),
        })
    }

    /// Listens for administrators at `path`, for `uid` (and root) alone. The main socket's lock covers it too.
    pub fn add_admin(&mut self, path: &Path, uid: u32) -> Result<(), Error> {
        prepare_directory(path, false, uid)?;
        let refused = |error| Error::Listen(path.to_owned(), error);
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(refused(error)),
            _ => {}
        }
        let name = path.to_fs_name::<GenericFilePath>().map_err(refused)?;
        self.admin = Some(ListenerOptions::new().name(name).mode(0o600).create_sync_as().map_err(refused)?);
        Ok(())
    }
}

fn listen(path: &Path) -> io::Result<Listener> {
    let name = path.to_fs_name::<GenericFilePath>()?;
    ListenerOptions::new().name(name).mode(0o600).create_sync_as()
}

/// Listens for a group. The socket is renamed into place after its group is set, so that no member who waits for it is
/// refused.
fn share(path: &Path, gid: u32) -> io::Result<(Listener, Name)> {
    let early = path.with_extension("new");
    let _ = fs::remove_file(&early);
    let mut listener = listen(&early)?;
    listener.do_not_reclaim_name_on_drop();
    let early = Name(early);
    chown(&early.0, None, Some(Gid::from_raw(gid)))?;
    chmod(&early.0, Mode::from_raw_mode(0o660))?;
    fs::rename(&early.0, path)?;
    Ok((listener, Name(path.to_owned())))
}

/// Makes the socket's directory if it is missing, and refuses a directory that others can change.
fn prepare_directory(socket: &Path, shared: bool, uid: u32) -> Result<(), Error> {
    let directory = match socket.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mode = if shared { 0o755 } else { 0o700 };
    match DirBuilder::new().recursive(true).mode(mode).create(directory) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(Error::Directory(directory.to_owned(), error));
        }
        _ => {}
    }
    let found = fs::symlink_metadata(directory).map_err(|error| Error::Directory(directory.to_owned(), error))?;
    let complaint = if !found.is_dir() {
        "it is not a directory".to_owned()
    } else if found.uid() != uid && found.uid() != 0 {
        format!("it belongs to user {}", found.uid())
    } else if found.mode() & 0o022 != 0 {
        format!("others can write to it (mode {:o})", found.mode() & 0o7777)
    } else {
        return Ok(());
    };
    Err(Error::Unsafe(directory.to_owned(), complaint))
}

/// Takes the lock beside the socket; the error names its holder.
fn take_lock(socket: &Path) -> Result<File, Error> {
    let path = PathBuf::from(format!("{}.lock", socket.display()));
    let fail = |error| Error::Lock(path.clone(), error);
    let mut file =
        OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(fail)?;
    if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        let owner = fs::read_to_string(&path).unwrap_or_default();
        return Err(Error::Taken(socket.to_owned(), owner.trim().to_owned()));
    }
    file.set_len(0).map_err(fail)?;
    writeln!(file, "{}", std::process::id()).map_err(fail)?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn uid() -> u32 {
        rustix::process::getuid().as_raw()
    }

    fn directory() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_stale_socket_is_replaced_and_a_living_one_is_not() {
        let directory = directory();
        let path = directory.path().join("deep/broker.sock");
        fs::create_dir(directory.path().join("deep")).unwrap();
        fs::set_permissions(directory.path().join("deep"), fs::Permissions::from_mode(0o700)).unwrap();
        drop(UnixListener::bind(&path).unwrap());
        let place = Place::take(&path, None, uid()).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(place.access, Access::Only(uid()));
        let Err(Error::Taken(_, owner)) = Place::take(&path, None, uid()) else { panic!("taken twice") };
        assert_eq!(owner, std::process::id().to_string());
        drop(place);
        Place::take(&path, None, uid()).unwrap();
    }

    #[test]
    fn a_missing_directory_is_made_private() {
        let directory = directory();
        let path = directory.path().join("new/broker.sock");
        let _place = Place::take(&path, None, uid()).unwrap();
        let mode = fs::metadata(path.parent().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o700);
    }

    #[test]
    fn a_directory_that_others_can_change_is_refused() {
        let directory = directory();
        let path = directory.path().join("broker.sock");
        for mode in [0o777, 0o720, 0o1777] {
            fs::set_permissions(directory.path(), fs::Permissions::from_mode(mode)).unwrap();
            assert!(matches!(Place::take(&path, None, uid()), Err(Error::Unsafe(..))), "{mode:o}");
        }
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o700)).unwrap();
        if uid() != 0 {
            return;
        }
        std::os::unix::fs::chown(directory.path(), Some(12345), None).unwrap();
        assert!(matches!(Place::take(&path, None, uid()), Err(Error::Unsafe(..))));
    }

    #[test]
    fn a_link_to_a_directory_is_not_a_directory() {
        let directory = directory();
        let link = directory.path().join("link");
        std::os::unix::fs::symlink("/tmp", &link).unwrap();
        assert!(matches!(Place::take(&link.join("broker.sock"), None, uid()), Err(Error::Unsafe(..))));
    }

    #[test]
    fn a_private_broker_is_for_its_owner_and_root() {
        assert!(Access::Only(7).allows(7) && Access::Only(7).allows(0) && !Access::Only(7).allows(8));
        assert!(Access::Reach.allows(8));
    }
}
