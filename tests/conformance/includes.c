/* #include: by -I absolute and relative, nested, missing, by header programs;
 * separate compiling and linking. */
#include "conformance.h"

#include <sys/stat.h>

static const char INCLUDING[] = "#include \"first.h\"\n"
                                "__kernel void k(__global int *out) { *out = FIRST; }\n";

static cl_int result_of(struct cl *cl, cl_program program, const char *name)
{
    cl_kernel kernel = kernel_of(program, name);
    cl_mem mem = new_buffer(cl, 0, sizeof(cl_int), NULL);
    cl_int got = -1;
    set_arg_mem(kernel, 0, mem);
    run_1d(cl->queue, kernel, 1);
    get(cl->queue, mem, 0, sizeof got, &got);
    OK(clReleaseMemObject(mem));
    OK(clReleaseKernel(kernel));
    return got;
}

static void write_in(const char *dir, const char *name, const char *text)
{
    char *path = format("%s/%s", dir, name);
    write_file(path, text);
    free(path);
}

static void make_subdir(const char *dir, const char *name)
{
    char *path = format("%s/%s", dir, name);
    CHECK(mkdir(path, 0700) == 0);
    free(path);
}

/* Builds `source` with the options that `fmt` makes of the directory. */
static cl_int build_in(struct cl *cl, const char *source, const char *fmt, const char *dir)
{
    char *options = must_alloc(strlen(fmt) + 2 * strlen(dir) + 1);
    const char *hole = strstr(fmt, "DIR");
    if (hole)
        sprintf(options, "%.*s%s%s", (int)(hole - fmt), fmt, dir, hole + 3);
    else
        strcpy(options, fmt);
    cl_program program = program_of(cl, source);
    cl_int err = clBuildProgram(program, 1, &cl->device, options, NULL, NULL), result = -1;
    if (err == CL_SUCCESS) {
        result = result_of(cl, program, "k");
    } else {
        char *log = build_log(program, cl->device);
        CHECK(strlen(log) > 0);
        free(log);
        CHECK_STATUS(err, CL_BUILD_PROGRAM_FAILURE);
    }
    OK(clReleaseProgram(program));
    free(options);
    return result;
}

/* Paths in options are the program's: its directories, its working directory. */
CASE(include_by_option)
{
    struct cl cl = cl_open();
    char *dir = make_dir(), *cwd = getcwd(NULL, 0);
    make_subdir(dir, "one");
    make_subdir(dir, "two");
    make_subdir(dir, "empty");
    write_in(dir, "one/first.h", "#define FIRST 11\n");
    write_in(dir, "two/first.h", "#define FIRST 12\n");
    CHECK_INT(build_in(&cl, INCLUDING, "-I DIR/one", dir), 11);
    CHECK_INT(build_in(&cl, INCLUDING, "-IDIR/two", dir), 12);
    CHECK_INT(build_in(&cl, INCLUDING, "-DX=1 -I DIR/one -DY=2", dir), 11);
    CHECK_INT(build_in(&cl, INCLUDING, "-I /nonexistent -I DIR/one/", dir), 11);
    CHECK_INT(build_in(&cl, INCLUDING, "-I DIR/one/../two", dir), 12);
    CHECK(chdir(dir) == 0);
    CHECK_INT(build_in(&cl, INCLUDING, "-I one", dir), 11);
    CHECK_INT(build_in(&cl, INCLUDING, "-I ./two/", dir), 12);
    CHECK_INT(build_in(&cl, INCLUDING, "-I two -I one", dir), 12);
    CHECK_INT(build_in(&cl, INCLUDING, "-I one -I two", dir), 11);
    CHECK_INT(build_in(&cl, INCLUDING, "-I empty -I two", dir), 12);
    CHECK_INT(build_in(&cl, "#include \"one/first.h\"\n__kernel void k(__global int *o) { *o = FIRST; }\n", "-I .", dir), 11);
    CHECK(chdir("empty") == 0);
    CHECK_INT(build_in(&cl, INCLUDING, "-I ../two", dir), 12);
    CHECK(chdir("../one") == 0);
    note("a header in the working directory and in -I: %s", build_in(&cl, INCLUDING, "-I ../two", dir) == 12 ? "-I wins" : "the directory wins");
    CHECK(chdir(cwd) == 0);
    remove_dir(dir);
    free(cwd);
    cl_close(&cl);
}

CASE(include_nested)
{
    struct cl cl = cl_open();
    char *dir = make_dir();
    make_subdir(dir, "deep");
    make_subdir(dir, "deep/er");
    write_in(dir, "first.h", "#ifndef ONCE\n#define ONCE\n#include \"deep/second.h\"\n#define FIRST (SECOND + 1)\n#endif\n");
    write_in(dir, "deep/second.h", "#include \"er/third.h\"\n#include \"../other.h\"\n#define SECOND (THIRD + OTHER)\n");
    write_in(dir, "deep/er/third.h", "#include <first.h>\n#define THIRD 20\n");
    write_in(dir, "other.h", "#define OTHER 400\n");
    CHECK_INT(build_in(&cl, INCLUDING, "-I DIR", dir), 421);
    remove_dir(dir);
    cl_close(&cl);
}

CASE(include_computed)
{
    struct cl cl = cl_open();
    char *dir = make_dir();
    write_in(dir, "first.h", "#define FIRST 31\n");
    write_in(dir, "chosen.h", "#include \"first.h\"\n");
    CHECK_INT(build_in(&cl, "#define NAME \"chosen.h\"\n#include NAME\n__kernel void k(__global int *o) { *o = FIRST; }\n", "-I DIR", dir), 31);
    CHECK_INT(build_in(&cl, "#if 0\n#include \"missing.h\"\n#endif\n#include <first.h>\n__kernel void k(__global int *o) { *o = FIRST; }\n", "-I DIR", dir), 31);
    CHECK_INT(build_in(&cl, "#include/**/\"first.h\" // comment\n__kernel void k(__global int *o) { *o = FIRST; }\n", "-I DIR", dir), 31);
    CHECK_INT(build_in(&cl, "  #  include  \"first.h\"\n__kernel void k(__global int *o) { *o = FIRST; }\n", "-I DIR", dir), 31);
    remove_dir(dir);
    cl_close(&cl);
}

/* Paths lead through directories of which no file is used, and through links. */
CASE(include_through_directories)
{
    static const char USES[] = "%s\n__kernel void k(__global int *o) { *o = FIRST; }\n";
    static const struct {
        const char *include, *options;
    } ways[] = {
        {"#include \"../first.h\"", "-I DIR/empty"},       {"#include \"empty/../first.h\"", "-I DIR"},
        {"#include <empty/deep/../../first.h>", "-I DIR"}, {"#include \"first.h\"", "-I missing -I DIR/empty/.."},
        {"#include \"link/../target.h\"", "-I DIR"},       {"#include \"../target.h\"", "-I DIR/link"},
        {"#include \"link/inner.h\"", "-I DIR"},           {"#include \"linked.h\"", "-I DIR"},
        {"#include \"first\xff.h\"", "-I DIR"},
    };
    struct cl cl = cl_open();
    char *dir = make_dir();
    make_subdir(dir, "empty");
    make_subdir(dir, "empty/deep");
    make_subdir(dir, "real");
    make_subdir(dir, "real/inner");
    write_in(dir, "first.h", "#define FIRST 81\n");
    write_in(dir, "first\xff.h", "#define FIRST 81\n");
    write_in(dir, "real/target.h", "#define FIRST 81\n");
    write_in(dir, "real/inner/inner.h", "#include \"../target.h\"\n");
    char *link = format("%s/link", dir), *linked = format("%s/linked.h", dir);
    CHECK(symlink("real/inner", link) == 0);
    CHECK(symlink("first.h", linked) == 0);
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        char *source = must_alloc(sizeof USES + strlen(ways[i].include));
        sprintf(source, USES, ways[i].include);
        int got = build_in(&cl, source, ways[i].options, dir);
        if (got != 81)
            FAIL("%s with %s: %d", ways[i].include, ways[i].options, got);
        free(source);
    }
    free(link);
    free(linked);
    remove_dir(dir);
    cl_close(&cl);
}

/* However a directive is written. */
CASE(include_spellings)
{
    static const char *const spellings[] = {
        "#inc\\\nlude \"first.h\"",
        "#include \\\n\"fir\\\nst.h\"",
        "%:include <first.h>",
        "/* # */ # /* */ include /* long\n */ <first.h> // end",
        "#import \"first.h\"",
        "#if __has_include(\"first.h\")\n#define FIRST 91\n#endif",
        "#define TEXT(x) #x\n#define NAME(x) TEXT(x)\n#include NAME(deep/other.h)",
        "#define NAME <deep/other.h>\n#include NAME",
        "__constant char text[] = \"/*\";\n#include \"first.h\"",
    };
    struct cl cl = cl_open();
    char *dir = make_dir();
    make_subdir(dir, "deep");
    write_in(dir, "first.h", "#define FIRST 91\n");
    write_in(dir, "deep/other.h", "#include \"../first.h\"\n");
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        char *source = format("%s\n__kernel void k(__global int *o) { *o = FIRST; }\n", spellings[i]);
        int got = build_in(&cl, source, "-I DIR", dir);
        if (got != 91)
            FAIL("%s: %d", spellings[i], got);
        free(source);
    }
    CHECK_INT(build_in(&cl, "#include NAME\n__kernel void k(__global int *o) { *o = FIRST; }\n", "-I DIR -DNAME=<first.h>", dir), 91);
    remove_dir(dir);
    cl_close(&cl);
}

static void check_source(cl_program program, const char *want)
{
    char got[1000];
    size_t size;
    OK(clGetProgramInfo(program, CL_PROGRAM_SOURCE, sizeof got, got, &size));
    CHECK_STR(got, want);
    CHECK_INT(size, strlen(want) + 1);
    CHECK_STATUS(clGetProgramInfo(program, CL_PROGRAM_SOURCE, 5, got, NULL), CL_INVALID_VALUE);
}

/* By its path, from the source and from a header; queries return the program's source and options unchanged. */
CASE(include_of_absolute_path)
{
    struct cl cl = cl_open();
    char *dir = make_dir(), got[1000];
    make_subdir(dir, "sub");
    write_in(dir, "first.h", "#define FIRST 41\n");
    char *absolute = format("#include \"%s/sub/../first.h\"\n", dir);
    write_in(dir, "header.h", absolute);
    char *source = format("#if __has_include(<%s/first.h>)\n%s#endif\n__kernel void k(__global int *o) { *o = FIRST; }\n", dir, absolute);
    CHECK_INT(build_in(&cl, source, "", dir), 41);
    CHECK_INT(build_in(&cl, "#include <header.h>\n__kernel void k(__global int *o) { *o = FIRST; }\n", "-I DIR", dir), 41);
    cl_program program = program_of(&cl, source);
    check_source(program, source);
    OK(clBuildProgram(program, 0, NULL, "-DX", NULL, NULL));
    OK(clGetProgramBuildInfo(program, cl.device, CL_PROGRAM_BUILD_OPTIONS, sizeof got, got, NULL));
    CHECK_STR(got, "-DX");
    check_source(program, source);
    OK(clReleaseProgram(program));
    /* Of several texts of which some have a length. */
    const char *texts[] = {absolute, "__kernel void k(__global int *o) { *o = FIRST; } not this", ""};
    size_t lengths[] = {0, 48, 0};
    cl_int err;
    program = clCreateProgramWithSource(cl.context, 3, texts, lengths, &err);
    OK(err);
    OK(clBuildProgram(program, 0, NULL, NULL, NULL, NULL));
    CHECK_INT(result_of(&cl, program, "k"), 41);
    OK(clReleaseProgram(program));
    free(source);
    free(absolute);
    remove_dir(dir);
    cl_close(&cl);
}

/* A header in the working directory without any -I: up to the library. */
CASE(include_from_working_directory)
{
    struct cl cl = cl_open();
    char *dir = make_dir(), *cwd = getcwd(NULL, 0);
    write_in(dir, "first.h", "#define FIRST 51\n");
    CHECK(chdir(dir) == 0);
    note("include from the working directory: %s", build_in(&cl, INCLUDING, "", dir) == 51 ? "works" : "fails");
    CHECK(chdir(cwd) == 0);
    free(cwd);
    remove_dir(dir);
    cl_close(&cl);
}

CASE(include_missing)
{
    struct cl cl = cl_open();
    char *dir = make_dir();
    cl_program program = program_of(&cl, INCLUDING);
    char *options = format("-I %s", dir);
    CHECK_STATUS(clBuildProgram(program, 1, &cl.device, options, NULL, NULL), CL_BUILD_PROGRAM_FAILURE);
    char *log = build_log(program, cl.device);
    CHECK(strstr(log, "first.h") != NULL);
    free(log);
    OK(clReleaseProgram(program));
    free(options);
    remove_dir(dir);
    cl_close(&cl);
}

/* A header that changes between builds: the second build sees the change. */
CASE(include_changed_between_builds)
{
    struct cl cl = cl_open();
    char *dir = make_dir();
    write_in(dir, "first.h", "#define FIRST 61\n");
    CHECK_INT(build_in(&cl, INCLUDING, "-I DIR", dir), 61);
    write_in(dir, "first.h", "#define FIRST 62\n");
    CHECK_INT(build_in(&cl, INCLUDING, "-I DIR", dir), 62);
    remove_dir(dir);
    cl_close(&cl);
}

CASE(include_large_header)
{
    struct cl cl = cl_open();
    char *dir = make_dir(), *path = format("%s/first.h", dir);
    FILE *f = fopen(path, "w");
    CHECK(f != NULL);
    for (int i = 0; i < 40000; i++)
        fprintf(f, "/* a long header, line %d of many, to be carried whole */\n", i);
    fprintf(f, "#define FIRST 71\n");
    CHECK(fclose(f) == 0);
    CHECK_INT(build_in(&cl, INCLUDING, "-I DIR", dir), 71);
    free(path);
    remove_dir(dir);
    cl_close(&cl);
}

/* ---- compile and link ----------------------------------------------------- */

static void need_linker(void)
{
    if (!device_uint(CL_DEVICE_COMPILER_AVAILABLE) || !device_uint(CL_DEVICE_LINKER_AVAILABLE))
        skip("no compiler or linker");
}

CASE(compile_with_header_programs)
{
    need_linker();
    struct cl cl = cl_open();
    cl_program program = program_of(&cl, "#include \"first.h\"\n#include \"dir/second.h\"\n"
                                         "__kernel void k(__global int *out) { *out = FIRST + SECOND; }\n");
    cl_program headers[] = {program_of(&cl, "#define FIRST 1000\n"), program_of(&cl, "#define SECOND 23\n")};
    const char *names[] = {"first.h", "dir/second.h"};
    cl_int err;
    OK(clCompileProgram(program, 1, &cl.device, "-DUNUSED", 2, headers, names, NULL, NULL));
    OK(clReleaseProgram(headers[0]));
    OK(clReleaseProgram(headers[1]));
    cl_program_binary_type type = 0;
    OK(clGetProgramBuildInfo(program, cl.device, CL_PROGRAM_BINARY_TYPE, sizeof type, &type, NULL));
    CHECK_INT(type, CL_PROGRAM_BINARY_TYPE_COMPILED_OBJECT);
    cl_program linked = clLinkProgram(cl.context, 0, NULL, "", 1, &program, NULL, NULL, &err);
    OK(err);
    OK(clReleaseProgram(program));
    CHECK_INT(result_of(&cl, linked, "k"), 1023);
    OK(clReleaseProgram(linked));
    cl_close(&cl);
}

/* Header programs include files. */
CASE(compile_with_header_program_that_includes)
{
    need_linker();
    struct cl cl = cl_open();
    char *dir = make_dir(), *options = format("-I %s", dir);
    write_in(dir, "file.h", "#define FIRST 7\n");
    cl_program program = program_of(&cl, INCLUDING), header = program_of(&cl, "#include \"file.h\"\n");
    const char *name = "first.h";
    OK(clCompileProgram(program, 1, &cl.device, options, 1, &header, &name, NULL, NULL));
    OK(clReleaseProgram(header));
    OK(clReleaseProgram(program));
    free(options);
    remove_dir(dir);
    cl_close(&cl);
}

CASE(compile_header_missing)
{
    need_linker();
    struct cl cl = cl_open();
    cl_program program = program_of(&cl, INCLUDING), header = program_of(&cl, "#define FIRST 1\n");
    const char *names[] = {"other.h"};
    CHECK_STATUS(clCompileProgram(program, 1, &cl.device, NULL, 1, &header, names, NULL, NULL), CL_COMPILE_PROGRAM_FAILURE);
    char *log = build_log(program, cl.device);
    CHECK(strlen(log) > 0);
    free(log);
    cl_build_status status = 0;
    OK(clGetProgramBuildInfo(program, cl.device, CL_PROGRAM_BUILD_STATUS, sizeof status, &status, NULL));
    CHECK_INT(status, CL_BUILD_ERROR);
    OK(clReleaseProgram(program));
    OK(clReleaseProgram(header));
    cl_close(&cl);
}

static const char USES[] = "int helper(int);\n__kernel void k(__global int *out) { *out = helper(20); }\n";
static const char HELPS[] = "int helper(int x) { return 2 * x + ADD; }\n";

CASE(link_two_objects)
{
    need_linker();
    struct cl cl = cl_open();
    cl_program objects[] = {program_of(&cl, USES), program_of(&cl, HELPS)};
    cl_int err;
    OK(clCompileProgram(objects[0], 0, NULL, NULL, 0, NULL, NULL, NULL, NULL));
    OK(clCompileProgram(objects[1], 0, NULL, "-DADD=2", 0, NULL, NULL, NULL, NULL));
    cl_program linked = clLinkProgram(cl.context, 1, &cl.device, NULL, 2, objects, NULL, NULL, &err);
    OK(err);
    CHECK_INT(result_of(&cl, linked, "k"), 42);
    cl_program_binary_type type = 0;
    OK(clGetProgramBuildInfo(linked, cl.device, CL_PROGRAM_BINARY_TYPE, sizeof type, &type, NULL));
    CHECK_INT(type, CL_PROGRAM_BINARY_TYPE_EXECUTABLE);
    OK(clReleaseProgram(linked));
    OK(clReleaseProgram(objects[0]));
    OK(clReleaseProgram(objects[1]));
    cl_close(&cl);
}

CASE(link_library)
{
    need_linker();
    struct cl cl = cl_open();
    cl_program object = program_of(&cl, HELPS), user = program_of(&cl, USES);
    cl_int err;
    OK(clCompileProgram(object, 0, NULL, "-D ADD=3", 0, NULL, NULL, NULL, NULL));
    cl_program library = clLinkProgram(cl.context, 1, &cl.device, "-create-library", 1, &object, NULL, NULL, &err);
    OK(err);
    cl_program_binary_type type = 0;
    OK(clGetProgramBuildInfo(library, cl.device, CL_PROGRAM_BINARY_TYPE, sizeof type, &type, NULL));
    CHECK_INT(type, CL_PROGRAM_BINARY_TYPE_LIBRARY);
    OK(clCompileProgram(user, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL));
    cl_program both[] = {user, library};
    cl_program linked = clLinkProgram(cl.context, 1, &cl.device, NULL, 2, both, NULL, NULL, &err);
    OK(err);
    CHECK_INT(result_of(&cl, linked, "k"), 43);
    OK(clReleaseProgram(linked));
    OK(clReleaseProgram(library));
    OK(clReleaseProgram(user));
    OK(clReleaseProgram(object));
    cl_close(&cl);
}

CASE(link_missing_symbol)
{
    need_linker();
    struct cl cl = cl_open();
    cl_program object = program_of(&cl, USES);
    cl_int err;
    OK(clCompileProgram(object, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL));
    cl_program linked = clLinkProgram(cl.context, 1, &cl.device, NULL, 1, &object, NULL, NULL, &err);
    SPEC_STATUS(err, CL_LINK_PROGRAM_FAILURE);
    if (linked) {
        char *log = build_log(linked, cl.device);
        SPEC(strlen(log) > 0);
        free(log);
        OK(clReleaseProgram(linked));
    }
    OK(clReleaseProgram(object));
    cl_close(&cl);
}

CASE(link_bad_option)
{
    need_linker();
    struct cl cl = cl_open();
    cl_program object = program_of(&cl, "__kernel void k(__global int *out) { *out = 1; }\n");
    cl_int err;
    OK(clCompileProgram(object, 0, NULL, NULL, 0, NULL, NULL, NULL, NULL));
    cl_program linked = clLinkProgram(cl.context, 1, &cl.device, "-no-such-linker-option", 1, &object, NULL, NULL, &err);
    SPEC_STATUS(err, CL_INVALID_LINKER_OPTIONS);
    if (linked)
        OK(clReleaseProgram(linked));
    OK(clReleaseProgram(object));
    cl_close(&cl);
}
