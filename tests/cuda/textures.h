/* Arrays and descriptions of textures and surfaces. */
#ifndef TEXTURES_H
#define TEXTURES_H

#include "client.h"

/* An array with these elements, rows one after another; sizes are 0 of dimensions that it does not have. */
CUarray filled_array(size_t width, size_t height, size_t depth, CUarray_format format, unsigned channels, unsigned flags,
                     const void *elements);
/* Copies elements into an array, or out of it. */
void fill_array(CUarray array, const void *elements);
void read_array(CUarray array, void *elements);

CUDA_RESOURCE_DESC resource_of(CUarray array);

#endif
