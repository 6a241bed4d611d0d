"""The check of configuration files as they are written, before Snakemake reads them.

Snakemake keeps the last of two keys that are the same, and ends with a traceback, or not at all, when a file
is not text, contains itself, or grows by its aliases.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from library.plain_values import DEPTH, TOO_DEEP, TOO_MANY, VALUES
from library.refusal import refuse

MEGABYTES = 1
_KEYS_OF_SNAKEMAKE = ("pathvars", "__use_yte__")
"""Snakemake acts on them before it hands the configuration over; the second lets it run Python.

They are no keys at any depth, since `<<` and aliases can lift them to the top.
"""
_TAG = "tag:yaml.org,2002:"
_READ_AS = {
    "int": "a number",
    "float": "a number",
    "bool": "true or false",
    "null": "null",
    "timestamp": "a date",
}


def check_files(paths: Iterable[str | Path]) -> None:
    """Check that files can be read, and that each key is a text that its group has once.

    Raises
    ------
    WorkflowError
        With one line for each mistake; Snakemake prints it without a traceback.
    """
    lines = []
    for path in dict.fromkeys(map(Path, paths)):
        if path.exists() and not path.is_fifo():  # a pipe can be read only once
            lines += [f"{path}{line}" for line in _mistakes(path)]
    if lines:
        refuse(lines)


def _mistakes(path: Path) -> list[str]:
    try:
        data = path.read_bytes() if path.stat().st_size <= MEGABYTES * 1e6 else None
    except OSError as error:
        return [f": cannot be read, {error.strerror}"]
    if data is None:
        return [f": larger than {MEGABYTES} MB; name many files by a pattern, such as texts/*.txt"]
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        return [f", line {_line(data[: error.start])}: not UTF-8; save the file with this encoding"]
    try:
        # Snakemake takes JSON too, which PyYAML reads as long as no tab indents it.
        reader = _Reader(text.replace("\t", " ") if _is_json(text) else text)
        root = reader.get_single_node()
        if not isinstance(root, yaml.MappingNode):
            return [": expected keys at the top, such as corpus: sample"]
        return [f", line {line + 1}: {message}" for line, message in sorted(set(reader.mistakes(root)))]
    except RecursionError:
        return [f": {TOO_DEEP}"]
    except yaml.reader.ReaderError as error:
        line = _line(text[: error.position].encode(errors="replace"))
        return [f", line {line}: the character U+{ord(text[error.position]):04X} is not allowed; remove it"]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return [f", line {mark.line + 1 if mark else 1}: {error.problem}"]


def _line(before: bytes) -> int:
    """Return the number of a line, given all bytes before its mistake."""
    return before.count(b"\n") + 1


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


class _Reader(yaml.SafeLoader):
    """Finds the mistakes in a tree of nodes, with their lines."""

    visits = 0

    def mistakes(self, node: yaml.Node, depth: int = 0) -> Iterator[tuple[int, str]]:
        """Yield line and mistake; a node is visited wherever an alias repeats it."""
        self.visits += 1
        line = node.start_mark.line
        if depth > DEPTH or self.visits > VALUES:
            problem = TOO_DEEP if depth > DEPTH else TOO_MANY
            raise yaml.composer.ComposerError(None, None, problem, node.start_mark)
        if isinstance(node, yaml.ScalarNode):
            yield from self._unreadable(node)
        elif node.tag not in (f"{_TAG}map", f"{_TAG}seq"):
            yield line, f"the tag {_short(node.tag)} is not allowed; leave it out"
        if isinstance(node, yaml.SequenceNode):
            for item in node.value:
                yield from self.mistakes(item, depth + 1)
        if isinstance(node, yaml.MappingNode):
            yield from _wrong_keys(node)
            for _, value in node.value:
                yield from self.mistakes(value, depth + 1)

    def _unreadable(self, node: yaml.ScalarNode) -> Iterator[tuple[int, str]]:
        kind = node.tag.removeprefix(_TAG)
        if kind not in ("str", *_READ_AS):
            yield node.start_mark.line, f"the tag {_short(node.tag)} is not allowed; leave it out"
            return
        try:
            self.construct_object(node)
        except (ArithmeticError, AttributeError, LookupError, ValueError):
            what = f"{_short(node.value)} is not {_READ_AS[kind]}"
            yield node.start_mark.line, f"{what}; correct it, or put it in quotes if it is a text"


def _wrong_keys(group: yaml.MappingNode) -> Iterator[tuple[int, str]]:
    """Yield the keys of a group that are not texts, or that it has already; `<<` may repeat."""
    first: dict[str, int] = {}
    for key, value in group.value:
        line, kind = key.start_mark.line, key.tag.removeprefix(_TAG)
        if not isinstance(key, yaml.ScalarNode):
            yield line, "a list or a group is not a key; expected a name"
        elif kind == "merge":
            merged = value.value if isinstance(value, yaml.SequenceNode) else [value]
            if not all(isinstance(each, yaml.MappingNode) for each in merged):
                yield line, "<< stands before what is not a group; expected an alias such as *lstm"
        elif kind in _READ_AS:
            yield line, f"YAML reads the key {_short(key.value)} as {_READ_AS[kind]}; put it in quotes"
        elif kind not in ("str", "value"):
            yield line, f"the tag {_short(key.tag)} is not allowed; leave it out"
        elif key.value in first:
            name = _short(key.value)
            yield line, f"the key {name} is already in line {first[key.value] + 1}; keep one of them"
        elif key.value in _KEYS_OF_SNAKEMAKE:
            yield line, f"the key {key.value} is not one of ours but of Snakemake; leave it out"
        else:
            first[key.value] = line


def _short(text: str) -> str:
    text = text.replace(_TAG, "!!")
    return text if len(text) <= 80 else f"{text[:80]}..."
