/* What a device need not have: what it says it has works, what it says it has
 * not answers with the error that the specification gives. */
#include "conformance.h"

#include <dlfcn.h>

/* ---- native kernels ---------------------------------------------------------- */

static void CL_CALLBACK native(void *args)
{
    void **list = args;
    *(int *)list[0] = 77;
}

CASE(optional_native_kernel)
{
    struct cl cl = cl_open();
    int value = 0;
    void *args[] = {&value};
    cl_int err = clEnqueueNativeKernel(cl.queue, native, args, sizeof args, 0, NULL, NULL, 0, NULL, NULL);
    if (device_ulong(CL_DEVICE_EXECUTION_CAPABILITIES) & CL_EXEC_NATIVE_KERNEL) {
        OK(err);
        OK(clFinish(cl.queue));
        CHECK_INT(value, 77);
    } else {
        CHECK_STATUS(err, CL_INVALID_OPERATION);
        CHECK_INT(value, 0);
    }
    cl_close(&cl);
}

/* ---- shared virtual memory ----------------------------------------------------- */

CASE(optional_svm)
{
    struct cl cl = cl_open();
    cl_bitfield able = 0;
    if (device_version() >= 20)
        OK(clGetDeviceInfo(cl.device, CL_DEVICE_SVM_CAPABILITIES, sizeof able, &able, NULL));
    cl_uint pattern = 0x42424242, *at = clSVMAlloc(cl.context, CL_MEM_READ_WRITE, 4096, 0);
    if (!(able & CL_DEVICE_SVM_COARSE_GRAIN_BUFFER)) {
        CHECK_PTR(at, NULL);
        at = must_alloc(4096);
        CHECK_STATUS(clEnqueueSVMMemFill(cl.queue, at, &pattern, 4, 4096, 0, NULL, NULL), CL_INVALID_OPERATION);
        CHECK_STATUS(clEnqueueSVMMap(cl.queue, CL_TRUE, CL_MAP_READ, at, 4096, 0, NULL, NULL), CL_INVALID_OPERATION);
        cl_kernel kernel = add_kernel(&cl);
        CHECK_STATUS(clSetKernelArgSVMPointer(kernel, 0, at), CL_INVALID_OPERATION);
        OK(clReleaseKernel(kernel));
        free(at);
        cl_close(&cl);
        return;
    }
    CHECK(at != NULL);
    cl_kernel kernel = add_kernel(&cl);
    cl_int zero = 0, one = 1;
    OK(clEnqueueSVMMemFill(cl.queue, at, &pattern, 4, 4096, 0, NULL, NULL));
    OK(clSetKernelArgSVMPointer(kernel, 0, at));
    OK(clSetKernelArgSVMPointer(kernel, 1, at));
    OK(clSetKernelArg(kernel, 2, sizeof one, &one));
    OK(clSetKernelArg(kernel, 3, sizeof zero, &zero));
    run_1d(cl.queue, kernel, 1024);
    OK(clEnqueueSVMMap(cl.queue, CL_TRUE, CL_MAP_READ, at, 4096, 0, NULL, NULL));
    CHECK_INT(at[1023], 0x42424243);
    OK(clEnqueueSVMUnmap(cl.queue, at, 0, NULL, NULL));
    OK(clFinish(cl.queue));
    OK(clReleaseKernel(kernel));
    clSVMFree(cl.context, at);
    cl_close(&cl);
}

CASE(optional_pipes)
{
    struct cl cl = cl_open();
    cl_bool able = device_version() >= 20 && device_version() < 30;
    cl_int err;
    if (device_version() >= 30)
        OK(clGetDeviceInfo(cl.device, CL_DEVICE_PIPE_SUPPORT, sizeof able, &able, NULL));
    cl_mem pipe = clCreatePipe(cl.context, CL_MEM_READ_WRITE, 4, 16, NULL, &err);
    if (able) {
        OK(err);
        cl_uint size = 0;
        OK(clGetPipeInfo(pipe, CL_PIPE_PACKET_SIZE, sizeof size, &size, NULL));
        CHECK_INT(size, 4);
        OK(clReleaseMemObject(pipe));
    } else {
        CHECK_PTR(pipe, NULL);
        SPEC_STATUS(err, CL_INVALID_OPERATION);
    }
    cl_close(&cl);
}

static cl_command_queue device_queue(struct cl *cl, cl_int *err)
{
    cl_queue_properties list[] = {CL_QUEUE_PROPERTIES,
                                  CL_QUEUE_ON_DEVICE | CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE | CL_QUEUE_ON_DEVICE_DEFAULT, 0};
    return clCreateCommandQueueWithProperties(cl->context, cl->device, list, err);
}

CHILD(device_queue_where_there_is_none)
{
    struct cl cl = cl_open();
    cl_int err;
    (void)arg;
    device_queue(&cl, &err);
    probe_answer(err);
}

CASE(optional_device_queue)
{
    if (device_version() < 20 || device_uint(CL_DEVICE_MAX_ON_DEVICE_QUEUES) == 0) {
        SPEC_PROBE("device_queue_where_there_is_none", "", CL_INVALID_QUEUE_PROPERTIES);
        return;
    }
    struct cl cl = cl_open();
    cl_int err;
    cl_command_queue queue = device_queue(&cl, &err), got = NULL;
    OK(err);
    OK(clGetCommandQueueInfo(queue, CL_QUEUE_DEVICE_DEFAULT, sizeof got, &got, NULL));
    CHECK_PTR(got, queue);
    OK(clReleaseCommandQueue(queue));
    cl_close(&cl);
}

CASE(optional_built_in_kernels)
{
    struct cl cl = cl_open();
    char *names = device_string(CL_DEVICE_BUILT_IN_KERNELS);
    cl_int err;
    if (names[0]) {
        names[strcspn(names, ";")] = 0;
        cl_program program = clCreateProgramWithBuiltInKernels(cl.context, 1, &cl.device, names, &err);
        OK(err);
        cl_kernel kernel = clCreateKernel(program, names, &err);
        note("kernel of a built-in program: %s", status_name(err));
        if (kernel)
            OK(clReleaseKernel(kernel));
        OK(clReleaseProgram(program));
    }
    free(names);
    cl_close(&cl);
}

/* ---- extensions ----------------------------------------------------------------- */

/* A platform that lists an extension returns its functions. */
CASE(optional_extension_functions)
{
    static const struct {
        const char *extension, *function;
    } table[] = {
        {"cl_khr_create_command_queue", "clCreateCommandQueueWithPropertiesKHR"},
        {"cl_khr_il_program", "clCreateProgramWithILKHR"},
        {"cl_khr_subgroups", "clGetKernelSubGroupInfoKHR"},
        {"cl_khr_suggested_local_work_size", "clGetKernelSuggestedLocalWorkSizeKHR"},
        {"cl_khr_command_buffer", "clCreateCommandBufferKHR"},
        {"cl_khr_terminate_context", "clTerminateContextKHR"},
        {"cl_khr_semaphore", "clCreateSemaphoreWithPropertiesKHR"},
        {"cl_khr_gl_sharing", "clGetGLContextInfoKHR"},
        {"cl_khr_egl_image", "clCreateFromEGLImageKHR"},
        {"cl_intel_unified_shared_memory", "clHostMemAllocINTEL"},
        {"cl_intel_exec_by_local_thread", NULL},
    };
    char *of_platform = platform_string(CL_PLATFORM_EXTENSIONS);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        if (!table[i].function || !(device_has(table[i].extension) || has_word(of_platform, table[i].extension)))
            continue;
        if (!clGetExtensionFunctionAddressForPlatform(the_platform(), table[i].function))
            note("%s without %s", table[i].extension, table[i].function);
    }
    free(of_platform);
}

typedef cl_command_queue(CL_API_CALL *create_queue_fn)(cl_context, cl_device_id, const cl_properties *, cl_int *);

CASE(optional_create_command_queue_khr)
{
    if (!device_has("cl_khr_create_command_queue"))
        skip("no cl_khr_create_command_queue");
    struct cl cl = cl_open();
    create_queue_fn create;
    *(void **)&create = clGetExtensionFunctionAddressForPlatform(cl.platform, "clCreateCommandQueueWithPropertiesKHR");
    CHECK(create != NULL);
    cl_properties list[] = {CL_QUEUE_PROPERTIES, CL_QUEUE_PROFILING_ENABLE, 0};
    cl_int err, x = 3, got = 0;
    cl_command_queue queue = create(cl.context, cl.device, list, &err);
    OK(err);
    cl_command_queue_properties bits = 0;
    OK(clGetCommandQueueInfo(queue, CL_QUEUE_PROPERTIES, sizeof bits, &bits, NULL));
    CHECK_INT(bits, CL_QUEUE_PROFILING_ENABLE);
    cl_mem mem = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof x, &x);
    get(queue, mem, 0, sizeof got, &got);
    CHECK_INT(got, 3);
    OK(clReleaseMemObject(mem));
    OK(clReleaseCommandQueue(queue));
    cl_close(&cl);
}

/* A program may open the library by name as well: it is the one it is linked to. */
CASE(optional_dlopen)
{
    static const char *const names[] = {"libOpenCL.so.1", "libOpenCL.so"};
    for (int i = 0; i < 2; i++) {
        void *library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
        if (!library)
            continue; /* without development files there is no libOpenCL.so */
        cl_int (*platform_ids)(cl_uint, cl_platform_id *, cl_uint *);
        cl_platform_id id = NULL;
        *(void **)&platform_ids = dlsym(library, "clGetPlatformIDs");
        CHECK(platform_ids != NULL);
        OK(platform_ids(1, &id, NULL));
        cl_platform_id linked = NULL;
        OK(clGetPlatformIDs(1, &linked, NULL));
        CHECK_PTR(id, linked);
        dlclose(library);
        OK(clGetPlatformIDs(1, &linked, NULL));
        CHECK_PTR(id, linked);
    }
}
