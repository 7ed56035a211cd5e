//! The sources of programs that are made of other texts than the program passed.

use dashmap::DashMap;

use crate::base::maps;

/// The sources, as they were passed, of programs that have another.
pub struct Sources(DashMap<u64, Vec<u8>>);

impl Default for Sources {
    fn default() -> Self {
        Self(maps::quiet())
    }
}

impl Sources {
    /// A program was made of another text than this, which was passed.
    pub fn insert(&self, id: u64, text: Vec<u8>) {
        self.0.insert(id, text);
    }

    /// The text that was passed for a program, if it was made of another.
    pub fn text(&self, id: u64) -> Option<Vec<u8>> {
        self.0.get(&id).map(|text| text.clone())
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
