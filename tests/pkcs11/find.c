/* Searches that are read in pieces, as most programs do: C_FindObjectsInit, C_FindObjects again and again, C_FindObjectsFinal
 * (5.7). */
#include "client.h"

enum { OBJECTS = 1000, THREADS = 4, UNTOUCHED = 0xA5 };

static CK_OBJECT_HANDLE made[OBJECTS];
static CK_ATTRIBUTE ours = TEXT(CKA_LABEL, "one of very many");

static CK_OBJECT_HANDLE make(CK_SESSION_HANDLE s)
{
    CK_OBJECT_HANDLE object;
    CK_ATTRIBUTE with[] = {ATTRIBUTE(CKA_CLASS, data_object), ATTRIBUTE(CKA_TOKEN, no), ATTRIBUTE(CKA_PRIVATE, no), ours};
    OK(p11->C_CreateObject(s, with, COUNT(with), &object));
    return object;
}

static int by_number(const void *a, const void *b)
{
    CK_OBJECT_HANDLE one = *(const CK_OBJECT_HANDLE *)a, other = *(const CK_OBJECT_HANDLE *)b;
    return one < other ? -1 : one > other;
}

/* A session with many objects, whose handles are in order. */
static CK_SESSION_HANDLE prepare(void)
{
    initialise();
    CK_SESSION_HANDLE s = open_session();
    for (int i = 0; i < OBJECTS; i++)
        made[i] = make(s);
    qsort(made, OBJECTS, sizeof *made, by_number);
    return s;
}

static void search(CK_SESSION_HANDLE s)
{
    OK(p11->C_FindObjectsInit(s, &ours, 1));
}

/* The next objects: as many as are asked for, or the last. SoftHSM has them in order. */
static CK_ULONG take(CK_SESSION_HANDLE s, CK_ULONG from, CK_ULONG most)
{
    CK_OBJECT_HANDLE found[OBJECTS + 2];
    CK_ULONG count = ~0UL, left = OBJECTS - from;
    memset(found, UNTOUCHED, sizeof found);
    OK(p11->C_FindObjects(s, found, most, &count));
    CHECK_INT(count, most < left ? most : left);
    CHECK_BYTES(found, made + from, count * sizeof *found);
    for (CK_BYTE *after = (CK_BYTE *)(found + count); after < (CK_BYTE *)(found + OBJECTS + 2); after++)
        CHECK_INT(*after, UNTOUCHED);
    return from + count;
}

static void take_all(CK_SESSION_HANDLE s, CK_ULONG from, CK_ULONG most)
{
    while (from < OBJECTS)
        from = take(s, from, most);
    take(s, from, most);
}

CASE(find_in_pieces)
{
    CK_ULONG pieces[] = {1, 2, 7, 100, 511, 512, 513, 700, OBJECTS, OBJECTS + 1}, from;
    CK_SESSION_HANDLE s = prepare();
    for (unsigned i = 0; i < COUNT(pieces); i++) {
        search(s);
        take_all(s, 0, pieces[i]);
        /* The end stays the end. */
        take(s, OBJECTS, pieces[i]);
        OK(p11->C_FindObjectsFinal(s));
    }
    /* Of different sizes. */
    search(s);
    from = take(s, 0, 1);
    from = take(s, from, 600);
    from = take(s, from, 3);
    from = take(s, from, 390);
    take_all(s, from, 1);
    OK(p11->C_FindObjectsFinal(s));
    /* A search may end early; the next begins anew, also for other objects. */
    search(s);
    take(s, 0, 3);
    OK(p11->C_FindObjectsFinal(s));
    CK_ATTRIBUTE others = TEXT(CKA_LABEL, "nobody is called so");
    CK_OBJECT_HANDLE found;
    CK_ULONG count;
    OK(p11->C_FindObjectsInit(s, &others, 1));
    OK(p11->C_FindObjects(s, &found, 1, &count));
    CHECK_INT(count, 0);
    OK(p11->C_FindObjectsFinal(s));
}

/* What a search does not get wrong it goes on after. */
CASE(find_with_bad_calls)
{
    CK_OBJECT_HANDLE found = 77;
    CK_ULONG count = 88, from;
    IS(p11->C_FindObjectsInit(1, NULL, 0), CKR_CRYPTOKI_NOT_INITIALIZED);
    IS(p11->C_FindObjects(1, &found, 1, &count), CKR_CRYPTOKI_NOT_INITIALIZED);
    IS(p11->C_FindObjectsFinal(1), CKR_CRYPTOKI_NOT_INITIALIZED);
    CK_SESSION_HANDLE s = prepare(), bad = s + 1000;
    IS(p11->C_FindObjects(s, &found, 1, &count), CKR_OPERATION_NOT_INITIALIZED);
    IS(p11->C_FindObjects(s, &found, 0, &count), CKR_OPERATION_NOT_INITIALIZED);
    IS(p11->C_FindObjectsFinal(s), CKR_OPERATION_NOT_INITIALIZED);
    IS(p11->C_FindObjects(bad, &found, 1, &count), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_FindObjectsFinal(bad), CKR_SESSION_HANDLE_INVALID);
    search(s);
    for (from = 0; from <= 515; from = take(s, from, 103)) {
        IS(p11->C_FindObjects(s, NULL, 1, &count), CKR_ARGUMENTS_BAD);
        IS(p11->C_FindObjects(s, NULL, 0, &count), CKR_ARGUMENTS_BAD);
        IS(p11->C_FindObjects(s, &found, 1, NULL), CKR_ARGUMENTS_BAD);
        IS(p11->C_FindObjects(bad, &found, 1, &count), CKR_SESSION_HANDLE_INVALID);
        IS(p11->C_FindObjectsFinal(bad), CKR_SESSION_HANDLE_INVALID);
        IS(p11->C_FindObjectsInit(s, &ours, 1), CKR_OPERATION_ACTIVE);
        IS(p11->C_FindObjectsInit(s, NULL, 1), CKR_ARGUMENTS_BAD);
        IS(p11->C_DigestInit(s, &(CK_MECHANISM){CKM_SHA256, NULL, 0}), CKR_OPERATION_ACTIVE);
        IS(p11->C_DigestUpdate(s, (CK_BYTE *)"a", 1), CKR_OPERATION_NOT_INITIALIZED);
        CHECK_INT(found, 77);
        CHECK_INT(count, 88);
        /* None is asked for, and none is given. */
        OK(p11->C_FindObjects(s, &found, 0, &count));
        CHECK_INT(found, 77);
        CHECK_INT(count, 0);
        count = 88;
    }
    take_all(s, from, 103);
    OK(p11->C_FindObjectsFinal(s));
    IS(p11->C_FindObjects(s, &found, 1, &count), CKR_OPERATION_NOT_INITIALIZED);
    IS(p11->C_FindObjectsFinal(s), CKR_OPERATION_NOT_INITIALIZED);
}

/* A search may find objects that were destroyed, and miss new ones (5.7, C_FindObjectsInit): SoftHSM makes its list at once. */
CASE(find_while_objects_change)
{
    CK_SESSION_HANDLE s = prepare();
    CK_ULONG from;
    CK_BYTE value;
    CK_ATTRIBUTE ask = BYTES(CKA_CLASS, &value, 0);
    search(s);
    from = take(s, 0, 10);
    OK(p11->C_DestroyObject(s, made[from + 1]));
    OK(p11->C_DestroyObject(s, made[OBJECTS - 1]));
    CK_OBJECT_HANDLE newer = make(s);
    from = take(s, from, 10);
    take_all(s, from, 1);
    OK(p11->C_FindObjectsFinal(s));
    IS(p11->C_GetAttributeValue(s, made[OBJECTS - 1], &ask, 1), CKR_OBJECT_HANDLE_INVALID);
    made[11] = made[OBJECTS - 2];
    made[OBJECTS - 2] = newer;
    made[OBJECTS - 1] = make(s);
    qsort(made, OBJECTS, sizeof *made, by_number);
    search(s);
    take_all(s, 0, 9);
    OK(p11->C_FindObjectsFinal(s));
}

/* Whatever ends a session ends its search, and no other. */
CASE(find_in_sessions_that_end)
{
    CK_SESSION_HANDLE s = prepare(), other = open_session();
    CK_SLOT_ID slots[MANY_SLOTS];
    CK_OBJECT_HANDLE found;
    CK_ULONG count = MANY_SLOTS, from;
    search(s);
    search(other);
    from = take(s, 0, 10);
    take(other, 0, 20);
    OK(p11->C_CloseSession(other));
    IS(p11->C_CloseSession(other), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_FindObjects(other, &found, 1, &count), CKR_SESSION_HANDLE_INVALID);
    other = open_session();
    IS(p11->C_FindObjects(other, &found, 1, &count), CKR_OPERATION_NOT_INITIALIZED);
    from = take(s, from, 10);
    /* Another slot's sessions. */
    count = MANY_SLOTS;
    OK(p11->C_GetSlotList(CK_FALSE, slots, &count));
    for (CK_ULONG i = 0; i < count; i++)
        if (slots[i] != token_slot())
            OK(p11->C_CloseAllSessions(slots[i]));
    from = take(s, from, 10);
    from = take(s, from, 500);
    IS(p11->C_Finalize(&count), CKR_ARGUMENTS_BAD);
    from = take(s, from, 1);
    /* It may or may not be active after this (5.6, C_Login). SoftHSM's is. */
    OK(p11->C_Login(s, CKU_USER, (CK_BYTE *)USER_PIN, strlen(USER_PIN)));
    from = take(s, from, 1);
    IS(p11->C_Login(s, CKU_USER, (CK_BYTE *)USER_PIN, strlen(USER_PIN)), CKR_USER_ALREADY_LOGGED_IN);
    from = take(s, from, 1);
    OK(p11->C_Logout(s));
    from = take(s, from, 1);
    OK(p11->C_CloseAllSessions(token_slot()));
    IS(p11->C_FindObjects(s, &found, 1, &count), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_FindObjectsFinal(s), CKR_SESSION_HANDLE_INVALID);
}

/* The numbers of sessions may begin anew. */
CASE(find_after_the_end)
{
    CK_SESSION_HANDLE s = prepare(), again;
    CK_OBJECT_HANDLE found;
    CK_ULONG count;
    search(s);
    take(s, 0, 10);
    OK(p11->C_Finalize(NULL));
    IS(p11->C_FindObjects(s, &found, 1, &count), CKR_CRYPTOKI_NOT_INITIALIZED);
    IS(p11->C_FindObjectsFinal(s), CKR_CRYPTOKI_NOT_INITIALIZED);
    again = begin();
    note("the same number: %s", again == s ? "yes" : "no");
    IS(p11->C_FindObjects(again, &found, 1, &count), CKR_OPERATION_NOT_INITIALIZED);
    OK(p11->C_FindObjectsInit(again, &ours, 1));
    OK(p11->C_FindObjects(again, &found, 1, &count));
    CHECK_INT(count, 0);
    OK(p11->C_FindObjectsFinal(again));
}

/* Several with one session have the objects in order, each once. They take turns, because SoftHSM crashes when two are in one
 * search at once; with UNLOCKED in the environment they do not. */

static CK_SESSION_HANDLE shared;
static int times[OBJECTS];
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t begins;

static void *find_some(void *most)
{
    CK_OBJECT_HANDLE found[8], last = 0;
    CK_ULONG count;
    bool is_unlocked = getenv("UNLOCKED") != NULL;
    pthread_barrier_wait(&begins);
    do {
        if (!is_unlocked)
            pthread_mutex_lock(&turn);
        OK(p11->C_FindObjects(shared, found, (CK_ULONG)(uintptr_t)most, &count));
        if (is_unlocked)
            pthread_mutex_lock(&turn);
        for (CK_ULONG i = 0; i < count; i++) {
            CK_OBJECT_HANDLE *it = bsearch(&found[i], made, OBJECTS, sizeof *made, by_number);
            CHECK(it != NULL);
            CHECK(found[i] > last);
            last = found[i];
            times[it - made]++;
        }
        pthread_mutex_unlock(&turn);
    } while (count != 0);
    return NULL;
}

static void *find_all(void *unused)
{
    CK_SESSION_HANDLE s = open_session();
    for (int round = 0; round < 3; round++) {
        search(s);
        take_all(s, 0, 1);
        OK(p11->C_FindObjectsFinal(s));
    }
    OK(p11->C_CloseSession(s));
    return unused;
}

CASE(find_by_threads)
{
    pthread_t threads[2 * THREADS];
    shared = prepare();
    search(shared);
    CHECK(pthread_barrier_init(&begins, NULL, THREADS) == 0);
    for (uintptr_t i = 0; i < THREADS; i++) {
        CHECK(pthread_create(&threads[2 * i], NULL, find_some, (void *)(i + 1)) == 0);
        CHECK(pthread_create(&threads[2 * i + 1], NULL, find_all, NULL) == 0);
    }
    for (int i = 0; i < 2 * THREADS; i++)
        pthread_join(threads[i], NULL);
    OK(p11->C_FindObjectsFinal(shared));
    for (int i = 0; i < OBJECTS; i++)
        CHECK_INT(times[i], 1);
}

/* Forks. */

static void end_well(pid_t child)
{
    int how;
    CHECK(child > 0 && waitpid(child, &how, 0) == child && WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

/* Needs `library.reset_on_fork`: the child has nothing, also nothing that was found before. */
CASE(find_in_a_new_child)
{
    CK_SESSION_HANDLE s = prepare();
    CK_OBJECT_HANDLE found;
    CK_ULONG count, from;
    search(s);
    from = take(s, 0, 10);
    pid_t child = fork();
    if (child == 0) {
        IS(p11->C_FindObjects(s, &found, 1, &count), CKR_CRYPTOKI_NOT_INITIALIZED);
        _exit(0);
    }
    end_well(child);
    take_all(s, from, 10);
}

FORK_CASE(in_the_middle_of_a_search)
{
    CK_SESSION_HANDLE s = prepare();
    CK_ULONG from;
    search(s);
    from = take(s, 0, 10);
    for (int i = 0; i < 2; i++) {
        pid_t child = fork();
        if (child == 0) {
            from = take(s, from, 1);
            pid_t its = fork();
            if (its == 0) {
                take_all(s, from, 100);
                OK(p11->C_FindObjectsFinal(s));
                search(s);
                take_all(s, 0, 300);
                _exit(0);
            }
            take_all(s, from, 7);
            end_well(its);
            OK(p11->C_FindObjectsFinal(s));
            _exit(0);
        }
        from = take(s, from, 10);
        end_well(child);
    }
    /* One that makes its first call after its own fork. */
    pid_t child = fork();
    if (child == 0) {
        pid_t its = fork();
        if (its == 0) {
            take_all(s, from, 1);
            _exit(0);
        }
        take_all(s, from, 1);
        end_well(its);
        _exit(0);
    }
    take_all(s, from, 10);
    end_well(child);
    OK(p11->C_FindObjectsFinal(s));
}
