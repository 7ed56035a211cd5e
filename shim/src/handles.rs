//! What the program holds instead of vendor objects.
//!
//! A handle is the address of an [`Object`] in a range of memory reserved for them, so that telling a live handle from
//! anything else takes a range check and three loads, and so that an installable client driver's loader finds the
//! dispatch table in its first word.
//!
//! **Invariant**: an id is never given twice; a place in the range is, but only long after its object is gone.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use dashmap::DashMap;

use crate::fault::Fault;

/// One place of a dispatch table: a function's address.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Entry(pub *const c_void);

// SAFETY: the address of a function, never written through.
unsafe impl Sync for Entry {}

/// What a handle points at.
#[repr(C, align(64))]
pub struct Object {
    /// Read by installable client driver loaders.
    dispatch: AtomicPtr<c_void>,
    /// 0 for a place that is free.
    id: AtomicU64,
    kind: AtomicU32,
    /// Something an API's hand-written code remembers about the object; 0 at first.
    note: AtomicU64,
    /// What the object was made of, as a number, where one is as good as another that was made likewise: events of a
    /// queue, buffers of a size. 0 for an object that only stands for itself.
    class: AtomicU64,
    /// What was done to the object that decides whether calls with it succeed, as a number; 0 at first.
    state: AtomicU64,
    /// The line of the thread that used the object last; 0 for none.
    user: AtomicU32,
    /// References that the program holds, of which the vendor knows one; 0 if the vendor counts.
    references: AtomicU32,
    /// Whether something about the object is remembered elsewhere.
    remembered: AtomicBool,
}

/// What is known of a live handle.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    pub id: u64,
    pub kind: u16,
    /// What stands for the object where one is as good as another: its class, or its id.
    pub class: u64,
    pub state: u64,
}

impl Object {
    fn found(&self) -> Found {
        let id = self.id.load(Ordering::Acquire);
        let class = self.class.load(Ordering::Relaxed);
        Found {
            id,
            kind: self.kind.load(Ordering::Relaxed) as u16,
            class: if class == 0 { id } else { class },
            state: self.state.load(Ordering::Relaxed),
        }
    }
}

/// Most objects alive at once.
const CAPACITY: usize = 1 << 22;
/// How many objects die before the place of the first of them is used again.
const QUARANTINE: usize = 4096;

/// All handles of a session.
pub struct Handles {
    base: *mut Object,
    capacity: usize,
    used: AtomicUsize,
    free: Mutex<VecDeque<u32>>,
    by_id: DashMap<u64, u32>,
    /// Whether references are counted here; else by the vendor.
    counts: bool,
    /// The first word of every handle.
    dispatch: *mut c_void,
    last_id: AtomicU64,
}

// SAFETY: `base` leads to atomics only, and `dispatch` is not followed.
unsafe impl Send for Handles {}
// SAFETY: as above.
unsafe impl Sync for Handles {}

impl Handles {
    /// Reserves the range; its memory is used page by page as objects are made. With `counts`, the references to objects
    /// that the program makes are counted here. `dispatch` becomes their first word.
    pub fn new(counts: bool, dispatch: *const c_void) -> Result<Self, Fault> {
        let mut capacity = CAPACITY;
        loop {
            // SAFETY: a fresh anonymous mapping takes nothing from anyone.
            let base = unsafe {
                libc::mmap(
                    std::ptr::null_mut(),
                    capacity * size_of::<Object>(),
                    libc::PROT_READ | libc::PROT_WRITE,
                    libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE,
                    -1,
                    0,
                )
            };
            if base != libc::MAP_FAILED {
                return Ok(Self {
                    base: base.cast(),
                    capacity,
                    used: AtomicUsize::new(0),
                    free: Mutex::default(),
                    by_id: DashMap::new(),
                    counts,
                    dispatch: dispatch.cast_mut(),
                    last_id: AtomicU64::new(0),
                });
            }
            // A process with a limit on its address space gets fewer handles.
            capacity /= 4;
            if capacity < 1024 {
                return Err(Fault::Exhausted);
            }
        }
    }

    /// A new id for an object of `kind` and of a class, or 0, that a call of this line is about to make.
    pub fn mint(&self, kind: u16, class: u64, line: u32) -> Result<u64, Fault> {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        self.place(id, kind, class, line, 1)?;
        Ok(id)
    }

    /// The handle of an object that the worker named, new or known; with `made`, one that the program has just made.
    pub fn intern(&self, id: u64, kind: u16, made: bool) -> *mut c_void {
        if id == 0 {
            return std::ptr::null_mut();
        }
        let known = self.pointer(id);
        if !known.is_null() {
            return known;
        }
        self.place(id, kind, 0, 0, u32::from(made)).map_or(std::ptr::null_mut(), |_| self.pointer(id))
    }

    /// Counts another reference, if they are counted here.
    pub fn retain(&self, pointer: *mut c_void, kind: u16) -> bool {
        let Some(object) = self.of_kind(pointer, kind) else { return false };
        let more = |n: u32| if n == 0 { None } else { n.checked_add(1) };
        object.references.fetch_update(Ordering::AcqRel, Ordering::Relaxed, more).is_ok()
    }

    /// Counts a reference less; `None` if others are left. Else the vendor is to be told: that it was the last
    /// (`true`), or because the vendor counts.
    pub fn release(&self, pointer: *mut c_void, kind: u16) -> Option<bool> {
        let Some(object) = self.of_kind(pointer, kind) else { return Some(false) };
        match object.references.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |n| n.checked_sub(1)) {
            Ok(1) => Some(true),
            Ok(_) => None,
            Err(_) => Some(false),
        }
    }

    /// References to the object that the vendor does not know of.
    pub fn extra_references(&self, id: u64) -> u32 {
        self.by_id.get(&id).map_or(0, |index| {
            // SAFETY: the index was handed out by `place`, so it lies in the range.
            let object = unsafe { &*self.at(*index) };
            object.references.load(Ordering::Relaxed).saturating_sub(1)
        })
    }

    /// Notes that something is remembered about the object, to be forgotten with it; `false` if it is gone already.
    pub fn mark_remembered(&self, id: u64) -> bool {
        self.by_id.get(&id).is_some_and(|index| {
            // SAFETY: as above.
            unsafe { &*self.at(*index) }.remembered.store(true, Ordering::Relaxed);
            true
        })
    }

    /// The handle of `id`; null if it is gone.
    pub fn pointer(&self, id: u64) -> *mut c_void {
        self.by_id.get(&id).map_or(std::ptr::null_mut(), |index| self.at(*index).cast())
    }

    /// A live handle of `kind`, looked up.
    pub fn find(&self, pointer: *mut c_void, kind: u16) -> Option<Found> {
        self.of_kind(pointer, kind).map(Object::found)
    }

    /// A live handle of any kind, looked up.
    pub fn any(&self, pointer: *mut c_void) -> Option<Found> {
        self.object(pointer).map(Object::found)
    }

    /// A thread uses a live object: the line of another that used it before, or 0.
    pub fn used(&self, pointer: *mut c_void, line: u32) -> u32 {
        let Some(object) = self.object(pointer) else { return 0 };
        // Two threads that use it at the same time are in no order.
        match object.user.load(Ordering::Relaxed) {
            user if user == line => 0,
            user => {
                object.user.store(line, Ordering::Relaxed);
                user
            }
        }
    }

    /// Notes of a live object that it is as good as another of its class.
    pub fn set_class(&self, pointer: *mut c_void, class: u64) {
        if let Some(object) = self.object(pointer) {
            object.class.store(class, Ordering::Relaxed);
        }
    }

    /// Notes that something was done to a live object: `change` is the difference, by exclusive or.
    pub fn change_state(&self, pointer: *mut c_void, change: u64) {
        if let Some(object) = self.object(pointer) {
            object.state.fetch_xor(change, Ordering::Relaxed);
        }
    }

    /// The note on a live handle.
    pub fn note(&self, pointer: *mut c_void) -> Option<&AtomicU64> {
        self.object(pointer).map(|object| &object.note)
    }

    /// The object is gone: its handle is one no more. Whether something about it is remembered elsewhere.
    pub fn forget(&self, id: u64) -> bool {
        let Some((_, index)) = self.by_id.remove(&id) else {
            return false;
        };
        // SAFETY: the index was handed out by `place`, so it lies in the range.
        let object = unsafe { &*self.at(index) };
        object.id.store(0, Ordering::Release);
        if let Ok(mut free) = self.free.lock() {
            free.push_back(index);
        }
        object.remembered.load(Ordering::Relaxed)
    }

    fn place(&self, id: u64, kind: u16, class: u64, line: u32, references: u32) -> Result<u32, Fault> {
        let index = self.vacancy()?;
        // SAFETY: the index lies in the range, whose memory is zeroed at first and atomics ever after.
        let object = unsafe { &*self.at(index) };
        object.dispatch.store(self.dispatch, Ordering::Relaxed);
        object.kind.store(u32::from(kind), Ordering::Relaxed);
        object.note.store(0, Ordering::Relaxed);
        object.class.store(class, Ordering::Relaxed);
        object.state.store(0, Ordering::Relaxed);
        object.references.store(if self.counts { references } else { 0 }, Ordering::Relaxed);
        object.user.store(line, Ordering::Relaxed);
        object.remembered.store(false, Ordering::Relaxed);
        object.id.store(id, Ordering::Release);
        // Two threads may see the worker name the same object at once: the first one's place stands.
        match self.by_id.entry(id) {
            dashmap::Entry::Occupied(known) => {
                object.id.store(0, Ordering::Release);
                if let Ok(mut free) = self.free.lock() {
                    free.push_back(index);
                }
                Ok(*known.get())
            }
            dashmap::Entry::Vacant(vacant) => {
                vacant.insert(index);
                Ok(index)
            }
        }
    }

    fn vacancy(&self) -> Result<u32, Fault> {
        let full = self.used.load(Ordering::Relaxed) >= self.capacity;
        if let Ok(mut free) = self.free.lock()
            && (free.len() > QUARANTINE || full)
            && let Some(index) = free.pop_front()
        {
            return Ok(index);
        }
        let index = self.used.fetch_add(1, Ordering::Relaxed);
        if index >= self.capacity {
            self.used.store(self.capacity, Ordering::Relaxed);
            return Err(Fault::Exhausted);
        }
        Ok(index as u32)
    }

    fn at(&self, index: u32) -> *mut Object {
        self.base.wrapping_add(index as usize)
    }

    fn of_kind(&self, pointer: *mut c_void, kind: u16) -> Option<&Object> {
        self.object(pointer).filter(|object| object.kind.load(Ordering::Relaxed) == u32::from(kind))
    }

    fn object(&self, pointer: *mut c_void) -> Option<&Object> {
        let offset = (pointer as usize).checked_sub(self.base as usize)?;
        let index = offset / size_of::<Object>();
        if offset % size_of::<Object>() != 0 || index >= self.used.load(Ordering::Acquire).min(self.capacity) {
            return None;
        }
        // SAFETY: checked to be a place of the range that is in use.
        let object = unsafe { &*self.base.add(index) };
        (object.id.load(Ordering::Acquire) != 0).then_some(object)
    }
}
