/* Common code of the cases: a logged-in session, keys. */
#include "client.h"

CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
CK_OBJECT_CLASS secret_key = CKO_SECRET_KEY, public_key = CKO_PUBLIC_KEY, private_key = CKO_PRIVATE_KEY,
                data_object = CKO_DATA;
CK_KEY_TYPE aes = CKK_AES, generic_secret = CKK_GENERIC_SECRET, rsa = CKK_RSA, ec = CKK_EC;

void initialise(void)
{
    CK_C_INITIALIZE_ARGS args = {.flags = CKF_OS_LOCKING_OK};
    OK(p11->C_Initialize(&args));
}

CK_SLOT_ID token_slot(void)
{
    CK_SLOT_ID slots[MANY_SLOTS];
    CK_ULONG count = MANY_SLOTS;
    char label[32];

    memset(label, ' ', sizeof label);
    memcpy(label, LABEL, strlen(LABEL));
    OK(p11->C_GetSlotList(CK_TRUE, slots, &count));
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO info;
        OK(p11->C_GetTokenInfo(slots[i], &info));
        if (memcmp(info.label, label, sizeof label) == 0)
            return slots[i];
    }
    fail_at(__FILE__, __LINE__, "no token is called " LABEL);
}

CK_SESSION_HANDLE open_session(void)
{
    CK_SESSION_HANDLE s = CK_INVALID_HANDLE;
    OK(p11->C_OpenSession(token_slot(), CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s));
    CHECK(s != CK_INVALID_HANDLE);
    return s;
}

CK_SESSION_HANDLE begin(void)
{
    initialise();
    CK_SESSION_HANDLE s = open_session();
    OK(p11->C_Login(s, CKU_USER, (CK_BYTE *)USER_PIN, strlen(USER_PIN)));
    return s;
}

void from_hex(const char *hex, CK_BYTE *bytes)
{
    for (; *hex; hex += 2)
        sscanf(hex, "%2hhx", bytes++);
}

CK_OBJECT_HANDLE import_key(CK_SESSION_HANDLE s, CK_KEY_TYPE type, const CK_BYTE *value, CK_ULONG size)
{
    CK_ATTRIBUTE with[] = {
        ATTRIBUTE(CKA_CLASS, secret_key), ATTRIBUTE(CKA_KEY_TYPE, type), ATTRIBUTE(CKA_TOKEN, no),
        ATTRIBUTE(CKA_SENSITIVE, no),     ATTRIBUTE(CKA_EXTRACTABLE, yes), ATTRIBUTE(CKA_ENCRYPT, yes),
        ATTRIBUTE(CKA_DECRYPT, yes),      ATTRIBUTE(CKA_SIGN, yes),      ATTRIBUTE(CKA_VERIFY, yes),
        ATTRIBUTE(CKA_WRAP, yes),         ATTRIBUTE(CKA_UNWRAP, yes),    ATTRIBUTE(CKA_DERIVE, yes),
        BYTES(CKA_VALUE, (void *)value, size),
    };
    CK_OBJECT_HANDLE key = CK_INVALID_HANDLE;
    OK(p11->C_CreateObject(s, with, COUNT(with), &key));
    CHECK(key != CK_INVALID_HANDLE);
    return key;
}

void generate_rsa(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *public, CK_OBJECT_HANDLE *private)
{
    CK_MECHANISM how = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
    CK_ULONG bits = 2048;
    CK_BYTE exponent[] = {1, 0, 1};
    CK_ATTRIBUTE of_public[] = {
        ATTRIBUTE(CKA_TOKEN, no),   ATTRIBUTE(CKA_MODULUS_BITS, bits), ATTRIBUTE(CKA_PUBLIC_EXPONENT, exponent),
        ATTRIBUTE(CKA_VERIFY, yes), ATTRIBUTE(CKA_ENCRYPT, yes),       ATTRIBUTE(CKA_WRAP, yes),
    };
    CK_ATTRIBUTE of_private[] = {
        ATTRIBUTE(CKA_TOKEN, no), ATTRIBUTE(CKA_SIGN, yes), ATTRIBUTE(CKA_DECRYPT, yes), ATTRIBUTE(CKA_UNWRAP, yes),
    };
    OK(p11->C_GenerateKeyPair(s, &how, of_public, COUNT(of_public), of_private, COUNT(of_private), public, private));
}

void generate_p256(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE *public, CK_OBJECT_HANDLE *private)
{
    CK_MECHANISM how = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
    CK_BYTE curve[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    CK_ATTRIBUTE of_public[] = {
        ATTRIBUTE(CKA_TOKEN, no), ATTRIBUTE(CKA_EC_PARAMS, curve), ATTRIBUTE(CKA_VERIFY, yes),
    };
    CK_ATTRIBUTE of_private[] = {
        ATTRIBUTE(CKA_TOKEN, no), ATTRIBUTE(CKA_SIGN, yes), ATTRIBUTE(CKA_DERIVE, yes),
    };
    OK(p11->C_GenerateKeyPair(s, &how, of_public, COUNT(of_public), of_private, COUNT(of_private), public, private));
}

CK_ULONG key_value(CK_SESSION_HANDLE s, CK_OBJECT_HANDLE key, CK_BYTE *value, CK_ULONG size)
{
    CK_ATTRIBUTE it = BYTES(CKA_VALUE, value, size);
    OK(p11->C_GetAttributeValue(s, key, &it, 1));
    return it.ulValueLen;
}
