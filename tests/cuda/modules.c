/* Modules: where they come from, what is in them, what is no module. */
#include "client.h"

#include <fcntl.h>

/* Hand-written, and older than the tools: y[i] = y[i] + 3. */
static const char OLD[] =
    ".version 6.0\n.target sm_50\n.address_size 64\n"
    ".visible .entry add_three(.param .u64 to)\n"
    "{\n"
    "  .reg .b32 %r<4>;\n  .reg .b64 %rd<5>;\n"
    "  ld.param.u64 %rd1, [to];\n"
    "  cvta.to.global.u64 %rd2, %rd1;\n"
    "  mov.u32 %r1, %tid.x;\n"
    "  mul.wide.u32 %rd3, %r1, 4;\n"
    "  add.s64 %rd4, %rd2, %rd3;\n"
    "  ld.global.u32 %r2, [%rd4];\n"
    "  add.s32 %r3, %r2, 3;\n"
    "  st.global.u32 [%rd4], %r3;\n"
    "  ret;\n"
    "}\n";

static void check_adds(CUmodule module)
{
    float a[] = {1, 2, 3}, b[] = {10, 20, 30}, sum[3] = {0};
    CUdeviceptr on[] = {upload(a, sizeof a), upload(b, sizeof b), allocate(sizeof sum)};
    CUfunction add;
    int count = 3;
    OK(cuModuleGetFunction(&add, module, "add"));
    LAUNCH(add, 1, 32, NULL, &on[0], &on[1], &on[2], &count);
    OK(cuMemcpyDtoH(sum, on[2], sizeof sum));
    CHECK(sum[0] == 11 && sum[1] == 22 && sum[2] == 33);
}

CASE(module_of_ptx)
{
    CUmodule module = NULL;
    begin();
    OK(cuModuleLoadData(&module, kernels_ptx));
    check_adds(module);
    OK(cuModuleUnload(module));
}

CASE(module_of_fatbin)
{
    CUmodule module = NULL, again = NULL;
    begin();
    OK(cuModuleLoadFatBinary(&module, kernels_fatbin));
    OK(cuModuleLoadData(&again, kernels_fatbin));
    CHECK(module != again);
    check_adds(module);
    OK(cuModuleUnload(module));
    check_adds(again);
}

static void write_file(const char *path, const void *bytes, size_t size)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    CHECK(file >= 0 && write(file, bytes, size) == (ssize_t)size && close(file) == 0);
}

CASE(module_of_a_file)
{
    char place[] = "module-XXXXXX", path[64];
    CUmodule module = NULL;
    begin();
    CHECK(mkdtemp(place));
    snprintf(path, sizeof path, "%s/kernels.ptx", place);
    write_file(path, kernels_ptx, strlen(kernels_ptx));
    OK(cuModuleLoad(&module, path));
    check_adds(module);
    unlink(path);
    snprintf(path, sizeof path, "%s/kernels.fatbin", place);
    write_file(path, kernels_fatbin, (size_t)(kernels_fatbin_end - kernels_fatbin));
    OK(cuModuleLoad(&module, path));
    check_adds(module);
    unlink(path);
    IS(cuModuleLoad(&module, path), CUDA_ERROR_FILE_NOT_FOUND);
    rmdir(place);
}

CASE(module_of_old_ptx)
{
    CUmodule module;
    CUfunction function;
    begin();
    CUdeviceptr at = zeroes(32);
    OK(cuModuleLoadData(&module, OLD));
    OK(cuModuleGetFunction(&function, module, "add_three"));
    LAUNCH(function, 1, 32, NULL, &at);
    CHECK_ALL(at, 32, 3);
}

CASE(module_lacks_a_name)
{
    CUfunction function;
    CUdeviceptr at;
    size_t size;
    begin();
    CUmodule module = load_kernels();
    IS(cuModuleGetFunction(&function, module, "missing"), CUDA_ERROR_NOT_FOUND);
    IS(cuModuleGetFunction(&function, module, ""), CUDA_ERROR_NOT_FOUND);
    IS(cuModuleGetFunction(&function, module, "counter"), CUDA_ERROR_NOT_FOUND);
    IS(cuModuleGetGlobal(&at, &size, module, "missing"), CUDA_ERROR_NOT_FOUND);
    IS(cuModuleGetFunction(NULL, module, "add"), CUDA_ERROR_INVALID_VALUE);
    IS(cuModuleGetFunction(&function, module, NULL), CUDA_ERROR_INVALID_VALUE);
    /* It is none the worse for that. */
    check_adds(module);
}

CASE(module_of_no_image)
{
    static const char noise[256] = {1, 2, 3, 4};
    CUmodule module;
    begin();
    IS(cuModuleLoadData(&module, noise), CUDA_ERROR_INVALID_IMAGE);
    IS(cuModuleLoadFatBinary(&module, noise), CUDA_ERROR_INVALID_IMAGE);
    IS(cuModuleLoadData(&module, NULL), CUDA_ERROR_INVALID_VALUE);
    IS(cuModuleLoadData(NULL, kernels_ptx), CUDA_ERROR_INVALID_VALUE);
    check_adds(load_kernels());
}

/* Compiled code for devices 11.x alone. */
CASE(module_for_another_device)
{
    CUmodule module;
    begin();
    if (attribute(CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR) == 11)
        skip("it is for this one");
    IS(cuModuleLoadData(&module, kernels_11_0), CUDA_ERROR_NO_BINARY_FOR_GPU);
    check_adds(load_kernels());
}

#define HEAD ".version 7.0\n.target sm_75\n.address_size 64\n"

CASE(module_of_wrong_ptx)
{
    static const char *const wrong[] = {
        HEAD ".visible .entry k() { no.such.instruction %r1, %r2; ret; }\n",
        HEAD ".visible .entry k() { mov.u32 %undeclared, 1; ret; }\n",
        HEAD ".visible .entry k() { .reg .b32 %r<2>; mov.u32 %r1, 1 ret; }\n",
        HEAD ".visible .entry k() { bra nowhere; ret; }\n",
        HEAD ".visible .entry k( {\n",
    };
    CUmodule module;
    begin();
    for (size_t i = 0; i < COUNT(wrong); i++)
        IS(cuModuleLoadData(&module, wrong[i]), CUDA_ERROR_INVALID_PTX);
    IS(cuModuleLoadData(&module, ".version 99.0\n.target sm_75\n.address_size 64\n.visible .entry k() { ret; }\n"),
       CUDA_ERROR_UNSUPPORTED_PTX_VERSION);
    check_adds(load_kernels());
}

CASE(module_tells_what_is_wrong)
{
    char errors[2048] = "", infos[2048] = "";
    CUmodule module;
    CUjit_option options[] = {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, CU_JIT_INFO_LOG_BUFFER,
                              CU_JIT_INFO_LOG_BUFFER_SIZE_BYTES, CU_JIT_LOG_VERBOSE};
    void *values[] = {errors, (void *)sizeof errors, infos, (void *)sizeof infos, (void *)1};
    begin();
    IS(cuModuleLoadDataEx(&module, HEAD ".visible .entry k() { no.such.instruction %r1; ret; }\n", 5, options, values),
       CUDA_ERROR_INVALID_PTX);
    CHECK(strlen(errors) > 0);
    /* How much of the buffer is filled. */
    CHECK((size_t)values[1] > 0 && (size_t)values[1] <= sizeof errors);
    memset(errors, 0, sizeof errors);
    values[1] = (void *)sizeof errors;
    values[3] = (void *)sizeof infos;
    OK(cuModuleLoadDataEx(&module, kernels_ptx, 5, options, values));
    CHECK(strlen(errors) == 0);
    check_adds(module);
}

CASE(module_with_options)
{
    CUmodule module;
    CUjit_option options[] = {CU_JIT_MAX_REGISTERS, CU_JIT_OPTIMIZATION_LEVEL, CU_JIT_CACHE_MODE};
    void *values[] = {(void *)32, (void *)3, (void *)CU_JIT_CACHE_OPTION_NONE};
    begin();
    OK(cuModuleLoadDataEx(&module, kernels_ptx, COUNT(options), options, values));
    check_adds(module);
    OK(cuModuleLoadDataEx(&module, kernels_ptx, 0, NULL, NULL));
    check_adds(module);
}

CASE(module_enumerates_its_functions)
{
    unsigned count = 0;
    CUfunction functions[64];
    const char *name;
    bool found = false;
    begin();
    CUmodule module = load_kernels(), of_function = NULL;
    OK(cuModuleGetFunctionCount(&count, module));
    CHECK(count > 10 && count <= COUNT(functions));
    OK(cuModuleEnumerateFunctions(functions, count, module));
    for (unsigned i = 0; i < count; i++) {
        OK(cuFuncGetName(&name, functions[i]));
        found |= strcmp(name, "affine") == 0;
        OK(cuFuncGetModule(&of_function, functions[i]));
        CHECK(of_function == module);
    }
    CHECK(found);
}

CASE(module_loading_is_eager_or_lazy)
{
    CUmoduleLoadingMode mode = (CUmoduleLoadingMode)0;
    begin_without_context();
    OK(cuModuleGetLoadingMode(&mode));
    CHECK(mode == CU_MODULE_EAGER_LOADING || mode == CU_MODULE_LAZY_LOADING);
}

/* Every module of an image has variables of its own. */
CASE(modules_of_one_image)
{
    CUmodule modules[2];
    CUdeviceptr counter[2];
    CUfunction count_up;
    size_t size;
    begin();
    for (int i = 0; i < 2; i++) {
        modules[i] = load_kernels();
        OK(cuModuleGetGlobal(&counter[i], &size, modules[i], "counter"));
        CHECK_INT(size, 4);
    }
    OK(cuModuleGetFunction(&count_up, modules[1], "count_up"));
    LAUNCH(count_up, 2, 3, NULL, NULL);
    CHECK_INT(value_at(counter[0]), 7);
    CHECK_INT(value_at(counter[1]), 7 + 6);
}

/* The image is copied: it may change as soon as it is loaded. */
CASE(module_outlives_its_image)
{
    CUmodule module;
    begin();
    char *image = strdup(kernels_ptx);
    OK(cuModuleLoadData(&module, image));
    memset(image, 'x', strlen(image));
    free(image);
    check_adds(module);
}

CASE(modules_come_and_go)
{
    CUmodule module;
    begin();
    for (int i = 0; i < 50; i++) {
        OK(cuModuleLoadData(&module, OLD));
        OK(cuModuleUnload(module));
    }
    check_adds(load_kernels());
    REFUSED(cuModuleUnload(NULL));
}
