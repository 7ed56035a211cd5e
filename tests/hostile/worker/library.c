/* A hostile libOpenCL.so.1 of a vendor: it attacks when its program calls it for the first time. (Its output before
 * the worker has its program is discarded.) */
#include "attack.h"

#include <stdint.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

static int attacked;

static int has_program(void)
{
    struct stat output;
    return fstat(2, &output) == 0 && !(S_ISCHR(output.st_mode) && output.st_rdev == makedev(1, 3));
}

int32_t clGetPlatformIDs(uint32_t room, void **platforms, uint32_t *count)
{
    (void)room, (void)platforms;
    if (!attacked && has_program()) {
        attacked = 1;
        attack_from_here();
    }
    if (count)
        *count = 0;
    return -1001; /* CL_PLATFORM_NOT_FOUND_KHR */
}

/* Other functions that a worker requires. */
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
