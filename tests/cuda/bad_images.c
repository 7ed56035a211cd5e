/* Images that are none, that end too early, and that say what is not true. Each is refused, or is what it says; which of the
 * two, and by which status, the notes tell. */
#include "client.h"

#include <sys/mman.h>

#define TEXT                                                                                                        \
    ".version 7.0\n.target sm_75\n.address_size 64\n"                                                               \
    ".visible .entry add_three(.param .u64 to)\n"                                                                   \
    "{\n"                                                                                                           \
    "  .reg .b32 %r<4>;\n  .reg .b64 %rd<5>;\n"                                                                     \
    "  ld.param.u64 %rd1, [to];\n"                                                                                  \
    "  mov.u32 %r1, %tid.x;\n  mul.wide.u32 %rd3, %r1, 4;\n  add.s64 %rd4, %rd1, %rd3;\n"                           \
    "  ld.global.u32 %r2, [%rd4];\n  add.s32 %r3, %r2, 3;\n  st.global.u32 [%rd4], %r3;\n  ret;\n"                  \
    "}\n"

enum { FATBIN = 0xBA55ED50, WRAPPER = 0x466243B1, HEAD = 16, ENTRY = 64, PAGE = 4096 };

/* An image, and zeroes behind it, where drivers may look. */
static struct image {
    size_t length;
    _Alignas(64) unsigned char bytes[64 * PAGE];
} image;

static void put(size_t at, uint64_t value, size_t size)
{
    memcpy(image.bytes + at, &value, size);
}

/* A fatbin with one entry. */
static void make_fatbin(const void *content, size_t length, uint64_t flags, uint64_t plain)
{
    size_t padded = (length + 7) / 8 * 8;
    memset(&image, 0, sizeof image);
    CHECK(HEAD + ENTRY + padded <= sizeof image.bytes - PAGE);
    put(0, FATBIN, 4), put(4, 1, 2), put(6, HEAD, 2), put(8, ENTRY + padded, 8);
    put(HEAD, 1, 2), put(HEAD + 2, 0x101, 2), put(HEAD + 4, ENTRY, 4), put(HEAD + 8, padded, 8);
    put(HEAD + 16, flags ? length : 0, 4), put(HEAD + 28, 75, 4), put(HEAD + 40, flags, 8), put(HEAD + 56, plain, 8);
    memcpy(image.bytes + HEAD + ENTRY, content, length);
    image.length = HEAD + ENTRY + padded;
}

/* What came of many images: how often which status, and in which order. */
static struct verdicts {
    unsigned count[1000];
    uint64_t order;
} verdicts;

static void judge(CUresult status)
{
    CHECK(status < COUNT(verdicts.count));
    verdicts.count[status]++;
    verdicts.order = (verdicts.order ^ status) * 0x100000001B3;
}

static void tell(const char *what)
{
    char text[256] = "";
    for (unsigned status = 0; status < COUNT(verdicts.count); status++)
        if (verdicts.count[status])
            snprintf(text + strlen(text), sizeof text - strlen(text), " %u of %u,", verdicts.count[status], status);
    note("%s:%s order %016llx", what, text, (unsigned long long)verdicts.order);
    memset(&verdicts, 0, sizeof verdicts);
}

/* Loads in each way. */
static void try_image(const void *at)
{
    CUmodule module;
    CUlibrary library;
    CUresult status = cuModuleLoadData(&module, at);
    judge(status);
    if (status == CUDA_SUCCESS)
        OK(cuModuleUnload(module));
    judge(status = cuLibraryLoadData(&library, at, NULL, NULL, 0, NULL, NULL, 0));
    if (status == CUDA_SUCCESS)
        OK(cuLibraryUnload(library));
}

/* What is right still works. */
static void check_right(void)
{
    CUmodule module;
    CUfunction function;
    CUdeviceptr at = zeroes(32);
    make_fatbin(TEXT, sizeof TEXT, 0, 0);
    OK(cuModuleLoadData(&module, image.bytes));
    OK(cuModuleGetFunction(&function, module, "add_three"));
    LAUNCH(function, 1, 32, NULL, &at);
    CHECK_ALL(at, 32, 3);
    OK(cuModuleUnload(module));
    OK(cuMemFree(at));
}

CASE(image_text_that_ends_anywhere)
{
    static char text[sizeof TEXT];
    begin();
    for (size_t length = 0; length < sizeof TEXT; length++) {
        memset(text, 0, sizeof text);
        memcpy(text, TEXT, length);
        try_image(text);
    }
    tell("cut texts");
    check_right();
}

CASE(image_fatbin_that_ends_anywhere)
{
    begin();
    make_fatbin(TEXT, sizeof TEXT, 0, 0);
    for (size_t length = image.length; length-- > 0;) {
        image.bytes[length] = 0;
        try_image(image.bytes);
    }
    tell("cut fatbins");
    check_right();
}

static const uint64_t LIES[] = {
    0, 1, 7, 8, 15, 16, 17, 63, 64, 65, 255, 4095, 4096, 0x7FFF, 0x8000, 0xFFFF, 0x10000, 1 << 20, 0x7FFFFFFF, 0x80000000,
    0xFFFFFFF8, 0xFFFFFFFF, 1ULL << 32, 1ULL << 40, 1ULL << 62, INT64_MAX, 1ULL << 63, UINT64_MAX - 15, UINT64_MAX,
};

CASE(image_fatbin_that_lies)
{
    static const struct field {
        size_t at, size;
    } fields[] = {
        {4, 2}, {6, 2}, {8, 8}, {HEAD, 2}, {HEAD + 2, 2}, {HEAD + 4, 4}, {HEAD + 8, 8}, {HEAD + 16, 4}, {HEAD + 28, 4},
        {HEAD + 40, 8}, {HEAD + 56, 8},
    };
    begin();
    for (const struct field *field = fields; field < fields + COUNT(fields); field++)
        for (size_t lie = 0; lie < COUNT(LIES); lie++) {
            make_fatbin(TEXT, sizeof TEXT, 0, 0);
            put(field->at, LIES[lie], field->size);
            try_image(image.bytes);
        }
    tell("fatbins with a lie");
    check_right();
}

/* An ELF file's header, a segment and two sections, one of them of no bytes. */
static void make_elf(void)
{
    memset(&image, 0, sizeof image);
    memcpy(image.bytes, "\x7f" "ELF\2\1\1\x33\7", 9);
    put(16, 2, 2), put(18, 190, 2), put(20, 1, 4), put(32, 64, 8), put(40, 120, 8);
    put(52, 64, 2), put(54, 56, 2), put(56, 1, 2), put(58, 64, 2), put(60, 2, 2);
    put(64 + 8, 64, 8), put(64 + 32, 256, 8), put(120 + 4, 3, 4), put(120 + 24, 248, 8), put(120 + 32, 8, 8);
    image.length = 256;
}

CASE(image_elf_that_lies)
{
    static const struct field {
        size_t at, size;
    } fields[] = {
        {4, 1}, {32, 8}, {40, 8}, {52, 2}, {54, 2}, {56, 2}, {58, 2}, {60, 2}, {62, 2}, {72, 8}, {96, 8}, {124, 4}, {144, 8},
        {152, 8},
    };
    begin();
    make_elf();
    try_image(image.bytes);
    for (const struct field *field = fields; field < fields + COUNT(fields); field++)
        for (size_t lie = 0; lie < COUNT(LIES); lie++) {
            make_elf();
            put(field->at, LIES[lie], field->size);
            try_image(image.bytes);
        }
    /* As many sections as the first of them says. */
    for (size_t lie = 0; lie < COUNT(LIES); lie++) {
        make_elf();
        put(60, 0, 2), put(120 + 32, LIES[lie], 8);
        try_image(image.bytes);
    }
    tell("ELF files with a lie");
    check_right();
}

struct wrapper {
    uint32_t mark, version;
    const void *data;
    const void *list;
};

CASE(image_wrapper_that_lies)
{
    enum { MANY = 5000 };
    static const void *list[MANY + 1];
    static const char zeroes[256];
    struct wrapper wrapper = {WRAPPER, 1, image.bytes, NULL}, other = {WRAPPER, 1, &wrapper, NULL};
    begin();
    make_fatbin(TEXT, sizeof TEXT, 0, 0);
    for (unsigned version = 0; version < 5; version++) {
        const void *const leads[] = {image.bytes, NULL, zeroes, TEXT, &other, &wrapper, list};
        for (size_t data = 0; data < COUNT(leads); data++)
            for (size_t count = 0; count < 4; count++) {
                memset(list, 0, sizeof list);
                for (size_t i = 0; i < count; i++)
                    list[i] = i == 1 ? leads[data] : image.bytes;
                wrapper = (struct wrapper){WRAPPER, version, leads[data], count ? list : NULL};
                try_image(&wrapper);
            }
    }
    tell("wrappers");
    /* A list with no end that a driver would look for. */
    for (size_t i = 0; i < MANY; i++)
        list[i] = image.bytes;
    wrapper = (struct wrapper){WRAPPER, 2, image.bytes, list};
    try_image(&wrapper);
    tell("a long list");
    wrapper.version = UINT32_MAX;
    try_image(&wrapper);
    tell("a version to come");
    check_right();
}

/* LZ4: one byte, and the same again and again. */
static size_t lz4_bomb(unsigned char *at, size_t length)
{
    memset(at, 0xFF, length);
    memcpy(at, "\x1f" "a\1\0", 4);
    memcpy(at + length - 7, "\0\x50" "aaaaa", 7);
    return length;
}

/* Zstandard: blocks of one byte that stands for 128 KiB of them. */
static size_t zstd_bomb(unsigned char *at, unsigned blocks, uint64_t plain)
{
    size_t length = 0;
    /* One segment, its size in eight bytes, or none and a window of 128 KiB. */
    memcpy(at, "\x28\xB5\x2F\xFD\xE0", 5);
    memcpy(at + 5, &plain, 8);
    length = 13;
    if (plain == 0) {
        memcpy(at + 4, "\0\x38", 2);
        length = 6;
    }
    for (unsigned block = 1; block <= blocks; block++, length += 4) {
        uint32_t head = (block == blocks) | 1 << 1 | 128 << 10 << 3;
        memcpy(at + length, &head, 3);
        at[length + 3] = 'a';
    }
    return length;
}

CASE(image_that_grows_without_end)
{
    static const uint64_t plain[] = {0, 1, 4096, 1 << 20, 1ULL << 30, 1ULL << 32, 1ULL << 40, 1ULL << 63, UINT64_MAX};
    static unsigned char bytes[200 << 10];
    begin();
    for (size_t i = 0; i < COUNT(plain); i++) {
        make_fatbin(bytes, lz4_bomb(bytes, sizeof bytes), 0x2000, plain[i]);
        try_image(image.bytes);
        make_fatbin(bytes, zstd_bomb(bytes, 40000, plain[i]), 0x8000, plain[i]);
        try_image(image.bytes);
        make_fatbin(bytes, zstd_bomb(bytes, 40000, 0), 0x8000, plain[i]);
        try_image(image.bytes);
        /* Two algorithms at once, and one that is none. */
        put(HEAD + 40, 0xA000, 8);
        try_image(image.bytes);
        put(HEAD + 40, 0x1000, 8);
        try_image(image.bytes);
    }
    tell("bombs");
    check_right();
}

/* Numbers that look like none, and are the same in each run. */
static unsigned dice(void)
{
    static uint64_t state = 88172645463325252;
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return (unsigned)(state >> 32);
}

CASE(image_of_noise)
{
    static const char *const marks[] = {"\x50\xED\x55\xBA\1\0\x10", "\x7f" "ELF\2\1\1", ".version 7.0\n", "!<arch>\n", ""};
    begin();
    for (unsigned round = 0; round < 300; round++) {
        const char *mark = marks[round % COUNT(marks)];
        memset(&image, 0, sizeof image);
        for (size_t i = 0; i < 512; i++)
            image.bytes[i] = (unsigned char)dice();
        memcpy(image.bytes, mark, strlen(mark));
        try_image(image.bytes);
    }
    tell("noise");
    make_fatbin(TEXT, sizeof TEXT, 0, 0);
    for (unsigned round = 0; round < 600; round++) {
        struct image right = image;
        for (unsigned change = 0; change <= round % 3; change++)
            image.bytes[dice() % image.length] = (unsigned char)dice();
        try_image(image.bytes);
        image = right;
    }
    tell("fatbins with a few wrong bytes");
    check_right();
}

CASE(image_to_link_that_lies)
{
    static const CUjitInputType types[] = {CU_JIT_INPUT_CUBIN, CU_JIT_INPUT_PTX, CU_JIT_INPUT_FATBINARY, CU_JIT_INPUT_OBJECT,
                                           CU_JIT_INPUT_LIBRARY, (CUjitInputType)99};
    static const size_t sizes[] = {0, 1, 15, 16, 79, 80, sizeof TEXT - 1, sizeof TEXT, 600, PAGE};
    CUlinkState state;
    begin();
    for (size_t type = 0; type < COUNT(types); type++)
        for (size_t size = 0; size < COUNT(sizes); size++)
            for (int kind = 0; kind < 3; kind++) {
                static char text[PAGE] = TEXT;
                make_elf();
                if (kind != 1)
                    make_fatbin(TEXT, sizeof TEXT, 0, 0);
                const void *code = kind == 2 ? (const void *)text : image.bytes;
                OK(cuLinkCreate(0, NULL, NULL, &state));
                judge(cuLinkAddData(state, types[type], (void *)code, sizes[size], "code", 0, NULL, NULL));
                OK(cuLinkDestroy(state));
            }
    tell("what is linked");
    check_right();
}

static void load_where_nothing_is(const void *at)
{
    CUmodule module = NULL;
    begin();
    /* A driver may end with a signal here. What comes through AvA must not be a success, either. */
    CHECK(cuModuleLoadData(&module, at) != CUDA_SUCCESS);
}

static unsigned char *fence;
static size_t before;

static void load_at_the_fence(void)
{
    load_where_nothing_is(fence - before);
}

/* So many bytes right before it. */
static void put_at_the_fence(const void *bytes, size_t length)
{
    before = length;
    memcpy(fence - length, bytes, length);
}

static void load_nowhere(void)
{
    load_where_nothing_is((const void *)0x10);
}

static void load_at_no_address(void)
{
    load_where_nothing_is((const void *)0x4141414141414141);
}

static void lead_nowhere(void)
{
    struct wrapper wrapper = {WRAPPER, 1, (const void *)0x4141414141414141, NULL};
    load_where_nothing_is(&wrapper);
}

static void list_nothing(void)
{
    struct wrapper wrapper = {WRAPPER, 2, NULL, (const void *)0x10};
    load_where_nothing_is(&wrapper);
}

/* A process that fails, or ends with a signal: no other has been harmed. */
static void fails_alone(void (*body)(void))
{
    static struct ended ended;
    in_a_process(body, &ended);
    if (WIFEXITED(ended.status) && WEXITSTATUS(ended.status) != 0)
        fail_at(__FILE__, __LINE__, "%s", ended.output);
}

CASE(image_where_nothing_is)
{
    unsigned char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(pages != MAP_FAILED && mprotect(pages + PAGE, PAGE, PROT_NONE) == 0);
    fails_alone(load_nowhere);
    fails_alone(load_at_no_address);
    fails_alone(lead_nowhere);
    fails_alone(list_nothing);
    fence = pages + PAGE;
    /* A fatbin, an ELF file and a text, each of which goes on where nothing is. */
    make_fatbin(TEXT, sizeof TEXT, 0, 0);
    put_at_the_fence(image.bytes, HEAD + ENTRY + 200);
    fails_alone(load_at_the_fence);
    make_elf();
    put_at_the_fence(image.bytes, 100);
    fails_alone(load_at_the_fence);
    put_at_the_fence(TEXT, 100);
    fails_alone(load_at_the_fence);
    put_at_the_fence(TEXT, 0);
    fails_alone(load_at_the_fence);
    begin();
    check_right();
}
