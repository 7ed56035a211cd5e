/* Allocation in the order of a stream, and pools. */
#include "client.h"

static CUstream begin_with_pools(void)
{
    begin();
    need(CU_DEVICE_ATTRIBUTE_MEMORY_POOLS_SUPPORTED, "memory pools");
    return new_stream(CU_STREAM_NON_BLOCKING);
}

static CUmemPoolProps of_this_device(void)
{
    CUmemPoolProps props = {
        .allocType = CU_MEM_ALLOCATION_TYPE_PINNED,
        .handleTypes = CU_MEM_HANDLE_TYPE_NONE,
        .location = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = device},
    };
    return props;
}

static CUmemoryPool new_pool(void)
{
    CUmemPoolProps props = of_this_device();
    CUmemoryPool pool = NULL;
    OK(cuMemPoolCreate(&pool, &props));
    CHECK(pool);
    return pool;
}

CASE(pool_allocates_in_order)
{
    CUdeviceptr at = 0;
    int got[100];
    CUstream stream = begin_with_pools();
    OK(cuMemAllocAsync(&at, sizeof got, stream));
    CHECK(at);
    OK(cuMemsetD32Async(at, 4, 100, stream));
    affine(stream, at, 100, 3, 1);
    OK(cuMemcpyDtoHAsync(got, at, sizeof got, stream));
    OK(cuMemFreeAsync(at, stream));
    OK(cuStreamSynchronize(stream));
    for (int i = 0; i < 100; i++)
        CHECK_INT(got[i], 13);
}

/* The address is known before the stream comes to it. */
CASE(pool_allocates_behind_a_gate)
{
    struct gate gate;
    CUdeviceptr at = 0;
    CUstream stream = begin_with_pools();
    shut(&gate, stream);
    OK(cuMemAllocAsync(&at, 4096, stream));
    CHECK(at);
    OK(cuMemsetD32Async(at, 6, 1024, stream));
    IS(cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
    open_gate(&gate);
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, 1024, 6);
    OK(cuMemFreeAsync(at, stream));
    OK(cuStreamSynchronize(stream));
}

CASE(pool_memory_freed_at_once)
{
    CUdeviceptr at = 0;
    CUstream stream = begin_with_pools();
    OK(cuMemAllocAsync(&at, 4096, stream));
    OK(cuStreamSynchronize(stream));
    OK(cuMemFree(at));
    IS(cuMemFree(at), CUDA_ERROR_INVALID_VALUE);
    /* And the other way round: what was allocated at once, freed in order. */
    at = allocate(4096);
    OK(cuMemFreeAsync(at, stream));
    OK(cuStreamSynchronize(stream));
    IS(cuMemFree(at), CUDA_ERROR_INVALID_VALUE);
}

CASE(pool_memory_of_no_size)
{
    CUdeviceptr at;
    CUstream stream = begin_with_pools();
    IS(cuMemAllocAsync(&at, 0, stream), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemAllocAsync(NULL, 64, stream), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemAllocAsync(&at, (size_t)1 << 60, stream), CUDA_ERROR_OUT_OF_MEMORY);
    OK(cuMemAllocAsync(&at, 64, stream));
    OK(cuMemFreeAsync(at, stream));
    OK(cuStreamSynchronize(stream));
}

CASE(pool_of_the_device)
{
    CUmemoryPool standard = NULL, current = NULL, own;
    begin_with_pools();
    OK(cuDeviceGetDefaultMemPool(&standard, device));
    OK(cuDeviceGetMemPool(&current, device));
    CHECK(standard && standard == current);
    own = new_pool();
    OK(cuDeviceSetMemPool(device, own));
    OK(cuDeviceGetMemPool(&current, device));
    CHECK(current == own);
    OK(cuDeviceGetDefaultMemPool(&current, device));
    CHECK(current == standard);
    /* Its end makes the default one current. */
    OK(cuMemPoolDestroy(own));
    OK(cuDeviceGetMemPool(&current, device));
    CHECK(current == standard);
    IS(cuMemPoolDestroy(standard), CUDA_ERROR_INVALID_VALUE);
}

CASE(pool_of_its_own)
{
    CUdeviceptr at = 0;
    CUstream stream = begin_with_pools();
    CUmemoryPool pool = new_pool(), of_memory = NULL;
    OK(cuMemAllocFromPoolAsync(&at, 4096, pool, stream));
    OK(cuPointerGetAttribute(&of_memory, CU_POINTER_ATTRIBUTE_MEMPOOL_HANDLE, at));
    CHECK(of_memory == pool);
    OK(cuMemsetD32Async(at, 8, 1024, stream));
    OK(cuStreamSynchronize(stream));
    CHECK_ALL(at, 1024, 8);
    /* Memory outlives the pool until it is freed. */
    OK(cuMemPoolDestroy(pool));
    CHECK_ALL(at, 1024, 8);
    OK(cuMemFreeAsync(at, stream));
    OK(cuStreamSynchronize(stream));
}

static cuuint64_t of(CUmemoryPool pool, CUmemPool_attribute which)
{
    cuuint64_t value = 99;
    OK(cuMemPoolGetAttribute(pool, which, &value));
    return value;
}

CASE(pool_attributes)
{
    CUdeviceptr at;
    CUstream stream = begin_with_pools();
    CUmemoryPool pool = new_pool();
    cuuint64_t threshold = 1 << 30, zero = 0;
    int flag = -1;
    CHECK(of(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD) == 0);
    OK(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD, &threshold));
    CHECK(of(pool, CU_MEMPOOL_ATTR_RELEASE_THRESHOLD) == threshold);
    OK(cuMemPoolGetAttribute(pool, CU_MEMPOOL_ATTR_REUSE_FOLLOW_EVENT_DEPENDENCIES, &flag));
    CHECK_INT(flag, 1);
    OK(cuMemAllocFromPoolAsync(&at, 1 << 20, pool, stream));
    OK(cuStreamSynchronize(stream));
    CHECK(of(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT) == 1 << 20);
    CHECK(of(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT) >= 1 << 20);
    OK(cuMemFreeAsync(at, stream));
    OK(cuStreamSynchronize(stream));
    CHECK(of(pool, CU_MEMPOOL_ATTR_USED_MEM_CURRENT) == 0);
    CHECK(of(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH) == 1 << 20);
    OK(cuMemPoolSetAttribute(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH, &zero));
    CHECK(of(pool, CU_MEMPOOL_ATTR_USED_MEM_HIGH) == 0);
    OK(cuMemPoolTrimTo(pool, 0));
    CHECK(of(pool, CU_MEMPOOL_ATTR_RESERVED_MEM_CURRENT) == 0);
    IS(cuMemPoolGetAttribute(pool, (CUmemPool_attribute)1000, &zero), CUDA_ERROR_INVALID_VALUE);
}

CASE(pool_access)
{
    CUmemAccess_flags access = CU_MEM_ACCESS_FLAGS_PROT_NONE;
    begin_with_pools();
    CUmemLocation here = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = device};
    OK(cuMemPoolGetAccess(&access, new_pool(), &here));
    CHECK_INT(access, CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
}

CASE(pool_wrong)
{
    CUmemoryPool pool;
    begin_with_pools();
    CUmemPoolProps props = of_this_device();
    IS(cuMemPoolCreate(&pool, NULL), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemPoolCreate(NULL, &props), CUDA_ERROR_INVALID_VALUE);
    props.allocType = CU_MEM_ALLOCATION_TYPE_INVALID;
    IS(cuMemPoolCreate(&pool, &props), CUDA_ERROR_INVALID_VALUE);
    props = of_this_device();
    props.location.id = 1000;
    REFUSED(cuMemPoolCreate(&pool, &props));
}
