//! A program's connection and its output, on their way from the broker to the worker that will serve it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use ava_protocol::control::ToWorker;
use ava_protocol::envelope::{open, seal};

use crate::message;

/// Where a program's output goes, as far as it told.
#[derive(Debug)]
pub struct Output<Fd = OwnedFd> {
    /// Its standard output.
    pub stdout: Option<Fd>,
    /// Its standard error.
    pub stderr: Option<Fd>,
}

impl<Fd> Default for Output<Fd> {
    fn default() -> Self {
        Self { stdout: None, stderr: None }
    }
}

impl<Fd> Output<Fd> {
    /// The descriptors that came with a message: standard output first, as far as each was announced. `None` if others came.
    #[must_use]
    pub fn announced(stdout: bool, stderr: bool, fds: Vec<Fd>) -> Option<Self> {
        let mut fds = fds.into_iter();
        let mut next = |announced: bool| if announced { fds.next().map(Some) } else { Some(None) };
        let output = Self { stdout: next(stdout)?, stderr: next(stderr)? };
        fds.next().is_none().then_some(output)
    }
}

/// What a worker is given to serve.
#[derive(Debug)]
pub struct Handover {
    /// The session's number.
    pub session: u64,
    /// Whose it is, for whoever lists processes.
    pub title: String,
    /// The program's connection.
    pub tenant: OwnedFd,
    /// What becomes the worker's own output.
    pub output: Output,
}

/// What a worker that waits for its tenant hears.
#[derive(Debug)]
pub enum Awaited {
    /// Here it is.
    Tenant(Handover),
    /// There will be none, for this reason.
    Shutdown(String),
    /// The broker is gone, or says what no broker says.
    Nobody,
}

/// Gives a worker its tenant, without waiting for it.
///
/// # Errors
/// Those of [`message::send_now`].
pub fn give(
    control: &impl AsFd,
    session: u64,
    title: String,
    tenant: BorrowedFd<'_>,
    output: &Output<impl AsFd>,
) -> io::Result<()> {
    let Output { stdout, stderr } = output;
    let serve = ToWorker::Serve { session, title, stdout: stdout.is_some(), stderr: stderr.is_some() };
    let own = [stdout, stderr].into_iter().flatten().map(AsFd::as_fd);
    let fds: Vec<_> = std::iter::once(tenant).chain(own).collect();
    message::send_now(control, &seal(&serve), &fds)
}

/// Waits for the tenant that [`give`] gives.
pub fn wait(control: &impl AsFd) -> Awaited {
    loop {
        let Ok(Some((body, mut fds))) = message::recv(control) else { return Awaited::Nobody };
        match open::<ToWorker>(&body) {
            Ok(ToWorker::Serve { session, title, stdout, stderr }) if !fds.is_empty() => {
                let tenant = fds.remove(0);
                return match Output::announced(stdout, stderr, fds) {
                    Some(output) => Awaited::Tenant(Handover { session, title, tenant, output }),
                    None => Awaited::Nobody,
                };
            }
            Ok(ToWorker::Shutdown { reason }) => return Awaited::Shutdown(reason),
            Ok(ToWorker::TenantLeft) => return Awaited::Shutdown("the program has ended".into()),
            // There is nothing to report yet.
            Ok(ToWorker::ReportRequest { .. }) => {}
            Ok(ToWorker::Serve { .. }) | Err(_) => return Awaited::Nobody,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    fn fds(count: usize) -> Vec<OwnedFd> {
        (0..count).map(|_| UnixStream::pair().unwrap().0.into()).collect()
    }

    #[test]
    fn output_is_what_was_announced_or_nothing() {
        for (stdout, stderr) in [(false, false), (true, false), (false, true), (true, true)] {
            let announced = usize::from(stdout) + usize::from(stderr);
            for count in 0..4 {
                let output = Output::announced(stdout, stderr, fds(count));
                let shape = output.map(|output| (output.stdout.is_some(), output.stderr.is_some()));
                assert_eq!(shape, (count == announced).then_some((stdout, stderr)), "{count}");
            }
        }
    }

    #[test]
    fn a_tenant_arrives_with_its_output_and_an_end_is_heard() {
        let (broker, worker) = UnixStream::pair().unwrap();
        let tenant = fds(1).remove(0);
        let output = Output { stdout: None, stderr: Some(fds(1).remove(0)) };
        give(&broker, 7, "a title".into(), tenant.as_fd(), &output).unwrap();
        let Awaited::Tenant(given) = wait(&worker) else { panic!("no tenant") };
        assert_eq!(given.title, "a title");
        assert_eq!((given.session, given.output.stdout.is_some(), given.output.stderr.is_some()), (7, false, true));
        let shutdown = ToWorker::Shutdown { reason: "enough".into() };
        message::send(&broker, &seal(&shutdown), &[]).unwrap();
        assert!(matches!(wait(&worker), Awaited::Shutdown(reason) if reason == "enough"));
        let bare = ToWorker::Serve { session: 8, title: String::new(), stdout: false, stderr: false };
        message::send(&broker, &seal(&bare), &[]).unwrap();
        assert!(matches!(wait(&worker), Awaited::Nobody), "a tenant without a connection");
        drop(broker);
        assert!(matches!(wait(&worker), Awaited::Nobody));
    }
}
