//! The vendor calls back: what the program registered is named to the shim, in the order of the vendor's calls.

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};

use ava_protocol::frame::{self, MOST_NOTICES, Tag};
use ava_protocol::upcall::{Arg, LONGEST_BYTES, Life, Upcall};
use ava_transport::lane::{Lane, Wake};
use ava_transport::message;
use dashmap::DashMap;
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;

use crate::memory::NOWHERE;
use crate::session::Session;
use crate::state::objects::Held;
use crate::upcall::stdio;

// What may be in one message is in one message.
const _: () = assert!(MOST_NOTICES * 8 + 2 * LONGEST_BYTES + 1024 <= message::MAX_BODY);

/// A callback of the program. The vendor is given its number as the user data, so that nothing bad comes of a call for one
/// that is forgotten.
struct Registration {
    session: &'static Session,
    callback: u64,
    /// Pointers of the registering call's handles, with their ids: they may be gone when the vendor calls.
    about: Vec<(usize, u64)>,
    /// The object that the registering call makes, which the vendor may name before it has returned it.
    made: u64,
    life: Life,
    /// While that object is not known yet: what waits until it is, since the program may use it at once.
    early: Mutex<Option<Vec<Upcall>>>,
}

impl Registration {
    /// Whether the vendor calls it once only, if for the end of an object. Only the callbacks of contexts, which come with
    /// the making of one, are for life; `clLinkProgram`'s is kept with them.
    fn is_for_once(&self) -> bool {
        self.made == 0 && self.life != Life::Object
    }
}

static REGISTRATIONS: LazyLock<DashMap<usize, Arc<Registration>>> = LazyLock::new(DashMap::new);
static LAST: AtomicUsize = AtomicUsize::new(0);

/// A registration that is to end with an object, which has this.
#[derive(Debug)]
pub struct Kept(usize);

impl Drop for Kept {
    fn drop(&mut self) {
        REGISTRATIONS.remove(&self.0);
    }
}

/// A callback of the program, about to be handed to the vendor.
pub struct Registered {
    callback: u64,
    /// Its number.
    data: usize,
}

impl Registered {
    pub fn new(session: &'static Session, callback: u64, handles: &[u64], made: u64, life: Life) -> Self {
        if callback == 0 {
            return Self { callback, data: 0 };
        }
        let about = handles.iter().filter_map(|id| Some((session.objects.pointer(*id)?, *id))).collect();
        let data = LAST.fetch_add(1, Ordering::Relaxed) + 1;
        let early = Mutex::new((made != 0).then(Vec::new));
        REGISTRATIONS.insert(data, Arc::new(Registration { session, callback, about, made, life, early }));
        Self { callback, data }
    }

    pub fn wanted(&self) -> bool {
        self.callback != 0
    }

    /// The user data for the vendor; without a callback, as null or not as the program's was.
    pub fn user_data(&self, programs: bool) -> *mut c_void {
        match (self.wanted(), programs) {
            (true, _) => self.data as *mut c_void,
            (false, true) => NOWHERE,
            (false, false) => std::ptr::null_mut(),
        }
    }

    /// The vendor has accepted the registration, and the object that the call makes is known; or it has not, and then it has
    /// called already or will not.
    /// Whether the vendor has called.
    pub fn settle(&self, accepted: bool) -> bool {
        let found = REGISTRATIONS.get(&self.data).map(|registration| Arc::clone(&registration));
        let Some(registration) = found else { return self.wanted() };
        let mut called = false;
        if let Ok(mut early) = registration.early.lock() {
            for upcall in early.take().into_iter().flatten() {
                called = true;
                registration.session.outbox.call(registration.session, upcall);
            }
        }
        if !accepted {
            REGISTRATIONS.remove(&self.data);
        } else if registration.life == Life::Object {
            // The object that it came with, else the one that it was set on.
            let object = Some(registration.made).filter(|made| *made != 0);
            if let Some(object) = object.or_else(|| registration.about.first().map(|(_, id)| *id)) {
                registration.session.objects.keep(object, Held::Callback(Kept(self.data)));
            }
        }
        called
    }
}

/// Collects the arguments of one callback.
pub struct Collector<'a> {
    registration: &'a Registration,
    args: Vec<Arg>,
}

impl Collector<'_> {
    pub fn int(&mut self, value: u64) {
        self.args.push(Arg::Int(value));
    }

    pub fn handle(&mut self, pointer: *mut c_void, kind: u16) {
        let known = self.registration.about.iter().find(|(p, _)| *p == pointer as usize).map(|(_, id)| *id);
        let id = known
            .or_else(|| Some(self.registration.session.objects.id_of(kind, pointer as usize)).filter(|id| *id != 0))
            .unwrap_or(if pointer.is_null() { 0 } else { self.registration.made });
        self.args.push(Arg::Handle(id));
    }

    /// # Safety
    /// `text` is null or NUL-terminated.
    pub unsafe fn text(&mut self, text: *const c_char) {
        if text.is_null() {
            self.args.push(Arg::Bytes(None));
            return;
        }
        // SAFETY: by the caller's promise.
        let mut bytes = unsafe { CStr::from_ptr(text) }.to_bytes().to_vec();
        bytes.truncate(LONGEST_BYTES);
        bytes.push(0);
        self.args.push(Arg::Bytes(Some(bytes)));
    }

    /// A format with its arguments, as the text that they make.
    ///
    /// # Safety
    /// `format` is null or a format, and `list` a `va_list` with its arguments.
    pub unsafe fn formatted(&mut self, format: *const c_char, list: *mut c_void) {
        let mut text = vec![0_u8; LONGEST_BYTES];
        if !format.is_null() {
            // SAFETY: by the caller's promise; a `va_list` argument is passed by its address on these machines.
            unsafe { vsnprintf(text.as_mut_ptr().cast(), text.len(), format, list) };
        }
        // SAFETY: the text is NUL-terminated, cut if it is too long.
        unsafe { self.text(text.as_ptr().cast()) };
    }

    /// # Safety
    /// `pointer` is null or leads to `len` bytes.
    pub unsafe fn bytes(&mut self, pointer: *const c_void, len: usize) {
        if pointer.is_null() {
            self.args.push(Arg::Bytes(None));
            return;
        }
        // SAFETY: by the caller's promise.
        let bytes = unsafe { std::slice::from_raw_parts(pointer.cast::<u8>(), len.min(LONGEST_BYTES)) };
        self.args.push(Arg::Bytes(Some(bytes.to_vec())));
    }
}

/// Queues a callback of the program.
///
/// # Safety
/// What `fill` does with its pointers is up to the caller; `user_data` may be anything.
pub unsafe fn upcall(user_data: *mut c_void, fill: impl FnOnce(&mut Collector)) {
    let number = user_data as usize;
    let found = REGISTRATIONS.get(&number).map(|registration| Arc::clone(&registration));
    let Some(registration) = found else {
        return;
    };
    if registration.is_for_once() {
        REGISTRATIONS.remove(&number);
    }
    let mut collector = Collector { registration: &registration, args: Vec::new() };
    fill(&mut collector);
    let session = registration.session;
    // What a kernel printed comes before the program hears of the kernel's end.
    stdio::gather();
    let upcall = Upcall { callback: registration.callback, args: collector.args, notices: Vec::new(), number: 0 };
    let Ok(mut early) = registration.early.lock() else { return };
    match &mut *early {
        Some(early) => early.push(upcall),
        None => session.outbox.call(session, upcall),
    }
}

type SharedLane = Rc<RefCell<Box<dyn Lane>>>;

thread_local! {
    /// The lane that this thread serves.
    static LANE: RefCell<Option<SharedLane>> = const { RefCell::new(None) };
}

/// From now on, what the vendor says on this thread goes to the program by this lane.
pub fn speak_by(lane: &SharedLane) {
    LANE.with(|own| own.replace(Some(Rc::clone(lane))));
}

/// Calls the program back in the call that is under way on this thread, before its reply; from any other thread of the
/// vendor's, queues it.
///
/// # Safety
/// As for [`upcall`].
pub unsafe fn upcall_now(user_data: *mut c_void, fill: impl FnOnce(&mut Collector)) {
    let found = REGISTRATIONS.get(&(user_data as usize)).map(|registration| Arc::clone(&registration));
    let Some(registration) = found else {
        return;
    };
    let mut collector = Collector { registration: &registration, args: Vec::new() };
    fill(&mut collector);
    let session = registration.session;
    let upcall = Upcall { callback: registration.callback, args: collector.args, notices: Vec::new(), number: 0 };
    let lane = LANE.try_with(|lane| lane.borrow().clone()).ok().flatten();
    let Some(lane) = lane else {
        return session.outbox.call(session, upcall);
    };
    let mut out = AlignedVec::new();
    frame::begin(&mut out, Tag::Upcall, 0, std::iter::empty());
    if let Ok(bytes) = rkyv::to_bytes::<Failure>(&upcall) {
        out.extend_from_slice(&bytes);
        // If the shim is gone, nobody is left to be told.
        let _ = lane.borrow_mut().send(&out, None, Wake::Now);
    }
}

unsafe extern "C" {
    fn vsnprintf(text: *mut c_char, len: usize, format: *const c_char, list: *mut c_void) -> c_int;
}
