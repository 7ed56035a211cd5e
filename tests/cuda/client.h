/* Harness of the CUDA driver cases: registration, checks, fixtures.
 *
 * Every case runs in a process of its own, which initialises the driver anew. The first failed check ends it, on whatever
 * thread. */
#ifndef CLIENT_H
#define CLIENT_H

#include <cuda.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CASE_SECONDS = 60 };

struct test_case {
    const char *name;
    void (*body)(void);
    struct test_case *next;
};

void register_case(struct test_case *c);

#define CASE(id)                                                      \
    static void id##_body(void);                                      \
    static struct test_case id##_case = {#id, id##_body, NULL};       \
    __attribute__((constructor)) static void id##_register(void)      \
    {                                                                 \
        register_case(&id##_case);                                    \
    }                                                                 \
    static void id##_body(void)

/* ---- verdicts ---- */

void fail_at(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4), noreturn));
void skip(const char *fmt, ...) __attribute__((format(printf, 1, 2), noreturn));
/* An answer that the documentation leaves open, but that must be the same in two runs. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void is_at(const char *file, int line, const char *call, CUresult got, CUresult want);
void is_refused_at(const char *file, int line, const char *call, CUresult got);
void same_at(const char *file, int line, const char *what, long long got, long long want);

/* The call gives this status. */
#define IS(call, want) is_at(__FILE__, __LINE__, #call, call, want)
#define OK(call) IS(call, CUDA_SUCCESS)
/* The call fails, and the documentation does not say with which of several errors. */
#define REFUSED(call) is_refused_at(__FILE__, __LINE__, #call, call)

#define CHECK(cond)                                                   \
    do {                                                              \
        if (!(cond))                                                  \
            fail_at(__FILE__, __LINE__, "%s", #cond);                 \
    } while (0)

#define CHECK_INT(got, want) same_at(__FILE__, __LINE__, #got, (long long)(got), (long long)(want))

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* ---- fixtures (fixture.c) ---- */

extern CUdevice device;
extern CUcontext context;

/* Initialises, and makes the primary context of device 0 current. */
void begin(void);
/* Initialises, and finds device 0: nothing is current. */
void begin_without_context(void);
/* An own context, which becomes current. */
CUcontext new_context(unsigned flags);
int attribute(CUdevice_attribute which);
/* Skips the case if the device's attribute is 0. */
void need(CUdevice_attribute which, const char *what);

/* PTX and fatbin of kernels.cu, and a cubin for devices 11.x, each with a NUL behind it (images.S). */
extern const char kernels_ptx[], kernels_fatbin[], kernels_fatbin_end[], kernels_11_0[];
/* A module of kernels.cu in the current context, and a kernel of the first such module. */
CUmodule load_kernels(void);
CUfunction kernel(const char *name);

CUdeviceptr allocate(size_t size);
/* Device memory with these bytes. */
CUdeviceptr upload(const void *from, size_t size);
/* Zeroed integers on the device. */
CUdeviceptr zeroes(size_t count);
/* One integer of the device, read by a synchronous copy. */
int value_at(CUdeviceptr at);
/* Every one of `count` integers on the device has this value. */
#define CHECK_ALL(at, count, want) all_are_at(__FILE__, __LINE__, at, count, want)
void all_are_at(const char *file, int line, CUdeviceptr at, size_t count, int want);
/* Bytes that depend on place and seed. */
void pattern(void *at, size_t size, unsigned seed);

/* Launches 1-dimensional grids; parameters are addresses of values. */
#define LAUNCH(function, blocks, threads, stream, ...)                                                     \
    OK(cuLaunchKernel(function, blocks, 1, 1, threads, 1, 1, 0, stream, (void *[]){__VA_ARGS__}, NULL))
/* x = x * times + plus for each of `count` integers: order shows. */
void affine(CUstream stream, CUdeviceptr at, int count, int times, int plus);

CUstream new_stream(unsigned flags);
CUevent new_event(unsigned flags);

/* Holds back what comes behind it on a stream. One at a time: host functions may wait for one another. */
struct gate {
    sem_t open;
};
void shut(struct gate *gate, CUstream stream);
void open_gate(struct gate *gate);

/* Runs a function on another thread to its end; the thread has no context. */
void on_a_thread(void (*body)(void *), void *with);

/* Runs a function in a process of its own with its output in a pipe; how it ended, and its output. */
struct ended {
    int status;
    char output[1 << 16];
};
void in_a_process(void (*body)(void), struct ended *ended);

#endif
