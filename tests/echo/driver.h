/* What the emitted functions of the driver are written against. */
#ifndef ECHO_DRIVER_H
#define ECHO_DRIVER_H

#include "echo.h"

enum size { SMALL, ZERO, LARGE };

/* One call to make. */
struct plan {
  const char *function;
  unsigned seed;
  enum size size;
  int null;       /* the parameter that is null; -1 for none */
  int64_t key;    /* of an answer or a refusal; where there is one */
  bool refuse;    /* the property list or the struct has this key, which is refused */
  bool keyed;     /* the struct has this key */
  bool unlisted;  /* the key is none of the table's */
  bool empty;     /* the property list is empty */
  int64_t fail;   /* the status that the vendor is told to fail with; 0 for none */
  void *handle;   /* the first handle, where a certain one is meant */
};

enum served { COMPARED, REFUSED, LOCAL };

/* A function of the table. Emitted. */
struct function {
  const char *name;
  enum served served;
  void (*call)(struct plan *); /* null for what is called by hand, and what is answered in the program */
  void **address;
  bool extension;
  bool beside; /* in another library */
  bool fails;  /* it has a way to say so */
  int params;
  /* Per parameter: 'p', 'l' where null can be passed, 's' where a size is, 'b' where both; 'r' where null is refused before
     the vendor is called; else '.'. */
  const char *pointers;
  const struct tagged *tagged;
  const struct list *list;
  const struct record *record; /* structs that lead to more */
  unsigned long needs, makes, finds; /* sets of handle types */
  int retains, releases;             /* a handle type, or 0 */
};
extern const struct function echo_functions[];
extern const int echo_function_count;

/* ---- arguments --------------------------------------------------------------------------------------------------- */

uint64_t value_for(const struct plan *, int param, const char *name);
/* The value, or one that a condition of the table asks for. */
uint64_t value_or(const struct plan *, int param, const char *name, uint64_t wanted);
/* A number of elements that `unit` bytes are in; of bytes, 1. */
uint64_t size_for(const struct plan *, int unit);
uint64_t size_for_texts(const struct plan *);
uint64_t size_for_answer(const struct plan *, const struct tagged *);
/* An index below `count`. */
uint64_t index_for(const struct plan *, int param, int64_t count);
/* A number in memory. */
void *number_for(const struct plan *, int param, size_t size, uint64_t value);
void *handle_for(const struct plan *, int param, int kind);
void *bytes_for(const struct plan *, int param, uint64_t bytes);
void *handles_for(const struct plan *, int param, uint64_t count, int kind);
void *records_for(const struct plan *, int param, uint64_t count, const struct record *);
void *list_for(const struct plan *, int param, const struct list *);
char *text_for(const struct plan *, int param);
void *texts_for(const struct plan *, int param, uint64_t count, const size_t *lengths, bool bytes);
/* Room for a result, with room around it that nobody is to touch. */
void *room_for(const struct plan *, int param, uint64_t bytes);
/* Rows that lie apart, and images that are known. By hand. */
void arrange_rect(const struct plan *, const void *origin, const void *region, size_t *row_pitch, size_t *slice_pitch);
void arrange_pixels(const struct plan *, const void *image, const void *region, size_t *row_pitch, size_t *slice_pitch);
void arrange_image(const struct plan *, const void *format, const void *desc);
void arrange_image2d(const struct plan *, const void *format, size_t *width, size_t *height, size_t *row_pitch);
void arrange_image3d(const struct plan *, const void *format, size_t *width, size_t *height, size_t *depth,
    size_t *row_pitch, size_t *slice_pitch);

/* ---- the call ---------------------------------------------------------------------------------------------------- */

void arm(const struct plan *);
void disarm(const struct plan *);
/* What came out: the first bytes, or rows, and nothing else. Nothing at all: 0. */
void check_room(const struct plan *, const void *room, uint64_t bytes);
void check_rows(const struct plan *, const void *room, struct rows);
void check_status(const struct plan *, int64_t status);
/* The key was refused, and nothing came out. */
void check_unlisted(const struct plan *, const struct tagged *, int64_t status, const void *room);
void check_refused(const struct plan *, int64_t wanted, int64_t status, const void *made);
/* Says how a function is served that is not compared. */
void list_function(const char *how, const char *function);
/* Null was refused. */
void check_null(const struct plan *, bool right);
/* A function that the table refuses gave what the table says. */
void check_refusal(const char *function, bool right);
/* Frees arguments and rooms; `keep` those that an object uses. */
void call_end(bool keep);
/* Elements of the room that were touched. */
uint64_t touched(const void *room, uint64_t count, size_t size);
/* Waits for the command; by hand. */
void settle(void *event, void *queue);

/* ---- handles ----------------------------------------------------------------------------------------------------- */

void made(int kind, void *handle);
/* A callback names it before its call has returned. */
void made_soon(int kind, void *handle);
void made_with(void *handle, const void *host);
void found(int kind, void *handle);
void retained(void *handle);
void released(void *handle);
/* How many are alive. */
int live(int kind);
/* One of them, or null. */
void *any(int kind, uint64_t seed);
/* The latest that the program has made, or null. */
void *any_made(int kind);

/* ---- callbacks --------------------------------------------------------------------------------------------------- */

/* User data of a callback that is to be called `times`: soon, or at the end of an object. */
/* A descriptor, or the number of none. */
int file_for(const struct plan *, int param);
void *cookie_for(const struct plan *, int param);
void cookie_expects(const struct plan *, void *cookie, int times, bool at_end);
void cookie_came(const char *function, void *cookie);
/* Callbacks may come at any time. */
void callback_lock(void);
void callback_unlock(void);

/* Waits until the callbacks have come that come soon, or all. How many came. */
int callbacks_wait(bool all);

/* By hand: what the vendor answers to AvA itself, in a way that makes sense. */
bool is_special(const char *function, int64_t key);
/* By hand: before anything else, once the functions are found. */
void by_hand_start(void);
/* By hand: the calls that the table says too little of. */
void by_hand(void);
/* By hand: the address of a function that the library does not export. */
void *look_up(const char *name);

#endif
