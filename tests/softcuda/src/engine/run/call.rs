//! Calls, returns, and ends of threads.

use super::barrier::Barriers;
use super::setting::Setting;
use super::state::{Activation, Group, Warp};
use crate::engine::fault::Fault;
use crate::engine::lanes::{LANES, Mask, each_lane, read};
use crate::engine::program::{Call, Place, Step, Target};

/// Most functions that a lane may be in.
const DEEPEST: u32 = 4096;
/// Most bytes of the registers of functions that lanes are in.
const MOST_REGISTERS: u64 = 64 << 20;

/// The lanes of a group go to a function; they come back to the step behind.
pub fn call(warp: &mut Warp, setting: &Setting, call: &Call, group: Group) -> Result<(), Fault> {
    let mut left = group.mask;
    while left != 0 {
        let (function, mask) = target(warp, setting, call, Group { mask: left, ..group })?;
        left &= !mask;
        enter(warp, setting, call, Group { mask, ..group }, function)?;
    }
    Ok(())
}

/// The function that the first lane goes to, and all lanes that go there.
fn target(warp: &mut Warp, setting: &Setting, call: &Call, group: Group) -> Result<(u32, Mask), Fault> {
    let slot = match call.target {
        Target::Function(function) => return Ok((function, group.mask)),
        Target::Address(slot) => slot,
    };
    let registers = warp.activations[group.activation as usize].registers.pointer();
    // SAFETY: the compiler made the slot in these registers.
    let addresses = unsafe { read::<u64>(registers, slot) };
    let address = addresses[group.mask.trailing_zeros() as usize];
    let mask =
        (0..LANES).filter(|lane| addresses[*lane] == address).fold(0, |mask, lane| mask | 1 << lane) & group.mask;
    let known = setting.program.addresses.iter().find(|(known, _)| *known == address);
    known.map(|(_, function)| (*function, mask)).ok_or(Fault::Illegal)
}

fn enter(warp: &mut Warp, setting: &Setting, call: &Call, group: Group, function: u32) -> Result<(), Fault> {
    let program = setting.program;
    let callee = &program.functions[function as usize];
    let caller = &warp.activations[group.activation as usize];
    let local = caller.local + program.functions[caller.function as usize].local;
    let depth = caller.depth + 1;
    let above = caller.above + u64::from(program.functions[caller.function as usize].registers);
    let fits = call.arguments.len() == callee.parameters.len()
        && call.results.len() == callee.results.len()
        && call.arguments.iter().zip(&callee.parameters).all(|(from, to)| from.bytes() == to.bytes())
        && call.results.iter().zip(&callee.results).all(|(to, from)| from.bytes() == to.bytes());
    if !fits {
        return Err(Fault::Illegal);
    }
    if local + callee.local > warp.stack || depth > DEEPEST || above > MOST_REGISTERS {
        return Err(Fault::Address);
    }
    let new = Activation::of(function, group.activation, group.pc + 1, group.mask);
    let activation = warp.enter(setting, Activation { local, depth, above, ..new });
    for (from, to) in call.arguments.iter().zip(&callee.parameters) {
        copy(warp, (group.activation, *from), (activation, *to), group.mask);
    }
    warp.ready.push(Group { pc: callee.entry, mask: group.mask, activation });
    Ok(())
}

/// The lanes of a group go back to where their function was called.
pub fn leave(warp: &mut Warp, setting: &Setting, group: Group) -> Result<(), Fault> {
    let activation = &mut warp.activations[group.activation as usize];
    activation.lanes &= !group.mask;
    let (parent, resume, function) = (activation.parent, activation.resume, activation.function);
    let callee = &setting.program.functions[function as usize];
    let Step::Call(call) = &setting.program.code[resume as usize - 1].step else { return Err(Fault::Illegal) };
    for (to, from) in call.results.iter().zip(&callee.results) {
        copy(warp, (group.activation, *from), (parent, *to), group.mask);
    }
    warp.ready.push(Group { pc: resume, mask: group.mask, activation: parent });
    Ok(())
}

/// The threads of a group end.
pub fn exit(warp: &mut Warp, barriers: &mut Barriers, group: Group) {
    warp.live &= !group.mask;
    barriers.leave(group.mask.count_ones());
    let mut at = group.activation;
    loop {
        let activation = &mut warp.activations[at as usize];
        activation.lanes &= !group.mask;
        if activation.depth == 0 {
            return;
        }
        at = activation.parent;
    }
}

/// Copies a value of each lane between places of activations.
fn copy(warp: &mut Warp, from: (u32, Place), to: (u32, Place), mask: Mask) {
    let bytes = from.1.bytes() as usize;
    each_lane(mask, |lane| {
        let (from, to) = (pointer(warp, from, lane), pointer(warp, to, lane));
        // SAFETY: both places have as many bytes, and lie in registers or local memory of their activations; they may be
        // next to each other, but are not the same.
        unsafe { std::ptr::copy(from, to, bytes) }
    });
}

/// Where a lane's value is.
pub fn pointer(warp: &mut Warp, (activation, place): (u32, Place), lane: usize) -> *mut u8 {
    let stack = warp.stack as usize;
    let activation = &mut warp.activations[activation as usize];
    match place {
        Place::Register { slot, bytes } => {
            activation.registers.pointer().wrapping_add(slot as usize + lane * bytes as usize)
        }
        Place::Local { offset, .. } => {
            let at = activation.local as usize + offset as usize;
            warp.local.pointer().wrapping_add(lane * stack + at)
        }
    }
}
