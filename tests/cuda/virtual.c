/* Virtual memory management: addresses, memory and access apart. */
#include "client.h"

static CUmemAllocationProp prop;
static size_t unit;

static void begin_with_mappings(void)
{
    begin();
    need(CU_DEVICE_ATTRIBUTE_VIRTUAL_MEMORY_MANAGEMENT_SUPPORTED, "virtual memory management");
    prop.type = CU_MEM_ALLOCATION_TYPE_PINNED;
    prop.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
    prop.location.id = device;
    OK(cuMemGetAllocationGranularity(&unit, &prop, CU_MEM_ALLOC_GRANULARITY_MINIMUM));
    CHECK(unit > 0 && (unit & (unit - 1)) == 0);
}

static CUdeviceptr reserve(size_t size)
{
    CUdeviceptr at = 0;
    OK(cuMemAddressReserve(&at, size, unit, 0, 0));
    CHECK(at && at % unit == 0);
    return at;
}

static CUmemGenericAllocationHandle create(size_t size)
{
    CUmemGenericAllocationHandle handle = 0;
    OK(cuMemCreate(&handle, size, &prop, 0));
    return handle;
}

static void allow(CUdeviceptr at, size_t size)
{
    CUmemAccessDesc both = {.location = prop.location, .flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
    OK(cuMemSetAccess(at, size, &both, 1));
}

CASE(virtual_memory)
{
    begin_with_mappings();
    CUdeviceptr at = reserve(2 * unit);
    CUmemGenericAllocationHandle handle = create(2 * unit);
    OK(cuMemMap(at, 2 * unit, 0, handle, 0));
    allow(at, 2 * unit);
    OK(cuMemsetD32(at, 9, 2 * unit / 4));
    affine(NULL, at + unit, 100, 2, 1);
    OK(cuCtxSynchronize());
    CHECK_ALL(at, 100, 9);
    CHECK_ALL(at + unit, 100, 19);
    OK(cuMemUnmap(at, 2 * unit));
    OK(cuMemRelease(handle));
    OK(cuMemAddressFree(at, 2 * unit));
}

/* A hint, which is taken while nothing is there. */
CASE(virtual_memory_at_a_chosen_address)
{
    CUdeviceptr again = 0;
    begin_with_mappings();
    CUdeviceptr at = reserve(4 * unit);
    OK(cuMemAddressFree(at, 4 * unit));
    OK(cuMemAddressReserve(&again, 4 * unit, 0, at, 0));
    CHECK(again == at);
    /* What is taken is not given twice: it is another place, or none. */
    CUdeviceptr other = 0;
    if (cuMemAddressReserve(&other, 4 * unit, 0, at, 0) == CUDA_SUCCESS)
        CHECK(other + 4 * unit <= at || other >= at + 4 * unit);
}

CASE(virtual_memory_aligned)
{
    CUdeviceptr at = 0;
    begin_with_mappings();
    OK(cuMemAddressReserve(&at, unit, 64 * unit, 0, 0));
    CHECK(at % (64 * unit) == 0);
    OK(cuMemAddressFree(at, unit));
}

/* One memory at two addresses. */
CASE(virtual_memory_mapped_twice)
{
    begin_with_mappings();
    CUmemGenericAllocationHandle handle = create(unit);
    CUdeviceptr one = reserve(unit), other = reserve(unit);
    OK(cuMemMap(one, unit, 0, handle, 0));
    OK(cuMemMap(other, unit, 0, handle, 0));
    allow(one, unit);
    allow(other, unit);
    OK(cuMemsetD32(one, 31, 10));
    OK(cuCtxSynchronize());
    CHECK_ALL(other, 10, 31);
    OK(cuMemUnmap(one, unit));
    CHECK_ALL(other, 10, 31);
}

/* Memory that grows: a second piece right behind the first. */
CASE(virtual_memory_grows)
{
    begin_with_mappings();
    CUdeviceptr at = reserve(4 * unit);
    OK(cuMemMap(at, unit, 0, create(unit), 0));
    allow(at, unit);
    OK(cuMemsetD32(at, 1, unit / 4));
    OK(cuMemMap(at + unit, unit, 0, create(unit), 0));
    allow(at + unit, unit);
    OK(cuMemsetD32(at + unit, 2, unit / 4));
    affine(NULL, at + unit - 40, 20, 10, 0);
    OK(cuCtxSynchronize());
    CHECK_ALL(at + unit - 40, 10, 10);
    CHECK_ALL(at + unit, 10, 20);
}

/* What is mapped stays when the handle is given back. */
CASE(virtual_memory_outlives_its_handle)
{
    begin_with_mappings();
    CUdeviceptr at = reserve(unit);
    CUmemGenericAllocationHandle handle = create(unit), again = 0;
    OK(cuMemMap(at, unit, 0, handle, 0));
    allow(at, unit);
    OK(cuMemRelease(handle));
    OK(cuMemsetD32(at, 12, 4));
    OK(cuCtxSynchronize());
    CHECK_ALL(at, 4, 12);
    OK(cuMemRetainAllocationHandle(&again, (void *)(uintptr_t)at));
    OK(cuMemRelease(again));
    OK(cuMemUnmap(at, unit));
    OK(cuMemAddressFree(at, unit));
}

CASE(virtual_memory_access)
{
    unsigned long long flags = 99;
    begin_with_mappings();
    CUdeviceptr at = reserve(unit);
    OK(cuMemMap(at, unit, 0, create(unit), 0));
    allow(at, unit);
    OK(cuMemGetAccess(&flags, &prop.location, at));
    CHECK(flags == CU_MEM_ACCESS_FLAGS_PROT_READWRITE);
}

CASE(virtual_memory_properties)
{
    CUmemAllocationProp back = {0};
    begin_with_mappings();
    CUmemGenericAllocationHandle handle = create(unit);
    OK(cuMemGetAllocationPropertiesFromHandle(&back, handle));
    CHECK_INT(back.type, CU_MEM_ALLOCATION_TYPE_PINNED);
    CHECK_INT(back.location.type, CU_MEM_LOCATION_TYPE_DEVICE);
    CHECK_INT(back.location.id, device);
    OK(cuMemRelease(handle));
}

CASE(virtual_memory_wrong)
{
    CUdeviceptr at;
    CUmemGenericAllocationHandle handle;
    begin_with_mappings();
    IS(cuMemAddressReserve(&at, unit + 1, 0, 0, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemAddressReserve(&at, 0, 0, 0, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemCreate(&handle, unit + 1, &prop, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemCreate(&handle, 0, &prop, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemCreate(&handle, (size_t)1 << 50, &prop, 0), CUDA_ERROR_OUT_OF_MEMORY);
    at = reserve(unit);
    handle = create(unit);
    IS(cuMemMap(at, 2 * unit, 0, handle, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemMap(at, unit, 1, handle, 0), CUDA_ERROR_INVALID_VALUE);
    OK(cuMemMap(at, unit, 0, handle, 0));
    IS(cuMemMap(at, unit, 0, handle, 0), CUDA_ERROR_INVALID_VALUE);
    REFUSED(cuMemAddressFree(at, 2 * unit));
    OK(cuMemUnmap(at, unit));
    IS(cuMemUnmap(at, unit), CUDA_ERROR_INVALID_VALUE);
}

CASE(virtual_memory_by_a_descriptor)
{
    int file = -1;
    CUmemGenericAllocationHandle handle, imported = 0;
    begin_with_mappings();
    need(CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR_SUPPORTED, "memory by descriptors");
    prop.requestedHandleTypes = CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR;
    handle = create(unit);
    OK(cuMemExportToShareableHandle(&file, handle, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR, 0));
    CHECK(file >= 0);
    OK(cuMemImportFromShareableHandle(&imported, (void *)(uintptr_t)file, CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR));
    CUdeviceptr one = reserve(unit), other = reserve(unit);
    OK(cuMemMap(one, unit, 0, handle, 0));
    OK(cuMemMap(other, unit, 0, imported, 0));
    allow(one, unit);
    allow(other, unit);
    OK(cuMemsetD32(one, 77, 5));
    OK(cuCtxSynchronize());
    CHECK_ALL(other, 5, 77);
    CHECK(close(file) == 0);
}
