"""The house stands as docs/architecture.md draws it: few rooms, and imports that go downwards only."""

import ast
import re
from pathlib import Path

import pytest

import lexloom

LIBRARY = Path(lexloom.__file__).parent
FLOORS = (
    ("__main__",),
    ("commands",),
    ("lessons", "report"),
    ("language", "vectors"),
    ("corpus", "training"),
    ("nn",),
    ("storage",),
    ("kernels",),
    ("settings",),
    ("errors",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
FILES = sorted(LIBRARY.rglob("*.py"))
NAMES = {
    ".".join(("lexloom", *path.relative_to(LIBRARY).with_suffix("").parts)).removesuffix(".__init__"): path
    for path in FILES
}


def imports_of(path):
    """Return the modules of lexloom that a file imports anywhere in it, functions included."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path}: imports are absolute"
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            names |= {name if name in NAMES else node.module for name in inner}
    return {name for name in names if name.split(".")[0] == "lexloom"}


SCRIPTS = {path.name for path in (Path(__file__).parents[2] / "scripts").rglob("*.py")}
IMPORTS = {name: imports_of(path) for name, path in NAMES.items()}


def test_the_top_floor_has_at_most_15_entries():
    entries = {path.name for path in LIBRARY.iterdir() if path.name != "__pycache__"}
    assert len(entries) <= 15, sorted(entries)


@pytest.mark.parametrize("name", sorted(NAMES.keys() - {"lexloom"}))
def test_imports_go_downwards_only(name):
    room = name.split(".")[1]
    for imported in IMPORTS[name]:
        assert imported != "lexloom", "the front door is for people, not for the library"
        other = imported.split(".")[1]
        assert other == room or FLOOR_OF[other] > FLOOR_OF[room], f"{name} imports {imported}"


def reached_from(name):
    reached, waiting = set(), [name]
    while waiting:
        for imported in IMPORTS[waiting.pop()] - reached:
            reached.add(imported)
            waiting.append(imported)
    return reached


def test_no_module_imports_itself_through_others():
    assert [name for name in NAMES if name in reached_from(name)] == []


def test_only_one_module_compiles_and_so_chooses_where_machine_code_is_kept():
    compiling = [
        name
        for name, path in NAMES.items()
        if re.search(r"numba(\.| import .*\b)njit\b", path.read_text("utf-8"))
    ]
    assert compiling == ["lexloom.kernels.cpu.machine.compiled"]


def strings_of(path):
    """Return the strings in a file, without the docstring of the module, which may name its neighbours."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) is str]
    own = tree.body[0].value if ast.get_docstring(tree) else None
    return [node.value for node in strings if node is not own]


def test_the_library_knows_neither_scripts_nor_snakemake():
    for name, path in NAMES.items():
        text = path.read_text(encoding="utf-8")
        if name.split(".")[1:2] != ["commands"]:
            assert "snakemake" not in text.lower(), path
            assert "scripts/" not in text, path
            for string in strings_of(path):
                assert not {*re.findall(r"\w+\.py\b", string)} & SCRIPTS, (path, string)
