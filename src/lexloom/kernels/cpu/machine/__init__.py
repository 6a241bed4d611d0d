"""What the CPU kernels know of the processor: threads, registers, memory, and the compiler."""
