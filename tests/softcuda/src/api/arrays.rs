//! Arrays, and those with levels of detail.
#![allow(non_snake_case, reason = "the header's names")]

use super::entry::entries;
use super::values::{In, Out};
use crate::cuda::{CUDA_ARRAY_DESCRIPTOR, CUDA_ARRAY3D_DESCRIPTOR, CUarray, CUmipmappedArray, Result, Status};
use crate::device::array::{ARRAYS, Array};
use crate::device::mipmap::{MIPMAPS, Mipmap};
use crate::device::{capture, context};

entries! { checked;
    fn cuArrayCreate_v2(place: Out<CUarray>, descriptor: In<CUDA_ARRAY_DESCRIPTOR>) {
        let CUDA_ARRAY_DESCRIPTOR { Width, Height, Format, NumChannels } = descriptor.get()?;
        create(place, CUDA_ARRAY3D_DESCRIPTOR { Width, Height, Depth: 0, Format, NumChannels, Flags: 0 })
    }

    fn cuArray3DCreate_v2(place: Out<CUarray>, descriptor: In<CUDA_ARRAY3D_DESCRIPTOR>) {
        create(place, descriptor.get()?)
    }

    fn cuArrayGetDescriptor_v2(place: Out<CUDA_ARRAY_DESCRIPTOR>, array: CUarray) {
        let CUDA_ARRAY3D_DESCRIPTOR { Width, Height, Format, NumChannels, .. } = ARRAYS.find(array)?.descriptor;
        place.set(CUDA_ARRAY_DESCRIPTOR { Width, Height, Format, NumChannels })
    }

    fn cuArray3DGetDescriptor_v2(place: Out<CUDA_ARRAY3D_DESCRIPTOR>, array: CUarray) {
        place.set(ARRAYS.find(array)?.descriptor)
    }

    fn cuArrayDestroy(array: CUarray) {
        let array = ARRAYS.find(array)?;
        capture::check()?;
        context::find(array.context)?.synchronize()?;
        array.destroy();
        Ok(())
    }

    fn cuMipmappedArrayCreate(place: Out<CUmipmappedArray>, descriptor: In<CUDA_ARRAY3D_DESCRIPTOR>, levels: u32) {
        place.check()?;
        let descriptor = descriptor.get()?;
        let context = context::usable()?;
        capture::check()?;
        place.set(Mipmap::new(descriptor, levels, context.owner())?.handle)
    }

    fn cuMipmappedArrayGetLevel(place: Out<CUarray>, mipmap: CUmipmappedArray, level: u32) {
        let mipmap = MIPMAPS.find(mipmap)?;
        place.set(mipmap.levels.get(level as usize).ok_or(Status::INVALID_VALUE)?.handle)
    }

    fn cuMipmappedArrayDestroy(mipmap: CUmipmappedArray) {
        let mipmap = MIPMAPS.find(mipmap)?;
        capture::check()?;
        context::find(mipmap.context)?.synchronize()?;
        mipmap.destroy();
        Ok(())
    }
}

fn create(place: Out<CUarray>, descriptor: CUDA_ARRAY3D_DESCRIPTOR) -> Result {
    place.check()?;
    let context = context::usable()?;
    capture::check()?;
    place.set(Array::new(descriptor, context.owner())?.handle)
}
