"""Keys that stand twice in one group of a YAML file, of which YAML would silently keep the last."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml


def duplicate_keys(paths: Iterable[str | Path]) -> Iterator[str]:
    """Yield for each key that a group of a file repeats a line with file, line number and key."""
    for path in dict.fromkeys(map(Path, paths)):
        # Snakemake takes JSON too, which PyYAML reads as long as no tab indents it.
        reader = _KeyReader(path.read_text(encoding="utf-8").replace("\t", " "))
        reader.get_single_node()
        for line, key, first in sorted(reader.repeated):
            yield f"{path}, line {line}: the key {key} is already in line {first}; keep one of them"


class _KeyReader(yaml.SafeLoader):
    """Notes each key that its group has already, with its line and that of the first; `<<` may repeat."""

    def __init__(self, text: str):
        super().__init__(text)
        self.repeated: list[tuple[int, str, int]] = []

    def compose_mapping_node(self, anchor: Any) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        first: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            line, name = key.start_mark.line + 1, (key.tag, str(key.value))
            if name in first and key.tag != "tag:yaml.org,2002:merge":
                self.repeated.append((line, str(key.value), first[name]))
            first.setdefault(name, line)
        return node
