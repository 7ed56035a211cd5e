/* Takes memory through OpenCL: `memory WAY MIB`, 64 MiB at a time, until MIB are there or something fails.
 *
 *   device   images, filled on the device, of which this program has nothing
 *   shared   buffers, mapped and filled here, so that both sides have the pages
 *
 * Prints "N MiB" at its end, behind "CALL: STATUS at N MiB" if something failed, and stays until its input ends.
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIDE 4096
#define ONE ((size_t)SIDE * SIDE * 4)

static long made;

/* Whether it succeeded. */
static int fine(cl_int status, const char *call)
{
    if (status != CL_SUCCESS)
        printf("%s: %d at %ld MiB\n", call, status, made);
    return status == CL_SUCCESS;
}

int main(int argc, char **argv)
{
    int shared = argc > 1 && strcmp(argv[1], "shared") == 0;
    long wanted = argc > 2 ? atol(argv[2]) : 0;
    const cl_uint color[4] = {1, 2, 3, 4};
    cl_platform_id platform;
    cl_device_id device;
    cl_int status;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!fine(clGetPlatformIDs(1, &platform, NULL), "clGetPlatformIDs") ||
        !fine(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL), "clGetDeviceIDs"))
        return 3;
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &status);
    if (!fine(status, "clCreateContext"))
        return 3;
    cl_command_queue queue = clCreateCommandQueue(context, device, 0, &status);
    if (!fine(status, "clCreateCommandQueue"))
        return 3;
    for (; made < wanted; made += (long)(ONE >> 20)) {
        if (shared) {
            cl_mem buffer = clCreateBuffer(context, CL_MEM_ALLOC_HOST_PTR, ONE, NULL, &status);
            if (!fine(status, "clCreateBuffer"))
                break;
            void *mapped = clEnqueueMapBuffer(queue, buffer, CL_TRUE, CL_MAP_WRITE, 0, ONE, 0, NULL, NULL, &status);
            if (!fine(status, "clEnqueueMapBuffer"))
                break;
            memset(mapped, 1, ONE);
        } else {
            const cl_image_format format = {CL_RGBA, CL_UNSIGNED_INT8};
            const cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = SIDE, .image_height = SIDE};
            const size_t origin[3] = {0, 0, 0}, region[3] = {SIDE, SIDE, 1};
            cl_mem image = clCreateImage(context, CL_MEM_READ_WRITE, &format, &desc, NULL, &status);
            if (!fine(status, "clCreateImage") ||
                !fine(clEnqueueFillImage(queue, image, color, origin, region, 0, NULL, NULL), "clEnqueueFillImage") ||
                !fine(clFinish(queue), "clFinish"))
                break;
        }
    }
    printf("%ld MiB\n", made);
    while (getchar() != EOF)
        ;
    return 0;
}
