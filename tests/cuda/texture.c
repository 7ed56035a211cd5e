/* Common code of the cases about textures and surfaces. */
#include "texture.h"

static size_t element_size(CUarray_format format, unsigned channels)
{
    switch (format) {
    case CU_AD_FORMAT_UNSIGNED_INT8:
    case CU_AD_FORMAT_SIGNED_INT8: return channels;
    case CU_AD_FORMAT_UNSIGNED_INT16:
    case CU_AD_FORMAT_SIGNED_INT16:
    case CU_AD_FORMAT_HALF: return 2 * channels;
    default: return 4 * channels;
    }
}

static size_t at_least_one(size_t size) { return size ? size : 1; }

static CUDA_MEMCPY3D whole_array(CUarray array)
{
    CUDA_ARRAY3D_DESCRIPTOR of;
    OK(cuArray3DGetDescriptor(&of, array));
    size_t row = of.Width * element_size(of.Format, of.NumChannels);
    return (CUDA_MEMCPY3D){
        .srcPitch = row, .srcHeight = at_least_one(of.Height), .dstPitch = row, .dstHeight = at_least_one(of.Height),
        .WidthInBytes = row, .Height = at_least_one(of.Height), .Depth = at_least_one(of.Depth),
    };
}

void fill_array(CUarray array, const void *elements)
{
    CUDA_MEMCPY3D copy = whole_array(array);
    copy.srcMemoryType = CU_MEMORYTYPE_HOST, copy.srcHost = elements;
    copy.dstMemoryType = CU_MEMORYTYPE_ARRAY, copy.dstArray = array;
    OK(cuMemcpy3D(&copy));
}

void read_array(CUarray array, void *elements)
{
    CUDA_MEMCPY3D copy = whole_array(array);
    copy.srcMemoryType = CU_MEMORYTYPE_ARRAY, copy.srcArray = array;
    copy.dstMemoryType = CU_MEMORYTYPE_HOST, copy.dstHost = elements;
    OK(cuMemcpy3D(&copy));
}

CUarray filled_array(size_t width, size_t height, size_t depth, CUarray_format format, unsigned channels, unsigned flags,
                     const void *elements)
{
    CUDA_ARRAY3D_DESCRIPTOR of = {width, height, depth, format, channels, flags};
    CUarray array = NULL;
    OK(cuArray3DCreate(&array, &of));
    CHECK(array);
    fill_array(array, elements);
    return array;
}

CUDA_RESOURCE_DESC resource_of(CUarray array)
{
    return (CUDA_RESOURCE_DESC){.resType = CU_RESOURCE_TYPE_ARRAY, .res.array.hArray = array};
}

CUtexObject new_texture(const CUDA_RESOURCE_DESC *resource, const CUDA_TEXTURE_DESC *description)
{
    CUtexObject texture = 0;
    OK(cuTexObjectCreate(&texture, resource, description, NULL));
    CHECK(texture);
    return texture;
}

CUDA_TEXTURE_DESC described(CUaddress_mode mode, CUfilter_mode filter, unsigned flags)
{
    return (CUDA_TEXTURE_DESC){.addressMode = {mode, mode, mode}, .filterMode = filter, .flags = flags};
}

void sample(const char *name, CUtexObject texture, const struct place *places, int count, size_t size, void *out)
{
    CUdeviceptr at = upload(places, (size_t)count * sizeof *places), to = allocate((size_t)count * size);
    LAUNCH(kernel(name), 1, MOST, NULL, &texture, &at, &count, &to);
    OK(cuMemcpyDtoH(out, to, (size_t)count * size));
    OK(cuMemFree(at));
    OK(cuMemFree(to));
}

const float *elements(void)
{
    static float all[MOST];
    for (int i = 0; i < MOST; i++)
        all[i] = 1 + (float)(i * (i + 1)) / 2;
    return all;
}
