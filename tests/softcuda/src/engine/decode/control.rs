//! Branches and ends.

use super::frame::Frame;
use super::refusal::Result;
use crate::engine::ops::Name;
use crate::engine::program::{BranchIndexed, Step};
use crate::ptx::syntax::{Operand, Type};

/// `bra`
pub fn branch(frame: &mut Frame, name: &mut Name, operands: &[Operand]) -> Result<()> {
    name.take("uni");
    let [Operand::Name(label)] = operands else { return Err("a label is expected".into()) };
    frame.jump(label)?;
    frame.emit(Step::Branch(0));
    Ok(())
}

/// `brx.idx`
pub fn branch_indexed(frame: &mut Frame, name: &mut Name, operands: &[Operand]) -> Result<()> {
    name.take("uni");
    let [index, Operand::Name(table)] = operands else { return Err("a register and a table are expected".into()) };
    if !name.take("idx") {
        return Err("its form is not known".into());
    }
    let labels = frame.targets.get(table).cloned().ok_or_else(|| format!("there is no table {table}"))?;
    let index = frame.source(index, Type::U32)?;
    for label in &labels {
        frame.jump(label)?;
    }
    frame.emit(Step::BranchIndexed(Box::new(BranchIndexed { index, targets: Vec::new() })));
    Ok(())
}

/// `ret` and `exit`
pub fn end(frame: &mut Frame, name: &mut Name) {
    name.take("uni");
    let is_exit = frame.entry || name.opcode == "exit";
    frame.emit(if is_exit { Step::Exit } else { Step::Return });
}
