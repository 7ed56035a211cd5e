//! What knows nothing of sessions: faults, the program's memory, threads of the library's own.

pub mod cancel;
pub mod console;
pub mod fault;
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
mod glibc;
pub mod log;
pub mod maps;
pub mod memory;
pub mod readable;
pub mod threads;
pub mod va_list;
