/* A vendor's libOpenCL.so.1 that is hostile: it attacks while it is loaded, and whenever it is called. (What it says before
 * the worker has its program is said to nobody.) */
#include "attack.h"

#include <stdint.h>

static int given_targets;

__attribute__((constructor)) static void loaded(void)
{
    /* Who comes before the targets are there is a victim. */
    given_targets = attack_from_here() == 0;
}

int32_t clGetPlatformIDs(uint32_t room, void **platforms, uint32_t *count)
{
    (void)room, (void)platforms;
    if (given_targets)
        attack_from_here();
    if (count)
        *count = 0;
    return -1001; /* CL_PLATFORM_NOT_FOUND_KHR */
}

/* Others that a worker may not do without. */
int32_t clGetPlatformInfo(void *platform, uint32_t name, size_t room, void *value, size_t *size)
{
    (void)platform, (void)name, (void)room, (void)value, (void)size;
    return -32; /* CL_INVALID_PLATFORM */
}

void *clGetExtensionFunctionAddressForPlatform(void *platform, const char *name)
{
    (void)platform, (void)name;
    return 0;
}
