//! Texture and surface objects. References, which CUDA 12 has removed, are refused.
#![allow(non_snake_case, reason = "the header's names")]

use std::sync::Arc;

use super::entry::entries;
use super::values::{In, Out};
use crate::cuda::{
    CUDA_RESOURCE_DESC, CUDA_RESOURCE_VIEW_DESC, CUDA_TEXTURE_DESC, CUsurfObject, CUtexObject, Result, Status,
};
use crate::device::array::{ARRAYS, SURFACE, channel};
use crate::device::mipmap::MIPMAPS;
use crate::device::profile::{TEXTURE_ALIGNMENT, TEXTURE_PITCH_ALIGNMENT};
use crate::device::texture::{SURFACES, SurfaceObject, TEXTURES, TextureObject};
use crate::device::{context, memory};
use crate::engine::texture::{Channel, Image, Mipmaps, Mode, Texture};

/// `CUresourcetype`.
mod resource {
    pub const ARRAY: u32 = 0;
    pub const MIPMAPPED_ARRAY: u32 = 1;
    pub const LINEAR: u32 = 2;
    pub const PITCH_2D: u32 = 3;
}

/// `CU_TRSF_…`
mod flag {
    pub const READ_AS_INTEGER: u32 = 0x01;
    pub const NORMALIZED_COORDINATES: u32 = 0x02;
    pub const DISABLE_TRILINEAR: u32 = 0x20;
    pub const SEAMLESS_CUBEMAP: u32 = 0x40;
    /// Those that change what is read here. Faces of cubes are never interpolated with one another, and sRGB is not known.
    pub const KNOWN: u32 = READ_AS_INTEGER | NORMALIZED_COORDINATES | DISABLE_TRILINEAR | SEAMLESS_CUBEMAP;
}

entries! { checked;
    fn cuTexObjectCreate(
        place: Out<CUtexObject>,
        resource: In<CUDA_RESOURCE_DESC>,
        description: In<CUDA_TEXTURE_DESC>,
        view: In<CUDA_RESOURCE_VIEW_DESC>,
    ) {
        place.check()?;
        let (resource, description) = (resource.get()?, description.get()?);
        let view = if view.is_null() { None } else { Some(view.get()?) };
        let context = context::usable()?.owner().context;
        let texture = Arc::new(texture(&resource, &description, view.as_ref())?);
        place.set(TextureObject { context, resource, description, view, texture }.add())
    }

    fn cuTexObjectDestroy(object: CUtexObject) {
        context::usable()?;
        TEXTURES.remove(object as usize).map(|_| ()).map_err(|_| Status::INVALID_VALUE)
    }

    fn cuTexObjectGetResourceDesc(place: Out<CUDA_RESOURCE_DESC>, object: CUtexObject) {
        place.set(find(object)?.resource)
    }

    fn cuTexObjectGetTextureDesc(place: Out<CUDA_TEXTURE_DESC>, object: CUtexObject) {
        place.set(find(object)?.description)
    }

    fn cuTexObjectGetResourceViewDesc(place: Out<CUDA_RESOURCE_VIEW_DESC>, object: CUtexObject) {
        place.set(find(object)?.view.ok_or(Status::INVALID_VALUE)?)
    }

    fn cuSurfObjectCreate(place: Out<CUsurfObject>, resource: In<CUDA_RESOURCE_DESC>) {
        place.check()?;
        let resource = resource.get()?;
        let context = context::usable()?.owner().context;
        if resource.resType != resource::ARRAY || resource.flags != 0 {
            return Err(Status::INVALID_VALUE);
        }
        let array = ARRAYS.find(resource.res[0] as usize)?;
        if array.descriptor.Flags & SURFACE == 0 {
            return Err(Status::INVALID_VALUE);
        }
        place.set(SurfaceObject { context, resource, image: array.image()? }.add())
    }

    fn cuSurfObjectDestroy(object: CUsurfObject) {
        context::usable()?;
        SURFACES.remove(object as usize).map(|_| ()).map_err(|_| Status::INVALID_VALUE)
    }

    fn cuSurfObjectGetResourceDesc(place: Out<CUDA_RESOURCE_DESC>, object: CUsurfObject) {
        context::usable()?;
        place.set(SURFACES.get(object as usize).ok_or(Status::INVALID_VALUE)?.resource)
    }
}

fn find(object: CUtexObject) -> Result<Arc<TextureObject>> {
    context::usable()?;
    TEXTURES.get(object as usize).ok_or(Status::INVALID_VALUE)
}

/// What a texture of these descriptions reads. Nothing is interpolated that is read as integers.
fn texture(
    resource: &CUDA_RESOURCE_DESC,
    description: &CUDA_TEXTURE_DESC,
    view: Option<&CUDA_RESOURCE_VIEW_DESC>,
) -> Result<Texture> {
    if description.flags & !flag::KNOWN != 0 {
        return Err(Status::NOT_SUPPORTED);
    }
    let mut levels = levels(resource)?;
    let is_array = matches!(resource.resType, resource::ARRAY | resource::MIPMAPPED_ARRAY);
    match view {
        Some(view) if is_array => levels = levels_of(levels, view)?,
        Some(_) => return Err(Status::INVALID_VALUE),
        None => {}
    }
    let mut modes = [Mode::Clamp; 3];
    for (mode, number) in modes.iter_mut().zip(description.addressMode) {
        *mode = match number {
            0 => Mode::Wrap,
            1 => Mode::Clamp,
            2 => Mode::Mirror,
            3 => Mode::Border,
            _ => return Err(Status::INVALID_VALUE),
        };
    }
    let mut texture = Texture {
        levels,
        modes,
        is_linear: is_linear(description.filterMode)?,
        is_normalized: description.flags & flag::NORMALIZED_COORDINATES != 0,
        is_integer: description.flags & flag::READ_AS_INTEGER != 0,
        border: description.borderColor,
        mipmaps: Mipmaps {
            is_linear: is_linear(description.mipmapFilterMode)? && description.flags & flag::DISABLE_TRILINEAR == 0,
            bias: description.mipmapLevelBias,
            clamp: [description.minMipmapLevelClamp, description.maxMipmapLevelClamp],
        },
    };
    if resource.resType == resource::LINEAR {
        // Modes and filters mean nothing there, and beyond its end is 0.
        texture = Texture { modes: [Mode::Border; 3], is_linear: false, border: [0.0; 4], ..texture };
    }
    if texture.is_linear && !texture.gives_floats() {
        return Err(Status::INVALID_VALUE);
    }
    Ok(texture)
}

/// `CUfilter_mode`.
fn is_linear(mode: u32) -> Result<bool> {
    match mode {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(Status::INVALID_VALUE),
    }
}

/// The images that a resource consists of.
fn levels(resource: &CUDA_RESOURCE_DESC) -> Result<Vec<Image>> {
    if resource.flags != 0 {
        return Err(Status::INVALID_VALUE);
    }
    let [first, formats, third, fourth, fifth, ..] = resource.res;
    match resource.resType {
        resource::ARRAY => Ok(vec![ARRAYS.find(first as usize)?.image()?]),
        resource::MIPMAPPED_ARRAY => MIPMAPS.find(first as usize)?.levels.iter().map(|array| array.image()).collect(),
        resource::LINEAR => {
            let (channel, channels) = format(formats)?;
            let count = third / u64::from(channel.bytes() * channels);
            let width = u32::try_from(count).ok().filter(|count| *count > 0).ok_or(Status::INVALID_VALUE)?;
            linear(first, [width, 1], third, channel, channels)
        }
        resource::PITCH_2D => {
            let (channel, channels) = format(formats)?;
            let extent = [third, fourth].map(|size| u32::try_from(size).ok().filter(|size| *size > 0));
            let [Some(width), Some(height)] = extent else { return Err(Status::INVALID_VALUE) };
            let row = u64::from(width) * u64::from(channel.bytes() * channels);
            if fifth < row || !fifth.is_multiple_of(TEXTURE_PITCH_ALIGNMENT) {
                return Err(Status::INVALID_VALUE);
            }
            linear(first, [width, height], fifth, channel, channels)
        }
        _ => Err(Status::INVALID_VALUE),
    }
}

/// Rows of device memory.
fn linear(base: u64, [width, height]: [u32; 2], pitch: u64, channel: Channel, channels: u32) -> Result<Vec<Image>> {
    let image = Image { base, pitch, slice: 0, extent: [width, height, 1], layers: 1, channel, channels };
    let size = pitch.checked_mul(u64::from(height) - 1);
    let size = size.and_then(|size| size.checked_add(u64::from(width) * image.element()));
    if !base.is_multiple_of(TEXTURE_ALIGNMENT) {
        return Err(Status::INVALID_VALUE);
    }
    memory::check(base, size.ok_or(Status::INVALID_VALUE)? as usize)?;
    Ok(vec![image])
}

/// A format, and behind it the number of channels.
fn format(both: u64) -> Result<(Channel, u32)> {
    match (both >> 32) as u32 {
        channels @ (1 | 2 | 4) => Ok((channel(both as u32)?, channels)),
        _ => Err(Status::INVALID_VALUE),
    }
}

/// The levels of a view, with its layers and its format.
fn levels_of(levels: Vec<Image>, view: &CUDA_RESOURCE_VIEW_DESC) -> Result<Vec<Image>> {
    let (first, last) = (view.firstMipmapLevel as usize, view.lastMipmapLevel as usize);
    let levels = levels.get(first..=last).filter(|levels| !levels.is_empty()).ok_or(Status::INVALID_VALUE)?;
    let see = |image: &Image| {
        let (channel, channels) = seen(view.format, image)?;
        let layers = view.lastLayer.checked_sub(view.firstLayer).map(|more| more + 1);
        let layers = layers.filter(|_| view.lastLayer < image.layers).ok_or(Status::INVALID_VALUE)?;
        let base = image.base + u64::from(view.firstLayer) * image.slice;
        Ok(Image { base, layers, channel, channels, ..*image })
    };
    levels.iter().map(see).collect()
}

/// The format of a view (`CUresourceViewFormat`), whose elements are as large as the image's.
fn seen(format: u32, image: &Image) -> Result<(Channel, u32)> {
    const CHANNELS: [Channel; 8] = [
        Channel::U8,
        Channel::S8,
        Channel::U16,
        Channel::S16,
        Channel::U32,
        Channel::S32,
        Channel::Half,
        Channel::Float,
    ];
    let Some(number) = format.checked_sub(1) else { return Ok((image.channel, image.channels)) };
    let channel = *CHANNELS.get(number as usize / 3).ok_or(Status::INVALID_VALUE)?;
    let channels = [1, 2, 4][number as usize % 3];
    let is_as_large = u64::from(channel.bytes() * channels) == image.element();
    if is_as_large { Ok((channel, channels)) } else { Err(Status::INVALID_VALUE) }
}
