//! What an API remembers of objects for as long as they live.

use dashmap::DashMap;

use super::handles::Handles;
use crate::base::maps;

/// A value for each of some objects, by their ids.
pub struct Notes<V>(DashMap<u64, V>);

impl<V> Default for Notes<V> {
    fn default() -> Self {
        Self(maps::quiet())
    }
}

impl<V> Notes<V> {
    /// Remembers a value of an object, in place of the one before; nothing of an object that is gone.
    pub fn set(&self, handles: &Handles, id: u64, value: V) {
        if handles.mark_remembered(id) {
            self.0.insert(id, value);
        }
    }

    /// Remembers a value of an object unless one is remembered. What `look` makes of the value that stands.
    pub fn set_once<R>(&self, handles: &Handles, id: u64, value: V, look: impl FnOnce(&V) -> R) -> R {
        handles.mark_remembered(id);
        look(&self.0.entry(id).or_insert(value))
    }

    /// What `look` makes of the value that is remembered of an object, if one is.
    pub fn get<R>(&self, id: u64, look: impl FnOnce(&V) -> R) -> Option<R> {
        self.0.get(&id).map(|value| look(&value))
    }

    /// The object is gone.
    pub fn forget(&self, id: u64) {
        self.0.remove(&id);
    }

    /// The session is lost.
    pub fn clear(&self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book::handles::Range;

    #[test]
    fn a_value_stands_until_it_is_set_again_or_its_object_is_gone() {
        let range = Box::leak(Box::new(Range::new(true, std::ptr::null()).unwrap()));
        let handles = Handles::new(range, 1, &[]);
        let [one, other] = [(); 2].map(|()| handles.mint(1, 0, 0).unwrap());
        let notes = Notes::default();
        notes.set(&handles, one, 4);
        notes.set(&handles, one, 5);
        assert_eq!([one, other].map(|id| notes.get(id, |value| *value)), [Some(5), None]);
        assert_eq!([6, 7].map(|value| notes.set_once(&handles, other, value, |value| *value)), [6, 6]);
        notes.set(&handles, other + 1, 8);
        assert_eq!(notes.get(other + 1, |value| *value), None);
        notes.forget(one);
        assert_eq!([one, other].map(|id| notes.get(id, |value| *value)), [None, Some(6)]);
        notes.clear();
        assert_eq!(notes.get(other, |value| *value), None);
    }
}
