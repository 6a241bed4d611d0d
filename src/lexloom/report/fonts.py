"""Which fonts have the letters of a figure."""

import logging
import unicodedata
from collections.abc import Iterator

from matplotlib.font_manager import FontEntry, findSystemFonts, fontManager, get_font

FIRST = "DejaVu Sans"
"""The font of all figures, which comes with Matplotlib."""

_NO_LETTERS = "Last Resort"  # the name of fonts with a placeholder for every letter
_SEVERAL_SCRIPTS = {"HIRAGANA": "CJK", "KATAKANA": "CJK", "HANGUL": "CJK", "KATAKANA-HIRAGANA": "CJK"}


def families_for(text: str) -> list[str]:
    """Return the font families that have the letters of a text, the first choice first.

    Latin, Greek and Cyrillic letters need no other font than `FIRST`. Where no installed font has a letter, a
    warning says what to install.
    """
    missing = {letter for letter in text if _is_drawn(letter)}
    families = []
    for entry in _fonts():
        found = {letter for letter in missing if ord(letter) in get_font(entry.fname).get_charmap()}
        if found or entry.name == FIRST:
            families.append(entry.name)
            missing -= found
        if not missing:
            return families
    logging.warning(
        "no installed font has %d letters of the labels, such as %s: they are drawn as boxes; install %s",
        len(missing),
        " ".join(sorted(missing)[:5]),
        ", ".join(sorted({_noto_font(letter) for letter in missing})),
    )
    return families


def _is_drawn(letter: str) -> bool:
    chooses_a_form = "\ufe00" <= letter <= "\ufe0f"
    return unicodedata.category(letter)[0] not in "CZ" and not chooses_a_form


def _fonts() -> Iterator[FontEntry]:
    """Yield `FIRST`, then all other upright fonts of normal weight, one of each name."""
    yield next(entry for entry in fontManager.ttflist if entry.name == FIRST and _is_plain(entry))
    _add_new_fonts()
    named = {entry.name: entry for entry in fontManager.ttflist if _is_plain(entry)}
    for name in sorted(named.keys() - {FIRST}, key=lambda name: (not name.startswith("Noto Sans"), name)):
        if _NO_LETTERS not in name:
            yield named[name]


def _is_plain(entry: FontEntry) -> bool:
    return (entry.style, entry.variant, entry.stretch) == ("normal",) * 3 and entry.weight in (
        400,
        500,
        "normal",
    )


def _add_new_fonts() -> None:
    """Add fonts that were installed after Matplotlib listed the fonts of this machine."""
    for path in sorted({*findSystemFonts()} - {entry.fname for entry in fontManager.ttflist}):
        try:
            fontManager.addfont(path)
        except (OSError, RuntimeError, ValueError, KeyError) as error:
            logging.debug("%s: not a font that Matplotlib can draw: %s", path, error)


def _noto_font(letter: str) -> str:
    if unicodedata.category(letter) in ("So", "Sk") and letter >= "\U0001f000":
        return "Noto Emoji"
    script = unicodedata.name(letter, "Symbols").split()[0]
    return f"Noto Sans {_SEVERAL_SCRIPTS.get(script, script if script == 'CJK' else script.title())}"
