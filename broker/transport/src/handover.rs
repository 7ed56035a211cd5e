//! Passes a program's connection from the broker to the worker that will serve it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use ava_protocol::control::ToWorker;
use ava_protocol::envelope::{open, seal};

use crate::message;

/// The session that a worker is given.
#[derive(Debug)]
pub struct Handover {
    /// The session's number.
    pub session: u64,
    /// Its program and user, for the worker's process title.
    pub title: String,
    /// The program's connection.
    pub tenant: OwnedFd,
    /// The page that the session's usage is counted in.
    pub page: OwnedFd,
    /// What to write to when the page asks for it.
    pub bell: OwnedFd,
}

/// What a worker receives while it waits for its session.
#[derive(Debug)]
pub enum Awaited {
    /// The session.
    Tenant(Handover),
    /// There will be none, for this reason.
    Shutdown(String),
    /// The broker has ended, or sent an invalid message.
    Nobody,
}

/// Gives a worker its session, the page of its usage and the page's bell, without blocking.
///
/// # Errors
/// Those of [`message::send_now`].
pub fn give(
    control: &impl AsFd,
    session: u64,
    title: String,
    tenant: BorrowedFd<'_>,
    [page, bell]: [BorrowedFd<'_>; 2],
) -> io::Result<()> {
    message::send_now(control, &seal(&ToWorker::Serve { session, title }), &[tenant, page, bell])
}

/// Waits for the session that [`give`] sends.
pub fn wait(control: &impl AsFd) -> Awaited {
    let Ok(Some((body, fds))) = message::recv(control) else { return Awaited::Nobody };
    match open::<ToWorker>(&body) {
        Ok(ToWorker::Serve { session, title }) => match <[OwnedFd; 3]>::try_from(fds) {
            Ok([tenant, page, bell]) => Awaited::Tenant(Handover { session, title, tenant, page, bell }),
            Err(_) => Awaited::Nobody,
        },
        Ok(ToWorker::Shutdown { reason }) => Awaited::Shutdown(reason),
        Ok(ToWorker::TenantLeft) => Awaited::Shutdown("the program has ended".into()),
        Err(_) => Awaited::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use super::*;

    #[test]
    fn a_tenant_arrives_and_an_end_is_heard() {
        let (broker, worker) = UnixStream::pair().unwrap();
        let (tenant, _program) = UnixStream::pair().unwrap();
        let (_, page) = crate::region::Region::create(4096).unwrap();
        give(&broker, 7, "a title".into(), tenant.as_fd(), [page.as_fd(), page.as_fd()]).unwrap();
        let Awaited::Tenant(given) = wait(&worker) else { panic!("no tenant") };
        assert_eq!((given.session, given.title.as_str()), (7, "a title"));
        let shutdown = ToWorker::Shutdown { reason: "enough".into() };
        message::send(&broker, &seal(&shutdown), &[]).unwrap();
        assert!(matches!(wait(&worker), Awaited::Shutdown(reason) if reason == "enough"));
        let serve = seal(&ToWorker::Serve { session: 8, title: String::new() });
        for connections in [&[][..], &[tenant.as_fd()], &[tenant.as_fd(); 2], &[tenant.as_fd(); 4]] {
            message::send(&broker, &serve, connections).unwrap();
            assert!(matches!(wait(&worker), Awaited::Nobody), "a tenant with {} descriptors", connections.len());
        }
        drop(broker);
        assert!(matches!(wait(&worker), Awaited::Nobody));
    }
}
