/* Ways to look up OpenCL's functions, each in a process of its own: `ways WAY [ARGUMENT]`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#define NAME "libOpenCL.so.1"

typedef int (*platform_ids)(unsigned, void **, unsigned *);

static void ask(void *found)
{
    unsigned count = 99;
    if (found) {
        int status = ((platform_ids)found)(0, NULL, &count);
        printf("status %d, platforms %u\n", status, count);
    } else {
        printf("not found\n");
    }
}

/* Whether a driver is loaded in this process. */
static void look_around(void)
{
    char line[4096];
    int here = 0;
    FILE *maps = fopen("/proc/self/maps", "r");
    while (fgets(line, sizeof line, maps))
        here |= strstr(line, "libpocl") != NULL;
    fclose(maps);
    printf("the driver is %s\n", here ? "here" : "elsewhere");
}

static void *opened(const char *name, int flags)
{
    void *handle = dlopen(name, flags);
    printf("%s\n", handle ? "opened" : "not opened");
    return handle;
}

int main(int argc, char **argv)
{
    const char *way = argv[1], *name = argc > 2 ? argv[2] : NAME;
    if (!strcmp(way, "versions")) {
        static const char *const versions[] = {"OPENCL_1.0", "GLIBC_2.2.5", "OPENCL_99.0"};
        void *handle = opened(NAME, RTLD_NOW);
        for (int i = 0; i < 3; i++)
            ask(dlvsym(handle, "clGetPlatformIDs", versions[i]));
        ask(dlvsym(handle, "clNoSuchFunction", "OPENCL_1.0"));
        printf("%d\n", dlvsym(RTLD_DEFAULT, "puts", "GLIBC_2.2.5") == (void *)puts);
    } else if (!strcmp(way, "name")) {
        ask(dlsym(opened(name, RTLD_LAZY | RTLD_LOCAL), "clGetPlatformIDs"));
    } else if (!strcmp(way, "driver")) {
        void *handle = opened(name, RTLD_NOW);
        void *(*find)(const char *) = (void *(*)(const char *))dlsym(handle, "clGetExtensionFunctionAddress");
        ask(find ? find("clIcdGetPlatformIDsKHR") : NULL);
    } else if (!strcmp(way, "namespace")) {
        Lmid_t own = 9;
        void *handle = dlmopen(LM_ID_NEWLM, NAME, RTLD_NOW);
        ask(dlsym(handle, "clGetPlatformIDs"));
        handle = dlmopen(LM_ID_BASE, "libm.so.6", RTLD_NOW);
        printf("%d %ld\n", dlinfo(handle, RTLD_DI_LMID, &own), own);
        printf("%d\n", dlsym(handle, "cos") != NULL);
    } else if (!strcmp(way, "noload")) {
        opened(NAME, RTLD_NOW | RTLD_NOLOAD);
        ask(dlsym(opened(NAME, RTLD_NOW), "clGetPlatformIDs"));
        ask(dlsym(opened(NAME, RTLD_NOW | RTLD_NOLOAD), "clGetPlatformIDs"));
    } else if (!strcmp(way, "global")) {
        opened(NAME, RTLD_NOW | RTLD_GLOBAL);
        ask(dlsym(RTLD_DEFAULT, "clGetPlatformIDs"));
        ask(dlsym(dlopen(NULL, RTLD_NOW), "clGetPlatformIDs"));
        ask(dlvsym(RTLD_DEFAULT, "clGetPlatformIDs", "OPENCL_1.0"));
    } else if (!strcmp(way, "deep")) {
        ask(dlsym(opened(NAME, RTLD_NOW | RTLD_DEEPBIND), "clGetPlatformIDs"));
    } else if (!strcmp(way, "mode")) {
        opened(NAME, 0);
        printf("%s\n", strstr(dlerror(), "nvalid") ? "invalid" : "something else");
    } else if (!strcmp(way, "closed")) {
        void *handle = opened(NAME, RTLD_NOW), *again = opened(NAME, RTLD_NOW);
        struct link_map *map = NULL;
        Dl_info info;
        void *found = dlsym(handle, "clGetPlatformIDs");
        printf("%d %d\n", handle == again, dlinfo(handle, RTLD_DI_LINKMAP, &map));
        printf("%d %d\n", dladdr(found, &info) != 0, info.dli_fbase == (void *)map->l_addr);
        printf("%d\n", dlclose(again));
        ask(found);
        printf("%d\n", dlclose(handle));
    }
    look_around();
    return 0;
}
