#!/usr/bin/env python3
"""Writes the models of the TensorFlow Lite tests: models.py DIRECTORY.

Each is a few operators with weights by formula; the bytes are the same from run to run. The packages `flatbuffers` and
`tflite` (the schema) are all it takes, besides numpy.

    fc         y[1,3] = relu(x[1,4] W + b)
    add        y = x + x, whose first dimension is free
    fcq        int8, one scale for each tensor; what fc computes, without relu
    convq      int8 convolution, one scale for each output channel
    conv       a small image network: convolution, pooling, depthwise convolution, fully connected, softmax
    dynamic    UNIQUE: the shape of its output is known after Invoke
    camera       an image of 600 kB in and out, about a millisecond of convolution
    camera_deep  the same, about ten
    divides    FLOOR_DIV of int32: by zero fails in Invoke
    strings    GATHER of strings
    variable   SVDF: keeps a state between invocations
    signature  two inputs and two outputs with names of their own
    many       a thousand tensors with long names, and one with as many scales as a large embedding has rows
    notflat    no model at all
    truncated  the first half of fc
    huge       asks for a tensor of 2^40 bytes: 2.9 aborts in AllocateTensors, 2.17 maps it
    aborts     DIV of int32: by zero is SIGFPE in both versions
"""

import pathlib
import sys

import flatbuffers
import numpy as np
import tflite
from tflite import BuiltinOperator as Op
from tflite import TensorType as Type

NUMPY = {Type.FLOAT32: np.float32, Type.INT8: np.int8, Type.INT32: np.int32}
RELU = 1
SAME = 0


def ramp(shape, scale):
    """Weights by formula: small, of both signs, none equal to its neighbour."""
    count = int(np.prod(shape))
    return (((np.arange(count) * 7) % 11 - 5) * scale).astype(np.float32).reshape(shape)


class Model:
    """One subgraph; tensors and operators are added in order, `bytes` ends it."""

    def __init__(self):
        self.builder = flatbuffers.Builder(4096)
        self.buffers = [b""]
        self.tensors, self.operators, self.codes, self.signatures = [], [], [], []

    def table(self, name, **fields):
        """A table of the schema with these fields, which are offsets or scalars."""
        getattr(tflite, f"{name}Start")(self.builder)
        for field, value in fields.items():
            if value is not None:
                getattr(tflite, f"{name}Add{field}")(self.builder, value)
        return getattr(tflite, f"{name}End")(self.builder)

    def numbers(self, values, kind=np.int32):
        return self.builder.CreateNumpyVector(np.array(values, dtype=kind))

    def offsets(self, offsets):
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return self.builder.EndVector()

    def quantization(self, scales, zero_points, dimension=0):
        return self.table(
            "QuantizationParameters",
            Scale=self.numbers(scales, np.float32),
            ZeroPoint=self.numbers(zero_points, np.int64),
            QuantizedDimension=dimension,
        )

    def tensor(self, name, shape, kind=Type.FLOAT32, data=None, quantization=None, free_rows=False, variable=None):
        """Adds a tensor, constant if it has data; its index."""
        buffer = 0
        if data is not None:
            self.buffers.append(np.asarray(data, dtype=NUMPY[kind]).tobytes())
            buffer = len(self.buffers) - 1
        signature = self.numbers([-1, *shape[1:]]) if free_rows else None
        self.tensors.append(
            self.table(
                "Tensor",
                Name=self.builder.CreateString(name),
                Shape=self.numbers(shape),
                Type=kind,
                Buffer=buffer,
                Quantization=quantization,
                ShapeSignature=signature,
                IsVariable=variable,
            )
        )
        return len(self.tensors) - 1

    def operator(self, code, inputs, outputs, options, version=1, **fields):
        """Adds an operator whose options are the table `options` with these fields."""
        if (code, version) not in self.codes:
            self.codes.append((code, version))
        self.operators.append(
            self.table(
                "Operator",
                OpcodeIndex=self.codes.index((code, version)),
                Inputs=self.numbers(inputs),
                Outputs=self.numbers(outputs),
                BuiltinOptionsType=getattr(tflite.BuiltinOptions, options),
                BuiltinOptions=self.table(options, **fields),
            )
        )

    def signature(self, key, inputs, outputs):
        """Names for tensors: {name: index} each way."""

        def names(tensors):
            maps = [
                self.table("TensorMap", Name=self.builder.CreateString(name), TensorIndex=index)
                for name, index in tensors.items()
            ]
            return self.offsets(maps)

        self.signatures.append(
            self.table(
                "SignatureDef",
                Inputs=names(inputs),
                Outputs=names(outputs),
                SignatureKey=self.builder.CreateString(key),
                SubgraphIndex=0,
            )
        )

    def buffer(self, data):
        vector = None
        if data:
            # Kernels read constants in place, and want them aligned.
            self.builder.StartVector(1, len(data), 16)
            self.builder.head -= len(data)
            self.builder.Bytes[self.builder.head : self.builder.head + len(data)] = data
            vector = self.builder.EndVector()
        return self.table("Buffer", Data=vector)

    def bytes(self, inputs, outputs):
        subgraph = self.table(
            "SubGraph",
            Tensors=self.offsets(self.tensors),
            Inputs=self.numbers(inputs),
            Outputs=self.numbers(outputs),
            Operators=self.offsets(self.operators),
            Name=self.builder.CreateString("main"),
        )
        codes = [
            self.table("OperatorCode", DeprecatedBuiltinCode=min(code, 127), BuiltinCode=code, Version=version)
            for code, version in self.codes
        ]
        model = self.table(
            "Model",
            Version=3,
            OperatorCodes=self.offsets(codes),
            Subgraphs=self.offsets([subgraph]),
            Description=self.builder.CreateString("made by tests/tflite/models.py"),
            Buffers=self.offsets([self.buffer(data) for data in self.buffers]),
            SignatureDefs=self.offsets(self.signatures) if self.signatures else None,
        )
        self.builder.Finish(model, b"TFL3")
        return bytes(self.builder.Output())


def fc():
    m = Model()
    x = m.tensor("x", [1, 4])
    w = m.tensor("w", [3, 4], data=[[1, 2, 3, 4], [-1, -2, -3, -4], [0.5, 0.5, 0.5, 0.5]])
    b = m.tensor("b", [3], data=[0.25, 0.25, -1])
    y = m.tensor("y", [1, 3])
    m.operator(Op.FULLY_CONNECTED, [x, w, b], [y], "FullyConnectedOptions", FusedActivationFunction=RELU)
    return m.bytes([x], [y])


def add():
    m = Model()
    x = m.tensor("x", [1, 4], free_rows=True)
    y = m.tensor("y", [1, 4], free_rows=True)
    m.operator(Op.ADD, [x, x], [y], "AddOptions")
    return m.bytes([x], [y])


def fcq():
    m = Model()
    weights = [[1, 2, 3, 4], [-1, -2, -3, -4], [10, 10, 10, 10]]
    x = m.tensor("x", [1, 4], Type.INT8, quantization=m.quantization([0.5], [0]))
    w = m.tensor("w", [3, 4], Type.INT8, weights, m.quantization([0.25], [0]))
    b = m.tensor("b", [3], Type.INT32, [4, 4, 0], m.quantization([0.125], [0]))
    y = m.tensor("y", [1, 3], Type.INT8, quantization=m.quantization([0.5], [-1]))
    m.operator(Op.FULLY_CONNECTED, [x, w, b], [y], "FullyConnectedOptions", version=4)
    return m.bytes([x], [y])


def convq():
    m = Model()
    scales = [0.5, 0.25, 0.125]
    weights = [[[[c + 1, -c], [2, c]], [[-1, 3], [c, 1]]] for c in range(3)]
    x = m.tensor("x", [1, 3, 3, 2], Type.INT8, quantization=m.quantization([0.5], [2]))
    w = m.tensor("w", [3, 2, 2, 2], Type.INT8, weights, m.quantization(scales, [0, 0, 0]))
    b = m.tensor("b", [3], Type.INT32, [8, -8, 16], m.quantization([0.5 * s for s in scales], [0, 0, 0]))
    y = m.tensor("y", [1, 3, 3, 3], Type.INT8, quantization=m.quantization([1.0], [-3]))
    m.operator(Op.CONV_2D, [x, w, b], [y], "Conv2DOptions", version=3, Padding=SAME, StrideW=1, StrideH=1,
               DilationWFactor=1, DilationHFactor=1)  # fmt: skip
    return m.bytes([x], [y])


def conv():
    m = Model()
    image = m.tensor("image", [1, 8, 8, 1])
    w1 = m.tensor("w1", [4, 3, 3, 1], data=ramp([4, 3, 3, 1], 0.125))
    b1 = m.tensor("b1", [4], data=[0.5, -0.25, 0, 0.125])
    c1 = m.tensor("c1", [1, 8, 8, 4])
    p1 = m.tensor("p1", [1, 4, 4, 4])
    w2 = m.tensor("w2", [1, 3, 3, 4], data=ramp([1, 3, 3, 4], 0.0625))
    b2 = m.tensor("b2", [4], data=[0, 0.5, -0.5, 0.25])
    d2 = m.tensor("d2", [1, 4, 4, 4])
    shape = m.tensor("shape", [2], Type.INT32, [1, 64])
    flat = m.tensor("flat", [1, 64])
    w3 = m.tensor("w3", [10, 64], data=ramp([10, 64], 0.03125))
    b3 = m.tensor("b3", [10], data=ramp([10], 0.25))
    logits = m.tensor("logits", [1, 10])
    classes = m.tensor("classes", [1, 10])
    m.operator(Op.CONV_2D, [image, w1, b1], [c1], "Conv2DOptions", Padding=SAME, StrideW=1, StrideH=1,
               DilationWFactor=1, DilationHFactor=1, FusedActivationFunction=RELU)  # fmt: skip
    m.operator(Op.MAX_POOL_2D, [c1], [p1], "Pool2DOptions", Padding=SAME, StrideW=2, StrideH=2, FilterWidth=2,
               FilterHeight=2)  # fmt: skip
    m.operator(Op.DEPTHWISE_CONV_2D, [p1, w2, b2], [d2], "DepthwiseConv2DOptions", Padding=SAME, StrideW=1, StrideH=1,
               DepthMultiplier=1, DilationWFactor=1, DilationHFactor=1)  # fmt: skip
    m.operator(Op.RESHAPE, [d2, shape], [flat], "ReshapeOptions")
    m.operator(Op.FULLY_CONNECTED, [flat, w3, b3], [logits], "FullyConnectedOptions")
    m.operator(Op.SOFTMAX, [logits], [classes], "SoftmaxOptions", Beta=1.0)
    return m.bytes([image], [classes])


def images(layers):
    """Depthwise convolutions of an image of 224 by 224 float pixels of three colours: 602,112 bytes."""
    m = Model()
    x = first = m.tensor("camera", [1, 224, 224, 3])
    for layer in range(layers):
        w = m.tensor(f"w{layer}", [1, 3, 3, 3], data=ramp([1, 3, 3, 3], 0.0625))
        b = m.tensor(f"b{layer}", [3], data=[0, 0.5, -0.5])
        y = m.tensor(f"layer{layer}", [1, 224, 224, 3])
        m.operator(Op.DEPTHWISE_CONV_2D, [x, w, b], [y], "DepthwiseConv2DOptions", Padding=SAME, StrideW=1, StrideH=1,
                   DepthMultiplier=1, DilationWFactor=1, DilationHFactor=1)  # fmt: skip
        x = y
    return m.bytes([first], [x])


def camera():
    return images(1)


def camera_deep():
    return images(10)


def dynamic():
    m = Model()
    x = m.tensor("x", [8])
    values = m.tensor("values", [0])
    indices = m.tensor("indices", [8], Type.INT32)
    m.operator(Op.UNIQUE, [x], [values, indices], "UniqueOptions", IdxOutType=Type.INT32)
    return m.bytes([x], [values, indices])


def strings():
    m = Model()
    words = m.tensor("words", [3], Type.STRING)
    which = m.tensor("which", [2], Type.INT32)
    chosen = m.tensor("chosen", [2], Type.STRING)
    m.operator(Op.GATHER, [words, which], [chosen], "GatherOptions", version=3)
    return m.bytes([words, which], [chosen])


def variable():
    units, memory = 2, 3
    m = Model()
    x = m.tensor("x", [1, 2])
    feature = m.tensor("feature", [units, 2], data=[[1, 0.5], [-1, 2]])
    time = m.tensor("time", [units, memory], data=[[0.25, 0.5, 1], [1, 1, 1]])
    bias = m.tensor("bias", [units], data=[0, 0.5])
    state = m.tensor("state", [1, units * memory], variable=True)
    y = m.tensor("y", [1, units])
    m.operator(Op.SVDF, [x, feature, time, bias, state], [y], "SVDFOptions", Rank=1)
    return m.bytes([x], [y])


def signature():
    m = Model()
    a = m.tensor("serving_a:0", [1, 4], free_rows=True)
    b = m.tensor("serving_b:0", [1, 4], free_rows=True)
    total = m.tensor("call:0", [1, 4], free_rows=True)
    product = m.tensor("call:1", [1, 4], free_rows=True)
    m.operator(Op.ADD, [a, b], [total], "AddOptions")
    m.operator(Op.MUL, [a, b], [product], "MulOptions")
    m.signature("serving_default", {"left": a, "right": b}, {"sum": total, "product": product})
    return m.bytes([a, b], [total, product])


def many():
    rows = 40000
    m = Model()
    x = first = m.tensor("x", [1, 4], free_rows=True)
    for i in range(1000):
        y = m.tensor(f"a/tensor/with/a/name/as/long/as/those/that/converters/make/of/scopes/{i}", [1, 4], free_rows=True)
        m.operator(Op.ADD, [x, first], [y], "AddOptions")
        x = y
    scales = m.quantization([0.5 + row / 65536 for row in range(rows)], [0] * rows)
    m.tensor("rows", [rows, 1], Type.INT8, np.arange(rows) % 100, scales)
    return m.bytes([first], [x])


def huge():
    m = Model()
    x = m.tensor("x", [1 << 20, 1 << 18])
    y = m.tensor("y", [1 << 20, 1 << 18])
    m.operator(Op.ADD, [x, x], [y], "AddOptions")
    return m.bytes([x], [y])


def quotient(code, options):
    m = Model()
    a = m.tensor("a", [1, 4], Type.INT32)
    b = m.tensor("b", [1, 4], Type.INT32)
    y = m.tensor("y", [1, 4], Type.INT32)
    m.operator(code, [a, b], [y], options)
    return m.bytes([a, b], [y])


def divides():
    return quotient(Op.FLOOR_DIV, "FloorDivOptions")


def aborts():
    return quotient(Op.DIV, "DivOptions")


def notflat():
    return b"This is no model, whatever its name says.\n" * 8


def truncated():
    whole = fc()
    return whole[: len(whole) // 2]


def main():
    if len(sys.argv) != 2:
        sys.exit(f"usage: {sys.argv[0]} DIRECTORY")
    directory = pathlib.Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    makers = [fc, add, fcq, convq, conv, camera, camera_deep, dynamic, divides, strings, variable, signature]
    makers += [many, notflat, truncated, huge, aborts]
    for maker in makers:
        (directory / f"{maker.__name__}.tflite").write_bytes(maker())


if __name__ == "__main__":
    main()
