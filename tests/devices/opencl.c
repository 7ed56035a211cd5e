/* Lists what there is: platforms with their devices, and those of a context of all devices of each platform and of none. */
#define CL_TARGET_OPENCL_VERSION 200
#include <CL/cl.h>
#include <stdio.h>

enum { MOST = 8, TEXT = 256 };

static void show(const char *what, cl_uint count, const cl_device_id *devices)
{
    char name[TEXT];
    printf("%s: %u", what, count);
    for (cl_uint i = 0; i < count && i < MOST; i++) {
        clGetDeviceInfo(devices[i], CL_DEVICE_NAME, sizeof name, name, NULL);
        printf(" [%s]", name);
    }
    puts("");
}

static void of_context(const cl_context_properties *properties)
{
    cl_int status;
    cl_uint count = 0;
    cl_device_id devices[MOST];
    cl_context context = clCreateContextFromType(properties, CL_DEVICE_TYPE_ALL, NULL, NULL, &status);
    if (status == CL_SUCCESS) {
        clGetContextInfo(context, CL_CONTEXT_NUM_DEVICES, sizeof count, &count, NULL);
        clGetContextInfo(context, CL_CONTEXT_DEVICES, sizeof devices, devices, NULL);
        clReleaseContext(context);
        show(" context", count, devices);
    } else {
        printf(" context: %d\n", status);
    }
}

int main(void)
{
    char name[TEXT];
    cl_uint platforms = 0, count;
    cl_platform_id platform[MOST];
    cl_device_id devices[MOST];
    cl_int status = clGetPlatformIDs(MOST, platform, &platforms);
    printf("platforms: %d %u\n", status, platforms);
    of_context(NULL);
    for (cl_uint i = 0; i < platforms; i++) {
        clGetPlatformInfo(platform[i], CL_PLATFORM_NAME, sizeof name, name, NULL);
        printf("%s\n", name);
        const struct {
            const char *name;
            cl_device_type type;
        } types[] = {{" all", CL_DEVICE_TYPE_ALL}, {" default", CL_DEVICE_TYPE_DEFAULT}, {" gpu", CL_DEVICE_TYPE_GPU}};
        for (int t = 0; t < 3; t++) {
            status = clGetDeviceIDs(platform[i], types[t].type, 0, NULL, &count);
            if (status == CL_SUCCESS && clGetDeviceIDs(platform[i], types[t].type, 1, devices, &count) == CL_SUCCESS)
                clGetDeviceIDs(platform[i], types[t].type, count, devices, NULL);
            if (status == CL_SUCCESS)
                show(types[t].name, count, devices);
            else
                printf("%s: %d\n", types[t].name, status);
        }
        const cl_context_properties of_platform[] = {CL_CONTEXT_PLATFORM, (cl_context_properties)platform[i], 0};
        of_context(of_platform);
    }
    return 0;
}
