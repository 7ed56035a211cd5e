/*
 * The functions of TensorFlow Lite's echo vendor that the table says too little of:
 *
 * - TfLiteVersion: AvA goes by it.
 * - Tensors: structs of the vendor's, which change when they are allocated and when something is computed.
 * - Delegates: who makes one is given it back.
 */
#include "both.h"

#include "echo_table.h"
#include "vendor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void entering(const char *function) { (void)function; }

EXPORT const char *TfLiteVersion(void) {
  struct line line;
  line_begin(&line, "TfLiteVersion");
  log_arrow(&line);
  log_text(&line, "ret", "2.17.0");
  line_end(&line);
  return "2.17.0";
}

/* ---- tensors ----------------------------------------------------------------------------------------------------- */

/* Tensors of an interpreter or a signature runner. */
struct set {
  const void *owner;
  int generation;
  TfLiteTensor tensors[TENSORS];
  struct set *next;
};

static struct set *sets;

static TfLiteIntArray *array(int count, const int *numbers) {
  int *array = malloc(sizeof(int) * (size_t)(count + 1));
  array[0] = count;
  memcpy(array + 1, numbers, sizeof(int) * (size_t)count);
  return (TfLiteIntArray *)array;
}

static void quantize(TfLiteTensor *t, int generation) {
  TfLiteAffineQuantization *affine = malloc(sizeof *affine);
  float scales[] = {0.5f, 0.25f + (float)generation, 3};
  int bits[3];
  memcpy(bits, scales, sizeof bits);
  affine->scale = (TfLiteFloatArray *)array(3, bits);
  affine->zero_point = array(3, (int[]){-1, generation, 127});
  affine->quantized_dimension = 1;
  t->quantization = (TfLiteQuantization){kTfLiteAffineQuantization, affine};
}

/* What a tensor is from now on. Nothing is freed: the program must not notice. */
static void shape(struct set *set, int i) {
  static const char *const names[TENSORS] = {"tensor0", "tensor1", "tensor2", "tensor3", "tensor4", "tensor5", "tensor6"};
  TfLiteTensor *t = &set->tensors[i];
  int generation = set->generation, rows = i == 6 ? 30000 : 2 + generation;
  *t = (TfLiteTensor){.type = i == 1 ? kTfLiteInt8 : kTfLiteFloat32, .name = names[i], .buffer_handle = -1 - i};
  t->dims = array(2, (int[]){rows, 3});
  t->bytes = (size_t)(rows * 3) * (i == 1 ? 1 : sizeof(float));
  t->allocation_type = i == 5 ? kTfLiteArenaRwPersistent : kTfLiteArenaRw;
  t->is_variable = i == 5;
  t->params = (TfLiteQuantizationParams){0.125f * (float)i, i - 2};
  if (i == 0) t->dims_signature = array(2, (int[]){-1, 3});
  if (i == 1) quantize(t, generation);
  if (i == 2) *t = (TfLiteTensor){.type = kTfLiteString, .name = names[i], .allocation_type = kTfLiteDynamic};
  if (i == 7) *t = (TfLiteTensor){.type = kTfLiteNoType};
  if (!t->bytes) return;
  t->data.raw = malloc(t->bytes);
  echo_fill(t->data.raw, t->bytes, (uint64_t)(i + 8 * generation));
}

static struct set *set_of(const void *owner) {
  for (struct set *set = sets; set; set = set->next)
    if (set->owner == owner) return set;
  struct set *set = calloc(1, sizeof *set);
  *set = (struct set){.owner = owner, .next = sets};
  for (int i = 0; i < TENSORS; i++) shape(set, i);
  return sets = set;
}

static void log_set_of(struct line *line, const struct set *set, int count) {
  char name[20];
  for (int i = 0; i < count; i++) {
    snprintf(name, sizeof name, "tensor%d", i);
    log_tensor(line, name, &set->tensors[i]);
  }
}

static TfLiteTensor *tensor(const char *function, int kind, const void *owner, int index, int first, int count) {
  if (index < 0 || index >= count) return NULL;
  TfLiteTensor *t = &set_of(owner)->tensors[first + index];
  struct line line;
  line_begin(&line, function);
  log_handle(&line, "owner", kind, owner);
  log_int(&line, "index", (uint64_t)index);
  log_arrow(&line);
  log_tensor(&line, "ret", t);
  line_end(&line);
  return t;
}

EXPORT TfLiteTensor *TfLiteInterpreterGetInputTensor(const TfLiteInterpreter *i, int32_t index) {
  return tensor("TfLiteInterpreterGetInputTensor", KIND_TfLiteInterpreter, i, index, 0, INPUTS);
}

EXPORT const TfLiteTensor *TfLiteInterpreterGetOutputTensor(const TfLiteInterpreter *i, int32_t index) {
  return tensor("TfLiteInterpreterGetOutputTensor", KIND_TfLiteInterpreter, i, index, INPUTS, OUTPUTS);
}

EXPORT TfLiteTensor *TfLiteInterpreterGetVariableTensor(const TfLiteInterpreter *i, int32_t index) {
  return tensor("TfLiteInterpreterGetVariableTensor", KIND_TfLiteInterpreter, i, index, NAMED, VARIABLES);
}

EXPORT TfLiteTensor *TfLiteInterpreterGetTensor(const TfLiteInterpreter *i, int index) {
  return tensor("TfLiteInterpreterGetTensor", KIND_TfLiteInterpreter, i, index, 0, TENSORS);
}

/* The number at the end of a name that a tensor of a runner has. */
static int named(const char *name) {
  int index = -1;
  return name && sscanf(name, "tensor%d", &index) == 1 ? index : -1;
}

EXPORT TfLiteTensor *TfLiteSignatureRunnerGetInputTensor(TfLiteSignatureRunner *r, const char *name) {
  return tensor("TfLiteSignatureRunnerGetInputTensor", KIND_TfLiteSignatureRunner, r, named(name), 0, INPUTS);
}

EXPORT const TfLiteTensor *TfLiteSignatureRunnerGetOutputTensor(const TfLiteSignatureRunner *r, const char *name) {
  int index = named(name) - INPUTS;
  return tensor("TfLiteSignatureRunnerGetOutputTensor", KIND_TfLiteSignatureRunner, r, index, INPUTS, OUTPUTS);
}

static int32_t counted(const char *function, const TfLiteInterpreter *interpreter, int32_t count) {
  int64_t status = 0;
  int32_t ret = failing(function, &status) ? 0 : count;
  struct line line;
  line_begin(&line, function);
  log_handle(&line, "interpreter", KIND_TfLiteInterpreter, interpreter);
  log_arrow(&line);
  log_int(&line, "ret", (uint64_t)ret);
  line_end(&line);
  return ret;
}

EXPORT int32_t TfLiteInterpreterGetInputTensorCount(const TfLiteInterpreter *interpreter) {
  return counted("TfLiteInterpreterGetInputTensorCount", interpreter, INPUTS);
}

EXPORT int32_t TfLiteInterpreterGetOutputTensorCount(const TfLiteInterpreter *interpreter) {
  return counted("TfLiteInterpreterGetOutputTensorCount", interpreter, OUTPUTS);
}

EXPORT int32_t TfLiteInterpreterGetVariableTensorCount(const TfLiteInterpreter *interpreter) {
  return counted("TfLiteInterpreterGetVariableTensorCount", interpreter, VARIABLES);
}

/* Tensors are made anew, or computed from inputs. */
static TfLiteStatus change(const char *function, int kind, const void *owner, int count, bool compute) {
  struct set *set = set_of(owner);
  struct line line;
  line_begin(&line, function);
  log_handle(&line, "owner", kind, owner);
  char name[20];
  for (int i = 0; compute && i < INPUTS; i++) {
    snprintf(name, sizeof name, "input%d", i);
    log_bytes(&line, name, set->tensors[i].data.raw, set->tensors[i].bytes);
  }
  int64_t status = kTfLiteOk;
  if (!failing(function, &status)) {
    set->generation++;
    for (int i = 0; !compute && i < TENSORS; i++) shape(set, i);
    for (int i = INPUTS; compute && i < TENSORS; i++) {
      TfLiteTensor *t = &set->tensors[i];
      if (t->bytes) echo_fill(t->data.raw, t->bytes, echo_seed(function, "output") + (uint64_t)(set->generation * 8 + i));
      t->data_is_stale = i == 4;
    }
  }
  log_arrow(&line);
  log_int(&line, "ret", (uint64_t)status);
  log_set_of(&line, set, count);
  line_end(&line);
  return (TfLiteStatus)status;
}

EXPORT TfLiteStatus TfLiteInterpreterAllocateTensors(TfLiteInterpreter *interpreter) {
  return change("TfLiteInterpreterAllocateTensors", KIND_TfLiteInterpreter, interpreter, TENSORS, false);
}

EXPORT TfLiteStatus TfLiteInterpreterInvoke(TfLiteInterpreter *interpreter) {
  return change("TfLiteInterpreterInvoke", KIND_TfLiteInterpreter, interpreter, TENSORS, true);
}

EXPORT TfLiteStatus TfLiteSignatureRunnerAllocateTensors(TfLiteSignatureRunner *runner) {
  return change("TfLiteSignatureRunnerAllocateTensors", KIND_TfLiteSignatureRunner, runner, NAMED, false);
}

EXPORT TfLiteStatus TfLiteSignatureRunnerInvoke(TfLiteSignatureRunner *runner) {
  return change("TfLiteSignatureRunnerInvoke", KIND_TfLiteSignatureRunner, runner, NAMED, true);
}

EXPORT TfLiteStatus TfLiteTensorRealloc(size_t bytes, TfLiteTensor *t) {
  t->data.raw = realloc(t->data.raw, bytes);
  t->bytes = bytes;
  struct line line;
  line_begin(&line, "TfLiteTensorRealloc");
  log_int(&line, "num_bytes", bytes);
  log_text(&line, "tensor", t->name);
  log_arrow(&line);
  log_int(&line, "ret", kTfLiteOk);
  log_int(&line, "bytes", t->bytes);
  line_end(&line);
  return kTfLiteOk;
}

/* What only the vendor knows of a tensor. */
#define QUESTION(type, function)                                                                                       \
  EXPORT type function(const TfLiteTensor *t) {                                                                        \
    type ret = (type)(echo_seed(#function, t->name ? t->name : "") % 4);                                               \
    struct line line;                                                                                                  \
    line_begin(&line, #function);                                                                                      \
    log_text(&line, "tensor", t->name);                                                                                \
    log_arrow(&line);                                                                                                  \
    log_int(&line, "ret", (uint64_t)ret);                                                                              \
    line_end(&line);                                                                                                   \
    return ret;                                                                                                        \
  }
QUESTION(TfLiteAllocationStrategy, TfLiteTensorGetAllocationStrategy)
QUESTION(TfLiteRunStability, TfLiteTensorGetBufferAddressStability)
QUESTION(TfLiteRunStability, TfLiteTensorGetDataStability)
QUESTION(TfLiteRunStep, TfLiteTensorGetDataKnownStep)
QUESTION(TfLiteRunStep, TfLiteTensorGetShapeKnownStep)

/* ---- delegates --------------------------------------------------------------------------------------------------- */

EXPORT void *TfLiteXNNPackDelegateCreate(const XNNPackOptions *options) {
  struct line line;
  line_begin(&line, "TfLiteXNNPackDelegateCreate");
  log_set(&line, "options", options != NULL);
  if (options) {
    log_int(&line, "num_threads", (uint64_t)(int64_t)options->num_threads);
    log_int(&line, "flags", options->flags);
    log_int(&line, "handle_variable_ops", options->handle_variable_ops);
    log_set(&line, "weights_cache", options->weights_cache || options->weight_cache_file_path);
  }
  int64_t status = 0;
  void *ret = failing("TfLiteXNNPackDelegateCreate", &status) ? NULL : object_new(KIND_TfLiteDelegate);
  log_arrow(&line);
  log_handle(&line, "ret", KIND_TfLiteDelegate, ret);
  line_end(&line);
  return ret;
}

static void destroy(const char *function, void *delegate) {
  struct line line;
  line_begin(&line, function);
  log_handle(&line, "delegate", KIND_TfLiteDelegate, delegate);
  log_arrow(&line);
  line_end(&line);
  object_release(delegate);
}

EXPORT void TfLiteXNNPackDelegateDelete(void *delegate) { destroy("TfLiteXNNPackDelegateDelete", delegate); }

/* The interface of a plugin, which is how a worker reaches an external delegate. */
EXPORT void *tflite_plugin_create_delegate(const char *const *keys, const char *const *values, size_t count,
    void (*report)(const char *)) {
  (void)report;
  void *ret = object_new(KIND_TfLiteDelegate);
  struct line line;
  line_begin(&line, "TfLiteExternalDelegateCreate");
  log_texts(&line, "keys", keys, count, NULL, false);
  log_texts(&line, "values", values, count, NULL, false);
  log_arrow(&line);
  log_handle(&line, "ret", KIND_TfLiteDelegate, ret);
  line_end(&line);
  return ret;
}

EXPORT void tflite_plugin_destroy_delegate(void *delegate) { destroy("TfLiteExternalDelegateDelete", delegate); }

/* As natively, where another library leads to the plugin. */
EXPORT void *TfLiteExternalDelegateCreate(const ExternalOptions *options) {
  return tflite_plugin_create_delegate(options->keys, options->values, (size_t)options->count, NULL);
}

EXPORT void TfLiteExternalDelegateDelete(void *delegate) { tflite_plugin_destroy_delegate(delegate); }
