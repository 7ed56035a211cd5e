/* Prints the number of platforms; with NO_VENDOR, a program without API calls. */
#include <stdio.h>

#ifndef NO_VENDOR
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdlib.h>

static void CL_CALLBACK called(cl_event event, cl_int status, void *gate)
{
    (void)event, (void)status;
    __atomic_store_n((int *)gate, 1, __ATOMIC_RELEASE);
}
#endif

int main(void)
{
#ifndef NO_VENDOR
    cl_platform_id platform;
    cl_device_id device;
    cl_uint platforms = 0;
    cl_int error;
    int gate = 0;
    char *memory = malloc(16);
    printf("status %d", clGetPlatformIDs(1, &platform, &platforms));
    printf(", platforms %u\n", platforms);
    clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL);
    cl_context context = clCreateContext(NULL, 1, &device, NULL, NULL, &error);
    cl_event event = clCreateUserEvent(context, &error);
    clSetEventCallback(event, CL_COMPLETE, called, &gate);
    clSetUserEventStatus(event, CL_COMPLETE);
    while (!__atomic_load_n(&gate, __ATOMIC_ACQUIRE))
        ;
    clReleaseEvent(event);
    clReleaseContext(context);
    free(memory);
#endif
    printf("ends\n");
    return 7;
}
