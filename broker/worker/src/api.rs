//! What an API adds to what its table says: the rooms in which OpenCL and the others have their exceptions.

pub mod opencl;
pub mod pkcs11;
pub mod tflite;

use std::any::Any;
use std::ffi::c_void;
use std::path::Path;

use ava_protocol::api::Api as Table;

use crate::call::{Call, Outcome};
use crate::session::Session;
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

    /// An object is gone.
    fn forget(&self, _id: u64) {}

    /// Memory that the API's devices may use in place, if it has such.
    fn in_place(&self) -> Option<&dyn InPlace> {
        None
    }

    /// The commands that transfers outlive their calls with, if the API has such.
    fn events(&self) -> &dyn Events {
        &NoEvents
    }
}

/// Commands of an API that go on after their calls, by the vendor's event.
pub trait Events {
    /// The handle type of events, and the function that a poll counts as; `None` where there are none.
    fn polled(&self) -> Option<(u16, u32)>;
    /// How far a command has got: greater than 0 while it goes on, 0 when it has completed, less when it failed. Else what
    /// the vendor's function returned instead.
    fn status(&self, event: usize) -> Result<i32, i32>;
    /// Waits for the command; whether it failed.
    fn wait(&self, event: usize) -> bool;
    fn retain(&self, event: usize);
    fn release(&self, event: usize);
    /// Has the vendor call `tell` with this word when a command has got so far, or failed, if it can.
    fn notify(&self, event: usize, status: i32, tell: Reached, word: *mut c_void);
    /// Whether the commands of a queue complete in the order of their submission.
    fn is_ordered(&self, session: &Session, queue: u64) -> bool;

    /// `None` while the command goes on; then whether it failed.
    fn outcome(&self, event: usize) -> Option<bool> {
        match self.status(event) {
            // A vendor may call a command complete that never ran, because an event it waited for ended in error, and
            // own up only to who waits.
            Ok(0) => Some(self.wait(event)),
            Ok(1..) => None,
            _ => Some(true),
        }
    }
}

/// What a vendor calls when a command has got so far: event, status, word.
pub type Reached = unsafe extern "C" fn(*mut c_void, i32, *mut c_void);

struct NoEvents;

impl Events for NoEvents {
    fn polled(&self) -> Option<(u16, u32)> {
        None
    }
    fn status(&self, _: usize) -> Result<i32, i32> {
        Err(-1)
    }
    fn wait(&self, _: usize) -> bool {
        true
    }
    fn retain(&self, _: usize) {}
    fn release(&self, _: usize) {}
    fn notify(&self, _: usize, _: i32, _: Reached, _: *mut c_void) {}
    fn is_ordered(&self, _: &Session, _: u64) -> bool {
        true
    }
}

/// What an API has for memory that its devices may use in place.
pub trait InPlace {
    fn description(&self) -> &'static Description;

    /// Whether what the devices do to memory of ours is there at once, and what is there they see. `of` is a live object.
    fn suits(&self, of: *mut c_void) -> bool;

    /// What the vendor makes of flags that a program gives: those that it says an object made with them has, or its status.
    fn said(&self, of: *mut c_void, flags: u64) -> Result<u64, i64>;

    /// The flags that the vendor says an object has.
    fn flags(&self, object: *mut c_void) -> u64;

    /// Makes an object whose memory is `len` bytes at `base`; the vendor's status where it refuses.
    ///
    /// # Safety
    /// The memory is kept until the vendor has destroyed the object.
    unsafe fn create(&self, of: *mut c_void, flags: u64, base: *mut c_void, len: usize) -> Result<*mut c_void, i64>;

    /// Has the vendor call `tell` with this word when it has destroyed the object, if it can.
    fn when_destroyed(&self, object: *mut c_void, tell: Destroyed, word: *mut c_void);

    /// Enqueues a transfer of one byte that waits: the vendor's status; `None` where it has no such function.
    ///
    /// # Safety
    /// The command's objects are live or null, its pointers lead to what they say, and the byte stays where it is.
    unsafe fn move_byte(&self, command: &Command, byte: *mut u8, writes: bool) -> Option<i64>;
}

/// What a vendor calls when it has destroyed an object.
pub type Destroyed = unsafe extern "C" fn(*mut c_void, *mut c_void);

/// What an API's memory objects are called, and how they are made.
pub struct Description {
    /// The handle types of memory objects, of what they are made of, of queues and of events.
    pub object: u16,
    pub of: u16,
    pub queue: u16,
    pub event: u16,
    /// The functions that make, read and write one, which their calls count as.
    pub creates: u32,
    pub reads: u32,
    pub writes: u32,
    /// Flags: the object's memory is the program's; is memory of the host; is filled from the program's.
    pub use_host: u64,
    pub alloc_host: u64,
    pub copy_host: u64,
    /// The status of an object for which there is no memory, and that of success.
    pub no_memory: i64,
    pub ok: i64,
}

/// A command that moves one byte.
pub struct Command {
    pub queue: *mut c_void,
    pub object: *mut c_void,
    pub offset: usize,
    pub wait_count: u32,
    pub wait_list: *const *mut c_void,
    pub event: *mut *mut c_void,
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
