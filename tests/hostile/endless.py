"""Waits for a kernel that never ends."""

import ctypes

PTX = b""".version 7.0
.target sm_75
.address_size 64
.visible .entry spin()
{
again:
    bra again;
}
"""
driver = ctypes.CDLL("libcuda.so.1")


def call(name, *arguments):
    status = getattr(driver, name)(*arguments)
    assert status == 0, f"{name}: {status}"


context, module, function = ctypes.c_void_p(), ctypes.c_void_p(), ctypes.c_void_p()
call("cuInit", 0)
call("cuDevicePrimaryCtxRetain", ctypes.byref(context), 0)
call("cuCtxSetCurrent", context)
call("cuModuleLoadData", ctypes.byref(module), PTX)
call("cuModuleGetFunction", ctypes.byref(function), module, b"spin")
call("cuLaunchKernel", function, 1, 1, 1, 1, 1, 1, 0, None, None, None)
print("waiting", flush=True)
call("cuCtxSynchronize")
