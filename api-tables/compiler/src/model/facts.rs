//! Facts about a call: the attributes above a function.

use super::expr::Expr;
use super::extensions::Version;
use super::mirrors::{Answers, Array};
use super::procs::{Proc, Twin};

/// The facts about a call: the attributes above its function.
#[derive(Debug, Default)]
pub struct Facts {
    /// `oneway` or `oneway(unless = e)`.
    pub oneway: Option<Oneway>,
    /// `about(p)`: the object that the call is about, where it is not the first handle.
    pub about: Option<String>,
    /// Served in the shim by a hand-written function; the call never crosses.
    pub local: bool,
    /// `same_as(f)`: another function under a second name. Such a function is `local` too: it crosses as f, if at all.
    pub same_as: Option<String>,
    /// It needs no existing object, so it begins a new session if the last one is lost.
    pub afresh: bool,
    /// `cached`, `cached(unless = e)` or `cached(after = event)`.
    pub cached: Option<Cached>,
    /// `custom`: by hand on both sides; `custom(shim)`, `custom(worker)`: on that side only (the wire types and the other
    /// side are generated).
    pub custom: Custom,
    /// `refuse(unless = e)`: the worker refuses the call unless e holds, because the vendor does not check it.
    pub refuse_unless: Option<Expr>,
    /// Parameter → condition under which it counts.
    pub when: Vec<(String, Expr)>,
    /// Pointer or callback parameter → how long it stays in use.
    pub until: Vec<(String, Until)>,
    /// `awaited(p)`, `awaited(p, again = f)`: the vendor waits until callback p has returned.
    pub awaited: Option<Awaited>,
    /// Out parameter → how many of its elements (bytes for `c_void` and tagged ones) are valid afterwards.
    pub written: Vec<(String, Expr)>,
    /// The handle type whose count the call raises or lowers.
    pub retain: Option<String>,
    pub release: Option<String>,
    pub charge: Vec<(Resource, Amount)>,
    /// `allots(p)`: the number that comes out through p stands for device memory, as much as is charged.
    pub allots: Option<String>,
    /// `frees(p)`: gives back the device memory that number p stands for.
    pub frees: Option<String>,
    /// `launches(h)`: runs kernel h, which is counted by its name.
    pub launches: Option<String>,
    /// `extent(p = e)`: address p → how many bytes of device memory the call uses there.
    pub extents: Vec<(String, Expr)>,
    /// `regardless(p, …)`: numbers that the vendor accepts whatever they are.
    pub regardless: Vec<String>,
    /// `submits`, `submits(quietly)`: gives devices something to do.
    pub submits: Option<Submits>,
    /// `occupies`, `occupies(h)`: what it gives a device occupies that until it is done.
    pub occupies: Option<Occupies>,
    /// `settled`: the vendor's function waits for what devices were given before.
    pub settled: bool,
    /// `sweeps`: device memory that numbers stand for may have ended with something else.
    pub sweeps: bool,
    /// `files(options, p, …)`: compiles the sources of objects, with options; what these include goes along.
    pub files: Option<Files>,
    /// `prints(p, …)`: these texts, or what has no text, are compiled to what may print.
    pub prints: Option<Vec<String>>,
    /// `waits(p)`: succeeds when the commands of event p, or of all events in the array p, have completed.
    pub waits: Option<String>,
    /// `empties(h)`: succeeds when all commands that object h was given have completed.
    pub empties: Option<String>,
    /// `polls(p = STATUS)`: asks whether something goes on for an object.
    pub polls: Option<Polled>,
    /// `pieces(h)`: returns the next elements of a list that belongs to number h.
    pub pieces: Option<String>,
    /// `drops(h)`: success ends that list.
    pub drops: Option<String>,
    /// `doubts`: may have ended such lists.
    pub doubts: bool,
    /// `maps(object, event = p, …)`: of a function that returns [`Ret::Mapped`](super::Ret::Mapped).
    pub maps: Option<Maps>,
    /// `unmaps(p = object)`: address p is given back, which `object` is mapped at.
    pub unmaps: Option<(String, String)>,
    /// `withheld(p, …)`: parameters that do not cross; the vendor is given null.
    pub withheld: Vec<String>,
    /// `given(p = S(field = e, …))`: withheld parameter → the struct that the vendor is given in its place.
    pub given: Vec<Given>,
    /// `push(h)`, `pull(h)`: the handle whose mirrors are copied to the worker before the call, or back after it; for
    /// `pull` also a mirror.
    pub push: Option<String>,
    pub pull: Option<String>,
    /// `input` or `input(count = f)`: the program's writes to the returned mirror are copied to the vendor; f returns how
    /// many such mirrors the owner has.
    pub input: Option<Option<String>>,
    /// `answers(…)`: the function returns a field of the struct that it is given.
    pub answers: Option<Answers>,
    /// `array(create, S)`: what the function does with arrays that C's allocator makes, of a struct that ends with its elements.
    pub array: Option<Array>,
    /// `since("2.17")`: the first version of the vendor library that has the function.
    pub since: Option<String>,
    /// `since(properties = "0.9.5")`: parameter → the version of the function's extension that it came with.
    pub came: Vec<(String, Version)>,
    /// `twin(g)`: another function of the vendor's with the same parameters and facts.
    pub twin: Option<Twin>,
    /// `proc(since = 2000)`, `proc("cuMemAlloc", since = 3020)`: the names and versions by which programs look it up.
    pub procs: Vec<Proc>,
    /// The function has no public prototype to check against.
    pub undocumented: bool,
    /// `beside("libother.so")`: exported by another library of the vendor, and served by hand.
    pub beside: Option<String>,
    pub unsupported: Option<Unsupported>,
    /// `extension("cl_khr_command_buffer")`: reached through [`Api::lookup`], not exported by the vendor library.
    pub extension: Option<String>,
    /// `formerly(f)`: the extension function that became this one; called if the library lacks this one.
    pub formerly: Option<String>,
    /// `no_broker(status = CL_PLATFORM_NOT_FOUND_KHR)`: the status when there is no broker, where it is not [`Api::lost`].
    pub no_broker: Option<i64>,
}

/// A struct that the worker makes: zeroes, but for these fields.
#[derive(Debug)]
pub struct Given {
    pub param: String,
    pub of: String,
    pub fields: Vec<(String, i128)>,
}

/// `files(options, p, …)`: a call that compiles.
#[derive(Debug)]
pub struct Files {
    /// The text with the compiler's options.
    pub options: String,
    /// The handles, or arrays of them, of what has the sources.
    pub sources: Vec<String>,
}

/// `maps(object, event = p, unless = e, shows = e, reads = e, writes = e)`: what holds of memory that a call maps.
#[derive(Debug)]
pub struct Maps {
    /// The handle of what is mapped.
    pub object: String,
    /// The parameter that makes the event which completes when the memory may be looked at.
    pub event: String,
    /// The call waits for that event if this holds.
    pub unless: Expr,
    /// Whether the memory holds what the object does.
    pub shows: Expr,
    /// Whether that is data which the program gets, and is charged.
    pub reads: Expr,
    /// Whether the object holds what was written to the memory once it is unmapped.
    pub writes: Expr,
}

/// `polls(p = STATUS)`: what a function that asks returns while something goes on for an object.
#[derive(Debug)]
pub struct Polled {
    pub object: String,
    pub goes_on: i64,
}

/// `awaited(p, again = f)`: what the vendor does next waits for a callback.
#[derive(Debug)]
pub struct Awaited {
    pub callback: String,
    /// The function that tells of the object which the call is about whether the call is recorded, to be played again.
    pub again: Option<String>,
}

#[derive(Debug)]
pub struct Oneway {
    /// The call waits for its command if this holds.
    pub unless: Option<Expr>,
}

#[derive(Debug)]
pub struct Cached {
    /// The answer may change if this holds.
    pub unless: Option<Expr>,
    /// The answer may change until the command of this event has completed.
    pub after: Option<String>,
    /// The answer may change when one of these functions is called.
    pub until: Vec<String>,
}

/// Whether the host may notice what a call gives devices to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Submits {
    /// Not if the call is sent without waiting.
    Quietly,
    Noticed,
}

/// For how long a call's command occupies its device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Occupies {
    /// At most until the call returns.
    Call,
    /// Until the queue, which this parameter names, has got behind it.
    Queue(String),
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Custom {
    pub shim: bool,
    pub worker: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Until {
    /// Until the event that the named parameter makes has completed.
    Event(String),
    /// Until the object that the call makes (or, for a callback, is about) is released.
    Released,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    DeviceMemory,
    Commands,
    BytesIn,
    BytesOut,
}

/// How much of a resource a call costs.
#[derive(Debug)]
pub enum Amount {
    Number(Expr),
    /// The bytes in the memory of a parameter: as many as came with the call, or as the vendor has answered.
    Memory(String),
}

#[derive(Debug)]
pub struct Unsupported {
    /// What a status-returning function returns and what `errcode_ret` gets; a pointer-returning one returns null.
    pub status: i64,
    pub why: String,
}
