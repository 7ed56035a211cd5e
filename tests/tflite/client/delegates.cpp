/* Delegates: XNNPACK, which the library brings, and external ones, which 2.9's package opens by path. */
#include "client.h"

#include <cstdlib>

#include "../xnnpack.h"
#ifdef TFLITE_2_9
#include "tensorflow/lite/delegates/external/external_delegate.h"
#endif

CASE(xnnpack_options)
{
    TfLiteXNNPackDelegateOptions defaults = TfLiteXNNPackDelegateOptionsDefault();
    say("%d threads, flags %u, %zu bytes", defaults.num_threads, defaults.flags, sizeof defaults);
#ifndef TFLITE_2_9
    say("weights cache %s, variables %d, file %s", defaults.weights_cache ? "some" : "none",
        defaults.handle_variable_ops, defaults.experimental_weight_cache_file_path ? "some" : "none");
    TfLiteXNNPackDelegateOptions options = defaults;
    options.num_threads = 2;
    TfLiteDelegate *delegate = TfLiteXNNPackDelegateCreate(&options);
    CHECK(delegate);
    const TfLiteXNNPackDelegateOptions *kept = TfLiteXNNPackDelegateGetOptions(delegate);
    say("kept: %d threads, flags %u; GetFlags is %d", kept->num_threads, kept->flags,
        TfLiteXNNPackDelegateGetFlags(delegate));
    TfLiteXNNPackDelegateDelete(delegate);
#endif
}

static void run_on(TfLiteDelegate *delegate, const char *model, const std::vector<float> &x)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsAddDelegate(options, delegate);
    Interpreter interpreter(model, options);
    TfLiteInterpreterOptionsDelete(options);
    OK(TfLiteInterpreterAllocateTensors(interpreter));
    for (int round = 0; round < 2; round++) {
        interpreter.run(x);
        say_tensor("output", interpreter.output());
    }
}

CASE(xnnpack)
{
    for (int threads : {0, 1, 2}) {
        TfLiteXNNPackDelegateOptions options = TfLiteXNNPackDelegateOptionsDefault();
        options.num_threads = threads;
        TfLiteDelegate *delegate = TfLiteXNNPackDelegateCreate(threads ? &options : nullptr);
        CHECK(delegate);
        say("thread pool: %s", TfLiteXNNPackDelegateGetThreadPool(delegate) ? "some" : "none");
        /* A delegate may serve several interpreters, and outlives them. */
        run_on(delegate, "fc", {1, 2, 3, 4});
        run_on(delegate, "conv", test_image(1));
        TfLiteXNNPackDelegateDelete(delegate);
    }
}

#ifdef TFLITE_2_9
/* The path of the delegate in tests/tflite/delegate.c, or the name under which the loader finds it. */
static const char *delegate_path()
{
    const char *path = getenv("TFLITE_DELEGATE");
    return path ? path : "libedgetpu.so.1";
}

CASE(external)
{
    TfLiteExternalDelegateOptions options = TfLiteExternalDelegateOptionsDefault(delegate_path());
    OK(options.insert(&options, "device", "usb:0"));
    OK(options.insert(&options, "mode", "fast"));
    for (int i = 0; i < options.count; i++)
        say("option %s=%s", options.keys[i], options.values[i]);
    TfLiteDelegate *delegate = TfLiteExternalDelegateCreate(&options);
    CHECK(delegate);
    run_on(delegate, "fc", {1, 2, 3, 4});
    run_on(delegate, "conv", test_image(1));
    TfLiteExternalDelegateDelete(delegate);
}

CASE(external_options)
{
    TfLiteExternalDelegateOptions options = TfLiteExternalDelegateOptionsDefault(delegate_path());
    int fit = 0;
    while (fit < 1000 && options.insert(&options, "key", "value") == kTfLiteOk)
        fit++;
    say("%d options fit", fit);
}

/* Natively there is a delegate even of no library, and the interpreter that is given it crashes. */
CASE_ALONE(external_missing)
{
    TfLiteExternalDelegateOptions options = TfLiteExternalDelegateOptionsDefault("libnothing-of-that-name.so");
    run_on(TfLiteExternalDelegateCreate(&options), "fc", {1, 2, 3, 4});
}

CASE_ALONE(external_refuses)
{
    TfLiteExternalDelegateOptions options = TfLiteExternalDelegateOptionsDefault(delegate_path());
    OK(options.insert(&options, "fail", "the delegate does not want to"));
    run_on(TfLiteExternalDelegateCreate(&options), "fc", {1, 2, 3, 4});
}
#endif
