"""pyopencl arrays: many short elementwise kernels, an array made for each result, a reduction now and then.

Shows what programs in Python pay: each operation is a few calls, most of them between long stretches of Python.

    arrays.py [STEPS]      (4000)

numpy computes the same; the digest of the result's bits is printed.
"""

import hashlib
import sys

import numpy as np
import pyopencl as cl
import pyopencl.array as cla

steps = int(sys.argv[1]) if len(sys.argv) > 1 else 4000
context = cl.Context([cl.get_platforms()[0].get_devices()[0]])
queue = cl.CommandQueue(context)
here = np.arange(4096, dtype=np.uint32)
there = cla.to_device(queue, here)
for step in range(steps):
    there = there * np.uint32(1664525) + np.uint32(step)
    here = here * np.uint32(1664525) + np.uint32(step)
    if step % 100 == 0:
        assert int(cla.sum(there).get()) == int(here.sum(dtype=np.uint32)), f"step {step}"
result = there.get()
assert (result == here).all()
print("checksum", hashlib.sha256(result).hexdigest()[:16])
