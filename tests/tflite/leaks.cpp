/* Makes and deletes interpreters with tensors that it uses: `leaks COUNT`.
 *
 * Prints its own resident kilobytes after a tenth of them and at the end, and waits for a line each time, so that
 * somebody may look at the processes.
 */
#include <cstdio>
#include <cstdlib>
#include <string>

#include "tensorflow/lite/c/c_api.h"
#ifndef TFLITE_2_9
#include "tensorflow/lite/c/c_api_experimental.h"
#endif

static void check(bool good, const char *what)
{
    if (!good) {
        printf("%s\n", what);
        exit(3);
    }
}

static long resident()
{
    char line[256];
    long kilobytes = 0;
    FILE *file = fopen("/proc/self/status", "r");
    check(file, "no /proc");
    while (fgets(line, sizeof line, file))
        sscanf(line, "VmRSS: %ld", &kilobytes);
    fclose(file);
    return kilobytes;
}

static void pause_at(int count)
{
    char line[64];
    printf("after %d: %ld kB\n", count, resident());
    check(fgets(line, sizeof line, stdin), "nobody listens");
}

static std::string path(const char *name)
{
    const char *directory = getenv("TFLITE_MODELS");
    check(directory, "TFLITE_MODELS has to name the directory of the models");
    return std::string(directory) + "/" + name + ".tflite";
}

static void report(void *, const char *, va_list)
{
}

/* All that the program side keeps something of: tensors, names, dimensions, index arrays, runners, reporters. */
static void use(TfLiteModel *model, bool signature)
{
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    TfLiteInterpreterOptionsSetErrorReporter(options, report, nullptr);
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, options);
    TfLiteInterpreterOptionsDelete(options);
    check(interpreter, "no interpreter");
    const int dims[] = {3, 4};
    if (signature)
        check(TfLiteInterpreterResizeInputTensor(interpreter, 0, dims, 2) == kTfLiteOk, "ResizeInputTensor");
    if (signature)
        check(TfLiteInterpreterResizeInputTensor(interpreter, 1, dims, 2) == kTfLiteOk, "ResizeInputTensor");
    check(TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk, "AllocateTensors");
    for (int i = 0; i < TfLiteInterpreterGetInputTensorCount(interpreter); i++) {
        TfLiteTensor *input = TfLiteInterpreterGetInputTensor(interpreter, i);
        float *data = (float *)TfLiteTensorData(input);
        for (size_t k = 0; k < TfLiteTensorByteSize(input) / sizeof *data; k++)
            data[k] = 1;
    }
    const TfLiteTensor *output = TfLiteInterpreterGetOutputTensor(interpreter, 0);
    check(TfLiteInterpreterInvoke(interpreter) == kTfLiteOk, "Invoke");
    check(((const float *)TfLiteTensorData(output))[0] == (signature ? 2.0f : 10.25f), "a wrong answer");
#ifndef TFLITE_2_9
    check(TfLiteInterpreterInputTensorIndices(interpreter), "no indices");
    if (signature) {
        TfLiteSignatureRunner *runner = TfLiteInterpreterGetSignatureRunner(interpreter, "serving_default");
        check(runner && TfLiteSignatureRunnerGetOutputTensor(runner, "sum"), "no runner");
        TfLiteSignatureRunnerDelete(runner);
    }
#endif
    TfLiteInterpreterDelete(interpreter);
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 1000;
    setvbuf(stdout, nullptr, _IOLBF, 0);
    TfLiteModel *fc = TfLiteModelCreateFromFile(path("fc").c_str());
    TfLiteModel *signature = TfLiteModelCreateFromFile(path("signature").c_str());
    check(fc && signature, "no models");
    for (int i = 0; i < count; i++) {
        if (i == count / 10)
            pause_at(i);
        use(i % 2 ? signature : fc, i % 2);
    }
    pause_at(count);
    TfLiteModelDelete(signature);
    TfLiteModelDelete(fc);
    puts("done");
}
