/* Buffers over the program's memory, and sub-buffers. */
#include "conformance.h"

enum { SIZE = 1 << 17 };

static unsigned char *map(cl_command_queue queue, cl_mem mem, cl_map_flags flags, size_t offset, size_t size)
{
    cl_int err;
    void *at = clEnqueueMapBuffer(queue, mem, CL_TRUE, flags, offset, size, 0, NULL, NULL, &err);
    OK(err);
    return at;
}

static void unmap(cl_command_queue queue, cl_mem mem, void *at)
{
    OK(clEnqueueUnmapMemObject(queue, mem, at, 0, NULL, NULL));
}

static void *host_ptr_of(cl_mem mem)
{
    void *at = (void *)1;
    OK(clGetMemObjectInfo(mem, CL_MEM_HOST_PTR, sizeof at, &at, NULL));
    return at;
}

/* Alignments of the program's memory: a page's, a cache line's, an int's. */
static const size_t SKEWS[] = {0, 64, 4, 1};
enum { SKEW_COUNT = sizeof SKEWS / sizeof *SKEWS };

CASE(host_ptr_use_initial_contents)
{
    struct cl cl = cl_open();
    unsigned char *memory = must_alloc_aligned(4096, SIZE + 4096), *got = must_alloc(SIZE);
    for (unsigned i = 0; i < SKEW_COUNT; i++) {
        unsigned char *host = memory + SKEWS[i];
        fill_pattern(host, SIZE, i);
        cl_mem mem = new_buffer(&cl, CL_MEM_USE_HOST_PTR, SIZE, host);
        CHECK_PTR(host_ptr_of(mem), host);
        get(cl.queue, mem, 0, SIZE, got);
        CHECK_PATTERN(got, SIZE, i);
        OK(clReleaseMemObject(mem));
        CHECK_PATTERN(host, SIZE, i);
    }
    cl_close(&cl);
    free(memory);
    free(got);
}

CASE(host_ptr_use_map_gives_host_ptr)
{
    static const size_t offsets[] = {0, 1, 4, 4096, 12345};
    struct cl cl = cl_open();
    unsigned char *memory = must_alloc_aligned(4096, SIZE + 4096);
    for (unsigned i = 0; i < SKEW_COUNT; i++) {
        unsigned char *host = memory + SKEWS[i];
        cl_mem mem = new_buffer(&cl, CL_MEM_USE_HOST_PTR, SIZE, host);
        for (size_t k = 0; k < sizeof offsets / sizeof *offsets; k++) {
            unsigned char *at = map(cl.queue, mem, CL_MAP_READ, offsets[k], 1000);
            CHECK_PTR(at, host + offsets[k]);
            unmap(cl.queue, mem, at);
        }
        OK(clReleaseMemObject(mem));
    }
    cl_close(&cl);
    free(memory);
}

/* After a kernel and a map, the program's memory itself has the results; after
 * unmap, the kernel sees what the program put there. */
CASE(host_ptr_use_kernel_results_in_place)
{
    enum { N = 3000 };
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    for (size_t s = 0; s < 3; s++) {
        unsigned char *memory = must_alloc_aligned(4096, N * sizeof(cl_int) + 4096);
        cl_int *host = (cl_int *)(memory + SKEWS[s]);
        for (int i = 0; i < N; i++)
            host[i] = i;
        cl_mem mem = new_buffer(&cl, CL_MEM_USE_HOST_PTR, N * sizeof(cl_int), host);
        set_add_args(kernel, mem, mem, 100, 1);
        for (int r = 0; r < 10; r++) {
            run_1d(cl.queue, kernel, N);
            void *at = map(cl.queue, mem, CL_MAP_READ | CL_MAP_WRITE, 0, N * sizeof(cl_int));
            CHECK_PTR(at, host);
            for (int i = 0; i < N; i++)
                CHECK_INT(host[i], i + 101 * r + 100);
            for (int i = 0; i < N; i++)
                host[i] += 1;
            unmap(cl.queue, mem, at);
        }
        OK(clFinish(cl.queue));
        OK(clReleaseMemObject(mem));
        free(memory);
    }
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

/* Only the mapped part of the memory is promised; it is exactly that part. */
CASE(host_ptr_use_partial_map)
{
    enum { N = 4096 };
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    cl_int *host = must_alloc_aligned(4096, N * sizeof *host), *got = must_alloc(N * sizeof *got);
    cl_mem mem = new_buffer(&cl, CL_MEM_USE_HOST_PTR, N * sizeof *host, host);
    set_add_args(kernel, mem, mem, 7, 1);
    run_1d(cl.queue, kernel, N);
    void *at = map(cl.queue, mem, CL_MAP_READ | CL_MAP_WRITE, 1024 * sizeof *host, 512 * sizeof *host);
    CHECK_PTR(at, host + 1024);
    for (int i = 1024; i < 1536; i++) {
        CHECK_INT(host[i], 7);
        host[i] = i;
    }
    unmap(cl.queue, mem, at);
    run_1d(cl.queue, kernel, N);
    get(cl.queue, mem, 0, N * sizeof *host, got);
    for (int i = 0; i < N; i++)
        CHECK_INT(got[i], i >= 1024 && i < 1536 ? i + 7 : 14);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
    free(host);
    free(got);
}

/* The program's memory is the source of a write to the buffer that uses it:
 * allowed after a map of the region, or with the queue at rest. */
CASE(host_ptr_use_non_blocking_map)
{
    struct cl cl = cl_open();
    unsigned char *host = must_alloc_aligned(4096, SIZE), *data = must_alloc(SIZE);
    cl_int err;
    cl_event done;
    fill_pattern(data, SIZE, 5);
    cl_mem mem = new_buffer(&cl, CL_MEM_USE_HOST_PTR, SIZE, host);
    OK(clEnqueueWriteBuffer(cl.queue, mem, CL_FALSE, 0, SIZE, data, 0, NULL, NULL));
    void *at = clEnqueueMapBuffer(cl.queue, mem, CL_FALSE, CL_MAP_READ, 0, SIZE, 0, NULL, &done, &err);
    OK(err);
    CHECK_PTR(at, host);
    OK(clWaitForEvents(1, &done));
    CHECK_PATTERN(host, SIZE, 5);
    unmap(cl.queue, mem, at);
    OK(clReleaseEvent(done));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(host);
    free(data);
}

/* Buffers over neighbouring parts of one page, and bytes of the program's own
 * between them: nobody touches what is another's. */
CASE(host_ptr_two_buffers_in_one_page)
{
    enum { PART = 1024, GAP = 64 };
    struct cl cl = cl_open();
    unsigned char *page = must_alloc_aligned(4096, 4096);
    cl_mem mems[3];
    cl_uint words[] = {0x11111111, 0x22222222, 0x33333333};
    memset(page, 0xF0, 4096);
    for (size_t i = 0; i < 3; i++)
        mems[i] = new_buffer(&cl, CL_MEM_USE_HOST_PTR, PART, page + i * (PART + GAP));
    for (size_t i = 0; i < 3; i++)
        OK(clEnqueueFillBuffer(cl.queue, mems[i], &words[i], 4, 0, PART, 0, NULL, NULL));
    memset(page + PART, 0xA5, GAP); /* the program's own, meanwhile */
    for (size_t i = 0; i < 3; i++) {
        unsigned char *at = map(cl.queue, mems[i], CL_MAP_READ, 0, PART);
        CHECK_PTR(at, page + i * (PART + GAP));
        CHECK_BYTES(at, PART, (int)words[i]);
        unmap(cl.queue, mems[i], at);
    }
    OK(clFinish(cl.queue));
    for (size_t i = 0; i < 3; i++)
        OK(clReleaseMemObject(mems[i]));
    CHECK_BYTES(page + PART, GAP, 0xA5);
    CHECK_BYTES(page + 2 * PART + GAP, GAP, 0xF0);
    CHECK_BYTES(page + 3 * PART + 2 * GAP, 4096 - 3 * PART - 2 * GAP, 0xF0);
    cl_close(&cl);
    free(page);
}

CASE(host_ptr_use_stack_memory)
{
    struct cl cl = cl_open();
    cl_int values[100] = {0};
    cl_kernel kernel = add_kernel(&cl);
    cl_mem mem = new_buffer(&cl, CL_MEM_USE_HOST_PTR, sizeof values, values);
    set_add_args(kernel, mem, mem, 8, 1);
    run_1d(cl.queue, kernel, 100);
    unsigned char *at = map(cl.queue, mem, CL_MAP_READ, 0, sizeof values);
    for (int i = 0; i < 100; i++)
        CHECK_INT(values[i], 8);
    unmap(cl.queue, mem, at);
    OK(clFinish(cl.queue));
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(host_ptr_use_read_only_memory)
{
    static const unsigned char constants[] = "constant memory of the program ............";
    struct cl cl = cl_open();
    unsigned char got[sizeof constants];
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_ONLY | CL_MEM_USE_HOST_PTR, sizeof constants, (void *)constants);
    get(cl.queue, mem, 0, sizeof got, got);
    CHECK_SAME(got, constants, sizeof got);
    unsigned char *at = map(cl.queue, mem, CL_MAP_READ, 3, 10);
    CHECK_PTR(at, constants + 3);
    unmap(cl.queue, mem, at);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

CASE(host_ptr_copy_takes_a_snapshot)
{
    struct cl cl = cl_open();
    unsigned char *host = must_alloc(SIZE), *got = must_alloc(SIZE);
    fill_pattern(host, SIZE, 2);
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, SIZE, host);
    memset(host, 0, SIZE);
    CHECK_PTR(host_ptr_of(mem), NULL);
    get(cl.queue, mem, 0, SIZE, got);
    CHECK_PATTERN(got, SIZE, 2);
    OK(clReleaseMemObject(mem));
    mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR, SIZE, got);
    memset(got, 0, SIZE);
    unsigned char *at = map(cl.queue, mem, CL_MAP_READ, 0, SIZE);
    CHECK_PATTERN(at, SIZE, 2);
    unmap(cl.queue, mem, at);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(host);
    free(got);
}

CASE(host_ptr_flag_errors)
{
    struct cl cl = cl_open();
    char bytes[64];
    cl_int err;
    static const struct {
        cl_mem_flags flags;
        bool host;
        cl_int want;
    } cases[] = {
        {CL_MEM_USE_HOST_PTR, false, CL_INVALID_HOST_PTR},
        {CL_MEM_COPY_HOST_PTR, false, CL_INVALID_HOST_PTR},
        {0, true, CL_INVALID_HOST_PTR},
        {CL_MEM_ALLOC_HOST_PTR, true, CL_INVALID_HOST_PTR},
        {CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR, true, CL_INVALID_VALUE},
        {CL_MEM_USE_HOST_PTR | CL_MEM_ALLOC_HOST_PTR, true, CL_INVALID_VALUE},
        {CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, false, CL_INVALID_VALUE},
        {CL_MEM_READ_WRITE | CL_MEM_READ_ONLY, false, CL_INVALID_VALUE},
        {CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS, false, CL_INVALID_VALUE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cl_mem mem = clCreateBuffer(cl.context, cases[i].flags, sizeof bytes, cases[i].host ? bytes : NULL, &err);
        if (err != cases[i].want)
            note("row %zu: %s, specified %s", i, status_name(err), status_name(cases[i].want));
        CHECK((err == CL_SUCCESS) == (mem != NULL));
        if (mem)
            OK(clReleaseMemObject(mem));
    }
    CHECK(!clCreateBuffer(cl.context, 0, 0, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_BUFFER_SIZE);
    CHECK(!clCreateBuffer(NULL, 0, 64, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_CONTEXT);
    CHECK(!clCreateBuffer(cl.context, 0, 0, NULL, NULL));
    cl_mem huge = clCreateBuffer(cl.context, 0, (size_t)device_ulong(CL_DEVICE_MAX_MEM_ALLOC_SIZE) * 2, NULL, &err);
    SPEC_STATUS(err, CL_INVALID_BUFFER_SIZE);
    if (huge)
        OK(clReleaseMemObject(huge));
    cl_close(&cl);
}

CASE(sub_buffer_reads_and_writes_its_part)
{
    struct cl cl = cl_open();
    size_t align = device_uint(CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8, part = align * 3 + 5;
    unsigned char *host = must_alloc(SIZE), *got = must_alloc(SIZE);
    fill_pattern(host, SIZE, 1);
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, SIZE, host);
    for (size_t i = 0; i < 5; i++) {
        cl_buffer_region region = {align * i * 2, part};
        cl_int err;
        cl_mem sub = clCreateSubBuffer(mem, CL_MEM_READ_WRITE, CL_BUFFER_CREATE_TYPE_REGION, &region, &err);
        OK(err);
        get(cl.queue, sub, 0, part, got);
        CHECK_SAME(got, host + region.origin, part);
        fill_pattern(host + region.origin + 1, part - 2, (unsigned)(50 + i));
        put(cl.queue, sub, 1, part - 2, host + region.origin + 1);
        CHECK_STATUS(clEnqueueReadBuffer(cl.queue, sub, CL_TRUE, 1, part, got, 0, NULL, NULL), CL_INVALID_VALUE);
        OK(clReleaseMemObject(sub));
    }
    get(cl.queue, mem, 0, SIZE, got);
    CHECK_SAME(got, host, SIZE);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(host);
    free(got);
}

CASE(sub_buffer_in_kernels)
{
    enum { N = 1024 };
    struct cl cl = cl_open();
    cl_kernel kernel = add_kernel(&cl);
    size_t align = device_uint(CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
    cl_buffer_region upper = {(N * sizeof(cl_int) + align - 1) / align * align, N * sizeof(cl_int)};
    cl_buffer_region lower = {0, N * sizeof(cl_int)};
    size_t whole = upper.origin + upper.size;
    cl_int err, *host = must_alloc(whole);
    for (int i = 0; i < N; i++)
        host[i] = i;
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, whole, host);
    cl_mem in = clCreateSubBuffer(mem, CL_MEM_READ_ONLY, CL_BUFFER_CREATE_TYPE_REGION, &lower, &err);
    OK(err);
    cl_mem out = clCreateSubBuffer(mem, CL_MEM_WRITE_ONLY, CL_BUFFER_CREATE_TYPE_REGION, &upper, &err);
    OK(err);
    set_add_args(kernel, out, in, 1000, 1);
    run_1d(cl.queue, kernel, N);
    get(cl.queue, mem, 0, whole, host);
    for (size_t i = 0; i < N; i++) {
        CHECK_INT(host[i], i);
        CHECK_INT(host[upper.origin / sizeof(cl_int) + i], i + 1000);
    }
    OK(clReleaseMemObject(in));
    OK(clReleaseMemObject(out));
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
    free(host);
}

/* Map of a sub-buffer of a CL_MEM_USE_HOST_PTR buffer: host_ptr + both offsets. */
CASE(sub_buffer_of_host_ptr_maps_in_place)
{
    struct cl cl = cl_open();
    size_t align = device_uint(CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
    unsigned char *host = must_alloc_aligned(4096, SIZE), *got = must_alloc(SIZE);
    fill_pattern(host, SIZE, 3);
    cl_mem mem = new_buffer(&cl, CL_MEM_USE_HOST_PTR, SIZE, host);
    cl_buffer_region region = {align * 4, 4096};
    cl_int err;
    cl_mem sub = clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &err);
    OK(err);
    SPEC(host_ptr_of(sub) == host + region.origin);
    unsigned char *at = map(cl.queue, sub, CL_MAP_READ | CL_MAP_WRITE, 16, 1000);
    CHECK_PTR(at, host + region.origin + 16);
    memset(at, 0x99, 1000);
    unmap(cl.queue, sub, at);
    get(cl.queue, sub, 0, 4096, got);
    CHECK_BYTES(got + 16, 1000, 0x99);
    get(cl.queue, mem, region.origin + 16, 1000, got);
    CHECK_BYTES(got, 1000, 0x99);
    at = map(cl.queue, mem, CL_MAP_READ, 0, SIZE);
    CHECK_BYTES(host + region.origin + 16, 1000, 0x99);
    unmap(cl.queue, mem, at);
    OK(clReleaseMemObject(sub));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(host);
    free(got);
}

CASE(sub_buffer_info)
{
    struct cl cl = cl_open();
    size_t align = device_uint(CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8, offset = 9, size = 9;
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_ONLY | CL_MEM_HOST_WRITE_ONLY, SIZE, NULL), parent = NULL;
    cl_buffer_region region = {align * 2, 100};
    cl_int err;
    cl_mem_flags flags = 0;
    cl_mem_object_type type = 0;
    cl_uint before = reference_count_of_mem(mem);
    cl_mem sub = clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &err);
    OK(err);
    OK(clGetMemObjectInfo(sub, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof parent, &parent, NULL));
    CHECK_PTR(parent, mem);
    OK(clGetMemObjectInfo(mem, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof parent, &parent, NULL));
    CHECK_PTR(parent, NULL);
    OK(clGetMemObjectInfo(sub, CL_MEM_OFFSET, sizeof offset, &offset, NULL));
    CHECK_INT(offset, region.origin);
    OK(clGetMemObjectInfo(mem, CL_MEM_OFFSET, sizeof offset, &offset, NULL));
    CHECK_INT(offset, 0);
    OK(clGetMemObjectInfo(sub, CL_MEM_SIZE, sizeof size, &size, NULL));
    CHECK_INT(size, 100);
    OK(clGetMemObjectInfo(sub, CL_MEM_FLAGS, sizeof flags, &flags, NULL));
    SPEC((flags & CL_MEM_READ_ONLY) && (flags & CL_MEM_HOST_WRITE_ONLY)); /* inherited */
    OK(clGetMemObjectInfo(sub, CL_MEM_TYPE, sizeof type, &type, NULL));
    CHECK_INT(type, CL_MEM_OBJECT_BUFFER);
    note("reference count of the parent: %u, with a sub-buffer %u", before, reference_count_of_mem(mem));
    OK(clReleaseMemObject(mem)); /* the sub-buffer keeps it */
    char bytes[100] = {1};
    put(cl.queue, sub, 0, 100, bytes);
    OK(clReleaseMemObject(sub));
    cl_close(&cl);
}

CASE(sub_buffer_errors)
{
    struct cl cl = cl_open();
    size_t align = device_uint(CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_ONLY, SIZE, NULL);
    cl_buffer_region good = {0, 64}, beyond = {SIZE - 32, 64}, empty = {0, 0}, skew = {1, 64};
    cl_int err;
    CHECK(!clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &beyond, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    CHECK(!clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &empty, &err));
    CHECK_STATUS(err, CL_INVALID_BUFFER_SIZE);
    CHECK(!clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    CHECK(!clCreateSubBuffer(mem, 0, 0, &good, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    CHECK(!clCreateSubBuffer(NULL, 0, CL_BUFFER_CREATE_TYPE_REGION, &good, &err));
    CHECK_STATUS(err, CL_INVALID_MEM_OBJECT);
    CHECK(!clCreateSubBuffer(mem, CL_MEM_WRITE_ONLY, CL_BUFFER_CREATE_TYPE_REGION, &good, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    CHECK(!clCreateSubBuffer(mem, CL_MEM_COPY_HOST_PTR, CL_BUFFER_CREATE_TYPE_REGION, &good, &err));
    SPEC_STATUS(err, CL_INVALID_VALUE);
    cl_mem sub = clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &good, &err);
    OK(err);
    CHECK(!clCreateSubBuffer(sub, 0, CL_BUFFER_CREATE_TYPE_REGION, &good, &err));
    CHECK_STATUS(err, CL_INVALID_MEM_OBJECT);
    OK(clReleaseMemObject(sub));
    if (align > 1) {
        sub = clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &skew, &err);
        SPEC_STATUS(err, CL_MISALIGNED_SUB_BUFFER_OFFSET);
        if (sub)
            OK(clReleaseMemObject(sub));
    }
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}
