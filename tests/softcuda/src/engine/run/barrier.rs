//! Barriers of a block (PTX ISA, "barrier").

use super::state::{Group, Wait, Warp};
use crate::engine::fault::Fault;
use crate::engine::lanes::{LANES, Mask, read, read_mask, write, write_mask};
use crate::engine::program::{Barrier, BarrierKind, Program, Step};

/// Barriers that a block has.
const BARRIERS: usize = 16;

#[derive(Clone, Copy, Default)]
struct State {
    /// Threads that have come.
    arrived: u32,
    /// How many have to come; None for all.
    expected: Option<u32>,
    /// Warps of which threads have come.
    warps: u32,
    /// Threads that came with the predicate.
    with: u32,
    /// Whether one came without.
    has_without: bool,
}

/// The barriers of a block, and how many of its threads have not ended.
#[derive(Default)]
pub struct Barriers {
    states: [State; BARRIERS],
    live: u32,
    /// Barriers that all have come to, by bit.
    complete: u32,
}

impl Barriers {
    /// Of a block of as many threads.
    pub fn new(threads: u32) -> Self {
        Self { live: threads, ..Self::default() }
    }

    /// Lanes of a warp come to a barrier, and wait unless they only arrive. What of them came to another one.
    pub fn arrive(&mut self, warp: &mut Warp, barrier: &Barrier, group: Group) -> Result<Mask, Fault> {
        let registers = warp.activations[group.activation as usize].registers.pointer();
        // SAFETY: the compiler made the slots in these registers.
        let (numbers, counts) =
            unsafe { (read::<u32>(registers, barrier.number), barrier.count.map(|slot| read::<u32>(registers, slot))) };
        let first = group.mask.trailing_zeros() as usize;
        let number = numbers[first];
        let mask =
            (0..LANES).filter(|lane| numbers[*lane] == number).fold(0, |mask, lane| mask | 1 << lane) & group.mask;
        let state = self.states.get_mut(number as usize).ok_or(Fault::Illegal)?;
        state.arrived += mask.count_ones();
        if let Some(counts) = counts {
            // Counts are of whole warps: lanes without threads count with those that come.
            state.expected = Some(counts[first].next_multiple_of(LANES as u32).max(LANES as u32));
            if state.warps >> warp.number & 1 == 0 {
                state.warps |= 1 << warp.number;
                state.arrived += LANES as u32 - warp.live.count_ones();
            }
        }
        if let BarrierKind::Count { predicate, flip, .. }
        | BarrierKind::All { predicate, flip, .. }
        | BarrierKind::Any { predicate, flip, .. } = barrier.kind
        {
            // SAFETY: the compiler made the slot in these registers.
            let with = (unsafe { read_mask(registers, predicate) } ^ flip) & mask;
            state.with += with.count_ones();
            state.has_without |= with != mask;
        }
        if barrier.kind != BarrierKind::Arrive {
            warp.parked.push(super::state::Parked { group: Group { mask, ..group }, wait: Wait::Barrier(number) });
        }
        self.check(number as usize);
        Ok(group.mask & !mask)
    }

    /// Threads have ended: barriers wait for them no more.
    pub fn leave(&mut self, threads: u32) {
        self.live -= threads;
        (0..BARRIERS).for_each(|number| self.check(number));
    }

    fn check(&mut self, number: usize) {
        let state = &self.states[number];
        if state.arrived > 0 && state.arrived >= state.expected.unwrap_or(self.live) {
            self.complete |= 1 << number;
        }
    }

    /// Lets those go on that waited at barriers that all have come to. Whether there were any.
    pub fn release(&mut self, warps: &mut [Warp], program: &Program) -> bool {
        let complete = std::mem::take(&mut self.complete);
        if complete == 0 {
            return false;
        }
        for warp in warps {
            let mut at = 0;
            while at < warp.parked.len() {
                let parked = warp.parked[at];
                match parked.wait {
                    Wait::Barrier(number) if complete >> number & 1 != 0 => {
                        warp.parked.swap_remove(at);
                        let Group { pc, mask, activation } = parked.group;
                        let registers = warp.activations[activation as usize].registers.pointer();
                        if let Step::Barrier(barrier) = &program.code[pc as usize].step {
                            give(barrier, &self.states[number as usize], registers, mask);
                        }
                        warp.ready.push(Group { pc: pc + 1, ..parked.group });
                    }
                    _ => at += 1,
                }
            }
        }
        for number in (0..BARRIERS).filter(|number| complete >> number & 1 != 0) {
            self.states[number] = State::default();
        }
        true
    }
}

/// Gives the result of a barrier's reduction.
fn give(barrier: &Barrier, state: &State, registers: *mut u8, mask: Mask) {
    let all = |is: bool| if is { Mask::MAX } else { 0 };
    // SAFETY: the compiler made the slots in these registers.
    unsafe {
        match barrier.kind {
            BarrierKind::Sync | BarrierKind::Arrive => {}
            BarrierKind::Count { d, .. } => write(registers, d, mask, &[state.with; LANES]),
            BarrierKind::All { d, .. } => write_mask(registers, d, mask, all(!state.has_without)),
            BarrierKind::Any { d, .. } => write_mask(registers, d, mask, all(state.with > 0)),
        }
    }
}
