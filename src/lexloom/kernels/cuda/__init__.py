"""The kernels on a CUDA device."""
