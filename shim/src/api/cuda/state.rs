//! What is remembered of a session with CUDA, and CUDA's slot.

pub mod current;
mod devices;
mod kept;
mod registered;
pub mod stages;
mod standing;

use std::sync::OnceLock;

use ava_protocol::api::Work;
use ava_protocol::cuda::parameters::Layout;

use super::links::Links;
use devices::Devices;
use kept::Kept;
use registered::Registered;
use standing::Standing;
pub use standing::{Recorder, Way};

use crate::api::slot::slot;
use crate::base::maps;
use crate::book::regions::Lease;
use crate::session::{self, Foresight, Hooks};

slot!(cuda, State);

/// What is remembered of a session with CUDA.
pub struct State {
    /// The driver's.
    pub version: OnceLock<i32>,
    /// The parameters of kernels, by the ids of their functions.
    pub parameters: maps::ById<Layout>,
    /// Memory of the program's own.
    pub registered: Registered,
    /// What the program was told that parameters of nodes lead to, by the ids of these.
    pub nodes: maps::ById<Box<[u64]>>,
    /// What it was told of the recordings of streams, by handle: no more than there are streams, since few record.
    pub recordings: maps::ById<Recording>,
    pub links: Links,
    /// Of the contexts that it has made.
    pub devices: Devices,
    /// Modules and libraries of which nothing more is found, by id.
    pub refused: maps::ById<()>,
    /// What is known beforehand.
    pub standing: Standing,
    /// What the runtime keeps with contexts.
    pub kept: Kept,
}

/// What the next node of a stream's recording is to wait for, and by what edges: the program has the addresses of both until it
/// asks about the stream again.
#[derive(Default)]
pub struct Recording {
    pub dependencies: Box<[u64]>,
    pub edges: Box<[u8]>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            version: OnceLock::new(),
            parameters: maps::busy(),
            registered: Registered::default(),
            links: Links::default(),
            devices: Devices::default(),
            refused: maps::quiet(),
            standing: Standing::default(),
            nodes: maps::quiet(),
            recordings: maps::quiet(),
            kept: Kept::default(),
        }
    }
}

impl State {
    /// The thread's current context: in another, or without one, the driver may refuse what it accepts in this one.
    fn context(&self) -> Option<u64> {
        current::known(SLOT.current().ok()?.generation).map(|context| context as u64)
    }
}

impl Hooks for State {
    fn forget(&self, id: u64) -> Vec<Lease> {
        self.parameters.remove(&id);
        self.nodes.remove(&id);
        self.refused.remove(&id);
        self.links.forget(id);
        self.standing.rests((id, 0));
        Vec::new()
    }

    fn foresight(&self) -> Option<&dyn Foresight> {
        Some(self)
    }

    fn close(&self) {
        self.parameters.clear();
        self.nodes.clear();
        self.refused.clear();
        self.recordings.clear();
        stages::clear();
    }
}

impl Foresight for State {
    fn standing(&self, work: Work, in_place: bool) -> Option<u64> {
        self.standing.allows(work, in_place).then(|| self.context()).flatten()
    }

    fn place(&self) -> Option<u64> {
        // What is asked of a stream that may record is for the driver to answer.
        if self.standing.is_recording() { None } else { self.context() }
    }

    fn releases(&self) -> bool {
        self.standing.releases() && self.context().is_some()
    }

    fn extent(&self, address: u64, len: u64) -> Option<u64> {
        self.standing.extent(address, len)
    }

    fn freed(&self, address: u64) -> Option<u64> {
        self.standing.piece(address)
    }

    #[inline]
    fn sent(&self, work: Work, first: u64, quiet: bool) {
        self.standing.sent(work, first, quiet);
    }
}

impl session::State for State {}
