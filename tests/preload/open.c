/* Opens OpenCL under the given names, and prints which library answers.
 *
 *   open [-p PLUGIN] NAME...    with -p, a library that is linked against OpenCL is opened with RTLD_DEEPBIND
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

typedef int (*platform_ids)(unsigned, void **, unsigned *);
typedef int (*platform_info)(void *, unsigned, size_t, void *, size_t *);

static void tell(const char *name, platform_ids ids, platform_info info)
{
    void *platform = NULL;
    char platform_name[256] = "";
    unsigned count = 0;
    int status = ids(1, &platform, &count);
    if (status == 0)
        status = info(platform, 0x0902 /* CL_PLATFORM_NAME */, sizeof platform_name, platform_name, NULL);
    printf("%s: status %d, platforms %u, %s\n", name, status, count, platform_name);
}

static void library(const char *name)
{
    void *handle = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        printf("%s: %s\n", name, dlerror());
        return;
    }
    platform_ids ids = (platform_ids)dlsym(handle, "clGetPlatformIDs");
    platform_info info = (platform_info)dlsym(handle, "clGetPlatformInfo");
    printf("%s: clNoSuchFunction is %s\n", name, dlsym(handle, "clNoSuchFunction") ? "there" : "not there");
    tell(name, ids, info);
    printf("%s: dlclose: %d\n", name, dlclose(handle));
}

static void plugin(const char *path)
{
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    if (!handle) {
        printf("plugin: %s\n", dlerror());
        return;
    }
    tell("plugin", (platform_ids)dlsym(handle, "plugin_ids"), (platform_info)dlsym(handle, "plugin_info"));
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "-p") == 0 && i + 1 < argc)
            plugin(argv[++i]);
        else
            library(argv[i]);
    return 0;
}
