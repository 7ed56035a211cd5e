/* Closes all descriptors after it has set OpenCL up, as daemons and service launchers do, opens its own under their
 * numbers, and continues to compute: closes loop|range|from
 */
#include "device.h"
#include <sys/socket.h>
#include <sys/stat.h>

#define PAIRS 300

static void *in_thread(void *value)
{
    return (void *)(long)large((int)(long)value);
}

int main(int argc, char **argv)
{
    static int pairs[PAIRS][2];
    const char *how = argc > 1 ? argv[1] : "loop";
    struct stat found;
    pthread_t threads[4];
    void *result;
    int bad = 0, open = 0;

    /* One after the other, as arguments of a call would not be. */
    int ready = set_up(), first = small(1), second = large(2);
    printf("set up %d, small %d, large %d\n", ready, first, second);
    if (!strcmp(how, "range"))
        close_range(3, ~0U, 0);
    else if (!strcmp(how, "from"))
        closefrom(3);
    else
        for (int fd = 3; fd < 4096; fd++)
            close(fd);
    for (int i = 0; i < PAIRS; i++)
        if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pairs[i]))
            return 2;
    for (int i = 0; i < 3; i++)
        printf("small %d, large %d\n", small(i), large(i));
    for (long i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, in_thread, (void *)i);
    for (int i = 0; i < 4; i++) {
        pthread_join(threads[i], &result);
        printf("thread %ld\n", (long)result);
    }
    printf("called %d\n", were_called(8));
    /* The program's files are the same, and nothing was written to them. */
    for (int i = 0; i < PAIRS; i++) {
        char byte = 0;
        bad += recv(pairs[i][0], &byte, 1, MSG_DONTWAIT) != -1 || recv(pairs[i][1], &byte, 1, MSG_DONTWAIT) != -1;
        bad += send(pairs[i][0], "x", 1, 0) != 1 || recv(pairs[i][1], &byte, 1, 0) != 1 || byte != 'x';
    }
    for (int fd = 0; fd < 4096; fd++)
        open += !fstat(fd, &found) && fd > 2;
    printf("%d open, %d bad\n", open, bad);
    return 0;
}
