/* Managed memory, which the host and devices use at one address. */
#include "client.h"

static int *managed(size_t count)
{
    CUdeviceptr at = 0;
    begin();
    need(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY, "managed memory");
    OK(cuMemAllocManaged(&at, count * sizeof(int), CU_MEM_ATTACH_GLOBAL));
    CHECK(at);
    return (int *)(uintptr_t)at;
}

static CUdeviceptr address(const void *at)
{
    return (CUdeviceptr)(uintptr_t)at;
}

CASE(managed_memory_goes_back_and_forth)
{
    int *at = managed(1000);
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < 1000; i++)
            at[i] = i + round;
        affine(NULL, address(at), 1000, 10, round);
        OK(cuCtxSynchronize());
        for (int i = 0; i < 1000; i++)
            CHECK_INT(at[i], 10 * (i + round) + round);
    }
    OK(cuMemFree(address(at)));
    IS(cuMemFree(address(at)), CUDA_ERROR_INVALID_VALUE);
}

CASE(managed_memory_is_copied)
{
    int values[100], *at = managed(100);
    for (int i = 0; i < 100; i++)
        values[i] = i * i;
    OK(cuMemcpyHtoD(address(at), values, sizeof values));
    CHECK_INT(at[9], 81);
    at[9] = -81;
    memset(values, 0, sizeof values);
    OK(cuMemcpyDtoH(values, address(at), sizeof values));
    CHECK_INT(values[9], -81);
    CHECK_INT(values[99], 99 * 99);
    OK(cuMemsetD32(address(at), 5, 100));
    OK(cuCtxSynchronize());
    CHECK_INT(at[50], 5);
}

CASE(managed_memory_wrong)
{
    CUdeviceptr at;
    managed(1);
    IS(cuMemAllocManaged(&at, 0, CU_MEM_ATTACH_GLOBAL), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemAllocManaged(&at, 64, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemAllocManaged(&at, 64, 0x100), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemAllocManaged(NULL, 64, CU_MEM_ATTACH_GLOBAL), CUDA_ERROR_INVALID_VALUE);
}

/* Advice changes no value. */
CASE(managed_memory_takes_advice)
{
    int *at = managed(4096);
    size_t size = 4096 * sizeof *at;
    CUmemLocation here = {.type = CU_MEM_LOCATION_TYPE_DEVICE, .id = device};
    if (!attribute(CU_DEVICE_ATTRIBUTE_CONCURRENT_MANAGED_ACCESS))
        skip("the device has no concurrent access");
    at[0] = 1;
    OK(cuMemAdvise(address(at), size, CU_MEM_ADVISE_SET_READ_MOSTLY, here));
    OK(cuMemPrefetchAsync(address(at), size, here, 0, NULL));
    affine(NULL, address(at), 4096, 3, 1);
    OK(cuCtxSynchronize());
    CHECK_INT(at[0], 4);
    OK(cuMemAdvise(address(at), size, CU_MEM_ADVISE_UNSET_READ_MOSTLY, here));
    CHECK_INT(at[0], 4);
    IS(cuMemAdvise(address(at), size, (CUmem_advise)1000, here), CUDA_ERROR_INVALID_VALUE);
}

CASE(managed_memory_attached_to_a_stream)
{
    int *at = managed(256);
    CUstream stream = new_stream(0);
    OK(cuStreamAttachMemAsync(stream, address(at), 0, CU_MEM_ATTACH_SINGLE));
    OK(cuStreamSynchronize(stream));
    for (int i = 0; i < 256; i++)
        at[i] = i;
    affine(stream, address(at), 256, 1, 1);
    OK(cuStreamSynchronize(stream));
    CHECK_INT(at[255], 256);
}

CASE(managed_variable)
{
    CUdeviceptr at;
    size_t size;
    CUfunction add;
    int more = 10;
    managed(1);
    CUmodule module = load_kernels();
    OK(cuModuleGetGlobal(&at, &size, module, "managed"));
    CHECK_INT(size, 4);
    CHECK_INT(*(int *)(uintptr_t)at, 5);
    *(int *)(uintptr_t)at = 7;
    OK(cuModuleGetFunction(&add, module, "add_to_managed"));
    LAUNCH(add, 1, 1, NULL, &more);
    OK(cuCtxSynchronize());
    CHECK_INT(*(int *)(uintptr_t)at, 17);
}

CASE(managed_attributes_together)
{
    int alone = -9, each[2] = {-9, -9};
    void *places[] = {&each[0], &each[1]};
    size_t sizes[] = {sizeof each[0], sizeof each[1]};
    CUmem_range_attribute attributes[] = {CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY};
    CUdeviceptr at = (CUdeviceptr)(uintptr_t)managed(64);
    CUresult status = cuMemRangeGetAttribute(&alone, sizeof alone, CU_MEM_RANGE_ATTRIBUTE_READ_MOSTLY, at, 256);
    IS(cuMemRangeGetAttributes(places, sizes, attributes, 2, at, 256), status);
    CHECK(each[0] == alone && (status != CUDA_SUCCESS || each[1] == alone));
    IS(cuMemRangeGetAttributes(NULL, sizes, attributes, 2, at, 256), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemRangeGetAttributes(places, sizes, NULL, 2, at, 256), CUDA_ERROR_INVALID_VALUE);
}
