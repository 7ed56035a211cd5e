//! Kernels of a few instructions, with the values that the PTX ISA and arithmetic say.

mod atomic;
mod control;
mod float;
mod harness;
mod integer;
mod memory;
mod refusals;
mod texture;
mod warp;
