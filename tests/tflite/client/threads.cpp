/* Threads: each with an interpreter of its own, one interpreter handed from thread to thread. */
#include "client.h"

#include <cstring>
#include <pthread.h>
#include <stdexcept>
#include <thread>

enum { THREADS = 8, ROUNDS = 200 };

/* A thread's failure, for the thread that joins it. */
struct result {
    std::string failure;
    int wrong = 0;
};

static void invoke_often(const TfLiteModel *shared, int which, const std::vector<float> *want, result *to)
{
    try {
        TfLiteInterpreter *interpreter = TfLiteInterpreterCreate(shared, nullptr);
        CHECK(interpreter);
        OK(TfLiteInterpreterAllocateTensors(interpreter));
        for (int round = 0; round < ROUNDS; round++) {
            std::vector<float> image = test_image((float)(which + round % 3));
            const std::vector<float> &expected = want[which + round % 3];
            std::vector<float> got(expected.size());
            OK(TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(interpreter, 0), image.data(), 256));
            OK(TfLiteInterpreterInvoke(interpreter));
            OK(TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(interpreter, 0), got.data(), 40));
            to->wrong += memcmp(got.data(), expected.data(), 40) != 0;
        }
        TfLiteInterpreterDelete(interpreter);
    } catch (const std::runtime_error &why) {
        to->failure = why.what();
    }
}

/* Eight threads at once on one model; each answer is the one that a thread alone got. */
CASE(threads_interpreters)
{
    std::vector<float> want[THREADS + 3];
    Interpreter alone("conv");
    OK(TfLiteInterpreterAllocateTensors(alone));
    for (size_t scale = 0; scale < THREADS + 3; scale++) {
        alone.run(test_image((float)scale));
        want[scale].resize(10);
        OK(TfLiteTensorCopyToBuffer(alone.output(), want[scale].data(), 40));
    }

    TfLiteModel *model = TfLiteModelCreateFromFile(model_path("conv").c_str());
    CHECK(model);
    result results[THREADS];
    std::vector<std::thread> threads;
    for (int i = 0; i < THREADS; i++)
        threads.emplace_back(invoke_often, model, i, want, &results[i]);
    for (std::thread &thread : threads)
        thread.join();
    TfLiteModelDelete(model);
    for (const result &r : results)
        if (!r.failure.empty())
            FAIL("%s", r.failure.c_str());
        else
            say("%d of %d answers differ", r.wrong, ROUNDS);
}

/* Made here, allocated there, set and invoked on others, one after the other. */
CASE(threads_handed_over)
{
    Interpreter svdf("variable");
    std::string failure;
    auto on_a_thread = [&failure](auto body) {
        std::thread([&] {
            try {
                body();
            } catch (const std::runtime_error &why) {
                failure = why.what();
            }
        }).join();
        if (!failure.empty())
            FAIL("%s", failure.c_str());
    };
    on_a_thread([&] { OK(TfLiteInterpreterAllocateTensors(svdf)); });
    float *x = (float *)TfLiteTensorData(svdf.input());
    OK(TfLiteInterpreterResetVariableTensors(svdf));
    for (int round = 0; round < 4; round++) {
        on_a_thread([&] { x[0] = x[1] = (float)round; });
        on_a_thread([&] { OK(TfLiteInterpreterInvoke(svdf)); });
        say_tensor("output", svdf.output());
    }
}

/* What a thread leaves to the destructor of its key. */
struct ending {
    pthread_key_t key;
    TfLiteInterpreter *interpreter;
    int rounds;
    int statuses[3];
    float output[10];
};

static void call_at_thread_end(void *arg)
{
    ending *at = static_cast<ending *>(arg);
    std::vector<float> image = test_image((float)at->rounds);
    at->statuses[0] = TfLiteTensorCopyFromBuffer(TfLiteInterpreterGetInputTensor(at->interpreter, 0), image.data(), 256);
    at->statuses[1] = TfLiteInterpreterInvoke(at->interpreter);
    at->statuses[2] = TfLiteTensorCopyToBuffer(TfLiteInterpreterGetOutputTensor(at->interpreter, 0), at->output, 40);
    if (--at->rounds > 0)
        pthread_setspecific(at->key, at);
}

/* Calls made while a thread's own data is being destroyed, in several rounds. */
CASE(threads_key_destructor)
{
    pthread_key_t key;
    CHECK(pthread_key_create(&key, call_at_thread_end) == 0);
    for (int rounds : {1, 2, 3}) {
        Interpreter conv("conv");
        ending at = {key, conv, rounds, {-1, -1, -1}, {}};
        std::thread([&at] {
            TfLiteInterpreterAllocateTensors(at.interpreter);
            pthread_setspecific(at.key, &at);
        }).join();
        say("%d rounds left: %d, %d, %d", at.rounds, at.statuses[0], at.statuses[1], at.statuses[2]);
        for (float value : at.output)
            say("%.9g", value);
    }
    pthread_key_delete(key);
}

/* More threads inside the library. */
CASE(threads_option)
{
    for (int count : {1, 2, 4, -1}) {
        TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
        TfLiteInterpreterOptionsSetNumThreads(options, count);
        Interpreter conv("conv", options);
        TfLiteInterpreterOptionsDelete(options);
        OK(TfLiteInterpreterAllocateTensors(conv));
        conv.run(test_image(1));
        say_tensor("output", conv.output());
    }
}
