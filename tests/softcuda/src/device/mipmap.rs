//! Mipmapped arrays: an array for each level of detail.

use std::sync::Arc;

use super::array::{Array, LAYERED};
use super::handles::{Handles, fresh};
use super::memory::Owner;
use crate::cuda::{CUDA_ARRAY3D_DESCRIPTOR, Result, Status};

pub static MIPMAPS: Handles<Mipmap> = Handles::new();

pub struct Mipmap {
    pub handle: usize,
    pub context: usize,
    pub levels: Vec<Arc<Array>>,
}

impl Mipmap {
    /// A new one with so many levels, or with as many as its extent has: each level has half of the one before.
    pub fn new(descriptor: CUDA_ARRAY3D_DESCRIPTOR, levels: u32, owner: Owner) -> Result<Arc<Self>> {
        let layered = descriptor.Flags & LAYERED != 0;
        let CUDA_ARRAY3D_DESCRIPTOR { Width, Height, Depth, .. } = descriptor;
        let greatest = Width.max(Height).max(if layered { 0 } else { Depth });
        let most = greatest.checked_ilog2().ok_or(Status::INVALID_VALUE)? + 1;
        let half = |size: usize, level: u32| if size == 0 { 0 } else { (size >> level).max(1) };
        let level = |level| {
            let depth = if layered { Depth } else { half(Depth, level) };
            let of = CUDA_ARRAY3D_DESCRIPTOR {
                Width: half(Width, level),
                Height: half(Height, level),
                Depth: depth,
                ..descriptor
            };
            Array::new(of, owner)
        };
        let mut made = Vec::new();
        for number in 0..levels.clamp(1, most) {
            match level(number) {
                Ok(array) => made.push(array),
                Err(status) => {
                    made.iter().for_each(|array| array.destroy());
                    return Err(status);
                }
            }
        }
        let mipmap = Arc::new(Self { handle: fresh(), context: owner.context, levels: made });
        MIPMAPS.insert(mipmap.handle, mipmap.clone());
        Ok(mipmap)
    }

    /// Ends it with its levels.
    pub fn destroy(&self) {
        let _ = MIPMAPS.remove(self.handle);
        self.levels.iter().for_each(|array| array.destroy());
    }
}
