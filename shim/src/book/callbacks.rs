//! The program's callbacks: the registrations, and the queue of calls that the vendor has made.
//!
//! - **Invariant**: a callback gets the handles that the program registered it with, even if their objects are released.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use ava_protocol::upcall::{Arg, Life, Upcall};
use dashmap::DashMap;

use super::handles::Handles;
use crate::base::maps;

pub struct Callbacks {
    registered: DashMap<u64, Registration>,
    /// Those that are kept as long as an object.
    by_object: DashMap<u64, Vec<u64>>,
    last_id: AtomicU64,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Upcall>,
    /// The number of the last upcall that was taken.
    taken: u64,
    /// A thread has taken one behind which all others wait.
    led: bool,
    /// Threads that wait for an upcall.
    idle: usize,
    /// Nothing more comes.
    closed: bool,
}

/// A callback as the program has registered it.
#[derive(Debug, Clone)]
pub struct Registration {
    pub function: usize,
    pub user_data: usize,
    pub signature: u32,
    pub life: Life,
    /// The handles of the call that registered it.
    pub about: Vec<(u64, usize)>,
}

/// Calls a callback of the program's: the number of its signature, its address, its user data, its arguments.
pub type Deliver = unsafe fn(u32, usize, usize, &Args);

impl Callbacks {
    pub fn new() -> Self {
        Self {
            registered: maps::quiet(),
            by_object: maps::quiet(),
            last_id: AtomicU64::new(0),
            queue: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// The session is lost: no callback is called any more.
    pub fn clear(&self) {
        self.registered.clear();
        self.registered.shrink_to_fit();
        self.by_object.clear();
        self.by_object.shrink_to_fit();
    }

    /// Remembers a callback. Its id.
    pub fn register(&self, registration: Registration) -> u64 {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        self.registered.insert(id, registration);
        id
    }

    /// A callback's function and its user data.
    pub fn of(&self, id: u64) -> Option<(usize, usize)> {
        self.registered.get(&id).map(|known| (known.function, known.user_data))
    }

    pub fn forget(&self, id: u64) {
        self.registered.remove(&id);
    }

    /// Keeps a callback as long as an object.
    pub fn keep_with(&self, handles: &Handles, id: u64, object: u64) {
        if id != 0 && handles.mark_remembered(object) {
            self.by_object.entry(object).or_default().push(id);
        }
    }

    /// An object is released: removes the callbacks that are kept for it.
    pub fn forget_about(&self, object: u64) {
        for id in self.by_object.remove(&object).map(|(_, ids)| ids).unwrap_or_default() {
            self.forget(id);
        }
    }

    /// The callback that the vendor has called, which is forgotten if it is called once.
    pub fn called(&self, upcall: &Upcall) -> Option<Registration> {
        let registration = self.registered.get(&upcall.callback).map(|known| known.clone())?;
        if registration.life == Life::Call && !upcall.again {
            self.forget(upcall.callback);
        }
        Some(registration)
    }

    /// The vendor has called.
    pub fn queue(&self, upcall: Upcall) {
        if let Ok(mut queue) = self.queue.lock() {
            queue.waiting.push_back(upcall);
            self.changed.notify_all();
        }
    }

    /// Waits for what the vendor calls next; `None` when it calls no more. Nobody gets another until this one is passed.
    pub fn next(&self) -> Option<Upcall> {
        let mut queue = self.queue.lock().ok()?;
        queue.idle += 1;
        let idle = |queue: &mut Queue| queue.led || (queue.waiting.is_empty() && !queue.closed);
        let mut queue = self.changed.wait_while(queue, idle).ok()?;
        queue.idle -= 1;
        let upcall = queue.waiting.pop_front()?;
        (queue.taken, queue.led) = (upcall.number, true);
        Some(upcall)
    }

    /// What was taken last has been carried out, or is one that the vendor waits for: what it calls meanwhile does not depend
    /// on that. How many threads wait to carry out the next.
    pub fn pass(&self) -> usize {
        let Ok(mut queue) = self.queue.lock() else { return 0 };
        queue.led = false;
        self.changed.notify_all();
        queue.idle
    }

    /// How many threads wait to carry out the next.
    pub fn idle(&self) -> usize {
        self.queue.lock().map_or(0, |queue| queue.idle)
    }

    /// The vendor makes no more calls.
    pub fn close(&self) {
        if let Ok(mut queue) = self.queue.lock() {
            queue.closed = true;
            self.changed.notify_all();
        }
    }

    /// Waits until the upcall of this number has been carried out, or until the timeout. Of those that the vendor waits for
    /// none is waited for here: at exit the driver does not do so either.
    pub fn wait_for(&self, number: u64, patience: Duration) {
        if let Ok(queue) = self.queue.lock() {
            let runs =
                |queue: &mut Queue| (queue.taken < number && !(queue.closed && queue.waiting.is_empty())) || queue.led;
            let _ = self.changed.wait_timeout_while(queue, patience, runs);
        }
    }
}

/// A callback's arguments.
pub struct Args<'a> {
    pub upcall: &'a Upcall,
    pub registration: &'a Registration,
    pub handles: &'a Handles,
}

impl Args<'_> {
    pub fn int(&self, at: usize) -> u64 {
        match self.upcall.args.get(at) {
            Some(Arg::Int(value)) => *value,
            _ => 0,
        }
    }

    pub fn handle(&self, at: usize) -> *mut c_void {
        let Some(Arg::Handle(id)) = self.upcall.args.get(at) else {
            return std::ptr::null_mut();
        };
        match self.registration.about.iter().find(|(known, _)| known == id) {
            Some((_, handle)) => *handle as *mut c_void,
            None => self.handles.told(*id),
        }
    }

    pub fn bytes(&self, at: usize) -> *const c_void {
        match self.upcall.args.get(at) {
            Some(Arg::Bytes(Some(bytes))) => bytes.as_ptr().cast(),
            _ => std::ptr::null(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::handles::Range;

    fn registration(life: Life) -> Registration {
        Registration { function: 1, user_data: 2, signature: 3, life, about: vec![(9, 64)] }
    }

    fn upcall(callback: u64, number: u64) -> Upcall {
        Upcall { number, ..Upcall::new(callback, vec![Arg::Int(5), Arg::Handle(9)]) }
    }

    #[test]
    fn one_that_is_called_once_is_forgotten_then() {
        let callbacks = Callbacks::new();
        let (once, often) =
            (callbacks.register(registration(Life::Call)), callbacks.register(registration(Life::Object)));
        let called = |id, again| callbacks.called(&Upcall { again, ..upcall(id, 1) }).is_some();
        assert!(called(once, true) && called(once, false) && !called(once, false));
        assert!(called(often, false) && called(often, false));
        callbacks.forget(often);
        assert!(!called(often, false));
    }

    #[test]
    fn one_that_is_kept_with_an_object_goes_with_it() {
        let handles = Handles::new(Box::leak(Box::new(Range::new(true, std::ptr::null()).unwrap())), 1, &[]);
        let callbacks = Callbacks::new();
        let (id, object) = (callbacks.register(registration(Life::Object)), handles.mint(1, 0, 0).unwrap());
        callbacks.keep_with(&handles, id, object);
        assert!(handles.forget(object));
        callbacks.forget_about(object);
        assert!(callbacks.called(&upcall(id, 1)).is_none());
    }

    #[test]
    fn calls_come_in_order_and_their_end_is_waited_for() {
        let callbacks = Callbacks::new();
        (1..=3).for_each(|number| callbacks.queue(upcall(1, number)));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for expected in 1..=3 {
                    assert_eq!(callbacks.next().unwrap().number, expected);
                    callbacks.pass();
                }
                assert!(callbacks.next().is_none());
            });
            callbacks.wait_for(3, Duration::MAX);
            assert_eq!(callbacks.queue.lock().unwrap().taken, 3);
            callbacks.close();
            // Nobody carries it out any more.
            callbacks.wait_for(4, Duration::MAX);
        });
    }

    #[test]
    fn nobody_gets_another_until_one_is_passed() {
        let callbacks = Callbacks::new();
        (1..=2).for_each(|number| callbacks.queue(upcall(1, number)));
        std::thread::scope(|scope| {
            assert_eq!(callbacks.next().unwrap().number, 1);
            let other = scope.spawn(|| callbacks.next().unwrap().number);
            while callbacks.idle() == 0 {
                std::thread::yield_now();
            }
            assert!(!other.is_finished());
            assert_eq!(callbacks.pass(), 1);
            assert_eq!(other.join().unwrap(), 2);
        });
        assert_eq!(callbacks.pass(), 0);
    }

    #[test]
    fn a_handle_is_the_one_that_the_program_registered() {
        let handles = Handles::new(Box::leak(Box::new(Range::new(true, std::ptr::null()).unwrap())), 1, &[]);
        let (upcall, registration) = (upcall(1, 1), registration(Life::Call));
        let args = Args { upcall: &upcall, registration: &registration, handles: &handles };
        assert_eq!((args.int(0), args.handle(1) as usize, args.handle(0) as usize), (5, 64, 0));
        assert!(args.bytes(1).is_null() && args.bytes(7).is_null());
    }
}
