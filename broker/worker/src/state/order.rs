//! Calls that are not answered: the order they run in, and where their failures go.
//!
//! - **Invariant**: the oneways of a lane run in order, and a frame runs after those of other lanes that it says it comes
//!   after. The shim says so of what the program can have put in order: what another thread did with the same objects.
//! - **Invariant**: a lane that serves a oneway wakes those who wait for just that, and who waits wakes no lane but the one that
//!   it waits for.
//! - **Invariant**: a failure is told. What the call was to make ends in error, and so does the next answered call with
//!   the object that the failed one was about.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, Thread};

use ava_protocol::frame::Malformed;
use ava_transport::lane::Doorbell;

use super::map::Map;

/// Most lanes that are counted: those that have ended are, too.
const MOST: usize = 64 << 10;
/// The count that nobody waits for.
const NEVER: u64 = u64::MAX;

/// How many oneways each lane has served.
#[derive(Default)]
pub struct Order(Map<u32, Arc<Served>>);

impl Order {
    /// The count of a lane.
    pub fn of(&self, lane: u32) -> Result<Arc<Served>, Malformed> {
        if let Some(served) = self.0.get(&lane) {
            return Ok(Arc::clone(&served));
        }
        if self.0.len() >= MOST {
            return Err(Malformed::TooMany { what: "lanes that are counted", limit: MOST as u64 });
        }
        Ok(Arc::clone(&self.0.entry(lane).or_default()))
    }

    /// Waits until a lane has served so many.
    pub fn wait_for(&self, lane: u32, count: u64) -> Result<(), Malformed> {
        self.of(lane)?.wait_for(count);
        Ok(())
    }
}

/// How many oneways a lane has served, and who waits for more.
pub struct Served {
    count: AtomicU64,
    /// The lowest count that somebody waits for.
    next: AtomicU64,
    /// The threads that wait, by the counts that they wait for.
    waiting: Mutex<BTreeMap<u64, Vec<Thread>>>,
    /// Rings at the lane, once it was heard of.
    bell: Mutex<Option<Doorbell>>,
}

impl Default for Served {
    fn default() -> Self {
        Self {
            count: AtomicU64::new(0),
            next: AtomicU64::new(NEVER),
            waiting: Mutex::default(),
            bell: Mutex::default(),
        }
    }
}

impl Served {
    /// The lane has served another. Who waited for that goes on; nobody else is woken.
    pub fn add(&self) {
        // Who begins to wait writes `next` before it reads `count`, so one of the two sees what the other has written.
        let count = self.count.fetch_add(1, Ordering::SeqCst) + 1;
        if self.next.load(Ordering::SeqCst) <= count {
            self.reached(count).iter().for_each(Thread::unpark);
        }
    }

    /// The lane begins: this rings at it.
    pub fn begins(&self, bell: &Doorbell) {
        if let Ok(mut known) = self.bell.lock() {
            *known = Some(bell.clone());
        }
    }

    /// The lane has ended, after which another may have begun already.
    pub fn ends(&self, bell: &Doorbell) {
        if let Ok(mut known) = self.bell.lock()
            && known.as_ref().is_some_and(|known| known.is(bell))
        {
            *known = None;
        }
    }

    /// Waits until so many are served.
    ///
    /// The lane's thread may sleep though there are oneways that it was not woken for, so it is rung for. If the lane has not
    /// begun, its first frame has woken its thread, or will, which then sees all that was sent before this wait.
    fn wait_for(&self, count: u64) {
        if self.has(count) {
            return;
        }
        self.enlist(count, thread::current());
        self.ring();
        while !self.has(count) {
            thread::park();
        }
    }

    fn has(&self, count: u64) -> bool {
        self.count.load(Ordering::SeqCst) >= count
    }

    /// The thread is to be woken when so many are served.
    fn enlist(&self, count: u64, thread: Thread) {
        if let Ok(mut waiting) = self.waiting.lock() {
            waiting.entry(count).or_default().push(thread);
            self.next.fetch_min(count, Ordering::SeqCst);
        }
    }

    /// So many are served: who waited for that, and does not any more.
    #[cold]
    fn reached(&self, count: u64) -> Vec<Thread> {
        let Ok(mut waiting) = self.waiting.lock() else { return Vec::new() };
        let later = waiting.split_off(&(count + 1));
        self.next.store(later.keys().next().copied().unwrap_or(NEVER), Ordering::SeqCst);
        let due = std::mem::replace(&mut *waiting, later);
        due.into_values().flatten().collect()
    }

    fn ring(&self) {
        if let Ok(bell) = self.bell.lock() {
            bell.iter().for_each(Doorbell::ring);
        }
    }
}

/// Failures that nobody has been told of, by the object that the call was about.
#[derive(Default)]
pub struct Failures {
    any: AtomicBool,
    by_object: Mutex<HashMap<u64, i64>>,
}

/// What the failures are of that anybody is told who waits.
pub const ANYBODYS: u64 = u64::MAX;

impl Failures {
    /// A oneway about the object has failed; the first failure counts.
    pub fn note(&self, object: u64, status: i64) {
        if let (true, Ok(mut by_object)) = (object != 0, self.by_object.lock()) {
            by_object.entry(object).or_insert(status);
            self.any.store(true, Ordering::Release);
        }
    }

    /// What is to be told of the object.
    pub fn take(&self, object: u64) -> Option<i64> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let mut by_object = self.by_object.lock().ok()?;
        let status = by_object.remove(&object);
        self.any.store(!by_object.is_empty(), Ordering::Release);
        status
    }
}

#[cfg(test)]
mod tests {
    use ava_transport::lane::{Inbox, Kind, Wake, accept, offer};

    use super::*;

    #[test]
    fn who_comes_after_others_waits_for_them() {
        let order = Order::default();
        let seen = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            // Each turn of a lane comes after the same turn of the lane before it.
            for lane in 1..=4_u32 {
                let (order, seen) = (&order, &seen);
                scope.spawn(move || {
                    let count = order.of(lane).unwrap();
                    for turn in 1..=100 {
                        if lane > 1 {
                            order.wait_for(lane - 1, turn).unwrap();
                        }
                        seen.lock().unwrap().push((turn, lane));
                        count.add();
                    }
                });
            }
        });
        let seen = seen.into_inner().unwrap();
        let place = |one| seen.iter().position(|other| *other == one).unwrap();
        for turn in 1..=100 {
            assert!((1..4).all(|lane| place((turn, lane)) < place((turn, lane + 1))));
        }
    }

    #[test]
    fn who_is_concerned_is_woken_and_nobody_else() {
        let served = Served::default();
        let waited_for =
            || served.waiting.lock().unwrap().iter().map(|(count, all)| (*count, all.len())).collect::<Vec<_>>();
        for count in [3, 1, 7, 3] {
            served.enlist(count, thread::current());
        }
        assert_eq!(waited_for(), [(1, 1), (3, 2), (7, 1)]);
        let woken = |count| served.reached(count).len();
        assert_eq!((woken(1), waited_for()), (1, vec![(3, 2), (7, 1)]));
        assert_eq!((woken(2), woken(3), waited_for()), (0, 2, vec![(7, 1)]));
        // Who comes after that is not forgotten, and who counts finds nobody until then.
        assert_eq!(served.next.load(Ordering::SeqCst), 7);
        served.enlist(5, thread::current());
        assert_eq!(served.next.load(Ordering::SeqCst), 5);
        assert_eq!((woken(9), waited_for(), served.next.load(Ordering::SeqCst)), (2, vec![], NEVER));
    }

    #[test]
    fn many_wait_for_one_lane_each_for_a_count_of_its_own() {
        let order = Order::default();
        let lane = order.of(1).unwrap();
        let reached = Mutex::new(Vec::new());
        thread::scope(|scope| {
            for count in 1..=64_u64 {
                let (order, reached) = (&order, &reached);
                scope.spawn(move || {
                    order.wait_for(1, count).unwrap();
                    reached.lock().unwrap().push(count);
                });
            }
            while lane.waiting.lock().unwrap().len() < 64 {
                thread::yield_now();
            }
            for count in 1..=64_u64 {
                lane.add();
                while reached.lock().unwrap().len() < count as usize {
                    thread::yield_now();
                }
                assert_eq!(lane.waiting.lock().unwrap().len() as u64, 64 - count);
            }
        });
        assert_eq!(reached.into_inner().unwrap(), (1..=64).collect::<Vec<_>>());
    }

    #[test]
    fn a_lane_that_sleeps_is_rung_for_and_no_lane_for_another() {
        let (mut ours, theirs) = offer(Kind::Ring).unwrap();
        let mut lane = accept(theirs).unwrap();
        let (order, bell) = (Order::default(), lane.doorbell());
        let served = order.of(1).unwrap();
        served.begins(&bell);
        thread::scope(|scope| {
            let count = Arc::clone(&served);
            scope.spawn(move || {
                let mut inbox = Inbox::new();
                while lane.recv(&mut inbox).unwrap() {
                    count.add();
                }
            });
            for turn in 1..=20 {
                // Nobody wakes who sleeps for this.
                ours.send(b"later", None, Wake::Later).unwrap();
                order.wait_for(1, turn).unwrap();
            }
            drop(ours);
        });
        // Another lane of that number has begun before this one is known to have ended.
        let other = offer(Kind::Ring).unwrap().0.doorbell();
        served.begins(&other);
        served.ends(&bell);
        assert!(served.bell.lock().unwrap().as_ref().unwrap().is(&other));
        served.ends(&other);
        assert!(served.bell.lock().unwrap().is_none());
    }

    #[test]
    fn lanes_are_counted_up_to_a_limit() {
        let order = Order::default();
        for lane in 0..MOST as u32 {
            order.of(lane).unwrap();
        }
        assert!(matches!(order.of(u32::MAX), Err(Malformed::TooMany { .. })));
        assert!(order.of(5).is_ok());
    }

    #[test]
    fn a_failure_is_told_once() {
        let failures = Failures::default();
        failures.note(0, -1);
        failures.note(7, -5);
        failures.note(7, -6);
        assert_eq!((failures.take(8), failures.take(0)), (None, None));
        assert_eq!((failures.take(7), failures.take(7)), (Some(-5), None));
    }
}
