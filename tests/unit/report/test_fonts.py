"""Letters of any script are drawn in a font that has them, or a warning says what to install."""

import warnings

import matplotlib.font_manager
import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from lexloom.report import fonts
from lexloom.report.figures import drawing, label_of


def make_font(path, name, letters, weight=400):
    """Write a font in which each letter is a square."""
    pen = TTGlyphPen(None)
    pen.moveTo((0, 0))
    for corner in [(0, 500), (500, 500), (500, 0)]:
        pen.lineTo(corner)
    pen.closePath()
    names = [".notdef", *(f"u{ord(letter):X}" for letter in letters)]
    font = FontBuilder(1000)
    font.setupGlyphOrder(names)
    font.setupCharacterMap({ord(letter): f"u{ord(letter):X}" for letter in letters})
    font.setupGlyf(dict.fromkeys(names, pen.glyph()))
    font.setupHorizontalMetrics(dict.fromkeys(names, (600, 0)))
    font.setupHorizontalHeader(ascent=800, descent=-200)
    font.setupNameTable({"familyName": name, "styleName": "Regular"})
    font.setupOS2(usWeightClass=weight)
    font.setupPost()
    font.save(path)


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Let only Matplotlib's own fonts be installed; return a function that installs one more."""
    manager = matplotlib.font_manager.fontManager
    own = [entry for entry in manager.ttflist if "matplotlib" in entry.fname]
    monkeypatch.setattr(manager, "ttflist", own)
    paths = []
    monkeypatch.setattr(fonts, "findSystemFonts", lambda: paths)

    def install(name, letters, **style):
        paths.append(str(tmp_path / f"{name}.ttf"))
        make_font(paths[-1], name, letters, **style)

    return install


def test_latin_greek_and_cyrillic_need_one_font(installed, caplog):
    installed("Other", "aж")
    assert fonts.families_for("naïve λόγος кот 12 <eos> $") == ["DejaVu Sans"]
    assert caplog.messages == []


def test_fonts_that_have_the_letters_are_found_also_where_they_are_new(installed, caplog):
    installed("Another", "猫犬")
    installed("Noto Sans Fake", "猫a")
    assert fonts.families_for("a 猫") == ["DejaVu Sans", "Noto Sans Fake"]
    assert fonts.families_for("a 猫犬") == ["DejaVu Sans", "Noto Sans Fake", "Another"]
    assert caplog.messages == []


def test_bold_fonts_and_files_that_are_no_fonts_are_passed_over(installed, tmp_path):
    installed("Bold", "猫", weight=700)
    installed("Broken", "猫")
    (tmp_path / "Broken.ttf").write_bytes(b"no font")
    installed("Plain", "猫")
    assert fonts.families_for("猫") == ["DejaVu Sans", "Plain"]


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("猫 が", "install Noto Sans CJK"),
        ("किताब", "install Noto Sans Devanagari"),
        ("เด็ก", "install Noto Sans Thai"),
        ("\U0001fae0", "install Noto Emoji"),
    ],
)
def test_one_warning_says_what_to_install(installed, tmp_path, caplog, text, advice):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with drawing(tmp_path / "figure.png", text, words=[text]) as figure:
            figure.subplots().set_xlabel(text)
    (message,) = caplog.messages
    assert message.endswith(advice)


def test_a_letter_of_another_font_is_drawn(installed, tmp_path):
    installed("Other", "猫犬")

    def draw(label, words):
        with drawing(tmp_path / "figure.png", "", words=words) as figure:
            figure.subplots().set_xlabel(label)
        return (tmp_path / "figure.png").read_bytes()

    assert draw("猫", ["猫"]) == draw("犬", ["犬"]) != draw("猫", [])


def test_a_label_is_short_and_printable():
    assert label_of("a\x1b[1m") == r"a\x1b[1m"
    assert label_of("$x_1$") == "$x_1$"
    assert len(label_of("x" * 200_000)) == 25
