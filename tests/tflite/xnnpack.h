/* The used part of tensorflow/lite/delegates/xnnpack/xnnpack_delegate.h, which neither package contains.
 *
 * Own declarations. The options are returned by value, so their layout is part of the interface: 8 bytes (in a
 * register) in 2.9, 32 bytes (through a hidden pointer) in 2.17. TFLITE_2_9 chooses.
 */
#ifndef TESTS_TFLITE_XNNPACK_H
#define TESTS_TFLITE_XNNPACK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef TFLITE_2_9
#include "tensorflow/lite/c/common.h"
#else
#include "tensorflow/lite/core/c/common.h"
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct TfLiteXNNPackDelegateWeightsCache;

typedef struct {
    int32_t num_threads;
    uint32_t flags;
#ifndef TFLITE_2_9
    struct TfLiteXNNPackDelegateWeightsCache *weights_cache;
    bool handle_variable_ops;
    const char *experimental_weight_cache_file_path;
#endif
} TfLiteXNNPackDelegateOptions;

TfLiteXNNPackDelegateOptions TfLiteXNNPackDelegateOptionsDefault(void);
TfLiteDelegate *TfLiteXNNPackDelegateCreate(const TfLiteXNNPackDelegateOptions *options);
void *TfLiteXNNPackDelegateGetThreadPool(TfLiteDelegate *delegate);
void TfLiteXNNPackDelegateDelete(TfLiteDelegate *delegate);
#ifndef TFLITE_2_9
const TfLiteXNNPackDelegateOptions *TfLiteXNNPackDelegateGetOptions(TfLiteDelegate *delegate);
int TfLiteXNNPackDelegateGetFlags(TfLiteDelegate *delegate);
#endif

#ifdef __cplusplus
}
#endif

#endif
