"""One process, three APIs: a session with each, used by turns, by threads and by a forked child.

three_apis.py MODEL: SOFTHSM2_CONF names a token store.
"""

import ctypes as c
import os
import sys
import threading

opencl = c.CDLL("libOpenCL.so.1")
tflite = c.CDLL("libtensorflowlite_c.so")
pkcs11 = c.CDLL("libsofthsm2.so")
p = c.c_void_p


def declare(library, name, result, *arguments):
    function = getattr(library, name)
    function.restype, function.argtypes = result, arguments
    return function


def platforms():
    count = c.c_uint32()
    assert opencl.clGetPlatformIDs(0, None, c.byref(count)) == 0
    return count.value


create_model = declare(tflite, "TfLiteModelCreateFromFile", p, c.c_char_p)
create = declare(tflite, "TfLiteInterpreterCreate", p, p, p)
allocate = declare(tflite, "TfLiteInterpreterAllocateTensors", c.c_int, p)
invoke = declare(tflite, "TfLiteInterpreterInvoke", c.c_int, p)
get_input = declare(tflite, "TfLiteInterpreterGetInputTensor", p, p, c.c_int32)
get_output = declare(tflite, "TfLiteInterpreterGetOutputTensor", p, p, c.c_int32)
data = declare(tflite, "TfLiteTensorData", p, p)
delete = declare(tflite, "TfLiteInterpreterDelete", None, p)


def infer(model, numbers):
    interpreter = create(model, None)
    assert allocate(interpreter) == 0
    c.memmove(data(get_input(interpreter, 0)), (c.c_float * 4)(*numbers), 16)
    assert invoke(interpreter) == 0
    result = list((c.c_float * 3).from_address(data(get_output(interpreter, 0))))
    delete(interpreter)
    return result


class Token:
    """The first functions of CK_FUNCTION_LIST, by their place in it."""

    def __init__(self):
        functions = p()
        assert pkcs11.C_GetFunctionList(c.byref(functions)) == 0
        self.list = c.cast(functions, c.POINTER(p))

    def call(self, place, *arguments):
        return c.CFUNCTYPE(c.c_ulong, *[p] * len(arguments))(self.list[1 + place])(*arguments)

    def slots(self):
        count = c.c_ulong()
        assert self.call(4, 1, None, c.addressof(count)) == 0
        return count.value


def use_all(name, model):
    token = Token()
    print(name, "PKCS#11 before C_Initialize:", token.call(2, c.addressof(c.create_string_buffer(88))))
    assert token.call(0, None) == 0
    for i in range(3):
        print(name, platforms(), infer(model, [i, 2, 3, 4]), token.slots())
    assert token.call(1, None) == 0


def main():
    path = sys.argv[1].encode()
    model = create_model(path)
    use_all("parent", model)
    results = []
    threads = [threading.Thread(target=lambda: results.append((platforms(), infer(model, [1, 2, 3, 4])))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print("threads", results)
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        # Nothing of the parent's is used: the vendors' libraries do not promise that it could be.
        use_all("child", create_model(path))
        sys.stdout.flush()
        os._exit(0)
    print("child", os.waitpid(child, 0)[1])


main()
