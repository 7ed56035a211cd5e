/* Tensors larger than anything, and tensors that change while they are read. */
#include "../client/client.h"

#include <atomic>
#include <cstring>
#include <thread>

extern "C" void TfLiteTensorRealloc_as_in_2_9(size_t, TfLiteTensor *) __asm__("TfLiteTensorRealloc");

/* A tensor of texts has the size that it is given. */
CASE(realloc_huge)
{
    Interpreter strings("strings"), fc("fc");
    OK(TfLiteInterpreterAllocateTensors(strings));
    OK(TfLiteInterpreterAllocateTensors(fc));
    TfLiteTensor *words = strings.input(0);
    for (size_t bytes : {(size_t)1 << 60, (size_t)1 << 44, (size_t)1 << 37, ~(size_t)0}) {
        TfLiteTensorRealloc_as_in_2_9(bytes, words);
        say("data of %zx bytes: %s", bytes, TfLiteTensorData(words) ? "some" : "none");
    }
    /* The other interpreter does not mind, if the session lives. */
    fc.run({1, 2, 3, 4});
    say_tensor("then", fc.output());
}

/* 2^40 bytes, which the vendor's library may have: but not the program. */
CASE(huge)
{
    Interpreter huge("huge"), fc("fc");
    OK(TfLiteInterpreterAllocateTensors(fc));
    TfLiteStatus status = TfLiteInterpreterAllocateTensors(huge);
    say("AllocateTensors: %s", status == kTfLiteOk || status == kTfLiteError ? "an answer" : "none");
    TfLiteTensor *input = TfLiteInterpreterGetInputTensor(huge, 0);
    say("input: %s, data: %s", input ? "some" : "none", input && TfLiteTensorData(input) ? "some" : "none");
    say("AllocateTensors of fc is %d", (int)TfLiteInterpreterAllocateTensors(fc));
}

/* One thread writes to the input all the time, as no program should. What is computed is of something written; the
 * last answer, when all is quiet, is right. */
CASE(written_meanwhile)
{
    Interpreter fc("fc");
    OK(TfLiteInterpreterAllocateTensors(fc));
    float *x = (float *)TfLiteTensorData(fc.input());
    float *y = (float *)TfLiteTensorData(fc.output());
    CHECK(x && y);
    std::atomic<bool> done{false};
    std::thread writer([&] {
        for (unsigned n = 0; !done; n++) {
            memset(x, (int)(n % 256), 16);
            y[n % 3] = (float)n;
        }
    });
    int failed = 0;
    for (int round = 0; round < 2000; round++)
        failed += TfLiteInterpreterInvoke(fc) != kTfLiteOk;
    done = true;
    writer.join();
    say("%d failed", failed);
    fc.run({1, 2, 3, 4});
    say_tensor("quiet", fc.output());
}

/* Indexes that a kernel reads and checks once: it must not see them change between. */
CASE(indices_written_meanwhile)
{
    Reporter reporter;
    TfLiteInterpreterOptions *options = TfLiteInterpreterOptionsCreate();
    reporter.attach(options);
    Interpreter strings("strings", options);
    TfLiteInterpreterOptionsDelete(options);
    OK(TfLiteInterpreterAllocateTensors(strings));
    TfLiteTensor *words = strings.input(0);
    int32_t head[] = {3, 20, 23, 26, 31};
    char all[31];
    memcpy(all, head, 20);
    memcpy(all + 20, "onetwothree", 11);
    TfLiteTensorRealloc_as_in_2_9(sizeof all, words);
    CHECK(TfLiteTensorData(words));
    memcpy(TfLiteTensorData(words), all, sizeof all);
    int32_t *which = (int32_t *)TfLiteTensorData(strings.input(1));
    std::atomic<bool> done{false};
    std::thread writer([&] {
        for (unsigned n = 0; !done; n++)
            which[n % 2] = n % 3 ? (int32_t)(n * 2654435761u) : 1;
    });
    int answered = 0;
    for (int round = 0; round < 2000; round++) {
        TfLiteStatus status = TfLiteInterpreterInvoke(strings);
        answered += status == kTfLiteOk || status == kTfLiteError;
    }
    done = true;
    writer.join();
    which[0] = 2;
    which[1] = 0;
    say("%d answered; quiet: Invoke is %d", answered, (int)TfLiteInterpreterInvoke(strings));
    const TfLiteTensor *chosen = strings.output();
    CHECK(TfLiteTensorByteSize(chosen) >= 24);
    say("%.8s", (const char *)TfLiteTensorData(chosen) + 16);
}

/* The vendor's library throws what nobody catches. */
CASE(throws)
{
    Interpreter fc("fc");
    int dims[] = {1, 4};
    say("ResizeInputTensor is %d", (int)TfLiteInterpreterResizeInputTensor(fc, 0, dims, -1));
    say("AllocateTensors is %d", (int)TfLiteInterpreterAllocateTensors(fc));
}

/* The vendor's library dies, and with it the session: what was made in it fails from then on. */
CASE(dies)
{
    Interpreter div("aborts"), fc("fc");
    const int32_t a[] = {7, 8, 9, -9}, bad[] = {2, 0, -3, 4};
    OK(TfLiteInterpreterAllocateTensors(div));
    OK(TfLiteInterpreterAllocateTensors(fc));
    OK(TfLiteTensorCopyFromBuffer(div.input(0), a, sizeof a));
    OK(TfLiteTensorCopyFromBuffer(div.input(1), bad, sizeof bad));
    TfLiteTensor *x = fc.input();
    say("Invoke is %d", (int)TfLiteInterpreterInvoke(div));
    say("and of the other %d", (int)TfLiteInterpreterInvoke(fc));
    say("AllocateTensors is %d", (int)TfLiteInterpreterAllocateTensors(fc));
    say("a model: %s", TfLiteModelCreateFromFile(model_path("fc").c_str()) ? "some" : "none");
    say("options: %s", TfLiteInterpreterOptionsCreate() ? "some" : "none");
    say("input: %s", TfLiteInterpreterGetInputTensor(fc, 0) ? "some" : "none");
    /* What the program holds stays where it is. */
    say("%zu bytes, name %s, version %s", TfLiteTensorByteSize(x), TfLiteTensorName(x), TfLiteVersion());
    memset(TfLiteTensorData(x), 1, TfLiteTensorByteSize(x));
}
