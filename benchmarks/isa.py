"""Instruction sets: hold every library to one, and tell which one each uses.

This way, a processor with AVX-512 can be measured and tested as if it had AVX2 alone: it uses the same
instructions, though not the same caches and clocks::

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

OVERRIDDEN = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Variables that a machine may set for old versions of OpenBLAS, and that slow down new ones."""


def measuring(isa: str) -> dict[str, str]:
    """Return the environment of a measurement: that of this process, with what the instruction set needs."""
    return {name: value for name, value in os.environ.items() if name not in OVERRIDDEN} | ENVIRONMENT[isa]


def found() -> dict[str, str]:
    """Return the instruction set that each library uses, of those loaded in this process."""
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
    """Yield each library that uses more than the instruction set allows."""
    for library, name in taken.items():
        if isa == AVX2 and not any(word in name.lower() for word in ("haswell", "avx2", "zen")):
            yield f"{library}: {name}"


if __name__ == "__main__":
    name, *command = sys.argv[1:]
    os.execvpe(command[0], command, os.environ | ENVIRONMENT[name])
