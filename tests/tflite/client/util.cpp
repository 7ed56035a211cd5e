/* Models, interpreters, tensors as text. */
#include "client.h"

#include <cstdlib>
#include <cstring>

static std::string models_directory()
{
    const char *directory = getenv("TFLITE_MODELS");
    return directory ? directory : ".";
}

std::string model_path(const char *name)
{
    return models_directory() + "/" + name + ".tflite";
}

std::vector<char> model_bytes(const char *name)
{
    std::vector<char> bytes;
    char part[4096];
    size_t n;
    FILE *file = fopen(model_path(name).c_str(), "rb");
    if (!file)
        FAIL("there is no model %s", name);
    while ((n = fread(part, 1, sizeof part, file)) > 0)
        bytes.insert(bytes.end(), part, part + n);
    fclose(file);
    return bytes;
}

void Reporter::callback(void *user_data, const char *format, va_list arguments)
{
    char text[1024];
    vsnprintf(text, sizeof text, format, arguments);
    std::string message = text, directory = models_directory();
    for (size_t at; (at = message.find(directory)) != std::string::npos;)
        message.replace(at, directory.size(), "MODELS");
    for (char &c : message)
        if (c == '\n')
            c = '|';
    static_cast<Reporter *>(user_data)->messages.push_back(message);
}

void Reporter::attach(TfLiteInterpreterOptions *options)
{
    TfLiteInterpreterOptionsSetErrorReporter(options, callback, this);
}

void Reporter::say_messages(const char *after)
{
    if (said == messages.size())
        say("%s: nothing reported", after);
    for (; said < messages.size(); said++)
        say("%s: reported \"%s\"", after, messages[said].c_str());
}

Interpreter::Interpreter(const char *model_name, TfLiteInterpreterOptions *options)
{
    model = TfLiteModelCreateFromFile(model_path(model_name).c_str());
    if (!model)
        FAIL("no model %s", model_name);
    interpreter = TfLiteInterpreterCreate(model, options);
    if (!interpreter) {
        TfLiteModelDelete(model);
        FAIL("no interpreter for %s", model_name);
    }
}

Interpreter::~Interpreter()
{
    TfLiteInterpreterDelete(interpreter);
    TfLiteModelDelete(model);
}

TfLiteTensor *Interpreter::input(int index) const
{
    TfLiteTensor *tensor = TfLiteInterpreterGetInputTensor(interpreter, index);
    CHECK(tensor);
    return tensor;
}

const TfLiteTensor *Interpreter::output(int index) const
{
    const TfLiteTensor *tensor = TfLiteInterpreterGetOutputTensor(interpreter, index);
    CHECK(tensor);
    return tensor;
}

void Interpreter::run(const std::vector<float> &values) const
{
    OK(TfLiteTensorCopyFromBuffer(input(), values.data(), values.size() * sizeof values[0]));
    OK(TfLiteInterpreterInvoke(interpreter));
}

std::string shape(const TfLiteTensor *tensor)
{
    std::string text;
    for (int i = 0; i < TfLiteTensorNumDims(tensor); i++)
        text += (i ? "," : "") + std::to_string(TfLiteTensorDim(tensor, i));
    return "[" + text + "]";
}

std::string values(const TfLiteTensor *tensor)
{
    const void *data = TfLiteTensorData(tensor);
    size_t size = TfLiteTensorByteSize(tensor);
    std::string text;
    char one[32];

    if (!data)
        return "no data";
    switch (TfLiteTensorType(tensor)) {
    case kTfLiteFloat32:
        for (size_t i = 0; i < size / sizeof(float); i++) {
            snprintf(one, sizeof one, "%s%.9g", i ? " " : "", (double)static_cast<const float *>(data)[i]);
            text += one;
        }
        break;
    case kTfLiteInt8:
        for (size_t i = 0; i < size; i++)
            text += (i ? " " : "") + std::to_string(static_cast<const int8_t *>(data)[i]);
        break;
    case kTfLiteInt32:
        for (size_t i = 0; i < size / sizeof(int32_t); i++)
            text += (i ? " " : "") + std::to_string(static_cast<const int32_t *>(data)[i]);
        break;
    default:
        text = "of another type";
    }
    return text;
}

void say_tensor(const char *what, const TfLiteTensor *tensor)
{
    say("%s: %s %s %s = %s", what, TfLiteTensorName(tensor), TfLiteTypeGetName(TfLiteTensorType(tensor)),
        shape(tensor).c_str(), values(tensor).c_str());
}

std::vector<float> test_image(float scale)
{
    std::vector<float> image(64);
    for (size_t i = 0; i < image.size(); i++)
        image[i] = scale * (float)(i * 5 % 13) / 8;
    return image;
}
