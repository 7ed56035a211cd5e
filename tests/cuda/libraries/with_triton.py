"""Triton compiles Python functions to PTX; they are loaded and launched by the driver's functions, as its launcher does that
needs PyTorch."""

import ctypes

import numpy as np
import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from cases import case, main, same

# The architecture of the software device.
TARGET = GPUTarget("cuda", 75, 32)
WARPS = 4
driver = ctypes.CDLL("libcuda.so.1")
random = np.random.default_rng(5)


def call(name, *arguments):
    status = getattr(driver, name)(*arguments)
    assert status == 0, f"{name}: {status}"


class Array:
    """An array on the device."""

    def __init__(self, values):
        self.values = values
        self.at = ctypes.c_uint64()
        call("cuMemAlloc_v2", ctypes.byref(self.at), ctypes.c_size_t(values.nbytes))
        call("cuMemcpyHtoD_v2", self.at, ctypes.c_void_p(values.ctypes.data), ctypes.c_size_t(values.nbytes))

    def get(self):
        out = np.empty_like(self.values)
        call("cuMemcpyDtoH_v2", ctypes.c_void_p(out.ctypes.data), self.at, ctypes.c_size_t(out.nbytes))
        return out


class Config(ctypes.Structure):
    """CUlaunchConfig."""

    _fields_ = [
        ("sizes", ctypes.c_uint * 7),
        ("stream", ctypes.c_void_p),
        ("attributes", ctypes.c_void_p),
        ("count", ctypes.c_uint),
    ]


def launch(function, types, constants, grid, *arguments):
    """Compiles for these types and constants, and runs so many programs."""
    signature = types | {name: "constexpr" for name in constants}
    places = {(function.arg_names.index(name),): value for name, value in constants.items()}
    compiled = triton.compile(ASTSource(function, signature, constexprs=places), target=TARGET, options={"num_warps": WARPS})
    module, kernel = ctypes.c_void_p(), ctypes.c_void_p()
    call("cuModuleLoadData", ctypes.byref(module), compiled.asm["ptx"].encode())
    call("cuModuleGetFunction", ctypes.byref(kernel), module, compiled.metadata.name.encode())
    shared = compiled.metadata.shared
    if shared > 49152:
        call("cuFuncSetAttribute", kernel, 8, shared)
    # Behind its own a kernel takes two addresses of scratch memory.
    values = [one.at if isinstance(one, Array) else one for one in arguments] + [ctypes.c_uint64(0)] * 2
    pointers = (ctypes.c_void_p * len(values))(*[ctypes.addressof(value) for value in values])
    config = Config((ctypes.c_uint * 7)(grid, 1, 1, 32 * WARPS, 1, 1, shared), None, None, 0)
    call("cuLaunchKernelEx", ctypes.byref(config), kernel, pointers, None)
    call("cuCtxSynchronize")
    call("cuModuleUnload", module)


@case
def addition():
    @triton.jit
    def add(x, y, out, count, BLOCK: tl.constexpr):
        i = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
        inside = i < count
        tl.store(out + i, tl.load(x + i, mask=inside) + tl.load(y + i, mask=inside), mask=inside)

    x = random.random(1000, dtype=np.float32)
    y, out = x * 3, Array(np.zeros_like(x))
    types = {"x": "*fp32", "y": "*fp32", "out": "*fp32", "count": "i32"}
    launch(add, types, {"BLOCK": 256}, 4, Array(x), Array(y), out, ctypes.c_int(1000))
    return same(out.get(), x + y)


@case
def softmax():
    @triton.jit
    def softmax(x, out, count, BLOCK: tl.constexpr):
        row, i = tl.program_id(0), tl.arange(0, BLOCK)
        inside = i < count
        values = tl.load(x + row * count + i, mask=inside, other=-float("inf"))
        powers = tl.exp(values - tl.max(values, 0))
        tl.store(out + row * count + i, powers / tl.sum(powers, 0), mask=inside)

    x = random.random((8, 100), dtype=np.float32)
    out = Array(np.zeros_like(x))
    launch(softmax, {"x": "*fp32", "out": "*fp32", "count": "i32"}, {"BLOCK": 128}, 8, Array(x), out, ctypes.c_int(100))
    powers = np.exp(x - x.max(1, keepdims=True))
    return same(out.get(), powers / powers.sum(1, keepdims=True), relative=1e-5)


@case
def product_of_matrices():
    @triton.jit
    def product(a, b, c, SIZE: tl.constexpr):
        i = tl.arange(0, SIZE)
        at = i[:, None] * SIZE + i[None, :]
        tl.store(c + at, tl.dot(tl.load(a + at), tl.load(b + at), input_precision="ieee"))

    x, y = random.random((32, 32), dtype=np.float32), random.random((32, 32), dtype=np.float32)
    out = Array(np.zeros_like(x))
    launch(product, {"a": "*fp32", "b": "*fp32", "c": "*fp32"}, {"SIZE": 32}, 1, Array(x), Array(y), out)
    return same(out.get(), x @ y, relative=1e-5)


call("cuInit", 0)
context = ctypes.c_void_p()
call("cuDevicePrimaryCtxRetain", ctypes.byref(context), 0)
call("cuCtxSetCurrent", context)
main()
