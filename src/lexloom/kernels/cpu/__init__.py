"""The kernels on the CPU: BLAS and Numba."""
