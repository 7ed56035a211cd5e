/* C with a shared runtime of whatever version: memory, streams, events, and a kernel by the driver's functions, which the
 * runtime finds. */
#include <cuda.h>
#include <cuda_runtime_api.h>
#include <stdio.h>
#include <stdlib.h>

#define OK(call) check((int)(call), #call, __LINE__)

static void check(int status, const char *call, int line)
{
    if (status != 0) {
        printf("line %d: %s: %d\n", line, call, status);
        exit(1);
    }
}

static const char TEXT[] =
    ".version 6.0\n.target sm_50\n.address_size 64\n"
    ".visible .entry square(.param .u64 to)\n"
    "{\n"
    "  .reg .b32 %r<4>;\n  .reg .b64 %rd<5>;\n"
    "  ld.param.u64 %rd1, [to];\n"
    "  cvta.to.global.u64 %rd2, %rd1;\n"
    "  mov.u32 %r1, %tid.x;\n"
    "  mul.wide.u32 %rd3, %r1, 4;\n"
    "  add.s64 %rd4, %rd2, %rd3;\n"
    "  ld.global.u32 %r2, [%rd4];\n"
    "  mul.lo.s32 %r3, %r2, %r2;\n"
    "  st.global.u32 [%rd4], %r3;\n"
    "  ret;\n"
    "}\n";

static void *find(const char *name)
{
    void *found = NULL;
#if CUDART_VERSION < 12000
    OK(cudaGetDriverEntryPoint(name, &found, cudaEnableDefault));
#else
    OK(cudaGetDriverEntryPoint(name, &found, cudaEnableDefault, NULL));
#endif
    if (!found) {
        printf("%s is not found\n", name);
        exit(1);
    }
    return found;
}

int main(void)
{
    enum { COUNT = 256 };
    int version = 0, host[COUNT], devices = 0;
    void *at = NULL;
    cudaStream_t stream;
    cudaEvent_t start, end;
    float milliseconds = -1;
    OK(cudaRuntimeGetVersion(&version));
    OK(cudaGetDeviceCount(&devices));
    printf("runtime %d.%d\n", version / 1000, version % 1000 / 10);
    for (int i = 0; i < COUNT; i++)
        host[i] = i;
    OK(cudaMalloc(&at, sizeof host));
    OK(cudaStreamCreate(&stream));
    OK(cudaEventCreate(&start));
    OK(cudaEventCreate(&end));

    CUresult (*load)(CUmodule *, const void *), (*get)(CUfunction *, CUmodule, const char *);
    CUresult (*launch)(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream, void **,
                       void **);
    CUmodule module;
    CUfunction square;
    void *parameters[] = {&at};
    *(void **)&load = find("cuModuleLoadData");
    *(void **)&get = find("cuModuleGetFunction");
    *(void **)&launch = find("cuLaunchKernel");
    OK(load(&module, TEXT));
    OK(get(&square, module, "square"));

    OK(cudaEventRecord(start, stream));
    OK(cudaMemcpyAsync(at, host, sizeof host, cudaMemcpyHostToDevice, stream));
    OK(launch(square, 1, 1, 1, COUNT, 1, 1, 0, stream, parameters, NULL));
    OK(cudaMemcpyAsync(host, at, sizeof host, cudaMemcpyDeviceToHost, stream));
    OK(cudaEventRecord(end, stream));
    OK(cudaStreamSynchronize(stream));
    OK(cudaEventElapsedTime(&milliseconds, start, end));
    long long sum = 0;
    for (int i = 0; i < COUNT; i++) {
        if (host[i] != i * i) {
            printf("[%d] is %d\n", i, host[i]);
            return 1;
        }
        sum += host[i];
    }
    OK(cudaMemset(at, 0, sizeof host));
    OK(cudaMemcpy(host, at, sizeof host, cudaMemcpyDeviceToHost));
    if (host[0] != 0 || host[COUNT - 1] != 0 || milliseconds < 0)
        return 1;
    if (cudaMalloc(&at, (size_t)1 << 60) != cudaErrorMemoryAllocation || cudaGetLastError() != cudaErrorMemoryAllocation)
        return 1;
    OK(cudaStreamDestroy(stream));
    OK(cudaEventDestroy(start));
    OK(cudaEventDestroy(end));
    printf("sum of squares: %lld\nright\n", sum);
    return 0;
}
