//! Objects within others: a function of a module, a module of a context. The vendor ends them with what they are within,
//! whoever holds them.
//!
//! - **Invariant**: no more than one entry of the two maps is locked at a time, except one by id under one by pointer.

use super::{Object, Objects};

/// How deep objects lie within each other at most, as far as anybody looks.
const DEEPEST: usize = 16;

impl Objects {
    /// What an object ends with that is made from these, or found through them: the first one of the types that its own
    /// type is within; 0 for none.
    pub(super) fn owner(&self, kind: u16, from: &[u64]) -> u64 {
        from.iter().copied().find(|id| self.may_own(*id, kind)).unwrap_or(0)
    }

    /// Whether there is such an object, of a type that objects of this one are within.
    fn may_own(&self, id: u64, kind: u16) -> bool {
        let within = self.spec(kind).map_or(&[][..], |spec| spec.within);
        !within.is_empty() && self.by_id.get(&id).is_some_and(|object| within.contains(&object.kind))
    }

    /// What a new object ends with, and which of the others it is made from it keeps alive: none that might have been its
    /// owner.
    pub(super) fn begin(&self, kind: u16, from: &[u64]) -> (u64, Vec<u64>) {
        let keeps = |parent: &u64| !self.may_own(*parent, kind) && self.add_child(*parent);
        (self.owner(kind, from), from.iter().copied().filter(keeps).collect())
    }

    /// Has an object end with its owner, unless that is 0 or the object ends with another already.
    pub(super) fn put_within(&self, id: u64, owner: u64) {
        if owner == 0 || owner == id {
            return;
        }
        match self.by_id.get_mut(&id) {
            Some(mut object) if object.within == 0 => object.within = owner,
            _ => return,
        }
        let is_there = self.by_id.get_mut(&owner).map(|mut owner| owner.inside.insert(id)).is_some();
        // The program may have released the owner meanwhile.
        if !is_there && let Some((id, object)) = self.by_id.remove(&id) {
            self.end(id, object, &mut Vec::new(), &mut Vec::new());
        }
    }

    /// Whether an object is gone, or about to go with what it is within, which is not this owner.
    pub(super) fn goes_without(&self, id: u64, owner: u64) -> bool {
        let mut at = id;
        for _ in 0..DEEPEST {
            let Some(object) = self.by_id.get(&at) else { return true };
            if at != id && object.made && object.leaving > 0 && object.references <= object.leaving {
                return true;
            }
            at = object.within;
            if at == 0 || at == owner {
                return false;
            }
        }
        false
    }

    /// An object was removed, and with it goes what is inside. Adds the ids of all that is forgotten with that, and what they
    /// were made from, which may be forgotten next.
    pub(super) fn end(&self, id: u64, object: Object, forgotten: &mut Vec<u64>, candidates: &mut Vec<u64>) {
        let mut ending = vec![(id, object)];
        while let Some((id, object)) = ending.pop() {
            forgotten.push(id);
            self.by_pointer.remove_if(&(object.kind, object.pointer), |_, known| *known == id);
            self.usage.gone(object.kind, object.memory);
            self.gone.add(id);
            if let Some(mut owner) = self.by_id.get_mut(&object.within) {
                owner.inside.remove(&id);
            }
            for parent in object.parents {
                if let Some(mut parent) = self.by_id.get_mut(&parent) {
                    parent.children = parent.children.saturating_sub(1);
                }
                candidates.push(parent);
            }
            ending.extend(object.inside.iter().filter_map(|inner| self.by_id.remove(inner)));
        }
    }
}
