/* What functions say of themselves, and occupancy. */
#include "client.h"

static int of(CUfunction function, CUfunction_attribute which)
{
    int value = -1;
    OK(cuFuncGetAttribute(&value, which, function));
    return value;
}

CASE(function_attributes)
{
    begin();
    CUfunction reverse = kernel("reverse"), nothing = kernel("nothing");
    CHECK_INT(of(reverse, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES), 256 * 4);
    CHECK_INT(of(nothing, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES), 0);
    CHECK_INT(of(kernel("bounded"), CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK), 64);
    CHECK_INT(of(nothing, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK), 1024);
    CHECK_INT(of(nothing, CU_FUNC_ATTRIBUTE_PTX_VERSION), 75);
    CHECK(of(nothing, CU_FUNC_ATTRIBUTE_BINARY_VERSION) >= 75);
    CHECK(of(reverse, CU_FUNC_ATTRIBUTE_NUM_REGS) > 0);
    CHECK(of(reverse, CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES) >= 0);
    CHECK_INT(of(reverse, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES), 48 * 1024 - 1024);
}

CASE(function_attributes_set)
{
    begin();
    CUfunction function = kernel("reverse_dynamic");
    OK(cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 4096));
    CHECK_INT(of(function, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES), 4096);
    OK(cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT, 50));
    CHECK_INT(of(function, CU_FUNC_ATTRIBUTE_PREFERRED_SHARED_MEMORY_CARVEOUT), 50);
    OK(cuFuncSetCacheConfig(function, CU_FUNC_CACHE_PREFER_SHARED));
    /* What the compiler has fixed. */
    IS(cuFuncSetAttribute(function, CU_FUNC_ATTRIBUTE_NUM_REGS, 1), CUDA_ERROR_INVALID_VALUE);
    int value;
    IS(cuFuncGetAttribute(&value, (CUfunction_attribute)1000, function), CUDA_ERROR_INVALID_VALUE);
    IS(cuFuncGetAttribute(NULL, CU_FUNC_ATTRIBUTE_NUM_REGS, function), CUDA_ERROR_INVALID_VALUE);
}

CASE(function_name_and_module)
{
    const char *name = NULL;
    CUmodule module = NULL;
    CUfunction function;
    begin();
    CUmodule loaded = load_kernels();
    OK(cuModuleGetFunction(&function, loaded, "affine"));
    OK(cuFuncGetName(&name, function));
    CHECK(strcmp(name, "affine") == 0);
    OK(cuFuncGetModule(&module, function));
    CHECK(module == loaded);
}

CASE(function_parameters)
{
    /* char, double, short, struct of 24 bytes with a double, struct of 3 chars, long long, pointer. */
    static const struct {
        size_t offset, size;
    } want[] = {{0, 1}, {8, 8}, {16, 2}, {24, 24}, {48, 3}, {56, 8}, {64, 8}};
    size_t offset, size;
    begin();
    CUfunction function = kernel("parameters");
    for (size_t i = 0; i < COUNT(want); i++) {
        OK(cuFuncGetParamInfo(function, i, &offset, &size));
        CHECK_INT(offset, want[i].offset);
        CHECK_INT(size, want[i].size);
    }
    IS(cuFuncGetParamInfo(function, COUNT(want), &offset, &size), CUDA_ERROR_INVALID_VALUE);
    OK(cuFuncGetParamInfo(function, 0, &offset, NULL));
    IS(cuFuncGetParamInfo(kernel("nothing"), 0, &offset, &size), CUDA_ERROR_INVALID_VALUE);
}

CASE(function_loads)
{
    CUfunctionLoadingState state = CU_FUNCTION_LOADING_STATE_MAX;
    begin();
    CUfunction function = kernel("affine");
    OK(cuFuncLoad(function));
    OK(cuFuncIsLoaded(&state, function));
    CHECK_INT(state, CU_FUNCTION_LOADING_STATE_LOADED);
}

/* ---- occupancy ---- */

CASE(occupancy_of_blocks)
{
    int blocks = -1, more = -1;
    begin();
    CUfunction nothing = kernel("nothing");
    int threads = attribute(CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR);
    OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, nothing, 1024, 0));
    CHECK_INT(blocks, threads / 1024);
    OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&more, nothing, 128, 0));
    CHECK(more >= blocks && more * 128 <= threads);
    /* Shared memory is a limit, too. */
    int shared = attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR);
    OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&more, nothing, 32, 32 * 1024));
    CHECK(more >= 1 && more <= shared / (32 * 1024));
    OK(cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(&more, nothing, 1024, 0, CU_OCCUPANCY_DEFAULT));
    CHECK_INT(more, blocks);
    IS(cuOccupancyMaxActiveBlocksPerMultiprocessor(NULL, nothing, 32, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuOccupancyMaxActiveBlocksPerMultiprocessor(&more, nothing, 0, 0), CUDA_ERROR_INVALID_VALUE);
}

CASE(occupancy_of_clusters)
{
    int size = -1, count = -1, blocks = -1;
    CUlaunchAttribute wide = {.id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION, .value.clusterDim = {2, 1, 1}};
    CUlaunchConfig config = {
        .gridDimX = 8, .gridDimY = 1, .gridDimZ = 1, .blockDimX = 16, .blockDimY = 4, .blockDimZ = 1, .hStream = NULL,
    };
    begin();
    CUfunction nothing = kernel("nothing");
    OK(cuOccupancyMaxPotentialClusterSize(&size, nothing, &config));
    CHECK(size >= 1);
    /* A block is a cluster. */
    OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, nothing, 64, 0));
    OK(cuOccupancyMaxActiveClusters(&count, nothing, &config));
    CHECK_INT(count, blocks * attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT));
    config.attrs = &wide, config.numAttrs = 1;
    if (attribute(CU_DEVICE_ATTRIBUTE_CLUSTER_LAUNCH))
        OK(cuOccupancyMaxActiveClusters(&count, nothing, &config));
    else
        IS(cuOccupancyMaxActiveClusters(&count, nothing, &config), CUDA_ERROR_INVALID_CLUSTER_SIZE);
    IS(cuOccupancyMaxActiveClusters(NULL, nothing, &config), CUDA_ERROR_INVALID_VALUE);
    IS(cuOccupancyMaxActiveClusters(&count, nothing, NULL), CUDA_ERROR_INVALID_VALUE);
    IS(cuOccupancyMaxPotentialClusterSize(NULL, nothing, &config), CUDA_ERROR_INVALID_VALUE);
}

static unsigned long long asked;

static size_t four_bytes_each(int threads)
{
    __atomic_fetch_add(&asked, 1, __ATOMIC_RELAXED);
    return (size_t)threads * 4;
}

CASE(occupancy_suggests_a_block)
{
    int grid = 0, block = 0;
    begin();
    CUfunction function = kernel("reverse_dynamic");
    OK(cuOccupancyMaxPotentialBlockSize(&grid, &block, function, NULL, 0, 0));
    CHECK(block > 0 && block <= 1024 && block % 32 == 0);
    CHECK(grid >= attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT));
    OK(cuOccupancyMaxPotentialBlockSize(&grid, &block, function, NULL, 0, 96));
    CHECK(block > 0 && block <= 96);
    OK(cuOccupancyMaxPotentialBlockSize(&grid, &block, function, four_bytes_each, 0, 0));
    CHECK(block > 0 && asked > 0);
    OK(cuOccupancyMaxPotentialBlockSize(&grid, &block, kernel("bounded"), NULL, 0, 0));
    CHECK(block > 0 && block <= 64);
}

CASE(occupancy_of_shared_memory)
{
    size_t room = 0;
    begin();
    OK(cuOccupancyAvailableDynamicSMemPerBlock(&room, kernel("nothing"), 1, 128));
    CHECK(room > 0);
    CHECK(room <= (size_t)attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_MULTIPROCESSOR));
}
