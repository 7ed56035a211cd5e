/* Common code of the cases about textures and surfaces (texture.c). */
#ifndef TEXTURE_H
#define TEXTURE_H

#include "client.h"

/* An array with these elements, rows one after another; sizes are 0 of dimensions that it does not have. */
CUarray filled_array(size_t width, size_t height, size_t depth, CUarray_format format, unsigned channels, unsigned flags,
                     const void *elements);
/* Copies elements into an array, or out of it. */
void fill_array(CUarray array, const void *elements);
void read_array(CUarray array, void *elements);

CUDA_RESOURCE_DESC resource_of(CUarray array);
/* A description with one mode in all dimensions. */
CUDA_TEXTURE_DESC described(CUaddress_mode mode, CUfilter_mode filter, unsigned flags);
CUtexObject new_texture(const CUDA_RESOURCE_DESC *resource, const CUDA_TEXTURE_DESC *description);

/* The most places that a kernel reads at once, and elements. */
enum { MOST = 64 };

/* Where a thread reads: coordinates, and a layer or a level. */
struct place {
    float x, y, z, w;
};

/* What a kernel reads at `count` places, each `size` bytes. */
void sample(const char *kernel_name, CUtexObject texture, const struct place *places, int count, size_t size, void *out);

/* 1, 2, 4, 7, 11 and so on: no two of them are as far apart. */
const float *elements(void);

#endif
