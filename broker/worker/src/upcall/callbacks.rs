//! The vendor calls back: what the program registered is named to the shim, in the order of the vendor's calls.

use std::cell::RefCell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::rc::Rc;

use ava_protocol::frame::{self, MOST_NOTICES, Tag};
use ava_protocol::upcall::{Arg, LONGEST_BYTES, Life, Upcall};
use ava_transport::lane::{Lane, Wake};
use ava_transport::message;
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;

use crate::memory::NOWHERE;
use crate::session::{self, Session};
use crate::state::callbacks::Registration;
use crate::upcall::stdio;

// What may be in one message is in one message.
const _: () = assert!(MOST_NOTICES * 8 + 2 * LONGEST_BYTES + 1024 <= message::MAX_BODY);

/// A callback of the program, about to be handed to the vendor.
pub struct Registered {
    session: &'static Session,
    callback: u64,
    /// Its number; 0 without a callback.
    data: usize,
}

impl Registered {
    pub fn new(session: &'static Session, callback: u64, handles: &[u64], made: u64, life: Life) -> Self {
        if callback == 0 {
            return Self { session, callback, data: 0 };
        }
        let about = handles.iter().filter_map(|id| Some((session.objects.pointer(*id)?, *id))).collect();
        Self { session, callback, data: session.callbacks.register(callback, about, made, life) }
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

    /// The vendor may call it again and again.
    pub fn expect_again(&self) {
        if let Some(registration) = self.session.callbacks.find(self.data) {
            registration.expect_again();
        }
    }

    /// The vendor has accepted the registration, and the object that the call makes is known; or it has not, and then it has
    /// called already or will not.
    /// Whether the vendor has called.
    pub fn confirm(&self, accepted: bool) -> bool {
        let session = self.session;
        let Some(registration) = session.callbacks.find(self.data) else { return self.wanted() };
        let mut called = false;
        registration.confirm(|upcall| {
            called = true;
            session.outbox.call(upcall);
        });
        if !accepted {
            session.callbacks.remove(self.data);
        } else if let Some(object) = registration.lives_with() {
            session.objects.keep(object, Box::new(session.callbacks.guard(self.data)));
        }
        called
    }
}

/// Collects the arguments of one callback.
pub struct Collector<'a> {
    session: &'a Session,
    registration: &'a Registration,
    args: Vec<Arg>,
}

impl Collector<'_> {
    pub fn int(&mut self, value: u64) {
        self.args.push(Arg::Int(value));
    }

    pub fn handle(&mut self, pointer: *mut c_void, kind: u16) {
        let known = self.registration.id_of(pointer as usize);
        let id = known
            .or_else(|| Some(self.session.objects.id_of(kind, pointer as usize)).filter(|id| *id != 0))
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
    call(user_data, false, fill);
}

/// Queues a callback of the program, and waits until it has returned there: what the vendor does next waits for that.
///
/// # Safety
/// As for [`upcall`].
pub unsafe fn upcall_and_wait(user_data: *mut c_void, fill: impl FnOnce(&mut Collector)) {
    call(user_data, true, fill);
}

fn call(user_data: *mut c_void, awaited: bool, fill: impl FnOnce(&mut Collector)) {
    let Some(session) = session::of_process() else { return };
    let Some(registration) = session.callbacks.called(user_data as usize) else { return };
    let mut collector = Collector { session, registration: &registration, args: Vec::new() };
    fill(&mut collector);
    // What a kernel printed comes before the program hears of the kernel's end.
    stdio::gather();
    let again = registration.is_called_again();
    let upcall = Upcall { awaited, again, ..Upcall::new(registration.callback, collector.args) };
    registration.deliver(upcall, |upcall| session.outbox.call(upcall));
}

type SharedLane = Rc<RefCell<Box<dyn Lane>>>;

thread_local! {
    /// The lane that this thread serves: a vendor that calls back in a call brings nothing else by which the call could be
    /// found.
    static LANE: RefCell<Option<SharedLane>> = const { RefCell::new(None) };
}

/// From now on this thread serves this lane.
pub fn set_lane(lane: &SharedLane) {
    LANE.with(|own| own.replace(Some(Rc::clone(lane))));
}

/// Calls the program back in the call that is under way on this thread, before its reply; from any other thread of the
/// vendor's, queues it.
///
/// # Safety
/// As for [`upcall`].
pub unsafe fn upcall_now(user_data: *mut c_void, fill: impl FnOnce(&mut Collector)) {
    let Some(session) = session::of_process() else { return };
    let Some(registration) = session.callbacks.find(user_data as usize) else { return };
    let mut collector = Collector { session, registration: &registration, args: Vec::new() };
    fill(&mut collector);
    let upcall = Upcall::new(registration.callback, collector.args);
    let lane = LANE.try_with(|lane| lane.borrow().clone()).ok().flatten();
    let Some(lane) = lane else {
        return session.outbox.call(upcall);
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
