//! What OpenCL's hand-written code remembers of a session, and OpenCL's slot.

pub mod arguments;
pub mod roots;
pub mod sources;

use std::sync::atomic::{AtomicBool, Ordering};

use ava_protocol::opencl::API;
use ctor::ctor;

use super::buffers::Buffers;
use super::map::Mappings;
use super::status::Board;
use crate::api::generated::opencl::{DISPATCH, deliver};
use crate::base::fault::Fault;
use crate::book::regions::Lease;
use crate::process::registry::Registration;
use crate::session::{self, ApiSession, Hooks, Slot};

/// OpenCL's place in the process.
pub static SLOT: Slot<State> = Slot::new(&API, deliver, &DISPATCH);

static REGISTRATION: Registration = Registration::new(&SLOT);

#[ctor(unsafe)]
fn register() {
    REGISTRATION.add();
}

/// What is remembered of a session with OpenCL.
#[derive(Default)]
pub struct State {
    pub arguments: arguments::Arguments,
    pub roots: roots::Roots,
    pub sources: sources::Sources,
    pub mappings: Mappings,
    pub buffers: Buffers,
    pub board: Board,
    lost: AtomicBool,
}

impl Hooks for State {
    fn forget(&self, id: u64) -> Vec<Lease> {
        if self.lost.load(Ordering::Relaxed) {
            self.mappings.forget_lost(id);
            return self.buffers.forget_lost(id).into_iter().collect();
        }
        self.arguments.forget(id);
        self.buffers.forget(id);
        self.sources.forget(id);
        Vec::new()
    }

    fn vacate(&self, region: u32) -> Option<Lease> {
        self.buffers.vacate(region)
    }

    fn close(&self) {
        self.lost.store(true, Ordering::Relaxed);
        self.arguments.clear();
        self.sources.clear();
        self.mappings.close();
        self.buffers.close(|lease| self.mappings.is_in(lease));
        self.board.close();
    }
}

impl session::State for State {
    fn renew(&self, new: &'static ApiSession<Self>) -> Result<(), Fault> {
        self.roots.renew(new, &new.state.roots)
    }
}
