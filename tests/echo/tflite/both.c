/* TensorFlow Lite on both sides: how a tensor is written down. */
#include "both.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The table lets variables that begin so through to the worker. */
const char *vendor_log(void) { return getenv("TFLITE_ECHO_LOG"); }

/* What a model is made from is used as long as the model lives. */
bool keeps_host_memory(uint64_t flags) {
  (void)flags;
  return true;
}

/* An array with its count in front. */
static void log_array(struct line *line, const char *name, const char *part, const void *array) {
  char whole[80];
  snprintf(whole, sizeof whole, "%s.%s", name, part);
  int count = 0;
  if (array) memcpy(&count, array, sizeof count);
  log_bytes(line, whole, array ? (const char *)array + sizeof count : NULL, (uint64_t)count * 4);
}

static void log_field(struct line *line, const char *name, const char *part, uint64_t value) {
  char whole[80];
  snprintf(whole, sizeof whole, "%s.%s", name, part);
  log_int(line, whole, value);
}

static uint64_t bits(float number) {
  uint32_t bits;
  memcpy(&bits, &number, sizeof bits);
  return bits;
}

void log_tensor(struct line *line, const char *name, const TfLiteTensor *t) {
  if (!t) return log_set(line, name, false);
  char whole[80];
  snprintf(whole, sizeof whole, "%s.name", name);
  log_text(line, whole, t->name);
  log_field(line, name, "type", (uint64_t)t->type);
  log_array(line, name, "dims", t->dims);
  log_array(line, name, "dims_signature", t->dims_signature);
  log_field(line, name, "scale", bits(t->params.scale));
  log_field(line, name, "zero_point", (uint64_t)(int64_t)t->params.zero_point);
  log_field(line, name, "allocation_type", (uint64_t)t->allocation_type);
  log_field(line, name, "bytes", t->bytes);
  log_field(line, name, "buffer_handle", (uint64_t)(int64_t)t->buffer_handle);
  log_field(line, name, "data_is_stale", t->data_is_stale);
  log_field(line, name, "is_variable", t->is_variable);
  log_field(line, name, "quantization", (uint64_t)t->quantization.type);
  if (t->quantization.type == kTfLiteAffineQuantization) {
    const TfLiteAffineQuantization *affine = t->quantization.params;
    log_array(line, name, "scales", affine->scale);
    log_array(line, name, "zero_points", affine->zero_point);
    log_field(line, name, "dimension", (uint64_t)(int64_t)affine->quantized_dimension);
  }
  snprintf(whole, sizeof whole, "%s.data", name);
  log_bytes(line, whole, t->data.raw, t->bytes);
}
