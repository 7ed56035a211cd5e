/* The cost of single PKCS#11 calls in a program: medians over many, in nanoseconds.
 *
 *   PKCS11_MODULE=/path/to/module.so bench [ROUNDS]         (2000)
 */
#include "bench.h"

static CK_BYTE data[65536], result[512];
static uint64_t *times;
static unsigned rounds = 2000;

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* Warm-up: a tenth of the rounds, not counted. */
static void measure(const char *name, void (*call)(void))
{
    for (unsigned i = 0; i < rounds + rounds / 10; i++) {
        uint64_t start = now();
        call();
        times[i % rounds] = now() - start;
    }
    qsort(times, rounds, sizeof *times, compare);
    printf("%s %llu\n", name, (unsigned long long)times[rounds / 2]);
    fflush(stdout);
}

static void open_and_close(void)
{
    CK_SESSION_HANDLE other;
    CALL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &other));
    CALL(p11->C_CloseSession(other));
}

static void session_info(void)
{
    CK_SESSION_INFO info;
    CALL(p11->C_GetSessionInfo(s, &info));
}

static void digest(CK_ULONG size)
{
    CK_MECHANISM how = {CKM_SHA256, NULL, 0};
    CK_ULONG length = sizeof result;
    CALL(p11->C_DigestInit(s, &how));
    CALL(p11->C_Digest(s, data, size, result, &length));
}

static void digest_32(void)
{
    digest(32);
}

static void digest_64k(void)
{
    digest(sizeof data);
}

static CK_OBJECT_HANDLE rsa_key, ec_key, hmac_key;

static void sign(CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key)
{
    CK_MECHANISM how = {type, NULL, 0};
    CK_ULONG length = sizeof result;
    CALL(p11->C_SignInit(s, &how, key));
    CALL(p11->C_Sign(s, data, 32, result, &length));
}

static void sign_rsa(void)
{
    sign(CKM_RSA_PKCS, rsa_key);
}

static void sign_ecdsa(void)
{
    sign(CKM_ECDSA, ec_key);
}

static void sign_hmac(void)
{
    sign(CKM_SHA256_HMAC, hmac_key);
}

static void random_32(void)
{
    CALL(p11->C_GenerateRandom(s, result, 32));
}

static void make_keys(void)
{
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG bits = 2048, length = 32;
    CK_OBJECT_HANDLE public;
    CK_BYTE exponent[] = {1, 0, 1}, curve[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    CK_KEY_TYPE generic = CKK_GENERIC_SECRET;
    CK_ATTRIBUTE of_rsa[] = {{CKA_TOKEN, &no, 1}, {CKA_MODULUS_BITS, &bits, sizeof bits}, {CKA_PUBLIC_EXPONENT, exponent, 3}};
    CK_ATTRIBUTE of_ec[] = {{CKA_TOKEN, &no, 1}, {CKA_EC_PARAMS, curve, sizeof curve}};
    CK_ATTRIBUTE signs[] = {{CKA_TOKEN, &no, 1}, {CKA_SIGN, &yes, 1}};
    CK_ATTRIBUTE of_hmac[] = {{CKA_TOKEN, &no, 1}, {CKA_SIGN, &yes, 1}, {CKA_VALUE_LEN, &length, sizeof length},
                              {CKA_KEY_TYPE, &generic, sizeof generic}};
    CK_MECHANISM rsa = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0}, ec = {CKM_EC_KEY_PAIR_GEN, NULL, 0};
    CK_MECHANISM secret = {CKM_GENERIC_SECRET_KEY_GEN, NULL, 0};
    CALL(p11->C_GenerateKeyPair(s, &rsa, of_rsa, 3, signs, 2, &public, &rsa_key));
    CALL(p11->C_GenerateKeyPair(s, &ec, of_ec, 2, signs, 2, &public, &ec_key));
    CALL(p11->C_GenerateKey(s, &secret, of_hmac, 4, &hmac_key));
}

int main(int argc, char **argv)
{
    if (argc > 1)
        rounds = (unsigned)strtoul(argv[1], NULL, 10);
    times = calloc(rounds, sizeof *times);
    if (rounds == 0 || !times)
        return 2;
    load();
    log_in();
    make_keys();
    measure("session_info", session_info);
    measure("open_close", open_and_close);
    measure("random_32", random_32);
    measure("digest_32", digest_32);
    measure("digest_64k", digest_64k);
    measure("sign_hmac", sign_hmac);
    measure("sign_ecdsa", sign_ecdsa);
    measure("sign_rsa", sign_rsa);
    CALL(p11->C_Finalize(NULL));
    return 0;
}
