"""Instruction sets: hold every library to one, and tell which each has taken.

A processor with AVX-512 can so be measured, and tested, as one with AVX2 alone. It is the same in its
instructions, not in its caches and clocks::

    python benchmarks/isa.py avx2 pytest tests/contracts
"""

import os
import sys
from collections.abc import Iterable

AVX2, NATIVE = "avx2", "native"
_FEATURES = "avx avx2 bmi bmi2 cx16 f16c fma fxsr lzcnt movbe popcnt sse sse2 sse3 sse4.1 sse4.2 ssse3 xsave"
ENVIRONMENT = {
    NATIVE: {},
    AVX2: {
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": ",".join(f"+{feature}" for feature in _FEATURES.split()),
        "OPENBLAS_CORETYPE": "Haswell",
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
    },
}
"""What each library reads when it is loaded, by instruction set."""

CHOSEN_FOR_US = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""What a machine may have set already, for old versions, and what slows down the new ones."""


def environment(isa: str, present: dict[str, str]) -> dict[str, str]:
    """Return the environment of a measurement, from that of this process."""
    return {name: value for name, value in present.items() if name not in CHOSEN_FOR_US} | ENVIRONMENT[isa]


def found() -> dict[str, str]:
    """Return the instruction set that each library has taken, of those loaded in this process."""
    from threadpoolctl import threadpool_info

    taken = {
        f"{library['internal_api']} of {library['filepath'].rsplit('/', 1)[-1]}": library["architecture"]
        for library in threadpool_info()
        if "architecture" in library
    }
    if "numba" in sys.modules:
        from numba.core.registry import cpu_target

        _, name, features = cpu_target.target_context.codegen().magic_tuple()
        taken["Numba"] = f"{name}, AVX-512" if "+avx512f" in features.split(",") else name
    if "torch" in sys.modules:
        import torch

        taken["PyTorch"] = torch.backends.cpu.get_cpu_capability()
    return taken


def disobedient(isa: str, taken: dict[str, str]) -> Iterable[str]:
    """Yield each library that has taken more than it was asked to."""
    for library, name in taken.items():
        if isa == AVX2 and not any(word in name.lower() for word in ("haswell", "avx2", "zen")):
            yield f"{library}: {name}"


if __name__ == "__main__":
    name, *command = sys.argv[1:]
    os.execvpe(command[0], command, environment(name, dict(os.environ)))
