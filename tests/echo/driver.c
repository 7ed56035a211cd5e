/* The driver: which calls it makes, and what it checks. Its calls are emitted. */
#define _GNU_SOURCE
#include "driver.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A key that no table lists. */
enum { UNLISTED = 0x7E57, SEEDS = 4, MOST_REFERENCES = 1000 };

static int calls;
static struct control *control;

void arm(const struct plan *plan) {
  calls++;
  if (!plan->fail) return;
  snprintf(control->function, sizeof control->function, "%s", plan->function);
  control->status = plan->fail;
  control->armed = 1;
}

void disarm(const struct plan *plan) {
  if (plan->fail) control->armed = 0;
}

static bool has(const struct function *f, char what) { return memchr(f->pointers, what, (size_t)f->params) != NULL; }

/* A key whose value is plain. */
static int64_t plain_key(const struct function *f) {
  for (int i = 0; f->tagged && i < f->tagged->count; i++)
    if (f->tagged->answers[i].what == ANSWER_PLAIN && !is_special(f->name, f->tagged->answers[i].key))
      return f->tagged->answers[i].key;
  return UNLISTED;
}

static void call(const struct function *f, struct plan plan) {
  plan.function = f->name;
  if (!plan.key) plan.key = plain_key(f);
  f->call(&plan);
}

static struct plan ordinary(unsigned seed) { return (struct plan){.seed = seed, .null = -1}; }

/* Every pointer and handle that can be, null. */
static void nulls(const struct function *f, struct plan plan) {
  for (int param = 0; param < f->params; param++) {
    /* Nobody refuses anything where nothing is in between. */
    const char *may = is_native() ? "plb" : "plbr";
    plan.null = f->pointers[param] && strchr(may, f->pointers[param]) ? param : -1;
    if (plan.null >= 0) call(f, plan);
  }
}

static void keys(const struct function *f) {
  for (int i = 0; i < f->tagged->count; i++) {
    struct plan plan = ordinary((unsigned)i);
    plan.key = f->tagged->answers[i].key;
    if (is_special(f->name, plan.key)) continue;
    for (plan.size = SMALL; plan.size <= LARGE; plan.size++) call(f, plan);
    plan.size = SMALL;
    nulls(f, plan);
  }
  struct plan plan = ordinary(0);
  plan.key = UNLISTED;
  plan.unlisted = true;
  for (plan.size = SMALL; plan.size <= LARGE; plan.size++) call(f, plan);
}

static void lists(const struct function *f) {
  struct plan plan = ordinary(0);
  plan.empty = true;
  call(f, plan);
  for (int i = 0; i < f->list->count; i++) {
    plan = ordinary(0);
    plan.refuse = f->list->keys[i].what == LIST_REFUSED;
    plan.key = f->list->keys[i].key;
    if (plan.refuse) call(f, plan);
  }
  plan.refuse = true;
  plan.key = UNLISTED;
  call(f, plan);
}

/* Keys of structs, and those that the table refuses. */
static void structs(const struct function *f) {
  for (int l = 0; l < f->record->leads; l++)
    for (int i = 0; i < f->record->lead[l].count; i++) {
      const struct lead_key *key = &f->record->lead[l].keys[i];
      struct plan plan = ordinary((unsigned)i);
      plan.refuse = key->refused;
      plan.keyed = true;
      plan.key = key->key;
      call(f, plan);
    }
}

static void failures(const struct function *f) {
  for (unsigned seed = 0; seed < SEEDS; seed += 2) {
    struct plan plan = ordinary(seed);
    plan.fail = echo_failure;
    call(f, plan);
  }
}

static void exercise(const struct function *f) {
  if (!f->releases) {
    for (unsigned seed = 0; seed < SEEDS; seed++) call(f, ordinary(seed));
    for (unsigned seed = 0; seed < SEEDS; seed += has(f, 'l') ? 1 : 2) {
      struct plan plan = ordinary(seed);
      plan.size = ZERO;
      bool sized = has(f, 's') || has(f, 'b') || f->record;
      if (sized) call(f, plan);
      plan.size = LARGE;
      if (sized || has(f, 'l')) call(f, plan);
    }
    if (f->tagged) keys(f);
    if (f->list) lists(f);
    if (f->record) structs(f);
  }
  nulls(f, ordinary(0));
  nulls(f, ordinary(1));
  nulls(f, ordinary(2));
  if (f->fails) failures(f);
}

/* Calls what makes or finds handles, until there are some of every type. */
static void discover(void) {
  bool more = true;
  while (more) {
    more = false;
    unsigned long have = 0;
    for (int kind = 1; kind < 32; kind++) have |= live(kind) ? 1ul << kind : 0;
    for (int i = 0; i < echo_function_count; i++) {
      const struct function *f = &echo_functions[i];
      if (!f->call || f->served != COMPARED || !*f->address || !((f->makes | f->finds) & ~have) || (f->needs & ~have)) continue;
      int before = live(__builtin_ctzl((f->makes | f->finds) & ~have));
      call(f, ordinary(1));
      more |= live(__builtin_ctzl((f->makes | f->finds) & ~have)) > before;
    }
  }
}

/* The `turn`-th function that releases (or retains) this type. */
static const struct function *counter(int kind, bool releases, int turn) {
  const struct function *all[8];
  int count = 0;
  for (int i = 0; i < echo_function_count && count < 8; i++) {
    const struct function *f = &echo_functions[i];
    if (*f->address && f->call && f->served == COMPARED && (releases ? f->releases : f->retains) == kind) all[count++] = f;
  }
  return count ? all[turn % count] : NULL;
}

/* Releases every object that was made; the latest are retained once more before. */
static void release_all(void) {
  callbacks_wait(false);
  for (int kind = 31; kind > 0; kind--) {
    struct plan plan = ordinary(0);
    for (int turn = 0; (plan.handle = any_made(kind)); turn++) {
      const struct function *retain = counter(kind, false, turn), *release = counter(kind, true, turn);
      if (!release) break;
      if (turn < 20 && retain) call(retain, plan);
      int before = live(kind);
      for (int tries = 0; live(kind) == before && tries < MOST_REFERENCES; tries++) call(release, plan);
      if (live(kind) == before) {
        line_problem("%s does not release", release->name);
        break;
      }
    }
  }
}

/* The functions in the order of the table, behind a word with a version. */
static void **handed_out(void *library) {
  void **list = NULL;
  uintptr_t (*get)(void ***) = (uintptr_t(*)(void ***))dlsym(library, echo_list);
  return get && get(&list) == 0 && list ? list + 1 : NULL;
}

void list_function(const char *how, const char *function) {
  struct line line;
  line_begin(&line, how);
  log_name(&line, function);
  line_end(&line);
}

static void find_functions(void) {
  const char *name = getenv("ECHO_LIBRARY");
  void *library = dlopen(name ? name : echo_library, RTLD_NOW);
  void **list = library && echo_list ? handed_out(library) : NULL;
  if (!library || (echo_list && !list)) {
    fprintf(stderr, "driver: %s\n", library ? "no functions are handed out" : dlerror());
    exit(2);
  }
  for (int pass = 0; pass < 2; pass++)
    for (int i = 0; i < echo_function_count; i++) {
      const struct function *f = &echo_functions[i];
      if (f->extension != (pass == 1)) continue;
      if (list) *f->address = list[i];
      else if (f->extension) *f->address = look_up(f->name);
      else *f->address = dlsym(library, f->name);
      if (!*f->address && f->beside) *f->address = dlsym(RTLD_DEFAULT, f->name);
      bool hidden = f->extension && f->served == REFUSED;
      if (hidden) list_function("refused", f->name);
      if (f->served == LOCAL) list_function("local", f->name);
      /* A vendor need not have what is answered in the program. */
      if (f->served == LOCAL && is_native()) continue;
      if (!*f->address != hidden) line_problem("%s is %s", f->name, hidden ? "handed out" : "not there");
    }
}

static int count(enum served served) {
  int n = 0;
  for (int i = 0; i < echo_function_count; i++) n += echo_functions[i].served == served;
  return n;
}

int main(void) {
  control = control_open(vendor_log());
  if (!control) {
    fprintf(stderr, "driver: the vendor's log is in no file that can be made\n");
    return 2;
  }
  find_functions();
  by_hand_start();
  const char *only = getenv("ECHO_ONLY");
  discover();
  for (int i = 0; i < echo_function_count; i++) {
    const struct function *f = &echo_functions[i];
    if (!f->call || !*f->address || (only && strcmp(only, f->name))) continue;
    if (f->served == COMPARED) exercise(f);
    else f->call(NULL);
  }
  if (!only) by_hand();
  release_all();
  /* Again, so that the vendor's addresses come again. */
  discover();
  release_all();
  int came = callbacks_wait(true);
  printf("%d functions, %d refused, %d local; %d calls, %d callbacks\n", count(COMPARED), count(REFUSED), count(LOCAL),
      calls, came);
  return 0;
}
