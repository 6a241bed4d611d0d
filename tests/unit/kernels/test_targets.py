"""Loops of products keep all in registers, on each kind of processor, also on those that are not here."""

import re
import subprocess
import sys

import llvmlite.binding as llvm
import pytest

from lexloom.kernels.cpu.machine import target

# In its own process: the block is chosen, and the product compiled, when the modules are imported.
PROGRAM = """
import sys
from lexloom.kernels.cpu.machine import target
target.BLOCK = target.block_for(sys.argv[1])
from lexloom.kernels.cpu.machine import gemm
print(gemm._multiply._library.get_llvm_str())
"""
LINUX, APPLE = "unknown-linux-gnu", "apple-macosx"
PROCESSORS = {
    "skylake-avx512": ("+avx512f,+avx2", f"x86_64-{LINUX}", "vfmadd", 16),
    "haswell": ("+avx2", f"x86_64-{LINUX}", "vfmadd", 8),
    "nehalem": ("+sse4.2", f"x86_64-{LINUX}", "mulps", 4),
    "neoverse-n1": ("+neon", f"aarch64-{LINUX}", "fmla", 4),
    "apple-m1": ("+neon", f"arm64-{APPLE}", "fmla", 4),
}
"""Features, target, the instruction that multiplies, and the numbers in a register, by LLVM's name."""


def assembly(processor, folder):
    """Return the machine code of the product for a processor, as text."""
    features, triple, _, _ = PROCESSORS[processor]
    code = subprocess.run(
        [sys.executable, "-c", PROGRAM, features],
        env={"NUMBA_CACHE_DIR": str(folder), "PYTHONPATH": ":".join(sys.path)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    code = re.sub(r"target (triple|datalayout) = .*\n", "", code)
    code = re.sub(r'"target-(cpu|features)"="[^"]*"', "", code)
    machine = llvm.Target.from_triple(triple).create_target_machine(cpu=processor, opt=3)
    module = llvm.parse_assembly(f'target triple = "{triple}"\n' + code)
    return machine.emit_assembly(module)


def loops(text):
    """Yield the instructions of each loop without branches within: from a label to a jump back to it."""
    block, label = [], None
    for line in text.splitlines():
        if found := re.match(r"(\.?\w+):", line):
            block, label = [], found[1]
        else:
            block.append(line)
            if label and re.search(rf"\s{re.escape(label)}$", line):
                yield list(block)


@pytest.mark.parametrize("processor", PROCESSORS)
def test_loops_do_not_use_the_stack(processor, tmp_path):
    features, _, multiply, width = PROCESSORS[processor]
    found = [loop for loop in loops(assembly(processor, tmp_path)) if multiply in "".join(loop)]
    assert [line for loop in found for line in loop if re.search(r"%[re]sp|\[sp", line)] == []
    block = target.block_for(features)
    sums = block.rows * block.vectors * 16 // width
    assert sums in {sum(multiply in line for line in loop) for loop in found}


PAIRS = """
import numpy as np
from lexloom.kernels.cpu.machine import target
target.MULTIPLIES_PAIRS = False
from lexloom.kernels.cpu.screening import Cpu
from lexloom.kernels.reference.screening import Reference
rng = np.random.default_rng(0)
codes, steps = rng.integers(-127, 128, (2, 5, 16, 2), np.int8), rng.random((2, 16), np.float32)
query = rng.integers(-30_000, 30_000, (5, 2), np.int16)
ours, expected = (k.cosine_bounds(codes, steps, query, 1e-5, 0.3, 0.2) for k in (Cpu(), Reference()))
np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5)
"""


def test_pairs_are_multiplied_without_an_instruction_for_them(tmp_path):
    environment = {"NUMBA_CACHE_DIR": str(tmp_path), "PYTHONPATH": ":".join(sys.path)}
    subprocess.run([sys.executable, "-c", PAIRS], env=environment, check=True)
