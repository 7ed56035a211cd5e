//! Accesses to memory.

use super::frame::{Frame, width};
use super::refusal::Result;
use crate::engine::atomics::atomic;
use crate::engine::lanes::Operands;
use crate::engine::ops::Name;
use crate::engine::program::{Access, Atomic, Copy, Space, Step, Word};
use crate::engine::transfer::{load, store};
use crate::ptx::syntax::{Operand, Type};

/// Orders and scopes: accesses are in order as they are, and all see all.
const ORDERS: [&str; 13] = [
    "weak", "relaxed", "acquire", "release", "acq_rel", "sc", "volatile", "mmio", "cta", "cluster", "gpu", "sys",
    "unified",
];
/// Hints to caches.
const HINTS: [&str; 8] = ["ca", "cg", "cs", "lu", "cv", "wb", "wt", "nc"];

/// Takes off the space of a name; without one, addresses are generic.
pub fn space(name: &mut Name) -> Result<Space> {
    let spaces = [
        ("global", Space::Global),
        ("const", Space::Global),
        ("shared", Space::Shared),
        ("shared::cta", Space::Shared),
        // A block that is in no cluster has its own shared memory there.
        ("shared::cluster", Space::Shared),
        ("local", Space::Local),
        ("param", Space::Param),
        ("param::entry", Space::Param),
        ("param::func", Space::Param),
    ];
    Ok(name.one_of(&spaces).unwrap_or(Space::Generic))
}

/// `ld`, `ldu` and `st`
pub fn access(frame: &mut Frame, name: &mut Name, operands: &[Operand]) -> Result<()> {
    let kind = name.kind()?;
    let is_store = name.opcode == "st";
    let mut expected = 2;
    if name.has("L2::cache_hint") {
        expected = 3;
    }
    skip(name);
    let count = name.one_of(&[("v2", 2), ("v4", 4), ("v8", 8)]).unwrap_or(1);
    let space = space(name)?;
    let [first, second, ..] = operands else { return Err("it takes two operands".into()) };
    if operands.len() != expected || kind == Type::Pred {
        return Err("its operands are not known".into());
    }
    let (address, values) = if is_store { (first, second) } else { (second, first) };
    let values = match values {
        Operand::Vector(values) => values.as_slice(),
        value => std::slice::from_ref(value),
    };
    if values.len() != count {
        return Err(format!("it takes {count} values").into());
    }
    let address = frame.address(address, space)?;
    if is_store && address.space == Space::Param {
        return Err("a kernel's parameters are not written".into());
    }
    // A vector moves with one function: its registers are as wide as the first that is one.
    let mut of = kind;
    for value in values {
        if let Ok((_, register)) = frame.register(value) {
            of = register;
            break;
        }
    }
    if width(of) < kind.bytes() {
        return Err("the value does not fit its register".into());
    }
    let transfer =
        if is_store { store(kind.bytes(), width(of)) } else { load(kind.bytes(), kind.is_signed(), width(of)) };
    let transfer = transfer.ok_or("there is no such move")?;
    let slots: Result<Vec<_>> = values
        .iter()
        .map(|value| if is_store { frame.source(value, bits(of)) } else { frame.destination(value, of) })
        .collect();
    let is_word = space == Space::Shared && !address.wide && count == 1 && kind.bytes() == 4 && width(of) == 4;
    let word = is_word.then_some(if is_store { Word::Store } else { Word::Load });
    let access = Box::new(Access { address, unit: kind.bytes() as u32, slots: slots?, transfer, word });
    frame.emit(if is_store { Step::Store(access) } else { Step::Load(access) });
    Ok(())
}

/// The type of bits of a width, in which immediates of all types are right.
fn bits(kind: Type) -> Type {
    match kind.bytes() {
        1 => Type::B8,
        2 => Type::B16,
        4 => Type::B32,
        8 => Type::B64,
        _ => Type::B128,
    }
}

fn skip(name: &mut Name) {
    name.ignore(&["L1::", "L2::"]);
    for modifier in ORDERS.iter().chain(&HINTS) {
        name.take(modifier);
    }
}

/// `atom` and `red`
pub fn atom(frame: &mut Frame, name: &mut Name, operands: &[Operand]) -> Result<()> {
    let kind = name.kind()?;
    let gives = name.opcode == "atom";
    let expected = usize::from(gives) + 2 + usize::from(name.has("cas")) + usize::from(name.has("L2::cache_hint"));
    skip(name);
    let names = ["add", "min", "max", "and", "or", "xor", "exch", "cas", "inc", "dec"];
    let operation = name.one_of(&names.map(|name| (name, name))).ok_or("the operation is not known")?;
    if operands.len() != expected {
        return Err(format!("it takes {expected} operands").into());
    }
    if matches!(kind, Type::F16 | Type::F16x2 | Type::Bf16 | Type::Bf16x2) {
        name.take("noftz");
    }
    let space = space(name)?;
    if !matches!(space, Space::Global | Space::Generic | Space::Shared) {
        return Err("there are no atomic operations in this space".into());
    }
    let run = atomic(operation, kind, space != Space::Shared).ok_or("there is no such operation of the type")?;
    let at = usize::from(gives);
    let address = frame.address(&operands[at], space)?;
    let b = frame.source(&operands[at + 1], kind)?;
    let c = if operation == "cas" { frame.source(&operands[at + 2], kind)? } else { b };
    let d = if gives { frame.destination(&operands[0], kind)? } else { frame.slot_of(kind)? };
    let operands = Operands { d, a: b, b, c, e: 0 };
    frame.emit(Step::Atomic(Box::new(Atomic { address, unit: kind.bytes() as u32, operands, run })));
    Ok(())
}

/// `cp.async`: what may be copied until it is waited for is copied at once.
pub fn copy(frame: &mut Frame, name: &mut Name, operands: &[Operand]) -> Result<()> {
    if !name.take("async") {
        return Err("it is not known".into());
    }
    if name.take("commit_group") | name.take("wait_all") | name.take("wait_group") {
        return Ok(());
    }
    let is_known = (name.take("ca") | name.take("cg")) && (name.take("shared") | name.take("shared::cta"));
    if !is_known || !name.take("global") {
        return Err("its form is not known".into());
    }
    let has_policy = name.has("L2::cache_hint");
    name.ignore(&["L2::"]);
    let (to, from, bytes, size) = match operands {
        [to, from, Operand::Integer(bytes)] => (to, from, *bytes, None),
        [to, from, Operand::Integer(bytes), _] if has_policy => (to, from, *bytes, None),
        [to, from, Operand::Integer(bytes), size] => (to, from, *bytes, Some(size)),
        _ => return Err("its operands are not known".into()),
    };
    if !matches!(bytes, 4 | 8 | 16) {
        return Err("it copies 4, 8 or 16 bytes".into());
    }
    if let Some(size) = size
        && frame.register(size).is_ok_and(|(_, kind)| kind == Type::Pred)
    {
        return Err("a predicate that drops the source is not known".into());
    }
    let to = frame.address(to, Space::Shared)?;
    let from = frame.address(from, Space::Global)?;
    let size = size.map(|size| frame.source(size, Type::U32)).transpose()?;
    frame.emit(Step::Copy(Box::new(Copy { to, from, bytes: bytes as u32, size })));
    Ok(())
}

/// `membar` and `fence`
pub fn fence(frame: &mut Frame, name: &mut Name) -> Result<()> {
    for modifier in ["gl", "proxy", "alias", "async", "global", "shared::cta"].iter().chain(&ORDERS) {
        name.take(modifier);
    }
    frame.emit(Step::Fence);
    Ok(())
}

/// `prefetch`, `discard` and their like: hints, of which nothing comes.
pub fn hint(name: &mut Name) -> Result<()> {
    name.ignore(&["L1", "L2"]);
    for modifier in ["global", "local", "u", "uniform", "tensormap"] {
        name.take(modifier);
    }
    Ok(())
}
