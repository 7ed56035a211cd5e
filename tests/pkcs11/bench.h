/* Common code of the programs here that measure: time, the module that PKCS11_MODULE names, and a session of a user who has
 * logged in. The token is called AvA, its user PIN is 1234 (token.sh). */
#ifndef BENCH_H
#define BENCH_H

#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static CK_FUNCTION_LIST *p11;
static CK_SESSION_HANDLE s;
static CK_SLOT_ID slot;

static inline uint64_t now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static inline void check(CK_RV status, const char *what)
{
    if (status != CKR_OK) {
        fprintf(stderr, "bench: %s: %#lx\n", what, status);
        exit(1);
    }
}

#define CALL(call) check(call, #call)

static inline void load(void)
{
    const char *path = getenv("PKCS11_MODULE");
    void *module = dlopen(path ? path : "libsofthsm2.so", RTLD_NOW);
    CK_C_GetFunctionList get;
    if (!module || !(*(void **)&get = dlsym(module, "C_GetFunctionList"))) {
        fprintf(stderr, "bench: %s\n", dlerror());
        exit(1);
    }
    CALL(get(&p11));
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
    CALL(p11->C_Initialize(&args));
}

static inline void log_in(void)
{
    CK_SLOT_ID slots[64];
    CK_ULONG count = 64, i;
    CK_TOKEN_INFO info;
    CALL(p11->C_GetSlotList(CK_TRUE, slots, &count));
    for (i = 0; i < count; i++) {
        CALL(p11->C_GetTokenInfo(slots[i], &info));
        if (memcmp(info.label, "AvA ", 4) == 0)
            break;
    }
    if (i == count) {
        fprintf(stderr, "bench: no token is called AvA\n");
        exit(1);
    }
    slot = slots[i];
    CALL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s));
    CALL(p11->C_Login(s, CKU_USER, (CK_BYTE *)"1234", 4));
}

#endif
