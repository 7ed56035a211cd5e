//! Executes PTX: modules are loaded, kernels compiled, and launches run on the calling thread and on `rayon`'s.
//!
//! Threads run in warps of 32 lanes in lock step. Addresses are those of this process: device memory is its memory, and what
//! kernels access is checked against it.

mod atomics;
mod decode;
mod fault;
mod lanes;
mod launch;
mod layout;
mod ops;
mod program;
mod run;
pub mod texture;
mod transfer;

pub use crate::ptx::ParseError;
pub use decode::CompileError;
pub use fault::Fault;
pub use launch::{Launch, Memory};
pub use layout::Parameter;

use crate::ptx;
use crate::ptx::syntax::{Function, Initial, Source, Space};
use std::sync::Mutex;
use std::time::Instant;

/// A loaded module: PTX that was parsed. Where its variables are, the loader says.
pub struct Module {
    index: decode::Index,
    variables: Vec<Variable>,
}

/// A variable of a module, in global or constant memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// Bytes, a power of two.
    pub align: u64,
    pub managed: bool,
    /// It is in constant memory.
    pub constant: bool,
}

impl Module {
    /// Parses PTX.
    ///
    /// # Errors
    ///
    /// The first thing that is no PTX, with its line: no name may be undeclared, no label missing. What is PTX and not known
    /// here is refused by `compile`.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        let module = Self::new(ptx::parse(text)?);
        let wrong = |CompileError { line, message, .. }| ParseError { line, message };
        decode::check(&module.index).map_err(wrong)?;
        Ok(module)
    }

    /// Puts modules together: names that one declares, another defines.
    ///
    /// # Errors
    ///
    /// A name that two of them define.
    pub fn link(modules: Vec<Module>) -> Result<Self, ParseError> {
        let mut all = Source::default();
        for Source { version, target, variables, functions, aliases } in
            modules.into_iter().map(|module| module.index.source)
        {
            all.version = all.version.max(version);
            all.target = all.target.max(target);
            all.variables.extend(variables);
            all.functions.extend(functions);
            all.aliases.extend(aliases);
        }
        let variables = all.variables.iter().filter(|one| !one.external).map(|one| (&one.name, one.line));
        let functions = all.functions.iter().filter(|one| one.body.is_some()).map(|one| (&one.name, one.line));
        let mut names = std::collections::HashSet::new();
        for (name, line) in variables.chain(functions) {
            if !names.insert(name) {
                return Err(ParseError { line, message: format!("{name} is defined twice") });
            }
        }
        Ok(Self::new(all))
    }

    fn new(source: Source) -> Self {
        let is_own = |space| matches!(space, Space::Global | Space::Const);
        let variables = source.variables.iter().filter(|one| is_own(one.space) && !one.external);
        let variables = variables.map(|one| Variable {
            name: one.name.clone(),
            size: one.size,
            align: one.align,
            managed: one.managed,
            constant: one.space == Space::Const,
        });
        Self { variables: variables.collect(), index: decode::Index::new(source) }
    }

    /// Variables that the module defines.
    pub fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.variables.iter()
    }

    pub fn kernel_names(&self) -> impl Iterator<Item = &str> {
        let is_kernel = |function: &&Function| function.entry && function.body.is_some();
        self.index.source.functions.iter().filter(is_kernel).map(|function| function.name.as_str())
    }

    /// Ten times the version of the language: 84 for PTX 8.4.
    pub fn ptx_version(&self) -> u32 {
        self.index.source.version
    }

    /// The architecture that the module is for: 75 for `sm_75`.
    pub fn target(&self) -> u32 {
        self.index.source.target
    }

    /// Writes the initial contents of a variable to memory of its size; other variables are where `address_of` says, those
    /// that are nowhere at 0.
    pub fn initialize(&self, name: &str, memory: &mut [u8], address_of: &dyn Fn(&str) -> Option<u64>) {
        let Some(variable) = self.index.variable(name) else { return };
        memory.fill(0);
        let bytes = variable.kind.bytes();
        for (element, initial) in &variable.initial {
            let value = match initial {
                Initial::Bits(bits) => *bits,
                Initial::Address { name, offset } => {
                    let address = self.index.function_address(name).or_else(|| address_of(name));
                    address.map_or(0, |address| address.wrapping_add(*offset as u64))
                }
            };
            let at = *element as usize * bytes;
            if let Some(place) = memory.get_mut(at..at + bytes) {
                let count = bytes.min(8);
                place[..count].copy_from_slice(&value.to_le_bytes()[..count]);
            }
        }
    }

    /// Compiles a kernel. Other variables, and those that are only declared, are where `address_of` says.
    ///
    /// # Errors
    ///
    /// What it does not know, with its line.
    pub fn compile(&self, kernel: &str, address_of: &dyn Fn(&str) -> Option<u64>) -> Result<Kernel, CompileError> {
        let missing = || CompileError { line: 1, message: format!("there is no kernel {kernel}"), is_wrong: true };
        let at = self.kernel(kernel).ok_or_else(missing)?;
        let function = &self.index.source.functions[at];
        let program = decode::compile(&self.index, at, address_of)?;
        let (parameters, parameter_bytes) = layout::parameters(function);
        if parameter_bytes > MOST_PARAMETERS {
            let message = format!("{kernel} has {parameter_bytes} bytes of parameters");
            return Err(CompileError { line: function.line, message, is_wrong: true });
        }
        let threads = |limit: [u32; 3]| limit.iter().fold(1u32, |all, count| all.saturating_mul(*count));
        let limit = function.required_threads.or(function.max_threads).map_or(MOST_THREADS, threads).min(MOST_THREADS);
        Ok(Kernel {
            parameters,
            parameter_bytes,
            static_shared: program.shared as usize,
            local: program.stack as usize,
            registers: (program.functions[0].registers / 128).min(REGISTERS / limit.max(1)).clamp(16, 255),
            max_threads: limit,
            required_threads: function.required_threads,
            ptx_version: self.index.source.version,
            target: self.index.source.target,
            program,
            blocks: Mutex::default(),
        })
    }

    /// Parameters of a kernel without compiling it.
    pub fn parameters(&self, kernel: &str) -> Option<Vec<Parameter>> {
        let at = self.kernel(kernel)?;
        Some(layout::parameters(&self.index.source.functions[at]).0)
    }

    fn kernel(&self, name: &str) -> Option<usize> {
        let at = self.index.function(name)?;
        let function = &self.index.source.functions[at];
        (function.entry && function.body.is_some()).then_some(at)
    }
}

/// Most bytes of a kernel's parameters.
const MOST_PARAMETERS: usize = 32_764;
/// Most bytes of a block's shared memory.
const MOST_SHARED: usize = 1 << 20;
/// Registers of a block.
const REGISTERS: u32 = 65_536;
/// Most threads of a block.
const MOST_THREADS: u32 = 1024;

/// A kernel that can be launched.
pub struct Kernel {
    pub parameters: Vec<Parameter>,
    /// Bytes of all parameters.
    pub parameter_bytes: usize,
    /// Bytes of its shared variables.
    pub static_shared: usize,
    /// Bytes of local memory of a thread.
    pub local: usize,
    /// Registers of a thread, about: no more than let a block of the most threads run, as if a compiler kept the others in
    /// local memory.
    pub registers: u32,
    /// Most threads of a block.
    pub max_threads: u32,
    /// Threads that a block has to have (`.reqntid`).
    pub required_threads: Option<[u32; 3]>,
    /// Ten times the version of the language.
    pub ptx_version: u32,
    /// The architecture that the module is for: 75 for `sm_75`.
    pub target: u32,
    program: program::Program,
    /// States of blocks that no launch uses now.
    blocks: Mutex<Vec<run::Block>>,
}

impl Kernel {
    /// Runs a launch to its end; how many thread-instructions it took. Parameters that are missing are 0.
    ///
    /// # Errors
    ///
    /// The first fault: blocks that had begun ran to their end, and no others.
    pub fn run(&self, launch: &Launch, memory: &dyn Memory) -> Result<u64, Fault> {
        let threads = launch.block.iter().try_fold(1u32, |all, count| all.checked_mul(*count));
        let Some(threads) = threads.filter(|threads| (1..=MOST_THREADS).contains(threads)) else {
            return Err(Fault::Illegal);
        };
        let shared = self.static_shared.checked_add(launch.dynamic_shared).filter(|bytes| *bytes <= MOST_SHARED);
        let mut parameters = run::Bytes::new(self.parameter_bytes);
        let given = launch.parameters.len().min(self.parameter_bytes);
        // SAFETY: the copy has room for the parameters, and nothing else is of it yet.
        unsafe { parameters.pointer().copy_from_nonoverlapping(launch.parameters.as_ptr(), given) };
        let setting = run::Setting {
            program: &self.program,
            launch,
            memory,
            parameters: parameters.pointer() as u64,
            parameter_bytes: self.parameter_bytes as u64,
            shared: shared.ok_or(Fault::Illegal)? as u32,
            threads,
            start: Instant::now(),
        };
        run::run(&setting, &self.blocks)
    }
}

#[cfg(test)]
mod tests;
