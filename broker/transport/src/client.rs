//! The client's side of a conversation's beginning: connect, say what it is about, hear the answer.
//!
//! It runs inside tenants' processes too: no panics, no signals, no threads.

use std::io;
use std::os::fd::BorrowedFd;
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

use crate::message;

/// Whether the directory of a private broker's socket is the caller's own and closed to others. In `/tmp` anybody could
/// have made one of that name, and would then be the broker.
///
/// # Errors
/// `NotFound` if there is none, `PermissionDenied` with the reason if it is not the caller's own.
pub fn check_private(socket: &Path) -> io::Result<()> {
    let directory = socket.parent().unwrap_or(Path::new("/"));
    let found = std::fs::symlink_metadata(directory)?;
    let complaint = if !found.is_dir() {
        "is not a directory".to_owned()
    } else if found.uid() != rustix::process::geteuid().as_raw() {
        format!("belongs to user {}", found.uid())
    } else if found.mode() & 0o077 != 0 {
        format!("is open to others (mode {:o})", found.mode() & 0o7777)
    } else {
        return Ok(());
    };
    Err(io::Error::new(io::ErrorKind::PermissionDenied, format!("{} {complaint}", directory.display())))
}

/// Why a conversation did not begin.
#[derive(Debug)]
pub enum Error {
    /// Nobody listens there, or not for us (`PermissionDenied`).
    Connect(io::Error),
    /// The connection broke before the answer.
    Broken(io::Error),
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Connect(error) => write!(f, "cannot connect: {error}"),
            Self::Broken(error) => write!(f, "the connection broke: {error}"),
        }
    }
}

impl std::error::Error for Error {}

/// Connects to `socket`, sends `opening` with `fds`, and waits for the answer.
///
/// # Errors
/// [`Error`] says how far it came.
pub fn open(socket: &Path, opening: &[u8], fds: &[BorrowedFd<'_>]) -> Result<(UnixStream, Vec<u8>), Error> {
    let stream = UnixStream::connect(socket).map_err(Error::Connect)?;
    let answer = ask(&stream, opening, fds)?;
    Ok((stream, answer))
}

/// The same for a session: with `more` and its descriptors right behind, which are for the worker and wait for nobody.
///
/// # Errors
/// [`Error`] says how far it came.
pub fn open_session(
    socket: &Path,
    opening: &[u8],
    fds: &[BorrowedFd<'_>],
    more: (&[u8], &[BorrowedFd<'_>]),
) -> Result<(UnixStream, Vec<u8>), Error> {
    let stream = UnixStream::connect(socket).map_err(Error::Connect)?;
    let sent = message::send(&stream, opening, fds).and_then(|()| message::send(&stream, more.0, more.1));
    let answer = answer(&stream, sent)?;
    Ok((stream, answer))
}

/// Sends `request` on a connection and waits for one answer.
///
/// # Errors
/// [`Error::Broken`].
pub fn ask(stream: &UnixStream, request: &[u8], fds: &[BorrowedFd<'_>]) -> Result<Vec<u8>, Error> {
    answer(stream, message::send(stream, request, fds))
}

/// The answer to what was sent. A broker that refuses at once closes its end; its reason still waits to be read.
fn answer(stream: &UnixStream, sent: io::Result<()>) -> Result<Vec<u8>, Error> {
    match (message::recv(stream), sent) {
        (Ok(Some((answer, _))), _) => Ok(answer),
        (_, Err(error)) | (Err(error), Ok(())) => Err(Error::Broken(error)),
        (Ok(None), Ok(())) => Err(Error::Broken(io::ErrorKind::UnexpectedEof.into())),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn a_refusal_is_read_though_the_other_end_is_closed() {
        let dir = std::env::temp_dir().join(format!("ava-client-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join("s");
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).unwrap();
        let server = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            message::send(&stream, b"no", &[]).unwrap();
        });
        let stream = UnixStream::connect(&path).unwrap();
        server.join().unwrap();
        assert_eq!(ask(&stream, b"please", &[]).unwrap(), b"no");
        assert!(matches!(open(&dir.join("nothing"), b"x", &[]), Err(Error::Connect(_))));
        let mode = |mode| {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(mode)).unwrap();
            check_private(&path).map_err(|error| error.kind())
        };
        assert_eq!(mode(0o755), Err(io::ErrorKind::PermissionDenied));
        assert_eq!(mode(0o700), Ok(()));
        assert_eq!(check_private(Path::new("/proc/x")).unwrap_err().kind(), io::ErrorKind::PermissionDenied);
        std::fs::remove_dir_all(dir).unwrap();
    }
}
