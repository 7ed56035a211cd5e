/* Errors: statuses, and what the error reporter is told. */
#include "client.h"

namespace {

/* Interpreters of models that report to the case. */
struct Reported {
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    Reporter reporter;
    Reported() { reporter.attach(options); }
    ~Reported() { TfLiteInterpreterOptionsDelete(options); }
};

/* A reporter that calls the API itself, in the midst of the call that fails: what it is told of these calls, too. */
struct Calling {
    TfLiteInterpreter *runs = nullptr, *fails = nullptr;
    int depth = 0;
    std::string heard;

    static void callback(void *user_data, const char *format, va_list arguments)
    {
        Calling *self = static_cast<Calling *>(user_data);
        char text[256];
        vsnprintf(text, sizeof text, format, arguments);
        self->heard += std::to_string(self->depth) + ": " + text + "; ";
        if (self->depth == 3)
            return;
        self->depth++;
        const float x[] = {1, 2, 3, (float)self->depth};
        float y[3] = {0, 0, 0};
        int statuses[] = {
            TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(self->runs, 0), x, sizeof x),
            TfLiteInterpreterInvoke(self->runs),
            TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(self->runs, 0), y, sizeof y),
            TfLiteInterpreterInvoke(self->fails),
        };
        for (int status : statuses)
            self->heard += std::to_string(status) + " ";
        for (float value : y)
            self->heard += std::to_string(value) + " ";
        self->depth--;
    }
};

} // namespace

CASE(error_order)
{
    Reported with;
    Interpreter fc("fc", with.options);
    say("Invoke is %d", (int)TfLiteInterpreterInvoke(fc));
    with.reporter.say_messages("Invoke before AllocateTensors");
    OK(TfLiteInterpreterAllocateTensors(fc));
    OK(TfLiteInterpreterAllocateTensors(fc));
    with.reporter.say_messages("AllocateTensors twice");
    fc.run({1, 2, 3, 4});
    say_tensor("output", fc.output());
}

CASE(error_resize)
{
    Reported with;
    Interpreter add("add", with.options), conv("conv", with.options);
    int negative[] = {-2, 4}, image[] = {1, 4, 4, 1}, zero[] = {0, 4};
    say("negative: ResizeInputTensor is %d", (int)TfLiteInterpreterResizeInputTensor(add, 0, negative, 2));
    with.reporter.say_messages("negative");
    say("zero: ResizeInputTensor is %d", (int)TfLiteInterpreterResizeInputTensor(add, 0, zero, 2));
    say("zero: AllocateTensors is %d", (int)TfLiteInterpreterAllocateTensors(add));
    with.reporter.say_messages("zero");
    /* Another image does not fit what comes after. */
    say("image: ResizeInputTensor is %d", (int)TfLiteInterpreterResizeInputTensor(conv, 0, image, 4));
    say("image: AllocateTensors is %d", (int)TfLiteInterpreterAllocateTensors(conv));
    with.reporter.say_messages("image");
    say("image: Invoke is %d", (int)TfLiteInterpreterInvoke(conv));
    with.reporter.say_messages("Invoke");
}

CASE(error_sizes)
{
    Interpreter fc("fc");
    float x[5] = {1, 2, 3, 4, 5}, y[4];
    OK(TfLiteInterpreterAllocateTensors(fc));
    for (size_t size : {0, 3, 15, 17, 20})
        say("CopyFromBuffer of %zu is %d", size, (int)TfLiteTensorCopyFromBuffer(fc.input(), x, size));
    OK(TfLiteTensorCopyFromBuffer(fc.input(), x, 16));
    OK(TfLiteInterpreterInvoke(fc));
    for (size_t size : {0, 3, 11, 13, 16})
        say("CopyToBuffer of %zu is %d", size, (int)TfLiteTensorCopyToBuffer(fc.output(), y, size));
    say_tensor("output", fc.output());
}

/* The reporter belongs to the interpreter: it outlives the options, and each has its own. */
CASE(error_reporters)
{
    Reporter reporters[2];
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    reporters[0].attach(options);
    Interpreter first("fc", options);
    reporters[1].attach(options);
    Interpreter second("fc", options);
    TfLiteInterpreterOptionsDelete(options);
    CHECK(TfLiteInterpreterInvoke(first) == kTfLiteError);
    CHECK(TfLiteInterpreterInvoke(second) == kTfLiteError);
    CHECK(TfLiteInterpreterInvoke(second) == kTfLiteError);
    say("%zu and %zu messages", reporters[0].count(), reporters[1].count());
    reporters[0].say_messages("first");
    reporters[1].say_messages("second");
}

/* A kernel that fails within Invoke, and works the next time. */
CASE(error_kernel)
{
    Reported with;
    Interpreter divides("divides", with.options);
    const int32_t a[] = {7, 8, 9, -9}, zero[] = {2, 0, -3, 4}, b[] = {2, 3, -3, 4};
    OK(TfLiteInterpreterAllocateTensors(divides));
    OK(TfLiteTensorCopyFromBuffer(divides.input(0), a, sizeof a));
    OK(TfLiteTensorCopyFromBuffer(divides.input(1), zero, sizeof zero));
    say("by zero: Invoke is %d", (int)TfLiteInterpreterInvoke(divides));
    with.reporter.say_messages("by zero");
    OK(TfLiteTensorCopyFromBuffer(divides.input(1), b, sizeof b));
    OK(TfLiteInterpreterInvoke(divides));
    say_tensor("then", divides.output());
}

/* Calls within a reporter, which fail and report, too. */
CASE(error_reporter_calls)
{
    Calling calling;
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsSetErrorReporter(options, Calling::callback, &calling);
    Interpreter runs("fc"), fails("fc", options), first("fc", options);
    TfLiteInterpreterOptionsDelete(options);
    OK(TfLiteInterpreterAllocateTensors(runs));
    calling.runs = runs;
    calling.fails = fails;
    for (int round = 0; round < 3; round++) {
        say("Invoke is %d", (int)TfLiteInterpreterInvoke(first));
        say("heard %s", calling.heard.c_str());
        calling.heard.clear();
    }
    OK(TfLiteInterpreterAllocateTensors(first));
    first.run({4, 3, 2, 1});
    say_tensor("output", first.output());
}
