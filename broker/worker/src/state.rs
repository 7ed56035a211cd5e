//! What a session holds, piece by piece: each can be made alone.

pub mod ahead;
pub mod allotted;
pub mod board;
pub mod broker;
pub mod callbacks;
pub mod commands;
pub mod copies;
pub mod events;
pub mod fixed;
pub mod included;
pub mod lanes;
pub mod map;
pub mod mappings;
pub mod marks;
pub mod mirrors;
pub mod objects;
pub mod occupancy;
pub mod order;
pub mod outbox;
pub mod pending;
pub mod rates;
pub mod regions;
pub mod residents;
pub mod untold;
pub mod usage;
