//! Captures: streams that record what they are asked for into a graph instead of running it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;

use super::graph::{Graph, Work};
use crate::cuda::{Result, Status};

/// How much a capture forbids (`CUstreamCaptureMode`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    Global,
    ThreadLocal,
    Relaxed,
}

impl Mode {
    pub fn new(number: u32) -> Result<Self> {
        match number {
            0 => Ok(Self::Global),
            1 => Ok(Self::ThreadLocal),
            2 => Ok(Self::Relaxed),
            _ => Err(Status::INVALID_VALUE),
        }
    }
}

/// A capture under way.
pub struct Capture {
    pub id: u64,
    pub mode: Mode,
    pub thread: ThreadId,
    pub graph: Arc<Graph>,
    /// The stream that it began in.
    pub origin: usize,
    /// The graph was there before, and stays if the capture fails.
    pub is_to_graph: bool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    is_invalid: bool,
    is_ended: bool,
    /// The nodes that come last in each stream.
    frontiers: BTreeMap<usize, Vec<usize>>,
}

/// Captures under way, by their numbers.
static ACTIVE: Mutex<BTreeMap<u64, Arc<Capture>>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static MODE: Cell<Mode> = const { Cell::new(Mode::Global) };
}

/// Sets how much captures forbid this thread; what was set before (`cuThreadExchangeStreamCaptureMode`).
pub fn exchange(mode: Mode) -> Mode {
    MODE.replace(mode)
}

/// Whether the thread may make a call that could be unsafe while something is captured. If not, the captures that forbid it
/// become invalid.
pub fn check() -> Result {
    let (own, mode) = (std::thread::current().id(), MODE.get());
    let forbids = |capture: &Capture| match mode {
        Mode::Relaxed => false,
        _ if capture.thread == own => capture.mode != Mode::Relaxed,
        Mode::Global => capture.mode == Mode::Global,
        Mode::ThreadLocal => false,
    };
    let forbidding: Vec<_> = active().values().filter(|capture| forbids(capture)).cloned().collect();
    if forbidding.is_empty() {
        return Ok(());
    }
    forbidding.iter().for_each(|capture| capture.invalidate());
    Err(Status::STREAM_CAPTURE_UNSUPPORTED)
}

/// The capture of a number, if it is under way.
pub fn find(id: u64) -> Option<Arc<Capture>> {
    active().get(&id).cloned()
}

impl Capture {
    /// Begins one in a stream, behind some nodes of a graph.
    pub fn begin(origin: usize, mode: Mode, graph: Option<Arc<Graph>>, nodes: &[usize]) -> Arc<Self> {
        let is_to_graph = graph.is_some();
        let frontiers = BTreeMap::from([(origin, nodes.to_vec())]);
        let capture = Arc::new(Self {
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            mode,
            thread: std::thread::current().id(),
            graph: graph.unwrap_or_else(Graph::new),
            origin,
            is_to_graph,
            state: Mutex::new(State { frontiers, ..State::default() }),
        });
        active().insert(capture.id, capture.clone());
        capture
    }

    /// Appends to a stream.
    pub fn add(&self, stream: usize, work: Work) -> Result<usize> {
        let mut state = self.lock();
        if state.is_invalid {
            return Err(Status::STREAM_CAPTURE_INVALIDATED);
        }
        let frontier = state.frontiers.entry(stream).or_default();
        let node = self.graph.add(work, frontier)?;
        *frontier = vec![node];
        Ok(node)
    }

    /// Lets what follows in a stream depend on more nodes; the stream takes part from now on.
    pub fn join(&self, stream: usize, nodes: &[usize]) -> Result {
        let mut state = self.lock();
        if state.is_invalid {
            return Err(Status::STREAM_CAPTURE_INVALIDATED);
        }
        let frontier = state.frontiers.entry(stream).or_default();
        frontier.extend(nodes);
        frontier.sort_unstable();
        frontier.dedup();
        Ok(())
    }

    /// Lets what follows in a stream depend on these nodes only.
    pub fn replace(&self, stream: usize, nodes: &[usize]) -> Result {
        let known = self.graph.nodes();
        if nodes.iter().any(|node| known.binary_search(node).is_err()) {
            return Err(Status::INVALID_VALUE);
        }
        self.lock().frontiers.insert(stream, nodes.to_vec());
        Ok(())
    }

    /// The nodes that come last in a stream.
    pub fn frontier(&self, stream: usize) -> Vec<usize> {
        self.lock().frontiers.get(&stream).cloned().unwrap_or_default()
    }

    /// Shows the nodes that come last in a stream where they are: they stay there until something changes them.
    pub fn look(&self, stream: usize, look: impl FnOnce(&[usize])) {
        look(self.lock().frontiers.get(&stream).map_or(&[], Vec::as_slice));
    }

    /// Whether it is over: no stream takes part any more.
    pub fn is_ended(&self) -> bool {
        self.lock().is_ended
    }

    pub fn is_valid(&self) -> bool {
        !self.lock().is_invalid
    }

    pub fn invalidate(&self) {
        self.lock().is_invalid = true;
    }

    /// Ends it; its graph, if nothing went wrong.
    pub fn end(&self) -> Result<Arc<Graph>> {
        active().remove(&self.id);
        let mut state = self.lock();
        state.is_ended = true;
        let last = state.frontiers.get(&self.origin).cloned().unwrap_or_default();
        let is_joined = |nodes: &Vec<usize>| self.graph.are_before(nodes, &last);
        let outcome = match state.is_invalid {
            true => Err(Status::STREAM_CAPTURE_INVALIDATED),
            false if !state.frontiers.values().all(is_joined) => Err(Status::STREAM_CAPTURE_UNJOINED),
            false => Ok(self.graph.clone()),
        };
        if outcome.is_err() && !self.is_to_graph {
            self.graph.destroy();
        }
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn active() -> MutexGuard<'static, BTreeMap<u64, Arc<Capture>>> {
    ACTIVE.lock().unwrap_or_else(PoisonError::into_inner)
}
