/*
 * The functions of the PKCS#11 echo vendor that the table says too little of:
 *
 * - C_GetFunctionList: hands out all functions as a struct.
 * - C_Initialize: the worker makes up the arguments.
 */
#define CRYPTOKI_COMPAT
#include <p11-kit-1/p11-kit/pkcs11.h>

#include "echo_table.h"
#include "vendor.h"

#include <string.h>

void entering(const char *function) { (void)function; }

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST_PTR_PTR list) {
  static CK_FUNCTION_LIST all = {.version = {2, 40}};
  if (!list) return CKR_ARGUMENTS_BAD;
  if ((size_t)echo_in_order_count * sizeof(void *) != sizeof all - sizeof(void *))
    line_problem("the struct of functions has another size than the table's functions");
  memcpy(&all.C_Initialize, echo_in_order, sizeof all - sizeof(void *));
  *list = &all;
  return CKR_OK;
}

EXPORT CK_RV C_Initialize(void *arguments) {
  const CK_C_INITIALIZE_ARGS *args = arguments;
  bool program = args && (args->CreateMutex || args->DestroyMutex || args->LockMutex || args->UnlockMutex);
  if (!is_native() && (!args || program || args->flags != CKF_OS_LOCKING_OK || args->pReserved))
    line_problem("C_Initialize: the worker passes the program's functions, or does not ask for the system's locks");
  int64_t status = CKR_OK;
  failing("C_Initialize", &status);
  struct line line;
  line_begin(&line, "C_Initialize");
  log_arrow(&line);
  log_int(&line, "ret", (uint64_t)status);
  line_end(&line);
  return (CK_RV)status;
}
