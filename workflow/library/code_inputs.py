"""How a rule names its code, so that Snakemake reruns what an edit touches, and nothing else."""

import os
import re
import sys
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError

from lexloom.errors import printable
from lexloom.kernels.cpu.machine.imports import imported_files

# Relative to the working directory: `--directory` may name another one, and a moved clone reruns nothing.
ROOT = Path(os.path.relpath(Path(__file__).resolve().parents[2]))
# In a clone beside the graph, in an installed package around it.
LIBRARY = ROOT / "src/lexloom" if (ROOT / "src/lexloom").is_dir() else ROOT.parent


def check_place(root: str | Path = ROOT) -> None:
    """Check that Snakemake takes the paths of the code as they are.

    Raises
    ------
    WorkflowError
        When it would read names of wildcards or of path variables in them, or Python an option.
    """
    if re.search("^-|[{}<>]", str(root)):
        raise WorkflowError(
            f"the path to the code, {printable(root)}, has {{ }} < > or a hyphen at its start, which "
            "would be taken for a pattern or an option; move the code, or run snakemake in its folder"
        )


def put_python_first() -> None:
    """Let the Python that runs Snakemake run the scripts, whether its environment is activated or not."""
    folders = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    os.environ["PATH"] = os.pathsep.join(folders)


def put_code_first() -> None:
    """Let scripts in a container import the lexloom of this folder, which rules track, not of the image."""
    os.environ["PYTHONPATH"] = str(LIBRARY.parent.resolve())


def code(script: str) -> dict[str, Any]:
    """Return the inputs of a rule that runs a script: the script, and the modules behind it.

    Snakemake does not see what a script imports. As inputs, an edited module reruns the rules that use it,
    and no others.
    """
    path = ROOT / "scripts" / script
    return {"script": str(path), "modules": imported_modules(path)}


def imported_modules(path: Path) -> list[str]:
    """Return the files of the lexloom modules that a Python file imports, itself or through others.

    The CUDA source beside a module, of the same name, is among them, and what is in a folder of its name.
    """
    modules = imported_files(path, LIBRARY)
    beside = {
        file for module in modules for file in (module.with_suffix(".cu"), *module.with_suffix("").glob("*"))
    }
    return sorted(map(str, modules | set(filter(Path.is_file, beside))))
