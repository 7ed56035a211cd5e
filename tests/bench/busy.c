/* A process that only computes: what `cargo xtask bench --busy N` has N of beside the programs that it measures.
 *
 *   cc -O2 -o busy busy.c
 *   busy
 *
 * It ends when its parent does, however that ends.
 */
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(void)
{
    volatile uint32_t shown;
    uint32_t number = 1;

    /* The kernel tells only of a parent that ends from here on: one that has ended already was replaced. */
    pid_t parent = getppid();
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || parent == 1)
        return 1;
    /* The parent waits for this: from here on it computes. */
    if (write(STDOUT_FILENO, "busy\n", 5) != 5)
        return 1;
    for (;;) {
        for (int i = 0; i < 1 << 20; i++)
            number = number * 1664525u + 1013904223u;
        shown = number;
        (void)shown;
    }
}
