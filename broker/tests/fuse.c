/* fuse DIRECTORY: a file of a file system whose server does not answer.
 *
 * Mounts it on DIRECTORY in a namespace that nobody else is in, opens the file, and says so with one byte on standard input,
 * a socket of packets. Each packet that comes there then is a number, a socket with it, and bytes: they are sent to that
 * socket with so many descriptors of the file. Whoever closes one of these waits until this ends, at the end of standard
 * input. So whoever starts this does not want one. Exit status 77: this machine does not let us mount it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { NOT_HERE = 77, FILE_NODE = 2 };

static _Alignas(8) char request[1 << 17];

static void must(long result, const char *call)
{
    if (result < 0) {
        fprintf(stderr, "fuse: %s: %s\n", call, strerror(errno));
        exit(NOT_HERE);
    }
}

static void write_file(const char *path, const char *text)
{
    int file = open(path, O_WRONLY);

    must(file < 0 ? -1 : write(file, text, strlen(text)), path);
    close(file);
}

static void own_namespace(void)
{
    char map[64];
    unsigned user = geteuid(), group = getegid();

    if (user == 0) {
        must(unshare(CLONE_NEWNS), "unshare");
    } else {
        must(unshare(CLONE_NEWNS | CLONE_NEWUSER), "unshare");
        write_file("/proc/self/setgroups", "deny");
        snprintf(map, sizeof map, "0 %u 1", user);
        write_file("/proc/self/uid_map", map);
        snprintf(map, sizeof map, "0 %u 1", group);
        write_file("/proc/self/gid_map", map);
    }
    must(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), "mount");
}

static void answer(int device, unsigned long unique, int error, const void *bytes, size_t size)
{
    struct fuse_out_header head = {(unsigned)(sizeof head + size), error, unique};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)bytes, size}};

    (void)!writev(device, parts, 2);
}

static struct fuse_attr attributes(unsigned long node)
{
    struct fuse_attr attr = {.ino = node, .nlink = 1, .blksize = 4096};

    attr.mode = node == FILE_NODE ? S_IFREG | 0666 : S_IFDIR | 0777;
    return attr;
}

static void serve(int device)
{
    const struct fuse_in_header *head = (void *)request;
    struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = 65536};
    struct fuse_entry_out entry = {.nodeid = FILE_NODE, .attr = attributes(FILE_NODE)};
    struct fuse_attr_out attr = {0};
    struct fuse_open_out opened = {.fh = 1};

    if (read(device, request, sizeof request) < (ssize_t)sizeof *head)
        return;
    attr.attr = attributes(head->nodeid);
    switch (head->opcode) {
    case FUSE_INIT: answer(device, head->unique, 0, &init, sizeof init); break;
    case FUSE_LOOKUP: answer(device, head->unique, 0, &entry, sizeof entry); break;
    case FUSE_GETATTR: answer(device, head->unique, 0, &attr, sizeof attr); break;
    case FUSE_OPEN: answer(device, head->unique, 0, &opened, sizeof opened); break;
    /* What closing a file asks, and waits for. */
    case FUSE_FLUSH: case FUSE_RELEASE: case FUSE_FORGET: case FUSE_BATCH_FORGET: case FUSE_INTERRUPT: break;
    default: answer(device, head->unique, -ENOSYS, NULL, 0);
    }
}

/* A packet, with room for descriptors. */
static ssize_t packet(int to, int from, void *bytes, size_t size, int *files, size_t count)
{
    static _Alignas(struct cmsghdr) char control[CMSG_SPACE(253 * sizeof(int))];
    struct iovec part = {bytes, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control};
    struct cmsghdr *head = (void *)control;
    ssize_t result;

    message.msg_controllen = CMSG_SPACE(count * sizeof *files);
    if (to >= 0) {
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(count * sizeof *files);
        memcpy(CMSG_DATA(head), files, count * sizeof *files);
        return sendmsg(to, &message, MSG_NOSIGNAL);
    }
    result = recvmsg(from, &message, 0);
    if (result > 0 && message.msg_controllen > 0)
        memcpy(files, CMSG_DATA(head), count * sizeof *files);
    return result;
}

/* In a process of its own, since opening asks the server, which is the other one. It keeps the file open. */
static void open_and_send(const char *directory)
{
    static char bytes[65536];
    char path[4096];
    int files[253], to = -1;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(path, sizeof path, "%s/file", directory);
    int file = open(path, O_RDWR);
    must(file, path);
    for (int i = 0; i < 253; i++)
        files[i] = file;
    must(write(0, "", 1), "write");
    for (;;) {
        ssize_t size = packet(-1, 0, bytes, sizeof bytes, &to, 1);
        if (size <= (ssize_t)sizeof(int))
            pause();
        must(packet(to, -1, bytes + sizeof(int), (size_t)size - sizeof(int), files, *(unsigned *)bytes), "sendmsg");
        close(to);
        must(write(0, "", 1), "write");
    }
}

int main(int argc, char **argv)
{
    char options[128];
    int device = open("/dev/fuse", O_RDWR | O_CLOEXEC);

    if (argc != 2)
        return 2;
    must(device, "/dev/fuse");
    own_namespace();
    snprintf(options, sizeof options, "fd=%d,rootmode=40000,user_id=0,group_id=0", device);
    must(mount("ava", argv[1], "fuse", MS_NOSUID | MS_NODEV, options), "mount");
    pid_t child = fork();
    must(child, "fork");
    if (child == 0) {
        close(device);
        open_and_send(argv[1]);
    }
    for (;;) {
        struct pollfd waiting[] = {{device, POLLIN, 0}, {0, 0 /* its end */, 0}};
        if (poll(waiting, 2, -1) < 0)
            continue;
        if (waiting[0].revents)
            serve(device);
        /* The end of the device ends all who wait for it. */
        if (waiting[1].revents)
            return 0;
    }
}
