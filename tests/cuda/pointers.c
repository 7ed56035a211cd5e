/* What pointers are asked for. */
#include "client.h"

static unsigned kind(const void *at)
{
    unsigned kind = 0;
    OK(cuPointerGetAttribute(&kind, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, (CUdeviceptr)(uintptr_t)at));
    return kind;
}

CASE(pointer_to_device_memory)
{
    CUcontext owner = NULL;
    CUdeviceptr same = 0, start = 0;
    size_t size = 0;
    int ordinal = -5;
    unsigned managed = ~0u;
    begin();
    CUdeviceptr at = allocate(1000);
    CHECK_INT(kind((void *)at), CU_MEMORYTYPE_DEVICE);
    OK(cuPointerGetAttribute(&owner, CU_POINTER_ATTRIBUTE_CONTEXT, at));
    CHECK(owner == context);
    OK(cuPointerGetAttribute(&same, CU_POINTER_ATTRIBUTE_DEVICE_POINTER, at + 10));
    CHECK(same == at + 10);
    OK(cuPointerGetAttribute(&ordinal, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL, at));
    CHECK_INT(ordinal, 0);
    OK(cuPointerGetAttribute(&managed, CU_POINTER_ATTRIBUTE_IS_MANAGED, at));
    /* NVIDIA's runtime reads a number, too, from a place that it has not cleared. */
    CHECK_INT(managed, 0);
    OK(cuPointerGetAttribute(&start, CU_POINTER_ATTRIBUTE_RANGE_START_ADDR, at + 10));
    OK(cuPointerGetAttribute(&size, CU_POINTER_ATTRIBUTE_RANGE_SIZE, at + 10));
    CHECK(start == at && size == 1000);
    /* The host has no address for it. */
    void *on_host;
    IS(cuPointerGetAttribute(&on_host, CU_POINTER_ATTRIBUTE_HOST_POINTER, at), CUDA_ERROR_INVALID_VALUE);
}

CASE(pointer_to_pinned_memory)
{
    void *at = NULL, *on_host = NULL;
    CUdeviceptr on_device = 0;
    begin();
    OK(cuMemAllocHost(&at, 1000));
    CUdeviceptr address = (CUdeviceptr)(uintptr_t)at;
    CHECK_INT(kind(at), CU_MEMORYTYPE_HOST);
    OK(cuPointerGetAttribute(&on_host, CU_POINTER_ATTRIBUTE_HOST_POINTER, address + 10));
    CHECK(on_host == (char *)at + 10);
    OK(cuPointerGetAttribute(&on_device, CU_POINTER_ATTRIBUTE_DEVICE_POINTER, address));
    CHECK(on_device == address);
}

CASE(pointer_to_managed_memory)
{
    CUdeviceptr at = 0;
    unsigned managed = ~0u;
    begin();
    need(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY, "managed memory");
    OK(cuMemAllocManaged(&at, 1000, CU_MEM_ATTACH_GLOBAL));
    OK(cuPointerGetAttribute(&managed, CU_POINTER_ATTRIBUTE_IS_MANAGED, at));
    CHECK_INT(managed, 1);
    note("kind of managed memory: %u", kind((void *)at));
}

CASE(pointer_to_no_memory_of_the_driver)
{
    int here;
    unsigned type = 0;
    begin();
    CUdeviceptr at = allocate(100);
    IS(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, (CUdeviceptr)(uintptr_t)&here),
       CUDA_ERROR_INVALID_VALUE);
    OK(cuMemFree(at));
    IS(cuPointerGetAttribute(&type, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, at), CUDA_ERROR_INVALID_VALUE);
    at = allocate(100);
    IS(cuPointerGetAttribute(NULL, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, at), CUDA_ERROR_INVALID_VALUE);
    IS(cuPointerGetAttribute(&type, (CUpointer_attribute)1000, at), CUDA_ERROR_INVALID_VALUE);
}

/* Several at once; those of a pointer that is none are zero, which is no error. */
CASE(pointer_attributes_at_once)
{
    int here, ordinal = -5;
    unsigned type = 99;
    CUcontext owner = (CUcontext)1;
    CUdeviceptr same = 1;
    CUpointer_attribute asked[] = {CU_POINTER_ATTRIBUTE_MEMORY_TYPE, CU_POINTER_ATTRIBUTE_CONTEXT,
                                   CU_POINTER_ATTRIBUTE_DEVICE_POINTER, CU_POINTER_ATTRIBUTE_DEVICE_ORDINAL};
    void *answers[] = {&type, &owner, &same, &ordinal};
    begin();
    CUdeviceptr at = allocate(100);
    OK(cuPointerGetAttributes(4, asked, answers, at + 4));
    CHECK(type == CU_MEMORYTYPE_DEVICE && owner == context && same == at + 4 && ordinal == 0);
    OK(cuPointerGetAttributes(3, asked, answers, (CUdeviceptr)(uintptr_t)&here));
    CHECK(type == 0 && owner == NULL && same == 0);
}

CASE(pointer_buffers_have_numbers)
{
    unsigned long long one = 0, other = 0, again = 0;
    begin();
    CUdeviceptr a = allocate(100), b = allocate(100);
    OK(cuPointerGetAttribute(&one, CU_POINTER_ATTRIBUTE_BUFFER_ID, a));
    OK(cuPointerGetAttribute(&other, CU_POINTER_ATTRIBUTE_BUFFER_ID, b));
    OK(cuPointerGetAttribute(&again, CU_POINTER_ATTRIBUTE_BUFFER_ID, a + 50));
    CHECK(one != other && one == again);
    OK(cuMemFree(a));
    a = allocate(100);
    OK(cuPointerGetAttribute(&again, CU_POINTER_ATTRIBUTE_BUFFER_ID, a));
    CHECK(again != one && again != other);
}

CASE(pointer_synchronises_its_operations)
{
    unsigned on = 1, got = ~0u;
    begin();
    CUdeviceptr at = allocate(100);
    OK(cuPointerSetAttribute(&on, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, at));
    OK(cuPointerGetAttribute(&got, CU_POINTER_ATTRIBUTE_SYNC_MEMOPS, at));
    CHECK_INT(got, 1);
    IS(cuPointerSetAttribute(&on, CU_POINTER_ATTRIBUTE_MEMORY_TYPE, at), CUDA_ERROR_INVALID_VALUE);
}
