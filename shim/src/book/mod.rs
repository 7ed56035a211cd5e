//! The state of a session: data only, without access to the worker.

pub mod accepted;
pub mod alike;
pub mod answers;
pub mod board;
pub mod callbacks;
pub mod fixed;
pub mod handles;
pub mod mappings;
pub mod mirrors;
pub mod notes;
pub mod order;
pub mod pending;
pub mod pieces;
pub mod queues;
pub mod regions;
pub mod reserved;
pub mod residents;
pub mod slots;
pub mod texts;
pub mod turn;

use std::ffi::c_void;
use std::sync::Arc;

use ava_protocol::spec::KindSpec;

use crate::base::fault::Fault;
use crate::port::keeper::Keeper;

/// With the value `1`, every call crosses and waits for the vendor's answer.
const STRICT_VARIABLE: &str = "AVA_STRICT";

/// State that the successive sessions of a process with an API share.
pub struct Shared {
    pub range: handles::Range,
    pub texts: texts::Texts,
    accepted: accepted::Places,
    /// Whether every call crosses and waits.
    pub is_strict: bool,
}

impl Shared {
    /// As the program's environment says. `dispatch` is what the first word of every handle points at.
    ///
    /// # Errors
    /// There is no memory.
    pub fn new(dispatch: *const c_void) -> Result<Self, Fault> {
        let is_strict = std::env::var_os(STRICT_VARIABLE).is_some_and(|value| value == "1");
        let range = handles::Range::new(!is_strict, dispatch)?;
        Ok(Self { range, texts: texts::Texts::default(), accepted: accepted::Places::default(), is_strict })
    }
}

/// The state of one session.
pub struct Book {
    pub order: order::Order,
    pub handles: handles::Handles,
    pub accepted: accepted::Accepted,
    pub answers: answers::Answers,
    pub regions: regions::Pool,
    pub pending: pending::Pending,
    pub callbacks: callbacks::Callbacks,
    pub mirrors: mirrors::Mirrors,
    pub mappings: mappings::Mappings,
    pub residents: residents::Residents,
    pub fixed: fixed::Fixed,
    pub board: board::Board,
    pub queues: queues::Queues,
    pub pieces: pieces::Pieces,
}

impl Book {
    /// Of a session of a process's with a generation of its own. Its regions are made by `keeper`; `populate` and `memory`
    /// are as for [`regions::Pool::new`].
    pub fn new(
        shared: &'static Shared,
        generation: u32,
        kinds: &'static [KindSpec],
        keeper: Arc<Keeper>,
        populate: bool,
        memory: u64,
    ) -> Self {
        Self {
            order: order::Order::default(),
            handles: handles::Handles::new(&shared.range, generation, kinds),
            accepted: accepted::Accepted::new(&shared.accepted, generation, shared.is_strict),
            answers: answers::Answers::new(shared.is_strict),
            regions: regions::Pool::new(keeper, populate, memory),
            pending: pending::Pending::default(),
            callbacks: callbacks::Callbacks::new(),
            mirrors: mirrors::Mirrors::default(),
            mappings: mappings::Mappings::default(),
            residents: residents::Residents::default(),
            fixed: fixed::Fixed::default(),
            board: board::Board::default(),
            queues: queues::Queues::default(),
            pieces: pieces::Pieces::new(!shared.is_strict),
        }
    }

    /// The program releases a live object for the last time.
    pub fn leaves(&self, handle: *mut c_void) {
        if let Some(id) = self.handles.remembered(handle) {
            self.residents.leaves(id);
        }
    }

    /// Removes a released object. Returns whether other state exists for it.
    pub fn forget(&self, object: u64) -> bool {
        let remembered = self.handles.forget(object);
        if remembered {
            self.answers.forget(object);
            self.callbacks.forget_about(object);
        }
        remembered
    }

    /// The session is lost: removes everything except memory that the program may read. Returns the ids of objects that the
    /// program has released already, for which other state may exist.
    pub fn close(&self) -> Vec<u64> {
        drop(self.pending.close());
        drop(self.regions.close());
        self.callbacks.clear();
        self.answers.clear();
        self.mappings.close();
        self.residents.close(|lease| self.mappings.is_in(lease));
        self.board.close();
        self.handles.retire()
    }
}
