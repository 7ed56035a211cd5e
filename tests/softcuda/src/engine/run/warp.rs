//! A warp's way through the code.
//!
//! Of the groups of lanes that can run, the one in the deepest function, and there at the lowest place, runs first; groups at
//! the same place become one. Lanes that went apart so come together again as soon as they can. A group that goes round and
//! round while others could run lets them run for a while: they may be what it waits for.

use super::access::{Accesses, Shared};
use super::barrier::Barriers;
use super::setting::Setting;
use super::state::{Group, Warp};
use super::{call, collective, system};
use crate::engine::fault::Fault;
use crate::engine::lanes::{LANES, Mask, is_wide, read, read_mask, write};
use crate::engine::program::{BranchIndexed, Clock, Step};
use std::cmp::Reverse;
use std::sync::atomic::{Ordering, fence};

/// Branches backwards of a warp's turn: then it is another one's.
const TURN: u32 = 4096;
/// Branches backwards of a group while others could run: then they do.
const PATIENCE: u32 = 512;

/// Runs until no lane can go on, or the turn is over.
pub fn run(warp: &mut Warp, setting: &Setting, shared: Shared, barriers: &mut Barriers) -> Result<(), Fault> {
    #[cfg(target_arch = "x86_64")]
    if is_wide() {
        // SAFETY: the processor has the features.
        return unsafe { run_wide(warp, setting, shared, barriers) };
    }
    run_plain(warp, setting, shared, barriers)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi1,bmi2,lzcnt,popcnt")]
fn run_wide(warp: &mut Warp, setting: &Setting, shared: Shared, barriers: &mut Barriers) -> Result<(), Fault> {
    groups(warp, setting, shared, barriers)
}

fn run_plain(warp: &mut Warp, setting: &Setting, shared: Shared, barriers: &mut Barriers) -> Result<(), Fault> {
    groups(warp, setting, shared, barriers)
}

#[inline(always)]
fn groups(warp: &mut Warp, setting: &Setting, shared: Shared, barriers: &mut Barriers) -> Result<(), Fault> {
    let mut turn = TURN;
    while let Some((group, bound)) = next(warp) {
        let go_on = steps(warp, setting, shared, barriers, group, bound, &mut turn)?;
        if !go_on {
            return Ok(());
        }
        if warp.ready.is_empty() {
            collective::settle(warp, setting.program);
        }
    }
    Ok(())
}

/// The group that runs now, and where it meets another one.
fn next(warp: &mut Warp) -> Option<(Group, u32)> {
    let depth = |warp: &Warp, group: &Group| warp.activations[group.activation as usize].depth;
    let is_fair = warp.fair > 0;
    let at = match is_fair {
        true => 0,
        false => {
            let order = |at: &usize| {
                let group = &warp.ready[*at];
                (Reverse(depth(warp, group)), group.pc)
            };
            (0..warp.ready.len()).min_by_key(order)?
        }
    };
    warp.fair = warp.fair.saturating_sub(1);
    let mut group = *warp.ready.get(at)?;
    warp.ready.remove(at);
    let mut bound = u32::MAX;
    warp.ready.retain(|other| {
        if other.activation == group.activation {
            if other.pc == group.pc {
                group.mask |= other.mask;
                return false;
            }
            bound = bound.min(if is_fair { u32::MAX } else { other.pc });
        }
        true
    });
    Some((group, bound))
}

/// Runs a group until it is no more, or meets another one. Whether the turn goes on.
#[inline(always)]
fn steps(
    warp: &mut Warp,
    setting: &Setting,
    shared: Shared,
    barriers: &mut Barriers,
    group: Group,
    bound: u32,
    turn: &mut u32,
) -> Result<bool, Fault> {
    let Group { mut pc, mut mask, activation } = group;
    let program = setting.program;
    let own = &mut warp.activations[activation as usize];
    let (registers, local) = (own.registers.pointer(), own.local);
    let accesses = Accesses { setting, shared, registers, local };
    let mut patience = PATIENCE;
    let mut executed = 0;
    let outcome = loop {
        if pc >= bound {
            warp.ready.push(Group { pc, mask, activation });
            break Ok(true);
        }
        let instruction = &program.code[pc as usize];
        executed += u64::from(mask.count_ones());
        // SAFETY: the compiler made the slot in these registers, as all slots of the function's steps.
        let active = mask & (unsafe { read_mask(registers, instruction.guard) } ^ instruction.flip);
        let here = Group { pc, mask: active, activation };
        match &instruction.step {
            Step::Pure(op, operands) => {
                if active != 0 {
                    // SAFETY: the compiler made the slots for the operation in these registers.
                    unsafe { op(registers, operands, active) };
                }
            }
            _ if active == 0 => {}
            Step::Load(access) | Step::Store(access) => {
                if let Err(fault) = accesses.transfer(warp, access, active) {
                    break Err(fault);
                }
            }
            Step::Branch(target) => {
                let target = *target;
                let is_back = target <= pc;
                if active == mask && !is_back {
                    pc = target;
                    continue;
                }
                if active != mask {
                    warp.ready.push(Group { pc: pc + 1, mask: mask & !active, activation });
                }
                if !is_back {
                    warp.ready.push(Group { pc: target, mask: active, activation });
                    break Ok(true);
                }
                *turn -= 1;
                patience -= 1;
                let waits = patience == 0 && !warp.ready.is_empty();
                if active == mask && *turn > 0 && !waits {
                    patience = patience.max(1);
                    pc = target;
                    continue;
                }
                warp.ready.push(Group { pc: target, mask: active, activation });
                if waits || *turn == 0 {
                    warp.fair = warp.ready.len() as u32;
                }
                break Ok(*turn > 0);
            }
            Step::Atomic(atomic) => {
                if let Err(fault) = accesses.atomic(warp, atomic, active) {
                    break Err(fault);
                }
            }
            Step::Sample(sample) => {
                if let Err(fault) = accesses.sample(warp, sample, active) {
                    break Err(fault);
                }
            }
            Step::Surface(access) => {
                if let Err(fault) = accesses.surface(warp, access, active) {
                    break Err(fault);
                }
            }
            Step::Query(query) => {
                if let Err(fault) = accesses.query(query, active) {
                    break Err(fault);
                }
            }
            Step::Copy(copy) => {
                if let Err(fault) = accesses.copy(warp, copy, active) {
                    break Err(fault);
                }
            }
            Step::BranchIndexed(branch) => {
                if active != mask {
                    warp.ready.push(Group { pc: pc + 1, mask: mask & !active, activation });
                }
                // SAFETY: the compiler made the slot in these registers.
                break unsafe { branch_indexed(warp, branch, registers, here) }.map(|()| true);
            }
            Step::Call(function) => {
                if active != mask {
                    warp.ready.push(Group { pc: pc + 1, mask: mask & !active, activation });
                }
                break call::call(warp, setting, function, here).map(|()| true);
            }
            Step::Return => {
                if active != mask {
                    warp.ready.push(Group { pc: pc + 1, mask: mask & !active, activation });
                }
                break call::leave(warp, setting, here).map(|()| true);
            }
            Step::Exit => {
                call::exit(warp, barriers, here);
                mask &= !active;
                if mask == 0 {
                    break Ok(true);
                }
            }
            Step::Trap => break Err(Fault::Trap),
            Step::Builtin(builtin) => {
                if let Err(fault) = system::call(warp, &accesses, builtin, here) {
                    break Err(fault);
                }
            }
            Step::Barrier(barrier) => {
                let others = match barriers.arrive(warp, barrier, here) {
                    Ok(others) => others,
                    Err(fault) => break Err(fault),
                };
                if others != 0 {
                    warp.ready.push(Group { mask: others, ..here });
                }
                let waits = barrier.kind != crate::engine::program::BarrierKind::Arrive;
                let rest = if waits { mask & !active } else { mask & !others };
                if rest != 0 {
                    warp.ready.push(Group { pc: pc + 1, mask: rest, activation });
                }
                break Ok(true);
            }
            Step::Collective(collective) => match collective::meet(warp, program, collective, here, mask & !active) {
                collective::Outcome::Through => {}
                collective::Outcome::Apart => break Ok(true),
            },
            // SAFETY: the compiler made the slots in these registers.
            Step::ActiveMask(d) => unsafe { write(registers, *d, active, &[active; LANES]) },
            Step::Convert(convert) => accesses.convert(warp, convert, active),
            Step::LocalAddress { d, wide, offset } => {
                let address = local.wrapping_add(*offset);
                // SAFETY: the compiler made the slots in these registers.
                unsafe {
                    match wide {
                        true => write(registers, *d, active, &[u64::from(address); LANES]),
                        false => write(registers, *d, active, &[address; LANES]),
                    }
                }
            }
            // SAFETY: the compiler made the slots in these registers.
            Step::Clock { d, clock } => unsafe { read_clock(setting, registers, *d, *clock, active) },
            Step::Fence => fence(Ordering::SeqCst),
            Step::Sleep => {
                warp.ready.push(Group { pc: pc + 1, mask, activation });
                warp.fair = warp.ready.len() as u32;
                std::thread::yield_now();
                break Ok(false);
            }
        }
        pc += 1;
    };
    warp.executed += executed;
    outcome
}

/// # Safety
///
/// The registers hold the branch's slot.
unsafe fn branch_indexed(
    warp: &mut Warp,
    branch: &BranchIndexed,
    registers: *mut u8,
    group: Group,
) -> Result<(), Fault> {
    // SAFETY: the caller's.
    let index = unsafe { read::<u32>(registers, branch.index) };
    let mut left = group.mask;
    while left != 0 {
        let wanted = index[left.trailing_zeros() as usize];
        let mask = left & (0..LANES).filter(|lane| index[*lane] == wanted).fold(0, |mask, lane| mask | 1 << lane);
        left &= !mask;
        let pc = *branch.targets.get(wanted as usize).ok_or(Fault::Illegal)?;
        warp.ready.push(Group { pc, mask, ..group });
    }
    Ok(())
}

/// # Safety
///
/// The registers hold the slot, which is as wide as the clock.
unsafe fn read_clock(setting: &Setting, registers: *mut u8, d: u32, clock: Clock, mask: Mask) {
    let since_epoch = || std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    let value = match clock {
        // A cycle is a nanosecond.
        Clock::Low | Clock::High | Clock::Cycles => setting.start.elapsed().as_nanos() as u64,
        Clock::Nanoseconds | Clock::NanosecondsLow | Clock::NanosecondsHigh => since_epoch().as_nanos() as u64,
    };
    // SAFETY: the caller's.
    unsafe {
        match clock {
            Clock::Low | Clock::NanosecondsLow => write(registers, d, mask, &[value as u32; LANES]),
            Clock::High | Clock::NanosecondsHigh => write(registers, d, mask, &[(value >> 32) as u32; LANES]),
            Clock::Cycles | Clock::Nanoseconds => write(registers, d, mask, &[value; LANES]),
        }
    }
}
