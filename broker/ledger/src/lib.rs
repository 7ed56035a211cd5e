//! The ledger: who used how much, hour by hour, kept over restarts of the broker.
//!
//! There is one record for each session and hour, of what the session used in that hour, so that a long session is never counted
//! twice and any span of hours can be added up. What is new is gathered in a [`Batch`] and written at once, by a [`Store`]; a
//! [`Report`] adds up what was written. Beside a record there is, in a table of its own, how often each function was called and each
//! kernel launched ([`Counts`]): ledgers of before have none.
//!
//! - **Invariant:** nothing here reads a clock: hours are arguments. A clock that was set back adds to an earlier hour; a wrong
//!   one removes the records of one day at most each time that the store is tidied.
//! - **Invariant:** a process that is killed at any moment loses what it has not written, and nothing else.
//! - **Invariant:** memory and file have bounds, whatever names there are: an hour has a limited number of records, and what more
//!   there is counts for all others together.
#![forbid(unsafe_code)]

mod batch;
mod counts;
mod record;
mod report;
mod store;

pub use batch::Batch;
pub use counts::{Counts, OTHERS, Times};
pub use record::{Amounts, Labels, MANY, SessionId};
pub use report::{By, Group, Query, Report, Whose};
pub use store::{Error, Limits, Store};
