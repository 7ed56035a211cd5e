"""Cases of a script: each computes with a library, and says what the library's results are; the host's numpy judges them."""

import hashlib
import os
import sys
import traceback

import numpy

ALL = []


def case(body):
    """Registers a case: a function that checks results, and returns those to be told, as arrays or texts."""
    ALL.append(body)
    return body


def same(got, wanted, relative=0.0, absolute=0.0):
    """`got`, which has to be what the host computes."""
    got, wanted = numpy.asarray(got), numpy.asarray(wanted)
    assert got.shape == wanted.shape, f"{got.shape}, not {wanted.shape}"
    assert got.dtype == wanted.dtype, f"{got.dtype}, not {wanted.dtype}"
    if relative or absolute:
        numpy.testing.assert_allclose(got, wanted, rtol=relative, atol=absolute)
    else:
        numpy.testing.assert_array_equal(got, wanted)
    return got


def refused(error, body):
    """What an error says, which `body` has to raise."""
    try:
        body()
    except error as why:
        return f"{type(why).__name__}: {str(why).splitlines()[0]}"
    raise AssertionError(f"no {error.__name__}")


def digest(value):
    if isinstance(value, tuple):
        return " ".join(digest(one) for one in value)
    if isinstance(value, numpy.ndarray):
        return hashlib.sha256(numpy.ascontiguousarray(value).tobytes()).hexdigest()[:16]
    return str(value)


def main():
    """Runs all cases, or those that are named: a line for each."""
    wrong = 0
    for body in ALL:
        if len(sys.argv) > 1 and body.__name__ not in sys.argv[1:]:
            continue
        try:
            print(f"{body.__name__} {digest(body())}", flush=True)
        except Exception as why:  # noqa: BLE001: each case for itself
            wrong += 1
            print(f"{body.__name__} WRONG {type(why).__name__}: {str(why).strip().splitlines()[:1]}", flush=True)
            if os.environ.get("VERBOSE"):
                traceback.print_exc()
    print("right" if wrong == 0 else f"{wrong} wrong")
    sys.exit(wrong != 0)
