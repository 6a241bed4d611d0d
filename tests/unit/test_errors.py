"""What is shown to a person cannot steer a terminal."""

import sys
import unicodedata

from lexloom.errors import printable

DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
HIDDEN = {*"\xad\u061c\u180e\u200b\u200e\u200f\u2060\ufeff"}


def test_controls_directions_and_hidden_characters_are_escaped():
    for character in map(chr, range(sys.maxunicode + 1)):
        steers = unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        if steers or unicodedata.bidirectional(character) in DIRECTIONS or character in HIDDEN:
            assert printable(f"a{character}b").isascii()
            assert printable(f"a{character}b").isprintable()


def test_letters_and_joiners_between_them_stay():
    for text in ("نمی\u200cخواهم", "क्\u200dष", "e\u0301", "日本語", "\U0001f469\u200d\U0001f680", "a b"):
        assert printable(text) == text
