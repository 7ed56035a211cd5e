//! Textures: images, and how they are read.

use super::address::Mode;
use super::image::Image;
use crate::engine::fault::Fault;

/// Images as a texture object reads them.
#[derive(Clone, Debug)]
pub struct Texture {
    /// One, or those of a mipmapped array.
    pub levels: Vec<Image>,
    pub modes: [Mode; 3],
    /// Elements are interpolated.
    pub is_linear: bool,
    /// Coordinates are from 0 to 1.
    pub is_normalized: bool,
    /// Integers of 8 and 16 bits are read as such; otherwise as fractions.
    pub is_integer: bool,
    /// What is beyond the edge in [`Mode::Border`].
    pub border: [f32; 4],
    pub mipmaps: Mipmaps,
}

/// How a level of detail is chosen.
#[derive(Clone, Copy, Debug, Default)]
pub struct Mipmaps {
    /// Two levels are interpolated.
    pub is_linear: bool,
    pub bias: f32,
    /// The lowest and the highest level.
    pub clamp: [f32; 2],
}

/// What the coordinates of an instruction are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    Line,
    Plane,
    Volume,
    /// A direction, which a face of the cube is in.
    Cube,
}

impl Shape {
    /// How many coordinates a point has.
    pub fn dimensions(self) -> usize {
        match self {
            Self::Line => 1,
            Self::Plane => 2,
            Self::Volume | Self::Cube => 3,
        }
    }
}

/// Loads a number of 1, 2 or 4 bytes.
pub type Load<'a> = dyn FnMut(u64, u32) -> Result<u32, Fault> + 'a;
