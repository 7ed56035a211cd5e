//! Structs of the vendor's that the program reads. Each has an image in the program, and a region in which both sides have
//! its data. Inputs are carried to the vendor before it computes, everything is carried back after.
//!
//! - **Invariant**: the vendor computes on its own memory. The program may write to a region at any time, and what the
//!   vendor has checked must not change before it is used.
//! - **Invariant**: which struct is meant is asked of the vendor anew each time, for it moves them.

use std::ffi::{CStr, c_void};

use ava_protocol::image::{MirrorSpec, Source};
use ava_protocol::mirror::{ArchivedAskPiece, ArchivedMemory, Mirrors as Said, Piece, Shown, Told};
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;

use crate::call::{Call, Outcome, Stop};
use crate::state::mirrors::{Memory, Mirror};

/// Bytes that fit in a frame beside all else.
const FITTING: usize = 64 << 10;

/// A call has named a struct.
pub struct Named<'a> {
    /// The object that it was asked of.
    pub object: u64,
    /// Where the vendor has it, or null.
    pub at: *mut c_void,
    pub opcode: u32,
    pub request: &'a [u8],
    /// Whether all that the function names are inputs.
    pub is_input: bool,
}

/// The number of a struct that a call has named, 0 for none, and what the program is to be shown of it. `inputs` are the
/// structs of an owner that are inputs.
///
/// # Errors
/// The program has too many.
pub fn named(
    call: &Call,
    spec: &MirrorSpec,
    inputs: impl Fn(*mut c_void) -> Vec<*mut c_void>,
    named: Named<'_>,
) -> Result<(u64, Vec<u8>), Stop> {
    let Named { object, at, opcode, request, is_input } = named;
    if at.is_null() {
        let function = call.session.table.functions.get(opcode as usize).copied().unwrap_or_default();
        tracing::warn!("{function}: the vendor has no such struct");
        return Ok((0, Vec::new()));
    }
    let owner = owner(call, spec, object);
    let group = call.session.mirrors.group(owner);
    let mut group = group.lock().map_err(|_| Stop::Closed)?;
    let known = group.iter().position(|mirror| mirror.at == at as usize);
    if known.is_none() {
        let is_input = is_input || is_one_of(call, spec, inputs, owner, at);
        let mut copied = AlignedVec::new();
        copied.extend_from_slice(request);
        let number = call.session.mirrors.number(owner)?;
        let (at, request) = (at as usize, copied);
        group.push(Mirror { number, opcode, request, at, is_input, memory: None, surface: Vec::new() });
    }
    let place = known.unwrap_or(group.len() - 1);
    // SAFETY: the vendor has just named the struct.
    let shown = unsafe { show(&mut group[place], spec, owner) };
    let number = group[place].number;
    drop(group);
    Ok((number, pack(call, shown.into_iter().collect())?))
}

/// Whether what the program writes to a struct's data is meant for the vendor.
fn is_one_of(
    call: &Call,
    spec: &MirrorSpec,
    inputs: impl Fn(*mut c_void) -> Vec<*mut c_void>,
    owner: u64,
    at: *mut c_void,
) -> bool {
    // SAFETY: the vendor has just named the struct, which is as large.
    let says_so = spec.input.is_some_and(|flag| unsafe { at.cast::<u8>().add(flag).read() } != 0);
    let is_listed = || call.session.objects.pointer(owner).map(|owner| inputs(owner as *mut c_void).contains(&at));
    says_so || is_listed().unwrap_or(false)
}

/// Where the vendor has the struct with a number.
///
/// # Errors
/// The number was never told; or the struct is gone, and the call fails with its status.
pub fn pointer(call: &Call, spec: &MirrorSpec, number: u64) -> Result<*mut c_void, Stop> {
    with(call, spec, number, |mirror, _| mirror.at as *mut c_void)
}

fn with<R>(call: &Call, spec: &MirrorSpec, number: u64, f: impl FnOnce(&mut Mirror, u64) -> R) -> Result<R, Stop> {
    let mirrors = &call.session.mirrors;
    let gone = || Stop::Refused(spec.invalid);
    let owner = mirrors.owner(number)?.ok_or_else(gone)?;
    let group = mirrors.existing(owner).ok_or_else(gone)?;
    let mut group = group.lock().map_err(|_| Stop::Closed)?;
    let mirror = group.iter_mut().find(|mirror| mirror.number == number).ok_or_else(gone)?;
    Ok(f(mirror, owner))
}

/// Before a call: what the program has written goes to the vendor.
///
/// # Errors
/// A panic elsewhere.
pub fn push(call: &Call, spec: &MirrorSpec, object: u64) -> Outcome {
    let Some(group) = call.session.mirrors.existing(owner(call, spec, object)) else { return Ok(()) };
    for mirror in group.lock().map_err(|_| Stop::Closed)?.iter().filter(|mirror| mirror.is_input) {
        // SAFETY: structs are where the last call about their owner has left them.
        unsafe { copy(mirror, spec, Way::In) };
    }
    Ok(())
}

/// After a call: what the vendor has changed comes back. Returns what the program is to be shown. `locate` finds the struct
/// that a call has named, again, by the call's number and request.
///
/// # Errors
/// The program leaves too much unfetched.
pub fn pull(
    call: &Call,
    spec: &MirrorSpec,
    locate: impl Fn(u32, &Call, &[u8]) -> Result<*mut c_void, Stop>,
    object: u64,
) -> Result<Vec<u8>, Stop> {
    let owner = owner(call, spec, object);
    let Some(group) = call.session.mirrors.existing(owner) else { return Ok(Vec::new()) };
    let mut changed = Vec::new();
    group.lock().map_err(|_| Stop::Closed)?.retain_mut(|mirror| {
        let at = locate(mirror.opcode, call, &mirror.request).ok().filter(|at| !at.is_null());
        let Some(at) = at else {
            // What it was asked of is gone, and nobody tells where it is now: the program keeps what it was shown last.
            call.session.mirrors.drop_one(mirror.number);
            return false;
        };
        mirror.at = at as usize;
        // SAFETY: the vendor has just named the struct.
        unsafe {
            changed.extend(show(mirror, spec, owner));
            copy(mirror, spec, Way::Out);
        }
        true
    });
    pack(call, changed)
}

/// Around a call after which an owner's structs may be elsewhere: what it holds of device memory is what they take. Before, that
/// is what the vendor is about to take, as far as it is known; after, what it has.
///
/// # Errors
/// The tenant would have more than it may.
pub fn grow(call: &Call, spec: &MirrorSpec, object: u64) -> Outcome {
    let owner = owner(call, spec, object);
    let Some(pointer) = call.session.objects.pointer(owner) else { return Ok(()) };
    let memory = call.holds(spec.owner, pointer as *mut c_void);
    if call.session.objects.resize(owner, memory) {
        return Ok(());
    }
    Err(Stop::Refused(call.session.table.exhausted))
}

/// After a call that was about one struct only, which stays where it is.
///
/// # Errors
/// The number was never told, or the struct is gone.
pub fn pull_one(call: &Call, spec: &MirrorSpec, number: u64) -> Result<Vec<u8>, Stop> {
    // SAFETY: the vendor has named the struct, and it is where it was last.
    let shown = with(call, spec, number, |mirror, owner| unsafe { show(mirror, spec, owner) })?;
    pack(call, shown.into_iter().collect())
}

/// After the vendor has computed: what the program gave for that, and what it gets, is charged.
///
/// # Errors
/// A panic elsewhere.
pub fn charge(call: &Call, spec: &MirrorSpec, object: u64) -> Outcome {
    let owner = owner(call, spec, object);
    call.session.mirrors.compute(owner);
    let Some(group) = call.session.mirrors.existing(owner) else { return Ok(()) };
    for mirror in group.lock().map_err(|_| Stop::Closed)?.iter().filter(|mirror| mirror.memory.is_some()) {
        // SAFETY: structs are where `pull` has just found them.
        let (_, bytes) = unsafe { data(mirror, spec) };
        if mirror.is_input { call.charge_bytes_in(bytes as u64) } else { call.charge_bytes_out(bytes as u64) }
    }
    Ok(())
}

/// The program tells where it has a struct's data.
///
/// # Errors
/// The number was never told, or there is no such region.
pub fn memory(call: &mut Call, spec: &MirrorSpec, body: &[u8]) -> Outcome {
    let r = call.read::<ArchivedMemory>(body, "a struct's memory")?;
    let region = call.session.regions.find(&r.slice)?;
    let (offset, len) = (r.slice.offset.to_native() as usize, r.slice.len.to_native() as usize);
    let mirrors = &call.session.mirrors;
    let result = with(call, spec, r.number.to_native(), |mirror, owner| {
        let is_first = mirror.memory.replace(Memory { region, offset, len }).is_none();
        // SAFETY: nothing has been asked of the owner since the vendor named the struct.
        unsafe {
            copy(mirror, spec, Way::Out);
            // What was computed before the program asked for the struct it gets now.
            if is_first && !mirror.is_input && mirrors.has_computed(owner) { data(mirror, spec).1 } else { 0 }
        }
    })?;
    call.charge_bytes_out(result as u64);
    call.reply(&Told {})
}

/// The program fetches a piece of what did not fit in a reply.
///
/// # Errors
/// There is none.
pub fn piece(call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<ArchivedAskPiece>(body, "a piece")?;
    let bytes = call.session.mirrors.piece(r.parcel.to_native(), r.offset.to_native(), FITTING)?;
    call.reply(&Piece { bytes })
}

/// What goes with the reply: archived, or nothing.
fn pack(call: &Call, shown: Vec<Shown>) -> Result<Vec<u8>, Stop> {
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let archived = |said: &Said| rkyv::to_bytes::<Failure>(said).map(|bytes| bytes.to_vec()).map_err(|_| Stop::Closed);
    let here = Said::Here(shown);
    let bytes = archived(&here)?;
    let Said::Here(shown) = here else { return Ok(bytes) };
    if bytes.len() <= FITTING {
        return Ok(bytes);
    }
    let parcel = rkyv::to_bytes::<Failure>(&shown).map_err(|_| Stop::Closed)?.to_vec();
    let len = parcel.len() as u64;
    archived(&Said::Parcel { number: call.session.mirrors.keep(parcel)?, len })
}

/// The object that an object's structs belong to: itself, or what it was made from.
fn owner(call: &Call, spec: &MirrorSpec, object: u64) -> u64 {
    let objects = &call.session.objects;
    match objects.find(object, spec.owner) {
        Ok(_) => object,
        Err(_) => objects.parents(object).first().copied().unwrap_or(object),
    }
}

/// What the program is to be shown, if it has changed since it was last.
///
/// # Safety
/// The vendor's struct is where it was last.
unsafe fn show(mirror: &mut Mirror, spec: &MirrorSpec, owner: u64) -> Option<Shown> {
    let at = mirror.at as u64;
    let mut surface = Vec::with_capacity(mirror.surface.len());
    // By the caller's promise `Vendor` reads what is there.
    spec.image.surface(at, &Vendor, &mut surface);
    if mirror.surface == surface {
        return None;
    }
    mirror.surface = surface;
    let mut image = Vec::new();
    spec.image.write(at, &Vendor, &mut image);
    Some(Shown { number: mirror.number, owner, image })
}

/// Where the vendor has the data, and how many bytes.
///
/// # Safety
/// As for [`show`].
unsafe fn data(mirror: &Mirror, spec: &MirrorSpec) -> (*mut u8, usize) {
    let at = mirror.at as *const u8;
    // SAFETY: by the caller's promise; the table says where in the struct these are.
    unsafe { (at.add(spec.data).cast::<*mut u8>().read(), at.add(spec.len).cast::<usize>().read()) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// To the vendor.
    In,
    /// To the program.
    Out,
}

/// Copies a struct's data, as much as both have room for.
///
/// # Safety
/// As for [`show`].
unsafe fn copy(mirror: &Mirror, spec: &MirrorSpec, way: Way) {
    // SAFETY: by the caller's promise.
    let (vendors, bytes) = unsafe { data(mirror, spec) };
    let Some(memory) = mirror.memory.as_ref().filter(|_| !vendors.is_null()) else { return };
    let programs = memory.region.as_ptr().wrapping_add(memory.offset);
    let len = memory.len.min(bytes);
    // SAFETY: the slice was checked to lie in the region; the vendor's memory has as many bytes as it says.
    unsafe {
        match way {
            Way::In => std::ptr::copy_nonoverlapping(programs.cast_const(), vendors, len),
            Way::Out => std::ptr::copy_nonoverlapping(vendors.cast_const(), programs, len),
        }
    }
}

/// The vendor's memory, where its structs lead.
struct Vendor;

impl Source for Vendor {
    fn bytes(&self, address: u64, len: usize, out: &mut Vec<u8>) {
        // SAFETY: addresses are those of a struct that the vendor has named and of what its header says it leads to.
        out.extend_from_slice(unsafe { std::slice::from_raw_parts(address as *const u8, len) });
    }

    fn text(&self, address: u64, out: &mut Vec<u8>) {
        // SAFETY: as above, of a text.
        out.extend_from_slice(unsafe { CStr::from_ptr(address as *const _) }.to_bytes());
    }
}
