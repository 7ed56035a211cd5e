/* stores MODULE [CONF...]: for each configuration, set as SOFTHSM2_CONF, or once for its current value: logs into the
 * token, prints how many objects it has, and makes another. */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(call) do { CK_RV rv = (call); if (rv) { printf("%s: %#lx\n", #call, (unsigned long)rv); exit(1); } } while (0)

static void use(CK_FUNCTION_LIST *p11)
{
    CK_SLOT_ID slot;
    CK_ULONG slots = 1, found;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE objects[16], object;
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE data[] = {{CKA_CLASS, &class, sizeof class}, {CKA_TOKEN, &yes, sizeof yes}, {CKA_VALUE, "x", 1}};

    CHECK(p11->C_Initialize(NULL));
    /* The first of two: the other is not initialized. */
    CK_RV rv = p11->C_GetSlotList(CK_TRUE, &slot, &slots);
    if (rv == CKR_BUFFER_TOO_SMALL) {
        CK_SLOT_ID all[8];
        slots = 8;
        CHECK(p11->C_GetSlotList(CK_TRUE, all, &slots));
        slot = all[0];
    }
    CHECK(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
    CHECK(p11->C_Login(session, CKU_USER, (CK_UTF8CHAR *)"1234", 4));
    CHECK(p11->C_FindObjectsInit(session, NULL, 0));
    CHECK(p11->C_FindObjects(session, objects, 16, &found));
    CHECK(p11->C_FindObjectsFinal(session));
    printf("%lu objects\n", found);
    CHECK(p11->C_CreateObject(session, data, 3, &object));
    CHECK(p11->C_Finalize(NULL));
}

int main(int argc, char **argv)
{
    CK_FUNCTION_LIST *p11;
    void *module = dlopen(argv[1], RTLD_NOW);
    CK_RV (*list)(CK_FUNCTION_LIST **) = module ? (CK_RV (*)(CK_FUNCTION_LIST **))dlsym(module, "C_GetFunctionList") : NULL;
    if (!list || list(&p11))
        return 2;
    if (argc == 2)
        use(p11);
    for (int i = 2; i < argc; i++) {
        setenv("SOFTHSM2_CONF", argv[i], 1);
        use(p11);
    }
    return 0;
}
