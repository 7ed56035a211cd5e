/* PKCS#11 on both sides. */
#include "echo.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In the folder that the configuration names: a worker may write there and nowhere else. */
const char *vendor_log(void) {
  static char path[4096];
  const char *configuration = getenv("SOFTHSM2_CONF");
  FILE *file = configuration && !*path ? fopen(configuration, "re") : NULL;
  char line[4096], folder[3000];
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "directories.tokendir = %2999s", folder) == 1)
      snprintf(path, sizeof path, "%s/vendor.log", folder);
  if (file) fclose(file);
  return *path ? path : NULL;
}

/* No object uses memory of the program's. */
bool keeps_host_memory(uint64_t flags) {
  (void)flags;
  return false;
}
