//! Decisions without I/O and without a clock of their own: what happened and when are arguments.

pub mod admission;
pub mod damping;
pub mod deadlines;
pub mod noise;
pub mod queue;
pub mod warmth;
