/* A tenant of a CUDA device that others want, too: it launches kernels of about 2 ms, one after the other, and says how many.
 *
 *   cc -O2 -o tenant_cuda tenant_cuda.c -ldl
 *   tenant_cuda calibrate              how many rounds of the kernel take a microsecond
 *   tenant_cuda KIND SECONDS ROUNDS    SECONDS of kernels, ROUNDS a microsecond; KIND is cuda
 *
 * Prints what tenant.c prints of its seconds. Each result is computed on the host as well.
 */
#define _GNU_SOURCE
#define FUNCTIONS(F)                                                                                              \
    F(cuInit) F(cuDevicePrimaryCtxRetain) F(cuCtxSetCurrent) F(cuCtxSynchronize) F(cuModuleLoadData)              \
    F(cuModuleGetFunction) F(cuLaunchKernel) F(cuMemAlloc_v2) F(cuMemcpyHtoD_v2) F(cuMemcpyDtoH_v2)
#include "driver.h"
#include "rounds.h"
#include <string.h>

#define BLOCKS 4
#define THREADS 128
#define MICROSECONDS 2000

static const char CODE[] =
    ".version 6.0\n.target sm_50\n.address_size 64\n"
    ".visible .entry spin(.param .u64 at, .param .u32 rounds)\n{\n"
    "    .reg .b32 %r<8>;\n    .reg .b64 %rd<5>;\n    .reg .pred %p<2>;\n"
    "    ld.param.u64 %rd1, [at];\n    ld.param.u32 %r1, [rounds];\n    cvta.to.global.u64 %rd2, %rd1;\n"
    "    mov.u32 %r2, %ctaid.x;\n    mov.u32 %r3, %ntid.x;\n    mov.u32 %r4, %tid.x;\n"
    "    mad.lo.u32 %r5, %r2, %r3, %r4;\n    mul.wide.u32 %rd3, %r5, 4;\n    add.u64 %rd4, %rd2, %rd3;\n"
    "    ld.global.u32 %r6, [%rd4];\n"
    "again:\n"
    "    mad.lo.u32 %r6, %r6, 1664525, 1013904223;\n    sub.u32 %r1, %r1, 1;\n"
    "    setp.ne.u32 %p1, %r1, 0;\n    @%p1 bra again;\n"
    "    st.global.u32 [%rd4], %r6;\n    ret;\n}\n";

static CUfunction kernel;
static CUdeviceptr at;

static void compute(uint32_t rounds)
{
    void *parameters[] = {&at, &rounds};
    OK(cuLaunchKernel(kernel, BLOCKS, 1, 1, THREADS, 1, 1, 0, NULL, parameters, NULL));
    OK(cuCtxSynchronize());
}

/* Rounds a microsecond; the best of some kernels. */
static double calibrate(void)
{
    uint32_t rounds = 2000;
    double best = 0;
    for (int i = 0; i < 50; i++) {
        uint64_t before = now();
        compute(rounds);
        double rate = rounds * 1e3 / (double)(now() - before);
        if (rate > best)
            best = rate;
    }
    return best;
}

int main(int argc, char **argv)
{
    static uint32_t numbers[BLOCKS * THREADS];
    CUcontext context;
    CUmodule module;
    if (argc < 2 || (argc < 4 && strcmp(argv[1], "calibrate") != 0)) {
        fprintf(stderr, "usage: tenant_cuda calibrate | tenant_cuda cuda SECONDS ROUNDS\n");
        return 2;
    }
    find();
    OK(cuInit(0));
    OK(cuDevicePrimaryCtxRetain(&context, 0));
    OK(cuCtxSetCurrent(context));
    OK(cuModuleLoadData(&module, CODE));
    OK(cuModuleGetFunction(&kernel, module, "spin"));
    OK(cuMemAlloc_v2(&at, sizeof numbers));
    OK(cuMemcpyHtoD_v2(at, numbers, sizeof numbers));
    if (argc < 4) {
        printf("%f\n", calibrate());
        return 0;
    }

    uint32_t rounds = (uint32_t)(MICROSECONDS * atof(argv[3]));
    uint64_t begun = now(), end = begun + (uint64_t)(atof(argv[2]) * 1e9), second = begun / 1000000000u, work = 0;
    uint64_t done = 0;
    while (now() < end) {
        compute(rounds);
        done += rounds;
        uint64_t after = now();
        if (after / 1000000000u != second) {
            printf("second %llu work_us %llu\n", (unsigned long long)second, (unsigned long long)work);
            fflush(stdout);
            second = after / 1000000000u;
            work = 0;
        }
        work += MICROSECONDS;
    }
    OK(cuMemcpyDtoH_v2(numbers, at, sizeof numbers));
    uint32_t expected = advanced(0, done);
    for (size_t i = 0; i < BLOCKS * THREADS; i++) {
        if (numbers[i] != expected) {
            fprintf(stderr, "tenant_cuda: number %zu is wrong\n", i);
            return 1;
        }
    }
    return 0;
}
