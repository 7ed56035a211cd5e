//! What OpenCL's hand-written code remembers of a session, and OpenCL's slot.

pub mod arguments;
pub mod roots;

use crate::api::slot::slot;
use crate::base::fault::Fault;
use crate::book::notes::Notes;
use crate::book::regions::Lease;
use crate::session::{self, ApiSession, Hooks};

slot!(opencl, State);

/// What is remembered of a session with OpenCL.
#[derive(Default)]
pub struct State {
    pub arguments: arguments::Arguments,
    pub roots: roots::Roots,
    /// The sources, as they were passed, of programs that have another.
    pub sources: Notes<Vec<u8>>,
}

impl Hooks for State {
    fn forget(&self, id: u64) -> Vec<Lease> {
        self.arguments.forget(id);
        self.sources.forget(id);
        Vec::new()
    }

    fn close(&self) {
        self.arguments.clear();
        self.sources.clear();
    }
}

impl session::State for State {
    fn renew(&self, new: &'static ApiSession<Self>) -> Result<(), Fault> {
        self.roots.renew(new, &new.state.roots)
    }
}
