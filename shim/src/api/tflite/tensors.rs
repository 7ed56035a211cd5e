//! The tensors that the program holds: real structs, the same each time, whose data lies in regions that both sides see.
//! After each call that may have changed them the worker says which have, and they are changed in place.

#![allow(non_snake_case)]

use std::collections::HashMap;
use std::ffi::{CStr, CString, c_char, c_void};
use std::sync::{Mutex, MutexGuard};

use ava_protocol::tflite::c::{TfLiteAffineQuantization, TfLiteQuantization, TfLiteQuantizationParams, TfLiteTensor};
use ava_protocol::tflite::custom::{
    Affine, ArchivedDone, ArchivedGotTensor, ArchivedPiece, ArchivedReallocated, AskPiece, GetTensor, Memory, Mirrors,
    Realloc, Role, Shown, Tensor, own,
};
use ava_protocol::tflite::{kind, opcode};
use ava_protocol::wire::Slice;
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;

use super::{ERROR, state};
use crate::base::fault::Fault;
use crate::book::regions::Lease;
use crate::call::Call;
use crate::session::Session;

/// All tensors of a session that the program holds, by the worker's numbers.
#[derive(Default)]
pub struct Tensors(Mutex<HashMap<u64, Box<Held>>>);

/// A tensor that the program holds. What its struct leads to is here too.
struct Held {
    tensor: TfLiteTensor,
    interpreter: u64,
    name: Option<CString>,
    /// Each with its count in front, as in C.
    dims: Option<Vec<i32>>,
    dims_signature: Option<Vec<i32>>,
    scales: Option<Vec<i32>>,
    zero_points: Option<Vec<i32>>,
    affine: TfLiteAffineQuantization,
    lease: Option<Lease>,
}

// SAFETY: the addresses lead to what is owned here, or are the program's matter.
unsafe impl Send for Held {}

impl Tensors {
    fn lock(&self) -> Result<MutexGuard<'_, HashMap<u64, Box<Held>>>, Fault> {
        self.0.lock().map_err(|_| Fault::Panicked)
    }

    /// An interpreter is gone, and its tensors with it.
    pub fn forget(&self, interpreter: u64) -> Vec<Lease> {
        let Ok(mut held) = self.0.lock() else { return Vec::new() };
        let gone: Vec<u64> =
            held.iter().filter(|(_, one)| one.interpreter == interpreter).map(|(number, _)| *number).collect();
        gone.into_iter().filter_map(|number| held.remove(&number)?.lease).collect()
    }

    /// The worker's number for a tensor of the program's.
    pub fn number(&self, tensor: *const c_void) -> Option<u64> {
        let held = self.0.lock().ok()?;
        held.iter().find(|(_, one)| (&raw const one.tensor).cast() == tensor).map(|(number, _)| *number)
    }
}

/// Changes the program's tensors to what the worker says.
pub fn pulled(session: &'static Session, mirrors: &[u8]) -> Result<(), Fault> {
    if mirrors.is_empty() {
        return Ok(());
    }
    let mut aligned = AlignedVec::<16>::new();
    aligned.extend_from_slice(mirrors);
    let shown = match rkyv::from_bytes::<Mirrors, Failure>(&aligned).map_err(|_| session.lose())? {
        Mirrors::Here(shown) => shown,
        Mirrors::Parcel { number, len } => fetch(session, number, len)?,
    };
    for Shown { number, interpreter, tensor } in shown {
        let wanted = {
            let mut all = state(session).tensors.lock()?;
            let held = all.entry(number).or_insert_with(|| {
                session.handles.mark_remembered(interpreter);
                Box::new(Held::new(interpreter))
            });
            held.change(&tensor);
            held.place_data(&tensor)
        };
        if wanted {
            give_memory(session, number, tensor.bytes)?;
        }
    }
    Ok(())
}

/// What did not fit in a reply.
fn fetch(session: &'static Session, parcel: u64, len: u64) -> Result<Vec<Shown>, Fault> {
    let mut all = AlignedVec::<16>::new();
    while (all.len() as u64) < len {
        let ask = AskPiece { parcel, offset: all.len() as u64 };
        let piece =
            Call::begin(session, own::PIECE).transact(&ask, |reply: &ArchivedPiece, _| (true, reply.bytes.to_vec()))?;
        if piece.is_empty() {
            return Err(session.lose());
        }
        all.extend_from_slice(&piece);
    }
    rkyv::from_bytes::<Vec<Shown>, Failure>(&all).map_err(|_| session.lose())
}

/// Gives a tensor memory for its data, which the worker copies there.
fn give_memory(session: &'static Session, number: u64, bytes: u64) -> Result<(), Fault> {
    let Ok(mut lease) = session.regions.acquire(bytes) else {
        tracing::warn!(bytes, "no memory for the data of a tensor");
        return Ok(());
    };
    let mut call = Call::begin(session, own::MEMORY);
    call.announce(&mut lease);
    // All of it, so that there is room for more data later.
    let slice = Slice { region: lease.id, offset: 0, len: lease.region.len(), pending: 0 };
    let told = call.transact(&Memory { number, slice }, |_: &ArchivedDone, _| (true, ()));
    let old = match (&told, state(session).tensors.lock()?.get_mut(&number)) {
        (Ok(()), Some(held)) => {
            held.tensor.data = lease.region.as_ptr().cast();
            held.lease.replace(lease)
        }
        _ => Some(lease),
    };
    session.release(old.into_iter().collect());
    told
}

impl Held {
    fn new(interpreter: u64) -> Self {
        let nothing = std::ptr::null_mut();
        let tensor = TfLiteTensor {
            type_: 0,
            data: nothing,
            dims: nothing,
            params: TfLiteQuantizationParams { scale: 0.0, zero_point: 0 },
            allocation_type: 0,
            bytes: 0,
            allocation: nothing,
            name: nothing,
            delegate: nothing,
            buffer_handle: 0,
            data_is_stale: 0,
            is_variable: 0,
            quantization: TfLiteQuantization { type_: 0, params: nothing },
            sparsity: nothing,
            dims_signature: nothing,
        };
        let affine = TfLiteAffineQuantization { scale: nothing, zero_point: nothing, quantized_dimension: 0 };
        Self {
            tensor,
            interpreter,
            name: None,
            dims: None,
            dims_signature: None,
            scales: None,
            zero_points: None,
            affine,
            lease: None,
        }
    }

    /// All but the data.
    fn change(&mut self, to: &Tensor) {
        let lay_out = |slot: &mut Option<Vec<i32>>, numbers: Option<Vec<i32>>| {
            *slot = numbers.map(|numbers| [&[numbers.len() as i32][..], &numbers].concat());
            slot.as_mut().map_or(std::ptr::null_mut(), |numbers| numbers.as_mut_ptr().cast::<c_void>())
        };
        if self.name.is_none() {
            self.name = to.name.as_ref().and_then(|name| CString::new(name.as_slice()).ok());
        }
        let affine = to.affine.as_ref().map(|Affine { scales, zero_points, dimension }| {
            let bits = scales.as_ref().map(|scales| scales.iter().map(|scale| scale.to_bits() as i32).collect());
            self.affine.scale = lay_out(&mut self.scales, bits);
            self.affine.zero_point = lay_out(&mut self.zero_points, zero_points.clone());
            self.affine.quantized_dimension = *dimension;
            (&raw mut self.affine).cast::<c_void>()
        });
        let tensor = &mut self.tensor;
        tensor.type_ = to.ty;
        tensor.dims = lay_out(&mut self.dims, to.dims.clone());
        tensor.params = TfLiteQuantizationParams { scale: to.scale, zero_point: to.zero_point };
        tensor.allocation_type = to.allocation_type;
        tensor.bytes = to.bytes as usize;
        tensor.name = self.name.as_ref().map_or(std::ptr::null_mut(), |name| name.as_ptr().cast_mut().cast());
        tensor.buffer_handle = to.buffer_handle;
        tensor.data_is_stale = u8::from(to.data_is_stale);
        tensor.is_variable = u8::from(to.is_variable);
        tensor.quantization.type_ = to.quantization_type;
        tensor.quantization.params = affine.unwrap_or(std::ptr::null_mut());
        tensor.dims_signature = lay_out(&mut self.dims_signature, to.dims_signature.clone());
    }

    /// Puts the data where there is room for it. Whether there is none.
    fn place_data(&mut self, to: &Tensor) -> bool {
        let place = self.lease.as_ref().filter(|lease| lease.region.len() >= to.bytes);
        self.tensor.data = match place {
            Some(lease) if to.has_data => lease.region.as_ptr().cast(),
            _ => std::ptr::null_mut(),
        };
        to.has_data && place.is_none()
    }
}

/// A tensor by its role; null if there is none.
fn get(object: *mut c_void, is: u16, opcode: u32, role: Role) -> Result<*mut c_void, Fault> {
    let session = super::session()?;
    let mut call = Call::begin(session, opcode);
    let object = call.live_handle(object, is)?;
    let request = GetTensor { object, role };
    let (number, mirrors) = call.transact(&request, |reply: &ArchivedGotTensor, _| {
        (true, (reply.number.to_native(), reply.mirrors.to_vec()))
    })?;
    pulled(session, &mirrors)?;
    let held = state(session).tensors.lock()?;
    Ok(held.get(&number).map_or(std::ptr::null_mut(), |one| (&raw const one.tensor).cast_mut().cast()))
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteInterpreterGetInputTensor(interpreter: *mut c_void, index: i32) -> Result<*mut c_void, Fault> {
    get(interpreter, kind::TfLiteInterpreter, opcode::TfLiteInterpreterGetInputTensor, Role::Input(index))
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteInterpreterGetOutputTensor(interpreter: *mut c_void, index: i32) -> Result<*mut c_void, Fault> {
    get(interpreter, kind::TfLiteInterpreter, opcode::TfLiteInterpreterGetOutputTensor, Role::Output(index))
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteInterpreterGetTensor(interpreter: *mut c_void, index: i32) -> Result<*mut c_void, Fault> {
    get(interpreter, kind::TfLiteInterpreter, opcode::TfLiteInterpreterGetTensor, Role::Tensor(index))
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteInterpreterGetVariableTensor(interpreter: *mut c_void, index: i32) -> Result<*mut c_void, Fault> {
    get(interpreter, kind::TfLiteInterpreter, opcode::TfLiteInterpreterGetVariableTensor, Role::Variable(index))
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteSignatureRunnerGetInputTensor(
    runner: *mut c_void,
    name: *const c_char,
) -> Result<*mut c_void, Fault> {
    // SAFETY: the program passes a name.
    let name = unsafe { named(name)? };
    let opcode = opcode::TfLiteSignatureRunnerGetInputTensor;
    get(runner, kind::TfLiteSignatureRunner, opcode, Role::InputOfName(name))
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteSignatureRunnerGetOutputTensor(
    runner: *mut c_void,
    name: *const c_char,
) -> Result<*mut c_void, Fault> {
    // SAFETY: the program passes a name.
    let name = unsafe { named(name)? };
    let opcode = opcode::TfLiteSignatureRunnerGetOutputTensor;
    get(runner, kind::TfLiteSignatureRunner, opcode, Role::OutputOfName(name))
}

/// # Safety
/// `name` is null or NUL-terminated.
unsafe fn named(name: *const c_char) -> Result<Vec<u8>, Fault> {
    if name.is_null() {
        return Err(Fault::Status(i64::from(ERROR)));
    }
    // SAFETY: by the caller's promise.
    Ok(unsafe { CStr::from_ptr(name) }.to_bytes().to_vec())
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteTensorRealloc(bytes: usize, tensor: *mut c_void) -> Result<u32, Fault> {
    let session = super::session()?;
    let number = state(session).tensors.number(tensor).ok_or(Fault::Status(i64::from(ERROR)))?;
    // What was there stays there, as far as there is room for it.
    // SAFETY: it is one of the tensors here.
    let before = unsafe { data(tensor) }.to_vec();
    let mut call = Call::begin(session, opcode::TfLiteTensorRealloc);
    let request = Realloc { number, bytes: bytes as u64 };
    let (ret, mirrors) = call
        .transact(&request, |reply: &ArchivedReallocated, _| (true, (reply.ret.to_native(), reply.mirrors.to_vec())))?;
    pulled(session, &mirrors)?;
    // SAFETY: as above.
    let now = unsafe { data_mut(tensor) };
    let len = before.len().min(now.len());
    now[..len].copy_from_slice(&before[..len]);
    Ok(ret)
}

/// # Safety
/// As the function of that name.
pub unsafe fn TfLiteTensorResizeMaybeCopy(bytes: usize, tensor: *mut c_void, _preserve: u8) -> Result<u32, Fault> {
    // SAFETY: by the caller's promise.
    unsafe { TfLiteTensorRealloc(bytes, tensor) }
}

/// A tensor's data.
///
/// # Safety
/// `tensor` leads to a `TfLiteTensor`, whose data nobody else uses meanwhile.
pub(super) unsafe fn data<'a>(tensor: *const c_void) -> &'a [u8] {
    // SAFETY: by the caller's promise.
    unsafe { data_mut(tensor.cast_mut()) }
}

/// # Safety
/// As for [`data`].
pub(super) unsafe fn data_mut<'a>(tensor: *mut c_void) -> &'a mut [u8] {
    // SAFETY: by the caller's promise: the data has as many bytes as the struct says.
    unsafe {
        let tensor = &*tensor.cast::<TfLiteTensor>();
        match tensor.data.is_null() {
            true => &mut [],
            false => std::slice::from_raw_parts_mut(tensor.data.cast(), tensor.bytes),
        }
    }
}
