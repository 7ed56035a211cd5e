//! What is remembered of a session with CUDA.

use super::links::Links;
use crate::generated::cuda::Vendor;
use crate::hooks::Hooks;

/// A session with CUDA.
pub struct State {
    pub vendor: Vendor,
    pub links: Links,
}

impl State {
    /// A session on these functions.
    pub fn of(vendor: Vendor) -> Self {
        Self { vendor, links: Links::default() }
    }
}

impl Hooks for State {
    fn forget(&self, id: u64) {
        self.links.forget(id);
    }

    fn version(&self) -> Option<String> {
        let mut version = 0;
        // SAFETY: a place for a number.
        let status = unsafe { self.vendor.cuDriverGetVersion?(&raw mut version) };
        (status == 0).then(|| format!("CUDA {}.{}", version / 1000, version % 1000 / 10))
    }
}
