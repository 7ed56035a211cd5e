//! Texture and surface objects.

use std::sync::Arc;

use super::handles::{Handles, fresh};
use crate::cuda::{CUDA_RESOURCE_DESC, CUDA_RESOURCE_VIEW_DESC, CUDA_TEXTURE_DESC};
use crate::engine::texture::{Image, Texture};

pub static TEXTURES: Handles<TextureObject> = Handles::new();
pub static SURFACES: Handles<SurfaceObject> = Handles::new();

/// A texture, and how the program described it.
pub struct TextureObject {
    pub context: usize,
    pub resource: CUDA_RESOURCE_DESC,
    pub description: CUDA_TEXTURE_DESC,
    pub view: Option<CUDA_RESOURCE_VIEW_DESC>,
    pub texture: Arc<Texture>,
}

/// A surface, and how the program described it.
pub struct SurfaceObject {
    pub context: usize,
    pub resource: CUDA_RESOURCE_DESC,
    pub image: Image,
}

impl TextureObject {
    /// Gives it a handle.
    pub fn add(self) -> u64 {
        let handle = fresh();
        TEXTURES.insert(handle, Arc::new(self));
        handle as u64
    }
}

impl SurfaceObject {
    /// Gives it a handle.
    pub fn add(self) -> u64 {
        let handle = fresh();
        SURFACES.insert(handle, Arc::new(self));
        handle as u64
    }
}
