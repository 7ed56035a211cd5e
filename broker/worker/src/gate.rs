//! Before the vendor: every call whose table entry has a `charge` passes here before the vendor is called, with what it is
//! about to cost, and again when the vendor has accepted it, with what it has cost.
//!
//! Here it waits while its tenant's sessions have done as much as they may in a second, and the memory that it takes is reserved,
//! of what the tenant may have.
//!
//! - **Invariant**: who waits here has asked the vendor for nothing yet, and holds no lock.

use ava_protocol::quota::Resource;
use ava_protocol::rate::Rate;

use crate::outcome::Stop;
use crate::session::Session;

/// What a call costs.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Commands for the device.
    pub commands: u64,
    /// Bytes of device memory that a new object takes; they are counted with the object, as long as it lives.
    pub device_memory: u64,
    /// The same of pinned memory of the host.
    pub host_memory: u64,
    /// Bytes of data that the program gives, and that it gets.
    pub bytes_in: u64,
    pub bytes_out: u64,
}

/// Device memory in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    pub free: u64,
    pub total: u64,
}

/// What a program is told that there is of device memory, where the vendor says what there is for all: no more than its tenant
/// may have, of which no more is free than other sessions and this one have left.
pub fn told_memory(session: &Session, there: Memory) -> Memory {
    let Some(level) = session.usage.level(Resource::DeviceMemory) else { return there };
    let left = level.limit.saturating_sub(level.taken);
    Memory { free: there.free.min(left), total: there.total.min(level.limit) }
}

/// The same of a device of which only the whole is told.
pub fn told_total(session: &Session, total: u64) -> u64 {
    told_memory(session, Memory { free: total, total }).total
}

/// So much may be done now, or is waited for. It is the call's then.
#[inline]
pub fn pass(session: &Session, of: Rate, amount: u64) {
    let rates = session.usage.rates();
    if amount > 0 && rates.is_limited(of) && !rates.try_take(of, amount) {
        hold(session, of, amount);
    }
}

#[cold]
fn hold(session: &Session, of: Rate, amount: u64) {
    let _idle = session.occupancy.pause();
    session.usage.held(session.usage.rates().take(of, amount));
}

/// Memory that the call takes is the call's then, to be handed over to what the vendor makes.
///
/// # Errors
/// The call is not to be made.
#[inline]
pub fn admit(session: &Session, cost: &Cost) -> Result<(), Stop> {
    reserve(session, Resource::DeviceMemory, cost.device_memory)?;
    reserve(session, Resource::HostMemory, cost.host_memory).inspect_err(|_| {
        session.usage.give_up(Resource::DeviceMemory, cost.device_memory);
    })
}

/// Reserves memory of what the tenant may have.
///
/// # Errors
/// It would have more: the status of an API whose device has no memory left.
#[inline]
pub fn reserve(session: &Session, of: Resource, bytes: u64) -> Result<(), Stop> {
    match bytes == 0 || session.usage.reserve(of, bytes) {
        true => Ok(()),
        false => Err(Stop::Refused(session.table.exhausted)),
    }
}

/// So much more was done than has passed, or less.
#[inline]
pub fn settle(session: &Session, of: Rate, passed: u64, done: u64) {
    let rates = session.usage.rates();
    if passed != done && rates.is_limited(of) {
        match done.checked_sub(passed) {
            Some(more) => rates.owe(of, more),
            None => rates.give(of, passed - done),
        }
    }
}

/// The vendor has accepted the call of a function.
#[inline]
pub fn charge(session: &Session, function: u32, cost: Cost) {
    let usage = &session.usage;
    if cost.commands > 0 {
        usage.commands(cost.commands);
    }
    if cost.bytes_in > 0 {
        usage.bytes_in(function, cost.bytes_in);
    }
    if cost.bytes_out > 0 {
        usage.bytes_out(function, cost.bytes_out);
    }
}
