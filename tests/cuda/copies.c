/* Linear copies, and filling. */
#include "client.h"

enum { SIZE = 100000 };

static unsigned char from[SIZE], to[SIZE];

static CUdeviceptr address(const void *at)
{
    return (CUdeviceptr)(uintptr_t)at;
}

static void begin_with_bytes(void)
{
    begin();
    pattern(from, SIZE, 5);
    memset(to, 0, SIZE);
}

CASE(copy_of_every_offset)
{
    begin_with_bytes();
    CUdeviceptr at = upload(from, SIZE);
    for (size_t offset = 0; offset < 20; offset++)
        for (size_t size = 1; size < 20; size += 3) {
            memset(to, 0xee, 64);
            OK(cuMemcpyDtoH(to + 1, at + offset, size));
            CHECK(memcmp(to + 1, from + offset, size) == 0 && to[0] == 0xee && to[size + 1] == 0xee);
        }
}

CASE(copy_between_devices_memory)
{
    begin_with_bytes();
    CUdeviceptr a = upload(from, SIZE), b = allocate(SIZE);
    OK(cuMemcpyDtoD(b + 3, a + 7, SIZE - 7));
    OK(cuMemcpyDtoH(to, b + 3, SIZE - 7));
    CHECK(memcmp(to, from + 7, SIZE - 7) == 0);
}

CASE(copy_of_nothing)
{
    begin_with_bytes();
    CUdeviceptr at = upload(from, 16);
    OK(cuMemcpyHtoD(at, to, 0));
    OK(cuMemcpyDtoH(to, at, 0));
    OK(cuMemcpyDtoD(at, at, 0));
    OK(cuMemcpyHtoDAsync(at, to, 0, NULL));
    OK(cuMemsetD8(at, 1, 0));
    OK(cuMemcpyDtoH(to, at, 16));
    CHECK(memcmp(to, from, 16) == 0);
}

CASE(copy_of_33_mib)
{
    enum { MANY = 33 << 20 };
    begin();
    unsigned char *big = malloc(MANY), *back = calloc(MANY, 1);
    pattern(big, MANY, 8);
    CUdeviceptr at = upload(big, MANY);
    OK(cuMemcpyDtoH(back, at, MANY));
    CHECK(memcmp(big, back, MANY) == 0);
}

/* Long copies of every interface, whose lengths are no multiple of anything, between neighbours that stay as they are. */
CASE(copy_long)
{
    enum { LONG = (9 << 20) + 12345, AROUND = 64 };
    begin();
    unsigned char *out = malloc(LONG), *back = malloc(LONG + 2 * AROUND);
    CUdeviceptr at = allocate(LONG + 2 * AROUND);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    for (int way = 0; way < 4; way++) {
        pattern(out, LONG, way + 3);
        OK(cuMemsetD8(at, 0xee, LONG + 2 * AROUND));
        memset(back, 0x77, LONG + 2 * AROUND);
        switch (way) {
        case 0:
            OK(cuMemcpyHtoD(at + AROUND, out, LONG));
            OK(cuMemcpyDtoH(back + AROUND, at + AROUND, LONG));
            break;
        case 1:
            OK(cuStreamSynchronize(NULL));
            OK(cuMemcpyHtoDAsync(at + AROUND, out, LONG, stream));
            memset(out, 0, LONG);
            OK(cuMemcpyDtoHAsync(back + AROUND, at + AROUND, LONG, stream));
            pattern(out, LONG, way + 3);
            break;
        case 2:
            OK(cuMemcpy(at + AROUND, address(out), LONG));
            OK(cuMemcpy(address(back + AROUND), at + AROUND, LONG));
            break;
        default:
            OK(cuStreamSynchronize(NULL));
            OK(cuMemcpyAsync(at + AROUND, address(out), LONG, stream));
            OK(cuMemcpyAsync(address(back + AROUND), at + AROUND, LONG, stream));
        }
        OK(cuStreamSynchronize(stream));
        CHECK(memcmp(out, back + AROUND, LONG) == 0);
        CHECK(back[AROUND - 1] == 0x77 && back[AROUND + LONG] == 0x77);
        unsigned char edges[2];
        OK(cuMemcpyDtoH(edges, at + AROUND - 1, 1));
        OK(cuMemcpyDtoH(edges + 1, at + AROUND + LONG, 1));
        CHECK(edges[0] == 0xee && edges[1] == 0xee);
    }
    /* One that is wrong at its end changes nothing, and none of them sticks. */
    OK(cuMemsetD8(at, 0x55, LONG));
    IS(cuMemcpyHtoD(at + 3 * AROUND, out, LONG), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemcpyDtoH(back, at + 3 * AROUND, LONG), CUDA_ERROR_INVALID_VALUE);
    OK(cuMemcpyDtoH(back, at, LONG));
    CHECK(back[3 * AROUND] == 0x55 && back[LONG - 1] == 0x55);
}

/* What a stream has been given comes before a long copy of its own, and what it is given next after it. */
CASE(copy_long_in_order)
{
    enum { LONG = 6 << 20 };
    begin();
    int *out = malloc(LONG), *back = malloc(LONG);
    CUdeviceptr at = allocate(LONG);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    for (int round = 0; round < 4; round++) {
        for (size_t i = 0; i < LONG / sizeof *out; i++)
            out[i] = (int)i + round;
        OK(cuMemsetD32Async(at, -1, LONG / sizeof *out, stream));
        OK(cuMemcpyHtoDAsync(at, out, LONG, stream));
        affine(stream, at, LONG / sizeof *out, 2, 1);
        OK(cuMemcpyDtoHAsync(back, at, LONG, stream));
        OK(cuMemsetD32Async(at, -2, LONG / sizeof *out, stream));
        OK(cuStreamSynchronize(stream));
        for (size_t i = 0; i < LONG / sizeof *out; i += 1000)
            CHECK_INT(back[i], 2 * ((int)i + round) + 1);
    }
}

/* By the kind of each address. */
CASE(copy_unified)
{
    void *pinned;
    begin_with_bytes();
    OK(cuMemAllocHost(&pinned, SIZE));
    CUdeviceptr a = allocate(SIZE), b = allocate(SIZE);
    OK(cuMemcpy(a, address(from), SIZE));
    OK(cuMemcpy(b, a, SIZE));
    OK(cuMemcpy(address(pinned), b, SIZE));
    OK(cuCtxSynchronize());
    CHECK(memcmp(pinned, from, SIZE) == 0);
    OK(cuMemcpy(address(to), address(pinned), SIZE));
    CHECK(memcmp(to, from, SIZE) == 0);
    memset(to, 0, SIZE);
    CUstream stream = new_stream(0);
    OK(cuMemcpyAsync(address(to), b, SIZE, stream));
    OK(cuStreamSynchronize(stream));
    CHECK(memcmp(to, from, SIZE) == 0);
}

CASE(copy_wrong)
{
    begin_with_bytes();
    CUdeviceptr at = upload(from, 4096);
    IS(cuMemcpyHtoD(at, NULL, 16), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemcpyDtoH(NULL, at, 16), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemcpyHtoD(0, from, 16), CUDA_ERROR_INVALID_VALUE);
    OK(cuMemFree(at));
    IS(cuMemcpyHtoD(at, from, 16), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemcpyDtoH(to, at, 16), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemcpyDtoD(at, at, 16), CUDA_ERROR_INVALID_VALUE);
    /* None of them sticks. */
    at = upload(from, 16);
    OK(cuMemcpyDtoH(to, at, 16));
    CHECK(memcmp(to, from, 16) == 0);
}

/* No more than the allocation holds. */
CASE(copy_beyond_the_end)
{
    static unsigned char much[4 << 20];
    begin_with_bytes();
    CUdeviceptr at = allocate(2 << 20);
    IS(cuMemcpyHtoD(at, much, sizeof much), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemcpyDtoH(much, at, sizeof much), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemsetD8(at, 0, sizeof much), CUDA_ERROR_INVALID_VALUE);
    OK(cuMemcpyHtoD(at, much, 2 << 20));
}

/* "If pageable memory must first be staged", it is when the call returns: the source may change at once. */
CASE(copy_takes_pageable_memory_at_once)
{
    struct gate gate;
    begin_with_bytes();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = allocate(4096);
    shut(&gate, stream);
    OK(cuMemcpyHtoDAsync(at, from, 4096, stream));
    memset(from, 0, 4096);
    open_gate(&gate);
    OK(cuStreamSynchronize(stream));
    OK(cuMemcpyDtoH(to, at, 4096));
    pattern(from, 4096, 5);
    CHECK(memcmp(to, from, 4096) == 0);
}

/* Sizes that no memory has, and addresses of nothing. */
CASE(copy_of_too_much)
{
    begin_with_bytes();
    CUdeviceptr at = upload(from, 4096);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    static const size_t sizes[] = {(size_t)-1, (size_t)1 << 63, (size_t)1 << 40};
    for (size_t i = 0; i < COUNT(sizes); i++) {
        IS(cuMemcpy(at, address(from), sizes[i]), CUDA_ERROR_INVALID_VALUE);
        IS(cuMemcpy(address(to), at, sizes[i]), CUDA_ERROR_INVALID_VALUE);
        IS(cuMemcpyAsync(at + 8, at, sizes[i], stream), CUDA_ERROR_INVALID_VALUE);
    }
    IS(cuMemcpy(at, 0, 16), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemcpy(0, at, 16), CUDA_ERROR_INVALID_VALUE);
    OK(cuMemcpy(at, 0, 0));
    /* None of them has touched anything. */
    OK(cuMemcpy(address(to), at, 4096));
    CHECK(memcmp(to, from, 4096) == 0);
}

/* A batch has no order within it, but its place in the stream. */
CASE(copies_by_the_batch)
{
    enum { PART = 4096 };
    begin_with_bytes();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr a = zeroes(PART / 4), b = upload(from, SIZE), c = zeroes(PART / 4);
    CUmemcpyAttributes how = {.srcAccessOrder = CU_MEMCPY_SRC_ACCESS_ORDER_STREAM};
    size_t first = 0, sizes[] = {PART, PART, PART};
    CUdeviceptr within[] = {a, c}, of[] = {b, b + PART};
    OK(cuMemcpyBatchAsync(within, of, sizes, 2, &how, &first, 1, stream));
    CUdeviceptr outside[] = {address(to), address(to + PART), b}, among[] = {a, c, address(from + 2 * PART)};
    OK(cuMemcpyBatchAsync(outside, among, sizes, 3, &how, &first, 1, stream));
    OK(cuStreamSynchronize(stream));
    CHECK(memcmp(to, from, 2 * PART) == 0);
    OK(cuMemcpyDtoH(to, b, PART));
    CHECK(memcmp(to, from + 2 * PART, PART) == 0);
    IS(cuMemcpyBatchAsync(within, of, sizes, 2, &how, &first, 1, CU_STREAM_LEGACY), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemcpyBatchAsync(outside, among, sizes, 3, &how, &first, 1, CU_STREAM_LEGACY), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemcpyBatchAsync(within, of, sizes, 0, &how, &first, 1, stream), CUDA_ERROR_INVALID_VALUE);
    sizes[0] = (size_t)1 << 40;
    IS(cuMemcpyBatchAsync(within, of, sizes, 2, &how, &first, 1, stream), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemcpyBatchAsync(outside, among, sizes, 3, &how, &first, 1, stream), CUDA_ERROR_INVALID_VALUE);
}

CASE(copies_in_order)
{
    begin_with_bytes();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = allocate(SIZE);
    for (unsigned seed = 0; seed < 50; seed++) {
        pattern(from, SIZE, seed);
        OK(cuMemcpyHtoDAsync(at, from, SIZE, stream));
        memset(from, 0xaa, SIZE);
        OK(cuMemcpyDtoHAsync(to, at, SIZE, stream));
        OK(cuStreamSynchronize(stream));
        pattern(from, SIZE, seed);
        CHECK(memcmp(to, from, SIZE) == 0);
    }
}

/* Many small ones, each of which the next continues. */
CASE(copies_in_a_chain)
{
    enum { LINKS = 1000 };
    begin_with_bytes();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = allocate((LINKS + 1) * 16);
    OK(cuMemcpyHtoDAsync(at, from, 16, stream));
    for (int i = 0; i < LINKS; i++)
        OK(cuMemcpyDtoDAsync(at + (CUdeviceptr)(i + 1) * 16, at + (CUdeviceptr)i * 16, 16, stream));
    OK(cuMemcpyDtoHAsync(to, at + LINKS * 16, 16, stream));
    OK(cuStreamSynchronize(stream));
    CHECK(memcmp(to, from, 16) == 0);
}

CASE(copy_between_contexts)
{
    begin_with_bytes();
    CUdeviceptr a = upload(from, SIZE);
    CUcontext own = new_context(0);
    CUdeviceptr b = allocate(SIZE);
    OK(cuMemcpyPeer(b, own, a, context, SIZE));
    OK(cuCtxSynchronize());
    OK(cuMemcpyDtoH(to, b, SIZE));
    CHECK(memcmp(to, from, SIZE) == 0);
    OK(cuMemsetD8(b, 0, SIZE));
    OK(cuMemcpyPeerAsync(b, own, a, context, SIZE, NULL));
    OK(cuCtxSynchronize());
    memset(to, 0, SIZE);
    OK(cuMemcpyDtoH(to, b, SIZE));
    CHECK(memcmp(to, from, SIZE) == 0);
}

/* ---- filling ---- */

CASE(fill_with_bytes_words_and_integers)
{
    begin_with_bytes();
    CUdeviceptr at = allocate(64);
    OK(cuMemsetD8(at, 0x11, 64));
    OK(cuMemsetD16(at + 2, 0x2233, 3));
    OK(cuMemsetD32(at + 16, 0x44556677, 2));
    OK(cuMemsetD8(at + 63, 0x99, 1));
    OK(cuMemcpyDtoH(to, at, 64));
    for (int i = 0; i < 64; i++) {
        int want = 0x11;
        if (i >= 2 && i < 8)
            want = i % 2 ? 0x22 : 0x33;
        if (i >= 16 && i < 24)
            want = 0x77 - 0x11 * (i % 4);
        if (i == 63)
            want = 0x99;
        CHECK_INT(to[i], want);
    }
}

CASE(fill_in_order)
{
    begin_with_bytes();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = zeroes(1000);
    OK(cuMemsetD32Async(at, 3, 1000, stream));
    affine(stream, at, 1000, 5, 1);
    OK(cuMemsetD32Async(at + 400, 2, 100, stream));
    OK(cuMemsetD16Async(at, 0x101, 2, stream));
    OK(cuMemsetD8Async(at + 4, 1, 4, stream));
    affine(stream, at, 1000, 2, 0);
    OK(cuStreamSynchronize(stream));
    CHECK_INT(value_at(at), 2 * 0x01010101);
    CHECK_INT(value_at(at + 4), 2 * 0x01010101);
    CHECK_INT(value_at(at + 8), 32);
    CHECK_ALL(at + 400, 100, 4);
    CHECK_ALL(at + 800, 800, 32);
}

CASE(fill_wrong)
{
    begin();
    CUdeviceptr at = zeroes(16);
    IS(cuMemsetD16(at + 1, 1, 1), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemsetD32(at + 2, 1, 1), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemsetD8(0, 1, 1), CUDA_ERROR_INVALID_VALUE);
    OK(cuMemFree(at));
    IS(cuMemsetD8(at, 1, 1), CUDA_ERROR_INVALID_VALUE);
}

CASE(fill_a_rectangle)
{
    begin_with_bytes();
    CUdeviceptr at = allocate(4096);
    OK(cuMemsetD8(at, 0, 4096));
    OK(cuMemsetD2D8(at + 5, 64, 7, 10, 3));
    OK(cuMemsetD2D16(at + 1024, 128, 0x0808, 4, 2));
    OK(cuMemsetD2D32(at + 2048, 256, 0x09090909, 2, 2));
    OK(cuMemcpyDtoH(to, at, 4096));
    for (int i = 0; i < 4096; i++) {
        int want = 0;
        if (i >= 5 && i < 5 + 3 * 64 && (i - 5) % 64 < 10)
            want = 7;
        if (i >= 1024 && i < 1024 + 256 && i % 128 < 8)
            want = 8;
        if (i >= 2048 && i < 2048 + 512 && i % 256 < 8)
            want = 9;
        CHECK_INT(to[i], want);
    }
}
