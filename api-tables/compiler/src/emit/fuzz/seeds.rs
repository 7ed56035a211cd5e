//! A well-formed request of each function, byte for byte as the plan lays it out.

use std::collections::{BTreeMap, BTreeSet};

use crate::emit::names;
use crate::layout;
use crate::model::{
    Api, Buffer, Direction, Element, Expr, FieldShape, Function, Len, Op, Param, Payload, Ret, Shape, TypeKind,
};
use crate::plan::{CallPlan, Carries, Field, FieldType, Plan};

/// A request.
pub struct Seed<'a> {
    pub function: &'a str,
    pub opcode: u32,
    /// Both sides are by hand, and may have a request of their own.
    pub by_hand: bool,
    pub body: Vec<u8>,
}

/// The lowest id of an object that the worker numbers.
const FOUND: u64 = 1 << 60;
/// Elements of an array, and bytes of one.
const FEW: u64 = 2;
const BYTES: u64 = 16;

/// Requests of all functions that cross: first those that make objects that others need, last those that release objects.
pub fn all<'a>(plan: &Plan<'a>) -> Vec<Seed<'a>> {
    let mut ids = Ids::of(plan);
    let mut left: Vec<&CallPlan<'a>> = plan.calls.iter().filter(|call| call.crosses).collect();
    let mut seeds = Vec::new();
    loop {
        let ready = |call: &&CallPlan<'_>| {
            let releases = call.function.facts.release.is_some();
            !releases && needs(call.function).iter().all(|kind| ids.made.contains(*kind))
        };
        let Some(at) = left.iter().position(ready) else { break };
        let call = left.remove(at);
        seeds.push(seed(plan, call, &mut ids));
    }
    seeds.extend(left.into_iter().map(|call| seed(plan, call, &mut ids)));
    seeds
}

/// The ids of objects.
struct Ids<'a> {
    /// By handle type, the first of it.
    first: BTreeMap<&'a str, u64>,
    /// The types of which there is one already.
    made: BTreeSet<&'a str>,
    /// How many were found.
    found: u64,
    last: u64,
}

impl<'a> Ids<'a> {
    fn of(plan: &Plan<'a>) -> Self {
        let mut first: BTreeMap<_, _> = (1..).zip(&plan.kinds).map(|(id, kind)| (kind.name, id)).collect();
        // Objects that functions find have the worker's numbers, in the order in which they are found.
        let found = plan.calls.iter().flat_map(|call| finds(call.function));
        let mut found: Vec<_> =
            found.filter(|kind| !plan.calls.iter().any(|call| makes(call.function) == Some(*kind))).collect();
        found.dedup();
        for (place, kind) in (1..).zip(found) {
            first.entry(kind).and_modify(|id| {
                if *id < FOUND {
                    *id = FOUND + place;
                }
            });
        }
        Self { first, made: BTreeSet::new(), found: 0, last: 1000 }
    }

    fn of_kind(&self, kind: &str) -> u64 {
        self.first.get(kind).copied().unwrap_or_default()
    }

    /// One of the type; null if there is none yet.
    fn known(&self, kind: &str) -> u64 {
        if self.made.contains(kind) { self.of_kind(kind) } else { 0 }
    }

    /// The id of an object that a call makes.
    fn new_one(&mut self, kind: &'a str) -> u64 {
        if self.made.insert(kind) {
            return self.of_kind(kind);
        }
        self.last += 1;
        self.last
    }
}

/// The type of the object that a function makes, if it makes one.
fn makes(function: &Function) -> Option<&str> {
    let of_param =
        |p: &Param| matches!(&p.shape, Shape::Buffer(Buffer { element: Element::New(_), len: Len::One, .. }));
    match &function.ret {
        Ret::New { ty } => Some(ty),
        _ => function.params.iter().find(|p| of_param(p)).and_then(|p| match &p.shape {
            Shape::Buffer(Buffer { element: Element::New(ty), .. }) => Some(ty.as_str()),
            _ => None,
        }),
    }
}

/// The types of objects that a function finds or makes in arrays.
fn finds(function: &Function) -> impl Iterator<Item = &str> {
    function.params.iter().filter_map(|p| match &p.shape {
        Shape::Buffer(Buffer { element: Element::Handle(ty), direction: Direction::Out, .. }) => Some(ty.as_str()),
        _ => None,
    })
}

/// The types of objects without which a call makes no sense.
fn needs(function: &Function) -> Vec<&str> {
    let of = |p: &'_ Param| matches!(p.shape, Shape::Handle { null: false, .. });
    let handles = function.params.iter().filter(|p| of(p)).filter_map(|p| match &p.shape {
        Shape::Handle { ty, .. } => Some(ty.as_str()),
        _ => None,
    });
    handles.collect()
}

fn seed<'a>(plan: &Plan<'a>, call: &CallPlan<'a>, ids: &mut Ids<'a>) -> Seed<'a> {
    let function = call.function;
    let facts = &function.facts;
    // What is made by hand, nobody makes here, nor what needs it.
    let before = ids.made.clone();
    let by_hand = facts.custom.shim && facts.custom.worker || facts.beside.is_some();
    let by_hand = by_hand || needs(function).iter().any(|kind| !before.contains(*kind));
    let mut writer =
        Writer { api: plan.api, function, blobs: Vec::new(), record: vec![0; call.request.size], ends: Vec::new() };
    for field in &call.request.fields {
        writer.field(field, ids);
    }
    if !by_hand {
        // Others may be found between, and then the number is not the one that was foreseen.
        for kind in finds(function) {
            ids.found += 1;
            if ids.of_kind(kind) == FOUND + ids.found {
                ids.made.insert(kind);
            }
        }
    } else {
        ids.made = before;
    }
    Seed { function: &function.name, opcode: call.opcode, by_hand, body: writer.body(call.request.align) }
}

/// Writes a request: out-of-line data comes first, the record last.
struct Writer<'a, 'b> {
    api: &'b Api,
    function: &'a Function,
    blobs: Vec<u8>,
    record: Vec<u8>,
    /// The places in the record of distances, and the blobs' places that they lead to.
    ends: Vec<(usize, usize)>,
}

impl<'a> Writer<'a, '_> {
    fn body(mut self, align: usize) -> Vec<u8> {
        let start = self.blobs.len().next_multiple_of(align.max(8));
        for (place, blob) in std::mem::take(&mut self.ends) {
            let distance = blob as i64 - (start + place) as i64;
            self.put(place, &(distance as i32).to_le_bytes());
        }
        self.blobs.resize(start, 0);
        self.blobs.extend(self.record);
        self.blobs
    }

    fn put(&mut self, at: usize, bytes: &[u8]) {
        self.record[at..at + bytes.len()].copy_from_slice(bytes);
    }

    /// Out-of-line data, with its length behind its distance.
    fn elsewhere(&mut self, at: usize, bytes: &[u8], count: usize) {
        self.blobs.resize(self.blobs.len().next_multiple_of(8), 0);
        self.ends.push((at, self.blobs.len()));
        self.blobs.extend_from_slice(bytes);
        self.put(at + 4, &(count as u32).to_le_bytes());
    }

    fn field(&mut self, field: &Field<'_>, ids: &mut Ids<'a>) {
        let at = field.offset;
        let param = match field.carries {
            Carries::Argument(param) => self.function.param(&param.name),
            Carries::AddressOf(_) => return self.put(at, &0x1000_u64.to_le_bytes()),
            Carries::NewObject => {
                let id = makes(self.function).map_or(0, |kind| ids.new_one(kind));
                return self.put(at, &id.to_le_bytes());
            }
            // Each call maps something of its own; what is unmapped is no mapping.
            Carries::Mapping | Carries::PendingMapping if self.function.facts.maps.is_some() => {
                let number = self.api.opcode(&self.function.name).map_or(0, |opcode| opcode as u64 + 1);
                return self.put(at, &number.to_le_bytes());
            }
            Carries::Mapping | Carries::PendingMapping => return,
            // Nothing is included, and null is all zeroes.
            Carries::Files | Carries::Unseen => return,
            Carries::Returned | Carries::Made | Carries::Mirrors | Carries::Mapped | Carries::Called => None,
        };
        let Some(param) = param else { return };
        match field.ty {
            FieldType::Scalar(scalar) => {
                let value = self.value(&param.name).to_le_bytes();
                self.put(at, &value[..scalar.size()]);
            }
            FieldType::Id => {
                let id = match &param.shape {
                    Shape::Handle { ty, null: true } => ids.known(ty),
                    Shape::Handle { ty, .. } => ids.of_kind(ty),
                    Shape::Buffer(Buffer { element: Element::New(ty), .. }) => ids.new_one(ty),
                    // The first struct that the worker has shown.
                    Shape::Mirror { .. } => 1,
                    // No callback: the fuzzer has no program to call.
                    _ => 0,
                };
                self.put(at, &id.to_le_bytes());
            }
            FieldType::Data => self.data(at, param, ids),
            FieldType::Texts => self.texts(at, param),
            FieldType::Place => self.place(at, param),
            FieldType::Flag
            | FieldType::Address
            | FieldType::Stored
            | FieldType::Brought
            | FieldType::Returned
            | FieldType::Bytes
            | FieldType::Mapped => {}
        }
    }

    fn data(&mut self, at: usize, param: &Param, ids: &Ids<'_>) {
        let bytes = match &param.shape {
            Shape::Text { .. } => Some(b"name".to_vec()),
            Shape::Struct { ty } => Some(vec![0; layout::size(self.api, ty)]),
            Shape::Buffer(b) => self.content(param, b, ids),
            _ => None,
        };
        let Some(bytes) = bytes else { return };
        // As they are, or translated.
        let translated = matches!(&param.shape, Shape::Buffer(Buffer { element, .. }) if !matches!(element,
            Element::Bytes | Element::Scalar { .. } | Element::Tagged(_)));
        self.put(at, &[if translated { 4 } else { 3 }]);
        self.elsewhere(at + 4, &bytes, bytes.len());
    }

    /// The bytes of an input; none for null, which is what does not count, and rows.
    fn content(&self, param: &Param, b: &Buffer, ids: &Ids<'_>) -> Option<Vec<u8>> {
        let when = self.function.facts.when.iter().find(|(p, _)| *p == param.name);
        if when.is_some_and(|(_, e)| self.eval(e) == 0) {
            return None;
        }
        let n = match &b.len {
            Len::One => 1,
            Len::Count(e) => self.eval(e),
            Len::Layout { .. } => return None,
            Len::Found { .. } => return Some(b"binary\0".to_vec()),
            Len::Ended => 0,
        } as usize;
        let size = names::element_size(self.api, &b.element);
        Some(match &b.element {
            Element::Handle(ty) => ids.known(ty).to_le_bytes().repeat(n),
            Element::Property(ty) => match &self.api.types.get(ty)?.kind {
                TypeKind::List { end, .. } => end.to_le_bytes()[..size].to_vec(),
                _ => return None,
            },
            Element::Struct(ty) => self.structs(ty, n),
            Element::Scalar { .. } if matches!(b.len, Len::One) => {
                self.value(&param.name).to_le_bytes()[..size].to_vec()
            }
            // Lengths of texts that are as long.
            Element::Scalar { .. } if self.is_lengths(&param.name) => TEXT.len().to_le_bytes().repeat(n),
            _ => vec![0; n * size],
        })
    }

    /// Structs in their flat form: each leads to a few elements behind them, if it leads to any.
    fn structs(&self, ty: &str, n: usize) -> Vec<u8> {
        let mut one = vec![0; layout::size(self.api, ty)];
        let mut behind = Vec::new();
        let Some(TypeKind::Struct { fields, says, .. }) = self.api.types.get(ty).map(|t| &t.kind) else { return one };
        let offsets = layout::offsets(self.api, fields);
        let place = |name: &str| fields.iter().zip(&offsets).find(|(f, _)| f.name == name).map(|(_, at)| *at);
        if let Some(says) = says
            && let Some((at, size)) = layout::number(self.api, fields, &says.field)
        {
            one[at..at + size].copy_from_slice(&says.value.to_le_bytes()[..size]);
        }
        for (field, at) in fields.iter().zip(&offsets) {
            let FieldShape::Memory(memory) = &field.shape else { continue };
            let Some(len_at) = place(&memory.len) else { continue };
            if matches!(memory.element, Element::Struct(_)) {
                continue;
            }
            one[*at] = 1;
            one[len_at] = FEW as u8;
            behind.extend(vec![7; FEW as usize * names::element_size(self.api, &memory.element)]);
        }
        [one.repeat(n), behind.repeat(n)].concat()
    }

    fn texts(&mut self, at: usize, param: &Param) {
        let Shape::Texts { count, .. } = &param.shape else { return };
        let n = self.eval(count) as usize;
        self.blobs.resize(self.blobs.len().next_multiple_of(8), 0);
        // The texts, each of its own, then the items that lead to them: 1, a distance, a length.
        let texts = self.blobs.len();
        self.blobs.extend(TEXT.repeat(n));
        let items = self.blobs.len().next_multiple_of(8);
        let mut bytes = Vec::new();
        for i in 0..n {
            let distance = (texts + i * TEXT.len()) as i64 - (items + i * 12 + 4) as i64;
            bytes.extend([1, 0, 0, 0]);
            bytes.extend((distance as i32).to_le_bytes());
            bytes.extend((TEXT.len() as u32).to_le_bytes());
        }
        self.elsewhere(at + 4, &bytes, n);
    }

    fn place(&mut self, at: usize, param: &Param) {
        let Shape::Buffer(b) = &param.shape else { return };
        match (&b.element, &b.len) {
            (_, Len::Layout { .. }) => {}
            (Element::Scalar { .. }, Len::One) => self.put(at, &[2]),
            _ => self.put(at, &[1]),
        }
    }

    fn is_lengths(&self, name: &str) -> bool {
        let mentions = |p: &Param| matches!(&p.shape, Shape::Texts { lengths: Some(lengths), .. } if lengths == name);
        self.function.params.iter().any(mentions)
    }

    /// The value of a number: what makes the rest of the request fit it.
    fn value(&self, name: &str) -> u64 {
        let f = self.function;
        let mut sizes = f.params.iter().filter_map(|p| match &p.shape {
            Shape::Texts { count, .. } if mentions(count, name) => Some(FEW),
            Shape::Buffer(Buffer { len: Len::Count(e), element, .. }) if mentions(e, name) => {
                Some(if names::element_size(self.api, element) == 1 { BYTES } else { FEW })
            }
            _ => None,
        });
        if let Some(size) = sizes.next() {
            return size;
        }
        if let Some(key) = self.key(name) {
            return key;
        }
        // A call that waits for its command needs no pending transfer.
        let waits = f.facts.oneway.as_ref().and_then(|o| o.unless.as_ref()).is_some_and(|e| mentions(e, name));
        u64::from(waits)
    }

    /// A key whose value is plain, of a parameter that is the key of another.
    fn key(&self, name: &str) -> Option<u64> {
        self.function.params.iter().find_map(|p| {
            let Shape::Buffer(Buffer { element: Element::Tagged(ty), .. }) = &p.shape else { return None };
            let TypeKind::Tagged { tag, variants, .. } = &self.api.types.get(ty)?.kind else { return None };
            let plain = variants.iter().find(|v| matches!(v.payload, Payload::Plain(_)))?;
            (tag == name).then(|| self.api.constants[&plain.key].value as u64)
        })
    }

    fn eval(&self, e: &Expr) -> u64 {
        match e {
            Expr::Int(value) | Expr::Const(_, value) => *value as u64,
            Expr::Param(name) => self.value(name),
            Expr::Call(name, args) => {
                let args = args.iter().map(|a| self.eval(a));
                if name == "min" { args.min() } else { args.max() }.unwrap_or_default()
            }
            Expr::Ask(..) => 0,
            Expr::Binary(op, a, b) => {
                let (a, b) = (self.eval(a), self.eval(b));
                match op {
                    Op::Add => a.wrapping_add(b),
                    Op::Sub => a.wrapping_sub(b),
                    Op::Mul => a.wrapping_mul(b),
                    Op::Div => a.checked_div(b).unwrap_or_default(),
                    Op::Shl => a.checked_shl(b as u32).unwrap_or_default(),
                    Op::BitAnd => a & b,
                    Op::BitOr => a | b,
                    Op::Eq => u64::from(a == b),
                    Op::Ne => u64::from(a != b),
                    Op::Lt => u64::from(a < b),
                    Op::Le => u64::from(a <= b),
                    Op::Gt => u64::from(a > b),
                    Op::Ge => u64::from(a >= b),
                    Op::And => u64::from(a != 0 && b != 0),
                    Op::Or => u64::from(a != 0 || b != 0),
                }
            }
        }
    }
}

/// Each text of an array.
const TEXT: &[u8] = b"text";

/// Whether an expression names a parameter.
fn mentions(e: &Expr, name: &str) -> bool {
    match e {
        Expr::Param(p) => p == name,
        Expr::Binary(_, a, b) => mentions(a, name) || mentions(b, name),
        Expr::Call(_, args) => args.iter().any(|a| mentions(a, name)),
        Expr::Int(_) | Expr::Const(..) | Expr::Ask(..) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::TABLES;

    #[test]
    fn every_function_that_crosses_has_a_request_and_whatever_it_needs_comes_before() {
        for name in TABLES {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../{name}.rs"));
            let api = crate::read(&path).expect("the table is right");
            let plan = Plan::of(&api);
            let seeds = all(&plan);
            let mut made = BTreeSet::new();
            for seed in &seeds {
                let function = api.function(seed.function).expect("a function of the table");
                for kind in needs(function) {
                    assert!(made.contains(kind), "{}: no {kind} before", seed.function);
                }
                made.extend(makes(function));
                made.extend(finds(function));
            }
            let crossing: BTreeSet<_> = plan.calls.iter().filter(|c| c.crosses).map(|c| c.opcode).collect();
            assert_eq!(seeds.iter().map(|seed| seed.opcode).collect::<BTreeSet<_>>(), crossing, "{name}");
        }
    }
}
