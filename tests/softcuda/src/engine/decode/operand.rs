//! Operands as slots.

use super::frame::{Frame, Symbol, width};
use super::refusal::Result;
use super::special::{clock, fixed, special};
use crate::engine::lanes::{LANES, Mask, Operands, Slot};
use crate::engine::ops::cast;
use crate::engine::ops::masks;
use crate::engine::program::{Address, Space, Step};
use crate::ptx::syntax::{Operand, Type};

impl Frame<'_, '_> {
    /// The register that an operand names, whatever its width.
    pub fn register(&mut self, operand: &Operand) -> Result<(Slot, Type)> {
        let Operand::Name(name) = operand else { return Err("a register is expected".into()) };
        match self.symbol(name)? {
            Symbol::Register { slot, kind } => Ok((slot, kind)),
            _ => Err(format!("{name} is no register").into()),
        }
    }

    /// The slot that a result goes to.
    pub fn destination(&mut self, operand: &Operand, kind: Type) -> Result<Slot> {
        if *operand == Operand::Sink {
            return self.slot_of(kind);
        }
        let (slot, of) = self.register(operand)?;
        fits(operand, of, kind)?;
        Ok(slot)
    }

    /// The slot of a source: a register, special register, number, or address.
    pub fn source(&mut self, operand: &Operand, kind: Type) -> Result<Slot> {
        match operand {
            Operand::Name(name) => self.named(name, 0, operand, kind),
            Operand::Sum(name, offset) => self.named(name, *offset, operand, kind),
            Operand::Not(name) if kind == Type::Pred => {
                let (a, d) = (self.source(&Operand::Name(name.clone()), kind)?, self.slot(0)?);
                self.emit_op(masks(|a, _| !a), Operands { d, a, b: a, ..Operands::default() });
                Ok(d)
            }
            _ => self.constant(number(operand, kind)?, width(kind)),
        }
    }

    fn named(&mut self, name: &str, offset: i64, operand: &Operand, kind: Type) -> Result<Slot> {
        if name.starts_with('%')
            && let Some(slot) = self.special(name, kind)?
        {
            return Ok(slot);
        }
        if name == "WARP_SZ" {
            return self.constant(LANES as u128, width(kind));
        }
        let value = |base: u64| u128::from(base.wrapping_add(offset as u64)) & bits(kind);
        match self.symbol(name)? {
            Symbol::Register { slot, kind: of } if offset == 0 => fits(operand, of, kind).map(|()| slot),
            Symbol::Register { .. } => Err(format!("{name} is a register, and takes no offset here").into()),
            _ if !matches!(kind.bytes(), 4 | 8) || kind.is_float() => Err(format!("{name} is an address").into()),
            Symbol::Address(address) => self.constant(value(address), width(kind)),
            Symbol::Parameter { offset } | Symbol::Shared { offset } => {
                self.constant(value(offset.into()), width(kind))
            }
            Symbol::BehindShared => self.constant_slot(value(0), width(kind), true),
            Symbol::Local { offset: at, .. } => {
                let (d, wide) = (self.slot_of(kind)?, kind.bytes() == 8);
                self.emit(Step::LocalAddress { d, wide, offset: at.wrapping_add(offset as u32) });
                Ok(d)
            }
        }
    }

    /// The slot of a special register; None if there is none of the name.
    fn special(&mut self, name: &str, kind: Type) -> Result<Option<Slot>> {
        if let Some((clock, of)) = clock(name) {
            let d = self.slot_of(of)?;
            self.emit(Step::Clock { d, clock });
            return self.cast(d, of, kind).map(Some);
        }
        if let Some(value) = fixed(name) {
            return self.constant(value, width(kind)).map(Some);
        }
        let Some(special) = special(name) else { return Ok(None) };
        let known = self.specials.iter().find(|(known, _)| *known == special).map(|(_, slot)| *slot);
        let slot = match known {
            Some(slot) => slot,
            None => {
                let slot = self.slot(4)?;
                self.specials.push((special, slot));
                slot
            }
        };
        self.cast(slot, Type::U32, kind).map(Some)
    }

    /// The slot, or one with its values in another width.
    pub fn cast(&mut self, a: Slot, from: Type, to: Type) -> Result<Slot> {
        if width(from) == width(to) {
            return Ok(a);
        }
        let to = whole(to)?;
        let op = cast(from, to).ok_or("there is no conversion to this width")?;
        let d = self.slot_of(to)?;
        self.emit_op(op, Operands { d, a, ..Operands::default() });
        Ok(d)
    }

    /// The address that an operand stands for in a space.
    pub fn address(&mut self, operand: &Operand, space: Space) -> Result<Address> {
        let (name, offset) = match operand {
            Operand::Address { base, offset } => (base, *offset),
            Operand::Absolute(address) => {
                return Ok(Address { base: self.constant(0, 8)?, wide: true, offset: *address as i64, space });
            }
            _ => return Err("an address in brackets is expected".into()),
        };
        let symbol = self.symbol(name)?;
        if let Symbol::Register { slot, kind } = symbol {
            let wide = kind.bytes() == 8;
            if (!wide && kind.bytes() != 4) || kind == Type::Pred {
                return Err(format!("{name} holds no address").into());
            }
            // What the parameters of a function are addressed by is local.
            let space = if space == Space::Param && !self.entry { Space::Local } else { space };
            return Ok(Address { base: slot, wide, offset, space });
        }
        let is_global = matches!(space, Space::Global | Space::Generic);
        let (value, space) = match symbol {
            Symbol::Local { offset, is_param: true, .. } if space == Space::Param => {
                (u64::from(offset), Space::Activation)
            }
            Symbol::Local { offset, is_param: false, .. } if space == Space::Local => {
                (u64::from(offset), Space::Activation)
            }
            Symbol::Parameter { offset } if space == Space::Param => (u64::from(offset), space),
            Symbol::Shared { offset } if space == Space::Shared => (u64::from(offset), space),
            Symbol::Address(address) if is_global => (address, Space::Global),
            Symbol::BehindShared if space == Space::Shared => {
                return Ok(Address { base: self.constant_slot(0, 8, true)?, wide: true, offset, space });
            }
            _ => return Err(format!("{name} is not in the space of the instruction").into()),
        };
        let wide = space != Space::Shared;
        let base = self.constant(0, if wide { 8 } else { 4 })?;
        Ok(Address { base, wide, offset: offset.wrapping_add(value as i64), space })
    }

    /// A predicate and whether it counts the other way.
    pub fn predicate(&mut self, operand: &Operand) -> Result<(Slot, Mask)> {
        match operand {
            Operand::Not(name) => Ok((self.source(&Operand::Name(name.clone()), Type::Pred)?, Mask::MAX)),
            _ => Ok((self.source(operand, Type::Pred)?, 0)),
        }
    }
}

fn bits(kind: Type) -> u128 {
    u128::MAX >> (128 - 8 * kind.bytes())
}

/// The unsigned type of a width.
fn whole(kind: Type) -> Result<Type> {
    match width(kind) {
        1 => Ok(Type::U8),
        2 => Ok(Type::U16),
        4 => Ok(Type::U32),
        8 => Ok(Type::U64),
        _ => Err("a value of another width is expected".into()),
    }
}

fn fits(operand: &Operand, of: Type, kind: Type) -> Result<()> {
    let name = if let Operand::Name(name) = operand { name.as_str() } else { "the register" };
    match width(of) == width(kind) {
        true => Ok(()),
        false if of == Type::Pred || kind == Type::Pred => {
            Err(format!("{name} is of another kind than the instruction").into())
        }
        false => Err(format!("{name} has {} bits, the instruction {}", 8 * of.bytes(), 8 * kind.bytes()).into()),
    }
}

/// The bits of a number in a type.
fn number(operand: &Operand, kind: Type) -> Result<u128> {
    match (operand, kind) {
        (Operand::Integer(value), Type::Pred) => Ok(if *value == 0 { 0 } else { Mask::MAX.into() }),
        (Operand::Integer(_), Type::F32 | Type::F64) => Err("a whole number is no value of this type".into()),
        (Operand::Integer(value), _) => Ok(u128::from(*value) & bits(kind)),
        (Operand::Single(value), Type::F32 | Type::B32) => Ok((*value).into()),
        (Operand::Single(value), Type::F64) => Ok(f64::from(f32::from_bits(*value)).to_bits().into()),
        (Operand::Double(value), Type::F64 | Type::B64) => Ok((*value).into()),
        (Operand::Double(value), Type::F32) => Ok((f64::from_bits(*value) as f32).to_bits().into()),
        _ => Err("the operand is no value of the instruction's type".into()),
    }
}
