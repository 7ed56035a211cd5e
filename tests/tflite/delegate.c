/* A delegate in a library of its own, as Coral's libedgetpu.so.1 is one: TfLiteExternalDelegateCreate opens it.
 *
 * It takes the fully connected float nodes and computes them on the CPU, always with relu: so the answers tell whether
 * it was at work. Built for one version of the library, as TfLiteContext and TfLiteRegistration differ between them.
 * TFLITE_TEST_DELEGATE=loud in the environment makes it tell on stderr what it is given; a key "fail" makes the
 * creation fail, through the caller's error function.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/lite/c/common.h"

enum { FULLY_CONNECTED = 9 };

struct kernel {
    int input, weights, bias, output;
};

static int is_loud(void)
{
    const char *how = getenv("TFLITE_TEST_DELEGATE");
    return how && strcmp(how, "loud") == 0;
}

static void *kernel_init(TfLiteContext *context, const char *buffer, size_t length)
{
    const TfLiteDelegateParams *params = (const void *)buffer;
    struct kernel *kernel = malloc(sizeof *kernel);
    TfLiteNode *node;
    TfLiteRegistration *registration;
    (void)length;

    if (!kernel)
        abort();
    context->GetNodeAndRegistration(context, params->nodes_to_replace->data[0], &node, &registration);
    kernel->input = node->inputs->data[0];
    kernel->weights = node->inputs->data[1];
    kernel->bias = node->inputs->data[2];
    kernel->output = node->outputs->data[0];
    return kernel;
}

static void kernel_free(TfLiteContext *context, void *buffer)
{
    (void)context;
    free(buffer);
}

static TfLiteStatus kernel_prepare(TfLiteContext *context, TfLiteNode *node)
{
    (void)context;
    (void)node;
    return kTfLiteOk;
}

static TfLiteStatus kernel_invoke(TfLiteContext *context, TfLiteNode *node)
{
    const struct kernel *kernel = node->user_data;
    const TfLiteTensor *x = &context->tensors[kernel->input];
    const TfLiteTensor *w = &context->tensors[kernel->weights];
    const TfLiteTensor *b = &context->tensors[kernel->bias];
    TfLiteTensor *y = &context->tensors[kernel->output];
    int outputs = w->dims->data[0], inputs = w->dims->data[1];

    for (int o = 0; o < outputs; o++) {
        float sum = b->data.f[o];
        for (int i = 0; i < inputs; i++)
            sum += x->data.f[i] * w->data.f[o * inputs + i];
        y->data.f[o] = sum > 0 ? sum : 0;
    }
    if (is_loud())
        fprintf(stderr, "delegate: invoked\n");
    return kTfLiteOk;
}

static TfLiteStatus prepare(TfLiteContext *context, TfLiteDelegate *delegate)
{
    TfLiteRegistration registration = {0};
    TfLiteIntArray *plan, *taken;
    TfLiteStatus status;

    status = context->GetExecutionPlan(context, &plan);
    if (status != kTfLiteOk)
        return status;
    /* Not with TfLiteIntArrayCreate: the library that opens this one need not have its names in the global scope. */
    taken = malloc(sizeof *taken + (size_t)plan->size * sizeof taken->data[0]);
    if (!taken)
        return kTfLiteError;
    taken->size = 0;
    for (int i = 0; i < plan->size; i++) {
        TfLiteNode *node;
        TfLiteRegistration *of;
        context->GetNodeAndRegistration(context, plan->data[i], &node, &of);
        if (of->builtin_code == FULLY_CONNECTED && context->tensors[node->inputs->data[0]].type == kTfLiteFloat32)
            taken->data[taken->size++] = plan->data[i];
    }
    registration.init = kernel_init;
    registration.free = kernel_free;
    registration.prepare = kernel_prepare;
    registration.invoke = kernel_invoke;
    registration.custom_name = "TestDelegate";
    registration.version = 1;
    status = context->ReplaceNodeSubsetsWithDelegateKernels(context, registration, taken, delegate);
    free(taken);
    return status;
}

TfLiteDelegate *tflite_plugin_create_delegate(char **keys, char **values, size_t count, void (*report)(const char *))
{
    TfLiteDelegate *delegate;

    for (size_t i = 0; i < count; i++) {
        if (is_loud())
            fprintf(stderr, "delegate: %s=%s\n", keys[i], values[i]);
        if (strcmp(keys[i], "fail") == 0) {
            if (report)
                report(values[i]);
            return NULL;
        }
    }
    delegate = calloc(1, sizeof *delegate);
    if (delegate) {
        delegate->Prepare = prepare;
        delegate->flags = kTfLiteDelegateFlagsNone;
    }
    return delegate;
}

void tflite_plugin_destroy_delegate(TfLiteDelegate *delegate)
{
    if (is_loud())
        fprintf(stderr, "delegate: destroyed\n");
    free(delegate);
}
