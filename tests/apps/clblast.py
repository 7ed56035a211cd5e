"""pyclblast: BLAS routines of all three levels from libclblast (linked against the system's loader) on pyopencl arrays.

Each result is checked against numpy and the digest of its bits printed.
"""

import hashlib

import numpy as np
import pyclblast
import pyopencl as cl
import pyopencl.array as cla

context = cl.Context([cl.get_platforms()[0].get_devices()[0]])
queue = cl.CommandQueue(context)
print("device", queue.device.name)
rng = np.random.default_rng(17)


def there(*shape):
    a = rng.standard_normal(shape).astype(np.float32)
    return a, cla.to_device(queue, a)


def show(name, array, reference, tolerance=1e-4):
    queue.finish()
    result = array.get()
    error = float(np.max(np.abs(result - reference)) / np.max(np.abs(reference)))
    print(name, result.shape, result.dtype, hashlib.sha256(np.ascontiguousarray(result)).hexdigest()[:16])
    assert error < tolerance, f"{name}: relative error {error}"


n = 1024
x, dx = there(n)
y, dy = there(n)
pyclblast.axpy(queue, n, dx, dy, alpha=0.7)
show("axpy", dy, 0.7 * x + y)
pyclblast.scal(queue, n, dx, alpha=-2.5)
show("scal", dx, -2.5 * x)

m, k = 96, 80
a, da = there(m, k)
v, dv = there(k)
w, dw = there(m)
pyclblast.gemv(queue, m, k, da, dv, dw, a_ld=k, alpha=0.3, beta=1.5)
show("gemv", dw, 0.3 * (a @ v) + 1.5 * w)

for rows, inner, columns in [(64, 64, 64), (33, 57, 21), (128, 256, 192)]:
    a, da = there(rows, inner)
    b, db = there(inner, columns)
    c, dc = there(rows, columns)
    pyclblast.gemm(queue, rows, columns, inner, da, db, dc, a_ld=inner, b_ld=columns, c_ld=columns, alpha=1.0, beta=0.5)
    show(f"gemm {rows}x{inner}x{columns}", dc, a @ b + 0.5 * c)
