/* The driver's calls of PKCS#11 that the table says too little of. */
#define CRYPTOKI_COMPAT
#include <p11-kit-1/p11-kit/pkcs11.h>

#include "driver.h"
#include "echo_table.h"

/* Found by the emitted code. */
extern CK_RV (*p_C_Initialize)(void *);
extern CK_RV (*p_C_Finalize)(const void *);
extern void *p_C_GetFunctionList;

/* The vendor makes up what it wants. */
bool is_special(const char *function, int64_t key) {
  (void)function, (void)key;
  return false;
}

/* There is no such thing in PKCS#11. */
void *look_up(const char *name) {
  (void)name;
  return NULL;
}

void settle(void *event, void *queue) { (void)event, (void)queue; }

static CK_RV mutex(void **at) {
  (void)at;
  return CKR_GENERAL_ERROR;
}

static void initialize(void *arguments, int64_t fail) {
  struct plan plan = {.function = "C_Initialize", .null = -1, .fail = fail};
  struct line line;
  line_begin(&line, "C_Initialize");
  arm(&plan);
  CK_RV status = p_C_Initialize(arguments);
  disarm(&plan);
  check_status(&plan, (int64_t)status);
  log_arrow(&line);
  log_int(&line, "ret", status);
  line_end(&line);
}

static void finalize(void) {
  struct line line;
  line_begin(&line, "C_Finalize");
  log_set(&line, "pReserved", false);
  CK_RV status = p_C_Finalize(NULL);
  log_arrow(&line);
  log_int(&line, "ret", status);
  line_end(&line);
}

void by_hand_start(void) { initialize(NULL, 0); }

static void bad_arguments(CK_C_INITIALIZE_ARGS arguments) {
  if (p_C_Initialize(&arguments) != CKR_ARGUMENTS_BAD) line_problem("bad arguments initialize the library");
}

void by_hand(void) {
  CK_C_INITIALIZE_ARGS plain = {.flags = CKF_OS_LOCKING_OK};
  CK_C_INITIALIZE_ARGS own = {mutex, (CK_DESTROYMUTEX)mutex, (CK_LOCKMUTEX)mutex, (CK_UNLOCKMUTEX)mutex};
  finalize();
  initialize(&plain, 0);
  finalize();
  initialize(&own, 0);
  finalize();
  initialize(NULL, echo_failure);
  /* What the specification calls bad is refused before it reaches the vendor, which looks at nothing. */
  if (!is_native()) {
    bad_arguments((CK_C_INITIALIZE_ARGS){mutex});
    bad_arguments((CK_C_INITIALIZE_ARGS){.pReserved = &plain});
  }
  CK_RV (*get)(CK_FUNCTION_LIST_PTR_PTR) = (CK_RV(*)(CK_FUNCTION_LIST_PTR_PTR))p_C_GetFunctionList;
  CK_FUNCTION_LIST *list = NULL;
  if (get(&list) != CKR_OK || list->version.major != 2 || list->version.minor != 40)
    line_problem("the functions are handed out as those of another version");
  if (get(NULL) != CKR_ARGUMENTS_BAD) line_problem("the functions are handed out to nobody");
}
