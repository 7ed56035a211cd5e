//! Descriptors that other processes made, which are closed in threads of their own.
//!
//! Closing a descriptor can block, for as long as its maker likes: a TCP socket may linger, a FUSE file asks its daemon,
//! and the queue of a Unix socket may hold such descriptors too. So the event loop closes none of them: dropping
//! a [`Foreign`] passes it to threads that only close.
//!
//! - **Invariant:** one tenant's descriptors occupy at most [`PER_TENANT`] of [`THREADS`] threads, so the others' are
//!   closed.
//! - **Invariant:** descriptors that wait to be closed are counted: a tenant with [`TOO_MANY`] of them cannot connect.

use std::collections::{HashMap, VecDeque};
use std::io;
use std::ops::Deref;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ava_transport::message::{Progress, Reader};

use crate::tenant::TenantId;

/// The most closing threads.
const THREADS: usize = 64;
/// The most closing threads of one tenant.
const PER_TENANT: usize = 4;
/// A thread ends after being idle for this long.
const PATIENCE: Duration = Duration::from_secs(10);
/// A tenant with this many descriptors waiting to be closed is neither accepted nor read from: one more message brings at
/// most 253.
pub const TOO_MANY: usize = 256;

/// Closes descriptors, in threads of its own.
#[derive(Debug, Clone, Default)]
pub struct Closer(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    more: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// Tenants with waiting descriptors and fewer than [`PER_TENANT`] threads.
    turns: VecDeque<TenantId>,
    tenants: HashMap<TenantId, Queue>,
    threads: usize,
    idle: usize,
}

#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<OwnedFd>,
    /// Threads that close for this tenant.
    busy: usize,
    /// Whether it is in the queue of tenants.
    queued: bool,
}

impl Closer {
    /// Queues these for closing, on account of the tenant that they came from.
    pub fn close(&self, tenant: &TenantId, fds: impl IntoIterator<Item = OwnedFd>) {
        let fds: Vec<OwnedFd> = fds.into_iter().collect();
        if fds.is_empty() {
            return;
        }
        let mut state = self.0.lock();
        state.tenants.entry(tenant.clone()).or_default().waiting.extend(fds);
        state.queue(tenant);
        if state.idle > 0 {
            self.0.more.notify_one();
        } else if state.threads < THREADS && !state.turns.is_empty() {
            state.threads += 1;
            let shared = Arc::clone(&self.0);
            let thread = std::thread::Builder::new().name("closer".to_owned()).stack_size(128 << 10);
            if thread.spawn(move || shared.work()).is_err() {
                // No thread can be started: they wait until another thread is free, or until the next call.
                state.threads -= 1;
            }
        }
    }

    /// The number of a tenant's descriptors that wait to be closed or are being closed.
    pub fn pending(&self, tenant: &TenantId) -> usize {
        self.0.lock().tenants.get(tenant).map_or(0, |queue| queue.waiting.len() + queue.busy)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // No code panics with this lock held.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        let mut state = self.lock();
        loop {
            if let Some((tenant, fd)) = state.next() {
                drop(state);
                drop(fd);
                state = self.lock();
                state.done(&tenant);
                continue;
            }
            state.idle += 1;
            let (next, waited) = self.more.wait_timeout(state, PATIENCE).unwrap_or_else(PoisonError::into_inner);
            state = next;
            state.idle -= 1;
            if waited.timed_out() && state.turns.is_empty() {
                state.threads -= 1;
                return;
            }
        }
    }
}

impl State {
    /// The next descriptor to close: tenants take turns.
    fn next(&mut self) -> Option<(TenantId, OwnedFd)> {
        let tenant = self.turns.pop_front()?;
        let queue = self.tenants.get_mut(&tenant)?;
        queue.queued = false;
        let fd = queue.waiting.pop_front()?;
        queue.busy += 1;
        self.queue(&tenant);
        Some((tenant, fd))
    }

    fn done(&mut self, tenant: &TenantId) {
        if let Some(queue) = self.tenants.get_mut(tenant) {
            queue.busy -= 1;
        }
        self.queue(tenant);
        self.forget(tenant);
    }

    /// Queues a tenant that has waiting descriptors and may use another thread.
    fn queue(&mut self, tenant: &TenantId) {
        if let Some(queue) = self.tenants.get_mut(tenant)
            && !queue.waiting.is_empty()
            && queue.busy < PER_TENANT
            && !queue.queued
        {
            queue.queued = true;
            self.turns.push_back(tenant.clone());
        }
    }

    fn forget(&mut self, tenant: &TenantId) {
        if self.tenants.get(tenant).is_some_and(|queue| queue.waiting.is_empty() && queue.busy == 0) {
            self.tenants.remove(tenant);
        }
    }
}

/// The tenant that descriptors come from, and what closes them.
#[derive(Debug, Clone)]
pub struct Origin {
    tenant: TenantId,
    closer: Closer,
}

impl Origin {
    /// Of a tenant.
    pub fn new(tenant: TenantId, closer: &Closer) -> Self {
        Self { tenant, closer: closer.clone() }
    }

    /// Wraps a value that comes from this tenant.
    pub fn own<T: Into<OwnedFd>>(&self, what: T) -> Foreign<T> {
        Foreign { what: Some(what), origin: self.clone() }
    }
}

/// A descriptor, or an owner of one, that another process made.
#[derive(Debug)]
pub struct Foreign<T: Into<OwnedFd>> {
    /// `None` only during drop.
    what: Option<T>,
    origin: Origin,
}

impl<T: Into<OwnedFd>> Deref for Foreign<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.what {
            Some(what) => what,
            None => unreachable!("taken only in drop"),
        }
    }
}

impl<T: Into<OwnedFd> + AsFd> AsFd for Foreign<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        (**self).as_fd()
    }
}

impl<T: Into<OwnedFd>> Drop for Foreign<T> {
    fn drop(&mut self) {
        self.origin.closer.close(&self.origin.tenant, self.what.take().map(Into::into));
    }
}

/// A reader of a peer's messages: the descriptors that it holds are the peer's too.
#[derive(Debug)]
pub struct Inbox {
    reader: Reader,
    origin: Origin,
}

impl Inbox {
    /// A reader of messages from this tenant.
    pub fn new(reader: Reader, origin: Origin) -> Self {
        Self { reader, origin }
    }

    /// The next message, as [`Reader::poll`] gives it.
    pub fn poll(&mut self, stream: &impl AsFd) -> io::Result<Progress<Foreign<OwnedFd>>> {
        let progress = self.reader.poll(stream)?;
        Ok(progress.map_fds(|fd| self.origin.own(fd)))
    }
}

impl Drop for Inbox {
    fn drop(&mut self) {
        self.origin.closer.close(&self.origin.tenant, self.reader.take_fds());
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    use std::os::unix::net::UnixStream;
    use std::time::Instant;

    use rustix::net::sockopt::set_socket_linger;

    use super::*;

    /// A descriptor whose last owner waits for a minute, and the other end of it.
    fn lingering() -> (OwnedFd, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (theirs, _) = listener.accept().unwrap();
        set_socket_linger(&ours, Some(Duration::from_secs(60))).unwrap();
        ours.set_nonblocking(true).unwrap();
        while ours.write(&[0; 1 << 16]).is_ok() {}
        (ours.into(), theirs)
    }

    fn wait_until(closer: &Closer, tenant: &TenantId, pending: usize) {
        let started = Instant::now();
        while closer.pending(tenant) != pending {
            assert!(started.elapsed() < Duration::from_secs(50), "{} pending", closer.pending(tenant));
            std::thread::yield_now();
        }
    }

    #[test]
    fn who_hands_out_what_lingers_keeps_only_their_own_waiting() {
        let closer = Closer::default();
        let (slow, others): (Vec<_>, Vec<_>) = (0..2 * PER_TENANT).map(|_| lingering()).unzip();
        let started = Instant::now();
        for fd in slow {
            drop(Origin::new(TenantId::user(7), &closer).own(fd));
        }
        for _ in 0..100 {
            drop(Origin::new(TenantId::user(8), &closer).own(UnixStream::pair().unwrap().0));
        }
        wait_until(&closer, &TenantId::user(8), 0);
        assert!(started.elapsed() < Duration::from_secs(50), "others waited");
        assert_eq!(closer.pending(&TenantId::user(7)), 2 * PER_TENANT);
        // Closing the peer's end resets the connections, so none lingers.
        drop(others);
        wait_until(&closer, &TenantId::user(7), 0);
    }

    #[test]
    fn what_a_reader_holds_is_closed_with_it() {
        let closer = Closer::default();
        let (ours, theirs) = UnixStream::pair().unwrap();
        let (slow, other) = lingering();
        rustix::io::write(&theirs, &[]).unwrap();
        ava_transport::message::send(&theirs, b"hello", &[slow.as_fd()]).unwrap();
        drop(slow);
        let mut inbox = Inbox::new(Reader::limited(64, 0), Origin::new(TenantId::user(7), &closer));
        assert!(inbox.poll(&ours).is_err(), "more descriptors than allowed");
        let started = Instant::now();
        drop(inbox);
        assert!(started.elapsed() < Duration::from_secs(50));
        assert_eq!(closer.pending(&TenantId::user(7)), 1);
        drop(other);
        wait_until(&closer, &TenantId::user(7), 0);
    }
}
