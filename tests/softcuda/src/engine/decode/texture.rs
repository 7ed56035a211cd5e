//! Textures and surfaces.

use super::frame::{Frame, width};
use super::refusal::Result;
use crate::engine::ops::Name;
use crate::engine::program::{Asked, Beyond, Coordinates, Query, Sample, Step, SurfaceAccess};
use crate::engine::texture::Shape;
use crate::engine::transfer::{load, store};
use crate::ptx::syntax::{Operand, Type};

/// What coordinates are of, and whether a layer is before them.
const GEOMETRIES: [(&str, (Shape, bool)); 7] = [
    ("1d", (Shape::Line, false)),
    ("2d", (Shape::Plane, false)),
    ("3d", (Shape::Volume, false)),
    ("a1d", (Shape::Line, true)),
    ("a2d", (Shape::Plane, true)),
    ("cube", (Shape::Cube, false)),
    ("acube", (Shape::Cube, true)),
];
const CACHES: [&str; 8] = ["ca", "cg", "cs", "cv", "wb", "wt", "cop", "nc"];

/// `tex` and `tld4`
pub fn sample(frame: &mut Frame, name: &mut Name, operands: &[Operand]) -> Result<()> {
    let (of, kind) = (name.kind()?, name.kind()?);
    let gathers = match name.opcode {
        "tld4" => Some(name.one_of(&[("r", 0), ("g", 1), ("b", 2), ("a", 3)]).ok_or("the component is not known")?),
        _ => None,
    };
    let has_level = name.take("level");
    name.take("base");
    let (shape, layered) = name.one_of(&GEOMETRIES).ok_or("its geometry is not known")?;
    let is_whole = match of {
        Type::S32 if gathers.is_none() && shape != Shape::Cube => true,
        Type::F32 => false,
        _ => return Err("its coordinates are not known".into()),
    };
    if !matches!(kind, Type::F32 | Type::S32 | Type::U32) || !name.take("v4") {
        return Err("it gives four values of 32 bits".into());
    }
    if gathers.is_some() && shape != Shape::Plane {
        return Err("it gathers in two dimensions".into());
    }
    let (d, place, level) = match operands {
        [Operand::Vector(d), place] if !has_level => (d, place, None),
        [Operand::Vector(d), place, level] if has_level => (d, place, Some(frame.source(level, of)?)),
        _ => return Err("its operands are not known".into()),
    };
    let [x, y, z, w] = d.as_slice() else { return Err("it gives four values".into()) };
    let mut destination = |operand| frame.destination(operand, kind);
    let d = [destination(x)?, destination(y)?, destination(z)?, destination(w)?];
    let (object, at) = coordinates(frame, place, shape, layered, of)?;
    frame.emit(Step::Sample(Box::new(Sample { object, at: Coordinates { is_whole, ..at }, level, gathers, d })));
    Ok(())
}

/// `suld` and `sust`
pub fn surface(frame: &mut Frame, name: &mut Name, operands: &[Operand]) -> Result<()> {
    let is_store = name.opcode == "sust";
    let beyond = [("trap", Beyond::Trap), ("clamp", Beyond::Clamp), ("zero", Beyond::Zero)];
    let beyond = name.one_of(&beyond).ok_or("what is beyond the edge is not known")?;
    let kind = name.kind()?;
    if !name.take("b") || !matches!(kind, Type::B8 | Type::B16 | Type::B32 | Type::B64) {
        return Err("its form is not known".into());
    }
    for cache in CACHES {
        name.take(cache);
    }
    let count = name.one_of(&[("v2", 2), ("v4", 4)]).unwrap_or(1);
    let (shape, layered) = name.one_of(&GEOMETRIES).ok_or("its geometry is not known")?;
    let [first, second] = operands else { return Err("it takes two operands".into()) };
    let (place, values) = if is_store { (first, second) } else { (second, first) };
    let values = match values {
        Operand::Vector(values) => values.as_slice(),
        value => std::slice::from_ref(value),
    };
    if values.len() != count || count * kind.bytes() > 16 || shape == Shape::Cube {
        return Err("its operands are not known".into());
    }
    // Bytes lie in registers of 16 bits.
    let of = if kind == Type::B8 { Type::B16 } else { kind };
    let transfer = if is_store { store(kind.bytes(), width(of)) } else { load(kind.bytes(), false, width(of)) };
    let transfer = transfer.ok_or("there is no such move")?;
    let slots: Result<Vec<_>> = values
        .iter()
        .map(|value| if is_store { frame.source(value, of) } else { frame.destination(value, of) })
        .collect();
    let (object, at) = coordinates(frame, place, shape, layered, Type::S32)?;
    let (unit, width, slots) = (kind.bytes() as u32, width(of), slots?);
    frame.emit(Step::Surface(Box::new(SurfaceAccess { object, at, beyond, unit, width, slots, transfer, is_store })));
    Ok(())
}

/// `txq` and `suq`
pub fn query(frame: &mut Frame, name: &mut Name, operands: &[Operand]) -> Result<()> {
    let kind = name.kind()?;
    let known =
        [("width", Asked::Width), ("height", Asked::Height), ("depth", Asked::Depth), ("array_size", Asked::Layers)];
    let asked = name.one_of(&known).ok_or("what it asks is not known")?;
    let [d, Operand::Address { base, offset: 0 }] = operands else { return Err("it takes two operands".into()) };
    let object = frame.source(&Operand::Name(base.clone()), Type::U64)?;
    let d = frame.destination(d, kind)?;
    if kind.bytes() != 4 {
        return Err("it gives 32 bits".into());
    }
    frame.emit(Step::Query(Box::new(Query { object, d, asked, is_surface: name.opcode == "suq" })));
    Ok(())
}

/// The object of `[object, {layer, x, y}]`, and where it is accessed. What fills a vector of four is not looked at.
fn coordinates(
    frame: &mut Frame,
    operand: &Operand,
    shape: Shape,
    layered: bool,
    of: Type,
) -> Result<(u32, Coordinates)> {
    let Operand::Texel { object, at } = operand else { return Err("an object with coordinates is expected".into()) };
    let (layer, rest) = match at.split_first() {
        Some((layer, rest)) if layered => (Some(frame.source(layer, Type::U32)?), rest),
        _ => (None, at.as_slice()),
    };
    let taken = rest.get(..shape.dimensions()).ok_or("coordinates are missing")?;
    let slots: Result<Vec<_>> = taken.iter().map(|place| frame.source(place, of)).collect();
    let object = frame.source(&Operand::Name(object.clone()), Type::U64)?;
    Ok((object, Coordinates { shape, slots: slots?, layer, is_whole: of == Type::S32 }))
}
