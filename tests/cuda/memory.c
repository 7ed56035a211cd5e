/* Device memory: allocation, its errors, ranges, pitch. */
#include "client.h"

CASE(memory_is_written_and_read)
{
    unsigned char wrote[10000], read[10000];
    begin();
    pattern(wrote, sizeof wrote, 1);
    CUdeviceptr at = upload(wrote, sizeof wrote);
    OK(cuMemcpyDtoH(read, at, sizeof read));
    CHECK(memcmp(wrote, read, sizeof read) == 0);
    OK(cuMemFree(at));
}

CASE(memory_is_aligned)
{
    begin();
    /* "Suitably aligned for any kind of variable": the programming guide promises 256 bytes. */
    for (size_t size = 1; size < 100000; size = size * 3 + 1)
        CHECK(allocate(size) % 256 == 0);
}

CASE(memory_of_no_size)
{
    CUdeviceptr at = 1;
    begin();
    IS(cuMemAlloc(&at, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemAlloc(NULL, 16), CUDA_ERROR_INVALID_VALUE);
}

CASE(memory_freed_twice)
{
    begin();
    CUdeviceptr at = allocate(4096), other = zeroes(4);
    OK(cuMemFree(at));
    IS(cuMemFree(at), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemFree(other + 4), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemFree(12345), CUDA_ERROR_INVALID_VALUE);
    CHECK_ALL(other, 4, 0);
    OK(cuMemFree(other));
}

CASE(memory_null_is_freed)
{
    begin();
    OK(cuMemFree(0));
}

/* As often as it is given back there is as much of it. */
CASE(memory_runs_out_and_comes_back)
{
    size_t free, total, step;
    CUdeviceptr all[64];
    unsigned count, before = 0;
    begin();
    OK(cuMemGetInfo(&free, &total));
    step = total / 8;
    for (int round = 0; round < 3; round++) {
        CUresult status = CUDA_SUCCESS;
        for (count = 0; count < COUNT(all) && (status = cuMemAlloc(&all[count], step)) == CUDA_SUCCESS; count++) {}
        CHECK_INT(status, CUDA_ERROR_OUT_OF_MEMORY);
        CHECK(count > 0 && count <= 8 && (round == 0 || count == before));
        before = count;
        while (count > 0)
            OK(cuMemFree(all[--count]));
    }
    CHECK_ALL(zeroes(100), 100, 0);
}

CASE(memory_more_than_there_is)
{
    CUdeviceptr at;
    size_t free, total;
    begin();
    OK(cuMemGetInfo(&free, &total));
    IS(cuMemAlloc(&at, total + 1), CUDA_ERROR_OUT_OF_MEMORY);
    IS(cuMemAlloc(&at, (size_t)1 << 60), CUDA_ERROR_OUT_OF_MEMORY);
    IS(cuMemAlloc(&at, SIZE_MAX), CUDA_ERROR_OUT_OF_MEMORY);
    /* It does not stick. */
    CHECK_ALL(zeroes(100), 100, 0);
}

CASE(memory_info_follows)
{
    size_t before, between, after, total;
    enum { SIZE = 32 << 20 };
    begin();
    OK(cuMemGetInfo(&before, &total));
    CUdeviceptr at = allocate(SIZE);
    OK(cuMemGetInfo(&between, &total));
    OK(cuMemFree(at));
    OK(cuMemGetInfo(&after, &total));
    CHECK(between + SIZE <= before);
    CHECK(after >= between + SIZE);
}

CASE(memory_ranges)
{
    CUdeviceptr base = 0;
    size_t size = 0;
    begin();
    CUdeviceptr at = allocate(1000);
    OK(cuMemGetAddressRange(&base, &size, at));
    CHECK(base == at && size == 1000);
    OK(cuMemGetAddressRange(&base, &size, at + 999));
    CHECK(base == at && size == 1000);
    base = size = 0;
    OK(cuMemGetAddressRange(&base, NULL, at + 5));
    OK(cuMemGetAddressRange(NULL, &size, at + 5));
    CHECK(base == at && size == 1000);
    OK(cuMemFree(at));
    REFUSED(cuMemGetAddressRange(&base, &size, at));
}

/* Addresses lead to each other: memory of the device may hold them. */
CASE(memory_addresses_are_values)
{
    int three = 3;
    begin();
    CUdeviceptr value = upload(&three, sizeof three), got = 0;
    CUdeviceptr holder = upload(&value, sizeof value), out = zeroes(1);
    OK(cuMemcpyDtoH(&got, holder, sizeof got));
    CHECK(got == value);
    LAUNCH(kernel("read_from"), 1, 1, NULL, &got, &out);
    CHECK_INT(value_at(out), 3);
}

CASE(memory_with_a_pitch)
{
    CUdeviceptr at = 0;
    size_t pitch = 0;
    begin();
    OK(cuMemAllocPitch(&at, &pitch, 1000, 20, 16));
    CHECK(at && pitch >= 1000 && pitch % attribute(CU_DEVICE_ATTRIBUTE_TEXTURE_PITCH_ALIGNMENT) == 0);
    OK(cuMemsetD8(at, 1, pitch * 20));
    OK(cuMemFree(at));
    IS(cuMemAllocPitch(&at, &pitch, 1000, 20, 3), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemAllocPitch(&at, &pitch, 0, 20, 4), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemAllocPitch(&at, &pitch, 1000, 0, 4), CUDA_ERROR_INVALID_VALUE);
}

CASE(memory_in_small_pieces)
{
    enum { MANY = 1000 };
    static CUdeviceptr at[MANY];
    begin();
    for (int i = 0; i < MANY; i++) {
        at[i] = allocate(4);
        OK(cuMemcpyHtoD(at[i], &i, sizeof i));
    }
    for (int i = 0; i < MANY; i += 2)
        OK(cuMemFree(at[i]));
    for (int i = 1; i < MANY; i += 2)
        CHECK_INT(value_at(at[i]), i);
}

/* ---- between processes ---- */

CASE(memory_handle_for_other_processes)
{
    CUipcMemHandle one, other;
    CUdeviceptr again;
    begin();
    need(CU_DEVICE_ATTRIBUTE_IPC_EVENT_SUPPORTED, "IPC");
    CUdeviceptr a = allocate(1 << 20), b = allocate(1 << 20);
    OK(cuIpcGetMemHandle(&one, a));
    OK(cuIpcGetMemHandle(&other, b));
    CHECK(memcmp(&one, &other, sizeof one) != 0);
    /* Not in the process that it comes from. */
    REFUSED(cuIpcOpenMemHandle(&again, one, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS));
}
