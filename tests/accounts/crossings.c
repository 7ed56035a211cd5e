/* Does the same round again and again, as programs do, so that the calls that it waits for can be counted.
 *
 * crossings ROUND: does some rounds and then reports the number of those that follow, each time as "ROUND COUNT step N", and reads a
 * line. It reports an error in a line and exits with status 3.
 */
#define _DEFAULT_SOURCE
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define OK(call)                                                        \
    do {                                                                \
        cl_int status_ = (call);                                        \
        if (status_ != CL_SUCCESS) {                                    \
            printf("line %d: %s: %d\n", __LINE__, #call, status_);      \
            fflush(stdout);                                             \
            _exit(3);                                                   \
        }                                                               \
    } while (0)
#define TRUE(what)                                                      \
    do {                                                                \
        if (!(what)) {                                                  \
            printf("line %d: not %s\n", __LINE__, #what);               \
            fflush(stdout);                                             \
            _exit(3);                                                   \
        }                                                               \
    } while (0)

enum { FIRST = 8, ROUNDS = 100, ITEMS = 64 };

static const char *SOURCE = "kernel void fill(global int *to) { to[get_global_id(0)] = get_global_id(0); }";
static cl_context context;
static cl_device_id device;
static cl_command_queue queue;
static cl_kernel kernel;
static cl_mem buffer;

static void step(const char *name, int rounds)
{
    static int steps;
    char line[16];
    printf("%s %d step %d\n", name, rounds, ++steps);
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        _exit(3);
}

static cl_event launch(void)
{
    size_t items = ITEMS;
    cl_event event;
    OK(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, NULL, 0, NULL, &event));
    return event;
}

static cl_ulong time_of(cl_event event, cl_profiling_info which)
{
    cl_ulong time = 0;
    OK(clGetEventProfilingInfo(event, which, sizeof time, &time, NULL));
    return time;
}

static void is_over(cl_event event)
{
    cl_int status = CL_RUNNING;
    OK(clGetEventInfo(event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof status, &status, NULL));
    TRUE(status == CL_COMPLETE);
}

/* How long a kernel took, after everything. */
static void finish(void)
{
    cl_event event = launch();
    OK(clFinish(queue));
    TRUE(time_of(event, CL_PROFILING_COMMAND_START) <= time_of(event, CL_PROFILING_COMMAND_END));
    is_over(event);
    OK(clReleaseEvent(event));
}

/* The same, waiting for that kernel alone; and what the program waits for once more. */
static void wait(void)
{
    cl_event event = launch();
    OK(clWaitForEvents(1, &event));
    OK(clWaitForEvents(1, &event));
    is_over(event);
    TRUE(time_of(event, CL_PROFILING_COMMAND_QUEUED) <= time_of(event, CL_PROFILING_COMMAND_SUBMIT));
    TRUE(time_of(event, CL_PROFILING_COMMAND_START) <= time_of(event, CL_PROFILING_COMMAND_END));
    OK(clReleaseEvent(event));
}

/* Many kernels, whose times are asked for at the end; then the events are waited for, which are over. */
static void many(void)
{
    enum { MANY = 300 };
    static cl_event events[MANY];
    for (int i = 0; i < MANY; i++)
        events[i] = launch();
    OK(clFinish(queue));
    for (int i = 0; i < MANY; i += 50)
        OK(clWaitForEvents(50, events + i));
    for (int i = 0; i < MANY; i++) {
        TRUE(time_of(events[i], CL_PROFILING_COMMAND_START) <= time_of(events[i], CL_PROFILING_COMMAND_END));
        OK(clReleaseEvent(events[i]));
    }
}

/* A transfer that waits, whose times the program wants. */
static void transfer(void)
{
    int data[ITEMS];
    cl_event event;
    OK(clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, sizeof data, data, 0, NULL, &event));
    OK(clFinish(queue));
    TRUE(time_of(event, CL_PROFILING_COMMAND_START) <= time_of(event, CL_PROFILING_COMMAND_END));
    OK(clReleaseEvent(event));
}

static void put(const int *data)
{
    OK(clEnqueueWriteBuffer(queue, buffer, CL_TRUE, 0, ITEMS * sizeof *data, data, 0, NULL, NULL));
}

static void get(int *data)
{
    OK(clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, ITEMS * sizeof *data, data, 0, NULL, NULL));
}

/* Input that is written, a kernel, and a result that is read: by the end of the first read, or of the wait, the queue has nothing
 * to do. */
static void turn(bool finishes)
{
    int data[ITEMS] = {0};
    put(data);
    OK(clReleaseEvent(launch()));
    if (finishes)
        OK(clFinish(queue));
    get(data);
    TRUE(data[ITEMS - 1] == ITEMS - 1);
    data[0] = 7;
    put(data);
    data[0] = 0;
    get(data);
    TRUE(data[0] == 7 && data[ITEMS - 1] == ITEMS - 1);
    OK(clFinish(queue));
}

static void turn_by_turn(void)
{
    turn(false);
}

static void turn_with_finish(void)
{
    turn(true);
}

/* A queue that has nothing to do. */
static void empty(void)
{
    OK(clFinish(queue));
    OK(clFinish(queue));
}

static void size_is(cl_mem image, cl_image_info which, size_t wanted)
{
    size_t got = 0;
    OK(clGetImageInfo(image, which, sizeof got, &got, NULL));
    TRUE(got == wanted);
}

/* All that there is to know of a new image. */
static void image(void)
{
    static size_t width = 16;
    cl_image_format format = {CL_RGBA, CL_UNSIGNED_INT8}, its_format;
    cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = ++width, .image_height = 8};
    cl_int status;
    cl_mem made = clCreateImage(context, CL_MEM_READ_WRITE, &format, &desc, NULL, &status), parent = made;
    OK(status);
    size_is(made, CL_IMAGE_WIDTH, width);
    size_is(made, CL_IMAGE_HEIGHT, 8);
    size_is(made, CL_IMAGE_DEPTH, 0);
    size_is(made, CL_IMAGE_ARRAY_SIZE, 0);
    size_is(made, CL_IMAGE_ELEMENT_SIZE, 4);
    OK(clGetImageInfo(made, CL_IMAGE_FORMAT, sizeof its_format, &its_format, NULL));
    TRUE(!memcmp(&format, &its_format, sizeof format));
    cl_mem_object_type type;
    cl_context its_context;
    cl_mem_flags flags;
    OK(clGetMemObjectInfo(made, CL_MEM_TYPE, sizeof type, &type, NULL));
    OK(clGetMemObjectInfo(made, CL_MEM_CONTEXT, sizeof its_context, &its_context, NULL));
    OK(clGetMemObjectInfo(made, CL_MEM_FLAGS, sizeof flags, &flags, NULL));
    OK(clGetMemObjectInfo(made, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof parent, &parent, NULL));
    TRUE(type == CL_MEM_OBJECT_IMAGE2D && its_context == context && flags == CL_MEM_READ_WRITE && !parent);
    OK(clReleaseMemObject(made));
}

/* A new buffer that is like those before. */
static void object(void)
{
    cl_int status;
    cl_mem made = clCreateBuffer(context, CL_MEM_READ_ONLY, 4096, NULL, &status);
    size_t size;
    cl_mem_object_type type;
    cl_mem_flags flags;
    OK(status);
    OK(clGetMemObjectInfo(made, CL_MEM_SIZE, sizeof size, &size, NULL));
    OK(clGetMemObjectInfo(made, CL_MEM_TYPE, sizeof type, &type, NULL));
    OK(clGetMemObjectInfo(made, CL_MEM_FLAGS, sizeof flags, &flags, NULL));
    TRUE(size == 4096 && type == CL_MEM_OBJECT_BUFFER && flags == CL_MEM_READ_ONLY);
    OK(clReleaseMemObject(made));
}

/* What is asked of every object, and answered in so many bytes. */
#define ASK(query, object, key, type)                       \
    do {                                                    \
        size_t size_ = 0;                                   \
        type value_;                                        \
        OK(query(object, key, sizeof value_, &value_, &size_)); \
        TRUE(size_ == sizeof value_);                       \
    } while (0)

static void ask_memory(cl_mem made)
{
    ASK(clGetMemObjectInfo, made, CL_MEM_TYPE, cl_mem_object_type);
    ASK(clGetMemObjectInfo, made, CL_MEM_FLAGS, cl_mem_flags);
    ASK(clGetMemObjectInfo, made, CL_MEM_SIZE, size_t);
    ASK(clGetMemObjectInfo, made, CL_MEM_HOST_PTR, void *);
    ASK(clGetMemObjectInfo, made, CL_MEM_MAP_COUNT, cl_uint);
    ASK(clGetMemObjectInfo, made, CL_MEM_REFERENCE_COUNT, cl_uint);
    ASK(clGetMemObjectInfo, made, CL_MEM_CONTEXT, cl_context);
    ASK(clGetMemObjectInfo, made, CL_MEM_ASSOCIATED_MEMOBJECT, cl_mem);
    ASK(clGetMemObjectInfo, made, CL_MEM_OFFSET, size_t);
}

/* Images, buffers and samplers that are like those before, each asked all that there is to know. */
static void alike(void)
{
    static size_t turn;
    cl_image_format format = {CL_RGBA, CL_UNSIGNED_INT8};
    cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 16 + turn++ % 2, .image_height = 8};
    cl_int status;
    cl_mem made = clCreateImage(context, CL_MEM_READ_WRITE, &format, &desc, NULL, &status);
    OK(status);
    ask_memory(made);
    ASK(clGetImageInfo, made, CL_IMAGE_FORMAT, cl_image_format);
    ASK(clGetImageInfo, made, CL_IMAGE_ELEMENT_SIZE, size_t);
    ASK(clGetImageInfo, made, CL_IMAGE_ROW_PITCH, size_t);
    ASK(clGetImageInfo, made, CL_IMAGE_SLICE_PITCH, size_t);
    ASK(clGetImageInfo, made, CL_IMAGE_WIDTH, size_t);
    ASK(clGetImageInfo, made, CL_IMAGE_HEIGHT, size_t);
    ASK(clGetImageInfo, made, CL_IMAGE_DEPTH, size_t);
    OK(clReleaseMemObject(made));
    for (cl_mem_flags flags = CL_MEM_READ_ONLY; flags; flags = flags == CL_MEM_READ_ONLY ? CL_MEM_READ_WRITE : 0) {
        made = clCreateBuffer(context, flags, 4096 << turn % 2 * 8, NULL, &status);
        OK(status);
        ask_memory(made);
        OK(clReleaseMemObject(made));
    }
    cl_sampler sampler = clCreateSampler(context, CL_FALSE, CL_ADDRESS_CLAMP, CL_FILTER_NEAREST, &status);
    OK(status);
    ASK(clGetSamplerInfo, sampler, CL_SAMPLER_REFERENCE_COUNT, cl_uint);
    ASK(clGetSamplerInfo, sampler, CL_SAMPLER_CONTEXT, cl_context);
    ASK(clGetSamplerInfo, sampler, CL_SAMPLER_NORMALIZED_COORDS, cl_bool);
    ASK(clGetSamplerInfo, sampler, CL_SAMPLER_ADDRESSING_MODE, cl_addressing_mode);
    ASK(clGetSamplerInfo, sampler, CL_SAMPLER_FILTER_MODE, cl_filter_mode);
    OK(clReleaseSampler(sampler));
}

static void start(void)
{
    cl_platform_id platform;
    cl_int status;
    OK(clGetPlatformIDs(1, &platform, NULL));
    OK(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL));
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    OK(status);
    queue = clCreateCommandQueue(context, device, CL_QUEUE_PROFILING_ENABLE, &status);
    OK(status);
    buffer = clCreateBuffer(context, CL_MEM_READ_WRITE, ITEMS * sizeof(int), NULL, &status);
    OK(status);
    cl_program program = clCreateProgramWithSource(context, 1, &SOURCE, NULL, &status);
    OK(status);
    OK(clBuildProgram(program, 1, &device, "", NULL, NULL));
    kernel = clCreateKernel(program, "fill", &status);
    OK(status);
    OK(clSetKernelArg(kernel, 0, sizeof buffer, &buffer));
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*round)(void);
    } all[] = {{"finish", finish}, {"wait", wait}, {"many", many}, {"transfer", transfer}, {"turn", turn_by_turn},
        {"turn-finish", turn_with_finish}, {"empty", empty}, {"image", image}, {"object", object},
        {"alike", alike}};
    (void)argc;
    start();
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (strcmp(argv[1], all[i].name))
            continue;
        for (int n = 0; n < FIRST; n++)
            all[i].round();
        step(argv[1], ROUNDS);
        for (int n = 0; n < ROUNDS; n++)
            all[i].round();
        step("end", ROUNDS);
        return 0;
    }
    printf("no round %s\n", argv[1]);
    return 3;
}
