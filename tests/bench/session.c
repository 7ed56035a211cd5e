/* An idle session: makes the usual calls, says "idle", and waits for the end of its input, so that its memory can be
 * measured (`cargo xtask bench --only memory`).
 *
 *   cc -O2 -o session session.c -lOpenCL
 *   session calls|nothing      "nothing" makes no call of OpenCL
 */
#include "program.h"
#include <unistd.h>

#define NUMBERS (1 << 18)

static const char *source =
    "__kernel void advance(__global uint *x, uint seed) { x[get_global_id(0)] += seed; }\n";

int main(int argc, char **argv)
{
    static cl_uint numbers[NUMBERS], back[NUMBERS];
    size_t size = NUMBERS;
    char name[256], input;
    int calls = argc == 2 && strcmp(argv[1], "calls") == 0;

    /* Memory of the program itself: touched in either case, and so in no difference. */
    scatter(numbers, NUMBERS, 5);
    memset(back, 1, sizeof back);
    if (calls) {
        begin();
        check(clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof name, name, NULL), "clGetDeviceInfo");
        cl_program program = build(source);
        cl_kernel kernel = kernel_of(program, "advance");
        cl_mem buffer = new_buffer(sizeof numbers, numbers);
        set_buffer(kernel, 0, buffer);
        for (cl_uint launch = 0; launch < 1000; launch++) {
            set_uint(kernel, 1, launch);
            check(clEnqueueNDRangeKernel(queue, kernel, 1, NULL, &size, NULL, 0, NULL, NULL), "clEnqueueNDRangeKernel");
        }
        check(clEnqueueReadBuffer(queue, buffer, CL_TRUE, 0, sizeof back, back, 0, NULL, NULL), "clEnqueueReadBuffer");
        if (back[0] != numbers[0] + 499500u) {
            fprintf(stderr, "session: wrong\n");
            return 1;
        }
    }
    printf("idle\n");
    fflush(stdout);
    while (read(STDIN_FILENO, &input, 1) > 0) {
    }
    return 0;
}
