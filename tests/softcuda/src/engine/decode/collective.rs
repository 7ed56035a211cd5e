//! What lanes and threads do together.

use super::frame::Frame;
use super::refusal::Result;
use crate::engine::ops::Name;
use crate::engine::program::{Barrier, BarrierKind, Collective, CollectiveKind, Reduce, Shuffle, Slot, Step, Vote};
use crate::ptx::syntax::{Operand, Type};

/// `shfl`, `vote`, `match`, `redux`, `elect`, and `bar.warp`
pub fn collective(frame: &mut Frame, name: &mut Name, operands: &[Operand]) -> Result<()> {
    // Old forms are of the lanes that are together.
    let syncs = name.take("sync");
    let (members, operands) = match operands.split_last() {
        Some((members, rest)) if syncs => (Some(frame.source(members, Type::B32)?), rest),
        _ => (None, operands),
    };
    if !syncs && !matches!(name.opcode, "shfl" | "vote") {
        return Err("it has to be .sync".into());
    }
    let mut collective = Collective { members, kind: CollectiveKind::Sync, d: 0, a: 0, b: 0, c: 0, predicate: None };
    match name.opcode {
        "shfl" => shuffle(frame, name, operands, &mut collective)?,
        "vote" => vote(frame, name, operands, &mut collective)?,
        "match" => find_equal(frame, name, operands, &mut collective)?,
        "redux" => reduce(frame, name, operands, &mut collective)?,
        "elect" => {
            let [d] = operands else { return Err("it takes two operands".into()) };
            let (d, predicate) = results(frame, d, Type::B32)?;
            collective = Collective { kind: CollectiveKind::Elect, d, predicate, ..collective };
        }
        _ => {
            name.take("warp");
            if !operands.is_empty() {
                return Err("it takes one operand".into());
            }
        }
    }
    frame.emit(Step::Collective(Box::new(collective)));
    Ok(())
}

/// `d|p`, or `d` alone.
fn results(frame: &mut Frame, operand: &Operand, kind: Type) -> Result<(Slot, Option<Slot>)> {
    let Operand::Pair(d, predicate) = operand else { return Ok((frame.destination(operand, kind)?, None)) };
    let of = |name: &String| if name == "_" { Operand::Sink } else { Operand::Name(name.clone()) };
    Ok((frame.destination(&of(d), kind)?, Some(frame.destination(&of(predicate), Type::Pred)?)))
}

fn shuffle(frame: &mut Frame, name: &mut Name, operands: &[Operand], collective: &mut Collective) -> Result<()> {
    let kind = name.kind()?;
    let modes = [("up", Shuffle::Up), ("down", Shuffle::Down), ("bfly", Shuffle::Butterfly), ("idx", Shuffle::Index)];
    let mode = name.one_of(&modes).ok_or("its mode is not known")?;
    let [d, a, b, c] = operands else { return Err("its operands are not known".into()) };
    if kind.bytes() != 4 {
        return Err("it is of 32 bits".into());
    }
    collective.kind = CollectiveKind::Shuffle(mode);
    collective.a = frame.source(a, kind)?;
    collective.b = frame.source(b, Type::B32)?;
    collective.c = frame.source(c, Type::B32)?;
    (collective.d, collective.predicate) = results(frame, d, kind)?;
    Ok(())
}

fn vote(frame: &mut Frame, name: &mut Name, operands: &[Operand], collective: &mut Collective) -> Result<()> {
    let kind = name.kind()?;
    let modes = [("all", Vote::All), ("any", Vote::Any), ("uni", Vote::Uniform), ("ballot", Vote::Ballot)];
    let mode = name.one_of(&modes).ok_or("its mode is not known")?;
    let [d, predicate] = operands else { return Err("its operands are not known".into()) };
    if (mode == Vote::Ballot) != (kind == Type::B32) || (mode != Vote::Ballot && kind != Type::Pred) {
        return Err("its type is not that of its mode".into());
    }
    let (predicate, flip) = frame.predicate(predicate)?;
    collective.a = predicate;
    collective.kind = CollectiveKind::Vote(mode, flip);
    collective.d = frame.destination(d, kind)?;
    Ok(())
}

fn find_equal(frame: &mut Frame, name: &mut Name, operands: &[Operand], collective: &mut Collective) -> Result<()> {
    let kind = name.kind()?;
    let [d, a] = operands else { return Err("its operands are not known".into()) };
    let wide = match kind {
        Type::B32 => false,
        Type::B64 => true,
        _ => return Err("it is of 32 or 64 bits".into()),
    };
    collective.kind = match (name.take("any"), name.take("all")) {
        (true, false) => CollectiveKind::MatchAny { wide },
        (false, true) => CollectiveKind::MatchAll { wide },
        _ => return Err("its mode is not known".into()),
    };
    collective.a = frame.source(a, kind)?;
    (collective.d, collective.predicate) = results(frame, d, Type::B32)?;
    Ok(())
}

fn reduce(frame: &mut Frame, name: &mut Name, operands: &[Operand], collective: &mut Collective) -> Result<()> {
    let kind = name.kind()?;
    let is_signed = kind == Type::S32;
    let modes = [
        ("add", Reduce::Add),
        ("min", if is_signed { Reduce::MinSigned } else { Reduce::MinUnsigned }),
        ("max", if is_signed { Reduce::MaxSigned } else { Reduce::MaxUnsigned }),
        ("and", Reduce::And),
        ("or", Reduce::Or),
        ("xor", Reduce::Xor),
    ];
    let mode = name.one_of(&modes).ok_or("its operation is not known")?;
    let [d, a] = operands else { return Err("its operands are not known".into()) };
    if !matches!(kind, Type::U32 | Type::S32 | Type::B32) {
        return Err("it is of 32-bit integers".into());
    }
    collective.kind = CollectiveKind::Reduce(mode);
    collective.a = frame.source(a, kind)?;
    collective.d = frame.destination(d, kind)?;
    Ok(())
}

/// `activemask`
pub fn active(frame: &mut Frame, name: &mut Name, operands: &[Operand]) -> Result<()> {
    let kind = name.kind()?;
    let [d] = operands else { return Err("it takes one operand".into()) };
    if kind != Type::B32 {
        return Err("it is of type .b32".into());
    }
    let d = frame.destination(d, kind)?;
    frame.emit(Step::ActiveMask(d));
    Ok(())
}

/// `bar` and `barrier` of a block
pub fn barrier(frame: &mut Frame, name: &mut Name, operands: &[Operand]) -> Result<()> {
    if name.has("cluster") {
        return Err("there are no clusters".into());
    }
    name.take("cta");
    // Threads of a warp may come apart at any barrier here.
    name.take("aligned");
    let (kind, rest, number) = match (name.take("sync"), name.take("arrive"), name.take("red")) {
        (true, false, false) => {
            let (number, rest) = operands.split_first().ok_or("it takes a number")?;
            (BarrierKind::Sync, rest, number)
        }
        (false, true, false) => {
            let (number, rest) = operands.split_first().ok_or("it takes a number")?;
            (BarrierKind::Arrive, rest, number)
        }
        (false, false, true) => {
            let kind = name.kind()?;
            let [d, number, rest @ .., predicate] = operands else { return Err("its operands are not known".into()) };
            let (predicate, flip) = frame.predicate(predicate)?;
            let is_count = name.take("popc");
            let d = frame.destination(d, if is_count { Type::U32 } else { Type::Pred })?;
            let kind = match (is_count, kind, name.take("and"), name.take("or")) {
                (true, Type::U32, false, false) => BarrierKind::Count { predicate, flip, d },
                (false, Type::Pred, true, false) => BarrierKind::All { predicate, flip, d },
                (false, Type::Pred, false, true) => BarrierKind::Any { predicate, flip, d },
                _ => return Err("its operation is not known".into()),
            };
            (kind, rest, number)
        }
        _ => return Err("its form is not known".into()),
    };
    let count = match rest {
        [] if kind == BarrierKind::Arrive => return Err("it takes a count".into()),
        [] => None,
        [count] => Some(frame.source(count, Type::U32)?),
        _ => return Err("it has too many operands".into()),
    };
    let number = frame.source(number, Type::U32)?;
    frame.emit(Step::Barrier(Box::new(Barrier { number, count, kind })));
    Ok(())
}
