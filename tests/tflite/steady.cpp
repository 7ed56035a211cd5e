/* Computes until told to stop, and says when something is wrong: what runs beside programs that behave badly.
 *
 * Prints "steady" when it has begun; a "round" for each line on standard input; at its end "right to the end". It knows
 * the answers of fc by itself. An API error ends it with status 3, a wrong answer with 4.
 */
#include <cstdio>
#include <cstdlib>
#include <string>

#include <poll.h>

#include "tensorflow/lite/c/c_api.h"

static void check(bool good, const char *what, int status)
{
    if (!good) {
        printf("%s\n", what);
        exit(status);
    }
}

static float relu(float x)
{
    return x > 0 ? x : 0;
}

int main()
{
    setvbuf(stdout, nullptr, _IOLBF, 0);
    const char *directory = getenv("TFLITE_MODELS");
    check(directory, "TFLITE_MODELS has to name the directory of the models", 2);
    TfLiteModel *model = TfLiteModelCreateFromFile((std::string(directory) + "/fc.tflite").c_str());
    check(model, "no model", 3);
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, nullptr);
    check(interpreter, "no interpreter", 3);
    check(TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk, "AllocateTensors", 3);
    TfLiteTensor *input = TfLiteInterpreterGetInputTensor(interpreter, 0);
    const TfLiteTensor *output = TfLiteInterpreterGetOutputTensor(interpreter, 0);
    check(input && output, "no tensors", 3);

    for (int step = 0;; step++) {
        float x[4], y[3];
        for (int i = 0; i < 4; i++)
            x[i] = (float)((step * 7 + i * 5) % 33 - 16);
        check(TfLiteTensorCopyFromBuffer(input, x, sizeof x) == kTfLiteOk, "CopyFromBuffer", 3);
        check(TfLiteInterpreterInvoke(interpreter) == kTfLiteOk, "Invoke", 3);
        check(TfLiteTensorCopyToBuffer(output, y, sizeof y) == kTfLiteOk, "CopyToBuffer", 3);
        float sum = x[0] + 2 * x[1] + 3 * x[2] + 4 * x[3], half = (x[0] + x[1] + x[2] + x[3]) / 2;
        bool right = y[0] == relu(sum + 0.25f) && y[1] == relu(0.25f - sum) && y[2] == relu(half - 1);
        check(right, "a wrong answer", 4);

        if (step == 0)
            puts("steady");
        struct pollfd in = {0, POLLIN, 0};
        char line[64];
        if (poll(&in, 1, 0) > 0) {
            if (!fgets(line, sizeof line, stdin))
                break;
            printf("round %s", line);
        }
    }
    TfLiteInterpreterDelete(interpreter);
    TfLiteModelDelete(model);
    puts("right to the end");
}
