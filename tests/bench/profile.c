/* Launches whose times are asked at once: each has an event, is waited for, by turns with clFinish and clWaitForEvents,
 * and then says when it was queued, submitted, started and ended. Shows what it costs to ask for what is known by then.
 *
 *   cc -O2 -o profile profile.c -lOpenCL
 *   profile [LAUNCHES]   (20000)
 *
 * Two of the times, and every eighth launch all four; they have to be in order. The host computes the numbers as well.
 */
#include "program.h"

#define NUMBERS 256

static const char *source =
    "__kernel void advance(__global uint *x, uint seed)\n"
    "{\n"
    "    size_t i = get_global_id(0);\n"
    "    x[i] = x[i] * 1664525u + seed + (uint)i;\n"
    "}\n";

static cl_ulong time_of(cl_event event, cl_profiling_info which)
{
    cl_ulong time;
    check(clGetEventProfilingInfo(event, which, sizeof time, &time, NULL), "clGetEventProfilingInfo");
    return time;
}

int main(int argc, char **argv)
{
    cl_uint here[NUMBERS], back[NUMBERS];
    unsigned launches = count_of(argc, argv, 20000);
    size_t size = NUMBERS;
    cl_int status;

    scatter(here, NUMBERS, 5);
    begin();
    cl_command_queue timed = clCreateCommandQueue(context, device, CL_QUEUE_PROFILING_ENABLE, &status);
    check(status, "clCreateCommandQueue");
    cl_program program = build(source);
    cl_kernel kernel = kernel_of(program, "advance");
    cl_mem buffer = new_buffer(sizeof here, here);
    set_buffer(kernel, 0, buffer);
    for (cl_uint launch = 0; launch < launches; launch++) {
        cl_ulong queued = 0, submitted = 0, started, ended;
        cl_event event;
        set_uint(kernel, 1, launch);
        check(clEnqueueNDRangeKernel(timed, kernel, 1, NULL, &size, NULL, 0, NULL, &event), "clEnqueueNDRangeKernel");
        if (launch % 2 == 0)
            check(clFinish(timed), "clFinish");
        else
            check(clWaitForEvents(1, &event), "clWaitForEvents");
        started = time_of(event, CL_PROFILING_COMMAND_START);
        ended = time_of(event, CL_PROFILING_COMMAND_END);
        if (launch % 8 == 0) {
            queued = time_of(event, CL_PROFILING_COMMAND_QUEUED);
            submitted = time_of(event, CL_PROFILING_COMMAND_SUBMIT);
            if (queued > submitted || submitted > started) {
                fprintf(stderr, "profile: launch %u started before it was submitted\n", launch);
                return 1;
            }
        }
        if (started > ended) {
            fprintf(stderr, "profile: launch %u ended before it started\n", launch);
            return 1;
        }
        check(clReleaseEvent(event), "clReleaseEvent");
        for (cl_uint i = 0; i < NUMBERS; i++)
            here[i] = here[i] * 1664525u + launch + i;
    }
    check(clEnqueueReadBuffer(timed, buffer, CL_TRUE, 0, sizeof back, back, 0, NULL, NULL), "clEnqueueReadBuffer");
    if (memcmp(back, here, sizeof back) != 0) {
        fprintf(stderr, "profile: the numbers are wrong\n");
        return 1;
    }
    print_checksum(checksum(CHECKSUM_BEGIN, back, sizeof back));
    clReleaseMemObject(buffer);
    clReleaseKernel(kernel);
    clReleaseProgram(program);
    clReleaseCommandQueue(timed);
    release_all();
    return 0;
}
