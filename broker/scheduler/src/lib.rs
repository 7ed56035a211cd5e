//! Who may use a device, and for how long.
//!
//! A device here is one that everybody uses at once and that can be taken from anybody at any time, as the processors of a
//! machine: a [`Pace`] decides who pauses, because others have used less than their share.
//!
//! Tenants share by start-time fair queueing (Goyal, Vin, Cheng: "Start-time Fair Queuing", SIGCOMM '96): each has a *start
//! tag*, the device time that it was charged divided by its weight, and the lowest tag comes first. A tenant that was idle
//! comes back near the tag of whoever is served then: it gets no credit for time in which it wanted nothing. A tenant's sessions
//! share what it gets in the same way, with equal weights.
//!
//! - **Invariant:** nothing here does I/O or reads a clock: times are arguments, and equal calls have equal results.
//! - **Invariant:** start tags and virtual time never decrease.
#![forbid(unsafe_code)]

mod bucket;
mod flow;
mod pace;
mod terms;

pub use pace::{Pace, Verdict};
pub use terms::{Cap, Class, Terms, Weight};
