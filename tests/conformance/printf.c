/* Device printf appears on the program's stdout. */
#include "conformance.h"

static const char SOURCE[] =
    "__kernel void say(int number) {\n"
    "  if (get_global_id(0) == 0) printf(\"kernel says %d %s %.2f\\n\", number, \"text\", 1.5f);\n"
    "}\n"
    "__kernel void each(void) { printf(\"item %d\\n\", (int)get_global_id(0)); }\n"
    "__kernel void vector(void) { printf(\"%v4hld|%5.1f|%x|%c\\n\", (int4)(1, 2, 3, 4), 2.25f, 255, 'z'); }\n";

static void run(struct cl *cl, const char *name, size_t global, int number)
{
    cl_kernel kernel = build_kernel(cl, SOURCE, name);
    cl_int value = number;
    if (number >= 0)
        OK(clSetKernelArg(kernel, 0, sizeof value, &value));
    run_1d(cl->queue, kernel, global);
    OK(clFinish(cl->queue));
    OK(clReleaseKernel(kernel));
}

CHILD(printf_once)
{
    struct cl cl = cl_open();
    run(&cl, "say", 4, atoi(arg));
    cl_close(&cl);
    return 0;
}

CHILD(printf_each)
{
    struct cl cl = cl_open();
    run(&cl, "each", (size_t)atoi(arg), -1);
    cl_close(&cl);
    return 0;
}

CHILD(printf_vector)
{
    struct cl cl = cl_open();
    (void)arg;
    run(&cl, "vector", 1, -1);
    cl_close(&cl);
    return 0;
}

/* Program and device take turns: after clFinish, the device's output is written. */
CHILD(printf_turns)
{
    struct cl cl = cl_open();
    int turns = atoi(arg);
    setvbuf(stdout, NULL, _IONBF, 0);
    for (int i = 0; i < turns; i++) {
        printf("host says %d\n", i);
        run(&cl, "say", 1, i);
    }
    cl_close(&cl);
    return 0;
}

/* Exits at once, without releasing anything. */
CHILD(printf_and_exit)
{
    struct cl cl = cl_open();
    run(&cl, "say", 1, atoi(arg));
    exit(0);
}

static void check_said(const char *role, const char *arg, const char *want)
{
    struct child_result r = run_child(role, arg);
    check_child_ok(&r);
    CHECK_STR(r.output, want);
    free(r.output);
}

CASE(printf_to_a_pipe)
{
    check_said("printf_once", "42", "kernel says 42 text 1.50\n");
}

CASE(printf_to_a_file)
{
    char *dir = make_dir(), *path = format("%s/out", dir);
    struct child_result r = run_child_to_file("printf_once", "43", path);
    check_child_ok(&r);
    CHECK_STR(r.output, "kernel says 43 text 1.50\n");
    free(r.output);
    free(path);
    remove_dir(dir);
}

CASE(printf_formats)
{
    check_said("printf_vector", "", "1,2,3,4|  2.2|ff|z\n");
}

CASE(printf_before_exit)
{
    check_said("printf_and_exit", "44", "kernel says 44 text 1.50\n");
}

CASE(printf_of_each_item)
{
    enum { ITEMS = 200 };
    struct child_result r = run_child("printf_each", "200");
    bool seen[ITEMS] = {false};
    char *save = NULL;
    int count = 0;
    check_child_ok(&r);
    for (char *line = strtok_r(r.output, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
        int i = -1;
        CHECK(sscanf(line, "item %d", &i) == 1 && i >= 0 && i < ITEMS);
        CHECK(!seen[i]);
        seen[i] = true;
        count++;
    }
    CHECK_INT(count, ITEMS);
    free(r.output);
}

CASE(printf_in_turns_with_the_program)
{
    char want[2048] = "";
    for (int i = 0; i < 10; i++)
        sprintf(want + strlen(want), "host says %d\nkernel says %d text 1.50\n", i, i);
    check_said("printf_turns", "10", want);
}

/* More than a pipe holds, read by us while the device continues. */
CASE(printf_much)
{
    struct child_result r = run_child("printf_each", "20000");
    check_child_ok(&r);
    size_t lines = 0;
    for (size_t i = 0; i < r.length; i++)
        lines += r.output[i] == '\n';
    CHECK_INT(lines, 20000);
    free(r.output);
}
