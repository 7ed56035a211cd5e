/*
 * What the echo vendor and its driver share.
 *
 * The vendor is a library with every function of a table: it writes down what it was passed and what it answers. The
 * driver is a program that calls every function: it writes down what it passes and what it gets. The table compiler
 * emits the functions of both (`emit/echo.rs`) from the same code for the lines, so the two logs are equal if the calls
 * arrive as they were made, and the answers as they were given.
 *
 * A line is `FUNCTION name=value … -> ret=value name=value …`. Handles read `cl_mem#3`, counted per type, by each side
 * for itself. A value `*` stands for what one side cannot know.
 */
#ifndef ECHO_H
#define ECHO_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What stands for a pointer that leads to memory which the call does not use. */
#define ECHO_PATTERN 0xA5

/* ---- descriptors, emitted into echo_table.h ---------------------------------------------------------------------- */

enum list_kind { LIST_PLAIN, LIST_HANDLE, LIST_RUN, LIST_REFUSED };

/* A key of a property list. */
struct list_key {
  int64_t key;
  enum list_kind what;
  int kind;       /* of a handle */
  int64_t detail; /* the end of a run, the status of a refusal */
};

struct list {
  size_t size; /* bytes of an element */
  int64_t end;
  int64_t otherwise; /* the status of what is not listed */
  int count;
  const struct list_key *keys;
};

/* A key by which memory that a struct leads to is more than bytes, or is refused. */
struct lead_key {
  int64_t key;
  const struct record *of; /* as many structs as fit; null for bytes */
  int64_t refused;         /* the status of a refusal; 0 for none */
};

/* Memory that a field of a struct leads to. */
struct lead {
  size_t at;     /* of its address */
  size_t len_at; /* of the number of its elements, */
  size_t len_size;
  size_t unit; /* each of so many bytes */
  const struct record *of;
  size_t tag_at; /* of the key that says what it is; */
  size_t tag_size;
  int count; /* of the keys that say more than bytes */
  const struct lead_key *keys;
};

/* A part of a union, by its key: a handle of a kind, or bytes if that is negative. */
struct part {
  int64_t key;
  int kind;
};

/* A union in a struct, and the key there that says its part. */
struct choice {
  size_t at;
  size_t size;
  size_t tag_at;
  size_t tag_size;
  int count;
  const struct part *parts;
};

/* A struct with its handles, its unions, what it leads to, and the number that says which struct it is. */
struct record {
  size_t size;
  int handles;
  size_t at[8];
  int kind[8];
  int choices;
  const struct choice *choice;
  int leads;
  const struct lead *lead;
  size_t says_at;
  size_t says_size; /* 0 for a struct that does not say so */
  uint64_t says;
};

enum answer_kind {
  ANSWER_PLAIN,
  ANSWER_HANDLES,
  ANSWER_HIDDEN,
  ANSWER_NAMES,
  ANSWER_NAME_VERSIONS,
  ANSWER_LIST,
  ANSWER_HOST_PTR,
  ANSWER_TEXTS,
  ANSWER_VERSION_TEXT,
  ANSWER_VERSION_NUMBER,
  ANSWER_VERSION_NUMBERS,
};

/* A key of an answer. */
struct answer {
  int64_t key;
  enum answer_kind what;
  bool many;     /* handles: as many as fit */
  int kind;      /* of the handles */
  size_t size;   /* of a bit field, or of a struct */
  size_t name;   /* offset of the name in a struct */
  uint64_t bits; /* hidden */
  const struct list *list;
};

struct tagged {
  int64_t otherwise; /* the status of what is not listed */
  int count;
  const struct answer *answers;
};

/* Null for a key that is not listed. */
const struct answer *answer_of(const struct tagged *, int64_t key);
/* Whether the program sees less of the answer than the vendor gives. */
bool is_filtered(const struct tagged *, int64_t key);

/* Names of extensions: every second one may be seen. Emitted. */
extern const char *const echo_names[];
extern const int echo_name_count;
/* Their versions, as Khronos packs them, and the newest of the API that the table knows. */
extern const uint32_t echo_versions[];
extern const uint32_t echo_newest;
extern const char *const echo_kinds[];
/* Per type: the largest value that is no object, and crosses as it is. */
extern const uint64_t echo_plain[];
/* Per type: the types (a set) whose objects take those of this type with them when they end. */
extern const unsigned long echo_within[];
extern const int echo_kind_count;
/* The library that programs open, and its function that hands out all others, if there is one. */
extern const char *const echo_library, *const echo_list;
/* The status with which calls fail that the driver has fail. */
extern const int64_t echo_failure;

/* ---- memory laid out in rows ------------------------------------------------------------------------------------- */

struct rows {
  bool known;
  uint64_t start, row, rows, row_pitch, slices, slice_pitch;
};

struct rows rows_flat(uint64_t bytes);
/* The layouts of the table language, by hand where a table uses them. */
struct rows rows_rect(const size_t *origin, const size_t *region, size_t row_pitch, size_t slice_pitch);
struct rows rows_pixels(const void *image, const size_t *region, size_t row_pitch, size_t slice_pitch);
struct rows rows_image(const void *format, const void *desc);
struct rows rows_image2d(const void *format, size_t width, size_t height, size_t row_pitch);
struct rows rows_image3d(const void *format, size_t width, size_t height, size_t depth, size_t row_pitch,
    size_t slice_pitch);
/* Whether an object with these flags goes on using the program's memory. By hand. */
bool keeps_host_memory(uint64_t flags);
/* Bytes from the first to behind the last. */
uint64_t rows_span(struct rows);
/* Bytes that the memory takes, from the pointer on. */
uint64_t rows_room(struct rows);
/* Offset of a row from the pointer. */
uint64_t rows_at(struct rows, uint64_t slice, uint64_t row);

/* ---- values ------------------------------------------------------------------------------------------------------ */

uint64_t echo_mix(uint64_t);
uint64_t echo_seed(const char *function, const char *param);
void echo_fill(void *at, uint64_t bytes, uint64_t seed);
void echo_fill_rows(void *at, struct rows, uint64_t seed);
static inline uint64_t echo_min(uint64_t a, uint64_t b) { return a < b ? a : b; }
static inline uint64_t echo_max(uint64_t a, uint64_t b) { return a > b ? a : b; }

/* ---- lines ------------------------------------------------------------------------------------------------------- */

struct line {
  char *text;
  size_t len, room;
};

void line_begin(struct line *, const char *function);
/* Writes the line into the log. */
void line_end(struct line *);
/* Forgets it. */
void line_drop(struct line *);
void line_problem(const char *format, ...) __attribute__((format(printf, 1, 2)));

void log_arrow(struct line *);
void log_name(struct line *, const char *);
void log_any(struct line *, const char *name);
void log_int(struct line *, const char *name, uint64_t);
void log_handle(struct line *, const char *name, int kind, const void *);
void log_handles(struct line *, const char *name, int kind, const void *, uint64_t count);
/* Whether a pointer is null, for those that nobody follows. */
void log_set(struct line *, const char *name, bool set);
void log_bytes(struct line *, const char *name, const void *, uint64_t bytes);
void log_rows(struct line *, const char *name, const void *, struct rows);
void log_text(struct line *, const char *name, const char *);
/* The text that a format and its arguments make. */
void log_formatted(struct line *, const char *name, const char *format, va_list);
void log_texts(struct line *, const char *name, const void *, uint64_t count, const size_t *lengths, bool bytes);
/* A descriptor that goes in: how long its file is, or that it is none. */
void log_file(struct line *, const char *name, int file);
/* One that came out: whether it is closed on execve, too. */
void log_new_file(struct line *, const char *name, int file);
/* A file of a length that the seed says. */
int file_new(uint64_t seed);
void file_close(int file);
void log_records(struct line *, const char *name, const void *, uint64_t count, const struct record *);
void log_list(struct line *, const char *name, const void *, const struct list *);
/* Sets or reads a number of a struct. */
void field_put(void *record, size_t at, size_t size, uint64_t);
uint64_t field(const void *record, size_t at, size_t size);
/* The part that a struct says its union has; null for none of the table's. */
const struct part *part_of(const struct choice *, const void *record);
/* The structs that the memory of a lead holds, or null for bytes; the number of elements goes to `count`. */
const struct record *lead_records(const struct lead *, const void *record, uint64_t *count);
/* The status with which structs are refused; 0 for none. */
int64_t records_refusal(const struct record *, const void *, uint64_t count);
/* An answer of `len` bytes about the object `about`. */
void log_answer(struct line *, const char *name, const struct tagged *, int64_t key, const void *, uint64_t len,
    const void *about);

/* Elements of a list with its end; 0 for null. */
int list_length(const struct list *, const void *);
int64_t list_element(const struct list *, const void *, int at);
const struct list_key *list_key_of(const struct list *, int64_t key);
/* The status with which a list is refused; 0 for none. */
int64_t list_refusal(const struct list *, const void *);

/* Each side names handles its own way: the number within the type; 0 for null, -1 for what is none. */
long handle_number(int kind, const void *);
/* The host memory that an object was made with, or null. */
const void *host_memory(const void *object);
/* Where lines go. */
void log_write(const char *text, size_t len);

/* Nothing is between the driver and the vendor. */
bool is_native(void);
/* The file of the vendor's log. By hand: where it is depends on what a worker may write. */
const char *vendor_log(void);

/* ---- control ----------------------------------------------------------------------------------------------------- */

/* By a file that both map, the driver tells the vendor that a call is to fail. */
struct control {
  volatile int armed;
  volatile int64_t status;
  char function[120];
};

struct control *control_open(const char *log);

#endif
