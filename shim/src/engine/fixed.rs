//! Memory that this process and the worker have at the same address: made here, and mapped there by the call that asks for it.

use ava_protocol::engine::fixed::Offer;
use ava_protocol::wire::Slice;

use crate::base::fault::Fault;
use crate::book::fixed::next_address;
use crate::book::regions::Lease;
use crate::call::Call;
use crate::session::Session;

/// How many addresses are tried.
const TRIES: usize = 8;

/// Makes memory of `size` bytes. `ask` makes the call with the offer, and returns nothing where the worker has something else at
/// the address; the memory is that of the session once it is in its book.
///
/// # Errors
/// There is no memory, or no address; those of `ask`.
pub fn make<R>(
    session: &'static Session,
    opcode: u32,
    size: u64,
    mut ask: impl FnMut(&mut Call, Offer) -> Result<Option<R>, Fault>,
) -> Result<(Lease, R), Fault> {
    for _ in 0..TRIES {
        let address = next_address(size).map_err(|_| Fault::Exhausted)?;
        let Ok(mut lease) = session.book.regions.acquire_at(size, address) else { continue };
        if let Some(answer) = offer(session, opcode, &mut lease, &mut ask)? {
            return Ok((lease, answer));
        }
    }
    Err(Fault::Exhausted)
}

/// Has the worker map a region where this process has it.
///
/// # Errors
/// Those of `ask`.
pub fn offer<R>(
    session: &'static Session,
    opcode: u32,
    lease: &mut Lease,
    ask: impl FnOnce(&mut Call, Offer) -> Result<Option<R>, Fault>,
) -> Result<Option<R>, Fault> {
    let mut call = Call::begin(session, opcode);
    call.announce(lease);
    let region = Slice { region: lease.id, offset: 0, len: lease.region.len(), pending: 0 };
    ask(&mut call, Offer { region, address: lease.region.as_ptr() as u64 })
}
