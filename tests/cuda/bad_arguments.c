/* Arrays that are shorter than the program says, addresses that lead nowhere, kernels that want more than there is. A driver ends
 * the program with a signal where it reads what is not there; no other process is harmed, and nothing succeeds that cannot. */
#include "client.h"

#include <signal.h>
#include <sys/mman.h>

enum { PAGE = 4096 };

static void *const NOWHERE = (void *)0x4141414141414140;

/* How a process ended that did this: an exit status of its own, or a signal. */
static struct ended how(void (*body)(void))
{
    static struct ended ended;
    in_a_process(body, &ended);
    return ended;
}

/* It ends by a signal, here as without AvA. */
#define CRASHES(body) crashes(__LINE__, how(body))
static void crashes(int line, struct ended ended)
{
    if (!WIFSIGNALED(ended.status) || (WTERMSIG(ended.status) != SIGSEGV && WTERMSIG(ended.status) != SIGBUS))
        fail_at(__FILE__, line, "status %#x: %s", (unsigned)ended.status, ended.output);
}

/* It ends by a signal, or is refused. */
#define FAILS_ALONE(body) fails_alone(__LINE__, how(body))
static void fails_alone(int line, struct ended ended)
{
    if (WIFEXITED(ended.status) && WEXITSTATUS(ended.status) != 0)
        fail_at(__FILE__, line, "%s", ended.output);
}

/* A page of the program's, with nothing behind it. */
static char *fence(void)
{
    char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED && mprotect(pages + PAGE, PAGE, PROT_NONE) == 0);
    return pages + PAGE;
}

static void a_parameter_nowhere(void)
{
    int count = 1;
    begin();
    cuLaunchKernel(kernel("affine"), 1, 1, 1, 1, 1, 1, 0, NULL, (void *[]){NOWHERE, &count, &count, &count}, NULL);
}

static void a_null_parameter(void)
{
    int count = 1;
    begin();
    CHECK(cuLaunchKernel(kernel("affine"), 1, 1, 1, 1, 1, 1, 0, NULL, (void *[]){&count, NULL, &count, &count}, NULL) !=
          CUDA_SUCCESS);
}

static void parameters_nowhere(void)
{
    begin();
    cuLaunchKernel(kernel("affine"), 1, 1, 1, 1, 1, 1, 0, NULL, NOWHERE, NULL);
}

static void too_few_parameters(void)
{
    static int count = 1;
    void **end = (void **)fence();
    begin();
    end[-2] = &count, end[-1] = &count;
    cuLaunchKernel(kernel("affine"), 1, 1, 1, 1, 1, 1, 0, NULL, end - 2, NULL);
}

static void a_buffer_nowhere(void)
{
    size_t size = 24;
    void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, NOWHERE, CU_LAUNCH_PARAM_BUFFER_SIZE, &size, CU_LAUNCH_PARAM_END};
    begin();
    cuLaunchKernel(kernel("affine"), 1, 1, 1, 1, 1, 1, 0, NULL, NULL, extra);
}

static void a_parameter_of_a_node(void)
{
    CUgraph graph;
    CUgraphNode node;
    int count = 1;
    begin();
    void *parameters[] = {&count, NOWHERE, &count, &count};
    CUDA_KERNEL_NODE_PARAMS params = {kernel("affine"), 1, 1, 1, 1, 1, 1, 0, parameters, NULL, NULL, NULL};
    OK(cuGraphCreate(&graph, 0));
    cuGraphAddKernelNode(&node, graph, NULL, 0, &params);
}

/* The program reads what it passes: here as everywhere. */
CASE(arguments_nowhere)
{
    CRASHES(a_parameter_nowhere);
    FAILS_ALONE(a_null_parameter);
    CRASHES(parameters_nowhere);
    CRASHES(too_few_parameters);
    CRASHES(a_buffer_nowhere);
    CRASHES(a_parameter_of_a_node);
    begin();
    CUdeviceptr at = zeroes(8);
    affine(NULL, at, 8, 1, 5);
    CHECK_ALL(at, 8, 5);
}

CASE(arguments_in_a_wrong_buffer)
{
    static char buffer[1 << 16];
    begin();
    CUfunction add = kernel("affine");
    for (size_t i = 0; i < 8; i++) {
        size_t size = (size_t[]){0, 1, 19, 20, 21, 24, 4096, sizeof buffer}[i];
        void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, buffer, CU_LAUNCH_PARAM_BUFFER_SIZE, &size, CU_LAUNCH_PARAM_END};
        note("%zu bytes: %d", size, cuLaunchKernel(add, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, extra));
    }
    size_t size = 20;
    void *const wrong[][5] = {
        {CU_LAUNCH_PARAM_END},
        {CU_LAUNCH_PARAM_BUFFER_POINTER, buffer, CU_LAUNCH_PARAM_END},
        {CU_LAUNCH_PARAM_BUFFER_SIZE, &size, CU_LAUNCH_PARAM_END},
        {CU_LAUNCH_PARAM_BUFFER_POINTER, NULL, CU_LAUNCH_PARAM_BUFFER_SIZE, &size, CU_LAUNCH_PARAM_END},
        {(void *)77, buffer, CU_LAUNCH_PARAM_END},
    };
    for (size_t i = 0; i < COUNT(wrong); i++)
        note("list %zu: %d", i, cuLaunchKernel(add, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, (void **)wrong[i]));
    CUresult end = cuCtxSynchronize();
    CHECK(end == CUDA_SUCCESS || end == CUDA_ERROR_ILLEGAL_ADDRESS);
}

static unsigned how_many;

static void too_many_options(void)
{
    CUmodule module;
    CUjit_option *options = (CUjit_option *)fence() - 1;
    void **values = (void **)fence() - 1;
    begin();
    *options = CU_JIT_MAX_REGISTERS, *values = (void *)32;
    CHECK(cuModuleLoadDataEx(&module, kernels_ptx, how_many, options, values) != CUDA_SUCCESS);
}

static void options_nowhere(void)
{
    CUmodule module;
    begin();
    CHECK(cuModuleLoadDataEx(&module, kernels_ptx, 1, NOWHERE, NOWHERE) != CUDA_SUCCESS);
}

static void attributes_nowhere(void)
{
    int value;
    CUpointer_attribute *attributes = (CUpointer_attribute *)fence() - 1;
    void *values[] = {&value};
    begin();
    *attributes = CU_POINTER_ATTRIBUTE_MEMORY_TYPE;
    CHECK(cuPointerGetAttributes(how_many, attributes, values, zeroes(1)) != CUDA_SUCCESS);
}

static void dependencies_nowhere(void)
{
    CUgraph graph;
    CUgraphNode node, *nodes = (CUgraphNode *)fence() - 1;
    begin();
    OK(cuGraphCreate(&graph, 0));
    OK(cuGraphAddEmptyNode(nodes, graph, NULL, 0));
    CHECK(cuGraphAddEmptyNode(&node, graph, nodes, how_many) != CUDA_SUCCESS);
}

static void launch_attributes_nowhere(void)
{
    CUlaunchAttribute *attributes = (CUlaunchAttribute *)fence() - 1;
    begin();
    memset(attributes, 0, sizeof *attributes);
    CUlaunchConfig config = {1, 1, 1, 1, 1, 1, 0, NULL, attributes, how_many};
    CHECK(cuLaunchKernelEx(&config, kernel("nothing"), NULL, NULL) != CUDA_SUCCESS);
}

CASE(arrays_that_are_shorter_than_they_say)
{
    static const unsigned counts[] = {2, 1000, 1 << 20, 0x7FFFFFFF, 0xFFFFFFFF};
    FAILS_ALONE(options_nowhere);
    how_many = 2;
    FAILS_ALONE(dependencies_nowhere);
    for (size_t i = 0; i < COUNT(counts); i++) {
        how_many = counts[i];
        FAILS_ALONE(too_many_options);
        FAILS_ALONE(attributes_nowhere);
        FAILS_ALONE(launch_attributes_nowhere);
    }
    begin();
    CHECK_ALL(zeroes(4), 4, 0);
}

/* A driver writes as many as there are. */
CASE(arrays_that_are_longer_than_needed)
{
    CUmodule module;
    CUlibrary library;
    CUfunction functions[100];
    CUkernel kernels[100];
    unsigned count = 0;
    begin();
    module = load_kernels();
    OK(cuModuleGetFunctionCount(&count, module));
    CHECK(count > 0 && count < COUNT(functions));
    memset(functions, 0, sizeof functions);
    OK(cuModuleEnumerateFunctions(functions, COUNT(functions), module));
    CHECK(functions[count - 1] && !functions[count]);
    OK(cuLibraryLoadData(&library, kernels_ptx, NULL, NULL, 0, NULL, NULL, 0));
    memset(kernels, 0, sizeof kernels);
    OK(cuLibraryEnumerateKernels(kernels, COUNT(kernels), library));
    CHECK(kernels[count - 1] && !kernels[count]);
}

CASE(options_that_make_no_sense)
{
    char log[64];
    CUmodule module;
    static const int kinds[] = {-1, CU_JIT_MAX_REGISTERS, CU_JIT_THREADS_PER_BLOCK, CU_JIT_WALL_TIME, CU_JIT_OPTIMIZATION_LEVEL,
                                CU_JIT_TARGET, CU_JIT_FALLBACK_STRATEGY, CU_JIT_CACHE_MODE, 9999};
    begin();
    for (size_t kind = 0; kind < COUNT(kinds); kind++)
        for (size_t value = 0; value < 3; value++) {
            CUjit_option options[] = {(CUjit_option)kinds[kind]};
            void *values[] = {(void *)(uintptr_t[]){0, 1, UINTPTR_MAX}[value]};
            CUresult status = cuModuleLoadDataEx(&module, kernels_ptx, 1, options, values);
            if (kinds[kind] >= 0 && kinds[kind] < 9999)
                note("option %d, value %zu: %d", kinds[kind], value, status);
        }
    /* Logs of no size, without a place, without a size, twice. */
    struct list {
        unsigned count;
        CUjit_option options[4];
        void *values[4];
    } lists[] = {
        {2, {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES}, {log, (void *)0}},
        {2, {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES}, {log, (void *)1}},
        {2, {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES}, {NULL, (void *)sizeof log}},
        {2, {CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, CU_JIT_ERROR_LOG_BUFFER}, {(void *)sizeof log, log}},
        {1, {CU_JIT_ERROR_LOG_BUFFER}, {log}},
        {1, {CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES}, {(void *)sizeof log}},
        {4,
         {CU_JIT_ERROR_LOG_BUFFER, CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES, CU_JIT_ERROR_LOG_BUFFER,
          CU_JIT_ERROR_LOG_BUFFER_SIZE_BYTES},
         {log, (void *)16, log + 32, (void *)16}},
    };
    for (size_t i = 0; i < COUNT(lists); i++) {
        memset(log, 'x', sizeof log);
        CUresult status = cuModuleLoadDataEx(&module, ".version 7.0\n.target sm_75\n.entry", lists[i].count, lists[i].options,
                                             lists[i].values);
        size_t written = 0;
        while (written < sizeof log && log[written] != 'x' && log[written])
            written++;
        note("log %zu: %d, %zu bytes", i, status, written);
        CHECK(status != CUDA_SUCCESS);
    }
}

#define PTX(text) ".version 7.0\n.target sm_75\n.address_size 64\n" text
#define KERNEL(body) PTX(".visible .entry k() {\n" body "\n}\n")

/* Loads and launches; the first status that is no success. */
static CUresult run(const char *text)
{
    CUmodule module;
    CUfunction function;
    CUresult status = cuModuleLoadData(&module, text);
    if (status)
        return status;
    status = cuModuleGetFunction(&function, module, "k");
    if (!status)
        status = cuLaunchKernel(function, 1, 1, 1, 32, 1, 1, 0, NULL, NULL, NULL);
    if (!status)
        status = cuCtxSynchronize();
    if (!status)
        OK(cuModuleUnload(module));
    return status;
}

CASE(kernels_that_want_too_much)
{
    static const char *const texts[] = {
        PTX(".global .b8 all[1099511627776];\n.visible .entry k() { ret; }\n"),
        PTX(".global .b8 all[18446744073709551615];\n.visible .entry k() { ret; }\n"),
        PTX(".global .b64 all[4611686018427387904][4];\n.visible .entry k() { ret; }\n"),
        PTX(".visible .entry k(.param .b8 all[1099511627776]) { ret; }\n"),
        KERNEL(".shared .b8 all[1099511627776]; ret;"),
        KERNEL(".shared .b8 all[18446744073709551615]; ret;"),
        KERNEL(".local .b8 all[1099511627776]; ret;"),
        KERNEL(".local .align 4611686018427387904 .b8 all[8]; ret;"),
        KERNEL(".reg .b32 %r<2147483647>; ret;"),
        KERNEL(".reg .b32 %r<18446744073709551615>; ret;"),
    };
    begin();
    for (size_t i = 0; i < COUNT(texts); i++) {
        CUresult status = run(texts[i]);
        note("kernel %zu: %d", i, status);
        /* Registers that no instruction names are none. */
        CHECK(status != CUDA_SUCCESS || i >= 8);
    }
    CHECK_ALL(zeroes(4), 4, 0);
}

/* `count` times a part, between two others. */
static char *repeated(const char *first, const char *part, size_t count, const char *last)
{
    size_t length = strlen(part);
    char *text = malloc(strlen(first) + count * length + strlen(last) + 1), *at = stpcpy(text, first);
    CHECK(text);
    for (size_t i = 0; i < count; i++, at += length)
        memcpy(at, part, length);
    strcpy(at, last);
    return text;
}

CASE(kernels_that_are_deep)
{
    const struct deep {
        const char *what;
        char *text;
    } all[] = {
        {"blocks", repeated(PTX(".visible .entry k() {\n"), "{\n", 200000, "ret;\n")},
        {"whole blocks", repeated(PTX(".visible .entry k() {\n"), "{ }\n", 100000, "ret;\n}\n")},
        {"parentheses", repeated(PTX(".global .b32 x = "), "(", 200000, "1;\n")},
        {"signs", repeated(PTX(".global .b32 x = "), "-", 200000, "1;\n.visible .entry k() { ret; }\n")},
        {"braces", repeated(PTX(".global .b32 x[4] = "), "{", 200000, "1;\n")},
        {"dimensions", repeated(PTX(".global .b32 x"), "[1]", 100000, ";\n.visible .entry k() { ret; }\n")},
    };
    begin();
    for (size_t i = 0; i < COUNT(all); i++) {
        CUresult status = run(all[i].text);
        note("%s: %d", all[i].what, status);
        free(all[i].text);
    }
    CHECK_ALL(zeroes(4), 4, 0);
    /* It has no end, and a thread's stack has one. */
    CHECK(run(PTX(".func f() { call f; ret; }\n.visible .entry k() { call f; ret; }\n")) != CUDA_SUCCESS);
}

/* Kilobytes of this process. */
static long resident(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    CHECK(file && fscanf(file, "%*d %ld", &pages) == 1);
    fclose(file);
    return pages * PAGE / 1024;
}

/* What is unloaded is forgotten. */
CASE(modules_without_end)
{
    enum { MANY = 1000 };
    static const char text[] = KERNEL("ret;");
    CUmodule module;
    CUfunction function;
    CUlibrary library;
    CUkernel of_library;
    long first = 0;
    begin();
    for (int i = 0; i < MANY; i++) {
        OK(cuModuleLoadData(&module, text));
        OK(cuModuleGetFunction(&function, module, "k"));
        OK(cuLaunchKernel(function, 1, 1, 1, 1, 1, 1, 0, NULL, NULL, NULL));
        OK(cuModuleUnload(module));
        OK(cuLibraryLoadData(&library, text, NULL, NULL, 0, NULL, NULL, 0));
        OK(cuLibraryGetKernel(&of_library, library, "k"));
        OK(cuLibraryUnload(library));
        if (i == MANY / 4)
            first = resident();
    }
    long more = resident() - first;
    if (more > 4096)
        fail_at(__FILE__, __LINE__, "%ld kB more", more);
}
