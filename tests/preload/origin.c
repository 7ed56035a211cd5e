/* Opens libraries that only the RUNPATH of dlopen's caller finds.
 *
 * As a program (PROGRAM defined) it opens libnear.so, which is in near/ beside it; that library, this same file, opens
 * libfar.so, which is in far/ beside the library.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>

static int open_and_call(const char *name)
{
    void *handle = dlopen(name, RTLD_NOW);
    if (!handle) {
        printf("%s: %s\n", name, dlerror());
        return 1;
    }
    int (*next)(void) = (int (*)(void))dlsym(handle, "next");
    printf("%s is found\n", name);
    return next();
}

#if defined PROGRAM
int main(void)
{
    void *beside = dlopen("$ORIGIN/near/libnear.so", RTLD_NOW);
    printf("by $ORIGIN: %s\n", beside ? "found" : dlerror());
    printf("the program itself: %s\n", dlopen(NULL, RTLD_NOW) ? "found" : dlerror());
    printf("nothing: %s\n", dlopen("libnowhere.so", RTLD_NOW) ? "found" : dlerror());
    return open_and_call("libnear.so");
}
#elif defined NEAR
int next(void)
{
    return open_and_call("libfar.so");
}
#else
int next(void)
{
    return 0;
}
#endif
