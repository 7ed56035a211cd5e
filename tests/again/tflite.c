/* Loses its worker repeatedly, and starts again with a new model. TFLITE_MODELS is the folder of the models.
 *
 * Prints "computed" and a number when it has; before each line on standard input the worker was killed. It reports an error
 * in a line and exits with status 3.
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

struct work {
    TfLiteModel *model;
    TfLiteInterpreterOptions *options;
    TfLiteInterpreter *interpreter;
    TfLiteTensor *input;
    const TfLiteTensor *output;
};

static void begin(struct work *w, int round)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/fc.tflite", getenv("TFLITE_MODELS"));
    /* Each of them can begin a session; the first one does. */
    if (round % 2) {
        w->options = TfLiteInterpreterOptionsCreate();
        w->model = TfLiteModelCreateFromFile(path);
    } else {
        w->model = TfLiteModelCreateFromFile(path);
        w->options = TfLiteInterpreterOptionsCreate();
    }
    CHECK(w->model && w->options);
    TfLiteInterpreterOptionsSetNumThreads(w->options, 1);
    w->interpreter = TfLiteInterpreterCreate(w->model, w->options);
    CHECK(w->interpreter);
    CHECK(TfLiteInterpreterAllocateTensors(w->interpreter) == kTfLiteOk);
    w->input = TfLiteInterpreterGetInputTensor(w->interpreter, 0);
    w->output = TfLiteInterpreterGetOutputTensor(w->interpreter, 0);
    CHECK(w->input && w->output);
}

static void compute(struct work *w)
{
    static const float x[4] = {1, 2, 3, 4}, expected[3] = {30.25f, 0, 4};
    float y[3];
    CHECK(TfLiteTensorCopyFromBuffer(w->input, x, sizeof x) == kTfLiteOk);
    CHECK(TfLiteInterpreterInvoke(w->interpreter) == kTfLiteOk);
    CHECK(TfLiteTensorCopyToBuffer(w->output, y, sizeof y) == kTfLiteOk);
    CHECK(!memcmp(y, expected, sizeof y));
}

static void is_lost(struct work *w)
{
    float y[3];
    CHECK(TfLiteInterpreterInvoke(w->interpreter) == kTfLiteError);
    CHECK(TfLiteInterpreterAllocateTensors(w->interpreter) == kTfLiteError);
    CHECK(!TfLiteInterpreterGetInputTensor(w->interpreter, 0));
    CHECK(!TfLiteInterpreterCreate(w->model, w->options));
    CHECK(!TfLiteInterpreterCreate(w->model, NULL));
    /* The program's memory stays in place. */
    CHECK(TfLiteTensorByteSize(w->input) == 16 && !strcmp(TfLiteTensorName(w->input), "x"));
    CHECK(TfLiteTensorCopyToBuffer(w->output, y, sizeof y) == kTfLiteOk && y[0] == 30.25f);
    memset(TfLiteTensorData(w->input), 1, 16);
}

static void let_go(struct work *w)
{
    TfLiteInterpreterDelete(w->interpreter);
    TfLiteInterpreterOptionsDelete(w->options);
    TfLiteModelDelete(w->model);
}

int main(void)
{
    char line[64];
    struct work w, old;
    setvbuf(stdout, NULL, _IOLBF, 0);
    begin(&w, 1);
    for (int round = 1;; round++) {
        compute(&w);
        printf("computed %d\n", round);
        if (!fgets(line, sizeof line, stdin))
            break;
        old = w;
        /* Or the new model or options notice the loss. */
        if (round == 1)
            is_lost(&old);
        if (round == 3)
            CHECK(strlen(TfLiteVersion()) > 0);
        begin(&w, round);
        is_lost(&old);
        CHECK(!TfLiteInterpreterCreate(w.model, old.options) && !TfLiteInterpreterCreate(old.model, w.options));
        let_go(&old);
        compute(&w);
    }
    let_go(&w);
    printf("right to the end\n");
    return 0;
}
