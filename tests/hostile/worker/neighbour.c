/* attack neighbour DIRECTORY: another process of the broker's user, like another tenant's worker.
 *
 * It has resources that others must not reach: shared memory, semaphores, queues, sockets; and it counts the
 * signals that it catches, in DIRECTORY/caught. It prints them as targets, then "ready"; at the end of standard
 * input how many signals it has caught. A second process removes everything that would stay, however the first one ends. */
#define _GNU_SOURCE
#include "attack.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <mqueue.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>

static int *count;
static int shm, sem, msg;
static char name[64];

static void must(long result, const char *call)
{
    if (result < 0) {
        printf("%s: %s\n", call, strerror(errno));
        exit(1);
    }
}

static void catch(int number)
{
    (void)number;
    __atomic_add_fetch(count, 1, __ATOMIC_SEQ_CST);
}

static void catch_signals(const char *directory)
{
    char path[4096];
    struct sigaction action = {.sa_handler = catch, .sa_flags = SA_RESTART};

    snprintf(path, sizeof path, "%s/caught", directory);
    int file = open(path, O_RDWR | O_CREAT, 0644);
    must(file, path);
    must(ftruncate(file, sizeof *count), "ftruncate");
    count = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    for (int number = 1; number < 32; number++)
        if (number != SIGKILL && number != SIGSTOP && number != SIGCHLD)
            must(sigaction(number, &action, NULL), "sigaction");
}

static void share(void)
{
    struct {
        long type;
        char text[32];
    } message = {1, "for somebody else"};

    shm = shmget(IPC_PRIVATE, 4096, 0600);
    must(shm, "shmget");
    char *memory = shmat(shm, NULL, 0);
    strcpy(memory, "the neighbour's memory");
    sem = semget(IPC_PRIVATE, 1, 0600);
    must(sem, "semget");
    msg = msgget(IPC_PRIVATE, 0600);
    must(msg, "msgget");
    must(msgsnd(msg, &message, sizeof message.text, 0), "msgsnd");
    mqd_t queue = mq_open(name, O_RDWR | O_CREAT | O_EXCL, 0600, NULL);
    must(queue, "mq_open");
    int file = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    must(file, "shm_open");
    must(write(file, "the neighbour's file", 20), "write");
    printf("shm=%d\nsem=%d\nmsg=%d\nmq=%s\nposix_shm=/dev/shm%s\n", shm, sem, msg, name, name);
}

static void remove_all(void)
{
    shmctl(shm, IPC_RMID, NULL);
    semctl(sem, 0, IPC_RMID);
    msgctl(msg, IPC_RMID, NULL);
    mq_unlink(name);
    shm_unlink(name);
}

static void remove_at_the_end(void)
{
    int ends[2];
    char byte;

    must(pipe(ends), "pipe");
    pid_t child = fork();
    must(child, "fork");
    if (child == 0) {
        close(ends[1]);
        setsid();
        close(0), close(1), close(2);
        while (read(ends[0], &byte, 1) < 0 && errno == EINTR)
            ;
        remove_all();
        _exit(0);
    }
    close(ends[0]);
}

static void listen_at(int kind, const char *path, int is_abstract)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int made = socket(AF_UNIX, kind, 0);

    if (strlen(path) + 2 > sizeof address.sun_path)
        errno = ENAMETOOLONG, must(-1, path);
    strcpy(address.sun_path + is_abstract, path);
    size_t length = offsetof(struct sockaddr_un, sun_path) + (size_t)is_abstract + strlen(path) + !is_abstract;
    must(bind(made, (struct sockaddr *)&address, (socklen_t)length), path);
    if (kind == SOCK_STREAM)
        must(listen(made, 64), "listen");
}

static void listen_all(const char *directory)
{
    char text[4096];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    int tcp = socket(AF_INET, SOCK_STREAM, 0);

    must(bind(tcp, (struct sockaddr *)&address, size), "bind");
    must(listen(tcp, 64), "listen");
    must(getsockname(tcp, (struct sockaddr *)&address, &size), "getsockname");
    snprintf(text, sizeof text, "%s/datagrams", directory);
    listen_at(SOCK_DGRAM, text, 0);
    printf("port=%d\nabstract=%s\nabstract_datagrams=%s-datagrams\n", ntohs(address.sin_port), name + 1, name + 1);
    snprintf(text, sizeof text, "%s-datagrams", name + 1);
    listen_at(SOCK_DGRAM, text, 1);
    listen_at(SOCK_STREAM, name + 1, 1);
}

int neighbour(const char *directory)
{
    char bytes[256];

    snprintf(name, sizeof name, "/ava-neighbour-%d", getpid());
    listen_all(directory);
    share();
    remove_at_the_end();
    catch_signals(directory);
    printf("neighbour=%d\nready\n", getpid());
    fflush(stdout);
    while (read(0, bytes, sizeof bytes) > 0)
        ;
    printf("caught %d\n", *count);
    return 0;
}
