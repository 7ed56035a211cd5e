/* A toy; // not a comment in a comment */
#ifndef TOY_H
#define TOY_H
#include <stddef.h>
#include <stdint.h>
#define TOY_MACRO(x) \
    x;
#define TOY_API_ENTRY __attribute__((visibility("default")))
#define TOY_API_CALL __attribute__((nothrow))
#define TOY_CALLBACK __attribute__((unused))
#define TOY_SINCE_1_0 __attribute__((pure))
#ifdef __cplusplus
extern "C" {
#endif

#define TOY_VERSION 0x0300
#define TOY_ALL ((toy_flags)0xFFFFFFFF)
#define TOY_BOTH (TOY_READ | TOY_WRITE)
#define TOY_READ (1 << 0)
#define TOY_WRITE (1 << 1)
#define TOY_DEFAULT_STREAM ((toy_stream)0x1)
#define TOY_NAME "toy"

typedef enum toy_status_enum {
    TOY_SUCCESS,
    TOY_INVALID_VALUE = 1,
    TOY_INVALID_CONTEXT = 3,
    TOY_INVALID_HANDLE,
    TOY_NOT_SUPPORTED = 0x2000,
    TOY_DEVICE_LOST
} toy_status;
typedef enum { TOY_BEHIND = -1, TOY_BESIDE } toy_place;
typedef enum toy_speed_enum { TOY_FAST = 0x1000, TOY_SLOW = 0x2000 } toy_speed;
typedef uint64_t toy_flags;
typedef int toy_device_v1;
typedef toy_device_v1 toy_device;
typedef struct toy_context_st *toy_context;
typedef struct toy_stream_st *toy_stream;
typedef struct toy_node_st *toy_node;
typedef void (*toy_done)(toy_stream stream, toy_status status, void *user_data);
typedef int (*toy_choice)(int first, int second);

typedef struct toy_point_st { int x; int y; } toy_point_v1;
typedef toy_point_v1 toy_point;
typedef struct {
    toy_place place;
    char name[2][16];
    union { unsigned char bytes[8]; double number; } data;
    toy_point at;
    toy_point path[4];
    struct { short a, b; } pair;
} toy_plain;
typedef struct {
    toy_context context;
    union { toy_node node; toy_node parent; };
} toy_links;
typedef struct { const int *values; unsigned int num_values; } toy_list;
typedef struct { toy_links links; void *extra; toy_done done; } toy_bare;
typedef struct { unsigned int low : 3; } toy_bits;
typedef struct { union { toy_node node; int number; } u; } toy_either;

extern TOY_API_ENTRY toy_status TOY_API_CALL
toy_init(toy_flags flags) TOY_SINCE_1_0;
toy_status toy_get_version(int *version);
toy_status toy_create(const uint32_t *properties, // one of them
                      uint32_t num_nodes, const toy_node *nodes,
                      void (TOY_CALLBACK *pfn_notify)(const char *what, const void *info, size_t cb, void *user_data),
                      void *user_data, toy_context *context);
toy_status toy_context_get_current(toy_context *context);
toy_status toy_context_retain(toy_context context);
toy_status toy_context_destroy(toy_context context);
toy_status toy_context_destroy_v2(toy_context context);
toy_status toy_info(toy_context context, toy_place what, size_t value_size, void *value, size_t *value_size_ret);
toy_status toy_get_nodes(toy_context context, uint32_t num_entries, toy_node *nodes, uint32_t *num_nodes);
toy_status toy_node_list(toy_context context, toy_node *nodes, size_t *numNodes);
toy_status toy_write(toy_stream stream, const void *src, size_t ByteCount);
toy_status toy_read(toy_stream stream, void *dst, size_t ByteCount);
toy_status toy_name(char *name, int len, toy_device device);
toy_status toy_load(toy_context context, uint32_t count, const char **strings, const size_t *lengths, toy_node *node);
toy_status toy_compile(const char *options, const char *const *names, uint32_t num_names, toy_node *node);
toy_status toy_plain_set(const toy_plain *plain, const int size[3]);
toy_status toy_plain_get(toy_plain *plain);
toy_status toy_list_set(const toy_list *lists, uint32_t num_lists);
toy_status toy_links_set(const toy_links *links);
toy_status toy_later(toy_stream stream, toy_done done, void *data);
const char *toy_text(toy_status status);

toy_status toy_wait_1(toy_stream stream, uint32_t num_waits, const toy_node *waits);
toy_status toy_wait_2(toy_context context, uint32_t num_waits, const toy_node *waits);
toy_status toy_wait_3(toy_context context, int flags, uint32_t num_waits, const toy_node *waits);
toy_status toy_wait_4(uint32_t num_waits, const toy_node *waits);

toy_status toy_links_get(toy_links *links);
toy_status toy_bare_set(const toy_bare *bare);
toy_status toy_bits_set(const toy_bits *bits);
toy_status toy_either_set(const toy_either *either);
toy_status toy_point_set(toy_point point);
toy_status toy_links_move(toy_links links);
toy_point toy_point_last(void);
toy_status toy_choose(toy_choice choice);
toy_status toy_each(int (*keep)(toy_context context, void *user_data), void *user_data);
toy_status toy_error(const char **text);
toy_status toy_fill(char *text);
toy_status toy_type(void **type);
toy_context toy_current(void);
void *toy_map(toy_context context, unsigned long long type);
struct toy_hidden;
toy_status toy_untagged(struct toy_hidden *hidden, void (**table)(int));

toy_status toy_init(toy_flags flags);
static inline int toy_inline(int x) { return x; }
#ifdef TOY_NEWER
toy_status toy_newer(int type);
#endif
int toy_print(const char *format, ...);

#ifdef __cplusplus
}
#endif
#endif
