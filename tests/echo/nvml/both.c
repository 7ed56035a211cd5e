/* NVML on both sides. */
#include "echo.h"

#include <stdlib.h>

/* The table lets variables of NVIDIA's through to the worker. */
const char *vendor_log(void) { return getenv("NVIDIA_ECHO_LOG"); }

/* No object uses memory of the program's. */
bool keeps_host_memory(uint64_t flags) {
  (void)flags;
  return false;
}
