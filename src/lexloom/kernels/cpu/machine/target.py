"""What depends on the processor: how many numbers its registers and its first cache hold.

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
    single : int
        Vectors in a block of a single row: as many as a multiplication takes cycles, and the next one can
        start in each, if the registers hold them.
    inner : int
        Largest number of steps in a row. If there are more, so many rows of the panel are multiplied by all
        rows of the other factor before the next ones are: they stay in the first cache.
    """

    rows: int
    vectors: int
    single: int
    inner: int


BLOCKS = {
    "avx512f": Block(6, 4, 4, 2048),  # 32 registers of 16 numbers: 24 + 4 + 1; a panel is in the second cache
    "avx2": Block(6, 1, 4, 448),  # 16 registers of 8 numbers: 12 + 2 + 1; 28 KB of 32 or 48
    "neon": Block(6, 1, 2, 448),  # 32 registers of 4 numbers: 24 + 4 + 1; 28 KB of 64 or 128
}
SMALLEST = Block(2, 1, 2, 448)  # 16 registers of 4 numbers: 8 + 4 + 1


def block_for(features: str) -> Block:
    """Return the block for a processor with these features, as in "+avx,+avx2,-avx512f"."""
    return next((block for name, block in BLOCKS.items() if has(name, features)), SMALLEST)


def has(name: str, features: str) -> bool:
    """Return whether a feature is among these."""
    return f"+{name}" in features.split(",")


_FEATURES = cpu_target.target_context.codegen().magic_tuple()[2]

BLOCK = block_for(_FEATURES)
"""The block of the processor that Numba compiles for."""

MULTIPLIES_PAIRS = has("avx2", _FEATURES)
"""Whether one of its instructions multiplies pairs of int16 and adds the products of each pair."""
