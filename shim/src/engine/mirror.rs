//! Structs of the vendor's that the program reads. After each call that may have changed them the worker says which have,
//! and the program's images of them are changed in place; their data lies in regions that both sides see.

use std::ffi::c_void;

use ava_protocol::image::MirrorSpec;
use ava_protocol::mirror::{ArchivedPiece, ArchivedTold, AskPiece, Memory, Mirrors, Shown, opcode};
use ava_protocol::wire::Slice;
use rkyv::rancor::Failure;
use rkyv::util::AlignedVec;

use crate::base::fault::Fault;
use crate::call::Call;
use crate::session::Session;

/// The worker's number for a struct that the program passes.
///
/// # Errors
/// The status for what is none, or is gone.
pub fn number(session: &Session, spec: &MirrorSpec, pointer: *const c_void) -> Result<u64, Fault> {
    session.book.mirrors.number(pointer).ok_or(Fault::Status(spec.invalid))
}

/// The struct that a call has named; null for number 0.
///
/// # Errors
/// A panic elsewhere.
pub fn pointer(session: &Session, number: u64) -> Result<*mut c_void, Fault> {
    session.book.mirrors.pointer(number)
}

/// Changes the program's images to what the worker says, which came with a reply.
///
/// # Errors
/// The session is lost, for one if the worker says what is no image.
pub fn pulled(session: &'static Session, spec: &'static MirrorSpec, mirrors: &[u8]) -> Result<(), Fault> {
    if mirrors.is_empty() {
        return Ok(());
    }
    let mut aligned = AlignedVec::<16>::new();
    aligned.extend_from_slice(mirrors);
    let shown = match rkyv::from_bytes::<Mirrors, Failure>(&aligned).map_err(|_| session.lose())? {
        Mirrors::Here(shown) => shown,
        Mirrors::Parcel { number, len } => fetch(session, number, len)?,
    };
    for Shown { number, owner, image } in shown {
        let changed = session.book.mirrors.change(spec, number, owner, &image);
        let changed = changed.map_err(|fault| if fault == Fault::Lost { session.lose() } else { fault })?;
        if changed.is_new {
            session.book.handles.mark_remembered(owner);
        }
        if let Some(len) = changed.wanted {
            give_memory(session, spec, number, len)?;
        }
    }
    Ok(())
}

/// What did not fit in a reply.
fn fetch(session: &'static Session, parcel: u64, len: u64) -> Result<Vec<Shown>, Fault> {
    let mut all = AlignedVec::<16>::new();
    while (all.len() as u64) < len {
        let ask = AskPiece { parcel, offset: all.len() as u64 };
        let mut call = Call::begin(session, opcode::PIECE);
        let piece = call.transact(&ask, |reply: &ArchivedPiece, _| (true, reply.bytes.to_vec()))?;
        if piece.is_empty() {
            return Err(session.lose());
        }
        all.extend_from_slice(&piece);
    }
    rkyv::from_bytes::<Vec<Shown>, Failure>(&all).map_err(|_| session.lose())
}

/// Gives a struct memory for its data, which the worker copies there.
fn give_memory(session: &'static Session, spec: &MirrorSpec, number: u64, len: u64) -> Result<(), Fault> {
    let Ok(mut lease) = session.book.regions.acquire(len) else {
        tracing::warn!(len, "no memory for the data of a struct");
        return Ok(());
    };
    let mut call = Call::begin(session, opcode::MEMORY);
    call.announce(&mut lease);
    // All of it, so that there is room for more data later.
    let slice = Slice { region: lease.id, offset: 0, len: lease.region.len(), pending: 0 };
    let told = call.transact(&Memory { number, slice }, |_: &ArchivedTold, _| (true, ()));
    let old = match told {
        Ok(()) => session.book.mirrors.place(spec, number, lease)?,
        Err(_) => Some(lease),
    };
    session.release(old.into_iter().collect());
    told
}
