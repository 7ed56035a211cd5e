//! Messages to the program's user about the broker: why there is none, and which of the program's settings it ignores. A
//! fix is suggested only where it works.

use std::io::ErrorKind;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::session::{ADMIN_SOCKET, SYSTEM_SOCKET, Socket};
use ava_transport::client;

use crate::base::console::tell;

/// Where the broker is, as far as it is named, and what is wrong.
pub fn at(socket: &Socket, why: &str) -> String {
    let path = socket.path().display();
    match socket {
        Socket::Named(_) => format!("at {path}, which AVA_SOCKET names: {why}"),
        Socket::System(_) | Socket::Private(_) => format!("at {path}: {why}"),
    }
}

/// Nobody was reached.
pub fn unreached(socket: &Socket, error: &client::Error) -> String {
    let client::Error::Connect(cause) = error else {
        return at(socket, &format!("{error}; `avactl doctor` looks at the broker"));
    };
    match (socket, cause.kind()) {
        (Socket::Private(path), ErrorKind::NotFound) => nobody(path),
        (Socket::Private(_), ErrorKind::ConnectionRefused) => {
            at(socket, "the broker has ended; `avactl run -- PROGRAM` starts another")
        }
        (Socket::System(_), ErrorKind::ConnectionRefused) => {
            at(socket, "the system's broker does not run; `systemctl start ava.socket` starts it")
        }
        (Socket::Named(_), ErrorKind::ConnectionRefused) => at(socket, "the broker that was there has ended"),
        (Socket::Named(_), ErrorKind::NotFound) => {
            at(socket, "there is no socket; a container or another root has it only if its directory is mounted there")
        }
        (_, ErrorKind::PermissionDenied) => {
            let uid = rustix::process::geteuid().as_raw();
            at(
                socket,
                &format!("user {uid} may not connect ({cause}): the socket or its directory is not for that user"),
            )
        }
        _ => at(socket, &error.to_string()),
    }
}

/// There is no socket anywhere.
fn nobody(private: &Path) -> String {
    let system = match rustix::fs::stat(SYSTEM_SOCKET) {
        Ok(_) => "which has come since".to_owned(),
        Err(error) => std::io::Error::from(error).to_string(),
    };
    format!(
        "because there is no broker: neither the system's at {SYSTEM_SOCKET} ({system}) nor a private one at {}; \
         `avactl run -- PROGRAM` starts one",
        private.display()
    )
}

/// The private broker's directory is of no use.
pub fn unsafe_place(socket: &Socket, error: &std::io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => nobody(socket.path()),
        _ => at(socket, &format!("{error}; a private broker's directory is its user's own, mode 700")),
    }
}

/// Tells once, in a process and those that it forks, what of the program's surroundings does not count.
pub struct Once(AtomicU64);

impl Once {
    pub const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    pub fn tell(&self, what: &str) {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        what.hash(&mut hasher);
        let number = hasher.finish() | 1;
        if self.0.swap(number, Ordering::Relaxed) != number {
            tell(what);
        }
    }
}

/// Variables of the program do not count.
pub fn ignored(socket: &Socket, variables: &[String]) -> String {
    format!(
        "the broker at {} has settings of its own for all that it serves; these of the program do not count: {}",
        socket.path().display(),
        variables.join(" ")
    )
}

/// The program names another library than its worker has.
pub fn other_library(socket: &Socket, named: &Path, has: &str) -> String {
    format!(
        "this program would have {} and the workers of the broker at {} have {has}, which is another file: its answers may \
         differ",
        named.display(),
        socket.path().display()
    )
}

/// Program and broker cannot understand each other.
pub fn other_build(socket: &Socket, theirs: &str) -> String {
    use ava_protocol::envelope::BUILD;
    let restart = match socket.path() {
        path if path == Path::new(SYSTEM_SOCKET) || path == Path::new(ADMIN_SOCKET) => {
            "install them together, and `systemctl restart ava.service`"
        }
        _ => "a private broker ends half a minute after its last program; then `avactl run` starts the one beside it",
    };
    at(socket, &format!("this libava.so is of build {BUILD}, and the broker of build {theirs}: {restart}"))
}
