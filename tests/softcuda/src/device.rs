//! Devices in software: memory, streams, events, modules, graphs, contexts. Nothing here knows the C interface.

pub mod advice;
pub mod array;
pub mod capture;
pub mod context;
pub mod event;
pub mod faults;
pub mod graph;
pub mod handles;
pub mod health;
pub mod keepsake;
pub mod mapping;
pub mod memory;
pub mod mipmap;
pub mod module;
pub mod operation;
pub mod parts;
pub mod pool;
pub mod process;
pub mod profile;
pub mod queue;
pub mod shared;
pub mod stream;
pub mod texture;
pub mod vmm;
