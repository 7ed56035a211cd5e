"""What driver 535 (CUDA 12.2) was seen to find by name, version and flags, compared with what this driver finds.

The file beside this one has a line for each name and version that cudaTypedefs.h has: the symbol that is found, and the one
that is found for per-thread default streams; `unknown`, or `later` for what came with a later version. A newer driver also
has what came after 12.2, so that only older versions are compared.
"""
import ctypes
import pathlib
import sys

NEWEST = 12020
WHY = {1: "unknown", 2: "later"}

cuda = ctypes.CDLL("libcuda.so.1")


def address(symbol):
    return ctypes.cast(getattr(cuda, symbol), ctypes.c_void_p).value


def found(name, version, flags, wanted):
    """The wanted symbol if it is found, or what is found in its place."""
    place, why = ctypes.c_void_p(1), ctypes.c_int(-1)
    status = cuda.cuGetProcAddress_v2(name.encode(), ctypes.byref(place), version, ctypes.c_uint64(flags), ctypes.byref(why))
    if status:
        return f"status {status}"
    if why.value:
        return WHY[why.value] if place.value is None else "an address, and no success"
    if wanted in WHY.values():
        return "something"
    return wanted if place.value == address(wanted) else "another function"


compared = wrong = 0
for line in (pathlib.Path(__file__).parent / "lookups-535.txt").read_text().splitlines():
    name, version, symbol, twin = line.split()
    if int(version) > NEWEST:
        continue
    for flags, wanted in (0, symbol), (1, symbol), (2, twin):
        compared += 1
        got = found(name, int(version), flags, wanted)
        if got != wanted:
            wrong += 1
            print(f"{name} {version} flags {flags}: {got}, not {wanted}")
print(f"{compared} compared, {wrong} wrong")
sys.exit(wrong > 0)
