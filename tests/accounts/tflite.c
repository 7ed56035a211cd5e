/* Computes with known amounts of data. After each step it prints "NAME IN OUT step N", the total bytes that it gave and got, and reads a
 * line. TFLITE_MODELS is the folder of the models. It reports an error in a line and exits with status 3.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/lite/c/c_api.h"

#define CHECK(holds)                                       \
    do {                                                   \
        if (!(holds)) {                                    \
            printf("line %d: not %s\n", __LINE__, #holds); \
            fflush(stdout);                                \
            exit(3);                                       \
        }                                                  \
    } while (0)

static unsigned long long in, out;

static void step(const char *name)
{
    static int steps;
    char line[16];
    printf("%s %llu %llu step %d\n", name, in, out, ++steps);
    fflush(stdout);
    CHECK(fgets(line, sizeof line, stdin));
}

int main(void)
{
    static const float x[4] = {1, 2, 3, 4};
    float y[3];
    char path[4096];
    snprintf(path, sizeof path, "%s/fc.tflite", getenv("TFLITE_MODELS"));
    FILE *file = fopen(path, "rb");
    CHECK(file && !fseek(file, 0, SEEK_END));
    size_t size = (size_t)ftell(file);
    void *bytes = malloc(size);
    rewind(file);
    CHECK(fread(bytes, 1, size, file) == size);
    TfLiteModel *models[2] = {TfLiteModelCreateFromFile(path), TfLiteModelCreate(bytes, size)};
    CHECK(models[0] && models[1]);
    in += 2 * size;
    step("models");

    TfLiteInterpreter *one = TfLiteInterpreterCreate(models[0], NULL);
    CHECK(one && TfLiteInterpreterAllocateTensors(one) == kTfLiteOk);
    TfLiteTensor *input = TfLiteInterpreterGetInputTensor(one, 0);
    CHECK(input && TfLiteTensorCopyFromBuffer(input, x, sizeof x) == kTfLiteOk);
    CHECK(TfLiteInterpreterInvoke(one) == kTfLiteOk);
    const TfLiteTensor *output = TfLiteInterpreterGetOutputTensor(one, 0);
    CHECK(output && TfLiteTensorCopyToBuffer(output, y, sizeof y) == kTfLiteOk);
    in += sizeof x;
    out += sizeof y;
    step("asked-afterwards");

    for (int i = 0; i < 5; i++) {
        memcpy(TfLiteTensorData(input), x, sizeof x);
        CHECK(TfLiteInterpreterInvoke(one) == kTfLiteOk);
        in += sizeof x;
        out += sizeof y;
    }
    step("in-place");

    TfLiteInterpreter *two = TfLiteInterpreterCreate(models[1], NULL);
    CHECK(two && TfLiteInterpreterAllocateTensors(two) == kTfLiteOk);
    output = TfLiteInterpreterGetOutputTensor(two, 0);
    input = TfLiteInterpreterGetInputTensor(two, 0);
    CHECK(input && output && TfLiteTensorCopyFromBuffer(input, x, sizeof x) == kTfLiteOk);
    step("nothing-computed");
    CHECK(TfLiteInterpreterInvoke(two) == kTfLiteOk);
    in += sizeof x;
    out += sizeof y;
    step("last");
    return 0;
}
