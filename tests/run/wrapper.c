/* A library between a program and its vendor's: it reports a call and forwards it to the next library. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

int clGetPlatformIDs(unsigned room, void **platforms, unsigned *count)
{
    int (*next)(unsigned, void **, unsigned *) =
        (int (*)(unsigned, void **, unsigned *))dlsym(RTLD_NEXT, "clGetPlatformIDs");
    printf("wrapped\n");
    return next(room, platforms, count);
}
