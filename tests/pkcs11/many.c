/* The cost of many objects: made, listed, read and destroyed, in nanoseconds per object.
 *
 *   PKCS11_MODULE=/path/to/module.so many [OBJECTS [OF THE TOKEN]]         (10000 200)
 *
 * Half of them are data, half are AES keys; first objects of the session, then fewer of the token: each of these is a file, and
 * SoftHSM reads the directory for each that it makes. They are listed one by one, in tens and in hundreds. Reading asks for
 * the lengths of three attributes, and then for their values.
 *
 *   create_session, create_token             C_CreateObject
 *   list_1_session, list_1_token, …          a search, with so many handles asked for at once
 *   read_session, read_token                 twice C_GetAttributeValue
 *   destroy_session, destroy_token           C_DestroyObject
 *   objects_session, objects_token           all of it
 */
#include "bench.h"

enum { BATCH = 100, LABEL = 32, VALUE = 32 };

static CK_ULONG count;
static CK_OBJECT_HANDLE *made;

static void print(const char *name, const char *of, uint64_t time)
{
    printf("%s_%s %.1f\n", name, of, (double)time / (double)count);
    fflush(stdout);
}

static void wrong(const char *what)
{
    fprintf(stderr, "many: %s\n", what);
    exit(1);
}

static size_t label_of(CK_ULONG number, char *label)
{
    return (size_t)snprintf(label, LABEL, "object %lu", number);
}

static void value_of(CK_ULONG number, CK_BYTE *value)
{
    for (CK_ULONG i = 0; i < VALUE; i++)
        value[i] = (CK_BYTE)(number >> i % 8 * 4 ^ i);
}

static void create(CK_BBOOL on_token)
{
    CK_OBJECT_CLASS data = CKO_DATA, secret = CKO_SECRET_KEY;
    CK_KEY_TYPE aes = CKK_AES;
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    char label[LABEL];
    CK_BYTE value[VALUE];
    CK_ATTRIBUTE of_data[] = {
        {CKA_CLASS, &data, sizeof data}, {CKA_TOKEN, &on_token, 1}, {CKA_PRIVATE, &no, 1},
        {CKA_LABEL, label, 0}, {CKA_APPLICATION, "many", 4}, {CKA_VALUE, value, VALUE},
    };
    CK_ATTRIBUTE of_key[] = {
        {CKA_CLASS, &secret, sizeof secret}, {CKA_TOKEN, &on_token, 1}, {CKA_PRIVATE, &no, 1},
        {CKA_LABEL, label, 0}, {CKA_KEY_TYPE, &aes, sizeof aes}, {CKA_VALUE, value, VALUE},
        {CKA_ENCRYPT, &yes, 1}, {CKA_SENSITIVE, &no, 1}, {CKA_EXTRACTABLE, &yes, 1},
    };
    for (CK_ULONG i = 0; i < count; i++) {
        of_data[3].ulValueLen = of_key[3].ulValueLen = label_of(i, label);
        value_of(i, value);
        if (i % 2 == 0)
            CALL(p11->C_CreateObject(s, of_data, sizeof of_data / sizeof *of_data, &made[i]));
        else
            CALL(p11->C_CreateObject(s, of_key, sizeof of_key / sizeof *of_key, &made[i]));
    }
}

static void list(CK_ULONG batch)
{
    CK_OBJECT_HANDLE found[BATCH];
    CK_BBOOL no = CK_FALSE;
    CK_ATTRIBUTE public[] = {{CKA_PRIVATE, &no, 1}};
    CK_ULONG more, all = 0;
    uint64_t sum = 0;

    CALL(p11->C_FindObjectsInit(s, public, 1));
    do {
        CALL(p11->C_FindObjects(s, found, batch, &more));
        for (CK_ULONG i = 0; i < more; i++)
            sum += found[i];
        all += more;
    } while (more != 0);
    CALL(p11->C_FindObjectsFinal(s));
    for (CK_ULONG i = 0; i < count; i++)
        sum -= made[i];
    if (all != count || sum != 0)
        wrong("other objects are found than were made");
}

static void read_all(void)
{
    for (CK_ULONG i = 0; i < count; i++) {
        CK_OBJECT_CLASS class;
        char label[LABEL], want_label[LABEL];
        CK_BYTE value[VALUE], want[VALUE];
        CK_ATTRIBUTE ask[] = {{CKA_CLASS, NULL, 0}, {CKA_LABEL, NULL, 0}, {CKA_VALUE, NULL, 0}};
        CALL(p11->C_GetAttributeValue(s, made[i], ask, 3));
        if (ask[0].ulValueLen != sizeof class || ask[1].ulValueLen > LABEL || ask[2].ulValueLen != VALUE)
            wrong("an attribute has another length");
        ask[0].pValue = &class;
        ask[1].pValue = label;
        ask[2].pValue = value;
        CALL(p11->C_GetAttributeValue(s, made[i], ask, 3));
        value_of(i, want);
        if (class != (i % 2 == 0 ? CKO_DATA : CKO_SECRET_KEY) || memcmp(value, want, VALUE) != 0)
            wrong("an object has another value");
        if (ask[1].ulValueLen != label_of(i, want_label) || memcmp(label, want_label, ask[1].ulValueLen) != 0)
            wrong("an object has another label");
    }
}

static void destroy(void)
{
    for (CK_ULONG i = 0; i < count; i++)
        CALL(p11->C_DestroyObject(s, made[i]));
}

#define TIMED(name, call)                     \
    do {                                      \
        uint64_t start = now();               \
        call;                                 \
        uint64_t time = now() - start;        \
        print(name, of, time);                \
        all += time;                          \
    } while (0)

static void measure(const char *of, CK_BBOOL on_token, CK_ULONG objects)
{
    uint64_t all = 0;
    count = objects;
    made = calloc(count, sizeof *made);
    if (count == 0 || !made)
        wrong("so many objects cannot be made");
    TIMED("create", create(on_token));
    TIMED("list_1", list(1));
    TIMED("list_10", list(10));
    TIMED("list_100", list(100));
    TIMED("read", read_all());
    TIMED("destroy", destroy());
    print("objects", of, all);
    free(made);
}

int main(int argc, char **argv)
{
    load();
    log_in();
    measure("session", CK_FALSE, argc > 1 ? strtoul(argv[1], NULL, 10) : 10000);
    measure("token", CK_TRUE, argc > 2 ? strtoul(argv[2], NULL, 10) : 200);
    CALL(p11->C_Finalize(NULL));
    return 0;
}
