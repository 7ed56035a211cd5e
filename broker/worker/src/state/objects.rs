//! The session's objects: which vendor object an id stands for, and how long.
//!
//! - **Invariant**: an id resolves to the object that it was bound to, of the kind that it was bound with, or not at all.
//! - **Invariant**: an id is bound once; the shim's count up, the worker's have [`WORKERS`] set.
//!
//! An object is forgotten when the program has released it and nothing made from it is left: until then the vendor keeps
//! it alive, and queries may still name it.

use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::frame::{Malformed, Notice};
use dashmap::{DashMap, Entry};

use super::untold::Untold;
use super::usage::Usage;

/// Marks ids that the worker gives to objects which the vendor names unasked: platforms, devices, …
pub const WORKERS: u64 = 1 << 60;
/// Most objects of a session.
const MOST: usize = 4 << 20;

/// Something that is in use as long as an object is.
pub type Kept = Box<dyn Send + Sync>;

struct Object {
    kind: u16,
    pointer: usize,
    /// References that the program holds.
    references: u64,
    /// How many of them are about to be given back.
    leaving: u64,
    /// Made by the program, rather than found: only such objects are ever forgotten.
    made: bool,
    /// Objects made from this one.
    children: u64,
    parents: Vec<u64>,
    /// Bytes of device memory.
    memory: u64,
    /// What is in use as long as the object is.
    kept: Vec<Kept>,
}

impl Object {
    /// One that the vendor has named.
    fn found(kind: u16, pointer: usize) -> Self {
        Self { references: 0, made: false, ..Self::made(kind, pointer, Vec::new(), 0) }
    }

    fn made(kind: u16, pointer: usize, parents: Vec<u64>, memory: u64) -> Self {
        Self { kind, pointer, references: 1, leaving: 0, made: true, children: 0, parents, memory, kept: Vec::new() }
    }
}

pub struct Objects {
    by_id: DashMap<u64, Object>,
    by_pointer: DashMap<(u16, usize), u64>,
    highest: AtomicU64,
    last_of_workers: AtomicU64,
    gone: Untold<u64>,
    /// Where they are counted.
    usage: Usage,
}

/// What became of an id.
pub enum Found {
    Pointer(usize),
    /// It was bound, and is gone.
    Gone,
}

impl Objects {
    /// None yet; they will be counted in `usage`.
    pub fn new(usage: Usage) -> Self {
        Self {
            by_id: DashMap::new(),
            by_pointer: DashMap::new(),
            highest: AtomicU64::new(0),
            last_of_workers: AtomicU64::new(0),
            gone: Untold::default(),
            usage,
        }
    }

    pub fn find(&self, id: u64, kind: u16) -> Result<Found, Malformed> {
        match self.by_id.get(&id) {
            Some(object) if object.kind == kind => Ok(Found::Pointer(object.pointer)),
            Some(object) => Err(Malformed::Kind { object: id, is: object.kind, wanted: kind }),
            None if self.was_bound(id) => Ok(Found::Gone),
            None => Err(Malformed::Handle(id)),
        }
    }

    fn was_bound(&self, id: u64) -> bool {
        if id & WORKERS != 0 {
            (1..=self.last_of_workers.load(Ordering::Relaxed)).contains(&(id - WORKERS))
        } else {
            id <= self.highest.load(Ordering::Relaxed)
        }
    }

    /// Whether the shim may bind this id.
    pub fn check_new(&self, id: u64) -> Result<(), Malformed> {
        if id == 0 || id >= WORKERS || self.by_id.contains_key(&id) {
            return Err(Malformed::Id(id));
        }
        self.check_room()
    }

    /// Whether there may be more objects.
    pub fn check_room(&self) -> Result<(), Malformed> {
        if self.by_id.len() >= MOST {
            return Err(Malformed::TooMany { what: "objects", limit: MOST as u64 });
        }
        Ok(())
    }

    /// Binds an id of the shim's to an object that the program has made.
    ///
    /// # Errors
    /// The id is taken.
    pub fn bind(&self, id: u64, kind: u16, pointer: usize, parents: &[u64], memory: u64) -> Result<(), Malformed> {
        self.highest.fetch_max(id, Ordering::Relaxed);
        let parents: Vec<u64> = parents.iter().copied().filter(|parent| self.add_child(*parent)).collect();
        self.by_pointer.insert((kind, pointer), id);
        // Two threads of the program may give the same id: the first has it.
        match self.by_id.entry(id) {
            Entry::Occupied(_) => Err(Malformed::Id(id)),
            Entry::Vacant(vacant) => {
                vacant.insert(Object::made(kind, pointer, parents, memory));
                self.usage.made(kind, memory);
                Ok(())
            }
        }
    }

    /// Keeps something until the object is gone.
    pub fn keep(&self, id: u64, kept: Kept) {
        if let Some(mut object) = self.by_id.get_mut(&id) {
            object.kept.push(kept);
        }
    }

    /// Takes an id of the shim's as one whose object is gone already.
    pub fn mark_gone(&self, id: u64) {
        self.highest.fetch_max(id, Ordering::Relaxed);
    }

    /// Counts a child of the parent; `false` if there is no such object.
    fn add_child(&self, parent: u64) -> bool {
        self.by_id.get_mut(&parent).is_some_and(|mut object| {
            object.children += 1;
            true
        })
    }

    /// The id of an object that the vendor named; a new one for one that is not known.
    pub fn intern(&self, kind: u16, pointer: usize) -> u64 {
        if pointer == 0 {
            return 0;
        }
        *self.by_pointer.entry((kind, pointer)).or_insert_with(|| {
            let id = WORKERS + self.last_of_workers.fetch_add(1, Ordering::Relaxed) + 1;
            self.by_id.insert(id, Object::found(kind, pointer));
            self.usage.made(kind, 0);
            id
        })
    }

    /// The id of an object that the program has just made through an array of results.
    pub fn intern_made(&self, kind: u16, pointer: usize, parents: &[u64]) -> u64 {
        let id = WORKERS + self.last_of_workers.fetch_add(1, Ordering::Relaxed) + 1;
        let parents = parents.iter().copied().filter(|parent| self.add_child(*parent)).collect();
        self.by_pointer.insert((kind, pointer), id);
        self.by_id.insert(id, Object::made(kind, pointer, parents, 0));
        self.usage.made(kind, 0);
        id
    }

    /// Has an id stand for another object of the vendor's: a replay makes again what the id was, and the vendor gives it
    /// another pointer. An id that the vendor's answers have brought is taken as the log of these answers has it.
    ///
    /// # Errors
    /// The id stands for an object of another kind, or is one that the program gives and has not bound.
    pub fn rebind(&self, id: u64, kind: u16, pointer: usize) -> Result<(), Malformed> {
        let before = match self.by_id.entry(id) {
            Entry::Occupied(mut known) if known.get().kind == kind => {
                Some(std::mem::replace(&mut known.get_mut().pointer, pointer))
            }
            Entry::Occupied(known) => {
                return Err(Malformed::Kind { object: id, is: known.get().kind, wanted: kind });
            }
            Entry::Vacant(vacant) if id > WORKERS && id != u64::MAX => {
                self.last_of_workers.fetch_max(id - WORKERS, Ordering::Relaxed);
                vacant.insert(Object::found(kind, pointer));
                self.usage.made(kind, 0);
                None
            }
            Entry::Vacant(_) => return Err(Malformed::Handle(id)),
        };
        if let Some(before) = before {
            self.by_pointer.remove_if(&(kind, before), |_, other| *other == id);
        }
        self.by_pointer.insert((kind, pointer), id);
        Ok(())
    }

    /// What an object was made from.
    pub fn parents(&self, id: u64) -> Vec<u64> {
        self.by_id.get(&id).map_or_else(Vec::new, |object| object.parents.clone())
    }

    /// The vendor's pointer behind an id of any kind.
    pub fn pointer(&self, id: u64) -> Option<usize> {
        self.by_id.get(&id).map(|object| object.pointer)
    }

    /// The pointers of all objects of a kind that the program holds, or that were never made.
    pub fn pointers(&self, kind: u16) -> Vec<usize> {
        let held = |object: &Object| object.references > 0 || !object.made;
        self.by_id.iter().filter(|object| object.kind == kind && held(object)).map(|object| object.pointer).collect()
    }

    /// The id that a vendor's pointer is known by; 0 if it is not.
    pub fn id_of(&self, kind: u16, pointer: usize) -> u64 {
        self.by_pointer.get(&(kind, pointer)).map_or(0, |id| *id)
    }

    pub fn retained(&self, id: u64) {
        if let Some(mut object) = self.by_id.get_mut(&id) {
            object.references += 1;
        }
    }

    /// The program is about to release the object: its pointer if that may be the last time. Threads that release it at
    /// the same moment are all told so.
    pub fn leaving(&self, id: u64) -> Option<usize> {
        let mut object = self.by_id.get_mut(&id)?;
        object.leaving += 1;
        (object.made && object.references <= object.leaving).then_some(object.pointer)
    }

    /// The program has released the object; the ids of those that are forgotten with that.
    pub fn released(&self, id: u64) -> Vec<u64> {
        if let Some(mut object) = self.by_id.get_mut(&id) {
            object.references = object.references.saturating_sub(1);
            object.leaving = object.leaving.saturating_sub(1);
        }
        let mut forgotten = Vec::new();
        let mut candidates = vec![id];
        while let Some(one) = candidates.pop() {
            let dead = self.by_id.remove_if(&one, |_, o| o.made && o.references == 0 && o.children == 0);
            let Some((_, object)) = dead else { continue };
            forgotten.push(one);
            self.by_pointer.remove_if(&(object.kind, object.pointer), |_, known| *known == one);
            self.usage.gone(object.kind, object.memory);
            self.gone.add(one);
            for parent in object.parents {
                if let Some(mut parent) = self.by_id.get_mut(&parent) {
                    parent.children = parent.children.saturating_sub(1);
                }
                candidates.push(parent);
            }
        }
        forgotten
    }

    /// Tells of objects that are gone, at most so many.
    pub fn notices(&self, room: usize, out: &mut Vec<Notice>) {
        self.gone.take(room, out, |object| Notice::Gone { object });
    }

    /// How many the vendor has named unasked.
    pub fn found(&self) -> u64 {
        self.last_of_workers.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use ava_protocol::api::APIS;

    use super::*;

    fn none() -> Objects {
        Objects::new(Usage::unread(APIS[0]))
    }

    #[test]
    fn an_object_outlives_its_release_as_long_as_something_made_from_it_is_left() {
        let objects = none();
        objects.bind(1, 1, 0x10, &[], 0).unwrap();
        objects.bind(2, 2, 0x20, &[1], 64).unwrap();
        assert!(matches!(objects.bind(2, 2, 0x28, &[], 0), Err(Malformed::Id(2))));
        objects.released(1);
        assert!(matches!(objects.find(1, 1), Ok(Found::Pointer(0x10))));
        assert_eq!((objects.intern(1, 0x10), objects.usage.memory()), (1, 64));
        objects.released(2);
        let mut told = Vec::new();
        objects.notices(9, &mut told);
        assert_eq!(told, [Notice::Gone { object: 2 }, Notice::Gone { object: 1 }]);
        assert_eq!(objects.usage.memory(), 0);
        assert!(matches!(objects.find(1, 1), Ok(Found::Gone)));
        assert_ne!(objects.intern(1, 0x10), 1);
    }

    #[test]
    fn threads_that_release_at_the_same_moment_are_both_told_that_it_may_be_the_last_time() {
        let objects = none();
        objects.bind(1, 1, 0x10, &[], 0).unwrap();
        objects.retained(1);
        assert_eq!((objects.leaving(1), objects.leaving(1)), (None, Some(0x10)));
        assert_eq!((objects.released(1), objects.released(1)), (vec![], vec![1]));
    }

    #[test]
    fn what_the_vendor_named_unasked_is_never_forgotten() {
        let objects = none();
        let device = objects.intern(3, 0x30);
        objects.retained(device);
        objects.released(device);
        objects.released(device);
        assert!(matches!(objects.find(device, 3), Ok(Found::Pointer(0x30))));
    }

    #[test]
    fn ids_that_were_never_given_are_malformed() {
        let objects = none();
        objects.bind(5, 1, 0x10, &[], 0).unwrap();
        assert!(matches!(objects.find(6, 1), Err(Malformed::Handle(6))));
        assert!(matches!(objects.find(5, 2), Err(Malformed::Kind { .. })));
        for id in [WORKERS, WORKERS + 1, u64::MAX] {
            assert!(matches!(objects.find(id, 1), Err(Malformed::Handle(_))));
        }
        assert!(objects.check_new(5).is_err() && objects.check_new(0).is_err() && objects.check_new(WORKERS).is_err());
        assert!(objects.check_new(6).is_ok());
    }

    #[test]
    fn what_an_object_keeps_goes_with_it() {
        struct Flag(std::sync::Arc<std::sync::atomic::AtomicBool>);
        impl Drop for Flag {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let (objects, gone) = (none(), std::sync::Arc::default());
        objects.bind(1, 1, 0x10, &[], 0).unwrap();
        objects.bind(2, 1, 0x20, &[1], 0).unwrap();
        objects.keep(1, Box::new(Flag(std::sync::Arc::clone(&gone))));
        objects.released(1);
        assert!(!gone.load(Ordering::Relaxed));
        objects.released(2);
        assert!(gone.load(Ordering::Relaxed));
    }

    #[test]
    fn an_object_made_again_has_its_id_and_what_hangs_on_it() {
        let objects = none();
        objects.bind(1, 1, 0x10, &[], 0).unwrap();
        objects.bind(2, 2, 0x20, &[1], 64).unwrap();
        objects.retained(1);
        objects.rebind(1, 1, 0x18).unwrap();
        assert!(matches!(objects.find(1, 1), Ok(Found::Pointer(0x18))));
        assert_eq!((objects.id_of(1, 0x18), objects.id_of(1, 0x10), objects.parents(2)), (1, 0, vec![1]));
        // References are as many as before.
        assert_eq!((objects.released(2), objects.released(1), objects.released(1)), (vec![2], vec![], vec![1]));
    }

    #[test]
    fn an_object_that_answers_brought_has_the_id_that_the_log_says() {
        let objects = none();
        objects.rebind(WORKERS + 3, 3, 0x30).unwrap();
        assert_eq!(objects.intern(3, 0x30), WORKERS + 3);
        assert_eq!(objects.intern(3, 0x38), WORKERS + 4);
        assert!(matches!(objects.rebind(WORKERS + 3, 2, 0x30), Err(Malformed::Kind { .. })));
        assert!(matches!(objects.rebind(9, 1, 0x90), Err(Malformed::Handle(9))));
    }
}
