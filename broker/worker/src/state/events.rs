//! Commands that go on after their calls, by the vendor's events.

use std::ffi::c_void;

/// What an API's vendor says of commands. Events and queues are the vendor's pointers.
pub trait Events {
    /// The handle type of events, and the function that a poll counts as; `None` where there are none.
    fn polled(&self) -> Option<(u16, u32)>;
    /// How far a command has got: greater than 0 while it goes on, 0 when it has completed, less when it failed. Else what
    /// the vendor's function returned instead.
    fn status(&self, event: usize) -> Result<i32, i32>;
    /// Waits for the command; whether it failed.
    fn wait(&self, event: usize) -> bool;
    fn retain(&self, event: usize);
    fn release(&self, event: usize);
    /// Has the vendor call `tell` with this word when a command has got so far, or failed, if it can.
    fn notify(&self, event: usize, status: i32, tell: Reached, word: *mut c_void);
    /// Whether the commands of a queue complete in the order of their submission.
    fn is_ordered(&self, queue: usize) -> bool;

    /// `None` while the command goes on; then whether it failed.
    fn outcome(&self, event: usize) -> Option<bool> {
        match self.status(event) {
            // A vendor may call a command complete that never ran, because an event it waited for ended in error, and
            // own up only to who waits.
            Ok(0) => Some(self.wait(event)),
            Ok(1..) => None,
            _ => Some(true),
        }
    }
}

/// What a vendor calls when a command has got so far: event, status, word.
pub type Reached = unsafe extern "C" fn(*mut c_void, i32, *mut c_void);

/// For APIs whose calls return when their command has completed.
pub struct NoEvents;

impl Events for NoEvents {
    fn polled(&self) -> Option<(u16, u32)> {
        None
    }
    fn status(&self, _: usize) -> Result<i32, i32> {
        Err(-1)
    }
    fn wait(&self, _: usize) -> bool {
        true
    }
    fn retain(&self, _: usize) {}
    fn release(&self, _: usize) {}
    fn notify(&self, _: usize, _: i32, _: Reached, _: *mut c_void) {}
    fn is_ordered(&self, _: usize) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// What the vendor says of a command, and to who waits for it.
    struct Vendor(Result<i32, i32>, bool, Cell<u32>);

    impl Events for Vendor {
        fn polled(&self) -> Option<(u16, u32)> {
            None
        }
        fn status(&self, _: usize) -> Result<i32, i32> {
            self.0
        }
        fn wait(&self, _: usize) -> bool {
            self.2.set(self.2.get() + 1);
            self.1
        }
        fn retain(&self, _: usize) {}
        fn release(&self, _: usize) {}
        fn notify(&self, _: usize, _: i32, _: Reached, _: *mut c_void) {}
        fn is_ordered(&self, _: usize) -> bool {
            true
        }
    }

    #[test]
    fn only_who_is_complete_is_waited_for() {
        let cases = [(Ok(2), None, 0), (Ok(0), Some(false), 1), (Ok(-5), Some(true), 0), (Err(-58), Some(true), 0)];
        for (status, outcome, waits) in cases {
            let vendor = Vendor(status, false, Cell::new(0));
            assert_eq!((vendor.outcome(1), vendor.2.get()), (outcome, waits));
        }
        assert_eq!(Vendor(Ok(0), true, Cell::new(0)).outcome(1), Some(true));
    }
}
