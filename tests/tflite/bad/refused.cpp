/* Calls that would run the program's own code in the interpreter, and functions that the worker's library lacks. */
#include "../client/client.h"

#include <cstring>

#include "../xnnpack.h"

#ifndef TFLITE_2_9
#include "tensorflow/lite/core/c/c_api_opaque.h"
#endif

static const char *some(const void *pointer)
{
    return pointer ? "some" : "none";
}

#ifndef TFLITE_2_9
static const TfLiteRegistration *no_builtin(void *, TfLiteBuiltinOperator, int)
{
    return nullptr;
}

static const TfLiteRegistration *no_custom(void *, const char *, int)
{
    return nullptr;
}

CASE(refused)
{
    Reporter reporter;
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    reporter.attach(options);
    TfLiteRegistration registration = {};
    TfLiteInterpreterOptionsAddCustomOp(options, "Custom", &registration, 1, 1);
    reporter.say_messages("a custom operator");
    TfLiteInterpreterOptionsSetOpResolver(options, no_builtin, no_custom, nullptr);
    reporter.say_messages("an operator resolver");
    TfLiteInterpreterOptionsSetTelemetryProfiler(options, (struct TfLiteTelemetryProfilerStruct *)&registration);
    reporter.say_messages("a profiler");
    TfLiteDelegate own = TfLiteDelegateCreate();
    TfLiteInterpreterOptionsAddDelegate(options, &own);
    reporter.say_messages("a delegate");
    Interpreter fc("fc", options);
    say("ModifyGraph is %d", (int)TfLiteInterpreterModifyGraphWithDelegate(fc, &own));
    reporter.say_messages("a delegate for an interpreter");
    TfLiteCustomAllocation allocation = {&own, sizeof own};
    say("SetCustomAllocation is %d", (int)TfLiteInterpreterSetCustomAllocationForTensor(fc, 0, &allocation, 0));
    reporter.say_messages("memory");
    TfLiteInterpreterOptionsDelete(options);
    /* What was refused changed nothing. */
    OK(TfLiteInterpreterAllocateTensors(fc));
    fc.run({1, 2, 3, 4});
    say_tensor("then", fc.output());
}

/* A program of 2.17 on a worker with the library of 2.9: what that lacks fails, all else works. */
CASE(lacking)
{
    Reporter reporter;
    std::vector<char> bytes = model_bytes("fc");
    say("library %s", TfLiteVersion());
    say("schema %d, extensions %s", TfLiteSchemaVersion(), some(TfLiteExtensionApisVersion()));
    say("model: %s", some(TfLiteModelCreateWithErrorReporter(bytes.data(), bytes.size(), Reporter::callback, &reporter)));
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    say("copy of options: %s", some(TfLiteInterpreterOptionsCopy(options)));
    say("cancellation: %d", (int)TfLiteInterpreterOptionsEnableCancellation(options, true));
    Interpreter fc("fc", options);
    TfLiteInterpreterOptionsDelete(options);
    OK(TfLiteInterpreterAllocateTensors(fc));
    say("cancel: %d", (int)TfLiteInterpreterCancel(fc));
    say("tensor: %s, variable: %s", some(TfLiteInterpreterGetTensor(fc, 0)),
        some(TfLiteInterpreterGetVariableTensor(fc, 0)));
    say("variables %d, signatures %d", (int)TfLiteInterpreterGetVariableTensorCount(fc),
        (int)TfLiteInterpreterGetSignatureCount(fc));
    say("key: %s, runner: %s", some(TfLiteInterpreterGetSignatureKey(fc, 0)),
        some(TfLiteInterpreterGetSignatureRunner(fc, "serving_default")));
    say("readable: %d", (int)TfLiteInterpreterEnsureTensorDataIsReadable(fc, 0));
    say("strategy %d", (int)TfLiteTensorGetAllocationStrategy(fc.input()));
    say("known step %d", (int)TfLiteTensorGetDataKnownStep(fc.input()));
    /* Of no use to a runner that there is none of. */
    say("inputs of none: %zu", TfLiteSignatureRunnerGetInputCount(nullptr));
    say("invoking none: %d", (int)TfLiteSignatureRunnerInvoke(nullptr));
    fc.run({1, 2, 3, 4});
    say_tensor("then", fc.output());
}

CASE(lacking_xnnpack)
{
    TfLiteXNNPackDelegateOptions options;
    memset(&options, 0, sizeof options);
    options.num_threads = 1;
    TfLiteDelegate *delegate = TfLiteXNNPackDelegateCreate(&options);
    say("flags %d", TfLiteXNNPackDelegateGetFlags(delegate));
    Interpreter fc("fc");
    say("ModifyGraph is %d", (int)TfLiteInterpreterModifyGraphWithDelegate(fc, delegate));
    OK(TfLiteInterpreterAllocateTensors(fc));
    fc.run({1, 2, 3, 4});
    say_tensor("then", fc.output());
    TfLiteXNNPackDelegateDelete(delegate);
}
#else
/* No prototype in 2.9's headers. */
extern "C" void TfLiteInterpreterOptionsAddCustomOp(TfLiteInterpreterOptions *, const char *, const TfLiteRegistration *,
                                                    int32_t, int32_t);

CASE(refused)
{
    Reporter reporter;
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    reporter.attach(options);
    TfLiteRegistration registration = {};
    TfLiteInterpreterOptionsAddCustomOp(options, "Custom", &registration, 1, 1);
    reporter.say_messages("a custom operator");
    TfLiteDelegate own = TfLiteDelegateCreate();
    TfLiteInterpreterOptionsAddDelegate(options, &own);
    reporter.say_messages("a delegate");
    Interpreter fc("fc", options);
    TfLiteInterpreterOptionsDelete(options);
    OK(TfLiteInterpreterAllocateTensors(fc));
    fc.run({1, 2, 3, 4});
    say_tensor("then", fc.output());
}
#endif

/* There is no library, or no broker: nothing is made, and nothing crashes. */
CASE(nothing)
{
    std::vector<char> bytes = model_bytes("fc");
    const char *version = TfLiteVersion();
    say("version %s", version ? version : "none");
    say("model: %s", some(TfLiteModelCreate(bytes.data(), bytes.size())));
    say("model from file: %s", some(TfLiteModelCreateFromFile(model_path("fc").c_str())));
    say("options: %s", some(TfLiteInterpreterOptionsCreate()));
    say("interpreter: %s", some(TfLiteInterpreterCreate(nullptr, nullptr)));
    say("delegate: %s", some(TfLiteXNNPackDelegateCreate(nullptr)));
    say("invoke: %d", (int)TfLiteInterpreterInvoke(nullptr));
}
