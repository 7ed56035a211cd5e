//! Contexts: what belongs to a program on a device, and which of them is current in a thread.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ffi::c_void;
use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread::ThreadId;

use ava_cuda_runtime::Destructor;

use super::array::ARRAYS;
use super::event::EVENTS;
use super::handles::{Handles, fresh};
use super::health::Health;
use super::memory::{self, Kind, Owner};
use super::mipmap::MIPMAPS;
use super::module::MODULES;
use super::profile::{self, Device};
use super::queue::Mark;
use super::stream::{self, Order, STREAMS, Stream};
use super::texture::{SURFACES, TEXTURES};
use crate::cuda::{CUdevice, Result, Status};

pub static CONTEXTS: Handles<Context> = Handles::new();

pub struct Context {
    pub handle: usize,
    /// A number that no other context of the process had or has.
    pub id: u64,
    pub device: &'static Device,
    pub flags: AtomicU32,
    pub is_primary: bool,
    pub health: Arc<Health>,
    pub legacy: Arc<Stream>,
    pub order: Arc<Order>,
    /// `CUfunc_cache`.
    pub cache: AtomicU32,
    per_thread: Mutex<HashMap<ThreadId, Arc<Stream>>>,
    limits: Mutex<BTreeMap<u32, usize>>,
    /// Contexts whose memory this one may use.
    peers: Mutex<BTreeSet<usize>>,
    /// What the runtime keeps with a context, by its keys.
    stored: Mutex<BTreeMap<usize, (usize, Option<Destructor>)>>,
}

/// The primary context of a device: its handle, and how often it is retained.
#[derive(Default)]
struct Primary {
    handle: usize,
    retained: usize,
    flags: u32,
}

static PRIMARIES: Mutex<BTreeMap<CUdevice, Primary>> = Mutex::new(BTreeMap::new());
static NEXT: AtomicU64 = AtomicU64::new(1);

thread_local! {
    static DEFAULTS: Defaults = const { Defaults(RefCell::new(Vec::new())) };
    /// Contexts of this thread, the current one last. Never dropped: exit handlers of the program still call.
    static STACK: ManuallyDrop<RefCell<Vec<usize>>> = const { ManuallyDrop::new(RefCell::new(Vec::new())) };
}

/// The contexts in which a thread has a default stream.
struct Defaults(RefCell<Vec<(Weak<Context>, ThreadId)>>);

impl Drop for Defaults {
    fn drop(&mut self) {
        for (context, thread) in self.0.borrow_mut().drain(..) {
            // What it was asked for is still done.
            context.upgrade().inspect(|context| drop(lock(&context.per_thread).remove(&thread)));
        }
    }
}

impl Context {
    /// A context of its own right, current in no thread.
    pub fn create(device: CUdevice, flags: u32) -> Result<Arc<Self>> {
        Self::new(fresh(), profile::device(device)?, flags, false)
    }

    fn new(handle: usize, device: &'static Device, flags: u32, is_primary: bool) -> Result<Arc<Self>> {
        let (health, order) = (Arc::<Health>::default(), Arc::<Order>::default());
        let context = Arc::new(Self {
            handle,
            id: NEXT.fetch_add(1, Ordering::Relaxed),
            device,
            flags: AtomicU32::new(flags),
            is_primary,
            legacy: Stream::new(handle, stream::Kind::Legacy, 0, health.clone(), order.clone()),
            health,
            order,
            cache: AtomicU32::new(0),
            per_thread: Mutex::default(),
            limits: Mutex::new(BTreeMap::from(LIMITS)),
            peers: Mutex::default(),
            stored: Mutex::default(),
        });
        CONTEXTS.insert(handle, context.clone());
        Ok(context)
    }

    /// What new memory of the context belongs to.
    pub fn owner(&self) -> Owner {
        Owner { device: self.device.ordinal, context: self.handle, pool: 0 }
    }

    /// The default stream of the calling thread, which ends with the thread.
    pub fn per_thread(self: &Arc<Self>) -> Arc<Stream> {
        let thread = std::thread::current().id();
        let mut all = lock(&self.per_thread);
        if let Some(known) = all.get(&thread) {
            return known.clone();
        }
        let stream = Stream::new(self.handle, stream::Kind::Blocking, 0, self.health.clone(), self.order.clone());
        all.insert(thread, stream.clone());
        // A thread that is ending already leaves its stream to the context.
        let _ = DEFAULTS.try_with(|defaults| defaults.0.borrow_mut().push((Arc::downgrade(self), thread)));
        stream
    }

    /// A new stream, with a handle.
    pub fn stream(&self, kind: stream::Kind, priority: i32) -> Arc<Stream> {
        let stream = Stream::new(self.handle, kind, priority, self.health.clone(), self.order.clone());
        STREAMS.insert(stream.handle, stream.clone());
        stream
    }

    /// Waits for all that was asked of it.
    pub fn synchronize(&self) -> Result {
        self.order.ends().iter().for_each(Mark::wait);
        self.health.flush();
        self.health.check()
    }

    /// A limit (`CUlimit`).
    pub fn limit(&self, limit: u32) -> Result<usize> {
        lock(&self.limits).get(&limit).copied().ok_or(unknown(limit))
    }

    pub fn set_limit(&self, limit: u32, value: usize) -> Result {
        *lock(&self.limits).get_mut(&limit).ok_or(unknown(limit))? = value;
        Ok(())
    }

    /// Lets it use the memory of another context.
    pub fn enable_peer(&self, other: &Self) -> Result {
        match lock(&self.peers).insert(other.handle) {
            true => Ok(()),
            false => Err(Status::PEER_ACCESS_ALREADY_ENABLED),
        }
    }

    pub fn disable_peer(&self, other: &Self) -> Result {
        if lock(&self.peers).remove(&other.handle) { Ok(()) } else { Err(Status::PEER_ACCESS_NOT_ENABLED) }
    }

    /// Keeps a value for the runtime.
    pub fn store(&self, key: usize, value: usize, destructor: Option<Destructor>) {
        lock(&self.stored).insert(key, (value, destructor));
    }

    pub fn stored(&self, key: usize) -> Option<usize> {
        lock(&self.stored).get(&key).map(|(value, _)| *value)
    }

    pub fn unstore(&self, key: usize) -> Option<usize> {
        lock(&self.stored).remove(&key).map(|(value, _)| value)
    }

    /// Ends it with all that belongs to it: what is running stops.
    pub fn destroy(&self) {
        for (key, (value, destructor)) in std::mem::take(&mut *lock(&self.stored)) {
            if let Some(destructor) = destructor {
                // SAFETY: the runtime handed the function over to be called so.
                unsafe { destructor(self.handle, key as *mut c_void, value as *mut c_void) };
            }
        }
        let _ = CONTEXTS.remove(self.handle);
        self.health.stop.store(true, Ordering::Relaxed);
        self.order.ends().iter().for_each(Mark::wait);
        self.health.flush();
        STREAMS.remove_all(|stream| stream.context == self.handle);
        EVENTS.remove_all(|event| event.context == self.handle);
        MODULES.remove_all(|module| module.context == self.handle).iter().for_each(|module| module.unload());
        TEXTURES.remove_all(|texture| texture.context == self.handle);
        SURFACES.remove_all(|surface| surface.context == self.handle);
        MIPMAPS.remove_all(|mipmap| mipmap.context == self.handle);
        ARRAYS.remove_all(|array| array.context == self.handle);
        memory::remove_all(|allocation| allocation.context == self.handle && !matches!(allocation.kind, Kind::Mapped));
    }
}

/// `CUlimit` and defaults: stack of a thread, output of `printf`, heap of kernels, depth and number of launches by kernels,
/// granularity of fetches to level 2, part of level 2 that persists; in bytes.
const LIMITS: [(u32, usize); 7] = [(0, 1024), (1, 1 << 20), (2, 8 << 20), (3, 2), (4, 2048), (5, 64), (6, 0)];

fn unknown(limit: u32) -> Status {
    // `CU_LIMIT_SHMEM_SIZE`, `CU_LIMIT_CIG_ENABLED` and their like exist, and nothing of this device has them.
    if limit < 10 { Status::UNSUPPORTED_LIMIT } else { Status::INVALID_VALUE }
}

/// The current context of the thread, whatever became of it; 0 for none.
pub fn current_handle() -> usize {
    STACK.with(|stack| stack.borrow().last().copied().unwrap_or(0))
}

/// The current context: `INVALID_CONTEXT` if there is none, `CONTEXT_IS_DESTROYED` if it is.
pub fn current() -> Result<Arc<Context>> {
    match current_handle() {
        0 => Err(Status::INVALID_CONTEXT),
        handle => CONTEXTS.get(handle).ok_or(Status::CONTEXT_IS_DESTROYED),
    }
}

/// The current context, if it has not failed.
pub fn usable() -> Result<Arc<Context>> {
    let context = current()?;
    context.health.check()?;
    Ok(context)
}

/// A context by its handle; `INVALID_CONTEXT` if there is none.
pub fn find(handle: usize) -> Result<Arc<Context>> {
    CONTEXTS.get(handle).ok_or(Status::INVALID_CONTEXT)
}

/// Whether a context may be current; `INVALID_CONTEXT` if there is none. A primary context may be that has ended: the runtime has
/// it made again.
pub fn check(handle: usize) -> Result {
    let is_primary = || lock(&PRIMARIES).values().any(|primary| primary.handle == handle);
    if CONTEXTS.get(handle).is_some() || is_primary() { Ok(()) } else { Err(Status::INVALID_CONTEXT) }
}

/// Puts a context on top of the thread's stack.
pub fn push(handle: usize) {
    STACK.with(|stack| stack.borrow_mut().push(handle));
}

/// Takes the thread's current context off; `INVALID_CONTEXT` if there is none.
pub fn pop() -> Result<usize> {
    STACK.with(|stack| stack.borrow_mut().pop()).ok_or(Status::INVALID_CONTEXT)
}

/// Puts a context in the place of the thread's current one; 0 takes that off.
pub fn set(handle: usize) {
    STACK.with(|stack| {
        let mut stack = stack.borrow_mut();
        stack.pop();
        if handle != 0 {
            stack.push(handle);
        }
    });
}

/// Retains the primary context of a device, which begins with that.
pub fn retain_primary(device: CUdevice) -> Result<usize> {
    let device = profile::device(device)?;
    let mut primaries = lock(&PRIMARIES);
    let primary = primaries.entry(device.ordinal).or_default();
    if primary.handle == 0 {
        primary.handle = fresh();
    }
    if CONTEXTS.get(primary.handle).is_none() {
        Context::new(primary.handle, device, primary.flags, true)?;
    }
    primary.retained += 1;
    Ok(primary.handle)
}

/// Releases it once; the last release ends it.
pub fn release_primary(device: CUdevice) -> Result {
    profile::device(device)?;
    let ended = {
        let mut primaries = lock(&PRIMARIES);
        let primary = primaries.entry(device).or_default();
        primary.retained = primary.retained.checked_sub(1).ok_or(Status::INVALID_CONTEXT)?;
        (primary.retained == 0).then_some(primary.handle)
    };
    ended.and_then(|handle| CONTEXTS.get(handle)).inspect(|context| context.destroy());
    Ok(())
}

/// Ends it at once, however often it is retained; retaining it again makes it anew.
pub fn reset_primary(device: CUdevice) -> Result {
    profile::device(device)?;
    let handle = lock(&PRIMARIES).get(&device).map_or(0, |primary| primary.handle);
    CONTEXTS.get(handle).inspect(|context| context.destroy());
    Ok(())
}

/// The flags of the primary context, and whether there is one.
pub fn primary_state(device: CUdevice) -> Result<(u32, bool)> {
    profile::device(device)?;
    let primaries = lock(&PRIMARIES);
    let primary = primaries.get(&device);
    let context = primary.and_then(|primary| CONTEXTS.get(primary.handle));
    let flags = context.as_ref().map(|context| context.flags.load(Ordering::Relaxed));
    Ok((flags.or(primary.map(|primary| primary.flags)).unwrap_or(0), context.is_some()))
}

/// Sets the flags of the primary context, of now or to come.
pub fn set_primary_flags(device: CUdevice, flags: u32) -> Result {
    profile::device(device)?;
    let mut primaries = lock(&PRIMARIES);
    let primary = primaries.entry(device).or_default();
    primary.flags = flags;
    if let Some(context) = CONTEXTS.get(primary.handle) {
        context.flags.store(flags, Ordering::Relaxed);
    }
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
