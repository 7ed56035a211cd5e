/* Makes a thousand objects and finds them again, MOST at a time: "found step 1" before the search, "found step 2" after it, each
 * time a line is read. PKCS11_MODULE names the module. It reports an error in a line and exits with status 3.
 */
#define CRYPTOKI_COMPAT 1
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>

#define OK(call)                                                  \
    do {                                                          \
        CK_RV rv_ = (call);                                       \
        if (rv_ != CKR_OK) {                                      \
            printf("line %d: %s: %#lx\n", __LINE__, #call, rv_);  \
            fflush(stdout);                                       \
            exit(3);                                              \
        }                                                         \
    } while (0)

enum { OBJECTS = 1000 };

static CK_OBJECT_HANDLE found[OBJECTS];

static void step(CK_ULONG of)
{
    static int steps;
    char line[16];
    printf("%lu step %d\n", of, ++steps);
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        exit(3);
}

int main(int argc, char **argv)
{
    CK_FUNCTION_LIST *p11;
    CK_C_GetFunctionList list;
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8, all = 0, most = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    CK_BBOOL no = CK_FALSE;
    CK_SESSION_HANDLE session;
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_ATTRIBUTE plain[] = {{CKA_CLASS, &class, sizeof class}, {CKA_TOKEN, &no, 1}, {CKA_PRIVATE, &no, 1}};
    void *module = dlopen(getenv("PKCS11_MODULE"), RTLD_NOW);
    if (!module || !(list = (CK_C_GetFunctionList)dlsym(module, "C_GetFunctionList"))) {
        printf("%s\n", dlerror());
        return 3;
    }
    OK(list(&p11));
    OK(p11->C_Initialize(NULL));
    OK(p11->C_GetSlotList(CK_TRUE, slots, &count));
    OK(p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
    for (int i = 0; i < OBJECTS; i++)
        OK(p11->C_CreateObject(session, plain, 3, &found[i]));
    step(all);
    OK(p11->C_FindObjectsInit(session, plain, 3));
    do {
        OK(p11->C_FindObjects(session, found, most, &count));
        all += count;
    } while (count != 0);
    OK(p11->C_FindObjectsFinal(session));
    step(all);
    return all == OBJECTS ? 0 : 3;
}
