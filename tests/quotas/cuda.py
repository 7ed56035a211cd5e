#!/usr/bin/env python3
"""Takes memory of the first device as it is told, a line on standard input for each step, and answers with a numbered line."""
import ctypes
import sys
from ctypes import byref, c_char_p, c_int, c_size_t, c_uint, c_uint64, c_ulonglong, c_void_p

CANARY = 0xC3
cuda = ctypes.CDLL("libcuda.so.1")
taken = []


class Location(ctypes.Structure):
    _fields_ = [("type", c_uint), ("id", c_int)]


class Properties(ctypes.Structure):
    """CUmemAllocationProp: pinned by its device."""

    _fields_ = [
        ("type", c_uint),
        ("handles", c_uint),
        ("location", Location),
        ("windows", c_void_p),
        ("more", c_uint64 * 8),
    ]


class Array(ctypes.Structure):
    _fields_ = [("width", c_size_t), ("height", c_size_t), ("format", c_uint), ("channels", c_uint)]


class Array3D(ctypes.Structure):
    _fields_ = [
        ("width", c_size_t),
        ("height", c_size_t),
        ("depth", c_size_t),
        ("format", c_uint),
        ("channels", c_uint),
        ("flags", c_uint),
    ]


def keep(status, give, place):
    if status == 0:
        taken.append((give, place))
    return status


def take(size):
    """Memory by its address."""
    place = c_uint64()
    return keep(cuda.cuMemAlloc_v2(byref(place), c_size_t(size)), cuda.cuMemFree_v2, place)


def take_async(size):
    place = c_uint64()
    return keep(cuda.cuMemAllocAsync(byref(place), c_size_t(size), None), cuda.cuMemFree_v2, place)


def take_rows(width):
    """Rows whose pitch the driver chooses."""
    place, pitch = c_uint64(), c_size_t()
    status = cuda.cuMemAllocPitch_v2(byref(place), byref(pitch), c_size_t(width), c_size_t(16), c_uint(4))
    return keep(status, cuda.cuMemFree_v2, place)


def take_array(width):
    place = c_void_p()
    # CU_AD_FORMAT_UNSIGNED_INT8
    return keep(cuda.cuArrayCreate_v2(byref(place), byref(Array(width, 0, 1, 1))), cuda.cuArrayDestroy, place)


def take_levels(width):
    """The width, and half of it."""
    place = c_void_p()
    status = cuda.cuMipmappedArrayCreate(byref(place), byref(Array3D(width, 0, 0, 1, 1, 0)), c_uint(2))
    return keep(status, cuda.cuMipmappedArrayDestroy, place)


def take_virtual(size):
    place, wanted = c_uint64(), Properties(type=1, location=Location(1, 0))
    status = cuda.cuMemCreate(byref(place), c_size_t(size), byref(wanted), c_ulonglong(0))
    return keep(status, cuda.cuMemRelease, place)


def take_managed(size):
    place = c_uint64()
    # CU_MEM_ATTACH_GLOBAL
    return keep(cuda.cuMemAllocManaged(byref(place), c_size_t(size), c_uint(1)), cuda.cuMemFree_v2, place)


def take_pinned(size):
    place = c_void_p()
    return keep(cuda.cuMemAllocHost_v2(byref(place), c_size_t(size)), cuda.cuMemFreeHost, place)


def register(size):
    place = c_void_p((ctypes.addressof(ROOM) + 4095) & ~4095)
    return keep(cuda.cuMemHostRegister_v2(place, c_size_t(size), c_uint(0)), cuda.cuMemHostUnregister, place)


def load(_size):
    place = c_void_p()
    code = b".version 6.0\n.target sm_50\n.address_size 64\n.visible .entry nothing() { ret; }\n"
    return keep(cuda.cuModuleLoadData(byref(place), c_char_p(code)), cuda.cuModuleUnload, place)


def give(_size):
    function, place = taken.pop()
    return function(place)


def told(_size):
    free, total, device = c_size_t(), c_size_t(), c_size_t()
    statuses = cuda.cuMemGetInfo_v2(byref(free), byref(total)), cuda.cuDeviceTotalMem_v2(byref(device), 0)
    return f"{statuses} {free.value} {total.value} {device.value}"


def fill(size):
    status = take(size)
    return status or cuda.cuMemsetD8_v2(taken[-1][1], CANARY, c_size_t(size))


def look(size):
    """Canaries in memory that nobody has written to."""
    into = (ctypes.c_ubyte * size)()
    statuses = take(size), cuda.cuMemcpyDtoH_v2(into, taken[-1][1], c_size_t(size)), give(0)
    return bytes(into).count(CANARY) if statuses == (0, 0, 0) else f"{statuses}"


ROOM = ctypes.create_string_buffer(1 << 20)
context = c_void_p()
for status in cuda.cuInit(0), cuda.cuDevicePrimaryCtxRetain(byref(context), 0), cuda.cuCtxSetCurrent(context):
    if status != 0:
        raise SystemExit(f"no device: {status}")
print("ready", flush=True)
for step, line in enumerate(sys.stdin, 1):
    what, amount = (line.split() + ["0"])[:2]
    print(f"{step}:", what, globals()[what](int(amount)), flush=True)
