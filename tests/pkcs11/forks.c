/* Forked children that continue with their parent's state, as SoftHSM allows unless `library.reset_on_fork` is set.
 * Servers and process pools rely on it. A check that fails in a child fails its parent, which waits for it. */
#include "client.h"

#include <fcntl.h>

enum { CHILDREN = 12, MAC = 32 };

static CK_SESSION_HANDLE session;
static CK_OBJECT_HANDLE key;
static CK_MECHANISM hmac = {CKM_SHA256_HMAC, NULL, 0};
static CK_BYTE expected[MAC];

static void sign(CK_BYTE *mac)
{
    CK_ULONG size = MAC;
    OK(p11->C_SignInit(session, &hmac, key));
    OK(p11->C_Sign(session, (CK_BYTE *)"abc", 3, mac, &size));
    CHECK_INT(size, MAC);
}

static void signs(void)
{
    CK_BYTE mac[MAC];
    sign(mac);
    CHECK_BYTES(mac, expected, MAC);
}

static CK_STATE state(void)
{
    CK_SESSION_INFO info;
    OK(p11->C_GetSessionInfo(session, &info));
    return info.state;
}

/* The parent has a session, is logged in, and has a key that lives as long as the session. */
static void prepare(void)
{
    session = begin();
    key = import_key(session, generic_secret, (const CK_BYTE *)"0123456789abcdef0123456789abcdef", 32);
    sign(expected);
}

static bool is_well(pid_t child)
{
    int how;
    return child > 0 && waitpid(child, &how, 0) == child && WIFEXITED(how) && WEXITSTATUS(how) == 0;
}

/* Runs a body in a child, and continues when it has succeeded. */
#define IN_CHILD(body)                                                 \
    do {                                                               \
        pid_t child_ = fork();                                         \
        if (child_ == 0) {                                             \
            body;                                                      \
            _exit(0);                                                  \
        }                                                              \
        CHECK(is_well(child_));                                        \
    } while (0)

FORK_CASE(one_after_the_other)
{
    prepare();
    for (int i = 0; i < 3; i++) {
        IN_CHILD(signs());
        signs();
    }
}

FORK_CASE(all_at_once)
{
    pid_t child[CHILDREN];
    int ready[2], go[2];
    char byte;
    prepare();
    CHECK(pipe(ready) == 0 && pipe(go) == 0);
    for (int i = 0; i < CHILDREN; i++)
        if ((child[i] = fork()) == 0) {
            close(go[1]);
            CHECK(write(ready[1], "r", 1) == 1);
            CHECK(read(go[0], &byte, 1) == 0);
            for (int n = 0; n < 20; n++)
                signs();
            _exit(0);
        }
    for (int i = 0; i < CHILDREN; i++)
        CHECK(read(ready[0], &byte, 1) == 1);
    close(go[1]);
    for (int n = 0; n < 20; n++)
        signs();
    for (int i = 0; i < CHILDREN; i++)
        CHECK(is_well(child[i]));
}

FORK_CASE(in_the_middle_of_an_operation)
{
    CK_BYTE mac[MAC];
    CK_ULONG size = sizeof mac;
    prepare();
    OK(p11->C_SignInit(session, &hmac, key));
    OK(p11->C_SignUpdate(session, (CK_BYTE *)"a", 1));
    IN_CHILD({
        OK(p11->C_SignUpdate(session, (CK_BYTE *)"bc", 2));
        OK(p11->C_SignFinal(session, mac, &size));
        CHECK_BYTES(mac, expected, MAC);
    });
    OK(p11->C_SignUpdate(session, (CK_BYTE *)"bc", 2));
    OK(p11->C_SignFinal(session, mac, &size));
    CHECK_BYTES(mac, expected, MAC);
}

FORK_CASE(what_is_found)
{
    CK_ATTRIBUTE keys = ATTRIBUTE(CKA_CLASS, secret_key);
    CK_OBJECT_HANDLE found;
    CK_ULONG count;
    prepare();
    OK(p11->C_FindObjectsInit(session, &keys, 1));
    IN_CHILD({
        OK(p11->C_FindObjects(session, &found, 1, &count));
        CHECK(count == 1 && found == key);
        OK(p11->C_FindObjectsFinal(session));
    });
    OK(p11->C_FindObjects(session, &found, 1, &count));
    CHECK(count == 1 && found == key);
    OK(p11->C_FindObjectsFinal(session));
}

FORK_CASE(each_logs_out_by_itself)
{
    prepare();
    IN_CHILD({
        OK(p11->C_Logout(session));
        CHECK_INT(state(), CKS_RW_PUBLIC_SESSION);
    });
    CHECK_INT(state(), CKS_RW_USER_FUNCTIONS);
    int go[2];
    char byte;
    CHECK(pipe(go) == 0);
    pid_t child = fork();
    if (child == 0) {
        CHECK(read(go[0], &byte, 1) == 1);
        CHECK_INT(state(), CKS_RW_USER_FUNCTIONS);
        signs();
        _exit(0);
    }
    OK(p11->C_Logout(session));
    CHECK(write(go[1], "g", 1) == 1);
    CHECK(is_well(child));
}

FORK_CASE(each_finalises_by_itself)
{
    prepare();
    IN_CHILD({
        IS(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
        OK(p11->C_Finalize(NULL));
        IS(p11->C_GetSessionInfo(session, &(CK_SESSION_INFO){0}), CKR_CRYPTOKI_NOT_INITIALIZED);
        CK_SESSION_HANDLE own = begin();
        CHECK(own != CK_INVALID_HANDLE);
        OK(p11->C_Finalize(NULL));
    });
    signs();
    OK(p11->C_Finalize(NULL));
    IN_CHILD(IS(p11->C_GetSessionInfo(session, &(CK_SESSION_INFO){0}), CKR_CRYPTOKI_NOT_INITIALIZED));
    IN_CHILD(begin());
}

FORK_CASE(each_closes_and_destroys_by_itself)
{
    prepare();
    IN_CHILD({
        OK(p11->C_DestroyObject(session, key));
        IS(p11->C_SignInit(session, &hmac, key), CKR_OBJECT_HANDLE_INVALID);
        OK(p11->C_CloseAllSessions(token_slot()));
        IS(p11->C_GetSessionInfo(session, &(CK_SESSION_INFO){0}), CKR_SESSION_HANDLE_INVALID);
    });
    signs();
    IN_CHILD(signs());
}

FORK_CASE(children_of_children)
{
    prepare();
    IN_CHILD({
        IN_CHILD(IN_CHILD(signs()));
        signs();
        IN_CHILD(signs());
    });
    signs();
}

static void *fork_and_sign(void *unused)
{
    IN_CHILD(signs());
    signs();
    return unused;
}

FORK_CASE(by_another_thread)
{
    pthread_t thread;
    prepare();
    CHECK(pthread_create(&thread, NULL, fork_and_sign, NULL) == 0);
    pthread_join(thread, NULL);
    signs();
}

static void *sign_in_a_thread(void *of_child)
{
    *(CK_SESSION_HANDLE *)of_child = open_session();
    return of_child;
}

FORK_CASE(threads_of_a_child)
{
    prepare();
    IN_CHILD({
        pthread_t thread[4];
        CK_SESSION_HANDLE opened[4];
        for (int i = 0; i < 4; i++)
            CHECK(pthread_create(&thread[i], NULL, sign_in_a_thread, &opened[i]) == 0);
        for (int i = 0; i < 4; i++) {
            pthread_join(thread[i], NULL);
            OK(p11->C_CloseSession(opened[i]));
        }
        signs();
    });
    signs();
}

/* Like `daemon`: the first process exits, and a grandchild continues for any time. */
FORK_CASE(parents_that_end)
{
    int told[2], asked[2];
    char byte;
    CHECK(pipe(told) == 0 && pipe(asked) == 0);
    pid_t first = fork();
    if (first == 0) {
        close(asked[1]);
        prepare();
        if (fork() != 0)
            _exit(0);
        if (fork() != 0)
            _exit(0);
        setsid();
        signs();
        CHECK(write(told[1], "1", 1) == 1);
        CHECK(read(asked[0], &byte, 1) == 1);
        signs();
        IN_CHILD(signs());
        CHECK(write(told[1], "2", 1) == 1);
        _exit(0);
    }
    CHECK(is_well(first));
    CHECK(read(told[0], &byte, 1) == 1);
    /* Longer than a broker waits for a child to continue an ended program's session. */
    sleep(3);
    CHECK(write(asked[1], "g", 1) == 1);
    close(told[1]);
    CHECK(read(told[0], &byte, 1) == 1 && byte == '2');
}

FORK_CASE(other_programs)
{
    prepare();
    for (int i = 0; i < 5; i++) {
        IN_CHILD(execl("/bin/true", "true", (char *)NULL));
        IN_CHILD((void)0);
        CHECK(system("true") == 0);
    }
    signs();
}

static int open_descriptors(void)
{
    int open = 0;
    for (int number = 3; number < 1024; number++)
        open += fcntl(number, F_GETFD) != -1;
    return open;
}

/* A child that makes calls has only its own and its parent's descriptors; those that its own child inherits keep nothing alive. */
FORK_CASE(descriptors_of_a_child)
{
    const char *transport = getenv("AVA_TRANSPORT");
    /* There each thread has a socket. */
    bool is_exempt = transport && strcmp(transport, "socket") == 0;
    prepare();
    int before = open_descriptors();
    IN_CHILD({
        signs();
        CHECK(is_exempt || open_descriptors() == before);
        IN_CHILD({
            signs();
            CHECK(is_exempt || open_descriptors() == before);
        });
        signs();
    });
    CHECK(open_descriptors() == before);
}

FORK_CASE(random_numbers_differ)
{
    CK_BYTE ours[32], theirs[32];
    int bytes[2];
    prepare();
    CHECK(pipe(bytes) == 0);
    IN_CHILD({
        OK(p11->C_GenerateRandom(session, theirs, sizeof theirs));
        CHECK(write(bytes[1], theirs, sizeof theirs) == sizeof theirs);
    });
    CHECK(read(bytes[0], theirs, sizeof theirs) == sizeof theirs);
    OK(p11->C_GenerateRandom(session, ours, sizeof ours));
    CHECK(memcmp(ours, theirs, sizeof ours) != 0);
}
