/* Objects: attributes of every fate, templates in templates, finding, wrapping, deriving. */
#include "client.h"

#define UNAVAILABLE ((CK_ULONG)-1)

CASE(attributes)
{
    CK_OBJECT_HANDLE key;
    CK_MECHANISM how = {CKM_AES_KEY_GEN, NULL, 0};
    CK_ULONG length = 32;
    CK_ATTRIBUTE with[] = {
        ATTRIBUTE(CKA_TOKEN, no),       ATTRIBUTE(CKA_SENSITIVE, yes),    ATTRIBUTE(CKA_EXTRACTABLE, no),
        ATTRIBUTE(CKA_VALUE_LEN, length), TEXT(CKA_LABEL, "a key with a name"), BYTES(CKA_ID, "\1\2\3", 3),
    };
    CK_OBJECT_CLASS class = 99;
    CK_KEY_TYPE type = 99;
    CK_BYTE secret[64], modulus[64], label[64], id[64];
    CK_ATTRIBUTE ask[] = {
        ATTRIBUTE(CKA_CLASS, class),      ATTRIBUTE(CKA_VALUE, secret), ATTRIBUTE(CKA_MODULUS, modulus),
        BYTES(CKA_LABEL, label, 4),       BYTES(CKA_ID, NULL, 12345),   ATTRIBUTE(CKA_KEY_TYPE, type),
        BYTES(CKA_VALUE_LEN, NULL, 0),    BYTES(CKA_MODULUS, NULL, 7),
    };
    CK_SESSION_HANDLE s = begin();

    OK(p11->C_GenerateKey(s, &how, with, COUNT(with), &key));
    memset(secret, 0xA5, sizeof secret);
    memset(label, 0xA5, sizeof label);
    memset(id, 0xA5, sizeof id);
    CK_RV status = p11->C_GetAttributeValue(s, key, ask, COUNT(ask));
    CHECK(status == CKR_ATTRIBUTE_SENSITIVE || status == CKR_ATTRIBUTE_TYPE_INVALID || status == CKR_BUFFER_TOO_SMALL);
    note("of several: %s", status_name(status));
    CHECK_INT(class, CKO_SECRET_KEY);
    CHECK_INT(ask[0].ulValueLen, sizeof class);
    CHECK_INT(ask[1].ulValueLen, UNAVAILABLE);
    CHECK_INT(ask[2].ulValueLen, UNAVAILABLE);
    CHECK_INT(ask[3].ulValueLen, UNAVAILABLE);
    CHECK_INT(ask[4].ulValueLen, 3);
    CHECK_INT(type, CKK_AES);
    CHECK_INT(ask[6].ulValueLen, sizeof length);
    CHECK_INT(ask[7].ulValueLen, UNAVAILABLE);
    CHECK(ask[0].pValue == &class && ask[1].pValue == secret && ask[3].pValue == label && !ask[4].pValue);
    CHECK_INT(ask[3].type, CKA_LABEL);
    CHECK_INT(secret[0], 0xA5);
    CHECK_INT(label[0], 0xA5);

    CK_ATTRIBUTE fits[] = {BYTES(CKA_LABEL, label, sizeof label), BYTES(CKA_ID, id, 3)};
    OK(p11->C_GetAttributeValue(s, key, fits, COUNT(fits)));
    CHECK_INT(fits[0].ulValueLen, 17);
    CHECK_BYTES(label, "a key with a name", 17);
    CHECK_INT(label[17], 0xA5);
    CHECK_BYTES(id, "\1\2\3\xA5", 4);
    IS(p11->C_GetAttributeValue(s, key, &ask[1], 1), CKR_ATTRIBUTE_SENSITIVE);
    ask[2].ulValueLen = sizeof modulus;
    IS(p11->C_GetAttributeValue(s, key, &ask[2], 1), CKR_ATTRIBUTE_TYPE_INVALID);
    ask[3].ulValueLen = 4;
    IS(p11->C_GetAttributeValue(s, key, &ask[3], 1), CKR_BUFFER_TOO_SMALL);

    CK_ATTRIBUTE rename = TEXT(CKA_LABEL, "renamed"), worse = ATTRIBUTE(CKA_SENSITIVE, no);
    OK(p11->C_SetAttributeValue(s, key, &rename, 1));
    fits[0].ulValueLen = sizeof label;
    OK(p11->C_GetAttributeValue(s, key, fits, 1));
    CHECK_INT(fits[0].ulValueLen, 7);
    CHECK_BYTES(label, "renamed", 7);
    note("less sensitive: %s", status_name(p11->C_SetAttributeValue(s, key, &worse, 1)));
    CK_ULONG size = 0;
    note("size: %s", status_name(p11->C_GetObjectSize(s, key, &size)));
    CK_OBJECT_HANDLE copy;
    OK(p11->C_CopyObject(s, key, &rename, 1, &copy));
    CHECK(copy != key);
    OK(p11->C_DestroyObject(s, key));
    IS(p11->C_GetAttributeValue(s, key, fits, 1), CKR_OBJECT_HANDLE_INVALID);
}

CASE(data_objects)
{
    enum { SIZE = 100000 };
    CK_BYTE *value = malloc(SIZE), *back = malloc(SIZE);
    CHECK(value && back);
    for (size_t i = 0; i < SIZE; i++)
        value[i] = (CK_BYTE)(i * 31 >> 3);
    CK_ATTRIBUTE with[] = {
        ATTRIBUTE(CKA_CLASS, data_object), ATTRIBUTE(CKA_TOKEN, no), TEXT(CKA_APPLICATION, ""),
        TEXT(CKA_LABEL, "large"), BYTES(CKA_VALUE, value, SIZE),
    };
    CK_ATTRIBUTE ask[] = {BYTES(CKA_VALUE, back, SIZE), BYTES(CKA_APPLICATION, NULL, 3)};
    CK_OBJECT_HANDLE object;
    CK_SESSION_HANDLE s = begin();
    OK(p11->C_CreateObject(s, with, COUNT(with), &object));
    OK(p11->C_GetAttributeValue(s, object, ask, 2));
    CHECK_INT(ask[0].ulValueLen, SIZE);
    CHECK_INT(ask[1].ulValueLen, 0);
    CHECK_BYTES(back, value, SIZE);
    with[1].type = CKA_MODULUS;
    note("no such attribute: %s", status_name(p11->C_CreateObject(s, with, COUNT(with), &object)));
    IS(p11->C_CreateObject(s, with + 1, 0, &object), CKR_TEMPLATE_INCOMPLETE);
    free(value);
    free(back);
}

CASE(find)
{
    enum { OBJECTS = 25 };
    CK_OBJECT_HANDLE made[OBJECTS], found[OBJECTS + 5];
    CK_ULONG count, sum = 0;
    CK_ATTRIBUTE with[] = {
        ATTRIBUTE(CKA_CLASS, data_object), ATTRIBUTE(CKA_TOKEN, no), TEXT(CKA_LABEL, "one of many"),
    };
    CK_SESSION_HANDLE s = begin();

    for (int i = 0; i < OBJECTS; i++)
        OK(p11->C_CreateObject(s, with, COUNT(with), &made[i]));
    OK(p11->C_FindObjectsInit(s, with + 2, 1));
    IS(p11->C_FindObjectsInit(s, with + 2, 1), CKR_OPERATION_ACTIVE);
    memset(found, 0xA5, sizeof found);
    OK(p11->C_FindObjects(s, found, 10, &count));
    CHECK_INT(count, 10);
    CHECK_INT(found[10], 0xA5A5A5A5A5A5A5A5);
    OK(p11->C_FindObjects(s, found + 10, OBJECTS - 5, &count));
    CHECK_INT(count, OBJECTS - 10);
    CHECK_INT(found[OBJECTS], 0xA5A5A5A5A5A5A5A5);
    OK(p11->C_FindObjects(s, found + OBJECTS, 5, &count));
    CHECK_INT(count, 0);
    OK(p11->C_FindObjectsFinal(s));
    IS(p11->C_FindObjects(s, found, 1, &count), CKR_OPERATION_NOT_INITIALIZED);
    for (int i = 0; i < OBJECTS; i++)
        sum += found[i] - made[i];
    CHECK_INT(sum, 0);
}

CASE(wrap)
{
    CK_BYTE secret[32], wrapped[512], back[64];
    CK_MECHANISM key_wrap = {CKM_AES_KEY_WRAP, NULL, 0}, pkcs = {CKM_RSA_PKCS, NULL, 0};
    CK_RSA_PKCS_OAEP_PARAMS oaep_with = {CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, NULL, 0};
    CK_MECHANISM oaep = {CKM_RSA_PKCS_OAEP, &oaep_with, sizeof oaep_with};
    CK_ATTRIBUTE with[] = {
        ATTRIBUTE(CKA_CLASS, secret_key), ATTRIBUTE(CKA_KEY_TYPE, generic_secret), ATTRIBUTE(CKA_TOKEN, no),
        ATTRIBUTE(CKA_SENSITIVE, no),     ATTRIBUTE(CKA_EXTRACTABLE, yes),
    };
    CK_OBJECT_HANDLE unwrapped, public, private;
    CK_ULONG size, asked = 1;
    CK_SESSION_HANDLE s = begin();

    for (int i = 0; i < 32; i++)
        secret[i] = (CK_BYTE)i;
    CK_OBJECT_HANDLE kek = import_key(s, aes, (CK_BYTE *)"0123456789abcdef", 16);
    CK_OBJECT_HANDLE key = import_key(s, generic_secret, secret, sizeof secret);
    OK(p11->C_WrapKey(s, &key_wrap, kek, key, NULL, &asked));
    CHECK_INT(asked, 40);
    size = 39;
    IS(p11->C_WrapKey(s, &key_wrap, kek, key, wrapped, &size), CKR_BUFFER_TOO_SMALL);
    CHECK_INT(size, 40);
    OK(p11->C_WrapKey(s, &key_wrap, kek, key, wrapped, &size));
    OK(p11->C_UnwrapKey(s, &key_wrap, kek, wrapped, size, with, COUNT(with), &unwrapped));
    CHECK_INT(key_value(s, unwrapped, back, sizeof back), 32);
    CHECK_BYTES(back, secret, 32);
    wrapped[5] ^= 1;
    note("changed: %s", status_name(p11->C_UnwrapKey(s, &key_wrap, kek, wrapped, size, with, COUNT(with), &unwrapped)));

    generate_rsa(s, &public, &private);
    CK_MECHANISM *both[] = {&pkcs, &oaep};
    for (int i = 0; i < 2; i++) {
        size = sizeof wrapped;
        OK(p11->C_WrapKey(s, both[i], public, key, wrapped, &size));
        CHECK_INT(size, 256);
        OK(p11->C_UnwrapKey(s, both[i], private, wrapped, size, with, COUNT(with), &unwrapped));
        CHECK_INT(key_value(s, unwrapped, back, sizeof back), 32);
        CHECK_BYTES(back, secret, 32);
    }
}

CASE(wrap_template)
{
    CK_MECHANISM key_wrap = {CKM_AES_KEY_WRAP, NULL, 0}, how = {CKM_AES_KEY_GEN, NULL, 0};
    CK_ULONG length = 16, size = 64;
    CK_BYTE wrapped[64], secret[16] = "sixteen letters";
    CK_ATTRIBUTE only[] = {ATTRIBUTE(CKA_KEY_TYPE, aes), ATTRIBUTE(CKA_EXTRACTABLE, yes)};
    CK_ATTRIBUTE with[] = {
        ATTRIBUTE(CKA_TOKEN, no), ATTRIBUTE(CKA_WRAP, yes), ATTRIBUTE(CKA_VALUE_LEN, length),
        ATTRIBUTE(CKA_WRAP_TEMPLATE, only), BYTES(CKA_UNWRAP_TEMPLATE, NULL, 0),
    };
    CK_OBJECT_HANDLE kek;
    CK_SESSION_HANDLE s = begin();

    OK(p11->C_GenerateKey(s, &how, with, COUNT(with), &kek));
    CK_OBJECT_HANDLE good = import_key(s, aes, secret, sizeof secret);
    CK_OBJECT_HANDLE bad = import_key(s, generic_secret, secret, sizeof secret);
    OK(p11->C_WrapKey(s, &key_wrap, kek, good, wrapped, &size));
    CHECK_INT(size, 24);
    size = sizeof wrapped;
    IS(p11->C_WrapKey(s, &key_wrap, kek, bad, wrapped, &size), CKR_KEY_NOT_WRAPPABLE);

    CK_ATTRIBUTE ask = BYTES(CKA_WRAP_TEMPLATE, NULL, 0);
    OK(p11->C_GetAttributeValue(s, kek, &ask, 1));
    CHECK_INT(ask.ulValueLen, sizeof only);
    CK_ATTRIBUTE inner[2] = {{0, NULL, 0}, {0, NULL, 0}};
    ask.pValue = inner;
    CK_RV status = p11->C_GetAttributeValue(s, kek, &ask, 1);
    note("lengths of the template: %s, %lu bytes", status_name(status), ask.ulValueLen);
    for (int i = 0; i < 2; i++)
        note("%#lx: %ld", inner[i].type, (long)inner[i].ulValueLen);
    CK_BYTE values[2][8] = {{0xA5}, {0xA5}};
    for (int i = 0; i < 2; i++) {
        inner[i].pValue = values[i];
        inner[i].ulValueLen = sizeof values[i];
    }
    ask.ulValueLen = sizeof inner;
    status = p11->C_GetAttributeValue(s, kek, &ask, 1);
    note("template: %s, %lu bytes", status_name(status), ask.ulValueLen);
    for (int i = 0; i < 2; i++) {
        CHECK(inner[i].pValue == values[i]);
        note("%#lx: %ld, %#x", inner[i].type, (long)inner[i].ulValueLen, values[i][0]);
    }
    ask.ulValueLen = sizeof only - 1;
    note("too small: %s", status_name(p11->C_GetAttributeValue(s, kek, &ask, 1)));
    CHECK_INT(ask.ulValueLen, UNAVAILABLE);
}

CASE(derive)
{
    CK_OBJECT_HANDLE public[2], private[2], derived;
    CK_BYTE point[2][80], secret[2][32];
    CK_ULONG length = 32, none = 0;
    CK_ATTRIBUTE with[] = {
        ATTRIBUTE(CKA_CLASS, secret_key), ATTRIBUTE(CKA_KEY_TYPE, generic_secret), ATTRIBUTE(CKA_TOKEN, no),
        ATTRIBUTE(CKA_SENSITIVE, no),     ATTRIBUTE(CKA_EXTRACTABLE, yes),         ATTRIBUTE(CKA_VALUE_LEN, length),
    };
    CK_SESSION_HANDLE s = begin();

    for (int i = 0; i < 2; i++)
        generate_p256(s, &public[i], &private[i]);
    for (int i = 0; i < 2; i++) {
        CK_ATTRIBUTE ask = BYTES(CKA_EC_POINT, point[i], sizeof point[i]);
        OK(p11->C_GetAttributeValue(s, public[1 - i], &ask, 1));
        CHECK_INT(ask.ulValueLen, 67);
        CK_ECDH1_DERIVE_PARAMS other = {CKD_NULL, 0, NULL, ask.ulValueLen, point[i]};
        CK_MECHANISM ecdh = {CKM_ECDH1_DERIVE, &other, sizeof other};
        OK(p11->C_DeriveKey(s, &ecdh, private[i], with, COUNT(with), &derived));
        CHECK_INT(key_value(s, derived, secret[i], 32), 32);
        other.kdf = CKD_SHA1_KDF;
        note("with SHA-1: %s", status_name(p11->C_DeriveKey(s, &ecdh, private[i], with, COUNT(with), &derived)));
        other.pPublicData = NULL, other.ulPublicDataLen = none;
        note("no point: %s", status_name(p11->C_DeriveKey(s, &ecdh, private[i], with, COUNT(with), &derived)));
    }
    CHECK_BYTES(secret[0], secret[1], 32);

    CK_BYTE key[16], data[16], want[16], got[16];
    from_hex("2b7e151628aed2a6abf7158809cf4f3c", key);
    from_hex("6bc1bee22e409f96e93d7e117393172a", data);
    CK_OBJECT_HANDLE base = import_key(s, aes, key, sizeof key);
    CK_KEY_DERIVATION_STRING_DATA text = {data, sizeof data};
    CK_AES_CBC_ENCRYPT_DATA_PARAMS chained = {{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, data, sizeof data};
    CK_MECHANISM ecb = {CKM_AES_ECB_ENCRYPT_DATA, &text, sizeof text};
    CK_MECHANISM cbc = {CKM_AES_CBC_ENCRYPT_DATA, &chained, sizeof chained};
    length = 16;
    OK(p11->C_DeriveKey(s, &ecb, base, with, COUNT(with), &derived));
    CHECK_INT(key_value(s, derived, got, 16), 16);
    from_hex("3ad77bb40d7a3660a89ecaf32466ef97", want);
    CHECK_BYTES(got, want, 16);
    OK(p11->C_DeriveKey(s, &cbc, base, with, COUNT(with), &derived));
    CHECK_INT(key_value(s, derived, got, 16), 16);
    from_hex("7649abac8119b246cee98e9b12e9197d", want);
    CHECK_BYTES(got, want, 16);
}
