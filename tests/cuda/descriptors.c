/* Memory of other processes, by descriptors that go over a socket. */
#include "client.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>

static CUmemAllocationProp prop;
static size_t unit;
/* The other process, and the socket to it. */
static pid_t other;
static int peer;

#define BY_FILE CU_MEM_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR
#define AS_HANDLE(file) ((void *)(intptr_t)(file))

static void begin_with_descriptors(void)
{
    begin();
    need(CU_DEVICE_ATTRIBUTE_HANDLE_TYPE_POSIX_FILE_DESCRIPTOR_SUPPORTED, "memory by descriptors");
    prop.type = CU_MEM_ALLOCATION_TYPE_PINNED;
    prop.requestedHandleTypes = BY_FILE;
    prop.location.type = CU_MEM_LOCATION_TYPE_DEVICE;
    prop.location.id = device;
    OK(cuMemGetAllocationGranularity(&unit, &prop, CU_MEM_ALLOC_GRANULARITY_MINIMUM));
}

static CUmemGenericAllocationHandle create(void)
{
    CUmemGenericAllocationHandle handle = 0;
    OK(cuMemCreate(&handle, unit, &prop, 0));
    return handle;
}

static int export(CUmemGenericAllocationHandle handle)
{
    int file = -1;
    OK(cuMemExportToShareableHandle(&file, handle, BY_FILE, 0));
    CHECK(file >= 0 && fcntl(file, F_GETFD) >= 0);
    return file;
}

static CUmemGenericAllocationHandle import(int file)
{
    CUmemGenericAllocationHandle handle = 0;
    OK(cuMemImportFromShareableHandle(&handle, AS_HANDLE(file), BY_FILE));
    return handle;
}

/* Where the memory is to be used. The handle is given back. */
static CUdeviceptr placed(CUmemGenericAllocationHandle handle)
{
    CUdeviceptr at = 0;
    CUmemAccessDesc all = {.location = prop.location, .flags = CU_MEM_ACCESS_FLAGS_PROT_READWRITE};
    OK(cuMemAddressReserve(&at, unit, 0, 0, 0));
    OK(cuMemMap(at, unit, 0, handle, 0));
    OK(cuMemSetAccess(at, unit, &all, 1));
    OK(cuMemRelease(handle));
    return at;
}

/* ---- the other process ---- */

static void with_another(void (*body)(void))
{
    int ends[2];
    CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    fflush(stdout);
    other = fork();
    CHECK(other >= 0);
    close(ends[other == 0 ? 0 : 1]);
    peer = ends[other == 0 ? 1 : 0];
    if (other == 0) {
        body();
        exit(0);
    }
}

static void other_has_ended(void)
{
    int how = 0;
    CHECK(waitpid(other, &how, 0) == other);
    CHECK(WIFEXITED(how) && WEXITSTATUS(how) == 0);
}

/* Bytes, and a descriptor if there is one. */
static void give(const void *bytes, size_t size, int file)
{
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr head;
    } control = {{0}};
    struct iovec data = {(void *)bytes, size};
    struct msghdr message = {.msg_iov = &data, .msg_iovlen = 1};
    if (file >= 0) {
        message.msg_control = &control;
        message.msg_controllen = sizeof control.room;
        control.head = (struct cmsghdr){CMSG_LEN(sizeof file), SOL_SOCKET, SCM_RIGHTS};
        memcpy(CMSG_DATA(&control.head), &file, sizeof file);
    }
    CHECK(sendmsg(peer, &message, MSG_NOSIGNAL) == (ssize_t)size);
}

static int take(void *bytes, size_t size)
{
    union {
        char room[CMSG_SPACE(sizeof(int))];
        struct cmsghdr head;
    } control;
    int file = -1;
    struct iovec data = {bytes, size};
    struct msghdr message = {
        .msg_iov = &data, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control.room};
    CHECK(recvmsg(peer, &message, MSG_WAITALL) == (ssize_t)size);
    if (message.msg_controllen >= CMSG_LEN(sizeof file))
        memcpy(&file, CMSG_DATA(&control.head), sizeof file);
    return file;
}

static void tell(void)
{
    give("", 1, -1);
}

static void hear(void)
{
    char nothing;
    take(&nothing, 1);
}

/* ---- memory ---- */

static void adds_one(void)
{
    char nothing;
    begin_with_descriptors();
    int file = take(&nothing, 1);
    CUdeviceptr at = placed(import(file));
    CHECK(close(file) == 0);
    CHECK_ALL(at, 100, 76);
    affine(NULL, at, 100, 1, 1);
    OK(cuCtxSynchronize());
    tell();
    hear();
    /* The process that made it has given it back. */
    CHECK_ALL(at, 100, 77);
    CHECK_ALL(at + 400, 100, 5);
    tell();
}

CASE(memory_of_another_process)
{
    with_another(adds_one);
    begin_with_descriptors();
    CUmemGenericAllocationHandle handle = create();
    int file = export(handle);
    CUdeviceptr at = placed(handle);
    OK(cuMemsetD32(at, 76, 100));
    OK(cuMemsetD32(at + 400, 5, 100));
    OK(cuCtxSynchronize());
    give("", 1, file);
    CHECK(close(file) == 0);
    hear();
    CHECK_ALL(at, 100, 77);
    OK(cuMemUnmap(at, unit));
    tell();
    hear();
    other_has_ended();
}

static void makes(void)
{
    begin_with_descriptors();
    CUmemGenericAllocationHandle handle = create();
    int file = export(handle);
    CUdeviceptr at = placed(handle);
    OK(cuMemsetD32(at, 31, 50));
    OK(cuCtxSynchronize());
    give("", 1, file);
}

/* The memory is there as long as anybody has it. */
CASE(memory_of_a_process_that_has_ended)
{
    char nothing;
    with_another(makes);
    begin_with_descriptors();
    int file = take(&nothing, 1);
    other_has_ended();
    CUdeviceptr at = placed(import(file));
    CHECK_ALL(at, 50, 31);
    /* And once more: another handle of the same memory. */
    CUdeviceptr again = placed(import(file));
    CHECK(again != at);
    affine(NULL, at, 50, 2, 0);
    OK(cuCtxSynchronize());
    CHECK_ALL(again, 50, 62);
}

/* A descriptor is the program's: it gets the number that is free, and may copy and close it. */
CASE(descriptor_of_memory)
{
    begin_with_descriptors();
    CUmemGenericAllocationHandle handle = create();
    int free_number = dup(0);
    CHECK(free_number >= 0 && close(free_number) == 0);
    int file = export(handle);
    CHECK_INT(file, free_number);
    note("closed on execve: %d", fcntl(file, F_GETFD) == FD_CLOEXEC);
    int copy = dup(file);
    CHECK(copy >= 0 && close(file) == 0);
    int next = export(handle);
    CHECK_INT(next, file);
    OK(cuMemRelease(handle));
    CHECK_ALL(placed(import(copy)), 10, 0);
    CHECK(close(copy) == 0 && close(next) == 0);
}

static int open_files(void)
{
    int count = 0;
    DIR *all = opendir("/proc/self/fd");
    CHECK(all);
    while (readdir(all))
        count++;
    closedir(all);
    return count;
}

/* Neither the program nor its driver runs out of descriptors. */
CASE(descriptors_do_not_pile_up)
{
    begin_with_descriptors();
    CUmemGenericAllocationHandle handle = create();
    OK(cuMemRelease(import(export(handle))));
    int before = open_files();
    for (int i = 0; i < 1500; i++) {
        int file = export(handle);
        OK(cuMemRelease(import(file)));
        CHECK(close(file) == 0);
    }
    CHECK_INT(open_files(), before);
}

CASE(descriptors_that_do_not_fit)
{
    struct rlimit limit, less;
    int file = -1, filler[64], fillers = 0;
    begin_with_descriptors();
    CUmemGenericAllocationHandle handle = create();
    int before = open_files();
    CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
    less = limit;
    less.rlim_cur = 40;
    CHECK(setrlimit(RLIMIT_NOFILE, &less) == 0);
    while (fillers < 64 && (filler[fillers] = dup(0)) >= 0)
        fillers++;
    CHECK(fillers > 0 && fillers < 64);
    REFUSED(cuMemExportToShareableHandle(&file, handle, BY_FILE, 0));
    CHECK_INT(file, -1);
    while (fillers > 0)
        CHECK(close(filler[--fillers]) == 0);
    CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
    CHECK_INT(open_files(), before);
    CHECK_ALL(placed(import(export(handle))), 10, 0);
}

CASE(descriptors_of_something_else)
{
    int ends[2];
    char path[] = "/tmp/descriptors-XXXXXX";
    CUmemGenericAllocationHandle handle = 0;
    begin_with_descriptors();
    CHECK(pipe(ends) == 0);
    int file = mkstemp(path);
    CHECK(file >= 0 && unlink(path) == 0 && ftruncate(file, (off_t)unit) == 0);
    int wrong[] = {open("/dev/null", O_RDWR), file, ends[0], ends[1], 0, 987654, -1};
    for (size_t i = 0; i < COUNT(wrong); i++)
        REFUSED(cuMemImportFromShareableHandle(&handle, AS_HANDLE(wrong[i]), BY_FILE));
    /* What was closed is none. */
    CUmemGenericAllocationHandle made = create();
    file = export(made);
    CHECK(close(file) == 0);
    REFUSED(cuMemImportFromShareableHandle(&handle, AS_HANDLE(file), BY_FILE));
    CHECK_INT(handle, 0);
    /* The others are still the program's. */
    CHECK(write(ends[1], "x", 1) == 1);
}

CASE(descriptors_that_are_not_to_be_had)
{
    int file = -1;
    CUmemGenericAllocationHandle handle, imported = 0;
    begin_with_descriptors();
    handle = create();
    IS(cuMemExportToShareableHandle(NULL, handle, BY_FILE, 0), CUDA_ERROR_INVALID_VALUE);
    REFUSED(cuMemExportToShareableHandle(&file, handle, BY_FILE, 1));
    REFUSED(cuMemExportToShareableHandle(&file, handle, CU_MEM_HANDLE_TYPE_WIN32, 0));
    REFUSED(cuMemExportToShareableHandle(&file, handle, CU_MEM_HANDLE_TYPE_NONE, 0));
    REFUSED(cuMemExportToShareableHandle(&file, 0x1234, BY_FILE, 0));
    int good = export(handle);
    REFUSED(cuMemImportFromShareableHandle(&imported, AS_HANDLE(good), CU_MEM_HANDLE_TYPE_WIN32));
    IS(cuMemImportFromShareableHandle(NULL, AS_HANDLE(good), BY_FILE), CUDA_ERROR_INVALID_VALUE);
    /* Memory that was not made for it. */
    prop.requestedHandleTypes = CU_MEM_HANDLE_TYPE_NONE;
    handle = create();
    REFUSED(cuMemExportToShareableHandle(&file, handle, BY_FILE, 0));
    CHECK(file == -1 && imported == 0);
}

/* ---- pools ---- */

static CUmemoryPool new_pool(CUmemAllocationHandleType type)
{
    CUmemPoolProps props = {.allocType = CU_MEM_ALLOCATION_TYPE_PINNED, .handleTypes = type, .location = prop.location};
    CUmemoryPool pool = NULL;
    OK(cuMemPoolCreate(&pool, &props));
    return pool;
}

static int export_pool(CUmemoryPool pool)
{
    int file = -1;
    OK(cuMemPoolExportToShareableHandle(&file, pool, BY_FILE, 0));
    CHECK(file >= 0);
    return file;
}

static CUmemoryPool import_pool(int file)
{
    CUmemoryPool pool = NULL;
    OK(cuMemPoolImportFromShareableHandle(&pool, AS_HANDLE(file), BY_FILE, 0));
    CHECK(pool);
    return pool;
}

/* Takes a pool, and then memory of it. */
static void doubles(void)
{
    char nothing;
    CUmemPoolPtrExportData said;
    CUdeviceptr at = 0, own = 0;
    begin_with_descriptors();
    int file = take(&nothing, 1);
    CUmemoryPool pool = import_pool(file);
    CHECK(close(file) == 0);
    take(&said, sizeof said);
    OK(cuMemPoolImportPointer(&at, pool, &said));
    CHECK_ALL(at, 1000, 8);
    affine(NULL, at, 1000, 2, 0);
    OK(cuCtxSynchronize());
    /* Nobody but the process that made the pool takes memory of it. */
    REFUSED(cuMemAllocFromPoolAsync(&own, 64, pool, NULL));
    REFUSED(cuDeviceSetMemPool(device, pool));
    OK(cuMemFreeAsync(at, NULL));
    OK(cuCtxSynchronize());
    OK(cuMemPoolDestroy(pool));
    tell();
}

CASE(pool_of_another_process)
{
    CUmemPoolPtrExportData said;
    CUdeviceptr first = 0, at = 0;
    with_another(doubles);
    begin_with_descriptors();
    need(CU_DEVICE_ATTRIBUTE_MEMPOOL_SUPPORTED_HANDLE_TYPES, "pools by descriptors");
    CUmemoryPool pool = new_pool(BY_FILE);
    int file = export_pool(pool);
    give("", 1, file);
    CHECK(close(file) == 0);
    OK(cuMemAllocFromPoolAsync(&first, 100, pool, NULL));
    OK(cuMemAllocFromPoolAsync(&at, 4000, pool, NULL));
    OK(cuMemsetD32Async(first, 3, 25, NULL));
    OK(cuMemsetD32Async(at, 8, 1000, NULL));
    OK(cuStreamSynchronize(NULL));
    OK(cuMemPoolExportPointer(&said, at));
    give(&said, sizeof said, -1);
    hear();
    other_has_ended();
    CHECK_ALL(at, 1000, 16);
    CHECK_ALL(first, 25, 3);
    OK(cuMemFreeAsync(at, NULL));
    OK(cuMemFreeAsync(first, NULL));
    OK(cuStreamSynchronize(NULL));
}

CASE(pool_by_a_descriptor_wrong)
{
    int file = -1;
    CUmemoryPool pool = NULL;
    CUmemPoolPtrExportData said, odd;
    CUdeviceptr at = 0, there = 0;
    begin_with_descriptors();
    need(CU_DEVICE_ATTRIBUTE_MEMPOOL_SUPPORTED_HANDLE_TYPES, "pools by descriptors");
    CUmemoryPool own = new_pool(CU_MEM_HANDLE_TYPE_NONE), one = new_pool(BY_FILE), two = new_pool(BY_FILE);
    REFUSED(cuMemPoolExportToShareableHandle(&file, own, BY_FILE, 0));
    REFUSED(cuMemPoolExportToShareableHandle(&file, one, BY_FILE, 1));
    REFUSED(cuMemPoolExportToShareableHandle(&file, one, CU_MEM_HANDLE_TYPE_WIN32, 0));
    IS(cuMemPoolExportToShareableHandle(NULL, one, BY_FILE, 0), CUDA_ERROR_INVALID_VALUE);
    CHECK_INT(file, -1);
    int wrong[] = {open("/dev/null", O_RDWR), export(create()), 987654, -1};
    for (size_t i = 0; i < COUNT(wrong); i++)
        REFUSED(cuMemPoolImportFromShareableHandle(&pool, AS_HANDLE(wrong[i]), BY_FILE, 0));
    CHECK(pool == NULL);
    /* Memory of no pool, and of one that is not for others. */
    REFUSED(cuMemPoolExportPointer(&said, allocate(64)));
    OK(cuMemAllocFromPoolAsync(&at, 64, own, NULL));
    REFUSED(cuMemPoolExportPointer(&said, at));
    /* Memory of another pool than the one that it is asked of. */
    OK(cuMemAllocFromPoolAsync(&at, 64, one, NULL));
    OK(cuStreamSynchronize(NULL));
    OK(cuMemPoolExportPointer(&said, at));
    pool = import_pool(export_pool(two));
    REFUSED(cuMemPoolImportPointer(&there, pool, &said));
    pool = import_pool(export_pool(one));
    /* What no driver has said. */
    memset(&odd, 0x5A, sizeof odd);
    REFUSED(cuMemPoolImportPointer(&there, pool, &odd));
    CHECK(there == 0);
}
