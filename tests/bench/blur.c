/* An image filter, compute-bound with whole frames in and out: each frame is written to an image, blurred twice, and
 * read back. Shows the cost of images, and of launches long enough to hide the cost of a call.
 *
 *   cc -O2 -o blur blur.c -lOpenCL
 *   blur [FRAMES]        (20)
 *
 * The host filters the last frame as well and compares.
 */
#include "program.h"

#define WIDTH 640
#define HEIGHT 480
#define CHANNELS 4

static const char *source =
    "__constant sampler_t nearest = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP_TO_EDGE | CLK_FILTER_NEAREST;\n"
    "__kernel void blur(__read_only image2d_t from, __write_only image2d_t to)\n"
    "{\n"
    "    const uint weight[5] = {1, 4, 6, 4, 1};\n"
    "    int2 at = (int2)(get_global_id(0), get_global_id(1));\n"
    "    uint4 sum = 0;\n"
    "    for (int y = 0; y < 5; y++)\n"
    "        for (int x = 0; x < 5; x++)\n"
    "            sum += weight[x] * weight[y] * read_imageui(from, nearest, at + (int2)(x - 2, y - 2));\n"
    "    write_imageui(to, at, sum / 256u);\n"
    "}\n";

typedef unsigned char frame[HEIGHT][WIDTH][CHANNELS];

static int clamp(int value, int end)
{
    return value < 0 ? 0 : value < end ? value : end - 1;
}

static void blur_here(frame from, frame to)
{
    static const unsigned weight[5] = {1, 4, 6, 4, 1};
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            for (int channel = 0; channel < CHANNELS; channel++) {
                unsigned sum = 0;
                for (int v = 0; v < 5; v++)
                    for (int u = 0; u < 5; u++)
                        sum += weight[u] * weight[v] * from[clamp(y + v - 2, HEIGHT)][clamp(x + u - 2, WIDTH)][channel];
                to[y][x][channel] = (unsigned char)(sum / 256);
            }
}

static cl_mem new_image(void)
{
    cl_image_format format = {CL_RGBA, CL_UNSIGNED_INT8};
    cl_image_desc description = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = WIDTH, .image_height = HEIGHT};
    cl_int status;
    cl_mem image = clCreateImage(context, CL_MEM_READ_WRITE, &format, &description, NULL, &status);
    check(status, "clCreateImage");
    return image;
}

int main(int argc, char **argv)
{
    static frame in, out, here;
    unsigned frames = count_of(argc, argv, 20);
    size_t origin[3] = {0, 0, 0}, region[3] = {WIDTH, HEIGHT, 1};
    uint64_t sum = CHECKSUM_BEGIN;

    scatter((cl_uint *)in, sizeof in / sizeof(cl_uint), 4);
    begin();
    cl_program program = build(source);
    cl_mem image[2] = {new_image(), new_image()};
    cl_kernel kernel[2] = {kernel_of(program, "blur"), kernel_of(program, "blur")};
    for (int i = 0; i < 2; i++) {
        set_buffer(kernel[i], 0, image[i]);
        set_buffer(kernel[i], 1, image[!i]);
    }
    for (unsigned number = 0; number < frames; number++) {
        memset(in[number * 7 % HEIGHT], (int)number, sizeof in[0]);
        check(clEnqueueWriteImage(queue, image[0], CL_TRUE, origin, region, 0, 0, in, 0, NULL, NULL),
              "clEnqueueWriteImage");
        for (int pass = 0; pass < 2; pass++)
            check(clEnqueueNDRangeKernel(queue, kernel[pass], 2, NULL, region, NULL, 0, NULL, NULL),
                  "clEnqueueNDRangeKernel");
        check(clEnqueueReadImage(queue, image[0], CL_TRUE, origin, region, 0, 0, out, 0, NULL, NULL),
              "clEnqueueReadImage");
        sum = checksum(sum, out, sizeof out);
    }
    blur_here(in, here);
    blur_here(here, in);
    if (memcmp(in, out, sizeof in) != 0) {
        fprintf(stderr, "blur: the last frame is wrong\n");
        return 1;
    }
    print_checksum(sum);
    for (int i = 0; i < 2; i++) {
        clReleaseKernel(kernel[i]);
        clReleaseMemObject(image[i]);
    }
    clReleaseProgram(program);
    release_all();
    return 0;
}
