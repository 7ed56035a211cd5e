"""numba compiles Python functions to kernels, and manages memory, streams and events by the driver's functions."""

import ctypes
import math
import threading

import numpy as np
from numba import complex64, cuda, float32, float64, guvectorize, int32, vectorize

from cases import case, main, refused, same

COUNT = 1000
random = np.random.default_rng(7)
A = random.random(COUNT, dtype=np.float32)
B = random.random(COUNT, dtype=np.float32)


@cuda.jit
def add(a, b, out):
    i = cuda.grid(1)
    if i < out.size:
        out[i] = a[i] + b[i]


@cuda.jit
def scale(x, factor):
    i = cuda.grid(1)
    if i < x.size:
        x[i] *= factor


@case
def arrays_of_the_host():
    out = np.zeros_like(A)
    add[4, 256](A, B, out)
    return same(out, A + B)


@case
def arrays_of_the_device():
    a, b, out = cuda.to_device(A), cuda.to_device(B), cuda.device_array_like(A)
    add[4, 256](a, b, out)
    return same(out.copy_to_host(), A + B)


@case
def matrices_in_shared_memory():
    @cuda.jit
    def multiply(a, b, c):
        tile_a = cuda.shared.array((16, 16), float32)
        tile_b = cuda.shared.array((16, 16), float32)
        x, y = cuda.grid(2)
        tx, ty = cuda.threadIdx.x, cuda.threadIdx.y
        total = float32(0)
        for tile in range(a.shape[1] // 16):
            tile_a[tx, ty] = a[x, ty + tile * 16]
            tile_b[tx, ty] = b[tx + tile * 16, y]
            cuda.syncthreads()
            for k in range(16):
                total += tile_a[tx, k] * tile_b[k, ty]
            cuda.syncthreads()
        c[x, y] = total

    a, b = random.random((64, 64), dtype=np.float32), random.random((64, 64), dtype=np.float32)
    c = np.zeros((64, 64), np.float32)
    multiply[(4, 4), (16, 16)](a, b, c)
    return same(c, a @ b, relative=1e-5)


@case
def dynamic_shared_memory():
    @cuda.jit
    def reverse(x, out):
        tile = cuda.shared.array(0, int32)
        i = cuda.threadIdx.x
        tile[i] = x[cuda.grid(1)]
        cuda.syncthreads()
        out[cuda.grid(1)] = tile[cuda.blockDim.x - 1 - i]

    x = np.arange(512, dtype=np.int32)
    out = np.zeros_like(x)
    reverse[4, 128, 0, 128 * 4](x, out)
    return same(out, x.reshape(4, 128)[:, ::-1].ravel())


@case
def atomics():
    @cuda.jit
    def count(x, histogram, extremes, total):
        i = cuda.grid(1)
        if i < x.size:
            cuda.atomic.add(histogram, x[i], 1)
            cuda.atomic.max(extremes, 0, x[i])
            cuda.atomic.min(extremes, 1, x[i])
            cuda.atomic.add(total, 0, float64(x[i]))

    @cuda.jit
    def claim(owner, winners):
        if cuda.atomic.cas(owner, 0, -1, cuda.grid(1)) == -1:
            cuda.atomic.add(winners, 0, 1)

    x = random.integers(0, 10, COUNT)
    histogram, extremes, total = np.zeros(10, np.int64), np.array([-1, 99]), np.zeros(1)
    count[4, 256](x, histogram, extremes, total)
    owner, winners = np.array([-1], np.int32), np.zeros(1, np.int32)
    claim[4, 64](owner, winners)
    same(winners, np.array([1], np.int32))
    same(total, np.array([float(x.sum())]))
    return same(histogram, np.bincount(x, minlength=10)), same(extremes, np.array([x.max(), x.min()]))


@case
def reduction():
    total = cuda.reduce(lambda a, b: a + b)
    largest = cuda.reduce(lambda a, b: a if a > b else b)
    x = random.random(10_000)
    same(np.array(largest(x)), np.array(x.max()))
    return same(np.array(total(np.arange(10_000, dtype=np.float64))), np.array(49_995_000.0))


@case
def mathematics():
    @cuda.jit
    def compute(x, out):
        i = cuda.grid(1)
        if i < x.size:
            v = x[i]
            out[i] = math.sin(v) + math.sqrt(v) + math.exp(-v) * math.log1p(v) + math.pow(v, 1.5) + math.atan2(v, 2.0)

    x = np.linspace(0, 10, COUNT)
    out = np.zeros(COUNT)
    compute[4, 256](x, out)
    wanted = np.sin(x) + np.sqrt(x) + np.exp(-x) * np.log1p(x) + np.power(x, 1.5) + np.arctan2(x, 2.0)
    return same(out, wanted, relative=1e-13)


@case
def complex_numbers_and_records():
    pair = np.dtype([("whole", np.int32), ("real", np.float64)], align=True)

    @cuda.jit
    def turn(z, records):
        i = cuda.grid(1)
        if i < z.size:
            z[i] = z[i] * complex64(1j)
            records[i].real = records[i].whole * 0.5

    z = (A + 1j * B).astype(np.complex64)
    records = np.zeros(COUNT, pair)
    records["whole"] = np.arange(COUNT)
    turned, out = z.copy(), records.copy()
    turn[4, 256](turned, out)
    return same(turned, z * np.complex64(1j)), same(out["real"], np.arange(COUNT) * 0.5)


@case
def constants_and_local_memory():
    table = np.arange(16, dtype=np.float32) ** 2

    @cuda.jit
    def look_up(out):
        constant = cuda.const.array_like(table)
        own = cuda.local.array(4, float32)
        i = cuda.grid(1)
        for k in range(4):
            own[k] = constant[(i + k) % 16]
        out[i] = own[0] + own[1] + own[2] + own[3]

    out = np.zeros(64, np.float32)
    look_up[2, 32](out)
    return same(out, np.array([sum(table[(i + k) % 16] for k in range(4)) for i in range(64)], np.float32))


@case
def warps():
    @cuda.jit
    def ballots(x, out, sums):
        i = cuda.grid(1)
        votes = cuda.ballot_sync(0xFFFFFFFF, x[i] > 0.5)
        total = x[i]
        step = 16
        while step:
            total += cuda.shfl_down_sync(0xFFFFFFFF, total, step)
            step //= 2
        if cuda.laneid == 0:
            out[i // 32] = cuda.popc(votes)
            sums[i // 32] = total

    x = random.random(128)
    out, sums = np.zeros(4, np.int64), np.zeros(4)
    ballots[1, 128](x, out, sums)
    same(sums, x.reshape(4, 32).sum(axis=1), relative=1e-12)
    return same(out, (x.reshape(4, 32) > 0.5).sum(axis=1))


@case
def universal_functions():
    @vectorize(["float64(float64, float64)"], target="cuda")
    def hypotenuse(a, b):
        return math.sqrt(a * a + b * b)

    @guvectorize(["void(float64[:], float64[:])"], "(n)->()", target="cuda")
    def largest(row, out):
        out[0] = row[0]
        for value in row:
            out[0] = max(out[0], value)

    x, rows = random.random(COUNT), random.random((20, 50))
    same(hypotenuse(x, 2.0), np.sqrt(x * x + 4.0), relative=1e-15)
    return same(largest(rows), rows.max(axis=1))


@case
def streams_and_events():
    streams = [cuda.stream() for _ in range(4)]
    start, end = cuda.event(), cuda.event()
    parts = [cuda.to_device(np.full(COUNT, i, np.float32), stream=stream) for i, stream in enumerate(streams)]
    start.record(streams[0])
    for factor, (part, stream) in enumerate(zip(parts, streams), start=2):
        for _ in range(5):
            scale[4, 256, stream](part, np.float32(factor))
    end.record(streams[0])
    end.wait(streams[1])
    for stream in streams:
        stream.synchronize()
    assert end.query() and cuda.event_elapsed_time(start, end) >= 0
    got = np.stack([part.copy_to_host() for part in parts])
    return same(got, np.stack([np.full(COUNT, i * (i + 2) ** 5, np.float32) for i in range(4)]))


@case
def pinned_memory():
    stream = cuda.stream()
    pinned = cuda.pinned_array(COUNT, np.float32)
    pinned[:] = A
    x = cuda.to_device(pinned, stream=stream)
    scale[4, 256, stream](x, np.float32(3))
    x.copy_to_host(pinned, stream=stream)
    stream.synchronize()
    return same(np.array(pinned), A * np.float32(3))


@case
def memory_that_is_pinned_for_a_while():
    stream, x = cuda.stream(), A.copy()
    with cuda.pinned(x):
        there = cuda.to_device(x, stream=stream)
        scale[4, 256, stream](there, np.float32(3))
        there.copy_to_host(x, stream=stream)
        stream.synchronize()
    return same(x, A * np.float32(3))


@case
def mapped_memory():
    mapped = cuda.mapped_array(COUNT, np.float32)
    mapped[:] = A
    scale[4, 256](mapped, np.float32(5))
    cuda.synchronize()
    return same(np.array(mapped), A * np.float32(5))


@case
def managed_memory():
    managed = cuda.managed_array(COUNT, np.float32)
    managed[:] = A
    scale[4, 256](managed, np.float32(7))
    cuda.synchronize()
    return same(np.array(managed), A * np.float32(7))


@case
def parts_of_arrays():
    whole = np.arange(400, dtype=np.float32).reshape(20, 20)
    x = cuda.to_device(whole)
    scale[1, 64](x[3], np.float32(10))
    scale[1, 64](x[:, 4], np.float32(100))
    x[7, 2:9].copy_to_device(np.ones(7, np.float32))
    x[9] = 5
    wanted = whole.copy()
    wanted[3] *= 10
    wanted[:, 4] *= 100
    wanted[7, 2:9] = 1
    wanted[9] = 5
    same(x[:10:2, 3].copy_to_host(), wanted[:10:2, 3])
    same(x.reshape(400)[380:].copy_to_host(), wanted.ravel()[380:])
    same(x.T.copy_to_host(), wanted.T)
    return same(x.copy_to_host(), wanted)


@case
def long_arrays():
    x = random.random(3 << 20)
    there = cuda.to_device(x)
    scale[(x.size + 255) // 256, 256](there, 2.0)
    return same(there.copy_to_host(), x * 2.0)


@case
def threads_of_the_host():
    results = [None] * 4

    def work(number):
        x = cuda.to_device(A)
        scale[4, 256](x, np.float32(number))
        results[number] = x.copy_to_host()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return same(np.stack(results), np.stack([A * np.float32(number) for number in range(4)]))


@case
def errors_of_the_driver():
    out = cuda.device_array(4, np.float32)
    launch = refused(Exception, lambda: scale[1, 4096](out, np.float32(1)))
    memory = refused(Exception, lambda: cuda.device_array(1 << 50, np.float32))
    scale[1, 4](out, np.float32(1))
    cuda.synchronize()
    return f"{launch}; {memory}"


@case
def errors_of_kernels():
    @cuda.jit(debug=True, opt=False)
    def divide(x, out):
        i = cuda.grid(1)
        if i < x.size:
            if x[i] == 3:
                raise ValueError("three")
            out[i] = 12 // x[i]

    out = np.zeros(2, np.int32)
    divide[1, 32](np.array([1, 2], np.int32), out)
    same(out, np.array([12, 6], np.int32))
    three = refused(ValueError, lambda: divide[1, 32](np.array([3], np.int32), out))
    return f"{three}; {refused(ZeroDivisionError, lambda: divide[1, 32](np.zeros(1, np.int32), out))}"


@case
def prints_of_kernels():
    @cuda.jit
    def say(x):
        if cuda.grid(1) == 0:
            print("a kernel says", x[0], 2.5)

    say[1, 32](np.array([42]))
    cuda.synchronize()
    # The device says it by the C library, whose output waits in a buffer.
    ctypes.CDLL(None).fflush(None)
    return "said"


@case
def what_is_asked():
    context = cuda.current_context()
    free, total = context.get_memory_info()
    assert 0 < free <= total
    kept = cuda.device_array(1 << 20, np.uint8)
    assert context.get_memory_info()[0] <= free - kept.nbytes
    device = cuda.get_current_device()
    kernel = add.overloads[add.signatures[0]]
    assert kernel.regs_per_thread >= 0 and kernel.max_threads_per_block >= 32
    blocks = context.get_max_potential_block_size(kernel._codelibrary.get_cufunc(), 0, 0, 1024)
    return f"{device.name} {device.compute_capability} {device.WARP_SIZE} {len(cuda.gpus)} {total} {blocks}"


main()
