/* Arrays: what they are made of, and copies from and to them. */
#include "client.h"

static CUarray new_array(size_t width, size_t height, CUarray_format format, unsigned channels)
{
    CUDA_ARRAY_DESCRIPTOR of = {.Width = width, .Height = height, .Format = format, .NumChannels = channels};
    CUarray array = NULL;
    OK(cuArrayCreate(&array, &of));
    CHECK(array);
    return array;
}

CASE(array_tells_what_it_is)
{
    CUDA_ARRAY_DESCRIPTOR got;
    CUDA_ARRAY3D_DESCRIPTOR deep;
    begin();
    CUarray array = new_array(64, 16, CU_AD_FORMAT_UNSIGNED_INT8, 4);
    memset(&got, 0xff, sizeof got);
    OK(cuArrayGetDescriptor(&got, array));
    CHECK(got.Width == 64 && got.Height == 16 && got.Format == CU_AD_FORMAT_UNSIGNED_INT8 && got.NumChannels == 4);
    OK(cuArray3DGetDescriptor(&deep, array));
    CHECK(deep.Width == 64 && deep.Height == 16 && deep.Depth == 0 && deep.Flags == 0);
    OK(cuArrayDestroy(array));
}

CASE(array_wrong)
{
    CUDA_ARRAY_DESCRIPTOR of = {.Width = 64, .Height = 16, .Format = CU_AD_FORMAT_FLOAT, .NumChannels = 3};
    CUarray array;
    begin();
    IS(cuArrayCreate(&array, &of), CUDA_ERROR_INVALID_VALUE);
    of.NumChannels = 1;
    of.Format = (CUarray_format)0x7777;
    IS(cuArrayCreate(&array, &of), CUDA_ERROR_INVALID_VALUE);
    of.Format = CU_AD_FORMAT_FLOAT;
    of.Width = 0;
    IS(cuArrayCreate(&array, &of), CUDA_ERROR_INVALID_VALUE);
    IS(cuArrayCreate(&array, NULL), CUDA_ERROR_INVALID_VALUE);
}

CASE(array_of_one_dimension)
{
    unsigned char from[256], to[256] = {0};
    begin();
    pattern(from, sizeof from, 2);
    CUarray array = new_array(64, 0, CU_AD_FORMAT_FLOAT, 1);
    OK(cuMemcpyHtoA(array, 0, from, sizeof from));
    OK(cuMemcpyAtoH(to, array, 16, 100));
    CHECK(memcmp(to, from + 16, 100) == 0);
    CUdeviceptr at = allocate(sizeof from);
    OK(cuMemcpyAtoD(at, array, 0, sizeof from));
    OK(cuMemcpyDtoH(to, at, sizeof to));
    CHECK(memcmp(to, from, sizeof to) == 0);
    CUarray other = new_array(64, 0, CU_AD_FORMAT_FLOAT, 1);
    OK(cuMemcpyDtoA(other, 0, at, sizeof from));
    OK(cuMemcpyAtoA(other, 0, array, 128, 128));
    OK(cuMemcpyAtoH(to, other, 0, sizeof to));
    CHECK(memcmp(to, from + 128, 128) == 0 && memcmp(to + 128, from + 128, 128) == 0);
}

CASE(array_of_two_dimensions)
{
    enum { WIDTH = 64, HEIGHT = 8, PITCH = 80 };
    unsigned char from[PITCH * HEIGHT], to[PITCH * HEIGHT];
    begin();
    pattern(from, sizeof from, 4);
    memset(to, 0xee, sizeof to);
    CUarray array = new_array(WIDTH / 4, HEIGHT, CU_AD_FORMAT_UNSIGNED_INT32, 1);
    CUDA_MEMCPY2D there = {
        .srcMemoryType = CU_MEMORYTYPE_HOST, .srcHost = from, .srcPitch = PITCH,
        .dstMemoryType = CU_MEMORYTYPE_ARRAY, .dstArray = array, .WidthInBytes = WIDTH, .Height = HEIGHT,
    };
    OK(cuMemcpy2D(&there));
    CUDA_MEMCPY2D back = {
        .srcMemoryType = CU_MEMORYTYPE_ARRAY, .srcArray = array, .srcXInBytes = 8, .srcY = 2,
        .dstMemoryType = CU_MEMORYTYPE_HOST, .dstHost = to, .dstPitch = PITCH, .WidthInBytes = 40, .Height = 5,
    };
    OK(cuMemcpy2D(&back));
    for (int i = 0; i < PITCH * HEIGHT; i++) {
        int row = i / PITCH, column = i % PITCH;
        CHECK_INT(to[i], row < 5 && column < 40 ? from[(row + 2) * PITCH + column + 8] : 0xee);
    }
}

CASE(array_of_three_dimensions)
{
    enum { WIDTH = 16, HEIGHT = 4, DEPTH = 3 };
    unsigned char from[WIDTH * HEIGHT * DEPTH], to[sizeof from];
    CUDA_ARRAY3D_DESCRIPTOR got, of = {
        .Width = WIDTH, .Height = HEIGHT, .Depth = DEPTH, .Format = CU_AD_FORMAT_UNSIGNED_INT8, .NumChannels = 1,
    };
    CUarray array = NULL;
    begin();
    pattern(from, sizeof from, 6);
    OK(cuArray3DCreate(&array, &of));
    OK(cuArray3DGetDescriptor(&got, array));
    CHECK(got.Width == WIDTH && got.Height == HEIGHT && got.Depth == DEPTH && got.NumChannels == 1);
    CUDA_MEMCPY3D there = {
        .srcMemoryType = CU_MEMORYTYPE_HOST, .srcHost = from, .srcPitch = WIDTH, .srcHeight = HEIGHT,
        .dstMemoryType = CU_MEMORYTYPE_ARRAY, .dstArray = array,
        .WidthInBytes = WIDTH, .Height = HEIGHT, .Depth = DEPTH,
    };
    OK(cuMemcpy3D(&there));
    CUDA_MEMCPY3D back = {
        .srcMemoryType = CU_MEMORYTYPE_ARRAY, .srcArray = array, .srcZ = 1, .srcY = 1,
        .dstMemoryType = CU_MEMORYTYPE_HOST, .dstHost = to, .dstPitch = WIDTH, .dstHeight = 3,
        .WidthInBytes = WIDTH, .Height = 3, .Depth = 2,
    };
    OK(cuMemcpy3D(&back));
    for (int z = 0; z < 2; z++)
        for (int y = 0; y < 3; y++)
            CHECK(memcmp(to + (z * 3 + y) * WIDTH, from + ((z + 1) * HEIGHT + y + 1) * WIDTH, WIDTH) == 0);
    OK(cuArrayDestroy(array));
}
