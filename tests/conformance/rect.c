/* Rectangular reads, writes and copies: the gaps stay as they were. */
#include "conformance.h"

struct box {
    size_t origin[3], region[3], row, slice; /* pitches: 0 means packed */
};

static size_t row_of(const struct box *b)
{
    return b->row ? b->row : b->region[0];
}

static size_t slice_of(const struct box *b)
{
    return b->slice ? b->slice : row_of(b) * b->region[1];
}

/* The reference: copies box `from` of memory `src` to box `to` of `dst`. */
static void copy_box(unsigned char *dst, const struct box *to, const unsigned char *src, const struct box *from)
{
    for (size_t z = 0; z < from->region[2]; z++)
        for (size_t y = 0; y < from->region[1]; y++)
            memcpy(dst + (to->origin[2] + z) * slice_of(to) + (to->origin[1] + y) * row_of(to) + to->origin[0],
                   src + (from->origin[2] + z) * slice_of(from) + (from->origin[1] + y) * row_of(from) + from->origin[0],
                   from->region[0]);
}

enum { SPACE = 1 << 16 };

static const struct box BOXES[][2] = {
    /* packed to packed */
    {{{0, 0, 0}, {64, 1, 1}, 0, 0}, {{0, 0, 0}, {64, 1, 1}, 0, 0}},
    {{{0, 0, 0}, {16, 16, 4}, 0, 0}, {{0, 0, 0}, {16, 16, 4}, 0, 0}},
    /* a window of a plane */
    {{{3, 5, 0}, {17, 9, 1}, 64, 0}, {{0, 0, 0}, {17, 9, 1}, 17, 0}},
    {{{0, 0, 0}, {17, 9, 1}, 17, 0}, {{40, 2, 0}, {17, 9, 1}, 100, 0}},
    /* a window of a volume, odd pitches on both sides */
    {{{1, 2, 3}, {7, 5, 4}, 31, 31 * 11}, {{5, 1, 2}, {7, 5, 4}, 13, 13 * 9}},
    {{{0, 0, 1}, {1, 1, 5}, 3, 9}, {{2, 2, 0}, {1, 1, 5}, 8, 64}},
    /* whole rows */
    {{{0, 4, 0}, {128, 32, 2}, 128, 128 * 64}, {{0, 0, 1}, {128, 32, 2}, 128, 128 * 40}},
    {{{0, 0, 0}, {4097, 3, 1}, 5000, 0}, {{9, 0, 0}, {4097, 3, 1}, 4300, 0}},
};
enum { BOX_COUNT = sizeof BOXES / sizeof *BOXES };

static void check_read(bool blocking)
{
    struct cl cl = cl_open();
    unsigned char *memory = must_alloc(SPACE), *host = must_alloc(SPACE), *want = must_alloc(SPACE);
    fill_pattern(memory, SPACE, 1);
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, SPACE, memory);
    for (size_t i = 0; i < BOX_COUNT; i++) {
        const struct box *b = &BOXES[i][0], *h = &BOXES[i][1];
        cl_event done;
        memset(host, 0xEE, SPACE);
        memset(want, 0xEE, SPACE);
        copy_box(want, h, memory, b);
        OK(clEnqueueReadBufferRect(cl.queue, mem, blocking, b->origin, h->origin, b->region, b->row,
                                   b->slice, h->row, h->slice, host, 0, NULL, &done));
        if (!blocking)
            OK(clWaitForEvents(1, &done));
        CHECK_SAME(host, want, SPACE);
        OK(clReleaseEvent(done));
    }
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(memory);
    free(host);
    free(want);
}

CASE(rect_read_blocking) { check_read(true); }
CASE(rect_read_non_blocking) { check_read(false); }

static void check_write(bool blocking)
{
    struct cl cl = cl_open();
    unsigned char *host = must_alloc(SPACE), *got = must_alloc(SPACE), *want = must_alloc(SPACE);
    fill_pattern(host, SPACE, 2);
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_WRITE, SPACE, NULL);
    for (size_t i = 0; i < BOX_COUNT; i++) {
        const struct box *b = &BOXES[i][0], *h = &BOXES[i][1];
        memset(want, 0xEE, SPACE);
        put(cl.queue, mem, 0, SPACE, want);
        copy_box(want, b, host, h);
        OK(clEnqueueWriteBufferRect(cl.queue, mem, blocking, b->origin, h->origin, b->region, b->row,
                                    b->slice, h->row, h->slice, host, 0, NULL, NULL));
        get(cl.queue, mem, 0, SPACE, got);
        CHECK_SAME(got, want, SPACE);
    }
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(host);
    free(got);
    free(want);
}

CASE(rect_write_blocking) { check_write(true); }
CASE(rect_write_non_blocking) { check_write(false); }

CASE(rect_copy)
{
    struct cl cl = cl_open();
    unsigned char *from = must_alloc(SPACE), *got = must_alloc(SPACE), *want = must_alloc(SPACE);
    fill_pattern(from, SPACE, 3);
    cl_mem src = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, SPACE, from);
    cl_mem dst = new_buffer(&cl, CL_MEM_READ_WRITE, SPACE, NULL);
    for (size_t i = 0; i < BOX_COUNT; i++) {
        const struct box *s = &BOXES[i][0], *d = &BOXES[i][1];
        memset(want, 0xEE, SPACE);
        put(cl.queue, dst, 0, SPACE, want);
        copy_box(want, d, from, s);
        OK(clEnqueueCopyBufferRect(cl.queue, src, dst, s->origin, d->origin, s->region, s->row, s->slice,
                                   d->row, d->slice, 0, NULL, NULL));
        get(cl.queue, dst, 0, SPACE, got);
        CHECK_SAME(got, want, SPACE);
    }
    OK(clReleaseMemObject(src));
    OK(clReleaseMemObject(dst));
    cl_close(&cl);
    free(from);
    free(got);
    free(want);
}

/* Two disjoint windows of one plane, written without waiting in between. */
CASE(rect_writes_side_by_side)
{
    enum { W = 64, H = 64 };
    struct cl cl = cl_open();
    unsigned char host[W * H], got[W * H];
    fill_pattern(host, sizeof host, 4);
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_WRITE, sizeof host, NULL);
    for (size_t x = 0; x < W; x += 16) {
        size_t origin[] = {x, 0, 0}, region[] = {16, H, 1};
        OK(clEnqueueWriteBufferRect(cl.queue, mem, CL_FALSE, origin, origin, region, W, 0, W, 0, host, 0, NULL, NULL));
    }
    memset(got, 0, sizeof got);
    for (size_t y = 0; y < H; y += 8) {
        size_t origin[] = {0, y, 0}, region[] = {W, 8, 1};
        OK(clEnqueueReadBufferRect(cl.queue, mem, CL_FALSE, origin, origin, region, W, 0, W, 0, got, 0, NULL, NULL));
    }
    OK(clFinish(cl.queue));
    CHECK_SAME(got, host, sizeof host);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}

/* The gaps between the rows of a pending read belong to the program. */
CASE(rect_read_leaves_gaps_to_the_program)
{
    enum { W = 100, H = 200 };
    struct cl cl = cl_open();
    unsigned char *host = must_alloc(W * H), *from = must_alloc(W * H);
    size_t origin[] = {0, 0, 0}, region[] = {40, H, 1};
    cl_event go = user_event(&cl), done;
    fill_pattern(from, W * H, 5);
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, W * H, from);
    OK(clEnqueueReadBufferRect(cl.queue, mem, CL_FALSE, origin, origin, region, W, 0, W, 0, host, 1, &go, &done));
    for (size_t y = 0; y < H; y++)
        memset(host + y * W + 40, (int)y, W - 40);
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    OK(clWaitForEvents(1, &done));
    for (size_t y = 0; y < H; y++) {
        CHECK_SAME(host + y * W, from + y * W, 40);
        CHECK_BYTES(host + y * W + 40, W - 40, (int)y);
    }
    OK(clReleaseEvent(go));
    OK(clReleaseEvent(done));
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
    free(host);
    free(from);
}

CASE(rect_invalid)
{
    struct cl cl = cl_open();
    char bytes[256] = {0};
    size_t zero[] = {0, 0, 0}, far[] = {0, 15, 0};
    size_t flat[] = {16, 4, 1}, empty[] = {16, 0, 1};
    cl_mem mem = new_buffer(&cl, CL_MEM_READ_WRITE, 256, NULL);
    OK(clEnqueueReadBufferRect(cl.queue, mem, CL_TRUE, zero, zero, flat, 0, 0, 0, 0, bytes, 0, NULL, NULL));
    CHECK_STATUS(clEnqueueReadBufferRect(cl.queue, mem, CL_TRUE, zero, zero, empty, 0, 0, 0, 0, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
    SPEC_STATUS(clEnqueueReadBufferRect(cl.queue, mem, CL_TRUE, far, zero, flat, 0, 0, 0, 0, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueReadBufferRect(cl.queue, mem, CL_TRUE, zero, zero, flat, 15, 0, 0, 0, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueReadBufferRect(cl.queue, mem, CL_TRUE, zero, zero, flat, 16, 63, 0, 0, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueReadBufferRect(cl.queue, mem, CL_TRUE, zero, zero, flat, 0, 0, 15, 0, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueReadBufferRect(cl.queue, mem, CL_TRUE, zero, zero, flat, 0, 0, 0, 0, NULL, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueWriteBufferRect(cl.queue, mem, CL_TRUE, zero, zero, flat, 15, 0, 0, 0, bytes, 0, NULL, NULL), CL_INVALID_VALUE);
    size_t one_down[] = {0, 1, 0};
    CHECK_STATUS(clEnqueueCopyBufferRect(cl.queue, mem, mem, zero, one_down, flat, 16, 64, 16, 64, 0, NULL, NULL), CL_MEM_COPY_OVERLAP);
    OK(clReleaseMemObject(mem));
    cl_close(&cl);
}
