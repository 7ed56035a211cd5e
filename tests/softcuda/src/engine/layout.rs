//! Where a kernel's parameters are.

use crate::ptx::syntax::Function;

/// A kernel's parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameter {
    /// Bytes from the first parameter on.
    pub offset: usize,
    /// Bytes.
    pub size: usize,
}

/// The parameters in order, and the bytes of all.
pub fn parameters(function: &Function) -> (Vec<Parameter>, usize) {
    let mut end = 0;
    let parameters = function.parameters.iter().map(|variable| {
        let offset = end_of(end, variable.align);
        end = offset + variable.size as usize;
        Parameter { offset, size: variable.size as usize }
    });
    let parameters = parameters.collect();
    (parameters, end)
}

fn end_of(end: usize, align: u64) -> usize {
    end.next_multiple_of(align as usize)
}
