/* Moves known amounts of data through a token. After each step it prints "NAME IN OUT step N", the total bytes that it gave and got, and
 * reads a line. PKCS11_MODULE names the module. It reports an error in a line and exits with status 3.
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
            fflush(stdout);                                       \
            exit(3);                                              \
        }                                                         \
    } while (0)

enum { SHORT = 1000, LONG = 1 << 20 };

static unsigned long long in, out;
static CK_BYTE data[LONG], answer[LONG + 64];

static void step(const char *name)
{
    static int steps;
    char line[16];
    printf("%s %llu %llu step %d\n", name, in, out, ++steps);
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        exit(3);
}

int main(void)
{
    CK_FUNCTION_LIST *p11;
    CK_C_GetFunctionList list;
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8, bits = 32, len, part;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key, object;
    CK_OBJECT_CLASS class = CKO_DATA;
    CK_BYTE iv[16] = {0};
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0}, generate = {CKM_AES_KEY_GEN, NULL, 0}, cbc = {CKM_AES_CBC_PAD, iv, 16};
    CK_ATTRIBUTE secret[] = {{CKA_VALUE_LEN, &bits, sizeof bits}, {CKA_ENCRYPT, &yes, 1}};
    CK_ATTRIBUTE plain[] = {{CKA_CLASS, &class, sizeof class}, {CKA_TOKEN, &no, 1}, {CKA_VALUE, data, LONG}};
    CK_ATTRIBUTE value = {CKA_VALUE, NULL, 0};
    void *module = dlopen(getenv("PKCS11_MODULE"), RTLD_NOW);
    if (!module || !(list = (CK_C_GetFunctionList)dlsym(module, "C_GetFunctionList"))) {
        printf("%s\n", dlerror());
        return 3;
    }
    OK(list(&p11));
    OK(p11->C_Initialize(NULL));
    OK(p11->C_GetSlotList(CK_TRUE, slots, &count));
    OK(p11->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &session));
    OK(p11->C_Login(session, CKU_USER, (CK_BYTE *)"1234", 4));
    OK(p11->C_GenerateKey(session, &generate, secret, 2, &key));

    OK(p11->C_GenerateRandom(session, answer, SHORT));
    OK(p11->C_GenerateRandom(session, answer, LONG));
    out += SHORT + LONG;
    step("random");

    OK(p11->C_DigestInit(session, &sha256));
    len = sizeof answer;
    /* First it asks for the length of the answer, with the data. */
    OK(p11->C_Digest(session, data, LONG, NULL, &len));
    OK(p11->C_Digest(session, data, LONG, answer, &len));
    in += LONG;
    out += 32;
    OK(p11->C_DigestInit(session, &sha256));
    OK(p11->C_DigestUpdate(session, data, SHORT));
    OK(p11->C_DigestUpdate(session, data, LONG));
    len = sizeof answer;
    OK(p11->C_DigestFinal(session, answer, &len));
    in += SHORT + LONG;
    out += 32;
    step("digest");

    OK(p11->C_EncryptInit(session, &cbc, key));
    len = sizeof answer;
    OK(p11->C_EncryptUpdate(session, data, LONG, answer, &len));
    part = sizeof answer - len;
    OK(p11->C_EncryptFinal(session, answer + len, &part));
    in += LONG;
    out += LONG + 16;
    step("encrypt");

    OK(p11->C_CreateObject(session, plain, 3, &object));
    in += sizeof class + 1 + LONG;
    step("create");
    OK(p11->C_GetAttributeValue(session, object, &value, 1));
    value.pValue = answer;
    value.ulValueLen = sizeof answer;
    OK(p11->C_GetAttributeValue(session, object, &value, 1));
    out += LONG;
    step("last");
    return 0;
}
