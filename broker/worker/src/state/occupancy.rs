//! Whether the session serves calls, which the broker sees in the session's page, and is told when it asks.
//!
//! - **Invariant:** while the broker asks for nothing, nobody is told anything, and a call costs two additions.
//! - The page also names the thread that serves, so that the broker can have it run as soon as the next call comes.

use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::usage::{ASKED, BUSY, SERVER, WHEN_BUSY, WHEN_IDLE};
use rustix::thread::gettid;

/// The words of the page that say so, and the bell.
#[derive(Debug, Clone)]
pub struct Occupancy {
    asked: &'static AtomicU64,
    busy: &'static AtomicU64,
    server: &'static AtomicU64,
    bell: Option<Arc<OwnedFd>>,
}

/// A call is being served.
#[derive(Debug)]
pub struct Busy<'a>(&'a Occupancy);

/// A thread that serves calls.
#[derive(Debug, Clone, Copy)]
pub struct Server(u64);

impl Server {
    /// The calling thread.
    pub fn this() -> Self {
        Self(gettid().as_raw_pid().unsigned_abs().into())
    }
}

/// A call that is being served waits.
#[derive(Debug)]
pub struct Pause<'a>(&'a Occupancy);

impl Occupancy {
    /// Shown in this page.
    pub fn new(page: &'static [AtomicU64], bell: OwnedFd) -> Self {
        Self { asked: &page[ASKED], busy: &page[BUSY], server: &page[SERVER], bell: Some(Arc::new(bell)) }
    }

    /// Nobody looks.
    pub fn unread() -> Self {
        static WORDS: [AtomicU64; 3] = [const { AtomicU64::new(0) }; 3];
        Self { asked: &WORDS[0], busy: &WORDS[1], server: &WORDS[2], bell: None }
    }

    /// A call begins, which this thread serves; it ends with what is returned.
    pub fn begin(&self, server: Server) -> Busy<'_> {
        if self.server.load(Ordering::Relaxed) != server.0 {
            self.server.store(server.0, Ordering::Relaxed);
        }
        self.resume();
        Busy(self)
    }

    fn resume(&self) {
        // Who asks looks at the count after it has asked, so that either it sees the call or the call sees it.
        self.busy.fetch_add(1, Ordering::SeqCst);
        self.tell(WHEN_BUSY);
    }

    /// A call that is being served waits, and computes nothing until what is returned ends.
    pub fn pause(&self) -> Pause<'_> {
        self.end();
        Pause(self)
    }

    fn end(&self) {
        self.busy.fetch_sub(1, Ordering::SeqCst);
        self.tell(WHEN_IDLE);
    }

    fn tell(&self, what: u64) {
        if self.asked.load(Ordering::SeqCst) & what != 0 {
            self.ring(what);
        }
    }

    #[cold]
    fn ring(&self, what: u64) {
        if self.asked.fetch_and(!what, Ordering::SeqCst) & what != 0
            && let Some(bell) = &self.bell
        {
            // It is full only if the broker has not heard it yet.
            let _ = rustix::io::write(bell, &1_u64.to_ne_bytes());
        }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.0.resume();
    }
}

#[cfg(test)]
mod tests {
    use rustix::event::{EventfdFlags, eventfd};

    use super::*;

    #[test]
    fn who_asks_is_told_once() {
        let page: &'static [AtomicU64] = (0..16).map(|_| AtomicU64::new(0)).collect::<Vec<_>>().leak();
        let bell = eventfd(0, EventfdFlags::NONBLOCK | EventfdFlags::CLOEXEC).unwrap();
        let heard = bell.try_clone().unwrap();
        let occupancy = Occupancy::new(page, bell);
        let rings = || rustix::io::read(&heard, &mut [0; 8]).is_ok();
        let first = occupancy.begin(Server::this());
        assert_eq!(page[BUSY].load(Ordering::Relaxed), 1);
        assert!(!rings(), "nobody asked");
        assert_eq!(page[SERVER].load(Ordering::Relaxed), Server::this().0);
        page[ASKED].store(WHEN_BUSY | WHEN_IDLE, Ordering::Relaxed);
        let second = occupancy.begin(Server::this());
        assert!(rings());
        assert_eq!((page[ASKED].load(Ordering::Relaxed), page[BUSY].load(Ordering::Relaxed)), (WHEN_IDLE, 2));
        drop(second);
        assert!(rings());
        let pause = occupancy.pause();
        assert_eq!(page[BUSY].load(Ordering::Relaxed), 0);
        drop(pause);
        assert_eq!(page[BUSY].load(Ordering::Relaxed), 1);
        drop((first, occupancy.begin(Server::this())));
        assert!(!rings(), "told once");
        assert_eq!(page[BUSY].load(Ordering::Relaxed), 0);
    }
}
