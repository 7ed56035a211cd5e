/* Queries of memory objects do not depend on their size. */
#include "conformance.h"

static cl_ulong info(cl_mem mem, cl_mem_info key, size_t size)
{
    cl_ulong value = 0;
    if (!mem)
        return (cl_ulong)-1;
    OK(clGetMemObjectInfo(mem, key, size, &value, NULL));
    return value;
}

struct said {
    cl_ulong flags, host, parent, count, offset;
};

static struct said said_of(cl_mem mem)
{
    return (struct said){
        info(mem, CL_MEM_FLAGS, sizeof(cl_mem_flags)),
        info(mem, CL_MEM_HOST_PTR, sizeof(void *)) != 0,
        info(mem, CL_MEM_ASSOCIATED_MEMOBJECT, sizeof(cl_mem)) != 0,
        info(mem, CL_MEM_MAP_COUNT, sizeof(cl_uint)),
        info(mem, CL_MEM_OFFSET, sizeof(size_t)),
    };
}

static void compare(const struct said *one, const struct said *other, const char *what, size_t size, cl_mem_flags flags)
{
    if (memcmp(one, other, sizeof *one) != 0)
        FAIL("%s of %zu bytes with flags %llx: %llx %llx %llx, not %llx %llx %llx", what, size, (unsigned long long)flags,
             (unsigned long long)other->flags, (unsigned long long)other->host, (unsigned long long)other->parent,
             (unsigned long long)one->flags, (unsigned long long)one->host, (unsigned long long)one->parent);
}

CASE(mem_info_of_large_buffers)
{
    static const cl_mem_flags kinds[] = {
        0, CL_MEM_READ_WRITE, CL_MEM_WRITE_ONLY, CL_MEM_READ_ONLY, CL_MEM_ALLOC_HOST_PTR, CL_MEM_COPY_HOST_PTR,
        CL_MEM_COPY_HOST_PTR | CL_MEM_ALLOC_HOST_PTR | CL_MEM_READ_ONLY, CL_MEM_HOST_WRITE_ONLY,
        CL_MEM_HOST_READ_ONLY | CL_MEM_WRITE_ONLY, CL_MEM_HOST_NO_ACCESS, CL_MEM_USE_HOST_PTR,
        CL_MEM_READ_WRITE | CL_MEM_READ_ONLY, CL_MEM_HOST_READ_ONLY | CL_MEM_HOST_NO_ACCESS,
    };
    static const cl_mem_flags parts[] = {0, CL_MEM_READ_WRITE, CL_MEM_READ_ONLY, CL_MEM_HOST_NO_ACCESS, CL_MEM_ALLOC_HOST_PTR};
    /* The first is small. */
    static const size_t sizes[] = {4096, 1 << 16, (1 << 16) + 1, 1 << 18, 1 << 20};
    enum { KINDS = sizeof kinds / sizeof *kinds, PARTS = sizeof parts / sizeof *parts };
    struct cl cl = cl_open();
    void *host = must_alloc_aligned(4096, 1 << 20);
    memset(host, 0, 1 << 20);
    for (size_t k = 0; k < KINDS; k++) {
        struct said first = {0}, of_parts[PARTS] = {{0}}, image_of = {0};
        cl_int status = 0;
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++)
            for (unsigned twice = 0; twice < 2; twice++) {
                bool uses = kinds[k] & (CL_MEM_COPY_HOST_PTR | CL_MEM_USE_HOST_PTR), is_first = s == 0 && twice == 0;
                cl_int err;
                cl_mem mem = clCreateBuffer(cl.context, kinds[k], sizes[s], uses ? host : NULL, &err);
                if (is_first)
                    status = err;
                CHECK_STATUS(err, status);
                if (!mem)
                    continue;
                struct said said = said_of(mem);
                if (is_first)
                    first = said;
                compare(&first, &said, "a buffer", sizes[s], kinds[k]);
                for (size_t p = 0; p < PARTS; p++) {
                    cl_buffer_region region = {1024, 1024};
                    cl_mem part = clCreateSubBuffer(mem, parts[p], CL_BUFFER_CREATE_TYPE_REGION, &region, &err);
                    said = said_of(part);
                    if (is_first)
                        of_parts[p] = said;
                    compare(&of_parts[p], &said, "a part", sizes[s], kinds[k]);
                    if (part)
                        OK(clReleaseMemObject(part));
                }
                cl_image_format format = {CL_RGBA, CL_UNSIGNED_INT8};
                cl_image_desc desc = {.image_type = CL_MEM_OBJECT_IMAGE1D_BUFFER, .image_width = 16, .buffer = mem};
                cl_mem image = device_has_images() ? clCreateImage(cl.context, 0, &format, &desc, NULL, &err) : NULL;
                said = said_of(image);
                if (is_first)
                    image_of = said;
                compare(&image_of, &said, "an image", sizes[s], kinds[k]);
                if (image)
                    OK(clReleaseMemObject(image));
                OK(clReleaseMemObject(mem));
            }
    }
    free(host);
    cl_close(&cl);
}
