"""OpenCV's transparent API: filters, geometry, arithmetic and reductions on UMat.

OpenCV opens libOpenCL.so.1 with dlopen. It prefers GPUs; OPENCV_OPENCL_DEVICE asks for the CPU devices of PoCL and
Intel. Prints one line per operation: its name and the digest of the result's bytes, which are equal from run to run.
"""

import hashlib
import os

os.environ.setdefault("OPENCV_OPENCL_DEVICE", ":CPU:")
os.environ.setdefault("OPENCV_OPENCL_CACHE_ENABLE", "0")

import cv2
import numpy as np

assert cv2.ocl.haveOpenCL(), "OpenCV finds no OpenCL"
cv2.ocl.setUseOpenCL(True)
assert cv2.ocl.useOpenCL(), "OpenCV does not use OpenCL"
device = cv2.ocl.Device.getDefault()
print("device", device.vendorName(), device.name(), device.version(), device.maxComputeUnits())

rng = np.random.default_rng(7)
picture = cv2.UMat(rng.integers(0, 256, (480, 640, 3), dtype=np.uint8))
grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
real = cv2.UMat(rng.standard_normal((256, 256), dtype=np.float32))
turn = cv2.getRotationMatrix2D((320, 240), 30, 0.9)


def show(name, result):
    array = result.get() if isinstance(result, cv2.UMat) else np.asarray(result)
    print(name, array.shape, array.dtype, hashlib.sha256(np.ascontiguousarray(array)).hexdigest()[:16])


show("cvtColor", grey)
show("GaussianBlur", cv2.GaussianBlur(picture, (7, 7), 1.5))
show("medianBlur", cv2.medianBlur(grey, 5))
show("bilateralFilter", cv2.bilateralFilter(grey, 5, 30, 30))
# Canny is left out: its edges differ from run to run on PoCL.
show("Sobel", cv2.Sobel(grey, cv2.CV_16S, 1, 0))
show("erode", cv2.erode(grey, np.ones((3, 3), np.uint8)))
show("resize", cv2.resize(picture, (321, 123), interpolation=cv2.INTER_LINEAR))
show("warpAffine", cv2.warpAffine(grey, turn, (640, 480)))
show("threshold", cv2.threshold(grey, 127, 255, cv2.THRESH_BINARY)[1])
show("equalizeHist", cv2.equalizeHist(grey))
show("addWeighted", cv2.addWeighted(picture, 0.3, picture, 0.7, 1.0))
show("absdiff", cv2.absdiff(grey, cv2.flip(grey, 1)))
show("dft", cv2.dft(real, flags=cv2.DFT_COMPLEX_OUTPUT))
show("sum", cv2.sumElems(picture))
show("minMaxLoc", cv2.minMaxLoc(grey)[:2])
