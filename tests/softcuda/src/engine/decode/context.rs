//! What all functions of a program share while it is compiled.

use super::refusal::Result;
use crate::engine::program::{Constant, FUNCTION_ADDRESS, Function, Program, Slot, Step, Target};
use crate::ptx::syntax::{Initial, Operand, Source, Space, Statement, Variable};
use std::collections::{HashMap, VecDeque};

/// What in a kernel is not known, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct CompileError {
    /// Counted from 1.
    pub line: u32,
    pub message: String,
    /// It is no PTX: every compiler refuses it.
    pub is_wrong: bool,
}

/// Most bytes of shared variables.
const MOST_SHARED: u64 = 1 << 20;
/// Bytes of local memory of a thread for calls whose depth is not known.
const UNKNOWN_DEPTH: u32 = 64 << 10;

/// A source with its names.
pub struct Index {
    pub source: Source,
    functions: HashMap<String, usize>,
    variables: HashMap<String, usize>,
}

impl Index {
    pub fn new(source: Source) -> Self {
        let mut functions = HashMap::new();
        for (at, function) in source.functions.iter().enumerate() {
            // A definition goes before declarations.
            if function.body.is_some() || !functions.contains_key(&function.name) {
                functions.insert(function.name.clone(), at);
            }
        }
        for (name, of) in &source.aliases {
            if let Some(at) = functions.get(of) {
                functions.insert(name.clone(), *at);
            }
        }
        let mut variables = HashMap::new();
        for (at, variable) in source.variables.iter().enumerate() {
            if !variable.external || !variables.contains_key(&variable.name) {
                variables.insert(variable.name.clone(), at);
            }
        }
        Self { source, functions, variables }
    }

    pub fn function(&self, name: &str) -> Option<usize> {
        self.functions.get(name).copied()
    }

    pub fn variable(&self, name: &str) -> Option<&Variable> {
        self.variables.get(name).map(|at| &self.source.variables[*at])
    }

    /// The address that stands for a function.
    pub fn function_address(&self, name: &str) -> Option<u64> {
        self.function(name).map(|at| FUNCTION_ADDRESS + 16 * at as u64)
    }

    /// Functions whose addresses the source takes.
    fn addressed(&self) -> Vec<usize> {
        let mut found = Vec::new();
        for variable in &self.source.variables {
            for (_, initial) in &variable.initial {
                if let Initial::Address { name, .. } = initial {
                    found.extend(self.function(name));
                }
            }
        }
        for body in self.source.functions.iter().filter_map(|function| function.body.as_ref()) {
            for statement in body {
                if let Statement::Instruction(instruction) = statement
                    && instruction.name.starts_with("mov.")
                    && let Some(Operand::Name(name)) = instruction.operands.get(1)
                {
                    found.extend(self.function(name));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found.retain(|at| !self.source.functions[*at].entry && self.source.functions[*at].body.is_some());
        found
    }
}

pub struct Context<'a> {
    pub index: &'a Index,
    pub address_of: &'a dyn Fn(&str) -> Option<u64>,
    pub program: Program,
    /// Offsets of the module's shared variables.
    shared: HashMap<String, u32>,
    /// Places in the program, by function of the source.
    places: HashMap<usize, u32>,
    /// Functions that are not compiled yet.
    queue: VecDeque<(usize, u32)>,
    has_indirect_calls: bool,
}

impl<'a> Context<'a> {
    pub fn new(index: &'a Index, address_of: &'a dyn Fn(&str) -> Option<u64>) -> Self {
        let program = Program::default();
        let (shared, places, queue) = Default::default();
        Self { index, address_of, program, shared, places, queue, has_indirect_calls: false }
    }

    /// The place of a function in the program, where it will be.
    pub fn reference(&mut self, function: usize) -> u32 {
        if let Some(place) = self.places.get(&function) {
            return *place;
        }
        let place = self.program.functions.len() as u32;
        self.program.functions.push(Function::default());
        self.places.insert(function, place);
        self.queue.push_back((function, place));
        place
    }

    /// A function that is not compiled yet, and its place.
    pub fn next(&mut self) -> Option<(usize, u32)> {
        self.queue.pop_front()
    }

    /// Functions that are called by address are compiled, too.
    pub fn call_indirectly(&mut self) {
        if self.has_indirect_calls {
            return;
        }
        self.has_indirect_calls = true;
        for function in self.index.addressed() {
            let place = self.reference(function);
            self.program.addresses.push((FUNCTION_ADDRESS + 16 * function as u64, place));
        }
    }

    /// The offset of a new shared variable.
    pub fn add_shared(&mut self, size: u64, align: u64) -> Result<u32> {
        let offset = u64::from(self.program.shared).next_multiple_of(align);
        let end = offset.checked_add(size).filter(|end| *end <= MOST_SHARED);
        self.program.shared = end.ok_or("there are too many shared variables")? as u32;
        Ok(offset as u32)
    }

    /// The offset of a shared variable of the module; None if it lies behind the others.
    pub fn shared(&mut self, variable: &Variable) -> Result<Option<u32>> {
        debug_assert!(variable.space == Space::Shared);
        if variable.size == 0 {
            return Ok(None);
        }
        if let Some(offset) = self.shared.get(&variable.name) {
            return Ok(Some(*offset));
        }
        let offset = self.add_shared(variable.size, variable.align)?;
        self.shared.insert(variable.name.clone(), offset);
        Ok(Some(offset))
    }

    /// The program, when all is compiled.
    pub fn finish(mut self, kernel: usize) -> std::result::Result<Program, CompileError> {
        let behind = u128::from(self.program.shared.next_multiple_of(16));
        self.program.shared = behind as u32;
        let constants = self.program.functions.iter_mut().flat_map(|function| &mut function.constants);
        for constant in constants.filter(|constant| constant.behind_shared) {
            constant.value += behind;
        }
        let line = self.index.source.functions[kernel].line;
        let stack = stack(&self.program).filter(|stack| *stack <= 512 << 10);
        let message = "the threads need more than 512 KiB of local memory".into();
        let error = CompileError { line, message, is_wrong: false };
        self.program.stack = stack.ok_or(error)?;
        Ok(self.program)
    }
}

/// Bytes of local memory that a thread needs: the longest chain of calls, or a guess where there are circles.
fn stack(program: &Program) -> Option<u32> {
    let mut calls = vec![Vec::new(); program.functions.len()];
    let mut is_known = true;
    let mut order: Vec<u32> = (0..program.functions.len() as u32).collect();
    order.sort_by_key(|function| program.functions[*function as usize].entry);
    for (at, instruction) in program.code.iter().enumerate() {
        if let Step::Call(call) = &instruction.step {
            let caller =
                order.partition_point(|function| program.functions[*function as usize].entry as usize <= at) - 1;
            match call.target {
                Target::Function(callee) => calls[order[caller] as usize].push(callee),
                Target::Address(_) => is_known = false,
            }
        }
    }
    // The deepest that each is called at, by going over all calls until nothing changes: at most once for each function.
    let local = |function: u32| program.functions[function as usize].local;
    let mut depth: Vec<u64> = (0..program.functions.len() as u32).map(|function| local(function).into()).collect();
    for _ in 0..=program.functions.len() {
        let mut changed = false;
        for caller in 0..program.functions.len() {
            for callee in &calls[caller] {
                let below = depth[caller] + u64::from(local(*callee));
                if below > depth[*callee as usize] {
                    depth[*callee as usize] = below;
                    changed = true;
                }
            }
        }
        if !changed {
            let deepest = depth.iter().copied().max().unwrap_or_default();
            let deepest = deepest + if is_known { 0 } else { UNKNOWN_DEPTH.into() };
            return u32::try_from(deepest).ok().map(|bytes| bytes.next_multiple_of(16));
        }
    }
    local(0).checked_add(UNKNOWN_DEPTH)
}

/// A constant of a function.
pub fn constant(slot: Slot, width: u8, value: u128) -> Constant {
    Constant { slot, width, value, behind_shared: false }
}
