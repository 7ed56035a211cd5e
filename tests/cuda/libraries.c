/* Libraries, which belong to no context, and the linker. */
#include "client.h"

static CUlibrary load(void)
{
    CUlibrary library = NULL;
    OK(cuLibraryLoadData(&library, kernels_fatbin, NULL, NULL, 0, NULL, NULL, 0));
    CHECK(library);
    return library;
}

static CUkernel find(CUlibrary library, const char *name)
{
    CUkernel found = NULL;
    OK(cuLibraryGetKernel(&found, library, name));
    CHECK(found);
    return found;
}

CASE(library_kernel_as_a_function)
{
    int count = 4, times = 1, plus = 9;
    begin();
    CUlibrary library = load();
    CUkernel affine = find(library, "affine");
    CUdeviceptr at = zeroes(4);
    LAUNCH((CUfunction)affine, 1, 4, NULL, &at, &count, &times, &plus);
    CHECK_ALL(at, 4, 9);
    CUfunction function = NULL;
    OK(cuKernelGetFunction(&function, affine));
    LAUNCH(function, 1, 4, NULL, &at, &count, &times, &plus);
    CHECK_ALL(at, 4, 18);
    OK(cuLibraryUnload(library));
}

/* It is loaded without a context, and used in any. */
CASE(library_needs_no_context)
{
    CUdeviceptr counter[2];
    size_t size;
    begin_without_context();
    CUlibrary library = load();
    CUkernel count_up = find(library, "count_up");
    for (int i = 0; i < 2; i++) {
        new_context(0);
        OK(cuLibraryGetGlobal(&counter[i], &size, library, "counter"));
        CHECK_INT(size, 4);
        LAUNCH((CUfunction)count_up, 1, (unsigned)i + 1, NULL, NULL);
        CHECK_INT(value_at(counter[i]), 7 + i + 1);
    }
    CHECK(counter[0] != counter[1]);
}

CASE(library_lacks_a_name)
{
    CUkernel found;
    CUdeviceptr at;
    size_t size;
    begin();
    CUlibrary library = load();
    IS(cuLibraryGetKernel(&found, library, "missing"), CUDA_ERROR_NOT_FOUND);
    IS(cuLibraryGetGlobal(&at, &size, library, "missing"), CUDA_ERROR_NOT_FOUND);
    IS(cuLibraryGetManaged(&at, &size, library, "missing"), CUDA_ERROR_NOT_FOUND);
    IS(cuLibraryGetKernel(&found, library, NULL), CUDA_ERROR_INVALID_VALUE);
    find(library, "affine");
}

CASE(library_module)
{
    CUmodule module = NULL, again = NULL;
    CUfunction function;
    begin();
    CUlibrary library = load();
    OK(cuLibraryGetModule(&module, library));
    OK(cuLibraryGetModule(&again, library));
    CHECK(module && module == again);
    OK(cuModuleGetFunction(&function, module, "nothing"));
    LAUNCH(function, 1, 1, NULL, NULL);
    OK(cuCtxSynchronize());
}

CASE(library_enumerates_its_kernels)
{
    unsigned count = 0;
    CUkernel kernels[64];
    CUlibrary owner = NULL;
    const char *name;
    bool found = false;
    begin();
    CUlibrary library = load();
    OK(cuLibraryGetKernelCount(&count, library));
    CHECK(count > 10 && count <= COUNT(kernels));
    OK(cuLibraryEnumerateKernels(kernels, count, library));
    for (unsigned i = 0; i < count; i++) {
        OK(cuKernelGetName(&name, kernels[i]));
        found |= strcmp(name, "affine") == 0;
        OK(cuKernelGetLibrary(&owner, kernels[i]));
        CHECK(owner == library);
    }
    CHECK(found);
}

CASE(library_kernel_attributes)
{
    int value = 0;
    size_t offset = 99, size = 0;
    begin();
    CUkernel bounded = find(load(), "bounded"), reverse = find(load(), "reverse");
    OK(cuKernelGetAttribute(&value, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, bounded, device));
    CHECK_INT(value, 64);
    OK(cuKernelGetAttribute(&value, CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES, reverse, device));
    CHECK_INT(value, 1024);
    OK(cuKernelSetAttribute(CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 2048, bounded, device));
    OK(cuKernelGetAttribute(&value, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, bounded, device));
    CHECK_INT(value, 2048);
    OK(cuKernelGetParamInfo(bounded, 0, &offset, &size));
    CHECK(offset == 0 && size == 8);
    IS(cuKernelGetParamInfo(bounded, 1, &offset, &size), CUDA_ERROR_INVALID_VALUE);
}

CASE(library_managed_variable)
{
    CUdeviceptr at = 0;
    size_t size = 0;
    int more = 4;
    begin();
    need(CU_DEVICE_ATTRIBUTE_MANAGED_MEMORY, "managed memory");
    CUlibrary library = load();
    OK(cuLibraryGetManaged(&at, &size, library, "managed"));
    CHECK_INT(size, 4);
    LAUNCH((CUfunction)find(library, "add_to_managed"), 1, 1, NULL, &more);
    OK(cuCtxSynchronize());
    CHECK_INT(*(int *)at, 9);
}

CASE(library_of_no_image)
{
    static const char noise[256] = {1, 2, 3, 4};
    CUlibrary library;
    begin();
    IS(cuLibraryLoadData(&library, noise, NULL, NULL, 0, NULL, NULL, 0), CUDA_ERROR_INVALID_IMAGE);
    IS(cuLibraryLoadData(&library, NULL, NULL, NULL, 0, NULL, NULL, 0), CUDA_ERROR_INVALID_VALUE);
    IS(cuLibraryLoadFromFile(&library, "no/such/file", NULL, NULL, 0, NULL, NULL, 0), CUDA_ERROR_FILE_NOT_FOUND);
}

/* ---- linker ---- */

#define HEAD ".version 7.0\n.target sm_75\n.address_size 64\n"

static char with_kernel[] = HEAD
    ".extern .func (.param .b32 result) twice (.param .b32 value);\n"
    ".visible .entry double_it(.param .u64 to)\n"
    "{\n"
    "  .reg .b32 %r<3>;\n  .reg .b64 %rd<3>;\n"
    "  ld.param.u64 %rd1, [to];\n"
    "  cvta.to.global.u64 %rd2, %rd1;\n"
    "  ld.global.u32 %r1, [%rd2];\n"
    "  { .param .b32 value;\n    .param .b32 result;\n"
    "    st.param.b32 [value], %r1;\n"
    "    call.uni (result), twice, (value);\n"
    "    ld.param.b32 %r2, [result]; }\n"
    "  st.global.u32 [%rd2], %r2;\n"
    "  ret;\n"
    "}\n";

static char with_function[] = HEAD
    ".visible .func (.param .b32 result) twice (.param .b32 value)\n"
    "{\n"
    "  .reg .b32 %r<3>;\n"
    "  ld.param.u32 %r1, [value];\n"
    "  add.s32 %r2, %r1, %r1;\n"
    "  st.param.b32 [result], %r2;\n"
    "  ret;\n"
    "}\n";

CASE(link_two_texts)
{
    CUlinkState state;
    CUmodule module;
    CUfunction function;
    void *image = NULL;
    size_t size = 0;
    int value = 21;
    begin();
    OK(cuLinkCreate(0, NULL, NULL, &state));
    OK(cuLinkAddData(state, CU_JIT_INPUT_PTX, with_kernel, sizeof with_kernel, "kernel", 0, NULL, NULL));
    OK(cuLinkAddData(state, CU_JIT_INPUT_PTX, with_function, sizeof with_function, "function", 0, NULL, NULL));
    OK(cuLinkComplete(state, &image, &size));
    CHECK(image && size > 0);
    OK(cuModuleLoadData(&module, image));
    /* The image belongs to the state. */
    OK(cuLinkDestroy(state));
    OK(cuModuleGetFunction(&function, module, "double_it"));
    CUdeviceptr at = upload(&value, sizeof value);
    LAUNCH(function, 1, 1, NULL, &at);
    CHECK_INT(value_at(at), 42);
}

CASE(link_wrong_text)
{
    static char wrong[] = HEAD ".visible .entry k() { no.such.instruction %r1; }\n";
    CUlinkState state;
    begin();
    OK(cuLinkCreate(0, NULL, NULL, &state));
    IS(cuLinkAddData(state, CU_JIT_INPUT_PTX, wrong, sizeof wrong, "wrong", 0, NULL, NULL), CUDA_ERROR_INVALID_PTX);
    OK(cuLinkDestroy(state));
    OK(cuLinkCreate(0, NULL, NULL, &state));
    IS(cuLinkAddFile(state, CU_JIT_INPUT_PTX, "no/such/file", 0, NULL, NULL), CUDA_ERROR_FILE_NOT_FOUND);
    OK(cuLinkDestroy(state));
}
