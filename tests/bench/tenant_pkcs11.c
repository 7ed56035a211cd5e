/* A tenant of a token that others want, too: threads that sign, with an RSA key of 2048 bits that the program makes for itself.
 *
 *   PKCS11_MODULE=/path/to/module.so tenant calibrate      signatures that one thread makes in a microsecond
 *   PKCS11_MODULE=/path/to/module.so tenant KIND SECONDS RATE
 *
 * KIND   few    4 threads
 *        many   16 threads
 *
 * Prints a line for each second of the monotonic clock, with the time that one thread alone would take for its signatures:
 *
 *   second 1234 work_us 998000
 */
#include <pthread.h>
#include <stdatomic.h>

#include "../pkcs11/bench.h"

#define MANY 16

static CK_OBJECT_HANDLE key, public;
static uint64_t end;
static atomic_ullong signatures;

static void sign(CK_SESSION_HANDLE with)
{
    CK_BYTE data[32] = {1}, result[512];
    CK_MECHANISM how = {CKM_RSA_PKCS, NULL, 0};
    CK_ULONG length = sizeof result;
    CALL(p11->C_SignInit(with, &how, key));
    CALL(p11->C_Sign(with, data, sizeof data, result, &length));
    CALL(p11->C_VerifyInit(with, &how, public));
    CALL(p11->C_Verify(with, data, sizeof data, result, length));
}

static void *signs(void *unused)
{
    CK_SESSION_HANDLE own;
    CALL(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &own));
    while (now() < end) {
        sign(own);
        atomic_fetch_add(&signatures, 1);
    }
    return unused;
}

static double calibrate(void)
{
    double best = 0;
    for (int i = 0; i < 200; i++) {
        uint64_t before = now();
        sign(s);
        double rate = 1e3 / (double)(now() - before);
        if (rate > best)
            best = rate;
    }
    return best;
}

int main(int argc, char **argv)
{
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_ULONG bits = 2048;
    CK_BYTE exponent[] = {1, 0, 1};
    CK_ATTRIBUTE shown[] = {{CKA_TOKEN, &no, 1}, {CKA_MODULUS_BITS, &bits, sizeof bits}, {CKA_PUBLIC_EXPONENT, exponent, 3}};
    CK_ATTRIBUTE hidden[] = {{CKA_TOKEN, &no, 1}, {CKA_SIGN, &yes, 1}};
    CK_MECHANISM how = {CKM_RSA_PKCS_KEY_PAIR_GEN, NULL, 0};
    pthread_t threads[MANY];

    if (argc < 2 || (argc < 4 && strcmp(argv[1], "calibrate") != 0)) {
        fprintf(stderr, "usage: tenant calibrate | tenant KIND SECONDS RATE; KIND is few or many\n");
        return 2;
    }
    load();
    log_in();
    CALL(p11->C_GenerateKeyPair(s, &how, shown, 3, hidden, 2, &public, &key));
    if (argc < 4) {
        printf("%f\n", calibrate());
        return 0;
    }
    int count = strcmp(argv[1], "many") == 0 ? MANY : 4;
    double rate = atof(argv[3]);
    end = now() + (uint64_t)(atof(argv[2]) * 1e9);
    for (int i = 0; i < count; i++) {
        if (pthread_create(&threads[i], NULL, signs, NULL)) {
            fprintf(stderr, "tenant: no thread\n");
            return 1;
        }
    }
    uint64_t before = 0;
    for (uint64_t second = now() / 1000000000u + 1; second * 1000000000u < end; second++) {
        struct timespec at = {(time_t)second, 0};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
        uint64_t done = atomic_load(&signatures);
        printf("second %llu work_us %.0f\n", (unsigned long long)(second - 1), (double)(done - before) / rate);
        fflush(stdout);
        before = done;
    }
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
    CALL(p11->C_Finalize(NULL));
    return 0;
}
