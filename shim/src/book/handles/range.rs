//! The range of memory that handles point into, over all sessions that a process has with an API one after the other.
//!
//! The slots of a lost session's objects stay reserved until the program has released them, so that a handle of an earlier
//! session is recognized.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering};

use crate::base::fault::Fault;

/// The state of a live handle.
#[derive(Debug, Clone, Copy)]
pub struct Found {
    pub id: u64,
    pub kind: u16,
    /// The object's class if objects of the class are interchangeable, or else its id.
    pub class: u64,
    pub state: u64,
    /// No call has been given it but those that ask, and count references.
    pub untouched: bool,
}

/// A bit of the classes whose objects also answer alike. No id has it.
pub const ALIKE: u64 = 1 << 63;

impl Found {
    /// The object's class, if objects of the class answer alike.
    pub fn alike(&self) -> Option<u64> {
        (self.class & ALIKE != 0).then_some(self.class)
    }
}

/// What a handle points at.
#[repr(C, align(64))]
pub(super) struct Object {
    /// Read by installable client driver loaders.
    pub dispatch: AtomicPtr<c_void>,
    /// 0 for a place that is free.
    pub id: AtomicU64,
    pub kind: AtomicU32,
    /// The session that it is an object of.
    pub generation: AtomicU32,
    /// A value that an API's hand-written code keeps for the object; 0 at first.
    pub note: AtomicU64,
    /// What the object was made of, as a number, where one is as good as another that was made likewise: events of a
    /// queue, buffers of a size. 0 for an object that only stands for itself.
    pub class: AtomicU64,
    /// What was done to the object that decides whether calls with it succeed, as a number; 0 at first.
    pub state: AtomicU64,
    /// The mark of the lane that used the object last ([`crate::book::turn`]); 0 for none.
    pub user: AtomicU32,
    /// References that the program holds, of which the vendor knows one; 0 if the vendor counts.
    pub references: AtomicU32,
    /// Whether something about the object is remembered elsewhere.
    pub remembered: AtomicBool,
    /// Whether the vendor named it unasked, rather than made it.
    pub found: AtomicBool,
    /// Whether a call was given it that may have done something with it.
    pub touched: AtomicBool,
}

impl Object {
    pub fn found(&self) -> Found {
        let id = self.id.load(Ordering::Acquire);
        let class = self.class.load(Ordering::Relaxed);
        Found {
            id,
            kind: self.kind.load(Ordering::Relaxed) as u16,
            class: if class == 0 { id } else { class },
            state: self.state.load(Ordering::Relaxed),
            untouched: !self.touched.load(Ordering::Relaxed),
        }
    }

    /// References that the vendor does not know of.
    pub fn extra_references(&self) -> u32 {
        self.references.load(Ordering::Relaxed).saturating_sub(1)
    }

    pub fn is(&self, kind: u16) -> bool {
        self.kind.load(Ordering::Relaxed) == u32::from(kind)
    }
}

/// Most objects alive at once.
const CAPACITY: usize = 1 << 22;
/// The number of objects that are released before the slot of the first of them is reused.
const QUARANTINE: usize = 4096;

/// The range.
pub struct Range {
    base: *mut Object,
    capacity: usize,
    used: AtomicUsize,
    free: Mutex<VecDeque<u32>>,
    /// Whether references are counted here; else by the vendor.
    pub(super) counts: bool,
    /// The first word of every handle.
    pub(super) dispatch: *mut c_void,
    /// Ids count on from one session to the next.
    pub(super) last_id: AtomicU64,
}

// SAFETY: `base` leads to atomics only, and `dispatch` is not followed.
unsafe impl Send for Range {}
// SAFETY: as above.
unsafe impl Sync for Range {}

/// The result of releasing a reference to an object of a lost session.
#[derive(Debug, PartialEq, Eq)]
pub enum Departed {
    /// Others are left, or nobody knows how many.
    Stays,
    /// It was the last: the object of this session is gone.
    Gone { generation: u32, id: u64 },
}

impl Range {
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

    /// Increments the reference count of an object of a lost session; `false` if it is not one.
    pub fn retain_lost(&self, pointer: *mut c_void, kind: u16) -> bool {
        let Some((_, object)) = self.taken(pointer).filter(|(_, object)| object.is(kind)) else { return false };
        let more = |n: u32| if n == 0 { None } else { n.checked_add(1) };
        let _ = object.references.fetch_update(Ordering::AcqRel, Ordering::Relaxed, more);
        true
    }

    /// Decrements the reference count of an object of a lost session; at zero its slot becomes free. `None` if it is not
    /// one.
    pub fn release_lost(&self, pointer: *mut c_void, kind: u16) -> Option<Departed> {
        let (index, object) = self.taken(pointer).filter(|(_, object)| object.is(kind))?;
        match object.references.fetch_update(Ordering::AcqRel, Ordering::Relaxed, |n| n.checked_sub(1)) {
            Ok(1) => {
                let generation = object.generation.load(Ordering::Relaxed);
                let id = object.id.load(Ordering::Acquire);
                self.vacate(index, object);
                Some(Departed::Gone { generation, id })
            }
            _ => Some(Departed::Stays),
        }
    }

    /// The session and the id of the object that a handle stands for, whether that session lives or not.
    pub fn whose(&self, pointer: *mut c_void) -> Option<(u32, u64)> {
        let (_, object) = self.taken(pointer)?;
        Some((object.generation.load(Ordering::Relaxed), object.id.load(Ordering::Acquire)))
    }

    /// The place that a handle points at, and its index, if an object has it.
    #[inline]
    pub(super) fn taken(&self, pointer: *mut c_void) -> Option<(u32, &Object)> {
        let offset = (pointer as usize).checked_sub(self.base as usize)?;
        let index = offset / size_of::<Object>();
        if offset % size_of::<Object>() != 0 || index >= self.used.load(Ordering::Acquire).min(self.capacity) {
            return None;
        }
        let object = self.object(index as u32);
        (object.id.load(Ordering::Acquire) != 0).then_some((index as u32, object))
    }

    /// The object at a place that was handed out.
    #[inline]
    pub(super) fn object(&self, index: u32) -> &Object {
        // SAFETY: the index lies in the range, whose memory is zeroed at first, atomics ever after, and never unmapped.
        unsafe { &*self.at(index) }
    }

    #[inline]
    pub(super) fn at(&self, index: u32) -> *mut Object {
        self.base.wrapping_add(index as usize)
    }

    /// A free place.
    pub(super) fn vacancy(&self) -> Result<u32, Fault> {
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

    /// Nobody has the place any more.
    pub(super) fn vacate(&self, index: u32, object: &Object) {
        object.id.store(0, Ordering::Release);
        if let Ok(mut free) = self.free.lock() {
            free.push_back(index);
        }
    }
}
