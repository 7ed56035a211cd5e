//! What a session uses: the page that its worker counts in, and what the broker makes of it.
//!
//! The broker makes the page, a memory file of a fixed size, and gives it to the worker with the session. The worker counts
//! there; the broker reads at any time, also after the worker was killed. So nobody waits for a report, and no count is lost.
//! The page has no names: functions and objects are numbered as in the API's table.
//!
//! ```text
//! word  0            commands                      only grows
//!       1, 2         bytes in, bytes out           only grow
//!       3            device memory, in bytes
//!       4            how many names of devices follow below, only grows
//!       5            how often the program waited for an answer, only grows
//!       6            for how long calls were held back so that a limit of a second is kept, in nanoseconds, only grows
//!       7            the worker's thread that began to serve the latest call
//!       8            what the broker wants to be told of the next word ([`ASKED`])
//!       9            how many calls the worker is serving
//!      10 to 14      the commands that have been running for longest, each a [`Running`]; 0 for none
//!      15            how many names of kernels follow below, only grows
//!      16 to 47      names of devices: four of 64 bytes, each filled up with zeros
//!      48 …          live objects of each kind
//!       … …          calls of each function        only grow
//!       … …          bytes that each moved         only grow
//!       … …          names of kernels: 32 of 64 bytes, each filled up with zeros
//!       … …          launches of each, and last of all others together     only grow
//! ```
//!
//! - **Invariant:** the worker can write anything there, at any time. The broker reads each word once, into its own memory, and
//!   believes no count that is less than it was, and no other name of a kernel. It never reads what it writes itself.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};

use rkyv::{Archive, Deserialize, Serialize};

use crate::api::Api;

/// Commands that the vendor has accepted.
pub const COMMANDS: usize = 0;
/// Bytes of data that the program gave.
pub const BYTES_IN: usize = 1;
/// Bytes of data that it got.
pub const BYTES_OUT: usize = 2;
/// Bytes of device memory that the session's objects take.
pub const MEMORY: usize = 3;
/// How many names of devices there are.
pub const DEVICES: usize = 4;
/// How often the program waited for an answer.
pub const WAITS: usize = 5;
/// For how long calls were held back, in nanoseconds.
pub const HELD: usize = 6;
/// The number of the worker's thread that began to serve the latest call.
pub const SERVER: usize = 7;
/// What the broker wants to be told, by a write to the bell that it gives with the page: [`WHEN_BUSY`], [`WHEN_IDLE`]. Whoever
/// tells it takes the question out of the word.
pub const ASKED: usize = 8;
/// How many calls the worker is serving.
pub const BUSY: usize = 9;
/// The commands that have been running for longest.
pub const RUNNING: Range<usize> = 10..15;
/// How many names of kernels there are.
pub const KERNELS: usize = 15;
/// When the worker begins to serve a call.
pub const WHEN_BUSY: u64 = 1;
/// When it has served a call.
pub const WHEN_IDLE: u64 = 2;
/// Names of devices at most.
pub const MOST_DEVICES: usize = 4;
/// Names of kernels at most; those that are launched later count together.
pub const MOST_KERNELS: usize = 32;
/// What these are called.
pub const OTHERS: &str = "(others)";
/// Words of the name of a device or kernel.
const NAME: usize = 8;
/// Its bytes.
const NAME_BYTES: usize = NAME * size_of::<u64>();
/// The first word of names.
const NAMES: usize = 16;
/// The first word whose meaning depends on the API.
const OBJECTS: usize = NAMES + MOST_DEVICES * NAME;

/// A command that runs, in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    /// Counts up from 1, so that no other command of the session ever has it.
    pub number: u64,
    /// It runs on processors of the machine, of which the kernel counts the time.
    pub on_processors: bool,
}

impl Running {
    /// The word that stands for it.
    #[must_use]
    pub fn word(self) -> u64 {
        self.number << 1 | u64::from(self.on_processors)
    }

    /// What a word stands for; `None` for no command.
    #[must_use]
    pub fn of(word: u64) -> Option<Self> {
        (word >> 1 != 0).then_some(Self { number: word >> 1, on_processors: word & 1 != 0 })
    }
}

/// Where the words of an API's page are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    kinds: usize,
    functions: usize,
}

impl Layout {
    /// The page of an API's sessions.
    #[must_use]
    pub fn of(api: &Api) -> Self {
        Self { kinds: api.kinds.len(), functions: api.functions.len() }
    }

    /// How many words there are.
    #[must_use]
    pub fn words(self) -> usize {
        self.launches().end
    }

    /// The size of the page in bytes.
    #[must_use]
    pub fn bytes(self) -> u64 {
        (self.words() * size_of::<u64>()).next_multiple_of(4096) as u64
    }

    /// The name of a device.
    #[must_use]
    pub fn device(self, number: usize) -> Range<usize> {
        let from = NAMES + number * NAME;
        from..from + NAME
    }

    /// Live objects, by kind less one.
    #[must_use]
    pub fn objects(self) -> Range<usize> {
        OBJECTS..OBJECTS + self.kinds
    }

    /// Calls, by function.
    #[must_use]
    pub fn calls(self) -> Range<usize> {
        let from = self.objects().end;
        from..from + self.functions
    }

    /// Bytes that calls moved, by function.
    #[must_use]
    pub fn moved(self) -> Range<usize> {
        let from = self.calls().end;
        from..from + self.functions
    }

    /// The name of a kernel.
    #[must_use]
    pub fn kernel(self, number: usize) -> Range<usize> {
        let from = self.moved().end + number * NAME;
        from..from + NAME
    }

    /// Launches of each kernel that has a name, and last of all others.
    #[must_use]
    pub fn launches(self) -> Range<usize> {
        let from = self.kernel(MOST_KERNELS).start;
        from..from + MOST_KERNELS + 1
    }
}

/// Adds the name of a device to a page, unless it is there or there is no room. Only one thread at a time may do so.
pub fn add_device(words: &[AtomicU64], layout: Layout, name: &str) {
    add_name(words, (DEVICES, MOST_DEVICES), |number| layout.device(number), cut(name, NAME_BYTES));
}

/// The place among the [launches](Layout::launches) of a kernel of this name, which is added to the page if there is room. A name
/// that is cut says so: others may begin as it does, and count with it. Only one thread at a time may do so.
#[must_use]
pub fn add_kernel(words: &[AtomicU64], layout: Layout, name: &str) -> usize {
    const CUT: &str = "…";
    let shortened = match name.len() > NAME_BYTES {
        true => format!("{}{CUT}", cut(name, NAME_BYTES - CUT.len())),
        false => name.to_owned(),
    };
    add_name(words, (KERNELS, MOST_KERNELS), |number| layout.kernel(number), &shortened).unwrap_or(MOST_KERNELS)
}

/// The number of a name, which is added unless it is there; `None` if there is no room. `of` has the word with how many there are,
/// and the most.
fn add_name(
    words: &[AtomicU64],
    (of, most): (usize, usize),
    place: impl Fn(usize) -> Range<usize>,
    name: &str,
) -> Option<usize> {
    let mut wanted = [0; NAME_BYTES];
    wanted[..name.len()].copy_from_slice(name.as_bytes());
    let count = (words[of].load(Ordering::Relaxed) as usize).min(most);
    let is_there = |number: &usize| name_bytes(place(*number), &|at| words[at].load(Ordering::Relaxed)) == wanted;
    let known = (0..count).find(is_there);
    if known.is_some() || count == most {
        return known;
    }
    for (at, bytes) in place(count).zip(wanted.as_chunks().0) {
        words[at].store(u64::from_le_bytes(*bytes), Ordering::Relaxed);
    }
    // Whoever sees the count sees the name.
    words[of].store(count as u64 + 1, Ordering::Release);
    Some(count)
}

/// The beginning of a text, of so many bytes at most.
fn cut(text: &str, most: usize) -> &str {
    let mut length = text.len().min(most);
    while !text.is_char_boundary(length) {
        length -= 1;
    }
    &text[..length]
}

fn name_bytes(place: Range<usize>, word: &dyn Fn(usize) -> u64) -> [u8; NAME_BYTES] {
    let mut bytes = [0; NAME_BYTES];
    for (at, chunk) in place.zip(bytes.as_chunks_mut().0) {
        *chunk = word(at).to_le_bytes();
    }
    bytes
}

/// A page as the broker has read it.
#[derive(Debug)]
pub struct Account {
    api: &'static Api,
    layout: Layout,
    /// The words as they were last believed.
    words: Vec<u64>,
}

impl Account {
    /// Of a session that has used nothing.
    #[must_use]
    pub fn new(api: &'static Api) -> Self {
        let layout = Layout::of(api);
        Self { api, layout, words: vec![0; layout.words()] }
    }

    /// Takes over what the page says, as far as it can be believed; `page` has no fewer words than the layout.
    pub fn read(&mut self, page: &[AtomicU64]) {
        // First the counts of the names, then the names.
        let devices = page[DEVICES].load(Ordering::Acquire).min(MOST_DEVICES as u64);
        let kernels = page[KERNELS].load(Ordering::Acquire).min(MOST_KERNELS as u64).max(self.words[KERNELS]);
        let gauges = self.layout.objects();
        // What was counted for a kernel stays the kernel's.
        let named = self.layout.kernel(0).start..self.layout.kernel(self.words[KERNELS] as usize).start;
        let unnamed = named.end..self.layout.launches().start;
        for (at, (seen, word)) in self.words.iter_mut().zip(page).enumerate() {
            if named.contains(&at) {
                continue;
            }
            let now = word.load(Ordering::Relaxed);
            let only_grows = matches!(at, COMMANDS | BYTES_IN | BYTES_OUT | WAITS | HELD) || at >= gauges.end;
            *seen = if only_grows && !unnamed.contains(&at) { now.max(*seen) } else { now };
        }
        (self.words[DEVICES], self.words[KERNELS]) = (devices, kernels);
    }

    /// What the session holds and has used, with the table's names.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let Self { api, layout, words } = self;
        let functions = api.functions.iter().zip(layout.calls().zip(layout.moved()));
        let functions = functions.filter(|(_, (calls, _))| words[*calls] > 0);
        let functions: Vec<_> = functions
            .map(|(name, (calls, bytes))| FunctionStats {
                name: (*name).to_owned(),
                calls: words[calls],
                bytes: words[bytes],
            })
            .collect();
        let objects = api.kinds.iter().zip(&words[layout.objects()]).filter(|(_, live)| **live > 0);
        let name = |place| {
            let bytes = name_bytes(place, &|at| words[at]);
            String::from_utf8_lossy(bytes.split(|byte| *byte == 0).next().unwrap_or_default()).into_owned()
        };
        let devices = (0..words[DEVICES] as usize).map(|number| name(layout.device(number)));
        let kernels = (0..words[KERNELS] as usize).map(|number| name(layout.kernel(number)));
        // Those without a name count with the others, whatever the page says of them.
        let (launches, others) = words[layout.launches()].split_at(words[KERNELS] as usize);
        let others = others.iter().fold(0, |sum: u64, launches| sum.saturating_add(*launches));
        let kernels = kernels.zip(launches.iter().copied()).chain([(OTHERS.to_owned(), others)]);
        let kernels = kernels.filter(|(_, launches)| *launches > 0);
        Stats {
            memory_bytes: words[MEMORY],
            calls: functions.iter().fold(0, |sum: u64, function| sum.saturating_add(function.calls)),
            waits: words[WAITS],
            held_ns: words[HELD],
            commands: words[COMMANDS],
            bytes_in: words[BYTES_IN],
            bytes_out: words[BYTES_OUT],
            objects: objects.map(|(kind, live)| (kind.name.to_owned(), *live)).collect(),
            functions,
            kernels: kernels.map(|(name, launches)| KernelStats { name, launches }).collect(),
            devices: devices.collect(),
        }
    }
}

/// What a session holds and has used.
#[derive(Debug, Clone, Default, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct Stats {
    /// Device memory that the session's objects take, in bytes.
    pub memory_bytes: u64,
    /// Calls served.
    pub calls: u64,
    /// How often the program waited for an answer.
    pub waits: u64,
    /// For how long its calls were held back so that a limit of a second is kept, in nanoseconds.
    pub held_ns: u64,
    /// Commands given to the device.
    pub commands: u64,
    /// Bytes of data that the program gave.
    pub bytes_in: u64,
    /// Bytes of data that it got.
    pub bytes_out: u64,
    /// Live objects by type: `("cl_mem", 3)`.
    pub objects: Vec<(String, u64)>,
    /// What each function was used for, unused functions left out.
    pub functions: Vec<FunctionStats>,
    /// How often each kernel was launched, last those that have no name here, [`OTHERS`].
    pub kernels: Vec<KernelStats>,
    /// The devices in use, by name.
    pub devices: Vec<String>,
}

/// What one function was used for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct FunctionStats {
    /// The function's name.
    pub name: String,
    /// How often it was called.
    pub calls: u64,
    /// The bytes of data that its calls moved, both ways.
    pub bytes: u64,
}

/// What one kernel was used for.
#[derive(Debug, Clone, Default, PartialEq, Eq, Archive, Serialize, Deserialize)]
pub struct KernelStats {
    /// The kernel's name.
    pub name: String,
    /// How often it was launched.
    pub launches: u64,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::APIS;

    fn opencl() -> &'static Api {
        Api::find("opencl").unwrap()
    }

    fn page(layout: Layout) -> Vec<AtomicU64> {
        (0..layout.words()).map(|_| AtomicU64::new(0)).collect()
    }

    #[test]
    fn every_word_has_one_meaning() {
        for api in APIS {
            let layout = Layout::of(api);
            let single = [COMMANDS, BYTES_IN, BYTES_OUT, MEMORY, DEVICES, WAITS, HELD, ASKED, BUSY, SERVER, KERNELS]
                .map(|at| at..at + 1);
            let names = (0..MOST_DEVICES).map(|number| layout.device(number));
            let kernels = (0..MOST_KERNELS).map(|number| layout.kernel(number));
            let rest = [layout.objects(), layout.calls(), layout.moved(), layout.launches()];
            let mut all: Vec<_> = single.into_iter().chain([RUNNING]).chain(names).chain(kernels).chain(rest).collect();
            all.sort_by_key(|range| range.start);
            assert!(all.windows(2).all(|pair| pair[0].end <= pair[1].start), "{all:?}");
            assert_eq!(all.last().unwrap().end, layout.words());
            assert!(layout.bytes() as usize >= layout.words() * 8);
        }
    }

    #[test]
    fn a_command_is_a_word_and_no_command_is_another() {
        for one in [(1, false), (1, true), (u64::MAX >> 1, true)] {
            let running = Running { number: one.0, on_processors: one.1 };
            assert_eq!(Running::of(running.word()), Some(running));
        }
        assert_eq!([0, 1].map(Running::of), [None, None]);
    }

    #[test]
    fn what_is_counted_is_shown_with_the_tables_names() {
        let layout = Layout::of(opencl());
        let page = page(layout);
        let at = |name: &str| opencl().functions.iter().position(|function| *function == name).unwrap();
        page[layout.calls().start + at("clFinish")].store(3, Ordering::Relaxed);
        page[layout.calls().start + at("clEnqueueReadBuffer")].store(2, Ordering::Relaxed);
        page[layout.moved().start + at("clEnqueueReadBuffer")].store(64, Ordering::Relaxed);
        page[layout.objects().start].store(1, Ordering::Relaxed);
        page[MEMORY].store(4096, Ordering::Relaxed);
        add_device(&page, layout, "a device");
        add_device(&page, layout, "a device");
        add_device(&page, layout, &"ü".repeat(40));
        let mut account = Account::new(opencl());
        account.read(&page);
        let stats = account.stats();
        assert_eq!((stats.calls, stats.memory_bytes), (5, 4096));
        assert_eq!(stats.objects, [(opencl().kinds[0].name.to_owned(), 1)]);
        assert_eq!(stats.functions.iter().map(|f| f.bytes).sum::<u64>(), 64);
        assert_eq!(stats.devices, ["a device".to_owned(), "ü".repeat(32)]);
    }

    #[test]
    fn no_count_shrinks_and_nothing_that_a_worker_writes_makes_the_broker_fail() {
        let layout = Layout::of(opencl());
        let page = page(layout);
        let mut account = Account::new(opencl());
        page.iter().for_each(|word| word.store(u64::MAX, Ordering::Relaxed));
        account.read(&page);
        let most = account.stats();
        assert_eq!((most.calls, most.bytes_in, most.devices.len()), (u64::MAX, u64::MAX, MOST_DEVICES));
        page.iter().for_each(|word| word.store(1, Ordering::Relaxed));
        account.read(&page);
        let stats = account.stats();
        assert_eq!((stats.calls, stats.bytes_in, stats.commands), (u64::MAX, u64::MAX, u64::MAX));
        assert_eq!((stats.memory_bytes, stats.objects[0].1, stats.devices.len()), (1, 1, 1));
    }

    fn launch(page: &[AtomicU64], name: &str) {
        let at = Layout::of(opencl()).launches().start + add_kernel(page, Layout::of(opencl()), name);
        page[at].fetch_add(1, Ordering::Relaxed);
    }

    fn launched(account: &Account) -> Vec<(String, u64)> {
        account.stats().kernels.into_iter().map(|kernel| (kernel.name, kernel.launches)).collect()
    }

    #[test]
    fn launches_count_by_name_as_far_as_there_is_room() {
        let (page, mut account) = (page(Layout::of(opencl())), Account::new(opencl()));
        for name in ["turn", "fill", "turn", &"a".repeat(64), &"b".repeat(65), &"ü".repeat(40)] {
            launch(&page, name);
        }
        account.read(&page);
        let expected = [("turn".to_owned(), 2), ("fill".to_owned(), 1), ("a".repeat(64), 1)];
        let shortened = [(format!("{}…", "b".repeat(61)), 1), (format!("{}…", "ü".repeat(30)), 1)];
        assert_eq!(launched(&account), [&expected[..], &shortened].concat());
        (0..40).for_each(|number| launch(&page, &format!("kernel {number}")));
        account.read(&page);
        let all = launched(&account);
        assert_eq!((all.len(), &all[32]), (33, &(OTHERS.to_owned(), 13)));
        assert_eq!(all.iter().map(|(_, launches)| launches).sum::<u64>(), 46);
    }

    #[test]
    fn a_kernel_keeps_its_name_whatever_a_worker_writes() {
        let layout = Layout::of(opencl());
        let (page, mut account) = (page(layout), Account::new(opencl()));
        launch(&page, "turn");
        account.read(&page);
        let write = |at: usize, word: u64| page[at].store(word, Ordering::Relaxed);
        layout.kernel(0).for_each(|at| write(at, u64::MAX));
        write(KERNELS, 0);
        account.read(&page);
        assert_eq!(launched(&account), [("turn".to_owned(), 1)]);
        // Counts of kernels that have no name, and names of any bytes, of which there cannot be so many.
        write(layout.launches().start + 7, 5);
        account.read(&page);
        assert_eq!(launched(&account), [("turn".to_owned(), 1), (OTHERS.to_owned(), 5)]);
        page.iter().for_each(|word| word.store(u64::MAX, Ordering::Relaxed));
        account.read(&page);
        assert_eq!(launched(&account).len(), MOST_KERNELS + 1);
        assert_eq!(launched(&account)[0], ("turn".to_owned(), u64::MAX));
    }

    #[test]
    fn names_of_devices_have_bounds() {
        let layout = Layout::of(opencl());
        let page = page(layout);
        for number in 0..9 {
            add_device(&page, layout, &format!("device {number}"));
        }
        let mut account = Account::new(opencl());
        account.read(&page);
        assert_eq!(account.stats().devices, ["device 0", "device 1", "device 2", "device 3"]);
    }
}
