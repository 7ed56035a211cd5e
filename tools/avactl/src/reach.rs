//! Connects to a broker and sends requests.

use std::cell::Cell;
use std::io::ErrorKind;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use ava_protocol::admin::{self, Request};
use ava_protocol::envelope::BUILD;
use ava_protocol::session::{self, ADMIN_SOCKET, Answer, EnvelopeError, Opening, Socket, open, seal};
use ava_transport::client::{self, Patience};

use crate::error::{Failure, Kind};

/// A connection to a broker.
#[derive(Debug)]
pub struct Broker {
    stream: UnixStream,
    /// Its socket.
    pub socket: Socket,
    /// The deadline of each answer.
    patience: Duration,
    /// Whether an answer has been late.
    silent: Cell<bool>,
}

/// Why there is no answer from a broker.
#[derive(Debug)]
pub enum Unreached {
    /// Nobody listens.
    Nobody,
    /// There is a broker, but it refuses or fails.
    Failed(Failure),
}

/// The socket that a client of this environment uses.
pub fn discover() -> Socket {
    client::discover()
}

/// The socket of the user's private broker.
pub fn private() -> Socket {
    Socket::Private(client::private_socket())
}

impl Broker {
    /// Connects to the broker at `socket`.
    pub fn at(socket: Socket) -> Result<Self, Unreached> {
        let path = socket.path();
        if matches!(socket, Socket::Private(_)) {
            match client::check_private(path) {
                Err(error) if error.kind() == ErrorKind::NotFound => return Err(Unreached::Nobody),
                Err(error) => {
                    let failure = Failure::new(Kind::Denied, format!("the private broker's directory: {error}"));
                    return Err(Unreached::Failed(failure.hint(
                        "it must belong to this user and have mode 700; XDG_RUNTIME_DIR names its parent directory",
                    )));
                }
                Ok(()) => {}
            }
        }
        match client::connect(path, Patience::QUESTION.connect) {
            Ok(stream) => Ok(Self { stream, socket, patience: Patience::QUESTION.answer, silent: Cell::new(false) }),
            Err(client::Error::Connect(error))
                if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::ConnectionRefused) =>
            {
                Err(Unreached::Nobody)
            }
            Err(client::Error::Connect(error)) => Err(Unreached::Failed(refused(path, &error))),
            Err(error) => Err(Unreached::Failed(silent(path, &error))),
        }
    }

    /// The broker of this environment, if one answers.
    pub fn running() -> Result<Self, Unreached> {
        let first = discover();
        let fallback = matches!(first, Socket::System(_));
        // A peer that can connect to the administrator's socket of the system's broker is an administrator.
        if fallback && let Ok(broker) = Self::at(Socket::System(ADMIN_SOCKET.into())) {
            return Ok(broker);
        }
        match Self::at(first) {
            // The socket of a system service that is not running is no obstacle.
            Err(Unreached::Nobody) if fallback => Self::at(private()),
            other => other,
        }
    }

    /// The broker of this environment, or a failure that says that there is none.
    pub fn reach() -> Result<Self, Failure> {
        Self::running().map_err(Unreached::into_failure)
    }

    /// The answer to `request`; more answers may follow.
    pub fn ask(&self, request: Request) -> Result<admin::Answer, Failure> {
        let answer = client::ask(&self.stream, &seal(&Opening::Admin(request)), self.patience);
        let answer = answer.map_err(|error| self.silent(&error))?;
        self.understand(&answer)
    }

    /// The next of several answers.
    fn next(&self) -> Result<admin::Answer, Failure> {
        let answer = client::next(&self.stream, self.patience).map_err(|error| self.silent(&error))?;
        self.understand(&answer)
    }

    /// The sessions that the peer may see, with those that `ended` lately.
    pub fn sessions(&self, ended: bool) -> Result<Vec<admin::Session>, Failure> {
        let mut all = Vec::new();
        let mut answer = self.ask(Request::Sessions { ended })?;
        loop {
            let admin::Answer::Sessions { sessions, more } = answer else {
                return Err(Failure::new(Kind::General, "the broker sent an unexpected answer"));
            };
            all.extend(sessions);
            if !more {
                return Ok(all);
            }
            answer = self.next()?;
        }
    }

    /// The tenants that the peer may see.
    pub fn tenants(&self) -> Result<Vec<admin::Tenant>, Failure> {
        let mut all = Vec::new();
        let mut answer = self.ask(Request::Tenants)?;
        loop {
            let admin::Answer::Tenants { tenants, more } = answer else {
                return Err(Failure::new(Kind::General, "the broker sent an unexpected answer"));
            };
            all.extend(tenants);
            if !more {
                return Ok(all);
            }
            answer = self.next()?;
        }
    }

    /// What the peer's sessions used, or for an administrator all, in this time, in milliseconds since 1970.
    pub fn account(&self, since: u64, until: u64, by: admin::By) -> Result<Vec<admin::Used>, Failure> {
        let mut all = Vec::new();
        let mut answer = self.ask(Request::Account { since_unix_ms: since, until_unix_ms: until, by })?;
        loop {
            let admin::Answer::Account { used, more } = answer else {
                return Err(Failure::new(Kind::General, "the broker sent an unexpected answer"));
            };
            all.extend(used);
            if !more {
                return Ok(all);
            }
            answer = self.next()?;
        }
    }

    /// The same with this deadline for each answer.
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Whether an answer was late: the broker runs, but may be stopped.
    pub fn is_silent(&self) -> bool {
        self.silent.get()
    }

    fn silent(&self, error: &client::Error) -> Failure {
        self.silent.set(matches!(error, client::Error::Late { .. }));
        silent(self.socket.path(), error)
    }

    fn other_build(&self, differs: &str) -> Failure {
        let failure = Failure::new(Kind::General, format!("at {}: {differs}", self.socket.path().display()));
        match self.socket {
            Socket::System(_) => failure.hint("install them together, and `systemctl restart ava.service`"),
            Socket::Named(_) | Socket::Private(_) => failure
                .hint("a private broker ends half a minute after its last program; then `avactl run` starts its own"),
        }
    }

    fn understand(&self, answer: &[u8]) -> Result<admin::Answer, Failure> {
        match open(answer) {
            Ok(Answer::Admin(admin::Answer::Failed { code, reason })) => Err(failed(code, reason)),
            Ok(Answer::Admin(answer)) => Ok(answer),
            Ok(Answer::Refused { code: session::Refusal::Denied, reason }) => Err(Failure::new(Kind::Denied, reason)),
            Ok(Answer::Refused { code: session::Refusal::Version, reason }) => Err(self.other_build(&reason)),
            Ok(Answer::Refused { reason, .. }) => {
                Err(Failure::new(Kind::General, format!("the broker refused: {reason}")))
            }
            Ok(Answer::Welcome { .. } | Answer::Starting { .. } | Answer::Waiting { .. }) => {
                Err(Failure::new(Kind::General, "the broker sent an unexpected answer"))
            }
            Err(EnvelopeError::Build { theirs }) => {
                let differs = format!("this avactl has build {BUILD}, and the broker build {theirs}");
                Err(self.other_build(&differs))
            }
            Err(error) => {
                let message = format!("{} is not an AvA broker: {error}", self.socket.path().display());
                Err(Failure::new(Kind::General, message))
            }
        }
    }
}

impl Unreached {
    /// The failure of a command that needs a broker.
    pub fn into_failure(self) -> Failure {
        match self {
            Self::Nobody => Failure::new(Kind::Unreachable, "no broker is running")
                .hint("`avactl run PROGRAM` starts a private one, which ends when it is idle")
                .hint("`avactl doctor` shows the details"),
            Self::Failed(failure) => failure,
        }
    }
}

fn refused(path: &Path, error: &std::io::Error) -> Failure {
    let message = format!("cannot connect to {}: {error}", path.display());
    match error.kind() {
        ErrorKind::PermissionDenied if path == Path::new(session::SYSTEM_SOCKET) => Failure::new(Kind::Denied, message)
            .hint("members of the group `ava` may connect: sudo usermod -aG ava \"$USER\", then log in again"),
        ErrorKind::PermissionDenied => Failure::new(Kind::Denied, message),
        _ => Failure::new(Kind::Unreachable, message),
    }
}

/// The socket accepts connections, but no answer comes.
fn silent(path: &Path, error: &client::Error) -> Failure {
    let failure = Failure::new(Kind::Unreachable, format!("the broker at {} did not answer: {error}", path.display()));
    match error {
        client::Error::Late { .. } => failure
            .hint("`ps -o pid,stat,cmd -C ava-broker` shows whether it is stopped (T); `kill -CONT PID` continues it"),
        _ => failure,
    }
}

fn failed(code: admin::Failure, reason: String) -> Failure {
    match code {
        admin::Failure::Denied => Failure::new(Kind::Denied, reason)
            .hint("only users of the administrator's socket can see and end others' sessions, and change the policy"),
        admin::Failure::NoSession => Failure::new(Kind::NoSession, reason).hint("`avactl ps` lists the sessions"),
        admin::Failure::NoLedger => Failure::new(Kind::General, reason)
            .hint("`avactl doctor` shows where the ledger is, and what is wrong with it"),
        admin::Failure::Busy | admin::Failure::Stuck | admin::Failure::Malformed | admin::Failure::Policy => {
            Failure::new(Kind::General, reason)
        }
    }
}
