/* Harness of the PKCS#11 cases: registration, checks, fixtures.
 *
 * Every case runs in a process of its own, which loads the module anew. The first failed check ends it. */
#ifndef CLIENT_H
#define CLIENT_H

#include <p11-kit/pkcs11.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LABEL "AvA"
#define SO_PIN "12345678"
#define USER_PIN "1234"

enum { CASE_SECONDS = 120, MANY_SLOTS = 64 };

struct test_case {
    const char *name;
    void (*body)(void);
    /* Needs a library whose state a forked child goes on with. */
    bool forks;
    struct test_case *next;
};

void register_case(struct test_case *c);

#define CASE(id) CASE_OF(id, false)
#define FORK_CASE(id) CASE_OF(id, true)

#define CASE_OF(id, forks)                                             \
    static void id##_body(void);                                       \
    static struct test_case id##_case = {#id, id##_body, forks, NULL}; \
    __attribute__((constructor)) static void id##_register(void)       \
    {                                                                  \
        register_case(&id##_case);                                     \
    }                                                                  \
    static void id##_body(void)

/* The functions of the module; nothing is initialised yet. */
extern CK_FUNCTION_LIST *p11;

void fail_at(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4), noreturn));
/* An answer that the specification leaves open, but that must be the same in both runs. */
void note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
const char *status_name(CK_RV status);

#define CHECK(cond)                                                    \
    do {                                                               \
        if (!(cond))                                                   \
            fail_at(__FILE__, __LINE__, "%s", #cond);                  \
    } while (0)

#define CHECK_INT(got, want)                                                                            \
    do {                                                                                                \
        unsigned long got_ = (unsigned long)(got), want_ = (unsigned long)(want);                       \
        if (got_ != want_)                                                                              \
            fail_at(__FILE__, __LINE__, "%s == %s (%#lx, not %#lx)", #got, #want, got_, want_);         \
    } while (0)

#define CHECK_BYTES(got, want, size)                                   \
    do {                                                               \
        if (memcmp(got, want, size) != 0)                              \
            fail_at(__FILE__, __LINE__, "%s: other bytes", #got);      \
    } while (0)

/* The call gives this status. */
#define IS(call, want)                                                                                        \
    do {                                                                                                      \
        CK_RV got_ = (call), want_ = (want);                                                                  \
        if (got_ != want_)                                                                                    \
            fail_at(__FILE__, __LINE__, "%s (%s, not %s)", #call, status_name(got_), status_name(want_));     \
    } while (0)

#define OK(call) IS(call, CKR_OK)

#define ATTRIBUTE(kind, value) {.type = (kind), .pValue = &(value), .ulValueLen = sizeof(value)}
#define TEXT(kind, text) {.type = (kind), .pValue = (char *)(text), .ulValueLen = strlen(text)}
#define BYTES(kind, bytes, size) {.type = (kind), .pValue = (bytes), .ulValueLen = (size)}
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Opens the module that PKCS11_MODULE names, and has it hand out its functions. */
void load_module(void);

/* ---- other verbs (verbs.c) ---- */

/* Opens a session, logs in if it is to, and tells the session's state at once and after each line of the standard input. */
bool hold(bool logs_in);
/* Opens these modules side by side, and tells what each says of itself. */
bool beside(char **modules, int count);
/* Says that arrays have more places than any memory, and tells what it is answered. */
bool boundless(void);

/* ---- fixtures (fixture.c) ---- */

extern CK_BBOOL yes, no;
extern CK_OBJECT_CLASS secret_key, public_key, private_key, data_object;
extern CK_KEY_TYPE aes, generic_secret, rsa, ec;

/* Initialises the library for several threads. */
void initialise(void);
/* The slot of the token called LABEL. */
CK_SLOT_ID token_slot(void);
CK_SESSION_HANDLE open_session(void);
/* Initialises, opens a session, and logs in as the user. */
CK_SESSION_HANDLE begin(void);

void from_hex(const char *hex, CK_BYTE *bytes);
/* A session key of these bytes, usable for everything, not sensitive. */
CK_OBJECT_HANDLE import_key(CK_SESSION_HANDLE s, CK_KEY_TYPE type, const CK_BYTE *value, CK_ULONG size);
void generate_rsa(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *public, CK_OBJECT_HANDLE *private);
void generate_p256(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *public, CK_OBJECT_HANDLE *private);
/* The value of a key that may be read; returns its length. */
CK_ULONG key_value(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key, CK_BYTE *value, CK_ULONG size);

#endif
