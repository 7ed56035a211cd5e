//! The vendor calls back: what the program registered is named to the shim, in the order of the vendor's calls.
//!
//! **Invariant**: a vendor's thread never waits for the program here. What it says is queued, and a thread of ours sends.

use std::collections::VecDeque;
use std::ffi::{CStr, c_char, c_void};
use std::sync::{Condvar, Mutex};

use ava_protocol::frame::Malformed;
use ava_protocol::upcall::{Arg, LONGEST_BYTES, Upcall};
use ava_transport::message;
use rkyv::rancor::Failure;

use crate::memory::NOWHERE;
use crate::session::Session;

/// Most callbacks that wait for the program to read.
const MOST: usize = 64 << 10;

#[derive(Default)]
pub struct Upcalls {
    queue: Mutex<Queue>,
    wake: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Upcall>,
    /// How many were ever queued.
    queued: u64,
    /// How many were sent.
    sent: u64,
    sending: bool,
}

/// What the vendor is given as the callback's user data. Never freed: nobody can tell when a vendor calls for the last
/// time.
struct Registration {
    session: &'static Session,
    callback: u64,
    /// Pointers of the registering call's handles, with their ids: they may be gone when the vendor calls.
    about: Vec<(usize, u64)>,
    /// The object that the registering call makes, which the vendor may name before it has returned it.
    made: u64,
}

/// A callback of the program, about to be handed to the vendor.
pub struct Registered {
    callback: u64,
    data: *mut Registration,
}

impl Registered {
    pub fn new(session: &'static Session, callback: u64, handles: &[u64], made: u64) -> Self {
        if callback == 0 {
            return Self { callback, data: std::ptr::null_mut() };
        }
        let about = handles.iter().filter_map(|id| Some((session.objects.pointer(*id)?, *id))).collect();
        let data = Box::into_raw(Box::new(Registration { session, callback, about, made }));
        Self { callback, data }
    }

    pub fn wanted(&self) -> bool {
        self.callback != 0
    }

    /// The user data for the vendor; without a callback, as null or not as the program's was.
    pub fn user_data(&self, programs: bool) -> *mut c_void {
        match (self.wanted(), programs) {
            (true, _) => self.data.cast(),
            (false, true) => NOWHERE,
            (false, false) => std::ptr::null_mut(),
        }
    }

    /// The vendor has accepted the registration, or not. One that it has not accepted is leaked all the same: a few
    /// words, against the chance that it calls.
    pub fn settle(&self, _accepted: bool) {}
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
/// `user_data` came from [`Registered::user_data`] of a wanted callback.
pub unsafe fn upcall(user_data: *mut c_void, fill: impl FnOnce(&mut Collector)) {
    if user_data.is_null() {
        return;
    }
    // SAFETY: by the caller's promise; registrations are never freed.
    let registration = unsafe { &*user_data.cast::<Registration>() };
    let mut collector = Collector { registration, args: Vec::new() };
    fill(&mut collector);
    let session = registration.session;
    let upcall = Upcall { callback: registration.callback, args: collector.args, notices: Vec::new(), number: 0 };
    session.upcalls.push(session, upcall);
}

impl Upcalls {
    fn push(&self, session: &'static Session, mut upcall: Upcall) {
        let Ok(mut queue) = self.queue.lock() else {
            return;
        };
        if queue.waiting.len() >= MOST {
            drop(queue);
            session.malformed(&Malformed::TooMany { what: "callbacks that nobody reads", limit: MOST as u64 });
        }
        queue.queued += 1;
        upcall.number = queue.queued;
        queue.waiting.push_back(upcall);
        if !queue.sending {
            queue.sending = true;
            let spawned =
                std::thread::Builder::new().name("callbacks".into()).spawn(move || session.upcalls.send_all(session));
            if spawned.is_err() {
                queue.sending = false;
            }
        }
        self.wake.notify_all();
    }

    fn send_all(&self, session: &'static Session) {
        loop {
            let mut upcall = {
                let Ok(queue) = self.queue.lock() else { return };
                let Ok(mut queue) = self.wake.wait_while(queue, |q| q.waiting.is_empty()) else {
                    return;
                };
                let Some(upcall) = queue.waiting.pop_front() else {
                    continue;
                };
                upcall
            };
            let number = upcall.number;
            upcall.notices = session.notices().into_iter().map(|notice| notice.to_word()).collect();
            let Ok(bytes) = rkyv::to_bytes::<Failure>(&upcall) else {
                continue;
            };
            if message::send(session.tenant(), &bytes, &[]).is_err() {
                return;
            }
            if let Ok(mut queue) = self.queue.lock() {
                queue.sent = number;
            }
            self.wake.notify_all();
        }
    }

    /// Waits until everything that the vendor has called by now is sent; its number.
    pub fn drain(&self) -> u64 {
        let Ok(queue) = self.queue.lock() else {
            return 0;
        };
        let upto = queue.queued;
        drop(self.wake.wait_while(queue, |q| q.sent < upto));
        upto
    }
}
