/* Communication: over the network, over this machine's sockets, above all the broker's, and by older IPC. */
#define _GNU_SOURCE
#include "attack.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static socklen_t local(struct sockaddr_un *address, const char *name, int is_abstract)
{
    memset(address, 0, sizeof *address);
    address->sun_family = AF_UNIX;
    if (strlen(name) + 2 > sizeof address->sun_path)
        not_there("a path as short as a socket's");
    strcpy(address->sun_path + is_abstract, name);
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + (size_t)is_abstract + strlen(name) + !is_abstract);
}

static long connected(int socket, const char *name, int is_abstract)
{
    struct sockaddr_un address;
    socklen_t length = local(&address, name, is_abstract);

    return of(socket < 0 ? -1 : connect(socket, (struct sockaddr *)&address, length));
}

/* Asks the broker for the sessions: the answer names the victim's program only to its user and to administrators.
 * (It does not end them, which would disturb the test.) */
static long administer(int socket)
{
    _Alignas(int) static char bytes[4 + 65536];
    const char *name = target("victim_program");
    int file = open(below("public", "request"), O_RDONLY);
    ssize_t length = read(file, bytes, sizeof bytes);
    ssize_t heard = 0;

    if (length <= 0)
        not_there("the request");
    if (send(socket, bytes, (size_t)length, MSG_NOSIGNAL) != length)
        return of(-1);
    /* One message: its length comes first. */
    while (heard < 4 || heard < 4 + *(int *)bytes) {
        ssize_t more = read(socket, bytes + heard, sizeof bytes - (size_t)heard);
        if (more <= 0)
            return -EACCES;
        heard += more;
    }
    if (!memmem(bytes, (size_t)heard, name, strlen(name)))
        return -EACCES;
    return got("the broker tells of the victim, in %zd bytes", heard);
}

static long to_broker(int socket, const char *path)
{
    long result = connected(socket, path, 0);

    return result < 0 ? result : administer(socket);
}

static long broker(void) { return to_broker(socket(AF_UNIX, SOCK_STREAM, 0), target("socket")); }
/* If the broker has a socket for administrators. */
static long administrator(void) { return to_broker(socket(AF_UNIX, SOCK_STREAM, 0), target("admin_socket")); }

/* As a process with another parent than the worker, and in another POSIX session and process group. */
static long orphan(void)
{
    int ends[2];
    long result = -EIO;

    if (pipe(ends) < 0)
        return of(-1);
    pid_t child = fork();
    if (child < 0)
        return of(-1);
    if (child == 0) {
        pid_t parent = getpid();
        setsid();
        if (fork() != 0)
            _exit(0);
        alarm(10);
        while (getppid() == parent)
            sched_yield();
        result = administrator();
        _exit(write(ends[1], &result, sizeof result) < 0);
    }
    close(ends[1]);
    waitpid(child, NULL, 0);
    if (read(ends[0], &result, sizeof result) != sizeof result)
        return -EIO;
    return result;
}

static long abstract(void) { return connected(socket(AF_UNIX, SOCK_STREAM, 0), target("abstract"), 1); }

static long datagram(const char *name, int is_abstract)
{
    struct sockaddr_un address;
    socklen_t length = local(&address, name, is_abstract);
    int ends[2];

    /* A connected datagram socket can still send to any address. */
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0)
        return of(-1);
    return of(sendto(ends[0], "x", 1, MSG_DONTWAIT, (struct sockaddr *)&address, length));
}

static long datagram_to_path(void) { return datagram(below("public", "datagrams"), 0); }
static long datagram_to_name(void) { return datagram(target("abstract_datagrams"), 1); }

static long message_to_path(void)
{
    struct sockaddr_un address;
    struct iovec byte = {"x", 1};
    struct mmsghdr message = {.msg_hdr = {.msg_name = &address, .msg_iov = &byte, .msg_iovlen = 1}};
    int ends[2];

    message.msg_hdr.msg_namelen = local(&address, below("public", "datagrams"), 0);
    if (socketpair(AF_UNIX, SOCK_DGRAM, 0, ends) < 0)
        return of(-1);
    return of(sendmmsg(ends[0], &message, 1, MSG_DONTWAIT));
}

static long kind_of_socket(int family, int type) { return of(socket(family, type, 0)); }
static long inet(void) { return kind_of_socket(AF_INET, SOCK_STREAM); }
static long inet_datagrams(void) { return kind_of_socket(AF_INET, SOCK_DGRAM); }
static long inet6(void) { return kind_of_socket(AF_INET6, SOCK_STREAM); }
static long netlink(void) { return kind_of_socket(AF_NETLINK, SOCK_RAW); }
static long vsock(void) { return kind_of_socket(AF_VSOCK, SOCK_STREAM); }
static long packet(void) { return kind_of_socket(AF_PACKET, SOCK_RAW); }
static long raw(void) { return kind_of_socket(AF_INET, SOCK_RAW); }
static long algorithms(void) { return kind_of_socket(AF_ALG, SOCK_SEQPACKET); }

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){AF_INET, htons((uint16_t)port), {htonl(INADDR_LOOPBACK)}, {0}};
}

static long network(void)
{
    struct sockaddr_in address = loopback((int)number("port"));
    int stream = socket(AF_INET, SOCK_STREAM, 0);

    return of(stream < 0 ? -1 : connect(stream, (struct sockaddr *)&address, sizeof address));
}

/* As above, without connect. */
static long network_fast_open(void)
{
    struct sockaddr_in address = loopback((int)number("port"));
    int stream = socket(AF_INET, SOCK_STREAM, 0);

    if (stream < 0)
        return of(-1);
    return of(sendto(stream, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, (struct sockaddr *)&address, sizeof address));
}

static long network_listen(void)
{
    struct sockaddr_in address = loopback(0);
    int stream = socket(AF_INET, SOCK_STREAM, 0);

    if (stream < 0 || bind(stream, (struct sockaddr *)&address, sizeof address) < 0)
        return of(-1);
    return of(listen(stream, 1));
}

/* Gets a port without bind. */
static long network_listen_unbound(void)
{
    int stream = socket(AF_INET, SOCK_STREAM, 0);

    return of(stream < 0 ? -1 : listen(stream, 1));
}

static long bind_name(void)
{
    struct sockaddr_un address;
    socklen_t length = local(&address, "ava-hostile-worker", 1);
    int stream = socket(AF_UNIX, SOCK_STREAM, 0);

    return of(stream < 0 ? -1 : bind(stream, (struct sockaddr *)&address, length));
}

/* System V and POSIX IPC objects of the broker's user. */

static long attach_memory(void)
{
    const char *memory = shmat((int)number("shm"), NULL, SHM_RDONLY);

    return memory == (void *)-1 ? of(-1) : got("%.20s", memory);
}

static long make_memory(void)
{
    int id = shmget(IPC_PRIVATE, 4096, 0600);

    if (id >= 0)
        shmctl(id, IPC_RMID, NULL);
    return of(id);
}

static long read_semaphores(void) { return of(semctl((int)number("sem"), 0, GETVAL)); }

static long make_semaphores(void)
{
    int id = semget(IPC_PRIVATE, 1, 0600);

    if (id >= 0)
        semctl(id, 0, IPC_RMID);
    return of(id);
}

static long peek_messages(void)
{
    char message[64];

    /* MSG_COPY does not remove it. */
    return of(msgrcv((int)number("msg"), message, sizeof message - sizeof(long), 0, 040000 | IPC_NOWAIT));
}

static long post_message(void)
{
    struct {
        long type;
        char text[1];
    } message = {1, "x"};

    return of(msgsnd((int)number("msg"), &message, 1, IPC_NOWAIT));
}

static long make_messages(void)
{
    int id = msgget(IPC_PRIVATE, 0600);

    if (id >= 0)
        msgctl(id, IPC_RMID, NULL);
    return of(id);
}

static long open_queue(void) { return of(mq_open(target("mq"), O_RDWR)); }

static long make_queue(void)
{
    char name[64];

    snprintf(name, sizeof name, "%s-own", target("mq"));
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL);
    if (queue == (mqd_t)-1)
        return of(-1);
    mq_unlink(name);
    return 0;
}

static long remove_queue(void)
{
    char name[64];

    snprintf(name, sizeof name, "%s-none", target("mq"));
    return reached(mq_unlink(name));
}

static long shared_memory(void) { return read_from(target("posix_shm")); }
static long shared_memory_write(void) { return of(open(target("posix_shm"), O_RDWR)); }

static long make_shared_memory(void)
{
    int file = shm_open("/ava-hostile-worker", O_RDWR | O_CREAT, 0600);

    if (file >= 0)
        shm_unlink("/ava-hostile-worker");
    return of(file);
}

/* Types on a terminal. */
static long type(void)
{
    const char byte = '\n';
    int maker = open("/dev/ptmx", O_RDWR | O_NOCTTY), unlocked = 0, end = -1;

    if (maker >= 0 && ioctl(maker, TIOCSPTLCK, &unlocked) == 0)
        end = ioctl(maker, TIOCGPTPEER, O_RDWR | O_NOCTTY);
    return of(end < 0 ? -1 : ioctl(end, TIOCSTI, &byte));
}

const struct attack against_sockets[] = {
    {"connect broker", "sees and ends everybody's sessions", broker, DEPENDS},
    {"connect administrator's socket", "sees and ends everybody's sessions", administrator, DEPENDS},
    {"connect administrator's socket, as an orphan", "sees and ends everybody's sessions", orphan, DEPENDS},
    {"connect abstract", "talks to a victim's server", abstract, ANY},
    {"socketpair sendto path", "talks to a victim's server", datagram_to_path, ANY},
    {"socketpair sendto abstract", "talks to a victim's server", datagram_to_name, ANY},
    {"socketpair sendmmsg path", "talks to a victim's server", message_to_path, ANY},
    {"socket inet", "a socket for the network", inet, ANY},
    {"socket inet datagrams", "a socket for the network", inet_datagrams, ANY},
    {"socket inet6", "a socket for the network", inet6, DEPENDS},
    {"socket netlink", "the kernel's network settings", netlink, ANY},
    {"socket vsock", "talks to the machine's host", vsock, DEPENDS},
    {"socket packet", "what others send", packet, DEPENDS},
    {"socket raw", "sends as others", raw, DEPENDS},
    {"socket alg", "much code in the kernel", algorithms, DEPENDS},
    {"connect network", "the network as the broker's user", network, ANY},
    {"sendto network", "the network as the broker's user", network_fast_open, DEPENDS},
    {"listen network", "a server that others reach", network_listen, ANY},
    {"listen network unbound", "a server that others reach", network_listen_unbound, ANY},
    {"bind abstract", "a name that others may look for", bind_name, ANY},
    {"shmat", "the victim's shared memory", attach_memory, ANY},
    {"shmget", "memory that stays", make_memory, ANY},
    {"semctl", "the victim's semaphores", read_semaphores, ANY},
    {"semget", "semaphores that stay", make_semaphores, ANY},
    {"msgrcv", "the victim's messages", peek_messages, DEPENDS},
    {"msgsnd", "talks as the victim", post_message, ANY},
    {"msgget", "messages that stay", make_messages, ANY},
    {"mq_open", "the victim's messages", open_queue, ANY},
    {"mq_open new", "messages that stay", make_queue, ANY},
    {"mq_unlink", "no messages for the victim", remove_queue, DEPENDS},
    {"/dev/shm", "the victim's shared memory", shared_memory, ANY},
    {"/dev/shm write", "the victim's shared memory", shared_memory_write, ANY},
    {"/dev/shm new", "memory that stays", make_shared_memory, ANY},
    {"TIOCSTI", "types on a terminal", type, DEPENDS},
    {0},
};
