//! Mapped memory: the program gets a mirror of the vendor's memory, filled when the command that maps it completes and
//! carried back when it is unmapped. An object made of the program's own memory is mirrored there.

use std::ffi::c_void;

use ava_protocol::engine::mapping::{ArchivedMapped, Fetch};
use ava_protocol::engine::{ArchivedDone, opcode};
use ava_protocol::layout::Rows;
use ava_protocol::wire::Slice;
use rkyv::rancor::Failure;

use crate::base::fault::Fault;
use crate::base::memory;
use crate::book::mappings::Mapping;
use crate::book::pending::{Keep, Transfer};
use crate::call::Call;
use crate::session::{Session, Slot, State};

/// A mapping that a call asks for.
#[derive(Clone, Copy)]
pub struct Asked {
    pub id: u64,
    /// Its transfer, if the call does not wait; else 0.
    pub pending: u64,
}

/// Numbers for a mapping.
pub fn ask(session: &Session, waits: bool) -> Asked {
    let pending = if waits { 0 } else { session.book.pending.next_id() };
    Asked { id: session.book.mappings.next_id(), pending }
}

/// What the vendor answered.
pub struct Mapped {
    rows: Option<Rows>,
    /// Where the program's own memory is that the object was made of; else 0.
    address: u64,
    made: bool,
    /// The region that the object lives in, and where in it.
    place: (u32, u64),
}

/// Reads a reply.
pub fn answer(reply: &ArchivedMapped) -> Mapped {
    Mapped {
        rows: rkyv::deserialize::<Rows, Failure>(&reply.rows).ok(),
        address: reply.address.to_native(),
        made: reply.made,
        place: (reply.region.to_native(), reply.offset.to_native()),
    }
}

/// The address of what was mapped, with the vendor's contents if the call waits; null for nothing.
pub fn show(call: &mut Call, asked: Asked, object: u64, writes: bool, mapped: Mapped) -> Result<*mut c_void, Fault> {
    let (true, Some(rows)) = (mapped.made, mapped.rows) else { return Ok(std::ptr::null_mut()) };
    let session = call.session;
    let len = rows.span().ok_or_else(|| session.lose())?;
    let Asked { id, pending } = asked;
    if mapped.place.0 != 0 {
        let (region, offset) = mapped.place;
        let address = session.book.residents.address(region, offset).ok_or_else(|| session.lose())? as usize;
        let mapping = Mapping { id, address, object, rows, pending: 0, writes, own_memory: false, lease: None };
        session.book.mappings.insert(mapping);
        return Ok(address as *mut c_void);
    }
    let mut lease = session.book.regions.acquire(len)?;
    let own_memory = mapped.address != 0;
    let address = if own_memory { mapped.address as usize } else { lease.region.as_ptr() as usize };
    if pending != 0 {
        let target = own_memory.then_some((address, rows));
        let lease = Keep::Mapped(lease.region.as_ptr() as usize);
        session.book.pending.insert(Transfer { id: pending, target, lease });
    }
    call.announce(&mut lease);
    let fetch = Fetch { mapping: id, region: Slice { region: lease.id, offset: 0, len, pending } };
    call.transact_as(opcode::FETCH_MAPPING, &fetch, |_: &ArchivedDone, _| (true, ()))?;
    if pending == 0 && own_memory {
        // SAFETY: the program vouches for the memory that the object was made of.
        unsafe { memory::scatter_changes(lease.region.as_ptr(), &rows, address as *mut c_void) };
    }
    session.book.mappings.insert(Mapping {
        id,
        address,
        object,
        rows,
        pending,
        writes,
        own_memory,
        lease: Some(lease),
    });
    Ok(address as *mut c_void)
}

/// A mapping that is given back.
pub struct Unmapped {
    /// Its number; 0 for none.
    pub id: u64,
    /// `None` for an address that is no mapping's.
    mapping: Option<Mapping>,
    /// The command that mapped had not completed, as far as the program could know: there is nothing to carry back.
    pub unseen: bool,
}

/// Takes the mapping of an object at an address, with what the program has written there.
///
/// # Safety
/// The program vouches for the memory that it has mapped.
pub unsafe fn take(session: &Session, object: u64, address: *mut c_void) -> Unmapped {
    let mapping = session.book.mappings.take(object, address as usize);
    // What the program has not seen mapped it has not written: its memory does not hold the mapping yet.
    let unseen = mapping.as_ref().is_some_and(|m| session.book.pending.cancel(m.pending).is_some());
    if let Some(mapping) = mapping.as_ref().filter(|m| m.own_memory && m.writes && !unseen)
        && let Some(lease) = &mapping.lease
    {
        // SAFETY: by the caller's promise; the region was made for the rows' span.
        unsafe { memory::gather(address, &mapping.rows, lease.region.as_ptr()) };
    }
    Unmapped { id: mapping.as_ref().map_or(0, |mapping| mapping.id), mapping, unseen }
}

/// The vendor has unmapped it, or has not, so that the program holds it still.
pub fn end(session: &'static Session, unmapped: Unmapped, done: bool) {
    match unmapped.mapping {
        Some(mapping) if done => session.release(mapping.lease.into_iter().collect()),
        Some(mapping) => session.book.mappings.insert(mapping),
        None => (),
    }
}

/// Unmaps memory of an object of a lost session; `false` if it is none.
pub fn unmap_lost<S: State>(slot: &Slot<S>, object: *mut c_void, address: *mut c_void) -> bool {
    let Some((at, object)) = slot.lost(object) else { return false };
    let session = &at.session;
    let unmapped = session.book.mappings.unmap_lost(object, address as usize);
    unmapped.into_iter().for_each(|address| session.book.residents.discard(address));
    true
}
