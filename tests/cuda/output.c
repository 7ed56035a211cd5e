/* What kernels print. */
#include "client.h"

static void say_once(void)
{
    int threads = 2;
    begin();
    LAUNCH(kernel("say"), 1, 32, NULL, &threads);
    OK(cuCtxSynchronize());
}

#define LINE(thread, half) "thread " thread " of block 0: " half " text c ff -5000000000%\n"

CASE(printf_in_a_kernel)
{
    static struct ended ended;
    in_a_process(say_once, &ended);
    CHECK(WIFEXITED(ended.status) && WEXITSTATUS(ended.status) == 0);
    CHECK(strcmp(ended.output, LINE("0", "0.00") LINE("1", "0.50")) == 0);
}

static void say_between(void)
{
    int threads = 1;
    begin();
    CUfunction say = kernel("say");
    printf("before\n");
    fflush(stdout);
    LAUNCH(say, 1, 1, NULL, &threads);
    OK(cuStreamSynchronize(NULL));
    printf("after\n");
}

/* It appears at the latest when the program synchronises. */
CASE(printf_in_turn_with_the_program)
{
    static struct ended ended;
    in_a_process(say_between, &ended);
    CHECK(strcmp(ended.output, "before\n" LINE("0", "0.00") "after\n") == 0);
}

static void say_many(void)
{
    int threads = 1;
    begin();
    LAUNCH(kernel("say"), 300, 32, NULL, &threads);
    OK(cuCtxSynchronize());
}

/* Blocks in any order, but each line whole. */
CASE(printf_of_many_blocks)
{
    static struct ended ended;
    bool seen[300] = {false};
    in_a_process(say_many, &ended);
    char *save = NULL, rest[64];
    unsigned block, lines = 0;
    for (char *line = strtok_r(ended.output, "\n", &save); line; line = strtok_r(NULL, "\n", &save), lines++) {
        CHECK(sscanf(line, "thread 0 of block %u: %63[^\n]", &block, rest) == 2);
        CHECK(strcmp(rest, "0.00 text c ff -5000000000%") == 0);
        CHECK(block < 300 && !seen[block]);
        seen[block] = true;
    }
    CHECK_INT(lines, 300);
}
