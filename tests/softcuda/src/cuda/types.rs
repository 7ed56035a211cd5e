//! Handles and structs of `cuda.h` 13.0. Handles are numbers that only the registries know; they are never followed.
#![allow(non_camel_case_types, non_snake_case, reason = "the header's names")]

use std::ffi::c_void;

pub type CUdevice = i32;
pub type CUdeviceptr = u64;
pub type CUcontext = usize;
pub type CUmodule = usize;
pub type CUlibrary = usize;
pub type CUfunction = usize;
pub type CUkernel = usize;
pub type CUstream = usize;
pub type CUevent = usize;
pub type CUarray = usize;
pub type CUmipmappedArray = usize;
pub type CUtexObject = u64;
pub type CUsurfObject = u64;
pub type CUgraph = usize;
pub type CUgraphNode = usize;
pub type CUgraphExec = usize;
pub type CUlinkState = usize;
pub type CUmemoryPool = usize;
pub type CUmemGenericAllocationHandle = u64;

/// `CU_STREAM_LEGACY` and `CU_STREAM_PER_THREAD`.
pub const STREAM_LEGACY: CUstream = 1;
pub const STREAM_PER_THREAD: CUstream = 2;

/// A host function in stream order (`CUhostFn`).
pub type CUhostFn = unsafe extern "C" fn(*mut c_void);
/// A stream callback (`CUstreamCallback`).
pub type CUstreamCallback = unsafe extern "C" fn(CUstream, u32, *mut c_void);

#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CUuuid {
    pub bytes: [u8; 16],
}

/// `CUmemorytype`.
pub mod memory_type {
    pub const HOST: u32 = 1;
    pub const DEVICE: u32 = 2;
    pub const ARRAY: u32 = 3;
    pub const UNIFIED: u32 = 4;
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct CUDA_MEMCPY2D {
    pub srcXInBytes: usize,
    pub srcY: usize,
    pub srcMemoryType: u32,
    pub srcHost: usize,
    pub srcDevice: CUdeviceptr,
    pub srcArray: CUarray,
    pub srcPitch: usize,
    pub dstXInBytes: usize,
    pub dstY: usize,
    pub dstMemoryType: u32,
    pub dstHost: usize,
    pub dstDevice: CUdeviceptr,
    pub dstArray: CUarray,
    pub dstPitch: usize,
    pub WidthInBytes: usize,
    pub Height: usize,
}

/// One side of [`CUDA_MEMCPY3D`]. The context is reserved there and has a meaning in `CUDA_MEMCPY3D_PEER`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct CopySide {
    pub xInBytes: usize,
    pub y: usize,
    pub z: usize,
    pub lod: usize,
    pub memoryType: u32,
    pub host: usize,
    pub device: CUdeviceptr,
    pub array: CUarray,
    pub context: CUcontext,
    pub pitch: usize,
    pub height: usize,
}

/// `CUDA_MEMCPY3D` and `CUDA_MEMCPY3D_PEER`, which are laid out alike.
#[repr(C)]
#[derive(Clone, Copy, Default)]
pub struct CUDA_MEMCPY3D {
    pub src: CopySide,
    pub dst: CopySide,
    pub WidthInBytes: usize,
    pub Height: usize,
    pub Depth: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUDA_ARRAY_DESCRIPTOR {
    pub Width: usize,
    pub Height: usize,
    pub Format: u32,
    pub NumChannels: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct CUDA_ARRAY3D_DESCRIPTOR {
    pub Width: usize,
    pub Height: usize,
    pub Depth: usize,
    pub Format: u32,
    pub NumChannels: u32,
    pub Flags: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUDA_KERNEL_NODE_PARAMS_v1 {
    pub func: CUfunction,
    pub grid: [u32; 3],
    pub block: [u32; 3],
    pub sharedMemBytes: u32,
    pub kernelParams: *const *const c_void,
    pub extra: *const *const c_void,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUDA_KERNEL_NODE_PARAMS {
    pub v1: CUDA_KERNEL_NODE_PARAMS_v1,
    pub kern: CUkernel,
    pub ctx: CUcontext,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CUDA_MEMSET_NODE_PARAMS {
    pub dst: CUdeviceptr,
    pub pitch: usize,
    pub value: u32,
    pub elementSize: u32,
    pub width: usize,
    pub height: usize,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUDA_HOST_NODE_PARAMS {
    pub function: Option<CUhostFn>,
    pub userData: *mut c_void,
}

#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct CUmemLocation {
    pub kind: u32,
    pub id: i32,
}

/// `CUmemLocationType`.
pub mod location_type {
    pub const DEVICE: u32 = 1;
    pub const HOST: u32 = 2;
    pub const HOST_NUMA: u32 = 3;
    pub const HOST_NUMA_CURRENT: u32 = 4;
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUmemAccessDesc {
    pub location: CUmemLocation,
    pub flags: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUmemPoolProps {
    pub allocType: u32,
    pub handleTypes: u32,
    pub location: CUmemLocation,
    pub win32SecurityAttributes: usize,
    pub maxSize: usize,
    pub usage: u16,
    pub reserved: [u8; 54],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUmemAllocationProp {
    pub kind: u32,
    pub requestedHandleTypes: u32,
    pub location: CUmemLocation,
    pub win32HandleMetaData: usize,
    pub compressionType: u8,
    pub gpuDirectRDMACapable: u8,
    pub usage: u16,
    pub reserved: [u8; 4],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUDA_MEM_ALLOC_NODE_PARAMS {
    pub poolProps: CUmemPoolProps,
    pub accessDescs: *const CUmemAccessDesc,
    pub accessDescCount: usize,
    pub bytesize: usize,
    pub dptr: CUdeviceptr,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUlaunchAttribute {
    pub id: u32,
    pub pad: [u8; 4],
    pub value: [u64; 8],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUlaunchConfig {
    pub grid: [u32; 3],
    pub block: [u32; 3],
    pub sharedMemBytes: u32,
    pub hStream: CUstream,
    pub attrs: *const CUlaunchAttribute,
    pub numAttrs: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUgraphEdgeData {
    pub from_port: u8,
    pub to_port: u8,
    pub kind: u8,
    pub reserved: [u8; 5],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUgraphExecUpdateResultInfo {
    pub result: u32,
    pub errorNode: CUgraphNode,
    pub errorFromNode: CUgraphNode,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUDA_GRAPH_INSTANTIATE_PARAMS {
    pub flags: u64,
    pub hUploadStream: CUstream,
    pub hErrNode_out: CUgraphNode,
    pub result_out: u32,
}

/// `CUgraphNodeParams`: the kind, and the parameters of that kind in 232 bytes.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUgraphNodeParams {
    pub kind: u32,
    pub reserved0: [i32; 3],
    pub value: [u64; 29],
    pub reserved2: u64,
}

/// `CUstreamBatchMemOpParams`: 48 bytes of which the first number is the kind.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUstreamBatchMemOpParams {
    pub operation: u32,
    pub address: CUdeviceptr,
    pub value: u64,
    pub flags: u32,
    pub alias: CUdeviceptr,
    pub rest: u64,
}

/// What a texture or a surface is of. The union holds, by the type: the handle of an array or a mipmapped array; the address, the
/// format with the number of channels behind it, and the size in bytes; or width, height and pitch in its place.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUDA_RESOURCE_DESC {
    pub resType: u32,
    pub res: [u64; 16],
    pub flags: u32,
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUDA_TEXTURE_DESC {
    pub addressMode: [u32; 3],
    pub filterMode: u32,
    pub flags: u32,
    pub maxAnisotropy: u32,
    pub mipmapFilterMode: u32,
    pub mipmapLevelBias: f32,
    pub minMipmapLevelClamp: f32,
    pub maxMipmapLevelClamp: f32,
    pub borderColor: [f32; 4],
    pub reserved: [i32; 12],
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct CUDA_RESOURCE_VIEW_DESC {
    pub format: u32,
    pub width: usize,
    pub height: usize,
    pub depth: usize,
    pub firstMipmapLevel: u32,
    pub lastMipmapLevel: u32,
    pub firstLayer: u32,
    pub lastLayer: u32,
    pub reserved: [u32; 16],
}

#[cfg(test)]
mod tests {
    use std::mem::{offset_of, size_of};

    use super::*;

    /// What a C compiler says of `cuda.h` 13.0 on x86-64.
    #[test]
    fn structs_are_laid_out_as_in_the_header() {
        let sizes = [
            (size_of::<CUDA_MEMCPY2D>(), 128),
            (size_of::<CUDA_MEMCPY3D>(), 200),
            (size_of::<CUDA_ARRAY_DESCRIPTOR>(), 24),
            (size_of::<CUDA_ARRAY3D_DESCRIPTOR>(), 40),
            (size_of::<CUDA_KERNEL_NODE_PARAMS_v1>(), 56),
            (size_of::<CUDA_KERNEL_NODE_PARAMS>(), 72),
            (size_of::<CUDA_MEMSET_NODE_PARAMS>(), 40),
            (size_of::<CUDA_HOST_NODE_PARAMS>(), 16),
            (size_of::<CUmemAccessDesc>(), 12),
            (size_of::<CUmemPoolProps>(), 88),
            (size_of::<CUmemAllocationProp>(), 32),
            (size_of::<CUDA_MEM_ALLOC_NODE_PARAMS>(), 120),
            (size_of::<CUlaunchAttribute>(), 72),
            (size_of::<CUlaunchConfig>(), 56),
            (size_of::<CUgraphEdgeData>(), 8),
            (size_of::<CUgraphExecUpdateResultInfo>(), 24),
            (size_of::<CUDA_GRAPH_INSTANTIATE_PARAMS>(), 32),
            (size_of::<CUgraphNodeParams>(), 256),
            (size_of::<CUstreamBatchMemOpParams>(), 48),
            (size_of::<CUDA_RESOURCE_DESC>(), 144),
            (size_of::<CUDA_TEXTURE_DESC>(), 104),
            (size_of::<CUDA_RESOURCE_VIEW_DESC>(), 112),
            (offset_of!(CUDA_MEMCPY3D, dst), 88),
            (offset_of!(CUDA_MEMCPY3D, src.pitch), 72),
            (offset_of!(CUlaunchConfig, hStream), 32),
            (offset_of!(CUmemPoolProps, maxSize), 24),
            (offset_of!(CUstreamBatchMemOpParams, flags), 24),
        ];
        for (number, (ours, header)) in sizes.iter().enumerate() {
            assert_eq!(ours, header, "row {number}");
        }
    }
}
