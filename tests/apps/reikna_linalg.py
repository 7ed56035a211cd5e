"""reikna: its FFT, matrix product, reduction and counter-based random numbers, on pyopencl.

Each result is checked against numpy within a tolerance and its digest printed: equal digests mean equal bits.
"""

import hashlib

import numpy as np
import reikna.cluda as cluda
from reikna.algorithms import Reduce, predicate_sum
from reikna.cbrng import CBRNG
from reikna.fft import FFT
from reikna.linalg import MatrixMul

api = cluda.ocl_api()
thread = api.Thread.create()
print("device", thread._device.name)
rng = np.random.default_rng(11)


def show(name, result, reference, tolerance=1e-4):
    error = float(np.max(np.abs(result - reference)) / max(1.0, float(np.max(np.abs(reference)))))
    print(name, result.shape, result.dtype, hashlib.sha256(np.ascontiguousarray(result)).hexdigest()[:16])
    assert error < tolerance, f"{name}: relative error {error}"


signal = (rng.standard_normal((8, 1024)) + 1j * rng.standard_normal((8, 1024))).astype(np.complex64)
fft = FFT(signal, axes=(1,)).compile(thread)
there = thread.to_device(signal)
fft(there, there)
show("fft", there.get(), np.fft.fft(signal, axis=1))
fft(there, there, inverse=True)
show("inverse fft", there.get(), signal)

a = rng.standard_normal((96, 160)).astype(np.float32)
b = rng.standard_normal((160, 64)).astype(np.float32)
product = thread.empty_like(np.empty((96, 64), np.float32))
MatrixMul(a, b, out_arr=product).compile(thread)(product, thread.to_device(a), thread.to_device(b))
show("matrix product", product.get(), a @ b)

whole = rng.integers(0, 1000, (300, 200)).astype(np.int64)
total = Reduce(whole, predicate_sum(np.int64), axes=(1,)).compile(thread)
sums = thread.empty_like(total.parameter.output)
total(sums, thread.to_device(whole))
show("reduce", sums.get().reshape(-1), whole.sum(axis=1))

numbers = thread.empty_like(np.empty((64, 64), np.uint32))
random = CBRNG.uniform_integer(numbers, 1, sampler_kwds={"low": 0, "high": 1 << 20}, seed=123)
counters = thread.to_device(random.create_counters())
random.compile(thread)(counters, numbers)
drawn = numbers.get()
assert drawn.max() < 1 << 20
show("random", drawn, drawn)
