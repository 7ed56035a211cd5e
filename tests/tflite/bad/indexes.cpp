/* Indexes, names and handles that nobody gave. Natively most of these crash or read what is not there. */
#include "../client/client.h"

#include <climits>

static const char *some(const void *pointer)
{
    return pointer ? "some" : "none";
}

static void goes_on(const Interpreter &fc)
{
    fc.run({1, 2, 3, 4});
    say_tensor("then", fc.output());
}

CASE(indexes)
{
    Interpreter fc("fc");
    int dims[] = {1, 4};
    OK(TfLiteInterpreterAllocateTensors(fc));
    for (int index : {1, 7, -1, INT_MAX, INT_MIN}) {
        say("input %d: %s, index %d", index, some(TfLiteInterpreterGetInputTensor(fc, index)),
            (int)TfLiteInterpreterGetInputTensorIndex(fc, index));
        say("output %d: %s, index %d", index, some(TfLiteInterpreterGetOutputTensor(fc, index)),
            (int)TfLiteInterpreterGetOutputTensorIndex(fc, index));
        say("resize %d: %d", index, (int)TfLiteInterpreterResizeInputTensor(fc, index, dims, 2));
    }
    for (int index : {2, -1, INT_MAX})
        say("dimension %d: %d", index, (int)TfLiteTensorDim(fc.input(), index));
    say("type -1: %s", TfLiteTypeGetName((TfLiteType)-1));
    OK(TfLiteInterpreterResizeInputTensor(fc, 0, dims, 2));
    OK(TfLiteInterpreterAllocateTensors(fc));
    goes_on(fc);
}

#ifndef TFLITE_2_9
CASE(indexes_of_signatures)
{
    Interpreter model("signature");
    OK(TfLiteInterpreterAllocateTensors(model));
    for (int index : {9, 100000, -1, INT_MAX, INT_MIN}) {
        say("tensor %d: %s", index, some(TfLiteInterpreterGetTensor(model, index)));
        say("variable %d: %s", index, some(TfLiteInterpreterGetVariableTensor(model, index)));
        say("key %d: %s", index, some(TfLiteInterpreterGetSignatureKey(model, index)));
        say("readable %d: %d", index, (int)TfLiteInterpreterEnsureTensorDataIsReadable(model, index));
    }
    say("runner: %s", some(TfLiteInterpreterGetSignatureRunner(model, "nothing of that name")));
    TfLiteSignatureRunner *runner = TfLiteInterpreterGetSignatureRunner(model, "serving_default");
    CHECK(runner);
    for (int index : {9, -1, INT_MAX}) {
        say("input name %d: %s", index, some(TfLiteSignatureRunnerGetInputName(runner, index)));
        say("output name %d: %s", index, some(TfLiteSignatureRunnerGetOutputName(runner, index)));
    }
    say("input: %s", some(TfLiteSignatureRunnerGetInputTensor(runner, "nothing")));
    say("output: %s", some(TfLiteSignatureRunnerGetOutputTensor(runner, "nothing")));
    int dims[] = {1, 4};
    say("resize: %d", (int)TfLiteSignatureRunnerResizeInputTensor(runner, "nothing", dims, 2));
    OK(TfLiteSignatureRunnerAllocateTensors(runner));
    OK(TfLiteSignatureRunnerInvoke(runner));
    TfLiteSignatureRunnerDelete(runner);
}
#endif

CASE(unknown_handles)
{
    alignas(16) char garbage[4096];
    for (size_t i = 0; i < sizeof garbage; i++)
        garbage[i] = (char)(i * 37 + 11);
    int dims[] = {1, 4};
    void *wrong[] = {garbage, (void *)0x1234, (void *)-1, nullptr};
    Interpreter fc("fc");
    OK(TfLiteInterpreterAllocateTensors(fc));
    for (void *any : wrong) {
        TfLiteInterpreter *interpreter = (TfLiteInterpreter *)any;
        say("allocate %d, invoke %d, resize %d, inputs %d", (int)TfLiteInterpreterAllocateTensors(interpreter),
            (int)TfLiteInterpreterInvoke(interpreter), (int)TfLiteInterpreterResizeInputTensor(interpreter, 0, dims, 2),
            (int)TfLiteInterpreterGetInputTensorCount(interpreter));
        say("input %s, output %s", some(TfLiteInterpreterGetInputTensor(interpreter, 0)),
            some(TfLiteInterpreterGetOutputTensor(interpreter, 0)));
        TfLiteInterpreterOptionsSetNumThreads((TfLiteInterpreterOptions *)any, 2);
        if (any) {
            say("interpreter of it: %s", some(TfLiteInterpreterCreate((TfLiteModel *)any, nullptr)));
            TfLiteInterpreterDelete(interpreter);
            TfLiteInterpreterOptionsDelete((TfLiteInterpreterOptions *)any);
            TfLiteModelDelete((TfLiteModel *)any);
        }
    }
    /* One of another type. */
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    say("options invoked: %d", (int)TfLiteInterpreterInvoke((TfLiteInterpreter *)options));
    say("options as a model: %s", some(TfLiteInterpreterCreate((TfLiteModel *)options, nullptr)));
    TfLiteInterpreterOptionsDelete(options);
    /* One that is gone. */
    say("deleted options: %s", (TfLiteInterpreterOptionsDelete(options), "deleted twice"));
    goes_on(fc);
}

/* The interpreter is used after its deletion. */
CASE(deleted)
{
    Interpreter fc("fc");
    TfLiteModel *model = TfLiteModelCreateFromFile(model_path("fc").c_str());
    TfLiteInterpreter *gone = TfLiteInterpreterCreate(model, nullptr);
    CHECK(gone);
    OK(TfLiteInterpreterAllocateTensors(gone));
    CHECK(TfLiteInterpreterGetInputTensor(gone, 0));
    TfLiteInterpreterDelete(gone);
    say("invoke %d, allocate %d, input %s", (int)TfLiteInterpreterInvoke(gone),
        (int)TfLiteInterpreterAllocateTensors(gone), some(TfLiteInterpreterGetInputTensor(gone, 0)));
    TfLiteInterpreterDelete(gone);
    TfLiteModelDelete(model);
    OK(TfLiteInterpreterAllocateTensors(fc));
    goes_on(fc);
}
