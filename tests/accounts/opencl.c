/* Moves known amounts of data over every path.
 *
 * opencl exit|kill: after each step it prints "NAME IN OUT step N", the total bytes that it gave and got, and reads a line. After the
 * last, called "ahead", it makes 300 one-way calls and ends at once: by _exit, or by a signal. It reports an error in a line and exits
 * with status 3.
 */
#define _DEFAULT_SOURCE
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <signal.h>
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

enum { SMALL = 1000, PAGES = 256 << 10, LONG = (20 << 20) + 4, AHEAD = 300 };

static unsigned long long in, out;
static cl_context context;
static cl_command_queue queue;
static char *host;

static void step(const char *name)
{
    static int steps;
    char line[16];
    printf("%s %llu %llu step %d\n", name, in, out, ++steps);
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        _exit(3);
}

static cl_mem make(cl_mem_flags flags, size_t size)
{
    cl_int status;
    cl_mem mem = clCreateBuffer(context, flags, size, flags & CL_MEM_COPY_HOST_PTR || flags & CL_MEM_USE_HOST_PTR ? host : NULL, &status);
    OK(status);
    return mem;
}

static void map(cl_mem mem, cl_bool blocking, cl_map_flags flags, size_t size)
{
    cl_int status;
    void *at = clEnqueueMapBuffer(queue, mem, blocking, flags, 0, size, 0, NULL, NULL, &status);
    OK(status);
    OK(clFinish(queue));
    if (flags != CL_MAP_READ)
        memset(at, 7, size);
    OK(clEnqueueUnmapMemObject(queue, mem, at, 0, NULL, NULL));
    OK(clFinish(queue));
}

/* All operations on buffers: of whole pages, which may live in shared memory, and of others. */
static void buffer(const char *name, size_t size)
{
    char text[64];
    cl_mem mem = make(CL_MEM_READ_WRITE, size);
    cl_event event;
    size_t part = size / 4;
    OK(clEnqueueWriteBuffer(queue, mem, CL_TRUE, 0, size, host, 0, NULL, NULL));
    in += size;
    OK(clEnqueueReadBuffer(queue, mem, CL_TRUE, 0, part, host, 0, NULL, &event));
    out += part;
    OK(clReleaseEvent(event));
    snprintf(text, sizeof text, "%s-blocking", name);
    step(text);
    for (int i = 0; i < 3; i++)
        OK(clEnqueueWriteBuffer(queue, mem, CL_FALSE, part, part, host, 0, NULL, NULL));
    in += 3 * part;
    OK(clEnqueueReadBuffer(queue, mem, CL_FALSE, 0, size, host, 0, NULL, NULL));
    out += size;
    OK(clFinish(queue));
    snprintf(text, sizeof text, "%s-pending", name);
    step(text);
    map(mem, CL_TRUE, CL_MAP_READ, size);
    out += size;
    map(mem, CL_FALSE, CL_MAP_WRITE, part);
    in += part;
    map(mem, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, part);
    in += part;
    out += part;
    map(mem, CL_TRUE, CL_MAP_WRITE_INVALIDATE_REGION, size);
    in += size;
    snprintf(text, sizeof text, "%s-mapped", name);
    step(text);
    /* Failed calls move nothing. */
    if (clEnqueueWriteBuffer(queue, mem, CL_TRUE, 0, size + 1, host, 0, NULL, NULL) == CL_SUCCESS ||
        clEnqueueReadBuffer(queue, mem, CL_TRUE, size, 1, host, 0, NULL, NULL) == CL_SUCCESS)
        _exit(3);
    snprintf(text, sizeof text, "%s-failed", name);
    step(text);
    OK(clReleaseMemObject(mem));
}

static void made_from_memory(void)
{
    cl_mem copied = make(CL_MEM_COPY_HOST_PTR, PAGES), small = make(CL_MEM_COPY_HOST_PTR, SMALL);
    in += PAGES + SMALL;
    step("copy-host-ptr");
    cl_mem used = make(CL_MEM_USE_HOST_PTR, PAGES);
    in += PAGES;
    step("use-host-ptr");
    map(used, CL_TRUE, CL_MAP_READ, PAGES);
    out += PAGES;
    map(used, CL_TRUE, CL_MAP_WRITE, SMALL);
    in += SMALL;
    step("use-host-ptr-mapped");
    OK(clReleaseMemObject(copied));
    OK(clReleaseMemObject(small));
    OK(clReleaseMemObject(used));
}

static void rectangle(void)
{
    cl_mem mem = make(CL_MEM_READ_WRITE, PAGES);
    size_t origin[3] = {0, 0, 0}, region[3] = {10, 20, 3};
    OK(clEnqueueWriteBufferRect(queue, mem, CL_TRUE, origin, origin, region, 64, 4096, 128, 8192, host, 0, NULL, NULL));
    in += 600;
    OK(clEnqueueReadBufferRect(queue, mem, CL_FALSE, origin, origin, region, 64, 4096, 128, 8192, host, 0, NULL, NULL));
    out += 600;
    OK(clFinish(queue));
    step("rectangle");
    OK(clReleaseMemObject(mem));
}

static void image(void)
{
    cl_int status;
    cl_image_format format = {CL_RGBA, CL_UNORM_INT8};
    cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 32, .image_height = 16};
    cl_mem mem = clCreateImage(context, CL_MEM_COPY_HOST_PTR, &format, &desc, host, &status);
    OK(status);
    in += 32 * 16 * 4;
    size_t origin[3] = {0, 0, 0}, region[3] = {8, 4, 1}, pitch;
    OK(clEnqueueWriteImage(queue, mem, CL_TRUE, origin, region, 256, 0, host, 0, NULL, NULL));
    in += 8 * 4 * 4;
    OK(clEnqueueReadImage(queue, mem, CL_TRUE, origin, region, 0, 0, host, 0, NULL, NULL));
    out += 8 * 4 * 4;
    void *at = clEnqueueMapImage(queue, mem, CL_TRUE, CL_MAP_READ | CL_MAP_WRITE, origin, region, &pitch, NULL, 0, NULL, NULL, &status);
    OK(status);
    OK(clEnqueueUnmapMemObject(queue, mem, at, 0, NULL, NULL));
    OK(clFinish(queue));
    in += 8 * 4 * 4;
    out += 8 * 4 * 4;
    step("image");
    OK(clReleaseMemObject(mem));
}

/* Calls that move no data of the program's. */
static void nothing(void)
{
    cl_mem mem = make(CL_MEM_READ_WRITE, PAGES), other = make(CL_MEM_READ_WRITE, PAGES);
    cl_int pattern = 7;
    OK(clEnqueueFillBuffer(queue, mem, &pattern, sizeof pattern, 0, PAGES, 0, NULL, NULL));
    OK(clEnqueueCopyBuffer(queue, mem, other, 0, 0, PAGES, 0, NULL, NULL));
    OK(clFinish(queue));
    step("nothing");
    OK(clReleaseMemObject(mem));
    OK(clReleaseMemObject(other));
}

int main(int argc, char **argv)
{
    cl_platform_id platform;
    cl_device_id device;
    cl_int status;
    (void)argc;
    host = malloc(LONG);
    memset(host, 1, LONG);
    OK(clGetPlatformIDs(1, &platform, NULL));
    OK(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL));
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    OK(status);
    queue = clCreateCommandQueue(context, device, 0, &status);
    OK(status);
    buffer("small", SMALL);
    buffer("pages", PAGES);
    buffer("long", LONG);
    made_from_memory();
    rectangle();
    image();
    nothing();
    cl_mem mem = make(CL_MEM_READ_WRITE, PAGES), other = make(CL_MEM_READ_WRITE, PAGES);
    for (int i = 0; i < 2; i++)
        OK(clEnqueueCopyBuffer(queue, mem, other, 0, 0, PAGES, 0, NULL, NULL));
    OK(clFinish(queue));
    step("ahead");
    for (int i = 0; i < AHEAD; i++)
        OK(clEnqueueCopyBuffer(queue, mem, other, 0, 0, PAGES, 0, NULL, NULL));
    if (!strcmp(argv[1], "kill"))
        raise(SIGKILL);
    _exit(0);
}
