/* Memory of the host that devices see: pinned, mapped, registered. */
#include "client.h"

#include <sys/mman.h>

static void *pinned(size_t size, unsigned flags)
{
    void *at = NULL;
    OK(cuMemHostAlloc(&at, size, flags));
    CHECK(at);
    return at;
}

CASE(pinned_copies)
{
    enum { SIZE = 100000 };
    begin();
    unsigned char *from = pinned(SIZE, 0), *to = pinned(SIZE, 0);
    CUdeviceptr at = allocate(SIZE);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    pattern(from, SIZE, 3);
    OK(cuMemcpyHtoDAsync(at, from, SIZE, stream));
    OK(cuMemcpyDtoHAsync(to, at, SIZE, stream));
    OK(cuStreamSynchronize(stream));
    CHECK(memcmp(from, to, SIZE) == 0);
    OK(cuMemFreeHost(from));
    OK(cuMemFreeHost(to));
}

/* Until the stream comes to it, the copy has not happened. */
CASE(pinned_copy_waits_for_its_turn)
{
    struct gate gate;
    int five = 5;
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    int *to = pinned(sizeof *to, 0);
    CUdeviceptr at = upload(&five, sizeof five);
    *to = -1;
    shut(&gate, stream);
    OK(cuMemcpyDtoHAsync(to, at, sizeof *to, stream));
    IS(cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
    CHECK_INT(*(volatile int *)to, -1);
    open_gate(&gate);
    OK(cuStreamSynchronize(stream));
    CHECK_INT(*(volatile int *)to, 5);
}

CASE(pinned_memory_has_one_address)
{
    CUdeviceptr on_device = 0;
    unsigned flags = 99;
    begin();
    int *at = pinned(4096, CU_MEMHOSTALLOC_PORTABLE | CU_MEMHOSTALLOC_DEVICEMAP);
    OK(cuMemHostGetDevicePointer(&on_device, at, 0));
    /* By unified addressing. */
    CHECK(on_device == (CUdeviceptr)(uintptr_t)at);
    OK(cuMemHostGetFlags(&flags, at));
    CHECK_INT(flags & CU_MEMHOSTALLOC_PORTABLE, CU_MEMHOSTALLOC_PORTABLE);
    IS(cuMemHostGetDevicePointer(&on_device, at, 1), CUDA_ERROR_INVALID_VALUE);
    OK(cuMemFreeHost(at));
    IS(cuMemHostGetDevicePointer(&on_device, at, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemHostGetFlags(&flags, at), CUDA_ERROR_INVALID_VALUE);
}

CASE(pinned_memory_is_used_by_kernels)
{
    begin();
    int *at = pinned(256 * sizeof(int), CU_MEMHOSTALLOC_DEVICEMAP);
    for (int i = 0; i < 256; i++)
        at[i] = i;
    affine(NULL, (CUdeviceptr)(uintptr_t)at, 256, 2, 1);
    OK(cuCtxSynchronize());
    for (int i = 0; i < 256; i++)
        CHECK_INT(at[i], 2 * i + 1);
    /* Old programs pin without saying that it is to be mapped; unified addressing maps it all the same. */
    void *plain = NULL;
    OK(cuMemAllocHost(&plain, 64));
    memset(plain, 0, 64);
    affine(NULL, (CUdeviceptr)(uintptr_t)plain, 16, 1, 6);
    OK(cuCtxSynchronize());
    for (int i = 0; i < 16; i++)
        CHECK_INT(((int *)plain)[i], 6);
}

/* A running kernel and the program see what the other writes. */
CASE(pinned_memory_is_seen_while_a_kernel_runs)
{
    begin();
    volatile int *shared = pinned(2 * sizeof(int), CU_MEMHOSTALLOC_DEVICEMAP);
    CUdeviceptr flag = (CUdeviceptr)(uintptr_t)&shared[0], reply = (CUdeviceptr)(uintptr_t)&shared[1];
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    shared[0] = shared[1] = 0;
    LAUNCH(kernel("answer"), 1, 1, stream, &flag, &reply);
    IS(cuStreamQuery(stream), CUDA_ERROR_NOT_READY);
    CHECK_INT(shared[1], 0);
    shared[0] = 41;
    OK(cuStreamSynchronize(stream));
    CHECK_INT(shared[1], 42);
}

CASE(pinned_memory_of_no_size)
{
    void *at;
    begin();
    IS(cuMemHostAlloc(&at, 0, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemAllocHost(&at, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemHostAlloc(&at, 64, 0x1000), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemHostAlloc(NULL, 64, 0), CUDA_ERROR_INVALID_VALUE);
}

CASE(pinned_memory_freed_twice)
{
    int not_pinned;
    begin();
    void *at = pinned(64, 0);
    OK(cuMemFreeHost(at));
    IS(cuMemFreeHost(at), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemFreeHost(&not_pinned), CUDA_ERROR_INVALID_VALUE);
}

CASE(pinned_memory_of_a_megabyte_and_more)
{
    static const size_t sizes[] = {1, 4095, 4096, 4097, 1 << 20, (5 << 20) + 1};
    begin();
    for (size_t i = 0; i < COUNT(sizes); i++) {
        unsigned char *at = pinned(sizes[i], CU_MEMHOSTALLOC_WRITECOMBINED), last = 0;
        at[sizes[i] - 1] = 77;
        OK(cuMemcpy((CUdeviceptr)(uintptr_t)&last, (CUdeviceptr)(uintptr_t)(at + sizes[i] - 1), 1));
        CHECK_INT(last, 77);
        OK(cuMemFreeHost(at));
    }
}

/* ---- registered ---- */

static void *pages(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(at != MAP_FAILED);
    return at;
}

CASE(registered_memory_is_used_by_kernels)
{
    CUdeviceptr on_device = 0;
    begin();
    int *at = pages(8192);
    for (int i = 0; i < 2048; i++)
        at[i] = i;
    OK(cuMemHostRegister(at, 8192, CU_MEMHOSTREGISTER_DEVICEMAP));
    OK(cuMemHostGetDevicePointer(&on_device, at, 0));
    affine(NULL, on_device, 2048, 3, 0);
    OK(cuCtxSynchronize());
    for (int i = 0; i < 2048; i++)
        CHECK_INT(at[i], 3 * i);
    OK(cuMemHostUnregister(at));
    at[0] = 1;
    IS(cuMemHostUnregister(at), CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
}

CASE(registered_memory_copies)
{
    begin();
    unsigned char *at = pages(16384), back[16384];
    pattern(at, 16384, 9);
    OK(cuMemHostRegister(at, 16384, CU_MEMHOSTREGISTER_PORTABLE));
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr on_device = allocate(16384);
    OK(cuMemcpyHtoDAsync(on_device, at, 16384, stream));
    OK(cuStreamSynchronize(stream));
    OK(cuMemcpyDtoH(back, on_device, sizeof back));
    CHECK(memcmp(at, back, sizeof back) == 0);
    OK(cuMemHostUnregister(at));
}

CASE(registered_twice)
{
    begin();
    char *at = pages(8192);
    OK(cuMemHostRegister(at, 8192, 0));
    IS(cuMemHostRegister(at, 8192, 0), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    IS(cuMemHostRegister(at + 4096, 4096, 0), CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
    OK(cuMemHostUnregister(at));
    OK(cuMemHostRegister(at, 4096, 0));
    OK(cuMemHostUnregister(at));
    IS(cuMemHostRegister(at, 0, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemHostRegister(at, 4096, 0x1000), CUDA_ERROR_INVALID_VALUE);
    /* What was allocated pinned is not registered. */
    void *by_driver = pinned(4096, 0);
    IS(cuMemHostUnregister(by_driver), CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
}
