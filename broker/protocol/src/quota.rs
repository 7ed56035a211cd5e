//! What all sessions of a tenant may take together, and what each has taken: a page that the broker shares with all workers of
//! a tenant, and how a worker takes a part of what is left.
//!
//! The broker makes the page, a memory file of a fixed size, when the tenant's first session begins, and gives each worker a
//! **seat** in it. It writes the limits at any time, and clears the seat of a worker that has ended. So what a killed worker
//! held is free again, and nobody needs to know what it was about to do.
//!
//! ```text
//! word  0, 1         the most bytes of device memory, and of pinned memory of the host; all bits set: no limit
//!       2            how many seats have ever been given
//!       3, 4         the most commands, and bytes of data, in a second ([`rate`](crate::rate)); all bits set: no limit
//!       5            how long a command may run, in milliseconds; all bits set: as long as it likes
//!       6, 7         up to when the commands, and bytes of data, of all seconds are used up ([`rate`](crate::rate))
//!       8 …          seats, of 8 words each:
//!                    0, 1   bytes of device memory that the session holds, and asks for
//!                    2, 3   the same of pinned memory of the host
//!                    4 to 7 reserved
//! ```
//!
//! There is no word for the sum: a worker that died between two words would leave it wrong. Who wants bytes says so in its seat,
//! then adds up all seats, and takes the bytes if all that is held and asked for stays within the limit. Of two that ask at
//! once the later one sees the earlier one. If there is not enough for both, the one of the higher seat withdraws until the other does not ask any more.
//!
//! - **Invariant:** what a tenant's sessions take after a limit was written does not exceed it by a byte, whatever other
//!   sessions and threads do meanwhile.
//! - **Invariant:** nobody waits for another worker for longer than a bounded number of looks: it may be stopped, or hostile.
//! - **Invariant:** a worker can write anything there, at any time. It harms its own tenant: every other one has another page.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::{Mutex, PoisonError};

use crate::rate::{Bucket, RATES, Rate};

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    DeviceMemory,
    /// Pinned memory of the host.
    HostMemory,
}

/// All resources.
pub const RESOURCES: [Resource; 2] = [Resource::DeviceMemory, Resource::HostMemory];
/// The limit of who has none.
pub const UNLIMITED: u64 = crate::rate::UNLIMITED;

/// What a tenant's sessions may have together; [`UNLIMITED`] where nothing is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of each of the [`RESOURCES`].
    pub memory: [u64; RESOURCES.len()],
    /// The most in a second of each of the [`RATES`].
    pub per_second: [u64; RATES.len()],
    /// How long a command may run, in milliseconds.
    pub longest_command: u64,
}

impl Limits {
    /// Those of who has none.
    pub const NONE: Self =
        Self { memory: [UNLIMITED; RESOURCES.len()], per_second: [UNLIMITED; RATES.len()], longest_command: UNLIMITED };
}

/// The most seats of a page, and so sessions of a tenant.
pub const SEATS: usize = 1 << 14;
/// The size of a page in bytes.
pub const BYTES: u64 = (words(SEATS) * size_of::<u64>()).next_multiple_of(4096) as u64;

/// How many seats have ever been given.
const GIVEN: usize = RESOURCES.len();
/// The first word of the most in a second, that of the longest command, and the first of what is used up.
const PER_SECOND: usize = 3;
const LONGEST_COMMAND: usize = 5;
const USED_UP: usize = 6;
/// The first word of seats, and the words of one: a cache line, so that workers do not slow each other down.
const FIRST: usize = 8;
const WORDS: usize = 8;
/// How often a worker looks again while others ask for what it wants.
const LOOKS: usize = 200;

/// How many words a page of so many seats has.
#[must_use]
pub const fn words(seats: usize) -> usize {
    FIRST + seats * WORDS
}

/// The seat's word for what it holds of a resource; the next one is what it asks for.
fn held(seat: usize, of: Resource) -> usize {
    FIRST + seat * WORDS + 2 * of as usize
}

fn asked(seat: usize, of: Resource) -> usize {
    held(seat, of) + 1
}

/// The seats that may be in use. What the page says is cut to what there is room for.
fn seats(page: &[AtomicU64]) -> usize {
    let room = page.len().saturating_sub(FIRST) / WORDS;
    usize::try_from(page[GIVEN].load(SeqCst)).unwrap_or(usize::MAX).min(room)
}

/// What all sessions may do in a second.
#[must_use]
pub fn bucket(page: &[AtomicU64], of: Rate) -> Bucket<'_> {
    Bucket { per_second: &page[PER_SECOND + of as usize], used_up: &page[USED_UP + of as usize] }
}

/// Writes the most bytes that a tenant may have.
pub fn set_limit(page: &[AtomicU64], of: Resource, most: u64) {
    page[of as usize].store(most, SeqCst);
}

/// Nothing that came until now is left of what may be done in a second, as in a new page.
pub fn use_up(page: &[AtomicU64], now: u64) {
    RATES.into_iter().for_each(|of| bucket(page, of).used_up.store(now, SeqCst));
}

/// Writes all that a tenant may have.
pub fn set_limits(page: &[AtomicU64], limits: &Limits) {
    RESOURCES.into_iter().zip(limits.memory).for_each(|(of, most)| set_limit(page, of, most));
    RATES.into_iter().zip(limits.per_second).for_each(|(of, most)| bucket(page, of).per_second.store(most, SeqCst));
    page[LONGEST_COMMAND].store(limits.longest_command, SeqCst);
}

/// How long a command may run, in milliseconds; [`UNLIMITED`]: as long as it likes.
#[must_use]
pub fn longest_command(page: &[AtomicU64]) -> u64 {
    page[LONGEST_COMMAND].load(Relaxed)
}

/// Makes a seat one that holds nothing: before a worker gets it, and when the worker has ended.
pub fn clear(page: &[AtomicU64], seat: usize) {
    for of in RESOURCES {
        page[held(seat, of)].store(0, SeqCst);
        page[asked(seat, of)].store(0, SeqCst);
    }
    page[GIVEN].fetch_max(seat as u64 + 1, SeqCst);
}

/// How many bytes all sessions hold, as their workers say.
#[must_use]
pub fn taken(page: &[AtomicU64], of: Resource) -> u64 {
    (0..seats(page)).fold(0, |sum: u64, seat| sum.saturating_add(page[held(seat, of)].load(SeqCst)))
}

/// A limit, and how much of it is taken, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    pub limit: u64,
    pub taken: u64,
}

/// A worker's seat.
#[derive(Debug)]
pub struct Seat {
    page: &'static [AtomicU64],
    number: usize,
    /// Locked while a thread asks for some of a resource.
    asking: [Mutex<()>; RESOURCES.len()],
}

/// What the other seats have of a resource.
#[derive(Default)]
struct Others {
    held: u64,
    asked: u64,
    /// Whether one asks that need not withdraw.
    precede: bool,
}

impl Seat {
    /// The seat of this number.
    ///
    /// # Panics
    /// The page has no such seat.
    #[must_use]
    pub fn new(page: &'static [AtomicU64], number: usize) -> Self {
        assert!(number < SEATS && page.len() >= words(number + 1), "no seat {number}");
        Self { page, number, asking: Default::default() }
    }

    /// Takes so many bytes, unless the tenant would have more than it may; whether it has.
    #[must_use]
    pub fn take(&self, of: Resource, bytes: u64) -> bool {
        if bytes == 0 {
            return true;
        }
        let _one_at_a_time = self.asking[of as usize].lock().unwrap_or_else(PoisonError::into_inner);
        let [held, asked] = [held, asked].map(|word| &self.page[word(self.number, of)]);
        let mut seen = None;
        let mut looks = 0..LOOKS;
        while looks.next().is_some() {
            // First said, then looked: of two that do so at once one sees the other.
            asked.store(bytes, SeqCst);
            let limit = self.page[of as usize].load(SeqCst);
            let others = if limit == UNLIMITED { Others::default() } else { self.others(of) };
            let taken = held.load(SeqCst).saturating_add(others.held);
            let wanted = Some(taken.saturating_add(bytes)).filter(|wanted| *wanted <= limit);
            match wanted.map(|wanted| wanted.saturating_add(others.asked) <= limit) {
                Some(true) => {
                    let more = |now: u64| Some(now.saturating_add(bytes));
                    let _ = held.fetch_update(SeqCst, SeqCst, more);
                    asked.store(0, SeqCst);
                    return true;
                }
                // What one has given back and another has taken meanwhile may be counted twice: hence a second look.
                None if seen == Some(taken) => break,
                None => seen = Some(taken),
                Some(false) if others.precede => {
                    asked.store(0, SeqCst);
                    while self.others(of).precede && looks.next().is_some() {
                        std::thread::yield_now();
                    }
                }
                Some(false) => std::thread::yield_now(),
            }
        }
        asked.store(0, SeqCst);
        false
    }

    /// Gives back what was taken.
    pub fn give(&self, of: Resource, bytes: u64) {
        // A word that somebody has overwritten does not wrap around.
        let less = |now: u64| Some(now.saturating_sub(bytes));
        let _ = self.page[held(self.number, of)].fetch_update(SeqCst, SeqCst, less);
    }

    /// The page that it is in.
    #[must_use]
    pub fn page(&self) -> &'static [AtomicU64] {
        self.page
    }

    /// The tenant's limit and what all its sessions hold; `None` without a limit.
    #[must_use]
    pub fn level(&self, of: Resource) -> Option<Level> {
        let limit = self.page[of as usize].load(SeqCst);
        (limit != UNLIMITED).then(|| Level { limit, taken: taken(self.page, of) })
    }

    fn others(&self, of: Resource) -> Others {
        let mut all = Others::default();
        for seat in (0..seats(self.page)).filter(|seat| *seat != self.number) {
            // In this order: what is taken is held before it is not asked for any more.
            let wants = self.page[asked(seat, of)].load(SeqCst);
            all.asked = all.asked.saturating_add(wants);
            all.held = all.held.saturating_add(self.page[held(seat, of)].load(SeqCst));
            all.precede |= wants > 0 && seat < self.number;
        }
        all
    }
}

#[cfg(test)]
mod tests;
