// Multiplies matrices by tiles in shared memory; whole numbers, so that every order of adding gives the same.
#include "check.h"

constexpr int TILE = 16;

template <typename T>
__global__ void multiply(const T *a, const T *b, T *product, int size)
{
    __shared__ T of_a[TILE][TILE], of_b[TILE][TILE];
    int column = blockIdx.x * TILE + threadIdx.x, row = blockIdx.y * TILE + threadIdx.y;
    T sum = 0;
    for (int tile = 0; tile < size; tile += TILE) {
        bool inside_a = row < size && tile + threadIdx.x < size, inside_b = column < size && tile + threadIdx.y < size;
        of_a[threadIdx.y][threadIdx.x] = inside_a ? a[row * size + tile + threadIdx.x] : T(0);
        of_b[threadIdx.y][threadIdx.x] = inside_b ? b[(tile + threadIdx.y) * size + column] : T(0);
        __syncthreads();
        for (int k = 0; k < TILE; k++)
            sum += of_a[threadIdx.y][k] * of_b[k][threadIdx.x];
        __syncthreads();
    }
    if (row < size && column < size)
        product[row * size + column] = sum;
}

template <typename T>
void check(const char *name, int size)
{
    std::vector<T> a(size * size), b(size * size);
    for (int i = 0; i < size * size; i++) {
        a[i] = T(i % 13 - 6);
        b[i] = T(i % 7 - 3);
    }
    T *on_a = to_device(a), *on_b = to_device(b), *on_product;
    OK(cudaMalloc(&on_product, a.size() * sizeof(T)));
    dim3 blocks((size + TILE - 1) / TILE, (size + TILE - 1) / TILE);
    multiply<<<blocks, dim3(TILE, TILE)>>>(on_a, on_b, on_product, size);
    OK(cudaGetLastError());
    std::vector<T> product = from_device(on_product, a.size());
    double trace = 0;
    for (int row = 0; row < size; row++)
        for (int column = 0; column < size; column++) {
            T want = 0;
            for (int k = 0; k < size; k++)
                want += a[row * size + k] * b[k * size + column];
            EXPECT(product[row * size + column] == want);
            if (row == column)
                trace += want;
        }
    std::printf("%s %d: trace %.0f\n", name, size, trace);
}

int main()
{
    check<float>("float", 96);
    check<float>("float", 100);
    check<double>("double", 64);
    check<int>("int", 50);
    std::printf("right\n");
}
