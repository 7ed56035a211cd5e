//! What the program is told beside replies, in the order in which it happened: the vendor has called a callback, or has
//! written something.
//!
//! - **Invariant**: what waits here is bounded. A vendor's thread waits only while the program does not read, which its
//!   library does on a thread that does nothing else; and natively it would wait for a stopped program, too.

use std::collections::{BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock};
use std::thread::ThreadId;

use ava_protocol::upcall::{Arg, LONGEST_SAID, Said, Stream, Told, Upcall};

use crate::vendor::boundary;

/// Most bytes that wait for the program to read.
const MOST: usize = 16 << 20;
/// What a message takes beside its bytes.
const MESSAGE: usize = 128;

/// Sends a message to the program; `false` when it does not hear any more.
pub type Send = Box<dyn Fn(Told) -> bool + std::marker::Send + Sync>;

#[derive(Default)]
pub struct Outbox(Arc<Shared>);

#[derive(Default)]
struct Shared {
    queue: Mutex<Queue>,
    changed: Condvar,
    /// How messages leave; until it is known nobody hears them.
    send: OnceLock<Send>,
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
    /// The calls that a thread of the vendor's waits for, until the program's function has returned.
    awaited: BTreeSet<u64>,
    /// The program does not hear any more.
    deaf: bool,
}

impl Queue {
    fn is_full(&self) -> bool {
        self.bytes >= MOST && !self.deaf
    }
}

impl Outbox {
    /// Messages leave by `send`, on a thread of their own.
    pub fn connect(&self, send: Send) {
        let _ = self.0.send.set(send);
    }

    /// The vendor has called a callback. Waits until there is room; and, if that is `awaited`, until the program's function
    /// has returned, or the program does not hear any more.
    pub fn call(&self, mut upcall: Upcall) {
        self.wait_for_room();
        let mut awaited = None;
        self.push(|queue| {
            queue.called += 1;
            upcall.number = queue.called;
            awaited = upcall.awaited.then_some(upcall.number);
            queue.awaited.extend(awaited);
            Told::Called(upcall)
        });
        if let Some(number) = awaited
            && let Ok(queue) = self.0.queue.lock()
        {
            drop(self.0.changed.wait_while(queue, |queue| queue.awaited.contains(&number) && !queue.deaf));
        }
    }

    /// The program's function has returned that this call was for.
    pub fn returned(&self, number: u64) {
        if let Ok(mut queue) = self.0.queue.lock()
            && queue.awaited.remove(&number)
        {
            self.0.changed.notify_all();
        }
    }

    /// The program is gone: nobody waits for it any more.
    pub fn close(&self) {
        if let Ok(mut queue) = self.0.queue.lock() {
            queue.deaf = true;
            queue.waiting.clear();
        }
        self.0.changed.notify_all();
    }

    /// The vendor has written something. Does not wait: whoever may wait for room does so before.
    pub fn say(&self, stream: Stream, bytes: &[u8]) {
        for chunk in bytes.chunks(LONGEST_SAID) {
            if !self.append(stream, chunk) {
                self.push(|_| {
                    let number = self.0.said.fetch_add(1, Ordering::AcqRel) + 1;
                    Told::Said(Said { stream, bytes: chunk.to_vec(), number })
                });
            }
        }
    }

    /// Adds to the last message if that still waits and is of the same stream; else `false`.
    fn append(&self, stream: Stream, chunk: &[u8]) -> bool {
        let Ok(mut queue) = self.0.queue.lock() else { return true };
        let Some(Told::Said(last)) = queue.waiting.back_mut() else { return false };
        let fits = last.stream == stream && last.bytes.len() + chunk.len() <= LONGEST_SAID;
        if fits {
            last.bytes.extend_from_slice(chunk);
            queue.bytes += chunk.len();
        }
        fits
    }

    /// Whether there is room for more.
    pub fn has_room(&self) -> bool {
        self.0.queue.lock().is_ok_and(|queue| !queue.is_full())
    }

    /// Waits until there is room for more.
    pub fn wait_for_room(&self) {
        let Ok(queue) = self.0.queue.lock() else { return };
        // The thread that sends would wait for itself.
        let own = Some(std::thread::current().id());
        drop(self.0.changed.wait_while(queue, |queue| queue.is_full() && queue.sender != own));
    }

    fn push(&self, message: impl FnOnce(&mut Queue) -> Told) {
        let shared = &self.0;
        if shared.send.get().is_none() {
            return;
        }
        let Ok(mut queue) = shared.queue.lock() else { return };
        if queue.deaf {
            return;
        }
        let told = message(&mut queue);
        queue.bytes += size(&told);
        queue.queued += 1;
        queue.waiting.push_back(told);
        if queue.sender.is_none() {
            let (sender, shared) = (std::thread::Builder::new().name("outbox".into()), Arc::clone(shared));
            queue.sender =
                sender.spawn(move || boundary::within(|| shared.send_all())).ok().map(|join| join.thread().id());
        }
        shared.changed.notify_all();
    }

    /// Waits until everything that there is by now is sent; the number of the last call.
    pub fn drain(&self) -> u64 {
        let Ok(queue) = self.0.queue.lock() else {
            return 0;
        };
        let (upto, called) = (queue.queued, queue.called);
        drop(self.0.changed.wait_while(queue, |queue| queue.sent < upto && !queue.deaf));
        called
    }

    /// The number of the last message of what was written; 0 for none.
    pub fn said(&self) -> u64 {
        self.0.said.load(Ordering::Acquire)
    }
}

impl Shared {
    fn send_all(&self) {
        let Some(send) = self.send.get() else { return };
        loop {
            let told = {
                let Ok(queue) = self.queue.lock() else { return };
                let Ok(mut queue) = self.changed.wait_while(queue, |queue| queue.waiting.is_empty()) else { return };
                let Some(told) = queue.waiting.pop_front() else { continue };
                queue.bytes -= size(&told);
                told
            };
            let sent = send(told);
            if let Ok(mut queue) = self.queue.lock() {
                queue.sent += 1;
                queue.deaf |= !sent;
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

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, channel};

    use super::*;

    /// An outbox whose messages come out at the other end, one for each `()` that goes in there.
    fn connected() -> (Outbox, std::sync::mpsc::Sender<()>, Receiver<Told>) {
        let (go, gone) = channel::<()>();
        let (out, told) = channel();
        let outbox = Outbox::default();
        let gone = Mutex::new(gone);
        outbox.connect(Box::new(move |message| gone.lock().unwrap().recv().is_ok() && out.send(message).is_ok()));
        (outbox, go, told)
    }

    fn upcall(bytes: usize) -> Upcall {
        Upcall::new(1, vec![Arg::Bytes(Some(vec![0; bytes]))])
    }

    #[test]
    fn calls_are_numbered_and_come_in_order_with_what_was_written() {
        let (outbox, go, told) = connected();
        outbox.call(upcall(1));
        outbox.say(Stream::Output, b"a");
        outbox.call(upcall(2));
        (0..3).for_each(|_| go.send(()).unwrap());
        assert_eq!((outbox.drain(), outbox.said()), (2, 1));
        let numbers: Vec<_> = told
            .try_iter()
            .map(|told| match told {
                Told::Called(upcall) => (upcall.number, 0),
                Told::Said(said) => (0, said.number),
            })
            .collect();
        assert_eq!(numbers, [(1, 0), (0, 1), (2, 0)]);
    }

    #[test]
    fn what_is_written_joins_what_waits_of_the_same_stream() {
        let (outbox, go, told) = connected();
        outbox.call(upcall(0));
        for (stream, text) in [(Stream::Output, "a"), (Stream::Output, "b"), (Stream::Error, "c")] {
            outbox.say(stream, text.as_bytes());
        }
        (0..3).for_each(|_| go.send(()).unwrap());
        outbox.drain();
        let texts = told.try_iter().filter_map(|told| match told {
            Told::Said(said) => Some(said.bytes),
            Told::Called(_) => None,
        });
        assert_eq!(texts.collect::<Vec<_>>(), [b"ab".to_vec(), b"c".to_vec()]);
    }

    #[test]
    fn who_fills_it_waits_until_the_program_reads_or_is_gone() {
        let (outbox, go, told) = connected();
        let filled = std::thread::scope(|scope| {
            let filling = scope.spawn(|| (0..40).for_each(|_| outbox.call(upcall(1 << 20))));
            while outbox.0.queue.lock().unwrap().queued < (MOST >> 20) as u64 - 1 {
                std::thread::yield_now();
            }
            let was_waiting = !filling.is_finished();
            go.send(()).unwrap();
            drop(go);
            was_waiting
        });
        assert!(
            filled
                && outbox.has_room()
                && outbox.0.queue.lock().unwrap().bytes <= MOST + (1 << 20) + MESSAGE + size_of::<Arg>()
        );
        assert!(outbox.drain() < 40, "what nobody hears is not counted");
        assert_eq!(told.try_iter().count(), 1);
    }

    #[test]
    fn a_call_that_is_awaited_ends_when_the_program_says_so_or_is_gone() {
        let (outbox, go, told) = connected();
        let awaited = || Upcall { awaited: true, ..upcall(1) };
        std::thread::scope(|scope| {
            (0..2).for_each(|_| go.send(()).unwrap());
            let (first, second) = (scope.spawn(|| outbox.call(awaited())), scope.spawn(|| outbox.call(awaited())));
            let numbers: BTreeSet<u64> = (0..2)
                .map(|_| match told.recv().unwrap() {
                    Told::Called(upcall) if upcall.awaited => upcall.number,
                    other => panic!("{other:?}"),
                })
                .collect();
            assert_eq!(numbers, BTreeSet::from([1, 2]));
            outbox.returned(7);
            assert_eq!(outbox.0.queue.lock().unwrap().awaited, numbers);
            outbox.returned(1);
            while !first.is_finished() && !second.is_finished() {
                std::thread::yield_now();
            }
            assert!(!(first.is_finished() && second.is_finished()), "the other is still awaited");
            outbox.close();
        });
        outbox.call(awaited());
    }

    #[test]
    fn without_a_program_nothing_is_kept() {
        let outbox = Outbox::default();
        outbox.call(upcall(1));
        outbox.say(Stream::Error, b"x");
        assert_eq!((outbox.drain(), outbox.said()), (0, 0));
    }
}
