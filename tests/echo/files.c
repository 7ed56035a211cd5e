/* Descriptors that cross: files of known lengths. */
#define _GNU_SOURCE
#include "echo.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

void log_file(struct line *line, const char *name, int file) {
  struct stat found;
  if (fstat(file, &found) != 0) return log_set(line, name, false);
  log_int(line, name, (uint64_t)found.st_size);
}

void log_new_file(struct line *line, const char *name, int file) {
  log_file(line, name, file);
  log_int(line, name, (uint64_t)(int64_t)fcntl(file, F_GETFD));
}

int file_new(uint64_t seed) {
  int file = memfd_create("echo", seed & 1 ? MFD_CLOEXEC : 0);
  return file >= 0 && ftruncate(file, (off_t)(seed % 4711)) == 0 ? file : -1;
}

void file_close(int file) { close(file); }
