/* How long calls take, as medians in nanoseconds: `bench [SCALE]`, a line "NAME NANOSECONDS" for each.
 *
 * SCALE divides how often each is done; 1 if nothing is said.
 */
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "tensorflow/lite/c/c_api.h"

static int scale = 1;

static void check(bool good, const char *what)
{
    if (!good) {
        fprintf(stderr, "bench: %s\n", what);
        exit(3);
    }
}

static void median(const std::string &name, int count, const std::function<void()> &body)
{
    using clock = std::chrono::steady_clock;
    std::vector<double> times;
    count = std::max(count / scale, 3);
    for (int i = -count / 10; i < count; i++) {
        clock::time_point start = clock::now();
        body();
        double nanos = std::chrono::duration<double, std::nano>(clock::now() - start).count();
        if (i >= 0)
            times.push_back(nanos);
    }
    std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
    printf("%s %.0f\n", name.c_str(), times[times.size() / 2]);
}

static TfLiteModel *load(const char *name)
{
    const char *directory = getenv("TFLITE_MODELS");
    check(directory, "TFLITE_MODELS has to name the directory of the models");
    TfLiteModel *model = TfLiteModelCreateFromFile((std::string(directory) + "/" + name + ".tflite").c_str());
    check(model, name);
    return model;
}

static TfLiteInterpreter *ready(TfLiteModel *model)
{
    TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(model, nullptr);
    check(interpreter && TfLiteInterpreterAllocateTensors(interpreter) == kTfLiteOk, "no interpreter");
    return interpreter;
}

static void of_model(const char *name, int count)
{
    TfLiteModel *model = load(name);
    TfLiteInterpreter *interpreter = ready(model);
    TfLiteTensor *input = TfLiteInterpreterGetInputTensor(interpreter, 0);
    const TfLiteTensor *output = TfLiteInterpreterGetOutputTensor(interpreter, 0);
    std::vector<char> in(TfLiteTensorByteSize(input), 1), out(TfLiteTensorByteSize(output));
    std::string of = std::string("_") + name;

    median("invoke" + of, count, [&] { check(TfLiteInterpreterInvoke(interpreter) == kTfLiteOk, "Invoke"); });
    median("copy_invoke_copy" + of, count, [&] {
        bool good = TfLiteTensorCopyFromBuffer(input, in.data(), in.size()) == kTfLiteOk;
        good &= TfLiteInterpreterInvoke(interpreter) == kTfLiteOk;
        good &= TfLiteTensorCopyToBuffer(output, out.data(), out.size()) == kTfLiteOk;
        check(good, "copies and Invoke");
    });
    median("write_in_place" + of, count, [&] { memset(TfLiteTensorData(input), 1, in.size()); });
    TfLiteInterpreterDelete(interpreter);
    median("create_allocate_delete" + of, std::min(count, 500), [&] { TfLiteInterpreterDelete(ready(model)); });
    TfLiteModelDelete(model);
}

int main(int argc, char **argv)
{
    scale = argc > 1 ? std::max(atoi(argv[1]), 1) : 1;
    of_model("fc", 20000);
    of_model("conv", 20000);
    of_model("camera", 1000);
    of_model("camera_deep", 200);
}
