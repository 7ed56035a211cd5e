//! What OpenCL's hand-written code remembers of a session, and OpenCL's slot.

pub mod arguments;
pub mod roots;
pub mod sources;

use ava_protocol::opencl::API;
use ctor::ctor;

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
