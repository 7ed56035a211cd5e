//! Callbacks that the program has registered. The vendor is given a registration's number as the user data, so that nothing
//! bad comes of a call for one that is gone.
//!
//! - **Invariant**: a number is given once.
//! - **Invariant**: what the vendor calls before the program knows the object that the registering call makes waits until it
//!   does, and comes before what is called later.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use ava_protocol::upcall::{Life, Upcall};

use super::map::Map;

/// A session's registrations.
#[derive(Default)]
pub struct Callbacks {
    by_number: Arc<Map<usize, Arc<Registration>>>,
    last: AtomicUsize,
}

/// A callback of the program.
pub struct Registration {
    /// The shim's number for it.
    pub callback: u64,
    /// Pointers of the registering call's handles, with their ids: they may be gone when the vendor calls.
    pub about: Vec<(usize, u64)>,
    /// The object that the registering call makes, which the vendor may name before it has returned it; 0 for none.
    pub made: u64,
    pub life: Life,
    /// Whether the vendor may call it again and again: what was recorded is called whenever it is played.
    again: AtomicBool,
    /// While that object is not known yet: what waits until it is, since the program may use it at once.
    early: Mutex<Option<Vec<Upcall>>>,
}

impl Callbacks {
    /// Another registration; its number.
    pub fn register(&self, callback: u64, about: Vec<(usize, u64)>, made: u64, life: Life) -> usize {
        let number = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        let early = Mutex::new((made != 0).then(Vec::new));
        self.by_number.insert(
            number,
            Arc::new(Registration { callback, about, made, life, again: AtomicBool::new(false), early }),
        );
        number
    }

    pub fn find(&self, number: usize) -> Option<Arc<Registration>> {
        self.by_number.get(&number).map(|registration| Arc::clone(&registration))
    }

    /// The vendor calls: a registration for one call ends with that.
    pub fn called(&self, number: usize) -> Option<Arc<Registration>> {
        let registration = self.find(number)?;
        if registration.is_for_once() {
            self.by_number.remove(&number);
        }
        Some(registration)
    }

    pub fn remove(&self, number: usize) {
        self.by_number.remove(&number);
    }

    /// Ends a registration when it is dropped.
    pub fn guard(&self, number: usize) -> RegistrationGuard {
        RegistrationGuard { by_number: Arc::clone(&self.by_number), number }
    }
}

impl Registration {
    /// The vendor may call it again and again.
    pub fn expect_again(&self) {
        self.again.store(true, Ordering::Release);
    }

    /// Whether the vendor may call it again and again.
    pub fn is_called_again(&self) -> bool {
        self.again.load(Ordering::Acquire)
    }

    /// Whether the vendor calls it once only, if for the end of an object. Only the callbacks of contexts, which come with
    /// the making of one, are for life; `clLinkProgram`'s is kept with them.
    fn is_for_once(&self) -> bool {
        self.made == 0 && self.life != Life::Object && !self.is_called_again()
    }

    /// The object that the callback ends with: the one that it came with, else the one that it was set on.
    pub fn lives_with(&self) -> Option<u64> {
        let object = Some(self.made).filter(|made| *made != 0);
        object.or_else(|| self.about.first().map(|(_, id)| *id)).filter(|_| self.life == Life::Object)
    }

    /// The id that one of the registering call's handles had.
    pub fn id_of(&self, pointer: usize) -> Option<u64> {
        self.about.iter().find(|(known, _)| *known == pointer).map(|(_, id)| *id)
    }

    /// Sends a call, or keeps it until the object that the registering call makes is known.
    pub fn deliver(&self, upcall: Upcall, send: impl FnOnce(Upcall)) {
        let Ok(mut early) = self.early.lock() else { return };
        match &mut *early {
            Some(early) => early.push(upcall),
            None => send(upcall),
        }
    }

    /// The object is known, or there is none: sends what was kept. What comes meanwhile comes behind.
    pub fn confirm(&self, send: impl FnMut(Upcall)) {
        let Ok(mut early) = self.early.lock() else { return };
        early.take().into_iter().flatten().for_each(send);
    }
}

/// Ends a registration with the object that keeps this.
pub struct RegistrationGuard {
    by_number: Arc<Map<usize, Arc<Registration>>>,
    number: usize,
}

impl Drop for RegistrationGuard {
    fn drop(&mut self) {
        self.by_number.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upcall(number: u64) -> Upcall {
        Upcall { number, ..Upcall::new(1, Vec::new()) }
    }

    #[test]
    fn a_registration_for_one_call_ends_with_it_and_its_number_is_never_given_again() {
        let callbacks = Callbacks::default();
        let once = callbacks.register(5, Vec::new(), 0, Life::Call);
        assert_eq!(callbacks.called(once).map(|registration| registration.callback), Some(5));
        assert!(callbacks.called(once).is_none());
        let other = callbacks.register(6, vec![(0x10, 1)], 0, Life::Object);
        assert!(other > once && callbacks.called(other).is_some() && callbacks.called(other).is_some());
    }

    #[test]
    fn what_was_recorded_may_be_called_again() {
        let callbacks = Callbacks::default();
        let number = callbacks.register(5, Vec::new(), 0, Life::Call);
        callbacks.find(number).unwrap().expect_again();
        assert!(callbacks.called(number).is_some() && callbacks.called(number).is_some());
    }

    #[test]
    fn one_that_lives_with_an_object_ends_with_it() {
        let callbacks = Callbacks::default();
        let set_on = callbacks.register(1, vec![(0x10, 7)], 0, Life::Object);
        let came_with = callbacks.register(2, vec![(0x10, 7)], 9, Life::Object);
        let lives_with = |number| callbacks.find(number).unwrap().lives_with();
        assert_eq!((lives_with(set_on), lives_with(came_with)), (Some(7), Some(9)));
        drop(callbacks.guard(set_on));
        assert!(callbacks.find(set_on).is_none() && callbacks.find(came_with).is_some());
    }

    #[test]
    fn what_comes_early_waits_until_the_object_is_known_and_comes_first() {
        let callbacks = Callbacks::default();
        let number = callbacks.register(1, Vec::new(), 9, Life::Object);
        let registration = callbacks.find(number).unwrap();
        let sent = Mutex::new(Vec::new());
        let send = |upcall: Upcall| sent.lock().unwrap().push(upcall.number);
        registration.deliver(upcall(1), send);
        registration.deliver(upcall(2), send);
        assert!(sent.lock().unwrap().is_empty());
        registration.confirm(send);
        registration.deliver(upcall(3), send);
        assert_eq!(*sent.lock().unwrap(), [1, 2, 3]);
    }

    #[test]
    fn without_a_new_object_nothing_waits() {
        let callbacks = Callbacks::default();
        let registration = callbacks.find(callbacks.register(1, vec![(0x10, 7)], 0, Life::Call)).unwrap();
        let mut sent = 0;
        registration.deliver(upcall(1), |_| sent += 1);
        assert_eq!((sent, registration.id_of(0x10), registration.id_of(0x18)), (1, Some(7), None));
    }
}
