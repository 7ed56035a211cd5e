/* Takes memory as it is told, a line on standard input for each step, and answers with a numbered line "1: model STATUS":
 *
 *   model         a model of a file in the folder TFLITE_MODELS; 1 if there is none
 *   tensors       an interpreter of the last model, and its tensors
 *   rows COUNT    as many rows of its input, and its tensors
 *   give          the last interpreter, or if there is none the last model
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensorflow/lite/c/c_api.h"

enum { MOST = 8 };

static TfLiteModel *models[MOST];
static TfLiteInterpreter *interpreter;
static int count;

static int model(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/fc.tflite", getenv("TFLITE_MODELS"));
    models[count] = TfLiteModelCreateFromFile(path);
    return models[count] ? (count++, 0) : 1;
}

static int tensors(void)
{
    interpreter = TfLiteInterpreterCreate(models[count - 1], NULL);
    return interpreter ? (int)TfLiteInterpreterAllocateTensors(interpreter) : -1;
}

static int rows(int wanted)
{
    int dims[] = {wanted, 4};
    TfLiteStatus status = TfLiteInterpreterResizeInputTensor(interpreter, 0, dims, 2);
    return (int)(status == kTfLiteOk ? TfLiteInterpreterAllocateTensors(interpreter) : status);
}

static int give(void)
{
    if (interpreter)
        TfLiteInterpreterDelete(interpreter);
    else
        TfLiteModelDelete(models[--count]);
    interpreter = NULL;
    return 0;
}

int main(void)
{
    char line[80], what[16];
    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    for (int amount = 0, step = 1; fgets(line, sizeof line, stdin); step++) {
        if (sscanf(line, "%15s %d", what, &amount) < 1)
            return 3;
        int status = strcmp(what, "model") == 0     ? model()
                     : strcmp(what, "tensors") == 0 ? tensors()
                     : strcmp(what, "rows") == 0    ? rows(amount)
                                                    : give();
        printf("%d: %s %d\n", step, what, status);
    }
    return 0;
}
