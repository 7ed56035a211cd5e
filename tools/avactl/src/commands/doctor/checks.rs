//! The checks of `avactl doctor`.

use std::io::Read;
use std::path::{Path, PathBuf};

use ava_protocol::admin::{Answer, Isolation, Ledger, Policy, Request, Status};
use ava_protocol::api::{APIS, Api};
use ava_protocol::session::Socket;

use super::diagnosis::{Check, Diagnosis, Health, Unsupported};
use super::probe::{Probe, Report};
use crate::error::Failure;
use crate::locate::{SHIM, stubs};
use crate::private;
use crate::reach::Broker;
use crate::units::bytes;

/// Runs all checks, and opens a session with each API.
pub fn all() -> Diagnosis {
    let (broker, reached) = broker();
    let (library, shim) = shim();
    let mut checks = vec![broker, library];
    if let Some((broker, status)) = &reached {
        checks.push(isolation(&status.isolation));
        checks.push(policy(&status.policy));
        checks.push(ledger(status.ledger.as_ref()));
        if let Some(shim) = &shim {
            checks.extend(sessions(shim, broker));
        }
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

/// The broker that a program would get; it is started if `avactl run` would start it.
fn broker() -> (Check, Option<(Broker, Status)>) {
    const NAME: &str = "broker";
    let asked = private::ensure().and_then(|broker| match broker.ask(Request::Status)? {
        Answer::Status(status) => Ok((broker, *status)),
        _ => Err(Failure::new(crate::error::Kind::General, "the broker sent an unexpected answer")),
    });
    let (broker, status) = match asked {
        Ok(both) => both,
        Err(failure) => return (Check::missing(NAME, failure), None),
    };
    let which = match &broker.socket {
        Socket::Named(path) => format!("{} (AVA_SOCKET)", path.display()),
        Socket::System(path) => format!("the system's, {}", path.display()),
        Socket::Private(path) => format!("your private one, {}", path.display()),
    };
    let sessions =
        format!("{} of {} sessions, spare workers: {}", status.sessions, status.sessions_limit, status.spares);
    let found = format!("{which}: version {}, {sessions}", status.version);
    let check = if status.version == env!("CARGO_PKG_VERSION") {
        Check::new(NAME, Health::Ok, found)
    } else {
        Check::new(NAME, Health::Note, found)
            .fix(format!("this avactl is version {}: restart the broker", env!("CARGO_PKG_VERSION")))
    };
    let check = check
        .detail(format!("process {} of user {}", status.pid, status.uid))
        .detail(format!("worker {}", status.worker));
    (check, Some((broker, status)))
}

/// How well tenants are isolated, and what is missing for more.
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

/// The rules of the broker, and what of them has no effect.
pub fn policy(policy: &Policy) -> Check {
    const NAME: &str = "policy";
    let found = match policy.files.as_slice() {
        [] => "no files: all tenants are equal".to_owned(),
        files => format!("{} rules in {}", policy.rules, files.join(", ")),
    };
    match policy.not_enforced.as_slice() {
        [] => Check::new(NAME, Health::Ok, found),
        names => Check::new(NAME, Health::Note, found).fix(format!("not enforced yet: {}", names.join(", "))),
    }
}

/// Where the use of devices is kept.
pub fn ledger(ledger: Option<&Ledger>) -> Check {
    const NAME: &str = "ledger";
    match ledger {
        None => Check::new(NAME, Health::Ok, "none is kept (--ledger-days 0)"),
        Some(Ledger { file, bytes: 0, trouble }) if trouble.is_empty() => Check::new(NAME, Health::Ok, file.clone()),
        Some(Ledger { file, bytes: size, trouble }) if trouble.is_empty() => {
            Check::new(NAME, Health::Ok, format!("{file}, {}", bytes(*size)))
        }
        Some(Ledger { trouble, .. }) => Check::new(NAME, Health::Note, format!("what is used is not kept: {trouble}"))
            .fix("programs run all the same; the broker tries again every half minute"),
    }
}

fn shim() -> (Check, Option<PathBuf>) {
    const NAME: &str = "library";
    let path = match SHIM.find() {
        Ok(path) => path,
        Err(failure) => return (Check::missing(NAME, failure), None),
    };
    let broken = |found: String| (Check::new(NAME, Health::Broken, found), None);
    let mut head = [0; 4];
    match std::fs::File::open(&path).and_then(|mut file| file.read_exact(&mut head)) {
        Err(error) => return broken(format!("{}: {error}", path.display())),
        Ok(()) if head != *b"\x7fELF" => return broken(format!("{} is not a library", path.display())),
        Ok(()) => {}
    }
    let check = match stubs(&path) {
        Some(_) => Check::new(NAME, Health::Ok, path.display().to_string()),
        None => Check::new(NAME, Health::Note, format!("{}, without the folder stubs beside it", path.display()))
            .fix("programs linked against a vendor's library that is not installed will not start"),
    };
    (check, Some(path))
}

/// A session with each API, all in parallel.
fn sessions(shim: &Path, broker: &Broker) -> Vec<Check> {
    let probes: Vec<_> = APIS.iter().map(|api| (*api, Probe::begin(api, shim, broker))).collect();
    let checked = probes.into_iter().map(|(api, probe)| match probe {
        Ok(probe) => session(api, probe.report(api, broker)),
        Err(failure) => Check::missing(api.name, failure),
    });
    let mut checks: Vec<_> = checked.collect();
    if checks.iter().all(|check| check.health == Health::Absent) {
        checks.push(Check::new(
            "libraries",
            Health::Broken,
            "no vendor's library is installed where workers search for it",
        ));
    }
    checks
}

/// The result of a session with an API.
pub fn session(api: &'static Api, report: Report) -> Check {
    let response = match report.response {
        Ok(response) => response,
        Err(error) => return Check::new(api.name, Health::Broken, error),
    };
    let mut check = match (&response.answer, &response.complaint) {
        (_, Some(complaint)) if complaint.contains(api.library) && complaint.contains("cannot open shared object") => {
            Check::new(api.name, Health::Absent, format!("{} is not where workers search for it", api.library))
                .fix(api.install)
                .fix("a library elsewhere: AVA_VENDOR_LIBRARY_PATH for a private broker, --vendor-library-path for others")
        }
        (_, Some(complaint)) => Check::new(api.name, Health::Broken, complaint.clone()),
        (Err(error), None) if report.session.is_none() => Check::new(api.name, Health::Broken, error.clone()),
        (Err(error), None) => Check::new(api.name, Health::Note, format!("the vendor's library: {error}")),
        (Ok(library), None) if library.version.is_empty() => {
            Check::new(api.name, Health::Absent, "the vendor's library finds no platform").fix(api.install)
        }
        (Ok(library), None) => {
            let mut found = format!("{} (a session in {} ms)", library.version, response.milliseconds);
            if !library.devices.is_empty() {
                found += &format!(": {}", library.devices.join(", "));
            }
            Check::new(api.name, Health::Ok, found)
        }
    };
    if let Some(session) = &report.session {
        check = check
            .detail(format!("session {}, worker {}", session.session, session.worker_pid))
            .detail(format!("library {}", session.library))
            .detail(format!("sandbox: {}", session.sandbox));
    }
    check.session = report.session;
    let (all, refused) = (api.functions.len(), api.unsupported.len());
    check.detail(format!("{} of {all} functions are supported; refused: {refused}", all - refused))
}
