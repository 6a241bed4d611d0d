"""What the documentation site needs beyond MkDocs: formulas as MathML and the colours of source code.

Both are made at build time, so that a page needs no script and nothing from the network.
"""

import html
import re
from typing import Any

from latex2mathml.converter import convert
from mkdocs.structure.files import File, Files
from pygments.formatters import HtmlFormatter

_FORMULA = re.compile(r'<(span|div) class="arithmatex">\\[(\[](.*?)\\[)\]]</\1>', re.S)


def on_files(files: Files, config: Any) -> None:
    """Add pygments.css, the colours of highlighted source code."""
    css = HtmlFormatter(style="default").get_style_defs(".highlight")
    files.append(File.generated(config, "pygments.css", content=css))


def on_page_content(content: str, **_: Any) -> str:
    """Return the page with each formula, which pymdownx.arithmatex marked, as MathML."""
    return _FORMULA.sub(_mathml, content)


def _mathml(formula: re.Match) -> str:
    tag, latex = formula.groups()
    display = "block" if tag == "div" else "inline"
    return convert(html.unescape(latex).strip(), display=display)
