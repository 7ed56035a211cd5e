/* version [LIBRARY]: prints TensorFlow Lite's version: that of the library, or of the one that it is linked with. */
#include <dlfcn.h>
#include <stdio.h>

#ifdef LINKED
const char *TfLiteVersion(void);
#endif

int main(int argc, char **argv)
{
    const char *(*version)(void);
#ifdef LINKED
    version = TfLiteVersion;
#else
    void *library = dlopen(argc > 1 ? argv[1] : "libtensorflowlite_c.so", RTLD_NOW);
    version = library ? (const char *(*)(void))dlsym(library, "TfLiteVersion") : NULL;
#endif
    (void)argc, (void)argv;
    puts(version ? version() : "none");
    return 0;
}
