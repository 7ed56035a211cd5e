/* Has a token do as it is told, a line on standard input for each step, and answers with a numbered line:
 *
 *   digest COUNT   so many digests of 4 KiB, one after the other   "1: digest STATUS"
 *   keys COUNT     so many pairs of long keys, which take long     "1: keys STATUS"
 *
 * PKCS11_MODULE names the module.
 */
#define CRYPTOKI_COMPAT 1
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OK(call)                                                  \
    do {                                                          \
        CK_RV rv_ = (call);                                       \
        if (rv_ != CKR_OK) {                                      \
            printf("line %d: %s: %#lx\n", __LINE__, #call, rv_);  \
            exit(3);                                              \
        }                                                         \
    } while (0)

static CK_FUNCTION_LIST *p11;
static CK_SESSION_HANDLE session;

static CK_RV digest(void)
{
    static CK_BYTE data[4096], answer[64];
    CK_ULONG length = sizeof answer;
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
    CK_RV status = p11->C_DigestInit(session, &sha256);
    return status ? status : p11->C_Digest(session, data, sizeof data, answer, &length);
}

static CK_RV keys(void)
{
    CK_ULONG bits = 4096;
    CK_BBOOL no = CK_FALSE;
    CK_BYTE exponent[] = {1, 0, 1};
    CK_MECHANISM rsa = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
    CK_ATTRIBUTE open[] = {{CKA_MODULUS_BITS, &bits, sizeof bits}, {CKA_PUBLIC_EXPONENT, exponent, 3}};
    CK_ATTRIBUTE secret[] = {{CKA_TOKEN, &no, 1}};
    CK_OBJECT_HANDLE pair[2];
    return p11->C_GenerateKeyPair(session, &rsa, open, 2, secret, 1, &pair[0], &pair[1]);
}

int main(void)
{
    char line[80], what[16];
    unsigned long long count;
    CK_C_GetFunctionList list;
    CK_SLOT_ID slots[8];
    CK_ULONG found = 8;
    void *module = dlopen(getenv("PKCS11_MODULE"), RTLD_NOW);
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!module || !(list = (CK_C_GetFunctionList)dlsym(module, "C_GetFunctionList"))) {
        puts(dlerror());
        return 3;
    }
    OK(list(&p11));
    OK(p11->C_Initialize(NULL));
    OK(p11->C_GetSlotList(CK_TRUE, slots, &found));
    OK(p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
    OK(p11->C_Login(session, CKU_USER, (CK_BYTE *)"1234", 4));
    puts("ready");
    for (int step = 1; fgets(line, sizeof line, stdin); step++) {
        CK_RV status = CKR_OK;
        if (sscanf(line, "%15s %llu", what, &count) < 2)
            continue;
        for (; status == CKR_OK && count > 0; count--)
            status = strcmp(what, "keys") == 0 ? keys() : digest();
        printf("%d: %s %#lx\n", step, what, status);
    }
    return 0;
}
