#!/usr/bin/env python3
"""TensorFlow Lite from Python without a wrapper: ctypes_client.py LIBRARY MODELS.

LIBRARY is a path or a name that the loader finds; MODELS the directory that models.py filled.
"""

import ctypes as c
import pathlib
import sys

POINTER = c.c_void_p
PROTOTYPES = {
    "TfLiteVersion": (c.c_char_p, []),
    "TfLiteModelCreateFromFile": (POINTER, [c.c_char_p]),
    "TfLiteModelDelete": (None, [POINTER]),
    "TfLiteInterpreterCreate": (POINTER, [POINTER, POINTER]),
    "TfLiteInterpreterDelete": (None, [POINTER]),
    "TfLiteInterpreterAllocateTensors": (c.c_int, [POINTER]),
    "TfLiteInterpreterGetInputTensor": (POINTER, [POINTER, c.c_int32]),
    "TfLiteInterpreterGetOutputTensor": (POINTER, [POINTER, c.c_int32]),
    "TfLiteInterpreterInvoke": (c.c_int, [POINTER]),
    "TfLiteTensorData": (POINTER, [POINTER]),
    "TfLiteTensorName": (c.c_char_p, [POINTER]),
    "TfLiteTensorByteSize": (c.c_size_t, [POINTER]),
    "TfLiteTensorCopyFromBuffer": (c.c_int, [POINTER, POINTER, c.c_size_t]),
}


def load(path):
    library = c.CDLL(path)
    for name, (result, arguments) in PROTOTYPES.items():
        function = getattr(library, name)
        function.restype = result
        function.argtypes = arguments
    return library


def run(library, model, inputs, count):
    """Copies the inputs into input 0, invokes, and reads `count` floats of output 0 in place."""
    handle = library.TfLiteModelCreateFromFile(str(model).encode())
    interpreter = library.TfLiteInterpreterCreate(handle, None)
    assert library.TfLiteInterpreterAllocateTensors(interpreter) == 0
    x = library.TfLiteInterpreterGetInputTensor(interpreter, 0)
    values = (c.c_float * len(inputs))(*inputs)
    assert library.TfLiteTensorByteSize(x) == c.sizeof(values)
    assert library.TfLiteTensorCopyFromBuffer(x, values, c.sizeof(values)) == 0
    assert library.TfLiteInterpreterInvoke(interpreter) == 0
    y = library.TfLiteInterpreterGetOutputTensor(interpreter, 0)
    outputs = list(c.cast(library.TfLiteTensorData(y), c.POINTER(c.c_float * count)).contents)
    print(f"{model.stem} {library.TfLiteTensorName(x).decode()} -> {library.TfLiteTensorName(y).decode()}", outputs)
    library.TfLiteInterpreterDelete(interpreter)
    library.TfLiteModelDelete(handle)


def main():
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} LIBRARY MODELS")
    library = load(sys.argv[1])
    models = pathlib.Path(sys.argv[2])
    print("version", library.TfLiteVersion().decode())
    run(library, models / "fc.tflite", [1, 2, 3, 4], 3)
    run(library, models / "conv.tflite", [(i * 5 % 13) / 8 for i in range(64)], 10)
    print("no model:", library.TfLiteModelCreateFromFile(str(models / "missing.tflite").encode()))


if __name__ == "__main__":
    main()
