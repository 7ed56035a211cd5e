// What the driver's cases launch. Compiled to PTX and to a fatbin with nothing but PTX.
#include <cassert>
#include <cstdio>

#include "kernels.h"

#define KERNEL extern "C" __global__ void

static __device__ int global_index() { return blockIdx.x * blockDim.x + threadIdx.x; }

KERNEL nothing() {}

KERNEL add(const float *a, const float *b, float *sum, int count)
{
    int i = global_index();
    if (i < count)
        sum[i] = a[i] + b[i];
}

KERNEL affine(int *values, int count, int times, int plus)
{
    int i = global_index();
    if (i < count)
        values[i] = values[i] * times + plus;
}

// Where each thread of a grid of any shape is: grid and block index, one after the other, as x + 10 y + 100 z.
KERNEL places(int2 *out)
{
    int block = blockIdx.x + gridDim.x * (blockIdx.y + gridDim.y * blockIdx.z);
    int thread = threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z);
    int threads = blockDim.x * blockDim.y * blockDim.z;
    out[block * threads + thread] = make_int2(blockIdx.x + 10 * blockIdx.y + 100 * blockIdx.z,
                                              threadIdx.x + 10 * threadIdx.y + 100 * threadIdx.z);
}

// Parameters of every size and alignment.
KERNEL parameters(char c, double d, short s, struct mixed m, struct odd o, long long l, double *out)
{
    out[0] = c;
    out[1] = d;
    out[2] = s;
    out[3] = m.byte;
    out[4] = m.real;
    out[5] = m.half;
    out[6] = o.bytes[0] + 10 * o.bytes[1] + 100 * o.bytes[2];
    out[7] = l;
}

KERNEL sum_of_4k(struct four_k values, int *out)
{
    int sum = 0;
    for (int i = 0; i < (int)(sizeof values.at / sizeof *values.at); i++)
        sum += values.at[i];
    *out = sum;
}

KERNEL sum_of_8k(struct eight_k values, int *out)
{
    int sum = 0;
    for (int i = 0; i < (int)(sizeof values.at / sizeof *values.at); i++)
        sum += values.at[i];
    *out = sum;
}

// Each block reverses its part, by shared memory of a fixed size.
KERNEL reverse(int *values)
{
    __shared__ int copy[256];
    copy[threadIdx.x] = values[global_index()];
    __syncthreads();
    values[global_index()] = copy[blockDim.x - 1 - threadIdx.x];
}

// The same by shared memory whose size the launch gives, from its end.
KERNEL reverse_dynamic(int *values, int room)
{
    extern __shared__ int copy_of_any_size[];
    int *copy = copy_of_any_size + room - blockDim.x;
    copy[threadIdx.x] = values[global_index()];
    __syncthreads();
    values[global_index()] = copy[blockDim.x - 1 - threadIdx.x];
}

KERNEL __launch_bounds__(64) bounded(int *out) { out[threadIdx.x] = 1; }

KERNEL count_threads(int *out) { atomicAdd(out, 1); }

// Blocks wait for one another: the grid runs as a whole, or never ends.
KERNEL meet(int *arrived, int *out)
{
    if (threadIdx.x == 0) {
        atomicAdd(arrived, 1);
        while (atomicAdd(arrived, 0) < (int)gridDim.x) {}
    }
    __syncthreads();
    out[global_index()] = atomicAdd(arrived, 0);
}

// Waits until the program writes to memory that both see, then answers there.
KERNEL answer(volatile int *flag, volatile int *reply)
{
    while (*flag == 0) {}
    *reply = *flag + 1;
}

// ---- variables ----

extern "C" {
__device__ int counter = 7;
__device__ short table[5] = {1, -2, 3, -4, 5};
__device__ int *address_of_counter = &counter;
__constant__ float coefficients[4] = {1.0f, 2.0f, 4.0f, 8.0f};
__managed__ int managed = 5;
}

KERNEL read_variables(float *out)
{
    out[0] = counter;
    out[1] = table[3];
    out[2] = *address_of_counter;
    out[3] = coefficients[3];
}

KERNEL count_up() { atomicAdd(&counter, 1); }

KERNEL add_to_managed(int more) { managed += more; }

// ---- output and faults ----

KERNEL say(int threads)
{
    if ((int)threadIdx.x < threads)
        printf("thread %d of block %d: %.2f %s %c %x %lld%%\n", threadIdx.x, blockIdx.x, threadIdx.x * 0.5, "text", 'c',
               255, -5000000000ll);
}

KERNEL write_to(int *at) { at[threadIdx.x] = 1; }
KERNEL read_from(const int *at, int *out) { *out = *at; }
KERNEL assert_positive(int value) { assert(value > 0); }
KERNEL trap() { __trap(); }

// ---- textures and surfaces: each thread reads at one place ----

KERNEL fetch_integers(cudaTextureObject_t texture, int count, int *out)
{
    int i = global_index();
    if (i < count)
        out[i] = tex1Dfetch<int>(texture, i);
}

KERNEL fetch_vectors(cudaTextureObject_t texture, int count, float4 *out)
{
    int i = global_index();
    if (i < count)
        out[i] = tex1Dfetch<float4>(texture, i);
}

KERNEL sample_1d(cudaTextureObject_t texture, const float4 *at, int count, float *out)
{
    int i = global_index();
    if (i < count)
        out[i] = tex1D<float>(texture, at[i].x);
}

KERNEL sample_2d(cudaTextureObject_t texture, const float4 *at, int count, float *out)
{
    int i = global_index();
    if (i < count)
        out[i] = tex2D<float>(texture, at[i].x, at[i].y);
}

KERNEL sample_shorts(cudaTextureObject_t texture, const float4 *at, int count, int *out)
{
    int i = global_index();
    if (i < count) {
        short2 both = tex2D<short2>(texture, at[i].x, at[i].y);
        out[i] = both.x * 1000 + both.y;
    }
}

KERNEL sample_3d(cudaTextureObject_t texture, const float4 *at, int count, float *out)
{
    int i = global_index();
    if (i < count)
        out[i] = tex3D<float>(texture, at[i].x, at[i].y, at[i].z);
}

KERNEL sample_rows(cudaTextureObject_t texture, const float4 *at, int count, float *out)
{
    int i = global_index();
    if (i < count)
        out[i] = tex1DLayered<float>(texture, at[i].x, (int)at[i].w);
}

KERNEL sample_layers(cudaTextureObject_t texture, const float4 *at, int count, float *out)
{
    int i = global_index();
    if (i < count)
        out[i] = tex2DLayered<float>(texture, at[i].x, at[i].y, (int)at[i].w);
}

KERNEL sample_levels(cudaTextureObject_t texture, const float4 *at, int count, float *out)
{
    int i = global_index();
    if (i < count)
        out[i] = tex2DLod<float>(texture, at[i].x, at[i].y, at[i].w);
}

KERNEL sample_cube(cudaTextureObject_t texture, const float4 *at, int count, float *out)
{
    int i = global_index();
    if (i < count)
        out[i] = texCubemap<float>(texture, at[i].x, at[i].y, at[i].z);
}

KERNEL gather_2d(cudaTextureObject_t texture, const float4 *at, int count, float4 *out)
{
    int i = global_index();
    if (i < count)
        out[i] = tex2Dgather<float4>(texture, at[i].x, at[i].y, 1);
}

KERNEL invert_surface(cudaSurfaceObject_t surface, int width, int height)
{
    int x = global_index() % width, y = global_index() / width;
    if (y < height)
        surf2Dwrite<int>(~surf2Dread<int>(surface, 4 * x, y), surface, 4 * x, y);
}

KERNEL invert_bytes(cudaSurfaceObject_t surface, int width)
{
    int x = global_index();
    if (x < width)
        surf1Dwrite<unsigned char>(255 - surf1Dread<unsigned char>(surface, x), surface, x);
}

// Elements beyond the edges: what is read there, and what is written is not.
KERNEL read_beyond(cudaSurfaceObject_t surface, int x, int y, int *out)
{
    out[0] = surf2Dread<int>(surface, x, y, cudaBoundaryModeZero);
    out[1] = surf2Dread<int>(surface, x, y, cudaBoundaryModeClamp);
    surf2Dwrite<int>(77, surface, x, y, cudaBoundaryModeZero);
}

KERNEL trap_beyond(cudaSurfaceObject_t surface, int x) { surf2Dwrite<int>(77, surface, x, 0); }

KERNEL number_layers(cudaSurfaceObject_t surface, int width, int height, int layers)
{
    int x = global_index() % width, y = global_index() / width % height, layer = global_index() / (width * height);
    if (layer < layers)
        surf2DLayeredwrite<int>(x + 10 * y + 100 * layer, surface, 4 * x, y, layer);
}

KERNEL number_volume(cudaSurfaceObject_t surface, int width, int height, int depth)
{
    int x = global_index() % width, y = global_index() / width % height, z = global_index() / (width * height);
    if (z < depth)
        surf3Dwrite<int4>(make_int4(x, y, z, -1), surface, 16 * x, y, z);
}
