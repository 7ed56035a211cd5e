//! The program's callbacks: called on a thread of the shim, in the order in which the vendor called. Those that wait for
//! one that takes long wait in the program's memory.
//!
//! - **Invariant**: a callback's data is in the program's memory before the callback runs.
//! - **Invariant**: at exit, callbacks that the vendor has called by then are called before the process ends.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::Duration;

use ava_protocol::frame::Notice;
use ava_protocol::upcall::{Arg, Life, Upcall};
use dashmap::DashMap;
use rkyv::rancor::Failure;

use crate::base::fault::Fault;
use crate::base::maps;
use crate::session::Session;
use crate::session::listener::{self, Role};

/// How long the exit of the process waits for callbacks that run.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Callbacks {
    registered: DashMap<u64, Registration>,
    /// Those that are kept as long as an object.
    by_object: DashMap<u64, Vec<u64>>,
    last_id: AtomicU64,
    /// Whether there is a thread that calls.
    calling: AtomicBool,
    queue: Mutex<Queue>,
    changed: Condvar,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Upcall>,
    /// The number of the last upcall that has been carried out.
    done: u64,
    /// Nothing more comes.
    closed: bool,
}

#[derive(Clone)]
struct Registration {
    function: usize,
    user_data: usize,
    signature: u32,
    life: Life,
    /// The handles of the call that registered it: they reach the callback even when their objects are gone.
    about: Vec<(u64, usize)>,
}

impl Callbacks {
    pub fn new() -> Self {
        Self {
            registered: maps::quiet(),
            by_object: maps::quiet(),
            last_id: AtomicU64::new(0),
            calling: AtomicBool::new(false),
            queue: Mutex::default(),
            changed: Condvar::new(),
        }
    }

    /// The session is lost: none is called any more.
    pub fn give_up(&self) {
        self.registered.clear();
        self.registered.shrink_to_fit();
        self.by_object.clear();
        self.by_object.shrink_to_fit();
    }

    /// Remembers a callback and sees to it that somebody listens.
    pub fn register(
        &self,
        session: &'static Session,
        function: usize,
        user_data: usize,
        signature: u32,
        life: Life,
        about: &[(u64, *mut c_void)],
    ) -> Result<u64, Fault> {
        session.listener.listen(session)?;
        if !self.calling.swap(true, Ordering::AcqRel) {
            let calls = listener::spawn(Role::Calls, "ava-callbacks", move |_| session.callbacks.carry_out(session));
            calls.inspect_err(|_| self.calling.store(false, Ordering::Release))?;
        }
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let about = about.iter().map(|(id, handle)| (*id, *handle as usize)).collect();
        self.registered.insert(id, Registration { function, user_data, signature, life, about });
        Ok(id)
    }

    pub fn forget(&self, id: u64) {
        self.registered.remove(&id);
    }

    /// Keeps a callback as long as an object.
    pub fn keep_with(&self, session: &Session, id: u64, object: u64) {
        if id != 0 && session.handles.mark_remembered(object) {
            self.by_object.entry(object).or_default().push(id);
        }
    }

    /// An object is gone: so are the callbacks that are kept for it.
    pub fn forget_about(&self, object: u64) {
        for id in self.by_object.remove(&object).map(|(_, ids)| ids).unwrap_or_default() {
            self.forget(id);
        }
    }

    /// Calls the program in the call that is under way on this thread.
    ///
    /// # Errors
    /// The body is none that a worker sends.
    pub fn call_now(&self, session: &Session, body: &[u8]) -> Result<(), Failure> {
        let mut aligned = rkyv::util::AlignedVec::<16>::new();
        aligned.extend_from_slice(body);
        self.call(session, &rkyv::from_bytes::<Upcall, Failure>(&aligned)?);
        Ok(())
    }

    fn call(&self, session: &Session, upcall: &Upcall) {
        let registration = self.registered.get(&upcall.callback).map(|r| r.clone());
        let Some(registration) = registration else { return };
        if registration.life == Life::Call {
            self.forget(upcall.callback);
        }
        let args = Args { upcall, registration: &registration, session };
        // SAFETY: the function came with this signature from the program's call.
        unsafe {
            (session.slot.deliver)(registration.signature, registration.function, registration.user_data, &args);
        }
    }

    /// The vendor has called.
    pub fn queue(&self, upcall: Upcall) {
        if let Ok(mut queue) = self.queue.lock() {
            queue.waiting.push_back(upcall);
            self.changed.notify_all();
        }
    }

    /// The vendor calls no more.
    pub fn close(&self) {
        if let Ok(mut queue) = self.queue.lock() {
            queue.closed = true;
            self.changed.notify_all();
        }
    }

    /// Calls the program until the session ends.
    fn carry_out(&self, session: &Session) {
        loop {
            let Ok(queue) = self.queue.lock() else { return };
            let idle = |queue: &mut Queue| queue.waiting.is_empty() && !queue.closed;
            let Ok(mut queue) = self.changed.wait_while(queue, idle) else { return };
            let Some(upcall) = queue.waiting.pop_front() else { return };
            drop(queue);
            session.heed(upcall.notices.iter().map(|word| Notice::from_word(*word)));
            self.call(session, &upcall);
            if let Ok(mut queue) = self.queue.lock() {
                queue.done = upcall.number;
                self.changed.notify_all();
            }
        }
    }

    /// Waits until the upcall of this number has been carried out.
    pub fn wait_for(&self, number: u64) {
        if let Ok(queue) = self.queue.lock() {
            let runs = |queue: &mut Queue| queue.done < number && !(queue.closed && queue.waiting.is_empty());
            let _ = self.changed.wait_timeout_while(queue, PATIENCE, runs);
        }
    }
}

/// A callback's arguments.
pub struct Args<'a> {
    upcall: &'a Upcall,
    registration: &'a Registration,
    session: &'a Session,
}

impl Args<'_> {
    pub fn int(&self, at: usize) -> u64 {
        match self.upcall.args.get(at) {
            Some(Arg::Int(value)) => *value,
            _ => 0,
        }
    }

    pub fn handle(&self, at: usize) -> *mut c_void {
        let Some(Arg::Handle(id)) = self.upcall.args.get(at) else {
            return std::ptr::null_mut();
        };
        match self.registration.about.iter().find(|(known, _)| known == id) {
            Some((_, handle)) => *handle as *mut c_void,
            None => self.session.handles.pointer(*id),
        }
    }

    pub fn bytes(&self, at: usize) -> *const c_void {
        match self.upcall.args.get(at) {
            Some(Arg::Bytes(Some(bytes))) => bytes.as_ptr().cast(),
            _ => std::ptr::null(),
        }
    }
}

/// A `va_list` of one address.
pub struct Arguments {
    list: VaList,
    /// The argument, and room for a callee that looks at one more.
    stack: [*const c_void; 2],
}

/// The C type, which a call passes by address.
#[cfg(target_arch = "x86_64")]
#[repr(C)]
struct VaList {
    /// How far the registers for numbers and for fractions are used up: they are, so that arguments are on the stack.
    gp_offset: u32,
    fp_offset: u32,
    overflow_arg_area: *const c_void,
    reg_save_area: *const c_void,
}

/// The C type, which a call passes by address.
#[cfg(target_arch = "aarch64")]
#[repr(C)]
struct VaList {
    stack: *const c_void,
    /// The tops of the registers for numbers and for fractions, and how far they are used up: they are.
    tops: [*const c_void; 2],
    offsets: [i32; 2],
}

impl Arguments {
    pub fn of(argument: *const c_void) -> Self {
        let nothing = std::ptr::null();
        #[cfg(target_arch = "x86_64")]
        let list = VaList { gp_offset: 48, fp_offset: 176, overflow_arg_area: nothing, reg_save_area: nothing };
        #[cfg(target_arch = "aarch64")]
        let list = VaList { stack: nothing, tops: [nothing; 2], offsets: [0; 2] };
        Self { list, stack: [argument, nothing] }
    }

    /// The list, for one callee. It is good as long as `self` stays where it is.
    pub fn as_mut_ptr(&mut self) -> *mut c_void {
        let stack = self.stack.as_ptr().cast();
        #[cfg(target_arch = "x86_64")]
        {
            self.list.overflow_arg_area = stack;
        }
        #[cfg(target_arch = "aarch64")]
        {
            self.list.stack = stack;
        }
        (&raw mut self.list).cast()
    }
}
