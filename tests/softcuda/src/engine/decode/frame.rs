//! A function while it is compiled: its registers, names and code.

use super::context::{Context, constant};
use super::refusal::{Refusal, Result};
use super::special::is_absent;
use crate::engine::lanes::{LANES, Mask, Op, Operands, Slot};
use crate::engine::program::{Constant, Instruction, Place, Special, Step};
use crate::ptx::syntax::{self, Registers, Type};
use std::collections::HashMap;

/// Most bytes of an activation's registers.
const MOST_REGISTERS: u32 = 16 << 20;
/// Most bytes of an activation's local memory.
const MOST_LOCAL: u64 = 512 << 10;

/// Most scopes in one another.
const DEEPEST: usize = 256;
/// Most branches, with each label of a table.
const MOST_JUMPS: usize = 1 << 20;

/// What a name stands for.
#[derive(Clone, Copy, Debug)]
pub enum Symbol {
    Register {
        slot: Slot,
        kind: Type,
    },
    /// In the activation's local memory.
    Local {
        offset: u32,
        bytes: u32,
        is_param: bool,
    },
    /// A kernel's parameter.
    Parameter {
        offset: u32,
    },
    Shared {
        offset: u32,
    },
    /// Shared memory behind all variables.
    BehindShared,
    /// In global or constant memory, or a function.
    Address(u64),
}

#[derive(Default)]
struct Scope {
    number: u32,
    names: HashMap<String, Symbol>,
    /// Count and type of numbered registers, by prefix.
    families: HashMap<String, (u32, Type)>,
}

pub struct Frame<'a, 'm> {
    pub context: &'a mut Context<'m>,
    pub entry: bool,
    pub constants: Vec<Constant>,
    pub specials: Vec<(Special, Slot)>,
    pub registers: u32,
    pub local: u32,
    by_value: HashMap<(u128, u8, bool), Slot>,
    scopes: Vec<Scope>,
    /// The parent of each scope that there was.
    parents: Vec<u32>,
    labels: HashMap<(u32, String), u32>,
    /// Steps that go to labels, with the scope that they are in.
    jumps: Vec<(u32, u32, String)>,
    /// Guard of the instruction at hand.
    guard: (Slot, Mask),
    always: Slot,
    carry: Option<Slot>,
    /// Labels of `brx.idx`.
    pub targets: HashMap<String, Vec<String>>,
}

impl<'a, 'm> Frame<'a, 'm> {
    pub fn new(context: &'a mut Context<'m>, entry: bool) -> Self {
        let mut frame = Self {
            context,
            entry,
            constants: Vec::new(),
            specials: Vec::new(),
            registers: 0,
            local: 0,
            by_value: HashMap::new(),
            scopes: vec![Scope::default()],
            parents: vec![0],
            labels: HashMap::new(),
            jumps: Vec::new(),
            guard: (0, 0),
            always: 0,
            carry: None,
            targets: HashMap::new(),
        };
        // The first slot is a predicate that all lanes have.
        frame.registers = 64;
        frame.constants.push(constant(frame.always, 0, Mask::MAX.into()));
        frame
    }

    /// A new slot for values of a width; 0 is a predicate's.
    pub fn slot(&mut self, width: usize) -> Result<Slot> {
        let slot = self.registers;
        let bytes = if width == 0 { 4 } else { width * LANES };
        self.registers = slot + (bytes as u32).next_multiple_of(64);
        if self.registers > MOST_REGISTERS { Err("the function has too many registers".into()) } else { Ok(slot) }
    }

    pub fn slot_of(&mut self, kind: Type) -> Result<Slot> {
        self.slot(width(kind))
    }

    pub fn constant(&mut self, value: u128, width: usize) -> Result<Slot> {
        self.constant_slot(value, width, false)
    }

    pub fn constant_slot(&mut self, value: u128, width: usize, behind_shared: bool) -> Result<Slot> {
        let key = (value, width as u8, behind_shared);
        if let Some(slot) = self.by_value.get(&key) {
            return Ok(*slot);
        }
        let slot = self.slot(width)?;
        self.by_value.insert(key, slot);
        self.constants.push(Constant { behind_shared, ..constant(slot, width as u8, value) });
        Ok(slot)
    }

    /// The activation's carry.
    pub fn carry(&mut self) -> Result<Slot> {
        if self.carry.is_none() {
            self.carry = Some(self.slot(0)?);
        }
        Ok(self.carry.unwrap_or_default())
    }

    /// Guards the steps that follow.
    pub fn guard(&mut self, predicate: Option<(Slot, Mask)>) {
        self.guard = predicate.unwrap_or((self.always, 0));
    }

    pub fn emit(&mut self, step: Step) {
        let (guard, flip) = self.guard;
        self.context.program.code.push(Instruction { guard, flip, step });
    }

    pub fn emit_op(&mut self, op: Op, operands: Operands) {
        self.emit(Step::Pure(op, operands));
    }

    /// Where the next step will be.
    pub fn here(&self) -> u32 {
        self.context.program.code.len() as u32
    }

    pub fn open(&mut self) -> Result<()> {
        if self.scopes.len() == DEEPEST {
            return Err("the scopes are too deep".into());
        }
        let (number, parent) = (self.parents.len() as u32, self.scope().number);
        self.parents.push(parent);
        self.scopes.push(Scope { number, ..Scope::default() });
        Ok(())
    }

    pub fn close(&mut self) {
        // The parser has no more ends than beginnings.
        if self.scopes.len() > 1 {
            self.scopes.pop();
        }
    }

    fn scope(&mut self) -> &mut Scope {
        self.scopes.last_mut().expect("a function is in its own scope")
    }

    pub fn declare(&mut self, name: &str, symbol: Symbol) -> Result<()> {
        match self.scope().names.insert(name.to_owned(), symbol) {
            None => Ok(()),
            Some(_) => Err(Refusal::wrong(format!("{name} is there already"))),
        }
    }

    pub fn declare_registers(&mut self, registers: &Registers) -> Result<()> {
        match registers.count {
            Some(count) => drop(self.scope().families.insert(registers.name.clone(), (count, registers.kind))),
            None => {
                let slot = self.slot_of(registers.kind)?;
                self.declare(&registers.name, Symbol::Register { slot, kind: registers.kind })?;
            }
        }
        Ok(())
    }

    /// A new place in the activation's local memory.
    pub fn add_local(&mut self, size: u64, align: u64) -> Result<u32> {
        let offset = u64::from(self.local).next_multiple_of(align);
        let end = offset.checked_add(size).filter(|end| *end <= MOST_LOCAL);
        self.local = end.ok_or("the function has too much local memory")? as u32;
        Ok(offset as u32)
    }

    /// A parameter or result of a function that is no kernel.
    pub fn add_parameter(&mut self, variable: &syntax::Variable) -> Result<Place> {
        if variable.space == syntax::Space::Reg {
            let slot = self.slot_of(variable.kind)?;
            self.declare(&variable.name, Symbol::Register { slot, kind: variable.kind })?;
            return Ok(Place::Register { slot, bytes: width(variable.kind) as u32 });
        }
        let (offset, bytes) = (self.add_local(variable.size, variable.align)?, variable.size as u32);
        self.declare(&variable.name, Symbol::Local { offset, bytes, is_param: true })?;
        Ok(Place::Local { offset, bytes })
    }

    pub fn symbol(&mut self, name: &str) -> Result<Symbol> {
        for at in (0..self.scopes.len()).rev() {
            if let Some(symbol) = self.scopes[at].names.get(name) {
                return Ok(*symbol);
            }
            if let Some(kind) = numbered(&self.scopes[at].families, name) {
                let symbol = Symbol::Register { slot: self.slot_of(kind)?, kind };
                self.scopes[at].names.insert(name.to_owned(), symbol);
                return Ok(symbol);
            }
        }
        let index = self.context.index;
        if let Some(variable) = index.variable(name) {
            if variable.space == syntax::Space::Shared {
                let offset = self.context.shared(variable)?;
                return Ok(offset.map_or(Symbol::BehindShared, |offset| Symbol::Shared { offset }));
            }
            let address = (self.context.address_of)(name).ok_or_else(|| format!("{name} has no address"))?;
            return Ok(Symbol::Address(address));
        }
        let address = index.function_address(name);
        let is_wrong = !is_absent(name);
        let undeclared = || Refusal { message: format!("{name} is not declared"), is_wrong };
        address.map(Symbol::Address).ok_or_else(undeclared)
    }

    pub fn label(&mut self, name: &str) -> Result<()> {
        let (scope, here) = (self.scope().number, self.here());
        match self.labels.insert((scope, name.to_owned()), here) {
            None => Ok(()),
            Some(_) => Err(Refusal::wrong(format!("the label {name} is there already"))),
        }
    }

    /// The step that comes next goes to a label.
    pub fn jump(&mut self, label: &str) -> Result<()> {
        if self.jumps.len() == MOST_JUMPS {
            return Err("the function has too many branches".into());
        }
        let (here, scope) = (self.here(), self.scope().number);
        self.jumps.push((here, scope, label.to_owned()));
        Ok(())
    }

    /// Sets where jumps go, when all labels are known.
    pub fn resolve_jumps(&mut self) -> Result<()> {
        for (at, scope, label) in std::mem::take(&mut self.jumps) {
            let target = self.find_label(scope, &label)?;
            match &mut self.context.program.code[at as usize].step {
                Step::Branch(to) => *to = target,
                Step::BranchIndexed(branch) => branch.targets.push(target),
                _ => return Err(format!("{label} is gone to by no branch").into()),
            }
        }
        Ok(())
    }

    fn find_label(&self, mut scope: u32, label: &str) -> Result<u32> {
        loop {
            if let Some(target) = self.labels.get(&(scope, label.to_owned())) {
                return Ok(*target);
            }
            if scope == 0 {
                return Err(Refusal::wrong(format!("there is no label {label}")));
            }
            scope = self.parents[scope as usize];
        }
    }
}

/// Bytes of a slot's value; 0 of a predicate.
pub fn width(kind: Type) -> usize {
    if kind == Type::Pred { 0 } else { kind.bytes() }
}

/// The type of a numbered register, such as `%r12` of the family `%r<20>`.
fn numbered(families: &HashMap<String, (u32, Type)>, name: &str) -> Option<Type> {
    let digits = name.bytes().rev().take_while(u8::is_ascii_digit).count().min(10);
    (1..=digits).find_map(|digits| {
        let (prefix, number) = name.split_at(name.len() - digits);
        let (count, kind) = families.get(prefix)?;
        let is_plain = digits == 1 || !number.starts_with('0');
        (is_plain && number.parse::<u32>().is_ok_and(|number| number < *count)).then_some(*kind)
    })
}
