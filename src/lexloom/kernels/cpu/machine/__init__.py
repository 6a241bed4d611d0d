"""The parts of the CPU kernels that depend on the machine: threads, registers, memory and the compiler."""
