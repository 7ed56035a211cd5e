/* The echo vendor's objects, answers, commands and callbacks; its functions are emitted. */
#include "vendor.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MAGIC = 0x0EC40EC4, FOUND = 5, MOST_KINDS = 32 };

/* Memory that a command uses until its event has completed. */
struct work {
  const char *name;
  char *to; /* where `data` goes; null for memory that goes in */
  const char *from;
  char *data; /* what goes out, or what went in */
  struct rows rows;
  struct work *next;
};

struct object {
  void *dispatch;
  uint32_t magic;
  int kind;
  long number, references;
  bool found, dead;
  uint64_t flags;
  const void *host;
  int asked; /* how often about its state */
  struct work *work;
  struct job *at_end;
  struct object *next; /* of the kind: alive, or free for another */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static struct object *alive[MOST_KINDS], *unused[MOST_KINDS], *found[MOST_KINDS][FOUND];
static long last[MOST_KINDS];

static void lock(void) { pthread_mutex_lock(&mutex); }
static void unlock(void) { pthread_mutex_unlock(&mutex); }

/* ---- log and control --------------------------------------------------------------------------------------------- */

void log_write(const char *text, size_t len) {
  static pthread_mutex_t writing = PTHREAD_MUTEX_INITIALIZER;
  static FILE *file;
  pthread_mutex_lock(&writing);
  if (!file && vendor_log()) file = fopen(vendor_log(), "ae");
  if (file) {
    fwrite(text, 1, len, file);
    fflush(file);
  }
  pthread_mutex_unlock(&writing);
}

bool failing(const char *function, int64_t *status) {
  static struct control *control;
  lock();
  if (!control && vendor_log()) control = control_open(vendor_log());
  unlock();
  if (!control || !control->armed || strcmp(control->function, function) != 0) return false;
  *status = control->status;
  return true;
}

/* ---- objects ----------------------------------------------------------------------------------------------------- */

static struct object *make(int kind) {
  struct object *object = unused[kind];
  /* Addresses come again, as with any allocator. */
  if (object) unused[kind] = object->next;
  else object = malloc(sizeof *object);
  *object = (struct object){.magic = MAGIC, .kind = kind, .number = ++last[kind], .references = 1, .next = alive[kind]};
  alive[kind] = object;
  return object;
}

void *object_new(int kind) {
  lock();
  struct object *object = make(kind);
  unlock();
  return object;
}

void *object_found(int kind, uint64_t index) {
  lock();
  struct object **slot = &found[kind][index % FOUND];
  if (!*slot) {
    *slot = make(kind);
    (*slot)->found = true;
  }
  unlock();
  return *slot;
}

void *object_live(int kind, uint64_t seed) {
  lock();
  struct object *object = alive[kind];
  for (uint64_t skip = seed % 5; object && object->next && skip; skip--) object = object->next;
  unlock();
  return object;
}

/* The object behind a handle of this kind (0 for any); reports one that is none. */
static struct object *object_of(int kind, const void *handle) {
  struct object *object = (struct object *)handle;
  if (!object || (uintptr_t)object <= echo_plain[kind]) return NULL;
  if ((uintptr_t)object < 4096 || object->magic != MAGIC || object->dead || (kind && object->kind != kind)) {
    line_problem("the vendor was passed what is no live %s", echo_kinds[kind]);
    return NULL;
  }
  return object;
}

long handle_number(int kind, const void *handle) {
  if (!handle) return 0;
  const struct object *object = object_of(kind, handle);
  return object ? object->number : -1;
}

/* What was found in objects of a kind is gone with any of them: found again, it is another. Locked. */
static void forget_within(int kind) {
  for (int k = 1; k < echo_kind_count; k++) {
    if (!(echo_within[k] >> kind & 1)) continue;
    for (int i = 0; i < FOUND; i++) {
      struct object *object = found[k][i];
      if (!object) continue;
      struct object **link = &alive[k];
      while (*link != object) link = &(*link)->next;
      *link = object->next;
      object->dead = true;
      found[k][i] = NULL;
    }
    if (k != kind) forget_within(k);
  }
}

void object_retain(void *handle) {
  struct object *object = object_of(0, handle);
  if (object && !object->found) object->references++;
}

void object_release(void *handle) {
  struct object *object = object_of(0, handle);
  if (!object || object->found || --object->references > 0) return;
  complete(object);
  lock();
  struct object **link = &alive[object->kind];
  while (*link != object) link = &(*link)->next;
  *link = object->next;
  forget_within(object->kind);
  struct job *job = object->at_end;
  if (!job) {
    object->dead = true;
    object->next = unused[object->kind];
    unused[object->kind] = object;
  }
  unlock();
  /* Its address is used again only when everybody has been told; so one with callbacks stays. */
  while (job) {
    struct job *next = job->next;
    job_queue(*job, 1);
    free(job);
    job = next;
  }
}

void object_made_with(void *handle, uint64_t flags, const void *host) {
  struct object *object = object_of(0, handle);
  if (!object) return;
  object->flags = flags;
  object->host = host;
}

uint64_t object_flags(const void *handle) {
  struct object *object = object_of(0, handle);
  return object ? object->flags : 0;
}

const void *host_memory(const void *handle) {
  struct object *object = object_of(0, handle);
  return object ? object->host : NULL;
}

/* ---- commands that complete later -------------------------------------------------------------------------------- */

static void copy_rows(char *to, const char *from, struct rows r) {
  for (uint64_t s = 0; s < r.slices; s++)
    for (uint64_t i = 0; i < r.rows; i++) memcpy(to + rows_at(r, s, i), from + rows_at(r, s, i), r.row);
}

static bool same_rows(const char *a, const char *b, struct rows r) {
  for (uint64_t s = 0; s < r.slices; s++)
    for (uint64_t i = 0; i < r.rows; i++)
      if (memcmp(a + rows_at(r, s, i), b + rows_at(r, s, i), r.row) != 0) return false;
  return true;
}

static void finish(struct work *work) {
  if (work->to) copy_rows(work->to, work->data, work->rows);
  else if (!same_rows(work->from, work->data, work->rows)) line_problem("%s changed while the command ran", work->name);
  free(work->data);
  free(work);
}

static void attach(struct work work, void *event) {
  struct object *object = object_of(0, event);
  struct work *one = malloc(sizeof *one);
  *one = work;
  if (!object) return finish(one);
  lock();
  one->next = object->work;
  object->work = one;
  unlock();
}

static char *scratch(struct rows rows) { return calloc(1, rows.start + rows_span(rows) + 1); }

void give_rows(struct line *line, const char *name, void *to, struct rows rows, uint64_t seed, bool later,
    void *event) {
  if (!to || !rows.known) return log_rows(line, name, to, rows);
  char *data = scratch(rows);
  echo_fill_rows(data, rows, seed);
  log_rows(line, name, data, rows);
  attach((struct work){name, to, NULL, data, rows, NULL}, later ? event : NULL);
}

void watch_rows(const char *name, const void *from, struct rows rows, bool later, void *event) {
  if (!from || !rows.known || !later || !event) return;
  char *data = scratch(rows);
  copy_rows(data, from, rows);
  attach((struct work){name, NULL, from, data, rows, NULL}, event);
}

static void complete_one(struct object *object) {
  lock();
  struct work *work = object->work;
  object->work = NULL;
  object->asked = 2;
  unlock();
  while (work) {
    struct work *next = work->next;
    finish(work);
    work = next;
  }
}

void complete(void *event) {
  if (event) return complete_one(event);
  for (int kind = 0; kind < MOST_KINDS; kind++)
    for (struct object *object = alive[kind]; object; object = object->next)
      if (object->work) complete_one(object);
}

bool is_complete(void *event) {
  struct object *object = object_of(0, event);
  if (!object || object->asked++ == 0) return !object || !object->work;
  complete_one(object);
  return true;
}

/* ---- answers ----------------------------------------------------------------------------------------------------- */

/* Fewer than there is room for, so that the rest can be seen to be left alone; of small rooms, more. */
uint64_t available(uint64_t n) { return n == 0 ? 4 : n > 2 ? n - 1 : n + 2; }

size_t answered(size_t size, bool has_value) {
  if (!has_value || size == 0) return has_value ? 0 : 4;
  return size > 8 ? size - 3 : size;
}

static size_t names(char *all, char *seen, size_t *seen_len) {
  size_t len = 0;
  *seen_len = 0;
  for (int i = 0; i < echo_name_count; i++) {
    len += (size_t)sprintf(all + len, "%s%s", i ? " " : "", echo_names[i]);
    if (i % 2 == 0) *seen_len += (size_t)sprintf(seen + *seen_len, "%s%s", i ? " " : "", echo_names[i]);
  }
  *seen_len += 1;
  return len + 1;
}

static size_t name_versions(const struct answer *answer, char *all, char *seen, size_t *seen_len) {
  *seen_len = 0;
  for (int i = 0; i < echo_name_count; i++) {
    char *one = all + (size_t)i * answer->size;
    memset(one, 0, answer->size);
    echo_fill(one, answer->name, (uint64_t)i);
    memcpy(one, &echo_versions[i], sizeof echo_versions[i]);
    strcpy(one + answer->name, echo_names[i]);
    if (i % 2 == 0) {
      memcpy(seen + *seen_len, one, answer->size);
      *seen_len += answer->size;
    }
  }
  return (size_t)echo_name_count * answer->size;
}

static size_t list(const struct list *list, int64_t *elements) {
  int at = 0;
  for (int i = 0; i < list->count; i++) {
    const struct list_key *key = &list->keys[i];
    if (key->what == LIST_REFUSED) continue;
    elements[at++] = key->key;
    if (key->what == LIST_HANDLE) elements[at++] = (int64_t)(intptr_t)object_live(key->kind, (uint64_t)i);
    else if (key->what == LIST_RUN) {
      for (int v = 1; v <= 3; v++) elements[at++] = v;
      elements[at++] = key->detail;
    } else elements[at++] = 0x1234 + i;
  }
  elements[at++] = list->end;
  return (size_t)at * list->size;
}

/* A version that no table knows yet, and what is known of it. */
static const uint32_t version = 77u << 22;

static size_t version_text(char *all, char *seen, size_t *seen_len) {
  *seen_len = (size_t)sprintf(seen, "Echo %u.%u of 3.9", echo_newest >> 22, echo_newest >> 12 & 0x3ff) + 1;
  return (size_t)sprintf(all, "Echo %u.0 of 3.9", version >> 22) + 1;
}

/* Two, of which one is newer. */
static size_t version_numbers(const struct answer *answer, char *all, char *seen, size_t *seen_len) {
  echo_fill(all, 2 * answer->size, version);
  memcpy(all, &version, sizeof version);
  memcpy(all + answer->size, &echo_newest, sizeof echo_newest);
  memcpy(seen, all + answer->size, answer->size);
  *seen_len = answer->size;
  return 2 * answer->size;
}

int give_addresses(size_t size, void *value, size_t *size_ret) {
  static const char text[] = "of a vendor's own";
  for (size_t i = 0; value && i < size / sizeof(char *); i++) ((const char **)value)[i] = text;
  if (size_ret) *size_ret = value ? size / sizeof(char *) * sizeof(char *) : sizeof(char *);
  return 0;
}

bool answer(const char *function, const struct tagged *tagged, int64_t key, const void *about, size_t size,
    void *value, size_t *size_ret, void **seen, size_t *seen_len) {
  static __thread char all[1 << 17], shown[1 << 17];
  const struct answer *a = answer_of(tagged, key);
  uint64_t seed = echo_mix(echo_seed(function, "answer") + (uint64_t)key);
  size_t len = answered(size, value != NULL);
  if (len > sizeof all) abort();
  switch (a->what) {
  case ANSWER_HANDLES:
    len = a->many ? (value ? (size / 8 > 1 ? size / 8 - 1 : size / 8) * 8 : 16) : 8;
    for (size_t i = 0; i < len / 8; i++) ((void **)all)[i] = object_live(a->kind, seed + i);
    break;
  case ANSWER_HIDDEN:
    len = a->size;
    echo_fill(all, len, seed);
    for (size_t i = 0; i < len; i++) shown[i] = all[i] & ~(char)(a->bits >> 8 * i);
    break;
  case ANSWER_TEXTS: {
    static const char *const texts[] = {"one", "", "three and more"};
    len = sizeof texts;
    memcpy(all, texts, len);
    break;
  }
  case ANSWER_VERSION_TEXT: len = version_text(all, shown, seen_len); break;
  case ANSWER_VERSION_NUMBER:
    len = sizeof version;
    memcpy(all, &version, len);
    memcpy(shown, &echo_newest, len);
    break;
  case ANSWER_VERSION_NUMBERS: len = version_numbers(a, all, shown, seen_len); break;
  case ANSWER_NAMES: len = names(all, shown, seen_len); break;
  case ANSWER_NAME_VERSIONS: len = name_versions(a, all, shown, seen_len); break;
  case ANSWER_LIST: len = list(a->list, (int64_t *)all); break;
  case ANSWER_HOST_PTR: {
    const void *host = host_memory(about);
    len = sizeof host;
    memcpy(all, &host, len);
    break;
  }
  case ANSWER_PLAIN: echo_fill(all, len, seed); break;
  }
  if (value && size < len) return false;
  if (value) memcpy(value, all, len);
  if (size_ret) *size_ret = len;
  /* The program itself, without AvA in between, sees everything. */
  bool same_size = a->what == ANSWER_HIDDEN || a->what == ANSWER_VERSION_NUMBER;
  bool less = !is_native() && (same_size || is_filtered(tagged, key));
  *seen = !value ? NULL : less ? shown : value;
  if (!less || same_size) *seen_len = len;
  return true;
}

void records_make(void *at, uint64_t count, const struct record *record, uint64_t seed) {
  echo_fill(at, count * record->size, seed);
  for (uint64_t i = 0; i < count; i++) {
    char *one = (char *)at + i * record->size;
    for (int h = 0; h < record->handles; h++) {
      void *found = object_found(record->kind[h], i);
      memcpy(one + record->at[h], &found, sizeof found);
    }
    for (int c = 0; c < record->choices; c++) {
      const struct choice *choice = &record->choice[c];
      const struct part *part = &choice->parts[echo_mix(seed + i) % (uint64_t)choice->count];
      field_put(one, choice->tag_at, choice->tag_size, (uint64_t)part->key);
      void *found = part->kind < 0 ? NULL : object_found(part->kind, i);
      if (found) memcpy(one + choice->at, &found, sizeof found);
    }
  }
}

void records_change(void *at, uint64_t count, const struct record *record, uint64_t seed) {
  for (uint64_t i = 0; i < count; i++)
    for (int l = 0; l < record->leads; l++) {
      char *one = (char *)at + i * record->size;
      const struct lead *lead = &record->lead[l];
      uint64_t n, way = echo_mix(seed + i) % 4;
      const struct record *of = lead_records(lead, one, &n);
      void *to = (void *)(uintptr_t)field(one, lead->at, sizeof to);
      if (!to) field_put(one, lead->len_at, lead->len_size, 77);
      else if (way == 0) field_put(one, lead->len_at, lead->len_size, UINT64_MAX);
      else if (of) records_change(to, n, of, seed + 1);
      else {
        /* Less than there is room for, or all of it. */
        n -= way == 1 && n ? 1 : 0;
        echo_fill(to, n * lead->unit, seed + i);
        field_put(one, lead->len_at, lead->len_size, n);
      }
    }
}

void reached(const char *function) {
  if (!is_native()) line_problem("%s is refused by the table, and reached the vendor", function);
}

/* ---- callbacks --------------------------------------------------------------------------------------------------- */

static struct job *first_job, **last_job = &first_job;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;

static void *call_back(void *unused_argument) {
  (void)unused_argument;
  for (;;) {
    lock();
    while (!first_job) pthread_cond_wait(&wake, &mutex);
    struct job *job = first_job;
    first_job = job->next;
    if (!first_job) last_job = &first_job;
    unlock();
    job->run(job);
    free(job);
  }
  return NULL;
}

void job_now(struct job job, int rounds) {
  for (job.round = 0; job.round < rounds; job.round++) job.run(&job);
}

void job_queue(struct job job, int rounds) {
  static bool started;
  lock();
  if (!started) {
    pthread_t thread;
    started = pthread_create(&thread, NULL, call_back, NULL) == 0;
  }
  for (int round = 0; round < rounds; round++) {
    struct job *one = malloc(sizeof *one);
    *one = job;
    one->round = round;
    one->next = NULL;
    *last_job = one;
    last_job = &one->next;
  }
  pthread_cond_broadcast(&wake);
  unlock();
}

void job_at_end(void *handle, struct job job) {
  struct object *object = object_of(0, handle);
  if (!object) return;
  struct job *one = malloc(sizeof *one);
  *one = job;
  lock();
  one->next = object->at_end; /* the latest first */
  object->at_end = one;
  unlock();
}

const char *job_text(uint64_t seed, int round) {
  static const char *const texts[] = {"echo: all is well", "echo: nothing is", ""};
  return texts[(seed + (uint64_t)round) % 3];
}

const char *job_format(int round) { return round ? "%s%d" JOB_FORMAT_END : "%s: number %d" JOB_FORMAT_END; }
