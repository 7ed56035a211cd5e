/*
 * The driver's calls of TensorFlow Lite that the table says too little of; `vendor.c` has the other side.
 *
 * Tensors, which the program has as structs and whose data it uses in place; delegates; the version.
 */
#include "both.h"

#include "driver.h"
#include "echo_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Found by the emitted code. */
#define FOUND(f) extern __typeof__(&f) p_##f;
FOUND(TfLiteVersion)
FOUND(TfLiteInterpreterGetInputTensor)
FOUND(TfLiteInterpreterGetOutputTensor)
FOUND(TfLiteInterpreterGetVariableTensor)
FOUND(TfLiteInterpreterGetTensor)
FOUND(TfLiteInterpreterAllocateTensors)
FOUND(TfLiteInterpreterInvoke)
FOUND(TfLiteInterpreterEnsureTensorDataIsReadable)
FOUND(TfLiteSignatureRunnerGetInputTensor)
FOUND(TfLiteSignatureRunnerGetOutputTensor)
FOUND(TfLiteSignatureRunnerAllocateTensors)
FOUND(TfLiteSignatureRunnerInvoke)
FOUND(TfLiteTensorRealloc)
extern void *(*p_TfLiteXNNPackDelegateCreate)(const void *), *(*p_TfLiteExternalDelegateCreate)(const void *);
extern void (*p_TfLiteXNNPackDelegateDelete)(void *), *p_TfLiteExternalDelegateDelete;

/* The vendor makes up what it wants. */
bool is_special(const char *function, int64_t key) {
  (void)function, (void)key;
  return false;
}

/* There is no such thing in TensorFlow Lite. */
void *look_up(const char *name) {
  (void)name;
  return NULL;
}

void settle(void *event, void *queue) { (void)event, (void)queue; }

static struct plan ordinary(const char *function, int64_t fail) {
  return (struct plan){.function = function, .null = -1, .fail = fail};
}

/* ---- delegates --------------------------------------------------------------------------------------------------- */

static void *xnnpack(const XNNPackOptions *options) {
  struct plan plan = ordinary("TfLiteXNNPackDelegateCreate", 0);
  struct line line;
  line_begin(&line, plan.function);
  log_set(&line, "options", options != NULL);
  if (options) {
    log_int(&line, "num_threads", (uint64_t)(int64_t)options->num_threads);
    log_int(&line, "flags", options->flags);
    log_int(&line, "handle_variable_ops", options->handle_variable_ops);
    log_set(&line, "weights_cache", false);
  }
  arm(&plan);
  void *ret = p_TfLiteXNNPackDelegateCreate(options);
  disarm(&plan);
  made(KIND_TfLiteDelegate, ret);
  log_arrow(&line);
  log_handle(&line, "ret", KIND_TfLiteDelegate, ret);
  line_end(&line);
  return ret;
}

static void *external(int count) {
  static ExternalOptions options;
  options = (ExternalOptions){.lib_path = echo_library, .count = count};
  for (int i = 0; i < count; i++) {
    options.keys[i] = i ? "key" : "";
    options.values[i] = i ? "value and more" : "value";
  }
  struct plan plan = ordinary("TfLiteExternalDelegateCreate", 0);
  struct line line;
  line_begin(&line, plan.function);
  log_texts(&line, "keys", options.keys, (uint64_t)count, NULL, false);
  log_texts(&line, "values", options.values, (uint64_t)count, NULL, false);
  arm(&plan);
  void *ret = p_TfLiteExternalDelegateCreate(&options);
  disarm(&plan);
  made(KIND_TfLiteDelegate, ret);
  log_arrow(&line);
  log_handle(&line, "ret", KIND_TfLiteDelegate, ret);
  line_end(&line);
  return ret;
}

/* `maker` is told, whichever function the program calls. */
static void destroy(const char *maker, void (*function)(void *), void *delegate) {
  struct plan plan = ordinary(maker, 0);
  struct line line;
  line_begin(&line, maker);
  log_handle(&line, "delegate", KIND_TfLiteDelegate, delegate);
  arm(&plan);
  function(delegate);
  disarm(&plan);
  log_arrow(&line);
  line_end(&line);
  released(delegate);
}

static void *of_xnnpack, *of_plugin;

void by_hand_start(void) {
  const XNNPackOptions options = {.num_threads = -3, .flags = 0x80000001, .handle_variable_ops = true};
  of_xnnpack = xnnpack(&options);
  of_plugin = external(3);
  destroy("TfLiteXNNPackDelegateDelete", p_TfLiteXNNPackDelegateDelete, xnnpack(NULL));
  destroy("TfLiteExternalDelegateDelete", (void (*)(void *))p_TfLiteExternalDelegateDelete, external(0));
}

static void delegates(void) {
  destroy("TfLiteXNNPackDelegateDelete", p_TfLiteXNNPackDelegateDelete, of_xnnpack);
  /* The other function, where somebody sees to it. */
  destroy("TfLiteExternalDelegateDelete",
      is_native() ? (void (*)(void *))p_TfLiteExternalDelegateDelete : p_TfLiteXNNPackDelegateDelete, of_plugin);
  const XNNPackOptions cached = {.weight_cache_file_path = "cache"};
  if (!is_native() && p_TfLiteXNNPackDelegateCreate(&cached)) line_problem("a cache in a file is not refused");
  const ExternalOptions strange = {.lib_path = "libstrange.so"};
  if (!is_native() && p_TfLiteExternalDelegateCreate(&strange)) line_problem("a plugin that nobody allows is loaded");
}

/* ---- tensors ----------------------------------------------------------------------------------------------------- */

/* What the program has of an interpreter or a signature runner. */
struct held {
  bool runner;
  void *owner;
  int count;
  const TfLiteTensor *tensors[TENSORS];
};

static int kind_of(const struct held *held) { return held->runner ? KIND_TfLiteSignatureRunner : KIND_TfLiteInterpreter; }

static const TfLiteTensor *got(const struct held *held, const char *function, int index, const TfLiteTensor *tensor) {
  struct line line;
  line_begin(&line, function);
  log_handle(&line, "owner", kind_of(held), held->owner);
  log_int(&line, "index", (uint64_t)index);
  log_arrow(&line);
  log_tensor(&line, "ret", tensor);
  line_end(&line);
  return tensor;
}

#define GOT(function, index, arguments) got(held, #function, index, p_##function arguments)

static void get(struct held *held) {
  void *owner = held->owner;
  char name[20];
  for (int i = 0; i < INPUTS; i++) {
    snprintf(name, sizeof name, "tensor%d", i);
    held->tensors[i] = held->runner ? GOT(TfLiteSignatureRunnerGetInputTensor, i, (owner, name))
                                    : GOT(TfLiteInterpreterGetInputTensor, i, (owner, i));
  }
  for (int i = 0; i < OUTPUTS; i++) {
    snprintf(name, sizeof name, "tensor%d", INPUTS + i);
    held->tensors[INPUTS + i] = held->runner ? GOT(TfLiteSignatureRunnerGetOutputTensor, i, (owner, name))
                                             : GOT(TfLiteInterpreterGetOutputTensor, i, (owner, i));
  }
  held->count = held->runner ? NAMED : TENSORS;
  if (held->runner) {
    if (p_TfLiteSignatureRunnerGetInputTensor(owner, "strange") ||
        p_TfLiteSignatureRunnerGetOutputTensor(owner, "tensor0"))
      line_problem("a runner has a tensor that it does not have");
    return;
  }
  held->tensors[NAMED] = GOT(TfLiteInterpreterGetVariableTensor, 0, (owner, 0));
  for (int i = 0; i < TENSORS; i++) {
    const TfLiteTensor *tensor = GOT(TfLiteInterpreterGetTensor, i, (owner, i));
    if (i <= NAMED && tensor != held->tensors[i]) line_problem("tensor %d is another one by its index", i);
    held->tensors[i] = tensor;
  }
  if (p_TfLiteInterpreterGetInputTensor(owner, INPUTS) || p_TfLiteInterpreterGetOutputTensor(owner, -1) ||
      p_TfLiteInterpreterGetVariableTensor(owner, VARIABLES) || p_TfLiteInterpreterGetTensor(owner, TENSORS))
    line_problem("an interpreter has a tensor that it does not have");
}

/* Tensors are made anew, or computed from what the program has written where they are. */
static void change(const struct held *held, const char *function, TfLiteStatus (*call)(void *), bool compute,
    int64_t fail) {
  struct plan plan = ordinary(function, fail);
  struct line line;
  line_begin(&line, function);
  log_handle(&line, "owner", kind_of(held), held->owner);
  char name[20];
  for (int i = 0; compute && i < INPUTS; i++) {
    const TfLiteTensor *t = held->tensors[i];
    snprintf(name, sizeof name, "input%d", i);
    if (t->bytes) echo_fill(t->data.raw, t->bytes, echo_seed(function, name));
    log_bytes(&line, name, t->data.raw, t->bytes);
  }
  arm(&plan);
  TfLiteStatus status = call(held->owner);
  disarm(&plan);
  check_status(&plan, (int64_t)status);
  log_arrow(&line);
  log_int(&line, "ret", (uint64_t)status);
  for (int i = 0; i < held->count; i++) {
    snprintf(name, sizeof name, "tensor%d", i);
    log_tensor(&line, name, held->tensors[i]);
  }
  line_end(&line);
}

static void resize(const TfLiteTensor *tensor, size_t bytes) {
  size_t before = tensor->bytes < bytes ? tensor->bytes : bytes;
  char *data = malloc(before + 1);
  if (before) memcpy(data, tensor->data.raw, before);
  TfLiteStatus status = p_TfLiteTensorRealloc(bytes, (TfLiteTensor *)tensor);
  struct line line;
  line_begin(&line, "TfLiteTensorRealloc");
  log_int(&line, "num_bytes", bytes);
  log_text(&line, "tensor", tensor->name);
  log_arrow(&line);
  log_int(&line, "ret", (uint64_t)status);
  log_int(&line, "bytes", tensor->bytes);
  line_end(&line);
  if (!tensor->data.raw || (before && memcmp(tensor->data.raw, data, before)))
    line_problem("a tensor loses its data when it gets another size");
  else
    echo_fill(tensor->data.raw, bytes, bytes);
  free(data);
}

static void readable(TfLiteInterpreter *interpreter, int index) {
  struct line line;
  line_begin(&line, "TfLiteInterpreterEnsureTensorDataIsReadable");
  log_handle(&line, "interpreter", KIND_TfLiteInterpreter, interpreter);
  log_int(&line, "tensor_index", (uint64_t)index);
  TfLiteStatus status = p_TfLiteInterpreterEnsureTensorDataIsReadable(interpreter, index);
  log_arrow(&line);
  log_int(&line, "ret", (uint64_t)status);
  line_end(&line);
}

#define QUESTIONS(X)                                                                                                   \
  X(TfLiteTensorGetAllocationStrategy, TfLiteOpaqueTensorGetAllocationStrategy)                                        \
  X(TfLiteTensorGetBufferAddressStability, TfLiteOpaqueTensorGetBufferAddressStability)                                \
  X(TfLiteTensorGetDataStability, TfLiteOpaqueTensorGetDataStability)                                                  \
  X(TfLiteTensorGetDataKnownStep, TfLiteOpaqueTensorGetDataKnownStep)                                                  \
  X(TfLiteTensorGetShapeKnownStep, TfLiteOpaqueTensorGetShapeKnownStep)
#define DECLARE(f, opaque) extern __typeof__(&f) p_##f; extern void *p_##opaque;
QUESTIONS(DECLARE)

static void answered(const char *function, const TfLiteTensor *tensor, uint64_t answer) {
  struct line line;
  line_begin(&line, function);
  log_text(&line, "tensor", tensor->name);
  log_arrow(&line);
  log_int(&line, "ret", answer);
  line_end(&line);
}

/* What only the vendor knows, under both names of a tensor. */
static void ask(const TfLiteTensor *tensor) {
#define ASK(f, opaque)                                                                                                 \
  answered(#f, tensor, (uint64_t)p_##f(tensor));                                                                       \
  if (!is_native()) answered(#f, tensor, (uint64_t)((__typeof__(&f))p_##opaque)(tensor));
  QUESTIONS(ASK)
}

/* What is answered in the program says what the struct says, under both names of a tensor. */
#define ACCESSORS(X)                                                                                                   \
  X(TfLiteTensorType, t->type)                                                                                         \
  X(TfLiteOpaqueTensorType, t->type)                                                                                   \
  X(TfLiteTensorNumDims, t->dims ? t->dims->size : -1)                                                                 \
  X(TfLiteOpaqueTensorNumDims, t->dims ? t->dims->size : -1)                                                           \
  X(TfLiteTensorByteSize, t->bytes)                                                                                    \
  X(TfLiteOpaqueTensorByteSize, t->bytes)                                                                              \
  X(TfLiteTensorData, t->data.raw)                                                                                     \
  X(TfLiteOpaqueTensorData, t->data.raw)                                                                               \
  X(TfLiteTensorName, t->name)                                                                                         \
  X(TfLiteOpaqueTensorName, t->name)                                                                                   \
  X(TfLiteOpaqueTensorIsVariable, t->is_variable)                                                                      \
  X(TfLiteOpaqueTensorGetAllocationType, t->allocation_type)
#define DECLARE_LOCAL(f, field) extern void *p_##f;
ACCESSORS(DECLARE_LOCAL)
extern void *p_TfLiteTensorDim, *p_TfLiteOpaqueTensorDim, *p_TfLiteTensorQuantizationParams;
extern void *p_TfLiteOpaqueTensorGetNumDimsSignature, *p_TfLiteOpaqueTensorGetDimSignature;
extern void *p_TfLiteTensorCopyToBuffer, *p_TfLiteTensorCopyFromBuffer;

#define LOCAL(f) ((__typeof__(&f))p_##f)
#define SAYS(f, field)                                                                                                 \
  if (LOCAL(f)((void *)t) != (field)) line_problem(#f " says something else than the struct of %s", name);

static void access(const TfLiteTensor *t) {
  const char *name = t->name ? t->name : "a tensor";
  ACCESSORS(SAYS)
  for (int i = 0; t->dims && i < t->dims->size; i++)
    if (LOCAL(TfLiteTensorDim)(t, i) != t->dims->data[i] ||
        LOCAL(TfLiteOpaqueTensorDim)((const TfLiteOpaqueTensor *)t, i) != t->dims->data[i])
      line_problem("dimension %d of %s", i, name);
  int32_t count = 0, length = 0;
  LOCAL(TfLiteOpaqueTensorGetNumDimsSignature)((const TfLiteOpaqueTensor *)t, &count);
  if (count != (t->dims_signature ? t->dims_signature->size : -1)) line_problem("signature of %s", name);
  for (int i = 0; i < count; i++)
    if (LOCAL(TfLiteOpaqueTensorGetDimSignature)((const TfLiteOpaqueTensor *)t, i, &length) != kTfLiteOk ||
        length != t->dims_signature->data[i])
      line_problem("signature of %s at %d", name, i);
  TfLiteQuantizationParams params = LOCAL(TfLiteTensorQuantizationParams)(t);
  if (params.scale != t->params.scale || params.zero_point != t->params.zero_point)
    line_problem("quantization of %s", name);
  char *copy = malloc(t->bytes + 1);
  TfLiteStatus taken = LOCAL(TfLiteTensorCopyToBuffer)(t, copy, t->bytes);
  if (taken != kTfLiteOk || (t->bytes && memcmp(copy, t->data.raw, t->bytes))) line_problem("data of %s", name);
  if (LOCAL(TfLiteTensorCopyToBuffer)(t, copy, t->bytes + 1) == kTfLiteOk) line_problem("too much data of %s", name);
  free(copy);
}

static void tensors(struct held held) {
  TfLiteStatus (*allocate)(void *) = held.runner ? (TfLiteStatus(*)(void *))p_TfLiteSignatureRunnerAllocateTensors
                                                 : (TfLiteStatus(*)(void *))p_TfLiteInterpreterAllocateTensors;
  TfLiteStatus (*invoke)(void *) = held.runner ? (TfLiteStatus(*)(void *))p_TfLiteSignatureRunnerInvoke
                                               : (TfLiteStatus(*)(void *))p_TfLiteInterpreterInvoke;
  const char *allocating = held.runner ? "TfLiteSignatureRunnerAllocateTensors" : "TfLiteInterpreterAllocateTensors";
  const char *invoking = held.runner ? "TfLiteSignatureRunnerInvoke" : "TfLiteInterpreterInvoke";
  get(&held);
  for (int round = 0; round < 3; round++) {
    change(&held, allocating, allocate, false, 0);
    change(&held, invoking, invoke, true, 0);
    for (int i = 0; i < held.count; i++) {
      if (!is_native()) access(held.tensors[i]);
      ask(held.tensors[i]);
      if (!held.runner) readable(held.owner, i);
    }
    resize(held.tensors[2], round == 1 ? 100000 : 40);
    change(&held, invoking, invoke, true, 0);
    resize(held.tensors[2], 7);
    change(&held, invoking, invoke, true, echo_failure);
    change(&held, allocating, allocate, false, echo_failure);
  }
}

static void version(void) {
  struct line line;
  line_begin(&line, "TfLiteVersion");
  log_arrow(&line);
  log_text(&line, "ret", p_TfLiteVersion());
  line_end(&line);
}

void by_hand(void) {
  version();
  tensors((struct held){.owner = any(KIND_TfLiteInterpreter, 0)});
  tensors((struct held){.owner = any(KIND_TfLiteInterpreter, 1)});
  tensors((struct held){.runner = true, .owner = any(KIND_TfLiteSignatureRunner, 0)});
  delegates();
}
