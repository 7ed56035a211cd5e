//! Arrays of one to three dimensions, rows one after another in device memory.

use std::sync::Arc;

use super::handles::{Handles, fresh};
use super::memory::{self, Allocation, Kind, Owner};
use super::operation::Place;
use super::profile;
use crate::cuda::{CUDA_ARRAY3D_DESCRIPTOR, Result, Status};

pub static ARRAYS: Handles<Array> = Handles::new();

pub struct Array {
    pub handle: usize,
    pub context: usize,
    pub descriptor: CUDA_ARRAY3D_DESCRIPTOR,
    memory: Arc<Allocation>,
}

/// `CUDA_ARRAY3D_LAYERED` and `CUDA_ARRAY3D_CUBEMAP`: slices are counted by the depth, whatever the height is.
const LAYERED: u32 = 1;
const CUBEMAP: u32 = 4;
/// Flags that say how an array will be used, which is all the same here: surfaces, gathers, colour attachments.
const USES: u32 = 0x02 | 0x08 | 0x20;

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
    let channel = match descriptor.Format {
        0x01 | 0x08 => 1,
        0x02 | 0x09 | 0x10 => 2,
        0x03 | 0x0a | 0x20 => 4,
        _ => return Err(Status::INVALID_VALUE),
    };
    match descriptor.NumChannels {
        channels @ (1 | 2 | 4) => Ok(channel * channels as usize),
        _ => Err(Status::INVALID_VALUE),
    }
}
