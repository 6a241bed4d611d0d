"""Tables of plain text."""

from lexloom.report.tables import aligned


def test_columns_are_as_wide_as_their_widest_cell():
    assert aligned([("epoch", "loss"), (1, 0.5), (100, "-")]) == ["epoch  loss", "1      0.5", "100    -"]


def test_a_cell_is_one_line_that_steers_no_terminal():
    assert aligned([("a\nb", "\x1b[31m"), ("c", "\u202e")]) == [r"a\nb  \x1b[31m", r"c     \u202e"]
