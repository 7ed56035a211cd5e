//! The processors that the two ends of a lane run on.
//!
//! On an idle machine they belong on two, since each can then spin until the other answers. Two ends on one processor reply to
//! each other so fast by yielding that the kernel never separates them, though each reply takes several times as long. On a busy
//! machine nobody spins, and they belong on one: to wake a thread of another processor takes an interrupt, which costs more
//! than to switch to a thread of this one. The worker's thread moves if the kernel does not move either; the next time
//! after twice as many waits, since it does not help where others move the threads back.

use std::cell::Cell;

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// After so many consecutive short waits on one processor, or waits on two of a busy machine, the thread moves.
const FIRST: u32 = 256;

/// Where an end is, compared with its peer. Processors are numbers plus one; 0 is unknown.
#[derive(Debug)]
pub struct Placement {
    /// The number of consecutive short waits on the peer's processor.
    together: Turns,
    /// The number of consecutive waits on another, on a busy machine.
    apart: Turns,
}

impl Placement {
    pub const fn new() -> Self {
        Self { together: Turns::new(), apart: Turns::new() }
    }

    /// A wait begins at the right or the wrong place. `busy`: others want the processors. If the end `moves`, it does so
    /// when it has waited at the wrong place often.
    pub fn waits(&self, peer: u32, busy: bool, moves: bool) {
        let is_apart = is_apart(peer);
        let (wrong, right) = if is_apart { (&self.apart, &self.together) } else { (&self.together, &self.apart) };
        right.restart();
        if is_apart != busy || peer == 0 {
            wrong.restart();
        } else if wrong.next() && moves {
            if busy { join(peer) } else { leave(peer) }
        }
    }

    /// The wait has slept, so that the kernel had reason to move either end.
    pub fn slept(&self) {
        self.together.restart();
    }
}

/// Counts to a number that doubles each time that it is reached.
#[derive(Debug)]
struct Turns {
    count: Cell<u32>,
    limit: Cell<u32>,
}

impl Turns {
    const fn new() -> Self {
        Self { count: Cell::new(0), limit: Cell::new(FIRST) }
    }

    fn restart(&self) {
        self.count.set(0);
    }

    /// Whether this was the last one.
    fn next(&self) -> bool {
        self.count.set(self.count.get() + 1);
        let is_last = self.count.get() >= self.limit.get();
        if is_last {
            self.restart();
            self.limit.set(self.limit.get().saturating_mul(2));
        }
        is_last
    }
}

/// Whether the peer is on another processor, according to its own word.
pub fn is_apart(peer: u32) -> bool {
    peer == 0 || peer != current()
}

/// Moves this thread to a processor that it may run on. The number may be anything.
fn join(processor: u32) {
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let index = processor.saturating_sub(1) as usize;
    if index < CpuSet::MAX_CPU && allowed.is_set(index) {
        let mut only = CpuSet::new();
        only.set(index);
        run_on(&only, &allowed);
    }
}

/// Moves this thread away from the processor that it runs on, if it may run on another.
fn leave(processor: u32) {
    let Ok(allowed) = sched_getaffinity(None) else { return };
    let mut others = allowed;
    others.unset(processor.saturating_sub(1) as usize);
    run_on(&others, &allowed);
}

/// Moves this thread, which may run anywhere afterwards: where a thread is awake, the kernel leaves it as a rule.
fn run_on(processors: &CpuSet, allowed: &CpuSet) {
    // The kernel refuses an empty set.
    if sched_setaffinity(None, processors).is_ok() {
        let _ = sched_setaffinity(None, allowed);
    }
}

/// The processor that this thread runs on; 0 if the kernel does not say.
pub fn current() -> u32 {
    // SAFETY: the call takes no arguments. The C library reads memory that the kernel keeps up to date.
    u32::try_from(unsafe { libc::sched_getcpu() } + 1).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many waits; says whether the last one has moved the thread.
    fn moves(placement: &Placement, waits: u32, peer: u32, busy: bool) -> bool {
        let limits = || (placement.apart.limit.get(), placement.together.limit.get());
        for _ in 1..waits {
            let before = limits();
            placement.waits(peer, busy, true);
            assert_eq!(limits(), before, "it has moved too early");
        }
        let before = limits();
        placement.waits(peer, busy, true);
        limits() != before
    }

    /// A place for the thread to stay at, and another one.
    fn settle() -> (u32, u32) {
        let mut here = CpuSet::new();
        here.set(current() as usize - 1);
        // Elsewhere it is refused.
        let _ = sched_setaffinity(None, &here);
        (current(), current() + 1)
    }

    #[test]
    fn who_waits_often_at_the_wrong_place_moves_and_then_waits_longer() {
        let (here, there) = settle();
        for (peer, busy) in [(here, false), (there, true)] {
            let placement = Placement::new();
            assert!(moves(&placement, FIRST, peer, busy));
            assert!(moves(&placement, 2 * FIRST, peer, busy));
        }
    }

    #[test]
    fn who_is_at_the_right_place_or_sleeps_in_between_stays() {
        let (here, there) = settle();
        for (peer, busy) in [(here, true), (there, false), (0, true), (0, false)] {
            assert!(!moves(&Placement::new(), 3 * FIRST, peer, busy), "{peer} {busy}");
        }
        let placement = Placement::new();
        for _ in 0..3 * FIRST {
            placement.waits(here, false, true);
            placement.slept();
        }
        assert_eq!(placement.together.limit.get(), FIRST);
    }

    #[test]
    fn the_program_s_thread_stays_where_it_is() {
        let (here, there) = settle();
        let placement = Placement::new();
        for (peer, busy) in [(here, false), (there, true)] {
            (0..2 * FIRST).for_each(|_| placement.waits(peer, busy, false));
            assert_eq!(current(), here);
        }
    }

    #[test]
    fn who_moves_may_run_where_it_might_before() {
        let allowed = sched_getaffinity(None).unwrap();
        leave(current());
        assert_eq!(sched_getaffinity(None).unwrap(), allowed);
        join(current());
        // A peer may name any processor.
        [0, 1024, u32::MAX].into_iter().for_each(join);
        assert_eq!(sched_getaffinity(None).unwrap(), allowed);
        let (here, _) = settle();
        leave(here);
        join(here + 1);
        assert_eq!(current(), here, "a thread that may run on one processor only");
    }
}
