/* Surfaces: arrays that kernels read and write, by bytes in a row. */
#include "texture.h"

enum { WIDTH = 8, HEIGHT = 4 };

static CUsurfObject new_surface(CUarray array)
{
    CUsurfObject surface = 0;
    CUDA_RESOURCE_DESC of = resource_of(array);
    OK(cuSurfObjectCreate(&surface, &of));
    CHECK(surface);
    return surface;
}

static CUarray plane(int (*elements)[WIDTH])
{
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++)
            elements[y][x] = 100 * y + x;
    return filled_array(WIDTH, HEIGHT, 0, CU_AD_FORMAT_SIGNED_INT32, 1, CUDA_ARRAY3D_SURFACE_LDST, elements);
}

CASE(surface_read_and_written)
{
    int elements[HEIGHT][WIDTH], got[HEIGHT][WIDTH], width = WIDTH, height = HEIGHT;
    begin();
    CUarray array = plane(elements);
    CUsurfObject surface = new_surface(array);
    LAUNCH(kernel("invert_surface"), 1, WIDTH * HEIGHT, NULL, &surface, &width, &height);
    read_array(array, got);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        CHECK_INT(got[i / WIDTH][i % WIDTH], ~elements[i / WIDTH][i % WIDTH]);
    OK(cuSurfObjectDestroy(surface));
}

CASE(surface_of_bytes)
{
    unsigned char from[50], got[50];
    int width = sizeof from;
    begin();
    pattern(from, sizeof from, 3);
    CUarray array = filled_array(sizeof from, 0, 0, CU_AD_FORMAT_UNSIGNED_INT8, 1, CUDA_ARRAY3D_SURFACE_LDST, from);
    CUsurfObject surface = new_surface(array);
    LAUNCH(kernel("invert_bytes"), 1, 64, NULL, &surface, &width);
    read_array(array, got);
    for (size_t i = 0; i < sizeof from; i++)
        CHECK_INT(got[i], 255 - from[i]);
}

CASE(surface_beyond_its_edge)
{
    int elements[HEIGHT][WIDTH], got[HEIGHT][WIDTH];
    struct {
        int x, y, clamped;
    } places[] = {{4 * WIDTH, 1, 107}, {-4, 2, 200}, {8, HEIGHT, 302}, {8, -1, 2}};
    begin();
    CUarray array = plane(elements);
    CUsurfObject surface = new_surface(array);
    CUdeviceptr out = zeroes(2);
    for (size_t i = 0; i < COUNT(places); i++) {
        LAUNCH(kernel("read_beyond"), 1, 1, NULL, &surface, &places[i].x, &places[i].y, &out);
        CHECK_INT(value_at(out), 0);
        CHECK_INT(value_at(out + 4), places[i].clamped);
    }
    read_array(array, got);
    CHECK(memcmp(got, elements, sizeof got) == 0);
}

CASE(surface_traps)
{
    int elements[HEIGHT][WIDTH], x = 4 * WIDTH;
    begin();
    CUsurfObject surface = new_surface(plane(elements));
    LAUNCH(kernel("trap_beyond"), 1, 1, NULL, &surface, &x);
    REFUSED(cuCtxSynchronize());
}

CASE(surface_of_layers)
{
    enum { LAYERS = 3 };
    int got[LAYERS][HEIGHT][WIDTH] = {0}, width = WIDTH, height = HEIGHT, layers = LAYERS;
    begin();
    CUarray array = filled_array(WIDTH, HEIGHT, LAYERS, CU_AD_FORMAT_SIGNED_INT32, 1,
                                 CUDA_ARRAY3D_SURFACE_LDST | CUDA_ARRAY3D_LAYERED, got);
    CUsurfObject surface = new_surface(array);
    LAUNCH(kernel("number_layers"), 1, WIDTH * HEIGHT * LAYERS, NULL, &surface, &width, &height, &layers);
    read_array(array, got);
    for (int i = 0; i < LAYERS * HEIGHT * WIDTH; i++)
        CHECK_INT((&got[0][0][0])[i], i % WIDTH + 10 * (i / WIDTH % HEIGHT) + 100 * (i / WIDTH / HEIGHT));
}

CASE(surface_of_three_dimensions)
{
    enum { DEPTH = 3 };
    int got[DEPTH][HEIGHT][WIDTH][4] = {0}, width = WIDTH, height = HEIGHT, depth = DEPTH;
    begin();
    CUarray array = filled_array(WIDTH, HEIGHT, DEPTH, CU_AD_FORMAT_SIGNED_INT32, 4, CUDA_ARRAY3D_SURFACE_LDST, got);
    CUsurfObject surface = new_surface(array);
    LAUNCH(kernel("number_volume"), 1, WIDTH * HEIGHT * DEPTH, NULL, &surface, &width, &height, &depth);
    read_array(array, got);
    for (int z = 0; z < DEPTH; z++)
        for (int y = 0; y < HEIGHT; y++)
            for (int x = 0; x < WIDTH; x++)
                CHECK(got[z][y][x][0] == x && got[z][y][x][1] == y && got[z][y][x][2] == z && got[z][y][x][3] == -1);
}

CASE(surface_tells_what_it_is)
{
    int elements[HEIGHT][WIDTH];
    CUDA_RESOURCE_DESC got;
    begin();
    CUarray array = plane(elements);
    CUsurfObject surface = new_surface(array);
    memset(&got, 0xff, sizeof got);
    OK(cuSurfObjectGetResourceDesc(&got, surface));
    CHECK(got.resType == CU_RESOURCE_TYPE_ARRAY && got.res.array.hArray == array && got.flags == 0);
    OK(cuSurfObjectDestroy(surface));
    IS(cuSurfObjectGetResourceDesc(&got, surface), CUDA_ERROR_INVALID_VALUE);
    IS(cuSurfObjectDestroy(surface), CUDA_ERROR_INVALID_VALUE);
}

CASE(surface_wrong)
{
    float elements[WIDTH] = {0};
    CUsurfObject surface = 0;
    begin();
    CUDA_RESOURCE_DESC of = resource_of(filled_array(WIDTH, 0, 0, CU_AD_FORMAT_FLOAT, 1, 0, elements));
    /* The array was not made for it. */
    REFUSED(cuSurfObjectCreate(&surface, &of));
    IS(cuSurfObjectCreate(&surface, NULL), CUDA_ERROR_INVALID_VALUE);
    of = resource_of(filled_array(WIDTH, 0, 0, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_SURFACE_LDST, elements));
    IS(cuSurfObjectCreate(NULL, &of), CUDA_ERROR_INVALID_VALUE);
    of.resType = (CUresourcetype)77;
    IS(cuSurfObjectCreate(&surface, &of), CUDA_ERROR_INVALID_VALUE);
    of = (CUDA_RESOURCE_DESC){.resType = CU_RESOURCE_TYPE_LINEAR};
    of.res.linear.devPtr = zeroes(64);
    of.res.linear.format = CU_AD_FORMAT_FLOAT;
    of.res.linear.numChannels = 1;
    of.res.linear.sizeInBytes = 256;
    IS(cuSurfObjectCreate(&surface, &of), CUDA_ERROR_INVALID_VALUE);
    CHECK_INT(surface, 0);
}
