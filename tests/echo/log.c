/* Lines of the log, the same on both sides. */
#define _GNU_SOURCE
#include "echo.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Longest run of bytes that is written out, and longest array of handles; of a longer one there is a sum. */
enum { SHOWN = 16, SHOWN_HANDLES = 2000, FIRST_HANDLES = 32 };

uint64_t echo_mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
  x = (x ^ x >> 27) * 0x94D049BB133111EBu;
  return x ^ x >> 31;
}

static uint64_t sum(uint64_t sum, const uint8_t *bytes, uint64_t len) {
  for (uint64_t i = 0; i < len; i++) sum = (sum ^ bytes[i]) * 0x100000001B3u;
  return sum;
}

uint64_t echo_seed(const char *function, const char *param) {
  uint64_t seed = sum(0xCBF29CE484222325u, (const uint8_t *)function, strlen(function));
  return echo_mix(sum(seed, (const uint8_t *)param, strlen(param)));
}

void echo_fill(void *at, uint64_t len, uint64_t seed) {
  uint8_t *bytes = at;
  for (uint64_t i = 0; i < len; i++) bytes[i] = (uint8_t)(echo_mix(seed + i / 8) >> 8 * (i % 8));
}

void echo_fill_rows(void *at, struct rows r, uint64_t seed) {
  if (!r.known) return;
  for (uint64_t s = 0; s < r.slices; s++)
    for (uint64_t i = 0; i < r.rows; i++) echo_fill((char *)at + rows_at(r, s, i), r.row, seed++);
}

static void grow(struct line *line, size_t more) {
  if (line->len + more < line->room) return;
  line->room = (line->len + more) * 2;
  line->text = realloc(line->text, line->room);
  if (!line->text) abort();
}

__attribute__((format(printf, 2, 3))) static void add(struct line *line, const char *format, ...) {
  va_list args;
  va_start(args, format);
  grow(line, 400);
  int len = vsnprintf(line->text + line->len, 400, format, args);
  va_end(args);
  line->len += (size_t)(len < 400 ? len : 399);
}

void line_begin(struct line *line, const char *function) {
  *line = (struct line){0};
  add(line, "%s", function);
}

void line_end(struct line *line) {
  add(line, "\n");
  log_write(line->text, line->len);
  line_drop(line);
}

void line_drop(struct line *line) {
  free(line->text);
  *line = (struct line){0};
}

void line_problem(const char *format, ...) {
  char text[400];
  va_list args;
  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  struct line line;
  line_begin(&line, "PROBLEM");
  add(&line, " %s", text);
  line_end(&line);
}

void log_arrow(struct line *line) { add(line, " ->"); }

void log_name(struct line *line, const char *name) { add(line, " %s", name); }

void log_any(struct line *line, const char *name) { add(line, " %s=*", name); }

void log_int(struct line *line, const char *name, uint64_t value) {
  add(line, " %s=%#llx", name, (unsigned long long)value);
}

void log_set(struct line *line, const char *name, bool set) { add(line, " %s=%s", name, set ? "set" : "null"); }

static void add_handle(struct line *line, int kind, const void *handle) {
  if (handle && (uintptr_t)handle <= echo_plain[kind]) return add(line, "%s=%zu", echo_kinds[kind], (size_t)handle);
  long number = handle_number(kind, handle);
  if (number == 0) add(line, "null");
  else if (number < 0) add(line, "no-%s", echo_kinds[kind]);
  else add(line, "%s#%ld", echo_kinds[kind], number);
}

void log_handle(struct line *line, const char *name, int kind, const void *handle) {
  add(line, " %s=", name);
  add_handle(line, kind, handle);
}

void log_handles(struct line *line, const char *name, int kind, const void *at, uint64_t count) {
  if (!at) return log_set(line, name, false);
  void *const *handles = at;
  uint64_t rest = 0, shown = count > SHOWN_HANDLES ? FIRST_HANDLES : count;
  add(line, " %s=[", name);
  for (uint64_t i = 0; i < shown; i++) {
    if (i) add(line, ",");
    add_handle(line, kind, handles[i]);
  }
  /* Of the rest, which are which: where each was first. */
  for (uint64_t i = shown, first; i < count; i++) {
    for (first = 0; handles[first] != handles[i]; first++) {}
    rest = echo_mix(rest + first);
  }
  if (rest) add(line, ";%llu;%016llx", (unsigned long long)count, (unsigned long long)rest);
  add(line, "]");
}

static void add_bytes(struct line *line, const uint8_t *bytes, uint64_t len) {
  add(line, "%llu:", (unsigned long long)len);
  if (len <= SHOWN)
    for (uint64_t i = 0; i < len; i++) add(line, "%02x", bytes[i]);
  else
    add(line, "%016llx", (unsigned long long)sum(len, bytes, len));
}

void log_bytes(struct line *line, const char *name, const void *at, uint64_t len) {
  if (!at) return log_set(line, name, false);
  add(line, " %s=", name);
  add_bytes(line, at, len);
}

void log_rows(struct line *line, const char *name, const void *at, struct rows r) {
  if (!at || !r.known) return log_set(line, name, at != NULL);
  uint64_t all = r.rows * r.slices, total = 0;
  for (uint64_t s = 0; s < r.slices; s++)
    for (uint64_t i = 0; i < r.rows; i++) total = sum(total, (const uint8_t *)at + rows_at(r, s, i), r.row);
  add(line, " %s=%llux%llu:%016llx", name, (unsigned long long)all, (unsigned long long)r.row,
      (unsigned long long)total);
}

void log_text(struct line *line, const char *name, const char *text) {
  log_bytes(line, name, text, text ? strlen(text) : 0);
}

void log_formatted(struct line *line, const char *name, const char *format, va_list list) {
  char text[400];
  va_list copy;
  va_copy(copy, list);
  vsnprintf(text, sizeof text, format, copy);
  va_end(copy);
  log_text(line, name, text);
}

void log_texts(struct line *line, const char *name, const void *at, uint64_t count, const size_t *lengths, bool bytes) {
  if (!at) return log_set(line, name, false);
  add(line, " %s=[", name);
  for (uint64_t i = 0; i < count; i++) {
    const char *text = ((const char *const *)at)[i];
    size_t len = lengths ? lengths[i] : 0;
    if (text && !bytes && len == 0) len = strlen(text);
    if (i) add(line, ",");
    if (text) add_bytes(line, (const uint8_t *)text, len);
    else add(line, "null");
  }
  add(line, "]");
}

void field_put(void *record, size_t at, size_t size, uint64_t value) { memcpy((char *)record + at, &value, size); }

uint64_t field(const void *record, size_t at, size_t size) {
  uint64_t value = 0;
  memcpy(&value, (const char *)record + at, size);
  return value;
}

const struct part *part_of(const struct choice *choice, const void *record) {
  for (int i = 0; i < choice->count; i++)
    if ((uint64_t)choice->parts[i].key == field(record, choice->tag_at, choice->tag_size)) return &choice->parts[i];
  return NULL;
}

static const struct lead_key *lead_key_of(const struct lead *lead, const void *record) {
  for (int i = 0; i < lead->count; i++)
    if ((uint64_t)lead->keys[i].key == field(record, lead->tag_at, lead->tag_size)) return &lead->keys[i];
  return NULL;
}

const struct record *lead_records(const struct lead *lead, const void *record, uint64_t *count) {
  const struct lead_key *key = lead_key_of(lead, record);
  const struct record *of = key ? key->of : lead->of;
  *count = field(record, lead->len_at, lead->len_size);
  if (key && key->of) *count = *count * lead->unit / of->size;
  return of;
}

int64_t records_refusal(const struct record *record, const void *at, uint64_t count) {
  for (uint64_t i = 0; at && i < count; i++)
    for (int l = 0; l < record->leads; l++) {
      const char *one = (const char *)at + i * record->size;
      const struct lead *lead = &record->lead[l];
      const struct lead_key *key = lead_key_of(lead, one);
      if (key && key->refused) return key->refused;
      uint64_t n;
      const struct record *of = lead_records(lead, one, &n);
      const void *inner = (const void *)(uintptr_t)field(one, lead->at, sizeof(void *));
      int64_t refusal = of ? records_refusal(of, inner, n) : 0;
      if (refusal) return refusal;
    }
  return 0;
}

static void add_records(struct line *line, const void *at, uint64_t count, const struct record *record);

/* Memory that a struct leads to. One that says that it has more than anybody has says that it has nothing. */
static void add_lead(struct line *line, const struct lead *lead, const void *record) {
  const uint64_t most = 1u << 30;
  const void *at = (const void *)(uintptr_t)field(record, lead->at, sizeof(void *));
  uint64_t count;
  const struct record *of = lead_records(lead, record, &count);
  if (!at) add(line, "null");
  else if (count > most) add(line, "nothing");
  else if (of) add_records(line, at, count, of);
  else add_bytes(line, at, count * lead->unit);
}

/* The handle at a place in a struct, of which no more is logged. */
static void take_handle(struct line *line, int kind, char *place) {
  void *handle;
  memcpy(&handle, place, sizeof handle);
  memset(place, 0, sizeof handle);
  add_handle(line, kind, handle);
  add(line, "+");
}

static void add_records(struct line *line, const void *at, uint64_t count, const struct record *record) {
  char *copy = malloc(record->size);
  add(line, "[");
  for (uint64_t i = 0; i < count; i++) {
    memcpy(copy, (const char *)at + i * record->size, record->size);
    if (i) add(line, ",");
    for (int h = 0; h < record->handles; h++) take_handle(line, record->kind[h], copy + record->at[h]);
    for (int c = 0; c < record->choices; c++) {
      const struct choice *choice = &record->choice[c];
      const struct part *part = part_of(choice, copy);
      if (!part) memset(copy + choice->at, 0, choice->size);
      else if (part->kind >= 0) take_handle(line, part->kind, copy + choice->at);
    }
    for (int l = 0; l < record->leads; l++) {
      add_lead(line, &record->lead[l], (const char *)at + i * record->size);
      memset(copy + record->lead[l].at, 0, sizeof(void *));
      add(line, "+");
    }
    add_bytes(line, (const uint8_t *)copy, record->size);
  }
  free(copy);
  add(line, "]");
}

void log_records(struct line *line, const char *name, const void *at, uint64_t count, const struct record *record) {
  if (!at) return log_set(line, name, false);
  add(line, " %s=", name);
  add_records(line, at, count, record);
}

int64_t list_element(const struct list *list, const void *at, int i) {
  if (list->size == 4) return ((const int32_t *)at)[i];
  return ((const int64_t *)at)[i];
}

const struct list_key *list_key_of(const struct list *list, int64_t key) {
  for (int i = 0; i < list->count; i++)
    if (list->keys[i].key == key) return &list->keys[i];
  return NULL;
}

/* One step: the index behind the key at `i` and its value. */
static int list_next(const struct list *list, const void *at, int i) {
  const struct list_key *key = list_key_of(list, list_element(list, at, i));
  if (!key || key->what != LIST_RUN) return i + 2;
  for (i++; list_element(list, at, i) != key->detail; i++) {}
  return i + 1;
}

int list_length(const struct list *list, const void *at) {
  if (!at) return 0;
  int i = 0;
  while (list_element(list, at, i) != list->end) i = list_next(list, at, i);
  return i + 1;
}

int64_t list_refusal(const struct list *list, const void *at) {
  if (!at) return 0;
  for (int i = 0; list_element(list, at, i) != list->end; i = list_next(list, at, i)) {
    const struct list_key *key = list_key_of(list, list_element(list, at, i));
    if (!key) return list->otherwise;
    if (key->what == LIST_REFUSED) return key->detail;
  }
  return 0;
}

void log_list(struct line *line, const char *name, const void *at, const struct list *list) {
  if (!at) return log_set(line, name, false);
  add(line, " %s={", name);
  for (int i = 0, next; list_element(list, at, i) != list->end; i = next) {
    next = list_next(list, at, i);
    const struct list_key *key = list_key_of(list, list_element(list, at, i));
    add(line, "%#llx:", (unsigned long long)list_element(list, at, i));
    for (int v = i + 1; v < next; v++) {
      int64_t value = list_element(list, at, v);
      if (key && key->what == LIST_HANDLE) add_handle(line, key->kind, (void *)(intptr_t)value);
      else add(line, "%#llx", (unsigned long long)value);
      add(line, ";");
    }
  }
  add(line, "}");
}

const struct answer *answer_of(const struct tagged *tagged, int64_t key) {
  for (int i = 0; i < tagged->count; i++)
    if (tagged->answers[i].key == key) return &tagged->answers[i];
  return NULL;
}

bool is_filtered(const struct tagged *tagged, int64_t key) {
  const struct answer *answer = answer_of(tagged, key);
  if (!answer) return false;
  switch (answer->what) {
  case ANSWER_NAMES:
  case ANSWER_NAME_VERSIONS:
  case ANSWER_VERSION_TEXT:
  case ANSWER_VERSION_NUMBERS: return true;
  default: return false;
  }
}

void log_answer(struct line *line, const char *name, const struct tagged *tagged, int64_t key, const void *at,
    uint64_t len, const void *about) {
  const struct answer *answer = answer_of(tagged, key);
  if (!at) return log_set(line, name, false);
  switch (answer->what) {
  case ANSWER_HANDLES: return log_handles(line, name, answer->kind, at, len / sizeof(void *));
  case ANSWER_LIST: return log_list(line, name, at, answer->list);
  case ANSWER_HOST_PTR: {
    const void *pointer, *own = host_memory(about);
    memcpy(&pointer, at, sizeof pointer);
    add(line, " %s=%s", name, !pointer ? "null" : pointer == own ? "own" : "other");
    return;
  }
  case ANSWER_TEXTS: return log_texts(line, name, at, len / sizeof(char *), NULL, false);
  default: return log_bytes(line, name, at, len);
  }
}

bool is_native(void) {
  static int native = -1;
  if (native < 0) native = getenv("ECHO_NATIVE") != NULL;
  return native;
}

struct control *control_open(const char *log) {
  char path[4096];
  snprintf(path, sizeof path, "%s.control", log);
  int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || ftruncate(fd, 4096) != 0) return NULL;
  void *at = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  return at == MAP_FAILED ? NULL : at;
}
