//! What is more than one call of the vendor and knows no API by name: mapped memory, memory that the device uses in place, memory at one address, the
//! status of commands in shared memory, files that go along, queries.

pub mod board;
pub mod files;
pub mod fixed;
pub mod mapping;
pub mod mirror;
pub mod query;
pub mod resident;

use ava_protocol::engine::opcode;
use ava_protocol::frame::Malformed;

use crate::call::{Call, Outcome};

/// Whether a call of an engine may be made without waiting; `None` if there is none of this number.
pub fn oneway(opcode: u32) -> Option<bool> {
    match opcode {
        opcode::CREATE_RESIDENT => Some(true),
        opcode::READ_RESIDENT | opcode::WRITE_RESIDENT | opcode::SHARE_BOARD | opcode::POLL | opcode::FETCH_MAPPING => {
            Some(false)
        }
        _ => None,
    }
}

/// Serves a call beside an API's functions, which the API admits: its `oneway` knows the number.
pub fn serve(opcode: u32, call: &mut Call, body: &[u8]) -> Outcome {
    let in_place = call.in_place();
    match (opcode, in_place) {
        (opcode::CREATE_RESIDENT, Some(in_place)) => resident::create(call, in_place, body),
        (opcode::READ_RESIDENT, Some(in_place)) => resident::transfer(call, in_place, body, false),
        (opcode::WRITE_RESIDENT, Some(in_place)) => resident::transfer(call, in_place, body, true),
        (opcode::SHARE_BOARD, _) => board::share(call, body),
        (opcode::POLL, _) => board::poll(call, body),
        (opcode::FETCH_MAPPING, _) => mapping::fetch(call, body),
        (other, _) => Err(Malformed::Opcode(other).into()),
    }
}
