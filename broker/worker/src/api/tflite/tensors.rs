//! The tensors that the program holds. Each is a mirror: the program's copy of the vendor's struct, and a region in which
//! both sides have the data. Inputs are carried to the vendor before an invocation, everything is carried back after.
//!
//! - **Invariant**: the vendor computes on its own memory. The program may write to a region at any time, and what the
//!   vendor has checked must not change before it is used.
//! - **Invariant**: which tensor is meant is asked of the vendor anew each time, for it moves them.

#![allow(non_snake_case)]

use std::ffi::{CStr, CString, c_void};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ava_protocol::control::LogLevel;
use ava_protocol::frame::Malformed;
use ava_protocol::tflite::c::{TfLiteAffineQuantization, TfLiteTensor};
use ava_protocol::tflite::custom::{
    Affine, ArchivedAskTensor, ArchivedGetTensor, ArchivedMemory, ArchivedRealloc, Done, GotTensor, Reallocated, Role,
    Shown, Tensor,
};
use ava_protocol::tflite::kind;
use ava_transport::region::Region;
use dashmap::{DashMap, DashSet};
use rkyv::rancor::Failure;

use super::{parcels, state};
use crate::call::{Call, Outcome, Stop};
use crate::generated::tflite::Vendor;

/// Most tensors of a session that the program holds.
const MOST: usize = 64 << 10;
const AFFINE_QUANTIZATION: i32 = 1;
const ERROR: u32 = 1;

#[derive(Default)]
pub struct Mirrors {
    /// Those of an interpreter, and of its signature runners, by its id.
    groups: DashMap<u64, Arc<Mutex<Vec<Mirror>>>>,
    /// The interpreter of a tensor, by the tensor's number.
    owners: DashMap<u64, u64>,
    /// Interpreters that have computed something.
    computed: DashSet<u64>,
    last: AtomicU64,
}

impl Mirrors {
    /// The interpreter is gone, or something else that has no tensors.
    pub fn forget(&self, id: u64) {
        self.computed.remove(&id);
        if self.groups.remove(&id).is_some() {
            self.owners.retain(|_, owner| *owner != id);
        }
    }

    fn group(&self, interpreter: u64) -> Arc<Mutex<Vec<Mirror>>> {
        Arc::clone(&self.groups.entry(interpreter).or_default())
    }
}

/// A tensor that the program holds.
struct Mirror {
    number: u64,
    /// The interpreter or signature runner that it was asked of.
    object: u64,
    role: Role,
    /// Where the vendor has it.
    at: usize,
    /// Whether the program's data goes to the vendor.
    is_input: bool,
    memory: Option<Memory>,
    /// The struct's bytes and its dimensions when the program was last shown it.
    shown: (Vec<u8>, Option<Vec<i32>>),
}

/// Where the program has the data.
struct Memory {
    region: Arc<Region>,
    offset: usize,
    len: usize,
}

pub fn TfLiteInterpreterGetInputTensor(call: &mut Call, body: &[u8]) -> Outcome {
    get(call, body, kind::TfLiteInterpreter, "TfLiteInterpreterGetInputTensor")
}

pub fn TfLiteInterpreterGetOutputTensor(call: &mut Call, body: &[u8]) -> Outcome {
    get(call, body, kind::TfLiteInterpreter, "TfLiteInterpreterGetOutputTensor")
}

pub fn TfLiteInterpreterGetTensor(call: &mut Call, body: &[u8]) -> Outcome {
    get(call, body, kind::TfLiteInterpreter, "TfLiteInterpreterGetTensor")
}

pub fn TfLiteInterpreterGetVariableTensor(call: &mut Call, body: &[u8]) -> Outcome {
    get(call, body, kind::TfLiteInterpreter, "TfLiteInterpreterGetVariableTensor")
}

pub fn TfLiteSignatureRunnerGetInputTensor(call: &mut Call, body: &[u8]) -> Outcome {
    get(call, body, kind::TfLiteSignatureRunner, "TfLiteSignatureRunnerGetInputTensor")
}

pub fn TfLiteSignatureRunnerGetOutputTensor(call: &mut Call, body: &[u8]) -> Outcome {
    get(call, body, kind::TfLiteSignatureRunner, "TfLiteSignatureRunnerGetOutputTensor")
}

fn get(call: &mut Call, body: &[u8], is: u16, function: &'static str) -> Outcome {
    let r = call.read::<ArchivedGetTensor>(body, function)?;
    let role: Role = rkyv::deserialize::<_, Failure>(&r.role).map_err(|_| Malformed::Body(function))?;
    let object = r.object.to_native();
    let pointer = call.handle(object, is)?;
    if pointer.is_null() || is_by_name(&role) != (is == kind::TfLiteSignatureRunner) {
        return Err(Malformed::Body(function).into());
    }
    let vendor = super::vendor(call.session);
    let at = find(vendor, pointer, &role).ok_or(Stop::Missing(function))?;
    if at.is_null() {
        call.session.log(LogLevel::Warn, &format!("{function}: there is no tensor {role:?}"));
        return call.reply(&GotTensor { number: 0, mirrors: Vec::new() });
    }
    let mirrors = &state(call.session).mirrors;
    let interpreter = interpreter_of(call, object);
    let group = mirrors.group(interpreter);
    let mut group = group.lock().map_err(|_| Stop::Closed)?;
    let known = group.iter().position(|mirror| mirror.at == at as usize);
    if known.is_none() {
        if mirrors.owners.len() >= MOST {
            return Err(Malformed::TooMany { what: "tensors", limit: MOST as u64 }.into());
        }
        let number = mirrors.last.fetch_add(1, Ordering::Relaxed) + 1;
        mirrors.owners.insert(number, interpreter);
        let is_input = is_input(call, interpreter, at, &role);
        let (at, shown) = (at as usize, (Vec::new(), None));
        group.push(Mirror { number, object, role, at, is_input, memory: None, shown });
    }
    let place = known.unwrap_or(group.len() - 1);
    // SAFETY: the vendor has just named the tensor.
    let shown = unsafe { group[place].show(interpreter) };
    let (number, mirrors) = (group[place].number, parcels::pack(call, shown.into_iter().collect())?);
    drop(group);
    call.reply(&GotTensor { number, mirrors })
}

/// The program tells where it has a tensor's data.
pub fn memory(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "a tensor's memory";
    let r = call.read::<ArchivedMemory>(body, NAME)?;
    let region = call.session.regions.find(&r.slice)?;
    let (offset, len) = (r.slice.offset.to_native() as usize, r.slice.len.to_native() as usize);
    let number = r.number.to_native();
    let is_result = |owner: &u64| state(call.session).mirrors.computed.contains(owner);
    let computed = state(call.session).mirrors.owners.get(&number).is_some_and(|owner| is_result(&owner));
    let result = with_mirror(call, number, |mirror| {
        let known = mirror.memory.replace(Memory { region, offset, len }).is_some();
        // SAFETY: nothing has been asked of the interpreter since the vendor named the tensor.
        unsafe { mirror.copy_out() };
        // What was computed before the program asked for the tensor it gets now.
        // SAFETY: as above.
        if computed && !known && !mirror.is_input { unsafe { mirror.data_bytes() } } else { 0 }
    })?;
    call.charge_bytes_out(result);
    call.reply(&Done { ret: 0 })
}

pub fn TfLiteTensorRealloc(call: &mut Call, body: &[u8]) -> Outcome {
    const NAME: &str = "TfLiteTensorRealloc";
    let r = call.read::<ArchivedRealloc>(body, NAME)?;
    let vendor = super::vendor(call.session);
    let realloc = vendor.TfLiteTensorRealloc.ok_or(Stop::Missing(NAME))?;
    let (number, bytes) = (r.number.to_native(), r.bytes.to_native() as usize);
    // It returns nothing in 2.9, which does not tell its schema either.
    let returns = vendor.TfLiteSchemaVersion.is_some();
    let owner = state(call.session).mirrors.owners.get(&number).map_or(0, |owner| *owner);
    let (ret, shown) = with_mirror(call, number, |mirror| {
        // SAFETY: a tensor that the vendor named; whatever it cannot be, it leaves as it is.
        let ret = unsafe { realloc(bytes, mirror.at as *mut c_void) };
        // SAFETY: as above.
        (if returns { ret } else { 0 }, unsafe { mirror.show(owner) })
    })?;
    call.reply(&Reallocated { ret, mirrors: parcels::pack(call, shown.into_iter().collect())? })
}

pub fn TfLiteInterpreterEnsureTensorDataIsReadable(call: &mut Call, body: &[u8]) -> Outcome {
    use ava_protocol::tflite::TfLiteInterpreterEnsureTensorDataIsReadable::{ArchivedRequest, Reply};
    const NAME: &str = "TfLiteInterpreterEnsureTensorDataIsReadable";
    let r = call.read::<ArchivedRequest>(body, NAME)?;
    let (object, index) = (r.interpreter.to_native(), r.tensor_index.to_native());
    let interpreter = call.handle(object, kind::TfLiteInterpreter)?;
    let vendor = super::vendor(call.session);
    let ensure = vendor.TfLiteInterpreterEnsureTensorDataIsReadable.ok_or(Stop::Missing(NAME))?;
    // The library goes by the index unchecked.
    let found = (!interpreter.is_null()).then(|| find(vendor, interpreter, &Role::Tensor(index)));
    if found.flatten().is_none_or(|tensor| tensor.is_null()) {
        call.session.log(LogLevel::Warn, &format!("{NAME}: there is no tensor {index}"));
        return Err(Stop::Refused(i64::from(ERROR)));
    }
    // SAFETY: a live interpreter, and the index of one of its tensors.
    let ret = unsafe { ensure(interpreter, index) };
    let mirrors = pull(call, object)?;
    call.reply(&Reply { ret, mirrors })
}

/// Functions of a tensor that take nothing else and answer with a number.
macro_rules! questions {
    ($($name:ident)*) => {$(
        pub fn $name(call: &mut Call, body: &[u8]) -> Outcome {
            let number = call.read::<ArchivedAskTensor>(body, stringify!($name))?.number.to_native();
            let ask = super::vendor(call.session).$name.ok_or(Stop::Missing(stringify!($name)))?;
            // SAFETY: a tensor that the vendor named, where it was last.
            let ret = with_mirror(call, number, |mirror| unsafe { ask(mirror.at as *mut c_void) })?;
            call.reply(&Done { ret })
        }
    )*};
}

questions! {
    TfLiteTensorGetAllocationStrategy
    TfLiteTensorGetBufferAddressStability
    TfLiteTensorGetDataStability
    TfLiteTensorGetDataKnownStep
    TfLiteTensorGetShapeKnownStep
}

fn with_mirror<R>(call: &Call, number: u64, f: impl FnOnce(&mut Mirror) -> R) -> Result<R, Stop> {
    let mirrors = &state(call.session).mirrors;
    let owner = mirrors.owners.get(&number).map(|owner| *owner);
    let Some(owner) = owner else {
        // One that is gone meanwhile, or never was.
        return Err(if number <= mirrors.last.load(Ordering::Relaxed) {
            Stop::Refused(i64::from(ERROR))
        } else {
            Malformed::Handle(number).into()
        });
    };
    let group = mirrors.group(owner);
    let mut group = group.lock().map_err(|_| Stop::Closed)?;
    match group.iter_mut().find(|mirror| mirror.number == number) {
        Some(mirror) => Ok(f(mirror)),
        None => Err(Stop::Refused(i64::from(ERROR))),
    }
}

/// Before a call: what the program has written goes to the vendor.
pub fn push(call: &Call, object: u64) -> Outcome {
    let interpreter = interpreter_of(call, object);
    let mirrors = &state(call.session).mirrors;
    let Some(group) = mirrors.groups.get(&interpreter).map(|group| Arc::clone(&group)) else { return Ok(()) };
    for mirror in group.lock().map_err(|_| Stop::Closed)?.iter().filter(|mirror| mirror.is_input) {
        // SAFETY: tensors are where the last call about the interpreter has left them.
        unsafe { mirror.copy_in() };
    }
    Ok(())
}

/// After a call: what the vendor has changed comes back. Returns what the program is to be shown.
pub fn pull(call: &Call, object: u64) -> Result<Vec<u8>, Stop> {
    let interpreter = interpreter_of(call, object);
    let mirrors = &state(call.session).mirrors;
    let Some(group) = mirrors.groups.get(&interpreter).map(|group| Arc::clone(&group)) else { return Ok(Vec::new()) };
    let vendor = super::vendor(call.session);
    let mut changed = Vec::new();
    group.lock().map_err(|_| Stop::Closed)?.retain_mut(|mirror| {
        let object = call.session.objects.pointer(mirror.object);
        let at = object.and_then(|object| find(vendor, object as *mut c_void, &mirror.role));
        let Some(at) = at.filter(|at| !at.is_null()) else {
            // Its runner is gone, and nobody tells where it is now: the program keeps what it was shown last.
            mirrors.owners.remove(&mirror.number);
            return false;
        };
        mirror.at = at as usize;
        // SAFETY: the vendor has just named the tensor.
        unsafe {
            changed.extend(mirror.show(interpreter));
            mirror.copy_out();
        }
        true
    });
    parcels::pack(call, changed)
}

/// After the vendor has computed: what the program gave for that, and what it gets, is charged.
pub fn carried(call: &Call, object: u64) -> Outcome {
    let interpreter = interpreter_of(call, object);
    let mirrors = &state(call.session).mirrors;
    mirrors.computed.insert(interpreter);
    let Some(group) = mirrors.groups.get(&interpreter).map(|group| Arc::clone(&group)) else { return Ok(()) };
    for mirror in group.lock().map_err(|_| Stop::Closed)?.iter().filter(|mirror| mirror.memory.is_some()) {
        // SAFETY: tensors are where `pull` has just found them.
        let bytes = unsafe { mirror.data_bytes() };
        if mirror.is_input { call.charge_bytes_in(bytes) } else { call.charge_bytes_out(bytes) }
    }
    Ok(())
}

/// The interpreter that an interpreter or one of its signature runners stands for.
fn interpreter_of(call: &Call, object: u64) -> u64 {
    match call.session.objects.find(object, kind::TfLiteSignatureRunner) {
        Ok(_) => call.session.objects.parents(object).first().copied().unwrap_or(object),
        Err(_) => object,
    }
}

fn is_by_name(role: &Role) -> bool {
    matches!(role, Role::InputOfName(_) | Role::OutputOfName(_))
}

/// Whether what the program writes to a tensor is meant for the vendor.
fn is_input(call: &Call, interpreter: u64, at: *mut c_void, role: &Role) -> bool {
    let vendor = super::vendor(call.session);
    // SAFETY: the vendor has just named the tensor.
    let is_variable = unsafe { (*at.cast::<TfLiteTensor>()).is_variable } != 0;
    let is_one_of = || {
        let interpreter = call.session.objects.pointer(interpreter)? as *mut c_void;
        // SAFETY: the interpreter is alive, and asked for inputs that it has.
        let (count, get) = unsafe {
            (vendor.TfLiteInterpreterGetInputTensorCount?(interpreter), vendor.TfLiteInterpreterGetInputTensor?)
        };
        // SAFETY: as above.
        Some((0..count).any(|i| unsafe { get(interpreter, i) } == at))
    };
    is_variable || matches!(role, Role::Input(_) | Role::InputOfName(_)) || is_one_of().unwrap_or(false)
}

/// The vendor's tensor; null if there is none, `None` if the library lacks the function.
fn find(vendor: &Vendor, object: *mut c_void, role: &Role) -> Option<*mut c_void> {
    let none = Some(std::ptr::null_mut());
    let within = |index: i32, count: i32| (0..count).contains(&index);
    let text = |name: &[u8]| CString::new(name).ok();
    // SAFETY: the object is alive and of the role's kind; of those that the vendor does not check, only indexes within its
    // own count are asked for.
    unsafe {
        match role {
            Role::Input(i) if !within(*i, vendor.TfLiteInterpreterGetInputTensorCount?(object)) => none,
            Role::Input(i) => Some(vendor.TfLiteInterpreterGetInputTensor?(object, *i)),
            Role::Output(i) if !within(*i, vendor.TfLiteInterpreterGetOutputTensorCount?(object)) => none,
            Role::Output(i) => Some(vendor.TfLiteInterpreterGetOutputTensor?(object, *i)),
            Role::Variable(i) if !within(*i, vendor.TfLiteInterpreterGetVariableTensorCount?(object)) => none,
            Role::Variable(i) => Some(vendor.TfLiteInterpreterGetVariableTensor?(object, *i)),
            Role::Tensor(i) => Some(vendor.TfLiteInterpreterGetTensor?(object, *i)),
            Role::InputOfName(name) => match text(name) {
                Some(name) => Some(vendor.TfLiteSignatureRunnerGetInputTensor?(object, name.as_ptr())),
                None => none,
            },
            Role::OutputOfName(name) => match text(name) {
                Some(name) => Some(vendor.TfLiteSignatureRunnerGetOutputTensor?(object, name.as_ptr())),
                None => none,
            },
        }
    }
}

impl Mirror {
    /// What the program is to be shown, if it has changed since it was last.
    ///
    /// # Safety
    /// The vendor's tensor is where it was last.
    unsafe fn show(&mut self, interpreter: u64) -> Option<Shown> {
        let at = self.at as *const TfLiteTensor;
        // SAFETY: by the caller's promise; the struct's own bytes.
        let bytes = unsafe { std::slice::from_raw_parts(at.cast::<u8>(), size_of::<TfLiteTensor>()) };
        // SAFETY: as above.
        let dims = unsafe { numbers((*at).dims) };
        if self.shown.0 == bytes && self.shown.1 == dims {
            return None;
        }
        self.shown = (bytes.to_vec(), dims);
        // SAFETY: by the caller's promise.
        Some(Shown { number: self.number, interpreter, tensor: unsafe { describe(&*at) } })
    }

    /// How many bytes of data it has.
    ///
    /// # Safety
    /// As for [`Mirror::show`].
    unsafe fn data_bytes(&self) -> u64 {
        // SAFETY: by the caller's promise.
        unsafe { (*(self.at as *const TfLiteTensor)).bytes as u64 }
    }

    /// # Safety
    /// As for [`Mirror::show`].
    unsafe fn copy_in(&self) {
        // SAFETY: by the caller's promise.
        let tensor = unsafe { &*(self.at as *const TfLiteTensor) };
        if let Some(memory) = self.memory.as_ref().filter(|_| !tensor.data.is_null()) {
            let from = memory.region.as_ptr().wrapping_add(memory.offset);
            // SAFETY: the slice was checked to lie in the region; the vendor's memory has as many bytes as it says.
            unsafe { std::ptr::copy_nonoverlapping(from, tensor.data.cast(), memory.len.min(tensor.bytes)) };
        }
    }

    /// # Safety
    /// As for [`Mirror::show`].
    unsafe fn copy_out(&self) {
        // SAFETY: by the caller's promise.
        let tensor = unsafe { &*(self.at as *const TfLiteTensor) };
        if let Some(memory) = self.memory.as_ref().filter(|_| !tensor.data.is_null()) {
            let to = memory.region.as_ptr().wrapping_add(memory.offset);
            // SAFETY: as for `copy_in`.
            unsafe { std::ptr::copy_nonoverlapping(tensor.data.cast(), to, memory.len.min(tensor.bytes)) };
        }
    }
}

/// What a tensor says.
///
/// # Safety
/// Its pointers lead where the vendor's header says.
unsafe fn describe(tensor: &TfLiteTensor) -> Tensor {
    // SAFETY: by the caller's promise.
    unsafe {
        let affine = tensor.quantization.params.cast::<TfLiteAffineQuantization>();
        let affine = if tensor.quantization.type_ == AFFINE_QUANTIZATION { affine.as_ref() } else { None };
        Tensor {
            ty: tensor.type_,
            dims: numbers(tensor.dims),
            scale: tensor.params.scale,
            zero_point: tensor.params.zero_point,
            allocation_type: tensor.allocation_type,
            bytes: tensor.bytes as u64,
            has_data: !tensor.data.is_null(),
            name: (!tensor.name.is_null()).then(|| CStr::from_ptr(tensor.name.cast()).to_bytes().to_vec()),
            buffer_handle: tensor.buffer_handle,
            data_is_stale: tensor.data_is_stale != 0,
            is_variable: tensor.is_variable != 0,
            quantization_type: tensor.quantization.type_,
            affine: affine.map(|affine| Affine {
                scales: numbers(affine.scale),
                zero_points: numbers(affine.zero_point),
                dimension: affine.quantized_dimension,
            }),
            dims_signature: numbers(tensor.dims_signature),
        }
    }
}

/// A `TfLiteIntArray` or a `TfLiteFloatArray`.
///
/// # Safety
/// It is null or leads to one, of this type of number.
unsafe fn numbers<T: Copy>(array: *mut c_void) -> Option<Vec<T>> {
    if array.is_null() {
        return None;
    }
    // SAFETY: by the caller's promise: a count, and as many numbers behind it.
    unsafe {
        let count = usize::try_from(array.cast::<i32>().read()).unwrap_or(0);
        Some(std::slice::from_raw_parts(array.cast::<i32>().add(1).cast::<T>(), count).to_vec())
    }
}
