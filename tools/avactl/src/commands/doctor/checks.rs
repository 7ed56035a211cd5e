//! What `avactl doctor` looks at.

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use ava_protocol::admin::{Answer, Isolation, Request, Status};
use ava_protocol::api::{APIS, Api};
use ava_protocol::session::Socket;
use serde::Deserialize;

use super::{Check, Diagnosis, Health, Unsupported};
use crate::locate::{BROKER, SHIM, WORKER, stubs};
use crate::reach::{Broker, Unreached};
use crate::units::bytes;

/// What `ava-worker --probe` prints about one API.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Probe {
    library: String,
    loaded: bool,
    path: Option<String>,
    error: Option<String>,
    /// How many functions of the table could cross.
    functions: usize,
    /// Those of them that the library lacks.
    missing: Vec<String>,
    /// Extensions that the vendors have and programs do not see, and why.
    masked: Vec<(String, String)>,
    versions: Vec<String>,
}

/// Looks at everything.
pub fn all() -> Diagnosis {
    let (broker, status) = broker();
    let mut checks = vec![broker, shim()];
    checks.extend(status.as_ref().map(|status| isolation(&status.isolation)));
    let worker = match &status {
        // A running broker knows which worker it starts.
        Some(status) if Path::new(&status.worker).is_file() => Ok(status.worker.clone().into()),
        _ => WORKER.find(),
    };
    match worker {
        Ok(worker) => {
            checks.push(Check::new("worker", Health::Ok, worker.display().to_string()));
            let path = status.map(|status| status.vendor_library_path).filter(|path| !path.is_empty());
            let found: Vec<_> = APIS.iter().map(|api| vendor(api, probe(&worker, api, path.as_deref()))).collect();
            if found.iter().all(|check| check.health == Health::Absent) {
                checks.push(Check::new("libraries", Health::Broken, "no vendor library is installed"));
            }
            checks.extend(found);
        }
        Err(failure) => checks.push(Check::missing("worker", failure)),
    }
    Diagnosis { healthy: checks.iter().all(|check| check.health != Health::Broken), checks, unsupported: unsupported() }
}

fn unsupported() -> Vec<Unsupported> {
    let of = |api: &&'static Api| {
        let api = *api;
        let refused = api.unsupported.iter().chain(api.masked);
        refused.map(|(function, reason)| Unsupported { api: api.name, function, reason })
    };
    APIS.iter().flat_map(of).collect()
}

fn broker() -> (Check, Option<Status>) {
    const NAME: &str = "broker";
    let broker = match Broker::running() {
        Ok(broker) => broker,
        Err(Unreached::Nobody) => {
            let check = match BROKER.find() {
                Ok(path) => Check::new(NAME, Health::Note, format!("none runs; {} is there", path.display()))
                    .fix("`avactl run` starts a private one; for all users: systemctl enable --now ava.socket"),
                Err(failure) => Check::missing(NAME, failure),
            };
            return (check, None);
        }
        Err(Unreached::Failed(failure)) => return (Check::missing(NAME, failure), None),
    };
    let which = match &broker.socket {
        Socket::Named(path) => format!("at {} (AVA_SOCKET)", path.display()),
        Socket::System(path) => format!("the system's, at {}", path.display()),
        Socket::Private(path) => format!("your private one, at {}", path.display()),
    };
    match broker.ask(Request::Status) {
        Ok(Answer::Status(status)) => {
            let sessions = format!("{} of {} sessions", status.sessions, status.sessions_limit);
            let spares = format!("spare workers: {}", status.spares);
            let found = format!("{which}: version {}, process {}, {sessions}, {spares}", status.version, status.pid);
            let check = if status.version == env!("CARGO_PKG_VERSION") {
                Check::new(NAME, Health::Ok, found)
            } else {
                Check::new(NAME, Health::Note, found)
                    .fix(format!("this avactl is version {}: restart the broker", env!("CARGO_PKG_VERSION")))
            };
            (check, Some(*status))
        }
        Ok(_) => (Check::new(NAME, Health::Broken, format!("{which}: it answers something else")), None),
        Err(failure) => {
            let mut check = Check::missing(NAME, failure);
            check.found = format!("{which}: {}", check.found);
            (check, None)
        }
    }
}

/// How far tenants are kept apart, and what is missing for more.
pub fn isolation(isolation: &Isolation) -> Check {
    let Isolation { sandbox, landlock, users, groups, memory: [session, ..], missing } = isolation;
    let kernel = if *landlock == 0 { "no Landlock".to_owned() } else { format!("Landlock {landlock}") };
    let mut found = format!("sandbox {sandbox} ({kernel}), {} of memory for a session", bytes(*session));
    let parts = [("users", users), ("control groups", groups)];
    for (what, part) in parts.into_iter().filter_map(|(what, part)| Some((what, part.as_ref()?))) {
        found += &format!(", {what} {part}");
    }
    let health = if missing.is_empty() { Health::Ok } else { Health::Note };
    missing.iter().fold(Check::new("isolation", health, found), |check, missing| check.fix(missing.clone()))
}

fn shim() -> Check {
    const NAME: &str = "library";
    let path = match SHIM.find() {
        Ok(path) => path,
        Err(failure) => return Check::missing(NAME, failure),
    };
    let mut head = [0; 4];
    match std::fs::File::open(&path).and_then(|mut file| file.read_exact(&mut head)) {
        Err(error) => {
            return Check::new(NAME, Health::Broken, format!("{}: {error}", path.display()));
        }
        Ok(()) if head != *b"\x7fELF" => {
            return Check::new(NAME, Health::Broken, format!("{} is not a library", path.display()));
        }
        Ok(()) => {}
    }
    if stubs(&path).is_none() {
        return Check::new(NAME, Health::Note, format!("{}, without the folder stubs beside it", path.display()))
            .fix("programs linked against a vendor's library that is not installed will not start");
    }
    Check::new(NAME, Health::Ok, path.display().to_string())
}

/// What the worker finds, in the environment a broker would give it.
fn probe(worker: &Path, api: &Api, vendor_library_path: Option<&str>) -> Result<Probe, String> {
    let fixed = ["HOME", "PATH", "TMPDIR", "XDG_CACHE_HOME"];
    let kept = std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_some_and(|name| fixed.contains(&name) || api.passes(name)));
    let mut command = Command::new(worker);
    command.args(["--probe", "--api", api.name]).env_clear().envs(kept).stdin(Stdio::null());
    let own = std::env::var("AVA_VENDOR_LIBRARY_PATH").ok();
    if let Some(path) = vendor_library_path.or(own.as_deref()) {
        command.env("LD_LIBRARY_PATH", path);
    }
    let output = command.output().map_err(|error| format!("{} cannot be run: {error}", worker.display()))?;
    serde_json::from_slice(&output.stdout).map_err(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.lines().last().map(|line| format!("; it said: {line}")).unwrap_or_default();
        format!("{} --probe gave no answer ({}, {error}){said}", worker.display(), output.status)
    })
}

/// The vendor library of an API.
pub fn vendor(api: &'static Api, probe: Result<Probe, String>) -> Check {
    let probe = match probe {
        Ok(probe) => probe,
        Err(error) => return Check::new(api.name, Health::Broken, error),
    };
    if !probe.loaded {
        let error = probe.error.as_deref().unwrap_or("it cannot be loaded");
        let error = error.strip_prefix(api.library).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(error);
        return Check::new(api.name, Health::Absent, format!("{}: {error}", api.library))
            .fix(api.install)
            .fix("a library elsewhere: start the broker with --vendor-library-path DIRS");
    }
    let path = probe.path.as_deref().unwrap_or(api.library);
    if probe.versions.is_empty() {
        return Check::new(api.name, Health::Broken, format!("{path} finds no platform")).fix(api.install);
    }
    let covered = probe.functions.saturating_sub(probe.missing.len());
    let coverage =
        format!("{covered} of the {} functions that cross, {} are refused", probe.functions, api.unsupported.len());
    let found = format!("{path}: {}; {coverage}", probe.versions.join(", "));
    let health = if probe.missing.is_empty() { Health::Ok } else { Health::Note };
    let mut check = Check::new(api.name, health, found);
    if !probe.missing.is_empty() {
        check = check.fix(format!("calls of functions that it lacks fail: {}", shortened(&probe.missing)));
    }
    let mut reasons: Vec<&str> = probe.masked.iter().map(|(_, why)| why.as_str()).collect();
    reasons.sort_unstable();
    reasons.dedup();
    reasons.into_iter().fold(check, |check, why| {
        let of = probe.masked.iter().filter(|(_, reason)| reason == why).map(|(name, _)| name.clone());
        check.fix(format!("programs do not see {}: {why}", shortened(&of.collect::<Vec<_>>())))
    })
}

/// A list that fits a screen.
fn shortened(names: &[String]) -> String {
    const MOST: usize = 8;
    let shown = names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(" ");
    match names.len().saturating_sub(MOST) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}
