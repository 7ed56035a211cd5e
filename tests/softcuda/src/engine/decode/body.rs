//! Functions, statement by statement.

use super::context::{CompileError, Context};
use super::frame::{Frame, Symbol};
use super::refusal::{Refusal, Result};
use super::{arithmetic, call, collective, control, memory, moves, texture};
use crate::engine::layout::parameters;
use crate::engine::ops::{self, Name, Pure};
use crate::engine::program::{Function, Step};
use crate::ptx::syntax::{self, Instruction, Space, Statement};

/// Compiles a function of the source to its place in the program.
pub fn function(context: &mut Context, at: usize, place: u32) -> std::result::Result<(), CompileError> {
    let index = context.index;
    let function = &index.source.functions[at];
    let entry = context.program.code.len() as u32;
    let mut frame = Frame::new(context, function.entry);
    let error = |line: u32, Refusal { message, is_wrong }: Refusal| CompileError { line, message, is_wrong };
    let places = places(&mut frame, function).map_err(|refusal| error(function.line, refusal))?;
    let body = function.body.as_deref().unwrap_or_default();
    for one in body {
        if let Statement::Targets { name, labels } = one {
            frame.targets.insert(name.clone(), labels.clone());
        }
    }
    let mut line = function.line;
    for one in body {
        if let Statement::Instruction(instruction) = one {
            line = instruction.line;
        }
        statement(&mut frame, one).map_err(|refusal| error(line, refusal))?;
    }
    frame.guard(None);
    frame.emit(if function.entry { Step::Exit } else { Step::Return });
    frame.resolve_jumps().map_err(|refusal| error(function.line, refusal))?;
    let (parameters, results) = places;
    let Frame { registers, local, constants, specials, .. } = frame;
    let local = local.next_multiple_of(16);
    context.program.functions[place as usize] =
        Function { entry, registers, local, constants, specials, parameters, results };
    Ok(())
}

type Places = Vec<crate::engine::program::Place>;

/// Declares parameters and results.
fn places(frame: &mut Frame, function: &syntax::Function) -> Result<(Places, Places)> {
    if function.entry {
        for (variable, parameter) in function.parameters.iter().zip(parameters(function).0) {
            frame.declare(&variable.name, Symbol::Parameter { offset: parameter.offset as u32 })?;
        }
        return Ok(Default::default());
    }
    let mut places = |variables: &[syntax::Variable]| -> Result<Places> {
        variables.iter().map(|variable| frame.add_parameter(variable)).collect()
    };
    Ok((places(&function.parameters)?, places(&function.results)?))
}

fn statement(frame: &mut Frame, statement: &Statement) -> Result<()> {
    match statement {
        Statement::Open => frame.open()?,
        Statement::Close => frame.close(),
        Statement::Label(name) => frame.label(name)?,
        Statement::Registers(registers) => frame.declare_registers(registers)?,
        Statement::Variable(variable) => declare(frame, variable)?,
        Statement::Targets { .. } => {}
        Statement::Instruction(one) => {
            let named = |refusal: Refusal| Refusal { message: format!("{}: {}", one.name, refusal.message), ..refusal };
            guarded(frame, one).map_err(named)?;
        }
    }
    Ok(())
}

fn declare(frame: &mut Frame, variable: &syntax::Variable) -> Result<()> {
    let symbol = match variable.space {
        Space::Shared if variable.size == 0 => Symbol::BehindShared,
        Space::Shared => Symbol::Shared { offset: frame.context.add_shared(variable.size, variable.align)? },
        space => {
            let offset = frame.add_local(variable.size, variable.align)?;
            Symbol::Local { offset, bytes: variable.size as u32, is_param: space == Space::Param }
        }
    };
    frame.declare(&variable.name, symbol)
}

fn guarded(frame: &mut Frame, one: &Instruction) -> Result<()> {
    frame.guard(None);
    if let Some(guard) = &one.guard {
        let name = syntax::Operand::Name(guard.predicate.clone());
        let predicate = frame.source(&name, syntax::Type::Pred)?;
        frame.guard(Some((predicate, if guard.negated { !0 } else { 0 })));
    }
    let mut name = Name::new(&one.name);
    instruction(frame, &mut name, &one.operands)?;
    Ok(name.end()?)
}

fn instruction(frame: &mut Frame, name: &mut Name, operands: &[syntax::Operand]) -> Result<()> {
    match name.opcode {
        "mov" => moves::mov(frame, name, operands),
        "cvta" | "isspacep" => moves::address(frame, name, operands),
        "ld" | "ldu" | "st" => memory::access(frame, name, operands),
        "atom" | "red" => memory::atom(frame, name, operands),
        "tex" | "tld4" => texture::sample(frame, name, operands),
        "suld" | "sust" => texture::surface(frame, name, operands),
        "txq" | "suq" => texture::query(frame, name, operands),
        "cp" => memory::copy(frame, name, operands),
        "membar" | "fence" => memory::fence(frame, name),
        "prefetch" | "prefetchu" | "discard" | "applypriority" => memory::hint(name),
        "bra" => control::branch(frame, name, operands),
        "brx" => control::branch_indexed(frame, name, operands),
        "call" => call::call(frame, name, operands),
        "ret" | "exit" => {
            control::end(frame, name);
            Ok(())
        }
        // Without a debugger, a breakpoint ends the launch as a trap does.
        "trap" | "brkpt" => {
            frame.emit(Step::Trap);
            Ok(())
        }
        "nanosleep" => {
            name.take("u32");
            frame.emit(Step::Sleep);
            Ok(())
        }
        "bar" | "barrier" if !name.has("warp") => collective::barrier(frame, name, operands),
        "shfl" | "vote" | "match" | "redux" | "elect" | "bar" | "barrier" => {
            collective::collective(frame, name, operands)
        }
        "activemask" => collective::active(frame, name, operands),
        _ => computation(frame, name, operands),
    }
}

fn computation(frame: &mut Frame, name: &mut Name, operands: &[syntax::Operand]) -> Result<()> {
    if let Some(comparison) = ops::comparison(name)? {
        return arithmetic::compare(frame, &comparison, operands);
    }
    if let Some(pure) = ops::carries(name)? {
        return arithmetic::carrying(frame, &pure, operands);
    }
    let pure: Option<Pure> = ops::pure(name)?;
    let Some(pure) = pure else { return Err(unknown(name.opcode)) };
    match name.opcode {
        "cvt" => arithmetic::convert(frame, &pure, operands),
        _ => arithmetic::pure(frame, &pure, operands),
    }
}

/// Instructions of PTX that are not here, by how they begin.
const ABSENT: [&str; 25] = [
    "alloca",
    "clusterlaunchcontrol",
    "createpolicy",
    "getctarank",
    "griddepcontrol",
    "istypep",
    "ldmatrix",
    "mapa",
    "mbarrier",
    "mma",
    "movmatrix",
    "multimem",
    "pmevent",
    "setmaxnreg",
    "stackrestore",
    "stacksave",
    "stmatrix",
    "sured",
    "tcgen05",
    "tensormap",
    "vabsdiff",
    "vadd",
    "vavrg",
    "wgmma",
    "wmma",
];

fn unknown(opcode: &str) -> Refusal {
    let message = String::from("the instruction is not known");
    let is_wrong = !ABSENT.iter().any(|absent| opcode.starts_with(absent));
    Refusal { message, is_wrong }
}
