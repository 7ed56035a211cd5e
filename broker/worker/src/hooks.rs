//! What a session has to know of its API: what the table says, and what the API adds by hand, all of which are exceptions.

use std::ffi::c_void;

use ava_protocol::api::Api as Table;
use ava_protocol::frame::{MOST_NOTICES, Notice};

use crate::session::Session;
use crate::state::commands::Vendor;
use crate::state::events::{Events, NoEvents};
use crate::state::marks::{Mark, Marks, NoMarks};

/// What an API's table says; the table compiler makes it.
pub trait Facts {
    fn table(&self) -> &'static Table;

    /// Whether a function, or a call beside the functions, may be called without waiting; `None` if there is none.
    fn oneway(&self, opcode: u32) -> Option<bool> {
        self.table().oneway.get(opcode as usize).copied()
    }

    /// Memory that the API's devices may use in place, if it has such.
    fn in_place(&self) -> Option<&dyn InPlace> {
        None
    }

    /// The commands that transfers outlive their calls with, if the API has such.
    fn events(&self) -> &dyn Events {
        &NoEvents
    }
}

/// An API, with the vendor's functions and what is remembered of the session.
pub trait Hooks: Facts + Send + Sync {
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

    /// A oneway was to make the object `id` from another, and has failed with a status.
    fn creation_failed(&self, session: &Session, id: u64, _made: u16, _from: u64, _status: i64) {
        session.objects.mark_gone(id);
    }

    /// What a kernel is called, if the vendor tells.
    fn kernel_name(&self, _kind: u16, _kernel: *mut c_void) -> Option<String> {
        None
    }

    /// Whether commands are over when their calls return, in an API without events.
    fn ends_with_calls(&self) -> bool {
        self.events().polled().is_none()
    }

    /// What stands before and behind commands of which the vendor does not say whether they run.
    fn marks(&self) -> &dyn Marks {
        &NoMarks
    }

    /// The queue of this id, if it is one.
    fn queue(&self, _session: &Session, _id: u64) -> Option<Queue> {
        None
    }

    /// How many bytes of device memory a new object takes, where the table cannot tell.
    fn takes(&self, _kind: u16, _object: *mut c_void) -> u64 {
        0
    }

    /// How many bytes of device memory an object holds whose structs programs read, or will when the vendor has made room for
    /// them. It changes with calls after which the structs may be elsewhere (`pull` in the table).
    fn holds(&self, _kind: u16, _object: *mut c_void) -> u64 {
        0
    }

    /// Gives a new object back, which nobody has heard of: it takes more than the session may have.
    fn destroy(&self, _kind: u16, _object: *mut c_void) {}

    /// Gives back the memory that a number of a type stands for, likewise.
    fn undo(&self, _of: &str, _number: u64) {}

    /// Whether a number of a type still stands for device memory, as far as the vendor tells.
    fn is_there(&self, _of: &str, _number: u64) -> bool {
        true
    }

    /// Has the vendor call `tell` with this word when all is done that an object was given by now, if it can and the program does not
    /// notice. It may never tell, if that fails.
    fn tell_when_done(&self, _kind: u16, _object: *mut c_void, _tell: Done, _word: *mut c_void) -> bool {
        false
    }

    /// An object is gone.
    fn forget(&self, _id: u64) {}
}

/// The vendor has a command of a queue: `event` is its event, which somebody `holds`, or nobody else.
pub fn watch(session: &'static Session, hooks: &'static dyn Hooks, queue: u64, event: usize, holds: bool) {
    if holds {
        hooks.events().retain(event);
    }
    let queue = hooks.queue(session, queue).unwrap_or_default();
    if session.commands.add(event, queue.pointer, queue.on_processors) {
        ask(session, hooks);
    }
}

/// A command that is given to a queue between two marks.
#[derive(Debug, Clone, Copy)]
pub struct Occupied {
    pub number: u64,
    /// The vendor's queue; null for the one of calls that name none.
    pub queue: *mut c_void,
}

/// The vendor is about to be given a command of a queue, behind a mark: the command's number.
pub fn watch_behind(session: &'static Session, hooks: &'static dyn Hooks, mark: Mark, queue: usize) -> u64 {
    let number = session.commands.add_behind(mark, queue);
    if session.commands.wants_thread() {
        ask(session, hooks);
    }
    number
}

fn ask(session: &'static Session, hooks: &'static dyn Hooks) {
    let ask = move || session.commands.ask(Vendor { events: hooks.events(), marks: hooks.marks() });
    if let Err(error) = std::thread::Builder::new().name("commands".into()).spawn(ask) {
        tracing::warn!("nobody sees for how long commands run: {error}");
    }
}

/// A queue of commands.
#[derive(Debug, Clone, Copy, Default)]
pub struct Queue {
    /// The vendor's.
    pub pointer: usize,
    /// What it is given runs on processors of the machine.
    pub on_processors: bool,
}

/// What a vendor calls when something is done.
pub type Done = unsafe extern "C" fn(*mut c_void);

/// What the shim is to be told with the next frame.
pub fn notices(session: &Session, hooks: &dyn Hooks) -> Vec<Notice> {
    let mut notices = Vec::new();
    session.pending.notices(hooks.events(), &mut notices);
    let room = MOST_NOTICES.saturating_sub(notices.len());
    session.residents.notices(room, &mut notices);
    let room = MOST_NOTICES.saturating_sub(notices.len());
    session.objects.notices(room, &mut notices);
    notices
}

/// What an API has for memory that its devices may use in place; the table compiler makes all but `suits`.
pub trait InPlace {
    fn description(&self) -> &'static Description;

    /// Whether what the devices do to memory of ours is there at once, and what is there they see. `of` is a live object.
    fn suits(&self, of: *mut c_void) -> bool;

    /// The bytes that the vendor says an object has.
    fn size(&self, object: *mut c_void) -> u64;

    /// The flags that the vendor says an object has.
    fn flags(&self, object: *mut c_void) -> u64;

    /// Makes an object of `len` bytes, of which the flags say what `memory` has to do with them; the vendor's status where it
    /// refuses.
    ///
    /// # Safety
    /// `of` is live or null. `memory` is null, or has as many bytes, and is kept until the vendor has destroyed the object if
    /// the flags say that it uses them.
    unsafe fn create(&self, of: *mut c_void, flags: u64, memory: *mut c_void, len: usize) -> Result<*mut c_void, i64>;

    /// Gives an object of ours back.
    fn release(&self, object: *mut c_void);

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
    pub exhausted: i64,
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
