//! Who may use a device, and for how long.
//!
//! There are two kinds of devices. One that cannot be interrupted, as a GPU, is given in turns by a [`Schedule`]; one that
//! everybody uses at once and that can be taken from anybody at any time, as the processors of a machine, is shared by a
//! [`Pace`].
//!
//! In a schedule a device is given in *turns*: whoever has a turn may give the device work until it is over, because the time is up, others
//! are more urgent, or nothing is left to do. What a turn has really taken is measured and charged, so that a tenant whose
//! commands are long gets fewer turns, not more time.
//!
//! Tenants share by start-time fair queueing (Goyal, Vin, Cheng: "Start-time Fair Queuing", SIGCOMM '96): each has a *start
//! tag*, the device time that it was charged divided by its weight, and the lowest tag has the next turn. A tenant that was idle
//! comes back at the tag of whoever is served then: it gets no credit for time in which it wanted nothing. A tenant's sessions
//! share its turns in the same way, with equal weights.
//!
//! - **Invariant:** nothing here does I/O or reads a clock: times are arguments, and equal calls have equal results.
//! - **Invariant:** as long as somebody wants the device and may have it, somebody gets it.
//! - **Invariant:** start tags never decrease but by what an estimate was too high, and virtual time never decreases.
#![forbid(unsafe_code)]

mod bucket;
mod flow;
mod pace;
mod schedule;
mod terms;

pub use pace::{Pace, Verdict};
pub use schedule::{Next, Schedule, Turn};
pub use terms::{Cap, Class, Terms, Weight};
