"""The kernels on the CPU, with BLAS and Numba."""
