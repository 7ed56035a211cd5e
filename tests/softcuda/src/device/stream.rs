//! Streams: queues of operations, with the order between the streams of a context that the legacy stream makes, and with
//! captures.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use super::capture::{self, Capture};
use super::event::{Event, Record};
use super::graph::{self, Plan, Work};
use super::handles::{Handles, fresh};
use super::health::Health;
use super::operation::Operation;
use super::queue::{Job, Mark, Queue, Tail};
use crate::cuda::{Result, Status};

pub static STREAMS: Handles<Stream> = Handles::new();

/// How a stream stands to the legacy stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// The context's legacy stream: waits for all blocking streams, and they for it.
    Legacy,
    Blocking,
    NonBlocking,
}

pub struct Stream {
    pub handle: usize,
    pub context: usize,
    pub kind: Kind,
    pub flags: u32,
    pub priority: i32,
    pub health: Arc<Health>,
    order: Arc<Order>,
    queue: Queue,
    capture: Mutex<Option<Arc<Capture>>>,
    /// Attributes that were set, which are about speed.
    pub attributes: Mutex<BTreeMap<u32, [u64; 8]>>,
}

/// The streams of a context.
#[derive(Default)]
pub struct Order {
    state: Mutex<OrderState>,
}

#[derive(Default)]
struct OrderState {
    members: Vec<Member>,
    /// The end of the legacy stream.
    legacy: Option<Mark>,
}

/// A stream, or one that was destroyed and is not done yet.
struct Member {
    kind: Kind,
    tail: Tail,
    stream: Weak<Stream>,
}

/// `CU_STREAM_NON_BLOCKING`.
pub const NON_BLOCKING: u32 = 1;

impl Order {
    /// The ends of all streams.
    pub fn ends(&self) -> Vec<Mark> {
        self.lock().ends(|_| true)
    }

    /// The captures that blocking streams take part in, or all streams.
    pub fn captures(&self, is_blocking: bool) -> Vec<Arc<Capture>> {
        let streams = self.streams();
        let wanted = streams.iter().filter(|stream| !is_blocking || stream.kind == Kind::Blocking);
        wanted.filter_map(|stream| stream.capture()).collect()
    }

    fn streams(&self) -> Vec<Arc<Stream>> {
        let streams: Vec<_> = self.lock().members.iter().map(|member| member.stream.clone()).collect();
        streams.iter().filter_map(Weak::upgrade).collect()
    }

    fn lock(&self) -> MutexGuard<'_, OrderState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OrderState {
    /// The ends of streams of kinds that are wanted.
    fn ends(&mut self, is_wanted: impl Fn(Kind) -> bool) -> Vec<Mark> {
        self.members.retain(|member| !member.tail.is_over());
        self.members.iter().filter(|member| is_wanted(member.kind)).map(|member| member.tail.last()).collect()
    }
}

impl Stream {
    pub fn new(context: usize, kind: Kind, priority: i32, health: Arc<Health>, order: Arc<Order>) -> Arc<Self> {
        let stream = Arc::new(Self {
            handle: fresh(),
            context,
            kind,
            flags: if kind == Kind::NonBlocking { NON_BLOCKING } else { 0 },
            priority,
            health,
            order: order.clone(),
            queue: Queue::new(),
            capture: Mutex::default(),
            attributes: Mutex::default(),
        });
        let member = Member { kind, tail: stream.queue.tail(), stream: Arc::downgrade(&stream) };
        order.lock().members.push(member);
        stream
    }

    /// Appends an operation, or records it if the stream is capturing; then there is no mark.
    pub fn submit(&self, operation: Operation) -> Result<Option<Mark>> {
        match self.capturing()? {
            Some(capture) => capture.add(self.handle, Work::Operation(operation)).map(|_| None),
            None => Ok(Some(self.push(operation))),
        }
    }

    /// The capture that it takes part in, as an operation is asked for: `STREAM_CAPTURE_IMPLICIT` if the operation would wait
    /// for a capture of another stream, which becomes invalid.
    pub fn capturing(&self) -> Result<Option<Arc<Capture>>> {
        if self.kind == Kind::Legacy {
            let others = self.order.captures(true);
            others.iter().for_each(|capture| capture.invalidate());
            return if others.is_empty() { Ok(None) } else { Err(Status::STREAM_CAPTURE_IMPLICIT) };
        }
        match self.capture() {
            Some(capture) if !capture.is_valid() => Err(Status::STREAM_CAPTURE_INVALIDATED),
            other => Ok(other),
        }
    }

    /// Appends an operation, whatever is captured.
    pub fn push(&self, operation: Operation) -> Mark {
        let health = self.health.clone();
        self.enqueue(Box::new(move || operation.run(&health)))
    }

    fn enqueue(&self, job: Job) -> Mark {
        let mut state = self.order.lock();
        match self.kind {
            Kind::NonBlocking => {}
            Kind::Blocking => {
                if let Some(legacy) = state.legacy.clone().filter(|legacy| !legacy.is_done()) {
                    self.queue.push(Box::new(move || legacy.wait()));
                }
            }
            Kind::Legacy => {
                let ends = state.ends(|kind| kind == Kind::Blocking);
                for end in ends.into_iter().filter(|end| !end.is_done()) {
                    self.queue.push(Box::new(move || end.wait()));
                }
            }
        }
        let mark = self.queue.push(job);
        if self.kind == Kind::Legacy {
            state.legacy = Some(mark.clone());
        }
        mark
    }

    /// What has to be done before the stream counts as done: of the legacy stream, blocking streams, too.
    pub fn ends(&self) -> Vec<Mark> {
        let mut ends = vec![self.queue.last()];
        if self.kind == Kind::Legacy {
            ends.extend(self.order.lock().ends(|kind| kind == Kind::Blocking));
        }
        ends
    }

    /// Waits until all is done.
    pub fn synchronize(&self) -> Result {
        self.ends().iter().for_each(Mark::wait);
        self.health.flush();
        self.health.check()
    }

    /// Records an event here, in the capture if there is one. `is_external`: as a node of the graph that is captured.
    pub fn record(&self, event: &Arc<Event>, is_external: bool) -> Result {
        match self.capturing()? {
            Some(capture) if is_external => {
                capture.add(self.handle, Work::Operation(Operation::Record(event.clone()))).map(drop)
            }
            Some(capture) => {
                event.set(Record::Captured { capture: capture.id, nodes: capture.frontier(self.handle) });
                Ok(())
            }
            None => {
                self.push(Operation::Reach(event.renew()));
                Ok(())
            }
        }
    }

    /// Lets what follows wait for an event. Of a captured event, the stream joins its capture.
    pub fn wait(&self, event: &Arc<Event>, is_external: bool) -> Result {
        let own = self.capturing()?;
        match (event.record(), own) {
            (_, Some(own)) if is_external => {
                own.add(self.handle, Work::Operation(Operation::Await(event.clone()))).map(drop)
            }
            (Record::Nothing, _) => Ok(()),
            (Record::Point(signal), None) => {
                self.push(Operation::Until(signal));
                Ok(())
            }
            (Record::Point(_), Some(own)) => {
                own.invalidate();
                Err(Status::STREAM_CAPTURE_ISOLATION)
            }
            (Record::Captured { capture, nodes }, own) => self.join(capture, &nodes, own),
        }
    }

    fn join(&self, capture: u64, nodes: &[usize], own: Option<Arc<Capture>>) -> Result {
        let Some(other) = capture::find(capture) else {
            // What it stood for is a graph by now, which nothing waits for.
            return Err(Status::CAPTURED_EVENT);
        };
        if self.kind == Kind::Legacy {
            other.invalidate();
            return Err(Status::STREAM_CAPTURE_IMPLICIT);
        }
        if let Some(own) = own.filter(|own| own.id != other.id) {
            own.invalidate();
            other.invalidate();
            return Err(Status::STREAM_CAPTURE_MERGE);
        }
        other.join(self.handle, nodes)?;
        self.set_capture(Some(other));
        Ok(())
    }

    /// Launches a graph: all its operations in one go, or as a child of the graph that is captured.
    pub fn launch(&self, plan: &Plan) -> Result {
        if let Some(capture) = self.capturing()? {
            return capture.add(self.handle, Work::Child(graph::chain(&plan.steps())?)).map(drop);
        }
        // Events are recorded at the launch: what waits for them from now on waits for this run.
        let operations = graph::operations(&plan.steps()).into_iter().map(|operation| match operation {
            Operation::Record(event) => Operation::Reach(event.renew()),
            other => other,
        });
        let (operations, health) = (operations.collect::<Vec<_>>(), self.health.clone());
        plan.launch(|last| {
            self.enqueue(Box::new(move || {
                last.as_ref().inspect(|last| last.wait());
                operations.iter().for_each(|operation| operation.run(&health));
            }))
        });
        Ok(())
    }

    /// The capture that it takes part in.
    pub fn capture(&self) -> Option<Arc<Capture>> {
        let capture = self.capture.lock().unwrap_or_else(PoisonError::into_inner);
        capture.as_ref().filter(|capture| !capture.is_ended()).cloned()
    }

    /// Whether an operation in the legacy stream, this one, would wait for captures.
    pub fn is_awaited_by_captures(&self) -> bool {
        !self.order.captures(true).is_empty()
    }

    pub fn set_capture(&self, capture: Option<Arc<Capture>>) {
        *self.capture.lock().unwrap_or_else(PoisonError::into_inner) = capture;
    }
}
