/* Threads and processes. */
#include "client.h"

enum { THREADS = 8, ROUNDS = 25 };

static CK_OBJECT_HANDLE shared_key;
static CK_BYTE expected[THREADS][256];

static void sign(CK_SESSION_HANDLE s, CK_BYTE text, CK_BYTE *signature)
{
    CK_MECHANISM how = {CKM_SHA256_RSA_PKCS, NULL, 0};
    CK_ULONG size = 256;
    OK(p11->C_SignInit(s, &how, shared_key));
    OK(p11->C_SignUpdate(s, &text, 1));
    OK(p11->C_SignFinal(s, signature, &size));
    CHECK_INT(size, 256);
}

static void *sign_often(void *number)
{
    CK_BYTE text = (CK_BYTE)(uintptr_t)number, signature[256];
    CK_SESSION_HANDLE s = open_session();
    for (int i = 0; i < ROUNDS; i++) {
        sign(s, text, signature);
        CHECK_BYTES(signature, expected[text], sizeof signature);
    }
    OK(p11->C_CloseSession(s));
    return NULL;
}

CASE(threads)
{
    CK_OBJECT_HANDLE public;
    pthread_t threads[THREADS];
    CK_SESSION_HANDLE s = begin();

    generate_rsa(s, &public, &shared_key);
    for (int i = 0; i < THREADS; i++)
        sign(s, (CK_BYTE)i, expected[i]);
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, sign_often, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

static void *open_and_digest(void *unused)
{
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
    CK_BYTE digest[32];
    for (int i = 0; i < ROUNDS; i++) {
        CK_ULONG size = sizeof digest;
        CK_SESSION_HANDLE s = open_session();
        OK(p11->C_DigestInit(s, &sha256));
        OK(p11->C_Digest(s, digest, sizeof digest, digest, &size));
        OK(p11->C_CloseSession(s));
    }
    return unused;
}

CASE(threads_open)
{
    pthread_t threads[THREADS];
    initialise();
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, open_and_digest, NULL) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
}

/* A failure in a child fails the parent. */
static void join(pid_t child)
{
    int how;
    CHECK(child > 0);
    CHECK(waitpid(child, &how, 0) == child);
    if (!WIFEXITED(how) || WEXITSTATUS(how) != 0)
        _exit(1);
}

/* Needs library.reset_on_fork in the configuration of SoftHSM; then it behaves as 5.4 requires. */
CASE(fork_child_initialises)
{
    CK_SESSION_INFO info;
    CK_SESSION_HANDLE s = begin();
    pid_t child = fork();
    if (child == 0) {
        CK_ULONG count;
        IS(p11->C_GetSlotList(CK_TRUE, NULL, &count), CKR_CRYPTOKI_NOT_INITIALIZED);
        IS(p11->C_GetSessionInfo(s, &info), CKR_CRYPTOKI_NOT_INITIALIZED);
        CK_SESSION_HANDLE own = begin();
        OK(p11->C_GetSessionInfo(own, &info));
        CHECK_INT(info.state, CKS_RW_USER_FUNCTIONS);
        OK(p11->C_Finalize(NULL));
        _exit(0);
    }
    join(child);
    OK(p11->C_GetSessionInfo(s, &info));
    CHECK_INT(info.state, CKS_RW_USER_FUNCTIONS);
}

CASE(fork_before_initialise)
{
    pid_t child = fork();
    if (child == 0) {
        begin();
        OK(p11->C_Finalize(NULL));
        _exit(0);
    }
    join(child); /* not at once: SoftHSM may miss a token whose file another process just writes */
    begin();
}

CASE(token_objects_stay)
{
    CK_ATTRIBUTE with[] = {
        ATTRIBUTE(CKA_CLASS, data_object), ATTRIBUTE(CKA_TOKEN, yes), TEXT(CKA_LABEL, "stays"),
        TEXT(CKA_VALUE, "what was written"),
    };
    CK_OBJECT_HANDLE object;
    CK_ULONG count;
    CK_BYTE value[32];
    pid_t child = fork();
    if (child == 0) {
        OK(p11->C_CreateObject(begin(), with, COUNT(with), &object));
        OK(p11->C_Finalize(NULL));
        _exit(0);
    }
    join(child);
    CK_SESSION_HANDLE s = begin();
    OK(p11->C_FindObjectsInit(s, with + 2, 1));
    OK(p11->C_FindObjects(s, &object, 1, &count));
    CHECK_INT(count, 1);
    OK(p11->C_FindObjectsFinal(s));
    CHECK_INT(key_value(s, object, value, sizeof value), 16);
    CHECK_BYTES(value, "what was written", 16);
    OK(p11->C_DestroyObject(s, object));
}
