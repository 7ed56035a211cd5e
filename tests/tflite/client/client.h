/* Harness of the TensorFlow Lite client: cases, checks, and what most cases do.
 *
 * The program knows nothing of AvA. It is C in spirit and C++ by compiler, since 2.17's headers are no C. Every line
 * that a case prints begins with the name of the case, and is the same from run to run.
 */
#ifndef TESTS_TFLITE_CLIENT_H
#define TESTS_TFLITE_CLIENT_H

#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "tensorflow/lite/c/c_api.h"
#include "tensorflow/lite/c/common.h"
#ifndef TFLITE_2_9
#include "tensorflow/lite/c/c_api_experimental.h"
#else
/* Exported by 2.9 too, but none of the headers that come with it declares them. */
extern "C" TfLiteStatus TfLiteInterpreterResetVariableTensors(TfLiteInterpreter *interpreter);
extern "C" int32_t TfLiteInterpreterGetInputTensorIndex(const TfLiteInterpreter *interpreter, int32_t input_index);
extern "C" int32_t TfLiteInterpreterGetOutputTensorIndex(const TfLiteInterpreter *interpreter, int32_t output_index);
#endif

/* ---- cases (main.cpp) --------------------------------------------------- */

struct test_case {
    const char *name;
    void (*body)();
    bool alone; /* `all` leaves it out: natively it takes the process with it */
    test_case *next;
};

void register_case(test_case *c);

#define CASE_FULL(id, alone)                                                                                         \
    static void id##_body();                                                                                         \
    static test_case id##_case = {#id, id##_body, alone, nullptr};                                                   \
    __attribute__((constructor)) static void id##_register()                                                         \
    {                                                                                                                \
        register_case(&id##_case);                                                                                   \
    }                                                                                                                \
    static void id##_body()

#define CASE(id) CASE_FULL(id, false)
#define CASE_ALONE(id) CASE_FULL(id, true)

/* A line of the case's output. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Ends the case, on its own thread; elsewhere say_failed is for the thread that joins. */
[[noreturn]] void fail_at(const char *file, int line, const char *format, ...) __attribute__((format(printf, 3, 4)));

#define FAIL(...) fail_at(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(condition)                                                                                             \
    do {                                                                                                             \
        if (!(condition))                                                                                            \
            FAIL("%s", #condition);                                                                                  \
    } while (0)
#define OK(call)                                                                                                     \
    do {                                                                                                             \
        TfLiteStatus status_ = (call);                                                                               \
        if (status_ != kTfLiteOk)                                                                                    \
            FAIL("%s is %d", #call, (int)status_);                                                                   \
    } while (0)

/* ---- what the library says (util.cpp) ------------------------------------ */

/* An error reporter: takes each message down, with the case's directory of models replaced by MODELS. */
class Reporter {
  public:
    void attach(TfLiteInterpreterOptions *options);
    /* Says the messages since the last time, or that there are none. */
    void say_messages(const char *after);
    size_t count() const { return messages.size(); }
    static void callback(void *user_data, const char *format, va_list arguments);

  private:
    std::vector<std::string> messages;
    size_t said = 0;
};

/* ---- models and interpreters (util.cpp) ---------------------------------- */

std::string model_path(const char *name);
std::vector<char> model_bytes(const char *name);

/* An interpreter of a model from file, both deleted with it. Not allocated yet. */
class Interpreter {
  public:
    explicit Interpreter(const char *model_name, TfLiteInterpreterOptions *options = nullptr);
    ~Interpreter();
    Interpreter(const Interpreter &) = delete;
    Interpreter &operator=(const Interpreter &) = delete;

    operator TfLiteInterpreter *() const { return interpreter; }
    TfLiteTensor *input(int index = 0) const;
    const TfLiteTensor *output(int index = 0) const;
    /* Sets input 0 by TfLiteTensorCopyFromBuffer and invokes. */
    void run(const std::vector<float> &input) const;

  private:
    TfLiteModel *model;
    TfLiteInterpreter *interpreter;
};

/* ---- tensors (util.cpp) -------------------------------------------------- */

std::string shape(const TfLiteTensor *tensor);
/* The elements of a float or int8 or int32 tensor, read in place. */
std::string values(const TfLiteTensor *tensor);
/* Name, shape and values in one line. */
void say_tensor(const char *what, const TfLiteTensor *tensor);
/* The image that the cases give to conv, times this. */
std::vector<float> test_image(float scale);

#endif
