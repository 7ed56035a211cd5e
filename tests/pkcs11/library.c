/* The library as a whole: its functions, initialisation, slots, tokens, sessions, wrong arguments. */
#include "client.h"

#include <sys/mman.h>

typedef CK_RV (*any_function)(CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG, CK_ULONG);

CASE(function_list)
{
    enum { C_INITIALIZE, C_FINALIZE, C_GET_INFO, C_GET_FUNCTION_LIST, FUNCTIONS = 68 };
    any_function *function = (any_function *)((char *)p11 + offsetof(CK_FUNCTION_LIST, C_Initialize));
    CK_FUNCTION_LIST *again = NULL;

    CHECK_INT(p11->version.major, 2);
    CHECK_INT(p11->version.minor, 40);
    CHECK_INT(sizeof *p11, 8 + FUNCTIONS * 8);
    for (int i = 0; i < FUNCTIONS; i++)
        CHECK(function[i]);
    IS(p11->C_GetFunctionList(NULL), CKR_ARGUMENTS_BAD);
    OK(p11->C_GetFunctionList(&again));
    CHECK(again == p11);
    for (int i = 0; i < FUNCTIONS; i++) {
        if (i == C_INITIALIZE || i == C_GET_FUNCTION_LIST)
            continue;
        CK_RV status = function[i](0, 0, 0, 0, 0, 0, 0, 0);
        if (status != CKR_CRYPTOKI_NOT_INITIALIZED)
            note("function %d says %s before C_Initialize", i, status_name(status));
    }
}

/* What the vendor refuses before it follows pointers is refused with any pointers. */
CASE(pointers_to_nowhere)
{
    enum { C_FINALIZE = 1, C_GET_FUNCTION_LIST = 3, C_GET_SLOT_LIST, C_COPY_OBJECT = 21, FUNCTIONS = 68 };
    /* Here SoftHSM looks at lengths first: C_Encrypt, C_Decrypt, C_Sign, C_SignRecover. */
    const bool looks[FUNCTIONS] = {[29] = true, [33] = true, [42] = true, [48] = true};
    any_function *function = (any_function *)((char *)p11 + offsetof(CK_FUNCTION_LIST, C_Initialize));
    CK_BYTE *end = sysconf(_SC_PAGESIZE) + (CK_BYTE *)mmap(NULL, 2 * sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE,
                                                          MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(mprotect(end, sysconf(_SC_PAGESIZE), PROT_NONE) == 0);
    CK_ULONG where[] = {16, (CK_ULONG)end, (CK_ULONG)(end - 8), 1UL << 62, ~0UL - 7};

    for (unsigned p = 0; p < COUNT(where); p++)
        for (int i = C_FINALIZE; i < FUNCTIONS; i++)
            if (i != C_GET_FUNCTION_LIST && !looks[i]) {
                CK_ULONG w = where[p];
                CK_RV status = function[i](w, w, w, w, w, w, w, w);
                if (status != CKR_CRYPTOKI_NOT_INITIALIZED)
                    note("function %d says %s of a pointer to nowhere", i, status_name(status));
            }
    initialise();
    for (unsigned p = 0; p < COUNT(where); p++)
        for (int i = C_GET_SLOT_LIST + 1; i < FUNCTIONS; i++) {
            CK_ULONG w = where[p];
            if (i != C_COPY_OBJECT && !looks[i])
                note("function %d says %s", i, status_name(function[i](w, w, w, w, w, w, w, w)));
        }
}

/* SHA-256 has no parameter, and SoftHSM looks at none. */
CASE(parameters_that_nobody_set)
{
    CK_SESSION_HANDLE s = begin();
    CK_BYTE digest[32], of_abc[32];
    CK_ULONG lengths[] = {0, 1, 100, 1UL << 20, 1UL << 33, 1UL << 48, ~0UL};
    void *pointers[] = {NULL, (void *)16, digest, &pointers, (void *)(1UL << 62), (void *)~0UL};
    CK_MECHANISM how = {CKM_SHA256, NULL, 0};
    CK_ULONG size = sizeof of_abc;
    OK(p11->C_DigestInit(s, &how));
    OK(p11->C_Digest(s, (CK_BYTE *)"abc", 3, of_abc, &size));
    for (unsigned p = 0; p < COUNT(pointers); p++)
        for (unsigned l = 0; l < COUNT(lengths); l++) {
            how = (CK_MECHANISM){CKM_SHA256, pointers[p], lengths[l]};
            size = sizeof digest;
            OK(p11->C_DigestInit(s, &how));
            OK(p11->C_Digest(s, (CK_BYTE *)"abc", 3, digest, &size));
            CHECK_BYTES(digest, of_abc, sizeof digest);
        }
}

CASE(initialise_twice)
{
    OK(p11->C_Initialize(NULL));
    IS(p11->C_Initialize(NULL), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    OK(p11->C_Finalize(NULL));
    IS(p11->C_Finalize(NULL), CKR_CRYPTOKI_NOT_INITIALIZED);
    OK(p11->C_Initialize(NULL));
    OK(p11->C_Finalize(NULL));
}

static CK_RV create_mutex(void **mutex)
{
    *mutex = malloc(sizeof(pthread_mutex_t));
    return *mutex && pthread_mutex_init(*mutex, NULL) == 0 ? CKR_OK : CKR_HOST_MEMORY;
}

static CK_RV destroy_mutex(void *mutex)
{
    pthread_mutex_destroy(mutex);
    free(mutex);
    return CKR_OK;
}

static CK_RV lock_mutex(void *mutex)
{
    return pthread_mutex_lock(mutex) == 0 ? CKR_OK : CKR_MUTEX_BAD;
}

static CK_RV unlock_mutex(void *mutex)
{
    return pthread_mutex_unlock(mutex) == 0 ? CKR_OK : CKR_MUTEX_NOT_LOCKED;
}

CASE(initialise_arguments)
{
    CK_C_INITIALIZE_ARGS args = {.pReserved = &args};
    IS(p11->C_Initialize(&args), CKR_ARGUMENTS_BAD);
    OK(p11->C_Initialize(NULL));
    IS(p11->C_Initialize(&args), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    IS(p11->C_Initialize((void *)16), CKR_CRYPTOKI_ALREADY_INITIALIZED);
    OK(p11->C_Finalize(NULL));
    args = (CK_C_INITIALIZE_ARGS){.CreateMutex = create_mutex, .LockMutex = lock_mutex};
    IS(p11->C_Initialize(&args), CKR_ARGUMENTS_BAD);
    args = (CK_C_INITIALIZE_ARGS){create_mutex, destroy_mutex, lock_mutex, unlock_mutex, 0, NULL};
    OK(p11->C_Initialize(&args));
    IS(p11->C_Finalize(&args), CKR_ARGUMENTS_BAD);
    OK(p11->C_Finalize(NULL));
    args.flags = CKF_OS_LOCKING_OK;
    OK(p11->C_Initialize(&args));
    CK_SESSION_HANDLE s = open_session();
    OK(p11->C_CloseSession(s));
    OK(p11->C_Finalize(NULL));
}

static void check_padded(const CK_BYTE *text, size_t size)
{
    CHECK(!memchr(text, 0, size));
    CHECK(text[size - 1] == ' ');
}

CASE(get_info)
{
    CK_INFO info;
    initialise();
    memset(&info, 0xA5, sizeof info);
    OK(p11->C_GetInfo(&info));
    CHECK_INT(info.cryptokiVersion.major, 2);
    CHECK_INT(info.flags, 0);
    check_padded(info.manufacturerID, sizeof info.manufacturerID);
    check_padded(info.libraryDescription, sizeof info.libraryDescription);
    note("%.32s|%.32s|%u.%u, library %u.%u", (char *)info.manufacturerID, (char *)info.libraryDescription,
         info.cryptokiVersion.major, info.cryptokiVersion.minor, info.libraryVersion.major, info.libraryVersion.minor);
    IS(p11->C_GetInfo(NULL), CKR_ARGUMENTS_BAD);
}

CASE(slots)
{
    CK_SLOT_ID slots[MANY_SLOTS];
    CK_ULONG all, with_token, count;
    CK_SLOT_INFO info;

    initialise();
    OK(p11->C_GetSlotList(CK_FALSE, NULL, &all));
    OK(p11->C_GetSlotList(CK_TRUE, NULL, &with_token));
    CHECK(with_token >= 1 && with_token <= all && all < MANY_SLOTS);
    memset(slots, 0xA5, sizeof slots);
    count = all;
    OK(p11->C_GetSlotList(CK_FALSE, slots, &count));
    CHECK_INT(count, all);
    CHECK_INT(slots[all], 0xA5A5A5A5A5A5A5A5);
    for (CK_ULONG i = 0; i < all; i++)
        OK(p11->C_GetSlotInfo(slots[i], &info));
    check_padded(info.slotDescription, sizeof info.slotDescription);
    memset(slots, 0xA5, sizeof slots);
    count = MANY_SLOTS;
    OK(p11->C_GetSlotList(CK_FALSE, slots, &count));
    CHECK_INT(count, all);
    CHECK_INT(slots[all], 0xA5A5A5A5A5A5A5A5);
    memset(slots, 0xA5, sizeof slots);
    count = all - 1;
    IS(p11->C_GetSlotList(CK_FALSE, slots, &count), CKR_BUFFER_TOO_SMALL);
    CHECK_INT(count, all);
    CHECK_INT(slots[0], 0xA5A5A5A5A5A5A5A5);
    IS(p11->C_GetSlotList(CK_FALSE, slots, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_GetSlotInfo(0x7FFFFFFFFFFF, &info), CKR_SLOT_ID_INVALID);
    CK_SLOT_ID slot = 0;
    note("no event: %s", status_name(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, NULL)));
    note("something reserved: %s", status_name(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, &slot, &slot)));
}

CASE(mechanisms)
{
    CK_MECHANISM_TYPE list[512];
    CK_MECHANISM_INFO info;
    CK_ULONG all, count, sum = 0;

    initialise();
    CK_SLOT_ID slot = token_slot();
    OK(p11->C_GetMechanismList(slot, NULL, &all));
    CHECK(all > 1 && all < COUNT(list));
    memset(list, 0xA5, sizeof list);
    count = all - 1;
    IS(p11->C_GetMechanismList(slot, list, &count), CKR_BUFFER_TOO_SMALL);
    CHECK_INT(count, all);
    CHECK_INT(list[0], 0xA5A5A5A5A5A5A5A5);
    count = all;
    OK(p11->C_GetMechanismList(slot, list, &count));
    CHECK_INT(count, all);
    CHECK_INT(list[all], 0xA5A5A5A5A5A5A5A5);
    for (CK_ULONG i = 0; i < all; i++) {
        OK(p11->C_GetMechanismInfo(slot, list[i], &info));
        sum = sum * 31 + list[i] + info.ulMinKeySize * 3 + info.ulMaxKeySize * 7 + info.flags;
    }
    note("%lu, sum %lx", all, sum);
    IS(p11->C_GetMechanismInfo(slot, CKM_FASTHASH, &info), CKR_MECHANISM_INVALID);
    IS(p11->C_GetMechanismList(0x7FFFFFFFFFFF, NULL, &count), CKR_SLOT_ID_INVALID);
}

/* The slot of a token without a name, or of the one that this case made before. */
static CK_SLOT_ID scratch_slot(void)
{
    CK_SLOT_ID slots[MANY_SLOTS];
    CK_ULONG count = MANY_SLOTS;
    CK_TOKEN_INFO info;
    OK(p11->C_GetSlotList(CK_TRUE, slots, &count));
    for (CK_ULONG i = 0; i < count; i++) {
        OK(p11->C_GetTokenInfo(slots[i], &info));
        if (memcmp(info.label, "scratch ", 8) == 0)
            return slots[i];
    }
    for (CK_ULONG i = 0; i < count; i++) {
        OK(p11->C_GetTokenInfo(slots[i], &info));
        if (!(info.flags & CKF_TOKEN_INITIALIZED))
            return slots[i];
    }
    fail_at(__FILE__, __LINE__, "no free token");
}

CASE(token)
{
    CK_BYTE label[32], *so_pin = (CK_BYTE *)SO_PIN, *pin = (CK_BYTE *)"first", *next = (CK_BYTE *)"second";
    CK_SESSION_HANDLE s;
    CK_SESSION_INFO session;
    CK_TOKEN_INFO info;

    initialise();
    memset(label, ' ', sizeof label);
    memcpy(label, "scratch", 7);
    CK_SLOT_ID slot = scratch_slot();
    OK(p11->C_InitToken(slot, so_pin, strlen(SO_PIN), label));
    OK(p11->C_GetTokenInfo(slot, &info));
    CHECK_BYTES(info.label, label, sizeof label);
    check_padded(info.manufacturerID, sizeof info.manufacturerID);
    CHECK(info.flags & CKF_TOKEN_INITIALIZED);
    CHECK(!(info.flags & CKF_USER_PIN_INITIALIZED));
    note("%.16s|%lu to %lu", (char *)info.model, info.ulMinPinLen, info.ulMaxPinLen);

    OK(p11->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &s));
    IS(p11->C_Login(s, CKU_SO, pin, 5), CKR_PIN_INCORRECT);
    OK(p11->C_Login(s, CKU_SO, so_pin, strlen(SO_PIN)));
    OK(p11->C_GetSessionInfo(s, &session));
    CHECK_INT(session.slotID, slot);
    CHECK_INT(session.state, CKS_RW_SO_FUNCTIONS);
    CHECK_INT(session.flags, CKF_SERIAL_SESSION | CKF_RW_SESSION);
    IS(p11->C_InitPIN(s, pin, 1), CKR_PIN_LEN_RANGE);
    OK(p11->C_InitPIN(s, pin, 5));
    OK(p11->C_Logout(s));
    OK(p11->C_Login(s, CKU_USER, pin, 5));
    IS(p11->C_Login(s, CKU_USER, pin, 5), CKR_USER_ALREADY_LOGGED_IN);
    OK(p11->C_GetSessionInfo(s, &session));
    CHECK_INT(session.state, CKS_RW_USER_FUNCTIONS);
    OK(p11->C_SetPIN(s, pin, 5, next, 6));
    OK(p11->C_Logout(s));
    note("logged out twice: %s", status_name(p11->C_Logout(s)));
    IS(p11->C_Login(s, CKU_USER, pin, 5), CKR_PIN_INCORRECT);
    OK(p11->C_Login(s, CKU_USER, next, 6));
    OK(p11->C_CloseAllSessions(slot));
    IS(p11->C_GetSessionInfo(s, &session), CKR_SESSION_HANDLE_INVALID);
}

static CK_RV notify(CK_SESSION_HANDLE s, CK_NOTIFICATION event, void *application)
{
    (void)s, (void)event, (void)application;
    return CKR_OK;
}

CASE(sessions)
{
    CK_SESSION_HANDLE s[20], bad = 0x7FFFFFFF;
    CK_SESSION_INFO info;
    CK_OBJECT_HANDLE object;
    CK_BYTE bytes[16];
    CK_ULONG size = sizeof bytes;
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};

    initialise();
    CK_SLOT_ID slot = token_slot();
    IS(p11->C_OpenSession(slot, 0, NULL, NULL, &s[0]), CKR_SESSION_PARALLEL_NOT_SUPPORTED);
    for (size_t i = 0; i < COUNT(s); i++) {
        OK(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, &s, notify, &s[i]));
        for (size_t j = 0; j < i; j++)
            CHECK(s[i] != s[j]);
    }
    OK(p11->C_GetSessionInfo(s[0], &info));
    CHECK_INT(info.state, CKS_RO_PUBLIC_SESSION);
    OK(p11->C_CloseSession(s[0]));
    IS(p11->C_CloseSession(s[0]), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_GetSessionInfo(bad, &info), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_DigestInit(bad, &sha256), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_Digest(bad, bytes, size, bytes, &size), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_CreateObject(bad, NULL, 0, &object), CKR_ARGUMENTS_BAD);
    IS(p11->C_FindObjectsInit(bad, NULL, 0), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_GenerateRandom(bad, bytes, size), CKR_SESSION_HANDLE_INVALID);
    IS(p11->C_DestroyObject(s[1], 0x7FFFFFFF), CKR_OBJECT_HANDLE_INVALID);
    IS(p11->C_Digest(s[1], bytes, size, bytes, &size), CKR_OPERATION_NOT_INITIALIZED);
    note("state: %s", status_name(p11->C_GetOperationState(s[1], NULL, &size)));
    note("state set: %s", status_name(p11->C_SetOperationState(s[1], bytes, sizeof bytes, 0, 0)));
    note("status: %s", status_name(p11->C_GetFunctionStatus(s[1])));
    note("cancel: %s", status_name(p11->C_CancelFunction(s[1])));
}

CASE(null_arguments)
{
    CK_BYTE bytes[64] = {0};
    CK_ULONG size = sizeof bytes;
    CK_OBJECT_HANDLE object = 0;
    CK_MECHANISM sha256 = {CKM_SHA256, NULL, 0};
    CK_SESSION_HANDLE s = begin();
    CK_SLOT_ID slot = token_slot();

    IS(p11->C_GetSlotInfo(slot, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_GetTokenInfo(slot, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_GetMechanismList(slot, NULL, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_GetMechanismInfo(slot, CKM_SHA256, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_GetSessionInfo(s, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_Login(s, CKU_USER, NULL, 4), CKR_ARGUMENTS_BAD);
    IS(p11->C_CreateObject(s, NULL, 3, &object), CKR_ARGUMENTS_BAD);
    IS(p11->C_GetAttributeValue(s, object, NULL, 1), CKR_ARGUMENTS_BAD);
    IS(p11->C_FindObjectsInit(s, NULL, 1), CKR_ARGUMENTS_BAD);
    OK(p11->C_FindObjectsInit(s, NULL, 0));
    IS(p11->C_FindObjects(s, NULL, 1, &size), CKR_ARGUMENTS_BAD);
    IS(p11->C_FindObjects(s, &object, 1, NULL), CKR_ARGUMENTS_BAD);
    OK(p11->C_FindObjectsFinal(s));
    IS(p11->C_DigestInit(s, NULL), CKR_ARGUMENTS_BAD);
    IS(p11->C_EncryptInit(s, NULL, object), CKR_ARGUMENTS_BAD);
    OK(p11->C_DigestInit(s, &sha256));
    IS(p11->C_Digest(s, bytes, 3, bytes, NULL), CKR_ARGUMENTS_BAD);
    note("after that: %s", status_name(p11->C_Digest(s, bytes, 3, bytes, &size)));
    IS(p11->C_GenerateRandom(s, NULL, 8), CKR_ARGUMENTS_BAD);
    IS(p11->C_SeedRandom(s, NULL, 8), CKR_ARGUMENTS_BAD);
    IS(p11->C_GenerateKey(s, NULL, NULL, 0, &object), CKR_ARGUMENTS_BAD);
    note("no slot: %s", status_name(p11->C_WaitForSlotEvent(CKF_DONT_BLOCK, NULL, NULL)));
}
