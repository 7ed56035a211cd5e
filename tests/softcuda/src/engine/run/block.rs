//! A block of threads: its warps by turns.

use super::access::Shared;
use super::barrier::Barriers;
use super::setting::Setting;
use super::state::{Bytes, Warp};
use super::warp;
use crate::engine::fault::Fault;
use crate::engine::lanes::LANES;
use std::sync::atomic::Ordering::Relaxed;

/// A block's state, which serves many blocks one after the other.
pub struct Block {
    warps: Vec<Warp>,
    /// Warps that the block at hand has.
    count: usize,
    shared: Bytes,
    barriers: Barriers,
}

impl Block {
    pub fn new() -> Self {
        Self { warps: Vec::new(), count: 0, shared: Bytes::new(0), barriers: Barriers::default() }
    }

    /// Prepares for a launch.
    pub fn launch(&mut self, setting: &Setting) {
        self.count = (setting.threads as usize).div_ceil(LANES);
        while self.warps.len() < self.count {
            self.warps.push(Warp::new(self.warps.len() as u32, setting.program.stack));
        }
        if self.shared.len() < setting.shared as usize {
            self.shared = Bytes::new(setting.shared as usize);
        }
        self.warps[..self.count].iter_mut().for_each(|warp| warp.launch(setting));
    }

    /// Puts all threads of a block at the beginning of the kernel.
    pub fn begin(&mut self, setting: &Setting, number: u64) {
        let block = setting.block(number);
        self.barriers = Barriers::new(setting.threads);
        self.warps[..self.count].iter_mut().for_each(|warp| warp.begin(setting, block));
    }

    /// Gives each warp a turn. Whether all threads have ended.
    pub fn turn(&mut self, setting: &Setting) -> Result<bool, Fault> {
        if setting.launch.stop.load(Relaxed) {
            return Err(Fault::Stopped);
        }
        let shared = Shared { base: self.shared.pointer() as u64, bytes: setting.shared.into() };
        let warps = &mut self.warps[..self.count];
        let mut ran = false;
        for at in 0..warps.len() {
            if warps[at].ready.is_empty() {
                continue;
            }
            ran = true;
            warp::run(&mut warps[at], setting, shared, &mut self.barriers)?;
            self.barriers.release(warps, setting.program);
        }
        let is_over = warps.iter().all(|warp| warp.live == 0);
        if ran || is_over { Ok(is_over) } else { Err(Fault::Timeout) }
    }

    /// Thread-instructions of the block at hand.
    pub fn executed(&self) -> u64 {
        self.warps[..self.count].iter().map(|warp| warp.executed).sum()
    }
}
