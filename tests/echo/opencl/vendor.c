/*
 * The echo vendor's functions that the table says too little of, and the answers that the hand-written code of shim and
 * worker asks for:
 *
 * - clGetExtensionFunctionAddress, …ForPlatform: hand out the emitted functions.
 * - clSetKernelArg: an argument of odd index is an object, as clGetKernelArgInfo says.
 * - clEnqueueMapBuffer, clEnqueueMapImage, clEnqueueUnmapMemObject: memory of the vendor.
 */
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>

#include "echo_table.h"
#include "vendor.h"

#include <stdlib.h>
#include <string.h>

/* Devices of a program, and the sizes of its binaries: one is missing, one is large. */
static const size_t binary_sizes[] = {40, 0, 70000};

void entering(const char *function) {
  if (!strcmp(function, "clWaitForEvents") || !strcmp(function, "clFinish")) complete(NULL);
}

static bool give(const void *from, size_t len, size_t size, void *value, size_t *size_ret) {
  if (value && size >= len) memcpy(value, from, len);
  if (size_ret) *size_ret = len;
  return true;
}
/* About nothing there is nothing to say: null is answered with 0. */
#define GIVE(type, what) give(&(type){about ? (what) : 0}, sizeof(type), size, value, size_ret)

static bool give_binaries(size_t size, void *value, size_t *size_ret) {
  unsigned char **binaries = value;
  for (size_t i = 0; binaries && i < size / sizeof *binaries && i < 3; i++)
    if (binaries[i]) echo_fill(binaries[i], binary_sizes[i], i);
  if (size_ret) *size_ret = 3 * sizeof *binaries;
  return true;
}

bool special(const char *function, int64_t key, uint64_t detail, void *about, size_t size, void *value,
    size_t *size_ret) {
  if (!strcmp(function, "clGetEventInfo") && key == CL_EVENT_COMMAND_EXECUTION_STATUS)
    return GIVE(cl_int, is_complete(about) ? CL_COMPLETE : CL_RUNNING);
  if (!strcmp(function, "clGetCommandQueueInfo") && key == CL_QUEUE_PROPERTIES) return GIVE(cl_ulong, 0);
  if (!strcmp(function, "clGetImageInfo") && key == CL_IMAGE_ELEMENT_SIZE) return GIVE(size_t, 4);
  if (!strcmp(function, "clGetMemObjectInfo") && key == CL_MEM_TYPE) return GIVE(cl_uint, CL_MEM_OBJECT_IMAGE2D);
  if (!strcmp(function, "clGetMemObjectInfo") && key == CL_MEM_FLAGS) return GIVE(cl_ulong, object_flags(about));
  if (!strcmp(function, "clGetProgramInfo") && key == CL_PROGRAM_SOURCE) return GIVE(char, 0);
  if (!strcmp(function, "clGetProgramInfo") && key == CL_PROGRAM_BINARY_SIZES)
    return give(binary_sizes, sizeof binary_sizes, size, value, size_ret);
  if (!strcmp(function, "clGetProgramInfo") && key == CL_PROGRAM_BINARIES) return give_binaries(size, value, size_ret);
  if (!strcmp(function, "clGetKernelArgInfo") && key == CL_KERNEL_ARG_ADDRESS_QUALIFIER)
    return GIVE(cl_uint, detail == 1 ? CL_KERNEL_ARG_ADDRESS_GLOBAL : CL_KERNEL_ARG_ADDRESS_PRIVATE);
  if (!strcmp(function, "clGetKernelArgInfo") && key == CL_KERNEL_ARG_TYPE_NAME) {
    const char *name = detail == 3 ? "sampler_t" : detail == 5 ? "queue_t" : "long";
    return give(name, strlen(name) + 1, size, value, size_ret);
  }
  return false;
}

EXPORT cl_int clSetKernelArg(cl_kernel kernel, cl_uint index, size_t size, const void *value) {
  struct line line;
  line_begin(&line, "clSetKernelArg");
  log_handle(&line, "kernel", KIND_cl_kernel, kernel);
  log_int(&line, "arg_index", index);
  log_int(&line, "arg_size", size);
  int kind = index == 1 ? KIND_cl_mem : index == 3 ? KIND_cl_sampler : KIND_cl_command_queue;
  if (index % 2 && value) log_handle(&line, "arg_value", kind, *(void *const *)value);
  else log_bytes(&line, "arg_value", value, size);
  int64_t status = CL_SUCCESS;
  failing("clSetKernelArg", &status);
  log_arrow(&line);
  log_int(&line, "ret", (uint64_t)status);
  line_end(&line);
  return (cl_int)status;
}

/* ---- mapping ----------------------------------------------------------------------------------------------------- */

struct mapping {
  char *pointer;
  struct rows rows;
  cl_map_flags flags;
  bool own; /* of the vendor, not the program's memory */
  struct mapping *next;
};

static struct mapping *mappings;

static void *map(struct line *line, cl_mem object, cl_bool blocking, cl_map_flags flags, size_t offset,
    struct rows rows, cl_uint count, const cl_event *wait, cl_event *event, cl_int *errcode_ret, const char *function) {
  int64_t status = CL_SUCCESS;
  log_handle(line, "object", KIND_cl_mem, object);
  log_int(line, "blocking", blocking);
  log_int(line, "flags", flags);
  log_int(line, "offset", offset);
  log_handles(line, "event_wait_list", KIND_cl_event, wait, count);
  log_arrow(line);
  void *pointer = NULL;
  if (!failing(function, &status)) {
    char *host = object_flags(object) & CL_MEM_USE_HOST_PTR ? (char *)host_memory(object) : NULL;
    struct mapping *mapping = malloc(sizeof *mapping);
    pointer = host ? host + offset : calloc(1, rows.start + rows_span(rows) + 1);
    *mapping = (struct mapping){pointer, rows, flags, !host, mappings};
    mappings = mapping;
    if (event) *event = object_new(KIND_cl_event);
    if (flags & (CL_MAP_READ | CL_MAP_WRITE))
      give_rows(line, "mapped", pointer, rows, echo_seed(function, "mapped"), !blocking, event ? *event : NULL);
    log_set(line, "in-own-memory", host != NULL);
    if (event) log_handle(line, "event", KIND_cl_event, *event);
    else log_any(line, "event");
  }
  log_int(line, "ret", (uint64_t)status);
  line_end(line);
  if (errcode_ret) *errcode_ret = (cl_int)status;
  return pointer;
}

EXPORT void *clEnqueueMapBuffer(cl_command_queue queue, cl_mem buffer, cl_bool blocking, cl_map_flags flags,
    size_t offset, size_t size, cl_uint count, const cl_event *wait, cl_event *event, cl_int *errcode_ret) {
  struct line line;
  line_begin(&line, "clEnqueueMapBuffer");
  log_handle(&line, "queue", KIND_cl_command_queue, queue);
  log_int(&line, "size", size);
  return map(&line, buffer, blocking, flags, offset, rows_flat(size), count, wait, event, errcode_ret,
      "clEnqueueMapBuffer");
}

EXPORT void *clEnqueueMapImage(cl_command_queue queue, cl_mem image, cl_bool blocking, cl_map_flags flags,
    const size_t *origin, const size_t *region, size_t *row_pitch, size_t *slice_pitch, cl_uint count,
    const cl_event *wait, cl_event *event, cl_int *errcode_ret) {
  struct line line;
  line_begin(&line, "clEnqueueMapImage");
  log_handle(&line, "queue", KIND_cl_command_queue, queue);
  log_bytes(&line, "origin", origin, 3 * sizeof *origin);
  log_bytes(&line, "region", region, 3 * sizeof *region);
  size_t row = region[0] * 4 + 16, slice = row * region[1] + 32;
  if (row_pitch) *row_pitch = row;
  if (slice_pitch) *slice_pitch = slice;
  struct rows rows = rows_pixels(image, region, row, slice);
  return map(&line, image, blocking, flags, 0, rows, count, wait, event, errcode_ret, "clEnqueueMapImage");
}

EXPORT cl_int clEnqueueUnmapMemObject(cl_command_queue queue, cl_mem memobj, void *pointer, cl_uint count,
    const cl_event *wait, cl_event *event) {
  struct line line;
  line_begin(&line, "clEnqueueUnmapMemObject");
  log_handle(&line, "queue", KIND_cl_command_queue, queue);
  log_handle(&line, "memobj", KIND_cl_mem, memobj);
  log_handles(&line, "event_wait_list", KIND_cl_event, wait, count);
  struct mapping **link = &mappings;
  while (*link && (*link)->pointer != pointer) link = &(*link)->next;
  struct mapping *mapping = *link;
  int64_t status = mapping ? CL_SUCCESS : CL_INVALID_VALUE;
  if (!failing("clEnqueueUnmapMemObject", &status) && mapping) {
    if (mapping->flags & (CL_MAP_WRITE | CL_MAP_WRITE_INVALIDATE_REGION))
      log_rows(&line, "mapped", pointer, mapping->rows);
    *link = mapping->next;
    if (mapping->own) free(pointer);
    free(mapping);
    if (event) *event = object_new(KIND_cl_event);
  }
  log_arrow(&line);
  log_int(&line, "ret", (uint64_t)status);
  if (status == CL_SUCCESS) {
    if (event) log_handle(&line, "event", KIND_cl_event, *event);
    else log_set(&line, "event", false);
  }
  if (mapping) line_end(&line);
  else line_drop(&line);
  return (cl_int)status;
}

/* ---- look-up ----------------------------------------------------------------------------------------------------- */

static void *look_up(const char *name) {
  for (int i = 0; name && i < echo_extension_count; i++)
    if (!strcmp(echo_extensions[i].name, name)) return echo_extensions[i].address;
  return NULL;
}

EXPORT void *clGetExtensionFunctionAddress(const char *name) { return look_up(name); }

EXPORT void *clGetExtensionFunctionAddressForPlatform(cl_platform_id platform, const char *name) {
  handle_number(KIND_cl_platform_id, platform);
  return look_up(name);
}
