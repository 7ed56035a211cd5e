/* A tenant of a device that others want, too: it launches kernels of one kind for some seconds, and says how much it got.
 *
 *   cc -O2 -o tenant tenant.c -lOpenCL
 *   tenant calibrate                 how many rounds of the kernel take a microsecond
 *   tenant KIND SECONDS ROUNDS       SECONDS of kernels of this kind, ROUNDS a microsecond
 *
 * KIND   small        40 us, eight before each wait
 *        middle       1.5 ms, one after the other
 *        long         13 to 150 ms, most of them short
 *        interactive  0.3 ms, one every 10 ms
 *        occasional   0.3 ms, one every 200 ms
 *
 * Prints a line for each second of the monotonic clock, with the kernels' time as they take it alone, and one with the
 * latencies of launches that were waited for:
 *
 *   second 1234 work_us 998000
 *   latency_us p50 310 p99 420 most 600
 *
 * Each result is computed on the host as well.
 */
#include "program.h"
#include "rounds.h"

#define ITEMS 512
#define MOST 1000000

static const char *source =
    "__kernel void spin(__global uint *x, uint rounds)\n"
    "{\n"
    "    uint n = x[get_global_id(0)];\n"
    "    for (uint i = 0; i < rounds; i++)\n"
    "        n = n * 1664525u + 1013904223u;\n"
    "    x[get_global_id(0)] = n;\n"
    "}\n";

static cl_kernel kernel;
static cl_mem buffer;

static void launch(cl_uint rounds)
{
    size_t items = ITEMS, group = 32;
    set_uint(kernel, 1, rounds);
    check(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &items, &group, 0, NULL, NULL), "clEnqueueNDRangeKernel");
}

static void finish(void)
{
    check(clFinish(queue), "clFinish");
}

/* Rounds a microsecond. */
static double calibrate(void)
{
    cl_uint rounds = 1000000;
    double best = 0;
    for (int i = 0; i < 12; i++) {
        uint64_t before = now();
        launch(rounds);
        finish();
        double rate = rounds * 1e3 / (double)(now() - before);
        if (rate > best)
            best = rate;
    }
    return best;
}

/* The length of the next kernel in microseconds. */
static unsigned length(const char *kind, cl_uint *state)
{
    if (strcmp(kind, "small") == 0)
        return 40;
    if (strcmp(kind, "middle") == 0)
        return 1500;
    if (strcmp(kind, "interactive") == 0 || strcmp(kind, "occasional") == 0)
        return 300;
    if (strcmp(kind, "long") != 0) {
        fprintf(stderr, "tenant: no kind %s\n", kind);
        exit(2);
    }
    *state = *state * 1664525u + 1013904223u;
    double u = (*state >> 8) / 16777216.0;
    double us = 13000 / (1 - u * 0.93);
    return us > 150000 ? 150000 : (unsigned)us;
}

static int ascending(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
    static uint32_t latencies[MOST];
    cl_uint numbers[ITEMS], first[ITEMS], state = 7;
    size_t count = 0;
    uint64_t rounds_done = 0;

    if (argc < 2 || (argc < 4 && strcmp(argv[1], "calibrate") != 0)) {
        fprintf(stderr, "usage: tenant calibrate | tenant KIND SECONDS ROUNDS\n");
        return 2;
    }
    begin();
    cl_program program = build(source);
    kernel = kernel_of(program, "spin");
    scatter(numbers, ITEMS, 3);
    memcpy(first, numbers, sizeof first);
    buffer = new_buffer(sizeof numbers, numbers);
    set_buffer(kernel, 0, buffer);
    launch(1);
    finish();
    rounds_done++;
    if (argc < 4) {
        printf("%f\n", calibrate());
        return 0;
    }

    const char *kind = argv[1];
    int batch = strcmp(kind, "small") == 0 ? 8 : 1;
    uint64_t period = strcmp(kind, "interactive") == 0 ? 10000000 : strcmp(kind, "occasional") == 0 ? 200000000 : 0;
    double rate = atof(argv[3]);
    uint64_t begun = now(), end = begun + (uint64_t)(atof(argv[2]) * 1e9), second = begun / 1000000000u, work = 0;
    uint64_t due = begun;
    while (now() < end) {
        if (period) {
            due += period;
            struct timespec at = {(time_t)(due / 1000000000u), (long)(due % 1000000000u)};
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        }
        uint64_t before = now();
        unsigned us = 0;
        for (int i = 0; i < batch; i++) {
            unsigned each = length(kind, &state);
            cl_uint rounds = (cl_uint)(each * rate);
            launch(rounds);
            rounds_done += rounds;
            us += each;
        }
        finish();
        uint64_t after = now();
        if (count < MOST)
            latencies[count++] = (uint32_t)((after - before) / 1000);
        if (after / 1000000000u != second) {
            printf("second %llu work_us %llu\n", (unsigned long long)second, (unsigned long long)work);
            fflush(stdout);
            second = after / 1000000000u;
            work = 0;
        }
        work += us;
    }
    check(clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, sizeof numbers, numbers, 0, NULL, NULL), "clEnqueueReadBuffer");
    for (size_t i = 0; i < ITEMS; i++) {
        if (numbers[i] != advanced(first[i], rounds_done)) {
            fprintf(stderr, "tenant: number %zu is wrong\n", i);
            return 1;
        }
    }
    qsort(latencies, count, sizeof *latencies, ascending);
    if (count)
        printf("latency_us p50 %u p99 %u most %u\n", latencies[count / 2], latencies[count * 99 / 100], latencies[count - 1]);
    release_all();
    return 0;
}
