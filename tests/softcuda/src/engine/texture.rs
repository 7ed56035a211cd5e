//! Textures and surfaces: elements in memory, and how kernels read and write them ("CUDA C++ Programming Guide", "Texture
//! Fetching"; PTX ISA, "Texture Instructions", "Surface Instructions").

mod address;
mod channel;
mod cube;
mod element;
mod fetch;
mod image;
mod object;

pub use address::Mode;
pub use channel::Channel;
pub use fetch::Point;
pub use image::Image;
pub use object::{Mipmaps, Shape, Texture};
