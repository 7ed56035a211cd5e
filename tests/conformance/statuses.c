/* Calls at random, many of them wrong, as a role of its own that tells what each returns. The same calls natively bring the
 * same: what a call returns does not depend on what calls like it have returned before. */
#include "conformance.h"

enum { STEPS = 4000, PLACES = 8, BIG = 1 << 16, SMALL = 4096 };

static const char SOURCE[] =
    "__kernel void one(__global int *x) { if (get_global_id(0) < 16) x[get_global_id(0)] = 1; }\n"
    "__kernel void three(__global int *x, __local int *y, ulong z) { if (z > 2) y[0] = 1; x[0] = (int)z; }\n"
    "__kernel __attribute__((reqd_work_group_size(4, 1, 1))) void four(__global int *x) { x[get_local_id(0)] = 4; }\n"
    "__kernel void never_set(__global int *x, __constant int *y) { x[0] = y[0]; }\n";

/* A generator that is the same everywhere. */
static uint64_t state;

static unsigned below(unsigned n)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33) % n;
}

/* Calls that crash one of the tested libraries are left out. */
#define ANY(list) ((list)[below(sizeof(list) / sizeof *(list))])

/* Arguments of the calls; some of each kind are of another context, null, or invalid for the call. */
static struct {
    struct cl own, other;
    cl_command_queue queues[PLACES];
    cl_mem mems[2 * PLACES], images[PLACES];
    cl_event events[PLACES];
    cl_kernel kernels[PLACES];
    cl_sampler sampler;
    void *mapped;
    cl_mem mapped_mem;
    unsigned char *host;
} pool;

static size_t sub_buffer_alignment;

static cl_mem part_of(cl_mem mem, size_t origin, size_t size)
{
    cl_buffer_region region = {origin, size};
    cl_int err;
    cl_mem part = clCreateSubBuffer(mem, 0, CL_BUFFER_CREATE_TYPE_REGION, &region, &err);
    OK(err);
    return part;
}

static cl_mem new_image(struct cl *cl, cl_mem_flags flags)
{
    cl_image_format format = {CL_RGBA, CL_UNSIGNED_INT8};
    cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 16, .image_height = 16};
    cl_int err;
    cl_mem image = clCreateImage(cl->context, flags, &format, &desc, NULL, &err);
    OK(err);
    return image;
}

static void fill_pool(void)
{
    struct cl *own = &pool.own, *other = &pool.other;
    *own = cl_open();
    *other = cl_open();
    pool.host = must_alloc(2 * BIG);
    memset(pool.host, 0, 2 * BIG);
    sub_buffer_alignment = device_uint(CL_DEVICE_MEM_BASE_ADDR_ALIGN) / 8;

    cl_command_queue queues[] = {own->queue, own->queue, own->queue, new_queue(own, CL_QUEUE_PROFILING_ENABLE), other->queue};
    memcpy(pool.queues, queues, sizeof queues);

    cl_mem mems[] = {
        new_buffer(own, 0, SMALL, NULL), new_buffer(own, 0, SMALL, NULL), new_buffer(own, 0, SMALL, NULL),
        new_buffer(own, 0, BIG, NULL), new_buffer(own, 0, BIG, NULL), new_buffer(own, CL_MEM_READ_ONLY, SMALL, NULL),
        new_buffer(own, CL_MEM_WRITE_ONLY, BIG, NULL), new_buffer(own, CL_MEM_HOST_NO_ACCESS, SMALL, NULL),
        new_buffer(own, CL_MEM_HOST_READ_ONLY, BIG, NULL), new_buffer(own, CL_MEM_HOST_WRITE_ONLY, SMALL, NULL),
        new_buffer(own, CL_MEM_USE_HOST_PTR, SMALL, pool.host + BIG), new_buffer(other, 0, SMALL, NULL),
    };
    memcpy(pool.mems, mems, sizeof mems);
    pool.mems[12] = part_of(mems[0], 0, SMALL / 2);
    pool.mems[13] = part_of(mems[3], sub_buffer_alignment, BIG / 2);

    if (device_has_images()) {
        cl_mem images[] = {new_image(own, 0), new_image(own, 0), new_image(own, CL_MEM_HOST_NO_ACCESS), new_image(other, 0)};
        memcpy(pool.images, images, sizeof images);
    }

    cl_event events[] = {user_event(own), user_event(own), user_event(other)};
    memcpy(pool.events, events, sizeof events);
    for (unsigned i = 0; i < 3; i++)
        OK(clSetUserEventStatus(events[i], CL_COMPLETE));
    OK(clEnqueueMarkerWithWaitList(own->queue, 0, NULL, &pool.events[3]));

    cl_program program = build(own, SOURCE, "");
    static const char *const names[] = {"one", "one", "three", "four", "never_set"};
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        pool.kernels[i] = kernel_of(program, names[i]);
    for (unsigned i = 0; i < 4; i++)
        set_arg_mem(pool.kernels[i], 0, mems[0]);
}

/* A wait list. */
struct wait {
    cl_uint count;
    const cl_event *list;
    cl_event events[2];
};

static void any_wait(struct wait *wait)
{
    static const int kinds[] = {0, 0, 0, 0, 1, 1, 2, 3, 4, 5};
    int kind = ANY(kinds);
    *wait = (struct wait){0, NULL, {pool.events[below(2)], pool.events[3]}};
    if (kind == 1 || kind == 4 || kind == 5) /* one, or two of which one may not be there, or of another context */
        *wait = (struct wait){kind == 1 ? 1 : 2, wait->events, {pool.events[below(2)], pool.events[kind == 1 ? 0 : kind == 4 ? 5 : 2]}};
    if (kind == 2)
        wait->list = wait->events; /* an empty list */
    if (kind == 3)
        wait->count = 1; /* no list */
}

static cl_mem any_mem(void)
{
    return pool.mems[below(below(4) ? 5 : 14)];
}

static size_t any_size(void)
{
    static const size_t sizes[] = {16, 16, 64, 64, 128, SMALL, SMALL / 2, 0, 1, 17, BIG};
    return ANY(sizes);
}

static size_t any_offset(void)
{
    static const size_t offsets[] = {0, 0, 0, 0, 16, 64, 1, SMALL - 16, SMALL};
    return ANY(offsets);
}

static cl_command_queue any_queue(void)
{
    return pool.queues[below(6)];
}

typedef cl_int step(const struct wait *wait, cl_event *event);

static cl_int transfer(const struct wait *wait, cl_event *event)
{
    cl_bool blocking = below(4) == 0;
    size_t offset = any_offset(), size = any_size();
    void *host = below(16) && size <= BIG ? pool.host : NULL;
    cl_command_queue queue = any_queue();
    cl_mem mem = any_mem();
    if (below(2))
        return clEnqueueReadBuffer(queue, mem, blocking, offset, size, host, wait->count, wait->list, event);
    return clEnqueueWriteBuffer(queue, mem, blocking, offset, size, host, wait->count, wait->list, event);
}

static cl_int transfer_rect(const struct wait *wait, cl_event *event)
{
    static const size_t origins[][3] = {{0, 0, 0}, {0, 0, 0}, {4, 1, 0}, {64, 64, 64}};
    static const size_t regions[][3] = {{16, 2, 1}, {16, 2, 1}, {0, 1, 1}, {4096, 4, 1}};
    static const size_t pitches[] = {0, 0, 32, 16};
    size_t row = ANY(pitches), slice = below(4) ? 0 : 64;
    const size_t *at = ANY(origins), *region = ANY(regions);
    cl_bool blocking = below(4) == 0;
    cl_command_queue queue = any_queue();
    cl_mem mem = pool.mems[below(5)], to = pool.mems[below(5)];
    static const size_t start[3];
    switch (below(3)) {
    case 0:
        return clEnqueueReadBufferRect(queue, mem, blocking, at, start, region, row, slice, 0, 0, pool.host, wait->count,
                                       wait->list, event);
    case 1:
        return clEnqueueWriteBufferRect(queue, mem, blocking, at, start, region, row, slice, 0, 0, pool.host, wait->count,
                                        wait->list, event);
    default:
        return clEnqueueCopyBufferRect(queue, mem, to, at, start, region, row, slice, row, slice, wait->count, wait->list,
                                       event);
    }
}

static cl_int fill(const struct wait *wait, cl_event *event)
{
    static const size_t patterns[] = {4, 4, 4, 16, 1, 128, 0, 3, 256};
    size_t pattern = ANY(patterns), offset = any_offset(), size = any_size();
    const void *bytes = below(16) ? pool.host : NULL;
    return clEnqueueFillBuffer(any_queue(), any_mem(), bytes, pattern, offset, size, wait->count, wait->list, event);
}

static cl_int copy(const struct wait *wait, cl_event *event)
{
    size_t from = any_offset(), to = any_offset(), size = any_size();
    cl_mem source = any_mem(), target = any_mem();
    return clEnqueueCopyBuffer(any_queue(), source, target, from, to, size, wait->count, wait->list, event);
}

static cl_int launch(const struct wait *wait, cl_event *event)
{
    static const size_t globals[] = {16, 16, 16, 8, 4, 6};
    static const size_t locals[] = {4, 4, 8, 3, 1 << 20};
    static const cl_uint dimensions[] = {1, 1, 1, 1, 1, 0, 4};
    size_t global[] = {ANY(globals), 1, 1, 1}, local[] = {ANY(locals), 1, 1, 1}, offset[] = {below(2) * 16, 0, 0, 0};
    cl_uint dimension = ANY(dimensions);
    const size_t *group = below(2) ? local : NULL, *start = below(4) ? NULL : offset;
    cl_kernel kernel = pool.kernels[below(5)];
    cl_command_queue queue = any_queue();
    if (!wait->list) /* a library reads it without looking */
        return clEnqueueNDRangeKernel(queue, kernel, dimension, start, global, group, 0, NULL, event);
    return clEnqueueNDRangeKernel(queue, kernel, dimension, start, global, group, wait->count, wait->list, event);
}

static cl_int argument(const struct wait *wait, cl_event *event)
{
    static const size_t sizes[] = {8, 8, 8, 8, 4, 16, 0, 64};
    static const cl_uint indexes[] = {0, 0, 0, 1, 1, 2, 2, 3, 99};
    cl_kernel kernel = pool.kernels[below(6)];
    cl_uint index = ANY(indexes);
    size_t size = ANY(sizes);
    /* Invalid buffers are left out: some libraries accept them, and fault when the kernel runs. */
    cl_mem value[8] = {pool.mems[below(below(4) ? 5 : 14)]};
    bool is_buffer = index == 0 || (index == 1 && kernel == pool.kernels[4]);
    if (kernel == pool.kernels[2] && index == 2)
        value[0] = (cl_mem)(uintptr_t)below(3);
    (void)wait, (void)event;
    return clSetKernelArg(kernel, index, size, below(3) || (is_buffer && size == sizeof(cl_mem)) ? value : NULL);
}

static cl_int synchronize(const struct wait *wait, cl_event *event)
{
    cl_command_queue queue = any_queue();
    switch (below(4)) {
    case 0:
        return clEnqueueMarkerWithWaitList(queue, wait->count, wait->list, event);
    case 1:
        return clEnqueueBarrierWithWaitList(queue, wait->count, wait->list, event);
    case 2:
        return clFlush(queue);
    default:
        return clWaitForEvents(wait->count, wait->list);
    }
}

static cl_int migrate(const struct wait *wait, cl_event *event)
{
    static const cl_mem_migration_flags flags[] = {0, CL_MIGRATE_MEM_OBJECT_HOST, 1 << 5};
    cl_mem mems[] = {any_mem(), any_mem()};
    cl_uint count = below(3);
    return clEnqueueMigrateMemObjects(any_queue(), count, mems, ANY(flags), wait->count, wait->list, event);
}

static cl_int make(const struct wait *wait, cl_event *event)
{
    static const cl_mem_flags flags[] = {0, 0, CL_MEM_READ_ONLY, CL_MEM_READ_ONLY | CL_MEM_WRITE_ONLY, CL_MEM_ALLOC_HOST_PTR,
                                         CL_MEM_COPY_HOST_PTR, CL_MEM_HOST_NO_ACCESS, (cl_mem_flags)1 << 40};
    static const size_t sizes[] = {SMALL, BIG, BIG, 0};
    cl_mem_flags given = ANY(flags);
    cl_int err;
    cl_context context = below(8) ? pool.own.context : NULL;
    cl_mem mem = clCreateBuffer(context, given, ANY(sizes), given == CL_MEM_COPY_HOST_PTR ? pool.host : NULL, &err);
    cl_mem_flags said = 0;
    (void)wait, (void)event;
    if (mem) {
        OK(clGetMemObjectInfo(mem, CL_MEM_FLAGS, sizeof said, &said, NULL));
        OK(clReleaseMemObject(mem));
        printf("flags %llx ", (unsigned long long)said);
    }
    return err;
}

static cl_int make_part(const struct wait *wait, cl_event *event)
{
    cl_buffer_region region = {below(4) * sub_buffer_alignment / 2, any_size()};
    cl_buffer_create_type type = below(8) ? CL_BUFFER_CREATE_TYPE_REGION : 0;
    cl_int err;
    cl_mem part = clCreateSubBuffer(pool.mems[below(14)], below(3), type, &region, &err);
    (void)wait, (void)event;
    if (part)
        OK(clReleaseMemObject(part));
    return err;
}

static cl_int map_or_unmap(const struct wait *wait, cl_event *event)
{
    static const cl_map_flags flags[] = {CL_MAP_READ, CL_MAP_WRITE, CL_MAP_READ, 1 << 8};
    cl_int err;
    if (pool.mapped) {
        err = clEnqueueUnmapMemObject(any_queue(), pool.mapped_mem, pool.mapped, wait->count, wait->list, event);
        if (err == CL_SUCCESS)
            pool.mapped = NULL;
        return err;
    }
    cl_mem mem = any_mem();
    size_t offset = any_offset(), size = any_size();
    pool.mapped = clEnqueueMapBuffer(any_queue(), mem, below(2) == 0, ANY(flags), offset, size, wait->count, wait->list, event, &err);
    pool.mapped_mem = mem;
    return err;
}

static cl_int image(const struct wait *wait, cl_event *event)
{
    static const size_t origins[][3] = {{0, 0, 0}, {0, 0, 0}, {8, 8, 0}, {16, 0, 0}, {0, 0, 1}};
    static const size_t regions[][3] = {{4, 4, 1}, {4, 4, 1}, {8, 8, 1}, {16, 16, 1}, {0, 1, 1}, {4, 4, 2}};
    static const size_t pitches[] = {0, 0, 64, 4};
    const size_t *at = ANY(origins), *to = ANY(origins), *region = ANY(regions);
    size_t pitch = ANY(pitches);
    cl_bool blocking = below(4) == 0;
    cl_command_queue queue = any_queue();
    cl_mem from = pool.images[below(4)], into = pool.images[below(4)], mem = pool.mems[below(5)];
    if (!pool.images[0])
        return 0;
    switch (below(6)) {
    case 0:
        return clEnqueueReadImage(queue, from, blocking, at, region, pitch, 0, pool.host, wait->count, wait->list, event);
    case 1:
        return clEnqueueWriteImage(queue, from, blocking, at, region, pitch, 0, pool.host, wait->count, wait->list, event);
    case 2:
        return clEnqueueCopyImage(queue, from, into, at, to, region, wait->count, wait->list, event);
    case 3:
        return clEnqueueCopyImageToBuffer(queue, from, mem, at, region, any_offset(), wait->count, wait->list, event);
    case 4:
        return clEnqueueCopyBufferToImage(queue, mem, into, any_offset(), to, region, wait->count, wait->list, event);
    default:
        return clEnqueueFillImage(queue, into, pool.host, to, region, wait->count, wait->list, event);
    }
}

static const struct {
    const char *name;
    step *step;
} STEPS_OF[] = {
    {"transfer", transfer}, {"transfer", transfer}, {"rect", transfer_rect}, {"fill", fill}, {"fill", fill}, {"copy", copy},
    {"launch", launch}, {"launch", launch}, {"argument", argument}, {"synchronize", synchronize}, {"migrate", migrate},
    {"make", make}, {"part", make_part}, {"map", map_or_unmap}, {"image", image},
};

/* `arg` is the seed. */
CHILD(statuses)
{
    state = strtoull(arg, NULL, 10);
    fill_pool();
    for (unsigned i = 0; i < STEPS; i++) {
        struct wait wait;
        unsigned which = below(sizeof STEPS_OF / sizeof *STEPS_OF);
        bool with_event = below(3) == 0;
        cl_event event = NULL;
        any_wait(&wait);
        printf("%u %s ", i, STEPS_OF[which].name);
        fflush(stdout);
        cl_int status = STEPS_OF[which].step(&wait, with_event ? &event : NULL);
        printf("%s%s\n", status_name(status), status == CL_SUCCESS && event ? ", an event" : "");
        if (status == CL_SUCCESS && event)
            OK(clReleaseEvent(event));
        if (i % 8 == 7)
            for (unsigned q = 2; q < 5; q++)
                printf("%u finish %s\n", i, status_name(clFinish(pool.queues[q])));
    }
    return 0;
}
