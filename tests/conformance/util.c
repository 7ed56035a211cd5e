/* Bytes, files, time. */
#include "conformance.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <time.h>

void *must_alloc(size_t size)
{
    void *p = calloc(1, size ? size : 1);
    if (!p)
        abort();
    return p;
}

void *must_alloc_aligned(size_t alignment, size_t size)
{
    void *p = NULL;
    if (posix_memalign(&p, alignment, size ? size : 1) != 0)
        abort();
    memset(p, 0, size);
    return p;
}

static unsigned char pattern_byte(size_t i, unsigned seed)
{
    uint32_t x = (uint32_t)i * 2654435761u + seed * 40503u + 12345u;
    return (unsigned char)(x >> 24 ^ x >> 11 ^ x);
}

void fill_pattern(void *at, size_t size, unsigned seed)
{
    unsigned char *p = at;
    for (size_t i = 0; i < size; i++)
        p[i] = pattern_byte(i, seed);
}

void check_pattern_at(const char *file, int line, const void *at, size_t size, unsigned seed)
{
    const unsigned char *p = at;
    for (size_t i = 0; i < size; i++)
        if (p[i] != pattern_byte(i, seed)) {
            fail_at(file, line, "byte %zu of %zu is 0x%02x, not 0x%02x", i, size, p[i],
                    pattern_byte(i, seed));
            return;
        }
}

void check_bytes_at(const char *file, int line, const void *at, size_t size, int byte)
{
    const unsigned char *p = at;
    for (size_t i = 0; i < size; i++)
        if (p[i] != (unsigned char)byte) {
            fail_at(file, line, "byte %zu of %zu is 0x%02x, not 0x%02x", i, size, p[i], byte & 255);
            return;
        }
}

void check_same_at(const char *file, int line, const void *got, const void *want, size_t size)
{
    const unsigned char *g = got, *w = want;
    for (size_t i = 0; i < size; i++)
        if (g[i] != w[i]) {
            fail_at(file, line, "byte %zu of %zu is 0x%02x, not 0x%02x", i, size, g[i], w[i]);
            return;
        }
}

void sleep_ms(unsigned ms)
{
    struct timespec t = {(time_t)(ms / 1000), (long)(ms % 1000) * 1000000};
    while (nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

bool has_word(const char *list, const char *word)
{
    size_t n = strlen(word);
    for (const char *p = list; (p = strstr(p, word)); p += n)
        if ((p == list || p[-1] == ' ') && (p[n] == ' ' || p[n] == 0))
            return true;
    return false;
}

void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    if (!f || fputs(text, f) < 0 || fclose(f) != 0)
        FAIL("cannot write %s: %s", path, strerror(errno));
}

char *make_dir(void)
{
    const char *tmp = getenv("TMPDIR");
    char *dir = format("%s/conformance-XXXXXX", tmp ? tmp : "/tmp");
    if (!mkdtemp(dir))
        FAIL("mkdtemp %s: %s", dir, strerror(errno));
    return dir;
}

void remove_dir(char *dir)
{
    DIR *d = opendir(dir);
    struct dirent *e;
    while (d && (e = readdir(d))) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        char *path = format("%s/%s", dir, e->d_name);
        if (unlink(path) == 0)
            free(path);
        else
            remove_dir(path); /* frees it */
    }
    if (d)
        closedir(d);
    rmdir(dir);
    free(dir);
}

char *format(const char *fmt, ...)
{
    va_list ap, again;
    va_start(ap, fmt);
    va_copy(again, ap);
    int n = vsnprintf(NULL, 0, fmt, ap);
    char *text = must_alloc((size_t)n + 1);
    vsnprintf(text, (size_t)n + 1, fmt, again);
    va_end(ap);
    va_end(again);
    return text;
}
