"""The kernels on a CUDA device, with CuPy."""
