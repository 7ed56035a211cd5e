//! Opens a session as a program would: another avactl process calls the API through AvA's library and reports the result. So
//! neither a library that hangs nor a broker that does not answer blocks the doctor.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use ava_protocol::admin::{Answer, Detail, Request, State};
use ava_protocol::api::Api;
use ava_protocol::session::SOCKET_VARIABLE;
use rustix::fs::{MemfdFlags, SeekFrom};
use serde::{Deserialize, Serialize};

use super::vendors;
use crate::error::Failure;
use crate::reach::Broker;

/// The limit for a library's answer.
const LIMIT: Duration = Duration::from_secs(30);

/// The probe process's output, a line of JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Response {
    /// What the vendor's library reports about itself, or its wrong answer.
    pub answer: Result<vendors::Library, String>,
    /// Messages of AvA's library.
    pub complaint: Option<String>,
    pub milliseconds: u64,
}

/// The result of a probe.
#[derive(Debug, PartialEq, Eq)]
pub struct Report {
    pub response: Result<Response, String>,
    /// The session, as the broker knows it.
    pub session: Option<Session>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Session {
    pub session: u64,
    pub worker_pid: u32,
    pub library: String,
    pub sandbox: String,
}

/// A probe in progress.
pub struct Probe {
    child: Child,
    line: Receiver<std::io::Result<String>>,
    begun: Instant,
}

impl Probe {
    /// Starts a probe process, in the environment that `avactl run` gives to a program.
    pub fn begin(api: &Api, shim: &Path, broker: &Broker) -> Result<Self, Failure> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["doctor", "--probe", api.name])
            .env(SOCKET_VARIABLE, broker.socket.path())
            .env("AVA_SHIM", shim)
            .env_remove("AVA_LOG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (tell, line) = channel();
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                let mut text = String::new();
                let _ = tell.send(BufReader::new(stdout).read_line(&mut text).map(|_| text));
            });
        }
        Ok(Self { child, line, begun: Instant::now() })
    }

    /// Waits for the process's end, and asks the broker about the session meanwhile.
    pub fn report(mut self, api: &Api, broker: &Broker) -> Report {
        let response: Result<Response, String> =
            match self.line.recv_timeout(LIMIT.saturating_sub(self.begun.elapsed())) {
                Ok(Ok(line)) if !line.is_empty() => serde_json::from_str(&line).map_err(|error| error.to_string()),
                Ok(Err(error)) => Err(error.to_string()),
                Ok(Ok(_)) => Err(match self.child.wait() {
                    Ok(status) => format!("it crashes the program ({status})"),
                    Err(error) => error.to_string(),
                }),
                Err(_) => Err(format!("it has not answered within {} s", LIMIT.as_secs())),
            };
        let session = response
            .as_ref()
            .is_ok_and(|response| response.complaint.is_none())
            .then(|| self.find(api, broker))
            .flatten();
        drop(self.child.stdin.take());
        if response.is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
        Report { response, session }
    }

    /// The process's session. In a container the broker knows its process by another number than this process does.
    fn find(&self, api: &Api, broker: &Broker) -> Option<Session> {
        let all = broker.sessions(false).ok()?;
        let found: Vec<_> = all.into_iter().filter(|one| one.state == State::Running && one.api == api.name).collect();
        let ours = |one: &ava_protocol::admin::Session| u32::try_from(one.pid) == Ok(self.child.id());
        let at = found.iter().position(ours).or_else(|| found.iter().rposition(|one| one.program == "avactl"))?;
        match broker.ask(Request::Session { session: found[at].session }).ok()? {
            Answer::Session(detail) => Some(Session::from(*detail)),
            _ => None,
        }
    }
}

impl From<Detail> for Session {
    fn from(detail: Detail) -> Self {
        let Detail { session, library, sandbox, .. } = detail;
        Self { session: session.session, worker_pid: session.worker_pid, library, sandbox }
    }
}

/// In the probe process: calls the API, reports the result, and stays until its standard input is closed.
pub fn probe(api: &str, shim: &Path) -> Result<(), Failure> {
    let said = rustix::fs::memfd_create(c"said", MemfdFlags::CLOEXEC).map_err(std::io::Error::from)?;
    rustix::stdio::dup2_stderr(&said).map_err(std::io::Error::from)?;
    let begun = Instant::now();
    let answer = vendors::ask(api, shim);
    let milliseconds = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    rustix::fs::seek(&said, SeekFrom::Start(0)).map_err(std::io::Error::from)?;
    let mut text = String::new();
    let _ = std::fs::File::from(said).read_to_string(&mut text);
    let complaint = text.lines().find_map(|line| line.strip_prefix("ava: ")).map(str::to_owned);
    let mut line =
        serde_json::to_string(&Response { answer, complaint, milliseconds }).map_err(std::io::Error::from)?;
    line.push('\n');
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes())?;
    out.flush()?;
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    Ok(())
}
