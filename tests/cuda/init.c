/* Initialisation, version, names of errors. */
#include "client.h"

CASE(init_is_needed)
{
    int count, version;
    CUdevice found;
    CUcontext current;
    IS(cuDeviceGetCount(&count), CUDA_ERROR_NOT_INITIALIZED);
    IS(cuDeviceGet(&found, 0), CUDA_ERROR_NOT_INITIALIZED);
    IS(cuCtxGetCurrent(&current), CUDA_ERROR_NOT_INITIALIZED);
    IS(cuDevicePrimaryCtxRetain(&current, 0), CUDA_ERROR_NOT_INITIALIZED);
    OK(cuDriverGetVersion(&version));
}

CASE(init_takes_no_flags)
{
    IS(cuInit(1), CUDA_ERROR_INVALID_VALUE);
    OK(cuInit(0));
}

CASE(init_again)
{
    OK(cuInit(0));
    OK(cuInit(0));
    begin();
    OK(cuInit(0));
    CUcontext current;
    OK(cuCtxGetCurrent(&current));
    CHECK(current == context);
}

static void initialise_here(void *at)
{
    OK(cuInit(0));
    OK(cuDeviceGetCount(at));
}

CASE(init_on_another_thread)
{
    int there = 0, here = 0;
    on_a_thread(initialise_here, &there);
    OK(cuDeviceGetCount(&here));
    CHECK_INT(here, there);
}

CASE(version)
{
    int version = 0;
    OK(cuDriverGetVersion(&version));
    /* 1000 × major + 10 × minor. */
    CHECK(version >= 12000 && version < 20000 && version % 10 == 0);
    IS(cuDriverGetVersion(NULL), CUDA_ERROR_INVALID_VALUE);
}

CASE(errors_have_names)
{
#define NAMED(error) {error, #error}
    static const struct {
        CUresult error;
        const char *name;
    } named[] = {
        NAMED(CUDA_SUCCESS), NAMED(CUDA_ERROR_INVALID_VALUE), NAMED(CUDA_ERROR_OUT_OF_MEMORY),
        NAMED(CUDA_ERROR_NOT_INITIALIZED), NAMED(CUDA_ERROR_DEINITIALIZED), NAMED(CUDA_ERROR_STUB_LIBRARY),
        NAMED(CUDA_ERROR_NO_DEVICE), NAMED(CUDA_ERROR_INVALID_DEVICE), NAMED(CUDA_ERROR_INVALID_IMAGE),
        NAMED(CUDA_ERROR_INVALID_CONTEXT), NAMED(CUDA_ERROR_MAP_FAILED), NAMED(CUDA_ERROR_NO_BINARY_FOR_GPU),
        NAMED(CUDA_ERROR_UNSUPPORTED_LIMIT), NAMED(CUDA_ERROR_PEER_ACCESS_UNSUPPORTED), NAMED(CUDA_ERROR_INVALID_PTX),
        NAMED(CUDA_ERROR_UNSUPPORTED_PTX_VERSION), NAMED(CUDA_ERROR_INVALID_SOURCE), NAMED(CUDA_ERROR_FILE_NOT_FOUND),
        NAMED(CUDA_ERROR_SHARED_OBJECT_INIT_FAILED), NAMED(CUDA_ERROR_OPERATING_SYSTEM),
        NAMED(CUDA_ERROR_INVALID_HANDLE), NAMED(CUDA_ERROR_ILLEGAL_STATE), NAMED(CUDA_ERROR_NOT_FOUND),
        NAMED(CUDA_ERROR_NOT_READY), NAMED(CUDA_ERROR_ILLEGAL_ADDRESS), NAMED(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES),
        NAMED(CUDA_ERROR_LAUNCH_TIMEOUT), NAMED(CUDA_ERROR_PRIMARY_CONTEXT_ACTIVE),
        NAMED(CUDA_ERROR_CONTEXT_IS_DESTROYED), NAMED(CUDA_ERROR_ASSERT),
        NAMED(CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED), NAMED(CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED),
        NAMED(CUDA_ERROR_ILLEGAL_INSTRUCTION), NAMED(CUDA_ERROR_MISALIGNED_ADDRESS), NAMED(CUDA_ERROR_INVALID_PC),
        NAMED(CUDA_ERROR_LAUNCH_FAILED), NAMED(CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE), NAMED(CUDA_ERROR_NOT_PERMITTED),
        NAMED(CUDA_ERROR_NOT_SUPPORTED), NAMED(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED),
        NAMED(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED), NAMED(CUDA_ERROR_STREAM_CAPTURE_MERGE),
        NAMED(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED), NAMED(CUDA_ERROR_STREAM_CAPTURE_UNJOINED),
        NAMED(CUDA_ERROR_STREAM_CAPTURE_ISOLATION), NAMED(CUDA_ERROR_STREAM_CAPTURE_IMPLICIT),
        NAMED(CUDA_ERROR_CAPTURED_EVENT), NAMED(CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD), NAMED(CUDA_ERROR_TIMEOUT),
        NAMED(CUDA_ERROR_GRAPH_EXEC_UPDATE_FAILURE), NAMED(CUDA_ERROR_UNKNOWN),
    };
    for (size_t i = 0; i < COUNT(named); i++) {
        const char *name = NULL, *text = NULL;
        OK(cuGetErrorName(named[i].error, &name));
        if (strcmp(name, named[i].name) != 0)
            fail_at(__FILE__, __LINE__, "%d is called %s, not %s", named[i].error, name, named[i].name);
        OK(cuGetErrorString(named[i].error, &text));
        CHECK(text && *text);
    }
}

CASE(errors_that_are_none_have_no_name)
{
    const char *text = "before";
    IS(cuGetErrorName((CUresult)12345, &text), CUDA_ERROR_INVALID_VALUE);
    CHECK(text == NULL);
    text = "before";
    IS(cuGetErrorString((CUresult)12345, &text), CUDA_ERROR_INVALID_VALUE);
    CHECK(text == NULL);
}
