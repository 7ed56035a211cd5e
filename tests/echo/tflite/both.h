/* TensorFlow Lite on both sides. */
#ifndef ECHO_TFLITE_H
#define ECHO_TFLITE_H

#include "echo.h"

#include <tensorflow/lite/core/c/c_api.h>
#include <tensorflow/lite/core/c/c_api_experimental.h>
#include <tensorflow/lite/core/c/c_api_opaque.h>
#include <tensorflow/lite/core/c/common.h>

/* What every interpreter and every signature runner of the echo vendor has: of all its tensors the first are inputs, the next
 * outputs, then comes a variable. */
enum { INPUTS = 3, OUTPUTS = 2, VARIABLES = 1, TENSORS = 8, NAMED = INPUTS + OUTPUTS };

/* As in delegates/xnnpack/xnnpack_delegate.h. */
typedef struct {
  int32_t num_threads;
  uint32_t flags;
  void *weights_cache;
  bool handle_variable_ops;
  const char *weight_cache_file_path;
} XNNPackOptions;

/* As in delegates/external/external_delegate.h. */
typedef struct ExternalOptions {
  const char *lib_path;
  int count;
  const char *keys[256];
  const char *values[256];
  TfLiteStatus (*insert)(struct ExternalOptions *, const char *key, const char *value);
} ExternalOptions;

/* All that a tensor says, and its data. */
void log_tensor(struct line *, const char *name, const TfLiteTensor *);

#endif
