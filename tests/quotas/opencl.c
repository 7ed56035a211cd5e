/* Takes memory of the first device as it is told, a line on standard input for each step, and answers with a numbered line:
 *
 *   take BYTES       a buffer of so many bytes         "1: take STATUS", as all that follow
 *   fill BYTES       the same, filled with canaries
 *   image SIDE       an image, square, of four bytes per pixel
 *   pipe BYTES       a pipe
 *   program LENGTH   a program of a source of so many characters, which stays
 *   give             what was taken last
 *   told             what the device says it has       "told GLOBAL_MEM_SIZE MAX_MEM_ALLOC_SIZE"
 *   look BYTES       canaries in a new buffer that nobody has written to   "look COUNT"
 *   storm            eight threads take and give back until the next line  "storm", and "calm" at the end
 */
#define CL_TARGET_OPENCL_VERSION 200
#include <CL/cl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST = 64, THREADS = 8, CANARY = 0xC3 };

static cl_context context;
static cl_device_id device;
static cl_command_queue queue;
static cl_mem taken[MOST];
static int count, steps;
static atomic_int over;

static void must(cl_int status, const char *call)
{
    if (status != CL_SUCCESS) {
        printf("%s: %d\n", call, status);
        exit(3);
    }
}

static cl_int keep(cl_mem made, cl_int status)
{
    if (status == CL_SUCCESS && count < MOST)
        taken[count++] = made;
    return status;
}

static cl_int take(size_t size, cl_uchar *from)
{
    cl_int status;
    cl_mem_flags flags = CL_MEM_READ_WRITE | (from ? CL_MEM_COPY_HOST_PTR : 0);
    cl_mem made = clCreateBuffer(context, flags, size, from, &status);
    return keep(made, status);
}

static cl_int fill(size_t size)
{
    cl_uchar *from = malloc(size);
    memset(from, CANARY, size);
    cl_int status = take(size, from);
    free(from);
    return status;
}

static cl_int image(size_t side)
{
    cl_int status;
    cl_image_format format = {CL_RGBA, CL_UNORM_INT8};
    cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = side, .image_height = side};
    cl_mem made = clCreateImage(context, CL_MEM_READ_WRITE, &format, &desc, NULL, &status);
    return keep(made, status);
}

static cl_int make_pipe(cl_uint size)
{
    cl_int status;
    cl_mem made = clCreatePipe(context, CL_MEM_READ_WRITE, 1, size, NULL, &status);
    return keep(made, status);
}

static cl_int make_program(size_t length)
{
    cl_int status;
    char *source = malloc(length);
    const char *text = source;
    memset(source, ' ', length);
    clCreateProgramWithSource(context, 1, &text, &length, &status);
    free(source);
    return status;
}

static cl_int give(void)
{
    return count > 0 ? clReleaseMemObject(taken[--count]) : CL_INVALID_VALUE;
}

static void tell(void)
{
    cl_ulong all, most;
    must(clGetDeviceInfo(device, CL_DEVICE_GLOBAL_MEM_SIZE, sizeof all, &all, NULL), "clGetDeviceInfo");
    must(clGetDeviceInfo(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, sizeof most, &most, NULL), "clGetDeviceInfo");
    printf("%d: told %llu %llu\n", ++steps, (unsigned long long)all, (unsigned long long)most);
}

static void look(size_t size)
{
    size_t canaries = 0;
    cl_uchar *into = malloc(size);
    must(take(size, NULL), "clCreateBuffer");
    must(clEnqueueReadBuffer(queue, taken[count - 1], CL_TRUE, 0, size, into, 0, NULL, NULL), "clEnqueueReadBuffer");
    for (size_t at = 0; at < size; at++)
        canaries += into[at] == CANARY;
    must(give(), "clReleaseMemObject");
    free(into);
    printf("%d: look %zu\n", ++steps, canaries);
}

/* Whether there is memory decides the quota. */
static void *rage(void *seed)
{
    unsigned random = (unsigned)(size_t)seed;
    cl_mem mine[4] = {0};
    while (!atomic_load(&over)) {
        random = random * 1664525u + 1013904223u;
        cl_mem *one = &mine[random >> 30];
        if (*one) {
            clReleaseMemObject(*one);
            *one = NULL;
        } else {
            *one = clCreateBuffer(context, CL_MEM_READ_WRITE, 1 + (random >> 12) % 9973, NULL, NULL);
        }
    }
    for (int i = 0; i < 4; i++)
        if (mine[i])
            clReleaseMemObject(mine[i]);
    return NULL;
}

static void storm(void)
{
    pthread_t threads[THREADS];
    char line[80];
    for (size_t i = 0; i < THREADS; i++)
        must(pthread_create(&threads[i], NULL, rage, (void *)(i + 1)), "pthread_create");
    printf("%d: storm\n", ++steps);
    if (!fgets(line, sizeof line, stdin))
        exit(0);
    atomic_store(&over, 1);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    /* Whatever was released has been. */
    clFinish(queue);
    printf("%d: calm\n", ++steps);
}

int main(void)
{
    char line[80], what[16];
    unsigned long long amount;
    cl_platform_id platform;
    cl_int status;
    setvbuf(stdout, NULL, _IOLBF, 0);
    must(clGetPlatformIDs(1, &platform, NULL), "clGetPlatformIDs");
    must(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), "clGetDeviceIDs");
    context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    must(status, "clCreateContext");
    queue = clCreateCommandQueueWithProperties(context, device, NULL, &status);
    must(status, "clCreateCommandQueueWithProperties");
    puts("ready");
    while (fgets(line, sizeof line, stdin)) {
        amount = 0;
        if (sscanf(line, "%15s %llu", what, &amount) < 1)
            continue;
        if (strcmp(what, "told") == 0)
            tell();
        else if (strcmp(what, "look") == 0)
            look(amount);
        else if (strcmp(what, "storm") == 0)
            storm();
        else {
            status = strcmp(what, "take") == 0   ? take(amount, NULL)
                     : strcmp(what, "fill") == 0  ? fill(amount)
                     : strcmp(what, "image") == 0 ? image(amount)
                     : strcmp(what, "pipe") == 0  ? make_pipe((cl_uint)amount)
                     : strcmp(what, "program") == 0 ? make_program(amount)
                                                  : give();
            printf("%d: %s %d\n", ++steps, what, status);
        }
    }
    return 0;
}
