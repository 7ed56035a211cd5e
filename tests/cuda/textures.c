/* Textures: what kernels read, against the formulas of the "CUDA C++ Programming Guide", "Texture Fetching". Places are such
 * that no weight is rounded. */
#include "texture.h"

enum { WIDTH = 8, HEIGHT = 4 };

static CUarray plane(void)
{
    return filled_array(WIDTH, HEIGHT, 0, CU_AD_FORMAT_FLOAT, 1, 0, elements());
}

CASE(texture_is_read_at_the_nearest_element)
{
    begin();
    CUDA_RESOURCE_DESC of = resource_of(plane());
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, 0);
    CUtexObject texture = new_texture(&of, &how);
    struct place places[] = {{0.5f, 0.5f, 0, 0}, {3.99f, 1.0f, 0, 0}, {7.0f, 3.5f, 0, 0}, {-2.0f, 2.0f, 0, 0}, {9.0f, 9.0f, 0, 0}};
    int want[] = {0, WIDTH + 3, 3 * WIDTH + 7, 2 * WIDTH, 3 * WIDTH + 7};
    float got[COUNT(places)];
    sample("sample_2d", texture, places, COUNT(places), sizeof *got, got);
    for (size_t i = 0; i < COUNT(places); i++)
        CHECK_INT(got[i], elements()[want[i]]);
    OK(cuTexObjectDestroy(texture));
}

CASE(texture_shows_what_is_in_the_array_now)
{
    float others[WIDTH * HEIGHT], got;
    struct place place = {2.5f, 0.5f, 0, 0};
    begin();
    CUarray array = plane();
    CUDA_RESOURCE_DESC of = resource_of(array);
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, 0);
    CUtexObject texture = new_texture(&of, &how);
    sample("sample_2d", texture, &place, 1, sizeof got, &got);
    CHECK_INT(got, elements()[2]);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        others[i] = (float)-i;
    fill_array(array, others);
    sample("sample_2d", texture, &place, 1, sizeof got, &got);
    CHECK_INT(got, -2);
}

/* ---- filters and edges ---- */

static int below(float x)
{
    int whole = (int)x;
    return (float)whole > x ? whole - 1 : whole;
}

/* A coordinate in elements, and the element of a number. */
static float placed(CUaddress_mode mode, float x, int count)
{
    int whole = below(x);
    float fraction = x - (float)whole;
    if (mode == CU_TR_ADDRESS_MODE_WRAP)
        x = fraction;
    if (mode == CU_TR_ADDRESS_MODE_MIRROR)
        x = whole % 2 == 0 ? fraction : 1 - fraction;
    return x * (float)count;
}

static int indexed(CUaddress_mode mode, int i, int count)
{
    if (mode == CU_TR_ADDRESS_MODE_WRAP)
        return (i % count + count) % count;
    if (mode == CU_TR_ADDRESS_MODE_BORDER && (i < 0 || i >= count))
        return -1;
    return i < 0 ? 0 : i >= count ? count - 1 : i;
}

static float element(CUaddress_mode mode, int i, int j)
{
    i = indexed(mode, i, WIDTH), j = indexed(mode, j, HEIGHT);
    return i < 0 || j < 0 ? 0 : elements()[j * WIDTH + i];
}

static float expected(CUaddress_mode mode, CUfilter_mode filter, float x, float y)
{
    if (filter == CU_TR_FILTER_MODE_POINT)
        return element(mode, below(x), below(y));
    int i = below(x - 0.5f), j = below(y - 0.5f);
    float a = x - 0.5f - (float)i, b = y - 0.5f - (float)j;
    return (1 - a) * (1 - b) * element(mode, i, j) + a * (1 - b) * element(mode, i + 1, j)
         + (1 - a) * b * element(mode, i, j + 1) + a * b * element(mode, i + 1, j + 1);
}

CASE(texture_modes_and_filters)
{
    static const CUaddress_mode modes[] = {CU_TR_ADDRESS_MODE_WRAP, CU_TR_ADDRESS_MODE_CLAMP, CU_TR_ADDRESS_MODE_MIRROR,
                                           CU_TR_ADDRESS_MODE_BORDER};
    static const CUfilter_mode filters[] = {CU_TR_FILTER_MODE_POINT, CU_TR_FILTER_MODE_LINEAR};
    struct place places[MOST];
    float got[MOST];
    begin();
    CUDA_RESOURCE_DESC of = resource_of(plane());
    /* From one and a half images before the first element on, in steps that no filter rounds. */
    for (int i = 0; i < MOST; i++)
        places[i] = (struct place){-1.5f + (float)i / 16 + 1 / 64.0f, 1.25f - (float)i / 32 + 1 / 64.0f, 0, 0};
    for (size_t m = 0; m < COUNT(modes); m++)
        for (size_t f = 0; f < COUNT(filters); f++) {
            CUDA_TEXTURE_DESC how = described(modes[m], filters[f], CU_TRSF_NORMALIZED_COORDINATES);
            CUtexObject texture = new_texture(&of, &how);
            sample("sample_2d", texture, places, MOST, sizeof *got, got);
            for (int i = 0; i < MOST; i++) {
                float x = placed(modes[m], places[i].x, WIDTH), y = placed(modes[m], places[i].y, HEIGHT);
                float want = expected(modes[m], filters[f], x, y);
                if (got[i] != want)
                    fail_at(__FILE__, __LINE__, "mode %d, filter %d, (%f, %f): %f, not %f", modes[m], filters[f],
                            places[i].x, places[i].y, got[i], want);
            }
            OK(cuTexObjectDestroy(texture));
        }
}

CASE(texture_with_elements_counted)
{
    static const CUaddress_mode modes[] = {CU_TR_ADDRESS_MODE_CLAMP, CU_TR_ADDRESS_MODE_BORDER};
    struct place places[MOST];
    float got[MOST];
    begin();
    CUDA_RESOURCE_DESC of = resource_of(plane());
    for (int i = 0; i < MOST; i++)
        places[i] = (struct place){-1 + (float)i / 4, (float)i / 8 - 1, 0, 0};
    for (size_t m = 0; m < COUNT(modes); m++) {
        CUDA_TEXTURE_DESC how = described(modes[m], CU_TR_FILTER_MODE_LINEAR, 0);
        CUtexObject texture = new_texture(&of, &how);
        sample("sample_2d", texture, places, MOST, sizeof *got, got);
        for (int i = 0; i < MOST; i++)
            CHECK_INT(got[i] * 64, expected(modes[m], CU_TR_FILTER_MODE_LINEAR, places[i].x, places[i].y) * 64);
    }
}

CASE(texture_of_one_dimension)
{
    struct place places[] = {{0.5f, 0, 0, 0}, {1, 0, 0, 0}, {1.25f, 0, 0, 0}, {-3, 0, 0, 0}, {64, 0, 0, 0}};
    float got[COUNT(places)], want[] = {1, 1.5f, 1.75f, 1, 0};
    begin();
    want[4] = elements()[MOST - 1];
    CUDA_RESOURCE_DESC of = resource_of(filled_array(MOST, 0, 0, CU_AD_FORMAT_FLOAT, 1, 0, elements()));
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_LINEAR, 0);
    sample("sample_1d", new_texture(&of, &how), places, COUNT(places), sizeof *got, got);
    for (size_t i = 0; i < COUNT(places); i++)
        CHECK_INT(got[i] * 4, want[i] * 4);
}

CASE(texture_of_three_dimensions)
{
    enum { W = 4, H = 2, D = 3 };
    struct place places[] = {{0.5f, 0.5f, 0.5f, 0}, {1, 0.5f, 0.5f, 0}, {1, 1, 1, 0}, {3.5f, 1.5f, 2.75f, 0}};
    float got[COUNT(places)];
    const float *e = elements();
    float want[] = {e[0], (e[0] + e[1]) / 2, 0, e[23]};
    begin();
    for (int corner = 0; corner < 8; corner++)
        want[2] += e[(corner & 1) + (corner >> 1 & 1) * W + (corner >> 2) * W * H] / 8;
    CUDA_RESOURCE_DESC of = resource_of(filled_array(W, H, D, CU_AD_FORMAT_FLOAT, 1, 0, elements()));
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_LINEAR, 0);
    sample("sample_3d", new_texture(&of, &how), places, COUNT(places), sizeof *got, got);
    for (size_t i = 0; i < COUNT(places); i++)
        CHECK_INT(got[i] * 64, want[i] * 64);
}

/* ---- formats ---- */

static float read_one(CUarray_format format, const void *bits, unsigned flags)
{
    float got;
    struct place place = {0.5f, 0.5f, 0, 0};
    CUDA_RESOURCE_DESC of = resource_of(filled_array(1, 1, 0, format, 1, 0, bits));
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, flags);
    CUtexObject texture = new_texture(&of, &how);
    sample("sample_2d", texture, &place, 1, sizeof got, &got);
    OK(cuTexObjectDestroy(texture));
    return got;
}

CASE(texture_reads_integers_as_fractions)
{
    begin();
    CHECK(read_one(CU_AD_FORMAT_UNSIGNED_INT8, &(uint8_t){255}, 0) == 1);
    CHECK(read_one(CU_AD_FORMAT_UNSIGNED_INT8, &(uint8_t){51}, 0) == 0.2f);
    CHECK(read_one(CU_AD_FORMAT_UNSIGNED_INT16, &(uint16_t){65535}, 0) == 1);
    CHECK(read_one(CU_AD_FORMAT_SIGNED_INT8, &(int8_t){-128}, 0) == -1);
    CHECK(read_one(CU_AD_FORMAT_SIGNED_INT8, &(int8_t){127}, 0) == 1);
    CHECK(read_one(CU_AD_FORMAT_SIGNED_INT16, &(int16_t){-32767}, 0) == -1);
    CHECK(read_one(CU_AD_FORMAT_HALF, &(uint16_t){0x3e00}, 0) == 1.5f);
}

CASE(texture_reads_integers)
{
    short pairs[] = {-3, 7, 5, -8, 0x7fff, 1, -0x8000, 2};
    struct place places[] = {{0.5f, 0.5f, 0, 0}, {1.5f, 0.5f, 0, 0}, {0.5f, 1.5f, 0, 0}, {1.5f, 1.5f, 0, 0}};
    int got[4];
    begin();
    CUDA_RESOURCE_DESC of = resource_of(filled_array(2, 2, 0, CU_AD_FORMAT_SIGNED_INT16, 2, 0, pairs));
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, CU_TRSF_READ_AS_INTEGER);
    sample("sample_shorts", new_texture(&of, &how), places, 4, sizeof *got, got);
    for (int i = 0; i < 4; i++)
        CHECK_INT(got[i], pairs[2 * i] * 1000 + pairs[2 * i + 1]);
}

/* ---- device memory ---- */

CASE(texture_of_linear_memory)
{
    int words[MOST], count = MOST, got[MOST];
    begin();
    for (int i = 0; i < MOST; i++)
        words[i] = 3 * i - 50;
    CUdeviceptr out = allocate(sizeof got);
    CUDA_RESOURCE_DESC of = {.resType = CU_RESOURCE_TYPE_LINEAR};
    of.res.linear.devPtr = upload(words, sizeof words);
    of.res.linear.format = CU_AD_FORMAT_SIGNED_INT32;
    of.res.linear.numChannels = 1;
    of.res.linear.sizeInBytes = sizeof words;
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, CU_TRSF_READ_AS_INTEGER);
    CUtexObject texture = new_texture(&of, &how);
    LAUNCH(kernel("fetch_integers"), 1, MOST, NULL, &texture, &count, &out);
    OK(cuMemcpyDtoH(got, out, sizeof got));
    CHECK(memcmp(got, words, sizeof got) == 0);
}

CASE(texture_of_vectors)
{
    float got[MOST];
    int count = MOST / 4;
    begin();
    CUdeviceptr out = allocate(sizeof got);
    CUDA_RESOURCE_DESC of = {.resType = CU_RESOURCE_TYPE_LINEAR};
    of.res.linear.devPtr = upload(elements(), sizeof got);
    of.res.linear.format = CU_AD_FORMAT_FLOAT;
    of.res.linear.numChannels = 4;
    of.res.linear.sizeInBytes = sizeof got;
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, 0);
    CUtexObject texture = new_texture(&of, &how);
    LAUNCH(kernel("fetch_vectors"), 1, MOST, NULL, &texture, &count, &out);
    OK(cuMemcpyDtoH(got, out, sizeof got));
    CHECK(memcmp(got, elements(), sizeof got) == 0);
}

CASE(texture_of_pitched_memory)
{
    size_t pitch = 0;
    CUdeviceptr at = 0;
    struct place places[MOST];
    float got[MOST];
    begin();
    OK(cuMemAllocPitch(&at, &pitch, WIDTH * sizeof(float), HEIGHT, 4));
    CUDA_MEMCPY2D copy = {
        .srcMemoryType = CU_MEMORYTYPE_HOST, .srcHost = elements(), .srcPitch = WIDTH * sizeof(float),
        .dstMemoryType = CU_MEMORYTYPE_DEVICE, .dstDevice = at, .dstPitch = pitch,
        .WidthInBytes = WIDTH * sizeof(float), .Height = HEIGHT,
    };
    OK(cuMemcpy2D(&copy));
    CUDA_RESOURCE_DESC of = {.resType = CU_RESOURCE_TYPE_PITCH2D};
    of.res.pitch2D.devPtr = at;
    of.res.pitch2D.format = CU_AD_FORMAT_FLOAT;
    of.res.pitch2D.numChannels = 1;
    of.res.pitch2D.width = WIDTH;
    of.res.pitch2D.height = HEIGHT;
    of.res.pitch2D.pitchInBytes = pitch;
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_LINEAR, 0);
    for (int i = 0; i < MOST; i++)
        places[i] = (struct place){(float)i / 8, (float)i / 16, 0, 0};
    sample("sample_2d", new_texture(&of, &how), places, MOST, sizeof *got, got);
    for (int i = 0; i < MOST; i++)
        CHECK_INT(got[i] * 256, expected(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_LINEAR, places[i].x, places[i].y) * 256);
}

/* ---- layers, levels, cubes, gathers ---- */

CASE(texture_of_layers)
{
    struct place places[] = {{0.5f, 0.5f, 0, 0}, {1, 0.5f, 0, 1}, {3.5f, 1.5f, 0, 2}, {0.5f, 0.5f, 0, 9}};
    float got[COUNT(places)];
    const float *e = elements(), want[] = {e[0], (e[8] + e[9]) / 2, e[23], e[16]};
    begin();
    CUarray array = filled_array(4, 2, 3, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_LAYERED, e);
    CUDA_RESOURCE_DESC of = resource_of(array);
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_LINEAR, 0);
    sample("sample_layers", new_texture(&of, &how), places, COUNT(places), sizeof *got, got);
    for (size_t i = 0; i < COUNT(places); i++)
        CHECK_INT(got[i] * 2, want[i] * 2);
    of = resource_of(filled_array(8, 0, 3, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_LAYERED, e));
    sample("sample_rows", new_texture(&of, &how), places, COUNT(places), sizeof *got, got);
    CHECK(got[1] == (e[8] + e[9]) / 2 && got[2] == e[16 + 3]);
}

CASE(texture_of_levels)
{
    CUDA_ARRAY3D_DESCRIPTOR of = {.Width = 8, .Height = 4, .Format = CU_AD_FORMAT_FLOAT, .NumChannels = 1}, got_of;
    CUmipmappedArray mipmap = NULL;
    CUarray level;
    struct place places[] = {{0.25f, 0.25f, 0, 0}, {0.25f, 0.25f, 0, 1}, {0.25f, 0.25f, 0, 0.75f}, {0.5f, 0.5f, 0, 7}};
    float got[COUNT(places)], levels[3];
    begin();
    OK(cuMipmappedArrayCreate(&mipmap, &of, 3));
    for (unsigned i = 0; i < 3; i++) {
        OK(cuMipmappedArrayGetLevel(&level, mipmap, i));
        OK(cuArray3DGetDescriptor(&got_of, level));
        CHECK(got_of.Width == 8u >> i && got_of.Height == 4u >> i);
        fill_array(level, elements() + 8 * i);
        levels[i] = elements()[8 * i + (i == 0 ? 8 + 2 : i == 1 ? 1 : 0)];
    }
    IS(cuMipmappedArrayGetLevel(&level, mipmap, 3), CUDA_ERROR_INVALID_VALUE);
    CUDA_RESOURCE_DESC from = {.resType = CU_RESOURCE_TYPE_MIPMAPPED_ARRAY, .res.mipmap.hMipmappedArray = mipmap};
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, CU_TRSF_NORMALIZED_COORDINATES);
    how.maxMipmapLevelClamp = 9;
    sample("sample_levels", new_texture(&from, &how), places, COUNT(places), sizeof *got, got);
    CHECK(got[0] == levels[0] && got[1] == levels[1] && got[2] == levels[1]);
    CHECK_INT(got[3], elements()[16 + 1]);
    how.mipmapFilterMode = CU_TR_FILTER_MODE_LINEAR;
    sample("sample_levels", new_texture(&from, &how), places, COUNT(places), sizeof *got, got);
    CHECK(got[0] == levels[0] && got[2] == levels[0] / 4 + levels[1] * 3 / 4);
    /* Without a level, the first one is read. */
    sample("sample_2d", new_texture(&from, &how), places, 1, sizeof *got, got);
    CHECK(got[0] == levels[0]);
    CUDA_RESOURCE_DESC back;
    CUtexObject texture = new_texture(&from, &how);
    OK(cuTexObjectGetResourceDesc(&back, texture));
    CHECK(back.resType == CU_RESOURCE_TYPE_MIPMAPPED_ARRAY && back.res.mipmap.hMipmappedArray == mipmap);
    OK(cuTexObjectDestroy(texture));
    OK(cuMipmappedArrayDestroy(mipmap));
}

CASE(texture_of_a_cube)
{
    float faces[6] = {1, 2, 3, 4, 5, 6}, got[6];
    struct place places[] = {{2, 1, 0.5f, 0}, {-2, 1, 1, 0}, {1, 3, 1, 0}, {0, -3, 1, 0}, {1, 1, 4, 0}, {1, 1, -4, 0}};
    begin();
    CUDA_RESOURCE_DESC of = resource_of(filled_array(1, 1, 6, CU_AD_FORMAT_FLOAT, 1, CUDA_ARRAY3D_CUBEMAP, faces));
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, CU_TRSF_NORMALIZED_COORDINATES);
    sample("sample_cube", new_texture(&of, &how), places, 6, sizeof *got, got);
    for (int i = 0; i < 6; i++)
        CHECK_INT(got[i], faces[i]);
}

CASE(texture_gathered)
{
    float pairs[2 * 8], got[4];
    struct place place = {2, 1, 0, 0};
    begin();
    for (int i = 0; i < 16; i++)
        pairs[i] = (float)i;
    CUarray array = filled_array(4, 2, 0, CU_AD_FORMAT_FLOAT, 2, CUDA_ARRAY3D_TEXTURE_GATHER, pairs);
    CUDA_RESOURCE_DESC of = resource_of(array);
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, 0);
    sample("gather_2d", new_texture(&of, &how), &place, 1, sizeof got, got);
    CHECK(got[0] == 11 && got[1] == 13 && got[2] == 5 && got[3] == 3);
}

/* ---- objects ---- */

CASE(texture_tells_what_it_is)
{
    CUDA_RESOURCE_DESC got_of;
    CUDA_TEXTURE_DESC got_how;
    CUDA_RESOURCE_VIEW_DESC got_view, view = {.format = CU_RES_VIEW_FORMAT_FLOAT_1X32, .width = WIDTH, .height = HEIGHT};
    CUtexObject texture = 0;
    begin();
    CUarray array = plane();
    CUDA_RESOURCE_DESC of = resource_of(array);
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_BORDER, CU_TR_FILTER_MODE_LINEAR, CU_TRSF_NORMALIZED_COORDINATES);
    how.borderColor[1] = 0.5f;
    OK(cuTexObjectCreate(&texture, &of, &how, &view));
    memset(&got_of, 0xff, sizeof got_of);
    OK(cuTexObjectGetResourceDesc(&got_of, texture));
    CHECK(got_of.resType == CU_RESOURCE_TYPE_ARRAY && got_of.res.array.hArray == array && got_of.flags == 0);
    OK(cuTexObjectGetTextureDesc(&got_how, texture));
    CHECK(memcmp(&got_how, &how, sizeof how) == 0);
    OK(cuTexObjectGetResourceViewDesc(&got_view, texture));
    CHECK(got_view.format == view.format && got_view.width == WIDTH && got_view.height == HEIGHT);
    /* What came back describes the same once more. */
    CUtexObject again = new_texture(&got_of, &got_how);
    CHECK(again != texture);
    IS(cuTexObjectGetResourceViewDesc(&got_view, again), CUDA_ERROR_INVALID_VALUE);
    of = (CUDA_RESOURCE_DESC){.resType = CU_RESOURCE_TYPE_LINEAR};
    of.res.linear.devPtr = zeroes(64);
    of.res.linear.format = CU_AD_FORMAT_FLOAT;
    of.res.linear.numChannels = 2;
    of.res.linear.sizeInBytes = 256;
    texture = new_texture(&of, &how);
    OK(cuTexObjectGetResourceDesc(&got_of, texture));
    CHECK(got_of.resType == CU_RESOURCE_TYPE_LINEAR && got_of.res.linear.devPtr == of.res.linear.devPtr);
    CHECK(got_of.res.linear.format == CU_AD_FORMAT_FLOAT && got_of.res.linear.numChannels == 2);
    CHECK_INT(got_of.res.linear.sizeInBytes, 256);
}

CASE(texture_wrong)
{
    CUtexObject texture = 0;
    CUDA_RESOURCE_DESC got;
    begin();
    CUDA_RESOURCE_DESC of = resource_of(plane()), wrong = of;
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, 0), odd = how;
    IS(cuTexObjectCreate(NULL, &of, &how, NULL), CUDA_ERROR_INVALID_VALUE);
    IS(cuTexObjectCreate(&texture, NULL, &how, NULL), CUDA_ERROR_INVALID_VALUE);
    IS(cuTexObjectCreate(&texture, &of, NULL, NULL), CUDA_ERROR_INVALID_VALUE);
    wrong.resType = (CUresourcetype)77;
    IS(cuTexObjectCreate(&texture, &wrong, &how, NULL), CUDA_ERROR_INVALID_VALUE);
    odd.filterMode = (CUfilter_mode)77;
    IS(cuTexObjectCreate(&texture, &of, &odd, NULL), CUDA_ERROR_INVALID_VALUE);
    wrong = (CUDA_RESOURCE_DESC){.resType = CU_RESOURCE_TYPE_ARRAY};
    REFUSED(cuTexObjectCreate(&texture, &wrong, &how, NULL));
    wrong = (CUDA_RESOURCE_DESC){.resType = CU_RESOURCE_TYPE_LINEAR};
    wrong.res.linear.devPtr = zeroes(64) + 4;
    wrong.res.linear.format = CU_AD_FORMAT_FLOAT;
    wrong.res.linear.numChannels = 1;
    wrong.res.linear.sizeInBytes = 64;
    REFUSED(cuTexObjectCreate(&texture, &wrong, &how, NULL));
    CHECK_INT(texture, 0);
    texture = new_texture(&of, &how);
    IS(cuTexObjectGetResourceDesc(NULL, texture), CUDA_ERROR_INVALID_VALUE);
    OK(cuTexObjectDestroy(texture));
    IS(cuTexObjectGetResourceDesc(&got, texture), CUDA_ERROR_INVALID_VALUE);
    IS(cuTexObjectGetTextureDesc(&odd, texture), CUDA_ERROR_INVALID_VALUE);
    IS(cuTexObjectDestroy(texture), CUDA_ERROR_INVALID_VALUE);
}

CASE(texture_ends_with_its_context)
{
    CUDA_TEXTURE_DESC got;
    begin();
    CUcontext own = new_context(0);
    CUDA_RESOURCE_DESC of = resource_of(plane());
    CUDA_TEXTURE_DESC how = described(CU_TR_ADDRESS_MODE_CLAMP, CU_TR_FILTER_MODE_POINT, 0);
    CUtexObject texture = new_texture(&of, &how);
    OK(cuCtxDestroy(own));
    OK(cuCtxSetCurrent(context));
    IS(cuTexObjectGetTextureDesc(&got, texture), CUDA_ERROR_INVALID_VALUE);
}
