//! Operations on registers alone.

use super::frame::{Frame, width};
use super::refusal::Result;
use crate::engine::lanes::{Mask, Op, Operands, Slot};
use crate::engine::ops::{self, Comparison, Pure, cast, choice, extract, insert, masks};
use crate::ptx::syntax::{Operand, Type};

pub fn pure(frame: &mut Frame, pure: &Pure, operands: &[Operand]) -> Result<()> {
    let (d, sources) = split(operands, pure.sources.len())?;
    let slots = sources_of(frame, sources, &pure.sources)?;
    let d = frame.destination(d, pure.result)?;
    frame.emit_op(pure.op, of_slots(d, &slots));
    Ok(())
}

/// Operations that read and write the activation's carry.
pub fn carrying(frame: &mut Frame, pure: &Pure, operands: &[Operand]) -> Result<()> {
    let (d, sources) = split(operands, pure.sources.len())?;
    let slots = sources_of(frame, sources, &pure.sources)?;
    let (d, e) = (frame.destination(d, pure.result)?, frame.carry()?);
    frame.emit_op(pure.op, Operands { e, ..of_slots(d, &slots) });
    Ok(())
}

/// `cvt`: its registers may be wider than its types.
pub fn convert(frame: &mut Frame, pure: &Pure, operands: &[Operand]) -> Result<()> {
    let (d, sources) = split(operands, pure.sources.len())?;
    let mut slots = Vec::new();
    for (operand, kind) in sources.iter().zip(&pure.sources) {
        let register = frame.register(operand).ok().filter(|(_, of)| width(*of) > width(*kind));
        slots.push(match register {
            Some((slot, of)) => frame.cast(slot, unsigned(of)?, *kind)?,
            None => frame.source(operand, *kind)?,
        });
    }
    let (place, of) = match d {
        Operand::Sink => (frame.slot_of(pure.result)?, pure.result),
        _ => frame.register(d)?,
    };
    if of == Type::Pred || width(of) < width(pure.result) {
        return Err("the result does not fit its register".into());
    }
    if width(of) == width(pure.result) {
        frame.emit_op(pure.op, of_slots(place, &slots));
        return Ok(());
    }
    let result = frame.slot_of(pure.result)?;
    frame.emit_op(pure.op, of_slots(result, &slots));
    let from = if pure.result.is_signed() { pure.result } else { unsigned(pure.result)? };
    let op = cast(from, unsigned(of)?).ok_or("there is no conversion to this width")?;
    frame.emit_op(op, of_slots(place, &[result]));
    Ok(())
}

pub fn compare(frame: &mut Frame, comparison: &Comparison, operands: &[Operand]) -> Result<()> {
    let (d, sources) = split(operands, if comparison.join.is_some() { 3 } else { 2 })?;
    let a = frame.source(&sources[0], comparison.kind)?;
    let b = frame.source(&sources[1], comparison.kind)?;
    let joined = sources.get(2).map(|operand| frame.source(operand, Type::Pred)).transpose()?;
    if matches!(comparison.kind, Type::F16x2 | Type::Bf16x2) {
        return compare_pairs(frame, comparison, d, [a, b], joined);
    }
    let holds = frame.slot(0)?;
    frame.emit_op(comparison.op, of_slots(holds, &[a, b]));
    if let Some(result) = comparison.result {
        let holds = join(frame, comparison, holds, joined)?;
        let value = set(frame, result, holds)?;
        let d = frame.destination(d, result)?;
        frame.emit_op(copy(width(result))?, of_slots(d, &[value]));
        return Ok(());
    }
    let (p, q) = match d {
        Operand::Pair(p, q) => (named(p), Some(named(q))),
        _ => (d.clone(), None),
    };
    let negated = frame.slot(0)?;
    if q.is_some() {
        frame.emit_op(masks(|a, _| !a), of_slots(negated, &[holds]));
    }
    // Both are known before a result is written, which may be the third operand.
    let p_holds = join(frame, comparison, holds, joined)?;
    let q_holds = join(frame, comparison, negated, joined)?;
    give(frame, &p, p_holds)?;
    q.map_or(Ok(()), |q| give(frame, &q, q_holds))
}

/// Compares halves with halves: `p|q` are for the lower and the upper ones.
fn compare_pairs(
    frame: &mut Frame,
    comparison: &Comparison,
    d: &Operand,
    sources: [Slot; 2],
    joined: Option<Slot>,
) -> Result<()> {
    let mut halves = Vec::new();
    for e in 0..2 {
        let [a, b] = [frame.slot(2)?, frame.slot(2)?];
        for (half, source) in [a, b].into_iter().zip(sources) {
            frame.emit_op(extract::<u16, 2>(), Operands { e, ..of_slots(half, &[source]) });
        }
        let holds = frame.slot(0)?;
        frame.emit_op(comparison.op, of_slots(holds, &[a, b]));
        halves.push(join(frame, comparison, holds, joined)?);
    }
    match (comparison.result, d) {
        (Some(result), d) => {
            let d = frame.destination(d, result)?;
            let half = match result {
                Type::F16x2 => Type::F16,
                Type::Bf16x2 => Type::Bf16,
                _ => Type::U16,
            };
            for (e, holds) in halves.into_iter().enumerate() {
                let value = set(frame, half, holds)?;
                frame.emit_op(insert::<u16, 2>(), Operands { e: e as u32, ..of_slots(d, &[value]) });
            }
            Ok(())
        }
        (None, Operand::Pair(p, q)) => {
            give(frame, &named(p), halves[0])?;
            give(frame, &named(q), halves[1])
        }
        _ => Err("it has two results".into()),
    }
}

/// Gives a predicate its value.
fn give(frame: &mut Frame, d: &Operand, holds: Slot) -> Result<()> {
    let d = frame.destination(d, Type::Pred)?;
    frame.emit_op(copy(0)?, of_slots(d, &[holds]));
    Ok(())
}

fn named(name: &str) -> Operand {
    if name == "_" { Operand::Sink } else { Operand::Name(name.to_owned()) }
}

fn join(frame: &mut Frame, comparison: &Comparison, holds: Slot, joined: Option<Slot>) -> Result<Slot> {
    let (Some(op), Some(joined)) = (comparison.join, joined) else { return Ok(holds) };
    let d = frame.slot(0)?;
    frame.emit_op(op, of_slots(d, &[holds, joined]));
    Ok(d)
}

/// The result of `set`: all ones, or 1.0, where the predicate holds.
fn set(frame: &mut Frame, kind: Type, holds: Slot) -> Result<Slot> {
    let (one, op) = match kind {
        Type::F32 => (1f32.to_bits(), choice::<u32>()),
        Type::F16 => (0x3c00, choice::<u16>()),
        Type::Bf16 => (0x3f80, choice::<u16>()),
        _ if width(kind) == 2 => (0xffff, choice::<u16>()),
        _ => (u32::MAX, choice::<u32>()),
    };
    let slots = [frame.constant(one.into(), width(kind))?, frame.constant(0, width(kind))?, holds];
    let d = frame.slot_of(kind)?;
    frame.emit_op(op, of_slots(d, &slots));
    Ok(d)
}

/// The first operand, and as many others as there have to be.
pub fn split(operands: &[Operand], sources: usize) -> Result<(&Operand, &[Operand])> {
    match operands.split_first() {
        Some((first, rest)) if rest.len() == sources => Ok((first, rest)),
        _ => Err(format!("it takes {} operands", sources + 1).into()),
    }
}

fn sources_of(frame: &mut Frame, operands: &[Operand], kinds: &[Type]) -> Result<Vec<Slot>> {
    operands.iter().zip(kinds).map(|(operand, kind)| frame.source(operand, *kind)).collect()
}

/// Slots in order; where there are fewer, the first stands for those that are missing.
pub fn of_slots(d: Slot, sources: &[Slot]) -> Operands {
    let at = |number: usize| sources.get(number).or(sources.first()).copied().unwrap_or(d);
    Operands { d, a: at(0), b: at(1), c: at(2), e: at(3) }
}

fn unsigned(kind: Type) -> Result<Type> {
    match width(kind) {
        1 => Ok(Type::U8),
        2 => Ok(Type::U16),
        4 => Ok(Type::U32),
        8 => Ok(Type::U64),
        _ => Err("the register has no width of numbers".into()),
    }
}

/// The operation that copies values of a width; 0 is a predicate's.
pub fn copy(width: usize) -> Result<Op> {
    match width {
        0 => Ok(masks(|a: Mask, _| a)),
        1 => Ok(ops::copy::<u8>()),
        2 => Ok(ops::copy::<u16>()),
        4 => Ok(ops::copy::<u32>()),
        8 => Ok(ops::copy::<u64>()),
        _ => Ok(ops::copy::<u128>()),
    }
}
