/* The driver's handles and callbacks. */
#define _GNU_SOURCE
#include "driver.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { KINDS = 32, SLOTS = 1 << 18, MOST = 1 << 17, PATIENCE = 30 };

struct entry {
  void *handle;
  int kind;
  long number;
  bool made, live, gone;
  int references;
  const void *host;
};

static struct entry entries[MOST];
static int entry_count;
/* By address: the latest entry, counted from 1. */
static int slots[SLOTS];
static long last[KINDS];
/* The live ones of a kind. */
static int *alive[KINDS], alive_count[KINDS];

static pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;

void callback_lock(void) { pthread_mutex_lock(&mutex); }
void callback_unlock(void) { pthread_mutex_unlock(&mutex); }

void log_write(const char *text, size_t len) {
  static FILE *file;
  callback_lock();
  if (!file) file = getenv("ECHO_LOG") ? fopen(getenv("ECHO_LOG"), "we") : stdout;
  fwrite(text, 1, len, file);
  if (!strncmp(text, "PROBLEM", 7) || getenv("ECHO_FLUSH")) fflush(file);
  callback_unlock();
}

static int *slot_of(const void *handle) {
  uint64_t at = echo_mix((uintptr_t)handle) % SLOTS;
  while (slots[at] && entries[slots[at] - 1].handle != handle) at = (at + 1) % SLOTS;
  return &slots[at];
}

static struct entry *entry_of(const void *handle) {
  int index = *slot_of(handle);
  return index ? &entries[index - 1] : NULL;
}

static struct entry *add(int kind, void *handle, bool is_made) {
  if (entry_count == MOST) abort();
  struct entry *entry = &entries[entry_count++];
  *entry = (struct entry){.handle = handle, .kind = kind, .number = ++last[kind], .made = is_made, .references = 1};
  *slot_of(handle) = entry_count;
  return entry;
}

static void enliven(struct entry *entry) {
  int kind = entry->kind;
  if (entry->live) return;
  entry->live = true;
  if (!alive[kind]) alive[kind] = malloc(MOST * sizeof *alive[kind]);
  alive[kind][alive_count[kind]++] = (int)(entry - entries);
}

void made(int kind, void *handle) {
  callback_lock();
  struct entry *old = handle ? entry_of(handle) : NULL;
  if (old && old->live) line_problem("a new %s has the address of one that is alive", echo_kinds[kind]);
  bool soon = old && !old->live && !old->made;
  if (handle) enliven(soon ? old : add(kind, handle, true));
  if (soon) old->made = true;
  callback_unlock();
}

void made_soon(int kind, void *handle) {
  callback_lock();
  struct entry *entry = handle ? entry_of(handle) : NULL;
  if (handle && !(entry && entry->live)) add(kind, handle, false);
  callback_unlock();
}

void found(int kind, void *handle) {
  callback_lock();
  struct entry *entry = handle ? entry_of(handle) : NULL;
  if (handle) enliven(entry && !entry->gone ? entry : add(kind, handle, false));
  callback_unlock();
}

void made_with(void *handle, const void *host) {
  struct entry *entry = handle ? entry_of(handle) : NULL;
  if (entry) entry->host = host;
}

const void *host_memory(const void *handle) {
  struct entry *entry = handle ? entry_of(handle) : NULL;
  return entry ? entry->host : NULL;
}

void retained(void *handle) {
  struct entry *entry = handle ? entry_of(handle) : NULL;
  if (entry) entry->references++;
}

/* What is in objects of a kind is gone with any of them. Locked. */
static void forget_within(int kind) {
  for (int k = 1; k < echo_kind_count; k++) {
    if (!(echo_within[k] >> kind & 1)) continue;
    for (int i = 0; i < alive_count[k]; i++) entries[alive[k][i]].live = false, entries[alive[k][i]].gone = true;
    alive_count[k] = 0;
    if (k != kind) forget_within(k);
  }
}

void released(void *handle) {
  callback_lock();
  struct entry *entry = handle ? entry_of(handle) : NULL;
  if (entry && entry->made && --entry->references == 0) {
    int kind = entry->kind, at = 0;
    while (alive[kind][at] != entry - entries) at++;
    memmove(&alive[kind][at], &alive[kind][at + 1], (size_t)(--alive_count[kind] - at) * sizeof(int));
    entry->live = false;
    /* What is found at its address from now on is another. */
    entry->gone = true;
    forget_within(kind);
  }
  callback_unlock();
}

int live(int kind) { return alive_count[kind]; }

void *any(int kind, uint64_t seed) {
  int n = alive_count[kind];
  if (n == 0) return NULL;
  /* The latest that was made, or one near it; found ones stand first. */
  return entries[alive[kind][n - 1 - (int)(seed % (uint64_t)(n < 6 ? n : 6))]].handle;
}

void *any_made(int kind) {
  for (int i = alive_count[kind]; i > 0; i--)
    if (entries[alive[kind][i - 1]].made) return entries[alive[kind][i - 1]].handle;
  return NULL;
}

long handle_number(int kind, const void *handle) {
  if (!handle) return 0;
  callback_lock();
  struct entry *entry = entry_of(handle);
  if (!entry) entry = add(kind, (void *)handle, false);
  long number = entry->kind == kind ? entry->number : -1;
  callback_unlock();
  return number;
}

/* ---- callbacks --------------------------------------------------------------------------------------------------- */

struct cookie {
  const char *function;
  int soon, at_end, came;
  struct cookie *next;
};

static struct cookie *cookies, without = {.function = "callbacks without user data"};

void *cookie_for(const struct plan *plan, int param) {
  if (plan->null == param) return NULL;
  callback_lock();
  struct cookie *cookie = calloc(1, sizeof *cookie);
  cookie->function = plan->function;
  cookie->next = cookies;
  cookies = cookie;
  callback_unlock();
  return cookie;
}

void cookie_expects(const struct plan *plan, void *at, int times, bool at_end) {
  (void)plan;
  struct cookie *cookie = at ? at : &without;
  callback_lock();
  if (at_end) cookie->at_end += times;
  else cookie->soon += times;
  callback_unlock();
}

void cookie_came(const char *function, void *at) {
  struct cookie *cookie = cookies;
  while (cookie && cookie != at) cookie = cookie->next;
  if (at && !cookie) return line_problem("%s: user data that was not passed", function);
  if (cookie && strcmp(cookie->function, function) != 0) line_problem("%s was given the user data of %s", function,
      cookie->function);
  (cookie ? cookie : &without)->came++;
  pthread_cond_broadcast(&wake);
}

static int expected(const struct cookie *c, bool all) { return c->soon + (all ? c->at_end : 0); }

static bool have_come(bool all) {
  for (struct cookie *c = cookies; c; c = c->next)
    if (c->came < expected(c, all)) return false;
  return without.came >= expected(&without, all);
}

static int count(const struct cookie *c, bool all) {
  if (all && c->came != expected(c, all)) line_problem("%s: %d callbacks instead of %d", c->function, c->came,
      expected(c, all));
  return c->came;
}

int callbacks_wait(bool all) {
  struct timespec until;
  clock_gettime(CLOCK_REALTIME, &until);
  until.tv_sec += PATIENCE;
  callback_lock();
  int late = 0, sum = 0;
  while (!have_come(all) && !late) late = pthread_cond_timedwait(&wake, &mutex, &until);
  if (late) line_problem("some callbacks do not come");
  sum = count(&without, all);
  for (struct cookie *c = cookies; c; c = c->next) sum += count(c, all);
  callback_unlock();
  return sum;
}
