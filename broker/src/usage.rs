//! The shared page in which a session's worker counts usage, as the broker reads it.
//!
//! - **Invariant:** reading never blocks and takes a bounded time, whatever the worker does.

use std::io;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ava_protocol::api::Api;
use ava_protocol::usage::{Account, Layout, RUNNING, Running, Stats};
use ava_transport::region::Region;

use crate::text::clean;

/// The most functions of a session's [`Stats`] that the broker shows.
const SHOWN_FUNCTIONS: usize = 512;
/// The longest name of a device or kernel that the broker shows.
const LONGEST_NAME: usize = 64;

/// A session's usage, as its worker counts it.
#[derive(Debug)]
pub struct Usage {
    /// `None` before the worker has the session.
    page: Option<Arc<Region>>,
    api: &'static Api,
    account: Account,
}

impl Usage {
    /// The usage of a new session.
    pub fn new(api: &'static Api) -> Self {
        Self { page: None, api, account: Account::new(api) }
    }

    /// Makes the page, and returns it with the descriptor for the worker.
    ///
    /// # Errors
    /// No memory or no descriptor is left.
    pub fn share(&mut self) -> io::Result<(Arc<Region>, OwnedFd)> {
        let (page, fd) = Region::create(Layout::of(self.api).bytes())?;
        let page = self.page.insert(Arc::new(page));
        Ok((Arc::clone(page), fd))
    }

    /// The commands that have been running for longest.
    pub fn running(&self) -> Vec<Running> {
        let words = self.page.iter().flat_map(|page| &page.words()[RUNNING]);
        words.filter_map(|word| Running::of(word.load(Ordering::Relaxed))).collect()
    }

    /// Reads the page: the functions that were called most often, names without control characters.
    pub fn read(&mut self) -> Stats {
        if let Some(page) = &self.page {
            self.account.read(page.words());
        }
        let mut stats = self.account.stats();
        stats.functions.sort_by_key(|function| std::cmp::Reverse(function.calls));
        stats.functions.truncate(SHOWN_FUNCTIONS);
        stats.kernels.iter_mut().for_each(|kernel| kernel.name = clean(&kernel.name, LONGEST_NAME));
        stats.devices.iter_mut().for_each(|name| *name = clean(name, LONGEST_NAME));
        stats
    }
}

#[cfg(test)]
mod tests {
    use ava_protocol::api::APIS;
    use ava_protocol::archive::Message;
    use ava_transport::message::MAX_BODY;

    use super::*;

    #[test]
    fn whatever_a_worker_counts_fits_into_a_message() {
        for api in APIS {
            let mut usage = Usage::new(api);
            let page = Region::open(&usage.share().unwrap().1, Layout::of(api).bytes()).unwrap();
            // Each byte of a name is an escape character.
            page.words().iter().for_each(|word| word.store(0x1b1b_1b1b_1b1b_1b1b, Ordering::Relaxed));
            let stats = usage.read();
            let names = stats.kernels.iter().map(|kernel| &kernel.name).chain(&stats.devices);
            assert!(names.clone().count() > 32 && names.into_iter().all(|name| !name.contains('\u{1b}')));
            assert!(stats.encode().len() < MAX_BODY - 4096, "{}", api.name);
        }
    }

    #[test]
    fn the_last_counts_stay_when_the_worker_is_gone() {
        let api = APIS[0];
        let mut usage = Usage::new(api);
        let page = Region::open(&usage.share().unwrap().1, Layout::of(api).bytes()).unwrap();
        page.words()[ava_protocol::usage::COMMANDS].store(7, Ordering::Relaxed);
        drop(page);
        assert_eq!(usage.read().commands, 7);
    }
}
