/* Images: formats, reads, writes, copies, fills, kernels and samplers. */
#include "conformance.h"

#include "image.h"

CASE(image_supported_formats)
{
    need_images();
    struct cl cl = cl_open();
    static const cl_mem_object_type types[] = {CL_MEM_OBJECT_IMAGE1D, CL_MEM_OBJECT_IMAGE1D_BUFFER, CL_MEM_OBJECT_IMAGE1D_ARRAY,
                                               CL_MEM_OBJECT_IMAGE2D, CL_MEM_OBJECT_IMAGE2D_ARRAY, CL_MEM_OBJECT_IMAGE3D};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        cl_uint count = 0, again = 0;
        OK(clGetSupportedImageFormats(cl.context, CL_MEM_READ_ONLY, types[i], 0, NULL, &count));
        CHECK(count > 0 && count < 1000);
        cl_image_format *formats = must_alloc((count + 1) * sizeof *formats);
        formats[count].image_channel_order = 0x1234;
        OK(clGetSupportedImageFormats(cl.context, CL_MEM_READ_ONLY, types[i], count, formats, &again));
        CHECK_INT(again, count);
        CHECK_INT(formats[count].image_channel_order, 0x1234);
        bool rgba8 = false;
        for (cl_uint k = 0; k < count; k++) {
            CHECK(formats[k].image_channel_order >= CL_R && formats[k].image_channel_order < 0x1200);
            CHECK(formats[k].image_channel_data_type >= CL_SNORM_INT8 && formats[k].image_channel_data_type < 0x1200);
            rgba8 |= formats[k].image_channel_order == CL_RGBA && formats[k].image_channel_data_type == CL_UNORM_INT8;
        }
        CHECK(rgba8);
        /* fewer entries than there are */
        memset(formats, 0, count * sizeof *formats);
        OK(clGetSupportedImageFormats(cl.context, CL_MEM_READ_ONLY, types[i], 1, formats, NULL));
        CHECK(formats[0].image_channel_order != 0);
        CHECK(count == 1 || formats[1].image_channel_order == 0);
        free(formats);
    }
    cl_uint count;
    SPEC_STATUS(clGetSupportedImageFormats(cl.context, CL_MEM_READ_ONLY, CL_MEM_OBJECT_BUFFER, 0, NULL, &count), CL_INVALID_VALUE);
    CHECK_STATUS(clGetSupportedImageFormats(NULL, CL_MEM_READ_ONLY, CL_MEM_OBJECT_IMAGE2D, 0, NULL, &count), CL_INVALID_CONTEXT);
    cl_close(&cl);
}

/* Reads and writes a box inside every kind of image, with pitches of the host's
 * own; blocking or not; what is around it stays. */
static void check_read_write(const struct image_kind *kind, const cl_image_format *format, size_t element, cl_bool blocking)
{
    struct cl cl = cl_open();
    struct image image = new_image(&cl, kind, format, element);
    unsigned char *host = must_alloc(image.bytes), *want = must_alloc(image.bytes), *got = must_alloc(image.bytes);
    const size_t zero[] = {0, 0, 0};
    fill_pattern(want, image.bytes, 1);
    OK(clEnqueueWriteImage(cl.queue, image.mem, CL_TRUE, zero, kind->size, 0, 0, want, 0, NULL, NULL));
    /* a box of host memory with gaps between its rows */
    size_t row = kind->region[0] * element + element, slice = row * (kind->region[1] + 1);
    size_t room = slice * kind->region[2] + row;
    unsigned char *box = must_alloc(room), *back = must_alloc(room);
    bool has_slices = kind->region[2] > 1;
    fill_pattern(box, room, 2);
    OK(clEnqueueWriteImage(cl.queue, image.mem, blocking, kind->origin, kind->region, row, has_slices ? slice : 0, box, 0, NULL, NULL));
    if (blocking) {
        memset(box, 0, room);
        fill_pattern(box, room, 2);
    }
    memset(back, 0xEE, room);
    OK(clEnqueueReadImage(cl.queue, image.mem, blocking, kind->origin, kind->region, row, has_slices ? slice : 0, back, 0, NULL, NULL));
    if (!blocking)
        OK(clFinish(cl.queue));
    for (size_t z = 0; z < kind->region[2]; z++)
        for (size_t y = 0; y < kind->region[1]; y++) {
            size_t at = z * slice + y * row, length = kind->region[0] * element;
            CHECK_SAME(back + at, box + at, length);
            CHECK_BYTES(back + at + length, element, 0xEE);
            memcpy(want + image_offset(&image, kind->origin[0], kind->origin[1] + y, kind->origin[2] + z), box + at, length);
        }
    OK(clEnqueueReadImage(cl.queue, image.mem, CL_TRUE, zero, kind->size, 0, 0, got, 0, NULL, NULL));
    CHECK_SAME(got, want, image.bytes);
    OK(clReleaseMemObject(image.mem));
    cl_close(&cl);
    free(host);
    free(want);
    free(got);
    free(box);
    free(back);
}

static const struct {
    cl_image_format format;
    size_t element;
} FORMATS[] = {
    {{CL_RGBA, CL_UNORM_INT8}, 4},
    {{CL_RGBA, CL_FLOAT}, 16},
    {{CL_RGBA, CL_UNSIGNED_INT16}, 8},
    {{CL_R, CL_UNSIGNED_INT8}, 1},
    {{CL_R, CL_FLOAT}, 4},
    {{CL_RG, CL_SIGNED_INT16}, 4},
};

CASE(image_read_write_of_all_kinds)
{
    need_images();
    for (size_t k = 0; k < IMAGE_KIND_COUNT; k++) {
        check_read_write(&IMAGE_KINDS[k], &FORMATS[0].format, FORMATS[0].element, CL_TRUE);
        check_read_write(&IMAGE_KINDS[k], &FORMATS[0].format, FORMATS[0].element, CL_FALSE);
    }
}

CASE(image_read_write_of_formats)
{
    need_images();
    struct cl cl = cl_open();
    for (size_t f = 0; f < sizeof FORMATS / sizeof *FORMATS; f++) {
        const struct image_kind *flat = image_kind(CL_MEM_OBJECT_IMAGE2D);
        if (!format_supported(&cl, CL_MEM_READ_WRITE, flat->type, &FORMATS[f].format)) {
            note("format %zu is not supported", f);
            continue;
        }
        check_read_write(flat, &FORMATS[f].format, FORMATS[f].element, CL_FALSE);
        check_read_write(image_kind(CL_MEM_OBJECT_IMAGE3D), &FORMATS[f].format, FORMATS[f].element, CL_TRUE);
    }
    cl_close(&cl);
}

/* The data of a non-blocking read is there with its event, for images too. */
CASE(image_pending_read)
{
    need_images();
    for (size_t k = 0; k < IMAGE_KIND_COUNT; k++) {
        struct cl cl = cl_open();
        struct image image = new_image(&cl, &IMAGE_KINDS[k], &FORMATS[0].format, 4);
        unsigned char *want = must_alloc(image.bytes), *got = must_alloc(image.bytes);
        const size_t zero[] = {0, 0, 0};
        cl_event go = user_event(&cl), done;
        fill_pattern(want, image.bytes, (unsigned)k);
        OK(clEnqueueWriteImage(cl.queue, image.mem, CL_FALSE, zero, image.kind->size, 0, 0, want, 1, &go, NULL));
        OK(clEnqueueReadImage(cl.queue, image.mem, CL_FALSE, zero, image.kind->size, 0, 0, got, 0, NULL, &done));
        OK(clFlush(cl.queue));
        sleep_ms(5);
        CHECK_BYTES(got, image.bytes, 0);
        OK(clSetUserEventStatus(go, CL_COMPLETE));
        CHECK_STATUS(poll_until_done(done), CL_COMPLETE);
        CHECK_SAME(got, want, image.bytes);
        OK(clReleaseEvent(go));
        OK(clReleaseEvent(done));
        OK(clReleaseMemObject(image.mem));
        cl_close(&cl);
        free(want);
        free(got);
    }
}

CASE(image_info)
{
    need_images();
    struct cl cl = cl_open();
    for (size_t k = 0; k < IMAGE_KIND_COUNT; k++) {
        const struct image_kind *kind = &IMAGE_KINDS[k];
        struct image image = new_image(&cl, kind, &FORMATS[0].format, 4);
        size_t width = 99, height = 99, depth = 99, array = 99, element = 99;
        cl_image_format format;
        cl_mem_object_type type;
        OK(clGetImageInfo(image.mem, CL_IMAGE_WIDTH, sizeof width, &width, NULL));
        OK(clGetImageInfo(image.mem, CL_IMAGE_HEIGHT, sizeof height, &height, NULL));
        OK(clGetImageInfo(image.mem, CL_IMAGE_DEPTH, sizeof depth, &depth, NULL));
        OK(clGetImageInfo(image.mem, CL_IMAGE_ARRAY_SIZE, sizeof array, &array, NULL));
        OK(clGetImageInfo(image.mem, CL_IMAGE_ELEMENT_SIZE, sizeof element, &element, NULL));
        OK(clGetImageInfo(image.mem, CL_IMAGE_FORMAT, sizeof format, &format, NULL));
        OK(clGetMemObjectInfo(image.mem, CL_MEM_TYPE, sizeof type, &type, NULL));
        bool one = kind->type == CL_MEM_OBJECT_IMAGE1D || kind->type == CL_MEM_OBJECT_IMAGE1D_ARRAY;
        bool arr = kind->type == CL_MEM_OBJECT_IMAGE1D_ARRAY || kind->type == CL_MEM_OBJECT_IMAGE2D_ARRAY;
        CHECK_INT(type, kind->type);
        CHECK_INT(width, kind->size[0]);
        SPEC(height == (one ? 0 : kind->size[1]));
        SPEC(depth == (kind->type == CL_MEM_OBJECT_IMAGE3D ? kind->size[2] : 0));
        SPEC(array == (arr ? kind->size[one ? 1 : 2] : 0));
        CHECK_INT(element, 4);
        CHECK_SAME(&format, &FORMATS[0].format, sizeof format);
        OK(clReleaseMemObject(image.mem));
    }
    cl_close(&cl);
}

/* Host data with a row pitch of its own, in all three host-pointer ways. */
CASE(image_from_host_memory_with_pitch)
{
    need_images();
    static const cl_mem_flags ways[] = {CL_MEM_COPY_HOST_PTR, CL_MEM_USE_HOST_PTR, CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR};
    enum { W = 13, H = 7, PITCH = 128 };
    struct cl cl = cl_open();
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        unsigned char *host = must_alloc_aligned(4096, PITCH * H), got[W * H * 4];
        const size_t zero[] = {0, 0, 0}, whole[] = {W, H, 1};
        cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = W, .image_height = H, .image_row_pitch = PITCH};
        cl_int err;
        fill_pattern(host, PITCH * H, (unsigned)i);
        cl_mem image = clCreateImage(cl.context, CL_MEM_READ_WRITE | ways[i], &FORMATS[0].format, &desc, host, &err);
        OK(err);
        OK(clEnqueueReadImage(cl.queue, image, CL_TRUE, zero, whole, 0, 0, got, 0, NULL, NULL));
        for (size_t y = 0; y < H; y++)
            CHECK_SAME(got + y * W * 4, host + y * PITCH, W * 4);
        OK(clReleaseMemObject(image));
        free(host);
    }
    cl_close(&cl);
}

CASE(image_copies)
{
    need_images();
    struct cl cl = cl_open();
    for (size_t k = 0; k < IMAGE_KIND_COUNT; k++) {
        const struct image_kind *kind = &IMAGE_KINDS[k];
        struct image a = new_image(&cl, kind, &FORMATS[0].format, 4), b = new_image(&cl, kind, &FORMATS[0].format, 4);
        size_t length = kind->region[0] * kind->region[1] * kind->region[2] * 4;
        unsigned char *pixels = must_alloc(a.bytes), *blank = must_alloc(a.bytes), *got = must_alloc(a.bytes);
        const size_t zero[] = {0, 0, 0};
        cl_mem buffer = new_buffer(&cl, 0, length + 64, NULL);
        fill_pattern(pixels, a.bytes, 9);
        OK(clEnqueueWriteImage(cl.queue, a.mem, CL_TRUE, zero, kind->size, 0, 0, pixels, 0, NULL, NULL));
        OK(clEnqueueWriteImage(cl.queue, b.mem, CL_TRUE, zero, kind->size, 0, 0, blank, 0, NULL, NULL));
        /* image to buffer, buffer to image, image to image: there and back */
        OK(clEnqueueCopyImageToBuffer(cl.queue, a.mem, buffer, kind->origin, kind->region, 64, 0, NULL, NULL));
        OK(clEnqueueCopyBufferToImage(cl.queue, buffer, b.mem, 64, kind->origin, kind->region, 0, NULL, NULL));
        OK(clEnqueueReadImage(cl.queue, b.mem, CL_TRUE, zero, kind->size, 0, 0, got, 0, NULL, NULL));
        for (size_t z = 0; z < kind->region[2]; z++)
            for (size_t y = 0; y < kind->region[1]; y++) {
                size_t at = image_offset(&a, kind->origin[0], kind->origin[1] + y, kind->origin[2] + z);
                memcpy(blank + at, pixels + at, kind->region[0] * 4);
            }
        CHECK_SAME(got, blank, a.bytes);
        OK(clEnqueueCopyImage(cl.queue, a.mem, b.mem, zero, zero, kind->size, 0, NULL, NULL));
        OK(clEnqueueReadImage(cl.queue, b.mem, CL_TRUE, zero, kind->size, 0, 0, got, 0, NULL, NULL));
        CHECK_SAME(got, pixels, a.bytes);
        OK(clReleaseMemObject(buffer));
        OK(clReleaseMemObject(a.mem));
        OK(clReleaseMemObject(b.mem));
        free(pixels);
        free(blank);
        free(got);
    }
    cl_close(&cl);
}

CASE(image_fill)
{
    need_images();
    struct cl cl = cl_open();
    const struct image_kind *kind = image_kind(CL_MEM_OBJECT_IMAGE2D);
    const size_t zero[] = {0, 0, 0};
    static const cl_image_format uint_format = {CL_RGBA, CL_UNSIGNED_INT8};
    struct image f = new_image(&cl, kind, &FORMATS[0].format, 4), u = new_image(&cl, kind, &uint_format, 4);
    unsigned char *got = must_alloc(f.bytes);
    cl_float color[] = {1.0f, 0.0f, 1.0f, 0.0f};
    cl_uint numbers[] = {1, 2, 3, 4};
    OK(clEnqueueFillImage(cl.queue, f.mem, color, zero, kind->size, 0, NULL, NULL));
    OK(clEnqueueReadImage(cl.queue, f.mem, CL_TRUE, zero, kind->size, 0, 0, got, 0, NULL, NULL));
    for (size_t i = 0; i < f.bytes; i++)
        CHECK_INT(got[i], i % 2 ? 0 : 255);
    OK(clEnqueueFillImage(cl.queue, u.mem, numbers, zero, kind->size, 0, NULL, NULL));
    OK(clEnqueueReadImage(cl.queue, u.mem, CL_TRUE, zero, kind->size, 0, 0, got, 0, NULL, NULL));
    for (size_t i = 0; i < u.bytes; i++)
        CHECK_INT(got[i], i % 4 + 1);
    OK(clReleaseMemObject(f.mem));
    OK(clReleaseMemObject(u.mem));
    cl_close(&cl);
    free(got);
}

CASE(image_invalid)
{
    need_images();
    struct cl cl = cl_open();
    const struct image_kind *kind = image_kind(CL_MEM_OBJECT_IMAGE2D);
    struct image image = new_image(&cl, kind, &FORMATS[0].format, 4);
    const size_t zero[] = {0, 0, 0}, beyond[] = {kind->size[0], 0, 0}, one[] = {1, 1, 1}, none[] = {0, 1, 1};
    char pixel[64];
    cl_int err;
    cl_image_format bad = {0x9999, CL_UNORM_INT8};
    cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 4, .image_height = 4};
    cl_image_desc empty = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 0, .image_height = 4};
    cl_image_desc pitch = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 4, .image_height = 4, .image_row_pitch = 64};
    CHECK_STATUS(clEnqueueReadImage(cl.queue, image.mem, CL_TRUE, beyond, one, 0, 0, pixel, 0, NULL, NULL), CL_INVALID_VALUE);
    SPEC_STATUS(clEnqueueReadImage(cl.queue, image.mem, CL_TRUE, zero, none, 0, 0, pixel, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK_STATUS(clEnqueueReadImage(cl.queue, image.mem, CL_TRUE, zero, one, 0, 0, NULL, 0, NULL, NULL), CL_INVALID_VALUE);
    CHECK(!clCreateImage(cl.context, 0, &bad, &desc, NULL, &err));
    SPEC(err == CL_INVALID_IMAGE_FORMAT_DESCRIPTOR || err == CL_IMAGE_FORMAT_NOT_SUPPORTED);
    CHECK(!clCreateImage(cl.context, 0, NULL, &desc, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_IMAGE_FORMAT_DESCRIPTOR);
    CHECK(!clCreateImage(cl.context, 0, &FORMATS[0].format, NULL, NULL, &err));
    CHECK_STATUS(err, CL_INVALID_IMAGE_DESCRIPTOR);
    CHECK(!clCreateImage(cl.context, 0, &FORMATS[0].format, &empty, NULL, &err));
    SPEC(err == CL_INVALID_IMAGE_SIZE || err == CL_INVALID_IMAGE_DESCRIPTOR);
    cl_mem strange = clCreateImage(cl.context, 0, &FORMATS[0].format, &pitch, NULL, &err);
    SPEC_STATUS(err, CL_INVALID_IMAGE_DESCRIPTOR); /* a pitch without host memory */
    if (strange)
        OK(clReleaseMemObject(strange));
    OK(clReleaseMemObject(image.mem));
    cl_close(&cl);
}
