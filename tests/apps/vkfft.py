"""pyvkfft: VkFFT generates its kernels at run time and is linked against the system's libOpenCL.so.1, while the buffers
come from pyopencl, whose wheel links a loader of its own: both must reach the same implementation.

Each transform is checked against numpy and the digest of its bits printed.
"""

import hashlib

import numpy as np
import pyopencl as cl
import pyopencl.array as cla
from pyvkfft.fft import fftn, ifftn, rfftn
from pyvkfft.opencl import VkFFTApp

context = cl.Context([cl.get_platforms()[0].get_devices()[0]])
queue = cl.CommandQueue(context)
print("device", queue.device.name)
rng = np.random.default_rng(13)


def show(name, result, reference, tolerance=1e-4):
    error = float(np.max(np.abs(result - reference)) / np.max(np.abs(reference)))
    print(name, result.shape, result.dtype, hashlib.sha256(np.ascontiguousarray(result)).hexdigest()[:16])
    assert error < tolerance, f"{name}: relative error {error}"


for shape in [(1024,), (15, 21, 20)]:
    a = (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)).astype(np.complex64)
    there = cla.to_device(queue, a)
    forward = fftn(there)
    show(f"fftn {shape}", forward.get(), np.fft.fftn(a))
    show(f"ifftn {shape}", ifftn(forward).get(), a)

r = rng.standard_normal((32, 48)).astype(np.float32)
show("rfftn", rfftn(cla.to_device(queue, r)).get(), np.fft.rfftn(r))

if "cl_khr_fp64" in queue.device.extensions:
    d = rng.standard_normal((40, 50)) + 1j * rng.standard_normal((40, 50))
    there = cla.to_device(queue, d)
    app = VkFFTApp(d.shape, d.dtype, queue=queue, ndim=2, inplace=True)
    app.fft(there)
    show("double, in place", there.get(), np.fft.fft2(d), 1e-12)
