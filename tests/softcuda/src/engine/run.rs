//! Runs programs.

mod access;
mod barrier;
mod block;
mod call;
mod collective;
mod grid;
mod heap;
mod print;
mod setting;
mod state;
mod system;
mod texture;
mod warp;

pub use block::Block;
pub use grid::run;
pub use setting::Setting;
pub use state::Bytes;
