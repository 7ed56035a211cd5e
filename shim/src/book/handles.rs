//! Handles: what the program gets instead of vendor objects.
//!
//! A handle is the address of an [`Object`] in a range of memory reserved for them, so that telling a live handle from
//! anything else takes a range check and four loads, and so that an installable client driver's loader finds the
//! dispatch table in its first word.
//!
//! - **Invariant**: an id is never reused; a slot in the range is, but only long after its object was released.
//! - **Invariant**: a handle is live only in the session of its object.

mod range;

use std::ffi::c_void;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use ava_protocol::spec::{self, KindSpec};

use crate::base::fault::Fault;
use crate::base::maps;
use range::Object;

pub use range::{ALIKE, Departed, Found, Range};

/// One place of a dispatch table: a function's address.
#[repr(transparent)]
#[derive(Clone, Copy)]
pub struct Entry(pub *const c_void);

// SAFETY: the address of a function, never written through.
unsafe impl Sync for Entry {}

/// All handles of a session.
pub struct Handles {
    range: &'static Range,
    /// The session.
    generation: u32,
    /// The types of handles, by number from 1. Some have values that are no handles of objects.
    kinds: &'static [KindSpec],
    /// The greatest of these values.
    greatest_plain: u64,
    by_id: maps::ById<u32>,
}

impl Handles {
    /// Those of a session, of which there are none yet.
    pub fn new(range: &'static Range, generation: u32, kinds: &'static [KindSpec]) -> Self {
        Self { range, generation, kinds, greatest_plain: spec::greatest_plain(kinds), by_id: maps::busy() }
    }

    /// A new id for an object of `kind` and of a class, or 0, that a call of this lane is about to make.
    pub fn mint(&self, kind: u16, class: u64, lane: u32) -> Result<u64, Fault> {
        let id = self.range.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        self.place(id, kind, class, lane, true)?;
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
        if let Some(value) = self.spec(kind).and_then(|spec| spec.plain_value(id)) {
            return value as *mut c_void;
        }
        self.place(id, kind, 0, 0, made).map_or(std::ptr::null_mut(), |_| self.pointer(id))
    }

    /// Ids that the worker named become handles, in place.
    pub fn translate(&self, ids: &mut [u8], kind: u16, made: bool) {
        for word in ids.as_chunks_mut().0 {
            let handle = self.intern(u64::from_le_bytes(*word), kind, made);
            *word = (handle as u64).to_le_bytes();
        }
    }

    /// Gives an object that the vendor names unasked the handle that stood for its like in a lost session. `false` if that
    /// is none, or the object has another.
    pub fn adopt(&self, id: u64, kind: u16, pointer: *mut c_void) -> bool {
        let Some((index, object)) = self.range.taken(pointer) else { return false };
        let fits = object.is(kind)
            && object.found.load(Ordering::Relaxed)
            && object.generation.load(Ordering::Relaxed) != self.generation;
        let (true, dashmap::Entry::Vacant(vacant)) = (fits && id != 0, self.by_id.entry(id)) else { return false };
        vacant.insert(index);
        object.note.store(0, Ordering::Relaxed);
        object.class.store(0, Ordering::Relaxed);
        object.state.store(0, Ordering::Relaxed);
        object.user.store(0, Ordering::Relaxed);
        object.remembered.store(false, Ordering::Relaxed);
        object.id.store(id, Ordering::Release);
        object.generation.store(self.generation, Ordering::Release);
        true
    }

    /// Whether a handle is one of a lost session.
    pub fn is_lost(&self, pointer: *mut c_void) -> bool {
        self.range
            .taken(pointer)
            .is_some_and(|(_, object)| object.generation.load(Ordering::Relaxed) != self.generation)
    }

    /// The session is lost: its handles are not live any more, and stay reserved until the program releases them. Returns
    /// the ids of those that it has released already.
    pub fn retire(&self) -> Vec<u64> {
        let mut released = Vec::new();
        for entry in &self.by_id {
            let (id, index) = (*entry.key(), *entry.value());
            let object = self.range.object(index);
            let held = object.references.load(Ordering::Relaxed) > 0 || object.found.load(Ordering::Relaxed);
            if self.range.counts && !held && object.id.load(Ordering::Acquire) == id {
                self.range.vacate(index, object);
                released.push(id);
            }
        }
        self.by_id.clear();
        self.by_id.shrink_to_fit();
        released
    }

    /// Increments the reference count, if the shim counts.
    #[inline]
    pub fn retain(&self, pointer: *mut c_void, kind: u16) -> bool {
        let Some(object) = self.of_kind(pointer, kind) else {
            return self.is_lost(pointer) && self.range.retain_lost(pointer, kind);
        };
        let more = |n: u32| if n == 0 { None } else { n.checked_add(1) };
        object.references.fetch_update(Ordering::AcqRel, Ordering::Relaxed, more).is_ok()
    }

    /// Counts a reference less; `None` if others are left. Else the vendor is to be told: that it was the last
    /// (`true`), or because the vendor counts.
    #[inline]
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
        self.by_id.get(&id).map_or(0, |index| self.range.object(*index).extra_references())
    }

    /// The same of a live handle.
    pub fn extra_references_of(&self, pointer: *mut c_void) -> u32 {
        self.object(pointer).map_or(0, Object::extra_references)
    }

    /// The id of a live handle about which other state exists.
    #[inline]
    pub fn remembered(&self, pointer: *mut c_void) -> Option<u64> {
        let object = self.object(pointer).filter(|object| object.remembered.load(Ordering::Relaxed))?;
        Some(object.id.load(Ordering::Acquire))
    }

    /// Marks that other state exists for the object, to be removed with it; `false` if it is released already.
    pub fn mark_remembered(&self, id: u64) -> bool {
        self.by_id.get(&id).is_some_and(|index| {
            self.range.object(*index).remembered.store(true, Ordering::Relaxed);
            true
        })
    }

    /// The id of a value that is no handle of an object.
    pub fn plain(&self, pointer: *mut c_void, kind: u16) -> Option<u64> {
        self.spec(kind)?.plain_id(pointer as usize)
    }

    /// Whether objects of a type answer alike if they are made alike.
    pub fn are_alike(&self, kind: u16) -> bool {
        self.spec(kind).is_some_and(|spec| spec.alike)
    }

    fn spec(&self, kind: u16) -> Option<&'static KindSpec> {
        self.kinds.get(usize::from(kind).checked_sub(1)?)
    }

    /// The handle of `id`; null if it is released.
    pub fn pointer(&self, id: u64) -> *mut c_void {
        self.by_id.get(&id).map_or(std::ptr::null_mut(), |index| self.range.at(*index).cast())
    }

    /// The handle of an id that the worker tells without its type: of an object, or a value that is none.
    pub fn told(&self, id: u64) -> *mut c_void {
        let plain = spec::plain_value(id, self.greatest_plain);
        plain.map_or_else(|| self.pointer(id), |value| value as *mut c_void)
    }

    /// A live handle of `kind`, or of another that is accepted for it, looked up.
    #[inline]
    pub fn find(&self, pointer: *mut c_void, kind: u16) -> Option<Found> {
        let object = self.object(pointer)?;
        if object.is(kind) { Some(object.found()) } else { self.accepted(object, kind) }
    }

    /// A live object of another type, where it is accepted for one of `kind`. It stands only for itself: classes are of
    /// one type.
    #[cold]
    fn accepted(&self, object: &Object, kind: u16) -> Option<Found> {
        let accepts = self.spec(kind)?.also.iter().any(|other| object.is(*other));
        let found = object.found();
        accepts.then_some(Found { class: found.id, ..found })
    }

    /// A live handle of any kind, looked up.
    pub fn any(&self, pointer: *mut c_void) -> Option<Found> {
        self.object(pointer).map(Object::found)
    }

    /// The mark of the lane that used a live object last.
    #[inline]
    pub fn user(&self, pointer: *mut c_void) -> Option<&AtomicU32> {
        self.object(pointer).map(|object| &object.user)
    }

    /// Notes of a live object that it is as good as another of its class.
    pub fn set_class(&self, pointer: *mut c_void, class: u64) {
        if let Some(object) = self.object(pointer) {
            object.class.store(class, Ordering::Relaxed);
        }
    }

    /// Notes that a call does something with a live object, or may.
    pub fn touch(&self, pointer: *mut c_void) {
        if let Some(object) = self.object(pointer) {
            object.touched.store(true, Ordering::Relaxed);
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
        let object = self.range.object(index);
        self.range.vacate(index, object);
        object.remembered.load(Ordering::Relaxed)
    }

    fn place(&self, id: u64, kind: u16, class: u64, lane: u32, made: bool) -> Result<u32, Fault> {
        let index = self.range.vacancy()?;
        let object = self.range.object(index);
        object.dispatch.store(self.range.dispatch, Ordering::Relaxed);
        object.kind.store(u32::from(kind), Ordering::Relaxed);
        object.generation.store(self.generation, Ordering::Relaxed);
        object.note.store(0, Ordering::Relaxed);
        object.class.store(class, Ordering::Relaxed);
        object.state.store(0, Ordering::Relaxed);
        object.references.store(u32::from(made && self.range.counts), Ordering::Relaxed);
        object.user.store(lane, Ordering::Relaxed);
        object.remembered.store(false, Ordering::Relaxed);
        object.found.store(!made, Ordering::Relaxed);
        object.touched.store(!made, Ordering::Relaxed);
        object.id.store(id, Ordering::Release);
        // Two threads may see the worker name the same object at once: the first one's place stands.
        match self.by_id.entry(id) {
            dashmap::Entry::Occupied(known) => {
                self.range.vacate(index, object);
                Ok(*known.get())
            }
            dashmap::Entry::Vacant(vacant) => {
                vacant.insert(index);
                Ok(index)
            }
        }
    }

    #[inline]
    fn of_kind(&self, pointer: *mut c_void, kind: u16) -> Option<&Object> {
        self.object(pointer).filter(|object| object.is(kind))
    }

    #[inline]
    fn object(&self, pointer: *mut c_void) -> Option<&Object> {
        let (_, object) = self.range.taken(pointer)?;
        (object.generation.load(Ordering::Relaxed) == self.generation).then_some(object)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: u16 = 1;
    const BUFFER: u16 = 2;

    fn range() -> &'static Range {
        Box::leak(Box::new(Range::new(true, std::ptr::null()).unwrap()))
    }

    #[test]
    fn a_handle_is_live_in_its_own_session_only_and_ids_count_on() {
        let range = range();
        let (old, new) = (Handles::new(range, 1, &[]), Handles::new(range, 2, &[]));
        let id = old.mint(BUFFER, 0, 0).unwrap();
        let handle = old.pointer(id);
        assert_eq!(old.find(handle, BUFFER).unwrap().id, id);
        assert!(new.find(handle, BUFFER).is_none() && new.is_lost(handle) && !old.is_lost(handle));
        assert!(new.mint(BUFFER, 0, 0).unwrap() > id);
        assert!(!new.is_lost(std::ptr::null_mut()) && !new.is_lost(handle.wrapping_byte_add(1)));
    }

    #[test]
    fn what_a_lost_session_had_is_there_until_it_is_released() {
        let range = range();
        let (old, new) = (Handles::new(range, 1, &[]), Handles::new(range, 2, &[]));
        let (kept, released) = (old.mint(BUFFER, 0, 0).unwrap(), old.mint(BUFFER, 0, 0).unwrap());
        let (handle, other) = (old.pointer(kept), old.pointer(released));
        assert_eq!(old.release(other, BUFFER), Some(true));
        assert_eq!(old.retire(), [released]);
        assert!(!new.is_lost(other) && new.is_lost(handle));
        assert!(new.retain(handle, BUFFER));
        assert_eq!(range.release_lost(handle, DEVICE), None);
        assert_eq!(range.release_lost(handle, BUFFER), Some(Departed::Stays));
        assert_eq!(range.release_lost(handle, BUFFER), Some(Departed::Gone { generation: 1, id: kept }));
        assert_eq!(range.release_lost(handle, BUFFER), None);
        assert!(!new.is_lost(handle));
    }

    #[test]
    fn what_the_vendor_names_unasked_keeps_its_handle() {
        const OURS: u64 = 1 << 60;
        let range = range();
        let (old, new) = (Handles::new(range, 1, &[]), Handles::new(range, 2, &[]));
        let device = old.intern(OURS + 1, DEVICE, false);
        let made = old.pointer(old.mint(BUFFER, 0, 0).unwrap());
        old.retire();
        assert!(new.is_lost(device) && new.find(device, DEVICE).is_none());
        assert!(!new.adopt(OURS + 5, BUFFER, device) && !new.adopt(OURS + 5, BUFFER, made));
        assert!(new.adopt(OURS + 7, DEVICE, device));
        assert_eq!(new.find(device, DEVICE).unwrap().id, OURS + 7);
        assert_eq!(new.intern(OURS + 7, DEVICE, false), device);
        // It is the new session's now.
        assert!(!new.adopt(OURS + 7, DEVICE, device) && !new.adopt(OURS + 8, DEVICE, device));
        assert!(old.find(device, DEVICE).is_none());
    }

    #[test]
    fn values_that_are_no_objects_are_no_handles() {
        let spec = KindSpec { plain: 2, ..KindSpec::named("toy") };
        let handles = Handles::new(range(), 1, Box::leak(Box::new([spec])));
        let value = |value: usize| value as *mut c_void;
        let ids = [1, 2].map(|number| handles.plain(value(number), DEVICE).unwrap());
        assert_eq!(ids.map(|id| handles.intern(id, DEVICE, false)), [1, 2].map(value));
        assert!(handles.find(value(1), DEVICE).is_none() && handles.plain(value(1), BUFFER).is_none());
        assert!(handles.plain(value(0), DEVICE).is_none() && handles.plain(value(3), DEVICE).is_none());
    }

    #[test]
    fn values_told_without_a_type_are_those_of_any() {
        let specs = [1, 3, 2].map(|plain| KindSpec { plain, ..KindSpec::named("toy") });
        let handles = Handles::new(range(), 1, Box::leak(Box::new(specs)));
        let id = handles.plain(3 as *mut c_void, BUFFER).unwrap();
        assert_eq!(handles.told(id), 3 as *mut c_void);
        let made = handles.mint(BUFFER, 0, 0).unwrap();
        assert_eq!((handles.told(made), handles.told(id + 1)), (handles.pointer(made), std::ptr::null_mut()));
    }

    #[test]
    fn a_handle_of_another_type_is_live_where_it_is_accepted() {
        let specs = [KindSpec { also: &[BUFFER], ..KindSpec::named("any") }, KindSpec::named("buffer")];
        let handles = Handles::new(range(), 1, Box::leak(Box::new(specs)));
        const ANY: u16 = 1;
        let (any, buffer) = (handles.mint(ANY, 7, 0).unwrap(), handles.mint(BUFFER, 7, 0).unwrap());
        let find = |id: u64, kind: u16| {
            handles.find(handles.pointer(id), kind).map(|found| (found.id, found.kind, found.class))
        };
        assert_eq!((find(any, ANY), find(any, BUFFER)), (Some((any, ANY, 7)), None));
        assert_eq!(
            (find(buffer, BUFFER), find(buffer, ANY)),
            (Some((buffer, BUFFER, 7)), Some((buffer, BUFFER, buffer)))
        );
        // Its references are counted as what it is.
        assert!(!handles.retain(handles.pointer(buffer), ANY) && handles.retain(handles.pointer(buffer), BUFFER));
        let pointer = handles.pointer(buffer);
        handles.forget(buffer);
        assert!(handles.find(pointer, ANY).is_none());
    }

    #[test]
    fn what_the_vendor_names_unasked_is_forgotten_when_the_worker_says_so() {
        const WORKERS: u64 = 1 << 60;
        let handles = Handles::new(range(), 1, &[]);
        let function = handles.intern(WORKERS + 1, BUFFER, false);
        assert!(handles.mark_remembered(WORKERS + 1) && handles.forget(WORKERS + 1));
        assert!(handles.find(function, BUFFER).is_none() && handles.any(function).is_none());
        assert!(!handles.is_lost(function) && handles.pointer(WORKERS + 1).is_null());
        assert_ne!(handles.intern(WORKERS + 2, BUFFER, false), function);
    }

    #[test]
    fn an_object_takes_one_line_of_the_cache() {
        assert_eq!(size_of::<Object>(), 64);
    }
}
