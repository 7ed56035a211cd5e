/* Launches: grids, parameters, shared memory, limits. */
#include "client.h"
#include "kernels.h"

CASE(launch_adds_vectors)
{
    enum { MANY = 100000 };
    static float a[MANY], b[MANY], sum[MANY];
    int count = MANY;
    begin();
    for (int i = 0; i < MANY; i++) {
        a[i] = (float)i;
        b[i] = 0.5f * (float)i;
    }
    CUdeviceptr on[] = {upload(a, sizeof a), upload(b, sizeof b), allocate(sizeof sum)};
    LAUNCH(kernel("add"), (MANY + 255) / 256, 256, NULL, &on[0], &on[1], &on[2], &count);
    OK(cuMemcpyDtoH(sum, on[2], sizeof sum));
    for (int i = 0; i < MANY; i++)
        CHECK(sum[i] == 1.5f * (float)i);
}

CASE(launch_places)
{
    enum { BLOCKS = 3 * 2 * 4, THREADS = 5 * 4 * 3 };
    static int out[BLOCKS * THREADS][2];
    begin();
    CUdeviceptr at = allocate(sizeof out);
    OK(cuLaunchKernel(kernel("places"), 3, 2, 4, 5, 4, 3, 0, NULL, (void *[]){&at}, NULL));
    OK(cuMemcpyDtoH(out, at, sizeof out));
    for (int block = 0; block < BLOCKS; block++)
        for (int thread = 0; thread < THREADS; thread++) {
            int *place = out[block * THREADS + thread];
            CHECK_INT(place[0], block % 3 + 10 * (block / 3 % 2) + 100 * (block / 6));
            CHECK_INT(place[1], thread % 5 + 10 * (thread / 5 % 4) + 100 * (thread / 20));
        }
}

static char a_char = -7;
static double a_double = 0.1;
static short a_short = -300;
static struct mixed a_mixed = {11, 2.75, -4};
static struct odd an_odd = {{1, 2, 3}};
static long long a_long = -123456789012ll;

static void check_parameters(CUdeviceptr at)
{
    double out[8], want[] = {-7, 0.1, -300, 11, 2.75, -4, 321, -123456789012.0};
    OK(cuMemcpyDtoH(out, at, sizeof out));
    for (size_t i = 0; i < COUNT(out); i++)
        CHECK(out[i] == want[i]);
}

CASE(launch_parameters_of_every_size)
{
    begin();
    CUdeviceptr at = allocate(8 * sizeof(double));
    LAUNCH(kernel("parameters"), 1, 1, NULL, &a_char, &a_double, &a_short, &a_mixed, &an_odd, &a_long, &at);
    check_parameters(at);
}

/* Where each parameter is in a buffer of all, by natural alignment. */
CASE(launch_parameters_in_one_buffer)
{
    struct {
        char c;
        double d;
        short s;
        struct mixed m;
        struct odd o;
        long long l;
        CUdeviceptr out;
    } all = {a_char, a_double, a_short, a_mixed, an_odd, a_long, 0};
    size_t size = sizeof all;
    begin();
    all.out = allocate(8 * sizeof(double));
    void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &all, CU_LAUNCH_PARAM_BUFFER_SIZE, &size, CU_LAUNCH_PARAM_END};
    OK(cuLaunchKernel(kernel("parameters"), 1, 1, 1, 1, 1, 1, 0, NULL, NULL, extra));
    check_parameters(all.out);
}

CASE(launch_parameters_twice)
{
    size_t size = sizeof(CUdeviceptr);
    begin();
    CUdeviceptr at = zeroes(1);
    void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &at, CU_LAUNCH_PARAM_BUFFER_SIZE, &size, CU_LAUNCH_PARAM_END};
    IS(cuLaunchKernel(kernel("count_threads"), 1, 1, 1, 1, 1, 1, 0, NULL, (void *[]){&at}, extra),
       CUDA_ERROR_INVALID_VALUE);
    CHECK_INT(value_at(at), 0);
}

CASE(launch_4_kib_of_parameters)
{
    static struct four_k values;
    int sum = 0;
    begin();
    for (size_t i = 0; i < COUNT(values.at); i++)
        sum += values.at[i] = (int)i * 3 - 500;
    CUdeviceptr at = zeroes(1);
    LAUNCH(kernel("sum_of_4k"), 1, 1, NULL, &values, &at);
    CHECK_INT(value_at(at), sum);
}

CASE(launch_8_kib_of_parameters)
{
    static struct eight_k values;
    int sum = 0;
    begin();
    for (size_t i = 0; i < COUNT(values.at); i++)
        sum += values.at[i] = (int)i * 7 - 900;
    CUdeviceptr at = zeroes(1);
    LAUNCH(kernel("sum_of_8k"), 1, 1, NULL, &values, &at);
    CHECK_INT(value_at(at), sum);
}

/* Values are copied by the call; what they came from may change. */
CASE(launch_copies_its_parameters)
{
    struct gate gate;
    int count = 1, times = 0, plus = 5;
    begin();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = zeroes(1), seen = at;
    CUfunction affine = kernel("affine");
    shut(&gate, stream);
    LAUNCH(affine, 1, 1, stream, &at, &count, &times, &plus);
    at = 0, count = 0, plus = 99;
    open_gate(&gate);
    OK(cuStreamSynchronize(stream));
    CHECK_INT(value_at(seen), 5);
}

CASE(launch_without_parameters)
{
    begin();
    OK(cuLaunchKernel(kernel("nothing"), 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
    OK(cuLaunchKernel(kernel("nothing"), 2, 2, 2, 32, 2, 2, 0, NULL, NULL, NULL));
    OK(cuCtxSynchronize());
}

CASE(launch_shared_memory)
{
    int values[512];
    begin();
    for (int i = 0; i < 512; i++)
        values[i] = i;
    CUdeviceptr at = upload(values, sizeof values);
    LAUNCH(kernel("reverse"), 2, 256, NULL, &at);
    OK(cuMemcpyDtoH(values, at, sizeof values));
    for (int i = 0; i < 512; i++)
        CHECK_INT(values[i], i / 256 * 256 + 255 - i % 256);
}

static void reverse_dynamically(unsigned bytes)
{
    int values[128], room = (int)(bytes / sizeof(int));
    for (int i = 0; i < 128; i++)
        values[i] = i;
    CUdeviceptr at = upload(values, sizeof values);
    OK(cuLaunchKernel(kernel("reverse_dynamic"), 1, 1, 1, 128, 1, 1, bytes, NULL, (void *[]){&at, &room}, NULL));
    OK(cuMemcpyDtoH(values, at, sizeof values));
    for (int i = 0; i < 128; i++)
        CHECK_INT(values[i], 127 - i);
}

CASE(launch_dynamic_shared_memory)
{
    begin();
    reverse_dynamically(128 * sizeof(int));
    reverse_dynamically(48 * 1024);
}

CASE(launch_more_shared_memory_after_opting_in)
{
    int room = 1;
    CUdeviceptr at;
    begin();
    int most = attribute(CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN);
    if (most <= 48 * 1024)
        skip("there is no more");
    CUfunction reverse = kernel("reverse_dynamic");
    at = zeroes(128);
    IS(cuLaunchKernel(reverse, 1, 1, 1, 128, 1, 1, (unsigned)most, NULL, (void *[]){&at, &room}, NULL),
       CUDA_ERROR_INVALID_VALUE);
    OK(cuFuncSetAttribute(reverse, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, most));
    reverse_dynamically((unsigned)most);
    IS(cuFuncSetAttribute(reverse, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, most + 1),
       CUDA_ERROR_INVALID_VALUE);
}

static CUresult shaped(unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz)
{
    return cuLaunchKernel(kernel("nothing"), gx, gy, gz, bx, by, bz, 0, NULL, NULL, NULL);
}

/* The call itself says so, and nothing sticks. */
CASE(launch_beyond_the_limits)
{
    begin();
    IS(shaped(0, 1, 1, 1, 1, 1), CUDA_ERROR_INVALID_VALUE);
    IS(shaped(1, 1, 0, 1, 1, 1), CUDA_ERROR_INVALID_VALUE);
    IS(shaped(1, 1, 1, 0, 1, 1), CUDA_ERROR_INVALID_VALUE);
    IS(shaped(1, 1, 1, 1025, 1, 1), CUDA_ERROR_INVALID_VALUE);
    IS(shaped(1, 1, 1, 1, 1, 65), CUDA_ERROR_INVALID_VALUE);
    IS(shaped(1, 1, 1, 32, 33, 1), CUDA_ERROR_INVALID_VALUE);
    IS(shaped(1, 65536, 1, 1, 1, 1), CUDA_ERROR_INVALID_VALUE);
    IS(shaped(1, 1, 65536, 1, 1, 1), CUDA_ERROR_INVALID_VALUE);
    OK(shaped(1, 1, 1, 1024, 1, 1));
    OK(shaped(1, 1, 1, 1, 16, 64));
    OK(cuCtxSynchronize());
}

CASE(launch_beyond_the_bounds_of_the_kernel)
{
    begin();
    CUdeviceptr at = zeroes(128);
    CUfunction bounded = kernel("bounded");
    CUresult status = cuLaunchKernel(bounded, 1, 1, 1, 65, 1, 1, 0, NULL, (void *[]){&at}, NULL);
    CHECK(status == CUDA_ERROR_INVALID_VALUE || status == CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES);
    LAUNCH(bounded, 1, 64, NULL, &at);
    CHECK_ALL(at, 64, 1);
    CHECK_ALL(at + 64 * sizeof(int), 64, 0);
}

CASE(launch_of_nothing)
{
    begin();
    REFUSED(cuLaunchKernel(NULL, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
    OK(shaped(1, 1, 1, 1, 1, 1));
    OK(cuCtxSynchronize());
}

CASE(launch_many)
{
    begin();
    CUstream stream = new_stream(0);
    CUdeviceptr at = zeroes(1);
    CUfunction count_threads = kernel("count_threads");
    for (int i = 0; i < 2000; i++)
        LAUNCH(count_threads, 1, 1, stream, &at);
    OK(cuStreamSynchronize(stream));
    CHECK_INT(value_at(at), 2000);
}
