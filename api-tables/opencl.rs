//! OpenCL 1.0 to 3.1: every function that its loader exports, and useful extension functions.
//!
//! A pointer is `Option` if the specification gives null a meaning, even an error's: the vendor then handles it.

#![api(opencl = 2)]
#![library("libOpenCL.so.1")]
#![also("libOpenCL.so")]
#![drivers("/etc/OpenCL/vendors")]
#![install("on Debian and Ubuntu: sudo apt install ocl-icd-libopencl1 pocl-opencl-icd (or your vendor's driver)")]
#![versions(
    "OPENCL_1.0",
    "OPENCL_1.1",
    "OPENCL_1.2",
    "OPENCL_2.0",
    "OPENCL_2.1",
    "OPENCL_2.2",
    "OPENCL_3.0",
    "OPENCL_3.1"
)]
#![define("CL_TARGET_OPENCL_VERSION=300")]
#![define("CL_USE_DEPRECATED_OPENCL_1_0_APIS")]
#![define("CL_USE_DEPRECATED_OPENCL_1_1_APIS")]
#![define("CL_USE_DEPRECATED_OPENCL_1_2_APIS")]
#![define("CL_USE_DEPRECATED_OPENCL_2_0_APIS")]
#![define("CL_USE_DEPRECATED_OPENCL_2_1_APIS")]
#![define("CL_USE_DEPRECATED_OPENCL_2_2_APIS")]
// Missing in some versions of the headers, in a header that needs libva, or in none of Khronos'; vendor libraries know
// them.
#![define("CL_COMMAND_BUFFER_CONTEXT_KHR=0x1299")]
#![define("CL_CONTEXT_VA_API_DISPLAY_INTEL=0x4097")]
#![define("CL_DEVICE_KERNEL_CLOCK_CAPABILITIES_KHR=0x1076")]
#![define("CL_DEVICE_SPIRV_EXTENDED_INSTRUCTION_SETS_KHR=0x12B9")]
#![define("CL_DEVICE_SPIRV_EXTENSIONS_KHR=0x12BA")]
#![define("CL_DEVICE_SPIRV_CAPABILITIES_KHR=0x12BB")]
#![define("CL_DEVICE_COMMAND_BUFFER_SUPPORTED_QUEUE_PROPERTIES_KHR=0x129A")]
#![define("CL_DEVICE_SINGLE_FP_ATOMIC_CAPABILITIES_EXT=0x4231")]
#![define("CL_DEVICE_DOUBLE_FP_ATOMIC_CAPABILITIES_EXT=0x4232")]
#![define("CL_DEVICE_HALF_FP_ATOMIC_CAPABILITIES_EXT=0x4233")]
#![define("CL_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT_NV=0x4007")]
#![define("CL_DEVICE_PCI_BUS_ID_NV=0x4008")]
#![define("CL_DEVICE_PCI_SLOT_ID_NV=0x4009")]
#![define("CL_DEVICE_PCI_DOMAIN_ID_NV=0x400A")]
#![define("CL_KERNEL_EXEC_INFO_DISPATCH_TYPE_INTEL=0x4257")]
#![define("CL_ICDL_OCL_VERSION=1")]
#![define("CL_ICDL_VERSION=2")]
#![define("CL_ICDL_NAME=3")]
#![define("CL_ICDL_VENDOR=4")]
#![header("CL/cl.h")]
#![header("CL/cl_ext.h")]
#![header("CL/cl_gl.h")]
#![header("CL/cl_egl.h")]
#![lost(CL_DEVICE_NOT_AVAILABLE)]
#![exhausted(CL_OUT_OF_HOST_MEMORY)]
#![lookup(clGetExtensionFunctionAddressForPlatform)]
// Variables that select the loader's drivers, and documented settings of drivers.
#![environment(
    "OCL_ICD_*",
    "OPENCL_VENDOR_PATH",
    "OPENCL_LAYERS",
    "OPENCL_LAYER_PATH",
    // PoCL, and hwloc.
    "POCL_*",
    "HWLOC_*",
    // Intel's, for CPUs and GPUs.
    "CL_CONFIG_*",
    "DPCPP_CPU_*",
    "SYCL_*",
    "TBB_*",
    "IGC_*",
    "NEO_*",
    "ZE_*",
    // NVIDIA's.
    "CUDA_CACHE_*",
    "CUDA_DEVICE_ORDER",
    "CUDA_VISIBLE_DEVICES",
    // AMD's.
    "AMD_*",
    "GPU_*",
    "HSA_*",
    "ROCR_VISIBLE_DEVICES",
    // Mesa's.
    "GALLIUM_*",
    "LP_NUM_THREADS",
    "MESA_*",
    "RUSTICL_*"
)]
#![sandbox(
    read(
        // Installed drivers: the loader's registrations, and the library paths in them.
        "/etc/OpenCL/vendors",
        "/etc/OpenCL/layers",
        lines("/etc/OpenCL/vendors/*.icd"),
        lines("/etc/OpenCL/layers/*.lay"),
        // A library, a registration, or a folder of these, as loaders differ.
        variable("OCL_ICD_VENDORS"),
        lines(variable("OCL_ICD_VENDORS")),
        variable("OPENCL_VENDOR_PATH"),
        lines(variable("OPENCL_VENDOR_PATH")),
        variable("OCL_ICD_FILENAMES"),
        variable("OPENCL_LAYERS"),
        variable("OPENCL_LAYER_PATH"),
        variable("HWLOC_XMLFILE"),
        // Installed devices, and the versions of their kernel modules.
        "/dev/accel",
        "/dev/dri",
        "/proc/driver/nvidia",
        "/sys/bus/pci",
        "/sys/class/accel",
        "/sys/class/drm",
        "/sys/class/kfd",
        "/sys/module/amdgpu",
        "/sys/module/nvidia",
        "/sys/module/nvidia_modeset",
        "/sys/module/nvidia_uvm",
        // Memory properties that hwloc reads; drivers for CPUs place their threads with it.
        "/sys/bus/dax",
        "/sys/kernel/mm",
    ),
    // PoCL's cache of compiled kernels, if it is set. (Otherwise it is in the worker's own cache.)
    write(variable("POCL_CACHE_DIR"), variable("CUDA_CACHE_PATH")),
    // PoCL links each kernel with the linker that it finds on the worker's PATH, and has a tool translate SPIR-V. By their
    // names, for a pattern would have each worker read a folder of thousands; LLVM's own folders are below /usr/lib.
    execute(
        "/usr/bin/ld",
        "/usr/bin/ld.lld",
        "/usr/bin/x86_64-linux-gnu-ld",
        "/usr/bin/aarch64-linux-gnu-ld",
        "/usr/bin/llvm-spirv",
        "/usr/local/bin/ld",
        variable("POCL_PATH_CLANG"),
        variable("POCL_PATH_LD"),
        variable("POCL_PATH_LLVM_SPIRV"),
    ),
    device("/dev/accel/*", "/dev/dri/*", "/dev/kfd", "/dev/nvidia*", "/dev/nvidia-caps/*"),
)]
// Extensions of the kernel language, extensions of queries, and those whose functions are in this table.
#![extensions([
    "cl_khr_3d_image_writes", "cl_khr_async_work_group_copy_fence", "cl_khr_byte_addressable_store",
    "cl_khr_command_buffer" = "0.9.0".."2.0.0", "cl_khr_create_command_queue", "cl_khr_depth_images",
    "cl_khr_device_enqueue_local_arg_types", "cl_khr_device_uuid", "cl_khr_expect_assume",
    "cl_khr_extended_async_copies", "cl_khr_extended_bit_ops", "cl_khr_extended_versioning", "cl_khr_fp16",
    "cl_khr_fp64", "cl_khr_global_int32_base_atomics", "cl_khr_global_int32_extended_atomics", "cl_khr_icd",
    "cl_khr_il_program", "cl_khr_image2d_from_buffer", "cl_khr_initialize_memory", "cl_khr_int64_base_atomics",
    "cl_khr_int64_extended_atomics", "cl_khr_integer_dot_product", "cl_khr_kernel_clock",
    "cl_khr_local_int32_base_atomics", "cl_khr_local_int32_extended_atomics", "cl_khr_mipmap_image",
    "cl_khr_mipmap_image_writes", "cl_khr_pci_bus_info", "cl_khr_priority_hints", "cl_khr_select_fprounding_mode",
    "cl_khr_spir", "cl_khr_spirv_extended_debug_info", "cl_khr_spirv_linkonce_odr",
    "cl_khr_spirv_no_integer_wrap_decoration", "cl_khr_spirv_queries", "cl_khr_srgb_image_writes",
    "cl_khr_subgroup_ballot", "cl_khr_subgroup_clustered_reduce", "cl_khr_subgroup_extended_types",
    "cl_khr_subgroup_named_barrier", "cl_khr_subgroup_non_uniform_arithmetic", "cl_khr_subgroup_non_uniform_vote",
    "cl_khr_subgroup_rotate", "cl_khr_subgroup_shuffle", "cl_khr_subgroup_shuffle_relative", "cl_khr_subgroups",
    "cl_khr_suggested_local_work_size", "cl_khr_throttle_hints", "cl_khr_work_group_uniform_arithmetic",
    "cl_ext_atomic_counters_32", "cl_ext_atomic_counters_64", "cl_ext_cxx_for_opencl", "cl_ext_device_fission",
    "cl_ext_float_atomics", "cl_ext_image_unorm_int_2_101010",
    "cl_amd_device_attribute_query", "cl_amd_fp64", "cl_amd_media_ops", "cl_amd_media_ops2", "cl_amd_printf",
    "cl_amd_vec3",
    "cl_arm_core_id", "cl_arm_get_core_id", "cl_arm_integer_dot_product_accumulate_int8",
    "cl_arm_integer_dot_product_accumulate_saturate_int8", "cl_arm_integer_dot_product_int8",
    "cl_arm_non_uniform_work_group_size",
    "cl_intel_bfloat16", "cl_intel_bfloat16_conversions", "cl_intel_command_queue_families",
    "cl_intel_concurrent_dispatch", "cl_intel_device_attribute_query", "cl_intel_device_partition_by_names",
    "cl_intel_devicelib_assert", "cl_intel_global_float_atomics", "cl_intel_media_block_io",
    "cl_intel_mem_channel_property", "cl_intel_packed_yuv", "cl_intel_required_subgroup_size", "cl_intel_sigmoid",
    "cl_intel_spirv_media_block_io", "cl_intel_spirv_subgroups", "cl_intel_split_work_group_barrier",
    "cl_intel_subgroup_2d_block_io", "cl_intel_subgroup_buffer_prefetch", "cl_intel_subgroup_local_block_io",
    "cl_intel_subgroup_matrix_multiply_accumulate", "cl_intel_subgroup_split_matrix_multiply_accumulate",
    "cl_intel_subgroups", "cl_intel_subgroups_char", "cl_intel_subgroups_long", "cl_intel_subgroups_short",
    "cl_intel_vec_len_hint",
    "cl_nv_compiler_options", "cl_nv_copy_opts", "cl_nv_device_attribute_query", "cl_nv_kernel_attribute",
    "cl_nv_pragma_unroll",
    "cl_pocl_content_size",
])]
// Extensions that are not listed here, such as those of newer vendors, are masked too.
#![masked(why = "its addresses would have to be equal in two processes", [
    "cl_arm_shared_virtual_memory", "cl_intel_mem_alloc_buffer_location", "cl_intel_mem_force_host_memory",
    "cl_intel_unified_shared_memory", "cl_khr_unified_svm", "cl_pocl_command_buffer_svm", "cl_pocl_svm_rect",
])]
#![masked(why = "OpenGL and EGL objects belong to the process of the program", [
    "cl_APPLE_gl_sharing", "cl_intel_egl_image_yuv", "cl_intel_sharing_format_query", "cl_khr_egl_event",
    "cl_khr_egl_image", "cl_khr_gl_depth_images", "cl_khr_gl_event", "cl_khr_gl_msaa_sharing", "cl_khr_gl_sharing",
])]
#![masked(why = "DirectX and VA-API objects belong to the process of the program", [
    "cl_intel_d3d11_nv12_media_sharing", "cl_intel_dx9_media_sharing", "cl_intel_simultaneous_sharing",
    "cl_intel_va_api_media_sharing", "cl_khr_d3d10_sharing", "cl_khr_d3d11_sharing", "cl_khr_dx9_media_sharing",
    "cl_nv_d3d10_sharing", "cl_nv_d3d11_sharing", "cl_nv_d3d9_sharing",
])]
#![masked(why = "memory, semaphores and descriptors of other APIs belong to the process of the program", [
    "cl_arm_import_memory", "cl_arm_import_memory_android_hardware_buffer", "cl_arm_import_memory_dma_buf",
    "cl_arm_import_memory_host", "cl_arm_import_memory_protected", "cl_img_use_gralloc_ptr", "cl_khr_external_memory",
    "cl_khr_external_memory_android_hardware_buffer", "cl_khr_external_memory_dma_buf", "cl_khr_external_memory_dx",
    "cl_khr_external_memory_opaque_fd", "cl_khr_external_memory_win32", "cl_khr_external_semaphore",
    "cl_khr_external_semaphore_dx_fence", "cl_khr_external_semaphore_opaque_fd", "cl_khr_external_semaphore_sync_fd",
    "cl_khr_external_semaphore_win32", "cl_khr_semaphore", "cl_qcom_android_native_buffer_host_ptr",
    "cl_qcom_dmabuf_host_ptr", "cl_qcom_ext_host_ptr", "cl_qcom_ion_host_ptr",
])]
#![masked(why = "a callback of the program would be called inside the vendor's compiler or kernel", "cl_arm_printf")]
#![masked(why = "the thread that computes is the worker's, not the one that calls", "cl_intel_exec_by_local_thread")]
#![masked(why = "each provisional version has other structs, and none is described yet", [
    "cl_khr_command_buffer_multi_device", "cl_khr_command_buffer_mutable_dispatch",
    "cl_khr_command_buffer_mutable_memory_commands",
])]
#![masked(why = "its functions and keys are not described yet", [
    "cl_arm_controlled_kernel_termination", "cl_arm_job_slot_selection", "cl_arm_scheduling_controls",
    "cl_exp_defined_builtin_kernels", "cl_exp_tensor", "cl_ext_buffer_device_address", "cl_ext_image_from_buffer",
    "cl_ext_image_requirements_info", "cl_ext_image_tiling_control", "cl_ext_immutable_memory_objects",
    "cl_ext_migrate_memobject", "cl_ext_tensor", "cl_img_cancel_command", "cl_img_generate_mipmap",
    "cl_img_mem_properties", "cl_img_yuv_image", "cl_intel_accelerator", "cl_intel_advanced_motion_estimation",
    "cl_intel_create_buffer_with_properties", "cl_intel_device_side_avc_motion_estimation",
    "cl_intel_motion_estimation", "cl_intel_planar_yuv", "cl_khr_cooperative_matrix", "cl_khr_defined_builtin_kernels",
    "cl_khr_terminate_context", "cl_nv_create_buffer", "cl_pocl_pinned_buffers",
])]
// As `cl_icd_dispatch` in CL/cl_icd.h; `_` is an entry of DirectX.
#![dispatch([
    clGetPlatformIDs, clGetPlatformInfo, clGetDeviceIDs, clGetDeviceInfo, clCreateContext, clCreateContextFromType,
    clRetainContext, clReleaseContext, clGetContextInfo, clCreateCommandQueue, clRetainCommandQueue,
    clReleaseCommandQueue, clGetCommandQueueInfo, clSetCommandQueueProperty, clCreateBuffer, clCreateImage2D,
    clCreateImage3D, clRetainMemObject, clReleaseMemObject, clGetSupportedImageFormats, clGetMemObjectInfo,
    clGetImageInfo, clCreateSampler, clRetainSampler, clReleaseSampler, clGetSamplerInfo, clCreateProgramWithSource,
    clCreateProgramWithBinary, clRetainProgram, clReleaseProgram, clBuildProgram, clUnloadCompiler, clGetProgramInfo,
    clGetProgramBuildInfo, clCreateKernel, clCreateKernelsInProgram, clRetainKernel, clReleaseKernel, clSetKernelArg,
    clGetKernelInfo, clGetKernelWorkGroupInfo, clWaitForEvents, clGetEventInfo, clRetainEvent, clReleaseEvent,
    clGetEventProfilingInfo, clFlush, clFinish, clEnqueueReadBuffer, clEnqueueWriteBuffer, clEnqueueCopyBuffer,
    clEnqueueReadImage, clEnqueueWriteImage, clEnqueueCopyImage, clEnqueueCopyImageToBuffer, clEnqueueCopyBufferToImage,
    clEnqueueMapBuffer, clEnqueueMapImage, clEnqueueUnmapMemObject, clEnqueueNDRangeKernel, clEnqueueTask,
    clEnqueueNativeKernel, clEnqueueMarker, clEnqueueWaitForEvents, clEnqueueBarrier, clGetExtensionFunctionAddress,
    clCreateFromGLBuffer, clCreateFromGLTexture2D, clCreateFromGLTexture3D, clCreateFromGLRenderbuffer,
    clGetGLObjectInfo, clGetGLTextureInfo, clEnqueueAcquireGLObjects, clEnqueueReleaseGLObjects, clGetGLContextInfoKHR,
    _, _, _, _, _, _,
    clSetEventCallback, clCreateSubBuffer, clSetMemObjectDestructorCallback, clCreateUserEvent, clSetUserEventStatus,
    clEnqueueReadBufferRect, clEnqueueWriteBufferRect, clEnqueueCopyBufferRect, clCreateSubDevicesEXT,
    clRetainDeviceEXT, clReleaseDeviceEXT, clCreateEventFromGLsyncKHR, clCreateSubDevices, clRetainDevice,
    clReleaseDevice, clCreateImage, clCreateProgramWithBuiltInKernels, clCompileProgram, clLinkProgram,
    clUnloadPlatformCompiler, clGetKernelArgInfo, clEnqueueFillBuffer, clEnqueueFillImage, clEnqueueMigrateMemObjects,
    clEnqueueMarkerWithWaitList, clEnqueueBarrierWithWaitList, clGetExtensionFunctionAddressForPlatform,
    clCreateFromGLTexture,
    _, _, _, _, _, _, _, _, _, _,
    clCreateFromEGLImageKHR, clEnqueueAcquireEGLObjectsKHR, clEnqueueReleaseEGLObjectsKHR, clCreateEventFromEGLSyncKHR,
    clCreateCommandQueueWithProperties, clCreatePipe, clGetPipeInfo, clSVMAlloc, clSVMFree, clEnqueueSVMFree,
    clEnqueueSVMMemcpy, clEnqueueSVMMemFill, clEnqueueSVMMap, clEnqueueSVMUnmap, clCreateSamplerWithProperties,
    clSetKernelArgSVMPointer, clSetKernelExecInfo, clGetKernelSubGroupInfoKHR, clCloneKernel, clCreateProgramWithIL,
    clEnqueueSVMMigrateMem, clGetDeviceAndHostTimer, clGetHostTimer, clGetKernelSubGroupInfo,
    clSetDefaultDeviceCommandQueue, clSetProgramReleaseCallback, clSetProgramSpecializationConstant,
    clCreateBufferWithProperties, clCreateImageWithProperties, clSetContextDestructorCallback,
    clGetKernelSuggestedLocalWorkSize,
])]

#[status(ok = 0)]
type cl_int = i32;
types! {
    u32: cl_uint, cl_bool, cl_addressing_mode, cl_buffer_create_type, cl_channel_order, cl_channel_type,
        cl_command_buffer_info_khr, cl_command_queue_info, cl_context_info, cl_device_info, cl_event_info,
        cl_filter_mode, cl_gl_context_info, cl_gl_object_type, cl_gl_texture_info, cl_image_info, cl_kernel_arg_info,
        cl_kernel_exec_info, cl_kernel_info, cl_kernel_sub_group_info, cl_kernel_work_group_info, cl_mem_info,
        cl_mem_object_type, cl_kernel_arg_address_qualifier, cl_pipe_info, cl_platform_info, cl_profiling_info,
        cl_program_build_info, cl_program_info, cl_sampler_info, cl_sync_point_khr, cl_version, cl_GLenum, cl_GLuint;
    u64: cl_ulong, cl_bitfield, cl_command_buffer_flags_khr, cl_command_buffer_properties_khr,
        cl_command_queue_properties, cl_device_affinity_domain, cl_device_partition_property_ext, cl_device_type,
        cl_map_flags, cl_mem_flags, cl_mem_migration_flags, cl_mem_properties, cl_mutable_dispatch_fields_khr,
        cl_properties, cl_queue_properties, cl_sampler_properties, cl_svm_mem_flags;
    isize: cl_context_properties, cl_device_partition_property, cl_egl_image_properties_khr, cl_pipe_properties;
    i32: cl_GLint;
    *mut c_void: cl_GLsync, CLeglDisplayKHR, CLeglImageKHR, CLeglSyncKHR;
}

#[handle(invalid = CL_INVALID_PLATFORM)]
type cl_platform_id = Handle;
#[handle(retain = clRetainDevice, release = clReleaseDevice, invalid = CL_INVALID_DEVICE)]
type cl_device_id = Handle;
#[handle(retain = clRetainContext, release = clReleaseContext, invalid = CL_INVALID_CONTEXT)]
type cl_context = Handle;
#[handle(retain = clRetainCommandQueue, release = clReleaseCommandQueue, invalid = CL_INVALID_COMMAND_QUEUE)]
type cl_command_queue = Handle;
#[handle(retain = clRetainMemObject, release = clReleaseMemObject, invalid = CL_INVALID_MEM_OBJECT)]
#[memory(
    create = clCreateBuffer,
    read = clEnqueueReadBuffer,
    write = clEnqueueWriteBuffer,
    destroyed = clSetMemObjectDestructorCallback,
    flush = clFlush,
    size = clGetMemObjectInfo(CL_MEM_SIZE),
    flags = clGetMemObjectInfo(CL_MEM_FLAGS),
    use_host = CL_MEM_USE_HOST_PTR,
    alloc_host = CL_MEM_ALLOC_HOST_PTR,
    copy_host = CL_MEM_COPY_HOST_PTR,
    exhausted = CL_MEM_OBJECT_ALLOCATION_FAILURE,
    failed = CL_OUT_OF_RESOURCES
)]
#[pixels(
    size = clGetImageInfo(CL_IMAGE_ELEMENT_SIZE),
    rows = clGetMemObjectInfo(CL_MEM_TYPE) == CL_MEM_OBJECT_IMAGE1D_ARRAY
)]
type cl_mem = Handle;
#[handle(retain = clRetainSampler, release = clReleaseSampler, invalid = CL_INVALID_SAMPLER)]
type cl_sampler = Handle;
#[handle(retain = clRetainProgram, release = clReleaseProgram, invalid = CL_INVALID_PROGRAM)]
type cl_program = Handle;
#[handle(retain = clRetainKernel, release = clReleaseKernel, invalid = CL_INVALID_KERNEL)]
type cl_kernel = Handle;
#[handle(retain = clRetainEvent, release = clReleaseEvent, invalid = CL_INVALID_EVENT)]
#[event(
    status = clGetEventInfo(CL_EVENT_COMMAND_EXECUTION_STATUS),
    wait = clWaitForEvents,
    notify = clSetEventCallback,
    unordered = clGetCommandQueueInfo(CL_QUEUE_PROPERTIES) & CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE
)]
type cl_event = Handle;
#[handle(retain = clRetainCommandBufferKHR, release = clReleaseCommandBufferKHR, invalid = CL_INVALID_COMMAND_BUFFER_KHR)]
type cl_command_buffer_khr = Handle;
/// Lives as long as the command buffer that it is a part of.
#[handle(invalid = CL_INVALID_MUTABLE_COMMAND_KHR)]
type cl_mutable_command_khr = Handle;

consts! {
    cl_int: CL_SUCCESS = 0, CL_DEVICE_NOT_AVAILABLE = -2, CL_MEM_OBJECT_ALLOCATION_FAILURE = -4,
        CL_OUT_OF_RESOURCES = -5, CL_OUT_OF_HOST_MEMORY = -6, CL_BUILD_PROGRAM_FAILURE = -11, CL_MAP_FAILURE = -12,
        CL_COMPILE_PROGRAM_FAILURE = -15, CL_LINK_PROGRAM_FAILURE = -17, CL_INVALID_VALUE = -30,
        CL_INVALID_PLATFORM = -32, CL_INVALID_DEVICE = -33, CL_INVALID_CONTEXT = -34, CL_INVALID_COMMAND_QUEUE = -36,
        CL_INVALID_HOST_PTR = -37, CL_INVALID_MEM_OBJECT = -38, CL_INVALID_IMAGE_FORMAT_DESCRIPTOR = -39,
        CL_INVALID_SAMPLER = -41, CL_INVALID_BUILD_OPTIONS = -43, CL_INVALID_PROGRAM = -44, CL_INVALID_KERNEL = -48,
        CL_INVALID_ARG_INDEX = -49, CL_INVALID_ARG_VALUE = -50, CL_INVALID_ARG_SIZE = -51,
        CL_INVALID_EVENT_WAIT_LIST = -57, CL_INVALID_EVENT = -58, CL_INVALID_OPERATION = -59,
        CL_INVALID_GL_OBJECT = -60, CL_INVALID_PROPERTY = -64, CL_INVALID_IMAGE_DESCRIPTOR = -65,
        CL_INVALID_GL_SHAREGROUP_REFERENCE_KHR = -1000, CL_PLATFORM_NOT_FOUND_KHR = -1001,
        CL_INVALID_EGL_OBJECT_KHR = -1093, CL_INVALID_COMMAND_BUFFER_KHR = -1138,
        CL_INVALID_MUTABLE_COMMAND_KHR = -1141;
    cl_mem_flags: CL_MEM_USE_HOST_PTR = 1 << 3, CL_MEM_ALLOC_HOST_PTR = 1 << 4, CL_MEM_COPY_HOST_PTR = 1 << 5;
    cl_map_flags: CL_MAP_READ = 1 << 0, CL_MAP_WRITE = 1 << 1, CL_MAP_WRITE_INVALIDATE_REGION = 1 << 2;
    cl_buffer_create_type: CL_BUFFER_CREATE_TYPE_REGION = 0x1220;
    cl_bitfield: CL_EXEC_NATIVE_KERNEL = 1 << 1;
    cl_program_info: CL_PROGRAM_NUM_DEVICES = 0x1162, CL_PROGRAM_BINARY_SIZES = 0x1165, CL_PROGRAM_BINARIES = 0x1166;
    cl_command_queue_info: CL_QUEUE_PROPERTIES = 0x1093, CL_QUEUE_SIZE = 0x1094;
    cl_queue_properties: CL_QUEUE_FAMILY_INTEL = 0x418C, CL_QUEUE_INDEX_INTEL = 0x418D;
    cl_sampler_info: CL_SAMPLER_NORMALIZED_COORDS = 0x1152, CL_SAMPLER_ADDRESSING_MODE = 0x1153,
        CL_SAMPLER_FILTER_MODE = 0x1154, CL_SAMPLER_MIP_FILTER_MODE_KHR = 0x1155, CL_SAMPLER_LOD_MIN_KHR = 0x1156,
        CL_SAMPLER_LOD_MAX_KHR = 0x1157;
    cl_kernel_work_group_info: CL_KERNEL_COMPILE_SUB_GROUP_SIZE_INTEL = 0x410A;
    // Constants that the hand-written code uses.
    cl_program_info: CL_PROGRAM_SOURCE = 0x1164;
    cl_image_info: CL_IMAGE_ELEMENT_SIZE = 0x1111;
    cl_mem_info: CL_MEM_TYPE = 0x1100, CL_MEM_SIZE = 0x1102, CL_MEM_MAP_COUNT = 0x1104;
    cl_device_info: CL_DEVICE_TYPE = 0x1000, CL_DEVICE_HOST_UNIFIED_MEMORY = 0x1035;
    cl_device_type: CL_DEVICE_TYPE_CPU = 1 << 1;
    cl_mem_object_type: CL_MEM_OBJECT_IMAGE1D_ARRAY = 0x10F5;
    cl_event_info: CL_EVENT_COMMAND_EXECUTION_STATUS = 0x11D3;
    cl_command_queue_properties: CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE = 1 << 0;
    cl_kernel_arg_info: CL_KERNEL_ARG_ADDRESS_QUALIFIER = 0x1196, CL_KERNEL_ARG_TYPE_NAME = 0x1198;
    cl_kernel_arg_address_qualifier: CL_KERNEL_ARG_ADDRESS_LOCAL = 0x119C, CL_KERNEL_ARG_ADDRESS_PRIVATE = 0x119E;
}

struct cl_image_format {
    image_channel_order: cl_channel_order,
    image_channel_data_type: cl_channel_type,
}

struct cl_image_desc {
    image_type: cl_mem_object_type,
    image_width: usize,
    image_height: usize,
    image_depth: usize,
    image_array_size: usize,
    image_row_pitch: usize,
    image_slice_pitch: usize,
    num_mip_levels: cl_uint,
    num_samples: cl_uint,
    buffer: Option<cl_mem>,
}

struct cl_name_version {
    version: cl_version,
    name: [c_char; 64],
}

// Answers of queries: keys whose value is more than bytes.

#[tag(param_name, otherwise = CL_INVALID_VALUE)]
keys! {
    enum PlatformInfo: cl_platform_info {
        [c_char]: CL_PLATFORM_PROFILE = 0x0900, CL_PLATFORM_NAME = 0x0902, CL_PLATFORM_VENDOR = 0x0903,
            CL_PLATFORM_ICD_SUFFIX_KHR = 0x0920;
        #[version] [c_char]: CL_PLATFORM_VERSION = 0x0901;
        #[names] [c_char]: CL_PLATFORM_EXTENSIONS = 0x0904;
        cl_ulong: CL_PLATFORM_HOST_TIMER_RESOLUTION = 0x0905;
        #[version] cl_version: CL_PLATFORM_NUMERIC_VERSION = 0x0906;
        #[names] [cl_name_version]: CL_PLATFORM_EXTENSIONS_WITH_VERSION = 0x0907;
    }

    enum DeviceInfo: cl_device_info {
        cl_device_type: CL_DEVICE_TYPE;
        cl_uint: CL_DEVICE_VENDOR_ID = 0x1001, CL_DEVICE_MAX_COMPUTE_UNITS = 0x1002,
            CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS = 0x1003, CL_DEVICE_PREFERRED_VECTOR_WIDTH_CHAR = 0x1006,
            CL_DEVICE_PREFERRED_VECTOR_WIDTH_SHORT = 0x1007, CL_DEVICE_PREFERRED_VECTOR_WIDTH_INT = 0x1008,
            CL_DEVICE_PREFERRED_VECTOR_WIDTH_LONG = 0x1009, CL_DEVICE_PREFERRED_VECTOR_WIDTH_FLOAT = 0x100A,
            CL_DEVICE_PREFERRED_VECTOR_WIDTH_DOUBLE = 0x100B, CL_DEVICE_MAX_CLOCK_FREQUENCY = 0x100C,
            CL_DEVICE_ADDRESS_BITS = 0x100D, CL_DEVICE_MAX_READ_IMAGE_ARGS = 0x100E,
            CL_DEVICE_MAX_WRITE_IMAGE_ARGS = 0x100F, CL_DEVICE_MAX_SAMPLERS = 0x1018,
            CL_DEVICE_MEM_BASE_ADDR_ALIGN = 0x1019, CL_DEVICE_MIN_DATA_TYPE_ALIGN_SIZE = 0x101A,
            CL_DEVICE_GLOBAL_MEM_CACHE_TYPE = 0x101C, CL_DEVICE_GLOBAL_MEM_CACHELINE_SIZE = 0x101D,
            CL_DEVICE_MAX_CONSTANT_ARGS = 0x1021, CL_DEVICE_LOCAL_MEM_TYPE = 0x1022,
            CL_DEVICE_PREFERRED_VECTOR_WIDTH_HALF = 0x1034, CL_DEVICE_NATIVE_VECTOR_WIDTH_CHAR = 0x1036,
            CL_DEVICE_NATIVE_VECTOR_WIDTH_SHORT = 0x1037, CL_DEVICE_NATIVE_VECTOR_WIDTH_INT = 0x1038,
            CL_DEVICE_NATIVE_VECTOR_WIDTH_LONG = 0x1039, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT = 0x103A,
            CL_DEVICE_NATIVE_VECTOR_WIDTH_DOUBLE = 0x103B, CL_DEVICE_NATIVE_VECTOR_WIDTH_HALF = 0x103C,
            CL_DEVICE_PARTITION_MAX_SUB_DEVICES = 0x1043, CL_DEVICE_IMAGE_PITCH_ALIGNMENT = 0x104A,
            CL_DEVICE_IMAGE_BASE_ADDRESS_ALIGNMENT = 0x104B, CL_DEVICE_MAX_READ_WRITE_IMAGE_ARGS = 0x104C,
            CL_DEVICE_QUEUE_ON_DEVICE_PREFERRED_SIZE = 0x104F, CL_DEVICE_QUEUE_ON_DEVICE_MAX_SIZE = 0x1050,
            CL_DEVICE_MAX_ON_DEVICE_QUEUES = 0x1051, CL_DEVICE_MAX_ON_DEVICE_EVENTS = 0x1052,
            CL_DEVICE_MAX_PIPE_ARGS = 0x1055, CL_DEVICE_PIPE_MAX_ACTIVE_RESERVATIONS = 0x1056,
            CL_DEVICE_PIPE_MAX_PACKET_SIZE = 0x1057, CL_DEVICE_PREFERRED_PLATFORM_ATOMIC_ALIGNMENT = 0x1058,
            CL_DEVICE_PREFERRED_GLOBAL_ATOMIC_ALIGNMENT = 0x1059, CL_DEVICE_PREFERRED_LOCAL_ATOMIC_ALIGNMENT = 0x105A,
            CL_DEVICE_MAX_NUM_SUB_GROUPS = 0x105C;
        usize: CL_DEVICE_MAX_WORK_GROUP_SIZE = 0x1004, CL_DEVICE_IMAGE2D_MAX_WIDTH = 0x1011,
            CL_DEVICE_IMAGE2D_MAX_HEIGHT = 0x1012, CL_DEVICE_IMAGE3D_MAX_WIDTH = 0x1013,
            CL_DEVICE_IMAGE3D_MAX_HEIGHT = 0x1014, CL_DEVICE_IMAGE3D_MAX_DEPTH = 0x1015,
            CL_DEVICE_MAX_PARAMETER_SIZE = 0x1017, CL_DEVICE_PROFILING_TIMER_RESOLUTION = 0x1025,
            CL_DEVICE_IMAGE_MAX_BUFFER_SIZE = 0x1040, CL_DEVICE_IMAGE_MAX_ARRAY_SIZE = 0x1041,
            CL_DEVICE_PRINTF_BUFFER_SIZE = 0x1049, CL_DEVICE_MAX_GLOBAL_VARIABLE_SIZE = 0x104D,
            CL_DEVICE_GLOBAL_VARIABLE_PREFERRED_TOTAL_SIZE = 0x1054,
            CL_DEVICE_PREFERRED_WORK_GROUP_SIZE_MULTIPLE = 0x1067;
        [usize]: CL_DEVICE_MAX_WORK_ITEM_SIZES = 0x1005;
        cl_ulong: CL_DEVICE_GLOBAL_MEM_CACHE_SIZE = 0x101E, CL_DEVICE_LOCAL_MEM_SIZE = 0x1023;
        DeviceMemory: CL_DEVICE_MAX_MEM_ALLOC_SIZE = 0x1010, CL_DEVICE_GLOBAL_MEM_SIZE = 0x101F,
            CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE = 0x1020;
        cl_bool: CL_DEVICE_IMAGE_SUPPORT = 0x1016, CL_DEVICE_ERROR_CORRECTION_SUPPORT = 0x1024,
            CL_DEVICE_ENDIAN_LITTLE = 0x1026, CL_DEVICE_AVAILABLE = 0x1027, CL_DEVICE_COMPILER_AVAILABLE = 0x1028,
            CL_DEVICE_HOST_UNIFIED_MEMORY, CL_DEVICE_LINKER_AVAILABLE = 0x103E,
            CL_DEVICE_PREFERRED_INTEROP_USER_SYNC = 0x1048, CL_DEVICE_SUB_GROUP_INDEPENDENT_FORWARD_PROGRESS = 0x105D,
            CL_DEVICE_NON_UNIFORM_WORK_GROUP_SUPPORT = 0x1065,
            CL_DEVICE_WORK_GROUP_COLLECTIVE_FUNCTIONS_SUPPORT = 0x1068,
            CL_DEVICE_GENERIC_ADDRESS_SPACE_SUPPORT = 0x1069, CL_DEVICE_PIPE_SUPPORT = 0x1071;
        cl_bitfield: CL_DEVICE_SINGLE_FP_CONFIG = 0x101B, CL_DEVICE_DOUBLE_FP_CONFIG = 0x1032,
            CL_DEVICE_HALF_FP_CONFIG = 0x1033, CL_DEVICE_ATOMIC_MEMORY_CAPABILITIES = 0x1063,
            CL_DEVICE_ATOMIC_FENCE_CAPABILITIES = 0x1064, CL_DEVICE_DEVICE_ENQUEUE_CAPABILITIES = 0x1070;
        #[hide(CL_EXEC_NATIVE_KERNEL)] cl_bitfield: CL_DEVICE_EXECUTION_CAPABILITIES = 0x1029;
        cl_command_queue_properties: CL_DEVICE_QUEUE_ON_HOST_PROPERTIES = 0x102A,
            CL_DEVICE_QUEUE_ON_DEVICE_PROPERTIES = 0x104E;
        [c_char]: CL_DEVICE_NAME = 0x102B, CL_DEVICE_VENDOR = 0x102C, CL_DRIVER_VERSION = 0x102D,
            CL_DEVICE_PROFILE = 0x102E, CL_DEVICE_BUILT_IN_KERNELS = 0x103F, CL_DEVICE_IL_VERSION = 0x105B,
            CL_DEVICE_LATEST_CONFORMANCE_VERSION_PASSED = 0x1072;
        #[version] [c_char]: CL_DEVICE_VERSION = 0x102F, CL_DEVICE_OPENCL_C_VERSION = 0x103D;
        #[names] [c_char]: CL_DEVICE_EXTENSIONS = 0x1030;
        cl_platform_id: CL_DEVICE_PLATFORM = 0x1031;
        cl_device_id: CL_DEVICE_PARENT_DEVICE = 0x1042;
        [cl_device_partition_property]: CL_DEVICE_PARTITION_PROPERTIES = 0x1044, CL_DEVICE_PARTITION_TYPE = 0x1046;
        cl_device_affinity_domain: CL_DEVICE_PARTITION_AFFINITY_DOMAIN = 0x1045;
        References: CL_DEVICE_REFERENCE_COUNT = 0x1047;
        #[version] cl_version: CL_DEVICE_NUMERIC_VERSION = 0x105E;
        #[names] [cl_name_version]: CL_DEVICE_EXTENSIONS_WITH_VERSION = 0x1060;
        [cl_name_version]: CL_DEVICE_ILS_WITH_VERSION = 0x1061, CL_DEVICE_BUILT_IN_KERNELS_WITH_VERSION = 0x1062,
            CL_DEVICE_OPENCL_C_FEATURES = 0x106F;
        #[version] [cl_name_version]: CL_DEVICE_OPENCL_C_ALL_VERSIONS = 0x1066;
        // Extensions of Khronos, and of several vendors.
        cl_uint: CL_DEVICE_NODE_MASK_KHR = 0x106E, CL_DEVICE_MAX_NAMED_BARRIER_COUNT_KHR = 0x2035,
            CL_DEVICE_MAX_ATOMIC_COUNTERS_EXT = 0x4032;
        [c_char]: CL_DEVICE_SPIR_VERSIONS = 0x40E0;
        cl_bool: CL_DEVICE_LUID_VALID_KHR = 0x106C;
        #[version] cl_version: CL_DEVICE_OPENCL_C_NUMERIC_VERSION_KHR = 0x105F;
        cl_bitfield: CL_DEVICE_INTEGER_DOT_PRODUCT_CAPABILITIES_KHR = 0x1073,
            CL_DEVICE_KERNEL_CLOCK_CAPABILITIES_KHR = 0x1076, CL_DEVICE_COMMAND_BUFFER_CAPABILITIES_KHR = 0x12A9,
            CL_DEVICE_SINGLE_FP_ATOMIC_CAPABILITIES_EXT = 0x4231, CL_DEVICE_DOUBLE_FP_ATOMIC_CAPABILITIES_EXT = 0x4232,
            CL_DEVICE_HALF_FP_ATOMIC_CAPABILITIES_EXT = 0x4233;
        [c_uchar]: CL_DEVICE_UUID_KHR = 0x106A, CL_DRIVER_UUID_KHR = 0x106B, CL_DEVICE_LUID_KHR = 0x106D;
        [cl_bool]: CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_8BIT_KHR = 0x1074,
            CL_DEVICE_INTEGER_DOT_PRODUCT_ACCELERATION_PROPERTIES_4x8BIT_PACKED_KHR = 0x1075;
        [&CStr]: CL_DEVICE_SPIRV_EXTENDED_INSTRUCTION_SETS_KHR = 0x12B9, CL_DEVICE_SPIRV_EXTENSIONS_KHR = 0x12BA;
        [cl_uint]: CL_DEVICE_SPIRV_CAPABILITIES_KHR = 0x12BB, CL_DEVICE_PCI_BUS_INFO_KHR = 0x410F;
        cl_command_queue_properties: CL_DEVICE_COMMAND_BUFFER_SUPPORTED_QUEUE_PROPERTIES_KHR = 0x129A,
            CL_DEVICE_COMMAND_BUFFER_REQUIRED_QUEUE_PROPERTIES_KHR = 0x12AA;
        cl_device_id: CL_DEVICE_PARENT_DEVICE_EXT = 0x4054;
        [cl_device_partition_property_ext]: CL_DEVICE_PARTITION_TYPES_EXT = 0x4055,
            CL_DEVICE_AFFINITY_DOMAINS_EXT = 0x4056, CL_DEVICE_PARTITION_STYLE_EXT = 0x4058;
        References: CL_DEVICE_REFERENCE_COUNT_EXT = 0x4057;
        cl_version: CL_DEVICE_CXX_FOR_OPENCL_NUMERIC_VERSION_EXT = 0x4230;
        // NVIDIA's.
        cl_uint: CL_DEVICE_COMPUTE_CAPABILITY_MAJOR_NV = 0x4000, CL_DEVICE_COMPUTE_CAPABILITY_MINOR_NV = 0x4001,
            CL_DEVICE_REGISTERS_PER_BLOCK_NV = 0x4002, CL_DEVICE_WARP_SIZE_NV = 0x4003,
            CL_DEVICE_ATTRIBUTE_ASYNC_ENGINE_COUNT_NV = 0x4007, CL_DEVICE_PCI_BUS_ID_NV = 0x4008,
            CL_DEVICE_PCI_SLOT_ID_NV = 0x4009, CL_DEVICE_PCI_DOMAIN_ID_NV = 0x400A;
        cl_bool: CL_DEVICE_GPU_OVERLAP_NV = 0x4004, CL_DEVICE_KERNEL_EXEC_TIMEOUT_NV = 0x4005,
            CL_DEVICE_INTEGRATED_MEMORY_NV = 0x4006;
        // AMD's.
        usize: CL_DEVICE_PREFERRED_WORK_GROUP_SIZE_AMD = 0x4030, CL_DEVICE_MAX_WORK_GROUP_SIZE_AMD = 0x4031,
            CL_DEVICE_PREFERRED_CONSTANT_BUFFER_SIZE_AMD = 0x4033;
        cl_uint: CL_DEVICE_PCIE_ID_AMD = 0x4034, CL_DEVICE_SIMD_PER_COMPUTE_UNIT_AMD = 0x4040,
            CL_DEVICE_SIMD_WIDTH_AMD = 0x4041, CL_DEVICE_SIMD_INSTRUCTION_WIDTH_AMD = 0x4042,
            CL_DEVICE_WAVEFRONT_WIDTH_AMD = 0x4043, CL_DEVICE_GLOBAL_MEM_CHANNELS_AMD = 0x4044,
            CL_DEVICE_GLOBAL_MEM_CHANNEL_BANKS_AMD = 0x4045, CL_DEVICE_GLOBAL_MEM_CHANNEL_BANK_WIDTH_AMD = 0x4046,
            CL_DEVICE_LOCAL_MEM_SIZE_PER_COMPUTE_UNIT_AMD = 0x4047, CL_DEVICE_LOCAL_MEM_BANKS_AMD = 0x4048,
            CL_DEVICE_GFXIP_MAJOR_AMD = 0x404A, CL_DEVICE_GFXIP_MINOR_AMD = 0x404B,
            CL_DEVICE_AVAILABLE_ASYNC_QUEUES_AMD = 0x404C;
        [c_char]: CL_DEVICE_BOARD_NAME_AMD = 0x4038;
        cl_bool: CL_DEVICE_THREAD_TRACE_SUPPORTED_AMD = 0x4049;
        [c_uchar]: CL_DEVICE_TOPOLOGY_AMD = 0x4037;
        cl_ulong: CL_DEVICE_PROFILING_TIMER_OFFSET_AMD = 0x4036;
        [usize]: CL_DEVICE_GLOBAL_FREE_MEMORY_AMD = 0x4039;
        // ARM's and Intel's.
        cl_uint: CL_DEVICE_ME_VERSION_INTEL = 0x407E, CL_DEVICE_ID_INTEL = 0x4251, CL_DEVICE_NUM_SLICES_INTEL = 0x4252,
            CL_DEVICE_NUM_SUB_SLICES_PER_SLICE_INTEL = 0x4253, CL_DEVICE_NUM_EUS_PER_SUB_SLICE_INTEL = 0x4254,
            CL_DEVICE_NUM_THREADS_PER_EU_INTEL = 0x4255;
        cl_bitfield: CL_DEVICE_FEATURE_CAPABILITIES_INTEL = 0x4256;
        [c_uchar]: CL_DEVICE_QUEUE_FAMILY_PROPERTIES_INTEL = 0x418B;
        cl_version: CL_DEVICE_IP_VERSION_INTEL = 0x4250;
        cl_ulong: CL_DEVICE_COMPUTE_UNITS_BITFIELD_ARM = 0x40BF;
        [usize]: CL_DEVICE_SUB_GROUP_SIZES_INTEL = 0x4108;
        // Features that share addresses with the program are hidden: all of these bits are cleared.
        #[hide(0xffff_ffff_ffff_ffff)] cl_bitfield: CL_DEVICE_SVM_CAPABILITIES = 0x1053,
            CL_DEVICE_HOST_MEM_CAPABILITIES_INTEL = 0x4190, CL_DEVICE_DEVICE_MEM_CAPABILITIES_INTEL = 0x4191,
            CL_DEVICE_SINGLE_DEVICE_SHARED_MEM_CAPABILITIES_INTEL = 0x4192,
            CL_DEVICE_CROSS_DEVICE_SHARED_MEM_CAPABILITIES_INTEL = 0x4193,
            CL_DEVICE_SHARED_SYSTEM_MEM_CAPABILITIES_INTEL = 0x4194;
        // The functions of these extensions are not in this table.
        #[hide(0xffff_ffff_ffff_ffff)] cl_bitfield: CL_DEVICE_TERMINATE_CAPABILITY_KHR = 0x2031,
            CL_DEVICE_MUTABLE_DISPATCH_CAPABILITIES_KHR = 0x12B0;
    }

    enum ContextInfo: cl_context_info {
        References: CL_CONTEXT_REFERENCE_COUNT = 0x1080;
        [cl_device_id]: CL_CONTEXT_DEVICES = 0x1081;
        ContextProperty: CL_CONTEXT_PROPERTIES = 0x1082;
        cl_uint: CL_CONTEXT_NUM_DEVICES = 0x1083;
    }

    enum QueueInfo: cl_command_queue_info {
        cl_context: CL_QUEUE_CONTEXT = 0x1090;
        cl_device_id: CL_QUEUE_DEVICE = 0x1091;
        References: CL_QUEUE_REFERENCE_COUNT = 0x1092;
        cl_command_queue_properties: CL_QUEUE_PROPERTIES;
        cl_uint: CL_QUEUE_SIZE, CL_QUEUE_FAMILY_INTEL, CL_QUEUE_INDEX_INTEL;
        cl_command_queue: CL_QUEUE_DEVICE_DEFAULT = 0x1095;
        QueueProperty: CL_QUEUE_PROPERTIES_ARRAY = 0x1098;
    }

    enum MemInfo: cl_mem_info {
        cl_mem_object_type: CL_MEM_TYPE;
        HostFlags: CL_MEM_FLAGS = 0x1101;
        usize: CL_MEM_SIZE, CL_MEM_OFFSET = 0x1108;
        HostPtr: CL_MEM_HOST_PTR = 0x1103;
        cl_uint: CL_MEM_MAP_COUNT;
        References: CL_MEM_REFERENCE_COUNT = 0x1105;
        cl_context: CL_MEM_CONTEXT = 0x1106;
        cl_mem: CL_MEM_ASSOCIATED_MEMOBJECT = 0x1107;
        cl_bool: CL_MEM_USES_SVM_POINTER = 0x1109;
        MemProperty: CL_MEM_PROPERTIES = 0x110A;
    }

    enum ImageInfo: cl_image_info {
        cl_image_format: CL_IMAGE_FORMAT = 0x1110;
        usize: CL_IMAGE_ELEMENT_SIZE, CL_IMAGE_ROW_PITCH = 0x1112, CL_IMAGE_SLICE_PITCH = 0x1113,
            CL_IMAGE_WIDTH = 0x1114, CL_IMAGE_HEIGHT = 0x1115, CL_IMAGE_DEPTH = 0x1116, CL_IMAGE_ARRAY_SIZE = 0x1117;
        cl_mem: CL_IMAGE_BUFFER = 0x1118;
        cl_uint: CL_IMAGE_NUM_MIP_LEVELS = 0x1119, CL_IMAGE_NUM_SAMPLES = 0x111A;
    }

    enum PipeInfo: cl_pipe_info {
        cl_uint: CL_PIPE_PACKET_SIZE = 0x1120, CL_PIPE_MAX_PACKETS = 0x1121;
        PipeProperty: CL_PIPE_PROPERTIES = 0x1122;
    }

    enum SamplerInfo: cl_sampler_info {
        References: CL_SAMPLER_REFERENCE_COUNT = 0x1150;
        cl_context: CL_SAMPLER_CONTEXT = 0x1151;
        cl_bool: CL_SAMPLER_NORMALIZED_COORDS;
        cl_addressing_mode: CL_SAMPLER_ADDRESSING_MODE;
        cl_filter_mode: CL_SAMPLER_FILTER_MODE, CL_SAMPLER_MIP_FILTER_MODE_KHR;
        f32: CL_SAMPLER_LOD_MIN_KHR, CL_SAMPLER_LOD_MAX_KHR;
        SamplerProperty: CL_SAMPLER_PROPERTIES = 0x1158;
    }

    enum ProgramInfo: cl_program_info {
        References: CL_PROGRAM_REFERENCE_COUNT = 0x1160;
        cl_context: CL_PROGRAM_CONTEXT = 0x1161;
        cl_uint: CL_PROGRAM_NUM_DEVICES;
        [cl_device_id]: CL_PROGRAM_DEVICES = 0x1163;
        [c_char]: CL_PROGRAM_SOURCE;
        [usize]: CL_PROGRAM_BINARY_SIZES;
        // The program passes addresses, and the hand-written code fills the memory there.
        [usize]: CL_PROGRAM_BINARIES;
        usize: CL_PROGRAM_NUM_KERNELS = 0x1167;
        [c_char]: CL_PROGRAM_KERNEL_NAMES = 0x1168;
        [c_uchar]: CL_PROGRAM_IL = 0x1169;
        cl_bool: CL_PROGRAM_SCOPE_GLOBAL_CTORS_PRESENT = 0x116A, CL_PROGRAM_SCOPE_GLOBAL_DTORS_PRESENT = 0x116B;
    }

    enum BuildInfo: cl_program_build_info {
        cl_int: CL_PROGRAM_BUILD_STATUS = 0x1181;
        #[paths] [c_char]: CL_PROGRAM_BUILD_OPTIONS = 0x1182, CL_PROGRAM_BUILD_LOG = 0x1183;
        cl_uint: CL_PROGRAM_BINARY_TYPE = 0x1184;
        usize: CL_PROGRAM_BUILD_GLOBAL_VARIABLE_TOTAL_SIZE = 0x1185;
    }

    enum KernelInfo: cl_kernel_info {
        [c_char]: CL_KERNEL_FUNCTION_NAME = 0x1190, CL_KERNEL_ATTRIBUTES = 0x1195;
        cl_uint: CL_KERNEL_NUM_ARGS = 0x1191;
        References: CL_KERNEL_REFERENCE_COUNT = 0x1192;
        cl_context: CL_KERNEL_CONTEXT = 0x1193;
        cl_program: CL_KERNEL_PROGRAM = 0x1194;
    }

    enum KernelArgInfo: cl_kernel_arg_info {
        cl_kernel_arg_address_qualifier: CL_KERNEL_ARG_ADDRESS_QUALIFIER;
        cl_uint: CL_KERNEL_ARG_ACCESS_QUALIFIER = 0x1197;
        [c_char]: CL_KERNEL_ARG_TYPE_NAME, CL_KERNEL_ARG_NAME = 0x119A;
        cl_bitfield: CL_KERNEL_ARG_TYPE_QUALIFIER = 0x1199;
    }

    enum WorkGroupInfo: cl_kernel_work_group_info {
        usize: CL_KERNEL_WORK_GROUP_SIZE = 0x11B0, CL_KERNEL_PREFERRED_WORK_GROUP_SIZE_MULTIPLE = 0x11B3,
            CL_KERNEL_COMPILE_SUB_GROUP_SIZE_INTEL;
        [usize]: CL_KERNEL_COMPILE_WORK_GROUP_SIZE = 0x11B1, CL_KERNEL_GLOBAL_WORK_SIZE = 0x11B5;
        cl_ulong: CL_KERNEL_LOCAL_MEM_SIZE = 0x11B2, CL_KERNEL_PRIVATE_MEM_SIZE = 0x11B4,
            CL_KERNEL_SPILL_MEM_SIZE_INTEL = 0x4109;
    }

    enum SubGroupInfo: cl_kernel_sub_group_info {
        usize: CL_KERNEL_MAX_SUB_GROUP_SIZE_FOR_NDRANGE = 0x2033, CL_KERNEL_SUB_GROUP_COUNT_FOR_NDRANGE = 0x2034,
            CL_KERNEL_MAX_NUM_SUB_GROUPS = 0x11B9, CL_KERNEL_COMPILE_NUM_SUB_GROUPS = 0x11BA,
            CL_KERNEL_COMPILE_SUB_GROUP_SIZE_INTEL;
        [usize]: CL_KERNEL_LOCAL_SIZE_FOR_SUB_GROUP_COUNT = 0x11B8;
    }

    enum EventInfo: cl_event_info {
        cl_command_queue: CL_EVENT_COMMAND_QUEUE = 0x11D0;
        cl_uint: CL_EVENT_COMMAND_TYPE = 0x11D1;
        References: CL_EVENT_REFERENCE_COUNT = 0x11D2;
        cl_int: CL_EVENT_COMMAND_EXECUTION_STATUS;
        cl_context: CL_EVENT_CONTEXT = 0x11D4;
    }

    enum ProfilingInfo: cl_profiling_info {
        cl_ulong: CL_PROFILING_COMMAND_QUEUED = 0x1280, CL_PROFILING_COMMAND_SUBMIT = 0x1281,
            CL_PROFILING_COMMAND_START = 0x1282, CL_PROFILING_COMMAND_END = 0x1283,
            CL_PROFILING_COMMAND_COMPLETE = 0x1284;
    }

    enum CommandBufferInfo: cl_command_buffer_info_khr {
        [cl_command_queue]: CL_COMMAND_BUFFER_QUEUES_KHR = 0x1294;
        cl_uint: CL_COMMAND_BUFFER_NUM_QUEUES_KHR = 0x1295, CL_COMMAND_BUFFER_STATE_KHR = 0x1297;
        References: CL_COMMAND_BUFFER_REFERENCE_COUNT_KHR = 0x1296;
        CommandBufferProperty: CL_COMMAND_BUFFER_PROPERTIES_ARRAY_KHR = 0x1298;
        cl_context: CL_COMMAND_BUFFER_CONTEXT_KHR = 0x1299;
    }

    /// Only in ocl-icd; Khronos' loader has no such function.
    enum LoaderInfo: cl_uint {
        [c_char]: CL_ICDL_OCL_VERSION = 1, CL_ICDL_VERSION = 2, CL_ICDL_NAME = 3, CL_ICDL_VENDOR = 4;
    }
}

// Inputs by key.

keys! {
    #[tag(param_name, otherwise = CL_INVALID_VALUE)]
    enum ExecInfo: cl_kernel_exec_info {
        cl_uint: CL_KERNEL_EXEC_INFO_DISPATCH_TYPE_INTEL = 0x4257;
        // Shared memory: its addresses would have to be equal in two processes.
        #[refused(CL_INVALID_OPERATION)] c_void: CL_KERNEL_EXEC_INFO_SVM_PTRS = 0x11B6,
            CL_KERNEL_EXEC_INFO_SVM_FINE_GRAIN_SYSTEM = 0x11B7, CL_KERNEL_EXEC_INFO_INDIRECT_HOST_ACCESS_INTEL = 0x4200,
            CL_KERNEL_EXEC_INFO_INDIRECT_DEVICE_ACCESS_INTEL = 0x4201,
            CL_KERNEL_EXEC_INFO_INDIRECT_SHARED_ACCESS_INTEL = 0x4202, CL_KERNEL_EXEC_INFO_USM_PTRS_INTEL = 0x4203;
    }
}

// Lists of properties.

keys! {
    #[list(end = 0, otherwise = CL_INVALID_PROPERTY)]
    enum ContextProperty: cl_context_properties {
        cl_platform_id: CL_CONTEXT_PLATFORM = 0x1084;
        cl_bool: CL_CONTEXT_INTEROP_USER_SYNC = 0x1085;
        cl_bitfield: CL_CONTEXT_MEMORY_INITIALIZE_KHR = 0x2030;
        #[refused(CL_INVALID_PROPERTY)] cl_bool: CL_CONTEXT_TERMINATE_KHR = 0x2032;
        // Objects of the program's process.
        #[refused(CL_INVALID_PROPERTY)] c_void: CL_GL_CONTEXT_KHR = 0x2008, CL_EGL_DISPLAY_KHR = 0x2009,
            CL_GLX_DISPLAY_KHR = 0x200A, CL_WGL_HDC_KHR = 0x200B, CL_CGL_SHAREGROUP_KHR = 0x200C,
            CL_CONTEXT_VA_API_DISPLAY_INTEL = 0x4097;
        // A function of the program.
        #[refused(CL_INVALID_PROPERTY)] c_void: CL_PRINTF_CALLBACK_ARM = 0x40B0;
    }

    #[list(end = 0, otherwise = CL_INVALID_VALUE)]
    enum PartitionProperty: cl_device_partition_property {
        cl_uint: CL_DEVICE_PARTITION_EQUALLY = 0x1086;
        #[list(end = 0)] [cl_uint]: CL_DEVICE_PARTITION_BY_COUNTS = 0x1087;
        cl_device_affinity_domain: CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN = 0x1088;
        #[list(end = -1)] [cl_uint]: CL_DEVICE_PARTITION_BY_NAMES_INTEL = 0x4052;
    }

    #[list(end = 0, otherwise = CL_INVALID_VALUE)]
    enum PartitionPropertyExt: cl_device_partition_property_ext {
        cl_uint: CL_DEVICE_PARTITION_EQUALLY_EXT = 0x4050;
        #[list(end = 0)] [cl_uint]: CL_DEVICE_PARTITION_BY_COUNTS_EXT = 0x4051;
        #[list(end = -1)] [cl_uint]: CL_DEVICE_PARTITION_BY_NAMES_EXT = 0x4052;
        cl_bitfield: CL_DEVICE_PARTITION_BY_AFFINITY_DOMAIN_EXT = 0x4053;
    }

    #[list(end = 0, otherwise = CL_INVALID_VALUE)]
    enum QueueProperty: cl_queue_properties {
        cl_command_queue_properties: CL_QUEUE_PROPERTIES;
        cl_uint: CL_QUEUE_SIZE, CL_QUEUE_PRIORITY_KHR = 0x1096, CL_QUEUE_THROTTLE_KHR = 0x1097, CL_QUEUE_FAMILY_INTEL,
            CL_QUEUE_INDEX_INTEL;
    }

    #[list(end = 0, otherwise = CL_INVALID_PROPERTY)]
    enum MemProperty: cl_mem_properties {
        cl_uint: CL_MEM_CHANNEL_INTEL = 0x4213;
        #[refused(CL_INVALID_PROPERTY)] c_void: CL_DEVICE_HANDLE_LIST_KHR = 0x2051;
        // File descriptors of the program.
        #[refused(CL_INVALID_PROPERTY)] c_int: CL_EXTERNAL_MEMORY_HANDLE_OPAQUE_FD_KHR = 0x2060,
            CL_EXTERNAL_MEMORY_HANDLE_DMA_BUF_KHR = 0x2067;
    }

    /// The specification has none: `properties` must be null.
    #[list(end = 0, otherwise = CL_INVALID_VALUE)]
    enum PipeProperty: cl_pipe_properties {}

    #[list(end = 0, otherwise = CL_INVALID_VALUE)]
    enum SamplerProperty: cl_sampler_properties {
        cl_bool: CL_SAMPLER_NORMALIZED_COORDS;
        cl_addressing_mode: CL_SAMPLER_ADDRESSING_MODE;
        cl_filter_mode: CL_SAMPLER_FILTER_MODE, CL_SAMPLER_MIP_FILTER_MODE_KHR;
        f32: CL_SAMPLER_LOD_MIN_KHR, CL_SAMPLER_LOD_MAX_KHR;
    }

    #[list(end = 0, otherwise = CL_INVALID_VALUE)]
    enum CommandBufferProperty: cl_command_buffer_properties_khr {
        cl_command_buffer_flags_khr: CL_COMMAND_BUFFER_FLAGS_KHR = 0x1293;
    }

    #[list(end = 0, otherwise = CL_INVALID_VALUE)]
    enum CommandProperty: cl_properties {
        cl_mutable_dispatch_fields_khr: CL_MUTABLE_DISPATCH_UPDATABLE_FIELDS_KHR = 0x12B1;
    }
}

// Parameters that many functions have.

/// The answer to a query: its value by key, or only its length.
#[params]
#[written(param_value = param_value_size_ret)]
struct Answer<T> {
    param_value_size: usize,
    param_value: Option<Out<[T; param_value_size]>>,
    param_value_size_ret: Option<Out<usize>>,
}

/// What a command waits for, and its own event.
#[params]
struct Waiting {
    num_events_in_wait_list: cl_uint,
    event_wait_list: Option<&[cl_event; num_events_in_wait_list]>,
    event: Option<Out<New<cl_event>>>,
}

/// Where a command is recorded.
#[params]
struct Recording {
    command_buffer: cl_command_buffer_khr,
    command_queue: Option<cl_command_queue>,
    properties: Option<&[CommandProperty]>,
}

/// What a recorded command waits for, and what stands for it.
#[params]
struct Recorded {
    num_sync_points_in_wait_list: cl_uint,
    sync_point_wait_list: Option<&[cl_sync_point_khr; num_sync_points_in_wait_list]>,
    sync_point: Option<Out<cl_sync_point_khr>>,
    mutable_handle: Option<Out<New<cl_mutable_command_khr>>>,
}

// Platforms and devices.

extern "C" {
    #[afresh]
    #[custom(shim)]
    #[no_broker(status = CL_PLATFORM_NOT_FOUND_KHR)]
    #[written(platforms = min(num_entries, num_platforms))]
    fn clGetPlatformIDs(
        num_entries: cl_uint,
        platforms: Option<Out<[cl_platform_id; num_entries]>>,
        num_platforms: Option<Out<cl_uint>>,
    ) -> cl_int;

    /// A loader of installable drivers calls this; it returns the same as `clGetPlatformIDs`.
    #[extension("cl_khr_icd")]
    #[local]
    fn clIcdGetPlatformIDsKHR(
        num_entries: cl_uint,
        platforms: Option<Out<[cl_platform_id; num_entries]>>,
        num_platforms: Option<Out<cl_uint>>,
    ) -> cl_int;

    #[cached]
    fn clGetPlatformInfo(
        platform: Option<cl_platform_id>,
        param_name: cl_platform_info,
        _: Answer<PlatformInfo>,
    ) -> cl_int;

    #[afresh]
    #[custom(shim)]
    #[written(devices = min(num_entries, num_devices))]
    fn clGetDeviceIDs(
        platform: Option<cl_platform_id>,
        device_type: cl_device_type,
        num_entries: cl_uint,
        devices: Option<Out<[cl_device_id; num_entries]>>,
        num_devices: Option<Out<cl_uint>>,
    ) -> cl_int;

    /// What a tenant may have of a device's memory may change at any time.
    #[cached(
        unless = param_name == CL_DEVICE_GLOBAL_MEM_SIZE
            || param_name == CL_DEVICE_MAX_MEM_ALLOC_SIZE
            || param_name == CL_DEVICE_MAX_CONSTANT_BUFFER_SIZE
    )]
    fn clGetDeviceInfo(device: cl_device_id, param_name: cl_device_info, _: Answer<DeviceInfo>) -> cl_int;

    #[afresh]
    #[written(out_devices = min(num_devices, num_devices_ret))]
    fn clCreateSubDevices(
        in_device: cl_device_id,
        properties: Option<&[PartitionProperty]>,
        num_devices: cl_uint,
        out_devices: Option<Out<[New<cl_device_id>; num_devices]>>,
        num_devices_ret: Option<Out<cl_uint>>,
    ) -> cl_int;

    #[afresh]
    #[written(out_devices = min(num_entries, num_devices))]
    fn clCreateSubDevicesEXT(
        in_device: cl_device_id,
        properties: Option<&[PartitionPropertyExt]>,
        num_entries: cl_uint,
        out_devices: Option<Out<[New<cl_device_id>; num_entries]>>,
        num_devices: Option<Out<cl_uint>>,
    ) -> cl_int;

    #[oneway]
    #[retain(cl_device_id)]
    fn clRetainDevice(device: cl_device_id) -> cl_int;

    #[oneway]
    #[retain(cl_device_id)]
    fn clRetainDeviceEXT(device: cl_device_id) -> cl_int;

    #[oneway]
    #[release(cl_device_id)]
    fn clReleaseDevice(device: cl_device_id) -> cl_int;

    #[oneway]
    #[release(cl_device_id)]
    fn clReleaseDeviceEXT(device: cl_device_id) -> cl_int;

    fn clGetDeviceAndHostTimer(
        device: cl_device_id,
        device_timestamp: Option<Out<cl_ulong>>,
        host_timestamp: Option<Out<cl_ulong>>,
    ) -> cl_int;

    fn clGetHostTimer(device: cl_device_id, host_timestamp: Option<Out<cl_ulong>>) -> cl_int;
}

// Contexts.

extern "C" {
    #[afresh]
    #[until(pfn_notify = released)]
    fn clCreateContext(
        properties: Option<&[ContextProperty]>,
        num_devices: cl_uint,
        devices: Option<&[cl_device_id; num_devices]>,
        pfn_notify: Option<fn(errinfo: &CStr, private_info: Option<&[c_void; cb]>, cb: usize, user_data: UserData)>,
        user_data: UserData,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_context>;

    #[afresh]
    #[until(pfn_notify = released)]
    fn clCreateContextFromType(
        properties: Option<&[ContextProperty]>,
        device_type: cl_device_type,
        pfn_notify: Option<fn(errinfo: &CStr, private_info: Option<&[c_void; cb]>, cb: usize, user_data: UserData)>,
        user_data: UserData,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_context>;

    #[oneway]
    #[retain(cl_context)]
    fn clRetainContext(context: cl_context) -> cl_int;

    #[oneway]
    #[release(cl_context)]
    fn clReleaseContext(context: cl_context) -> cl_int;

    #[cached]
    fn clGetContextInfo(context: cl_context, param_name: cl_context_info, _: Answer<ContextInfo>) -> cl_int;

    #[until(pfn_notify = released)]
    fn clSetContextDestructorCallback(
        context: cl_context,
        pfn_notify: Option<fn(context: cl_context, user_data: UserData)>,
        user_data: UserData,
    ) -> cl_int;
}

// Command queues.

extern "C" {
    fn clCreateCommandQueue(
        context: cl_context,
        device: cl_device_id,
        properties: cl_command_queue_properties,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_command_queue>;

    fn clCreateCommandQueueWithProperties(
        context: cl_context,
        device: cl_device_id,
        properties: Option<&[QueueProperty]>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_command_queue>;

    #[extension("cl_khr_create_command_queue")]
    fn clCreateCommandQueueWithPropertiesKHR(
        context: cl_context,
        device: cl_device_id,
        properties: Option<&[QueueProperty]>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_command_queue>;

    #[oneway]
    #[retain(cl_command_queue)]
    fn clRetainCommandQueue(command_queue: cl_command_queue) -> cl_int;

    #[oneway]
    #[release(cl_command_queue)]
    fn clReleaseCommandQueue(command_queue: cl_command_queue) -> cl_int;

    #[cached(unless = param_name == CL_QUEUE_PROPERTIES || param_name == CL_QUEUE_DEVICE_DEFAULT)]
    fn clGetCommandQueueInfo(
        command_queue: cl_command_queue,
        param_name: cl_command_queue_info,
        _: Answer<QueueInfo>,
    ) -> cl_int;

    fn clSetCommandQueueProperty(
        command_queue: cl_command_queue,
        properties: cl_command_queue_properties,
        enable: cl_bool,
        old_properties: Option<Out<cl_command_queue_properties>>,
    ) -> cl_int;

    fn clSetDefaultDeviceCommandQueue(
        context: cl_context,
        device: cl_device_id,
        command_queue: cl_command_queue,
    ) -> cl_int;

    #[oneway]
    fn clFlush(command_queue: cl_command_queue) -> cl_int;

    #[empties(command_queue)]
    fn clFinish(command_queue: cl_command_queue) -> cl_int;
}

// Memory objects.

extern "C" {
    #[oneway]
    #[when(host_ptr = flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR) != 0)]
    #[until(host_ptr = released)]
    #[charge(device_memory = size, bytes_in = host_ptr)]
    fn clCreateBuffer(
        context: cl_context,
        flags: cl_mem_flags,
        size: usize,
        host_ptr: Option<In<[c_void; size]>>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_mem>;

    #[oneway]
    #[when(host_ptr = flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR) != 0)]
    #[until(host_ptr = released)]
    #[charge(device_memory = size, bytes_in = host_ptr)]
    fn clCreateBufferWithProperties(
        context: cl_context,
        properties: Option<&[MemProperty]>,
        flags: cl_mem_flags,
        size: usize,
        host_ptr: Option<In<[c_void; size]>>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_mem>;

    /// The only type takes a `cl_buffer_region`.
    #[oneway]
    #[when(buffer_create_info = buffer_create_type == CL_BUFFER_CREATE_TYPE_REGION)]
    fn clCreateSubBuffer(
        buffer: cl_mem,
        flags: cl_mem_flags,
        buffer_create_type: cl_buffer_create_type,
        buffer_create_info: Option<&[c_void; 16]>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_mem>;

    #[oneway]
    #[when(host_ptr = flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR) != 0)]
    #[until(host_ptr = released)]
    #[charge(bytes_in = host_ptr)]
    fn clCreateImage(
        context: cl_context,
        flags: cl_mem_flags,
        image_format: &cl_image_format,
        image_desc: &cl_image_desc,
        host_ptr: Option<In<[c_void; image(image_format, image_desc)]>>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_mem>;

    #[oneway]
    #[when(host_ptr = flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR) != 0)]
    #[until(host_ptr = released)]
    #[charge(bytes_in = host_ptr)]
    fn clCreateImageWithProperties(
        context: cl_context,
        properties: Option<&[MemProperty]>,
        flags: cl_mem_flags,
        image_format: &cl_image_format,
        image_desc: &cl_image_desc,
        host_ptr: Option<In<[c_void; image(image_format, image_desc)]>>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_mem>;

    #[oneway]
    #[when(host_ptr = flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR) != 0)]
    #[until(host_ptr = released)]
    #[charge(bytes_in = host_ptr)]
    fn clCreateImage2D(
        context: cl_context,
        flags: cl_mem_flags,
        image_format: &cl_image_format,
        image_width: usize,
        image_height: usize,
        image_row_pitch: usize,
        host_ptr: Option<In<[c_void; image2d(image_format, image_width, image_height, image_row_pitch)]>>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_mem>;

    #[oneway]
    #[when(host_ptr = flags & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR) != 0)]
    #[until(host_ptr = released)]
    #[charge(bytes_in = host_ptr)]
    fn clCreateImage3D(
        context: cl_context,
        flags: cl_mem_flags,
        image_format: &cl_image_format,
        image_width: usize,
        image_height: usize,
        image_depth: usize,
        image_row_pitch: usize,
        image_slice_pitch: usize,
        host_ptr: Option<
            In<
                [c_void;
                    image3d(image_format, image_width, image_height, image_depth, image_row_pitch, image_slice_pitch)],
            >,
        >,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_mem>;

    #[oneway]
    #[charge(device_memory = pipe_packet_size * pipe_max_packets)]
    fn clCreatePipe(
        context: cl_context,
        flags: cl_mem_flags,
        pipe_packet_size: cl_uint,
        pipe_max_packets: cl_uint,
        properties: Option<&[PipeProperty]>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_mem>;

    #[oneway]
    #[retain(cl_mem)]
    fn clRetainMemObject(memobj: cl_mem) -> cl_int;

    #[oneway]
    #[release(cl_mem)]
    fn clReleaseMemObject(memobj: cl_mem) -> cl_int;

    #[written(image_formats = min(num_entries, num_image_formats))]
    fn clGetSupportedImageFormats(
        context: cl_context,
        flags: cl_mem_flags,
        image_type: cl_mem_object_type,
        num_entries: cl_uint,
        image_formats: Option<Out<[cl_image_format; num_entries]>>,
        num_image_formats: Option<Out<cl_uint>>,
    ) -> cl_int;

    #[cached(unless = param_name == CL_MEM_MAP_COUNT)]
    fn clGetMemObjectInfo(memobj: cl_mem, param_name: cl_mem_info, _: Answer<MemInfo>) -> cl_int;

    #[cached]
    fn clGetImageInfo(image: cl_mem, param_name: cl_image_info, _: Answer<ImageInfo>) -> cl_int;

    fn clGetPipeInfo(pipe: cl_mem, param_name: cl_pipe_info, _: Answer<PipeInfo>) -> cl_int;

    #[until(pfn_notify = released)]
    fn clSetMemObjectDestructorCallback(
        memobj: cl_mem,
        pfn_notify: Option<fn(memobj: cl_mem, user_data: UserData)>,
        user_data: UserData,
    ) -> cl_int;

    /// Not in Khronos' headers; declared by PoCL as `cl_int (cl_mem buffer, cl_mem content_size_buffer)`.
    #[extension("cl_pocl_content_size")]
    fn clSetContentSizeBufferPoCL(buffer: cl_mem, content_size_buffer: cl_mem) -> cl_int;
}

// Samplers.

extern "C" {
    #[oneway]
    fn clCreateSampler(
        context: cl_context,
        normalized_coords: cl_bool,
        addressing_mode: cl_addressing_mode,
        filter_mode: cl_filter_mode,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_sampler>;

    #[oneway]
    fn clCreateSamplerWithProperties(
        context: cl_context,
        sampler_properties: Option<&[SamplerProperty]>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_sampler>;

    #[oneway]
    #[retain(cl_sampler)]
    fn clRetainSampler(sampler: cl_sampler) -> cl_int;

    #[oneway]
    #[release(cl_sampler)]
    fn clReleaseSampler(sampler: cl_sampler) -> cl_int;

    #[cached]
    fn clGetSamplerInfo(sampler: cl_sampler, param_name: cl_sampler_info, _: Answer<SamplerInfo>) -> cl_int;
}

// Programs.

extern "C" {
    /// By hand in the shim: files included by an absolute path have another path in the worker.
    #[custom(shim)]
    #[prints(strings)]
    fn clCreateProgramWithSource(
        context: cl_context,
        count: cl_uint,
        strings: Option<In<[&[c_char; lengths]; count]>>,
        lengths: Option<&[usize; count]>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_program>;

    #[prints]
    fn clCreateProgramWithBinary(
        context: cl_context,
        num_devices: cl_uint,
        device_list: Option<&[cl_device_id; num_devices]>,
        lengths: Option<&[usize; num_devices]>,
        binaries: Option<In<[&[c_uchar; lengths]; num_devices]>>,
        binary_status: Option<&mut [cl_int; num_devices]>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_program>;

    fn clCreateProgramWithBuiltInKernels(
        context: cl_context,
        num_devices: cl_uint,
        device_list: Option<&[cl_device_id; num_devices]>,
        kernel_names: Option<&CStr>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_program>;

    #[prints]
    fn clCreateProgramWithIL(
        context: cl_context,
        il: Option<&[c_void; length]>,
        length: usize,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_program>;

    #[extension("cl_khr_il_program")]
    #[prints]
    fn clCreateProgramWithILKHR(
        context: cl_context,
        il: Option<&[c_void; length]>,
        length: usize,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_program>;

    #[oneway]
    #[retain(cl_program)]
    fn clRetainProgram(program: cl_program) -> cl_int;

    #[oneway]
    #[release(cl_program)]
    fn clReleaseProgram(program: cl_program) -> cl_int;

    #[files(options, program)]
    #[prints(options)]
    fn clBuildProgram(
        program: cl_program,
        num_devices: cl_uint,
        device_list: Option<&[cl_device_id; num_devices]>,
        options: Option<&CStr>,
        pfn_notify: Option<fn(program: cl_program, user_data: UserData)>,
        user_data: UserData,
    ) -> cl_int;

    #[files(options, program, input_headers)]
    #[prints(options)]
    fn clCompileProgram(
        program: cl_program,
        num_devices: cl_uint,
        device_list: Option<&[cl_device_id; num_devices]>,
        options: Option<&CStr>,
        num_input_headers: cl_uint,
        input_headers: Option<&[cl_program; num_input_headers]>,
        header_include_names: Option<In<[&CStr; num_input_headers]>>,
        pfn_notify: Option<fn(program: cl_program, user_data: UserData)>,
        user_data: UserData,
    ) -> cl_int;

    fn clLinkProgram(
        context: cl_context,
        num_devices: cl_uint,
        device_list: Option<&[cl_device_id; num_devices]>,
        options: Option<&CStr>,
        num_input_programs: cl_uint,
        input_programs: Option<&[cl_program; num_input_programs]>,
        pfn_notify: Option<fn(program: cl_program, user_data: UserData)>,
        user_data: UserData,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_program>;

    fn clUnloadCompiler() -> cl_int;
    fn clUnloadPlatformCompiler(platform: Option<cl_platform_id>) -> cl_int;

    #[until(pfn_notify = released)]
    fn clSetProgramReleaseCallback(
        program: cl_program,
        pfn_notify: Option<fn(program: cl_program, user_data: UserData)>,
        user_data: UserData,
    ) -> cl_int;

    fn clSetProgramSpecializationConstant(
        program: cl_program,
        spec_id: cl_uint,
        spec_size: usize,
        spec_value: Option<&[c_void; spec_size]>,
    ) -> cl_int;

    /// By hand: `CL_PROGRAM_BINARIES` is an array of pointers to memory that the call fills.
    #[custom]
    fn clGetProgramInfo(program: cl_program, param_name: cl_program_info, _: Answer<ProgramInfo>) -> cl_int;

    fn clGetProgramBuildInfo(
        program: cl_program,
        device: cl_device_id,
        param_name: cl_program_build_info,
        _: Answer<BuildInfo>,
    ) -> cl_int;
}

// Kernels.

extern "C" {
    fn clCreateKernel(
        program: cl_program,
        kernel_name: Option<&CStr>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_kernel>;

    #[written(kernels = min(num_kernels, num_kernels_ret))]
    fn clCreateKernelsInProgram(
        program: cl_program,
        num_kernels: cl_uint,
        kernels: Option<Out<[New<cl_kernel>; num_kernels]>>,
        num_kernels_ret: Option<Out<cl_uint>>,
    ) -> cl_int;

    fn clCloneKernel(source_kernel: cl_kernel, errcode_ret: Option<Out<cl_int>>) -> New<cl_kernel>;

    #[oneway]
    #[retain(cl_kernel)]
    fn clRetainKernel(kernel: cl_kernel) -> cl_int;

    #[oneway]
    #[release(cl_kernel)]
    fn clReleaseKernel(kernel: cl_kernel) -> cl_int;

    /// By hand: whether a value is a handle depends on the types of the kernel's arguments.
    #[custom]
    #[oneway]
    fn clSetKernelArg(
        kernel: cl_kernel,
        arg_index: cl_uint,
        arg_size: usize,
        arg_value: Option<&[c_void; arg_size]>,
    ) -> cl_int;

    fn clSetKernelExecInfo(
        kernel: cl_kernel,
        param_name: cl_kernel_exec_info,
        param_value_size: usize,
        param_value: Option<&[ExecInfo; param_value_size]>,
    ) -> cl_int;

    #[cached]
    fn clGetKernelInfo(kernel: cl_kernel, param_name: cl_kernel_info, _: Answer<KernelInfo>) -> cl_int;

    #[cached]
    fn clGetKernelArgInfo(
        kernel: cl_kernel,
        arg_indx: cl_uint,
        param_name: cl_kernel_arg_info,
        _: Answer<KernelArgInfo>,
    ) -> cl_int;

    fn clGetKernelWorkGroupInfo(
        kernel: cl_kernel,
        device: Option<cl_device_id>,
        param_name: cl_kernel_work_group_info,
        _: Answer<WorkGroupInfo>,
    ) -> cl_int;

    fn clGetKernelSubGroupInfo(
        kernel: cl_kernel,
        device: Option<cl_device_id>,
        param_name: cl_kernel_sub_group_info,
        input_value_size: usize,
        input_value: Option<&[c_void; input_value_size]>,
        _: Answer<SubGroupInfo>,
    ) -> cl_int;

    fn clGetKernelSubGroupInfoKHR(
        in_kernel: cl_kernel,
        in_device: Option<cl_device_id>,
        param_name: cl_kernel_sub_group_info,
        input_value_size: usize,
        input_value: Option<&[c_void; input_value_size]>,
        _: Answer<SubGroupInfo>,
    ) -> cl_int;

    #[since("3.1")]
    #[formerly(clGetKernelSuggestedLocalWorkSizeKHR)]
    fn clGetKernelSuggestedLocalWorkSize(
        command_queue: cl_command_queue,
        kernel: cl_kernel,
        work_dim: cl_uint,
        global_work_offset: Option<&[usize; work_dim]>,
        global_work_size: Option<&[usize; work_dim]>,
        suggested_local_work_size: Option<Out<[usize; work_dim]>>,
    ) -> cl_int;

    #[extension("cl_khr_suggested_local_work_size")]
    fn clGetKernelSuggestedLocalWorkSizeKHR(
        command_queue: cl_command_queue,
        kernel: cl_kernel,
        work_dim: cl_uint,
        global_work_offset: Option<&[usize; work_dim]>,
        global_work_size: Option<&[usize; work_dim]>,
        suggested_local_work_size: Option<Out<[usize; work_dim]>>,
    ) -> cl_int;

    /// Not in all versions of Khronos' headers; the prototype is that of Intel's specification.
    #[extension("cl_intel_concurrent_dispatch")]
    fn clGetKernelMaxConcurrentWorkGroupCountINTEL(
        command_queue: cl_command_queue,
        kernel: cl_kernel,
        work_dim: cl_uint,
        global_work_offset: Option<&[usize; work_dim]>,
        local_work_size: Option<&[usize; work_dim]>,
        suggested_work_group_count: Option<Out<usize>>,
    ) -> cl_int;
}

// Events.

extern "C" {
    #[waits(event_list)]
    fn clWaitForEvents(num_events: cl_uint, event_list: Option<&[cl_event; num_events]>) -> cl_int;

    #[cached(unless = param_name == CL_EVENT_COMMAND_EXECUTION_STATUS)]
    fn clGetEventInfo(event: cl_event, param_name: cl_event_info, _: Answer<EventInfo>) -> cl_int;

    fn clCreateUserEvent(context: cl_context, errcode_ret: Option<Out<cl_int>>) -> New<cl_event>;

    #[oneway]
    #[retain(cl_event)]
    fn clRetainEvent(event: cl_event) -> cl_int;

    #[oneway]
    #[release(cl_event)]
    fn clReleaseEvent(event: cl_event) -> cl_int;

    fn clSetUserEventStatus(event: cl_event, execution_status: cl_int) -> cl_int;

    fn clSetEventCallback(
        event: cl_event,
        command_exec_callback_type: cl_int,
        pfn_notify: Option<fn(event: cl_event, event_command_status: cl_int, user_data: UserData)>,
        user_data: UserData,
    ) -> cl_int;

    #[cached(after = event)]
    fn clGetEventProfilingInfo(event: cl_event, param_name: cl_profiling_info, _: Answer<ProfilingInfo>) -> cl_int;
}

// Commands: buffers.

#[charge(commands = 1)]
extern "C" {
    /// `ptr` is filled before `event` completes.
    #[oneway(unless = blocking_read != 0)]
    #[until(ptr = event)]
    #[charge(bytes_out = ptr)]
    fn clEnqueueReadBuffer(
        command_queue: cl_command_queue,
        buffer: cl_mem,
        blocking_read: cl_bool,
        offset: usize,
        size: usize,
        ptr: Option<Out<[c_void; size]>>,
        _: Waiting,
    ) -> cl_int;

    #[oneway(unless = blocking_read != 0)]
    #[until(ptr = event)]
    #[charge(bytes_out = ptr)]
    fn clEnqueueReadBufferRect(
        command_queue: cl_command_queue,
        buffer: cl_mem,
        blocking_read: cl_bool,
        buffer_origin: &[usize; 3],
        host_origin: &[usize; 3],
        region: &[usize; 3],
        buffer_row_pitch: usize,
        buffer_slice_pitch: usize,
        host_row_pitch: usize,
        host_slice_pitch: usize,
        ptr: Option<Out<[c_void; rect(host_origin, region, host_row_pitch, host_slice_pitch)]>>,
        _: Waiting,
    ) -> cl_int;

    #[oneway(unless = blocking_write != 0)]
    #[until(ptr = event)]
    #[charge(bytes_in = ptr)]
    fn clEnqueueWriteBuffer(
        command_queue: cl_command_queue,
        buffer: cl_mem,
        blocking_write: cl_bool,
        offset: usize,
        size: usize,
        ptr: Option<&[c_void; size]>,
        _: Waiting,
    ) -> cl_int;

    #[oneway(unless = blocking_write != 0)]
    #[until(ptr = event)]
    #[charge(bytes_in = ptr)]
    fn clEnqueueWriteBufferRect(
        command_queue: cl_command_queue,
        buffer: cl_mem,
        blocking_write: cl_bool,
        buffer_origin: &[usize; 3],
        host_origin: &[usize; 3],
        region: &[usize; 3],
        buffer_row_pitch: usize,
        buffer_slice_pitch: usize,
        host_row_pitch: usize,
        host_slice_pitch: usize,
        ptr: Option<&[c_void; rect(host_origin, region, host_row_pitch, host_slice_pitch)]>,
        _: Waiting,
    ) -> cl_int;

    #[oneway]
    fn clEnqueueFillBuffer(
        command_queue: cl_command_queue,
        buffer: cl_mem,
        pattern: Option<&[c_void; pattern_size]>,
        pattern_size: usize,
        offset: usize,
        size: usize,
        _: Waiting,
    ) -> cl_int;

    #[oneway]
    fn clEnqueueCopyBuffer(
        command_queue: cl_command_queue,
        src_buffer: cl_mem,
        dst_buffer: cl_mem,
        src_offset: usize,
        dst_offset: usize,
        size: usize,
        _: Waiting,
    ) -> cl_int;

    #[oneway]
    fn clEnqueueCopyBufferRect(
        command_queue: cl_command_queue,
        src_buffer: cl_mem,
        dst_buffer: cl_mem,
        src_origin: &[usize; 3],
        dst_origin: &[usize; 3],
        region: &[usize; 3],
        src_row_pitch: usize,
        src_slice_pitch: usize,
        dst_row_pitch: usize,
        dst_slice_pitch: usize,
        _: Waiting,
    ) -> cl_int;
}

// Commands: images.

#[charge(commands = 1)]
extern "C" {
    #[oneway(unless = blocking_read != 0)]
    #[until(ptr = event)]
    #[charge(bytes_out = ptr)]
    fn clEnqueueReadImage(
        command_queue: cl_command_queue,
        image: cl_mem,
        blocking_read: cl_bool,
        origin: &[usize; 3],
        region: &[usize; 3],
        row_pitch: usize,
        slice_pitch: usize,
        ptr: Option<Out<[c_void; pixels(image, region, row_pitch, slice_pitch)]>>,
        _: Waiting,
    ) -> cl_int;

    #[oneway(unless = blocking_write != 0)]
    #[until(ptr = event)]
    #[charge(bytes_in = ptr)]
    fn clEnqueueWriteImage(
        command_queue: cl_command_queue,
        image: cl_mem,
        blocking_write: cl_bool,
        origin: &[usize; 3],
        region: &[usize; 3],
        input_row_pitch: usize,
        input_slice_pitch: usize,
        ptr: Option<&[c_void; pixels(image, region, input_row_pitch, input_slice_pitch)]>,
        _: Waiting,
    ) -> cl_int;

    /// A colour has four components of four bytes; a depth image uses the first.
    #[oneway]
    fn clEnqueueFillImage(
        command_queue: cl_command_queue,
        image: cl_mem,
        fill_color: Option<&[c_void; 16]>,
        origin: &[usize; 3],
        region: &[usize; 3],
        _: Waiting,
    ) -> cl_int;

    #[oneway]
    fn clEnqueueCopyImage(
        command_queue: cl_command_queue,
        src_image: cl_mem,
        dst_image: cl_mem,
        src_origin: &[usize; 3],
        dst_origin: &[usize; 3],
        region: &[usize; 3],
        _: Waiting,
    ) -> cl_int;

    #[oneway]
    fn clEnqueueCopyImageToBuffer(
        command_queue: cl_command_queue,
        src_image: cl_mem,
        dst_buffer: cl_mem,
        src_origin: &[usize; 3],
        region: &[usize; 3],
        dst_offset: usize,
        _: Waiting,
    ) -> cl_int;

    #[oneway]
    fn clEnqueueCopyBufferToImage(
        command_queue: cl_command_queue,
        src_buffer: cl_mem,
        dst_image: cl_mem,
        src_offset: usize,
        dst_origin: &[usize; 3],
        region: &[usize; 3],
        _: Waiting,
    ) -> cl_int;
}

// Commands: mapping and moving.

#[charge(commands = 1)]
extern "C" {
    #[maps(
        buffer,
        event = event,
        unless = blocking_map != 0,
        shows = map_flags & (CL_MAP_READ | CL_MAP_WRITE) != 0,
        reads = map_flags & CL_MAP_READ != 0,
        writes = map_flags & (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION) != 0
    )]
    fn clEnqueueMapBuffer(
        command_queue: cl_command_queue,
        buffer: cl_mem,
        blocking_map: cl_bool,
        map_flags: cl_map_flags,
        offset: usize,
        size: usize,
        _: Waiting,
        errcode_ret: Option<Out<cl_int>>,
    ) -> Mapped<[c_void; size]>;

    #[maps(
        image,
        event = event,
        unless = blocking_map != 0,
        shows = map_flags & (CL_MAP_READ | CL_MAP_WRITE) != 0,
        reads = map_flags & CL_MAP_READ != 0,
        writes = map_flags & (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION) != 0
    )]
    fn clEnqueueMapImage(
        command_queue: cl_command_queue,
        image: cl_mem,
        blocking_map: cl_bool,
        map_flags: cl_map_flags,
        origin: &[usize; 3],
        region: &[usize; 3],
        image_row_pitch: Option<Out<usize>>,
        image_slice_pitch: Option<Out<usize>>,
        _: Waiting,
        errcode_ret: Option<Out<cl_int>>,
    ) -> Mapped<[c_void; pixels(image, region, image_row_pitch, image_slice_pitch)]>;

    #[unmaps(mapped_ptr = memobj)]
    fn clEnqueueUnmapMemObject(
        command_queue: cl_command_queue,
        memobj: cl_mem,
        mapped_ptr: *mut c_void,
        _: Waiting,
    ) -> cl_int;

    #[oneway]
    fn clEnqueueMigrateMemObjects(
        command_queue: cl_command_queue,
        num_mem_objects: cl_uint,
        mem_objects: Option<&[cl_mem; num_mem_objects]>,
        flags: cl_mem_migration_flags,
        _: Waiting,
    ) -> cl_int;
}

// Commands: running and ordering.

#[oneway]
#[charge(commands = 1)]
extern "C" {
    #[launches(kernel)]
    fn clEnqueueNDRangeKernel(
        command_queue: cl_command_queue,
        kernel: cl_kernel,
        work_dim: cl_uint,
        global_work_offset: Option<&[usize; work_dim]>,
        global_work_size: Option<&[usize; work_dim]>,
        local_work_size: Option<&[usize; work_dim]>,
        _: Waiting,
    ) -> cl_int;

    #[launches(kernel)]
    fn clEnqueueTask(command_queue: cl_command_queue, kernel: cl_kernel, _: Waiting) -> cl_int;

    fn clEnqueueMarkerWithWaitList(command_queue: cl_command_queue, _: Waiting) -> cl_int;

    fn clEnqueueBarrierWithWaitList(command_queue: cl_command_queue, _: Waiting) -> cl_int;

    fn clEnqueueMarker(command_queue: cl_command_queue, event: Option<Out<New<cl_event>>>) -> cl_int;

    fn clEnqueueWaitForEvents(
        command_queue: cl_command_queue,
        num_events: cl_uint,
        event_list: Option<&[cl_event; num_events]>,
    ) -> cl_int;

    fn clEnqueueBarrier(command_queue: cl_command_queue) -> cl_int;
}

// Looking up extension functions.

extern "C" {
    /// By hand: the answer is a function of this table, if the vendor has it too.
    #[custom]
    fn clGetExtensionFunctionAddress(func_name: Option<&CStr>) -> *mut c_void;

    /// By hand, as `clGetExtensionFunctionAddress`.
    #[custom]
    fn clGetExtensionFunctionAddressForPlatform(
        platform: Option<cl_platform_id>,
        func_name: Option<&CStr>,
    ) -> *mut c_void;
}

extern "C" {
    /// The loader's description of itself, for `clinfo`.
    #[extension("cl_icdl")]
    fn clGetICDLoaderInfoOCLICD(param_name: cl_uint, _: Answer<LoaderInfo>) -> cl_int;
}

// Command buffers. Since 0.9.5 of the extension all commands have properties, not only kernels.

#[extension("cl_khr_command_buffer")]
extern "C" {
    fn clCreateCommandBufferKHR(
        num_queues: cl_uint,
        queues: Option<&[cl_command_queue; num_queues]>,
        properties: Option<&[CommandBufferProperty]>,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_command_buffer_khr>;

    fn clFinalizeCommandBufferKHR(command_buffer: cl_command_buffer_khr) -> cl_int;

    #[oneway]
    #[retain(cl_command_buffer_khr)]
    fn clRetainCommandBufferKHR(command_buffer: cl_command_buffer_khr) -> cl_int;

    #[oneway]
    #[release(cl_command_buffer_khr)]
    fn clReleaseCommandBufferKHR(command_buffer: cl_command_buffer_khr) -> cl_int;

    /// Not oneway: whether it may be enqueued again depends on whether it still runs.
    #[charge(commands = 1)]
    fn clEnqueueCommandBufferKHR(
        num_queues: cl_uint,
        queues: Option<In<[cl_command_queue; num_queues]>>,
        command_buffer: cl_command_buffer_khr,
        _: Waiting,
    ) -> cl_int;
}

#[extension("cl_khr_command_buffer")]
#[since(properties = "0.9.5")]
extern "C" {
    fn clCommandBarrierWithWaitListKHR(_: Recording, _: Recorded) -> cl_int;

    fn clCommandCopyBufferKHR(
        _: Recording,
        src_buffer: cl_mem,
        dst_buffer: cl_mem,
        src_offset: usize,
        dst_offset: usize,
        size: usize,
        _: Recorded,
    ) -> cl_int;

    fn clCommandCopyBufferRectKHR(
        _: Recording,
        src_buffer: cl_mem,
        dst_buffer: cl_mem,
        src_origin: &[usize; 3],
        dst_origin: &[usize; 3],
        region: &[usize; 3],
        src_row_pitch: usize,
        src_slice_pitch: usize,
        dst_row_pitch: usize,
        dst_slice_pitch: usize,
        _: Recorded,
    ) -> cl_int;

    fn clCommandCopyBufferToImageKHR(
        _: Recording,
        src_buffer: cl_mem,
        dst_image: cl_mem,
        src_offset: usize,
        dst_origin: &[usize; 3],
        region: &[usize; 3],
        _: Recorded,
    ) -> cl_int;

    fn clCommandCopyImageKHR(
        _: Recording,
        src_image: cl_mem,
        dst_image: cl_mem,
        src_origin: &[usize; 3],
        dst_origin: &[usize; 3],
        region: &[usize; 3],
        _: Recorded,
    ) -> cl_int;

    fn clCommandCopyImageToBufferKHR(
        _: Recording,
        src_image: cl_mem,
        dst_buffer: cl_mem,
        src_origin: &[usize; 3],
        region: &[usize; 3],
        dst_offset: usize,
        _: Recorded,
    ) -> cl_int;

    fn clCommandFillBufferKHR(
        _: Recording,
        buffer: cl_mem,
        pattern: Option<&[c_void; pattern_size]>,
        pattern_size: usize,
        offset: usize,
        size: usize,
        _: Recorded,
    ) -> cl_int;

    fn clCommandFillImageKHR(
        _: Recording,
        image: cl_mem,
        fill_color: Option<&[c_void; 16]>,
        origin: &[usize; 3],
        region: &[usize; 3],
        _: Recorded,
    ) -> cl_int;
}

#[extension("cl_khr_command_buffer")]
extern "C" {
    fn clCommandNDRangeKernelKHR(
        _: Recording,
        kernel: cl_kernel,
        work_dim: cl_uint,
        global_work_offset: Option<&[usize; work_dim]>,
        global_work_size: Option<&[usize; work_dim]>,
        local_work_size: Option<&[usize; work_dim]>,
        _: Recorded,
    ) -> cl_int;

    fn clGetCommandBufferInfoKHR(
        command_buffer: cl_command_buffer_khr,
        param_name: cl_command_buffer_info_khr,
        _: Answer<CommandBufferInfo>,
    ) -> cl_int;
}

// Unsupported: code of the program, which the worker must not run.

extern "C" {
    #[unsupported(status = CL_INVALID_OPERATION, why = "a native kernel is a function of the program")]
    fn clEnqueueNativeKernel(
        command_queue: cl_command_queue,
        user_func: Option<fn(args: *mut c_void)>,
        args: *mut c_void,
        cb_args: usize,
        num_mem_objects: cl_uint,
        mem_list: Option<&[cl_mem; num_mem_objects]>,
        args_mem_loc: *mut *const c_void,
        _: Waiting,
    ) -> cl_int;
}

// Unsupported: shared virtual memory. Its addresses would have to be equal in two processes.

#[unsupported(status = CL_INVALID_OPERATION, why = "shared virtual memory needs equal addresses in two processes")]
extern "C" {
    /// Returns null, which the specification allows at any time.
    fn clSVMAlloc(context: cl_context, flags: cl_svm_mem_flags, size: usize, alignment: cl_uint) -> *mut c_void;

    fn clSVMFree(context: cl_context, svm_pointer: *mut c_void);

    fn clEnqueueSVMFree(
        command_queue: cl_command_queue,
        num_svm_pointers: cl_uint,
        svm_pointers: *mut *mut c_void,
        pfn_free_func: Option<
            fn(queue: cl_command_queue, num_svm_pointers: cl_uint, svm_pointers: *mut *mut c_void, user_data: UserData),
        >,
        user_data: UserData,
        _: Waiting,
    ) -> cl_int;

    fn clEnqueueSVMMemcpy(
        command_queue: cl_command_queue,
        blocking_copy: cl_bool,
        dst_ptr: *mut c_void,
        src_ptr: *const c_void,
        size: usize,
        _: Waiting,
    ) -> cl_int;

    fn clEnqueueSVMMemFill(
        command_queue: cl_command_queue,
        svm_ptr: *mut c_void,
        pattern: *const c_void,
        pattern_size: usize,
        size: usize,
        _: Waiting,
    ) -> cl_int;

    fn clEnqueueSVMMap(
        command_queue: cl_command_queue,
        blocking_map: cl_bool,
        flags: cl_map_flags,
        svm_ptr: *mut c_void,
        size: usize,
        _: Waiting,
    ) -> cl_int;

    fn clEnqueueSVMUnmap(command_queue: cl_command_queue, svm_ptr: *mut c_void, _: Waiting) -> cl_int;

    fn clEnqueueSVMMigrateMem(
        command_queue: cl_command_queue,
        num_svm_pointers: cl_uint,
        svm_pointers: *mut *const c_void,
        sizes: *const usize,
        flags: cl_mem_migration_flags,
        _: Waiting,
    ) -> cl_int;

    fn clSetKernelArgSVMPointer(kernel: cl_kernel, arg_index: cl_uint, arg_value: *const c_void) -> cl_int;
}

// Unsupported: OpenGL and EGL objects belong to the program's process.

#[unsupported(status = CL_INVALID_CONTEXT, why = "OpenGL objects belong to the process of the program")]
extern "C" {
    fn clCreateFromGLBuffer(
        context: cl_context,
        flags: cl_mem_flags,
        bufobj: cl_GLuint,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_mem>;

    fn clCreateFromGLTexture(
        context: cl_context,
        flags: cl_mem_flags,
        target: cl_GLenum,
        miplevel: cl_GLint,
        texture: cl_GLuint,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_mem>;

    fn clCreateFromGLTexture2D(
        context: cl_context,
        flags: cl_mem_flags,
        target: cl_GLenum,
        miplevel: cl_GLint,
        texture: cl_GLuint,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_mem>;

    fn clCreateFromGLTexture3D(
        context: cl_context,
        flags: cl_mem_flags,
        target: cl_GLenum,
        miplevel: cl_GLint,
        texture: cl_GLuint,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_mem>;

    fn clCreateFromGLRenderbuffer(
        context: cl_context,
        flags: cl_mem_flags,
        renderbuffer: cl_GLuint,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_mem>;
}

#[unsupported(status = CL_INVALID_GL_OBJECT, why = "OpenGL objects belong to the process of the program")]
extern "C" {
    fn clGetGLObjectInfo(
        memobj: cl_mem,
        gl_object_type: Option<Out<cl_gl_object_type>>,
        gl_object_name: Option<Out<cl_GLuint>>,
    ) -> cl_int;

    fn clGetGLTextureInfo(
        memobj: cl_mem,
        param_name: cl_gl_texture_info,
        param_value_size: usize,
        param_value: Option<Out<[c_void; param_value_size]>>,
        param_value_size_ret: Option<Out<usize>>,
    ) -> cl_int;
}

#[unsupported(status = CL_INVALID_CONTEXT, why = "OpenGL objects belong to the process of the program")]
extern "C" {
    fn clEnqueueAcquireGLObjects(
        command_queue: cl_command_queue,
        num_objects: cl_uint,
        mem_objects: Option<&[cl_mem; num_objects]>,
        _: Waiting,
    ) -> cl_int;

    fn clEnqueueReleaseGLObjects(
        command_queue: cl_command_queue,
        num_objects: cl_uint,
        mem_objects: Option<&[cl_mem; num_objects]>,
        _: Waiting,
    ) -> cl_int;
}

extern "C" {
    #[unsupported(
        status = CL_INVALID_GL_SHAREGROUP_REFERENCE_KHR,
        why = "OpenGL objects belong to the process of the program"
    )]
    fn clGetGLContextInfoKHR(
        properties: Option<&[ContextProperty]>,
        param_name: cl_gl_context_info,
        param_value_size: usize,
        param_value: Option<Out<[c_void; param_value_size]>>,
        param_value_size_ret: Option<Out<usize>>,
    ) -> cl_int;

    #[unsupported(status = CL_INVALID_CONTEXT, why = "OpenGL objects belong to the process of the program")]
    fn clCreateEventFromGLsyncKHR(
        context: cl_context,
        sync: cl_GLsync,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_event>;
}

#[unsupported(status = CL_INVALID_EGL_OBJECT_KHR, why = "EGL objects belong to the process of the program")]
extern "C" {
    fn clCreateFromEGLImageKHR(
        context: cl_context,
        egldisplay: CLeglDisplayKHR,
        eglimage: CLeglImageKHR,
        flags: cl_mem_flags,
        properties: *const cl_egl_image_properties_khr,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_mem>;

    fn clEnqueueAcquireEGLObjectsKHR(
        command_queue: cl_command_queue,
        num_objects: cl_uint,
        mem_objects: Option<&[cl_mem; num_objects]>,
        _: Waiting,
    ) -> cl_int;

    fn clEnqueueReleaseEGLObjectsKHR(
        command_queue: cl_command_queue,
        num_objects: cl_uint,
        mem_objects: Option<&[cl_mem; num_objects]>,
        _: Waiting,
    ) -> cl_int;

    fn clCreateEventFromEGLSyncKHR(
        context: cl_context,
        sync: CLeglSyncKHR,
        display: CLeglDisplayKHR,
        errcode_ret: Option<Out<cl_int>>,
    ) -> New<cl_event>;
}
