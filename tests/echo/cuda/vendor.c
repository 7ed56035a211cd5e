/*
 * The functions of the CUDA echo vendor that the table says too little of:
 *
 * - cuDriverGetVersion, cuFuncGetParamInfo: what the shim asks itself has to make sense.
 * - cuLaunchKernel and its like: the arguments of a kernel come one by one from a program, and in a buffer from a worker.
 */
#include "echo.h"
#include "launches.h"

#include "echo_table.h"
#include "vendor.h"

#include <string.h>

void entering(const char *function) { (void)function; }

bool special(const char *function, int64_t key, uint64_t detail, void *about, size_t size, void *value,
    size_t *size_ret) {
  (void)function, (void)key, (void)detail, (void)about, (void)size, (void)value, (void)size_ret;
  return false;
}

EXPORT CUresult cuDriverGetVersion(int *version) {
  if (version) *version = 13000;
  return version ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

EXPORT CUresult cuFuncGetParamInfo(CUfunction function, size_t index, size_t *offset, size_t *size) {
  if (!function || index >= PARAMETERS) return CUDA_ERROR_INVALID_VALUE;
  if (offset) *offset = parameters[index].offset;
  if (size) *size = parameters[index].size;
  return CUDA_SUCCESS;
}

/* The arguments as they lie in a buffer, with zeroes in the gaps; false if there are none. */
static bool gather(struct arguments *all, void **each, void **extra) {
  memset(all, 0, sizeof *all);
  for (int i = 0; each && i < PARAMETERS; i++)
    memcpy((char *)all + parameters[i].offset, each[i], parameters[i].size);
  const void *buffer = NULL;
  size_t size = 0;
  for (; extra && extra[0] != CU_LAUNCH_PARAM_END; extra += 2)
    if (extra[0] == CU_LAUNCH_PARAM_BUFFER_POINTER) buffer = extra[1];
    else if (extra[0] == CU_LAUNCH_PARAM_BUFFER_SIZE) size = *(size_t *)extra[1];
    else line_problem("a launch has an extra argument that is none");
  if (buffer && size != sizeof *all) line_problem("a launch has %zu bytes of arguments", size);
  else if (buffer) memcpy(all, buffer, size);
  return each || buffer;
}

static CUresult launch(const char *function, const CUlaunchConfig *c, CUfunction f, void **each, void **extra) {
  struct arguments all;
  struct line line;
  line_begin(&line, function);
  log_handle(&line, "f", KIND_CUfunction, f);
  log_handle(&line, "stream", KIND_CUstream, c->hStream);
  const unsigned shape[] = {c->gridDimX, c->gridDimY, c->gridDimZ, c->blockDimX, c->blockDimY, c->blockDimZ,
      c->sharedMemBytes};
  log_bytes(&line, "shape", shape, sizeof shape);
  log_bytes(&line, "attributes", c->attrs, c->numAttrs * sizeof *c->attrs);
  log_bytes(&line, "arguments", gather(&all, each, extra) ? &all : NULL, sizeof all);
  int64_t status = CUDA_SUCCESS;
  failing(function, &status);
  log_arrow(&line);
  log_int(&line, "ret", (uint64_t)status);
  line_end(&line);
  return (CUresult)status;
}

#define SHAPE \
  unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz, unsigned shared, CUstream stream
#define CONFIG &(CUlaunchConfig){gx, gy, gz, bx, by, bz, shared, stream, NULL, 0}

#define PLAIN(name) \
  EXPORT CUresult name(CUfunction f, SHAPE, void **each, void **extra) { return launch(#name, CONFIG, f, each, extra); }
#define COOPERATIVE(name) \
  EXPORT CUresult name(CUfunction f, SHAPE, void **each) { return launch(#name, CONFIG, f, each, NULL); }
/* A worker asks for a cooperative launch by the last attribute, which no program of this echo has. */
#define EXTENDED(name, cooperative) \
  EXPORT CUresult name(const CUlaunchConfig *config, CUfunction f, void **each, void **extra) { \
    CUlaunchConfig c = *config; \
    if (is_native() || !c.numAttrs || c.attrs[c.numAttrs - 1].id != CU_LAUNCH_ATTRIBUTE_COOPERATIVE) \
      return launch(#name, &c, f, each, extra); \
    if (--c.numAttrs == 0) c.attrs = NULL; \
    return launch(#cooperative, &c, f, each, extra); \
  }

PLAIN(cuLaunchKernel)
PLAIN(cuLaunchKernel_ptsz)
COOPERATIVE(cuLaunchCooperativeKernel)
COOPERATIVE(cuLaunchCooperativeKernel_ptsz)
EXTENDED(cuLaunchKernelEx, cuLaunchCooperativeKernel)
EXTENDED(cuLaunchKernelEx_ptsz, cuLaunchCooperativeKernel_ptsz)

/* What shim and worker do by hand is compared by the programs in tests/cuda, on a device. */
__attribute__((used)) static CUresult elsewhere(void) {
  line_problem("the vendor is asked for what only a device can do");
  return CUDA_ERROR_NOT_SUPPORTED;
}

/* Whatever its type is. */
#define ELSEWHERE(f) __asm__(".globl " #f "\n.type " #f ", @function\n.set " #f ", elsewhere\n");
ELSEWHERE(cuLibraryLoadData)
ELSEWHERE(cuModuleLoadDataEx)
ELSEWHERE(cuLinkCreate_v2)
ELSEWHERE(cuLinkAddData_v2)
ELSEWHERE(cuLinkComplete)
ELSEWHERE(cuMemAlloc_v2)
ELSEWHERE(cuMemAllocPitch_v2)
ELSEWHERE(cuMemFree_v2)
ELSEWHERE(cuStreamAttachMemAsync)
ELSEWHERE(cuStreamAttachMemAsync_ptsz)
ELSEWHERE(cuPointerGetAttribute)
ELSEWHERE(cuPointerGetAttributes)
ELSEWHERE(cuMemAllocHost_v2)
ELSEWHERE(cuMemFreeHost)
ELSEWHERE(cuMemHostAlloc)
ELSEWHERE(cuMemHostGetDevicePointer_v2)
ELSEWHERE(cuMemRetainAllocationHandle)
ELSEWHERE(cuModuleGetGlobal_v2)
ELSEWHERE(cuLibraryGetGlobal)
ELSEWHERE(cuLibraryGetManaged)
ELSEWHERE(cuMemHostRegister_v2)
ELSEWHERE(cuMemHostUnregister)
ELSEWHERE(cuMemAllocManaged)
ELSEWHERE(cuMemcpy)
ELSEWHERE(cuMemcpy_ptds)
ELSEWHERE(cuMemcpyAsync)
ELSEWHERE(cuMemcpyAsync_ptsz)
ELSEWHERE(cuMemcpy2D_v2)
ELSEWHERE(cuMemcpy2D_v2_ptds)
ELSEWHERE(cuMemcpy2DUnaligned_v2)
ELSEWHERE(cuMemcpy2DUnaligned_v2_ptds)
ELSEWHERE(cuMemcpy3D_v2)
ELSEWHERE(cuMemcpy3D_v2_ptds)
ELSEWHERE(cuMemcpy2DAsync_v2)
ELSEWHERE(cuMemcpy2DAsync_v2_ptsz)
ELSEWHERE(cuMemcpy3DAsync_v2)
ELSEWHERE(cuMemcpy3DAsync_v2_ptsz)
ELSEWHERE(cuMemcpy3DPeer)
ELSEWHERE(cuMemcpy3DPeer_ptds)
ELSEWHERE(cuMemcpy3DPeerAsync)
ELSEWHERE(cuMemcpy3DPeerAsync_ptsz)
ELSEWHERE(cuMemcpyBatchAsync)
ELSEWHERE(cuMemcpyBatchAsync_ptsz)
ELSEWHERE(cuMemcpyBatchAsync_v2)
ELSEWHERE(cuMemcpyBatchAsync_v2_ptsz)
ELSEWHERE(cuMemAllocAsync)
ELSEWHERE(cuMemAllocAsync_ptsz)
ELSEWHERE(cuMemAllocFromPoolAsync)
ELSEWHERE(cuMemAllocFromPoolAsync_ptsz)
ELSEWHERE(cuStreamBeginCapture)
ELSEWHERE(cuStreamBeginCapture_ptsz)
ELSEWHERE(cuStreamBeginCapture_v2)
ELSEWHERE(cuStreamBeginCapture_v2_ptsz)
ELSEWHERE(cuStreamBeginCaptureToGraph)
ELSEWHERE(cuStreamBeginCaptureToGraph_ptsz)
ELSEWHERE(cuStreamEndCapture)
ELSEWHERE(cuStreamEndCapture_ptsz)
ELSEWHERE(cuStreamGetCaptureInfo_v2)
ELSEWHERE(cuStreamGetCaptureInfo_v2_ptsz)
ELSEWHERE(cuStreamGetCaptureInfo_v3)
ELSEWHERE(cuStreamGetCaptureInfo_v3_ptsz)
ELSEWHERE(cuGraphAddKernelNode)
ELSEWHERE(cuGraphKernelNodeGetParams)
ELSEWHERE(cuGraphKernelNodeSetParams)
ELSEWHERE(cuGraphExecKernelNodeSetParams)
ELSEWHERE(cuGraphAddKernelNode_v2)
ELSEWHERE(cuGraphKernelNodeGetParams_v2)
ELSEWHERE(cuGraphKernelNodeSetParams_v2)
ELSEWHERE(cuGraphExecKernelNodeSetParams_v2)
ELSEWHERE(cuGraphAddMemcpyNode)
ELSEWHERE(cuGraphKernelNodeGetAttribute)
ELSEWHERE(cuGraphKernelNodeSetAttribute)
ELSEWHERE(cuOccupancyMaxPotentialClusterSize)
ELSEWHERE(cuOccupancyMaxActiveClusters)
ELSEWHERE(cuGraphMemcpyNodeGetParams)
ELSEWHERE(cuGraphMemcpyNodeSetParams)
ELSEWHERE(cuGraphExecMemcpyNodeSetParams)
ELSEWHERE(cuGraphAddHostNode)
ELSEWHERE(cuGraphHostNodeGetParams)
ELSEWHERE(cuGraphHostNodeSetParams)
ELSEWHERE(cuGraphExecHostNodeSetParams)
ELSEWHERE(cuGraphAddBatchMemOpNode)
ELSEWHERE(cuGraphBatchMemOpNodeGetParams)
ELSEWHERE(cuGraphBatchMemOpNodeSetParams)
ELSEWHERE(cuGraphExecBatchMemOpNodeSetParams)
ELSEWHERE(cuGraphAddMemAllocNode)
ELSEWHERE(cuGraphMemAllocNodeGetParams)
ELSEWHERE(cuGraphAddNode)
ELSEWHERE(cuGraphAddNode_v2)
ELSEWHERE(cuGraphNodeSetParams)
ELSEWHERE(cuGraphExecNodeSetParams)
ELSEWHERE(cuGraphExecUpdate_v2)
ELSEWHERE(cuGraphInstantiateWithParams)
ELSEWHERE(cuGraphInstantiateWithParams_ptsz)
ELSEWHERE(cuStreamBatchMemOp)
ELSEWHERE(cuStreamBatchMemOp_ptsz)
ELSEWHERE(cuStreamBatchMemOp_v2)
ELSEWHERE(cuStreamBatchMemOp_v2_ptsz)
ELSEWHERE(cuStreamGetAttribute)
ELSEWHERE(cuStreamGetAttribute_ptsz)
ELSEWHERE(cuStreamSetAttribute)
ELSEWHERE(cuStreamSetAttribute_ptsz)
