/* Objects that live shortly and are asked much: an image and a buffer, always new, are asked what they are and released.
 * Shows what creating an object costs, and the first time that each thing is asked of it.
 *
 *   cc -O2 -o objects objects.c -lOpenCL
 *   objects [TURNS]      (20000)
 *
 * What they answer is compared with what they were made of.
 */
#include "program.h"

static void expect(int right, const char *what, unsigned turn)
{
    if (!right) {
        fprintf(stderr, "objects: turn %u: %s is wrong\n", turn, what);
        exit(1);
    }
}

/* What a query answers; it has to have the right size, too. */
#define ASK(query, object, key, value)                                       \
    do {                                                                     \
        size_t length = 0;                                                   \
        check(query(object, key, sizeof(value), &(value), &length), #key);   \
        expect(length == sizeof(value), "the length of " #key, turn);        \
    } while (0)

static uint64_t image(unsigned turn)
{
    cl_image_format format = {CL_RGBA, turn % 2 ? CL_UNSIGNED_INT8 : CL_SIGNED_INT32}, answered;
    cl_image_desc made = {.image_type = CL_MEM_OBJECT_IMAGE2D, .image_width = 1 + turn % 31, .image_height = 1 + turn % 17};
    size_t width, height, depth, element, row, slice, size;
    cl_mem_object_type type;
    cl_context its;
    cl_int status;

    cl_mem image = clCreateImage(context, CL_MEM_READ_WRITE, &format, &made, NULL, &status);
    check(status, "clCreateImage");
    ASK(clGetImageInfo, image, CL_IMAGE_FORMAT, answered);
    ASK(clGetImageInfo, image, CL_IMAGE_ELEMENT_SIZE, element);
    ASK(clGetImageInfo, image, CL_IMAGE_ROW_PITCH, row);
    ASK(clGetImageInfo, image, CL_IMAGE_SLICE_PITCH, slice);
    ASK(clGetImageInfo, image, CL_IMAGE_WIDTH, width);
    ASK(clGetImageInfo, image, CL_IMAGE_HEIGHT, height);
    ASK(clGetImageInfo, image, CL_IMAGE_DEPTH, depth);
    ASK(clGetMemObjectInfo, image, CL_MEM_TYPE, type);
    ASK(clGetMemObjectInfo, image, CL_MEM_SIZE, size);
    ASK(clGetMemObjectInfo, image, CL_MEM_CONTEXT, its);
    check(clReleaseMemObject(image), "clReleaseMemObject");
    expect(memcmp(&answered, &format, sizeof format) == 0, "the format", turn);
    expect(width == made.image_width && height == made.image_height && depth == 0, "the extent", turn);
    expect(element == (turn % 2 ? 4 : 16) && row >= width * element && slice == 0, "the pitch", turn);
    expect(type == CL_MEM_OBJECT_IMAGE2D && its == context && size >= height * row, "the image", turn);
    return row * size;
}

static uint64_t buffer(unsigned turn)
{
    size_t made = 4 * (1 + turn % 1000), size, offset;
    cl_mem_flags flags = turn % 3 ? CL_MEM_READ_ONLY : CL_MEM_READ_WRITE, its_flags;
    cl_mem_object_type type;
    cl_uint references, maps;
    void *host;
    cl_context its;
    cl_mem parent;
    cl_int status;

    cl_mem buffer = clCreateBuffer(context, flags, made, NULL, &status);
    check(status, "clCreateBuffer");
    ASK(clGetMemObjectInfo, buffer, CL_MEM_TYPE, type);
    ASK(clGetMemObjectInfo, buffer, CL_MEM_FLAGS, its_flags);
    ASK(clGetMemObjectInfo, buffer, CL_MEM_SIZE, size);
    ASK(clGetMemObjectInfo, buffer, CL_MEM_HOST_PTR, host);
    ASK(clGetMemObjectInfo, buffer, CL_MEM_MAP_COUNT, maps);
    ASK(clGetMemObjectInfo, buffer, CL_MEM_REFERENCE_COUNT, references);
    ASK(clGetMemObjectInfo, buffer, CL_MEM_CONTEXT, its);
    ASK(clGetMemObjectInfo, buffer, CL_MEM_ASSOCIATED_MEMOBJECT, parent);
    ASK(clGetMemObjectInfo, buffer, CL_MEM_OFFSET, offset);
    check(clReleaseMemObject(buffer), "clReleaseMemObject");
    expect(type == CL_MEM_OBJECT_BUFFER && its_flags == flags && size == made, "the buffer", turn);
    expect(host == NULL && maps == 0 && references == 1 && its == context, "the buffer", turn);
    expect(parent == NULL && offset == 0, "the buffer's parent", turn);
    return size;
}

int main(int argc, char **argv)
{
    unsigned turns = count_of(argc, argv, 20000);
    uint64_t sum = CHECKSUM_BEGIN;

    begin();
    for (unsigned turn = 0; turn < turns; turn++) {
        uint64_t answers[] = {image(turn), buffer(turn)};
        sum = checksum(sum, answers, sizeof answers);
    }
    print_checksum(sum);
    release_all();
    return 0;
}
