//! What the program is told beside replies, in the order in which it happened: the vendor has called a callback, or has
//! written something.
//!
//! - **Invariant**: what waits here is bounded. A vendor's thread waits only while the program does not read, which its
//!   library does on a thread that does nothing else; and natively it would wait for a stopped program, too.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::thread::ThreadId;

use ava_protocol::upcall::{Arg, LONGEST_SAID, Said, Stream, Told, Upcall};
use ava_transport::message;
use rkyv::rancor::Failure;

use crate::session::Session;
use crate::vendor::boundary;

/// Most bytes that wait for the program to read.
const MOST: usize = 16 << 20;
/// What a message takes beside its bytes.
const MESSAGE: usize = 128;

#[derive(Default)]
pub struct Outbox {
    queue: Mutex<Queue>,
    changed: Condvar,
    /// How many there ever were of what was written.
    said: AtomicU64,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Told>,
    bytes: usize,
    /// How many calls there ever were; how many messages, and how many of them were sent.
    called: u64,
    queued: u64,
    sent: u64,
    sender: Option<ThreadId>,
    /// The program does not hear any more.
    deaf: bool,
}

impl Outbox {
    pub fn call(&self, session: &'static Session, mut upcall: Upcall) {
        self.push(session, |queue| {
            queue.called += 1;
            upcall.number = queue.called;
            Told::Called(upcall)
        });
    }

    pub fn say(&self, session: &'static Session, stream: Stream, bytes: &[u8]) {
        for chunk in bytes.chunks(LONGEST_SAID) {
            if !self.append(stream, chunk) {
                self.push(session, |_| {
                    let number = self.said.fetch_add(1, Ordering::AcqRel) + 1;
                    Told::Said(Said { stream, bytes: chunk.to_vec(), number })
                });
            }
        }
    }

    /// Adds to the last message if that still waits and is of the same stream; else `false`.
    fn append(&self, stream: Stream, chunk: &[u8]) -> bool {
        let Ok(mut queue) = self.queue.lock() else { return true };
        if queue.bytes >= MOST {
            return false;
        }
        let Some(Told::Said(last)) = queue.waiting.back_mut() else { return false };
        let fits = last.stream == stream && last.bytes.len() + chunk.len() <= LONGEST_SAID;
        if fits {
            last.bytes.extend_from_slice(chunk);
            queue.bytes += chunk.len();
        }
        fits
    }

    fn push(&self, session: &'static Session, message: impl FnOnce(&mut Queue) -> Told) {
        let Ok(queue) = self.queue.lock() else { return };
        // The thread that sends would wait for itself.
        let own = Some(std::thread::current().id());
        let full = |queue: &mut Queue| queue.bytes >= MOST && !queue.deaf && queue.sender != own;
        let Ok(mut queue) = self.changed.wait_while(queue, full) else { return };
        if queue.deaf {
            return;
        }
        let told = message(&mut queue);
        queue.bytes += size(&told);
        queue.queued += 1;
        queue.waiting.push_back(told);
        if queue.sender.is_none() {
            let sender = std::thread::Builder::new().name("outbox".into());
            queue.sender = sender
                .spawn(move || boundary::within(|| session.outbox.send_all(session)))
                .ok()
                .map(|join| join.thread().id());
        }
        self.changed.notify_all();
    }

    fn send_all(&self, session: &'static Session) {
        loop {
            let mut told = {
                let Ok(queue) = self.queue.lock() else { return };
                let Ok(mut queue) = self.changed.wait_while(queue, |queue| queue.waiting.is_empty()) else { return };
                let Some(told) = queue.waiting.pop_front() else { continue };
                queue.bytes -= size(&told);
                told
            };
            if let Told::Called(upcall) = &mut told {
                upcall.notices = session.notices().into_iter().map(|notice| notice.to_word()).collect();
            }
            let sent = rkyv::to_bytes::<Failure>(&told)
                .is_ok_and(|bytes| message::send(session.tenant(), &bytes, &[]).is_ok());
            if let Ok(mut queue) = self.queue.lock() {
                queue.sent += 1;
                queue.deaf = !sent;
                if queue.deaf {
                    queue.waiting.clear();
                }
            }
            self.changed.notify_all();
            if !sent {
                return;
            }
        }
    }

    /// Waits until everything that there is by now is sent; the number of the last call.
    pub fn drain(&self) -> u64 {
        let Ok(queue) = self.queue.lock() else {
            return 0;
        };
        let (upto, called) = (queue.queued, queue.called);
        drop(self.changed.wait_while(queue, |queue| queue.sent < upto && !queue.deaf));
        called
    }

    /// The number of the last message of what was written; 0 for none.
    pub fn said(&self) -> u64 {
        self.said.load(Ordering::Acquire)
    }
}

fn size(told: &Told) -> usize {
    let bytes = match told {
        Told::Said(said) => said.bytes.len(),
        Told::Called(upcall) => upcall.args.iter().map(arg_size).sum(),
    };
    MESSAGE + bytes
}

fn arg_size(arg: &Arg) -> usize {
    match arg {
        Arg::Bytes(bytes) => size_of::<Arg>() + bytes.as_ref().map_or(0, Vec::len),
        Arg::Int(_) | Arg::Handle(_) => size_of::<Arg>(),
    }
}
