//! What the session uses, counted in the page that the broker reads (`ava_protocol::usage`), and what it may take of its
//! tenant's memory (`ava_protocol::quota`) and rates.
//!
//! - **Invariant**: counting never waits, and says nothing to anybody.
//! - **Invariant**: what the session holds was reserved before the vendor was asked for it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ava_protocol::api::Api;
use ava_protocol::quota::{self, Level, Limits, Resource, Seat};
use ava_protocol::usage::{self, Layout};

use super::commands::Commands;
use super::rates::Rates;

/// Where the launches of a kernel are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally(u8);

/// The words of a page, and one of them that is nobody's but this process's where a copy counts.
#[derive(Debug, Clone, Copy)]
pub struct Usage {
    layout: Layout,
    counts: &'static [AtomicU64],
    calls: &'static [AtomicU64],
    moved: &'static [AtomicU64],
    launches: &'static [AtomicU64],
    /// Who gives a kernel a place holds this; `None` in a copy, where the lock may be another thread's for ever.
    naming: Option<&'static Mutex<()>>,
    /// Words of what there is by now, rather than of what was ever used.
    levels: &'static [AtomicU64],
    /// Where memory is reserved.
    seat: &'static Seat,
    rates: &'static Rates,
    limits: &'static [AtomicU64],
}

impl Usage {
    /// Counts in the session's page, which has the words of the API's layout, and reserves memory in a seat, which lives as
    /// long as the process.
    pub fn new(api: &Api, page: &'static [AtomicU64], seat: Seat) -> Self {
        let layout = Layout::of(api);
        let (calls, moved, limits) = (&page[layout.calls()], &page[layout.moved()], seat.page());
        let (launches, naming) = (&page[layout.launches()], Some(&*Box::leak(Box::new(Mutex::new(())))));
        let (seat, rates) = (Box::leak(Box::new(seat)), Box::leak(Box::new(Rates::new(limits))));
        Self { layout, counts: page, calls, moved, launches, naming, levels: page, seat, rates, limits }
    }

    /// Counts where nobody looks: there is no broker.
    pub fn unread(api: &Api) -> Self {
        Self::new(api, nobodys(Layout::of(api).words()), unlimited())
    }

    /// For a copy of this process: what is used counts for the session. What the copy holds does not: it may end at any time
    /// without giving it back.
    #[must_use]
    pub fn of_copy(self) -> Self {
        // A lock may be another thread's for ever here.
        let rates = Box::leak(Box::new(Rates::new(self.limits)));
        let seat = Box::leak(Box::new(unlimited()));
        Self { levels: nobodys(self.layout.words()), seat, rates, naming: None, ..self }
    }

    /// A function was called.
    pub fn call(&self, function: u32) {
        if let Some(calls) = self.calls.get(function as usize) {
            calls.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// The program waits for an answer.
    pub fn wait(&self) {
        self.counts[usage::WAITS].fetch_add(1, Ordering::Relaxed);
    }

    /// The vendor has accepted so many commands.
    pub fn commands(&self, amount: u64) {
        self.counts[usage::COMMANDS].fetch_add(amount, Ordering::Relaxed);
    }

    /// The program gave a function's call so many bytes of data.
    pub fn bytes_in(&self, function: u32, bytes: u64) {
        self.move_bytes(usage::BYTES_IN, function, bytes);
    }

    /// The program got so many bytes of data from a function's call.
    pub fn bytes_out(&self, function: u32, bytes: u64) {
        self.move_bytes(usage::BYTES_OUT, function, bytes);
    }

    fn move_bytes(&self, way: usize, function: u32, bytes: u64) {
        self.counts[way].fetch_add(bytes, Ordering::Relaxed);
        if let Some(moved) = self.moved.get(function as usize) {
            moved.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Where launches of a kernel of this name are counted: of one without a name, or for which there is no room, with the others.
    pub fn tally(&self, name: Option<&str>) -> Tally {
        let named = name.filter(|name| !name.is_empty()).zip(self.naming).map(|(name, naming)| {
            let _naming = naming.lock().unwrap_or_else(PoisonError::into_inner);
            usage::add_kernel(self.counts, self.layout, name)
        });
        Tally(named.unwrap_or(usage::MOST_KERNELS) as u8)
    }

    /// A kernel was launched.
    #[inline]
    pub fn launch(&self, tally: Tally) {
        if let Some(launches) = self.launches.get(usize::from(tally.0)) {
            launches.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What the tenant's sessions may do in a second.
    #[inline]
    pub fn rates(&self) -> &'static Rates {
        self.rates
    }

    /// A call was held back for so long.
    pub fn held(&self, time: Duration) {
        let time = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        self.counts[usage::HELD].fetch_add(time, Ordering::Relaxed);
    }

    /// The commands that run, which this process alone shows.
    pub fn commands_shown(&self) -> Commands {
        Commands::new(self.limits, self.levels)
    }

    /// Reserves so many bytes, unless the tenant would have more than it may; whether it has.
    #[must_use]
    pub fn reserve(&self, of: Resource, bytes: u64) -> bool {
        self.seat.take(of, bytes)
    }

    /// What was reserved is not needed, or not any more.
    pub fn give_up(&self, of: Resource, bytes: u64) {
        self.seat.give(of, bytes);
    }

    /// What the tenant may have, and has; `None` if there is no limit.
    pub fn level(&self, of: Resource) -> Option<Level> {
        self.seat.level(of)
    }

    /// So many bytes, which were reserved, are the session's.
    pub fn took(&self, of: Resource, bytes: u64) {
        if of == Resource::DeviceMemory {
            self.levels[usage::MEMORY].fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// They are not any more.
    pub fn gave_back(&self, of: Resource, bytes: u64) {
        if of == Resource::DeviceMemory {
            self.levels[usage::MEMORY].fetch_sub(bytes, Ordering::Relaxed);
        }
        self.give_up(of, bytes);
    }

    /// There is one more object of a kind, with so many bytes of device memory, which were reserved.
    pub fn made(&self, kind: u16, memory: u64) {
        self.took(Resource::DeviceMemory, memory);
        if let Some(live) = self.live(kind) {
            live.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// There is one less.
    pub fn gone(&self, kind: u16, memory: u64) {
        self.gave_back(Resource::DeviceMemory, memory);
        if let Some(live) = self.live(kind) {
            live.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn live(&self, kind: u16) -> Option<&AtomicU64> {
        self.levels[self.layout.objects()].get(usize::from(kind).checked_sub(1)?)
    }

    /// Bytes of device memory that the session's objects hold.
    pub fn memory(&self) -> u64 {
        self.levels[usage::MEMORY].load(Ordering::Relaxed)
    }

    /// The program knows of these devices. Only one thread may say so at a time.
    pub fn name_devices(&self, names: &[String]) {
        names.iter().for_each(|name| usage::add_device(self.levels, self.layout, name));
    }
}

/// Words as of a page. They are never given back: a session lives as long as its process.
fn nobodys(words: usize) -> &'static [AtomicU64] {
    (0..words).map(|_| AtomicU64::new(0)).collect::<Vec<_>>().leak()
}

/// A seat where nothing is limited.
fn unlimited() -> Seat {
    let page = nobodys(quota::words(1));
    quota::set_limits(page, &Limits::NONE);
    Seat::new(page, 0)
}

#[cfg(test)]
mod tests {
    use ava_protocol::usage::Account;

    use super::*;

    fn opencl() -> &'static Api {
        Api::find("opencl").unwrap()
    }

    fn read(page: &[AtomicU64]) -> usage::Stats {
        let mut account = Account::new(opencl());
        account.read(page);
        account.stats()
    }

    #[test]
    fn what_is_counted_is_read() {
        let page = nobodys(Layout::of(opencl()).words());
        let usage = Usage::new(opencl(), page, unlimited());
        usage.call(0);
        usage.call(u32::MAX);
        usage.wait();
        usage.held(Duration::from_nanos(9));
        usage.commands(2);
        usage.bytes_in(0, 5);
        usage.bytes_out(1, 7);
        usage.made(1, 100);
        usage.made(1, 28);
        usage.gone(1, 28);
        let stats = read(page);
        assert_eq!((stats.calls, stats.commands, stats.bytes_in, stats.bytes_out), (1, 2, 5, 7));
        assert_eq!((stats.waits, stats.held_ns), (1, 9));
        assert_eq!((stats.memory_bytes, stats.objects[0].1, stats.functions[0].bytes), (100, 1, 5));
    }

    #[test]
    fn launches_are_counted_by_the_names_of_kernels() {
        let page = nobodys(Layout::of(opencl()).words());
        let usage = Usage::new(opencl(), page, unlimited());
        let turn = usage.tally(Some("turn"));
        usage.launch(turn);
        usage.launch(usage.tally(Some("turn")));
        assert_eq!(usage.tally(Some("turn")), turn);
        let nameless = [usage.tally(None), usage.tally(Some("")), usage.of_copy().tally(Some("fill"))];
        nameless.into_iter().for_each(|tally| usage.launch(tally));
        let stats = read(page);
        let seen: Vec<_> = stats.kernels.iter().map(|kernel| (kernel.name.as_str(), kernel.launches)).collect();
        assert_eq!(seen, [("turn", 2), (usage::OTHERS, 3)]);
    }

    #[test]
    fn what_a_copy_uses_counts_and_what_it_holds_does_not() {
        let page = nobodys(Layout::of(opencl()).words());
        let copy = Usage::new(opencl(), page, unlimited()).of_copy();
        copy.call(0);
        copy.made(1, 100);
        let stats = read(page);
        assert_eq!((stats.calls, stats.memory_bytes, copy.memory()), (1, 0, 100));
    }
}
