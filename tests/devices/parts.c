/* What a program sees of its device, and what it can do with it: the same whether that is a whole one or a part. */
#define CL_TARGET_OPENCL_VERSION 200
#include <CL/cl.h>
#include <stdio.h>
#include <string.h>

enum { ITEMS = 1000, MOST = 64 };

static const char *source = "kernel void fill(global uint *x) { x[get_global_id(0)] = 3 * get_global_id(0); }";

static void computes(const char *what, cl_context context, cl_device_id device, cl_program program)
{
    cl_int status;
    cl_uint numbers[ITEMS], wrong = 0;
    size_t items = ITEMS, group = 0;
    cl_command_queue queue = clCreateCommandQueueWithProperties(context, device, NULL, &status);
    cl_kernel kernel = clCreateKernel(program, "fill", NULL);
    cl_mem buffer = clCreateBuffer(context, CL_MEM_READ_WRITE, sizeof numbers, NULL, NULL);
    cl_device_id of_queue = NULL;
    clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE, sizeof of_queue, &of_queue, NULL);
    clGetKernelWorkGroupInfo(kernel, device, CL_KERNEL_WORK_GROUP_SIZE, sizeof group, &group, NULL);
    clSetKernelArg(kernel, 0, sizeof buffer, &buffer);
    clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, NULL, 0, NULL, NULL);
    memset(numbers, 255, sizeof numbers);
    clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, sizeof numbers, numbers, 0, NULL, NULL);
    for (cl_uint i = 0; i < ITEMS; i++)
        wrong += numbers[i] != 3 * i;
    printf("%s: queue %d on it %d, groups %d, wrong %u\n", what, status, of_queue == device, group > 0, wrong);
    clReleaseMemObject(buffer);
    clReleaseKernel(kernel);
    clReleaseCommandQueue(queue);
}

int main(void)
{
    cl_int status;
    cl_platform_id platform;
    cl_device_id device, again, in_context, parts[MOST], of_program, parent = (cl_device_id)1;
    cl_uint units = 0, references = 0, count = 0;
    size_t length = 99;
    cl_device_type type = 0;

    clGetPlatformIDs(1, &platform, NULL);
    printf("devices: %d", clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, &count));
    printf(" %u, again %d", count, clGetDeviceIDs(platform, CL_DEVICE_TYPE_CPU, 1, &again, NULL));
    printf(" the same %d\n", device == again);
    clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL);
    fprintf(stderr, "units %u\n", units);
    clGetDeviceInfo(device, CL_DEVICE_TYPE, sizeof type, &type, NULL);
    status = clGetDeviceInfo(device, CL_DEVICE_PARENT_DEVICE, sizeof parent, &parent, &length);
    printf("type %llu, parent %d %p %zu", (unsigned long long)type, status, (void *)parent, length);
    status = clGetDeviceInfo(device, CL_DEVICE_PARTITION_TYPE, 0, NULL, &length);
    printf(", partition %d %zu\n", status, length);
    /* What is counted for a sub-device only. */
    printf("retain %d", clRetainDevice(device));
    printf(" release %d", clReleaseDevice(device));
    printf(" release %d", clReleaseDevice(device));
    printf(" release %d", clReleaseDevice(device));
    status = clGetDeviceInfo(device, CL_DEVICE_REFERENCE_COUNT, sizeof references, &references, NULL);
    printf(", references %d %u\n", status, references);

    cl_context context = clCreateContextFromType(NULL, CL_DEVICE_TYPE_CPU, NULL, NULL, &status);
    clGetContextInfo(context, CL_CONTEXT_DEVICES, sizeof in_context, &in_context, NULL);
    printf("context %d of it %d\n", status, in_context == device);
    cl_program program = clCreateProgramWithSource(context, 1, &source, NULL, NULL);
    printf("built %d", clBuildProgram(program, 0, NULL, "", NULL, NULL));
    clGetProgramInfo(program, CL_PROGRAM_DEVICES, sizeof of_program, &of_program, NULL);
    printf(" for it %d\n", of_program == device);
    computes("device", context, device, program);
    clReleaseProgram(program);
    clReleaseContext(context);

    /* A part of it, if there is more than one unit. */
    const cl_device_partition_property one[] = {CL_DEVICE_PARTITION_EQUALLY, 1, 0};
    status = clCreateSubDevices(device, one, MOST, parts, &count);
    fprintf(stderr, "parts %d %u\n", status, status == CL_SUCCESS ? count : 0);
    if (status == CL_SUCCESS) {
        clGetDeviceInfo(parts[0], CL_DEVICE_PARENT_DEVICE, sizeof parent, &parent, NULL);
        clGetDeviceInfo(parts[0], CL_DEVICE_REFERENCE_COUNT, sizeof references, &references, NULL);
        fprintf(stderr, "of it %d, references %u\n", parent == device, references);
        for (cl_uint i = 0; i < count; i++)
            clReleaseDevice(parts[i]);
    }
    return 0;
}
