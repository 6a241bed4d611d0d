"""A page of results in one HTML file that needs no network: its script, style and data are inside it."""

import base64
import hashlib
import html
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lexloom.storage.atomic_files import replacing

_PARTS = Path(__file__).with_suffix("")
_SCRIPTS = ("dom", "view", "tables", "curves", "word_map", "sentences", "start")


def write_page(path: str | Path, title: str, data: Mapping[str, Any]) -> None:
    """Write a page.

    No word of a corpus becomes HTML or a program: the data are JSON without the character <, the script makes
    text of them, and a policy in the page lets the browser run only this script and load nothing.

    Parameters
    ----------
    path : path
    title : str
    data : mapping
        What each section shows, see `page/start.js`; a section without data is left out. Numbers are finite.
    """
    style, script = _part("style.css"), "\n".join(_part(f"{name}.js") for name in _SCRIPTS)
    parts = {
        "title": html.escape(title),
        "policy": f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}",
        "style": style,
        "script": script,
        "data": _json(data),
    }
    page = re.sub(r"\{\{(\w+)\}\}", lambda found: parts[found[1]], _part("page.html"))
    with replacing(path) as file:
        file.write(page.encode())


def _part(name: str) -> str:
    return (_PARTS / name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    """Return what a content security policy calls a script or style by."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(data: Mapping[str, Any]) -> str:
    """Return JSON that ends no script: `<` is only in strings, where it may be written as an escape."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", r"\u003c")
