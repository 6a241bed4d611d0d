"""Values of which programs make mistakes: texts, numbers and nested values."""

import datetime

from hypothesis import strategies as st

PROBES = [
    "$(touch PWNED)",
    "`touch PWNED`",
    "x;touch PWNED;y",
    "a' 'b",
    'a" "b',
    "a\nb",
    "a\r\nb",
    "a\tb",
    "{x}",
    "{wildcards.corpus}",
    "{{",
    "}",
    "-x",
    "--output",
    "\x1b[31mred",
    "\x9b31m",
    "\x85",
    "\u2028",
    "\u202e",
    "\ufeff",
    "\0",
    "\ud800",
    "\u0130",
    "e\u0301",
    "\N{THAI CHARACTER KO KAI}\N{THAI CHARACTER SARA I}",
    "\N{DEVANAGARI LETTER KA}\N{DEVANAGARI VOWEL SIGN I}",
    "\N{WOMAN}\u200d\N{PERSONAL COMPUTER}",
    "<script>alert(1)</script>",
    "=1+1",
    "<unk>",
    "<eos>",
    "%s",
    "\\",
    "*",
    "[",
    "(",
    "a|",
    "..",
    "a/b",
    "no",
    "1984",
    "1e400",
    "1e-3",
    "nan",
    ".inf",
    "9" * 400,
    "a" * 5000,
    "",
    " ",
]
"""Texts that a shell, YAML, argparse, a terminal, a table or a file format may take for something else."""

TEXTS = st.sampled_from(PROBES) | st.text(max_size=8)
WORDS = TEXTS.filter(lambda text: text and not any(c.isspace() or c == "\0" for c in text))
INTEGERS = st.integers(-3, 3) | st.sampled_from([2**31 - 1, 2**31, 2**63, -(2**63) - 1, 10**400])
FLOATS = st.floats() | st.sampled_from([0.0, -0.0, 1e-320, 1e308])
SCALARS = (
    st.none()
    | st.booleans()
    | INTEGERS
    | FLOATS
    | TEXTS
    | st.sampled_from([datetime.date(2024, 2, 30 - 1), datetime.datetime(1, 1, 1), b"\xff\0"])
)
VALUES = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(SCALARS, below, max_size=3),
    max_leaves=5,
)
