//! What is known of a session, as data.

pub mod included;
pub mod lanes;
pub mod mappings;
pub mod mirrors;
pub mod objects;
pub mod order;
pub mod outbox;
pub mod pending;
pub mod regions;
pub mod residents;
pub mod usage;
