//! What the program is to be shown of its tensors goes with a reply. Where it is more than a frame holds, such as the scales
//! of a large embedding or all tensors of a large model, the program fetches it in pieces.

use std::sync::atomic::{AtomicU64, Ordering};

use ava_protocol::frame::Malformed;
use ava_protocol::tflite::custom::{ArchivedAskPiece, Mirrors, Piece, Shown};
use dashmap::DashMap;
use rkyv::rancor::Failure;

use super::state;
use crate::call::{Call, Outcome, Stop};

/// Bytes that fit in a frame beside all else.
const FITTING: usize = 64 << 10;
/// Most parcels that wait: a thread of the program's fetches each before it goes on.
const MOST: usize = 4096;

#[derive(Default)]
pub struct Parcels {
    waiting: DashMap<u64, Vec<u8>>,
    last: AtomicU64,
}

/// As it goes with the reply: [`Mirrors`], archived, or nothing.
pub fn pack(call: &Call, shown: Vec<Shown>) -> Result<Vec<u8>, Stop> {
    if shown.is_empty() {
        return Ok(Vec::new());
    }
    let here = Mirrors::Here(shown);
    let bytes = rkyv::to_bytes::<Failure>(&here).map_err(|_| Stop::Closed)?;
    let Mirrors::Here(shown) = here else { return Ok(bytes.to_vec()) };
    if bytes.len() <= FITTING {
        return Ok(bytes.to_vec());
    }
    let parcels = &state(call.session).parcels;
    if parcels.waiting.len() >= MOST {
        return Err(Malformed::TooMany { what: "parcels", limit: MOST as u64 }.into());
    }
    let parcel = rkyv::to_bytes::<Failure>(&shown).map_err(|_| Stop::Closed)?.to_vec();
    let (number, len) = (parcels.last.fetch_add(1, Ordering::Relaxed) + 1, parcel.len() as u64);
    parcels.waiting.insert(number, parcel);
    let bytes = rkyv::to_bytes::<Failure>(&Mirrors::Parcel { number, len }).map_err(|_| Stop::Closed)?;
    Ok(bytes.to_vec())
}

/// The program fetches a piece.
pub fn piece(call: &mut Call, body: &[u8]) -> Outcome {
    let r = call.read::<ArchivedAskPiece>(body, "a piece")?;
    let (number, offset) = (r.parcel.to_native(), r.offset.to_native());
    let parcels = &state(call.session).parcels;
    let (bytes, is_last) = {
        let parcel = parcels.waiting.get(&number).ok_or(Malformed::Handle(number))?;
        let from = usize::try_from(offset).ok().filter(|from| *from < parcel.len());
        let from = from.ok_or(Malformed::Overflow("a piece"))?;
        let to = parcel.len().min(from + FITTING);
        (parcel[from..to].to_vec(), to == parcel.len())
    };
    if is_last {
        parcels.waiting.remove(&number);
    }
    call.reply(&Piece { bytes })
}
