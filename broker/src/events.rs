//! epoll: which file descriptors are ready.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

/// What a descriptor belongs to. Numbers of connections and sessions are never reused, so a late event cannot name
/// another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A program connects.
    Listener,
    /// An administrator connects.
    AdminListener,
    /// A signal tells the broker to end.
    Signal,
    /// A connection that is not a session.
    Connection(u64),
    /// A message of a session's worker.
    Control(u64),
    /// A session's worker process ended.
    Worker(u64),
    /// A session's program ended.
    Program(u64),
    /// A program that was expected to open a session ended.
    Expected(u64),
    /// A message of a spare worker.
    Spare(u64),
    /// A spare worker's process ended.
    SpareWorker(u64),
    /// A process that removes a directory ended.
    Sweeper(u64),
    /// The ledger has answers.
    Ledger,
}

impl Source {
    fn pack(self) -> u64 {
        let (kind, number) = match self {
            Self::Listener => (0, 0),
            Self::Signal => (1, 0),
            Self::Connection(number) => (2, number),
            Self::Control(number) => (3, number),
            Self::Worker(number) => (4, number),
            Self::Program(number) => (5, number),
            Self::Expected(number) => (6, number),
            Self::Spare(number) => (7, number),
            Self::SpareWorker(number) => (8, number),
            Self::AdminListener => (9, 0),
            Self::Sweeper(number) => (10, number),
            Self::Ledger => (11, 0),
        };
        number << 4 | kind
    }

    fn unpack(packed: u64) -> Option<Self> {
        let number = packed >> 4;
        Some(match packed & 15 {
            0 => Self::Listener,
            1 => Self::Signal,
            2 => Self::Connection(number),
            3 => Self::Control(number),
            4 => Self::Worker(number),
            5 => Self::Program(number),
            6 => Self::Expected(number),
            7 => Self::Spare(number),
            8 => Self::SpareWorker(number),
            9 => Self::AdminListener,
            10 => Self::Sweeper(number),
            11 => Self::Ledger,
            _ => return None,
        })
    }
}

/// What to wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Interest {
    /// Readable, or closed.
    Read,
    /// Writable, or closed.
    Write,
    /// Both.
    Both,
    /// Only closed, or an error.
    End,
}

impl Interest {
    fn flags(self) -> EventFlags {
        match self {
            Self::Read => EventFlags::IN,
            Self::Write => EventFlags::OUT,
            Self::Both => EventFlags::IN | EventFlags::OUT,
            Self::End => EventFlags::empty(),
        }
    }
}

/// An event.
#[derive(Debug, Clone, Copy)]
pub struct Happened {
    /// The descriptor's owner.
    pub source: Source,
    /// It is readable, or closed.
    pub readable: bool,
    /// It is writable.
    pub writable: bool,
    /// The peer closed it.
    pub over: bool,
}

/// A set of descriptors to wait on.
pub struct Events {
    epoll: OwnedFd,
    buffer: Vec<Event>,
}

impl Events {
    /// An empty set.
    pub fn new() -> io::Result<Self> {
        Ok(Self { epoll: epoll::create(CreateFlags::CLOEXEC)?, buffer: Vec::with_capacity(256) })
    }

    /// Adds a descriptor.
    pub fn add(&self, fd: impl AsFd, source: Source, interest: Interest) -> io::Result<()> {
        Ok(epoll::add(&self.epoll, fd, EventData::new_u64(source.pack()), interest.flags())?)
    }

    /// Changes what is waited for.
    pub fn change(&self, fd: impl AsFd, source: Source, interest: Interest) -> io::Result<()> {
        Ok(epoll::modify(&self.epoll, fd, EventData::new_u64(source.pack()), interest.flags())?)
    }

    /// Removes a descriptor, which must happen before it is closed: the open file may still exist in another process, and
    /// epoll would go on reporting it.
    pub fn remove(&self, fd: impl AsFd) {
        // This fails only for a descriptor that is not in the set.
        let _ = epoll::delete(&self.epoll, fd);
    }

    /// Waits for events, at most until the timeout.
    pub fn wait(&mut self, timeout: Option<Duration>) -> io::Result<Vec<Happened>> {
        self.buffer.clear();
        let timeout = timeout.map(|time| Timespec {
            tv_sec: i64::try_from(time.as_secs()).unwrap_or(i64::MAX),
            tv_nsec: i64::from(time.subsec_nanos()),
        });
        match epoll::wait(&self.epoll, spare_capacity(&mut self.buffer), timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(self.buffer.iter().filter_map(happened).collect())
    }
}

fn happened(event: &Event) -> Option<Happened> {
    let (flags, data) = (event.flags, event.data);
    Some(Happened {
        source: Source::unpack(data.u64())?,
        readable: flags.intersects(EventFlags::IN | EventFlags::HUP | EventFlags::ERR),
        writable: flags.contains(EventFlags::OUT),
        over: flags.intersects(EventFlags::HUP | EventFlags::ERR),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_survive_the_kernel() {
        let all = [
            Source::Listener,
            Source::Signal,
            Source::Connection(1),
            Source::Control(2),
            Source::Worker(3),
            Source::Program(1 << 59),
            Source::Expected(5),
            Source::Spare(6),
            Source::SpareWorker(7),
            Source::AdminListener,
            Source::Sweeper(8),
            Source::Ledger,
        ];
        for source in all {
            assert_eq!(Source::unpack(source.pack()), Some(source));
        }
        assert_eq!(Source::unpack(15), None);
    }
}
