/* Tensors: their data, their structure as programs read it, shapes that change. */
#include "client.h"

#include <cstring>

static const std::vector<float> ONE_TO_FOUR = {1, 2, 3, 4};

CASE(version)
{
    say("TfLiteVersion %s", TfLiteVersion());
    for (int type = 0; type <= 16; type++)
        say("type %d is %s", type, TfLiteTypeGetName((TfLiteType)type));
}

CASE(fc_copy)
{
    Interpreter fc("fc");
    float y[3];
    OK(TfLiteInterpreterAllocateTensors(fc));
    say("%d inputs, %d outputs", TfLiteInterpreterGetInputTensorCount(fc), TfLiteInterpreterGetOutputTensorCount(fc));
    say("tensor %d is input 0, tensor %d output 0", TfLiteInterpreterGetInputTensorIndex(fc, 0),
        TfLiteInterpreterGetOutputTensorIndex(fc, 0));
    fc.run(ONE_TO_FOUR);
    OK(TfLiteTensorCopyToBuffer(fc.output(), y, sizeof y));
    say("%g %g %g", (double)y[0], (double)y[1], (double)y[2]);
    CHECK(y[0] == 30.25f && y[1] == 0 && y[2] == 4);
}

/* A program that keeps the pointers of both tensors and never copies. */
CASE(fc_inplace)
{
    Interpreter fc("fc");
    OK(TfLiteInterpreterAllocateTensors(fc));
    float *x = (float *)TfLiteTensorData(fc.input());
    const float *y = (const float *)TfLiteTensorData(fc.output());
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 4; i++)
            x[i] = (float)(round - i);
        OK(TfLiteInterpreterInvoke(fc));
        say("%g %g %g", (double)y[0], (double)y[1], (double)y[2]);
    }
    CHECK(TfLiteTensorData(fc.input()) == x);
    CHECK(TfLiteTensorData(fc.output()) == y);
    CHECK(fc.input()->data.f == x);
}

/* The contents of an input that was set once, after Invoke. */
CASE(input_kept)
{
    Interpreter fc("fc"), conv("conv");
    OK(TfLiteInterpreterAllocateTensors(fc));
    OK(TfLiteTensorCopyFromBuffer(fc.input(), ONE_TO_FOUR.data(), 16));
    for (int round = 0; round < 3; round++) {
        OK(TfLiteInterpreterInvoke(fc));
        say_tensor("input", fc.input());
        say_tensor("output", fc.output());
    }
    /* Here later layers may reuse the memory of the input. */
    std::vector<float> image = test_image(1);
    OK(TfLiteInterpreterAllocateTensors(conv));
    OK(TfLiteTensorCopyFromBuffer(conv.input(), image.data(), image.size() * sizeof image[0]));
    for (int round = 0; round < 3; round++) {
        OK(TfLiteInterpreterInvoke(conv));
        say("conv's input is %s", memcmp(TfLiteTensorData(conv.input()), image.data(), 256) ? "changed" : "as set");
        say_tensor("input", conv.input());
        say_tensor("output", conv.output());
    }
}

static void say_ints(const char *what, const TfLiteIntArray *array)
{
    std::string text;
    for (int i = 0; array && i < array->size; i++)
        text += " " + std::to_string(array->data[i]);
    say("%s:%s", what, array ? text.c_str() : " none");
}

static void say_fields(const TfLiteTensor *t)
{
    say("name %s, type %d, bytes %zu, allocation type %d", t->name, (int)t->type, t->bytes, (int)t->allocation_type);
    say("params %g %d, quantization %d", (double)t->params.scale, t->params.zero_point, (int)t->quantization.type);
    say_ints("dims", t->dims);
    say_ints("dims_signature", t->dims_signature);
    say("variable %d, stale %d, buffer handle %d, delegate %s, sparsity %s", t->is_variable, t->data_is_stale,
        t->buffer_handle, t->delegate ? "some" : "none", t->sparsity ? "some" : "none");
    say("data %s, %s TfLiteTensorData says", t->data.raw ? "some" : "none",
        t->data.raw == TfLiteTensorData(t) ? "as" : "not as");
}

CASE(struct_fields)
{
    for (const char *name : {"fc", "add", "fcq", "conv"}) {
        Interpreter interpreter(name);
        say("%s before AllocateTensors", name);
        say_fields(interpreter.input());
        say_fields(interpreter.output());
        OK(TfLiteInterpreterAllocateTensors(interpreter));
        say("%s after AllocateTensors", name);
        say_fields(interpreter.input());
        say_fields(interpreter.output());
    }
}

CASE(resize)
{
    Interpreter add("add");
    const TfLiteTensor *old_input = add.input(), *old_output = add.output();
    for (int rows : {1, 3, 1000, 2}) {
        int dims[] = {rows, 4};
        OK(TfLiteInterpreterResizeInputTensor(add, 0, dims, 2));
        say("after resizing: input %s of %zu bytes, output %s", shape(add.input()).c_str(),
            TfLiteTensorByteSize(add.input()), shape(add.output()).c_str());
        OK(TfLiteInterpreterAllocateTensors(add));
        say("same structures: %d %d; the old one has %d rows", add.input() == old_input, add.output() == old_output,
            old_input->dims->data[0]);
        std::vector<float> x((size_t)rows * 4);
        for (size_t i = 0; i < x.size(); i++)
            x[i] = (float)i;
        add.run(x);
        const TfLiteTensor *y = add.output();
        say("output %s of %zu bytes", shape(y).c_str(), TfLiteTensorByteSize(y));
        for (size_t i = 0; i < x.size(); i++)
            CHECK(((const float *)TfLiteTensorData(y))[i] == 2 * x[i]);
    }
}

/* Between ResizeInputTensor and AllocateTensors the input has no data; to the same shape nothing happens. */
CASE(resize_states)
{
    Interpreter add("add");
    int one[] = {1, 4}, two[] = {2, 4}, flat[] = {8};
    say("at first: input %s", values(add.input()).c_str());
    OK(TfLiteInterpreterAllocateTensors(add));
    add.run({1, 2, 3, 4});
    const void *x = TfLiteTensorData(add.input());
    OK(TfLiteInterpreterResizeInputTensor(add, 0, one, 2));
    CHECK(TfLiteTensorData(add.input()) == x);
    OK(TfLiteInterpreterInvoke(add));
    say_tensor("to the same shape", add.output());
    OK(TfLiteInterpreterResizeInputTensor(add, 0, two, 2));
    say("to another: input %s; Invoke is %d", values(add.input()).c_str(), (int)TfLiteInterpreterInvoke(add));
    OK(TfLiteInterpreterAllocateTensors(add));
    add.run({1, 2, 3, 4, 5, 6, 7, 8});
    say_tensor("then", add.output());
    OK(TfLiteInterpreterResizeInputTensor(add, 0, flat, 1));
    OK(TfLiteInterpreterAllocateTensors(add));
    add.run({8, 7, 6, 5, 4, 3, 2, 1});
    say_tensor("of another rank", add.output());
}

CASE(quantized)
{
    Interpreter fcq("fcq");
    const int8_t x[] = {2, 4, 6, 8};
    OK(TfLiteInterpreterAllocateTensors(fcq));
    OK(TfLiteTensorCopyFromBuffer(fcq.input(), x, sizeof x));
    OK(TfLiteInterpreterInvoke(fcq));
    say_tensor("output", fcq.output());
    TfLiteQuantizationParams of = TfLiteTensorQuantizationParams(fcq.output());
    const int8_t *y = (const int8_t *)TfLiteTensorData(fcq.output());
    say("scale %g, zero point %d: %g %g %g", (double)of.scale, of.zero_point, (double)of.scale * (y[0] - of.zero_point),
        (double)of.scale * (y[1] - of.zero_point), (double)of.scale * (y[2] - of.zero_point));
}

static void say_affine(const char *what, const TfLiteTensor *t)
{
    const TfLiteAffineQuantization *affine = (const TfLiteAffineQuantization *)t->quantization.params;
    if (t->quantization.type != kTfLiteAffineQuantization || !affine) {
        say("%s is not quantized", what);
        return;
    }
    std::string text;
    for (int i = 0; i < affine->scale->size; i++)
        text += " " + std::to_string(affine->scale->data[i]) + "/" + std::to_string(affine->zero_point->data[i]);
    say("%s: scale/zero point%s, dimension %d", what, text.c_str(), affine->quantized_dimension);
}

CASE(quantized_channels)
{
    Interpreter convq("convq");
    int8_t x[18];
    OK(TfLiteInterpreterAllocateTensors(convq));
    say_affine("input", convq.input());
    say_affine("output", convq.output());
#ifndef TFLITE_2_9
    /* The weights are neither input nor output: 2.17 gives any tensor by its index. */
    say_affine("weights", TfLiteInterpreterGetTensor(convq, 1));
    say_tensor("weights", TfLiteInterpreterGetTensor(convq, 1));
#endif
    for (int i = 0; i < 18; i++)
        x[i] = (int8_t)(i * 7 % 19 - 9);
    OK(TfLiteTensorCopyFromBuffer(convq.input(), x, sizeof x));
    OK(TfLiteInterpreterInvoke(convq));
    say_tensor("output", convq.output());
}

CASE(conv)
{
    Interpreter conv("conv");
    OK(TfLiteInterpreterAllocateTensors(conv));
    for (float scale : {1.0f, -1.0f, 0.25f}) {
        conv.run(test_image(scale));
        say_tensor("output", conv.output());
    }
}

CASE(dynamic)
{
    Interpreter unique("dynamic");
    OK(TfLiteInterpreterAllocateTensors(unique));
    say_fields(unique.output(0));
    for (const std::vector<float> &x : {std::vector<float>{3, 1, 3, 3, 2, 1, 7, 2}, {5, 5, 5, 5, 5, 5, 5, 5},
                                        {8, 7, 6, 5, 4, 3, 2, 1}}) {
        unique.run(x);
        say_fields(unique.output(0));
        say_tensor("values", unique.output(0));
        say_tensor("indices", unique.output(1));
    }
}

/* The data of a string tensor: how many, where each begins and the last ends, then their bytes. */
static std::vector<char> packed(const std::vector<std::string> &strings)
{
    std::vector<int32_t> head = {(int32_t)strings.size()};
    int32_t at = (int32_t)((strings.size() + 2) * sizeof(int32_t));
    for (const std::string &s : strings) {
        head.push_back(at);
        at += (int32_t)s.size();
    }
    head.push_back(at);
    std::vector<char> bytes((size_t)at);
    memcpy(bytes.data(), head.data(), head.size() * sizeof(int32_t));
    for (size_t i = 0; i < strings.size(); i++)
        memcpy(bytes.data() + head[i + 1], strings[i].data(), strings[i].size());
    return bytes;
}

CASE(strings)
{
    Interpreter gather("strings");
    const std::vector<std::vector<std::string>> rounds = {{"one", "", "three"}, {"longer than the last", "b", "c"}};
    OK(TfLiteInterpreterAllocateTensors(gather));
    say("before: %zu bytes, allocation type %d", gather.input()->bytes, (int)gather.input()->allocation_type);
    for (const std::vector<std::string> &words : rounds) {
        const std::vector<char> bytes = packed(words);
        const int32_t which[] = {2, 0};
        TfLiteTensor *x = gather.input(0);
        TfLiteTensorRealloc(bytes.size(), x);
        say("input of %zu bytes", x->bytes);
        memcpy(x->data.raw, bytes.data(), bytes.size());
        OK(TfLiteTensorCopyFromBuffer(gather.input(1), which, sizeof which));
        OK(TfLiteInterpreterInvoke(gather));
        const TfLiteTensor *y = gather.output();
        const char *data = (const char *)TfLiteTensorData(y);
        const int32_t *head = (const int32_t *)data;
        say("output %s of %zu bytes, %d strings", shape(y).c_str(), TfLiteTensorByteSize(y), head[0]);
        for (int i = 0; i < head[0]; i++)
            say("\"%.*s\"", head[i + 2] - head[i + 1], data + head[i + 1]);
    }
}

CASE(variable)
{
    Interpreter svdf("variable");
    OK(TfLiteInterpreterAllocateTensors(svdf));
    OK(TfLiteInterpreterResetVariableTensors(svdf));
    for (int round = 0; round < 6; round++) {
        if (round == 3)
            OK(TfLiteInterpreterResetVariableTensors(svdf));
        svdf.run({1, (float)(round % 3)});
        say_tensor("output", svdf.output());
    }
}

#ifndef TFLITE_2_9
/* All tensors of a large model, held while they all change. */
CASE(tensors_many)
{
    Interpreter many("many");
    std::vector<const TfLiteTensor *> all;
    OK(TfLiteInterpreterAllocateTensors(many));
    while (const TfLiteTensor *tensor = TfLiteInterpreterGetTensor(many, (int)all.size()))
        all.push_back(tensor);
    const TfLiteTensor *rows = all[1001];
    const TfLiteAffineQuantization *affine = (const TfLiteAffineQuantization *)rows->quantization.params;
    say("%zu tensors; %s has %d scales, the last %.9g", all.size(), TfLiteTensorName(rows), affine->scale->size,
        (double)affine->scale->data[affine->scale->size - 1]);
    for (int count : {3, 1}) {
        int dims[] = {count, 4};
        size_t bytes = 0;
        OK(TfLiteInterpreterResizeInputTensor(many, 0, dims, 2));
        OK(TfLiteInterpreterAllocateTensors(many));
        many.run(std::vector<float>((size_t)count * 4, 0.5));
        for (int i = 0; i <= 1000; i++)
            bytes += TfLiteTensorByteSize(all[(size_t)i]);
        say("%d rows: %zu bytes, %s %s", count, bytes, TfLiteTensorName(all[1000]), shape(all[1000]).c_str());
        say("-> %.9g", (double)((const float *)TfLiteTensorData(many.output()))[0]);
    }
}
#endif
