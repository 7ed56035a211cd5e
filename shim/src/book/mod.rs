//! What is remembered of a session: data, without a way to the worker.

pub mod accepted;
pub mod answers;
pub mod callbacks;
pub mod handles;
pub mod mirrors;
pub mod order;
pub mod pending;
pub mod regions;
pub mod texts;
