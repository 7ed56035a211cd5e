/* Errors of kernels, which stay with the context, and errors that do not stay. */
#include "client.h"

static const CUdeviceptr NOWHERE = 0x10;

/* Launches a kernel that fails; what the synchronisation says. */
static CUresult fault_of(const char *name, void *parameter)
{
    LAUNCH(kernel(name), 1, 1, NULL, parameter);
    return cuCtxSynchronize();
}

CASE(fault_of_an_address)
{
    CUdeviceptr nowhere = NOWHERE;
    begin();
    CHECK_INT(fault_of("write_to", &nowhere), CUDA_ERROR_ILLEGAL_ADDRESS);
}

CASE(fault_of_reading)
{
    CUdeviceptr nowhere = NOWHERE;
    begin();
    CUdeviceptr out = zeroes(1);
    LAUNCH(kernel("read_from"), 1, 1, NULL, &nowhere, &out);
    IS(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
}

CASE(fault_of_freed_memory)
{
    begin();
    CUdeviceptr at = allocate(64 << 20);
    OK(cuMemFree(at));
    CHECK_INT(fault_of("write_to", &at), CUDA_ERROR_ILLEGAL_ADDRESS);
}

CASE(fault_of_alignment)
{
    begin();
    CUdeviceptr at = zeroes(2) + 1;
    CHECK_INT(fault_of("write_to", &at), CUDA_ERROR_MISALIGNED_ADDRESS);
}

CASE(fault_by_a_trap)
{
    begin();
    LAUNCH(kernel("trap"), 1, 1, NULL, NULL);
    CUresult status = cuCtxSynchronize();
    CHECK(status == CUDA_ERROR_LAUNCH_FAILED || status == CUDA_ERROR_ILLEGAL_INSTRUCTION);
    note("trap: %d", status);
}

static void assert_wrongly(void)
{
    int value = -1;
    begin();
    CHECK_INT(fault_of("assert_positive", &value), CUDA_ERROR_ASSERT);
    CUdeviceptr at;
    IS(cuMemAlloc(&at, 4), CUDA_ERROR_ASSERT);
}

CASE(fault_by_an_assertion)
{
    static struct ended ended;
    int value = 1;
    in_a_process(assert_wrongly, &ended);
    if (!WIFEXITED(ended.status) || WEXITSTATUS(ended.status) != 0)
        fail_at(__FILE__, __LINE__, "%s", ended.output);
    CHECK(strstr(ended.output, "kernels.cu") && strstr(ended.output, "`value > 0` failed"));
    begin();
    CHECK_INT(fault_of("assert_positive", &value), CUDA_SUCCESS);
}

/* "This leaves the process in an inconsistent state and any further CUDA work will return the same error." */
CASE(fault_stays)
{
    CUdeviceptr nowhere = NOWHERE, at;
    CUstream stream;
    CUevent event;
    CUmodule module;
    size_t free, total;
    int value = 0;
    begin();
    CUdeviceptr before = zeroes(1);
    CUstream old_stream = new_stream(0);
    CUevent old_event = new_event(0);
    CHECK_INT(fault_of("write_to", &nowhere), CUDA_ERROR_ILLEGAL_ADDRESS);
    for (int again = 0; again < 2; again++) {
        IS(cuCtxSynchronize(), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuMemAlloc(&at, 64), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuMemFree(before), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuMemcpyDtoH(&value, before, sizeof value), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuMemcpyHtoD(before, &value, sizeof value), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuMemsetD32(before, 1, 1), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuMemGetInfo(&free, &total), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuStreamCreate(&stream, 0), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuStreamSynchronize(old_stream), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuStreamQuery(old_stream), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuEventCreate(&event, 0), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuEventRecord(old_event, old_stream), CUDA_ERROR_ILLEGAL_ADDRESS);
        IS(cuModuleLoadData(&module, kernels_ptx), CUDA_ERROR_ILLEGAL_ADDRESS);
    }
    /* What asks nothing of the context goes on. */
    CUcontext current = NULL;
    int version = 0, count = 0;
    OK(cuCtxGetCurrent(&current));
    CHECK(current == context);
    OK(cuDriverGetVersion(&version));
    OK(cuDeviceGetCount(&count));
}

CASE(fault_is_seen_by_the_stream)
{
    struct gate gate;
    CUdeviceptr nowhere = NOWHERE;
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUevent event = new_event(0);
    CUfunction write_to = kernel("write_to");
    /* Any call may tell of the fault as soon as it has happened. */
    shut(&gate, stream);
    LAUNCH(write_to, 1, 32, stream, &nowhere);
    OK(cuEventRecord(event, stream));
    open_gate(&gate);
    IS(cuEventSynchronize(event), CUDA_ERROR_ILLEGAL_ADDRESS);
    IS(cuStreamSynchronize(stream), CUDA_ERROR_ILLEGAL_ADDRESS);
}

/* What was behind it never happens: no memory of the program's changes. */
CASE(fault_ends_what_is_behind_it)
{
    CUdeviceptr nowhere = NOWHERE;
    int *pinned, one = 1;
    begin();
    OK(cuMemAllocHost((void **)&pinned, sizeof *pinned));
    *pinned = -1;
    CUdeviceptr at = upload(&one, sizeof one);
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    struct gate gate;
    CUfunction write_to = kernel("write_to");
    shut(&gate, stream);
    LAUNCH(write_to, 1, 1, stream, &nowhere);
    OK(cuMemcpyDtoHAsync(pinned, at, sizeof *pinned, stream));
    open_gate(&gate);
    IS(cuStreamSynchronize(stream), CUDA_ERROR_ILLEGAL_ADDRESS);
    CHECK_INT(*pinned, -1);
}

static void fail_there(void)
{
    CUdeviceptr nowhere = NOWHERE;
    begin();
    CHECK_INT(fault_of("write_to", &nowhere), CUDA_ERROR_ILLEGAL_ADDRESS);
}

CASE(fault_of_another_process)
{
    static struct ended ended;
    in_a_process(fail_there, &ended);
    CHECK(WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 0);
    begin();
    CHECK_ALL(zeroes(10), 10, 0);
}

CASE(errors_that_do_not_stay)
{
    CUdeviceptr at;
    CUfunction function;
    CUmodule module;
    CUstream stream;
    begin();
    CUmodule loaded = load_kernels();
    IS(cuMemAlloc(&at, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemAlloc(&at, (size_t)1 << 60), CUDA_ERROR_OUT_OF_MEMORY);
    IS(cuModuleGetFunction(&function, loaded, "missing"), CUDA_ERROR_NOT_FOUND);
    IS(cuModuleLoad(&module, "no/such/file"), CUDA_ERROR_FILE_NOT_FOUND);
    IS(cuStreamCreate(&stream, 0x100), CUDA_ERROR_INVALID_VALUE);
    IS(cuLaunchKernel(kernel("nothing"), 1, 1, 1, 2000, 1, 1, 0, NULL, NULL, NULL), CUDA_ERROR_INVALID_VALUE);
    OK(cuCtxSynchronize());
    CHECK_ALL(zeroes(10), 10, 0);
}
