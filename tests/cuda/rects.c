/* Copies of rectangles and boxes, with pitches, from and to host, device and arrays. */
#include "client.h"

enum { WIDTH = 24, HEIGHT = 6, PITCH = 40, OTHER = 64 };

static unsigned char from[PITCH * HEIGHT * 4], to[OTHER * HEIGHT * 4];

static void begin_with_bytes(void)
{
    begin();
    pattern(from, sizeof from, 7);
    memset(to, 0xee, sizeof to);
}

/* The rectangle is there at these places, and nothing around it. */
static void check_rectangle(size_t x, size_t y, size_t from_x, size_t from_y)
{
    for (size_t row = 0; row < sizeof to / OTHER; row++)
        for (size_t column = 0; column < OTHER; column++) {
            int want = 0xee;
            if (row >= y && row < y + HEIGHT && column >= x && column < x + WIDTH)
                want = from[(row - y + from_y) * PITCH + column - x + from_x];
            CHECK_INT(to[row * OTHER + column], want);
        }
}

CASE(rectangle_to_the_device_and_back)
{
    begin_with_bytes();
    CUdeviceptr at;
    size_t pitch;
    OK(cuMemAllocPitch(&at, &pitch, WIDTH + 8, HEIGHT + 2, 4));
    CUDA_MEMCPY2D there = {
        .srcMemoryType = CU_MEMORYTYPE_HOST, .srcHost = from, .srcPitch = PITCH, .srcXInBytes = 3, .srcY = 2,
        .dstMemoryType = CU_MEMORYTYPE_DEVICE, .dstDevice = at, .dstPitch = pitch, .dstXInBytes = 8, .dstY = 1,
        .WidthInBytes = WIDTH, .Height = HEIGHT,
    };
    OK(cuMemcpy2D(&there));
    CUDA_MEMCPY2D back = {
        .srcMemoryType = CU_MEMORYTYPE_DEVICE, .srcDevice = at, .srcPitch = pitch, .srcXInBytes = 8, .srcY = 1,
        .dstMemoryType = CU_MEMORYTYPE_HOST, .dstHost = to, .dstPitch = OTHER, .dstXInBytes = 5, .dstY = 4,
        .WidthInBytes = WIDTH, .Height = HEIGHT,
    };
    OK(cuMemcpy2D(&back));
    check_rectangle(5, 4, 3, 2);
}

CASE(rectangle_within_the_device)
{
    begin_with_bytes();
    CUdeviceptr a = upload(from, sizeof from), b = upload(to, sizeof to);
    CUDA_MEMCPY2D copy = {
        .srcMemoryType = CU_MEMORYTYPE_DEVICE, .srcDevice = a, .srcPitch = PITCH, .srcY = 3,
        .dstMemoryType = CU_MEMORYTYPE_DEVICE, .dstDevice = b, .dstPitch = OTHER, .dstXInBytes = 1,
        .WidthInBytes = WIDTH, .Height = HEIGHT,
    };
    /* Pitches that the device does not suggest. */
    OK(cuMemcpy2DUnaligned(&copy));
    OK(cuMemcpyDtoH(to, b, sizeof to));
    check_rectangle(1, 0, 0, 3);
}

CASE(rectangle_within_the_host)
{
    begin_with_bytes();
    CUDA_MEMCPY2D copy = {
        .srcMemoryType = CU_MEMORYTYPE_HOST, .srcHost = from, .srcPitch = PITCH, .srcXInBytes = 1,
        .dstMemoryType = CU_MEMORYTYPE_HOST, .dstHost = to, .dstPitch = OTHER, .dstY = 2,
        .WidthInBytes = WIDTH, .Height = HEIGHT,
    };
    OK(cuMemcpy2D(&copy));
    check_rectangle(0, 2, 1, 0);
}

CASE(rectangle_in_order)
{
    begin_with_bytes();
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    CUdeviceptr at = allocate(OTHER * HEIGHT);
    OK(cuMemsetD8Async(at, 0, OTHER * HEIGHT, stream));
    CUDA_MEMCPY2D there = {
        .srcMemoryType = CU_MEMORYTYPE_HOST, .srcHost = from, .srcPitch = PITCH,
        .dstMemoryType = CU_MEMORYTYPE_DEVICE, .dstDevice = at, .dstPitch = OTHER,
        .WidthInBytes = WIDTH, .Height = HEIGHT,
    };
    OK(cuMemcpy2DAsync(&there, stream));
    CUDA_MEMCPY2D back = {
        .srcMemoryType = CU_MEMORYTYPE_DEVICE, .srcDevice = at, .srcPitch = OTHER,
        .dstMemoryType = CU_MEMORYTYPE_HOST, .dstHost = to, .dstPitch = OTHER,
        .WidthInBytes = WIDTH, .Height = HEIGHT,
    };
    OK(cuMemcpy2DAsync(&back, stream));
    OK(cuStreamSynchronize(stream));
    check_rectangle(0, 0, 0, 0);
}

/* The kind of memory is seen from the address. */
CASE(rectangle_unified)
{
    begin_with_bytes();
    CUdeviceptr at = upload(from, sizeof from);
    CUDA_MEMCPY2D copy = {
        .srcMemoryType = CU_MEMORYTYPE_UNIFIED, .srcDevice = at, .srcPitch = PITCH,
        .dstMemoryType = CU_MEMORYTYPE_UNIFIED, .dstDevice = (CUdeviceptr)(uintptr_t)to, .dstPitch = OTHER,
        .WidthInBytes = WIDTH, .Height = HEIGHT,
    };
    OK(cuMemcpy2DUnaligned(&copy));
    check_rectangle(0, 0, 0, 0);
}

CASE(rectangle_wrong)
{
    begin_with_bytes();
    CUdeviceptr at = upload(from, sizeof from);
    CUDA_MEMCPY2D copy = {
        .srcMemoryType = CU_MEMORYTYPE_DEVICE, .srcDevice = at, .srcPitch = WIDTH - 1,
        .dstMemoryType = CU_MEMORYTYPE_HOST, .dstHost = to, .dstPitch = OTHER,
        .WidthInBytes = WIDTH, .Height = HEIGHT,
    };
    IS(cuMemcpy2D(&copy), CUDA_ERROR_INVALID_VALUE);
    copy.srcPitch = PITCH;
    copy.dstPitch = WIDTH - 1;
    IS(cuMemcpy2D(&copy), CUDA_ERROR_INVALID_VALUE);
    copy.dstPitch = OTHER;
    copy.srcMemoryType = (CUmemorytype)99;
    IS(cuMemcpy2D(&copy), CUDA_ERROR_INVALID_VALUE);
    IS(cuMemcpy2D(NULL), CUDA_ERROR_INVALID_VALUE);
    copy.srcMemoryType = CU_MEMORYTYPE_DEVICE;
    OK(cuMemcpy2DUnaligned(&copy));
    check_rectangle(0, 0, 0, 0);
}

/* Offsets and sizes that no memory has. */
CASE(rectangle_of_too_much)
{
    const size_t much = (size_t)-1;
    begin_with_bytes();
    CUdeviceptr at = upload(from, sizeof from);
    CUDA_MEMCPY2D there = {
        .srcMemoryType = CU_MEMORYTYPE_HOST, .srcHost = from, .srcPitch = PITCH,
        .dstMemoryType = CU_MEMORYTYPE_DEVICE, .dstDevice = at, .dstPitch = PITCH,
        .WidthInBytes = WIDTH, .Height = HEIGHT,
    }, back = {
        .srcMemoryType = CU_MEMORYTYPE_DEVICE, .srcDevice = at, .srcPitch = PITCH,
        .dstMemoryType = CU_MEMORYTYPE_HOST, .dstHost = to, .dstPitch = OTHER,
        .WidthInBytes = WIDTH, .Height = HEIGHT,
    }, wrong;
    wrong = there, wrong.srcXInBytes = much;
    IS(cuMemcpy2DUnaligned(&wrong), CUDA_ERROR_INVALID_VALUE);
    wrong = there, wrong.srcY = much;
    IS(cuMemcpy2DUnaligned(&wrong), CUDA_ERROR_INVALID_VALUE);
    wrong = there, wrong.Height = much;
    IS(cuMemcpy2DUnaligned(&wrong), CUDA_ERROR_INVALID_VALUE);
    wrong = back, wrong.dstPitch = much;
    IS(cuMemcpy2DUnaligned(&wrong), CUDA_ERROR_INVALID_VALUE);
    wrong = back, wrong.WidthInBytes = much;
    IS(cuMemcpy2DUnaligned(&wrong), CUDA_ERROR_INVALID_VALUE);
    wrong = back, wrong.dstHost = NULL;
    IS(cuMemcpy2DUnaligned(&wrong), CUDA_ERROR_INVALID_VALUE);
    OK(cuMemcpy2DUnaligned(&there));
    OK(cuMemcpy2DUnaligned(&back));
    check_rectangle(0, 0, 0, 0);
}

CASE(rectangle_of_nothing)
{
    begin_with_bytes();
    CUdeviceptr at = upload(from, sizeof from);
    CUDA_MEMCPY2D copy = {
        .srcMemoryType = CU_MEMORYTYPE_DEVICE, .srcDevice = at, .srcPitch = PITCH,
        .dstMemoryType = CU_MEMORYTYPE_HOST, .dstHost = to, .dstPitch = OTHER,
        .WidthInBytes = 0, .Height = HEIGHT,
    };
    OK(cuMemcpy2D(&copy));
    copy.WidthInBytes = WIDTH;
    copy.Height = 0;
    OK(cuMemcpy2D(&copy));
    for (size_t i = 0; i < sizeof to; i++)
        CHECK_INT(to[i], 0xee);
}

/* ---- boxes: 8 × 3 × 2 out of layers of 5 and 4 rows ---- */

CASE(box_to_the_device_and_back)
{
    enum { X = 8, Y = 3, Z = 2, ROWS = 5, BACK_ROWS = 4 };
    begin_with_bytes();
    CUdeviceptr at = allocate(16 * 6 * 3);
    CUDA_MEMCPY3D there = {
        .srcMemoryType = CU_MEMORYTYPE_HOST, .srcHost = from, .srcPitch = 20, .srcHeight = ROWS,
        .srcXInBytes = 2, .srcY = 1, .srcZ = 1,
        .dstMemoryType = CU_MEMORYTYPE_DEVICE, .dstDevice = at, .dstPitch = 16, .dstHeight = 6,
        .dstXInBytes = 4, .dstY = 2, .dstZ = 1,
        .WidthInBytes = X, .Height = Y, .Depth = Z,
    };
    OK(cuMemcpy3D(&there));
    CUDA_MEMCPY3D back = {
        .srcMemoryType = CU_MEMORYTYPE_DEVICE, .srcDevice = at, .srcPitch = 16, .srcHeight = 6,
        .srcXInBytes = 4, .srcY = 2, .srcZ = 1,
        .dstMemoryType = CU_MEMORYTYPE_HOST, .dstHost = to, .dstPitch = 12, .dstHeight = BACK_ROWS,
        .WidthInBytes = X, .Height = Y, .Depth = Z,
    };
    CUstream stream = new_stream(CU_STREAM_NON_BLOCKING);
    OK(cuMemcpy3DAsync(&back, stream));
    OK(cuStreamSynchronize(stream));
    for (int i = 0; i < 12 * BACK_ROWS * Z; i++) {
        int x = i % 12, y = i / 12 % BACK_ROWS, z = i / (12 * BACK_ROWS);
        int want = x < X && y < Y ? from[((z + 1) * ROWS + y + 1) * 20 + x + 2] : 0xee;
        CHECK_INT(to[i], want);
    }
}
