/* A program that is linked with the module, or with a library that is (-DLIBRARY makes that), and looks for its functions in
 * every way there is. Says what it finds; addresses only in comparison. */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stdio.h>

#ifdef LIBRARY
CK_RV through_a_library(CK_INFO *info)
{
    return C_GetInfo(info);
}
#else

#ifdef WITH_LIBRARY
CK_RV through_a_library(CK_INFO *info);
#endif

/* Bound when the program is loaded, whatever the linker does with calls. */
static CK_RV (*const bound_at_once[])(void *) = {C_Initialize, C_Finalize};

/* As a program's own function of a name that no module exports here. */
CK_RV C_GetInterface(void)
{
    return 42;
}

static void look(const char *where, void *handle, CK_FUNCTION_LIST *list)
{
    void *initialize = dlsym(handle, "C_Initialize");
    bool listed = initialize == *(void **)&list->C_Initialize;
#ifdef FIXED
    listed = true; /* a program at a fixed address has addresses of its own for functions */
#endif
    printf("%s: C_Initialize %s, as in the list: %d, C_Sign %s\n", where, initialize ? "found" : "missing", listed,
           dlsym(handle, "C_Sign") ? "found" : "missing");
}

int main(int argc, char **argv)
{
    CK_INFO info;
    CK_FUNCTION_LIST *list;
    CK_SLOT_ID slots[16];
    CK_ULONG count = 16;

    printf("C_GetInfo %#lx\n", C_GetInfo(&info));
    printf("C_Initialize %#lx\n", bound_at_once[0](NULL));
    printf("C_Initialize %#lx\n", C_Initialize(NULL));
    printf("C_GetInfo %#lx: %.32s\n", C_GetInfo(&info), info.manufacturerID);
    printf("C_GetFunctionList %#lx\n", C_GetFunctionList(&list));
    printf("list: C_GetInfo %#lx\n", list->C_GetInfo(&info));
    printf("C_GetSlotList %#lx: %lu\n", C_GetSlotList(CK_TRUE, slots, &count), count);
    printf("C_GetInterface %lu\n", C_GetInterface());
#ifdef WITH_LIBRARY
    printf("through a library %#lx\n", through_a_library(&info));
#endif
    look("default", RTLD_DEFAULT, list);
    look("itself", dlopen(NULL, RTLD_NOW), list);
    for (int i = 1; i < argc; i++)
        look("opened", dlopen(argv[i], RTLD_LAZY), list);
    printf("C_Finalize %#lx\n", bound_at_once[1](NULL));
    printf("C_GetInfo %#lx\n", list->C_GetInfo(&info));
    return 0;
}
#endif
