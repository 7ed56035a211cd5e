//! CUDA's driver API, of `cuda.h` 13.0.
//!
//! A pointer or handle that may be null is `Option`, also where the documentation calls null an error: the driver handles it.
//! `CUdeviceptr` and what else is a number is the driver's own: each program has a worker of its own.

#![api(cuda = 4)]
#![library("libcuda.so.1")]
#![install("with NVIDIA's driver, from nvidia.com or the distribution")]
#![define("__CUDA_API_VERSION_INTERNAL=1")]
#![header("cuda.h")]
#![lost(CUDA_ERROR_DEVICE_UNAVAILABLE)]
#![exhausted(CUDA_ERROR_OUT_OF_MEMORY)]
#![forked(CUDA_ERROR_NOT_INITIALIZED)]
#![inside(CUDA_ERROR_NOT_PERMITTED)]
#![lasting(46, 214, 220, 226, 700, 702, 709, 710, 714, 715, 716, 717, 718, 719, 721, 999)]
#![environment("CUDA_*", "NVIDIA_*", "AVA_SOFTCUDA_*")]
#![sandbox(device("/dev/nvidia*"), read("/proc/driver/nvidia", "/sys/bus/pci/devices"))]

#[status(ok = 0)]
type CUresult = c_uint;
types! {
    u32: cuuint32_t;
    u64: cuuint64_t, CUgraphConditionalHandle;
    c_ulonglong: CUdeviceptr, CUtexObject, CUsurfObject, CUmemGenericAllocationHandle;
    c_int: CUdevice, CUshared_carveout;
    c_uint: CUipcMem_flags, CUmemAttach_flags, CUctx_flags, CUevent_sched_flags, cl_event_flags, cl_context_flags,
        CUstream_flags, CUevent_flags, CUevent_record_flags, CUevent_wait_flags, CUstreamWaitValue_flags,
        CUstreamWriteValue_flags, CUstreamBatchMemOpType, CUstreamMemoryBarrier_flags, CUoccupancy_flags,
        CUstreamUpdateCaptureDependencies_flags, CUasyncNotificationType, CUarray_format, CUaddress_mode, CUfilter_mode,
        CUdevice_attribute, CUpointer_attribute, CUfunction_attribute, CUfunc_cache, CUsharedconfig, CUmemorytype,
        CUcomputemode, CUmem_advise, CUmem_range_attribute, CUjit_option, CUjit_target, CUjit_fallback, CUjit_cacheMode,
        CUjitInputType, CUgraphicsRegisterFlags, CUgraphicsMapResourceFlags, CUarray_cubemap_face, CUlimit,
        CUresourcetype, CUaccessProperty, CUgraphConditionalNodeType, CUgraphNodeType, CUgraphDependencyType,
        CUgraphInstantiateResult, CUsynchronizationPolicy, CUclusterSchedulingPolicy, CUlaunchMemSyncDomain,
        CUlaunchAttributeID, CUkernelNodeAttrID, CUstreamCaptureStatus, CUstreamCaptureMode, CUstreamAttrID,
        CUdriverProcAddress_flags, CUdriverProcAddressQueryResult, CUexecAffinityType, CUcigDataType, CUlibraryOption,
        CUdevice_P2PAttribute, CUatomicOperation, CUatomicOperationCapability, CUresourceViewFormat,
        CUtensorMapDataType, CUtensorMapInterleave, CUtensorMapSwizzle, CUtensorMapL2promotion, CUtensorMapFloatOOBfill,
        CUtensorMapIm2ColWideMode, CUDA_POINTER_ATTRIBUTE_ACCESS_FLAGS, CUexternalMemoryHandleType,
        CUexternalSemaphoreHandleType, CUmemAllocationHandleType, CUmemAccess_flags, CUmemLocationType,
        CUmemAllocationType, CUmemAllocationGranularity_flags, CUmemRangeHandleType, CUmemRangeFlags,
        CUarraySparseSubresourceType, CUmemOperationType, CUmemHandleType, CUmemAllocationCompType,
        CUmulticastGranularity_flags, CUgraphExecUpdateResult, CUmemPool_attribute, CUmemcpyFlags,
        CUmemcpySrcAccessOrder, CUmemcpy3DOperandType, CUgraphMem_attribute, CUgraphChildGraphNodeOwnership,
        CUflushGPUDirectRDMAWritesOptions, CUGPUDirectRDMAWritesOrdering, CUflushGPUDirectRDMAWritesScope,
        CUflushGPUDirectRDMAWritesTarget, CUgraphDebugDot_flags, CUuserObject_flags, CUuserObjectRetain_flags,
        CUgraphInstantiate_flags, CUdeviceNumaConfig, CUprocessState, CUmoduleLoadingMode, CUmemDecompressAlgorithm,
        CUfunctionLoadingState, CUcoredumpSettings, CUCoredumpGenerationFlags, CUgreenCtxCreate_flags,
        CUdevSmResourceSplit_flags, CUdevResourceType, CUlogLevel, CUlogIterator, CUdeviceptr_v1;
}

#[handle(release = cuCtxDestroy_v2, invalid = CUDA_ERROR_INVALID_CONTEXT)]
type CUcontext = Handle;
#[handle(release = cuModuleUnload, invalid = CUDA_ERROR_INVALID_HANDLE, within = CUlibrary)]
type CUmodule = Handle;
#[handle(invalid = CUDA_ERROR_INVALID_HANDLE, within = [CUkernel, CUmodule], also = CUkernel)]
type CUfunction = Handle;
#[handle(release = cuLibraryUnload, invalid = CUDA_ERROR_INVALID_HANDLE)]
type CUlibrary = Handle;
#[handle(invalid = CUDA_ERROR_INVALID_HANDLE, within = CUlibrary)]
type CUkernel = Handle;
#[handle(release = cuArrayDestroy, invalid = CUDA_ERROR_INVALID_HANDLE)]
type CUarray = Handle;
#[handle(release = cuMipmappedArrayDestroy, invalid = CUDA_ERROR_INVALID_HANDLE)]
type CUmipmappedArray = Handle;
#[handle(release = cuTexRefDestroy, invalid = CUDA_ERROR_INVALID_HANDLE)]
type CUtexref = Handle;
#[handle(invalid = CUDA_ERROR_INVALID_HANDLE, within = CUmodule)]
type CUsurfref = Handle;
#[handle(release = cuEventDestroy_v2, invalid = CUDA_ERROR_INVALID_HANDLE)]
type CUevent = Handle;
#[handle(release = cuStreamDestroy_v2, invalid = CUDA_ERROR_INVALID_HANDLE, plain = 2)]
type CUstream = Handle;
#[handle(release = cuGraphDestroy, invalid = CUDA_ERROR_INVALID_HANDLE)]
type CUgraph = Handle;
#[handle(release = cuGraphDestroyNode, invalid = CUDA_ERROR_INVALID_HANDLE, within = CUgraph)]
type CUgraphNode = Handle;
#[handle(release = cuGraphExecDestroy, invalid = CUDA_ERROR_INVALID_HANDLE)]
type CUgraphExec = Handle;
#[handle(release = cuMemPoolDestroy, invalid = CUDA_ERROR_INVALID_HANDLE)]
type CUmemoryPool = Handle;
#[handle(invalid = CUDA_ERROR_INVALID_HANDLE)]
type CUuserObject = Handle;
#[handle(release = cuLinkDestroy, invalid = CUDA_ERROR_INVALID_HANDLE)]
type CUlinkState = Handle;

types! {
    Opaque: CUtensorMap, CUDA_EXTERNAL_MEMORY_HANDLE_DESC_v1,
        CUDA_EXTERNAL_SEMAPHORE_HANDLE_DESC_v1, CUDA_EXTERNAL_SEMAPHORE_SIGNAL_PARAMS_v1,
        CUDA_EXTERNAL_SEMAPHORE_WAIT_PARAMS_v1, CUarrayMapInfo_v1, CUDA_MEMCPY3D_BATCH_OP_v1, CUgraphNodeParams,
        CUcheckpointRestoreArgs, CUdevResource_v1;
}

types! {
    *mut c_void: CUgraphicsResource, CUexternalMemory, CUexternalSemaphore, CUasyncCallbackHandle, CUgreenCtx,
        CUdevResourceDesc, CUlogsCallbackHandle;
}

consts! {
    CUresult: CUDA_ERROR_INVALID_VALUE = 1, CUDA_ERROR_OUT_OF_MEMORY = 2, CUDA_ERROR_NOT_INITIALIZED = 3,
        CUDA_ERROR_DEVICE_UNAVAILABLE = 46, CUDA_ERROR_NO_DEVICE = 100, CUDA_ERROR_INVALID_IMAGE = 200,
        CUDA_ERROR_INVALID_CONTEXT = 201, CUDA_ERROR_FILE_NOT_FOUND = 301, CUDA_ERROR_INVALID_HANDLE = 400,
        CUDA_ERROR_NOT_FOUND = 500, CUDA_ERROR_NOT_READY = 600, CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED = 712,
        CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED = 713, CUDA_ERROR_NOT_PERMITTED = 800, CUDA_ERROR_NOT_SUPPORTED = 801,
        CUDA_ERROR_STREAM_CAPTURE_INVALIDATED = 901, CUDA_ERROR_UNKNOWN = 999;
    CUmemAllocationHandleType: CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR = 1;
    CUmemRangeHandleType: CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD = 1;
}

struct CUuuid {
    bytes: [c_char; 16],
}

struct CUipcEventHandle_v1 {
    reserved: [c_char; 64],
}

struct CUipcMemHandle_v1 {
    reserved: [c_char; 64],
}

struct CUDA_BATCH_MEM_OP_NODE_PARAMS_v1 {
    ctx: Option<CUcontext>,
    count: c_uint,
    paramArray: *mut c_void,
    flags: c_uint,
}

struct CUstreamBatchMemOpParams_v1 {
    pad: [cuuint64_t; 6],
}

struct CUasyncNotificationInfo {
    r#type: CUasyncNotificationType,
    info: [u64; 1],
}

struct CUdevprop_v1 {
    maxThreadsPerBlock: c_int,
    maxThreadsDim: [c_int; 3],
    maxGridSize: [c_int; 3],
    sharedMemPerBlock: c_int,
    totalConstantMemory: c_int,
    SIMDWidth: c_int,
    memPitch: c_int,
    regsPerBlock: c_int,
    clockRate: c_int,
    textureAlign: c_int,
}

struct CUDA_KERNEL_NODE_PARAMS_v1 {
    func: Option<CUfunction>,
    gridDimX: c_uint,
    gridDimY: c_uint,
    gridDimZ: c_uint,
    blockDimX: c_uint,
    blockDimY: c_uint,
    blockDimZ: c_uint,
    sharedMemBytes: c_uint,
    kernelParams: *mut c_void,
    extra: *mut c_void,
}

struct CUDA_KERNEL_NODE_PARAMS_v2 {
    func: Option<CUfunction>,
    gridDimX: c_uint,
    gridDimY: c_uint,
    gridDimZ: c_uint,
    blockDimX: c_uint,
    blockDimY: c_uint,
    blockDimZ: c_uint,
    sharedMemBytes: c_uint,
    kernelParams: *mut c_void,
    extra: *mut c_void,
    kern: Option<CUkernel>,
    ctx: Option<CUcontext>,
}

struct CUDA_MEMSET_NODE_PARAMS_v1 {
    dst: CUdeviceptr,
    pitch: usize,
    value: c_uint,
    elementSize: c_uint,
    width: usize,
    height: usize,
}

struct CUDA_HOST_NODE_PARAMS_v1 {
    r#fn: *mut c_void,
    userData: *mut c_void,
}

struct CUgraphEdgeData {
    from_port: c_uchar,
    to_port: c_uchar,
    r#type: c_uchar,
    reserved: [c_uchar; 5],
}

struct CUDA_GRAPH_INSTANTIATE_PARAMS {
    flags: cuuint64_t,
    hUploadStream: Option<CUstream>,
    hErrNode_out: Option<CUgraphNode>,
    result_out: CUgraphInstantiateResult,
}

struct CUlaunchConfig {
    gridDimX: c_uint,
    gridDimY: c_uint,
    gridDimZ: c_uint,
    blockDimX: c_uint,
    blockDimY: c_uint,
    blockDimZ: c_uint,
    sharedMemBytes: c_uint,
    hStream: Option<CUstream>,
    attrs: *mut c_void,
    numAttrs: c_uint,
}

keys! {
    /// Numbers. What names events or returns handles of nodes is refused.
    #[tag(attr, otherwise = CUDA_ERROR_NOT_SUPPORTED)]
    enum KernelNodeAttribute: CUlaunchAttributeID {
        [u64]: CU_LAUNCH_ATTRIBUTE_IGNORE = 0, CU_LAUNCH_ATTRIBUTE_ACCESS_POLICY_WINDOW = 1, CU_LAUNCH_ATTRIBUTE_COOPERATIVE = 2,
            CU_LAUNCH_ATTRIBUTE_SYNCHRONIZATION_POLICY = 3, CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION = 4,
            CU_LAUNCH_ATTRIBUTE_CLUSTER_SCHEDULING_POLICY_PREFERENCE = 5,
            CU_LAUNCH_ATTRIBUTE_PROGRAMMATIC_STREAM_SERIALIZATION = 6, CU_LAUNCH_ATTRIBUTE_PRIORITY = 8,
            CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN_MAP = 9, CU_LAUNCH_ATTRIBUTE_MEM_SYNC_DOMAIN = 10,
            CU_LAUNCH_ATTRIBUTE_PREFERRED_CLUSTER_DIMENSION = 11, CU_LAUNCH_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT = 14;
    }
}

struct CUexecAffinityParam_v1 {
    r#type: CUexecAffinityType,
    param: [u32; 1],
}

struct CUctxCreateParams {
    execAffinityParams: Option<&[CUexecAffinityParam_v1; numExecAffinityParams]>,
    numExecAffinityParams: c_int,
    cigParams: *mut c_void,
}

struct CUDA_MEMCPY2D_v2 {
    srcXInBytes: usize,
    srcY: usize,
    srcMemoryType: CUmemorytype,
    srcHost: *mut c_void,
    srcDevice: CUdeviceptr,
    srcArray: Option<CUarray>,
    srcPitch: usize,
    dstXInBytes: usize,
    dstY: usize,
    dstMemoryType: CUmemorytype,
    dstHost: *mut c_void,
    dstDevice: CUdeviceptr,
    dstArray: Option<CUarray>,
    dstPitch: usize,
    WidthInBytes: usize,
    Height: usize,
}

struct CUDA_MEMCPY3D_v2 {
    srcXInBytes: usize,
    srcY: usize,
    srcZ: usize,
    srcLOD: usize,
    srcMemoryType: CUmemorytype,
    srcHost: *mut c_void,
    srcDevice: CUdeviceptr,
    srcArray: Option<CUarray>,
    reserved0: *mut c_void,
    srcPitch: usize,
    srcHeight: usize,
    dstXInBytes: usize,
    dstY: usize,
    dstZ: usize,
    dstLOD: usize,
    dstMemoryType: CUmemorytype,
    dstHost: *mut c_void,
    dstDevice: CUdeviceptr,
    dstArray: Option<CUarray>,
    reserved1: *mut c_void,
    dstPitch: usize,
    dstHeight: usize,
    WidthInBytes: usize,
    Height: usize,
    Depth: usize,
}

struct CUDA_MEMCPY3D_PEER_v1 {
    srcXInBytes: usize,
    srcY: usize,
    srcZ: usize,
    srcLOD: usize,
    srcMemoryType: CUmemorytype,
    srcHost: *mut c_void,
    srcDevice: CUdeviceptr,
    srcArray: Option<CUarray>,
    srcContext: Option<CUcontext>,
    srcPitch: usize,
    srcHeight: usize,
    dstXInBytes: usize,
    dstY: usize,
    dstZ: usize,
    dstLOD: usize,
    dstMemoryType: CUmemorytype,
    dstHost: *mut c_void,
    dstDevice: CUdeviceptr,
    dstArray: Option<CUarray>,
    dstContext: Option<CUcontext>,
    dstPitch: usize,
    dstHeight: usize,
    WidthInBytes: usize,
    Height: usize,
    Depth: usize,
}

struct CUDA_ARRAY_DESCRIPTOR_v2 {
    Width: usize,
    Height: usize,
    Format: CUarray_format,
    NumChannels: c_uint,
}

struct CUDA_ARRAY3D_DESCRIPTOR_v2 {
    Width: usize,
    Height: usize,
    Depth: usize,
    Format: CUarray_format,
    NumChannels: c_uint,
    Flags: c_uint,
}

struct CUDA_ARRAY_SPARSE_PROPERTIES_v1 {
    tileExtent: [u32; 3],
    miptailFirstLevel: c_uint,
    miptailSize: c_ulonglong,
    flags: c_uint,
    reserved: [c_uint; 4],
}

struct CUDA_ARRAY_MEMORY_REQUIREMENTS_v1 {
    size: usize,
    alignment: usize,
    reserved: [c_uint; 4],
}

struct CUDA_RESOURCE_DESC_v1 {
    resType: CUresourcetype,
    res: [Resource; 128],
    flags: c_uint,
}

keys! {
    /// Device memory is the driver's own: its address, format and extents are numbers.
    #[tag(resType)]
    enum Resource: CUresourcetype {
        CUarray: CU_RESOURCE_TYPE_ARRAY = 0;
        CUmipmappedArray: CU_RESOURCE_TYPE_MIPMAPPED_ARRAY = 1;
        [u64]: CU_RESOURCE_TYPE_LINEAR = 2, CU_RESOURCE_TYPE_PITCH2D = 3;
    }
}

struct CUDA_TEXTURE_DESC_v1 {
    addressMode: [CUaddress_mode; 3],
    filterMode: CUfilter_mode,
    flags: c_uint,
    maxAnisotropy: c_uint,
    mipmapFilterMode: CUfilter_mode,
    mipmapLevelBias: f32,
    minMipmapLevelClamp: f32,
    maxMipmapLevelClamp: f32,
    borderColor: [f32; 4],
    reserved: [c_int; 12],
}

struct CUDA_RESOURCE_VIEW_DESC_v1 {
    format: CUresourceViewFormat,
    width: usize,
    height: usize,
    depth: usize,
    firstMipmapLevel: c_uint,
    lastMipmapLevel: c_uint,
    firstLayer: c_uint,
    lastLayer: c_uint,
    reserved: [c_uint; 16],
}

struct CUDA_LAUNCH_PARAMS_v1 {
    function: Option<CUfunction>,
    gridDimX: c_uint,
    gridDimY: c_uint,
    gridDimZ: c_uint,
    blockDimX: c_uint,
    blockDimY: c_uint,
    blockDimZ: c_uint,
    sharedMemBytes: c_uint,
    hStream: Option<CUstream>,
    kernelParams: *mut c_void,
}

struct CUDA_EXTERNAL_MEMORY_BUFFER_DESC_v1 {
    offset: c_ulonglong,
    size: c_ulonglong,
    flags: c_uint,
    reserved: [c_uint; 16],
}

struct CUDA_EXTERNAL_MEMORY_MIPMAPPED_ARRAY_DESC_v1 {
    offset: c_ulonglong,
    arrayDesc: CUDA_ARRAY3D_DESCRIPTOR_v2,
    numLevels: c_uint,
    reserved: [c_uint; 16],
}

struct CUDA_EXT_SEM_SIGNAL_NODE_PARAMS_v1 {
    extSemArray: *mut c_void,
    paramsArray: *mut c_void,
    numExtSems: c_uint,
}

struct CUDA_EXT_SEM_WAIT_NODE_PARAMS_v1 {
    extSemArray: *mut c_void,
    paramsArray: *mut c_void,
    numExtSems: c_uint,
}

struct CUmemLocation_v1 {
    r#type: CUmemLocationType,
    id: c_int,
}

struct CUmemAllocationProp_v1 {
    r#type: CUmemAllocationType,
    requestedHandleTypes: CUmemAllocationHandleType,
    location: CUmemLocation_v1,
    /// Of Windows: an address that no driver for Linux follows.
    win32HandleMetaData: usize,
    allocFlags: [u16; 4],
}

struct CUmulticastObjectProp_v1 {
    numDevices: c_uint,
    size: usize,
    handleTypes: c_ulonglong,
    flags: c_ulonglong,
}

struct CUmemAccessDesc_v1 {
    location: CUmemLocation_v1,
    flags: CUmemAccess_flags,
}

struct CUgraphExecUpdateResultInfo_v1 {
    result: CUgraphExecUpdateResult,
    errorNode: Option<CUgraphNode>,
    errorFromNode: Option<CUgraphNode>,
}

struct CUmemPoolProps_v1 {
    allocType: CUmemAllocationType,
    handleTypes: CUmemAllocationHandleType,
    location: CUmemLocation_v1,
    /// Of Windows, too.
    win32SecurityAttributes: usize,
    maxSize: usize,
    usage: c_ushort,
    reserved: [c_uchar; 54],
}

struct CUmemPoolPtrExportData_v1 {
    reserved: [c_uchar; 64],
}

struct CUmemcpyAttributes_v1 {
    srcAccessOrder: CUmemcpySrcAccessOrder,
    srcLocHint: CUmemLocation_v1,
    dstLocHint: CUmemLocation_v1,
    flags: c_uint,
}

struct CUDA_MEM_ALLOC_NODE_PARAMS_v1 {
    poolProps: CUmemPoolProps_v1,
    accessDescs: Option<&[CUmemAccessDesc_v1; accessDescCount]>,
    accessDescCount: usize,
    bytesize: usize,
    dptr: CUdeviceptr,
}

struct CUcheckpointLockArgs {
    timeoutMs: c_uint,
    reserved0: c_uint,
    reserved1: [cuuint64_t; 7],
}

struct CUcheckpointCheckpointArgs {
    reserved: [cuuint64_t; 8],
}

struct CUcheckpointUnlockArgs {
    reserved: [cuuint64_t; 8],
}

struct CUmemDecompressParams {
    srcNumBytes: usize,
    dstNumBytes: usize,
    dstActBytes: *mut c_void,
    src: Option<&[c_void; srcNumBytes]>,
    dst: Option<&[c_void; dstNumBytes]>,
    algo: CUmemDecompressAlgorithm,
    padding: [c_uchar; 20],
}

struct CUDA_MEMCPY2D_v1 {
    srcXInBytes: c_uint,
    srcY: c_uint,
    srcMemoryType: CUmemorytype,
    srcHost: *mut c_void,
    srcDevice: CUdeviceptr_v1,
    srcArray: Option<CUarray>,
    srcPitch: c_uint,
    dstXInBytes: c_uint,
    dstY: c_uint,
    dstMemoryType: CUmemorytype,
    dstHost: *mut c_void,
    dstDevice: CUdeviceptr_v1,
    dstArray: Option<CUarray>,
    dstPitch: c_uint,
    WidthInBytes: c_uint,
    Height: c_uint,
}

struct CUDA_MEMCPY3D_v1 {
    srcXInBytes: c_uint,
    srcY: c_uint,
    srcZ: c_uint,
    srcLOD: c_uint,
    srcMemoryType: CUmemorytype,
    srcHost: *mut c_void,
    srcDevice: CUdeviceptr_v1,
    srcArray: Option<CUarray>,
    reserved0: *mut c_void,
    srcPitch: c_uint,
    srcHeight: c_uint,
    dstXInBytes: c_uint,
    dstY: c_uint,
    dstZ: c_uint,
    dstLOD: c_uint,
    dstMemoryType: CUmemorytype,
    dstHost: *mut c_void,
    dstDevice: CUdeviceptr_v1,
    dstArray: Option<CUarray>,
    reserved1: *mut c_void,
    dstPitch: c_uint,
    dstHeight: c_uint,
    WidthInBytes: c_uint,
    Height: c_uint,
    Depth: c_uint,
}

struct CUDA_ARRAY_DESCRIPTOR_v1 {
    Width: c_uint,
    Height: c_uint,
    Format: CUarray_format,
    NumChannels: c_uint,
}

struct CUDA_ARRAY3D_DESCRIPTOR_v1 {
    Width: c_uint,
    Height: c_uint,
    Depth: c_uint,
    Format: CUarray_format,
    NumChannels: c_uint,
    Flags: c_uint,
}

#[params]
struct Dependencies {
    phGraphNode: Option<Out<New<CUgraphNode>>>,
    hGraph: Option<CUgraph>,
    dependencies: Option<&[CUgraphNode; numDependencies]>,
    numDependencies: usize,
}

// The driver: initialisation, errors, look-ups.

extern "C" {
    #[proc(since = 2000)]
    #[no_broker(status = CUDA_ERROR_NO_DEVICE)]
    fn cuInit(Flags: c_uint) -> CUresult;

    #[proc(since = 2020)]
    #[cached]
    fn cuDriverGetVersion(driverVersion: Option<Out<c_int>>) -> CUresult;

    #[proc(since = 12000)]
    #[local]
    fn cuGetProcAddress_v2(
        symbol: Option<&CStr>,
        pfn: *mut *mut c_void,
        cudaVersion: c_int,
        flags: cuuint64_t,
        symbolStatus: Option<Out<CUdriverProcAddressQueryResult>>,
    ) -> CUresult;

    #[proc(since = 3000)]
    #[local]
    fn cuGetExportTable(ppExportTable: *mut *const c_void, pExportTableId: Option<&CUuuid>) -> CUresult;

    #[proc(since = 11030)]
    #[local]
    fn cuGetProcAddress(
        symbol: Option<&CStr>,
        pfn: *mut *mut c_void,
        cudaVersion: c_int,
        flags: cuuint64_t,
    ) -> CUresult;

    #[proc(since = 6000)]
    #[cached]
    fn cuGetErrorString(error: CUresult, pStr: Option<Out<&CStr>>) -> CUresult;

    #[proc(since = 6000)]
    #[cached]
    fn cuGetErrorName(error: CUresult, pStr: Option<Out<&CStr>>) -> CUresult;
}

extern "C" {
    #[proc(since = 4000)]
    #[undocumented]
    fn cuProfilerStart() -> CUresult;

    #[proc(since = 4000)]
    #[undocumented]
    fn cuProfilerStop() -> CUresult;
}

// Devices.

extern "C" {
    #[proc(since = 2000)]
    #[cached]
    fn cuDeviceGet(device: Option<Out<CUdevice>>, ordinal: c_int) -> CUresult;

    #[proc(since = 2000)]
    #[cached]
    fn cuDeviceGetCount(count: Option<Out<c_int>>) -> CUresult;

    #[proc(since = 2000)]
    fn cuDeviceGetName(name: Option<Out<[c_char; len]>>, len: c_int, dev: CUdevice) -> CUresult;

    #[proc(since = 11040)]
    #[cached]
    fn cuDeviceGetUuid_v2(uuid: Option<Out<CUuuid>>, dev: CUdevice) -> CUresult;

    /// Of Windows: a driver for Linux says that it has none.
    #[proc(since = 10000)]
    fn cuDeviceGetLuid(luid: Option<Out<[c_char; 8]>>, deviceNodeMask: Option<Out<c_uint>>, dev: CUdevice) -> CUresult;

    /// What is told of the memory goes by what the tenant may have.
    #[proc(since = 3020)]
    #[custom(worker)]
    fn cuDeviceTotalMem_v2(bytes: Option<Out<usize>>, dev: CUdevice) -> CUresult;

    #[proc(since = 11010)]
    #[cached]
    fn cuDeviceGetTexture1DLinearMaxWidth(
        maxWidthInElements: Option<Out<usize>>,
        format: CUarray_format,
        numChannels: c_uint,
        dev: CUdevice,
    ) -> CUresult;

    #[proc(since = 2000)]
    #[cached]
    fn cuDeviceGetAttribute(pi: Option<Out<c_int>>, attrib: CUdevice_attribute, dev: CUdevice) -> CUresult;

    #[proc(since = 13000)]
    fn cuDeviceGetHostAtomicCapabilities(
        capabilities: Option<Out<[c_uint; count]>>,
        operations: Option<&[CUatomicOperation; count]>,
        count: c_uint,
        dev: CUdevice,
    ) -> CUresult;

    #[proc(since = 11020)]
    fn cuDeviceSetMemPool(dev: CUdevice, pool: Option<CUmemoryPool>) -> CUresult;

    #[proc(since = 11020)]
    fn cuDeviceGetMemPool(pool: Option<Out<CUmemoryPool>>, dev: CUdevice) -> CUresult;

    #[proc(since = 11020)]
    fn cuDeviceGetDefaultMemPool(pool_out: Option<Out<CUmemoryPool>>, dev: CUdevice) -> CUresult;

    #[proc(since = 11040)]
    #[cached]
    fn cuDeviceGetExecAffinitySupport(pi: Option<Out<c_int>>, r#type: CUexecAffinityType, dev: CUdevice) -> CUresult;

    #[proc(since = 2000)]
    #[cached]
    fn cuDeviceGetProperties(prop: Option<Out<CUdevprop_v1>>, dev: CUdevice) -> CUresult;

    #[proc(since = 2000)]
    #[cached]
    fn cuDeviceComputeCapability(major: Option<Out<c_int>>, minor: Option<Out<c_int>>, dev: CUdevice) -> CUresult;

    #[proc(since = 4010)]
    fn cuDeviceGetByPCIBusId(dev: Option<Out<CUdevice>>, pciBusId: Option<&CStr>) -> CUresult;

    #[proc(since = 4010)]
    fn cuDeviceGetPCIBusId(pciBusId: Option<Out<[c_char; len]>>, len: c_int, dev: CUdevice) -> CUresult;

    #[proc(since = 11040)]
    fn cuDeviceGraphMemTrim(device: CUdevice) -> CUresult;

    #[proc(since = 9020)]
    #[cached]
    fn cuDeviceGetUuid(uuid: Option<Out<CUuuid>>, dev: CUdevice) -> CUresult;
}

// Contexts.

extern "C" {
    #[proc(since = 11030)]
    fn cuFlushGPUDirectRDMAWrites(
        target: CUflushGPUDirectRDMAWritesTarget,
        scope: CUflushGPUDirectRDMAWritesScope,
    ) -> CUresult;

    /// By hand: which context it is.
    #[proc(since = 7000)]
    #[custom(shim)]
    fn cuDevicePrimaryCtxRetain(pctx: Option<Out<CUcontext>>, dev: CUdevice) -> CUresult;

    #[proc(since = 11000)]
    #[sweeps]
    #[custom(shim)]
    fn cuDevicePrimaryCtxRelease_v2(dev: CUdevice) -> CUresult;

    #[proc(since = 11000)]
    fn cuDevicePrimaryCtxSetFlags_v2(dev: CUdevice, flags: c_uint) -> CUresult;

    #[proc(since = 7000)]
    #[cached(until = [cuDevicePrimaryCtxRetain, cuDevicePrimaryCtxRelease, cuDevicePrimaryCtxRelease_v2, cuDevicePrimaryCtxReset,
        cuDevicePrimaryCtxReset_v2, cuDevicePrimaryCtxSetFlags, cuDevicePrimaryCtxSetFlags_v2, cuCtxSetFlags])]
    fn cuDevicePrimaryCtxGetState(dev: CUdevice, flags: Option<Out<c_uint>>, active: Option<Out<c_int>>) -> CUresult;

    #[proc(since = 11000)]
    #[sweeps]
    #[custom(shim)]
    fn cuDevicePrimaryCtxReset_v2(dev: CUdevice) -> CUresult;

    #[proc(since = 4000)]
    #[custom(shim)]
    #[release(CUcontext)]
    #[sweeps]
    fn cuCtxDestroy_v2(ctx: CUcontext) -> CUresult;

    #[proc(since = 4000)]
    #[custom(shim)]
    fn cuCtxPushCurrent_v2(ctx: Option<CUcontext>) -> CUresult;

    #[proc(since = 4000)]
    #[custom(shim)]
    fn cuCtxPopCurrent_v2(pctx: Option<Out<CUcontext>>) -> CUresult;

    #[proc(since = 4000)]
    #[custom(shim)]
    fn cuCtxSetCurrent(ctx: Option<CUcontext>) -> CUresult;

    #[proc(since = 4000)]
    #[custom(shim)]
    fn cuCtxGetCurrent(pctx: Option<Out<CUcontext>>) -> CUresult;

    #[proc(since = 2000)]
    #[cached]
    fn cuCtxGetDevice(device: Option<Out<CUdevice>>) -> CUresult;

    #[proc(since = 13000)]
    #[cached]
    fn cuCtxGetDevice_v2(device: Option<Out<CUdevice>>, ctx: Option<CUcontext>) -> CUresult;

    #[proc(since = 7000)]
    #[cached(until = [cuCtxSetFlags, cuDevicePrimaryCtxSetFlags, cuDevicePrimaryCtxSetFlags_v2])]
    fn cuCtxGetFlags(flags: Option<Out<c_uint>>) -> CUresult;

    #[proc(since = 12010)]
    fn cuCtxSetFlags(flags: c_uint) -> CUresult;

    #[proc(since = 12000)]
    #[cached]
    fn cuCtxGetId(ctx: Option<CUcontext>, ctxId: Option<Out<c_ulonglong>>) -> CUresult;

    #[proc(since = 2000)]
    #[custom(shim)]
    fn cuCtxSynchronize() -> CUresult;

    #[proc(since = 13000)]
    fn cuCtxSynchronize_v2(ctx: Option<CUcontext>) -> CUresult;

    #[proc(since = 3010)]
    fn cuCtxSetLimit(limit: CUlimit, value: usize) -> CUresult;

    #[proc(since = 3010)]
    fn cuCtxGetLimit(pvalue: Option<Out<usize>>, limit: CUlimit) -> CUresult;

    #[proc(since = 3020)]
    fn cuCtxGetCacheConfig(pconfig: Option<Out<CUfunc_cache>>) -> CUresult;

    #[proc(since = 3020)]
    fn cuCtxSetCacheConfig(config: CUfunc_cache) -> CUresult;

    #[proc(since = 3020)]
    #[cached]
    fn cuCtxGetApiVersion(ctx: Option<CUcontext>, version: Option<Out<c_uint>>) -> CUresult;

    #[proc(since = 5050)]
    #[cached]
    fn cuCtxGetStreamPriorityRange(leastPriority: Option<Out<c_int>>, greatestPriority: Option<Out<c_int>>)
    -> CUresult;

    #[proc(since = 11000)]
    fn cuCtxResetPersistingL2Cache() -> CUresult;

    #[proc(since = 11040)]
    fn cuCtxGetExecAffinity(pExecAffinity: Option<Out<CUexecAffinityParam_v1>>, r#type: CUexecAffinityType)
    -> CUresult;

    #[proc(since = 2000)]
    #[custom(shim)]
    fn cuCtxAttach(pctx: Option<Out<CUcontext>>, flags: c_uint) -> CUresult;

    #[proc(since = 2000)]
    #[sweeps]
    #[custom(shim)]
    fn cuCtxDetach(ctx: Option<CUcontext>) -> CUresult;

    #[proc(since = 4020)]
    fn cuCtxGetSharedMemConfig(pConfig: Option<Out<CUsharedconfig>>) -> CUresult;

    #[proc(since = 4020)]
    fn cuCtxSetSharedMemConfig(config: CUsharedconfig) -> CUresult;

    #[proc(since = 2000)]
    #[custom(shim)]
    fn cuCtxCreate(pctx: Option<Out<New<CUcontext>>>, flags: c_uint, dev: CUdevice) -> CUresult;

    #[proc(since = 3020)]
    #[custom(shim)]
    fn cuCtxCreate_v2(pctx: Option<Out<New<CUcontext>>>, flags: c_uint, dev: CUdevice) -> CUresult;

    #[proc(since = 11040)]
    #[custom(shim)]
    fn cuCtxCreate_v3(
        pctx: Option<Out<New<CUcontext>>>,
        paramsArray: Option<In<[CUexecAffinityParam_v1; numParams]>>,
        numParams: c_int,
        flags: c_uint,
        dev: CUdevice,
    ) -> CUresult;

    #[proc(since = 12050)]
    #[local]
    fn cuCtxCreate_v4(
        pctx: Option<Out<New<CUcontext>>>,
        ctxCreateParams: Option<In<CUctxCreateParams>>,
        flags: c_uint,
        dev: CUdevice,
    ) -> CUresult;

    #[proc(since = 2000)]
    #[custom(shim)]
    #[release(CUcontext)]
    #[sweeps]
    fn cuCtxDestroy(ctx: CUcontext) -> CUresult;

    #[proc(since = 2000)]
    #[custom(shim)]
    fn cuCtxPopCurrent(pctx: Option<Out<CUcontext>>) -> CUresult;

    #[proc(since = 2000)]
    #[custom(shim)]
    fn cuCtxPushCurrent(ctx: Option<CUcontext>) -> CUresult;

    #[proc(since = 7000)]
    #[sweeps]
    #[custom(shim)]
    fn cuDevicePrimaryCtxRelease(dev: CUdevice) -> CUresult;

    #[proc(since = 7000)]
    #[sweeps]
    #[custom(shim)]
    fn cuDevicePrimaryCtxReset(dev: CUdevice) -> CUresult;

    #[proc(since = 7000)]
    fn cuDevicePrimaryCtxSetFlags(dev: CUdevice, flags: c_uint) -> CUresult;
}

// Modules and libraries.

extern "C" {
    #[proc(since = 2000)]
    #[release(CUmodule)]
    fn cuModuleUnload(hmod: CUmodule) -> CUresult;

    #[proc(since = 11070)]
    #[cached]
    fn cuModuleGetLoadingMode(mode: Option<Out<CUmoduleLoadingMode>>) -> CUresult;

    #[proc(since = 2000)]
    #[custom(shim)]
    fn cuModuleGetFunction(hfunc: Option<Out<CUfunction>>, hmod: Option<CUmodule>, name: Option<&CStr>) -> CUresult;

    #[proc(since = 12040)]
    fn cuModuleGetFunctionCount(count: Option<Out<c_uint>>, r#mod: Option<CUmodule>) -> CUresult;

    #[proc(since = 12040)]
    fn cuModuleEnumerateFunctions(
        functions: Option<Out<[CUfunction; numFunctions]>>,
        numFunctions: c_uint,
        r#mod: Option<CUmodule>,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[custom(shim)]
    fn cuModuleGetGlobal_v2(
        dptr: Option<Out<CUdeviceptr>>,
        bytes: Option<Out<usize>>,
        hmod: Option<CUmodule>,
        name: Option<&CStr>,
    ) -> CUresult;

    #[proc(since = 9000)]
    fn cuFuncSetAttribute(hfunc: Option<CUfunction>, attrib: CUfunction_attribute, value: c_int) -> CUresult;

    #[proc(since = 3000)]
    fn cuFuncSetCacheConfig(hfunc: Option<CUfunction>, config: CUfunc_cache) -> CUresult;

    #[proc(since = 11000)]
    #[cached]
    fn cuFuncGetModule(hmod: Option<Out<CUmodule>>, hfunc: Option<CUfunction>) -> CUresult;

    #[proc(since = 12040)]
    #[cached]
    fn cuFuncGetParamInfo(
        func: Option<CUfunction>,
        paramIndex: usize,
        paramOffset: Option<Out<usize>>,
        paramSize: Option<Out<usize>>,
    ) -> CUresult;

    #[proc(since = 12040)]
    fn cuFuncIsLoaded(state: Option<Out<CUfunctionLoadingState>>, function: Option<CUfunction>) -> CUresult;

    #[proc(since = 12040)]
    fn cuFuncLoad(function: Option<CUfunction>) -> CUresult;

    #[proc(since = 4020)]
    fn cuFuncSetSharedMemConfig(hfunc: Option<CUfunction>, config: CUsharedconfig) -> CUresult;

    #[proc(since = 2000)]
    #[custom(worker)]
    fn cuModuleLoadData(module: Option<Out<New<CUmodule>>>, image: Option<&[c_void; binary(image)]>) -> CUresult;

    #[proc(since = 2000)]
    #[custom(worker)]
    fn cuModuleLoadFatBinary(
        module: Option<Out<New<CUmodule>>>,
        fatCubin: Option<&[c_void; binary(fatCubin)]>,
    ) -> CUresult;

    #[proc(since = 12030)]
    #[cached]
    fn cuFuncGetName(name: Option<Out<&CStr>>, hfunc: Option<CUfunction>) -> CUresult;
}

// Libraries, and code with options.

extern "C" {
    #[proc(since = 12000)]
    #[custom]
    fn cuLibraryLoadData(
        library: Option<Out<New<CUlibrary>>>,
        code: *const c_void,
        jitOptions: *mut CUjit_option,
        jitOptionsValues: *mut *mut c_void,
        numJitOptions: c_uint,
        libraryOptions: *mut CUlibraryOption,
        libraryOptionValues: *mut *mut c_void,
        numLibraryOptions: c_uint,
    ) -> CUresult;

    #[proc(since = 12000)]
    #[local]
    fn cuLibraryLoadFromFile(
        library: Option<Out<New<CUlibrary>>>,
        fileName: Option<&CStr>,
        jitOptions: *mut CUjit_option,
        jitOptionsValues: *mut *mut c_void,
        numJitOptions: c_uint,
        libraryOptions: *mut CUlibraryOption,
        libraryOptionValues: *mut *mut c_void,
        numLibraryOptions: c_uint,
    ) -> CUresult;

    #[proc(since = 12000)]
    #[release(CUlibrary)]
    fn cuLibraryUnload(library: CUlibrary) -> CUresult;

    #[proc(since = 12000)]
    #[custom(shim)]
    fn cuLibraryGetKernel(pKernel: Option<Out<CUkernel>>, library: Option<CUlibrary>, name: Option<&CStr>) -> CUresult;

    #[proc(since = 12040)]
    fn cuLibraryGetKernelCount(count: Option<Out<c_uint>>, lib: Option<CUlibrary>) -> CUresult;

    #[proc(since = 12040)]
    fn cuLibraryEnumerateKernels(
        kernels: Option<Out<[CUkernel; numKernels]>>,
        numKernels: c_uint,
        lib: Option<CUlibrary>,
    ) -> CUresult;

    #[proc(since = 12000)]
    #[custom(shim)]
    fn cuLibraryGetModule(pMod: Option<Out<CUmodule>>, library: Option<CUlibrary>) -> CUresult;

    #[proc(since = 12000)]
    #[custom(shim)]
    fn cuLibraryGetGlobal(
        dptr: Option<Out<CUdeviceptr>>,
        bytes: Option<Out<usize>>,
        library: Option<CUlibrary>,
        name: Option<&CStr>,
    ) -> CUresult;

    #[proc(since = 12000)]
    #[custom(shim)]
    fn cuLibraryGetManaged(
        dptr: Option<Out<CUdeviceptr>>,
        bytes: Option<Out<usize>>,
        library: Option<CUlibrary>,
        name: Option<&CStr>,
    ) -> CUresult;

    #[proc(since = 12000)]
    #[cached]
    fn cuKernelGetFunction(pFunc: Option<Out<CUfunction>>, kernel: Option<CUkernel>) -> CUresult;

    #[proc(since = 12050)]
    #[cached]
    fn cuKernelGetLibrary(pLib: Option<Out<CUlibrary>>, kernel: Option<CUkernel>) -> CUresult;

    #[proc(since = 12030)]
    #[cached]
    fn cuKernelGetName(name: Option<Out<&CStr>>, hfunc: Option<CUkernel>) -> CUresult;

    #[proc(since = 12000)]
    fn cuKernelSetAttribute(
        attrib: CUfunction_attribute,
        val: c_int,
        kernel: Option<CUkernel>,
        dev: CUdevice,
    ) -> CUresult;

    #[proc(since = 12000)]
    fn cuKernelSetCacheConfig(kernel: Option<CUkernel>, config: CUfunc_cache, dev: CUdevice) -> CUresult;

    #[proc(since = 12040)]
    #[cached]
    fn cuKernelGetParamInfo(
        kernel: Option<CUkernel>,
        paramIndex: usize,
        paramOffset: Option<Out<usize>>,
        paramSize: Option<Out<usize>>,
    ) -> CUresult;

    #[proc(since = 2000)]
    #[local]
    fn cuModuleLoad(module: Option<Out<New<CUmodule>>>, fname: Option<&CStr>) -> CUresult;

    #[proc(since = 2010)]
    #[custom]
    fn cuModuleLoadDataEx(
        module: Option<Out<New<CUmodule>>>,
        image: *const c_void,
        numOptions: c_uint,
        options: *mut CUjit_option,
        optionValues: *mut *mut c_void,
    ) -> CUresult;

    #[proc(since = 6050)]
    #[custom]
    fn cuLinkCreate_v2(
        numOptions: c_uint,
        options: *mut CUjit_option,
        optionValues: *mut *mut c_void,
        stateOut: Option<Out<New<CUlinkState>>>,
    ) -> CUresult;

    #[proc(since = 6050)]
    #[custom]
    fn cuLinkAddData_v2(
        state: Option<CUlinkState>,
        r#type: CUjitInputType,
        data: *mut c_void,
        size: usize,
        name: Option<&CStr>,
        numOptions: c_uint,
        options: *mut CUjit_option,
        optionValues: *mut *mut c_void,
    ) -> CUresult;

    #[proc(since = 6050)]
    #[local]
    fn cuLinkAddFile_v2(
        state: Option<CUlinkState>,
        r#type: CUjitInputType,
        path: Option<&CStr>,
        numOptions: c_uint,
        options: *mut CUjit_option,
        optionValues: *mut *mut c_void,
    ) -> CUresult;

    #[proc(since = 5050)]
    #[custom]
    fn cuLinkComplete(state: Option<CUlinkState>, cubinOut: *mut *mut c_void, sizeOut: Option<Out<usize>>) -> CUresult;

    #[proc(since = 5050)]
    #[release(CUlinkState)]
    fn cuLinkDestroy(state: CUlinkState) -> CUresult;

    #[proc(since = 5050)]
    #[same_as(cuLinkCreate_v2)]
    fn cuLinkCreate(
        numOptions: c_uint,
        options: *mut CUjit_option,
        optionValues: *mut *mut c_void,
        stateOut: Option<Out<New<CUlinkState>>>,
    ) -> CUresult;

    #[proc(since = 5050)]
    #[same_as(cuLinkAddData_v2)]
    fn cuLinkAddData(
        state: Option<CUlinkState>,
        r#type: CUjitInputType,
        data: *mut c_void,
        size: usize,
        name: Option<&CStr>,
        numOptions: c_uint,
        options: *mut CUjit_option,
        optionValues: *mut *mut c_void,
    ) -> CUresult;

    #[proc(since = 5050)]
    #[same_as(cuLinkAddFile_v2)]
    fn cuLinkAddFile(
        state: Option<CUlinkState>,
        r#type: CUjitInputType,
        path: Option<&CStr>,
        numOptions: c_uint,
        options: *mut CUjit_option,
        optionValues: *mut *mut c_void,
    ) -> CUresult;
}

// Device memory.

extern "C" {
    #[proc(since = 3020)]
    #[custom(worker)]
    fn cuMemGetInfo_v2(free: Option<Out<usize>>, total: Option<Out<usize>>) -> CUresult;

    #[proc(since = 3020)]
    #[custom(shim)]
    #[allots(dptr)]
    #[charge(device_memory = bytesize)]
    fn cuMemAlloc_v2(dptr: Option<Out<CUdeviceptr>>, bytesize: usize) -> CUresult;

    #[proc(since = 3020)]
    #[custom(shim)]
    #[allots(dptr)]
    #[charge(device_memory = pPitch * Height)]
    fn cuMemAllocPitch_v2(
        dptr: Option<Out<CUdeviceptr>>,
        pPitch: Option<Out<usize>>,
        WidthInBytes: usize,
        Height: usize,
        ElementSizeBytes: c_uint,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[custom(shim)]
    #[frees(dptr)]
    #[oneway]
    #[settled]
    fn cuMemFree_v2(dptr: CUdeviceptr) -> CUresult;

    #[proc(since = 3020)]
    fn cuMemGetAddressRange_v2(
        pbase: Option<Out<CUdeviceptr>>,
        psize: Option<Out<usize>>,
        dptr: CUdeviceptr,
    ) -> CUresult;

    #[proc(since = 12020)]
    #[custom(shim)]
    fn cuMemAdvise_v2(devPtr: CUdeviceptr, count: usize, advice: CUmem_advise, location: CUmemLocation_v1) -> CUresult;

    #[proc(since = 6000)]
    #[custom(shim)]
    #[twin(cuStreamAttachMemAsync_ptsz, since = 7000)]
    fn cuStreamAttachMemAsync(hStream: Option<CUstream>, dptr: CUdeviceptr, length: usize, flags: c_uint) -> CUresult;

    #[proc(since = 8000)]
    #[custom(shim)]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuMemPrefetchAsync_ptsz)]
    #[submits]
    fn cuMemPrefetchAsync(
        devPtr: CUdeviceptr,
        count: usize,
        dstDevice: CUdevice,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 12020)]
    #[custom(shim)]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuMemPrefetchAsync_v2_ptsz)]
    #[submits]
    fn cuMemPrefetchAsync_v2(
        devPtr: CUdeviceptr,
        count: usize,
        location: CUmemLocation_v1,
        flags: c_uint,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 8000)]
    #[custom(shim)]
    fn cuMemAdvise(devPtr: CUdeviceptr, count: usize, advice: CUmem_advise, device: CUdevice) -> CUresult;
}

// What memory is.

extern "C" {
    #[proc(since = 4000)]
    #[custom]
    fn cuPointerGetAttribute(data: *mut c_void, attribute: CUpointer_attribute, ptr: CUdeviceptr) -> CUresult;

    #[proc(since = 7000)]
    #[custom]
    fn cuPointerGetAttributes(
        numAttributes: c_uint,
        attributes: *mut CUpointer_attribute,
        data: *mut *mut c_void,
        ptr: CUdeviceptr,
    ) -> CUresult;

    /// What can be set is a flag.
    #[proc(since = 6000)]
    fn cuPointerSetAttribute(value: Option<&[c_void; 4]>, attribute: CUpointer_attribute, ptr: CUdeviceptr)
    -> CUresult;

    #[proc(since = 8000)]
    fn cuMemRangeGetAttribute(
        data: Option<Out<[c_void; dataSize]>>,
        dataSize: usize,
        attribute: CUmem_range_attribute,
        devPtr: CUdeviceptr,
        count: usize,
    ) -> CUresult;

    /// The shim asks for one after the other.
    #[proc(since = 8000)]
    #[local]
    fn cuMemRangeGetAttributes(
        data: *mut *mut c_void,
        dataSizes: Option<In<[usize; numAttributes]>>,
        attributes: Option<In<[CUmem_range_attribute; numAttributes]>>,
        numAttributes: usize,
        devPtr: CUdeviceptr,
        count: usize,
    ) -> CUresult;
}

// Memory of the host that devices use.

extern "C" {
    #[proc(since = 3020)]
    #[custom]
    fn cuMemAllocHost_v2(pp: *mut *mut c_void, bytesize: usize) -> CUresult;

    #[proc(since = 2000)]
    #[custom]
    fn cuMemFreeHost(p: *mut c_void) -> CUresult;

    #[proc(since = 2020)]
    #[custom]
    fn cuMemHostAlloc(pp: *mut *mut c_void, bytesize: usize, Flags: c_uint) -> CUresult;

    #[proc(since = 3020)]
    #[custom]
    fn cuMemHostGetDevicePointer_v2(pdptr: *mut CUdeviceptr, p: *mut c_void, Flags: c_uint) -> CUresult;

    #[proc(since = 2030)]
    #[local]
    fn cuMemHostGetFlags(pFlags: *mut c_uint, p: *mut c_void) -> CUresult;

    #[proc(since = 6050)]
    #[custom]
    fn cuMemHostRegister_v2(p: *mut c_void, bytesize: usize, Flags: c_uint) -> CUresult;

    #[proc(since = 4000)]
    #[custom]
    fn cuMemHostUnregister(p: *mut c_void) -> CUresult;

    #[proc(since = 6000)]
    #[custom]
    fn cuMemAllocManaged(dptr: *mut CUdeviceptr, bytesize: usize, flags: c_uint) -> CUresult;
}

// Copies.

extern "C" {
    #[proc(since = 3020)]
    #[custom(shim)]
    #[charge(commands = 1, bytes_in = srcHost)]
    #[occupies]
    #[twin(cuMemcpyHtoD_v2_ptds, since = 7000)]
    #[oneway]
    #[extent(dstDevice = ByteCount)]
    #[regardless(ByteCount)]
    #[settled]
    fn cuMemcpyHtoD_v2(dstDevice: CUdeviceptr, srcHost: Option<&[c_void; ByteCount]>, ByteCount: usize) -> CUresult;

    #[proc(since = 3020)]
    #[custom(shim)]
    #[charge(commands = 1, bytes_out = dstHost)]
    #[occupies]
    #[twin(cuMemcpyDtoH_v2_ptds, since = 7000)]
    fn cuMemcpyDtoH_v2(dstHost: Option<Out<[c_void; ByteCount]>>, srcDevice: CUdeviceptr, ByteCount: usize)
    -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemcpyDtoD_v2_ptds, since = 7000)]
    #[oneway]
    #[extent(dstDevice = ByteCount)]
    #[extent(srcDevice = ByteCount)]
    #[regardless(ByteCount)]
    fn cuMemcpyDtoD_v2(dstDevice: CUdeviceptr, srcDevice: CUdeviceptr, ByteCount: usize) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemcpyDtoA_v2_ptds, since = 7000)]
    fn cuMemcpyDtoA_v2(
        dstArray: Option<CUarray>,
        dstOffset: usize,
        srcDevice: CUdeviceptr,
        ByteCount: usize,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemcpyAtoD_v2_ptds, since = 7000)]
    fn cuMemcpyAtoD_v2(
        dstDevice: CUdeviceptr,
        srcArray: Option<CUarray>,
        srcOffset: usize,
        ByteCount: usize,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1, bytes_in = srcHost)]
    #[occupies]
    #[twin(cuMemcpyHtoA_v2_ptds, since = 7000)]
    fn cuMemcpyHtoA_v2(
        dstArray: Option<CUarray>,
        dstOffset: usize,
        srcHost: Option<&[c_void; ByteCount]>,
        ByteCount: usize,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1, bytes_out = dstHost)]
    #[occupies]
    #[twin(cuMemcpyAtoH_v2_ptds, since = 7000)]
    fn cuMemcpyAtoH_v2(
        dstHost: Option<Out<[c_void; ByteCount]>>,
        srcArray: Option<CUarray>,
        srcOffset: usize,
        ByteCount: usize,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemcpyAtoA_v2_ptds, since = 7000)]
    fn cuMemcpyAtoA_v2(
        dstArray: Option<CUarray>,
        dstOffset: usize,
        srcArray: Option<CUarray>,
        srcOffset: usize,
        ByteCount: usize,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[custom(shim)]
    #[charge(commands = 1, bytes_in = srcHost)]
    #[occupies(hStream)]
    #[twin(cuMemcpyHtoAAsync_v2_ptsz, since = 7000)]
    #[submits(quietly)]
    fn cuMemcpyHtoAAsync_v2(
        dstArray: Option<CUarray>,
        dstOffset: usize,
        srcHost: Option<&[c_void; ByteCount]>,
        ByteCount: usize,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[custom(shim)]
    #[charge(commands = 1, bytes_out = dstHost)]
    #[occupies(hStream)]
    #[twin(cuMemcpyAtoHAsync_v2_ptsz, since = 7000)]
    #[submits(quietly)]
    fn cuMemcpyAtoHAsync_v2(
        dstHost: Option<Out<[c_void; ByteCount]>>,
        srcArray: Option<CUarray>,
        srcOffset: usize,
        ByteCount: usize,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[custom(shim)]
    #[charge(commands = 1, bytes_in = srcHost)]
    #[occupies(hStream)]
    #[twin(cuMemcpyHtoDAsync_v2_ptsz, since = 7000)]
    #[oneway]
    #[extent(dstDevice = ByteCount)]
    #[regardless(ByteCount)]
    #[submits(quietly)]
    fn cuMemcpyHtoDAsync_v2(
        dstDevice: CUdeviceptr,
        srcHost: Option<&[c_void; ByteCount]>,
        ByteCount: usize,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[custom(shim)]
    #[charge(commands = 1, bytes_out = dstHost)]
    #[occupies(hStream)]
    #[twin(cuMemcpyDtoHAsync_v2_ptsz, since = 7000)]
    #[submits(quietly)]
    fn cuMemcpyDtoHAsync_v2(
        dstHost: Option<Out<[c_void; ByteCount]>>,
        srcDevice: CUdeviceptr,
        ByteCount: usize,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuMemcpyDtoDAsync_v2_ptsz, since = 7000)]
    #[oneway]
    #[extent(dstDevice = ByteCount)]
    #[extent(srcDevice = ByteCount)]
    #[regardless(ByteCount)]
    #[submits(quietly)]
    fn cuMemcpyDtoDAsync_v2(
        dstDevice: CUdeviceptr,
        srcDevice: CUdeviceptr,
        ByteCount: usize,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 4000)]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemcpyPeer_ptds, since = 7000)]
    fn cuMemcpyPeer(
        dstDevice: CUdeviceptr,
        dstContext: Option<CUcontext>,
        srcDevice: CUdeviceptr,
        srcContext: Option<CUcontext>,
        ByteCount: usize,
    ) -> CUresult;

    #[proc(since = 4000)]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuMemcpyPeerAsync_ptsz, since = 7000)]
    #[submits(quietly)]
    fn cuMemcpyPeerAsync(
        dstDevice: CUdeviceptr,
        dstContext: Option<CUcontext>,
        srcDevice: CUdeviceptr,
        srcContext: Option<CUcontext>,
        ByteCount: usize,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 4000)]
    #[custom]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemcpy_ptds, since = 7000)]
    fn cuMemcpy(dst: CUdeviceptr, src: CUdeviceptr, ByteCount: usize) -> CUresult;

    #[proc(since = 4000)]
    #[custom]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuMemcpyAsync_ptsz, since = 7000)]
    #[submits(quietly)]
    fn cuMemcpyAsync(dst: CUdeviceptr, src: CUdeviceptr, ByteCount: usize, hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 3020)]
    #[custom]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemcpy2D_v2_ptds, since = 7000)]
    fn cuMemcpy2D_v2(pCopy: Option<&CUDA_MEMCPY2D_v2>) -> CUresult;

    #[proc(since = 3020)]
    #[custom]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemcpy2DUnaligned_v2_ptds, since = 7000)]
    fn cuMemcpy2DUnaligned_v2(pCopy: Option<&CUDA_MEMCPY2D_v2>) -> CUresult;

    #[proc(since = 3020)]
    #[custom]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemcpy3D_v2_ptds, since = 7000)]
    fn cuMemcpy3D_v2(pCopy: Option<&CUDA_MEMCPY3D_v2>) -> CUresult;

    #[proc(since = 3020)]
    #[custom]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuMemcpy2DAsync_v2_ptsz, since = 7000)]
    #[submits(quietly)]
    fn cuMemcpy2DAsync_v2(pCopy: Option<&CUDA_MEMCPY2D_v2>, hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 3020)]
    #[custom]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuMemcpy3DAsync_v2_ptsz, since = 7000)]
    #[submits(quietly)]
    fn cuMemcpy3DAsync_v2(pCopy: Option<&CUDA_MEMCPY3D_v2>, hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 4000)]
    #[custom]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemcpy3DPeer_ptds, since = 7000)]
    fn cuMemcpy3DPeer(pCopy: Option<&CUDA_MEMCPY3D_PEER_v1>) -> CUresult;

    #[proc(since = 4000)]
    #[custom]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuMemcpy3DPeerAsync_ptsz, since = 7000)]
    #[submits(quietly)]
    fn cuMemcpy3DPeerAsync(pCopy: Option<&CUDA_MEMCPY3D_PEER_v1>, hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 12080)]
    #[custom(shim)]
    #[charge(commands = count)]
    #[occupies(hStream)]
    #[twin(cuMemcpyBatchAsync_ptsz)]
    #[submits(quietly)]
    fn cuMemcpyBatchAsync(
        dsts: Option<In<[CUdeviceptr; count]>>,
        srcs: Option<In<[CUdeviceptr; count]>>,
        sizes: Option<In<[usize; count]>>,
        count: usize,
        attrs: Option<In<[CUmemcpyAttributes_v1; numAttrs]>>,
        attrsIdxs: Option<In<[usize; numAttrs]>>,
        numAttrs: usize,
        failIdx: Option<Out<usize>>,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 13000)]
    #[custom(shim)]
    #[charge(commands = count)]
    #[occupies(hStream)]
    #[twin(cuMemcpyBatchAsync_v2_ptsz)]
    #[submits(quietly)]
    fn cuMemcpyBatchAsync_v2(
        dsts: Option<In<[CUdeviceptr; count]>>,
        srcs: Option<In<[CUdeviceptr; count]>>,
        sizes: Option<In<[usize; count]>>,
        count: usize,
        attrs: Option<In<[CUmemcpyAttributes_v1; numAttrs]>>,
        attrsIdxs: Option<In<[usize; numAttrs]>>,
        numAttrs: usize,
        hStream: Option<CUstream>,
    ) -> CUresult;
}

// Memory of one value.

extern "C" {
    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemsetD8_v2_ptds, since = 7000)]
    #[oneway]
    #[extent(dstDevice = N)]
    #[regardless(uc, N)]
    fn cuMemsetD8_v2(dstDevice: CUdeviceptr, uc: c_uchar, N: usize) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemsetD16_v2_ptds, since = 7000)]
    #[oneway]
    #[extent(dstDevice = N * 2)]
    #[regardless(us, N)]
    fn cuMemsetD16_v2(dstDevice: CUdeviceptr, us: c_ushort, N: usize) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemsetD32_v2_ptds, since = 7000)]
    #[oneway]
    #[extent(dstDevice = N * 4)]
    #[regardless(ui, N)]
    fn cuMemsetD32_v2(dstDevice: CUdeviceptr, ui: c_uint, N: usize) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemsetD2D8_v2_ptds, since = 7000)]
    #[oneway]
    #[extent(dstDevice = dstPitch * Height)]
    #[regardless(uc)]
    fn cuMemsetD2D8_v2(dstDevice: CUdeviceptr, dstPitch: usize, uc: c_uchar, Width: usize, Height: usize) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemsetD2D16_v2_ptds, since = 7000)]
    #[oneway]
    #[extent(dstDevice = dstPitch * Height)]
    #[regardless(us)]
    fn cuMemsetD2D16_v2(dstDevice: CUdeviceptr, dstPitch: usize, us: c_ushort, Width: usize, Height: usize)
    -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies]
    #[twin(cuMemsetD2D32_v2_ptds, since = 7000)]
    #[oneway]
    #[extent(dstDevice = dstPitch * Height)]
    #[regardless(ui)]
    fn cuMemsetD2D32_v2(dstDevice: CUdeviceptr, dstPitch: usize, ui: c_uint, Width: usize, Height: usize) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuMemsetD8Async_ptsz, since = 7000)]
    #[oneway]
    #[extent(dstDevice = N)]
    #[regardless(uc, N)]
    #[submits(quietly)]
    fn cuMemsetD8Async(dstDevice: CUdeviceptr, uc: c_uchar, N: usize, hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuMemsetD16Async_ptsz, since = 7000)]
    #[oneway]
    #[extent(dstDevice = N * 2)]
    #[regardless(us, N)]
    #[submits(quietly)]
    fn cuMemsetD16Async(dstDevice: CUdeviceptr, us: c_ushort, N: usize, hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuMemsetD32Async_ptsz, since = 7000)]
    #[oneway]
    #[extent(dstDevice = N * 4)]
    #[regardless(ui, N)]
    #[submits(quietly)]
    fn cuMemsetD32Async(dstDevice: CUdeviceptr, ui: c_uint, N: usize, hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuMemsetD2D8Async_ptsz, since = 7000)]
    #[oneway]
    #[extent(dstDevice = dstPitch * Height)]
    #[regardless(uc)]
    #[submits(quietly)]
    fn cuMemsetD2D8Async(
        dstDevice: CUdeviceptr,
        dstPitch: usize,
        uc: c_uchar,
        Width: usize,
        Height: usize,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuMemsetD2D16Async_ptsz, since = 7000)]
    #[oneway]
    #[extent(dstDevice = dstPitch * Height)]
    #[regardless(us)]
    #[submits(quietly)]
    fn cuMemsetD2D16Async(
        dstDevice: CUdeviceptr,
        dstPitch: usize,
        us: c_ushort,
        Width: usize,
        Height: usize,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuMemsetD2D32Async_ptsz, since = 7000)]
    #[oneway]
    #[extent(dstDevice = dstPitch * Height)]
    #[regardless(ui)]
    #[submits(quietly)]
    fn cuMemsetD2D32Async(
        dstDevice: CUdeviceptr,
        dstPitch: usize,
        ui: c_uint,
        Width: usize,
        Height: usize,
        hStream: Option<CUstream>,
    ) -> CUresult;
}

// Arrays.

extern "C" {
    #[proc(since = 3020)]
    fn cuArrayCreate_v2(
        pHandle: Option<Out<New<CUarray>>>,
        pAllocateArray: Option<&CUDA_ARRAY_DESCRIPTOR_v2>,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[cached]
    fn cuArrayGetDescriptor_v2(
        pArrayDescriptor: Option<Out<CUDA_ARRAY_DESCRIPTOR_v2>>,
        hArray: Option<CUarray>,
    ) -> CUresult;

    #[proc(since = 11010)]
    fn cuArrayGetSparseProperties(
        sparseProperties: Option<Out<CUDA_ARRAY_SPARSE_PROPERTIES_v1>>,
        array: Option<CUarray>,
    ) -> CUresult;

    #[proc(since = 11010)]
    fn cuMipmappedArrayGetSparseProperties(
        sparseProperties: Option<Out<CUDA_ARRAY_SPARSE_PROPERTIES_v1>>,
        mipmap: Option<CUmipmappedArray>,
    ) -> CUresult;

    #[proc(since = 11060)]
    fn cuArrayGetMemoryRequirements(
        memoryRequirements: Option<Out<CUDA_ARRAY_MEMORY_REQUIREMENTS_v1>>,
        array: Option<CUarray>,
        device: CUdevice,
    ) -> CUresult;

    #[proc(since = 11060)]
    fn cuMipmappedArrayGetMemoryRequirements(
        memoryRequirements: Option<Out<CUDA_ARRAY_MEMORY_REQUIREMENTS_v1>>,
        mipmap: Option<CUmipmappedArray>,
        device: CUdevice,
    ) -> CUresult;

    #[proc(since = 11020)]
    fn cuArrayGetPlane(pPlaneArray: Option<Out<CUarray>>, hArray: Option<CUarray>, planeIdx: c_uint) -> CUresult;

    #[proc(since = 2000)]
    #[release(CUarray)]
    fn cuArrayDestroy(hArray: CUarray) -> CUresult;

    #[proc(since = 3020)]
    fn cuArray3DCreate_v2(
        pHandle: Option<Out<New<CUarray>>>,
        pAllocateArray: Option<&CUDA_ARRAY3D_DESCRIPTOR_v2>,
    ) -> CUresult;

    #[proc(since = 3020)]
    #[cached]
    fn cuArray3DGetDescriptor_v2(
        pArrayDescriptor: Option<Out<CUDA_ARRAY3D_DESCRIPTOR_v2>>,
        hArray: Option<CUarray>,
    ) -> CUresult;

    #[proc(since = 5000)]
    fn cuMipmappedArrayCreate(
        pHandle: Option<Out<New<CUmipmappedArray>>>,
        pMipmappedArrayDesc: Option<&[CUDA_ARRAY3D_DESCRIPTOR_v2; numMipmapLevels]>,
        numMipmapLevels: c_uint,
    ) -> CUresult;

    #[proc(since = 5000)]
    fn cuMipmappedArrayGetLevel(
        pLevelArray: Option<Out<CUarray>>,
        hMipmappedArray: Option<CUmipmappedArray>,
        level: c_uint,
    ) -> CUresult;

    #[proc(since = 5000)]
    #[release(CUmipmappedArray)]
    fn cuMipmappedArrayDestroy(hMipmappedArray: CUmipmappedArray) -> CUresult;
}

// Virtual memory.

extern "C" {
    #[proc(since = 10020)]
    fn cuMemAddressReserve(
        ptr: Option<Out<CUdeviceptr>>,
        size: usize,
        alignment: usize,
        addr: CUdeviceptr,
        flags: c_ulonglong,
    ) -> CUresult;

    #[proc(since = 10020)]
    fn cuMemAddressFree(ptr: CUdeviceptr, size: usize) -> CUresult;

    #[proc(since = 11000)]
    #[custom]
    fn cuMemRetainAllocationHandle(handle: Option<Out<CUmemGenericAllocationHandle>>, addr: *mut c_void) -> CUresult;

    #[proc(since = 10020)]
    #[frees(handle)]
    fn cuMemRelease(handle: CUmemGenericAllocationHandle) -> CUresult;

    #[proc(since = 10020)]
    fn cuMemMap(
        ptr: CUdeviceptr,
        size: usize,
        offset: usize,
        handle: CUmemGenericAllocationHandle,
        flags: c_ulonglong,
    ) -> CUresult;

    #[proc(since = 10020)]
    fn cuMemUnmap(ptr: CUdeviceptr, size: usize) -> CUresult;

    #[proc(since = 10020)]
    fn cuMemSetAccess(
        ptr: CUdeviceptr,
        size: usize,
        desc: Option<&[CUmemAccessDesc_v1; count]>,
        count: usize,
    ) -> CUresult;

    #[proc(since = 10020)]
    fn cuMemGetAccess(
        flags: Option<Out<c_ulonglong>>,
        location: Option<&CUmemLocation_v1>,
        ptr: CUdeviceptr,
    ) -> CUresult;
}

extern "C" {
    #[proc(since = 10020)]
    #[allots(handle)]
    #[charge(device_memory = size)]
    fn cuMemCreate(
        handle: Option<Out<CUmemGenericAllocationHandle>>,
        size: usize,
        prop: Option<&CUmemAllocationProp_v1>,
        flags: c_ulonglong,
    ) -> CUresult;

    #[proc(since = 10020)]
    fn cuMemGetAllocationGranularity(
        granularity: Option<Out<usize>>,
        prop: Option<&CUmemAllocationProp_v1>,
        option: CUmemAllocationGranularity_flags,
    ) -> CUresult;

    #[proc(since = 10020)]
    fn cuMemGetAllocationPropertiesFromHandle(
        prop: Option<Out<CUmemAllocationProp_v1>>,
        handle: CUmemGenericAllocationHandle,
    ) -> CUresult;
}

// Memory of other processes, by descriptors. It is charged to who has made it. A driver is given no place for handles of
// other types, which it then refuses.

extern "C" {
    #[proc(since = 10020)]
    #[when(shareableHandle = handleType == CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)]
    fn cuMemExportToShareableHandle(
        shareableHandle: Option<Out<Fd<c_void>>>,
        handle: CUmemGenericAllocationHandle,
        handleType: CUmemAllocationHandleType,
        flags: c_ulonglong,
    ) -> CUresult;

    #[proc(since = 11070)]
    #[when(handle = handleType == CU_MEM_RANGE_HANDLE_TYPE_DMA_BUF_FD)]
    fn cuMemGetHandleForAddressRange(
        handle: Option<Out<Fd<c_void>>>,
        dptr: CUdeviceptr,
        size: usize,
        handleType: CUmemRangeHandleType,
        flags: c_ulonglong,
    ) -> CUresult;

    #[proc(since = 10020)]
    #[when(osHandle = shHandleType == CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)]
    fn cuMemImportFromShareableHandle(
        handle: Option<Out<CUmemGenericAllocationHandle>>,
        osHandle: Fd<c_void>,
        shHandleType: CUmemAllocationHandleType,
    ) -> CUresult;

    #[proc(since = 11020)]
    #[when(handle_out = handleType == CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)]
    fn cuMemPoolExportToShareableHandle(
        handle_out: Option<Out<Fd<c_void>>>,
        pool: Option<CUmemoryPool>,
        handleType: CUmemAllocationHandleType,
        flags: c_ulonglong,
    ) -> CUresult;

    #[proc(since = 11020)]
    #[when(handle = handleType == CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR)]
    fn cuMemPoolImportFromShareableHandle(
        pool_out: Option<Out<New<CUmemoryPool>>>,
        handle: Fd<c_void>,
        handleType: CUmemAllocationHandleType,
        flags: c_ulonglong,
    ) -> CUresult;

    #[proc(since = 11020)]
    fn cuMemPoolExportPointer(shareData_out: Option<Out<CUmemPoolPtrExportData_v1>>, ptr: CUdeviceptr) -> CUresult;

    #[proc(since = 11020)]
    fn cuMemPoolImportPointer(
        ptr_out: Option<Out<CUdeviceptr>>,
        pool: Option<CUmemoryPool>,
        shareData: Option<In<CUmemPoolPtrExportData_v1>>,
    ) -> CUresult;
}

// Memory in the order of streams, and its pools.

extern "C" {
    #[proc(since = 11020)]
    fn cuMemPoolTrimTo(pool: Option<CUmemoryPool>, minBytesToKeep: usize) -> CUresult;

    #[proc(since = 11020)]
    fn cuMemPoolSetAccess(
        pool: Option<CUmemoryPool>,
        map: Option<&[CUmemAccessDesc_v1; count]>,
        count: usize,
    ) -> CUresult;

    #[proc(since = 11020)]
    fn cuMemPoolGetAccess(
        flags: Option<Out<CUmemAccess_flags>>,
        memPool: Option<CUmemoryPool>,
        location: Option<In<CUmemLocation_v1>>,
    ) -> CUresult;

    #[proc(since = 11020)]
    #[release(CUmemoryPool)]
    fn cuMemPoolDestroy(pool: CUmemoryPool) -> CUresult;

    #[proc(since = 13000)]
    fn cuMemGetDefaultMemPool(
        pool_out: Option<Out<CUmemoryPool>>,
        location: Option<In<CUmemLocation_v1>>,
        r#type: CUmemAllocationType,
    ) -> CUresult;

    #[proc(since = 13000)]
    fn cuMemGetMemPool(
        pool: Option<Out<CUmemoryPool>>,
        location: Option<In<CUmemLocation_v1>>,
        r#type: CUmemAllocationType,
    ) -> CUresult;

    #[proc(since = 13000)]
    fn cuMemSetMemPool(
        location: Option<In<CUmemLocation_v1>>,
        r#type: CUmemAllocationType,
        pool: Option<CUmemoryPool>,
    ) -> CUresult;

    #[proc(since = 11020)]
    #[twin(cuMemFreeAsync_ptsz)]
    #[frees(dptr)]
    #[custom(shim)]
    #[oneway]
    fn cuMemFreeAsync(dptr: CUdeviceptr, hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 11020)]
    #[custom(shim)]
    #[twin(cuMemAllocAsync_ptsz)]
    #[allots(dptr)]
    #[charge(device_memory = bytesize)]
    fn cuMemAllocAsync(dptr: Option<Out<CUdeviceptr>>, bytesize: usize, hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 11020)]
    #[custom(shim)]
    #[twin(cuMemAllocFromPoolAsync_ptsz)]
    #[allots(dptr)]
    #[charge(device_memory = bytesize)]
    fn cuMemAllocFromPoolAsync(
        dptr: Option<Out<CUdeviceptr>>,
        bytesize: usize,
        pool: Option<CUmemoryPool>,
        hStream: Option<CUstream>,
    ) -> CUresult;
}

extern "C" {
    #[proc(since = 11020)]
    fn cuMemPoolCreate(pool: Option<Out<New<CUmemoryPool>>>, poolProps: Option<&CUmemPoolProps_v1>) -> CUresult;

    #[proc(since = 11020)]
    fn cuMemPoolGetAttribute(
        pool: Option<CUmemoryPool>,
        attr: CUmemPool_attribute,
        value: Option<Out<[c_void; 4 + 4 * (attr > 3)]>>,
    ) -> CUresult;

    /// The first three are numbers of 4 bytes, the others of 8.
    #[proc(since = 11020)]
    fn cuMemPoolSetAttribute(
        pool: Option<CUmemoryPool>,
        attr: CUmemPool_attribute,
        value: Option<In<[c_void; 4 + 4 * (attr > 3)]>>,
    ) -> CUresult;

    #[proc(since = 11040)]
    fn cuDeviceGetGraphMemAttribute(
        device: CUdevice,
        attr: CUgraphMem_attribute,
        value: Option<Out<[c_void; 8]>>,
    ) -> CUresult;

    #[proc(since = 11040)]
    fn cuDeviceSetGraphMemAttribute(
        device: CUdevice,
        attr: CUgraphMem_attribute,
        value: Option<In<[c_void; 8]>>,
    ) -> CUresult;

    /// The value has 64 bytes, and had 32 before 11.8: what the driver leaves as it is comes back as it was.
    #[proc(since = 11000)]
    #[undocumented]
    #[twin(cuStreamGetAttribute_ptsz)]
    fn cuStreamGetAttribute(
        hStream: Option<CUstream>,
        attr: CUstreamAttrID,
        value: Option<&mut [c_uchar; 64]>,
    ) -> CUresult;

    #[proc(since = 11000)]
    #[undocumented]
    #[twin(cuStreamSetAttribute_ptsz)]
    fn cuStreamSetAttribute(hStream: Option<CUstream>, attr: CUstreamAttrID, param: Option<&[c_void; 64]>) -> CUresult;
}

// Streams.

extern "C" {
    #[proc(since = 2000)]
    fn cuStreamCreate(phStream: Option<Out<New<CUstream>>>, Flags: c_uint) -> CUresult;

    #[proc(since = 5050)]
    fn cuStreamCreateWithPriority(phStream: Option<Out<New<CUstream>>>, flags: c_uint, priority: c_int) -> CUresult;

    #[proc(since = 4000)]
    #[release(CUstream)]
    #[oneway]
    fn cuStreamDestroy_v2(hStream: CUstream) -> CUresult;

    #[proc(since = 2000)]
    #[release(CUstream)]
    #[oneway]
    fn cuStreamDestroy(hStream: CUstream) -> CUresult;

    #[proc(since = 5050)]
    #[twin(cuStreamGetPriority_ptsz, since = 7000)]
    #[cached]
    fn cuStreamGetPriority(hStream: Option<CUstream>, priority: Option<Out<c_int>>) -> CUresult;

    #[proc(since = 12000)]
    #[twin(cuStreamGetId_ptsz)]
    fn cuStreamGetId(hStream: Option<CUstream>, streamId: Option<Out<c_ulonglong>>) -> CUresult;

    #[proc(since = 5050)]
    #[twin(cuStreamGetFlags_ptsz, since = 7000)]
    #[cached]
    fn cuStreamGetFlags(hStream: Option<CUstream>, flags: Option<Out<c_uint>>) -> CUresult;

    #[proc(since = 12080)]
    #[twin(cuStreamGetDevice_ptsz)]
    #[cached]
    fn cuStreamGetDevice(hStream: Option<CUstream>, device: Option<Out<CUdevice>>) -> CUresult;

    #[proc(since = 9020)]
    #[twin(cuStreamGetCtx_ptsz)]
    #[cached]
    fn cuStreamGetCtx(hStream: Option<CUstream>, pctx: Option<Out<CUcontext>>) -> CUresult;

    #[proc(since = 3020)]
    #[twin(cuStreamWaitEvent_ptsz, since = 7000)]
    #[oneway]
    fn cuStreamWaitEvent(hStream: Option<CUstream>, hEvent: Option<CUevent>, Flags: c_uint) -> CUresult;

    #[proc(since = 2000)]
    #[twin(cuStreamQuery_ptsz, since = 7000)]
    #[polls(hStream = CUDA_ERROR_NOT_READY)]
    fn cuStreamQuery(hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 2000)]
    #[custom(shim)]
    #[twin(cuStreamSynchronize_ptsz, since = 7000)]
    fn cuStreamSynchronize(hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 8000)]
    #[charge(commands = 1)]
    #[twin(cuStreamWriteValue32_ptsz)]
    #[submits]
    fn cuStreamWriteValue32(stream: Option<CUstream>, addr: CUdeviceptr, value: cuuint32_t, flags: c_uint) -> CUresult;

    #[proc(since = 8000)]
    #[charge(commands = 1)]
    #[twin(cuStreamWaitValue32_ptsz)]
    #[submits]
    fn cuStreamWaitValue32(stream: Option<CUstream>, addr: CUdeviceptr, value: cuuint32_t, flags: c_uint) -> CUresult;

    #[proc(since = 9000)]
    #[charge(commands = 1)]
    #[twin(cuStreamWriteValue64_ptsz)]
    #[submits]
    fn cuStreamWriteValue64(stream: Option<CUstream>, addr: CUdeviceptr, value: cuuint64_t, flags: c_uint) -> CUresult;

    #[proc(since = 9000)]
    #[charge(commands = 1)]
    #[twin(cuStreamWaitValue64_ptsz)]
    #[submits]
    fn cuStreamWaitValue64(stream: Option<CUstream>, addr: CUdeviceptr, value: cuuint64_t, flags: c_uint) -> CUresult;

    #[proc(since = 11070)]
    #[charge(commands = 1)]
    #[twin(cuStreamWriteValue32_v2_ptsz)]
    #[submits]
    fn cuStreamWriteValue32_v2(
        stream: Option<CUstream>,
        addr: CUdeviceptr,
        value: cuuint32_t,
        flags: c_uint,
    ) -> CUresult;

    #[proc(since = 11070)]
    #[charge(commands = 1)]
    #[twin(cuStreamWaitValue32_v2_ptsz)]
    #[submits]
    fn cuStreamWaitValue32_v2(
        stream: Option<CUstream>,
        addr: CUdeviceptr,
        value: cuuint32_t,
        flags: c_uint,
    ) -> CUresult;

    #[proc(since = 11070)]
    #[charge(commands = 1)]
    #[twin(cuStreamWriteValue64_v2_ptsz)]
    #[submits]
    fn cuStreamWriteValue64_v2(
        stream: Option<CUstream>,
        addr: CUdeviceptr,
        value: cuuint64_t,
        flags: c_uint,
    ) -> CUresult;

    #[proc(since = 11070)]
    #[charge(commands = 1)]
    #[twin(cuStreamWaitValue64_v2_ptsz)]
    #[submits]
    fn cuStreamWaitValue64_v2(
        stream: Option<CUstream>,
        addr: CUdeviceptr,
        value: cuuint64_t,
        flags: c_uint,
    ) -> CUresult;

    #[proc(since = 8000)]
    #[undocumented]
    #[charge(commands = count)]
    #[twin(cuStreamBatchMemOp_ptsz)]
    #[submits]
    fn cuStreamBatchMemOp(
        stream: Option<CUstream>,
        count: c_uint,
        paramArray: Option<In<[CUstreamBatchMemOpParams_v1; count]>>,
        flags: c_uint,
    ) -> CUresult;

    #[proc(since = 11070)]
    #[undocumented]
    #[charge(commands = count)]
    #[twin(cuStreamBatchMemOp_v2_ptsz)]
    #[submits]
    fn cuStreamBatchMemOp_v2(
        stream: Option<CUstream>,
        count: c_uint,
        paramArray: Option<In<[CUstreamBatchMemOpParams_v1; count]>>,
        flags: c_uint,
    ) -> CUresult;

    #[proc(since = 11030)]
    #[custom]
    #[twin(cuStreamGetCaptureInfo_v2_ptsz)]
    fn cuStreamGetCaptureInfo_v2(
        hStream: Option<CUstream>,
        captureStatus_out: Option<Out<CUstreamCaptureStatus>>,
        id_out: Option<Out<cuuint64_t>>,
        graph_out: Option<Out<CUgraph>>,
        dependencies_out: *mut *const CUgraphNode,
        numDependencies_out: Option<Out<usize>>,
    ) -> CUresult;

    #[proc(since = 12030)]
    #[custom]
    #[twin(cuStreamGetCaptureInfo_v3_ptsz)]
    fn cuStreamGetCaptureInfo_v3(
        hStream: Option<CUstream>,
        captureStatus_out: Option<Out<CUstreamCaptureStatus>>,
        id_out: Option<Out<cuuint64_t>>,
        graph_out: Option<Out<CUgraph>>,
        dependencies_out: *mut *const CUgraphNode,
        edgeData_out: *mut *const CUgraphEdgeData,
        numDependencies_out: Option<Out<usize>>,
    ) -> CUresult;

    #[proc(since = 10000)]
    #[custom(shim)]
    #[twin(cuStreamBeginCapture_ptsz)]
    fn cuStreamBeginCapture(hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 10010)]
    #[custom(shim)]
    #[twin(cuStreamBeginCapture_v2_ptsz)]
    fn cuStreamBeginCapture_v2(hStream: Option<CUstream>, mode: CUstreamCaptureMode) -> CUresult;

    #[proc(since = 12030)]
    #[custom(shim)]
    #[twin(cuStreamBeginCaptureToGraph_ptsz)]
    fn cuStreamBeginCaptureToGraph(
        hStream: Option<CUstream>,
        hGraph: Option<CUgraph>,
        dependencies: Option<&[CUgraphNode; numDependencies]>,
        dependencyData: Option<&[CUgraphEdgeData; numDependencies]>,
        numDependencies: usize,
        mode: CUstreamCaptureMode,
    ) -> CUresult;

    /// By hand: the program may know the graph, as one that it records to or was told of.
    #[proc(since = 10000)]
    #[custom]
    #[twin(cuStreamEndCapture_ptsz)]
    fn cuStreamEndCapture(hStream: Option<CUstream>, phGraph: Option<Out<New<CUgraph>>>) -> CUresult;

    #[proc(since = 10000)]
    #[twin(cuStreamIsCapturing_ptsz)]
    // While any stream records, every answer is asked for; while none does, this one is that it does not.
    #[cached]
    fn cuStreamIsCapturing(hStream: Option<CUstream>, captureStatus: Option<Out<CUstreamCaptureStatus>>) -> CUresult;

    #[proc(since = 10010)]
    #[twin(cuStreamGetCaptureInfo_ptsz)]
    fn cuStreamGetCaptureInfo(
        hStream: Option<CUstream>,
        captureStatus_out: Option<Out<CUstreamCaptureStatus>>,
        id_out: Option<Out<cuuint64_t>>,
    ) -> CUresult;

    #[proc(since = 11000)]
    #[twin(cuStreamCopyAttributes_ptsz)]
    fn cuStreamCopyAttributes(dstStream: Option<CUstream>, srcStream: Option<CUstream>) -> CUresult;

    #[proc(since = 11030)]
    #[twin(cuStreamUpdateCaptureDependencies_ptsz)]
    fn cuStreamUpdateCaptureDependencies(
        hStream: Option<CUstream>,
        dependencies: Option<In<[CUgraphNode; numDependencies]>>,
        numDependencies: usize,
        flags: c_uint,
    ) -> CUresult;

    #[proc(since = 12030)]
    #[twin(cuStreamUpdateCaptureDependencies_v2_ptsz)]
    fn cuStreamUpdateCaptureDependencies_v2(
        hStream: Option<CUstream>,
        dependencies: Option<In<[CUgraphNode; numDependencies]>>,
        dependencyData: Option<&[CUgraphEdgeData; numDependencies]>,
        numDependencies: usize,
        flags: c_uint,
    ) -> CUresult;
}

// Events.

extern "C" {
    #[proc(since = 2000)]
    fn cuEventCreate(phEvent: Option<Out<New<CUevent>>>, Flags: c_uint) -> CUresult;

    #[proc(since = 2000)]
    #[polls(hEvent = CUDA_ERROR_NOT_READY)]
    fn cuEventQuery(hEvent: Option<CUevent>) -> CUresult;

    #[proc(since = 2000)]
    fn cuEventSynchronize(hEvent: Option<CUevent>) -> CUresult;

    #[proc(since = 4000)]
    #[release(CUevent)]
    #[oneway]
    fn cuEventDestroy_v2(hEvent: CUevent) -> CUresult;

    #[proc(since = 12080)]
    fn cuEventElapsedTime_v2(
        pMilliseconds: Option<Out<f32>>,
        hStart: Option<CUevent>,
        hEnd: Option<CUevent>,
    ) -> CUresult;

    #[proc(since = 2000)]
    #[release(CUevent)]
    #[oneway]
    fn cuEventDestroy(hEvent: CUevent) -> CUresult;

    #[proc(since = 2000)]
    fn cuEventElapsedTime(pMilliseconds: Option<Out<f32>>, hStart: Option<CUevent>, hEnd: Option<CUevent>) -> CUresult;

    #[proc(since = 2000)]
    #[twin(cuEventRecord_ptsz, since = 7000)]
    #[oneway]
    fn cuEventRecord(hEvent: Option<CUevent>, hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 11010)]
    #[twin(cuEventRecordWithFlags_ptsz)]
    #[oneway]
    fn cuEventRecordWithFlags(hEvent: Option<CUevent>, hStream: Option<CUstream>, flags: c_uint) -> CUresult;
}

// What functions say until they are set otherwise.

#[cached(until = [cuFuncSetAttribute, cuFuncSetCacheConfig, cuFuncSetSharedMemConfig, cuKernelSetAttribute, cuKernelSetCacheConfig,
    cuCtxSetCacheConfig, cuCtxSetSharedMemConfig, cuCtxSetLimit])]
extern "C" {
    #[proc(since = 2020)]
    fn cuFuncGetAttribute(pi: Option<Out<c_int>>, attrib: CUfunction_attribute, hfunc: Option<CUfunction>) -> CUresult;

    #[proc(since = 12000)]
    fn cuKernelGetAttribute(
        pi: Option<Out<c_int>>,
        attrib: CUfunction_attribute,
        kernel: Option<CUkernel>,
        dev: CUdevice,
    ) -> CUresult;

    #[proc(since = 6050)]
    fn cuOccupancyMaxActiveBlocksPerMultiprocessor(
        numBlocks: Option<Out<c_int>>,
        func: Option<CUfunction>,
        blockSize: c_int,
        dynamicSMemSize: usize,
    ) -> CUresult;

    #[proc(since = 7000)]
    fn cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(
        numBlocks: Option<Out<c_int>>,
        func: Option<CUfunction>,
        blockSize: c_int,
        dynamicSMemSize: usize,
        flags: c_uint,
    ) -> CUresult;

    #[proc(since = 10020)]
    fn cuOccupancyAvailableDynamicSMemPerBlock(
        dynamicSmemSize: Option<Out<usize>>,
        func: Option<CUfunction>,
        numBlocks: c_int,
        blockSize: c_int,
    ) -> CUresult;
}

// Launches.

extern "C" {
    #[proc(since = 6050)]
    #[local]
    fn cuOccupancyMaxPotentialBlockSize(
        minGridSize: Option<Out<c_int>>,
        blockSize: Option<Out<c_int>>,
        func: Option<CUfunction>,
        blockSizeToDynamicSMemSize: Option<fn(blockSize: c_int) -> usize>,
        dynamicSMemSize: usize,
        blockSizeLimit: c_int,
    ) -> CUresult;

    #[proc(since = 7000)]
    #[local]
    fn cuOccupancyMaxPotentialBlockSizeWithFlags(
        minGridSize: Option<Out<c_int>>,
        blockSize: Option<Out<c_int>>,
        func: Option<CUfunction>,
        blockSizeToDynamicSMemSize: Option<fn(blockSize: c_int) -> usize>,
        dynamicSMemSize: usize,
        blockSizeLimit: c_int,
        flags: c_uint,
    ) -> CUresult;

    #[proc(since = 11070)]
    #[custom]
    fn cuOccupancyMaxPotentialClusterSize(
        clusterSize: Option<Out<c_int>>,
        func: Option<CUfunction>,
        config: Option<&CUlaunchConfig>,
    ) -> CUresult;

    #[proc(since = 11070)]
    #[custom]
    fn cuOccupancyMaxActiveClusters(
        numClusters: Option<Out<c_int>>,
        func: Option<CUfunction>,
        config: Option<&CUlaunchConfig>,
    ) -> CUresult;

    #[proc(since = 4000)]
    #[custom]
    #[oneway]
    #[about(hStream)]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuLaunchKernel_ptsz, since = 7000)]
    #[submits]
    fn cuLaunchKernel(
        f: Option<CUfunction>,
        gridDimX: c_uint,
        gridDimY: c_uint,
        gridDimZ: c_uint,
        blockDimX: c_uint,
        blockDimY: c_uint,
        blockDimZ: c_uint,
        sharedMemBytes: c_uint,
        hStream: Option<CUstream>,
        kernelParams: *mut *mut c_void,
        extra: *mut *mut c_void,
    ) -> CUresult;

    #[proc(since = 9000)]
    #[custom]
    #[oneway]
    #[about(hStream)]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuLaunchCooperativeKernel_ptsz)]
    #[submits]
    fn cuLaunchCooperativeKernel(
        f: Option<CUfunction>,
        gridDimX: c_uint,
        gridDimY: c_uint,
        gridDimZ: c_uint,
        blockDimX: c_uint,
        blockDimY: c_uint,
        blockDimZ: c_uint,
        sharedMemBytes: c_uint,
        hStream: Option<CUstream>,
        kernelParams: *mut *mut c_void,
    ) -> CUresult;

    #[proc(since = 11060)]
    #[custom]
    #[oneway]
    #[charge(commands = 1)]
    #[occupies(config)]
    #[twin(cuLaunchKernelEx_ptsz)]
    #[submits]
    fn cuLaunchKernelEx(
        config: Option<&CUlaunchConfig>,
        f: Option<CUfunction>,
        kernelParams: *mut *mut c_void,
        extra: *mut *mut c_void,
    ) -> CUresult;
}

// Functions of the program.

extern "C" {
    #[proc(since = 10000)]
    #[twin(cuLaunchHostFunc_ptsz)]
    #[awaited(r#fn, again = cuStreamIsCapturing)]
    #[charge(commands = 1)]
    #[submits]
    fn cuLaunchHostFunc(
        hStream: Option<CUstream>,
        r#fn: Option<fn(userData: UserData)>,
        userData: UserData,
    ) -> CUresult;

    #[proc(since = 5000)]
    #[twin(cuStreamAddCallback_ptsz, since = 7000)]
    #[awaited(callback, again = cuStreamIsCapturing)]
    #[charge(commands = 1)]
    #[submits]
    fn cuStreamAddCallback(
        hStream: Option<CUstream>,
        callback: Option<fn(hStream: CUstream, status: CUresult, userData: UserData)>,
        userData: UserData,
        flags: c_uint,
    ) -> CUresult;

    #[proc(since = 11030)]
    fn cuUserObjectCreate(
        object_out: Option<Out<New<CUuserObject>>>,
        ptr: UserData,
        destroy: Option<fn(userData: UserData)>,
        initialRefcount: c_uint,
        flags: c_uint,
    ) -> CUresult;

    #[proc(since = 11030)]
    fn cuUserObjectRetain(object: Option<CUuserObject>, count: c_uint) -> CUresult;

    #[proc(since = 11030)]
    fn cuUserObjectRelease(object: Option<CUuserObject>, count: c_uint) -> CUresult;

    #[proc(since = 11030)]
    fn cuGraphRetainUserObject(
        graph: Option<CUgraph>,
        object: Option<CUuserObject>,
        count: c_uint,
        flags: c_uint,
    ) -> CUresult;

    #[proc(since = 11030)]
    fn cuGraphReleaseUserObject(graph: Option<CUgraph>, object: Option<CUuserObject>, count: c_uint) -> CUresult;
}

// Graphs.

extern "C" {
    #[proc(since = 10000)]
    fn cuGraphCreate(phGraph: Option<Out<New<CUgraph>>>, flags: c_uint) -> CUresult;

    #[proc(since = 10000)]
    fn cuGraphAddMemsetNode(
        _: Dependencies,
        memsetParams: Option<&CUDA_MEMSET_NODE_PARAMS_v1>,
        ctx: Option<CUcontext>,
    ) -> CUresult;

    #[proc(since = 10000)]
    fn cuGraphMemsetNodeGetParams(
        hNode: Option<CUgraphNode>,
        nodeParams: Option<Out<CUDA_MEMSET_NODE_PARAMS_v1>>,
    ) -> CUresult;

    #[proc(since = 10000)]
    fn cuGraphMemsetNodeSetParams(
        hNode: Option<CUgraphNode>,
        nodeParams: Option<&CUDA_MEMSET_NODE_PARAMS_v1>,
    ) -> CUresult;

    #[proc(since = 10000)]
    fn cuGraphAddChildGraphNode(_: Dependencies, childGraph: Option<CUgraph>) -> CUresult;

    #[proc(since = 10000)]
    fn cuGraphChildGraphNodeGetGraph(hNode: Option<CUgraphNode>, phGraph: Option<Out<CUgraph>>) -> CUresult;

    #[proc(since = 10000)]
    fn cuGraphAddEmptyNode(_: Dependencies) -> CUresult;

    #[proc(since = 11010)]
    fn cuGraphAddEventRecordNode(_: Dependencies, event: Option<CUevent>) -> CUresult;

    #[proc(since = 11010)]
    fn cuGraphEventRecordNodeGetEvent(hNode: Option<CUgraphNode>, event_out: Option<Out<CUevent>>) -> CUresult;

    #[proc(since = 11010)]
    fn cuGraphEventRecordNodeSetEvent(hNode: Option<CUgraphNode>, event: Option<CUevent>) -> CUresult;

    #[proc(since = 11010)]
    fn cuGraphAddEventWaitNode(_: Dependencies, event: Option<CUevent>) -> CUresult;

    #[proc(since = 11010)]
    fn cuGraphEventWaitNodeGetEvent(hNode: Option<CUgraphNode>, event_out: Option<Out<CUevent>>) -> CUresult;

    #[proc(since = 11010)]
    fn cuGraphEventWaitNodeSetEvent(hNode: Option<CUgraphNode>, event: Option<CUevent>) -> CUresult;

    #[proc(since = 11040)]
    #[custom(shim)]
    fn cuGraphAddMemFreeNode(_: Dependencies, dptr: CUdeviceptr) -> CUresult;

    #[proc(since = 11040)]
    fn cuGraphMemFreeNodeGetParams(hNode: Option<CUgraphNode>, dptr_out: Option<Out<CUdeviceptr>>) -> CUresult;

    #[proc(since = 10000)]
    fn cuGraphClone(phGraphClone: Option<Out<New<CUgraph>>>, originalGraph: Option<CUgraph>) -> CUresult;

    #[proc(since = 10000)]
    fn cuGraphNodeFindInClone(
        phNode: Option<Out<CUgraphNode>>,
        hOriginalNode: Option<CUgraphNode>,
        hClonedGraph: Option<CUgraph>,
    ) -> CUresult;

    /// By hand: a graph may stand for a copy with memory of the program's own.
    #[proc(since = 10000)]
    #[custom(shim)]
    fn cuGraphNodeGetType(hNode: Option<CUgraphNode>, r#type: Option<Out<CUgraphNodeType>>) -> CUresult;

    #[proc(since = 10000)]
    #[written(nodes = numNodes)]
    fn cuGraphGetNodes(
        hGraph: Option<CUgraph>,
        nodes: Option<Out<[CUgraphNode; numNodes]>>,
        numNodes: Option<&mut usize>,
    ) -> CUresult;

    #[proc(since = 10000)]
    #[written(rootNodes = numRootNodes)]
    fn cuGraphGetRootNodes(
        hGraph: Option<CUgraph>,
        rootNodes: Option<Out<[CUgraphNode; numRootNodes]>>,
        numRootNodes: Option<&mut usize>,
    ) -> CUresult;

    #[proc(since = 12030)]
    #[written(from = numEdges)]
    #[written(to = numEdges)]
    #[written(edgeData = numEdges)]
    fn cuGraphGetEdges_v2(
        hGraph: Option<CUgraph>,
        from: Option<Out<[CUgraphNode; numEdges]>>,
        to: Option<Out<[CUgraphNode; numEdges]>>,
        edgeData: Option<Out<[CUgraphEdgeData; numEdges]>>,
        numEdges: Option<&mut usize>,
    ) -> CUresult;

    #[proc(since = 12030)]
    #[written(dependencies = numDependencies)]
    #[written(edgeData = numDependencies)]
    fn cuGraphNodeGetDependencies_v2(
        hNode: Option<CUgraphNode>,
        dependencies: Option<Out<[CUgraphNode; numDependencies]>>,
        edgeData: Option<Out<[CUgraphEdgeData; numDependencies]>>,
        numDependencies: Option<&mut usize>,
    ) -> CUresult;

    #[proc(since = 12030)]
    #[written(dependentNodes = numDependentNodes)]
    #[written(edgeData = numDependentNodes)]
    fn cuGraphNodeGetDependentNodes_v2(
        hNode: Option<CUgraphNode>,
        dependentNodes: Option<Out<[CUgraphNode; numDependentNodes]>>,
        edgeData: Option<Out<[CUgraphEdgeData; numDependentNodes]>>,
        numDependentNodes: Option<&mut usize>,
    ) -> CUresult;

    #[proc(since = 12030)]
    fn cuGraphAddDependencies_v2(
        hGraph: Option<CUgraph>,
        from: Option<&[CUgraphNode; numDependencies]>,
        to: Option<&[CUgraphNode; numDependencies]>,
        edgeData: Option<&[CUgraphEdgeData; numDependencies]>,
        numDependencies: usize,
    ) -> CUresult;

    #[proc(since = 12030)]
    fn cuGraphRemoveDependencies_v2(
        hGraph: Option<CUgraph>,
        from: Option<&[CUgraphNode; numDependencies]>,
        to: Option<&[CUgraphNode; numDependencies]>,
        edgeData: Option<&[CUgraphEdgeData; numDependencies]>,
        numDependencies: usize,
    ) -> CUresult;

    #[proc(since = 10000)]
    #[release(CUgraphNode)]
    fn cuGraphDestroyNode(hNode: CUgraphNode) -> CUresult;

    #[proc(since = 10000)]
    #[custom]
    fn cuGraphAddKernelNode(_: Dependencies, nodeParams: Option<&CUDA_KERNEL_NODE_PARAMS_v1>) -> CUresult;

    #[proc(since = 10000)]
    #[custom]
    fn cuGraphKernelNodeGetParams(
        hNode: Option<CUgraphNode>,
        nodeParams: Option<Out<CUDA_KERNEL_NODE_PARAMS_v1>>,
    ) -> CUresult;

    #[proc(since = 10000)]
    #[custom]
    fn cuGraphKernelNodeSetParams(
        hNode: Option<CUgraphNode>,
        nodeParams: Option<&CUDA_KERNEL_NODE_PARAMS_v1>,
    ) -> CUresult;

    #[proc(since = 10010)]
    #[custom]
    fn cuGraphExecKernelNodeSetParams(
        hGraphExec: Option<CUgraphExec>,
        hNode: Option<CUgraphNode>,
        nodeParams: Option<&CUDA_KERNEL_NODE_PARAMS_v1>,
    ) -> CUresult;

    #[proc(since = 12000)]
    #[custom]
    fn cuGraphAddKernelNode_v2(_: Dependencies, nodeParams: Option<&CUDA_KERNEL_NODE_PARAMS_v2>) -> CUresult;

    #[proc(since = 12000)]
    #[custom]
    fn cuGraphKernelNodeGetParams_v2(
        hNode: Option<CUgraphNode>,
        nodeParams: Option<Out<CUDA_KERNEL_NODE_PARAMS_v2>>,
    ) -> CUresult;

    #[proc(since = 12000)]
    #[custom]
    fn cuGraphKernelNodeSetParams_v2(
        hNode: Option<CUgraphNode>,
        nodeParams: Option<&CUDA_KERNEL_NODE_PARAMS_v2>,
    ) -> CUresult;

    #[proc(since = 12000)]
    #[custom]
    fn cuGraphExecKernelNodeSetParams_v2(
        hGraphExec: Option<CUgraphExec>,
        hNode: Option<CUgraphNode>,
        nodeParams: Option<&CUDA_KERNEL_NODE_PARAMS_v2>,
    ) -> CUresult;

    #[proc(since = 10000)]
    #[custom]
    fn cuGraphAddMemcpyNode(_: Dependencies, copyParams: Option<&CUDA_MEMCPY3D_v2>, ctx: Option<CUcontext>)
    -> CUresult;

    #[proc(since = 10000)]
    #[custom]
    fn cuGraphMemcpyNodeGetParams(hNode: Option<CUgraphNode>, nodeParams: Option<Out<CUDA_MEMCPY3D_v2>>) -> CUresult;

    #[proc(since = 10000)]
    #[custom]
    fn cuGraphMemcpyNodeSetParams(hNode: Option<CUgraphNode>, nodeParams: Option<&CUDA_MEMCPY3D_v2>) -> CUresult;

    #[proc(since = 10020)]
    #[custom]
    fn cuGraphExecMemcpyNodeSetParams(
        hGraphExec: Option<CUgraphExec>,
        hNode: Option<CUgraphNode>,
        copyParams: Option<&CUDA_MEMCPY3D_v2>,
        ctx: Option<CUcontext>,
    ) -> CUresult;

    /// The program's function is called whenever the node is played.
    #[proc(since = 10000)]
    #[custom]
    fn cuGraphAddHostNode(_: Dependencies, nodeParams: Option<&CUDA_HOST_NODE_PARAMS_v1>) -> CUresult;

    #[proc(since = 10000)]
    #[custom]
    fn cuGraphHostNodeGetParams(
        hNode: Option<CUgraphNode>,
        nodeParams: Option<Out<CUDA_HOST_NODE_PARAMS_v1>>,
    ) -> CUresult;

    #[proc(since = 10000)]
    #[custom]
    fn cuGraphHostNodeSetParams(hNode: Option<CUgraphNode>, nodeParams: Option<&CUDA_HOST_NODE_PARAMS_v1>) -> CUresult;

    #[proc(since = 10020)]
    #[custom]
    fn cuGraphExecHostNodeSetParams(
        hGraphExec: Option<CUgraphExec>,
        hNode: Option<CUgraphNode>,
        nodeParams: Option<&CUDA_HOST_NODE_PARAMS_v1>,
    ) -> CUresult;

    #[proc(since = 11070)]
    #[custom]
    fn cuGraphAddBatchMemOpNode(_: Dependencies, nodeParams: Option<&CUDA_BATCH_MEM_OP_NODE_PARAMS_v1>) -> CUresult;

    #[proc(since = 11070)]
    #[custom]
    fn cuGraphBatchMemOpNodeGetParams(
        hNode: Option<CUgraphNode>,
        nodeParams_out: Option<Out<CUDA_BATCH_MEM_OP_NODE_PARAMS_v1>>,
    ) -> CUresult;

    #[proc(since = 11070)]
    #[custom]
    fn cuGraphBatchMemOpNodeSetParams(
        hNode: Option<CUgraphNode>,
        nodeParams: Option<&CUDA_BATCH_MEM_OP_NODE_PARAMS_v1>,
    ) -> CUresult;

    #[proc(since = 11070)]
    #[custom]
    fn cuGraphExecBatchMemOpNodeSetParams(
        hGraphExec: Option<CUgraphExec>,
        hNode: Option<CUgraphNode>,
        nodeParams: Option<&CUDA_BATCH_MEM_OP_NODE_PARAMS_v1>,
    ) -> CUresult;

    #[proc(since = 11040)]
    #[custom]
    fn cuGraphAddMemAllocNode(_: Dependencies, nodeParams: Option<&mut CUDA_MEM_ALLOC_NODE_PARAMS_v1>) -> CUresult;

    #[proc(since = 11040)]
    #[custom]
    fn cuGraphMemAllocNodeGetParams(
        hNode: Option<CUgraphNode>,
        params_out: Option<Out<CUDA_MEM_ALLOC_NODE_PARAMS_v1>>,
    ) -> CUresult;

    #[proc(since = 12020)]
    #[custom]
    fn cuGraphAddNode(_: Dependencies, nodeParams: *mut CUgraphNodeParams) -> CUresult;

    #[proc(since = 12030)]
    #[custom]
    fn cuGraphAddNode_v2(
        phGraphNode: Option<Out<New<CUgraphNode>>>,
        hGraph: Option<CUgraph>,
        dependencies: Option<&[CUgraphNode; numDependencies]>,
        dependencyData: Option<&[CUgraphEdgeData; numDependencies]>,
        numDependencies: usize,
        nodeParams: *mut CUgraphNodeParams,
    ) -> CUresult;

    #[proc(since = 12020)]
    #[custom]
    fn cuGraphNodeSetParams(hNode: Option<CUgraphNode>, nodeParams: *mut CUgraphNodeParams) -> CUresult;

    #[proc(since = 12020)]
    #[custom]
    fn cuGraphExecNodeSetParams(
        hGraphExec: Option<CUgraphExec>,
        hNode: Option<CUgraphNode>,
        nodeParams: *mut CUgraphNodeParams,
    ) -> CUresult;

    #[proc(since = 12000)]
    #[custom]
    fn cuGraphExecUpdate_v2(
        hGraphExec: Option<CUgraphExec>,
        hGraph: Option<CUgraph>,
        resultInfo: Option<Out<CUgraphExecUpdateResultInfo_v1>>,
    ) -> CUresult;

    #[proc(since = 12000)]
    #[custom]
    #[twin(cuGraphInstantiateWithParams_ptsz)]
    fn cuGraphInstantiateWithParams(
        phGraphExec: Option<Out<New<CUgraphExec>>>,
        hGraph: Option<CUgraph>,
        instantiateParams: Option<&mut CUDA_GRAPH_INSTANTIATE_PARAMS>,
    ) -> CUresult;

    #[proc(since = 11040)]
    fn cuGraphInstantiateWithFlags(
        phGraphExec: Option<Out<New<CUgraphExec>>>,
        hGraph: Option<CUgraph>,
        flags: c_ulonglong,
    ) -> CUresult;

    #[proc(since = 12000)]
    fn cuGraphExecGetFlags(hGraphExec: Option<CUgraphExec>, flags: Option<Out<cuuint64_t>>) -> CUresult;

    #[proc(since = 10020)]
    fn cuGraphExecMemsetNodeSetParams(
        hGraphExec: Option<CUgraphExec>,
        hNode: Option<CUgraphNode>,
        memsetParams: Option<&CUDA_MEMSET_NODE_PARAMS_v1>,
        ctx: Option<CUcontext>,
    ) -> CUresult;

    #[proc(since = 11010)]
    fn cuGraphExecChildGraphNodeSetParams(
        hGraphExec: Option<CUgraphExec>,
        hNode: Option<CUgraphNode>,
        childGraph: Option<CUgraph>,
    ) -> CUresult;

    #[proc(since = 11010)]
    fn cuGraphExecEventRecordNodeSetEvent(
        hGraphExec: Option<CUgraphExec>,
        hNode: Option<CUgraphNode>,
        event: Option<CUevent>,
    ) -> CUresult;

    #[proc(since = 11010)]
    fn cuGraphExecEventWaitNodeSetEvent(
        hGraphExec: Option<CUgraphExec>,
        hNode: Option<CUgraphNode>,
        event: Option<CUevent>,
    ) -> CUresult;

    #[proc(since = 11060)]
    fn cuGraphNodeSetEnabled(
        hGraphExec: Option<CUgraphExec>,
        hNode: Option<CUgraphNode>,
        isEnabled: c_uint,
    ) -> CUresult;

    #[proc(since = 11060)]
    fn cuGraphNodeGetEnabled(
        hGraphExec: Option<CUgraphExec>,
        hNode: Option<CUgraphNode>,
        isEnabled: Option<Out<c_uint>>,
    ) -> CUresult;

    #[proc(since = 10000)]
    #[release(CUgraphExec)]
    fn cuGraphExecDestroy(hGraphExec: CUgraphExec) -> CUresult;

    #[proc(since = 10000)]
    #[release(CUgraph)]
    fn cuGraphDestroy(hGraph: CUgraph) -> CUresult;

    #[proc(since = 11000)]
    fn cuGraphKernelNodeCopyAttributes(dst: Option<CUgraphNode>, src: Option<CUgraphNode>) -> CUresult;

    /// As of a stream's, what the driver leaves as it is comes back as it was.
    #[proc(since = 11000)]
    #[undocumented]
    fn cuGraphKernelNodeGetAttribute(
        hNode: Option<CUgraphNode>,
        attr: CUkernelNodeAttrID,
        value_out: Option<&mut [c_uchar; 64]>,
    ) -> CUresult;

    #[proc(since = 11000)]
    #[undocumented]
    fn cuGraphKernelNodeSetAttribute(
        hNode: Option<CUgraphNode>,
        attr: CUkernelNodeAttrID,
        value: Option<&[KernelNodeAttribute; 64]>,
    ) -> CUresult;

    #[proc(since = 11030)]
    fn cuGraphDebugDotPrint(hGraph: Option<CUgraph>, path: Option<&CStr>, flags: c_uint) -> CUresult;

    #[proc(since = 12030)]
    fn cuGraphConditionalHandleCreate(
        pHandle_out: Option<Out<CUgraphConditionalHandle>>,
        hGraph: Option<CUgraph>,
        ctx: Option<CUcontext>,
        defaultLaunchValue: c_uint,
        flags: c_uint,
    ) -> CUresult;

    #[proc(since = 10020)]
    fn cuGraphExecUpdate(
        hGraphExec: Option<CUgraphExec>,
        hGraph: Option<CUgraph>,
        hErrorNode_out: Option<Out<CUgraphNode>>,
        updateResult_out: Option<Out<CUgraphExecUpdateResult>>,
    ) -> CUresult;

    #[proc(since = 11010)]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuGraphUpload_ptsz)]
    #[submits]
    fn cuGraphUpload(hGraph: Option<CUgraphExec>, hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 10000)]
    #[charge(commands = 1)]
    #[occupies(hStream)]
    #[twin(cuGraphLaunch_ptsz)]
    #[custom(shim)]
    #[oneway]
    #[submits]
    fn cuGraphLaunch(hGraph: Option<CUgraphExec>, hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 10000)]
    #[written(from = numEdges)]
    #[written(to = numEdges)]
    fn cuGraphGetEdges(
        hGraph: Option<CUgraph>,
        from: Option<Out<[CUgraphNode; numEdges]>>,
        to: Option<Out<[CUgraphNode; numEdges]>>,
        numEdges: Option<&mut usize>,
    ) -> CUresult;

    #[proc(since = 10000)]
    #[written(dependencies = numDependencies)]
    fn cuGraphNodeGetDependencies(
        hNode: Option<CUgraphNode>,
        dependencies: Option<Out<[CUgraphNode; numDependencies]>>,
        numDependencies: Option<&mut usize>,
    ) -> CUresult;

    #[proc(since = 10000)]
    #[written(dependentNodes = numDependentNodes)]
    fn cuGraphNodeGetDependentNodes(
        hNode: Option<CUgraphNode>,
        dependentNodes: Option<Out<[CUgraphNode; numDependentNodes]>>,
        numDependentNodes: Option<&mut usize>,
    ) -> CUresult;

    #[proc(since = 10000)]
    fn cuGraphAddDependencies(
        hGraph: Option<CUgraph>,
        from: Option<&[CUgraphNode; numDependencies]>,
        to: Option<&[CUgraphNode; numDependencies]>,
        numDependencies: usize,
    ) -> CUresult;

    #[proc(since = 10000)]
    fn cuGraphRemoveDependencies(
        hGraph: Option<CUgraph>,
        from: Option<&[CUgraphNode; numDependencies]>,
        to: Option<&[CUgraphNode; numDependencies]>,
        numDependencies: usize,
    ) -> CUresult;

    #[proc(since = 10000)]
    fn cuGraphInstantiate(
        phGraphExec: Option<Out<New<CUgraphExec>>>,
        hGraph: Option<CUgraph>,
        phErrorNode: Option<Out<CUgraphNode>>,
        logBuffer: Option<Out<[c_char; bufferSize]>>,
        bufferSize: usize,
    ) -> CUresult;

    #[proc(since = 11000)]
    fn cuGraphInstantiate_v2(
        phGraphExec: Option<Out<New<CUgraphExec>>>,
        hGraph: Option<CUgraph>,
        phErrorNode: Option<Out<CUgraphNode>>,
        logBuffer: Option<Out<[c_char; bufferSize]>>,
        bufferSize: usize,
    ) -> CUresult;
}

// Peers, other processes, other APIs.

extern "C" {
    #[proc(since = 4000)]
    #[cached]
    fn cuDeviceCanAccessPeer(canAccessPeer: Option<Out<c_int>>, dev: CUdevice, peerDev: CUdevice) -> CUresult;

    #[proc(since = 4000)]
    fn cuCtxEnablePeerAccess(peerContext: Option<CUcontext>, Flags: c_uint) -> CUresult;

    #[proc(since = 4000)]
    fn cuCtxDisablePeerAccess(peerContext: Option<CUcontext>) -> CUresult;

    #[proc(since = 8000)]
    #[cached]
    fn cuDeviceGetP2PAttribute(
        value: Option<Out<c_int>>,
        attrib: CUdevice_P2PAttribute,
        srcDevice: CUdevice,
        dstDevice: CUdevice,
    ) -> CUresult;

    #[proc(since = 13000)]
    fn cuDeviceGetP2PAtomicCapabilities(
        capabilities: Option<Out<[c_uint; count]>>,
        operations: Option<&[CUatomicOperation; count]>,
        count: c_uint,
        srcDevice: CUdevice,
        dstDevice: CUdevice,
    ) -> CUresult;
}

// Textures and surfaces.

extern "C" {
    #[proc(since = 2000)]
    fn cuModuleGetTexRef(pTexRef: Option<Out<CUtexref>>, hmod: Option<CUmodule>, name: Option<&CStr>) -> CUresult;

    #[proc(since = 3000)]
    fn cuModuleGetSurfRef(pSurfRef: Option<Out<CUsurfref>>, hmod: Option<CUmodule>, name: Option<&CStr>) -> CUresult;

    #[proc(since = 2000)]
    fn cuTexRefSetArray(hTexRef: Option<CUtexref>, hArray: Option<CUarray>, Flags: c_uint) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexRefSetMipmappedArray(
        hTexRef: Option<CUtexref>,
        hMipmappedArray: Option<CUmipmappedArray>,
        Flags: c_uint,
    ) -> CUresult;

    #[proc(since = 3020)]
    fn cuTexRefSetAddress_v2(
        ByteOffset: Option<Out<usize>>,
        hTexRef: Option<CUtexref>,
        dptr: CUdeviceptr,
        bytes: usize,
    ) -> CUresult;

    #[proc(since = 4010)]
    fn cuTexRefSetAddress2D_v3(
        hTexRef: Option<CUtexref>,
        desc: Option<&CUDA_ARRAY_DESCRIPTOR_v2>,
        dptr: CUdeviceptr,
        Pitch: usize,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuTexRefSetFormat(hTexRef: Option<CUtexref>, fmt: CUarray_format, NumPackedComponents: c_int) -> CUresult;

    #[proc(since = 2000)]
    fn cuTexRefSetAddressMode(hTexRef: Option<CUtexref>, dim: c_int, am: CUaddress_mode) -> CUresult;

    #[proc(since = 2000)]
    fn cuTexRefSetFilterMode(hTexRef: Option<CUtexref>, fm: CUfilter_mode) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexRefSetMipmapFilterMode(hTexRef: Option<CUtexref>, fm: CUfilter_mode) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexRefSetMipmapLevelBias(hTexRef: Option<CUtexref>, bias: f32) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexRefSetMipmapLevelClamp(
        hTexRef: Option<CUtexref>,
        minMipmapLevelClamp: f32,
        maxMipmapLevelClamp: f32,
    ) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexRefSetMaxAnisotropy(hTexRef: Option<CUtexref>, maxAniso: c_uint) -> CUresult;

    #[proc(since = 8000)]
    fn cuTexRefSetBorderColor(hTexRef: Option<CUtexref>, pBorderColor: Option<In<[f32; 4]>>) -> CUresult;

    #[proc(since = 2000)]
    fn cuTexRefSetFlags(hTexRef: Option<CUtexref>, Flags: c_uint) -> CUresult;

    #[proc(since = 3020)]
    fn cuTexRefGetAddress_v2(pdptr: Option<Out<CUdeviceptr>>, hTexRef: Option<CUtexref>) -> CUresult;

    #[proc(since = 2000)]
    fn cuTexRefGetArray(phArray: Option<Out<CUarray>>, hTexRef: Option<CUtexref>) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexRefGetMipmappedArray(
        phMipmappedArray: Option<Out<CUmipmappedArray>>,
        hTexRef: Option<CUtexref>,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuTexRefGetAddressMode(pam: Option<Out<CUaddress_mode>>, hTexRef: Option<CUtexref>, dim: c_int) -> CUresult;

    #[proc(since = 2000)]
    fn cuTexRefGetFilterMode(pfm: Option<Out<CUfilter_mode>>, hTexRef: Option<CUtexref>) -> CUresult;

    #[proc(since = 2000)]
    fn cuTexRefGetFormat(
        pFormat: Option<Out<CUarray_format>>,
        pNumChannels: Option<Out<c_int>>,
        hTexRef: Option<CUtexref>,
    ) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexRefGetMipmapFilterMode(pfm: Option<Out<CUfilter_mode>>, hTexRef: Option<CUtexref>) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexRefGetMipmapLevelBias(pbias: Option<Out<f32>>, hTexRef: Option<CUtexref>) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexRefGetMipmapLevelClamp(
        pminMipmapLevelClamp: Option<Out<f32>>,
        pmaxMipmapLevelClamp: Option<Out<f32>>,
        hTexRef: Option<CUtexref>,
    ) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexRefGetMaxAnisotropy(pmaxAniso: Option<Out<c_int>>, hTexRef: Option<CUtexref>) -> CUresult;

    #[proc(since = 8000)]
    fn cuTexRefGetBorderColor(pBorderColor: Option<Out<[f32; 4]>>, hTexRef: Option<CUtexref>) -> CUresult;

    #[proc(since = 2000)]
    fn cuTexRefGetFlags(pFlags: Option<Out<c_uint>>, hTexRef: Option<CUtexref>) -> CUresult;

    #[proc(since = 2000)]
    fn cuTexRefCreate(pTexRef: Option<Out<New<CUtexref>>>) -> CUresult;

    #[proc(since = 2000)]
    #[release(CUtexref)]
    fn cuTexRefDestroy(hTexRef: CUtexref) -> CUresult;

    #[proc(since = 3000)]
    fn cuSurfRefSetArray(hSurfRef: Option<CUsurfref>, hArray: Option<CUarray>, Flags: c_uint) -> CUresult;

    #[proc(since = 3000)]
    fn cuSurfRefGetArray(phArray: Option<Out<CUarray>>, hSurfRef: Option<CUsurfref>) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexObjectCreate(
        pTexObject: Option<Out<CUtexObject>>,
        pResDesc: Option<&CUDA_RESOURCE_DESC_v1>,
        pTexDesc: Option<&CUDA_TEXTURE_DESC_v1>,
        pResViewDesc: Option<&CUDA_RESOURCE_VIEW_DESC_v1>,
    ) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexObjectDestroy(texObject: CUtexObject) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexObjectGetResourceDesc(pResDesc: Option<Out<CUDA_RESOURCE_DESC_v1>>, texObject: CUtexObject) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexObjectGetTextureDesc(pTexDesc: Option<Out<CUDA_TEXTURE_DESC_v1>>, texObject: CUtexObject) -> CUresult;

    #[proc(since = 5000)]
    fn cuTexObjectGetResourceViewDesc(
        pResViewDesc: Option<Out<CUDA_RESOURCE_VIEW_DESC_v1>>,
        texObject: CUtexObject,
    ) -> CUresult;

    #[proc(since = 5000)]
    fn cuSurfObjectCreate(pSurfObject: Option<Out<CUsurfObject>>, pResDesc: Option<&CUDA_RESOURCE_DESC_v1>)
    -> CUresult;

    #[proc(since = 5000)]
    fn cuSurfObjectDestroy(surfObject: CUsurfObject) -> CUresult;

    #[proc(since = 5000)]
    fn cuSurfObjectGetResourceDesc(pResDesc: Option<Out<CUDA_RESOURCE_DESC_v1>>, surfObject: CUsurfObject) -> CUresult;

    #[proc(since = 3020)]
    fn cuTexRefSetAddress2D_v2(
        hTexRef: Option<CUtexref>,
        desc: Option<&CUDA_ARRAY_DESCRIPTOR_v2>,
        dptr: CUdeviceptr,
        Pitch: usize,
    ) -> CUresult;
}

// The rest

extern "C" {
    #[proc(since = 10010)]
    fn cuThreadExchangeStreamCaptureMode(mode: Option<&mut CUstreamCaptureMode>) -> CUresult;
}

// What is refused, and why.

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "parts of a device")]
extern "C" {
    #[proc(since = 12050)]
    fn cuCtxRecordEvent(hCtx: Option<CUcontext>, hEvent: Option<CUevent>) -> CUresult;

    #[proc(since = 12050)]
    fn cuCtxWaitEvent(hCtx: Option<CUcontext>, hEvent: Option<CUevent>) -> CUresult;

    #[proc(since = 12040)]
    fn cuGreenCtxCreate(phCtx: *mut CUgreenCtx, desc: CUdevResourceDesc, dev: CUdevice, flags: c_uint) -> CUresult;

    #[proc(since = 12040)]
    fn cuGreenCtxDestroy(hCtx: CUgreenCtx) -> CUresult;

    #[proc(since = 12040)]
    fn cuCtxFromGreenCtx(pContext: Option<Out<CUcontext>>, hCtx: CUgreenCtx) -> CUresult;

    #[proc(since = 12040)]
    fn cuGreenCtxRecordEvent(hCtx: CUgreenCtx, hEvent: Option<CUevent>) -> CUresult;

    #[proc(since = 12040)]
    fn cuGreenCtxWaitEvent(hCtx: CUgreenCtx, hEvent: Option<CUevent>) -> CUresult;

    #[proc(since = 12040)]
    fn cuStreamGetGreenCtx(hStream: Option<CUstream>, phCtx: *mut CUgreenCtx) -> CUresult;

    #[proc(since = 12050)]
    fn cuGreenCtxStreamCreate(
        phStream: Option<Out<New<CUstream>>>,
        greenCtx: CUgreenCtx,
        flags: c_uint,
        priority: c_int,
    ) -> CUresult;

    #[proc(since = 12090)]
    fn cuGreenCtxGetId(greenCtx: CUgreenCtx, greenCtxId: Option<Out<c_ulonglong>>) -> CUresult;

    #[proc(since = 12050)]
    #[twin(cuStreamGetCtx_v2_ptsz)]
    fn cuStreamGetCtx_v2(
        hStream: Option<CUstream>,
        pCtx: Option<Out<CUcontext>>,
        pGreenCtx: *mut CUgreenCtx,
    ) -> CUresult;

    #[proc(since = 12040)]
    fn cuDeviceGetDevResource(device: CUdevice, resource: *mut CUdevResource_v1, r#type: CUdevResourceType)
    -> CUresult;

    #[proc(since = 12040)]
    fn cuCtxGetDevResource(
        hCtx: Option<CUcontext>,
        resource: *mut CUdevResource_v1,
        r#type: CUdevResourceType,
    ) -> CUresult;

    #[proc(since = 12040)]
    fn cuGreenCtxGetDevResource(
        hCtx: CUgreenCtx,
        resource: *mut CUdevResource_v1,
        r#type: CUdevResourceType,
    ) -> CUresult;

    #[proc(since = 12040)]
    fn cuDevSmResourceSplitByCount(
        result: *mut CUdevResource_v1,
        nbGroups: Option<Out<c_uint>>,
        input: *const CUdevResource_v1,
        remaining: *mut CUdevResource_v1,
        useFlags: c_uint,
        minCount: c_uint,
    ) -> CUresult;

    #[proc(since = 12040)]
    fn cuDevResourceGenerateDesc(
        phDesc: *mut CUdevResourceDesc,
        resources: *mut CUdevResource_v1,
        nbResources: c_uint,
    ) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "before CUDA 6.5: programs of today get cuMemHostRegister_v2")]
extern "C" {
    #[proc(since = 4000)]
    fn cuMemHostRegister(p: Option<Out<[c_void; bytesize]>>, bytesize: usize, Flags: c_uint) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "advice about managed memory, which stays where it is")]
extern "C" {
    #[proc(since = 13000)]
    #[twin(cuMemPrefetchBatchAsync_ptsz)]
    fn cuMemPrefetchBatchAsync(
        dptrs: Option<Out<CUdeviceptr>>,
        sizes: Option<Out<usize>>,
        count: usize,
        prefetchLocs: Option<Out<[CUmemLocation_v1; numPrefetchLocs]>>,
        prefetchLocIdxs: Option<Out<usize>>,
        numPrefetchLocs: usize,
        flags: c_ulonglong,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 13000)]
    #[twin(cuMemDiscardBatchAsync_ptsz)]
    fn cuMemDiscardBatchAsync(
        dptrs: Option<Out<CUdeviceptr>>,
        sizes: Option<Out<usize>>,
        count: usize,
        flags: c_ulonglong,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 13000)]
    #[twin(cuMemDiscardAndPrefetchBatchAsync_ptsz)]
    fn cuMemDiscardAndPrefetchBatchAsync(
        dptrs: Option<Out<CUdeviceptr>>,
        sizes: Option<Out<usize>>,
        count: usize,
        prefetchLocs: Option<Out<[CUmemLocation_v1; numPrefetchLocs]>>,
        prefetchLocIdxs: Option<Out<usize>>,
        numPrefetchLocs: usize,
        flags: c_ulonglong,
        hStream: Option<CUstream>,
    ) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "the address of code in another process")]
extern "C" {
    #[proc(since = 12000)]
    fn cuLibraryGetUnifiedFunction(
        fptr: *mut *mut c_void,
        library: Option<CUlibrary>,
        symbol: Option<&CStr>,
    ) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "one launch on several devices, which NVIDIA has deprecated")]
extern "C" {
    #[proc(since = 9000)]
    fn cuLaunchCooperativeKernelMultiDevice(
        launchParamsList: Option<Out<CUDA_LAUNCH_PARAMS_v1>>,
        numDevices: c_uint,
        flags: c_uint,
    ) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "batches with several shapes of memory, and arrays")]
extern "C" {
    #[proc(since = 12080)]
    #[twin(cuMemcpy3DBatchAsync_ptsz)]
    fn cuMemcpy3DBatchAsync(
        numOps: usize,
        opList: *mut CUDA_MEMCPY3D_BATCH_OP_v1,
        failIdx: Option<Out<usize>>,
        flags: c_ulonglong,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 13000)]
    #[twin(cuMemcpy3DBatchAsync_v2_ptsz)]
    fn cuMemcpy3DBatchAsync_v2(
        numOps: usize,
        opList: *mut CUDA_MEMCPY3D_BATCH_OP_v1,
        flags: c_ulonglong,
        hStream: Option<CUstream>,
    ) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "sparse arrays")]
extern "C" {
    #[proc(since = 11010)]
    #[twin(cuMemMapArrayAsync_ptsz)]
    fn cuMemMapArrayAsync(mapInfoList: *mut CUarrayMapInfo_v1, count: c_uint, hStream: Option<CUstream>) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "the driver would write sizes to memory of the program")]
extern "C" {
    #[proc(since = 12060)]
    #[twin(cuMemBatchDecompressAsync_ptsz)]
    fn cuMemBatchDecompressAsync(
        paramsArray: Option<Out<CUmemDecompressParams>>,
        count: usize,
        flags: c_uint,
        errorIndex: Option<Out<usize>>,
        stream: Option<CUstream>,
    ) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "an asynchronous notification")]
extern "C" {
    #[proc(since = 12040)]
    fn cuDeviceUnregisterAsyncNotification(device: CUdevice, callback: CUasyncCallbackHandle) -> CUresult;

    #[proc(since = 12040)]
    fn cuDeviceRegisterAsyncNotification(
        device: CUdevice,
        callbackFunc: Option<
            fn(info: *mut CUasyncNotificationInfo, userData: UserData, callback: CUasyncCallbackHandle),
        >,
        userData: UserData,
        callback: *mut CUasyncCallbackHandle,
    ) -> CUresult;
}

// The handle is 64 bytes, by which the driver finds the other process itself. It does so by what no worker has: sockets, and
// sight of other processes.
#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "the driver would look for another process, and a worker sees none: \
    memory of other processes is shared by descriptors")]
extern "C" {
    #[proc(since = 4010)]
    fn cuIpcGetEventHandle(pHandle: Option<Out<CUipcEventHandle_v1>>, event: Option<CUevent>) -> CUresult;

    #[proc(since = 4010)]
    fn cuIpcOpenEventHandle(phEvent: Option<Out<New<CUevent>>>, handle: CUipcEventHandle_v1) -> CUresult;

    #[proc(since = 4010)]
    fn cuIpcGetMemHandle(pHandle: Option<Out<CUipcMemHandle_v1>>, dptr: CUdeviceptr) -> CUresult;

    #[proc(since = 11000)]
    fn cuIpcOpenMemHandle_v2(pdptr: Option<Out<CUdeviceptr>>, handle: CUipcMemHandle_v1, Flags: c_uint) -> CUresult;

    #[proc(since = 4010)]
    fn cuIpcCloseMemHandle(dptr: CUdeviceptr) -> CUresult;

    #[proc(since = 4010)]
    fn cuIpcOpenMemHandle(pdptr: Option<Out<CUdeviceptr>>, handle: CUipcMemHandle_v1, Flags: c_uint) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "several devices share memory")]
extern "C" {
    #[proc(since = 12010)]
    fn cuMulticastCreate(
        mcHandle: Option<Out<CUmemGenericAllocationHandle>>,
        prop: Option<&CUmulticastObjectProp_v1>,
    ) -> CUresult;

    #[proc(since = 12010)]
    fn cuMulticastAddDevice(mcHandle: CUmemGenericAllocationHandle, dev: CUdevice) -> CUresult;

    #[proc(since = 12010)]
    fn cuMulticastBindMem(
        mcHandle: CUmemGenericAllocationHandle,
        mcOffset: usize,
        memHandle: CUmemGenericAllocationHandle,
        memOffset: usize,
        size: usize,
        flags: c_ulonglong,
    ) -> CUresult;

    #[proc(since = 12010)]
    fn cuMulticastBindAddr(
        mcHandle: CUmemGenericAllocationHandle,
        mcOffset: usize,
        memptr: CUdeviceptr,
        size: usize,
        flags: c_ulonglong,
    ) -> CUresult;

    #[proc(since = 12010)]
    fn cuMulticastUnbind(
        mcHandle: CUmemGenericAllocationHandle,
        dev: CUdevice,
        mcOffset: usize,
        size: usize,
    ) -> CUresult;

    #[proc(since = 12010)]
    fn cuMulticastGetGranularity(
        granularity: Option<Out<usize>>,
        prop: Option<&CUmulticastObjectProp_v1>,
        option: CUmulticastGranularity_flags,
    ) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "objects of other APIs and of other devices")]
extern "C" {
    #[proc(since = 10000)]
    fn cuExternalMemoryGetMappedBuffer(
        devPtr: Option<Out<CUdeviceptr>>,
        extMem: CUexternalMemory,
        bufferDesc: Option<&CUDA_EXTERNAL_MEMORY_BUFFER_DESC_v1>,
    ) -> CUresult;

    #[proc(since = 10000)]
    fn cuExternalMemoryGetMappedMipmappedArray(
        mipmap: Option<Out<CUmipmappedArray>>,
        extMem: CUexternalMemory,
        mipmapDesc: Option<&CUDA_EXTERNAL_MEMORY_MIPMAPPED_ARRAY_DESC_v1>,
    ) -> CUresult;

    #[proc(since = 10000)]
    fn cuDestroyExternalMemory(extMem: CUexternalMemory) -> CUresult;

    #[proc(since = 10000)]
    fn cuDestroyExternalSemaphore(extSem: CUexternalSemaphore) -> CUresult;

    #[proc(since = 10020)]
    fn cuDeviceGetNvSciSyncAttributes(nvSciSyncAttrList: *mut c_void, dev: CUdevice, flags: c_int) -> CUresult;

    #[proc(since = 10000)]
    fn cuImportExternalMemory(
        extMem_out: *mut CUexternalMemory,
        memHandleDesc: *const CUDA_EXTERNAL_MEMORY_HANDLE_DESC_v1,
    ) -> CUresult;

    #[proc(since = 10000)]
    fn cuImportExternalSemaphore(
        extSem_out: *mut CUexternalSemaphore,
        semHandleDesc: *const CUDA_EXTERNAL_SEMAPHORE_HANDLE_DESC_v1,
    ) -> CUresult;

    #[proc(since = 11020)]
    fn cuGraphAddExternalSemaphoresSignalNode(
        phGraphNode: Option<Out<New<CUgraphNode>>>,
        hGraph: Option<CUgraph>,
        dependencies: Option<&[CUgraphNode; numDependencies]>,
        numDependencies: usize,
        nodeParams: Option<&[CUDA_EXT_SEM_SIGNAL_NODE_PARAMS_v1; numDependencies]>,
    ) -> CUresult;

    #[proc(since = 11020)]
    fn cuGraphExternalSemaphoresSignalNodeGetParams(
        hNode: Option<CUgraphNode>,
        params_out: Option<Out<CUDA_EXT_SEM_SIGNAL_NODE_PARAMS_v1>>,
    ) -> CUresult;

    #[proc(since = 11020)]
    fn cuGraphExternalSemaphoresSignalNodeSetParams(
        hNode: Option<CUgraphNode>,
        nodeParams: Option<&CUDA_EXT_SEM_SIGNAL_NODE_PARAMS_v1>,
    ) -> CUresult;

    #[proc(since = 11020)]
    fn cuGraphAddExternalSemaphoresWaitNode(
        phGraphNode: Option<Out<New<CUgraphNode>>>,
        hGraph: Option<CUgraph>,
        dependencies: Option<&[CUgraphNode; numDependencies]>,
        numDependencies: usize,
        nodeParams: Option<&[CUDA_EXT_SEM_WAIT_NODE_PARAMS_v1; numDependencies]>,
    ) -> CUresult;

    #[proc(since = 11020)]
    fn cuGraphExternalSemaphoresWaitNodeGetParams(
        hNode: Option<CUgraphNode>,
        params_out: Option<Out<CUDA_EXT_SEM_WAIT_NODE_PARAMS_v1>>,
    ) -> CUresult;

    #[proc(since = 11020)]
    fn cuGraphExternalSemaphoresWaitNodeSetParams(
        hNode: Option<CUgraphNode>,
        nodeParams: Option<&CUDA_EXT_SEM_WAIT_NODE_PARAMS_v1>,
    ) -> CUresult;

    #[proc(since = 11020)]
    fn cuGraphExecExternalSemaphoresSignalNodeSetParams(
        hGraphExec: Option<CUgraphExec>,
        hNode: Option<CUgraphNode>,
        nodeParams: Option<&CUDA_EXT_SEM_SIGNAL_NODE_PARAMS_v1>,
    ) -> CUresult;

    #[proc(since = 11020)]
    fn cuGraphExecExternalSemaphoresWaitNodeSetParams(
        hGraphExec: Option<CUgraphExec>,
        hNode: Option<CUgraphNode>,
        nodeParams: Option<&CUDA_EXT_SEM_WAIT_NODE_PARAMS_v1>,
    ) -> CUresult;

    #[proc(since = 10000)]
    #[twin(cuSignalExternalSemaphoresAsync_ptsz)]
    fn cuSignalExternalSemaphoresAsync(
        extSemArray: *const CUexternalSemaphore,
        paramsArray: *const CUDA_EXTERNAL_SEMAPHORE_SIGNAL_PARAMS_v1,
        numExtSems: c_uint,
        stream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 10000)]
    #[twin(cuWaitExternalSemaphoresAsync_ptsz)]
    fn cuWaitExternalSemaphoresAsync(
        extSemArray: *const CUexternalSemaphore,
        paramsArray: *const CUDA_EXTERNAL_SEMAPHORE_WAIT_PARAMS_v1,
        numExtSems: c_uint,
        stream: Option<CUstream>,
    ) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "launches of before CUDA 4")]
extern "C" {
    #[proc(since = 2000)]
    fn cuFuncSetBlockShape(hfunc: Option<CUfunction>, x: c_int, y: c_int, z: c_int) -> CUresult;

    #[proc(since = 2000)]
    fn cuFuncSetSharedSize(hfunc: Option<CUfunction>, bytes: c_uint) -> CUresult;

    #[proc(since = 2000)]
    fn cuParamSetSize(hfunc: Option<CUfunction>, numbytes: c_uint) -> CUresult;

    #[proc(since = 2000)]
    fn cuParamSeti(hfunc: Option<CUfunction>, offset: c_int, value: c_uint) -> CUresult;

    #[proc(since = 2000)]
    fn cuParamSetf(hfunc: Option<CUfunction>, offset: c_int, value: f32) -> CUresult;

    #[proc(since = 2000)]
    fn cuLaunch(f: Option<CUfunction>) -> CUresult;

    #[proc(since = 2000)]
    fn cuLaunchGrid(f: Option<CUfunction>, grid_width: c_int, grid_height: c_int) -> CUresult;

    #[proc(since = 2000)]
    fn cuLaunchGridAsync(
        f: Option<CUfunction>,
        grid_width: c_int,
        grid_height: c_int,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuParamSetTexRef(hfunc: Option<CUfunction>, texunit: c_int, hTexRef: Option<CUtexref>) -> CUresult;

    #[proc(since = 2000)]
    fn cuParamSetv(hfunc: Option<CUfunction>, offset: c_int, ptr: *mut c_void, numbytes: c_uint) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "graphics: a display of the same machine is needed")]
extern "C" {
    #[proc(since = 3000)]
    fn cuGraphicsUnregisterResource(resource: CUgraphicsResource) -> CUresult;

    #[proc(since = 3000)]
    fn cuGraphicsSubResourceGetMappedArray(
        pArray: Option<Out<CUarray>>,
        resource: CUgraphicsResource,
        arrayIndex: c_uint,
        mipLevel: c_uint,
    ) -> CUresult;

    #[proc(since = 5000)]
    fn cuGraphicsResourceGetMappedMipmappedArray(
        pMipmappedArray: Option<Out<CUmipmappedArray>>,
        resource: CUgraphicsResource,
    ) -> CUresult;

    #[proc(since = 3020)]
    fn cuGraphicsResourceGetMappedPointer_v2(
        pDevPtr: Option<Out<CUdeviceptr>>,
        pSize: Option<Out<usize>>,
        resource: CUgraphicsResource,
    ) -> CUresult;

    #[proc(since = 6050)]
    fn cuGraphicsResourceSetMapFlags_v2(resource: CUgraphicsResource, flags: c_uint) -> CUresult;

    #[proc(since = 3000)]
    fn cuGraphicsResourceSetMapFlags(resource: CUgraphicsResource, flags: c_uint) -> CUresult;

    #[proc(since = 3000)]
    fn cuGraphicsResourceGetMappedPointer(
        pDevPtr: Option<Out<CUdeviceptr_v1>>,
        pSize: Option<Out<c_uint>>,
        resource: CUgraphicsResource,
    ) -> CUresult;

    #[proc(since = 3000)]
    #[twin(cuGraphicsMapResources_ptsz, since = 7000)]
    fn cuGraphicsMapResources(count: c_uint, resources: *mut CUgraphicsResource, hStream: Option<CUstream>)
    -> CUresult;

    #[proc(since = 3000)]
    #[twin(cuGraphicsUnmapResources_ptsz, since = 7000)]
    fn cuGraphicsUnmapResources(
        count: c_uint,
        resources: *mut CUgraphicsResource,
        hStream: Option<CUstream>,
    ) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "the driver would write files or call back with its log")]
extern "C" {
    #[proc(since = 12010)]
    fn cuCoredumpGetAttribute(
        attrib: CUcoredumpSettings,
        value: Option<Out<[c_void; size]>>,
        size: Option<&mut usize>,
    ) -> CUresult;

    #[proc(since = 12010)]
    fn cuCoredumpGetAttributeGlobal(
        attrib: CUcoredumpSettings,
        value: Option<Out<[c_void; size]>>,
        size: Option<&mut usize>,
    ) -> CUresult;

    #[proc(since = 12010)]
    fn cuCoredumpSetAttribute(
        attrib: CUcoredumpSettings,
        value: Option<Out<[c_void; size]>>,
        size: Option<&mut usize>,
    ) -> CUresult;

    #[proc(since = 12010)]
    fn cuCoredumpSetAttributeGlobal(
        attrib: CUcoredumpSettings,
        value: Option<Out<[c_void; size]>>,
        size: Option<&mut usize>,
    ) -> CUresult;

    #[proc(since = 12090)]
    fn cuLogsUnregisterCallback(callback: CUlogsCallbackHandle) -> CUresult;

    #[proc(since = 12090)]
    fn cuLogsCurrent(iterator_out: Option<Out<CUlogIterator>>, flags: c_uint) -> CUresult;

    #[proc(since = 12090)]
    fn cuLogsDumpToFile(iterator: Option<Out<CUlogIterator>>, pathToFile: Option<&CStr>, flags: c_uint) -> CUresult;

    #[proc(since = 12090)]
    fn cuLogsDumpToMemory(
        iterator: Option<Out<CUlogIterator>>,
        buffer: Option<Out<[c_char; size]>>,
        size: Option<&mut usize>,
        flags: c_uint,
    ) -> CUresult;

    #[proc(since = 12090)]
    fn cuLogsRegisterCallback(
        callbackFunc: Option<fn(data: UserData, logLevel: CUlogLevel, message: *mut c_char, length: usize)>,
        userData: UserData,
        callback_out: *mut CUlogsCallbackHandle,
    ) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "32-bit addresses, of before CUDA 3.2")]
extern "C" {
    #[proc(since = 2000)]
    fn cuDeviceTotalMem(bytes: Option<Out<c_uint>>, dev: CUdevice) -> CUresult;

    #[proc(since = 2000)]
    fn cuModuleGetGlobal(
        dptr: Option<Out<CUdeviceptr_v1>>,
        bytes: Option<Out<c_uint>>,
        hmod: Option<CUmodule>,
        name: Option<&CStr>,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemGetInfo(free: Option<Out<c_uint>>, total: Option<Out<c_uint>>) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemAlloc(dptr: Option<Out<CUdeviceptr_v1>>, bytesize: c_uint) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemAllocPitch(
        dptr: Option<Out<CUdeviceptr_v1>>,
        pPitch: Option<Out<c_uint>>,
        WidthInBytes: c_uint,
        Height: c_uint,
        ElementSizeBytes: c_uint,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemFree(dptr: CUdeviceptr_v1) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemGetAddressRange(
        pbase: Option<Out<CUdeviceptr_v1>>,
        psize: Option<Out<c_uint>>,
        dptr: CUdeviceptr_v1,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpyHtoD(dstDevice: CUdeviceptr_v1, srcHost: Option<&[c_void; ByteCount]>, ByteCount: c_uint) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpyDtoH(
        dstHost: Option<Out<[c_void; ByteCount]>>,
        srcDevice: CUdeviceptr_v1,
        ByteCount: c_uint,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpyDtoD(dstDevice: CUdeviceptr_v1, srcDevice: CUdeviceptr_v1, ByteCount: c_uint) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpyDtoA(
        dstArray: Option<CUarray>,
        dstOffset: c_uint,
        srcDevice: CUdeviceptr_v1,
        ByteCount: c_uint,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpyAtoD(
        dstDevice: CUdeviceptr_v1,
        srcArray: Option<CUarray>,
        srcOffset: c_uint,
        ByteCount: c_uint,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpyHtoA(
        dstArray: Option<CUarray>,
        dstOffset: c_uint,
        srcHost: Option<&[c_void; ByteCount]>,
        ByteCount: c_uint,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpyAtoH(
        dstHost: Option<Out<[c_void; ByteCount]>>,
        srcArray: Option<CUarray>,
        srcOffset: c_uint,
        ByteCount: c_uint,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpyAtoA(
        dstArray: Option<CUarray>,
        dstOffset: c_uint,
        srcArray: Option<CUarray>,
        srcOffset: c_uint,
        ByteCount: c_uint,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpyHtoAAsync(
        dstArray: Option<CUarray>,
        dstOffset: c_uint,
        srcHost: Option<&[c_void; ByteCount]>,
        ByteCount: c_uint,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpyAtoHAsync(
        dstHost: Option<Out<[c_void; ByteCount]>>,
        srcArray: Option<CUarray>,
        srcOffset: c_uint,
        ByteCount: c_uint,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpyHtoDAsync(
        dstDevice: CUdeviceptr_v1,
        srcHost: Option<&[c_void; ByteCount]>,
        ByteCount: c_uint,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpyDtoHAsync(
        dstHost: Option<Out<[c_void; ByteCount]>>,
        srcDevice: CUdeviceptr_v1,
        ByteCount: c_uint,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 3000)]
    fn cuMemcpyDtoDAsync(
        dstDevice: CUdeviceptr_v1,
        srcDevice: CUdeviceptr_v1,
        ByteCount: c_uint,
        hStream: Option<CUstream>,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemsetD8(dstDevice: CUdeviceptr_v1, uc: c_uchar, N: c_uint) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemsetD16(dstDevice: CUdeviceptr_v1, us: c_ushort, N: c_uint) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemsetD32(dstDevice: CUdeviceptr_v1, ui: c_uint, N: c_uint) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemsetD2D8(
        dstDevice: CUdeviceptr_v1,
        dstPitch: c_uint,
        uc: c_uchar,
        Width: c_uint,
        Height: c_uint,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemsetD2D16(
        dstDevice: CUdeviceptr_v1,
        dstPitch: c_uint,
        us: c_ushort,
        Width: c_uint,
        Height: c_uint,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemsetD2D32(
        dstDevice: CUdeviceptr_v1,
        dstPitch: c_uint,
        ui: c_uint,
        Width: c_uint,
        Height: c_uint,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuArrayCreate(pHandle: Option<Out<New<CUarray>>>, pAllocateArray: Option<&CUDA_ARRAY_DESCRIPTOR_v1>)
    -> CUresult;

    #[proc(since = 2000)]
    fn cuArrayGetDescriptor(
        pArrayDescriptor: Option<Out<CUDA_ARRAY_DESCRIPTOR_v1>>,
        hArray: Option<CUarray>,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuArray3DCreate(
        pHandle: Option<Out<New<CUarray>>>,
        pAllocateArray: Option<&CUDA_ARRAY3D_DESCRIPTOR_v1>,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuArray3DGetDescriptor(
        pArrayDescriptor: Option<Out<CUDA_ARRAY3D_DESCRIPTOR_v1>>,
        hArray: Option<CUarray>,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuTexRefSetAddress(
        ByteOffset: Option<Out<c_uint>>,
        hTexRef: Option<CUtexref>,
        dptr: CUdeviceptr_v1,
        bytes: c_uint,
    ) -> CUresult;

    #[proc(since = 2020)]
    fn cuTexRefSetAddress2D(
        hTexRef: Option<CUtexref>,
        desc: Option<&CUDA_ARRAY_DESCRIPTOR_v1>,
        dptr: CUdeviceptr_v1,
        Pitch: c_uint,
    ) -> CUresult;

    #[proc(since = 2000)]
    fn cuTexRefGetAddress(pdptr: Option<Out<CUdeviceptr_v1>>, hTexRef: Option<CUtexref>) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemAllocHost(pp: *mut *mut c_void, bytesize: c_uint) -> CUresult;

    #[proc(since = 2020)]
    fn cuMemHostGetDevicePointer(pdptr: Option<Out<CUdeviceptr_v1>>, p: *mut c_void, Flags: c_uint) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpy2D(pCopy: Option<&CUDA_MEMCPY2D_v1>) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpy2DUnaligned(pCopy: Option<&CUDA_MEMCPY2D_v1>) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpy3D(pCopy: Option<&CUDA_MEMCPY3D_v1>) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpy2DAsync(pCopy: Option<&CUDA_MEMCPY2D_v1>, hStream: Option<CUstream>) -> CUresult;

    #[proc(since = 2000)]
    fn cuMemcpy3DAsync(pCopy: Option<&CUDA_MEMCPY3D_v1>, hStream: Option<CUstream>) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "processes are saved and restored as a whole")]
extern "C" {
    #[proc(since = 12080)]
    fn cuCheckpointProcessGetRestoreThreadId(pid: c_int, tid: Option<Out<c_int>>) -> CUresult;

    #[proc(since = 12080)]
    fn cuCheckpointProcessGetState(pid: c_int, state: Option<Out<CUprocessState>>) -> CUresult;

    #[proc(since = 12080)]
    fn cuCheckpointProcessLock(pid: c_int, args: Option<Out<CUcheckpointLockArgs>>) -> CUresult;

    #[proc(since = 12080)]
    fn cuCheckpointProcessCheckpoint(pid: c_int, args: Option<Out<CUcheckpointCheckpointArgs>>) -> CUresult;

    #[proc(since = 12080)]
    fn cuCheckpointProcessUnlock(pid: c_int, args: Option<Out<CUcheckpointUnlockArgs>>) -> CUresult;

    #[proc(since = 12080)]
    fn cuCheckpointProcessRestore(pid: c_int, args: *mut CUcheckpointRestoreArgs) -> CUresult;
}

#[unsupported(status = CUDA_ERROR_NOT_SUPPORTED, why = "tensor maps hold addresses that only the driver knows how to place")]
extern "C" {
    #[proc(since = 12000)]
    fn cuTensorMapEncodeTiled(
        tensorMap: *mut CUtensorMap,
        tensorDataType: CUtensorMapDataType,
        tensorRank: cuuint32_t,
        globalAddress: *mut c_void,
        globalDim: Option<&cuuint64_t>,
        globalStrides: Option<&cuuint64_t>,
        boxDim: Option<&cuuint32_t>,
        elementStrides: Option<&cuuint32_t>,
        interleave: CUtensorMapInterleave,
        swizzle: CUtensorMapSwizzle,
        l2Promotion: CUtensorMapL2promotion,
        oobFill: CUtensorMapFloatOOBfill,
    ) -> CUresult;

    #[proc(since = 12000)]
    fn cuTensorMapEncodeIm2col(
        tensorMap: *mut CUtensorMap,
        tensorDataType: CUtensorMapDataType,
        tensorRank: cuuint32_t,
        globalAddress: *mut c_void,
        globalDim: Option<&cuuint64_t>,
        globalStrides: Option<&cuuint64_t>,
        pixelBoxLowerCorner: Option<&c_int>,
        pixelBoxUpperCorner: Option<&c_int>,
        channelsPerPixel: cuuint32_t,
        pixelsPerColumn: cuuint32_t,
        elementStrides: Option<&cuuint32_t>,
        interleave: CUtensorMapInterleave,
        swizzle: CUtensorMapSwizzle,
        l2Promotion: CUtensorMapL2promotion,
        oobFill: CUtensorMapFloatOOBfill,
    ) -> CUresult;

    #[proc(since = 12080)]
    fn cuTensorMapEncodeIm2colWide(
        tensorMap: *mut CUtensorMap,
        tensorDataType: CUtensorMapDataType,
        tensorRank: cuuint32_t,
        globalAddress: *mut c_void,
        globalDim: Option<&cuuint64_t>,
        globalStrides: Option<&cuuint64_t>,
        pixelBoxLowerCornerWidth: c_int,
        pixelBoxUpperCornerWidth: c_int,
        channelsPerPixel: cuuint32_t,
        pixelsPerColumn: cuuint32_t,
        elementStrides: Option<&cuuint32_t>,
        interleave: CUtensorMapInterleave,
        mode: CUtensorMapIm2ColWideMode,
        swizzle: CUtensorMapSwizzle,
        l2Promotion: CUtensorMapL2promotion,
        oobFill: CUtensorMapFloatOOBfill,
    ) -> CUresult;

    #[proc(since = 12000)]
    fn cuTensorMapReplaceAddress(tensorMap: *mut CUtensorMap, globalAddress: *mut c_void) -> CUresult;
}
