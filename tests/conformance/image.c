/* Kinds of images: see image.h. */
#include "image.h"

const struct image_kind IMAGE_KINDS[] = {
    {"1D", CL_MEM_OBJECT_IMAGE1D, {37, 1, 1}, {5, 0, 0}, {11, 1, 1}},
    {"1D array", CL_MEM_OBJECT_IMAGE1D_ARRAY, {37, 6, 1}, {5, 2, 0}, {11, 3, 1}},
    {"2D", CL_MEM_OBJECT_IMAGE2D, {33, 17, 1}, {3, 4, 0}, {20, 9, 1}},
    {"2D array", CL_MEM_OBJECT_IMAGE2D_ARRAY, {19, 11, 5}, {2, 3, 1}, {7, 5, 3}},
    {"3D", CL_MEM_OBJECT_IMAGE3D, {13, 9, 7}, {1, 2, 3}, {6, 5, 3}},
};

const struct image_kind *image_kind(cl_mem_object_type type)
{
    const struct image_kind *kind = IMAGE_KINDS;
    while (kind->type != type)
        kind++;
    return kind;
}

cl_image_desc image_desc(const struct image_kind *kind)
{
    cl_image_desc desc = {.image_type = kind->type, .image_width = kind->size[0]};
    switch (kind->type) {
    case CL_MEM_OBJECT_IMAGE1D_ARRAY:
        desc.image_array_size = kind->size[1];
        break;
    case CL_MEM_OBJECT_IMAGE2D:
        desc.image_height = kind->size[1];
        break;
    case CL_MEM_OBJECT_IMAGE2D_ARRAY:
        desc.image_height = kind->size[1];
        desc.image_array_size = kind->size[2];
        break;
    case CL_MEM_OBJECT_IMAGE3D:
        desc.image_height = kind->size[1];
        desc.image_depth = kind->size[2];
        break;
    }
    return desc;
}

struct image new_image(struct cl *cl, const struct image_kind *kind, const cl_image_format *format, size_t element)
{
    struct image image = {.kind = kind, .element = element};
    cl_image_desc desc = image_desc(kind);
    cl_int err;
    image.bytes = kind->size[0] * kind->size[1] * kind->size[2] * element;
    image.mem = clCreateImage(cl->context, CL_MEM_READ_WRITE, format, &desc, NULL, &err);
    OK(err);
    return image;
}

size_t image_offset(const struct image *image, size_t x, size_t y, size_t z)
{
    const size_t *size = image->kind->size;
    return ((z * size[1] + y) * size[0] + x) * image->element;
}

bool format_supported(struct cl *cl, cl_mem_flags flags, cl_mem_object_type type, const cl_image_format *format)
{
    cl_image_format list[512];
    cl_uint count = 0;
    OK(clGetSupportedImageFormats(cl->context, flags, type, 512, list, &count));
    for (cl_uint i = 0; i < count && i < 512; i++)
        if (memcmp(&list[i], format, sizeof *format) == 0)
            return true;
    return false;
}
