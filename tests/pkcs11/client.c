/* PKCS#11 semantics as programs see them: `list`, `run NAME...`, `all`; and single processes for tests: `hold [login]`,
 * `beside MODULE...`, `boundless` (verbs.c).
 *
 * PKCS11_MODULE names the module; it needs a token as token.sh makes it. */
#include "client.h"

#include <dlfcn.h>
#include <signal.h>
#include <stdarg.h>

CK_FUNCTION_LIST *p11;

static struct test_case *first_case, **last_case = &first_case;
static const char *current = "client";

void register_case(struct test_case *c)
{
    *last_case = c;
    last_case = &c->next;
}

void fail_at(const char *file, int line, const char *fmt, ...)
{
    va_list ap;
    flockfile(stdout);
    printf("%s FAIL %s:%d ", current, file, line);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
    fflush(stdout);
    funlockfile(stdout);
    _exit(1);
}

void note(const char *fmt, ...)
{
    va_list ap;
    printf("%s note: ", current);
    va_start(ap, fmt);
    vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
    fflush(stdout);
}

const char *status_name(CK_RV status)
{
    static __thread char other[32];
#define NAME(status) case status: return #status
    switch (status) {
        NAME(CKR_OK);
        NAME(CKR_HOST_MEMORY);
        NAME(CKR_SLOT_ID_INVALID);
        NAME(CKR_GENERAL_ERROR);
        NAME(CKR_FUNCTION_FAILED);
        NAME(CKR_ARGUMENTS_BAD);
        NAME(CKR_NO_EVENT);
        NAME(CKR_ATTRIBUTE_READ_ONLY);
        NAME(CKR_ATTRIBUTE_SENSITIVE);
        NAME(CKR_ATTRIBUTE_TYPE_INVALID);
        NAME(CKR_ATTRIBUTE_VALUE_INVALID);
        NAME(CKR_DATA_LEN_RANGE);
        NAME(CKR_DEVICE_REMOVED);
        NAME(CKR_ENCRYPTED_DATA_INVALID);
        NAME(CKR_FUNCTION_NOT_PARALLEL);
        NAME(CKR_FUNCTION_NOT_SUPPORTED);
        NAME(CKR_KEY_HANDLE_INVALID);
        NAME(CKR_KEY_NOT_WRAPPABLE);
        NAME(CKR_KEY_UNEXTRACTABLE);
        NAME(CKR_MECHANISM_INVALID);
        NAME(CKR_MECHANISM_PARAM_INVALID);
        NAME(CKR_OBJECT_HANDLE_INVALID);
        NAME(CKR_OPERATION_ACTIVE);
        NAME(CKR_OPERATION_NOT_INITIALIZED);
        NAME(CKR_PIN_INCORRECT);
        NAME(CKR_PIN_LEN_RANGE);
        NAME(CKR_SESSION_HANDLE_INVALID);
        NAME(CKR_SESSION_READ_ONLY);
        NAME(CKR_SIGNATURE_INVALID);
        NAME(CKR_SIGNATURE_LEN_RANGE);
        NAME(CKR_TEMPLATE_INCOMPLETE);
        NAME(CKR_TEMPLATE_INCONSISTENT);
        NAME(CKR_TOKEN_NOT_PRESENT);
        NAME(CKR_USER_ALREADY_LOGGED_IN);
        NAME(CKR_USER_NOT_LOGGED_IN);
        NAME(CKR_BUFFER_TOO_SMALL);
        NAME(CKR_STATE_UNSAVEABLE);
        NAME(CKR_CRYPTOKI_NOT_INITIALIZED);
        NAME(CKR_CRYPTOKI_ALREADY_INITIALIZED);
    }
    snprintf(other, sizeof other, "CKR %#lx", status);
    return other;
}

void load_module(void)
{
    const char *path = getenv("PKCS11_MODULE");
    void *module = dlopen(path ? path : "libsofthsm2.so", RTLD_NOW);
    if (!module)
        fail_at(__FILE__, __LINE__, "dlopen: %s", dlerror());
    CK_C_GetFunctionList get;
    *(void **)&get = dlsym(module, "C_GetFunctionList");
    CHECK(get);
    OK(get(&p11));
    CHECK(p11);
}

static bool run_case(const struct test_case *c)
{
    int how;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        current = c->name;
        alarm(CASE_SECONDS);
        load_module();
        c->body();
        p11->C_Finalize(NULL);
        printf("%s ok\n", c->name);
        fflush(stdout);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &how, 0) != child) {
        printf("%s FAIL no process\n", c->name);
        return false;
    }
    if (WIFSIGNALED(how))
        printf("%s FAIL %s\n", c->name, WTERMSIG(how) == SIGALRM ? "timed out" : strsignal(WTERMSIG(how)));
    return WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

static struct test_case *find_case(const char *name)
{
    struct test_case *c = first_case;
    while (c && strcmp(c->name, name) != 0)
        c = c->next;
    return c;
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    unsigned passed = 0, failed = 0;

    setvbuf(stdout, NULL, _IOLBF, 0);
    if (strcmp(verb, "list") == 0 && argc == 2) {
        for (struct test_case *c = first_case; c; c = c->next)
            printf("%s\n", c->name);
        return 0;
    }
    if (strcmp(verb, "hold") == 0 && (argc == 2 || (argc == 3 && strcmp(argv[2], "login") == 0)))
        return !hold(argc == 3);
    if (strcmp(verb, "boundless") == 0 && argc == 2)
        return !boundless();
    if (strcmp(verb, "beside") == 0 && argc > 2)
        return !beside(argv + 2, argc - 2);
    if ((strcmp(verb, "all") == 0 || strcmp(verb, "forks") == 0) && argc == 2) {
        for (struct test_case *c = first_case; c; c = c->next)
            if (c->forks == (strcmp(verb, "forks") == 0))
                run_case(c) ? passed++ : failed++;
    } else if (strcmp(verb, "run") == 0 && argc > 2) {
        for (int i = 2; i < argc; i++) {
            struct test_case *c = find_case(argv[i]);
            if (!c) {
                fprintf(stderr, "client: no case is called %s\n", argv[i]);
                return 2;
            }
            run_case(c) ? passed++ : failed++;
        }
    } else {
        fprintf(stderr, "usage: client list | all | forks | run NAME... | hold [login] | beside MODULE... | boundless\n");
        return 2;
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
