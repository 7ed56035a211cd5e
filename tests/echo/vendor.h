/* What the emitted functions of the echo vendor are written against. */
#ifndef ECHO_VENDOR_H
#define ECHO_VENDOR_H

#include "echo.h"

#define EXPORT __attribute__((visibility("default")))

/* Objects. A new one has one reference; found ones (platforms, devices) have always been there. */
void *object_new(int kind);
void *object_found(int kind, uint64_t index);
/* One that is alive, if there is one. */
void *object_live(int kind, uint64_t seed);
void object_retain(void *);
void object_release(void *);
/* What it was made with: flags that decide about its memory, and the program's memory if it uses that. */
void object_made_with(void *, uint64_t flags, const void *host);
uint64_t object_flags(const void *);

/* Completes what still runs, where the function waits for it. By hand. */
void entering(const char *function);
/* Whether the driver wants this call to fail, and how. */
bool failing(const char *function, int64_t *status);
/* Answers that AvA itself asks for and that have to make sense; these are not written down. By hand. */
bool special(const char *function, int64_t key, uint64_t detail, void *about, size_t size, void *value,
    size_t *size_ret);

/* How many there are, for a program that has room for `n`. */
uint64_t available(uint64_t n);
/* How long an answer is, for a program that has room for `size` bytes. */
size_t answered(size_t size, bool has_value);
/* Gives an answer by key: false if it does not fit. `seen` and `seen_len` are what the program is to see of it. */
bool answer(const char *function, const struct tagged *, int64_t key, const void *about, size_t size, void *value,
    size_t *size_ret, void **seen, size_t *seen_len);

/* What a vendor newer than the table may answer: addresses. The function's status. */
int give_addresses(size_t size, void *value, size_t *size_ret);

/* Answers in structs: of what they lead to less comes out, all, or nothing. */
/* Structs that come out. */
void records_make(void *, uint64_t count, const struct record *, uint64_t seed);
void records_change(void *, uint64_t count, const struct record *, uint64_t seed);
/* Complains of a call that the table refuses. */
void reached(const char *function);

/* Memory that comes out, at once or when `event` has completed. */
void give_rows(struct line *, const char *name, void *, struct rows, uint64_t seed, bool later, void *event);
/* Memory that goes in and has to stay as it is until `event` has completed. */
void watch_rows(const char *name, const void *, struct rows, bool later, void *event);
/* Runs what waits for the event; for null, everything. */
void complete(void *event);
/* Whether the event's command has completed; one that is asked about completes. */
bool is_complete(void *event);

/* A callback of the program, to be called on a thread of the vendor. */
struct job {
  void (*run)(const struct job *);
  void *function;
  void *user_data;
  int round;
  const void *pointer[6];
  uint64_t value[6];
  uint64_t seed;
  void *about;
  struct job *next;
};

/* As often as `rounds` says. */
void job_queue(struct job, int rounds);
/* On this thread, before the call returns. */
void job_now(struct job, int rounds);
/* When the object is gone. */
void job_at_end(void *object, struct job);
/* A text that lives as long as the process. */
const char *job_text(uint64_t seed, int round);

/* A format for reports of errors, and its arguments. */
const char *job_format(int round);
#define JOB_FORMAT_END ", %5.2f of %c, 100%%"
#define JOB_ARGUMENTS "echo", 42, 2.5, 'x'

/* All functions in the order of the table, where the API hands them out so. Emitted. */
extern void *const echo_in_order[];
extern const int echo_in_order_count;
/* The functions that a program looks up by name. Emitted. */
extern const struct export { const char *name; void *address; } echo_extensions[];
extern const int echo_extension_count;

#endif
