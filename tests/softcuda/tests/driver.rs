//! The driver as programs have it: opened by its file, called by its symbols.

#[path = "driver/capture.rs"]
mod capture;
#[path = "driver/contexts.rs"]
mod contexts;
#[path = "driver/exports.rs"]
mod exports;
#[path = "driver/faults.rs"]
mod faults;
#[path = "driver/graphs.rs"]
mod graphs;
#[path = "driver/library.rs"]
mod library;
#[path = "driver/memory.rs"]
mod memory;
#[path = "driver/modules.rs"]
mod modules;
#[path = "driver/streams.rs"]
mod streams;
#[path = "driver/virtual_memory.rs"]
mod virtual_memory;
