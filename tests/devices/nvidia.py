#!/usr/bin/env python3
"""Lists the devices that CUDA and NVML show, by the last byte of their UUIDs, and tries numbers that are none's."""
import ctypes
from ctypes import byref, c_char_p, c_int, c_uint, c_void_p

cuda = ctypes.CDLL("libcuda.so.1")
nvml = ctypes.CDLL("libnvidia-ml.so.1")
number, place, text = c_int(), c_void_p(), ctypes.create_string_buffer(96)

print("cuInit", cuda.cuInit(0))
print("cuDeviceGetCount", cuda.cuDeviceGetCount(byref(number)), number.value)
shown = number.value
for ordinal in range(shown):
    uuid = (ctypes.c_ubyte * 16)()
    statuses = cuda.cuDeviceGet(byref(number), ordinal), cuda.cuDeviceGetUuid(uuid, number)
    print("device", ordinal, statuses, uuid[15], cuda.cuDeviceGetPCIBusId(text, 96, number), text.value.decode())
for ordinal in (shown, 7, -1):
    statuses = cuda.cuDeviceGet(byref(number), ordinal), cuda.cuDevicePrimaryCtxRetain(byref(place), ordinal)
    print("no device", ordinal, statuses, cuda.cuCtxCreate_v2(byref(place), 0, ordinal))
for bus in range(3):
    print("by address", cuda.cuDeviceGetByPCIBusId(byref(number), c_char_p(b"0000:%02x:00.0" % (0x40 + bus))))

print("nvmlInit", nvml.nvmlInit_v2())
count = c_uint()
print("nvmlDeviceGetCount", nvml.nvmlDeviceGetCount_v2(byref(count)), count.value)
for index in range(count.value + 1):
    status = nvml.nvmlDeviceGetHandleByIndex_v2(index, byref(place))
    if status == 0:
        statuses = nvml.nvmlDeviceGetUUID(place, text, 96), nvml.nvmlDeviceGetIndex(place, byref(count))
        print("device", index, statuses, count.value, text.value.decode()[-2:])
    else:
        print("no device", index, status)
some = (c_void_p * 8)()
for what, ask in (("near processor", lambda *to: nvml.nvmlSystemGetTopologyGpuSet(0, *to)),
                  ("near device", lambda *to: nvml.nvmlDeviceGetTopologyNearestGpus(first, 50, *to))):
    first, count = c_void_p(), c_uint()
    if nvml.nvmlDeviceGetHandleByIndex_v2(0, byref(first)) == 0:
        print(what, ask(byref(count), None), count.value, ask(byref(count), some), count.value)
for bus in range(3):
    uuid = c_char_p(b"GPU-6176612d-736f-6674-6375-64612d0000%02x" % bus)
    address = c_char_p(b"00000000:%02X:00.0" % (0x40 + bus))
    print("by name", nvml.nvmlDeviceGetHandleByUUID(uuid, byref(place)), end=" ")
    print(nvml.nvmlDeviceGetHandleByPciBusId_v2(address, byref(place)))
