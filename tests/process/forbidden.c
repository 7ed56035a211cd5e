/* Forbids itself a system call by a seccomp filter, and uses OpenCL: forbidden NUMBER ERRNO before|after, where the last word
 * says whether that is before its first call or after some. NUMBER -1 is none.
 */
#include "device.h"
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

static int forbid(int number, int error)
{
    struct sock_filter steps[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)number, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {4, steps};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
}

static void *in_thread(void *unused)
{
    return (void *)(long)(small(3) || large(4)) + (long)unused;
}

int main(int argc, char **argv)
{
    if (argc < 4)
        return 2;
    int number = atoi(argv[1]), error = atoi(argv[2]), late = !strcmp(argv[3], "after");
    pthread_t thread;
    void *result = NULL;
    if (number >= 0 && !late && forbid(number, error))
        return 2;
    int status = set_up();
    if (status) {
        printf("none: %d\n", status);
        return 1;
    }
    printf("small %d\n", small(1));
    if (number >= 0 && late && forbid(number, error))
        return 2;
    int moved = large(2);
    printf("large %d\n", moved);
    if (!pthread_create(&thread, NULL, in_thread, NULL))
        pthread_join(thread, &result);
    printf("thread %ld, called %d\n", (long)result, were_called(moved || result ? 0 : 2));
    return 0;
}
