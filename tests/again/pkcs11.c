/* Loses its worker repeatedly: finalizes the lost session, initializes again, and continues. PKCS11_MODULE names the module.
 *
 * Prints "computed" and a number when it has signed; before each line on standard input the worker was killed. It
 * reports an error in a line and exits with status 3.
 */
#define CRYPTOKI_COMPAT 1
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static CK_FUNCTION_LIST *p11;
static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE key;

#define IS(wanted, call)                                                        \
    do {                                                                        \
        CK_RV rv_ = (call);                                                     \
        if (rv_ != (wanted)) {                                                  \
            printf("line %d: %s: %#lx, not %s\n", __LINE__, #call, rv_, #wanted); \
            fflush(stdout);                                                     \
            exit(3);                                                            \
        }                                                                       \
    } while (0)

static void begin(void)
{
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8, bits = 32;
    CK_BBOOL yes = CK_TRUE;
    CK_MECHANISM generate = {CKM_AES_KEY_GEN, NULL, 0};
    CK_ATTRIBUTE template[] = {{CKA_VALUE_LEN, &bits, sizeof bits}, {CKA_ENCRYPT, &yes, 1}};
    IS(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(NULL));
    IS(CKR_OK, p11->C_Initialize(NULL));
    IS(CKR_CRYPTOKI_ALREADY_INITIALIZED, p11->C_Initialize(NULL));
    IS(CKR_OK, p11->C_GetSlotList(CK_TRUE, slots, &count));
    IS(CKR_OK, p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
    IS(CKR_OK, p11->C_Login(session, CKU_USER, (CK_BYTE *)"1234", 4));
    IS(CKR_OK, p11->C_GenerateKey(session, &generate, template, 2, &key));
}

static void compute(void)
{
    CK_BYTE digest[32];
    CK_ULONG len = sizeof digest;
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
    static const CK_BYTE expected[4] = {0xba, 0x78, 0x16, 0xbf};
    IS(CKR_OK, p11->C_DigestInit(session, &sha256));
    IS(CKR_OK, p11->C_Digest(session, (CK_BYTE *)"abc", 3, digest, &len));
    if (memcmp(digest, expected, sizeof expected)) {
        printf("a wrong digest\n");
        exit(3);
    }
}

static void is_lost(void)
{
    CK_BYTE random[4];
    CK_INFO info;
    CK_SESSION_INFO of_session;
    CK_FUNCTION_LIST *list;
    CK_RV (*get)(CK_FUNCTION_LIST **) = p11->C_GetFunctionList;
    IS(CKR_DEVICE_REMOVED, p11->C_GetSessionInfo(session, &of_session));
    IS(CKR_DEVICE_REMOVED, p11->C_GenerateRandom(session, random, 4));
    IS(CKR_DEVICE_REMOVED, p11->C_GetInfo(&info));
    IS(CKR_OK, get(&list));
    /* The program has not finalized it, so it counts as initialized. */
    IS(CKR_CRYPTOKI_ALREADY_INITIALIZED, p11->C_Initialize(NULL));
    IS(CKR_DEVICE_REMOVED, p11->C_GetInfo(&info));
    IS(CKR_ARGUMENTS_BAD, p11->C_Finalize(random));
    IS(CKR_OK, p11->C_Finalize(NULL));
    IS(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_Finalize(NULL));
    IS(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_GetInfo(&info));
    IS(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_GenerateRandom(session, random, 4));
}

int main(void)
{
    char line[64];
    void *module = dlopen(getenv("PKCS11_MODULE"), RTLD_NOW);
    CK_RV (*get)(CK_FUNCTION_LIST **) = module ? dlsym(module, "C_GetFunctionList") : NULL;
    if (!get || get(&p11)) {
        printf("no module\n");
        return 3;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    for (int round = 1;; round++) {
        CK_INFO info;
        int finalizes = round % 3 != 1;
        begin();
        compute();
        if (finalizes)
            IS(CKR_OK, p11->C_Finalize(NULL));
        printf("computed %d\n", round);
        if (!fgets(line, sizeof line, stdin))
            break;
        /* The death of a worker of an uninitialized library has no effect. */
        if (!finalizes)
            is_lost();
        else if (round % 3 == 2)
            IS(CKR_CRYPTOKI_NOT_INITIALIZED, p11->C_GetInfo(&info));
    }
    IS(CKR_OK, p11->C_Finalize(NULL));
    printf("right to the end\n");
    return 0;
}
