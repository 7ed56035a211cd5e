/* The attempts of a hostile worker: one function each, in tables. attack.c runs them and reports the results. */
#ifndef ATTACK_H
#define ATTACK_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

/* Who succeeds without a sandbox: any user, root only, or depending on the machine's kernel and settings. A
 * BOUND measures a resource that only limits end, which may be the machine's. */
enum without { ANY, ROOT, DEPENDS, BOUND };

struct attack {
    const char *name;
    /* A description of the success. */
    const char *gain;
    /* 0 or more: succeeded; else the negative errno of the refusal. */
    long (*run)(void);
    enum without without;
    /* The kernel may kill its process for it. */
    int is_deadly;
};

extern const struct attack against_processes[], against_kernel[], against_sockets[], against_files[], against_rights[],
    against_limits[];

/* Runs them all, each in a process of its own, with the targets from this file. */
int attack_all(const char *targets);
/* As above, with the file `targets` beside the library or program that this is part of. */
int attack_from_here(void);
/* The process that others try to reach: see neighbour.c. */
int neighbour(const char *directory);

/* -1 as the negative errno, anything else as it is. */
long of(long result);
/* Success only if the kernel lets it reach the function's own checks: neither forbidden nor absent. */
long reached(long result);
/* Success, with its result. */
__attribute__((format(printf, 1, 2))) long got(const char *format, ...);
/* A value of the targets' file; without it the attack ends with "not there". */
const char *target(const char *name);
long number(const char *name);
/* The attack's target is not there. */
_Noreturn void not_there(const char *what);
/* A path below a target that is a directory. */
const char *below(const char *directory, const char *name);
/* Opens a file, reads a little, and reports it. */
long read_from(const char *path);
/* Opens with a call whose flags are in memory, where no filter can check them. */
long by_openat2(const char *path, uint64_t flags, uint64_t mode);
/* How many signals the neighbour has caught. */
long caught(void);
/* The neighbour catches a signal, soon, besides `before`. */
long is_caught(long before);

/* Kernel calls that the C library's headers may be too old to name. */
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif
#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif
#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_setxattrat
#define SYS_setxattrat 463
#endif
#ifndef SYS_open_tree_attr
#define SYS_open_tree_attr 467
#endif
#ifndef SYS_file_setattr
#define SYS_file_setattr 469
#endif

#endif
