//! `mov`, and conversions of addresses.

use super::arithmetic::{copy, of_slots, split};
use super::frame::{Frame, width};
use super::memory::space;
use super::refusal::Result;
use crate::engine::lanes::{Op, Operands};
use crate::engine::ops::Name;
use crate::engine::ops::{extract, insert};
use crate::engine::program::{Convert, ConvertKind, Space, Step};
use crate::ptx::syntax::{Operand, Type};

pub fn mov(frame: &mut Frame, name: &mut Name, operands: &[Operand]) -> Result<()> {
    let kind = name.kind()?;
    let (d, sources) = split(operands, 1)?;
    match (d, &sources[0]) {
        (d, Operand::Vector(pieces)) => {
            let d = frame.destination(d, kind)?;
            let piece = piece(kind, pieces.len())?;
            for (e, operand) in pieces.iter().enumerate() {
                let a = frame.source(operand, piece)?;
                let (insert, _) = pieces_of(piece, pieces.len()).ok_or("it has no such pieces")?;
                frame.emit_op(insert, Operands { e: e as u32, ..of_slots(d, &[a]) });
            }
        }
        (Operand::Vector(pieces), source) => {
            let a = frame.source(source, kind)?;
            let piece = piece(kind, pieces.len())?;
            for (e, operand) in pieces.iter().enumerate().filter(|(_, operand)| **operand != Operand::Sink) {
                let d = frame.destination(operand, piece)?;
                let (_, extract) = pieces_of(piece, pieces.len()).ok_or("it has no such pieces")?;
                frame.emit_op(extract, Operands { e: e as u32, ..of_slots(d, &[a]) });
            }
        }
        (d, source) => {
            let a = frame.source(source, kind)?;
            let d = frame.destination(d, kind)?;
            frame.emit_op(copy(width(kind))?, of_slots(d, &[a]));
        }
    }
    Ok(())
}

/// The type of each of the pieces of a value.
fn piece(kind: Type, count: usize) -> Result<Type> {
    match width(kind).checked_div(count) {
        Some(1) => Ok(Type::B8),
        Some(2) => Ok(Type::B16),
        Some(4) => Ok(Type::B32),
        Some(8) => Ok(Type::B64),
        _ => Err("it has no such pieces".into()),
    }
}

/// How a piece is put in and taken out.
fn pieces_of(piece: Type, count: usize) -> Option<(Op, Op)> {
    Some(match (piece, count) {
        (Type::B8, 2) => (insert::<u8, 2>(), extract::<u8, 2>()),
        (Type::B8, 4) => (insert::<u8, 4>(), extract::<u8, 4>()),
        (Type::B8, 8) => (insert::<u8, 8>(), extract::<u8, 8>()),
        (Type::B16, 2) => (insert::<u16, 2>(), extract::<u16, 2>()),
        (Type::B16, 4) => (insert::<u16, 4>(), extract::<u16, 4>()),
        (Type::B32, 2) => (insert::<u32, 2>(), extract::<u32, 2>()),
        (Type::B32, 4) => (insert::<u32, 4>(), extract::<u32, 4>()),
        (Type::B64, 2) => (insert::<u64, 2>(), extract::<u64, 2>()),
        _ => return None,
    })
}

/// `cvta` and `isspacep`
pub fn address(frame: &mut Frame, name: &mut Name, operands: &[Operand]) -> Result<()> {
    let is_test = name.opcode == "isspacep";
    let kind = if is_test { Type::U64 } else { name.kind()? };
    if !matches!(kind, Type::U32 | Type::U64) {
        return Err("addresses are of type .u32 or .u64".into());
    }
    let from_generic = name.take("to");
    let is_global = name.has("global") || name.has("const");
    let space = space(name)?;
    let (d, sources) = split(operands, 1)?;
    let conversion = match is_test {
        true => ConvertKind::IsOf,
        false if from_generic => ConvertKind::FromGeneric,
        false => ConvertKind::ToGeneric,
    };
    let a = frame.source(&sources[0], kind)?;
    let d = frame.destination(d, if is_test { Type::Pred } else { kind })?;
    if is_global && !is_test {
        // Global and constant memory are at their generic addresses.
        frame.emit_op(copy(width(kind))?, of_slots(d, &[a]));
        return Ok(());
    }
    // The parameters of a function that is no kernel are local.
    let space = if space == Space::Param && !frame.entry { Space::Local } else { space };
    if kind.bytes() != 8 {
        return Err("generic addresses have 64 bits".into());
    }
    frame.emit(Step::Convert(Box::new(Convert { kind: conversion, space, d, a })));
    Ok(())
}
