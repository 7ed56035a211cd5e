/* Files that give rights when executed, or bypass file permissions: set-user-id, capabilities, devices. */
#define _GNU_SOURCE
#include "attack.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sys/xattr.h>

/* A file of the broker's user that has the bit, in the hands of the program (to which a worker
 * can send descriptors), runs as the broker's user. */

static const char *const own_file = "with-rights";

static long has_rights(const char *path, int file)
{
    struct stat now;
    long result = of(file < 0 ? -1 : fstat(file, &now));

    unlink(path);
    if (result < 0)
        return result;
    return now.st_mode & S_ISUID ? got("mode %o of user %u", now.st_mode & 07777, now.st_uid) : -EPERM;
}

static int make_own(void) { return open(below("own", own_file), O_RDWR | O_CREAT, 0755); }

static long rights_by(int result, int file)
{
    return result < 0 ? of(-1) : has_rights(below("own", own_file), file);
}

static long rights_by_chmod(void)
{
    int file = make_own();

    return rights_by(chmod(below("own", own_file), 04755), file);
}

static long rights_by_fchmod(void)
{
    int file = make_own();

    return rights_by(fchmod(file, 04755), file);
}

static long rights_by_fchmodat(void)
{
    int file = make_own();

    return rights_by((int)syscall(SYS_fchmodat, AT_FDCWD, below("own", own_file), 04755), file);
}

static long rights_by_fchmodat2(void)
{
    int file = make_own();

    return rights_by((int)syscall(SYS_fchmodat2, file, "", 04755, AT_EMPTY_PATH), file);
}

static long rights_by_open(void)
{
    const char *path = below("own", own_file);

    unlink(path);
    return has_rights(path, open(path, O_RDWR | O_CREAT | O_EXCL, 04755));
}

static long rights_by_creat(void)
{
    const char *path = below("own", own_file);

    unlink(path);
    return has_rights(path, (int)syscall(SYS_creat, path, 04755));
}

static long rights_by_openat2(void)
{
    const char *path = below("own", own_file);

    unlink(path);
    long file = by_openat2(path, O_RDWR | O_CREAT | O_EXCL, 04755);
    return file < 0 ? file : has_rights(path, (int)file);
}

static long rights_by_mknod(void)
{
    const char *path = below("own", own_file);

    unlink(path);
    int result = mknod(path, S_IFREG | 04755, 0);
    return rights_by(result, open(path, O_RDONLY));
}

/* A name that stays valid. */
static long rights_by_memory(void)
{
    int file = memfd_create("ava", 0);

    return file < 0 || fchmod(file, 04755) < 0 ? of(-1) : has_rights("", file);
}

static long capability(void)
{
    /* Version 2, effective, CAP_SYS_ADMIN. */
    uint32_t value[5] = {0x02000001, 1 << 21, 0, 0, 0};
    int file = make_own();
    long result = of(file < 0 ? -1 : fsetxattr(file, "security.capability", value, sizeof value, 0));

    unlink(below("own", own_file));
    return result;
}

static long run(int file, const char *path)
{
    char *const arguments[] = {"attack", "identity", NULL}, *const none[] = {NULL};
    int status;
    pid_t child = fork();

    if (child == 0) {
        if (file >= 0)
            syscall(SYS_execveat, file, "", arguments, none, AT_EMPTY_PATH);
        else
            execve(path, arguments, none);
        _exit(errno < 42 ? errno : 1);
    }
    if (child < 0 || waitpid(child, &status, 0) < 0)
        return of(-1);
    if (!WIFEXITED(status))
        return -EIO;
    return WEXITSTATUS(status) == 42 ? got("a program runs as its file's owner") : -(WEXITSTATUS(status) + !WEXITSTATUS(status));
}

static long run_with_rights(void) { return run(-1, below("public", "set-user-id")); }

static long run_with_rights_open(void)
{
    int file = open(below("public", "set-user-id"), O_PATH);

    return file < 0 ? of(-1) : run(file, NULL);
}

/* Devices. */

static long device(mode_t kind, dev_t number)
{
    const char *path = below("own", "device");
    long result = of(mknod(path, kind | 0600, number));

    unlink(path);
    return result;
}

static long character_device(void) { return device(S_IFCHR, 0x101 /* /dev/mem */); }
static long block_device(void) { return device(S_IFBLK, 0x700 /* /dev/loop0 */); }

const struct attack against_rights[] = {
    {"set-user-id by chmod", "the program becomes the broker's user", rights_by_chmod, ANY},
    {"set-user-id by fchmod", "the program becomes the broker's user", rights_by_fchmod, ANY},
    {"set-user-id by fchmodat", "the program becomes the broker's user", rights_by_fchmodat, ANY},
    {"set-user-id by fchmodat2", "the program becomes the broker's user", rights_by_fchmodat2, DEPENDS},
    {"set-user-id by open", "the program becomes the broker's user", rights_by_open, ANY},
    {"set-user-id by creat", "the program becomes the broker's user", rights_by_creat, ANY},
    {"set-user-id by openat2", "the program becomes the broker's user", rights_by_openat2, ANY},
    {"set-user-id by mknod", "the program becomes the broker's user", rights_by_mknod, ANY},
    {"set-user-id by memfd_create", "the program becomes the broker's user", rights_by_memory, ANY},
    {"set capabilities", "the program becomes root", capability, DEPENDS},
    {"run set-user-id", "another user's rights", run_with_rights, DEPENDS},
    {"run set-user-id by O_PATH", "another user's rights", run_with_rights_open, DEPENDS},
    {"mknod character", "all memory", character_device, ROOT},
    {"mknod block", "every file", block_device, ROOT},
    {0},
};
