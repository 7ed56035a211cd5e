/* OpenCL on both sides: where the bytes behind host pointers lie, written anew from the specification of OpenCL 3.0. */
#include "echo.h"

#include <stdlib.h>

#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>

/* The table lets variables of PoCL's through to the worker. */
const char *vendor_log(void) { return getenv("POCL_ECHO_LOG"); }

bool keeps_host_memory(uint64_t flags) { return flags & CL_MEM_USE_HOST_PTR; }

/* 5.2.2: offsets of a rectangle in host memory, in bytes. */
struct rows rows_rect(const size_t *origin, const size_t *region, size_t row_pitch, size_t slice_pitch) {
  if (!origin || !region) return (struct rows){0};
  uint64_t pitch = row_pitch ? row_pitch : region[0];
  uint64_t slice = slice_pitch ? slice_pitch : region[1] * pitch;
  uint64_t start = origin[2] * slice + origin[1] * pitch + origin[0];
  return (struct rows){true, start, region[0], region[1], pitch, region[2], slice};
}

/* 5.3.3. Every image of the echo vendor has two dimensions and pixels of four bytes. */
struct rows rows_pixels(const void *image, const size_t *region, size_t row_pitch, size_t slice_pitch) {
  if (!image || !region) return (struct rows){0};
  uint64_t row = region[0] * 4;
  uint64_t pitch = row_pitch ? row_pitch : row;
  uint64_t slice = slice_pitch ? slice_pitch : region[1] * pitch;
  return (struct rows){true, 0, row, region[1], pitch, region[2], slice};
}

/* 5.3.1: the driver makes images of CL_RGBA and CL_UNORM_INT8 only, or of formats that nobody knows. */
static bool known(const cl_image_format *format) {
  return format && format->image_channel_order == CL_RGBA && format->image_channel_data_type == CL_UNORM_INT8;
}

struct rows rows_image3d(const void *format, size_t width, size_t height, size_t depth, size_t row_pitch,
    size_t slice_pitch) {
  if (!known(format)) return (struct rows){0};
  uint64_t pitch = row_pitch ? row_pitch : width * 4;
  uint64_t slice = slice_pitch ? slice_pitch : pitch * height;
  return rows_flat(slice * depth);
}

struct rows rows_image2d(const void *format, size_t width, size_t height, size_t row_pitch) {
  return rows_image3d(format, width, height, 1, row_pitch, 0);
}

/* 5.3.1.2. */
struct rows rows_image(const void *format, const void *at) {
  const cl_image_desc *desc = at;
  if (!desc) return (struct rows){0};
  switch (desc->image_type) {
  case CL_MEM_OBJECT_IMAGE2D:
    return rows_image3d(format, desc->image_width, desc->image_height, 1, desc->image_row_pitch, 0);
  case CL_MEM_OBJECT_IMAGE3D:
    return rows_image3d(format, desc->image_width, desc->image_height, desc->image_depth, desc->image_row_pitch,
        desc->image_slice_pitch);
  case CL_MEM_OBJECT_IMAGE1D_ARRAY:
    return rows_image3d(format, desc->image_width, 1, desc->image_array_size, desc->image_row_pitch,
        desc->image_slice_pitch);
  default: return (struct rows){0};
  }
}
