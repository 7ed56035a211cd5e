//! What belongs to link states: options that the driver writes to as long as they live, and code on its way to the program.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::options::Options;

/// Link states by their ids.
#[derive(Default)]
pub struct Links(Mutex<BTreeMap<u64, Arc<Link>>>);

pub struct Link(Mutex<Kept>);

pub struct Kept {
    pub options: Options,
    /// What has come of it, until the program fetches it.
    pub code: Vec<u8>,
}

impl Link {
    pub fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Links {
    pub fn made(&self, id: u64, options: Options) {
        let link = Link(Mutex::new(Kept { options, code: Vec::new() }));
        self.all().insert(id, Arc::new(link));
    }

    pub fn of(&self, id: u64) -> Option<Arc<Link>> {
        self.all().get(&id).cloned()
    }

    pub fn forget(&self, id: u64) {
        self.all().remove(&id);
    }

    fn all(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Link>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
