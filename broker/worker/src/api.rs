//! What an API adds to what its table says: the rooms in which OpenCL and the others have their exceptions.

pub mod opencl;
pub mod pkcs11;
pub mod tflite;

use std::any::Any;
use std::ffi::c_void;
use std::path::Path;

use ava_protocol::api::Api as Table;
use ava_protocol::frame::Notice;

use crate::call::{Call, Outcome};
use crate::memory::Input;
use crate::session::Session;
use crate::state::objects::Held;
use crate::vendor::Loaded;

/// An API as a worker serves it, with the vendor's functions and what is remembered of the session. All but the first
/// functions are exceptions that an API may have.
pub trait Api: Any + Send + Sync {
    fn table(&self) -> &'static Table;

    /// Serves one call.
    fn serve(&self, opcode: u32, call: &mut Call, body: &[u8]) -> Outcome;

    /// Whether a function, or a call beside the functions, may be called without waiting; `None` if there is none.
    fn oneway(&self, opcode: u32) -> Option<bool> {
        self.table().oneway.get(opcode as usize).copied()
    }

    /// Has the vendor do what it puts off until it is first asked, before a program waits for it.
    fn warm_up(&self) {}

    /// What the library calls itself, if it does without being asked much.
    fn version(&self) -> Option<String> {
        None
    }

    /// The names of the devices that the program has seen.
    fn device_names(&self, _session: &Session) -> Vec<String> {
        Vec::new()
    }

    /// Whether programs see an extension of what they ask about; `None` where it is gone.
    fn crosses(&self, _about: Option<usize>, extension: &str) -> bool {
        self.table().extension(extension).is_some()
    }

    /// An object that a oneway was to make from another, and did not.
    fn stillborn(&self, session: &Session, id: u64, _made: u16, _from: u64, _status: i64) {
        session.objects.bury(id);
    }

    /// How much device memory a new object takes, where the table does not tell.
    fn memory(&self, _call: &Call<'_>, _kind: u16, _object: *mut c_void, _parents: &[u64]) -> u64 {
        0
    }

    /// Keeps an input that is in use until the object that was made with it is gone.
    fn hold(&self, session: &'static Session, id: u64, input: Input, _address: u64) {
        session.objects.keep(id, Held::Memory(input));
    }

    /// An object is gone.
    fn forget(&self, _id: u64) {}

    /// What the shim is to be told with the next frame, at most so much.
    fn notices(&self, _room: usize, _out: &mut Vec<Notice>) {}

    /// Where the program has the memory that the vendor names; 0 for memory that is not the program's.
    fn program_address(&self, _pointer: usize) -> u64 {
        0
    }

    /// The flags that the program has made an object with.
    fn program_flags(&self, _session: &Session, _about: u64, flags: u64) -> u64 {
        flags
    }

    /// The commands that transfers outlive their calls with, if the API has such.
    fn events(&self) -> &dyn Events {
        &NoEvents
    }
}

/// Commands of an API that go on after their calls, by the vendor's event.
pub trait Events {
    /// `None` while the command goes on; then whether it failed.
    fn outcome(&self, event: usize) -> Option<bool>;
    fn retain(&self, event: usize);
    fn release(&self, event: usize);
    /// Waits for the command.
    fn wait(&self, event: usize);
    /// Whether the commands of a queue complete in the order of their submission.
    fn is_ordered(&self, session: &Session, queue: u64) -> bool;
}

struct NoEvents;

impl Events for NoEvents {
    fn outcome(&self, _: usize) -> Option<bool> {
        Some(true)
    }
    fn retain(&self, _: usize) {}
    fn release(&self, _: usize) {}
    fn wait(&self, _: usize) {}
    fn is_ordered(&self, _: &Session, _: u64) -> bool {
        true
    }
}

/// An API with the vendor's library that it was loaded from.
pub struct Served {
    pub api: Box<dyn Api>,
    /// The library's file.
    pub library: String,
}

impl Served {
    /// The library, for people: its file, and what it calls itself.
    pub fn described(&self) -> String {
        match self.api.version() {
            Some(version) => format!("{} ({version})", self.library),
            None => self.library.clone(),
        }
    }
}

/// Loads the vendor's library of an API, from this file if there is one.
///
/// # Errors
/// What the dynamic linker says, or which function the library lacks that nothing goes without.
pub fn load(table: &'static Table, file: Option<&Path>) -> Result<Served, String> {
    let mut loaded = Loaded::open(table, file)?;
    let load = match table.name {
        "opencl" => opencl::load,
        "pkcs11" => pkcs11::load,
        "tflite" => tflite::load,
        other => return Err(format!("this worker does not serve {other}")),
    };
    let api = load(&mut loaded)?;
    let library = loaded.path();
    // The library stays loaded for the life of the process.
    std::mem::forget(loaded);
    Ok(Served { api, library })
}
