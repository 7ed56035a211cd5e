/* What both sides write down of a launch, and what every kernel takes. */
#ifndef ECHO_CUDA_LAUNCHES_H
#define ECHO_CUDA_LAUNCHES_H

#include <cuda.h>

/* A number, a struct, and an address. */
struct arguments {
  int number;
  struct {
    char text[24];
  } some;
  void *address;
};

enum { PARAMETERS = 3 };

struct parameter {
  size_t offset, size;
};

static const struct parameter parameters[PARAMETERS] = {
    {offsetof(struct arguments, number), sizeof(int)},
    {offsetof(struct arguments, some), 24},
    {offsetof(struct arguments, address), sizeof(void *)},
};

#endif
