//! Decisions without I/O and without a clock: events and times are arguments.

pub mod admission;
pub mod backoff;
pub mod deadlines;
pub mod queue;
pub mod rate_limit;
pub mod spares;
pub mod tenancy;
