/* Runner: `list`, `run NAME...`, `all`; TFLITE_MODELS names the directory of the models. */
#include "client.h"

#include <cstdlib>
#include <cstring>
#include <stdexcept>

static test_case *first_case, **last_case = &first_case;
static test_case *current;

void register_case(test_case *c)
{
    *last_case = c;
    last_case = &c->next;
}

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    printf("%s: ", current->name);
    vprintf(format, arguments);
    putchar('\n');
    va_end(arguments);
}

void fail_at(const char *file, int line, const char *format, ...)
{
    char text[800];
    const char *base = strrchr(file, '/');
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    throw std::runtime_error(std::string(base ? base + 1 : file) + ":" + std::to_string(line) + " " + text);
}

static bool run_case(test_case *c)
{
    current = c;
    try {
        c->body();
    } catch (const std::runtime_error &why) {
        printf("%s FAIL %s\n", c->name, why.what());
        return false;
    }
    printf("%s ok\n", c->name);
    return true;
}

static test_case *find_case(const char *name)
{
    test_case *c = first_case;
    while (c && strcmp(c->name, name) != 0)
        c = c->next;
    return c;
}

static int run_cases(const std::vector<test_case *> &cases)
{
    size_t failed = 0;
    for (test_case *c : cases)
        failed += !run_case(c);
    printf("%zu passed, %zu failed\n", cases.size() - failed, failed);
    return failed != 0;
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    std::vector<test_case *> cases;

    setvbuf(stdout, nullptr, _IOLBF, 0);
    if (strcmp(verb, "list") == 0 && argc == 2) {
        for (test_case *c = first_case; c; c = c->next)
            printf("%s%s\n", c->name, c->alone ? " alone" : "");
        return 0;
    }
    if (strcmp(verb, "all") == 0 && argc == 2) {
        for (test_case *c = first_case; c; c = c->next)
            if (!c->alone)
                cases.push_back(c);
    } else if (strcmp(verb, "run") == 0 && argc > 2) {
        for (int i = 2; i < argc; i++) {
            test_case *c = find_case(argv[i]);
            if (!c) {
                fprintf(stderr, "client: no case is called %s\n", argv[i]);
                return 2;
            }
            cases.push_back(c);
        }
    } else {
        fprintf(stderr, "usage: client list | all | run NAME...\n");
        return 2;
    }
    if (!getenv("TFLITE_MODELS")) {
        fprintf(stderr, "client: TFLITE_MODELS has to name the directory of the models\n");
        return 2;
    }
    return run_cases(cases);
}
