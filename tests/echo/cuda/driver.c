/* The driver's calls of CUDA that the table says too little of; `vendor.c` has the other side. */
#include "driver.h"
#include "launches.h"

#include "echo_table.h"

#include <string.h>

/* Found by the emitted code. */
#define FOUND(f) extern __typeof__(&f) p_##f;
FOUND(cuDriverGetVersion)
FOUND(cuFuncGetParamInfo)
/* With a twin of the same type, which the header has in another reading only. */
#define TWO(f) FOUND(f) extern __typeof__(&f) p_##f##_ptsz;
TWO(cuLaunchKernel)
TWO(cuLaunchCooperativeKernel)
TWO(cuLaunchKernelEx)

void by_hand_start(void) {}

/* The vendor makes up what it wants. */
bool is_special(const char *function, int64_t key) {
  (void)function, (void)key;
  return false;
}

/* Nothing is found otherwise than by its name. */
void *look_up(const char *name) {
  (void)name;
  return NULL;
}

/* Nothing goes on after its call. */
void settle(void *event, void *queue) { (void)event, (void)queue; }

/* A launch, with its arguments one by one or in a buffer, by this function. */
struct launch {
  const char *function;
  CUlaunchConfig config;
  bool packed, none;
};

static CUresult call(const struct launch *l, CUfunction f, void **each, void **extra) {
  const CUlaunchConfig *c = &l->config;
#define SHAPE c->gridDimX, c->gridDimY, c->gridDimZ, c->blockDimX, c->blockDimY, c->blockDimZ, c->sharedMemBytes, c->hStream
  bool twin = strstr(l->function, "_ptsz");
  if (strstr(l->function, "Cooperative"))
    return (twin ? p_cuLaunchCooperativeKernel_ptsz : p_cuLaunchCooperativeKernel)(f, SHAPE, each);
  if (strstr(l->function, "Ex")) return (twin ? p_cuLaunchKernelEx_ptsz : p_cuLaunchKernelEx)(c, f, each, extra);
  return (twin ? p_cuLaunchKernel_ptsz : p_cuLaunchKernel)(f, SHAPE, each, extra);
}

static void launch(const struct launch *l, int64_t fail) {
  struct plan plan = {.function = l->function, .null = -1, .fail = fail};
  struct arguments all;
  memset(&all, 0, sizeof all);
  all.number = 42, all.address = &plan;
  strcpy(all.some.text, "some");
  void *each[PARAMETERS];
  for (int i = 0; i < PARAMETERS; i++) each[i] = (char *)&all + parameters[i].offset;
  size_t size = sizeof all;
  void *extra[] = {CU_LAUNCH_PARAM_BUFFER_POINTER, &all, CU_LAUNCH_PARAM_BUFFER_SIZE, &size, CU_LAUNCH_PARAM_END};
  CUfunction f = any(KIND_CUfunction, 1);
  struct line line;
  line_begin(&line, l->function);
  log_handle(&line, "f", KIND_CUfunction, f);
  log_handle(&line, "stream", KIND_CUstream, l->config.hStream);
  const CUlaunchConfig *c = &l->config;
  const unsigned shape[] = {c->gridDimX, c->gridDimY, c->gridDimZ, c->blockDimX, c->blockDimY, c->blockDimZ,
      c->sharedMemBytes};
  log_bytes(&line, "shape", shape, sizeof shape);
  log_bytes(&line, "attributes", c->attrs, c->numAttrs * sizeof *c->attrs);
  log_bytes(&line, "arguments", l->none ? NULL : &all, sizeof all);
  arm(&plan);
  CUresult status = call(l, f, l->packed || l->none ? NULL : each, l->packed ? extra : NULL);
  disarm(&plan);
  check_status(&plan, status);
  log_arrow(&line);
  log_int(&line, "ret", status);
  line_end(&line);
}

/* Each form of a launch, with what it takes. */
static void launches(const char *function, bool packs, CUlaunchAttribute *attributes, unsigned count) {
  CUstream streams[] = {NULL, any(KIND_CUstream, 2), (CUstream)2};
  for (unsigned i = 0; i < sizeof streams / sizeof *streams; i++) {
    struct launch l = {function, {3, 2, 1, 4, 5, 6, 100 + i, streams[i], attributes, count}, false, false};
    launch(&l, 0);
    l.none = true;
    launch(&l, 0);
    l.none = false, l.packed = packs;
    launch(&l, i == 1 ? echo_failure : 0);
  }
}

void by_hand(void) {
  CUlaunchAttribute attributes[2];
  memset(attributes, 0, sizeof attributes);
  attributes[0].id = CU_LAUNCH_ATTRIBUTE_PRIORITY, attributes[0].value.priority = -1;
  attributes[1].id = CU_LAUNCH_ATTRIBUTE_CLUSTER_DIMENSION, attributes[1].value.clusterDim.x = 1;
  launches("cuLaunchKernel", true, NULL, 0);
  launches("cuLaunchKernel_ptsz", true, NULL, 0);
  launches("cuLaunchCooperativeKernel", false, NULL, 0);
  launches("cuLaunchCooperativeKernel_ptsz", false, NULL, 0);
  launches("cuLaunchKernelEx", true, attributes, 2);
  launches("cuLaunchKernelEx_ptsz", true, NULL, 0);
  int version = 0;
  if (p_cuDriverGetVersion(&version) || version != 13000) line_problem("the driver is of version %d", version);
}
