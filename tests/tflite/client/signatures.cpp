/* Functions of 2.17 only: signatures, copies of options, cancelling, tensors by index. */
#ifndef TFLITE_2_9
#include "client.h"

CASE(signature_names)
{
    Interpreter interpreter("signature");
    say("%d signatures", TfLiteInterpreterGetSignatureCount(interpreter));
    say("the first is %s", TfLiteInterpreterGetSignatureKey(interpreter, 0));
    TfLiteSignatureRunner *runner = TfLiteInterpreterGetSignatureRunner(interpreter, "serving_default");
    CHECK(runner);
    for (int i = 0; i < (int)TfLiteSignatureRunnerGetInputCount(runner); i++)
        say("input %s", TfLiteSignatureRunnerGetInputName(runner, i));
    for (int i = 0; i < (int)TfLiteSignatureRunnerGetOutputCount(runner); i++)
        say("output %s", TfLiteSignatureRunnerGetOutputName(runner, i));
    say("no such input: %s", TfLiteSignatureRunnerGetInputTensor(runner, "middle") ? "some" : "none");
    say("no such output: %s", TfLiteSignatureRunnerGetOutputTensor(runner, "middle") ? "some" : "none");
    TfLiteSignatureRunnerDelete(runner);
    say("no such signature: %s", TfLiteInterpreterGetSignatureRunner(interpreter, "other") ? "some" : "none");
    Interpreter fc("fc");
    say("fc has %d signatures", TfLiteInterpreterGetSignatureCount(fc));
}

CASE(signature_run)
{
    Interpreter interpreter("signature");
    TfLiteSignatureRunner *runner = TfLiteInterpreterGetSignatureRunner(interpreter, "serving_default");
    CHECK(runner);
    for (int rows : {1, 2}) {
        const int dims[] = {rows, 4};
        std::vector<float> x((size_t)rows * 4);
        for (const char *name : {"left", "right"})
            OK(TfLiteSignatureRunnerResizeInputTensor(runner, name, dims, 2));
        OK(TfLiteSignatureRunnerAllocateTensors(runner));
        for (const char *name : {"left", "right"}) {
            for (size_t i = 0; i < x.size(); i++)
                x[i] = (float)i + (name[0] == 'r');
            TfLiteTensor *tensor = TfLiteSignatureRunnerGetInputTensor(runner, name);
            CHECK(tensor);
            OK(TfLiteTensorCopyFromBuffer(tensor, x.data(), x.size() * sizeof x[0]));
        }
        OK(TfLiteSignatureRunnerInvoke(runner));
        for (const char *name : {"sum", "product"})
            say_tensor(name, TfLiteSignatureRunnerGetOutputTensor(runner, name));
    }
    const int narrow[] = {2, 3};
    say("not free: resizing is %d", (int)TfLiteSignatureRunnerResizeInputTensor(runner, "left", narrow, 2));
    TfLiteSignatureRunnerDelete(runner);
}

CASE(options_copy)
{
    Reporter reporter;
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    reporter.attach(options);
    TfLiteInterpreterOptionsSetNumThreads(options, 2);
    TfLiteInterpreterOptions *copy = TfLiteInterpreterOptionsCopy(options);
    TfLiteInterpreterOptionsDelete(options);
    Interpreter fc("fc", copy);
    TfLiteInterpreterOptionsDelete(copy);
    CHECK(TfLiteInterpreterInvoke(fc) == kTfLiteError);
    reporter.say_messages("the copy's reporter");
    OK(TfLiteInterpreterAllocateTensors(fc));
    fc.run({1, 2, 3, 4});
    say_tensor("output", fc.output());
}

CASE(cancel)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    Interpreter without("fc", options);
    say("not enabled: Cancel is %d", (int)TfLiteInterpreterCancel(without));
    OK(TfLiteInterpreterOptionsEnableCancellation(options, true));
    Interpreter with("fc", options);
    TfLiteInterpreterOptionsDelete(options);
    OK(TfLiteInterpreterAllocateTensors(with));
    say("enabled: Cancel is %d", (int)TfLiteInterpreterCancel(with));
    /* It is for calls that are under way. */
    with.run({1, 2, 3, 4});
    say_tensor("output", with.output());
}

CASE(tensor_by_index)
{
    Interpreter fc("fc");
    OK(TfLiteInterpreterAllocateTensors(fc));
    say("input %d, output %d", TfLiteInterpreterInputTensorIndices(fc)[0],
        TfLiteInterpreterOutputTensorIndices(fc)[0]);
    for (int i = 0; i < 4; i++)
        say("tensor %d is %s", i, TfLiteTensorName(TfLiteInterpreterGetTensor(fc, i)));
    CHECK(TfLiteInterpreterGetTensor(fc, 0) == fc.input());
    CHECK(TfLiteInterpreterGetTensor(fc, 3) == fc.output());
    say_tensor("weights", TfLiteInterpreterGetTensor(fc, 1));
    say("schema %d, extensions %s", TfLiteSchemaVersion(), TfLiteExtensionApisVersion());
}
#endif
