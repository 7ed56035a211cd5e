//! The list of the APIs of this library, which register themselves when it is loaded.
//!
//! - **Invariant**: registering allocates nothing and has no effect that the program could notice.

use std::sync::atomic::{AtomicPtr, Ordering};

/// What an API does when the process forks or ends.
pub trait Member: Sync {
    /// This thread is about to fork: what the child goes on with; `None` for nothing.
    fn prepare_fork(&'static self) -> Option<Box<dyn Inheritance>>;

    /// In a forked child: nothing of the parent's is used from now on. Async-signal-safe.
    fn leave_behind(&self);

    /// The process ends: what the worker has told by then reaches the program.
    fn finish(&'static self);
}

/// What a forked child goes on with.
pub trait Inheritance {
    /// In the child, which may not call ever: it is its own.
    fn accept(self: Box<Self>);
}

/// A place in the list of the APIs.
pub struct Registration {
    member: &'static dyn Member,
    next: AtomicPtr<Registration>,
}

static FIRST: AtomicPtr<Registration> = AtomicPtr::new(std::ptr::null_mut());

impl Registration {
    pub const fn new(member: &'static dyn Member) -> Self {
        Self { member, next: AtomicPtr::new(std::ptr::null_mut()) }
    }

    /// Adds an API, once.
    pub fn add(&'static self) {
        let mut first = FIRST.load(Ordering::Acquire);
        loop {
            self.next.store(first, Ordering::Relaxed);
            let own = std::ptr::from_ref(self).cast_mut();
            match FIRST.compare_exchange(first, own, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return,
                Err(other) => first = other,
            }
        }
    }
}

/// All APIs. Async-signal-safe.
pub fn members() -> impl Iterator<Item = &'static dyn Member> {
    // SAFETY: null, or a static.
    let at = |place: &AtomicPtr<Registration>| unsafe { place.load(Ordering::Acquire).as_ref() };
    std::iter::successors(at(&FIRST), move |entry: &&'static Registration| at(&entry.next)).map(|entry| entry.member)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicU32;

    struct Counts(AtomicU32);

    impl Member for Counts {
        fn prepare_fork(&'static self) -> Option<Box<dyn Inheritance>> {
            None
        }

        fn leave_behind(&self) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }

        fn finish(&'static self) {}
    }

    #[test]
    fn who_has_registered_is_asked_once() {
        static ONE: Counts = Counts(AtomicU32::new(0));
        static OTHER: Counts = Counts(AtomicU32::new(0));
        static PLACES: [Registration; 2] = [Registration::new(&ONE), Registration::new(&OTHER)];
        let others = members().count();
        PLACES.iter().for_each(Registration::add);
        assert_eq!(members().count(), others + 2);
        members().for_each(|member| member.leave_behind());
        assert_eq!([&ONE, &OTHER].map(|counts| counts.0.load(Ordering::Relaxed)), [1, 1]);
    }
}
