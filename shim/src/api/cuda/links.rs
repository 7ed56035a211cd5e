//! What is remembered of link states: the options that the driver answers in, and the code that programs look at.

use ava_protocol::cuda::custom::ArchivedTold;

use super::options::Options;
use crate::base::maps;

/// Link states by their ids.
pub struct Links(maps::ById<Link>);

struct Link {
    options: Options,
    /// Addresses of these are the program's as long as the link state is there.
    code: Vec<Box<[u8]>>,
}

impl Default for Links {
    fn default() -> Self {
        Self(maps::quiet())
    }
}

impl Links {
    pub fn made(&self, id: u64, options: Options) {
        self.0.insert(id, Link { options, code: Vec::new() });
    }

    /// Passes on what its options say now.
    ///
    /// # Safety
    /// What the program made it with is still there.
    pub unsafe fn tell(&self, id: u64, told: &ArchivedTold) {
        if let Some(link) = self.0.get(&id) {
            // SAFETY: by the caller's promise.
            unsafe { link.options.tell(told) };
        }
    }

    /// The address of code, the same for the same code, which stays as long as the link state; 0 if there is none.
    pub fn keep(&self, id: u64, code: Vec<u8>) -> usize {
        let Some(mut link) = self.0.get_mut(&id) else { return 0 };
        if let Some(known) = link.code.iter().find(|known| known[..] == code[..]) {
            return known.as_ptr() as usize;
        }
        let code = code.into_boxed_slice();
        let at = code.as_ptr() as usize;
        link.code.push(code);
        at
    }

    pub fn forget(&self, id: u64) {
        self.0.remove(&id);
    }
}
