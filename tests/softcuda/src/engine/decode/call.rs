//! Calls.

use super::frame::{Frame, Symbol, width};
use super::refusal::Result;
use crate::engine::ops::Name;
use crate::engine::program::{Builtin, Call, FUNCTION_ADDRESS, Place, Step, System, Target};
use crate::ptx::syntax::{Operand, Space, Type, Variable};

pub fn call(frame: &mut Frame, name: &mut Name, operands: &[Operand]) -> Result<()> {
    name.take("uni");
    let (results, operands) = match operands {
        [Operand::List(results), rest @ ..] => (results.as_slice(), rest),
        _ => (&[][..], operands),
    };
    let (target, arguments) = match operands {
        [target] | [target, Operand::Name(_)] => (target, &[][..]),
        [target, Operand::List(arguments)] | [target, Operand::List(arguments), Operand::Name(_)] => {
            (target, arguments.as_slice())
        }
        _ => return Err("its operands are not known".into()),
    };
    let Operand::Name(target) = target else { return Err("a function is expected".into()) };
    let index = frame.context.index;
    if let Some(at) = index.function(target).filter(|_| frame.symbol(target).is_ok_and(is_function)) {
        let function = &index.source.functions[at];
        if function.entry {
            return Err("kernels are not called".into());
        }
        let results = places(frame, results, Some(&function.results))?;
        let arguments = places(frame, arguments, Some(&function.parameters))?;
        if function.body.is_none() {
            let function = system(target, &arguments, &results)?;
            frame.emit(Step::Builtin(Box::new(Builtin { function, arguments, results })));
            return Ok(());
        }
        let target = Target::Function(frame.context.reference(at));
        frame.emit(Step::Call(Box::new(Call { target, arguments, results })));
        return Ok(());
    }
    let address = frame.source(&Operand::Name(target.clone()), Type::U64)?;
    let (results, arguments) = (places(frame, results, None)?, places(frame, arguments, None)?);
    frame.context.call_indirectly();
    frame.emit(Step::Call(Box::new(Call { target: Target::Address(address), arguments, results })));
    Ok(())
}

fn is_function(symbol: Symbol) -> bool {
    matches!(symbol, Symbol::Address(address) if address >= FUNCTION_ADDRESS)
}

/// Where the values of a call are; as wide as the function has them, if it is known.
fn places(frame: &mut Frame, operands: &[Operand], of: Option<&[Variable]>) -> Result<Vec<Place>> {
    if of.is_some_and(|of| of.len() != operands.len()) {
        return Err("the function takes or gives another number of values".into());
    }
    let mut places = Vec::new();
    for (at, operand) in operands.iter().enumerate() {
        let place = match frame.register(operand) {
            Ok((slot, kind)) => Place::Register { slot, bytes: width(kind) as u32 },
            Err(_) => other(frame, operand, of.map(|of| &of[at]))?,
        };
        let wanted = of.map(|of| match of[at].space {
            Space::Reg => width(of[at].kind) as u32,
            _ => of[at].size as u32,
        });
        if wanted.is_some_and(|wanted| wanted != place.bytes()) || place.bytes() == 0 {
            return Err("a value has another size than the function's".into());
        }
        places.push(place);
    }
    Ok(places)
}

/// A value that is in no register.
fn other(frame: &mut Frame, operand: &Operand, of: Option<&Variable>) -> Result<Place> {
    if let Operand::Name(name) = operand
        && let Symbol::Local { offset, bytes, is_param: true } = frame.symbol(name)?
    {
        return Ok(Place::Local { offset, bytes });
    }
    let kind = of.ok_or("a register or .param variable is expected")?.kind;
    Ok(Place::Register { slot: frame.source(operand, kind)?, bytes: width(kind) as u32 })
}

/// A function of the device's system (CUDA Programming Guide, "Formatted Output", "Assertion", "Dynamic Global Memory
/// Allocation"; PTX Writer's Guide, "System Calls").
fn system(name: &str, arguments: &[Place], results: &[Place]) -> Result<System> {
    let sizes = |places: &[Place]| places.iter().map(|place| place.bytes()).collect::<Vec<_>>();
    match (name, sizes(arguments).as_slice(), sizes(results).as_slice()) {
        ("vprintf", [8, 8], [4]) => Ok(System::Print),
        ("__assertfail", [8, 8, 4, 8, 8], []) => Ok(System::Assert),
        ("malloc", [8], [8]) => Ok(System::Allocate),
        ("free", [8], []) => Ok(System::Free),
        _ => Err(format!("the function {name} is not there").into()),
    }
}
