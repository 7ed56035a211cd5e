/* Variables of modules, by name. */
#include "client.h"

static CUdeviceptr find(CUmodule module, const char *name, size_t size)
{
    CUdeviceptr at = 0;
    size_t got = 0;
    OK(cuModuleGetGlobal(&at, &got, module, name));
    CHECK(at);
    CHECK_INT(got, size);
    return at;
}

CASE(variable_has_its_initial_value)
{
    short table[5];
    float coefficients[4];
    CUdeviceptr address = 0;
    begin();
    CUmodule module = load_kernels();
    CUdeviceptr counter = find(module, "counter", 4);
    CHECK_INT(value_at(counter), 7);
    OK(cuMemcpyDtoH(table, find(module, "table", sizeof table), sizeof table));
    CHECK(table[0] == 1 && table[1] == -2 && table[2] == 3 && table[3] == -4 && table[4] == 5);
    OK(cuMemcpyDtoH(coefficients, find(module, "coefficients", sizeof coefficients), sizeof coefficients));
    CHECK(coefficients[0] == 1 && coefficients[3] == 8);
    OK(cuMemcpyDtoH(&address, find(module, "address_of_counter", sizeof address), sizeof address));
    CHECK(address == counter);
}

CASE(variable_is_seen_by_kernels)
{
    int counter = 40;
    short third = 33;
    float last = 0.5f, out[4];
    CUfunction read;
    begin();
    CUmodule module = load_kernels();
    OK(cuMemcpyHtoD(find(module, "counter", 4), &counter, sizeof counter));
    OK(cuMemcpyHtoD(find(module, "table", 10) + 6, &third, sizeof third));
    OK(cuMemcpyHtoD(find(module, "coefficients", 16) + 12, &last, sizeof last));
    OK(cuModuleGetFunction(&read, module, "read_variables"));
    CUdeviceptr at = allocate(sizeof out);
    LAUNCH(read, 1, 1, NULL, &at);
    OK(cuMemcpyDtoH(out, at, sizeof out));
    CHECK(out[0] == 40 && out[1] == 33 && out[2] == 40 && out[3] == 0.5f);
}

CASE(variable_is_written_by_kernels)
{
    CUfunction count_up;
    begin();
    CUmodule module = load_kernels();
    OK(cuModuleGetFunction(&count_up, module, "count_up"));
    LAUNCH(count_up, 10, 33, NULL, NULL);
    CHECK_INT(value_at(find(module, "counter", 4)), 7 + 330);
}

CASE(variable_is_half_asked_for)
{
    CUdeviceptr at = 0;
    size_t size = 0;
    begin();
    CUmodule module = load_kernels();
    OK(cuModuleGetGlobal(&at, NULL, module, "table"));
    OK(cuModuleGetGlobal(NULL, &size, module, "table"));
    CHECK(at != 0 && size == 10);
    IS(cuModuleGetGlobal(&at, &size, module, "affine"), CUDA_ERROR_NOT_FOUND);
    IS(cuModuleGetGlobal(&at, &size, module, NULL), CUDA_ERROR_INVALID_VALUE);
}
