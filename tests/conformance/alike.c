/* Objects that are made alike, again and again: each is what it was made of, whatever others were, and whatever is done to it. */
#include "conformance.h"

#include <sched.h>

enum { ROUNDS = 60, SIZE = 4096 };

#define ASK(query, object, key, value)                                  \
    do {                                                                \
        size_t size_ = 0;                                               \
        OK(query(object, key, sizeof(value), &(value), &size_));        \
        CHECK_INT(size_, sizeof(value));                                \
    } while (0)

static cl_uint maps_of(cl_mem mem)
{
    cl_uint maps = 77;
    ASK(clGetMemObjectInfo, mem, CL_MEM_MAP_COUNT, maps);
    return maps;
}

static void *host_of(cl_mem mem)
{
    void *host = &host;
    ASK(clGetMemObjectInfo, mem, CL_MEM_HOST_PTR, host);
    return host;
}

static cl_context context_of(cl_mem mem)
{
    cl_context context = NULL;
    ASK(clGetMemObjectInfo, mem, CL_MEM_CONTEXT, context);
    return context;
}

static cl_mem parent_of(cl_mem mem)
{
    cl_mem parent = mem;
    ASK(clGetMemObjectInfo, mem, CL_MEM_ASSOCIATED_MEMOBJECT, parent);
    return parent;
}

static size_t size_of(cl_mem mem)
{
    size_t size = 0;
    ASK(clGetMemObjectInfo, mem, CL_MEM_SIZE, size);
    return size;
}

static cl_mem_flags flags_of(cl_mem mem)
{
    cl_mem_flags flags = 0;
    ASK(clGetMemObjectInfo, mem, CL_MEM_FLAGS, flags);
    return flags;
}

static void is_new_buffer(cl_mem mem, cl_mem_flags flags, size_t size)
{
    size_t offset = 7;
    cl_mem_object_type type = 0;
    cl_uint short_of = 0;
    ASK(clGetMemObjectInfo, mem, CL_MEM_TYPE, type);
    ASK(clGetMemObjectInfo, mem, CL_MEM_OFFSET, offset);
    CHECK(type == CL_MEM_OBJECT_BUFFER && flags_of(mem) == flags);
    CHECK_INT(size_of(mem), size);
    CHECK_INT(offset, 0);
    CHECK_INT(maps_of(mem), 0);
    CHECK_INT(reference_count_of_mem(mem), 1);
    CHECK_PTR(host_of(mem), NULL);
    CHECK_PTR(parent_of(mem), NULL);
    CHECK_STATUS(clGetMemObjectInfo(mem, CL_MEM_SIZE, sizeof short_of, &short_of, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clGetMemObjectInfo(mem, CL_MEM_SIZE, 0, NULL, &size), CL_SUCCESS);
    CHECK_INT(size, sizeof size);
}

/* Nothing that is done to one buffer is told of another. */
CASE(alike_buffers)
{
    struct cl cl = cl_open();
    for (int i = 0; i < ROUNDS; i++) {
        cl_mem_flags flags = i % 2 ? CL_MEM_READ_ONLY : CL_MEM_READ_WRITE;
        size_t size = SIZE << i % 3;
        cl_mem mem = new_buffer(&cl, flags, size, NULL), other = new_buffer(&cl, flags, size, NULL);
        is_new_buffer(mem, flags, size);
        CHECK(context_of(mem) == cl.context);
        OK(clRetainMemObject(mem));
        CHECK_INT(reference_count_of_mem(mem), 2);
        OK(clRetainMemObject(mem));
        CHECK_INT(reference_count_of_mem(mem), 3);
        OK(clReleaseMemObject(mem));
        OK(clReleaseMemObject(mem));
        CHECK_INT(reference_count_of_mem(mem), 1);
        cl_int status;
        char *at = clEnqueueMapBuffer(cl.queue, mem, CL_TRUE, CL_MAP_WRITE, 0, size, 0, NULL, NULL, &status);
        OK(status);
        CHECK_INT(maps_of(mem), 1);
        CHECK_INT(maps_of(other), 0);
        memset(at, i, size);
        OK(clEnqueueUnmapMemObject(cl.queue, mem, at, 0, NULL, NULL));
        OK(clFinish(cl.queue));
        CHECK_INT(maps_of(mem), 0);
        is_new_buffer(other, flags, size);
        OK(clReleaseMemObject(mem));
        OK(clReleaseMemObject(other));
    }
    cl_close(&cl);
}

/* The program's memory is each buffer's own. */
CASE(alike_buffers_of_memory)
{
    struct cl cl = cl_open();
    static char places[4][SIZE] __attribute__((aligned(4096)));
    for (int i = 0; i < ROUNDS; i++) {
        char *place = places[i % 4];
        cl_mem uses = new_buffer(&cl, CL_MEM_USE_HOST_PTR, SIZE, place);
        cl_mem copies = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, SIZE, place);
        cl_mem neither = new_buffer(&cl, 0, SIZE, NULL);
        CHECK_PTR(host_of(uses), place);
        CHECK_PTR(host_of(copies), NULL);
        CHECK_PTR(host_of(neither), NULL);
        CHECK(flags_of(uses) & CL_MEM_USE_HOST_PTR);
        CHECK(!(flags_of(neither) & (CL_MEM_USE_HOST_PTR | CL_MEM_COPY_HOST_PTR)));
        OK(clReleaseMemObject(uses));
        OK(clReleaseMemObject(copies));
        OK(clReleaseMemObject(neither));
    }
    cl_close(&cl);
}

/* A part is of its own buffer, at its own place, and buffers like that one have none. */
CASE(alike_sub_buffers)
{
    struct cl cl = cl_open();
    size_t unit = device_uint(CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;
    for (int i = 0; i < ROUNDS; i++) {
        cl_mem whole = new_buffer(&cl, 0, 4 * unit, NULL), other = new_buffer(&cl, 0, 4 * unit, NULL);
        cl_buffer_region region = {(size_t)(i % 3) * unit, unit};
        cl_int status;
        cl_mem part = clCreateSubBuffer(whole, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &status);
        OK(status);
        size_t offset = 7;
        ASK(clGetMemObjectInfo, part, CL_MEM_OFFSET, offset);
        CHECK_INT(offset, region.origin);
        CHECK_INT(size_of(part), unit);
        CHECK_PTR(parent_of(part), whole);
        CHECK_PTR(parent_of(whole), NULL);
        region.origin = 4 * unit;
        CHECK(!clCreateSubBuffer(whole, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &status));
        CHECK_STATUS(status, CL_INVALID_VALUE);
        is_new_buffer(other, CL_MEM_READ_WRITE, 4 * unit);
        char byte = (char)i, back = 0;
        OK(clEnqueueWriteBuffer(cl.queue, part, CL_TRUE, 3, 1, &byte, 0, NULL, NULL));
        OK(clEnqueueReadBuffer(cl.queue, whole, CL_TRUE, (size_t)(i % 3) * unit + 3, 1, &back, 0, NULL, NULL));
        CHECK_INT(back, byte);
        OK(clReleaseMemObject(part));
        OK(clReleaseMemObject(whole));
        OK(clReleaseMemObject(other));
    }
    cl_close(&cl);
}

/* A context that was like another is another. */
CASE(alike_in_contexts)
{
    for (int i = 0; i < ROUNDS / 2; i++) {
        struct cl cl = cl_open(), other = cl_open();
        for (int again = 0; again < 3; again++) {
            cl_mem mem = new_buffer(&cl, 0, SIZE, NULL), others = new_buffer(&other, 0, SIZE, NULL);
            CHECK_PTR(context_of(mem), cl.context);
            CHECK_PTR(context_of(others), other.context);
            OK(clReleaseMemObject(others));
            OK(clReleaseMemObject(mem));
        }
        cl_close(&cl);
        cl_close(&other);
    }
}

struct extent {
    size_t width, height, element, row;
    cl_image_format format;
};

static struct extent extent_of(cl_mem image)
{
    struct extent is;
    ASK(clGetImageInfo, image, CL_IMAGE_WIDTH, is.width);
    ASK(clGetImageInfo, image, CL_IMAGE_HEIGHT, is.height);
    ASK(clGetImageInfo, image, CL_IMAGE_ELEMENT_SIZE, is.element);
    ASK(clGetImageInfo, image, CL_IMAGE_ROW_PITCH, is.row);
    ASK(clGetImageInfo, image, CL_IMAGE_FORMAT, is.format);
    return is;
}

static cl_mem image_of(struct cl *cl, cl_channel_type type, size_t width, cl_mem of, int junk)
{
    cl_image_format format = {CL_RGBA, type};
    cl_image_desc desc;
    cl_int status;
    memset(&desc, 0, sizeof desc);
    /* Between the fields may be anything. */
    memset((char *)&desc + sizeof desc.image_type, junk, offsetof(cl_image_desc, image_width) - sizeof desc.image_type);
    desc.image_type = of ? CL_MEM_OBJECT_IMAGE1D_BUFFER : CL_MEM_OBJECT_IMAGE2D;
    desc.image_width = width;
    desc.image_height = of ? 0 : 8;
    desc.buffer = of;
    cl_mem image = clCreateImage(cl->context, CL_MEM_READ_WRITE, &format, &desc, NULL, &status);
    OK(status);
    return image;
}

CASE(alike_images)
{
    struct cl cl = cl_open();
    for (int i = 0; i < ROUNDS; i++) {
        cl_channel_type type = i % 2 ? CL_UNSIGNED_INT8 : CL_FLOAT;
        size_t width = 16 + (size_t)(i % 3), element = i % 2 ? 4 : 16;
        cl_mem image = image_of(&cl, type, width, NULL, i), other = image_of(&cl, type, width, NULL, ~i);
        struct extent is = extent_of(image);
        CHECK(is.width == width && is.height == 8 && is.element == element && is.row >= width * element);
        CHECK(is.format.image_channel_data_type == type && is.format.image_channel_order == CL_RGBA);
        CHECK_INT(maps_of(image), 0);
        CHECK_INT(reference_count_of_mem(image), 1);
        CHECK_PTR(parent_of(image), NULL);
        size_t origin[3] = {0}, region[3] = {width, 8, 1}, pitch = 0;
        cl_int status;
        void *at = clEnqueueMapImage(cl.queue, image, CL_TRUE, CL_MAP_READ, origin, region, &pitch, NULL, 0, NULL, NULL, &status);
        OK(status);
        CHECK_INT(maps_of(image), 1);
        CHECK_INT(maps_of(other), 0);
        OK(clEnqueueUnmapMemObject(cl.queue, image, at, 0, NULL, NULL));
        OK(clFinish(cl.queue));
        CHECK_INT(maps_of(image), 0);
        OK(clReleaseMemObject(image));
        OK(clReleaseMemObject(other));
    }
    cl_close(&cl);
}

/* An image of a buffer is of that buffer, and of no other that is like it. */
CASE(alike_images_of_buffers)
{
    struct cl cl = cl_open();
    for (int i = 0; i < ROUNDS; i++) {
        cl_mem one = new_buffer(&cl, 0, SIZE, NULL), other = new_buffer(&cl, 0, SIZE, NULL);
        cl_mem of_one = image_of(&cl, CL_UNSIGNED_INT8, 16, one, 0), of_other = image_of(&cl, CL_UNSIGNED_INT8, 16, other, 0);
        CHECK_PTR(parent_of(of_one), one);
        CHECK_PTR(parent_of(of_other), other);
        OK(clReleaseMemObject(of_one));
        OK(clReleaseMemObject(of_other));
        OK(clReleaseMemObject(one));
        OK(clReleaseMemObject(other));
    }
    cl_close(&cl);
}

/* What cannot be made fails as often as it is tried, whatever else was made. */
CASE(alike_failures)
{
    struct cl cl = cl_open();
    size_t most = 0;
    cl_int too_wide = CL_SUCCESS, not_supported = CL_SUCCESS;
    OK(clGetDeviceInfo(the_device(), CL_DEVICE_IMAGE2D_MAX_WIDTH, sizeof most, &most, NULL));
    for (int i = 0; i < ROUNDS; i++) {
        cl_image_format format = {CL_RGBA, CL_FLOAT}, bad = {CL_RGBA, 0};
        cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 16, .image_height = 8}, wide = desc;
        cl_int status;
        wide.image_width = most + 1;
        cl_mem image = clCreateImage(cl.context, 0, &format, &desc, NULL, NULL);
        CHECK(image != NULL);
        CHECK(!clCreateImage(cl.context, 0, &format, &wide, NULL, &status));
        CHECK(status != CL_SUCCESS && (i == 0 || status == too_wide));
        too_wide = status;
        CHECK(!clCreateImage(cl.context, 0, &bad, &desc, NULL, &status));
        CHECK(status != CL_SUCCESS && (i == 0 || status == not_supported));
        not_supported = status;
        CHECK(!clCreateImage(NULL, 0, &format, &desc, NULL, &status));
        CHECK_STATUS(status, CL_INVALID_CONTEXT);
        CHECK(!clCreateBuffer(cl.context, 0, 0, NULL, &status));
        CHECK_STATUS(status, CL_INVALID_BUFFER_SIZE);
        CHECK(!clCreateSampler(NULL, CL_FALSE, CL_ADDRESS_CLAMP, CL_FILTER_NEAREST, &status));
        CHECK_STATUS(status, CL_INVALID_CONTEXT);
        cl_sampler sampler = clCreateSampler(cl.context, CL_FALSE, CL_ADDRESS_CLAMP, CL_FILTER_NEAREST, NULL);
        CHECK(sampler != NULL);
        OK(clReleaseSampler(sampler));
        OK(clReleaseMemObject(image));
        CHECK_STATUS(clReleaseMemObject(NULL), CL_INVALID_MEM_OBJECT);
    }
    cl_close(&cl);
}

CASE(alike_samplers)
{
    struct cl cl = cl_open();
    for (int i = 0; i < ROUNDS; i++) {
        cl_addressing_mode mode = i % 2 ? CL_ADDRESS_CLAMP : CL_ADDRESS_NONE, its_mode = 0;
        cl_filter_mode filter = i % 3 ? CL_FILTER_NEAREST : CL_FILTER_LINEAR, its_filter = 0;
        cl_bool its_normalized = 7;
        cl_context its_context = NULL;
        cl_uint references = 0;
        cl_int status;
        cl_sampler sampler = clCreateSampler(cl.context, CL_FALSE, mode, filter, &status);
        OK(status);
        for (cl_uint held = 1; held <= 2; held++) {
            ASK(clGetSamplerInfo, sampler, CL_SAMPLER_ADDRESSING_MODE, its_mode);
            ASK(clGetSamplerInfo, sampler, CL_SAMPLER_FILTER_MODE, its_filter);
            ASK(clGetSamplerInfo, sampler, CL_SAMPLER_NORMALIZED_COORDS, its_normalized);
            ASK(clGetSamplerInfo, sampler, CL_SAMPLER_CONTEXT, its_context);
            ASK(clGetSamplerInfo, sampler, CL_SAMPLER_REFERENCE_COUNT, references);
            CHECK(its_mode == mode && its_filter == filter && its_context == cl.context);
            CHECK_INT(its_normalized, CL_FALSE);
            CHECK_INT(references, held);
            OK(clRetainSampler(sampler));
        }
        for (int held = 0; held < 3; held++)
            OK(clReleaseSampler(sampler));
    }
    cl_close(&cl);
}

/* What one thread makes without waiting, another uses at once. */
static struct {
    struct cl *cl;
    cl_mem image;
    cl_sampler sampler;
    int made, used;
} passed;

static void uses_what_is_passed(void *arg)
{
    (void)arg;
    for (int i = 1; i <= 500; i++) {
        cl_float pixel[4] = {1, 2, 3, 4}, back[4] = {0};
        size_t origin[3] = {(size_t)i % 16}, region[3] = {1, 1, 1};
        cl_uint references = 0;
        while (__atomic_load_n(&passed.made, __ATOMIC_ACQUIRE) != i)
            sched_yield();
        OK(clEnqueueWriteImage(passed.cl->queue, passed.image, CL_TRUE, origin, region, 0, 0, pixel, 0, NULL, NULL));
        OK(clEnqueueReadImage(passed.cl->queue, passed.image, CL_TRUE, origin, region, 0, 0, back, 0, NULL, NULL));
        CHECK(!memcmp(pixel, back, sizeof back));
        CHECK_INT(maps_of(passed.image), 0);
        OK(clGetSamplerInfo(passed.sampler, CL_SAMPLER_REFERENCE_COUNT, sizeof references, &references, NULL));
        CHECK_INT(references, 1);
        OK(clReleaseSampler(passed.sampler));
        OK(clReleaseMemObject(passed.image));
        __atomic_store_n(&passed.used, i, __ATOMIC_RELEASE);
    }
}

CASE(alike_for_another_thread)
{
    struct cl cl = cl_open();
    passed.cl = &cl;
    passed.made = passed.used = 0;
    thread *other = thread_start(uses_what_is_passed, NULL);
    for (int i = 1; i <= 500; i++) {
        passed.image = image_of(&cl, CL_FLOAT, 16, NULL, 0);
        passed.sampler = clCreateSampler(cl.context, CL_FALSE, CL_ADDRESS_CLAMP, CL_FILTER_NEAREST, NULL);
        CHECK(passed.sampler != NULL);
        __atomic_store_n(&passed.made, i, __ATOMIC_RELEASE);
        while (__atomic_load_n(&passed.used, __ATOMIC_ACQUIRE) != i)
            sched_yield();
    }
    thread_join(other);
    cl_close(&cl);
}
