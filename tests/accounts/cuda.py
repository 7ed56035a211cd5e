#!/usr/bin/env python3
"""Takes and gives back device memory, and says after each step how much of it there is by what it asked for: a line
`WHAT BYTES step NUMBER`; then it waits for a line. The last step is called `last`."""
import ctypes
import itertools
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint, c_uint64, c_void_p

cuda = ctypes.CDLL("libcuda.so.1")
steps = itertools.count(1)
held = 0

CODE = b".version 6.0\n.target sm_50\n.address_size 64\n.visible .entry nothing() { ret; }\n"


class Location(ctypes.Structure):
    _fields_ = [("type", c_uint), ("id", c_int)]


class Properties(ctypes.Structure):
    """CUmemAllocationProp and, with more behind it, CUmemPoolProps."""

    _fields_ = [
        ("type", c_uint),
        ("handles", c_uint),
        ("location", Location),
        ("windows", c_void_p),
        ("more", c_uint64 * 8),
    ]


class Array(ctypes.Structure):
    _fields_ = [("width", c_size_t), ("height", c_size_t), ("format", c_uint), ("channels", c_uint)]


def call(name, *arguments, fails=False):
    status = getattr(cuda, name)(*arguments)
    if (status != 0) != fails:
        raise SystemExit(f"{name}: {status}")


def step(what, change=0):
    global held
    held += change
    print(what, held, "step", next(steps), flush=True)
    input()


def number(make):
    """What the function stores."""
    place = c_uint64()
    make(byref(place))
    return place


def on_a_device():
    """Pinned by its device: CU_MEM_ALLOCATION_TYPE_PINNED, CU_MEM_LOCATION_TYPE_DEVICE."""
    return Properties(type=1, location=Location(1, 0))


def main():
    context, stream = c_void_p(), c_void_p()
    call("cuInit", 0)
    call("cuCtxCreate_v2", byref(context), 0, 0)
    call("cuStreamCreate", byref(stream), 0)
    step("nothing")

    plain = number(lambda place: call("cuMemAlloc_v2", place, c_size_t(1000)))
    step("plain", 1000)
    call("cuMemAlloc_v2", byref(c_uint64()), c_size_t(1 << 60), fails=True)
    step("more than there is")
    call("cuMemFree_v2", c_uint64(plain.value + 8), fails=True)
    step("given back in the middle")
    pitch = c_size_t()
    pitched = number(lambda place: call("cuMemAllocPitch_v2", place, byref(pitch), c_size_t(100), c_size_t(10), 4))
    step("pitched", 10 * pitch.value)
    managed = number(lambda place: call("cuMemAllocManaged", place, c_size_t(5000), 1))
    step("managed", 5000)
    ordered = number(lambda place: call("cuMemAllocAsync", place, c_size_t(3000), stream))
    step("in a stream's order", 3000)
    pool = c_void_p()
    call("cuMemPoolCreate", byref(pool), byref(on_a_device()))
    pooled = number(lambda place: call("cuMemAllocFromPoolAsync", place, c_size_t(700), pool, stream))
    step("of a pool", 700)
    unit = c_size_t()
    call("cuMemGetAllocationGranularity", byref(unit), byref(on_a_device()), 0)
    handle = number(lambda place: call("cuMemCreate", place, unit, byref(on_a_device()), c_uint64(0)))
    step("by a handle", unit.value)
    array = c_void_p()
    call("cuArrayCreate_v2", byref(array), byref(Array(8, 4, 0x20, 2)))
    step("an array", 8 * 4 * 4 * 2)
    module = c_void_p()
    call("cuModuleLoadData", byref(module), c_char_p(CODE))
    step("code", len(CODE) + 1)
    pinned = number(lambda place: call("cuMemHostAlloc", place, c_size_t(9000), 0))
    step("of the host")

    call("cuMemFreeHost", c_void_p(pinned.value))
    call("cuModuleUnload", module)
    step("no code", -len(CODE) - 1)
    call("cuArrayDestroy", array)
    step("no array", -8 * 4 * 4 * 2)
    call("cuMemRelease", handle)
    step("no handle", -unit.value)
    call("cuMemFreeAsync", pooled, stream)
    step("nothing of a pool", -700)
    call("cuMemFreeAsync", ordered, stream)
    step("nothing in order", -3000)
    call("cuMemFree_v2", managed)
    step("nothing managed", -5000)
    call("cuMemFree_v2", pitched)
    step("nothing pitched", -10 * pitch.value)
    call("cuMemFree_v2", c_uint64(0))
    step("null given back")

    call("cuMemAlloc_v2", byref(c_uint64()), c_size_t(50))
    step("left", 50)
    call("cuCtxDestroy_v2", context)
    step("the context is gone", -1050)
    primary = c_void_p()
    call("cuDevicePrimaryCtxRetain", byref(primary), 0)
    call("cuCtxSetCurrent", primary)
    call("cuMemAlloc_v2", byref(c_uint64()), c_size_t(60))
    step("of the primary context", 60)
    call("cuDevicePrimaryCtxReset_v2", 0)
    step("it is reset", -60)
    step("last")


main()
