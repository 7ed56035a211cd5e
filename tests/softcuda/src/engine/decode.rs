//! From a tree to steps.

mod arithmetic;
mod body;
mod call;
mod collective;
mod context;
mod control;
mod frame;
mod memory;
mod moves;
mod operand;
mod refusal;
mod special;
mod texture;

pub use context::{CompileError, Index};

use super::program::Program;
use context::Context;

/// Compiles a kernel and all that it may call. `address_of`: where variables in global and constant memory are.
///
/// # Errors
///
/// What of the code is not known, with its line.
pub fn compile(
    index: &Index,
    kernel: usize,
    address_of: &dyn Fn(&str) -> Option<u64>,
) -> Result<Program, CompileError> {
    let mut context = Context::new(index, address_of);
    context.reference(kernel);
    while let Some((function, place)) = context.next() {
        body::function(&mut context, function, place)?;
    }
    context.finish(kernel)
}

/// Finds what is no PTX, in all functions. What is PTX and not known here is no error before it is compiled.
///
/// # Errors
///
/// The first thing that every compiler refuses, with its line.
pub fn check(index: &Index) -> Result<(), CompileError> {
    for (at, function) in index.source.functions.iter().enumerate() {
        if function.body.is_none() {
            continue;
        }
        let mut context = Context::new(index, &|_| Some(0));
        let place = context.reference(at);
        if let Err(error) = body::function(&mut context, at, place)
            && error.is_wrong
        {
            return Err(error);
        }
    }
    Ok(())
}
