/* Event-heavy: tiles go through three queues (in, compute, out) that only events and wait lists synchronize, several
 * tiles at a time. Shows the cost of events, and whether transfers and launches still overlap.
 *
 *   cc -O2 -o pipeline pipeline.c -lOpenCL
 *   pipeline [TILES]     (12000)
 *
 * The host checks a part of each tile that comes out.
 */
#include "program.h"

#define NUMBERS 16384
#define STAGES 4

static const char *source =
    "__kernel void scramble(__global const uint *from, __global uint *to, uint tile)\n"
    "{\n"
    "    size_t i = get_global_id(0);\n"
    "    uint x = from[i] ^ tile;\n"
    "    for (int round = 0; round < 8; round++)\n"
    "        x = x * 1664525u + 1013904223u;\n"
    "    to[i] = x;\n"
    "}\n";

struct stage {
    cl_uint in[NUMBERS], out[NUMBERS];
    cl_mem from, to;
    cl_kernel kernel;
    cl_event read; /* of the tile before */
    unsigned tile;
};

static struct stage stages[STAGES];
static uint64_t sum = CHECKSUM_BEGIN;

/* Waits for the tile in the stage and looks at it. */
static void take(struct stage *stage)
{
    cl_uint tile = stage->tile;
    if (!stage->read)
        return;
    check(clWaitForEvents(1, &stage->read), "clWaitForEvents");
    check(clReleaseEvent(stage->read), "clReleaseEvent");
    stage->read = NULL;
    /* A part of it, another with each tile: looking must not take longer than what is looked at. */
    for (unsigned i = tile % 16; i < NUMBERS; i += 16) {
        cl_uint x = stage->in[i] ^ tile;
        for (int round = 0; round < 8; round++)
            x = x * 1664525u + 1013904223u;
        if (stage->out[i] != x) {
            fprintf(stderr, "pipeline: tile %u is wrong at %u\n", tile, i);
            exit(1);
        }
    }
    sum = checksum(sum, stage->out, 256);
}

int main(int argc, char **argv)
{
    unsigned tiles = count_of(argc, argv, 12000);
    size_t size = NUMBERS;

    begin();
    cl_command_queue in = new_queue(), out = new_queue();
    cl_program program = build(source);
    for (unsigned i = 0; i < STAGES; i++) {
        struct stage *stage = &stages[i];
        scatter(stage->in, NUMBERS, i);
        stage->from = new_buffer(sizeof stage->in, NULL);
        stage->to = new_buffer(sizeof stage->out, NULL);
        stage->kernel = kernel_of(program, "scramble");
        set_buffer(stage->kernel, 0, stage->from);
        set_buffer(stage->kernel, 1, stage->to);
    }
    for (unsigned tile = 0; tile < tiles; tile++) {
        struct stage *stage = &stages[tile % STAGES];
        cl_event written, launched;
        take(stage);
        stage->tile = tile;
        stage->in[tile % NUMBERS] += tile;
        set_uint(stage->kernel, 2, tile);
        check(clEnqueueWriteBuffer(in, stage->from, CL_FALSE, 0, sizeof stage->in, stage->in, 0, NULL, &written),
              "clEnqueueWriteBuffer");
        check(clFlush(in), "clFlush");
        check(clEnqueueNDRangeKernel(queue, stage->kernel, 1, NULL, &size, NULL, 1, &written, &launched),
              "clEnqueueNDRangeKernel");
        check(clFlush(queue), "clFlush");
        check(clEnqueueReadBuffer(out, stage->to, CL_FALSE, 0, sizeof stage->out, stage->out, 1, &launched, &stage->read),
              "clEnqueueReadBuffer");
        check(clFlush(out), "clFlush");
        check(clReleaseEvent(written), "clReleaseEvent");
        check(clReleaseEvent(launched), "clReleaseEvent");
    }
    for (unsigned i = 0; i < STAGES; i++)
        take(&stages[(tiles + i) % STAGES]);
    print_checksum(sum);
    for (unsigned i = 0; i < STAGES; i++) {
        clReleaseKernel(stages[i].kernel);
        clReleaseMemObject(stages[i].from);
        clReleaseMemObject(stages[i].to);
    }
    clReleaseProgram(program);
    clReleaseCommandQueue(in);
    clReleaseCommandQueue(out);
    release_all();
    return 0;
}
