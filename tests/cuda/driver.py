#!/usr/bin/env python3
"""The driver's functions without a wrapper: Python opens libcuda.so.1 itself. Prints what it computes."""
import ctypes
from ctypes import byref, c_char_p, c_float, c_int, c_size_t, c_uint, c_uint64, c_void_p

TEXT = b"""
.version 6.0
.target sm_50
.address_size 64
.visible .entry saxpy(.param .f32 a, .param .u64 x, .param .u64 y, .param .u32 count)
{
    .reg .pred %p<2>;
    .reg .f32 %f<5>;
    .reg .b32 %r<6>;
    .reg .b64 %rd<8>;
    ld.param.f32 %f1, [a];
    ld.param.u64 %rd1, [x];
    ld.param.u64 %rd2, [y];
    ld.param.u32 %r1, [count];
    mov.u32 %r2, %ctaid.x;
    mov.u32 %r3, %ntid.x;
    mov.u32 %r4, %tid.x;
    mad.lo.s32 %r5, %r2, %r3, %r4;
    setp.ge.u32 %p1, %r5, %r1;
    @%p1 bra done;
    cvta.to.global.u64 %rd3, %rd1;
    cvta.to.global.u64 %rd4, %rd2;
    mul.wide.u32 %rd5, %r5, 4;
    add.s64 %rd6, %rd3, %rd5;
    add.s64 %rd7, %rd4, %rd5;
    ld.global.f32 %f2, [%rd6];
    ld.global.f32 %f3, [%rd7];
    fma.rn.f32 %f4, %f1, %f2, %f3;
    st.global.f32 [%rd7], %f4;
done:
    ret;
}
"""

cuda = ctypes.CDLL("libcuda.so.1")


def call(name, *arguments):
    """Calls the function, which has to succeed."""
    status = getattr(cuda, name)(*arguments)
    if status != 0:
        text = c_char_p()
        cuda.cuGetErrorName(status, byref(text))
        raise SystemExit(f"{name}: {status} {text.value}")


def status(name, *arguments):
    """Calls the function, and prints its status."""
    print(f"{name}: {getattr(cuda, name)(*arguments)}")


def main():
    status("cuCtxSynchronize")
    device, context, module, saxpy = c_int(), c_void_p(), c_void_p(), c_void_p()
    stream, start, end = c_void_p(), c_void_p(), c_void_p()
    call("cuInit", 0)
    call("cuDeviceGet", byref(device), 0)
    call("cuCtxCreate_v2", byref(context), 0, device)
    call("cuModuleLoadData", byref(module), TEXT)
    call("cuModuleGetFunction", byref(saxpy), module, b"saxpy")
    call("cuStreamCreate", byref(stream), 1)
    call("cuEventCreate", byref(start), 0)
    call("cuEventCreate", byref(end), 0)

    count = 1000
    x = (c_float * count)(*range(count))
    y = (c_float * count)(*(1000 - i for i in range(count)))
    on_x, on_y = c_uint64(), c_uint64()
    for at, values in (on_x, x), (on_y, y):
        call("cuMemAlloc_v2", byref(at), c_size_t(ctypes.sizeof(values)))
        call("cuMemcpyHtoD_v2", at, values, c_size_t(ctypes.sizeof(values)))
    values = c_float(2.5), on_x, on_y, c_uint(count)
    addresses = (c_void_p * 4)(*(ctypes.addressof(value) for value in values))
    call("cuEventRecord", start, stream)
    call("cuLaunchKernel", saxpy, 4, 1, 1, 256, 1, 1, 0, stream, addresses, None)
    call("cuEventRecord", end, stream)
    call("cuStreamSynchronize", stream)
    call("cuMemcpyDtoH_v2", y, on_y, c_size_t(ctypes.sizeof(y)))
    assert list(y) == [2.5 * i + 1000 - i for i in range(count)]
    print("last:", y[count - 1], "sum:", sum(y))
    milliseconds = c_float(-1)
    call("cuEventElapsedTime", byref(milliseconds), start, end)
    assert milliseconds.value >= 0

    missing = c_void_p()
    status("cuModuleGetFunction", byref(missing), module, b"missing")
    status("cuMemAlloc_v2", byref(on_x), c_size_t(0))
    status("cuLaunchKernel", saxpy, 1, 1, 1, 2000, 1, 1, 0, stream, addresses, None)
    for name, handle in ("cuMemFree_v2", on_x), ("cuMemFree_v2", on_y), ("cuStreamDestroy_v2", stream), \
            ("cuEventDestroy_v2", start), ("cuModuleUnload", module), ("cuCtxDestroy_v2", context):
        call(name, handle)
    status("cuCtxSynchronize")
    print("right")


main()
