"""What depends on the processor: how many numbers its registers hold.

It follows the processor that Numba compiles for, which is this one unless `NUMBA_CPU_NAME` names another.
"""

from typing import NamedTuple

from numba.core.registry import cpu_target


class Block(NamedTuple):
    """The largest block of a product whose sums stay in registers (see gemm.py).

    Attributes
    ----------
    rows : int
    vectors : int
        Of 16 float32 numbers each. `rows` x `vectors` sums, `vectors` rows of one factor and one number of
        the other have to fit into the registers.
    """

    rows: int
    vectors: int


BLOCKS = {
    "avx512f": Block(6, 4),  # 32 registers of 16 numbers: 24 + 4 + 1
    "avx2": Block(6, 1),  # 16 registers of 8 numbers: 12 + 2 + 1
    "neon": Block(6, 1),  # 32 registers of 4 numbers: 24 + 4 + 1
}
SMALLEST = Block(2, 1)  # 16 registers of 4 numbers: 8 + 4 + 1


def block_for(features: str) -> Block:
    """Return the block for a processor with these features, as in "+avx,+avx2,-avx512f"."""
    present = set(features.split(","))
    return next((block for name, block in BLOCKS.items() if f"+{name}" in present), SMALLEST)


BLOCK = block_for(cpu_target.target_context.codegen().magic_tuple()[2])
"""The block of the processor that Numba compiles for."""
