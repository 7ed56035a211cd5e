/*
 * The driver's calls that the table says too little of; `vendor.c` has the other side.
 *
 * Mapping, kernel arguments that are handles, the binaries of a program, the look-up of functions; and how to wait.
 */
#define CL_TARGET_OPENCL_VERSION 300
#include <CL/cl.h>

#include "driver.h"
#include "echo_table.h"

#include <stdlib.h>
#include <string.h>

/* Found by the emitted code. */
#define FOUND(f) extern __typeof__(&f) p_##f;
FOUND(clGetExtensionFunctionAddress)
FOUND(clGetExtensionFunctionAddressForPlatform)
FOUND(clSetKernelArg)
FOUND(clEnqueueMapBuffer)
FOUND(clEnqueueMapImage)
FOUND(clEnqueueUnmapMemObject)
FOUND(clWaitForEvents)
FOUND(clFinish)
FOUND(clGetProgramInfo)
FOUND(clCreateBuffer)
FOUND(clReleaseMemObject)

void by_hand_start(void) {}

void *look_up(const char *name) {
  cl_platform_id platform = any(KIND_cl_platform_id, 0);
  return p_clGetExtensionFunctionAddressForPlatform(platform, name);
}

/* As `special` of `vendor.c`. */
bool is_special(const char *function, int64_t key) {
  switch (key) {
  case CL_EVENT_COMMAND_EXECUTION_STATUS:
  case CL_IMAGE_ELEMENT_SIZE:
  case CL_MEM_TYPE:
  case CL_MEM_FLAGS:
  case CL_PROGRAM_SOURCE:
  case CL_PROGRAM_BINARY_SIZES:
  case CL_PROGRAM_BINARIES:
  case CL_KERNEL_ARG_ADDRESS_QUALIFIER:
  case CL_KERNEL_ARG_TYPE_NAME: return true;
  case CL_QUEUE_PROPERTIES: return !strcmp(function, "clGetCommandQueueInfo");
  default: return false;
  }
}

/* Neither is written down: the vendor's log has more of these than the program calls. */
void settle(void *event, void *queue) {
  cl_event one = event;
  cl_int status = event ? p_clWaitForEvents(1, &one) : p_clFinish(queue);
  if (status != CL_SUCCESS) line_problem("waiting fails: %d", status);
}

/* ---- layouts ----------------------------------------------------------------------------------------------------- */

static void three(const void *at, size_t x, size_t y, size_t z) {
  if (at) memcpy((void *)at, (size_t[]){x, y, z}, 3 * sizeof x);
}

void arrange_rect(const struct plan *p, const void *origin, const void *region, size_t *row_pitch,
    size_t *slice_pitch) {
  bool large = p->size == LARGE, tight = p->seed % 2 == 0;
  size_t width = large ? 300 : 5, height = large ? 20 : 4;
  three(origin, tight ? 0 : 2, 1, 1);
  three(region, width, height, large ? 15 : 3);
  *row_pitch = tight ? 0 : width + 7;
  *slice_pitch = tight ? 0 : *row_pitch * (height + 2);
}

void arrange_pixels(const struct plan *p, const void *image, const void *region, size_t *row_pitch,
    size_t *slice_pitch) {
  (void)image;
  bool large = p->size == LARGE, tight = p->seed % 2 == 0;
  size_t width = large ? 150 : 5, height = large ? 30 : 4;
  three(region, width, height, large ? 5 : 2);
  *row_pitch = tight ? 0 : width * 4 + 12;
  *slice_pitch = tight ? 0 : *row_pitch * (height + 1);
}

/* Now and then it is left as it is: no format that anybody knows. */
static bool arrange_format(const struct plan *p, const void *format) {
  if (format && p->seed != 3) *(cl_image_format *)format = (cl_image_format){CL_RGBA, CL_UNORM_INT8};
  return p->size == LARGE;
}

void arrange_image(const struct plan *p, const void *format, const void *at) {
  static const cl_uint types[] = {CL_MEM_OBJECT_IMAGE2D, CL_MEM_OBJECT_IMAGE3D, CL_MEM_OBJECT_IMAGE2D,
      CL_MEM_OBJECT_IMAGE1D_ARRAY};
  bool large = arrange_format(p, format), tight = p->seed % 2 == 0;
  cl_image_desc *desc = (void *)at;
  if (!desc) return;
  desc->image_type = types[p->seed % 4];
  desc->image_width = large ? 200 : 9;
  desc->image_height = large ? 150 : 7;
  desc->image_depth = desc->image_array_size = 3;
  desc->image_row_pitch = tight ? 0 : desc->image_width * 4 + 12;
  desc->image_slice_pitch = tight ? 0 : desc->image_row_pitch * desc->image_height + 8;
}

void arrange_image2d(const struct plan *p, const void *format, size_t *width, size_t *height, size_t *row_pitch) {
  bool large = arrange_format(p, format);
  *width = large ? 200 : 9;
  *height = large ? 150 : 7;
  *row_pitch = p->seed % 2 ? *width * 4 + 12 : 0;
}

void arrange_image3d(const struct plan *p, const void *format, size_t *width, size_t *height, size_t *depth,
    size_t *row_pitch, size_t *slice_pitch) {
  arrange_image2d(p, format, width, height, row_pitch);
  *depth = 3;
  *slice_pitch = *row_pitch ? *row_pitch * *height + 8 : 0;
}

/* ---- kernel arguments -------------------------------------------------------------------------------------------- */

static void kernel_arg(cl_uint index, int kind, size_t size, const void *value) {
  cl_kernel kernel = any(KIND_cl_kernel, 0);
  cl_int status = p_clSetKernelArg(kernel, index, size, value);
  struct line line;
  line_begin(&line, "clSetKernelArg");
  log_handle(&line, "kernel", KIND_cl_kernel, kernel);
  log_int(&line, "arg_index", index);
  log_int(&line, "arg_size", size);
  if (kind) log_handle(&line, "arg_value", kind, *(void *const *)value);
  else log_bytes(&line, "arg_value", value, size);
  log_arrow(&line);
  log_int(&line, "ret", (uint64_t)(int64_t)status);
  line_end(&line);
}

static void kernel_args(void) {
  void *mem = any(KIND_cl_mem, 0), *sampler = any(KIND_cl_sampler, 0), *queue = any(KIND_cl_command_queue, 0);
  uint64_t plain = 0x1122334455667788;
  char bytes[4000];
  echo_fill(bytes, sizeof bytes, 1);
  kernel_arg(0, 0, sizeof plain, &plain);
  kernel_arg(1, KIND_cl_mem, sizeof mem, &mem);
  kernel_arg(3, KIND_cl_sampler, sizeof sampler, &sampler);
  kernel_arg(5, KIND_cl_command_queue, sizeof queue, &queue);
  /* Eight bytes that happen to be a handle, where the kernel takes a number. */
  kernel_arg(2, 0, sizeof mem, &mem);
  kernel_arg(0, 0, 1, bytes);
  kernel_arg(2, 0, sizeof bytes, bytes);
  kernel_arg(0, 0, 0, bytes);
  kernel_arg(6, 0, 4096, NULL);
  mem = NULL;
  kernel_arg(1, KIND_cl_mem, sizeof mem, &mem);
}

/* ---- mapping ----------------------------------------------------------------------------------------------------- */

struct mapping {
  bool image, blocking, event;
  cl_map_flags flags;
  size_t size;
  char *host; /* memory of the buffer, if it is the program's */
  size_t offset;
};

static cl_mem buffer(cl_mem_flags flags, size_t size, void *host) {
  cl_context context = any(KIND_cl_context, 0);
  cl_mem object = p_clCreateBuffer(context, flags, size, host, NULL);
  made(KIND_cl_mem, object);
  struct line line;
  line_begin(&line, "clCreateBuffer");
  log_handle(&line, "context", KIND_cl_context, context);
  log_int(&line, "flags", flags);
  log_int(&line, "size", size);
  log_bytes(&line, "host_ptr", host, size);
  log_arrow(&line);
  log_handle(&line, "ret", KIND_cl_mem, object);
  log_set(&line, "errcode_ret", false);
  line_end(&line);
  return object;
}

static void map(struct mapping m) {
  cl_command_queue queue = any(KIND_cl_command_queue, 0);
  cl_int status = 99;
  cl_event event = NULL, wait = any(KIND_cl_event, 0);
  cl_mem object = buffer(m.host ? CL_MEM_USE_HOST_PTR : 0, m.size + m.offset, m.host);
  const size_t origin[3] = {0}, region[3] = {6, 5, 4};
  size_t row_pitch = 0, slice_pitch = 0;
  struct line line;
  struct rows rows = rows_flat(m.size);
  void *pointer;
  if (m.image) {
    pointer = p_clEnqueueMapImage(queue, object, m.blocking, m.flags, origin, region, &row_pitch, &slice_pitch, 1,
        &wait, m.event ? &event : NULL, &status);
    rows = rows_pixels(object, region, row_pitch, slice_pitch);
    line_begin(&line, "clEnqueueMapImage");
    log_handle(&line, "queue", KIND_cl_command_queue, queue);
    log_bytes(&line, "origin", origin, sizeof origin);
    log_bytes(&line, "region", region, sizeof region);
  } else {
    pointer = p_clEnqueueMapBuffer(queue, object, m.blocking, m.flags, m.offset, m.size, 1, &wait,
        m.event ? &event : NULL, &status);
    line_begin(&line, "clEnqueueMapBuffer");
    log_handle(&line, "queue", KIND_cl_command_queue, queue);
    log_int(&line, "size", m.size);
  }
  made(KIND_cl_event, event);
  log_handle(&line, "object", KIND_cl_mem, object);
  log_int(&line, "blocking", m.blocking);
  log_int(&line, "flags", m.flags);
  log_int(&line, "offset", m.offset);
  log_handles(&line, "event_wait_list", KIND_cl_event, &wait, 1);
  log_arrow(&line);
  if (pointer && !m.blocking) settle(event, queue);
  if (m.flags & (CL_MAP_READ | CL_MAP_WRITE)) log_rows(&line, "mapped", pointer, rows);
  log_set(&line, "in-own-memory", m.host != NULL);
  if (m.event) log_handle(&line, "event", KIND_cl_event, event);
  else log_any(&line, "event");
  log_int(&line, "ret", (uint64_t)(int64_t)status);
  line_end(&line);
  if (!pointer) return line_problem("nothing is mapped");
  if (m.host && pointer != m.host + m.offset) line_problem("the program's own memory is mapped elsewhere");
  if (m.flags & ~(cl_map_flags)CL_MAP_READ) echo_fill_rows(pointer, rows, m.size + m.flags);

  cl_event done = NULL;
  line_begin(&line, "clEnqueueUnmapMemObject");
  log_handle(&line, "queue", KIND_cl_command_queue, queue);
  log_handle(&line, "memobj", KIND_cl_mem, object);
  log_set(&line, "event_wait_list", false);
  if (m.flags & ~(cl_map_flags)CL_MAP_READ) log_rows(&line, "mapped", pointer, rows);
  status = p_clEnqueueUnmapMemObject(queue, object, pointer, 0, NULL, m.event ? &done : NULL);
  made(KIND_cl_event, done);
  log_arrow(&line);
  log_int(&line, "ret", (uint64_t)(int64_t)status);
  if (m.event) log_handle(&line, "event", KIND_cl_event, done);
  else log_set(&line, "event", false);
  line_end(&line);
  /* What is no mapping is the vendor's to refuse. */
  cl_int stray = p_clEnqueueUnmapMemObject(queue, object, &status, 0, NULL, NULL);
  if (stray != CL_INVALID_VALUE) line_problem("a stray address was unmapped");
}

static void maps(void) {
  static char host[200000];
  static const cl_map_flags flags[] = {CL_MAP_READ, CL_MAP_WRITE, CL_MAP_READ | CL_MAP_WRITE,
      CL_MAP_WRITE_INVALIDATE_REGION};
  for (int i = 0; i < 4; i++)
    for (int way = 0; way < 8; way++)
      for (size_t size = 100; size <= 100000; size *= 1000) {
        bool own = way & 4;
        map((struct mapping){false, way & 1, way & 2, flags[i], size, own ? host : NULL, own ? 64 : 0});
        if (size == 100 && !own) map((struct mapping){true, way & 1, way & 2, flags[i], size, NULL, 0});
      }
}

/* ---- programs and look-up ---------------------------------------------------------------------------------------- */

static void binaries(void) {
  cl_program program = any(KIND_cl_program, 0);
  size_t sizes[3] = {0}, len = 0;
  p_clGetProgramInfo(program, CL_PROGRAM_BINARY_SIZES, sizeof sizes, sizes, &len);
  bool right = len == sizeof sizes && sizes[0] == 40 && sizes[1] == 0 && sizes[2] == 70000;
  if (!right) return line_problem("sizes of binaries");
  for (int skip = -1; skip < 3; skip += 2) {
    unsigned char *at[3];
    for (int i = 0; i < 3; i++) {
      size_t room = sizes[i] + 1;
      at[i] = i == skip || !sizes[i] ? NULL : memset(malloc(room), ECHO_PATTERN, room);
    }
    cl_int status = p_clGetProgramInfo(program, CL_PROGRAM_BINARIES, sizeof at, at, &len);
    if (status != CL_SUCCESS || len != sizeof at) line_problem("binaries: status %d, %zu bytes", status, len);
    for (int i = 0; i < 3; i++) {
      if (!at[i]) continue;
      unsigned char *wanted = malloc(sizes[i]);
      echo_fill(wanted, sizes[i], (uint64_t)i);
      if (memcmp(at[i], wanted, sizes[i]) != 0 || at[i][sizes[i]] != ECHO_PATTERN) line_problem("binary %d differs", i);
      free(wanted);
      free(at[i]);
    }
  }
}

static void look_ups(void) {
  const char *extension = "clFinalizeCommandBufferKHR", *unknown = "clNoSuchThingKHR";
  if (!p_clGetExtensionFunctionAddress(extension)) line_problem("%s is not found", extension);
  if (p_clGetExtensionFunctionAddress(unknown) || look_up(unknown)) line_problem("%s is found", unknown);
  if (p_clGetExtensionFunctionAddress(NULL) || look_up(NULL)) line_problem("a function without a name is found");
}

void by_hand(void) {
  kernel_args();
  maps();
  binaries();
  look_ups();
}
