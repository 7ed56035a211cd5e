/* Commands for single processes in tests that are no cases: `hold`, `beside`, `boundless`. */
#include "client.h"

#include <dlfcn.h>

/* Prints the state of a session, and again for each line of the standard input. A failure ends it. */
static bool tell_state(CK_SESSION_HANDLE s)
{
    CK_SESSION_INFO info;
    CK_RV status = p11->C_GetSessionInfo(s, &info);
    if (status == CKR_OK)
        printf("state %lu\n", info.state);
    else
        printf("C_GetSessionInfo: %s\n", status_name(status));
    return status == CKR_OK;
}

bool hold(bool logs_in)
{
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
    CK_SESSION_HANDLE s;
    char line[64];

    load_module();
    CK_RV status = p11->C_Initialize(&args);
    if (status != CKR_OK) {
        printf("C_Initialize: %s\n", status_name(status));
        return false;
    }
    s = open_session();
    if (logs_in)
        OK(p11->C_Login(s, CKU_USER, (CK_BYTE *)USER_PIN, strlen(USER_PIN)));
    if (!tell_state(s))
        return false;
    while (fgets(line, sizeof line, stdin)) {
        printf("after %s", line);
        if (!tell_state(s))
            return false;
    }
    OK(p11->C_Finalize(NULL));
    printf("right to the end\n");
    return true;
}

/* A text of fixed width, without its padding. */
static void tell_text(const char *what, const CK_UTF8CHAR *text, int width)
{
    while (width > 0 && text[width - 1] == ' ')
        width--;
    printf("  %s: %.*s\n", what, width, text);
}

static void tell_module(CK_FUNCTION_LIST *functions)
{
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
    CK_INFO info;
    CK_ULONG slots = 0;
    CK_RV status = functions->C_Initialize(&args);

    printf("  C_Initialize: %s\n", status_name(status));
    if (status != CKR_OK && status != CKR_CRYPTOKI_ALREADY_INITIALIZED)
        return;
    status = functions->C_GetInfo(&info);
    printf("  C_GetInfo: %s\n", status_name(status));
    if (status == CKR_OK) {
        tell_text("manufacturer", info.manufacturerID, sizeof info.manufacturerID);
        tell_text("library", info.libraryDescription, sizeof info.libraryDescription);
    }
    status = functions->C_GetSlotList(CK_FALSE, NULL, &slots);
    printf("  C_GetSlotList: %s, %lu slots\n", status_name(status), slots);
}

bool beside(char **modules, int count)
{
    CK_FUNCTION_LIST *functions[MANY_SLOTS];

    CHECK(count <= MANY_SLOTS);
    for (int i = 0; i < count; i++) {
        CK_C_GetFunctionList get;
        void *module = dlopen(modules[i], RTLD_NOW);
        if (!module)
            fail_at(__FILE__, __LINE__, "dlopen: %s", dlerror());
        *(void **)&get = dlsym(module, "C_GetFunctionList");
        CHECK(get);
        OK(get(&functions[i]));
    }
    /* All are there before the first is used. */
    for (int i = 0; i < count; i++) {
        const char *name = strrchr(modules[i], '/');
        printf("%s\n", name ? name + 1 : modules[i]);
        tell_module(functions[i]);
    }
    for (int i = 0; i < count; i++)
        printf("C_Finalize: %s\n", status_name(functions[i]->C_Finalize(NULL)));
    return true;
}

/* Natively a length is only the caller's claim, and SoftHSM writes no more than it has. */
bool boundless(void)
{
    CK_OBJECT_HANDLE objects[1];
    CK_SLOT_ID slots[MANY_SLOTS];
    CK_ULONG counts[] = {1UL << 40, ~0UL / 8 + 2, ~0UL}, count;
    CK_SESSION_INFO info;

    load_module();
    initialise();
    CK_SESSION_HANDLE s = open_session();
    for (unsigned i = 0; i < COUNT(counts); i++) {
        OK(p11->C_FindObjectsInit(s, NULL, 0));
        printf("C_FindObjects: %s\n", status_name(p11->C_FindObjects(s, objects, counts[i], &count)));
        OK(p11->C_FindObjectsFinal(s));
        count = counts[i];
        printf("C_GetSlotList: %s\n", status_name(p11->C_GetSlotList(CK_TRUE, slots, &count)));
    }
    /* A query: the count goes in with any value. */
    count = ~0UL;
    OK(p11->C_GetSlotList(CK_TRUE, NULL, &count));
    CHECK_INT(count, 2);
    printf("C_GetSessionInfo: %s\n", status_name(p11->C_GetSessionInfo(s, &info)));
    OK(p11->C_Finalize(NULL));
    return true;
}
