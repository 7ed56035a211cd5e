/* Files: secrets of the broker's user, other tenants' caches, the worker's own program, and ways around the sandbox.
 *
 * `public` is the directory of the vendor's library, which workers read and must not change; `own` belongs to this tenant's
 * workers, who write there; `cache` is the victim's; `secret` is a file that only the broker's user may read. */
#define _GNU_SOURCE
#include "attack.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>

/* Reading. */

static long secret(void) { return read_from(target("secret")); }
static long shadow(void) { return read_from("/etc/shadow"); }
static long users(void) { return read_from("/etc/passwd"); }
static long host_key(void) { return read_from("/etc/ssh/ssh_host_ed25519_key"); }
static long victims_file(void) { return read_from(below("cache", "kept")); }

static long list(const char *path)
{
    DIR *directory = opendir(path);
    struct dirent *entry;

    if (!directory)
        return of(-1);
    while ((entry = readdir(directory)))
        if (entry->d_name[0] != '.')
            return got("%.60s", entry->d_name);
    return 0;
}

static long home(void) { return list(target("home")); }
static long victims_directory(void) { return list(target("cache")); }
static long temporary_files(void) { return list("/tmp"); }

static long from_root(void)
{
    char path[4200];

    snprintf(path, sizeof path, "/proc/self/root%s", target("secret"));
    return read_from(path);
}

static long from_a_link(void)
{
    const char *link = below("own", "link");
    long result;

    if (symlink(target("secret"), link) < 0)
        return of(-1);
    result = read_from(link);
    unlink(link);
    return result;
}

static long from_a_hard_link(const char *file)
{
    const char *name = below("own", "hard-link");
    long result;

    if (link(file, name) < 0)
        return of(-1);
    result = read_from(name);
    unlink(name);
    return result;
}

static long hard_link_of_secret(void) { return from_a_hard_link(target("secret")); }
static long hard_link_of_readable(void) { return from_a_hard_link(below("public", "read-only")); }

static const char *descriptor_path(int file)
{
    static char path[64];

    snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    return path;
}

static long reopened(void)
{
    int file = open(target("secret"), O_PATH);

    return file < 0 ? of(-1) : read_from(descriptor_path(file));
}

/* Reads a file that it may read, and writes one that it may not write. */
static long reopened_to_write(void)
{
    int file = open(below("public", "read-only"), O_RDONLY);

    return of(file < 0 ? -1 : open(descriptor_path(file), O_WRONLY));
}

long by_openat2(const char *path, uint64_t flags, uint64_t mode)
{
    struct open_how how = {.flags = flags, .mode = mode};

    return of(syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how));
}

static long secret_by_openat2(void) { return by_openat2(target("secret"), O_RDONLY, 0); }

struct handle {
    struct file_handle head;
    unsigned char bytes[MAX_HANDLE_SZ];
};

static long name_handle(const char *path, struct handle *handle)
{
    int mount;

    handle->head.handle_bytes = MAX_HANDLE_SZ;
    return of(name_to_handle_at(AT_FDCWD, path, &handle->head, &mount, 0));
}

static long handle_of(void)
{
    struct handle handle;

    return name_handle(target("secret"), &handle);
}

static long by_handle(void)
{
    struct handle handle;
    int mount = open(target("own"), O_RDONLY | O_DIRECTORY);
    long result = name_handle(target("secret"), &handle);

    return result < 0 ? result : of(open_by_handle_at(mount, &handle.head, O_RDONLY));
}

/* Writing. Existing files are opened and left unchanged. */

static long made(const char *path)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);

    if (file >= 0)
        unlink(path);
    return of(file);
}

static long secret_to_write(void) { return of(open(target("secret"), O_WRONLY)); }
static long beside_worker(void) { return made(below("worker_directory", "ava-hostile-worker")); }
static long beside_library(void) { return made(below("public", "libOpenCL.so.2")); }
static long in_victims(void) { return made(below("cache", "planted")); }
static long in_victims_file(void) { return of(open(below("cache", "kept"), O_WRONLY)); }
static long in_tmp(void) { return made("/tmp/ava-hostile-worker"); }
static long in_home(void) { return made(below("home", ".ava-hostile-worker")); }
static long library_to_write(void) { return of(open(below("public", "read-only"), O_WRONLY)); }

static long cut(void)
{
    struct stat now;
    const char *path = below("public", "read-only");

    return of(stat(path, &now) < 0 ? -1 : truncate(path, now.st_size));
}

/* Linux can truncate a file opened for reading, which Landlock checks only from ABI 3 on. */
static long cut_by_open(void) { return of(open(below("public", "cut"), O_RDONLY | O_TRUNC)); }
static long cut_by_openat2(void) { return by_openat2(below("public", "cut"), O_RDONLY | O_TRUNC, 0); }

static long cut_open_file(void)
{
    int file = open(below("public", "read-only"), O_RDONLY);

    return of(file < 0 ? -1 : ftruncate(file, 0));
}

static long moved(const char *from, const char *to)
{
    if (rename(from, to) < 0)
        return of(-1);
    rename(to, from);
    return 0;
}

static long moved_out(void)
{
    const char *own = below("own", "mine");
    int file = open(own, O_WRONLY | O_CREAT, 0600);
    long result = file < 0 ? of(-1) : moved(own, below("public", "mine"));

    unlink(own);
    return result;
}

static long moved_in(void) { return moved(below("public", "read-only"), below("own", "mine")); }
static long moved_victims(void) { return moved(below("cache", "kept"), below("own", "kept")); }
static long exchanged(void)
{
    const char *there = below("public", "read-only"), *other = below("public", "cut");

    if (renameat2(AT_FDCWD, there, AT_FDCWD, other, RENAME_EXCHANGE) < 0)
        return of(-1);
    return of(renameat2(AT_FDCWD, there, AT_FDCWD, other, RENAME_EXCHANGE));
}

static long removed(void) { return of(unlink(below("public", "removable"))); }
static long directory_made(void) { return of(mkdir(below("public", "directory"), 0700)); }
static long link_made(void) { return of(symlink("/", below("public", "link"))); }

/* Metadata of files: Landlock does not control it. */

static long chmod_secret(void) { return of(chmod(target("secret"), 0600)); }

static long chmod_reopened(void)
{
    int file = open(target("secret"), O_PATH);

    return of(file < 0 ? -1 : chmod(descriptor_path(file), 0600));
}

static long fchmod_readable(void)
{
    int file = open(below("public", "read-only"), O_RDONLY);

    return of(file < 0 ? -1 : fchmod(file, 0644));
}

static long fchmodat2_secret(void) { return of(syscall(SYS_fchmodat2, AT_FDCWD, target("secret"), 0600, 0)); }
static long chown_secret(void) { return of(lchown(target("secret"), getuid(), (gid_t)-1)); }

/* To another owner, and back. */
static long chown_own(void)
{
    const char *own = below("own", "given");
    int file = open(own, O_WRONLY | O_CREAT, 0600);
    long result = of(file < 0 ? -1 : fchown(file, 65533, 65533));

    unlink(own);
    return result;
}

static long date_secret(void)
{
    struct timespec same[2] = {{.tv_nsec = UTIME_NOW}, {.tv_nsec = UTIME_OMIT}};

    return of(utimensat(AT_FDCWD, target("secret"), same, 0));
}

static long label(const char *path)
{
    if (setxattr(path, "user.ava", "x", 1, 0) < 0)
        return of(-1);
    removexattr(path, "user.ava");
    return 0;
}

static long label_secret(void) { return label(target("secret")); }
static long label_library(void) { return label(below("public", "read-only")); }

static long fix_library(void)
{
    int file = open(below("public", "read-only"), O_RDONLY), flags;

    if (file < 0 || ioctl(file, FS_IOC_GETFLAGS, &flags) < 0)
        return of(-1);
    return of(ioctl(file, FS_IOC_SETFLAGS, &flags));
}

static long fix_library_by_call(void)
{
    char attributes[24] = "";

    return reached(syscall(SYS_file_setattr, AT_FDCWD, below("public", "read-only"), attributes, 1, 0));
}

/* A process that opens the file for writing blocks. */
static long lease(void)
{
    int file = open(below("public", "read-only"), O_RDONLY);

    return of(file < 0 ? -1 : fcntl(file, F_SETLEASE, F_RDLCK));
}

const struct attack against_files[] = {
    {"secret", "what only the broker's user may read", secret, ANY},
    {"/etc/shadow", "everybody's password's hash", shadow, ROOT},
    {"/etc/passwd", "who there is", users, ANY},
    {"host key", "the machine's identity", host_key, DEPENDS},
    {"home directory", "the broker's user's files", home, ANY},
    {"/tmp", "everybody's files", temporary_files, ANY},
    {"victim's cache list", "what the victim computes", victims_directory, ANY},
    {"victim's cache read", "what the victim computes", victims_file, ANY},
    {"victim's cache make", "the victim runs it", in_victims, ANY},
    {"victim's cache write", "the victim runs it", in_victims_file, ANY},
    {"victim's cache rename", "what the victim computes", moved_victims, ANY},
    {"secret by /proc/self/root", "what only the broker's user may read", from_root, ANY},
    {"secret by symlink", "what only the broker's user may read", from_a_link, ANY},
    {"secret by link", "what only the broker's user may read", hard_link_of_secret, DEPENDS},
    {"secret by O_PATH", "what only the broker's user may read", reopened, ANY},
    {"secret by openat2", "what only the broker's user may read", secret_by_openat2, ANY},
    {"name_to_handle_at", "a name for any file", handle_of, DEPENDS},
    {"open_by_handle_at", "any file", by_handle, DEPENDS},
    {"write secret", "the broker's user's files", secret_to_write, ANY},
    {"write beside worker", "everybody's worker loads it", beside_worker, ANY},
    {"write beside library", "everybody's worker loads it", beside_library, ANY},
    {"write library", "everybody's worker loads it", library_to_write, ANY},
    {"write library reopened", "everybody's worker loads it", reopened_to_write, ANY},
    {"write /tmp", "what others trust", in_tmp, ANY},
    {"write home directory", "what the broker's user runs", in_home, ANY},
    {"truncate", "nobody's worker loads it", cut, ANY},
    {"truncate by open", "nobody's worker loads it", cut_by_open, ANY},
    {"truncate by openat2", "nobody's worker loads it", cut_by_openat2, ANY},
    {"ftruncate", "nobody's worker loads it", cut_open_file, DEPENDS},
    {"link library", "a name for it that can be changed", hard_link_of_readable, DEPENDS},
    {"rename out", "everybody's worker loads it", moved_out, DEPENDS},
    {"rename in", "nobody's worker loads it", moved_in, DEPENDS},
    {"rename exchange", "everybody's worker loads it", exchanged, DEPENDS},
    {"unlink", "nobody's worker loads it", removed, ANY},
    {"mkdir", "everybody's worker loads it", directory_made, ANY},
    {"symlink", "everybody's worker loads it", link_made, ANY},
    {"chmod", "others may read secrets", chmod_secret, ANY},
    {"chmod by O_PATH", "others may read secrets", chmod_reopened, ANY},
    {"fchmod", "others may write the library", fchmod_readable, ANY},
    {"fchmodat2", "others may read secrets", fchmodat2_secret, DEPENDS},
    {"chown", "others may read secrets", chown_secret, ANY},
    {"chown to others", "files in another's name", chown_own, ROOT},
    {"utimensat", "what is built again", date_secret, ANY},
    {"setxattr secret", "labels", label_secret, DEPENDS},
    {"setxattr library", "labels", label_library, DEPENDS},
    {"FS_IOC_SETFLAGS", "a file that cannot be changed", fix_library, DEPENDS},
    {"file_setattr", "a file that cannot be changed", fix_library_by_call, DEPENDS},
    {"F_SETLEASE", "who updates the library waits", lease, DEPENDS},
    {0},
};
