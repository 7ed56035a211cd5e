#!/usr/bin/env python3
"""Launches kernels of a module and of a library, prints `launched`, and reads a line."""
import ctypes
from ctypes import byref, c_char_p, c_int, c_void_p

cuda = ctypes.CDLL("libcuda.so.1")

CODE = b""".version 6.0
.target sm_50
.address_size 64
.visible .entry nothing() { ret; }
.visible .entry _Z5otherv() { ret; }
"""


def call(name, *arguments, fails=False):
    status = getattr(cuda, name)(*arguments)
    if (status != 0) != fails:
        raise SystemExit(f"{name}: {status}")


def launch(function, times, by="cuLaunchKernel", blocks=1, fails=False):
    for _ in range(times):
        call(by, function, blocks, 1, 1, 1, 1, 1, 0, None, None, None, fails=fails)


device, context, module, library = c_int(), c_void_p(), c_void_p(), c_void_p()
call("cuInit", 0)
call("cuDeviceGet", byref(device), 0)
call("cuCtxCreate_v2", byref(context), 0, device)
call("cuModuleLoadData", byref(module), c_char_p(CODE))
call("cuLibraryLoadData", byref(library), c_char_p(CODE), None, None, 0, None, None, 0)
nothing, other, kernel = c_void_p(), c_void_p(), c_void_p()
call("cuModuleGetFunction", byref(nothing), module, b"nothing")
call("cuModuleGetFunction", byref(other), module, b"_Z5otherv")
call("cuLibraryGetKernel", byref(kernel), library, b"nothing")
launch(nothing, 300)
launch(other, 2)
launch(kernel, 40)
launch(nothing, 5, "cuLaunchKernel_ptsz")
# What the driver refuses is no launch: it says so at once, or when it is waited for.
cuda.cuLaunchKernel(nothing, 0, 1, 1, 1, 1, 1, 0, None, None, None)
cuda.cuCtxSynchronize()
print("launched", flush=True)
input()
