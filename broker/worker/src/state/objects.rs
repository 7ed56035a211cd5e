//! The session's objects: which vendor object an id stands for, and how long.
//!
//! - **Invariant**: an id resolves to the object that it was bound to, of the kind that it was bound with, or not at all.
//! - **Invariant**: an id is bound once; the shim's count up, the worker's have [`WORKERS`] set.
//!
//! An object is forgotten when the program has released it and nothing made from it is left: until then the vendor keeps
//! it alive, and queries may still name it. Objects within it are forgotten with it.

mod within;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::frame::{Malformed, Notice};
use ava_protocol::quota::Resource;
use ava_protocol::spec::{self, KindSpec};
use dashmap::Entry;

use super::map::Map;
use super::untold::Untold;
use super::usage::{Tally, Usage};

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
    /// The object that it ends with, whoever holds it; 0 for none.
    within: u64,
    /// Objects that end with this one.
    inside: BTreeSet<u64>,
    /// Bytes of device memory.
    memory: u64,
    /// Of a kernel that was launched: where that is counted.
    tally: Option<Tally>,
    /// What is in use as long as the object is.
    kept: Vec<Kept>,
}

impl Object {
    /// One that the vendor has named.
    fn found(kind: u16, pointer: usize) -> Self {
        Self { references: 0, made: false, ..Self::made(kind, pointer, Vec::new(), 0) }
    }

    fn made(kind: u16, pointer: usize, parents: Vec<u64>, memory: u64) -> Self {
        Self {
            kind,
            pointer,
            references: 1,
            leaving: 0,
            made: true,
            children: 0,
            parents,
            within: 0,
            inside: BTreeSet::new(),
            memory,
            tally: None,
            kept: Vec::new(),
        }
    }
}

pub struct Objects {
    by_id: Map<u64, Object>,
    by_pointer: Map<(u16, usize), u64>,
    highest: AtomicU64,
    last_of_workers: AtomicU64,
    gone: Untold<u64>,
    /// Their types, some of which have values that are no objects.
    kinds: &'static [KindSpec],
    /// The greatest of these values.
    greatest_plain: u64,
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
    /// None yet, of these types by number from 1; they will be counted in `usage`.
    pub fn new(kinds: &'static [KindSpec], usage: Usage) -> Self {
        Self {
            by_id: Map::default(),
            by_pointer: Map::default(),
            highest: AtomicU64::new(0),
            last_of_workers: AtomicU64::new(0),
            gone: Untold::default(),
            kinds,
            greatest_plain: spec::greatest_plain(kinds),
            usage,
        }
    }

    /// What an id stands for: an object of this type or of another that it accepts, or one of its values that are none.
    pub fn find(&self, id: u64, kind: u16) -> Result<Found, Malformed> {
        self.look(id, kind).map(|(found, _)| found)
    }

    /// The same, and where its launches are counted, if it is a kernel that was launched.
    pub fn look(&self, id: u64, kind: u16) -> Result<(Found, Option<Tally>), Malformed> {
        match self.by_id.get(&id) {
            Some(object) if object.kind == kind || self.also(kind).contains(&object.kind) => {
                Ok((Found::Pointer(object.pointer), object.tally))
            }
            Some(object) => Err(Malformed::Kind { object: id, is: object.kind, wanted: kind }),
            None if self.was_bound(id) => Ok((Found::Gone, None)),
            None => match self.spec(kind).and_then(|spec| spec.plain_value(id)) {
                Some(value) => Ok((Found::Pointer(value), None)),
                None => Err(Malformed::Handle(id)),
            },
        }
    }

    /// The launches of a kernel are counted there from now on.
    pub fn count_as(&self, id: u64, tally: Tally) {
        if let Some(mut object) = self.by_id.get_mut(&id) {
            object.tally = Some(tally);
        }
    }

    fn spec(&self, kind: u16) -> Option<&'static KindSpec> {
        self.kinds.get(usize::from(kind).checked_sub(1)?)
    }

    /// The types whose objects are accepted where one of this type is asked for.
    fn also(&self, kind: u16) -> &'static [u16] {
        self.spec(kind).map_or(&[], |spec| spec.also)
    }

    /// The id that a pointer is known by as an object of a type that is accepted where one of this type is asked for.
    fn known_as_another(&self, kind: u16, pointer: usize) -> Option<u64> {
        self.also(kind).iter().find_map(|other| self.by_pointer.get(&(*other, pointer)).map(|id| *id))
    }

    /// The id of a value that is no object.
    fn plain(&self, kind: u16, pointer: usize) -> Option<u64> {
        self.spec(kind)?.plain_id(pointer)
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
        let (owner, parents) = self.begin(kind, parents);
        self.by_pointer.insert((kind, pointer), id);
        // Two threads of the program may give the same id: the first has it.
        match self.by_id.entry(id) {
            Entry::Occupied(_) => return Err(Malformed::Id(id)),
            Entry::Vacant(vacant) => {
                vacant.insert(Object::made(kind, pointer, parents, memory));
                self.usage.made(kind, memory);
            }
        }
        self.put_within(id, owner);
        Ok(())
    }

    /// The object holds so much device memory from now on, if the tenant may have it; whether it does.
    pub fn resize(&self, id: u64, memory: u64) -> bool {
        let Some(mut object) = self.by_id.get_mut(&id) else { return true };
        let (of, before) = (Resource::DeviceMemory, object.memory);
        if memory > before && !self.usage.reserve(of, memory - before) {
            return false;
        }
        object.memory = memory;
        match memory.checked_sub(before) {
            Some(more) => self.usage.took(of, more),
            None => self.usage.gave_back(of, before - memory),
        }
        true
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
    #[cfg(test)]
    fn intern(&self, kind: u16, pointer: usize) -> u64 {
        self.intern_from(kind, pointer, &[])
    }

    /// The id of an object that the vendor named when it was asked about these; a new one for one that is not known.
    pub fn intern_from(&self, kind: u16, pointer: usize, from: &[u64]) -> u64 {
        if pointer == 0 {
            return 0;
        }
        if let Some(id) = self.plain(kind, pointer) {
            return id;
        }
        if !self.also(kind).is_empty()
            && !self.by_pointer.contains_key(&(kind, pointer))
            && let Some(id) = self.known_as_another(kind, pointer)
        {
            return id;
        }
        let owner = self.owner(kind, from);
        if owner != 0 {
            // Where an object was whose owner is about to go the vendor may have another by now, of another owner.
            self.by_pointer.remove_if(&(kind, pointer), |_, known| self.goes_without(*known, owner));
        }
        let id = *self.by_pointer.entry((kind, pointer)).or_insert_with(|| {
            let id = WORKERS + self.last_of_workers.fetch_add(1, Ordering::Relaxed) + 1;
            self.by_id.insert(id, Object::found(kind, pointer));
            self.usage.made(kind, 0);
            id
        });
        self.put_within(id, owner);
        id
    }

    /// The id of an object that the program has just made through an array of results.
    pub fn intern_made(&self, kind: u16, pointer: usize, parents: &[u64]) -> u64 {
        let id = WORKERS + self.last_of_workers.fetch_add(1, Ordering::Relaxed) + 1;
        let (owner, parents) = self.begin(kind, parents);
        self.by_pointer.insert((kind, pointer), id);
        self.by_id.insert(id, Object::made(kind, pointer, parents, 0));
        self.usage.made(kind, 0);
        self.put_within(id, owner);
        id
    }

    /// The id of an object that is the program's from now on, which may have heard of it before.
    pub fn intern_handed_over(&self, kind: u16, pointer: usize) -> u64 {
        // What is about to go is another object, whose place the vendor has given to this one.
        let goes = |id: u64| self.by_id.get(&id).is_some_and(|known| known.made && known.references <= known.leaving);
        self.by_pointer.remove_if(&(kind, pointer), |_, known| goes(*known));
        let id = self.intern_from(kind, pointer, &[]);
        if let Some(mut object) = self.by_id.get_mut(&id)
            && !object.made
        {
            (object.made, object.references) = (true, 1);
        }
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
        let Some(object) = self.by_id.get(&id) else { return Vec::new() };
        Some(object.within).filter(|owner| *owner != 0).into_iter().chain(object.parents.iter().copied()).collect()
    }

    /// The vendor's pointer behind an id of any kind.
    pub fn pointer(&self, id: u64) -> Option<usize> {
        self.by_id.get(&id).map(|object| object.pointer)
    }

    /// The same, and its kind.
    pub fn known(&self, id: u64) -> Option<(u16, usize)> {
        self.by_id.get(&id).map(|object| (object.kind, object.pointer))
    }

    /// Whether the program can name it: an object that there is, or a value that is none.
    pub fn may_be_named(&self, id: u64) -> bool {
        self.by_id.contains_key(&id) || spec::plain_value(id, self.greatest_plain).is_some()
    }

    /// The pointers of all objects of a kind that the program holds, or that were never made.
    pub fn pointers(&self, kind: u16) -> Vec<usize> {
        let held = |object: &Object| object.references > 0 || !object.made;
        self.by_id.iter().filter(|object| object.kind == kind && held(object)).map(|object| object.pointer).collect()
    }

    /// The id that a vendor's pointer is known by; 0 if it is not.
    pub fn id_of(&self, kind: u16, pointer: usize) -> u64 {
        let known = self.by_pointer.get(&(kind, pointer)).map(|id| *id);
        known.or_else(|| self.known_as_another(kind, pointer)).or_else(|| self.plain(kind, pointer)).unwrap_or(0)
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

    /// The vendor has refused to release the object, which was about to leave.
    pub fn stays(&self, id: u64) {
        if let Some(mut object) = self.by_id.get_mut(&id) {
            object.leaving = object.leaving.saturating_sub(1);
        }
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
            if let Some((_, object)) = dead {
                self.end(one, object, &mut forgotten, &mut candidates);
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
mod tests;
