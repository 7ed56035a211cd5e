/* Models: from memory, from file, bad ones, and how long they have to live. */
#include "client.h"

#include <cstring>

CASE(model_memory)
{
    std::vector<char> bytes = model_bytes("fc");
    TfLiteModel *model = TfLiteModelCreate(bytes.data(), bytes.size());
    CHECK(model);
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, nullptr);
    CHECK(interpreter);
    /* The interpreter keeps what it needs of the model; the bytes are the program's until then. */
    TfLiteModelDelete(model);
    OK(TfLiteInterpreterAllocateTensors(interpreter));
    const float x[] = {1, 2, 3, 4};
    OK(TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(interpreter, 0), x, sizeof x));
    OK(TfLiteInterpreterInvoke(interpreter));
    say_tensor("output", TfLiteInterpreterGetOutputTensor(interpreter, 0));
    TfLiteInterpreterDelete(interpreter);
}

/* One model, two interpreters that know nothing of each other. */
CASE(model_shared)
{
    TfLiteModel *model = TfLiteModelCreateFromFile(model_path("variable").c_str());
    CHECK(model);
    TfLiteInterpreter *each[2];
    for (TfLiteInterpreter *&interpreter : each) {
        interpreter = TfLiteInterpreterCreate(model, nullptr);
        CHECK(interpreter);
        OK(TfLiteInterpreterAllocateTensors(interpreter));
        OK(TfLiteInterpreterResetVariableTensors(interpreter));
    }
    for (int round = 0; round < 4; round++) {
        TfLiteInterpreter *interpreter = each[round == 3];
        const float x[] = {1, 1};
        OK(TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(interpreter, 0), x, sizeof x));
        OK(TfLiteInterpreterInvoke(interpreter));
        say_tensor(round == 3 ? "second" : "first", TfLiteInterpreterGetOutputTensor(interpreter, 0));
    }
    for (TfLiteInterpreter *interpreter : each)
        TfLiteInterpreterDelete(interpreter);
    TfLiteModelDelete(model);
}

CASE(model_missing)
{
    say("from file: %s", TfLiteModelCreateFromFile(model_path("missing").c_str()) ? "a model" : "none");
    say("of no bytes: %s", TfLiteModelCreate("", 0) ? "a model" : "none");
    say("of none: %s", TfLiteModelCreate(nullptr, 0) ? "a model" : "none");
#ifndef TFLITE_2_9
    Reporter reporter;
    CHECK(!TfLiteModelCreateFromFileWithErrorReporter(model_path("missing").c_str(), Reporter::callback, &reporter));
    reporter.say_messages("from file");
#endif
}

static void say_bad(const char *name)
{
    std::vector<char> bytes = model_bytes(name);
    TfLiteModel *from_file = TfLiteModelCreateFromFile(model_path(name).c_str());
    TfLiteModel *from_memory = TfLiteModelCreate(bytes.data(), bytes.size());
    say("from file: %s, from memory: %s", from_file ? "a model" : "none", from_memory ? "a model" : "none");
    TfLiteModelDelete(from_file);
    TfLiteModelDelete(from_memory);
#ifndef TFLITE_2_9
    Reporter reporter;
    CHECK(!TfLiteModelCreateWithErrorReporter(bytes.data(), bytes.size(), Reporter::callback, &reporter));
    reporter.say_messages("from memory");
#endif
}

CASE(model_notflat)
{
    say_bad("notflat");
}

CASE(model_truncated)
{
    say_bad("truncated");
}

/* 2^40 bytes for a tensor: 2.9 aborts (std::bad_alloc), 2.17 may be given them, as nobody touches them. */
CASE_ALONE(model_huge)
{
    Reporter reporter;
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    reporter.attach(options);
    Interpreter huge("huge", options);
    TfLiteInterpreterOptionsDelete(options);
    say("AllocateTensors is %d", (int)TfLiteInterpreterAllocateTensors(huge));
    reporter.say_messages("AllocateTensors");
}

/* By zero: the library divides, and the processor refuses. */
CASE_ALONE(model_aborts)
{
    Interpreter div("aborts");
    const int32_t a[] = {7, 8, 9, -9}, b[] = {2, 3, -3, 4}, bad[] = {2, 0, -3, 4};
    OK(TfLiteInterpreterAllocateTensors(div));
    OK(TfLiteTensorCopyFromBuffer(div.input(0), a, sizeof a));
    OK(TfLiteTensorCopyFromBuffer(div.input(1), b, sizeof b));
    OK(TfLiteInterpreterInvoke(div));
    say_tensor("output", div.output());
    OK(TfLiteTensorCopyFromBuffer(div.input(1), bad, sizeof bad));
    say("Invoke is %d", (int)TfLiteInterpreterInvoke(div));
}
