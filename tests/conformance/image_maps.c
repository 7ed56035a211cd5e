/* Mapping of images, and images over buffers and host memory. */
#include "conformance.h"

#include "image.h"

static const cl_image_format RGBA8 = {CL_RGBA, CL_UNORM_INT8};
static const size_t ZERO[] = {0, 0, 0};

static unsigned char *map(struct cl *cl, cl_mem image, cl_map_flags flags, const size_t *origin, const size_t *region,
                          size_t *row, size_t *slice)
{
    cl_int err;
    *row = *slice = 0xABCDEF;
    void *at = clEnqueueMapImage(cl->queue, image, CL_TRUE, flags, origin, region, row, slice, 0, NULL, NULL, &err);
    OK(err);
    CHECK(at != NULL);
    return at;
}

/* The distance between two layers: rows of a 1D array are slices. */
static size_t at_of(const struct image_kind *kind, size_t y, size_t z, size_t row, size_t slice)
{
    return kind->type == CL_MEM_OBJECT_IMAGE1D_ARRAY ? y * slice : y * row + z * slice;
}

CASE(image_map_read)
{
    need_images();
    struct cl cl = cl_open();
    for (size_t k = 0; k < IMAGE_KIND_COUNT; k++) {
        const struct image_kind *kind = &IMAGE_KINDS[k];
        struct image image = new_image(&cl, kind, &RGBA8, 4);
        unsigned char *want = must_alloc(image.bytes);
        size_t row, slice;
        fill_pattern(want, image.bytes, (unsigned)k);
        OK(clEnqueueWriteImage(cl.queue, image.mem, CL_FALSE, ZERO, kind->size, 0, 0, want, 0, NULL, NULL));
        unsigned char *at = map(&cl, image.mem, CL_MAP_READ, kind->origin, kind->region, &row, &slice);
        if (kind->type == CL_MEM_OBJECT_IMAGE1D)
            SPEC(row >= kind->region[0] * 4);
        else if (kind->type != CL_MEM_OBJECT_IMAGE1D_ARRAY)
            CHECK(row >= kind->region[0] * 4);
        if (kind->type == CL_MEM_OBJECT_IMAGE1D || kind->type == CL_MEM_OBJECT_IMAGE2D)
            SPEC(slice == 0);
        for (size_t z = 0; z < kind->region[2]; z++)
            for (size_t y = 0; y < kind->region[1]; y++)
                CHECK_SAME(at + at_of(kind, y, z, row, slice),
                           want + image_offset(&image, kind->origin[0], kind->origin[1] + y, kind->origin[2] + z),
                           kind->region[0] * 4);
        OK(clEnqueueUnmapMemObject(cl.queue, image.mem, at, 0, NULL, NULL));
        OK(clFinish(cl.queue));
        OK(clReleaseMemObject(image.mem));
        free(want);
    }
    cl_close(&cl);
}

static void check_map_write(cl_map_flags flags)
{
    need_images();
    struct cl cl = cl_open();
    for (size_t k = 0; k < IMAGE_KIND_COUNT; k++) {
        const struct image_kind *kind = &IMAGE_KINDS[k];
        struct image image = new_image(&cl, kind, &RGBA8, 4);
        unsigned char *want = must_alloc(image.bytes), *got = must_alloc(image.bytes);
        size_t row, slice, length = kind->region[0] * 4;
        fill_pattern(want, image.bytes, 50);
        OK(clEnqueueWriteImage(cl.queue, image.mem, CL_TRUE, ZERO, kind->size, 0, 0, want, 0, NULL, NULL));
        unsigned char *at = map(&cl, image.mem, flags, kind->origin, kind->region, &row, &slice);
        for (size_t z = 0; z < kind->region[2]; z++)
            for (size_t y = 0; y < kind->region[1]; y++) {
                unsigned char *line = at + at_of(kind, y, z, row, slice);
                fill_pattern(line, length, (unsigned)(y + 10 * z));
                memcpy(want + image_offset(&image, kind->origin[0], kind->origin[1] + y, kind->origin[2] + z), line, length);
            }
        OK(clEnqueueUnmapMemObject(cl.queue, image.mem, at, 0, NULL, NULL));
        OK(clEnqueueReadImage(cl.queue, image.mem, CL_TRUE, ZERO, kind->size, 0, 0, got, 0, NULL, NULL));
        CHECK_SAME(got, want, image.bytes);
        OK(clReleaseMemObject(image.mem));
        free(want);
        free(got);
    }
    cl_close(&cl);
}

CASE(image_map_write) { check_map_write(CL_MAP_WRITE); }
CASE(image_map_read_write) { check_map_write(CL_MAP_READ | CL_MAP_WRITE); }
CASE(image_map_write_invalidate) { check_map_write(CL_MAP_WRITE_INVALIDATE_REGION); }

CASE(image_map_non_blocking_and_several)
{
    need_images();
    struct cl cl = cl_open();
    const struct image_kind *kind = image_kind(CL_MEM_OBJECT_IMAGE2D);
    struct image image = new_image(&cl, kind, &RGBA8, 4);
    unsigned char *want = must_alloc(image.bytes), *at[3];
    size_t row[3], slice[3];
    cl_event go = user_event(&cl), done[3];
    cl_uint count = 0;
    fill_pattern(want, image.bytes, 60);
    OK(clEnqueueWriteImage(cl.queue, image.mem, CL_FALSE, ZERO, kind->size, 0, 0, want, 1, &go, NULL));
    for (size_t i = 0; i < 3; i++) {
        size_t origin[] = {i, 2 * i, 0}, region[] = {10, 5, 1};
        cl_int err;
        at[i] = clEnqueueMapImage(cl.queue, image.mem, CL_FALSE, CL_MAP_READ, origin, region, &row[i], &slice[i], 0, NULL, &done[i], &err);
        OK(err);
    }
    OK(clSetUserEventStatus(go, CL_COMPLETE));
    OK(clWaitForEvents(3, done));
    OK(clGetMemObjectInfo(image.mem, CL_MEM_MAP_COUNT, sizeof count, &count, NULL));
    SPEC(count == 3);
    for (size_t i = 0; i < 3; i++) {
        for (size_t y = 0; y < 5; y++)
            CHECK_SAME(at[i] + y * row[i], want + image_offset(&image, i, 2 * i + y, 0), 40);
        OK(clEnqueueUnmapMemObject(cl.queue, image.mem, at[i], 0, NULL, NULL));
        OK(clReleaseEvent(done[i]));
    }
    OK(clFinish(cl.queue));
    OK(clReleaseEvent(go));
    OK(clReleaseMemObject(image.mem));
    cl_close(&cl);
    free(want);
}

/* Over the program's memory: the map is host_ptr + origin, with its pitch. */
CASE(image_map_of_host_ptr)
{
    need_images();
    enum { W = 16, H = 8, PITCH = 256 };
    struct cl cl = cl_open();
    unsigned char *host = must_alloc_aligned(4096, PITCH * H), got[W * H * 4];
    cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = W, .image_height = H, .image_row_pitch = PITCH};
    const size_t origin[] = {3, 2, 0}, region[] = {5, 4, 1}, whole[] = {W, H, 1};
    size_t row, slice, asked = 0;
    cl_int err;
    fill_pattern(host, PITCH * H, 70);
    cl_mem image = clCreateImage(cl.context, CL_MEM_USE_HOST_PTR, &RGBA8, &desc, host, &err);
    OK(err);
    OK(clGetImageInfo(image, CL_IMAGE_ROW_PITCH, sizeof asked, &asked, NULL));
    SPEC(asked == PITCH);
    unsigned char *at = map(&cl, image, CL_MAP_READ | CL_MAP_WRITE, origin, region, &row, &slice);
    SPEC(row == PITCH);
    SPEC(at == host + 2 * PITCH + 3 * 4);
    for (size_t y = 0; y < 4; y++) {
        CHECK_SAME(at + y * row, host + (2 + y) * PITCH + 3 * 4, 20);
        memset(at + y * row, (int)y + 1, 20);
    }
    OK(clEnqueueUnmapMemObject(cl.queue, image, at, 0, NULL, NULL));
    OK(clEnqueueReadImage(cl.queue, image, CL_TRUE, ZERO, whole, 0, 0, got, 0, NULL, NULL));
    for (int y = 0; y < 4; y++)
        CHECK_BYTES(got + ((2 + y) * W + 3) * 4, 20, y + 1);
    /* what the device writes comes to the program's memory with a map */
    cl_float color[] = {1, 1, 1, 1};
    OK(clEnqueueFillImage(cl.queue, image, color, ZERO, whole, 0, NULL, NULL));
    at = map(&cl, image, CL_MAP_READ, ZERO, whole, &row, &slice);
    for (size_t y = 0; y < H; y++)
        CHECK_BYTES(host + y * PITCH, W * 4, 255);
    OK(clEnqueueUnmapMemObject(cl.queue, image, at, 0, NULL, NULL));
    OK(clFinish(cl.queue));
    OK(clReleaseMemObject(image));
    cl_close(&cl);
    free(host);
}

CASE(image_map_invalid)
{
    need_images();
    struct cl cl = cl_open();
    struct image image = new_image(&cl, image_kind(CL_MEM_OBJECT_IMAGE3D), &RGBA8, 4);
    const size_t *size = image.kind->size, beyond[] = {size[0], 0, 0}, one[] = {1, 1, 1};
    size_t row, slice;
    cl_int err;
    CHECK(!clEnqueueMapImage(cl.queue, image.mem, CL_TRUE, CL_MAP_READ, beyond, one, &row, &slice, 0, NULL, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    CHECK(!clEnqueueMapImage(cl.queue, image.mem, CL_TRUE, CL_MAP_READ, ZERO, one, NULL, &slice, 0, NULL, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    CHECK(!clEnqueueMapImage(cl.queue, image.mem, CL_TRUE, CL_MAP_READ, ZERO, one, &row, NULL, 0, NULL, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_VALUE);
    OK(clReleaseMemObject(image.mem));
    cl_mem buffer = new_buffer(&cl, 0, 64, NULL);
    CHECK(!clEnqueueMapImage(cl.queue, buffer, CL_TRUE, CL_MAP_READ, ZERO, one, &row, &slice, 0, NULL, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_MEM_OBJECT);
    OK(clReleaseMemObject(buffer));
    cl_close(&cl);
}

/* ---- images over buffers --------------------------------------------------------- */

CASE(image_1d_of_buffer)
{
    need_images();
    enum { W = 64 };
    struct cl cl = cl_open();
    static const cl_image_format format = {CL_RGBA, CL_UNSIGNED_INT32};
    static const char source[] =
        "__kernel void k(__read_only image1d_buffer_t image, __global uint4 *out)\n"
        "{ int i = (int)get_global_id(0); out[i] = read_imageui(image, i) + (uint4)(1); }\n";
    cl_uint host[W * 4], got[W * 4];
    for (cl_uint i = 0; i < W * 4; i++)
        host[i] = i * 7;
    cl_mem buffer = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, sizeof host, host), out = new_buffer(&cl, 0, sizeof host, NULL);
    cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE1D_BUFFER, .image_width = W};
    desc.buffer = buffer;
    cl_int err;
    cl_mem image = clCreateImage(cl.context, CL_MEM_READ_WRITE, &format, &desc, NULL, &err);
    OK(err);
    cl_mem of = NULL;
    OK(clGetMemObjectInfo(image, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof of, &of, NULL));
    CHECK_PTR(of, buffer);
    OK(clGetImageInfo(image, CL_IMAGE_BUFFER, sizeof of, &of, NULL));
    SPEC(of == buffer);
    cl_kernel kernel = build_kernel(&cl, source, "k");
    set_arg_mem(kernel, 0, image);
    set_arg_mem(kernel, 1, out);
    run_1d(cl.queue, kernel, W);
    get(cl.queue, out, 0, sizeof got, got);
    for (int i = 0; i < W * 4; i++)
        CHECK_INT(got[i], host[i] + 1);
    /* a write to the buffer is seen through the image */
    cl_uint thousand = 1000;
    OK(clEnqueueFillBuffer(cl.queue, buffer, &thousand, 4, 0, sizeof host, 0, NULL, NULL));
    run_1d(cl.queue, kernel, W);
    get(cl.queue, out, 0, sizeof got, got);
    CHECK_INT(got[W * 4 - 1], 1001);
    OK(clReleaseMemObject(buffer)); /* the image keeps it */
    run_1d(cl.queue, kernel, W);
    get(cl.queue, out, 0, sizeof got, got);
    CHECK_INT(got[0], 1001);
    OK(clReleaseMemObject(image));
    OK(clReleaseMemObject(out));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(image_2d_of_buffer)
{
    need_images();
    enum { W = 32, H = 8 };
    struct cl cl = cl_open();
    cl_uint alignment = 0;
    if (device_version() < 20 || clGetDeviceInfo(cl.device, CL_DEVICE_IMAGE_PITCH_ALIGNMENT, 4, &alignment, NULL) != CL_SUCCESS || !alignment)
        skip("no 2D images of buffers");
    size_t pitch = (W + alignment - 1) / alignment * alignment * 4;
    unsigned char *host = must_alloc(pitch * H), got[W * H * 4];
    const size_t whole[] = {W, H, 1};
    fill_pattern(host, pitch * H, 80);
    cl_mem buffer = new_buffer(&cl, CL_MEM_COPY_HOST_PTR, pitch * H, host), of = NULL;
    cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = W, .image_height = H, .image_row_pitch = pitch};
    desc.mem_object = buffer;
    cl_int err;
    cl_mem image = clCreateImage(cl.context, CL_MEM_READ_WRITE, &RGBA8, &desc, NULL, &err);
    OK(err);
    OK(clGetMemObjectInfo(image, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof of, &of, NULL));
    CHECK_PTR(of, buffer);
    OK(clEnqueueReadImage(cl.queue, image, CL_TRUE, ZERO, whole, 0, 0, got, 0, NULL, NULL));
    for (size_t y = 0; y < H; y++)
        CHECK_SAME(got + y * W * 4, host + y * pitch, W * 4);
    OK(clReleaseMemObject(image));
    OK(clReleaseMemObject(buffer));
    cl_close(&cl);
    free(host);
}

/* ---- kernels ----------------------------------------------------------------- */

CASE(image_kernel_2d_to_3d)
{
    need_images();
    enum { W = 8, H = 6, D = 4 };
    struct cl cl = cl_open();
    static const cl_image_format format = {CL_RGBA, CL_FLOAT};
    static const char source[] =
        "__constant sampler_t nearest = CLK_NORMALIZED_COORDS_FALSE | CLK_ADDRESS_CLAMP_TO_EDGE | CLK_FILTER_NEAREST;\n"
        "__kernel void sum(__read_only image3d_t in, __write_only image2d_t out) {\n"
        "  int x = (int)get_global_id(0), y = (int)get_global_id(1); float4 s = (float4)(0);\n"
        "  for (int z = 0; z < get_image_depth(in); z++) s += read_imagef(in, nearest, (int4)(x, y, z, 0));\n"
        "  write_imagef(out, (int2)(x, y), s); }\n";
    cl_float in[D][H][W][4], got[H][W][4];
    for (int z = 0; z < D; z++)
        for (int y = 0; y < H; y++)
            for (int x = 0; x < W; x++)
                for (int c = 0; c < 4; c++)
                    in[z][y][x][c] = (cl_float)(x + 10 * y + 100 * z + c);
    cl_image_desc deep = {.image_type = CL_MEM_OBJECT_IMAGE3D, .image_width = W, .image_height = H, .image_depth = D};
    cl_image_desc flat = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = W, .image_height = H};
    cl_int err;
    cl_mem source_image = clCreateImage(cl.context, CL_MEM_READ_ONLY | CL_MEM_COPY_HOST_PTR, &format, &deep, in, &err);
    OK(err);
    cl_mem target = clCreateImage(cl.context, CL_MEM_WRITE_ONLY, &format, &flat, NULL, &err);
    OK(err);
    cl_kernel kernel = build_kernel(&cl, source, "sum");
    const size_t global[] = {W, H}, whole[] = {W, H, 1};
    set_arg_mem(kernel, 0, source_image);
    set_arg_mem(kernel, 1, target);
    OK(clEnqueueNDRangeKernel(cl.queue, kernel, 2, NULL, global, NULL, 0, NULL, NULL));
    OK(clEnqueueReadImage(cl.queue, target, CL_TRUE, ZERO, whole, 0, 0, got, 0, NULL, NULL));
    for (int y = 0; y < H; y++)
        for (int x = 0; x < W; x++)
            for (int c = 0; c < 4; c++)
                CHECK_INT(got[y][x][c], 4 * (x + 10 * y + c) + 600);
    OK(clReleaseMemObject(source_image));
    OK(clReleaseMemObject(target));
    OK(clReleaseKernel(kernel));
    cl_close(&cl);
}

CASE(image_deprecated_create)
{
    need_images();
    struct cl cl = cl_open();
    unsigned char host[8 * 4 * 4], got[sizeof host];
    const size_t flat[] = {8, 4, 1}, deep[] = {4, 4, 2};
    cl_int err;
    fill_pattern(host, sizeof host, 90);
    cl_mem image = clCreateImage2D(cl.context, CL_MEM_COPY_HOST_PTR, &RGBA8, 8, 4, 0, host, &err);
    OK(err);
    OK(clEnqueueReadImage(cl.queue, image, CL_TRUE, ZERO, flat, 0, 0, got, 0, NULL, NULL));
    CHECK_SAME(got, host, sizeof host);
    OK(clReleaseMemObject(image));
    image = clCreateImage3D(cl.context, CL_MEM_COPY_HOST_PTR, &RGBA8, 4, 4, 2, 0, 0, host, &err);
    OK(err);
    OK(clEnqueueReadImage(cl.queue, image, CL_TRUE, ZERO, deep, 0, 0, got, 0, NULL, NULL));
    CHECK_SAME(got, host, sizeof host);
    OK(clReleaseMemObject(image));
    cl_close(&cl);
}
