/* Digests, ciphers, signatures, random numbers: known answers, several parts, lengths. */
#include "client.h"

static const char *abc_digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

CASE(digest)
{
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
    CK_BYTE want[32], got[64], *abc = (CK_BYTE *)"abc";
    CK_ULONG size;
    CK_SESSION_HANDLE s = begin();

    from_hex(abc_digest, want);
    OK(p11->C_DigestInit(s, &sha256));
    IS(p11->C_DigestInit(s, &sha256), CKR_OPERATION_ACTIVE);
    size = 0xDEADBEEFDEADBEEF; /* of no meaning in a query */
    OK(p11->C_Digest(s, abc, 3, NULL, &size));
    CHECK_INT(size, 32);
    memset(got, 0xA5, sizeof got);
    size = 31;
    IS(p11->C_Digest(s, abc, 3, got, &size), CKR_BUFFER_TOO_SMALL);
    CHECK_INT(size, 32);
    CHECK_INT(got[0], 0xA5);
    CHECK_INT(got[30], 0xA5);
    size = sizeof got;
    OK(p11->C_Digest(s, abc, 3, got, &size));
    CHECK_INT(size, 32);
    CHECK_BYTES(got, want, 32);
    CHECK_INT(got[32], 0xA5);
    CHECK_INT(got[63], 0xA5);
    IS(p11->C_Digest(s, abc, 3, got, &size), CKR_OPERATION_NOT_INITIALIZED);

    OK(p11->C_DigestInit(s, &sha256));
    for (int i = 0; i < 3; i++)
        OK(p11->C_DigestUpdate(s, abc + i, 1));
    size = 0;
    OK(p11->C_DigestFinal(s, NULL, &size));
    CHECK_INT(size, 32);
    size = 5;
    IS(p11->C_DigestFinal(s, got, &size), CKR_BUFFER_TOO_SMALL);
    CHECK_INT(size, 32);
    memset(got, 0, sizeof got);
    OK(p11->C_DigestFinal(s, got, &size));
    CHECK_BYTES(got, want, 32);
}

CASE(digest_large)
{
    enum { SIZE = 5000000, PART = 777777 };
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
    CK_BYTE *data = malloc(SIZE), whole[32], parts[32], empty[32], want[32];
    CK_ULONG size = sizeof whole;
    CK_SESSION_HANDLE s = begin();

    CHECK(data);
    for (size_t i = 0; i < SIZE; i++)
        data[i] = (CK_BYTE)(i * 2654435761u >> 24);
    OK(p11->C_DigestInit(s, &sha256));
    OK(p11->C_Digest(s, data, SIZE, whole, &size));
    OK(p11->C_DigestInit(s, &sha256));
    for (size_t at = 0; at < SIZE; at += PART)
        OK(p11->C_DigestUpdate(s, data + at, SIZE - at < PART ? SIZE - at : PART));
    OK(p11->C_DigestFinal(s, parts, &size));
    CHECK_BYTES(parts, whole, 32);
    OK(p11->C_DigestInit(s, &sha256));
    OK(p11->C_DigestFinal(s, empty, &size));
    from_hex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", want);
    CHECK_BYTES(empty, want, 32);
    free(data);
}

CASE(aes_cbc)
{
    CK_BYTE key[16], iv[16], plain[16], want[16], got[64], back[64];
    CK_MECHANISM cbc = {CKM_AES_CBC, iv, sizeof iv}, pad = {CKM_AES_CBC_PAD, iv, sizeof iv};
    CK_ULONG size, more;
    CK_SESSION_HANDLE s = begin();

    from_hex("2b7e151628aed2a6abf7158809cf4f3c", key);
    from_hex("000102030405060708090a0b0c0d0e0f", iv);
    from_hex("6bc1bee22e409f96e93d7e117393172a", plain);
    from_hex("7649abac8119b246cee98e9b12e9197d", want);
    CK_OBJECT_HANDLE k = import_key(s, aes, key, sizeof key);
    OK(p11->C_EncryptInit(s, &cbc, k));
    OK(p11->C_Encrypt(s, plain, 16, NULL, &size));
    CHECK_INT(size, 16);
    size = 8;
    IS(p11->C_Encrypt(s, plain, 16, got, &size), CKR_BUFFER_TOO_SMALL);
    CHECK_INT(size, 16);
    OK(p11->C_Encrypt(s, plain, 16, got, &size));
    CHECK_BYTES(got, want, 16);
    memcpy(got, plain, 16); /* in place */
    OK(p11->C_EncryptInit(s, &cbc, k));
    OK(p11->C_Encrypt(s, got, 16, got, &size));
    CHECK_BYTES(got, want, 16);
    OK(p11->C_DecryptInit(s, &cbc, k));
    OK(p11->C_Decrypt(s, got, 16, back, &size));
    CHECK_BYTES(back, plain, 16);

    OK(p11->C_EncryptInit(s, &pad, k)); /* 21 bytes become 32 */
    size = sizeof got;
    OK(p11->C_EncryptUpdate(s, (CK_BYTE *)"twenty-one bytes long", 21, got, &size));
    more = sizeof got - size;
    OK(p11->C_EncryptFinal(s, got + size, &more));
    CHECK_INT(size + more, 32);
    OK(p11->C_DecryptInit(s, &pad, k));
    size = sizeof back;
    OK(p11->C_DecryptUpdate(s, got, 32, back, &size));
    more = sizeof back - size;
    OK(p11->C_DecryptFinal(s, back + size, &more));
    CHECK_INT(size + more, 21);
    CHECK_BYTES(back, "twenty-one bytes long", 21);

    cbc.ulParameterLen = 3;
    note("short vector: %s", status_name(p11->C_EncryptInit(s, &cbc, k)));
    cbc = (CK_MECHANISM){CKM_AES_CBC, NULL, 0};
    note("no vector: %s", status_name(p11->C_EncryptInit(s, &cbc, k)));
    cbc.mechanism = 0x87654321;
    IS(p11->C_EncryptInit(s, &cbc, k), CKR_MECHANISM_INVALID);
}

CASE(aes_gcm)
{
    CK_BYTE key[16], iv[12], aad[20], plain[60], want[76], got[128], back[128];
    CK_GCM_PARAMS with = {iv, sizeof iv, 8 * sizeof iv, aad, sizeof aad, 128};
    CK_MECHANISM gcm = {CKM_AES_GCM, &with, sizeof with};
    CK_ULONG size;
    CK_SESSION_HANDLE s = begin();

    from_hex("feffe9928665731c6d6a8f9467308308", key);
    from_hex("cafebabefacedbaddecaf888", iv);
    from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2", aad);
    from_hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
             "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39", plain);
    from_hex("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84aa05"
             "1ba30b396a0aac973d58e0915bc94fbc3221a5db94fae95ae7121a47", want);
    CK_OBJECT_HANDLE k = import_key(s, aes, key, sizeof key);
    OK(p11->C_EncryptInit(s, &gcm, k));
    memset(iv, 0, sizeof iv); /* read at once: the parameter belongs to the program after the call */
    memset(aad, 0, sizeof aad);
    size = sizeof got;
    OK(p11->C_Encrypt(s, plain, sizeof plain, got, &size));
    CHECK_INT(size, sizeof want);
    CHECK_BYTES(got, want, sizeof want);

    from_hex("cafebabefacedbaddecaf888", iv);
    from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2", aad);
    OK(p11->C_DecryptInit(s, &gcm, k));
    size = sizeof back;
    OK(p11->C_Decrypt(s, want, sizeof want, back, &size));
    CHECK_INT(size, sizeof plain);
    CHECK_BYTES(back, plain, sizeof plain);

    aad[0] ^= 1;
    OK(p11->C_DecryptInit(s, &gcm, k));
    size = sizeof back;
    note("other data: %s", status_name(p11->C_Decrypt(s, want, sizeof want, back, &size)));
    with.pAAD = NULL, with.ulAADLen = 0;
    OK(p11->C_EncryptInit(s, &gcm, k));
    size = sizeof got;
    OK(p11->C_Encrypt(s, plain, sizeof plain, got, &size));
    CHECK_BYTES(got, want, sizeof plain); /* the same text, another tag */
    CHECK(memcmp(got + 60, want + 60, 16) != 0);
    gcm.ulParameterLen = sizeof with - 8;
    note("shorter struct: %s", status_name(p11->C_EncryptInit(s, &gcm, k)));
    gcm.pParameter = NULL, gcm.ulParameterLen = 0;
    note("no struct: %s", status_name(p11->C_EncryptInit(s, &gcm, k)));
}

/* Signs and verifies 32 bytes, and sees that a changed signature fails. Returns the length of the signature. */
static CK_ULONG sign_and_verify(CK_SESSION_HANDLE s, CK_MECHANISM *how, CK_OBJECT_HANDLE with, CK_OBJECT_HANDLE against)
{
    CK_BYTE data[32], signature[512];
    CK_ULONG size, asked = 0;
    memset(data, 7, sizeof data);
    OK(p11->C_SignInit(s, how, with));
    OK(p11->C_Sign(s, data, sizeof data, NULL, &asked));
    size = 3;
    IS(p11->C_Sign(s, data, sizeof data, signature, &size), CKR_BUFFER_TOO_SMALL);
    CHECK_INT(size, asked);
    OK(p11->C_Sign(s, data, sizeof data, signature, &size));
    OK(p11->C_VerifyInit(s, how, against));
    OK(p11->C_Verify(s, data, sizeof data, signature, size));
    signature[size - 1] ^= 1;
    OK(p11->C_VerifyInit(s, how, against));
    IS(p11->C_Verify(s, data, sizeof data, signature, size), CKR_SIGNATURE_INVALID);
    OK(p11->C_VerifyInit(s, how, against));
    IS(p11->C_Verify(s, data, sizeof data, signature, size - 1), CKR_SIGNATURE_LEN_RANGE);
    return size;
}

CASE(rsa_signatures)
{
    CK_RSA_PKCS_PSS_PARAMS with = {CKM_SHA256, CKG_MGF1_SHA256, 32};
    CK_MECHANISM pkcs = {CKM_SHA256_RSA_PKCS, NULL, 0}, raw = {CKM_RSA_PKCS, NULL, 0};
    CK_MECHANISM pss = {CKM_SHA256_RSA_PKCS_PSS, &with, sizeof with}, raw_pss = {CKM_RSA_PKCS_PSS, &with, sizeof with};
    CK_OBJECT_HANDLE public, private;
    CK_BYTE signature[256], again[256];
    CK_ULONG size = sizeof signature;
    CK_SESSION_HANDLE s = begin();

    generate_rsa(s, &public, &private);
    CHECK_INT(sign_and_verify(s, &pkcs, private, public), 256);
    CHECK_INT(sign_and_verify(s, &raw, private, public), 256);
    CHECK_INT(sign_and_verify(s, &pss, private, public), 256);
    CHECK_INT(sign_and_verify(s, &raw_pss, private, public), 256);

    OK(p11->C_SignInit(s, &pkcs, private));
    OK(p11->C_Sign(s, (CK_BYTE *)"in parts", 8, signature, &size));
    OK(p11->C_SignInit(s, &pkcs, private));
    OK(p11->C_SignUpdate(s, (CK_BYTE *)"in ", 3));
    OK(p11->C_SignUpdate(s, (CK_BYTE *)"parts", 5));
    OK(p11->C_SignFinal(s, again, &size));
    CHECK_BYTES(again, signature, sizeof signature);
    OK(p11->C_VerifyInit(s, &pkcs, public));
    OK(p11->C_VerifyUpdate(s, (CK_BYTE *)"in parts", 8));
    OK(p11->C_VerifyFinal(s, signature, size));
    with.hashAlg = CKM_MD5;
    note("another digest: %s", status_name(p11->C_SignInit(s, &pss, private)));
    note("recover: %s", status_name(p11->C_SignRecoverInit(s, &raw, private)));
}

CASE(rsa_oaep)
{
    CK_RSA_PKCS_OAEP_PARAMS with = {CKM_SHA_1, CKG_MGF1_SHA1, CKZ_DATA_SPECIFIED, NULL, 0};
    CK_MECHANISM oaep = {CKM_RSA_PKCS_OAEP, &with, sizeof with};
    CK_OBJECT_HANDLE public, private;
    CK_BYTE secret[] = "forty-two", got[256], back[256];
    CK_ULONG size = sizeof got;
    CK_SESSION_HANDLE s = begin();

    generate_rsa(s, &public, &private);
    OK(p11->C_EncryptInit(s, &oaep, public));
    OK(p11->C_Encrypt(s, secret, sizeof secret, got, &size));
    CHECK_INT(size, 256);
    OK(p11->C_DecryptInit(s, &oaep, private));
    size = sizeof back;
    OK(p11->C_Decrypt(s, got, 256, back, &size));
    CHECK_INT(size, sizeof secret);
    CHECK_BYTES(back, secret, sizeof secret);
    with.pSourceData = secret, with.ulSourceDataLen = sizeof secret;
    note("with a label: %s", status_name(p11->C_EncryptInit(s, &oaep, public)));
    with.source = 77;
    note("another source: %s", status_name(p11->C_EncryptInit(s, &oaep, public)));
    oaep.pParameter = NULL, oaep.ulParameterLen = 0;
    note("no struct: %s", status_name(p11->C_EncryptInit(s, &oaep, public)));
}

CASE(other_signatures)
{
    CK_BYTE curve[] = {0x13, 0x0c, 'e', 'd', 'w', 'a', 'r', 'd', 's', '2', '5', '5', '1', '9'};
    CK_MECHANISM ecdsa = {CKM_ECDSA, NULL, 0}, hmac = {CKM_SHA256_HMAC, NULL, 0}, eddsa = {CKM_EDDSA, NULL, 0};
    CK_MECHANISM edwards = {CKM_EC_EDWARDS_KEY_PAIR_GEN, NULL, 0};
    CK_ATTRIBUTE of_public[] = {ATTRIBUTE(CKA_TOKEN, no), ATTRIBUTE(CKA_EC_PARAMS, curve), ATTRIBUTE(CKA_VERIFY, yes)};
    CK_ATTRIBUTE of_private[] = {ATTRIBUTE(CKA_TOKEN, no), ATTRIBUTE(CKA_SIGN, yes)};
    CK_OBJECT_HANDLE public, private;
    CK_BYTE key[32] = "known", mac[32], want[32];
    CK_ULONG size = sizeof mac;
    CK_SESSION_HANDLE s = begin();

    generate_p256(s, &public, &private);
    CHECK_INT(sign_and_verify(s, &ecdsa, private, public), 64);
    CK_RV status = p11->C_GenerateKeyPair(s, &edwards, of_public, COUNT(of_public), of_private, COUNT(of_private),
                                          &public, &private);
    note("Ed25519: %s", status_name(status));
    if (status == CKR_OK)
        CHECK_INT(sign_and_verify(s, &eddsa, private, public), 64);
    CK_OBJECT_HANDLE k = import_key(s, generic_secret, key, sizeof key);
    CHECK_INT(sign_and_verify(s, &hmac, k, k), 32);
    OK(p11->C_SignInit(s, &hmac, k));
    OK(p11->C_Sign(s, (CK_BYTE *)"abc", 3, mac, &size));
    from_hex("2aba0cd2cdd4903fe9e0d26b3c07aa8f4720bc633e68dbe7a3185194ad1dde73", want);
    CHECK_BYTES(mac, want, sizeof want);
}

CASE(random)
{
    CK_BYTE a[1000] = {0}, b[1000] = {0};
    CK_SESSION_HANDLE s = begin();
    OK(p11->C_SeedRandom(s, (CK_BYTE *)"seed", 4));
    OK(p11->C_GenerateRandom(s, a, 999));
    OK(p11->C_GenerateRandom(s, b, 999));
    CHECK(memcmp(a, b, 999) != 0);
    CHECK_INT(a[999], 0);
    note("none: %s", status_name(p11->C_GenerateRandom(s, a, 0)));
}

CASE(two_at_once)
{
    CK_BYTE part[16] = {0}, out[32];
    CK_ULONG size = sizeof out;
    CK_SESSION_HANDLE s = begin();
    note("digest and encrypt: %s", status_name(p11->C_DigestEncryptUpdate(s, part, 16, out, &size)));
    note("decrypt and digest: %s", status_name(p11->C_DecryptDigestUpdate(s, part, 16, out, &size)));
    note("sign and encrypt: %s", status_name(p11->C_SignEncryptUpdate(s, part, 16, out, &size)));
    note("decrypt and verify: %s", status_name(p11->C_DecryptVerifyUpdate(s, part, 16, out, &size)));
}
