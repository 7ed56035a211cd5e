/* Functions found at run time: by dlsym, and by name, version and default stream. */
#include "client.h"

#include <dlfcn.h>

#undef cuGetProcAddress
CUresult cuGetProcAddress(const char *symbol, void **function, int version, cuuint64_t flags);

static void *find(const char *name, int version, cuuint64_t flags)
{
    void *found = NULL;
    CUdriverProcAddressQueryResult status = (CUdriverProcAddressQueryResult)99;
    OK(cuGetProcAddress_v2(name, &found, version, flags, &status));
    CHECK_INT(status, CU_GET_PROC_ADDRESS_SUCCESS);
    CHECK(found);
    return found;
}

static void *symbol(const char *name)
{
    void *library = dlopen("libcuda.so.1", RTLD_NOW), *found;
    CHECK(library);
    found = dlsym(library, name);
    CHECK(found);
    return found;
}

CASE(lookup_gives_functions_that_work)
{
    CUresult (*init)(unsigned) = NULL;
    CUresult (*alloc)(CUdeviceptr *, size_t) = NULL;
    CUresult (*free)(CUdeviceptr) = NULL;
    CUdeviceptr at = 0;
    *(void **)&init = find("cuInit", 2000, CU_GET_PROC_ADDRESS_DEFAULT);
    OK(init(0));
    begin();
    *(void **)&alloc = find("cuMemAlloc", 3020, CU_GET_PROC_ADDRESS_DEFAULT);
    *(void **)&free = find("cuMemFree", 3020, CU_GET_PROC_ADDRESS_DEFAULT);
    OK(alloc(&at, 64));
    CHECK(at);
    OK(free(at));
}

/* The name is that of the function without its version, which is chosen by the version of CUDA. */
CASE(lookup_by_version)
{
    begin_without_context();
    CHECK(find("cuCtxCreate", 3020, 0) != find("cuCtxCreate", 11040, 0));
    CHECK(find("cuMemFree", 3020, 0) == find("cuMemFree", 12000, 0));
    CHECK(find("cuStreamGetCaptureInfo", 10010, 0) != find("cuStreamGetCaptureInfo", 11030, 0));
    CHECK(find("cuStreamGetCaptureInfo", 11030, 0) == find("cuStreamGetCaptureInfo", 12020, 0));
    CHECK(find("cuMemFree", 3020, 0) == symbol("cuMemFree_v2"));
    CHECK(find("cuCtxCreate", 3020, 0) == symbol("cuCtxCreate_v2"));
    CHECK(find("cuInit", 2000, 0) == symbol("cuInit"));
}

CASE(lookup_by_default_stream)
{
    begin_without_context();
    void *legacy = find("cuMemcpyHtoDAsync", 7000, CU_GET_PROC_ADDRESS_LEGACY_STREAM);
    void *per_thread = find("cuMemcpyHtoDAsync", 7000, CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM);
    CHECK(legacy != per_thread);
    CHECK(find("cuMemcpyHtoDAsync", 7000, CU_GET_PROC_ADDRESS_DEFAULT) == legacy);
    CHECK(per_thread == symbol("cuMemcpyHtoDAsync_v2_ptsz"));
    /* One that has no stream is the same. */
    CHECK(find("cuInit", 7000, CU_GET_PROC_ADDRESS_PER_THREAD_DEFAULT_STREAM) == symbol("cuInit"));
}

CASE(lookup_of_what_is_not_there)
{
    void *found = (void *)1;
    CUdriverProcAddressQueryResult status = CU_GET_PROC_ADDRESS_SUCCESS;
    begin_without_context();
    OK(cuGetProcAddress_v2("cuNoSuchFunction", &found, 12000, 0, &status));
    CHECK_INT(status, CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND);
    CHECK(found == NULL);
    /* It came later. */
    found = (void *)1;
    OK(cuGetProcAddress_v2("cuMemAllocAsync", &found, 11000, 0, &status));
    CHECK_INT(status, CU_GET_PROC_ADDRESS_VERSION_NOT_SUFFICIENT);
    CHECK(found == NULL);
    find("cuMemAllocAsync", 11020, 0);
    /* The old form has no status but the result. */
    IS(cuGetProcAddress("cuNoSuchFunction", &found, 12000, 0), CUDA_ERROR_NOT_FOUND);
    OK(cuGetProcAddress("cuMemAllocAsync", &found, 12000, 0));
    CHECK(found == find("cuMemAllocAsync", 12000, 0));
}

CASE(lookup_wrong)
{
    void *found;
    begin_without_context();
    IS(cuGetProcAddress_v2(NULL, &found, 12000, 0, NULL), CUDA_ERROR_INVALID_VALUE);
    IS(cuGetProcAddress_v2("cuInit", NULL, 12000, 0, NULL), CUDA_ERROR_INVALID_VALUE);
    OK(cuGetProcAddress_v2("cuInit", &found, 12000, 0, NULL));
    CHECK(found == symbol("cuInit"));
}

/* Functions of old versions are there, too. */
CASE(lookup_of_old_functions)
{
    CUresult (*create)(CUcontext *, unsigned, CUdevice) = NULL;
    CUresult (*elapsed)(float *, CUevent, CUevent) = NULL;
    CUcontext made = NULL, current = NULL;
    float time = -1;
    begin_without_context();
    *(void **)&create = symbol("cuCtxCreate_v2");
    OK(create(&made, 0, device));
    OK(cuCtxGetCurrent(&current));
    CHECK(made && made == current);
    *(void **)&elapsed = symbol("cuEventElapsedTime");
    CUevent event = new_event(0);
    OK(cuEventRecord(event, NULL));
    OK(cuEventSynchronize(event));
    OK(elapsed(&time, event, event));
    CHECK(time == 0);
}

CASE(profiler_is_no_hindrance)
{
    CUresult (*start)(void) = NULL, (*stop)(void) = NULL;
    begin();
    *(void **)&start = symbol("cuProfilerStart");
    *(void **)&stop = symbol("cuProfilerStop");
    OK(start());
    OK(stop());
}
