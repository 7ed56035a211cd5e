/* The driver's arguments, and what is checked of its results. */
#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { GUARD = 64, FEW = 3, MANY = 80000, FEW_BYTES = 40, MANY_BYTES = 100003, DEEPEST = 2 };

/* Memory of the call under way. */
static struct memory {
  char *base;
  uint64_t len;
  bool room;
} *memories;
static int count, most;

static void *memory(uint64_t len, bool room) {
  if (count == most) {
    most = most * 2 + 64;
    memories = realloc(memories, (size_t)most * sizeof *memories);
    if (!memories) abort();
  }
  char *base = malloc(len + 2 * GUARD);
  memset(base, ECHO_PATTERN, len + 2 * GUARD);
  memories[count++] = (struct memory){base, len, room};
  return base + GUARD;
}

static struct memory *memory_of(const void *at) {
  for (int i = 0; i < count; i++)
    if (memories[i].base + GUARD == at) return &memories[i];
  abort();
}

static bool untouched(const char *at, uint64_t len) {
  for (uint64_t i = 0; i < len; i++)
    if ((unsigned char)at[i] != ECHO_PATTERN) return false;
  return true;
}

void call_end(bool keep) {
  for (int i = 0; i < count; i++) {
    const struct memory *m = &memories[i];
    if (!untouched(m->base, GUARD) || !untouched(m->base + GUARD + m->len, GUARD))
      line_problem("something was written around what a call was passed");
  }
  for (int i = 0; i < count; i++)
    if (!keep || memories[i].room) free(memories[i].base);
  count = 0;
}

static uint64_t seed_of(const struct plan *p, int param) {
  return echo_mix(echo_seed(p->function, "argument") + (uint64_t)param * 977 + p->seed * 31u + (uint64_t)p->size);
}

uint64_t value_for(const struct plan *p, int param, const char *name) {
  (void)name;
  switch (p->seed) {
  case 1: return 1;
  case 2: return 0;
  case 3: return UINT64_MAX;
  default: return seed_of(p, param);
  }
}

uint64_t value_or(const struct plan *p, int param, const char *name, uint64_t wanted) {
  return p->seed % 2 == 0 ? wanted : value_for(p, param, name);
}

uint64_t size_for(const struct plan *p, int unit) {
  if (p->size == ZERO) return 0;
  if (unit == 1) return p->size == LARGE ? MANY_BYTES : FEW_BYTES;
  return p->size == LARGE ? MANY / unit : FEW;
}

uint64_t size_for_texts(const struct plan *p) { return p->size == ZERO ? 0 : FEW + 1; }

uint64_t size_for_answer(const struct plan *p, const struct tagged *tagged) {
  const struct answer *answer = answer_of(tagged, p->key);
  if (!answer) return size_for(p, 8) * 8;
  switch (answer->what) {
  case ANSWER_PLAIN: return size_for(p, 1);
  case ANSWER_TEXTS:
  case ANSWER_HANDLES: return 8 * size_for(p, 8);
  default: return p->size == ZERO ? 0 : p->size == LARGE ? MANY_BYTES : 1024;
  }
}

uint64_t index_for(const struct plan *p, int param, int64_t count) {
  return count > 0 ? seed_of(p, param) % (uint64_t)count : 0;
}

void *number_for(const struct plan *p, int param, size_t size, uint64_t value) {
  return p->null == param ? NULL : memcpy(memory(size, false), &value, size);
}

void *handle_for(const struct plan *p, int param, int kind) {
  if (p->null == param) return NULL;
  /* Now and then it is a value that is no object. */
  if (!p->handle && echo_plain[kind] && p->seed % 3 == 1) return (void *)(uintptr_t)(1 + p->seed % echo_plain[kind]);
  return p->handle ? p->handle : any(kind, seed_of(p, param));
}

void *bytes_for(const struct plan *p, int param, uint64_t len) {
  if (p->null == param) return NULL;
  void *at = memory(len, false);
  echo_fill(at, len, seed_of(p, param));
  return at;
}

void *handles_for(const struct plan *p, int param, uint64_t n, int kind) {
  if (p->null == param) return NULL;
  void **at = memory(n * sizeof *at, false);
  for (uint64_t i = 0; i < n; i++) at[i] = any(kind, seed_of(p, param) + i);
  return at;
}

/* The number of a value that one of the tables may have, or of none. */
enum { NO_KEY = 0x7E57 };

static void records_fill(const struct plan *p, char *at, uint64_t n, const struct record *, uint64_t seed, int depth);

/* Memory that a struct leads to: something, nothing, or null with a length. */
static void lead_fill(const struct plan *p, char *record, const struct lead *lead, uint64_t seed, int depth) {
  uint64_t n = p->size == ZERO ? 0 : p->size == LARGE && depth == 0 && seed % 32 == 0 ? MANY_BYTES : 5 + seed % FEW_BYTES;
  const struct record *of = lead->of;
  if (lead->tag_size) {
    int key = (int)(seed % (uint64_t)(lead->count + 1));
    bool listed = key < lead->count && !lead->keys[key].refused && (depth < DEEPEST || !lead->keys[key].of);
    field_put(record, lead->tag_at, lead->tag_size, listed ? (uint64_t)lead->keys[key].key : NO_KEY);
    if (p->keyed && depth == 0) field_put(record, lead->tag_at, lead->tag_size, (uint64_t)p->key);
    uint64_t unused;
    of = lead_records(lead, record, &unused);
  }
  if (of) n = p->size == ZERO ? 0 : 1 + seed % 2;
  uint64_t bytes = of ? n * of->size : n * lead->unit;
  char *at = (seed >> 8) % 5 == 4 ? NULL : memory(bytes, false);
  if (at && of) records_fill(p, at, n, of, seed + 1, depth + 1);
  else if (at) echo_fill(at, bytes, seed);
  field_put(record, lead->len_at, lead->len_size, bytes / lead->unit);
  field_put(record, lead->at, sizeof at, (uint64_t)(uintptr_t)at);
}

/* A union of any part, or of none that the table has. */
static void choice_fill(const struct plan *p, char *record, const struct choice *choice, uint64_t seed, uint64_t i) {
  int key = (int)(seed % (uint64_t)(choice->count + 1));
  field_put(record, choice->tag_at, choice->tag_size, key < choice->count ? (uint64_t)choice->parts[key].key : NO_KEY);
  if (key == choice->count || choice->parts[key].kind < 0) return;
  void *handle = p->seed % 2 ? any(choice->parts[key].kind, i) : NULL;
  memcpy(record + choice->at, &handle, sizeof handle);
}

static void records_fill(const struct plan *p, char *at, uint64_t n, const struct record *record, uint64_t seed,
    int depth) {
  echo_fill(at, n * record->size, seed);
  for (uint64_t i = 0; i < n; i++) {
    for (int h = 0; h < record->handles; h++) {
      void *handle = p->seed % 2 ? any(record->kind[h], i) : NULL;
      memcpy(at + i * record->size + record->at[h], &handle, sizeof handle);
    }
    for (int c = 0; c < record->choices; c++)
      choice_fill(p, at + i * record->size, &record->choice[c], echo_mix(seed + i * 8 + (uint64_t)c), i);
    if (record->says_size) field_put(at + i * record->size, record->says_at, record->says_size, record->says);
    for (int l = 0; l < record->leads; l++)
      lead_fill(p, at + i * record->size, &record->lead[l], echo_mix(seed + i * 8 + (uint64_t)l), depth);
  }
}

void *records_for(const struct plan *p, int param, uint64_t n, const struct record *record) {
  if (p->null == param) return NULL;
  char *at = memory(n * record->size, false);
  records_fill(p, at, n, record, seed_of(p, param), 0);
  return at;
}

static void put(const struct list *list, void *at, int i, int64_t value) {
  if (list->size == 4) ((int32_t *)at)[i] = (int32_t)value;
  else ((int64_t *)at)[i] = value;
}

void *list_for(const struct plan *p, int param, const struct list *list) {
  if (p->null == param) return NULL;
  void *at = memory(64 * 8, false);
  int n = 0;
  if (p->refuse) put(list, at, n++, p->key), put(list, at, n++, 1);
  for (int i = 0; i < list->count && !p->empty; i++) {
    const struct list_key *key = &list->keys[i];
    if (key->what == LIST_REFUSED) continue;
    put(list, at, n++, key->key);
    if (key->what == LIST_HANDLE) put(list, at, n++, (int64_t)(intptr_t)any(key->kind, seed_of(p, param)));
    else if (key->what == LIST_RUN) {
      for (int v = 0; v < i; v++) put(list, at, n++, 7 + v);
      put(list, at, n++, key->detail);
    } else put(list, at, n++, (int64_t)(seed_of(p, i) >> 1));
  }
  put(list, at, n, list->end);
  return at;
}

static void letters(char *at, uint64_t len, uint64_t seed) {
  for (uint64_t i = 0; i < len; i++) at[i] = (char)('a' + echo_mix(seed + i) % 26);
}

char *text_for(const struct plan *p, int param) {
  if (p->null == param) return NULL;
  uint64_t len = p->size == ZERO ? 0 : p->size == LARGE ? MANY_BYTES : 20;
  char *at = memory(len + 1, false);
  letters(at, len, seed_of(p, param));
  at[len] = 0;
  return at;
}

void *texts_for(const struct plan *p, int param, uint64_t n, const size_t *lengths, bool bytes) {
  if (p->null == param) return NULL;
  char **at = memory(n * sizeof *at, false);
  for (uint64_t i = 0; i < n; i++) {
    uint64_t len = (p->size == LARGE ? 20000 : 5) + 3 * i;
    bool told = lengths && (bytes || i % 3 != 1);
    if (lengths) ((size_t *)lengths)[i] = told ? len : 0;
    at[i] = memory(len + 1, false);
    letters(at[i], len, seed_of(p, param) + i);
    /* What is told does not end at a NUL. */
    if (!told) at[i][len] = 0;
    if (p->seed == 3 && i == 1) {
      at[i] = NULL;
      if (lengths) ((size_t *)lengths)[i] = 0;
    }
  }
  return at;
}

void *room_for(const struct plan *p, int param, uint64_t len) { return p->null == param ? NULL : memory(len, true); }

/* ---- results ----------------------------------------------------------------------------------------------------- */

static void complain(const struct plan *p, const char *what) {
  line_problem("%s (seed %u, size %d, null %d, key %#llx, fail %lld): %s", p->function, p->seed, p->size, p->null,
               (unsigned long long)p->key, (long long)p->fail, what);
}

void check_room(const struct plan *p, const void *room, uint64_t len) {
  if (!room) return;
  const struct memory *m = memory_of(room);
  if (len > m->len) return complain(p, "more came out than there was room for");
  if (!untouched(m->base, GUARD)) complain(p, "something was written before a result");
  if (!untouched(m->base + GUARD + len, m->len - len + GUARD)) complain(p, "something was written behind a result");
}

void check_rows(const struct plan *p, const void *room, struct rows r) {
  if (!room) return;
  if (!r.known) return check_room(p, room, 0);
  const struct memory *m = memory_of(room);
  char *copy = malloc(m->len + GUARD);
  memcpy(copy, room, m->len + GUARD);
  for (uint64_t s = 0; s < r.slices; s++)
    for (uint64_t i = 0; i < r.rows; i++) memset(copy + rows_at(r, s, i), ECHO_PATTERN, r.row);
  if (!untouched(copy, m->len + GUARD)) complain(p, "something was written between the rows of a result");
  free(copy);
}

uint64_t touched(const void *room, uint64_t n, size_t size) {
  uint64_t i = 0;
  while (i < n && !untouched((const char *)room + i * size, size)) i++;
  return i;
}

void check_status(const struct plan *p, int64_t status) {
  if (p->fail && status != p->fail) complain(p, "the vendor's failure did not arrive");
}

void check_unlisted(const struct plan *p, const struct tagged *tagged, int64_t status, const void *room) {
  if (is_native()) return;
  if (status != tagged->otherwise) complain(p, "a key that no table lists is answered");
  check_room(p, room, 0);
}

void check_refused(const struct plan *p, int64_t wanted, int64_t status, const void *made) {
  if (status != wanted || made) complain(p, "a property was not refused as the table says");
}

void check_refusal(const char *function, bool right) {
  list_function("refused", function);
  if (!right) line_problem("%s is not refused as the table says", function);
}

void check_null(const struct plan *p, bool right) {
  if (!right) complain(p, "null is no object, and was not refused");
}

int file_for(const struct plan *plan, int param) {
  static int file = -1;
  if (file < 0) file = file_new(4242);
  return plan->null == param ? -1 : file;
}
