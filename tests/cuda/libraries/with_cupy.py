"""CuPy compiles its operators with NVRTC as they are used, and manages memory by the runtime's functions."""

import threading

import cupy as cp
import numpy as np

from cases import case, main, refused, same

COUNT = 1000
random = np.random.default_rng(11)
A = random.random(COUNT, dtype=np.float32)
B = random.random(COUNT, dtype=np.float32)
WHOLE = random.integers(-1000, 1000, COUNT)


@case
def elementwise_operators():
    a, b = cp.asarray(A), cp.asarray(B)
    same(cp.asnumpy(a + b * a - b), A + B * A - B, relative=1e-5, absolute=1e-6)
    same(cp.asnumpy(cp.sin(a) * 2), np.sin(A) * 2, relative=1e-5)
    same(cp.asnumpy(cp.where(a > 0.5, a, -a)), np.where(A > 0.5, A, -A))
    whole = cp.asarray(WHOLE)
    same(cp.asnumpy(whole * 3 // 7 % 5), WHOLE * 3 // 7 % 5)
    same(cp.asnumpy(whole << 3 ^ whole >> 1), WHOLE << 3 ^ WHOLE >> 1)
    x = random.random(COUNT)
    return same(cp.asnumpy(cp.exp(cp.asarray(x))), np.exp(x), relative=1e-14)


@case
def shapes_and_indices():
    whole = np.arange(2000, dtype=np.float32).reshape(40, 50)
    x = cp.asarray(whole)
    same(cp.asnumpy(x.T.copy()), whole.T)
    same(cp.asnumpy(x[3:30:4, ::-2]), whole[3:30:4, ::-2])
    same(cp.asnumpy(x[cp.asarray([1, 5, 7])]), whole[[1, 5, 7]])
    same(cp.asnumpy(cp.concatenate([x, x], axis=1)), np.concatenate([whole, whole], axis=1))
    x[:, 3] = -1
    x[cp.asarray([0, 2]), 5] = 7
    whole[:, 3] = -1
    whole[[0, 2], 5] = 7
    same(cp.asnumpy(cp.take(x, cp.asarray([2, 9]), axis=1)), np.take(whole, [2, 9], axis=1))
    same(cp.asnumpy(cp.tril(x)), np.tril(whole))
    return same(cp.asnumpy(x + cp.arange(50, dtype=np.float32)), whole + np.arange(50, dtype=np.float32))


@case
def reductions():
    x = cp.asarray(WHOLE)
    for name in ["sum", "min", "max", "argmin", "argmax", "all", "any"]:
        same(cp.asnumpy(getattr(x, name)()), np.asarray(getattr(WHOLE, name)()))
    rows = cp.asarray(A.reshape(20, 50))
    same(cp.asnumpy(rows.mean(axis=1)), A.reshape(20, 50).mean(axis=1), relative=1e-5)
    same(cp.asnumpy(rows.std(axis=0)), A.reshape(20, 50).std(axis=0), relative=1e-4)
    same(cp.asnumpy(cp.bincount(cp.asarray(WHOLE % 10))), np.bincount(WHOLE % 10))
    same(cp.asnumpy(cp.count_nonzero(x > 0)), np.asarray(np.count_nonzero(WHOLE > 0)))
    return same(cp.asnumpy(x.reshape(10, 100).prod(axis=1)), WHOLE.reshape(10, 100).prod(axis=1))


@case
def cumulative_sums():
    same(cp.asnumpy(cp.cumsum(cp.asarray(A))), np.cumsum(A), relative=1e-4)
    same(cp.asnumpy(cp.nonzero(cp.asarray(WHOLE > 900))[0]), np.nonzero(WHOLE > 900)[0])
    same(cp.asnumpy(cp.asarray(WHOLE)[cp.asarray(WHOLE > 500)]), WHOLE[WHOLE > 500])
    return same(cp.asnumpy(cp.cumsum(cp.asarray(WHOLE))), np.cumsum(WHOLE))


@case
def halves_and_complex_numbers():
    half = cp.asarray(A.astype(np.float16))
    same(cp.asnumpy((half * 2).astype(np.float32)), (A.astype(np.float16) * 2).astype(np.float32))
    z = cp.asarray(A) + 1j * cp.asarray(B)
    same(cp.asnumpy(cp.abs(z)), np.abs(A + 1j * B), relative=1e-5)
    same(cp.asnumpy(cp.exp(z)), np.exp(A + 1j * B), relative=1e-4)
    return same(cp.asnumpy((z * z.conj()).real), ((A + 1j * B) * (A - 1j * B)).real, relative=1e-5)


@case
def raw_kernels():
    kernel = cp.RawKernel(
        r"""
        extern "C" __global__ void affine(const float *x, float *out, float times, double plus, int count)
        {
            extern __shared__ float part[];
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            part[threadIdx.x] = i < count ? x[i] : 0;
            __syncthreads();
            if (i < count)
                out[i] = part[threadIdx.x] * times + plus;
        }""",
        "affine",
    )
    out = cp.zeros(COUNT, cp.float32)
    kernel((4,), (256,), (cp.asarray(A), out, np.float32(2), 1.5, np.int32(COUNT)), shared_mem=1024)
    told = kernel.num_regs >= 0, kernel.max_threads_per_block, kernel.shared_size_bytes
    return same(cp.asnumpy(out), A * np.float32(2) + np.float32(1.5)), str(told)


@case
def raw_modules():
    module = cp.RawModule(
        code=r"""
        __device__ int counter;
        __constant__ float table[4];
        template <typename T> __global__ void look_up(T *out, int count)
        {
            int i = blockIdx.x * blockDim.x + threadIdx.x;
            if (i < count) {
                out[i] = table[i & 3];
                atomicAdd(&counter, 1);
            }
        }""",
        options=("--std=c++17",),
        name_expressions=["look_up<float>", "look_up<double>"],
    )
    table = np.array([1, 2, 4, 8], np.float32)
    cp.ndarray(4, np.float32, module.get_global("table"))[:] = cp.asarray(table)
    counter = cp.ndarray(1, np.int32, module.get_global("counter"))
    counter[:] = 0
    got = []
    for kind, element in [("float", np.float32), ("double", np.float64)]:
        out = cp.zeros(100, element)
        module.get_function(f"look_up<{kind}>")((2,), (64,), (out, 100))
        got.append(same(cp.asnumpy(out), np.resize(table, 100).astype(out.dtype)))
    return got[0], got[1], same(cp.asnumpy(counter), np.array([200], np.int32))


@case
def own_elementwise_and_reduction_kernels():
    square = cp.ElementwiseKernel("float32 x, float32 y", "float32 z", "z = (x - y) * (x - y)", "square")
    same(cp.asnumpy(square(cp.asarray(A), cp.asarray(B))), (A - B) ** 2, relative=1e-5)
    norm = cp.ReductionKernel("T x", "T y", "x * x", "a + b", "y = sqrt(a)", "0", "l2norm")
    doubles = A.astype(np.float64)
    same(cp.asnumpy(norm(cp.asarray(doubles))), np.asarray(np.sqrt((doubles**2).sum())), relative=1e-12)

    @cp.fuse
    def fused(x, y):
        return (x * y + 1) / 2

    return same(cp.asnumpy(fused(cp.asarray(A), cp.asarray(B))), (A * B + 1) / 2, relative=1e-6)


@case
def streams_and_events():
    streams = [cp.cuda.Stream(non_blocking=True) for _ in range(3)] + [cp.cuda.Stream()]
    parts, ends = [], [cp.cuda.Event() for _ in streams]
    for number, (stream, end) in enumerate(zip(streams, ends)):
        with stream:
            part = cp.full(COUNT, number, cp.float32)
            for _ in range(5):
                part *= number + 2
            parts.append(part)
            end.record()
    last = cp.cuda.Stream()
    for end in ends:
        last.wait_event(end)
    with last:
        total = parts[0] + parts[1] + parts[2] + parts[3]
    last.synchronize()
    assert all(end.done for end in ends) and last.done
    assert cp.cuda.get_elapsed_time(ends[0], ends[0]) >= 0
    wanted = sum(np.full(COUNT, i * (i + 2) ** 5, np.float32) for i in range(4))
    return same(total.get(), wanted.astype(np.float32))


@case
def functions_that_streams_call():
    stream, told = cp.cuda.Stream(), []
    with stream:
        x = cp.asarray(A) * 2
        stream.add_callback(lambda stream, status, number: told.append((number, status)), 1)
        stream.launch_host_func(told.append, "called")
        x += 1
        stream.add_callback(lambda stream, status, number: told.append((number, status)), 2)
    stream.synchronize()
    same(x.get(), A * np.float32(2) + np.float32(1))
    return str(told)


@case
def pools_of_memory():
    pool = cp.cuda.MemoryPool()
    with cp.cuda.using_allocator(pool.malloc):
        x = cp.zeros(1 << 20, cp.uint8)
        used = [pool.used_bytes(), pool.total_bytes()]
        del x
        used += [pool.used_bytes(), pool.free_bytes()]
        y = cp.arange(1 << 10)
        del y
        pool.free_all_blocks()
        used.append(pool.total_bytes())
        pool.set_limit(size=1 << 20)
        cp.zeros(1 << 19, cp.uint8)
        limited = refused(cp.cuda.memory.OutOfMemoryError, lambda: cp.zeros(1 << 21, cp.uint8))
    return f"{used} {pool.get_limit()} {limited}"


@case
def more_memory_than_there_is():
    why = refused(cp.cuda.memory.OutOfMemoryError, lambda: cp.zeros(1 << 45, cp.uint8))
    free, total = cp.cuda.runtime.memGetInfo()
    assert 0 < free <= total
    bare = refused(cp.cuda.runtime.CUDARuntimeError, lambda: cp.cuda.runtime.malloc(1 << 45))
    x = cp.asarray(A)
    return same(cp.asnumpy(x + x), A + A), f"{why}; {bare}"


@case
def pools_of_the_driver():
    pool = cp.cuda.MemoryAsyncPool()
    stream = cp.cuda.Stream()
    with cp.cuda.using_allocator(pool.malloc), stream:
        x = cp.asarray(A)
        y = x * 3
        del x
        z = y + 1
        stream.synchronize()
        same(z.get(), A * np.float32(3) + np.float32(1), relative=1e-6)
        del y, z
        stream.synchronize()
        used = pool.used_bytes()
        pool.free_all_blocks()
        why = refused(cp.cuda.memory.OutOfMemoryError, lambda: cp.zeros(1 << 45, cp.uint8))
        x = cp.asarray(B)
        stream.synchronize()
    return same(x.get(), B), f"{used} {why}"


@case
def pinned_memory():
    pool = cp.cuda.PinnedMemoryPool()
    cp.cuda.set_pinned_memory_allocator(pool.malloc)
    memory = cp.cuda.alloc_pinned_memory(A.nbytes)
    pinned = np.frombuffer(memory, np.float32, COUNT)
    pinned[:] = A
    stream = cp.cuda.Stream(non_blocking=True)
    x = cp.empty(COUNT, np.float32)
    x.set(pinned, stream=stream)
    with stream:
        x *= 3
    x.get(stream=stream, out=pinned, blocking=False)
    stream.synchronize()
    got = pinned.copy()
    free = pool.n_free_blocks()
    del pinned, memory
    return same(got, A * np.float32(3)), f"{free} {pool.n_free_blocks()}"


@case
def managed_memory():
    with cp.cuda.using_allocator(cp.cuda.malloc_managed):
        x = cp.asarray(A)
        y = x * 4
    return same(cp.asnumpy(y), A * np.float32(4))


@case
def recorded_graphs():
    stream = cp.cuda.Stream(non_blocking=True)
    with stream:
        x, y = cp.asarray(A), cp.zeros(COUNT, np.float32)
        cp.multiply(x, np.float32(2), out=y)
        stream.synchronize()
        y[:] = 0
        stream.begin_capture()
        cp.multiply(x, np.float32(2), out=y)
        cp.add(y, x, out=y)
        cp.add(x, np.float32(1), out=x)
        graph = stream.end_capture()
        assert not stream.is_capturing()
        for _ in range(3):
            graph.launch(stream)
        stream.synchronize()
    wanted = (A + np.float32(1)) + np.float32(1)
    same(x.get(), wanted + np.float32(1))
    return same(y.get(), wanted * np.float32(2) + wanted)


@case
def a_graph_of_two_streams():
    first, second = cp.cuda.Stream(non_blocking=True), cp.cuda.Stream(non_blocking=True)
    fork, join = cp.cuda.Event(disable_timing=True), cp.cuda.Event(disable_timing=True)
    x, y = cp.asarray(A), cp.asarray(B)
    cp.cuda.Device().synchronize()
    with first:
        first.begin_capture()
        fork.record(first)
        second.wait_event(fork)
        cp.multiply(x, np.float32(2), out=x)
        with second:
            cp.multiply(y, np.float32(3), out=y)
            join.record(second)
        first.wait_event(join)
        cp.add(x, y, out=x)
        graph = first.end_capture()
    graph.launch(first)
    graph.launch(first)
    first.synchronize()
    x_wanted, y_wanted = A, B
    for _ in range(2):
        y_wanted = y_wanted * np.float32(3)
        x_wanted = x_wanted * np.float32(2) + y_wanted
    return same(x.get(), x_wanted, relative=1e-6)


@case
def copies():
    a = cp.asarray(A)
    whole = random.random((300, 400))
    x = cp.asarray(whole)
    same(cp.asnumpy(x), whole)
    part = np.ascontiguousarray(whole[10:20])
    x[30:40].set(part)
    whole[30:40] = part
    same(x.get(), whole)
    runtime = cp.cuda.runtime
    out = np.empty((3, 16), np.float32)
    runtime.memcpy2D(out.ctypes.data, 64, a.data.ptr, 400, 64, 3, runtime.memcpyDeviceToHost)
    same(out, A.reshape(-1, 100)[:3, :16])
    long = random.random(2 << 20)
    return same(cp.asnumpy(cp.asarray(long)), long)


@case
def threads_of_the_host():
    results = [None] * 4

    def work(number):
        with cp.cuda.Stream(non_blocking=True) as stream:
            x = cp.asarray(A) * np.float32(number)
            stream.synchronize()
            results[number] = x.get()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return same(np.stack(results), np.stack([A * np.float32(number) for number in range(4)]))


@case
def what_the_runtime_is_asked():
    runtime = cp.cuda.runtime
    device = cp.cuda.Device()
    properties = runtime.getDeviceProperties(0)
    told = {name: properties[name] for name in sorted(properties) if name not in ("uuid", "luid")}
    attributes = {name: value for name, value in sorted(device.attributes.items())}
    kept = cp.asarray(A)
    pointer = runtime.pointerGetAttributes(kept.data.ptr)
    versions = runtime.driverGetVersion(), runtime.runtimeGetVersion(), runtime.getDeviceCount()
    limits = [runtime.deviceGetLimit(limit) for limit in range(3)]
    priorities = cp.cuda.Stream(priority=-1).priority, device.pci_bus_id, device.compute_capability
    return str((told, attributes, pointer.device, pointer.type, versions, limits, priorities, bytes(properties["uuid"])))


@case
def what_is_wrong():
    broken = refused(cp.cuda.compiler.CompileException, lambda: cp.RawKernel("void broken(", "broken").compile())
    broken = broken.partition(".cubin.cu")[2]
    module = cp.RawModule(code='extern "C" __global__ void nothing() {}')
    missing = refused(cp.cuda.driver.CUDADriverError, lambda: module.get_function("missing"))
    nothing = module.get_function("nothing")
    large = refused(cp.cuda.driver.CUDADriverError, lambda: nothing((1,), (4096,), ()))
    nothing((1,), (1,), ())
    device = refused(cp.cuda.runtime.CUDARuntimeError, lambda: cp.cuda.Device(77).use())
    return f"{broken}; {missing}; {large}; {device}"


main()
