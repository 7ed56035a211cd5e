//! What lanes do together (PTX ISA, "Parallel Synchronization", `shfl.sync`).

use super::state::{Group, Parked, Wait, Warp};
use crate::engine::lanes::{LANES, Mask, each_lane, read, read_mask, write, write_mask};
use crate::engine::program::{Collective, CollectiveKind, Program, Reduce, Shuffle, Step, Vote};

/// What became of a group at a collective.
pub enum Outcome {
    /// All its lanes went through.
    Through,
    /// The warp has put its lanes elsewhere.
    Apart,
}

/// Lanes at the same kind of step, which may be at different places.
struct Party<'a> {
    collective: &'a Collective,
    registers: *mut u8,
    mask: Mask,
}

/// The lanes of a group come to a collective; `rest`: lanes at the same place that do not take part.
pub fn meet(warp: &mut Warp, program: &Program, collective: &Collective, group: Group, rest: Mask) -> Outcome {
    let registers = warp.activations[group.activation as usize].registers.pointer();
    let Some(members) = collective.members else {
        perform(&[Party { collective, registers, mask: group.mask }]);
        return Outcome::Through;
    };
    // SAFETY: the compiler made the slot in these registers.
    let members = unsafe { read::<Mask>(registers, members) };
    let wanted = members[group.mask.trailing_zeros() as usize];
    let others = (0..LANES).filter(|lane| members[*lane] != wanted).fold(0, |mask, lane| mask | 1 << lane) & group.mask;
    if others == 0 && wanted & warp.live & !group.mask == 0 {
        perform(&[Party { collective, registers, mask: group.mask }]);
        return Outcome::Through;
    }
    let mut put = |group: Group| {
        if group.mask != 0 {
            warp.ready.push(group)
        }
    };
    put(Group { mask: others, ..group });
    put(Group { mask: rest, pc: group.pc + 1, ..group });
    warp.parked.push(Parked { group: Group { mask: group.mask & !others, ..group }, wait: Wait::Members(wanted) });
    settle(warp, program);
    Outcome::Apart
}

/// Lets those go on that wait for lanes that have all come, or ended. Whether there were any.
pub fn settle(warp: &mut Warp, program: &Program) -> bool {
    if !warp.parked.iter().any(|one| matches!(one.wait, Wait::Members(_))) {
        return false;
    }
    let parked = warp.parked.clone();
    let kind_at = |group: &Group| match &program.code[group.pc as usize].step {
        Step::Collective(collective) => Some(&**collective),
        _ => None,
    };
    let mut settled = false;
    for one in &parked {
        let (Wait::Members(wanted), Some(first)) = (one.wait, kind_at(&one.group)) else { continue };
        let is_with = |other: &Parked| {
            let is_same =
                |other: &Collective| std::mem::discriminant(&other.kind) == std::mem::discriminant(&first.kind);
            other.wait == one.wait && kind_at(&other.group).is_some_and(is_same)
        };
        let together: Vec<_> = warp.parked.iter().copied().filter(is_with).collect();
        let come = together.iter().fold(0, |mask, other| mask | other.group.mask);
        if together.is_empty() || wanted & warp.live & !come != 0 {
            continue;
        }
        let mut parties = Vec::new();
        for other in &together {
            let registers = warp.activations[other.group.activation as usize].registers.pointer();
            parties.extend(kind_at(&other.group).map(|collective| Party {
                collective,
                registers,
                mask: other.group.mask,
            }));
        }
        perform(&parties);
        warp.parked.retain(|other| !is_with(other));
        warp.ready.extend(together.iter().map(|other| Group { pc: other.group.pc + 1, ..other.group }));
        settled = true;
    }
    settled
}

/// Gathers values of the lanes of all parties.
fn gather<T: crate::engine::lanes::Lane>(parties: &[Party], slot: fn(&Collective) -> u32) -> [T; LANES] {
    let mut values = [T::default(); LANES];
    for party in parties {
        // SAFETY: the compiler made the slot in these registers.
        let own = unsafe { read::<T>(party.registers, slot(party.collective)) };
        each_lane(party.mask, |lane| values[lane] = own[lane]);
    }
    values
}

fn perform(parties: &[Party]) {
    let all = parties.iter().fold(0, |mask, party| mask | party.mask);
    let (values, predicate): ([u32; LANES], Mask) = match parties[0].collective.kind {
        CollectiveKind::Sync => return,
        CollectiveKind::Shuffle(mode) => shuffle(parties, all, mode),
        CollectiveKind::Vote(mode, _) => vote(parties, all, mode),
        CollectiveKind::MatchAny { wide } => {
            let a = wide_values(parties, wide);
            (std::array::from_fn(|lane| equal(&a, all, lane)), 0)
        }
        CollectiveKind::MatchAll { wide } => {
            let a = wide_values(parties, wide);
            let is_all = equal(&a, all, all.trailing_zeros() as usize) == all;
            if is_all { ([all; LANES], Mask::MAX) } else { ([0; LANES], 0) }
        }
        CollectiveKind::Reduce(mode) => ([reduce(&gather(parties, |collective| collective.a), all, mode); LANES], 0),
        CollectiveKind::Elect => {
            let leader = all.trailing_zeros();
            ([leader; LANES], 1 << leader)
        }
    };
    for Party { collective, registers, mask } in parties {
        // SAFETY: the compiler made the slots in these registers.
        unsafe {
            match collective.kind {
                CollectiveKind::Vote(Vote::All | Vote::Any | Vote::Uniform, _) => {
                    write_mask(*registers, collective.d, *mask, predicate);
                }
                _ => {
                    write(*registers, collective.d, *mask, &values);
                    if let Some(slot) = collective.predicate {
                        write_mask(*registers, slot, *mask, predicate);
                    }
                }
            }
        }
    }
}

fn wide_values(parties: &[Party], wide: bool) -> [u64; LANES] {
    match wide {
        true => gather(parties, |collective| collective.a),
        false => gather::<u32>(parties, |collective| collective.a).map(u64::from),
    }
}

/// Lanes that have the same value as one of them.
fn equal(values: &[u64; LANES], all: Mask, lane: usize) -> Mask {
    (0..LANES).filter(|other| values[*other] == values[lane]).fold(0, |mask, other| mask | 1 << other) & all
}

fn shuffle(parties: &[Party], all: Mask, mode: Shuffle) -> ([u32; LANES], Mask) {
    let a = gather::<u32>(parties, |collective| collective.a);
    let b = gather::<u32>(parties, |collective| collective.b);
    let c = gather::<u32>(parties, |collective| collective.c);
    let mut in_range = 0;
    let values = std::array::from_fn(|lane| {
        let (segment, clamp, by) = ((c[lane] >> 8 & 31) as i32, (c[lane] & 31) as i32, (b[lane] & 31) as i32);
        let own = lane as i32;
        let (lowest, highest) = (own & segment, own & segment | clamp & !segment);
        let (source, is_in) = match mode {
            Shuffle::Up => (own - by, own - by >= highest),
            Shuffle::Down => (own + by, own + by <= highest),
            Shuffle::Butterfly => (own ^ by, own ^ by <= highest),
            Shuffle::Index => (lowest | by & !segment, lowest | by & !segment <= highest),
        };
        in_range |= Mask::from(is_in) << lane;
        let source = if is_in { source as usize } else { lane };
        // A lane that does not take part gives 0.
        if all >> source & 1 != 0 { a[source] } else { 0 }
    });
    (values, in_range)
}

fn vote(parties: &[Party], all: Mask, mode: Vote) -> ([u32; LANES], Mask) {
    let mut ballot = 0;
    for party in parties {
        let CollectiveKind::Vote(_, flip) = party.collective.kind else { continue };
        // SAFETY: the compiler made the slot in these registers.
        ballot |= (unsafe { read_mask(party.registers, party.collective.a) } ^ flip) & party.mask;
    }
    let holds = match mode {
        Vote::All => ballot == all,
        Vote::Any => ballot != 0,
        Vote::Uniform => ballot == all || ballot == 0,
        Vote::Ballot => false,
    };
    ([ballot; LANES], if holds { Mask::MAX } else { 0 })
}

fn reduce(values: &[u32; LANES], all: Mask, mode: Reduce) -> u32 {
    let taking = (0..LANES).filter(|lane| all >> lane & 1 != 0).map(|lane| values[lane]);
    let join = |a: u32, b: u32| match mode {
        Reduce::Add => a.wrapping_add(b),
        Reduce::MinUnsigned => a.min(b),
        Reduce::MaxUnsigned => a.max(b),
        Reduce::MinSigned => (a as i32).min(b as i32) as u32,
        Reduce::MaxSigned => (a as i32).max(b as i32) as u32,
        Reduce::And => a & b,
        Reduce::Or => a | b,
        Reduce::Xor => a ^ b,
    };
    taking.reduce(join).unwrap_or_default()
}
