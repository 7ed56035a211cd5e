//! What the worker tells the broker: queued, and sent by a thread that may wait for it.
//!
//! - **Invariant**: nobody who tells anything waits for the broker. What finds the queue full is dropped, except the last
//!   words of a worker that ends.
//! - **Invariant**: a broker that is gone is no error.

use std::collections::VecDeque;
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use ava_protocol::control::FromWorker;
use ava_protocol::envelope::seal;
use ava_transport::message;

/// Most messages that wait to be sent.
const MOST: usize = 256;

/// The worker's end of the conversation.
pub struct Broker {
    shared: Arc<Shared>,
    /// Nothing is said any more.
    silent: AtomicBool,
}

struct Shared {
    control: OwnedFd,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Vec<u8>>,
    /// The thread that sends was started.
    has_sender: bool,
    /// Somebody is sending what is no longer in the queue.
    is_sending: bool,
    /// The broker is gone.
    is_closed: bool,
}

impl Broker {
    pub fn new(control: OwnedFd) -> Self {
        let shared = Shared { control, queue: Mutex::default(), changed: Condvar::new() };
        Self { shared: Arc::new(shared), silent: AtomicBool::new(false) }
    }

    /// The connection, to hear what the broker says.
    pub fn connection(&self) -> &OwnedFd {
        &self.shared.control
    }

    /// Tells the broker without waiting; drops the message if too many wait.
    pub fn tell(&self, message: &FromWorker) {
        if self.silent.load(Ordering::Acquire) {
            return;
        }
        let sealed = seal(message);
        let Ok(mut queue) = self.shared.queue.lock() else { return };
        if queue.is_closed || queue.waiting.len() >= MOST {
            return;
        }
        queue.waiting.push_back(sealed);
        if !queue.has_sender {
            let shared = Arc::clone(&self.shared);
            let sender = std::thread::Builder::new().name("broker".into()).spawn(move || shared.send_all());
            queue.has_sender = sender.is_ok();
        }
        drop(queue);
        self.shared.changed.notify_all();
    }

    /// Tells the broker what there is to say at the end, behind all that waits: sent by this thread, which waits for the broker
    /// for so long at most.
    pub fn tell_last(&self, messages: &[FromWorker], patience: Duration) {
        if self.silent.load(Ordering::Acquire) {
            return;
        }
        let (shared, deadline) = (&self.shared, Instant::now() + patience);
        let Ok(queue) = shared.queue.lock() else { return };
        let is_taken = |queue: &mut Queue| queue.is_sending && !queue.is_closed;
        let Ok((mut queue, _)) = shared.changed.wait_timeout_while(queue, patience, is_taken) else { return };
        if queue.is_sending || queue.is_closed {
            return;
        }
        queue.is_sending = true;
        let mut waiting: Vec<_> = queue.waiting.drain(..).collect();
        drop(queue);
        waiting.extend(messages.iter().map(seal));
        let sent = waiting.iter().all(|one| message::send_before(&shared.control, one, &[], deadline).is_ok());
        if let Ok(mut queue) = shared.queue.lock() {
            queue.is_sending = false;
            queue.is_closed |= !sent;
        }
        shared.changed.notify_all();
    }

    /// In a copy of the process, which has no such conversation, and may have the queue as another thread left it.
    pub fn silence(&self) {
        self.silent.store(true, Ordering::Release);
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        if let Ok(mut queue) = self.shared.queue.lock() {
            queue.is_closed = true;
        }
        self.shared.changed.notify_all();
    }
}

impl Shared {
    fn send_all(&self) {
        loop {
            let message = {
                let Ok(queue) = self.queue.lock() else { return };
                let is_idle = |queue: &mut Queue| (queue.waiting.is_empty() || queue.is_sending) && !queue.is_closed;
                let Ok(mut queue) = self.changed.wait_while(queue, is_idle) else { return };
                if queue.is_closed {
                    return;
                }
                queue.is_sending = true;
                queue.waiting.pop_front()
            };
            let sent = message.is_none_or(|message| message::send(&self.control, &message, &[]).is_ok());
            let Ok(mut queue) = self.queue.lock() else { return };
            queue.is_sending = false;
            queue.is_closed |= !sent;
            drop(queue);
            self.changed.notify_all();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixStream;

    use ava_protocol::control::{EndKind, LogLevel};
    use ava_protocol::envelope::open;

    use super::*;

    fn log(text: &str) -> FromWorker {
        FromWorker::Log { level: LogLevel::Info, text: text.into() }
    }

    #[test]
    fn messages_arrive_in_order_and_the_last_before_the_end() {
        let (here, there) = UnixStream::pair().unwrap();
        let broker = Broker::new(here.into());
        broker.tell(&log("one"));
        let ended = FromWorker::Ended { kind: EndKind::Failed, reason: "two".into() };
        broker.tell_last(std::slice::from_ref(&ended), Duration::from_secs(10));
        for wanted in [log("one"), ended] {
            let (bytes, _) = message::recv(&there).unwrap().unwrap();
            assert_eq!(open::<FromWorker>(&bytes).unwrap(), wanted);
        }
    }

    #[test]
    fn a_broker_that_does_not_read_keeps_nobody_waiting() {
        let (here, _there) = UnixStream::pair().unwrap();
        let broker = Broker::new(here.into());
        let long = log(&"x".repeat(60_000));
        let start = Instant::now();
        for _ in 0..2 * MOST {
            broker.tell(&long);
        }
        assert!(broker.shared.queue.lock().unwrap().waiting.len() <= MOST);
        broker.tell_last(&[log("last")], Duration::from_millis(20));
        assert!(start.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn a_broker_that_is_gone_is_no_error() {
        let (here, there) = UnixStream::pair().unwrap();
        drop(there);
        let broker = Broker::new(here.into());
        broker.tell_last(&[log("one")], Duration::from_secs(10));
        broker.tell(&log("two"));
    }

    #[test]
    fn a_silent_one_says_nothing() {
        let (here, there) = UnixStream::pair().unwrap();
        let broker = Broker::new(here.into());
        broker.silence();
        broker.tell_last(&[log("one")], Duration::from_secs(10));
        drop(broker);
        assert!(message::recv(&there).unwrap().is_none());
    }
}
