/* Launches with attributes, and launches of which all blocks run at once. */
#include "client.h"

static void launch(CUlaunchAttribute *attributes, unsigned count, CUstream stream, CUdeviceptr at)
{
    CUlaunchConfig config = {
        .gridDimX = 3, .gridDimY = 1, .gridDimZ = 1, .blockDimX = 4, .blockDimY = 1, .blockDimZ = 1,
        .hStream = stream, .attrs = attributes, .numAttrs = count,
    };
    OK(cuLaunchKernelEx(&config, kernel("count_threads"), (void *[]){&at}, NULL));
}

CASE(launch_ex)
{
    begin();
    CUdeviceptr at = zeroes(1);
    launch(NULL, 0, NULL, at);
    CHECK_INT(value_at(at), 12);
    launch(NULL, 0, new_stream(0), at);
    OK(cuCtxSynchronize());
    CHECK_INT(value_at(at), 24);
}

CASE(launch_ex_attributes)
{
    int least, greatest;
    begin();
    OK(cuCtxGetStreamPriorityRange(&least, &greatest));
    CUdeviceptr at = zeroes(1);
    CUlaunchAttribute attributes[] = {
        {.id = CU_LAUNCH_ATTRIBUTE_IGNORE},
        {.id = CU_LAUNCH_ATTRIBUTE_PRIORITY, .value.priority = greatest},
    };
    CUstream stream = new_stream(0);
    launch(attributes, COUNT(attributes), stream, at);
    OK(cuStreamSynchronize(stream));
    CHECK_INT(value_at(at), 12);
}

CASE(launch_ex_parameters_in_one_buffer)
{
    size_t size = sizeof(CUdeviceptr);
    begin();
    CUdeviceptr at = zeroes(1);
    void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &at, CU_LAUNCH_PARAM_BUFFER_SIZE, &size, CU_LAUNCH_PARAM_END};
    CUlaunchConfig config = {2, 1, 1, 8, 1, 1, 0, NULL, NULL, 0};
    OK(cuLaunchKernelEx(&config, kernel("count_threads"), NULL, extra));
    CHECK_INT(value_at(at), 16);
}

CASE(launch_ex_wrong)
{
    begin();
    CUdeviceptr at = zeroes(1);
    CUlaunchConfig config = {1, 1, 1, 1025, 1, 1, 0, NULL, NULL, 0};
    IS(cuLaunchKernelEx(&config, kernel("count_threads"), (void *[]){&at}, NULL), CUDA_ERROR_INVALID_VALUE);
    IS(cuLaunchKernelEx(NULL, kernel("count_threads"), (void *[]){&at}, NULL), CUDA_ERROR_INVALID_VALUE);
    CHECK_INT(value_at(at), 0);
}

/* Each of 4 blocks waits for the others, which it could not if one ran after the other. */
static void check_met(CUdeviceptr out)
{
    CHECK_ALL(out, 4 * 32, 4);
}

CASE(launch_cooperative)
{
    begin();
    need(CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, "cooperative launches");
    CUdeviceptr arrived = zeroes(1), out = zeroes(4 * 32);
    OK(cuLaunchCooperativeKernel(kernel("meet"), 4, 1, 1, 32, 1, 1, 0, NULL, (void *[]){&arrived, &out}));
    check_met(out);
}

CASE(launch_cooperative_by_attribute)
{
    begin();
    need(CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, "cooperative launches");
    CUdeviceptr arrived = zeroes(1), out = zeroes(4 * 32);
    CUlaunchAttribute attribute = {.id = CU_LAUNCH_ATTRIBUTE_COOPERATIVE, .value.cooperative = 1};
    CUlaunchConfig config = {4, 1, 1, 32, 1, 1, 0, NULL, &attribute, 1};
    OK(cuLaunchKernelEx(&config, kernel("meet"), (void *[]){&arrived, &out}, NULL));
    check_met(out);
}

/* No more blocks than run at once: those of one multiprocessor, on each. */
CASE(launch_cooperative_too_large)
{
    int each = 0;
    begin();
    need(CU_DEVICE_ATTRIBUTE_COOPERATIVE_LAUNCH, "cooperative launches");
    CUfunction meet = kernel("meet");
    CUdeviceptr arrived = zeroes(1), out = zeroes(32);
    OK(cuOccupancyMaxActiveBlocksPerMultiprocessor(&each, meet, 1024, 0));
    unsigned blocks = (unsigned)(each * attribute(CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT) + 1);
    IS(cuLaunchCooperativeKernel(meet, blocks, 1, 1, 1024, 1, 1, 0, NULL, (void *[]){&arrived, &out}),
       CUDA_ERROR_COOPERATIVE_LAUNCH_TOO_LARGE);
    OK(cuCtxSynchronize());
}
