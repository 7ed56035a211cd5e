/* A library that is linked against OpenCL, for programs that open it with RTLD_DEEPBIND: its own dependencies come
 * before preloaded libraries. */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>

cl_int plugin_ids(cl_uint entries, cl_platform_id *platforms, cl_uint *count)
{
    return clGetPlatformIDs(entries, platforms, count);
}

cl_int plugin_info(cl_platform_id platform, cl_platform_info name, size_t size, void *value, size_t *size_ret)
{
    return clGetPlatformInfo(platform, name, size, value, size_ret);
}
