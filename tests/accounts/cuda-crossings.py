#!/usr/bin/env python3
"""Does the same round again and again, so that the calls that it waits for can be counted.

cuda-crossings.py ROUND: does some rounds and then reports the number of those that follow, each time as "ROUND COUNT step N", and
reads a line."""
import ctypes
import sys
from ctypes import byref, c_char_p, c_size_t, c_uint64, c_void_p

cuda = ctypes.CDLL("libcuda.so.1")
FIRST, ROUNDS, SIZE, LONG = 8, 100, 1024, 8 << 20
NOT_READY = 600
CODE = b".version 6.0\n.target sm_50\n.address_size 64\n.visible .entry nothing() { ret; }\n"

context, stream, other, event, module, kernel, graph, playable = (c_void_p() for _ in range(8))
at, to, much = c_uint64(), c_uint64(), c_uint64()
data, memory = (ctypes.c_char * SIZE)(), (ctypes.c_char * LONG)()
size = c_size_t(SIZE)


def call(name, *arguments):
    status = getattr(cuda, name)(*arguments)
    if status != 0:
        raise SystemExit(f"{name}: {status}")


def step():
    """What a step of a program gives a device."""
    call("cuMemsetD8Async", at, 1, size, stream)
    call("cuMemcpyHtoDAsync_v2", at, data, size, stream)
    for _ in range(3):
        call("cuLaunchKernel", kernel, 1, 1, 1, 1, 1, 1, 0, stream, None, None)
    call("cuEventRecord", event, stream)
    call("cuStreamWaitEvent", other, event, 0)
    call("cuMemcpyDtoDAsync_v2", to, at, size, other)
    call("cuMemcpyDtoD_v2", at, to, size)
    call("cuMemsetD32_v2", at, 7, c_size_t(SIZE // 4))


def played():
    """Graphs."""
    for _ in range(3):
        call("cuGraphLaunch", playable, stream)


def reserved():
    """A graph, where another one allocates memory."""
    call("cuGraphLaunch", playable, stream)


def settled():
    """Copies that wait, when there is nothing to wait for."""
    for offset in range(0, SIZE, 16):
        call("cuMemcpyHtoD_v2", c_uint64(at.value + offset), data, c_size_t(16))
    call("cuLaunchKernel", kernel, 1, 1, 1, 1, 1, 1, 0, stream, None, None)
    call("cuCtxSynchronize")


def synchronized():
    """Likewise, when the stream that was given all of it has nothing left."""
    for offset in range(0, SIZE, 16):
        call("cuMemcpyHtoD_v2", c_uint64(at.value + offset), data, c_size_t(16))
    call("cuLaunchKernel", kernel, 1, 1, 1, 1, 1, 1, 0, stream, None, None)
    call("cuStreamSynchronize", stream)


def made():
    """What is made waits, and what becomes of it does not."""
    mine, memory = c_void_p(), c_uint64()
    call("cuEventCreate", byref(mine), 0)
    call("cuMemAllocAsync", byref(memory), size, stream)
    call("cuMemsetD8Async", memory, 1, size, stream)
    call("cuMemFreeAsync", memory, stream)
    call("cuEventDestroy_v2", mine)


def asked():
    """What a library asks again and again between two launches, and has been told before."""
    number, other_number, text, id_ = ctypes.c_int(), ctypes.c_int(), c_char_p(), c_uint64()
    answers = (c_uint64(), ctypes.c_int(), ctypes.c_uint())
    places = (c_void_p * 3)(*(ctypes.addressof(answer) for answer in answers))
    attributes = (ctypes.c_int * 3)(1, 9, 2)
    uuid, now = (ctypes.c_char * 16)(), c_void_p()
    call("cuCtxGetCurrent", byref(now))
    call("cuCtxSetCurrent", context)
    call("cuCtxGetDevice", byref(number))
    call("cuCtxGetFlags", byref(number))
    call("cuCtxGetApiVersion", context, byref(number))
    call("cuCtxGetStreamPriorityRange", byref(number), byref(other_number))
    call("cuDeviceGet", byref(number), 0)
    call("cuDeviceGetCount", byref(number))
    call("cuDeviceGetAttribute", byref(number), 16, 0)
    call("cuDeviceGetUuid_v2", uuid, 0)
    call("cuDevicePrimaryCtxGetState", 0, byref(number), byref(other_number))
    call("cuDriverGetVersion", byref(number))
    call("cuGetErrorName", 700, byref(text))
    call("cuGetErrorString", 700, byref(text))
    call("cuStreamIsCapturing", stream, byref(number))
    call("cuStreamGetCaptureInfo_v2", stream, byref(number), byref(id_), None, None, None)
    call("cuStreamGetPriority", stream, byref(number))
    call("cuStreamGetFlags", stream, byref(number))
    call("cuStreamGetCtx", stream, byref(now))
    call("cuPointerGetAttribute", byref(number), 2, at)
    call("cuPointerGetAttributes", 3, attributes, places, at)
    call("cuFuncGetAttribute", byref(number), 0, kernel)
    call("cuFuncGetModule", byref(now), kernel)
    call("cuOccupancyMaxActiveBlocksPerMultiprocessor", byref(number), kernel, 128, size)
    call("cuOccupancyMaxActiveBlocksPerMultiprocessorWithFlags", byref(number), kernel, 128, size, 0)


def long():
    """Copies of much of the program's memory."""
    call("cuMemcpyHtoD_v2", much, memory, c_size_t(LONG))
    call("cuMemcpyDtoH_v2", memory, much, c_size_t(LONG))


def polled():
    """Polls of what is held back."""
    for _ in range(100):
        for name, of in ("cuEventQuery", event), ("cuStreamQuery", stream):
            status = getattr(cuda, name)(of)
            if status != NOT_READY:
                raise SystemExit(f"{name}: {status}")


def report(name, number):
    print(name, ROUNDS, "step", number, flush=True)
    input()


def main():
    call("cuInit", 0)
    call("cuDevicePrimaryCtxRetain", byref(context), 0)
    call("cuCtxSetCurrent", context)
    call("cuStreamCreate", byref(stream), 1)
    call("cuStreamCreate", byref(other), 0)
    call("cuEventCreate", byref(event), 0)
    call("cuModuleLoadData", byref(module), c_char_p(CODE))
    call("cuModuleGetFunction", byref(kernel), module, b"nothing")
    call("cuMemAlloc_v2", byref(at), size)
    call("cuMemAlloc_v2", byref(to), size)
    call("cuMemAlloc_v2", byref(much), c_size_t(LONG))
    call("cuStreamBeginCapture_v2", stream, 0)
    call("cuLaunchKernel", kernel, 1, 1, 1, 1, 1, 1, 0, stream, None, None)
    call("cuStreamEndCapture", stream, byref(graph))
    call("cuGraphInstantiateWithFlags", byref(playable), graph, c_uint64(0))
    name = sys.argv[1]
    if name == "reserved":
        empty, node, params = c_void_p(), c_void_p(), (ctypes.c_byte * 120)()
        # Pinned memory, of a device, and how much.
        ctypes.c_uint.from_buffer(params, 0).value = 1
        ctypes.c_uint.from_buffer(params, 8).value = 1
        c_uint64.from_buffer(params, 104).value = SIZE
        call("cuGraphCreate", byref(empty), 0)
        call("cuGraphAddMemAllocNode", byref(node), empty, None, c_size_t(0), params)
    if name == "polled":
        call("cuMemsetD32_v2", at, 0, c_size_t(1))
        call("cuCtxSynchronize")
        call("cuStreamWaitValue32_v2", stream, at, 1, 0)
        call("cuEventRecord", event, stream)
    for _ in range(FIRST):
        globals()[name]()
    if name != "polled":
        call("cuCtxSynchronize")
    report(name, 1)
    for _ in range(ROUNDS):
        globals()[name]()
    report(name, 2)
    if name == "polled":
        call("cuStreamWriteValue32_v2", other, at, 1, 0)
    call("cuCtxSynchronize")


main()
