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
    /// The page of what the tenant's sessions may take together, and this one's seat.
    pub quota: OwnedFd,
    pub seat: u32,
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

/// What goes to a worker with its program's connection.
#[derive(Debug)]
pub struct Given<'a> {
    /// The session's number.
    pub session: u64,
    /// Its program and user.
    pub title: String,
    /// The page of its usage.
    pub page: BorrowedFd<'a>,
    /// What to write to when that page asks for it.
    pub bell: BorrowedFd<'a>,
    /// The tenant's page, and the session's seat.
    pub quota: BorrowedFd<'a>,
    pub seat: u32,
}

/// Gives a worker its session, without blocking.
///
/// # Errors
/// Those of [`message::send_now`].
pub fn give(control: &impl AsFd, tenant: BorrowedFd<'_>, given: Given<'_>) -> io::Result<()> {
    let Given { session, title, page, bell, quota, seat } = given;
    message::send_now(control, &seal(&ToWorker::Serve { session, seat, title }), &[tenant, page, bell, quota])
}

/// Waits for the session that [`give`] sends.
pub fn wait(control: &impl AsFd) -> Awaited {
    let Ok(Some((body, fds))) = message::recv(control) else { return Awaited::Nobody };
    match open::<ToWorker>(&body) {
        Ok(ToWorker::Serve { session, seat, title }) => match <[OwnedFd; 4]>::try_from(fds) {
            Ok([tenant, page, bell, quota]) => {
                Awaited::Tenant(Handover { session, title, tenant, page, bell, quota, seat })
            }
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
        let page = page.as_fd();
        let given = Given { session: 7, title: "a title".into(), page, bell: page, quota: page, seat: 3 };
        give(&broker, tenant.as_fd(), given).unwrap();
        let Awaited::Tenant(given) = wait(&worker) else { panic!("no tenant") };
        assert_eq!((given.session, given.title.as_str(), given.seat), (7, "a title", 3));
        let shutdown = ToWorker::Shutdown { reason: "enough".into() };
        message::send(&broker, &seal(&shutdown), &[]).unwrap();
        assert!(matches!(wait(&worker), Awaited::Shutdown(reason) if reason == "enough"));
        let serve = seal(&ToWorker::Serve { session: 8, seat: 0, title: String::new() });
        for connections in [&[][..], &[tenant.as_fd()], &[tenant.as_fd(); 3], &[tenant.as_fd(); 5]] {
            message::send(&broker, &serve, connections).unwrap();
            assert!(matches!(wait(&worker), Awaited::Nobody), "a tenant with {} descriptors", connections.len());
        }
        drop(broker);
        assert!(matches!(wait(&worker), Awaited::Nobody));
    }
}
