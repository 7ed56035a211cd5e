"""What scripts ask by NVIDIA's own bindings (nvidia-ml-py): every question that has no answer says why."""

import ctypes

import pynvml as n


def say(what, ask):
    try:
        print(what, ask())
    except n.NVMLError as why:
        print(what, type(why).__name__, why)


say("before", n.nvmlDeviceGetCount)
n.nvmlInit()
print(n.nvmlSystemGetDriverVersion(), n.nvmlSystemGetNVMLVersion(), n.nvmlSystemGetCudaDriverVersion_v2())
for i in range(n.nvmlDeviceGetCount()):
    device = n.nvmlDeviceGetHandleByIndex(i)
    uuid = n.nvmlDeviceGetUUID(device)
    again = n.nvmlDeviceGetHandleByUUID(uuid)
    print(i, n.nvmlDeviceGetName(device), uuid, n.nvmlDeviceGetIndex(again))
    pci = n.nvmlDeviceGetPciInfo(device)
    more = n.nvmlPciInfoExt_v1_t()
    more.version = n.nvmlPciInfoExt_v1
    n.nvmlDeviceGetPciInfoExt(device, ctypes.byref(more))
    print(pci.busId, pci.domain, pci.bus, more.busId, more.baseClass)
    for version in [None, n.nvmlMemory_v2]:
        memory = n.nvmlDeviceGetMemoryInfo(device, version) if version else n.nvmlDeviceGetMemoryInfo(device)
        print(memory.total, memory.free, memory.used, getattr(memory, "reserved", None))
    for ask in [
        "UtilizationRates",
        "EncoderUtilization",
        "PowerUsage",
        "FanSpeed",
        "MigMode",
        "CudaComputeCapability",
        "BAR1MemoryInfo",
        "SupportedMemoryClocks",
        "GraphicsRunningProcesses",
        "BoardPartNumber",
        "RemappedRows",
        "EccMode",
    ]:
        function = getattr(n, "nvmlDeviceGet" + ask)
        say(ask, lambda: str(function(device)).replace("\n", " "))
    say("temperature", lambda: n.nvmlDeviceGetTemperature(device, n.NVML_TEMPERATURE_GPU))
    say("temperature", lambda: n.nvmlDeviceGetTemperature(device, 42))
    say("clock", lambda: n.nvmlDeviceGetMaxClockInfo(device, n.NVML_CLOCK_SM))
    say("newer", lambda: n.nvmlDeviceGetGpuFabricInfoV(device, ctypes.byref(n.c_nvmlGpuFabricInfo_v3_t())))
say("none", lambda: n.nvmlDeviceGetHandleByIndex(99))
n.nvmlShutdown()
say("after", n.nvmlDeviceGetCount)
