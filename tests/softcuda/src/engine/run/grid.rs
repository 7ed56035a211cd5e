//! A launch: its blocks, on the calling thread and on `rayon`'s.

use super::block::Block;
use super::setting::Setting;
use crate::engine::fault::Fault;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

/// Runs all blocks. `pool` keeps states of blocks between launches.
///
/// Blocks begin in ascending order, so that one may wait for those before it, which have begun.
pub fn run(setting: &Setting, pool: &Mutex<Vec<Block>>) -> Result<u64, Fault> {
    let blocks = setting.launch.grid.iter().map(|count| u64::from(*count)).product::<u64>();
    if setting.launch.cooperative && blocks > 1 {
        return together(setting, blocks);
    }
    let grid =
        Grid { setting, pool, blocks, next: AtomicU64::new(0), executed: AtomicU64::new(0), fault: Mutex::new(None) };
    let helpers = (rayon::current_num_threads() as u64 - 1).min(blocks.saturating_sub(1));
    match helpers {
        0 => grid.work(),
        _ => rayon::in_place_scope(|scope| {
            (0..helpers).for_each(|_| scope.spawn(|_| grid.work()));
            grid.work();
        }),
    }
    match grid.fault.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(fault) => Err(fault),
        None => Ok(grid.executed.into_inner()),
    }
}

struct Grid<'a> {
    setting: &'a Setting<'a>,
    pool: &'a Mutex<Vec<Block>>,
    blocks: u64,
    /// The block that begins next.
    next: AtomicU64,
    executed: AtomicU64,
    /// The first fault.
    fault: Mutex<Option<Fault>>,
}

impl Grid<'_> {
    /// Runs blocks until there are no more.
    fn work(&self) {
        let pooled = self.pool.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut block = pooled.unwrap_or_else(Block::new);
        block.launch(self.setting);
        if let Err(fault) = self.run(&mut block) {
            // The others begin no more blocks.
            self.next.store(self.blocks, Relaxed);
            self.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(fault);
        }
        self.pool.lock().unwrap_or_else(PoisonError::into_inner).push(block);
    }

    fn run(&self, block: &mut Block) -> Result<(), Fault> {
        let mut executed = 0;
        loop {
            let number = self.next.fetch_add(1, Relaxed);
            if number >= self.blocks {
                self.executed.fetch_add(executed, Relaxed);
                return Ok(());
            }
            block.begin(self.setting, number);
            while !block.turn(self.setting)? {}
            executed += block.executed();
        }
    }
}

/// All blocks by turns.
fn together(setting: &Setting, blocks: u64) -> Result<u64, Fault> {
    let mut states = Vec::new();
    for number in 0..blocks {
        let mut block = Block::new();
        block.launch(setting);
        block.begin(setting, number);
        states.push((block, false));
    }
    while states.iter().any(|(_, is_over)| !is_over) {
        for (block, is_over) in states.iter_mut().filter(|(_, is_over)| !is_over) {
            *is_over = block.turn(setting)?;
        }
    }
    Ok(states.iter().map(|(block, _)| block.executed()).sum())
}
