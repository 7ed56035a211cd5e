/* Kinds of images that the image cases go through. */
#ifndef IMAGE_H
#define IMAGE_H

#include "conformance.h"

/* Sizes as clEnqueueReadImage takes regions: for a 1D array, [1] are its layers. */
struct image_kind {
    const char *name;
    cl_mem_object_type type;
    size_t size[3], origin[3], region[3];
};

extern const struct image_kind IMAGE_KINDS[];
enum { IMAGE_KIND_COUNT = 5 };

struct image {
    cl_mem mem;
    const struct image_kind *kind;
    size_t element, bytes; /* bytes of the whole, packed */
};

const struct image_kind *image_kind(cl_mem_object_type type);
cl_image_desc image_desc(const struct image_kind *kind);
struct image new_image(struct cl *cl, const struct image_kind *kind, const cl_image_format *format, size_t element);
/* Where a pixel is in the packed whole. */
size_t image_offset(const struct image *image, size_t x, size_t y, size_t z);
bool format_supported(struct cl *cl, cl_mem_flags flags, cl_mem_object_type type, const cl_image_format *format);

#endif
