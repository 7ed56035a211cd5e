//! Arrays of one to three dimensions, rows one after another in device memory.

use std::sync::Arc;

use super::handles::{Handles, fresh};
use super::memory::{self, Allocation, Kind, Owner};
use super::operation::Place;
use super::profile;
use crate::cuda::{CUDA_ARRAY3D_DESCRIPTOR, Result, Status};
use crate::engine::texture::{Channel, Image};

pub static ARRAYS: Handles<Array> = Handles::new();

pub struct Array {
    pub handle: usize,
    pub context: usize,
    pub descriptor: CUDA_ARRAY3D_DESCRIPTOR,
    memory: Arc<Allocation>,
}

/// `CUDA_ARRAY3D_LAYERED` and `CUDA_ARRAY3D_CUBEMAP`: slices are counted by the depth, whatever the height is.
pub const LAYERED: u32 = 1;
const CUBEMAP: u32 = 4;
/// `CUDA_ARRAY3D_SURFACE_LDST`: it may be a surface.
pub const SURFACE: u32 = 2;
/// Other flags that say how an array will be used, which is all the same here: gathers, colour attachments.
const USES: u32 = SURFACE | 0x08 | 0x20;

impl Array {
    /// A new array, zeroed, with a handle. `INVALID_VALUE` if the descriptor makes no sense, `NOT_SUPPORTED` for flags that ask
    /// for more than memory.
    pub fn new(descriptor: CUDA_ARRAY3D_DESCRIPTOR, owner: Owner) -> Result<Arc<Self>> {
        let element = element(&descriptor)?;
        if descriptor.Flags & !(LAYERED | CUBEMAP | USES) != 0 {
            return Err(Status::NOT_SUPPORTED);
        }
        if descriptor.Width == 0 || descriptor.Flags & CUBEMAP != 0 && !descriptor.Depth.is_multiple_of(6) {
            return Err(Status::INVALID_VALUE);
        }
        let [height, depth] = [descriptor.Height, descriptor.Depth].map(|count| count.max(1));
        let size = element.checked_mul(descriptor.Width).and_then(|row| row.checked_mul(height));
        let size = size.and_then(|slice| slice.checked_mul(depth)).ok_or(Status::INVALID_VALUE)?;
        let meter = &profile::device(owner.device)?.meter;
        let memory = memory::allocate(Kind::Array, size, owner, Some(meter))?;
        let array = Arc::new(Self { handle: fresh(), context: owner.context, descriptor, memory });
        ARRAYS.insert(array.handle, array.clone());
        Ok(array)
    }

    /// What textures and surfaces read and write.
    pub fn image(&self) -> Result<Image> {
        let CUDA_ARRAY3D_DESCRIPTOR { Width, Height, Depth, Format, NumChannels, Flags } = self.descriptor;
        let count = |size: usize| u32::try_from(size.max(1)).map_err(|_| Status::INVALID_VALUE);
        let (row, height, depth) = (self.row() as u64, count(Height)?, count(Depth)?);
        let (slices, layers) = if Flags & (LAYERED | CUBEMAP) != 0 { (1, depth) } else { (depth, 1) };
        Ok(Image {
            base: self.memory.base,
            pitch: row,
            slice: row * u64::from(height),
            extent: [count(Width)?, height, slices],
            layers,
            channel: channel(Format)?,
            channels: NumChannels,
        })
    }

    /// Bytes of a row.
    pub fn row(&self) -> usize {
        element(&self.descriptor).unwrap_or(1) * self.descriptor.Width
    }

    /// Where an element is, by bytes, rows and slices; a box of some extent has to be inside.
    pub fn place(&self, [x, y, z]: [usize; 3], extent: [usize; 3]) -> Result<Place> {
        let (pitch, rows) = (self.row(), self.descriptor.Height.max(1));
        let size = [pitch, rows, self.descriptor.Depth.max(1)];
        let is_inside =
            |(at, (size, extent)): (&usize, (&usize, &usize))| at.checked_add(*extent).is_some_and(|end| end <= *size);
        if ![x, y, z].iter().zip(size.iter().zip(&extent)).all(is_inside) {
            return Err(Status::INVALID_VALUE);
        }
        let slice = pitch * rows;
        Ok(Place { address: self.memory.base + (z * slice + y * pitch + x) as u64, pitch, slice })
    }

    /// Ends the array with its memory.
    pub fn destroy(&self) {
        let _ = ARRAYS.remove(self.handle);
        memory::remove(self.memory.base);
    }
}

/// Bytes of an element: of its format (`CUarray_format`), times 1, 2 or 4 channels.
fn element(descriptor: &CUDA_ARRAY3D_DESCRIPTOR) -> Result<usize> {
    let channel = channel(descriptor.Format)?.bytes() as usize;
    match descriptor.NumChannels {
        channels @ (1 | 2 | 4) => Ok(channel * channels as usize),
        _ => Err(Status::INVALID_VALUE),
    }
}

/// `CUarray_format`.
pub fn channel(format: u32) -> Result<Channel> {
    Ok(match format {
        0x01 => Channel::U8,
        0x02 => Channel::U16,
        0x03 => Channel::U32,
        0x08 => Channel::S8,
        0x09 => Channel::S16,
        0x0a => Channel::S32,
        0x10 => Channel::Half,
        0x20 => Channel::Float,
        _ => return Err(Status::INVALID_VALUE),
    })
}
