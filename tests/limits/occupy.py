#!/usr/bin/env python3
"""Occupies the first device as it is told, a line on standard input for each step, and answers with a numbered line.

    spin WHERE    a kernel that never ends, in one of the places below, and waits for it    "1: spin STATUS", as all that follow
    row MS        ten kernels of a stream, each of which takes so long
    hold MS       short kernels behind a value, an event and a function of the program that come after so long, and a copy
    record MS     what a stream records for so long, while a kernel of another one runs     "1: record STATUS NODES EDGES"
    leave WHAT    ends a context in which a kernel runs that never ends
    trap 0        a kernel that fails, and with it the context
    copy 0        a short copy
"""
import ctypes
import sys
import time
from ctypes import byref, c_char_p, c_size_t, c_uint, c_uint64, c_void_p

CODE = b""".version 7.0
.target sm_75
.address_size 64
.visible .entry nothing() { ret; }
.visible .entry trap() { trap; ret; }
.visible .entry spin() { again: bra again; }
.visible .entry until(.param .u64 word)
{
    .reg .b64 %rd<2>; .reg .b32 %r<2>; .reg .pred %p<2>;
    ld.param.u64 %rd1, [word];
again:
    ld.volatile.global.u32 %r1, [%rd1];
    setp.eq.u32 %p1, %r1, 0;
    @%p1 bra again;
    ret;
}
"""
# CU_STREAM_DEFAULT and CU_STREAM_NON_BLOCKING.
BLOCKING, NON_BLOCKING = 0, 1
WORDS = 10
cuda = ctypes.CDLL("libcuda.so.1")
FUNCTION = ctypes.CFUNCTYPE(None, c_void_p)


def call(name, *arguments):
    status = getattr(cuda, name)(*arguments)
    if status != 0:
        raise SystemExit(f"{name}: {status}")


def made(name, *arguments):
    place = c_void_p()
    call(name, byref(place), *arguments)
    return place


def kernels():
    """Those of the current context."""
    module = made("cuModuleLoadData", c_char_p(CODE))
    return {name: made("cuModuleGetFunction", module, name.encode()) for name in ("nothing", "trap", "spin", "until")}


def launch(kernel, stream=None, word=None, by="cuLaunchKernel"):
    at = c_uint64(address(word or 0))
    parameters = None if word is None else (c_void_p * 1)(ctypes.addressof(at))
    return getattr(cuda, by)(kernel, 1, 1, 1, 1, 1, 1, 0, stream, parameters, None)


def address(word):
    return pinned.value + 4 * word


def clear():
    for word in range(WORDS):
        words[word] = 0


def recorded(stream, give):
    """A graph of what a stream is given."""
    # CU_STREAM_CAPTURE_MODE_GLOBAL: others may not do what could disturb it.
    call("cuStreamBeginCapture_v2", stream, 0)
    give()
    graph = c_void_p()
    call("cuStreamEndCapture", stream, byref(graph))
    return graph


def spin(where):
    stream = made("cuStreamCreate", BLOCKING if where == "blocking" else NON_BLOCKING)
    if where == "legacy":
        launch(own["spin"])
    elif where == "thread":
        launch(own["spin"], by="cuLaunchKernel_ptsz")
    elif where == "graph":
        graph = recorded(stream, lambda: launch(own["spin"], stream))
        call("cuGraphLaunch", made("cuGraphInstantiateWithFlags", graph, c_uint64(0)), stream)
    elif where == "destroyed":
        launch(own["spin"], stream)
        call("cuStreamDestroy_v2", stream)
    elif where == "other":
        # Of another context than the current one.
        other = made("cuCtxCreate_v2", 0, 0)
        stream, spins = made("cuStreamCreate", NON_BLOCKING), kernels()["spin"]
        call("cuCtxSetCurrent", context)
        launch(spins, stream)
        call("cuCtxSetCurrent", other)
    else:
        launch(own["spin"], stream)
    return cuda.cuCtxSynchronize()


def row(ms):
    stream = made("cuStreamCreate", NON_BLOCKING)
    clear()
    status = sum(launch(own["until"], stream, word) for word in range(WORDS))
    for word in range(WORDS):
        time.sleep(float(ms) / 1000)
        words[word] = 1
    return status or cuda.cuStreamSynchronize(stream)


def hold(ms):
    first, second = made("cuStreamCreate", NON_BLOCKING), made("cuStreamCreate", NON_BLOCKING)
    third, event = made("cuStreamCreate", BLOCKING), made("cuEventCreate", 2)
    clear()
    # Until it is at least 1: CU_STREAM_WAIT_VALUE_GEQ.
    call("cuStreamWaitValue32_v2", first, c_uint64(address(0)), c_uint(1), c_uint(0))
    call("cuEventRecord", event, first)
    call("cuStreamWaitEvent", second, event, 0)
    call("cuLaunchHostFunc", third, sleeps, c_void_p(int(ms)))
    status = sum(launch(own["nothing"], stream) for stream in (first, second, third))
    # In the legacy stream, which waits for the third one.
    status |= copy(0)
    words[0] = 1
    return status or sum(cuda.cuStreamSynchronize(stream) for stream in (first, second, third))


def record(ms):
    stream, other = made("cuStreamCreate", NON_BLOCKING), made("cuStreamCreate", NON_BLOCKING)
    clear()
    launch(own["until"], other, 0)

    def give():
        call("cuMemsetD32Async", place, 7, c_size_t(1), stream)
        launch(own["nothing"], stream)
        time.sleep(float(ms) / 1000)
        launch(own["nothing"], stream)

    graph = recorded(stream, give)
    words[0] = 1
    nodes, edges = c_size_t(), c_size_t()
    call("cuGraphGetNodes", graph, None, byref(nodes))
    call("cuGraphGetEdges", graph, None, None, byref(edges))
    return f"{cuda.cuStreamSynchronize(other)} {nodes.value} {edges.value}"


def leave(what):
    if what == "own":
        other = made("cuCtxCreate_v2", 0, 0)
        launch(kernels()["spin"])
        return cuda.cuCtxDestroy_v2(other) or cuda.cuCtxSetCurrent(context)
    launch(own["spin"])
    call("cuDevicePrimaryCtxReset_v2", 0)
    begin()
    return 0


def trap(_):
    return launch(own["trap"]) or cuda.cuCtxSynchronize()


def copy(_):
    return cuda.cuMemcpyDtoH_v2(ctypes.create_string_buffer(4), place, c_size_t(4))


def begin():
    global context, own, pinned, words, place
    context = made("cuDevicePrimaryCtxRetain", 0)
    call("cuCtxSetCurrent", context)
    own, place = kernels(), c_uint64()
    call("cuMemAlloc_v2", byref(place), c_size_t(4))
    # CU_MEMHOSTALLOC_DEVICEMAP
    pinned = made("cuMemHostAlloc", c_size_t(4 * WORDS), 2)
    words = (c_uint * WORDS).from_address(pinned.value)


sleeps = FUNCTION(lambda ms: time.sleep(ms / 1000))
call("cuInit", 0)
begin()
print("ready", flush=True)
for step, line in enumerate(sys.stdin, 1):
    what, how = line.split()
    print(f"{step}:", what, globals()[what](how), flush=True)
