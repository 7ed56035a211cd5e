//! The C interface: what programs ask of `nvml.h`, one file for each subject.

mod clocks;
mod device;
mod entry;
mod memory;
mod pci;
mod processes;
mod sensors;
mod system;
