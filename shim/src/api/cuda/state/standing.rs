//! What is known of a session beforehand, so that a call which does not fail need not wait: which device memory there is, whether
//! a stream records, whether all that was given to devices is done.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError, RwLock};

use ava_protocol::api::{Submits, Work};

use crate::book::accepted::mix;

/// How device memory has been allocated: what may be done with it depends on that, and on where.
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// By `cuMemAlloc` and its like, in a context.
    Plain = 1,
    /// In a stream's order, from a context's pool.
    Ordered,
    /// From a pool that is named.
    Pooled,
}

/// Device memory by its address.
#[derive(Debug, Clone, Copy)]
struct Piece {
    len: u64,
    class: u64,
    /// No other piece of the session has it, before or later.
    number: u64,
}

/// A stream that records. What is no stream of its own is one for each thread.
pub type Recorder = (u64, u64);

#[derive(Debug, Default)]
pub struct Standing {
    memory: RwLock<BTreeMap<u64, Piece>>,
    /// How many pieces there were so far.
    numbers: AtomicU64,
    recorders: Mutex<HashSet<Recorder>>,
    recording: AtomicUsize,
    /// A context has ended, and objects of its that the program still has cannot be told from others.
    ended: AtomicBool,
    /// The context that was found current first, as long as no other was; 0 for none yet, and 1 for several.
    context: AtomicUsize,
    /// The stream by which devices were first given anything, as long as there was no other; 0 for none yet.
    giver: AtomicU64,
    /// How often devices were given what the host may notice before it waits, and how often by the time that all was done.
    given: AtomicU64,
    done: AtomicU64,
    /// A graph may allocate memory when it is played, or free some: whether it may be played again depends on what has become
    /// of that.
    graphs_allocate: AtomicBool,
}

impl Standing {
    /// Device memory that the program is about to hear of, allocated in a context or from a pool.
    pub fn allocated(&self, address: u64, len: u64, way: Way, of: usize) {
        // What is allocated by a recording exists when that is played.
        if self.is_recording() {
            self.graph_allocates();
        } else {
            let class = mix(way as u64, of as u64);
            let number = self.numbers.fetch_add(1, Ordering::Relaxed);
            self.pieces().insert(address, Piece { len, class, number });
        }
    }

    /// Device memory has been given back.
    pub fn freed(&self, address: u64) {
        if self.is_recording() {
            self.graph_allocates();
        }
        self.pieces().remove(&address);
    }

    /// What device memory it is of which so many bytes are used, and how they are aligned.
    pub fn extent(&self, address: u64, len: u64) -> Option<u64> {
        self.holds(address, len).map(|piece| mix(piece.class, address % 16))
    }

    /// The number of the device memory that an address is in, which no other has.
    pub fn number(&self, address: u64) -> Option<u64> {
        self.holds(address, 1).map(|piece| piece.number)
    }

    fn holds(&self, address: u64, len: u64) -> Option<Piece> {
        let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        let (from, piece) = memory.range(..=address).next_back()?;
        let end = (address - from).checked_add(len)?;
        // What is said of no bytes is for the driver to judge.
        (len > 0 && end <= piece.len).then_some(*piece)
    }

    /// What device memory begins at an address.
    pub fn piece(&self, address: u64) -> Option<u64> {
        let memory = self.memory.read().unwrap_or_else(PoisonError::into_inner);
        memory.get(&address).map(|piece| piece.class)
    }

    fn pieces(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<u64, Piece>> {
        self.memory.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// A context has ended, or is about to: what memory is left nobody knows.
    pub fn context_ended(&self) {
        self.ended.store(true, Ordering::SeqCst);
        self.pieces().clear();
    }

    /// A thread calls with this context.
    #[inline]
    pub fn in_context(&self, context: usize) {
        const SEVERAL: usize = 1;
        if self.context.load(Ordering::Relaxed) != context && context != 0 {
            let first = self.context.compare_exchange(0, context, Ordering::SeqCst, Ordering::SeqCst);
            if first.is_err_and(|known| known != context) {
                self.context.store(SEVERAL, Ordering::SeqCst);
            }
        }
    }

    /// Whether all that devices were given they were given in one context.
    pub fn is_of_one_context(&self) -> bool {
        self.context.load(Ordering::SeqCst) > 1
    }

    /// A stream is about to record.
    pub fn records(&self, recorder: Recorder) {
        self.change(|all| {
            all.insert(recorder);
        });
    }

    /// It does not record any more.
    pub fn rests(&self, recorder: Recorder) {
        self.change(|all| {
            all.remove(&recorder);
        });
    }

    fn change(&self, change: impl FnOnce(&mut HashSet<Recorder>)) {
        let mut all = self.recorders.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut all);
        self.recording.store(all.len(), Ordering::SeqCst);
    }

    /// Whether any stream may be recording: what calls then do, and whether they may be made, the driver says.
    pub fn is_recording(&self) -> bool {
        self.recording.load(Ordering::SeqCst) > 0
    }

    /// A call was made.
    #[inline]
    pub fn sent(&self, work: Work, first: u64, quiet: bool) {
        if work.submits == Submits::Noticed || work.submits == Submits::Quietly && !quiet {
            // Before it is counted: who finds the count finds the stream.
            if self.giver.load(Ordering::SeqCst) != first || first == 0 {
                self.gives(first);
            }
            self.given.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Devices are given something by another stream than the first. What is no object is several.
    #[cold]
    fn gives(&self, stream: u64) {
        const SEVERAL: u64 = u64::MAX;
        let first = if stream == 0 { SEVERAL } else { stream };
        if self.giver.compare_exchange(0, first, Ordering::SeqCst, Ordering::SeqCst).is_err() {
            self.giver.store(SEVERAL, Ordering::SeqCst);
        }
    }

    /// Whether a stream has given devices all that they were given when it was as much as has been read before.
    pub fn is_of_one_stream(&self, stream: u64) -> bool {
        self.giver.load(Ordering::SeqCst) == stream
    }

    /// How much devices were given so far.
    pub fn given(&self) -> u64 {
        self.given.load(Ordering::SeqCst)
    }

    /// All is done that they were given when it was so much.
    pub fn is_done(&self, given: u64) {
        self.done.fetch_max(given, Ordering::SeqCst);
    }

    /// Whether a call may go without waiting, as far as its function and this say.
    pub fn allows(&self, work: Work, in_place: bool) -> bool {
        // The host may look at what has been done before such a call. Data in place may change.
        let is_settled = || !in_place && self.done.load(Ordering::SeqCst) == self.given();
        !self.is_recording() && (!work.settled || is_settled())
    }

    /// Whether a release may go without waiting.
    pub fn releases(&self) -> bool {
        !self.is_recording() && !self.ended.load(Ordering::SeqCst)
    }

    /// A graph that is made allocates memory, or frees some.
    pub fn graph_allocates(&self) {
        self.graphs_allocate.store(true, Ordering::SeqCst);
    }

    /// Whether any graph does.
    pub fn do_graphs_allocate(&self) -> bool {
        self.graphs_allocate.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use ava_protocol::cuda::{API, opcode};

    use super::*;

    #[test]
    fn memory_is_known_by_what_was_allocated() {
        let standing = Standing::default();
        assert_eq!((standing.extent(4096, 1), standing.piece(4096)), (None, None));
        standing.allocated(4096, 100, Way::Plain, 7);
        standing.allocated(8192, 100, Way::Plain, 7);
        standing.allocated(12288, 100, Way::Ordered, 7);
        let of = |address, len| standing.extent(address, len);
        assert!(of(4096, 100).is_some() && of(4096, 100) == of(8192, 1) && of(4096, 1) == of(4112, 84));
        assert_ne!(of(4096, 8), of(4104, 8), "aligned otherwise");
        assert_ne!(of(4096, 8), of(12288, 8), "allocated otherwise");
        for (address, len) in [(4096, 101), (4195, 2), (4196, 1), (4095, 1), (4096, 0), (4097, u64::MAX)] {
            assert_eq!(of(address, len), None, "{len} bytes at {address}");
        }
        assert!(standing.piece(4096).is_some() && standing.piece(4097).is_none());
        let number = standing.number(4096);
        assert!(number.is_some() && number == standing.number(4195) && standing.number(4196).is_none());
        standing.freed(4096);
        assert_eq!((of(4096, 1), standing.piece(4096)), (None, None));
        standing.allocated(4096, 100, Way::Plain, 7);
        assert!(standing.number(4096).is_some_and(|again| Some(again) != number), "its address was another's before");
        standing.freed(4096);
        standing.records((1, 0));
        standing.allocated(4096, 100, Way::Plain, 7);
        standing.rests((1, 0));
        assert_eq!(of(4096, 1), None, "of a recording");
        standing.context_ended();
        assert_eq!(of(8192, 1), None);
    }

    fn work(opcode: u32) -> Work {
        API.work(opcode)
    }

    #[test]
    fn what_waits_for_others_goes_ahead_when_all_is_done() {
        let standing = Standing::default();
        let goes = |opcode, in_place| standing.allows(work(opcode), in_place);
        let sent = |opcode, quiet| standing.sent(work(opcode), 5, quiet);
        assert!(goes(opcode::cuMemcpyHtoD_v2, false) && !goes(opcode::cuMemcpyHtoD_v2, true));
        sent(opcode::cuMemsetD8Async_ptsz, true);
        sent(opcode::cuMemAlloc_v2, false);
        assert!(goes(opcode::cuMemFree_v2, false));
        let before = standing.given();
        sent(opcode::cuLaunchKernel, true);
        standing.is_done(before);
        assert!(!goes(opcode::cuMemFree_v2, false) && goes(opcode::cuMemcpyHtoDAsync_v2, true));
        standing.is_done(standing.given());
        assert!(goes(opcode::cuMemFree_v2, false));
        sent(opcode::cuMemcpyDtoHAsync_v2, false);
        assert!(!goes(opcode::cuMemcpyHtoD_v2_ptds, false));
    }

    #[test]
    fn one_stream_is_known_until_there_is_another() {
        let standing = Standing::default();
        let launch = |stream| standing.sent(work(opcode::cuLaunchKernel), stream, true);
        standing.sent(work(opcode::cuMemAlloc_v2), 6, false);
        launch(5);
        launch(5);
        assert!(standing.is_of_one_stream(5) && !standing.is_of_one_stream(6));
        launch(6);
        launch(5);
        assert!(!standing.is_of_one_stream(5) && !standing.is_of_one_stream(6));
        let standing = Standing::default();
        standing.sent(work(opcode::cuLaunchKernel), 0, true);
        standing.sent(work(opcode::cuLaunchKernel), 5, true);
        assert!(!standing.is_of_one_stream(5) && !standing.is_of_one_stream(0));
    }

    #[test]
    fn nothing_goes_ahead_while_a_stream_records_nor_ends_after_a_context() {
        let standing = Standing::default();
        standing.records((1, 0));
        standing.records((2, 5));
        standing.rests((1, 0));
        assert!(!standing.allows(Work::NONE, false) && !standing.releases());
        standing.rests((2, 5));
        assert!(standing.allows(Work::NONE, false) && standing.releases() && !standing.do_graphs_allocate());
        standing.context_ended();
        assert!(standing.allows(Work::NONE, false) && !standing.releases());
    }

    #[test]
    fn what_a_recording_allocates_its_graph_does() {
        let standing = Standing::default();
        standing.allocated(4096, 16, Way::Ordered, 7);
        assert!(!standing.do_graphs_allocate());
        standing.records((1, 0));
        standing.allocated(8192, 16, Way::Ordered, 7);
        assert!(standing.do_graphs_allocate());
    }
}
