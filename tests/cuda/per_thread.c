/* Compiled with a default stream for each thread: the same names are other functions. */
#define CUDA_API_PER_THREAD_DEFAULT_STREAM
#include "client.h"

CASE(per_thread_default_stream)
{
    struct gate gate;
    int count = 10, times = 1, plus = 3;
    begin();
    CUdeviceptr at = zeroes(10);
    CUfunction affine_here = kernel("affine");
    LAUNCH(affine_here, 1, 32, NULL, &at, &count, &times, &plus);
    OK(cuStreamSynchronize(NULL));
    CHECK_ALL(at, 10, 3);
    CUstream blocking = new_stream(CU_STREAM_DEFAULT);
    shut(&gate, CU_STREAM_PER_THREAD);
    LAUNCH(affine_here, 1, 32, NULL, &at, &count, &times, &plus);
    /* Null is this thread's stream, which other streams do not wait for. */
    IS(cuStreamQuery(NULL), CUDA_ERROR_NOT_READY);
    OK(cuStreamQuery(blocking));
    OK(cuMemsetD32Async(at, 0, 1, blocking));
    OK(cuStreamSynchronize(blocking));
    open_gate(&gate);
    OK(cuStreamSynchronize(NULL));
    CHECK_INT(value_at(at + 4), 6);
}

CASE(per_thread_copies)
{
    int values[] = {1, 2, 3}, got[3] = {0};
    begin();
    CUdeviceptr at = allocate(sizeof values);
    OK(cuMemcpyHtoD(at, values, sizeof values));
    OK(cuMemsetD32(at + 4, 9, 1));
    OK(cuMemcpyDtoHAsync(got, at, sizeof got, NULL));
    OK(cuStreamSynchronize(NULL));
    CHECK(got[0] == 1 && got[1] == 9 && got[2] == 3);
}
